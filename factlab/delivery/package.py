"""A delivery (*aanlevering*): one file from one participant that only its recipient opens and nobody can alter."""

from __future__ import annotations

import datetime
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import pyarrow as pa

from factlab.agreement import Keys, Participant, Round
from factlab.delivery import agreed, archive, manifest, plaintext
from factlab.delivery import identity as identities
from factlab.delivery.agreed import Checks
from factlab.delivery.archive import Archive
from factlab.delivery.identity import Identity
from factlab.delivery.manifest import MANIFEST, SIGNATURE, TOTALS, Manifest
from factlab.errors import AgreementError, DeliveryError

__all__ = ["Checks", "Contents", "Manifest", "inspect", "open_package", "write"]


@dataclass(frozen=True, repr=False)
class Contents:
    """What is sealed: no repr, it would show pseudonyms.

    `rows` is an Arrow table; services: (pseudonym uuid, service string), register: (pseudonym uuid, area string,
    group string). `totals` tells rows read, rows delivered, and per reason how many were left out.
    """

    content: Literal["services", "register"]
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
    """Seal `contents` for `recipient`, sign and write the delivery at `path`. Rows may come in any order.

    Raises DeliveryError when the round is a draft, the key is not the participant's, or the contents don't fit.
    """
    path = Path(path)
    agreed.require_ready(round_)
    who = _participant(round_, participant, path.name)
    if who.keys != identity.keys:
        raise DeliveryError("delivery.not_your_key", participant=participant)
    if who.content != contents.content:
        raise DeliveryError("delivery.other_content", participant=participant, content=who.content)
    try:
        rows = plaintext.arrange(contents.rows, contents.content)
    except ValueError as error:
        key = "rows_not_sorted" if error.args == ("unique",) else "other_schema"
        raise DeliveryError(f"delivery.{key}", file=path.name) from None
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
        recipients=(identities.fingerprint(recipient),),
    )
    sealed: dict[str, bytes] = {}
    for part, piece in enumerate(plaintext.cut(rows, bare.parts)):
        data = plaintext.to_parquet(piece)
        member = manifest.rows_member(part)
        padded = plaintext.pad(data, plaintext.padded_size(len(data)))
        sealed[member] = identities.seal(recipient, bare.info(member, part), padded)
    sealed[TOTALS] = identities.seal(recipient, bare.info(TOTALS, 0), totals)
    made = replace(bare, members={name: hashlib.sha256(data).hexdigest() for name, data in sealed.items()})
    told = made.to_bytes()
    manifest.read(told, path.name)  # what we would refuse must not leave
    archive.write(path, {MANIFEST: told, SIGNATURE: identity.sign("manifest", told), **sealed})
    return made


def _manifest(package: Archive, round_: Round | None) -> Manifest:
    """The manifest, fitting the members; with a round also from its participant, signed, and about this round."""
    told = package.read(MANIFEST)
    found = manifest.read(told, package.file)
    if package.members != (MANIFEST, SIGNATURE, *found.members):
        raise DeliveryError("delivery.missing_member", file=package.file, member=[*found.members][-2])
    if round_ is None:
        return found
    agreed.require_ready(round_)
    if found.round_id != round_.round_id:
        raise DeliveryError("delivery.wrong_round", file=package.file, round=round_.id)
    who = _participant(round_, found.participant, package.file)
    if not identities.verify(who.keys, "manifest", told, package.read(SIGNATURE)):
        raise DeliveryError("delivery.bad_signature", file=package.file, participant=found.participant)
    if found.fingerprint != round_.fingerprint or found.trust != round_.trust:
        raise DeliveryError("delivery.wrong_fingerprint", file=package.file, participant=found.participant)
    return found


def _member(package: Archive, found: Manifest, member: str) -> bytes:
    data = package.read(member)
    if hashlib.sha256(data).hexdigest() != found.members[member]:
        raise DeliveryError("delivery.member_changed", file=package.file, member=member)
    return data


def inspect(path: Path, round_: Round | None) -> Manifest:
    """What a delivery is, without a key: its form and checksums; with a round also who signed it and for what."""
    with archive.opened(path) as package:
        found = _manifest(package, round_)
        for member in found.members:
            _member(package, found, member)
    return found


def open_package(
    path: Path, *, round_: Round, checks: Checks, recipient: Identity
) -> tuple[Manifest, Contents]:
    """Verify and open a delivery. Raises DeliveryError, with a key of its own for each thing that can be wrong."""
    with archive.opened(path) as package:
        found = _manifest(package, round_)
        if found.normaliser != checks.normaliser or found.norm_check != checks.norm_check:
            raise DeliveryError("delivery.wrong_normaliser", file=package.file, participant=found.participant)
        if found.key_check != checks.key_check:
            raise DeliveryError("delivery.wrong_secret", file=package.file, participant=found.participant)
        if identities.fingerprint(recipient.keys) not in found.recipients:
            raise DeliveryError("delivery.not_for_us", file=package.file)
        pieces = [
            _rows(
                _unseal(package, found, manifest.rows_member(part), part, recipient),
                found,
                part,
                package.file,
            )
            for part in range(found.parts)
        ]
        try:
            totals = plaintext.from_totals(_unseal(package, found, TOTALS, 0, recipient))
        except ValueError:
            raise DeliveryError("delivery.bad_totals", file=package.file) from None
    rows = pa.concat_tables(pieces)
    if manifest.bucket(rows.num_rows) != found.row_bucket:
        raise DeliveryError("delivery.bucket_off", file=package.file, participant=found.participant)
    return found, Contents(found.content, rows, totals)


def _unseal(package: Archive, found: Manifest, member: str, part: int, recipient: Identity) -> bytes:
    sealed = _member(package, found, member)
    try:
        return recipient.open(found.info(member, part), sealed)
    except DeliveryError:
        raise DeliveryError("delivery.seal_broken", file=package.file, member=member) from None


def _rows(padded: bytes, found: Manifest, part: int, file: str) -> Any:
    try:
        data = plaintext.unpad(padded)
    except ValueError:
        raise DeliveryError("delivery.bad_padding", file=file, participant=found.participant) from None
    try:
        rows = plaintext.from_parquet(data, found.content, found.row_bucket)
    except ValueError as error:
        if error.args == ("many",):
            raise DeliveryError("delivery.bucket_off", file=file, participant=found.participant) from None
        raise DeliveryError("delivery.other_schema", file=file) from None
    if not plaintext.ordered(rows, found.content):
        raise DeliveryError("delivery.rows_not_sorted", file=file)
    if not plaintext.in_part(rows, part, found.parts):
        raise DeliveryError("delivery.row_in_wrong_part", file=file, participant=found.participant)
    return rows
