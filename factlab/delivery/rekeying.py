"""A delivery at the custodian: opened as pseudonyms with opaque codes, and sealed again for the analyst."""

from __future__ import annotations

import datetime
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from factlab.agreement import Round
from factlab.delivery import archive, manifest, opaque, package, plaintext
from factlab.delivery import identity as identities
from factlab.delivery.agreed import Checks
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
from factlab.delivery.plaintext import Form
from factlab.errors import DeliveryError


@dataclass(frozen=True, repr=False)
class Submission:
    """What the custodian can see of a delivery. No repr, it would show pseudonyms.

    `rows` is (pseudonym, code), of a drop list (pseudonym). `forwarded` goes on to the analyst as it came: the
    participant's manifest and signature, and what only the analyst can open.
    """

    file: str
    manifest: Manifest
    digest: str  # of the manifest
    key: str  # fingerprint of the key that signed it
    rows: Any
    forwarded: Mapping[str, bytes]


def open_submission(path: Path, *, round_: Round, checks: Checks, custodian: Identity) -> Submission:
    """Verify a participant's delivery and open its rows. Raises DeliveryError."""
    with archive.opened(path) as found_package:
        found = package.read_manifest(found_package, round_)
        if found.origin:
            raise DeliveryError("delivery.already_rekeyed", file=path.name)
        if found.content == "aggregate":  # counts: nothing to re-key, and nothing for the custodian to see
            raise DeliveryError("delivery.not_to_rekey", file=path.name, participant=found.participant)
        content = package.content_of(found_package, found)
        package.require_checks(found_package, found, checks, custodian)
        form = plaintext.opaque_form(content) if found.opaque else content
        rows = package.open_rows(found_package, found, form, custodian)
        if found.opaque and not opaque.sound(rows):
            raise DeliveryError("delivery.code_not_opaque", file=path.name, participant=found.participant)
        told = found_package.read(MANIFEST)
        forwarded = {}
        if found.opaque:
            forwarded = {
                MEANINGS: package.member(found_package, found, MEANINGS),
                ORIGIN: told,
                ORIGIN_SIGNATURE: found_package.read(SIGNATURE),
                TOTALS: package.member(found_package, found, TOTALS),
            }
        key = package.signer(found_package, found, round_)
    return Submission(path.name, found, hashlib.sha256(told).hexdigest(), key, rows, forwarded)


def write_rekeyed(
    path: Path,
    submission: Submission,
    rows: Any,
    rekey_check: str,
    *,
    round_: Round,
    custodian: Identity,
    day: datetime.date,
) -> Manifest:
    """Seal `rows` (the submission's, under other pseudonyms) for the analyst, beside what is forwarded."""
    if round_.custodian is None or round_.custodian.keys != custodian.keys:
        raise DeliveryError("delivery.not_the_custodian")
    form: Form = "opaque-register" if submission.manifest.content == "register" else "opaque-services"
    rows = plaintext.arrange(rows, form)
    row_bucket = manifest.bucket(rows.num_rows)
    bare = replace(
        submission.manifest,
        day=day,
        row_bucket=row_bucket,
        parts=manifest.parts_of(row_bucket),
        members={},
        recipients=(identities.fingerprint(round_.analyst_keys),),
        origin=submission.digest,
        rekey_check=rekey_check,
    )
    sealed = {**submission.forwarded, **package.seal_rows(bare, rows, round_.analyst_keys)}
    names = manifest.sealed_members(bare.parts, meanings=True, origin=True)
    return package.finish(path, bare, {name: sealed[name] for name in names}, custodian)
