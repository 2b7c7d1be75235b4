"""A delivery (*aanlevering*): one file from one participant that only its recipient opens and nobody can alter."""

from __future__ import annotations

import datetime
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pyarrow as pa

from factlab.agreement import Keys, Participant, Round
from factlab.delivery import agreed, archive, manifest, opaque, plaintext
from factlab.delivery import identity as identities
from factlab.delivery.agreed import Checks
from factlab.delivery.archive import Archive
from factlab.delivery.identity import Identity
from factlab.delivery.manifest import (
    MANIFEST,
    MEANINGS,
    ORIGIN,
    ORIGIN_SIGNATURE,
    SIGNATURE,
    TOTALS,
    Manifest,
)
from factlab.delivery.plaintext import Content, Form
from factlab.errors import AgreementError, DeliveryError

TAKE_OUT = ("droplist", "withdrawal")

__all__ = ["Checks", "Contents", "Manifest", "inspect", "open_package", "write"]


@dataclass(frozen=True, repr=False)
class Contents:
    """What is sealed: no repr, it would show pseudonyms.

    `rows` is an Arrow table; services: (pseudonym uuid, service string), register: (pseudonym uuid, area string,
    group string), droplist: (pseudonym uuid), aggregate: (area string, service string, count int64). `totals` tells rows read, rows delivered, and per reason how many were left out.
    """

    content: Content
    rows: Any
    totals: Mapping[str, int]


def _participant(round_: Round, name: str, file: str) -> Participant:
    try:
        return round_.participant(name)
    except AgreementError:
        raise DeliveryError("delivery.unknown_participant", file=file) from None


def write(
    path: Path,
    *,
    round_: Round,
    participant: str,
    identity: Identity,
    recipient: Keys,
    contents: Contents,
    checks: Checks,
    day: datetime.date,
    sequence: int = 1,
) -> Manifest:
    """Seal `contents` for `recipient` (the analyst), sign and write the delivery at `path`. Rows may come in any order.

    When the round has a custodian, rows get opaque codes and are sealed for the custodian; `recipient` can open what
    the codes mean and the totals, and nothing else. A drop list is for the custodian alone then; an aggregate has
    nothing to re-key and is always for the analyst alone.
    Raises DeliveryError when the round is a draft, the key is not the participant's, or the contents don't fit.
    """
    path = Path(path)
    agreed.require_ready(round_)
    who = _participant(round_, participant, path.name)
    if who.keys != identity.keys:
        raise DeliveryError("delivery.not_your_key", participant=participant)
    # Who delivers counts has no round secret: a drop list of theirs would be of other pseudonyms.
    if contents.content != who.content and (contents.content != "droplist" or who.content == "aggregate"):
        raise DeliveryError("delivery.other_content", participant=participant, content=who.content)
    try:
        rows = plaintext.arrange(contents.rows, contents.content)
    except ValueError as error:
        key = {"unique": "rows_not_sorted", "counts": "count_outside"}.get(error.args[0], "other_schema")
        raise DeliveryError(f"delivery.{key}", file=path.name) from None
    meanings: opaque.Meanings = {}
    form: Form = contents.content
    rows_to, rest_to = recipient, recipient
    if round_.custodian and contents.content != "aggregate":
        rows_to = round_.custodian.keys
        if contents.content == "droplist":
            rest_to = rows_to
        else:
            form = plaintext.opaque_form(contents.content)
            rows, meanings = opaque.veil(rows, contents.content)
            rows = plaintext.arrange(rows, form)
    try:
        totals = plaintext.to_totals(contents.totals)
    except ValueError:
        raise DeliveryError("delivery.bad_totals", file=path.name) from None
    row_bucket = manifest.bucket(rows.num_rows)
    bare = Manifest(
        content=contents.content,
        trust=round_.trust,
        round_id=round_.round_id,
        fingerprint=round_.fingerprint,
        participant=participant,
        sequence=sequence,
        supersedes=sequence - 1 if sequence > 1 else None,
        day=day,
        normaliser=checks.normaliser,
        key_check=checks.key_check,
        norm_check=checks.norm_check,
        row_bucket=row_bucket,
        parts=manifest.parts_of(row_bucket),
        members={},
        recipients=tuple(dict.fromkeys(identities.fingerprint(keys) for keys in (rows_to, rest_to))),
    )
    sealed: dict[str, bytes] = {}
    if bare.opaque:
        sealed[MEANINGS] = identities.seal(rest_to, bare.info(MEANINGS, 0), opaque.to_bytes(meanings))
    sealed |= seal_rows(bare, rows, rows_to)
    sealed[TOTALS] = identities.seal(rest_to, bare.info(TOTALS, 0), totals)
    return finish(path, bare, sealed, identity)


def seal_rows(bare: Manifest, rows: Any, recipient: Keys) -> dict[str, bytes]:
    """The sealed parts of arranged rows."""
    sealed = {}
    for part, piece in enumerate(plaintext.cut(rows, bare.parts)):
        data = plaintext.to_parquet(piece)
        member = manifest.rows_member(part)
        padded = plaintext.pad(data, plaintext.padded_size(len(data)))
        sealed[member] = identities.seal(recipient, bare.info(member, part), padded)
    return sealed


def finish(path: Path, bare: Manifest, members: Mapping[str, bytes], identity: Identity) -> Manifest:
    """Put the members' digests in the manifest, sign it and write the file."""
    made = replace(bare, members={name: hashlib.sha256(data).hexdigest() for name, data in members.items()})
    told = made.to_bytes()
    manifest.read(told, path.name)  # what we would refuse must not leave
    context = "rekeyed" if made.origin else "manifest"
    archive.write(path, {MANIFEST: told, SIGNATURE: identity.sign(context, told), **members})
    return made


def read_manifest(package: Archive, round_: Round | None) -> Manifest:
    """The manifest, fitting the members; with a round also from the party that should sign it, and about this round."""
    told = package.read(MANIFEST)
    found = manifest.read(told, package.file)
    if package.members != (MANIFEST, SIGNATURE, *found.members):
        if not found.members:
            raise DeliveryError("delivery.extra_member", file=package.file)
        raise DeliveryError("delivery.missing_member", file=package.file, member=[*found.members][-2])
    if round_ is None:
        return found
    agreed.require_ready(round_)
    if found.round_id != round_.round_id:
        raise DeliveryError("delivery.wrong_round", file=package.file, round=round_.id)
    who = _participant(round_, found.participant, package.file)
    if found.origin:
        keys = round_.custodian.keys if round_.custodian else Keys()
        if not identities.verify(keys, "rekeyed", told, package.read(SIGNATURE)):
            raise DeliveryError("delivery.not_from_custodian", file=package.file)
        read_origin(package, found, round_)
    else:
        _verify(package.file, round_, who, found.sequence, told, package.read(SIGNATURE))
    if found.fingerprint != round_.fingerprint or found.trust != round_.trust:
        raise DeliveryError("delivery.wrong_fingerprint", file=package.file, participant=found.participant)
    return found


def _verify(file: str, round_: Round, who: Participant, number: int, told: bytes, signature: bytes) -> str:
    """The fingerprint of the participant's key that signed: its own, or one that was replaced and holds for this number.

    Raises DeliveryError.
    """
    for keys in (who.keys, *round_.holding(who.id, number)):
        if identities.verify(keys, "manifest", told, signature):
            return identities.fingerprint(keys)
    if any(identities.verify(keys, "manifest", told, signature) for keys in round_.holding(who.id, 0)):
        raise DeliveryError("delivery.old_key", file=file, participant=who.id)
    raise DeliveryError("delivery.bad_signature", file=file, participant=who.id)


def signer(package: Archive, found: Manifest, round_: Round) -> str:
    """The fingerprint of the key with which the participant signed what it sent itself."""
    who = _participant(round_, found.participant, package.file)
    return _verify(package.file, round_, who, found.sequence, found.to_bytes(), package.read(SIGNATURE))


def fingerprints(round_: Round, participant: str, number: int) -> set[str]:
    """Of the keys that this participant's delivery of this number may be signed with."""
    keys = (round_.participant(participant).keys, *round_.holding(participant, number))
    return {identities.fingerprint(one) for one in keys}


def read_origin(package: Archive, found: Manifest, round_: Round) -> Manifest:
    """The participant's own manifest in a re-keyed delivery: signed by it, and the custodian changed nothing but rows."""
    told = member(package, found, ORIGIN)
    first = manifest.read(told, package.file)
    who = _participant(round_, first.participant, package.file)
    _verify(package.file, round_, who, first.sequence, told, member(package, found, ORIGIN_SIGNATURE))
    same = replace(
        found,
        origin="",
        rekey_check="",
        **{name: getattr(first, name) for name in ("day", "row_bucket", "parts", "recipients", "members")},
    )
    forwarded = all(found.members[name] == first.members[name] for name in (MEANINGS, TOTALS))
    if hashlib.sha256(told).hexdigest() != found.origin or same != first or not forwarded:
        raise DeliveryError("delivery.origin_differs", file=package.file, participant=found.participant)
    return first


def member(package: Archive, found: Manifest, name: str) -> bytes:
    """A member whose digest is the one in the manifest."""
    data = package.read(name)
    if hashlib.sha256(data).hexdigest() != found.members[name]:
        raise DeliveryError("delivery.member_changed", file=package.file, member=name)
    return data


def inspect(path: Path, round_: Round | None) -> Manifest:
    """What a delivery is, without a key: its form and checksums; with a round also who signed it and for what."""
    with archive.opened(path) as package:
        found = read_manifest(package, round_)
        for name in found.members:
            member(package, found, name)
    return found


def may_take_out(path: Path) -> bool:
    """Whether a file that was refused says in its name or its manifest that it is a drop list or a withdrawal.

    One can go on without a delivery, never without these: what they take out would be counted after all.
    """
    try:
        with archive.opened(path) as package:
            told = manifest.read(package.read(MANIFEST), package.file).content
    except DeliveryError:
        told = "services"
    return told in TAKE_OUT or any(word in path.name for word in TAKE_OUT)


def open_package(
    path: Path, *, round_: Round, checks: Checks, recipient: Identity
) -> tuple[Manifest, Contents]:
    """Verify and open a delivery. Raises DeliveryError, with a key of its own for each thing that can be wrong.

    In a round with a custodian the analyst opens what the custodian re-keyed, and only that.
    """
    with archive.opened(path) as package:
        found = read_manifest(package, round_)
        content = content_of(package, found)
        require_checks(package, found, checks, recipient)
        if not found.opaque:
            rows = open_rows(package, found, content, recipient)
            return found, Contents(content, rows, _totals(package, found, found, recipient))
        if not found.origin:
            raise DeliveryError("delivery.not_rekeyed", file=package.file, participant=found.participant)
        first = read_origin(package, found, round_)
        rows = open_rows(package, found, plaintext.opaque_form(content), recipient)
        totals = _totals(package, found, first, recipient)
        try:
            said = opaque.from_bytes(_unseal(package, found, first, MEANINGS, 0, recipient), content)
            rows = opaque.unveil(rows, said, content)
        except ValueError:
            raise DeliveryError(
                "delivery.other_meanings", file=package.file, participant=found.participant
            ) from None
    return found, Contents(content, rows, totals)


def require_checks(package: Archive, found: Manifest, checks: Checks, recipient: Identity) -> None:
    """Refuse what was made with another normaliser or secret, or sealed for another key."""
    if found.normaliser != checks.normaliser or found.norm_check != checks.norm_check:
        raise DeliveryError("delivery.wrong_normaliser", file=package.file, participant=found.participant)
    if found.key_check != checks.key_check:
        raise DeliveryError("delivery.wrong_secret", file=package.file, participant=found.participant)
    if identities.fingerprint(recipient.keys) not in found.recipients:
        raise DeliveryError("delivery.not_for_us", file=package.file)


def content_of(package: Archive, found: Manifest) -> Content:
    """What the sealed rows are. Raises DeliveryError for a withdrawal: there are none."""
    if found.content == "withdrawal":
        raise DeliveryError("delivery.nothing_sealed", file=package.file)
    return found.content


def open_rows(package: Archive, found: Manifest, form: Form, recipient: Identity) -> Any:
    """The rows of all parts, in order."""
    pieces = []
    for part in range(found.parts):
        padded = _unseal(package, found, found, manifest.rows_member(part), part, recipient)
        pieces.append(_rows(padded, found, form, part, package.file))
    rows = pa.concat_tables(pieces)
    if manifest.bucket(rows.num_rows) != found.row_bucket:
        raise DeliveryError("delivery.bucket_off", file=package.file, participant=found.participant)
    return rows


def _totals(package: Archive, found: Manifest, sealed_under: Manifest, recipient: Identity) -> dict[str, int]:
    try:
        return plaintext.from_totals(_unseal(package, found, sealed_under, TOTALS, 0, recipient))
    except ValueError:
        raise DeliveryError("delivery.bad_totals", file=package.file) from None


def _unseal(
    package: Archive, found: Manifest, sealed_under: Manifest, name: str, part: int, recipient: Identity
) -> bytes:
    sealed = member(package, found, name)
    try:
        return recipient.open(sealed_under.info(name, part), sealed)
    except DeliveryError:
        raise DeliveryError("delivery.seal_broken", file=package.file, member=name) from None


def _rows(padded: bytes, found: Manifest, form: Form, part: int, file: str) -> Any:
    try:
        data = plaintext.unpad(padded)
    except ValueError:
        raise DeliveryError("delivery.bad_padding", file=file, participant=found.participant) from None
    try:
        rows = plaintext.from_parquet(data, form, found.row_bucket)
    except ValueError as error:
        if error.args == ("many",):
            raise DeliveryError("delivery.bucket_off", file=file, participant=found.participant) from None
        raise DeliveryError("delivery.other_schema", file=file) from None
    if form == "aggregate" and not plaintext.counts_sound(rows):
        raise DeliveryError("delivery.count_outside", file=file, participant=found.participant)
    if not plaintext.ordered(rows, form):
        raise DeliveryError("delivery.rows_not_sorted", file=file)
    if not plaintext.in_part(rows, part, found.parts):
        raise DeliveryError("delivery.row_in_wrong_part", file=file, participant=found.participant)
    return rows
