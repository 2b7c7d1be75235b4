"""The convenor (*penvoerder*), one of the participants: puts the agreement in force and invites everyone."""

from __future__ import annotations

import secrets
import shutil
from dataclasses import replace
from pathlib import Path

from factlab import agreement, files
from factlab.agreement import Agreement, analysis, catalogue
from factlab.agreement import round as rounds
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
    """Put everyone's public keys, the catalogue's checksum and a random id in a draft, and sign it, as a new folder.

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
        analyst_keys=public[ANALYST],
        custodian=replace(drafted.custodian, keys=public[CUSTODIAN]) if drafted.custodian else None,
        participants=tuple(
            replace(participant, keys=public[participant.id]) for participant in drafted.participants
        ),
    )
    with files.new_folder(out) as folder:
        (folder / rounds.FILE).write_text(rounds.to_toml(made), encoding="utf-8", newline="\n")
        for name in (made.catalogue_file, made.areas_file, made.borders_file, analysis.FILE, listed):
            if name and (draft / name).exists():
                shutil.copyfile(draft / name, folder / name)
        agreed.sign_round(folder, identity)
    return agreed.open_round(out)


def invite(round_folder: Path, identity: Identity) -> None:
    """Make the round secret, publish its signed checks, and write every participant's kit with its sealed invitation;
    who delivers counts without addresses gets a kit without one.

    Once only: another secret would make deliveries that can't be joined with those already made.
    """
    round_ = agreed.open_round(round_folder).round
    if round_.participant(round_.convenor).keys != identity.keys:
        raise AgreementError("convenor.not_your_key", participant=round_.convenor)
    if (round_folder / KITS).exists() or (round_folder / agreed.CHECKS).exists():
        raise AgreementError("convenor.already_invited", folder=round_folder)
    secret = invitation.new_secret()
    shared = [rounds.FILE, agreed.SIGNATURE, round_.catalogue_file, round_.areas_file, round_.borders_file]
    if round_.reference_file:
        shared.append(round_.reference_file)
    checks = pseudonyms.checks(secret, round_)
    with files.new_folder(round_folder / KITS) as kits:
        for participant in round_.participants:
            kit = kits / participant.id
            kit.mkdir()
            for name in shared:
                shutil.copyfile(round_folder / name, kit / name)
            agreed.write_checks(kit, round_, checks, identity)
            if participant.content != "aggregate":  # has nothing to pseudonymise, so it needs no secret
                invitation.write(kit, round_, participant.id, secret, identity)
    agreed.write_checks(round_folder, round_, checks, identity)
