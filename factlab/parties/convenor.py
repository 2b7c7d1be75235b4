"""The convenor (*penvoerder*), one of the participants: puts the agreement in force and invites everyone."""

from __future__ import annotations

import datetime
import hashlib
import secrets
import shutil
from collections.abc import Collection, Mapping
from dataclasses import replace
from pathlib import Path

from factlab import agreement, files
from factlab.agreement import Agreement, amending, analysis, catalogue
from factlab.agreement import round as rounds
from factlab.agreement.amending import Change
from factlab.delivery import agreed
from factlab.delivery import identity as identities
from factlab.delivery.identity import Identity
from factlab.errors import AgreementError
from factlab.source import invitation, pseudonyms

ANALYST, CUSTODIAN = "analyst", "custodian"
KITS = "kits"


def parties(round_: rounds.Round) -> list[str]:
    """Everyone who has a key pair in this round."""
    others = [ANALYST, CUSTODIAN] if round_.custodian else [ANALYST]
    return [*(participant.id for participant in round_.participants), *others]


def new_round(
    draft: Path, keys: Path, identity: Identity, out: Path, *, round_id: bytes | None = None
) -> Agreement:
    """Put everyone's public keys, the checksums of what it names and a random id in a draft, and sign it, as a new folder.

    `keys` holds `<participant id>.pub` of every participant, `analyst.pub`, and `custodian.pub` when the round has a
    custodian. Raises AgreementError or KeyFileError.
    """
    drafted = agreement.read(draft).round
    if not drafted.is_draft:
        raise AgreementError("convenor.no_draft", folder=draft)
    if out.exists():
        raise AgreementError("convenor.folder_exists", folder=out)
    names = parties(drafted)
    if missing := [name for name in names if not (keys / f"{name}.pub").exists()]:
        raise AgreementError(
            "convenor.missing_keys", folder=keys, names=", ".join(f"{name}.pub" for name in missing)
        )
    public = {name: identities.read_public(keys / f"{name}.pub")[1] for name in names}
    seen: dict[bytes, str] = {}
    for name, theirs in public.items():
        if theirs.sign in seen:
            raise AgreementError("convenor.same_key", one=seen[theirs.sign], other=name)
        seen[theirs.sign] = name
    if public[drafted.convenor] != identity.keys:
        raise AgreementError("convenor.not_your_key", participant=drafted.convenor)
    listed = drafted.reference_file
    if listed and not (draft / listed).is_file():
        raise AgreementError("convenor.missing_reference", folder=draft, file=listed)
    made = replace(
        drafted,
        round_id=(round_id or secrets.token_bytes(16)).hex(),
        catalogue_sha256=catalogue.checksum(draft / drafted.catalogue_file),
        reference_sha256=catalogue.checksum(draft / listed) if listed else "",
        amendments=(),
        superseded=(),
        analyst_keys=public[ANALYST],
        custodian=replace(drafted.custodian, keys=public[CUSTODIAN]) if drafted.custodian else None,
        participants=tuple(
            replace(participant, keys=public[participant.id]) for participant in drafted.participants
        ),
        areas_sha256=catalogue.checksum(draft / drafted.areas_file),
        borders_sha256=catalogue.checksum(draft / drafted.borders_file),
        analysis_sha256=catalogue.checksum(asked) if (asked := draft / analysis.FILE).exists() else "",
    )
    with files.new_folder(out) as folder:
        (folder / rounds.FILE).write_text(rounds.to_toml(made), encoding="utf-8", newline="\n")
        for name in (made.catalogue_file, made.areas_file, made.borders_file, analysis.FILE, listed):
            if name and (draft / name).exists():
                shutil.copyfile(draft / name, folder / name)
        agreed.sign_round(folder, identity)
    return agreed.open_round(out)


def amendment(
    round_folder: Path,
    edited: Path | None,
    keys: Path | None,
    *,
    renewed: Mapping[str, int],
    revoked: Collection[str],
    day: datetime.date,
) -> tuple[rounds.Round, tuple[Change, ...]]:
    """The round as it would be amended, and what that changes. Nothing is written.

    `edited` is a copy of `round.toml` with what is to change; `keys` holds `<id>.pub` of who is new or has a new key.
    `analysis.toml` and the borders in the round's folder are taken as they are now.
    Raises AgreementError for what can't be amended, or KeyFileError.
    """
    current = agreed.signed_round(round_folder)
    wanted = rounds.read(edited) if edited else current
    asked = round_folder / analysis.FILE
    wanted = replace(
        wanted,
        borders_sha256=catalogue.checksum(round_folder / wanted.borders_file),
        analysis_sha256=catalogue.checksum(asked) if asked.exists() else wanted.analysis_sha256,
    )
    public = {name: keys / f"{name}.pub" for name in parties(wanted)} if keys else {}
    made, changes = amending.amend(
        current,
        wanted,
        previous=hashlib.sha256((round_folder / rounds.FILE).read_bytes()).hexdigest(),
        day=day,
        keys={name: identities.read_public(file)[1] for name, file in public.items() if file.exists()},
        renewed=renewed,
        revoked=revoked,
    )
    agreement.complete(made, round_folder)
    return made, changes


def amend(round_folder: Path, made: rounds.Round, identity: Identity) -> None:
    """Sign an amended round and put it in the place of the one before."""
    agreed.replace_round(round_folder, rounds.to_toml(made).encode(), identity)


def invite(round_folder: Path, identity: Identity, kit: Path | None = None) -> tuple[str, ...]:
    """Make the round secret, publish its signed checks, and write every participant's kit with its sealed invitation;
    who delivers counts without addresses gets a kit without one.

    Once only: another secret would make deliveries that can't be joined with those already made. After an amendment
    only who came in or got a new key is invited, with the same secret: the convenor's own invitation has it, in `kit`
    where it isn't in the round's folder any more. Gives the ids of who has a new kit.
    """
    round_ = agreed.open_round(round_folder).round
    if round_.participant(round_.convenor).keys != identity.keys:
        raise AgreementError("convenor.not_your_key", participant=round_.convenor)
    if (round_folder / KITS).exists() or (round_folder / agreed.CHECKS).exists():
        return _invite_later(round_folder, round_, identity, kit or round_folder / KITS / round_.convenor)
    secret = invitation.new_secret()
    checks = pseudonyms.checks(secret, round_)
    with files.new_folder(round_folder / KITS) as kits:
        for participant in round_.participants:
            (kits / participant.id).mkdir()
            _write_kit(kits / participant.id, round_folder, round_, participant.id, secret, identity)
    agreed.write_checks(round_folder, round_, checks, identity)
    return tuple(participant.id for participant in round_.participants)


def _invite_later(round_folder: Path, round_: rounds.Round, identity: Identity, own: Path) -> tuple[str, ...]:
    """Kits for whom an amendment concerns, but for those that have theirs since."""
    concerned = {
        **{name: number for number, one in enumerate(round_.amendments, start=1) for name in one.added},
        **{old.party: old.amendment for old in round_.superseded if old.party not in rounds.RESERVED},
    }
    waiting = tuple(
        name for name, number in sorted(concerned.items()) if _amended(round_folder / KITS / name) < number
    )
    if not waiting:
        raise AgreementError("convenor.already_invited", folder=round_folder)
    if not (own / invitation.FILE).exists():
        raise AgreementError("convenor.own_kit", folder=own)
    secret = invitation.read(own, round_, round_.convenor, identity)
    if pseudonyms.checks(secret, round_) != agreed.read_checks(round_folder, round_):
        raise AgreementError("convenor.other_secret", folder=own)
    for name in waiting:
        with files.new_folder(round_folder / KITS / name, replaces=invitation.FILE) as beside:
            _write_kit(beside, round_folder, round_, name, secret, identity)
    return waiting


def _amended(kit: Path) -> int:
    """The number of the last amendment in a kit; -1 without a kit."""
    return len(rounds.read(kit / rounds.FILE).amendments) if (kit / rounds.FILE).exists() else -1


def _write_kit(
    kit: Path, round_folder: Path, round_: rounds.Round, participant: str, secret: bytes, identity: Identity
) -> None:
    shared = [rounds.FILE, agreed.SIGNATURE, round_.catalogue_file, round_.areas_file, round_.borders_file]
    for name in (*shared, *([round_.reference_file] if round_.reference_file else [])):
        shutil.copyfile(round_folder / name, kit / name)
    agreed.write_checks(kit, round_, pseudonyms.checks(secret, round_), identity)
    if (
        round_.participant(participant).content != "aggregate"
    ):  # has nothing to pseudonymise, so it needs no secret
        invitation.write(kit, round_, participant, secret, identity)
