"""A delivery taken back (*intrekking*): its participant's signed word that it must not count and is to be destroyed."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from factlab.agreement import Round
from factlab.delivery import archive, journal, manifest, package
from factlab.delivery.identity import Identity
from factlab.delivery.manifest import MANIFEST, Manifest
from factlab.errors import DeliveryError


@dataclass(frozen=True)
class Withdrawal:
    """A withdrawal as it came. It counts for every delivery of its participant with a lower number."""

    path: Path
    manifest: Manifest
    key: str  # fingerprint of the key that signed it


def write(
    path: Path, *, round_: Round, participant: str, identity: Identity, delivery: Path, day: datetime.date
) -> Manifest:
    """Sign and write the withdrawal of `delivery`, the last one that the participant sent. Nothing in it is sealed.

    Raises DeliveryError for another's delivery, and for a drop list: nothing puts an address back.
    """
    taken = package.inspect(delivery, round_)
    if taken.participant != participant or round_.participant(participant).keys != identity.keys:
        raise DeliveryError("delivery.not_your_key", participant=taken.participant)
    if taken.content not in ("services", "register") or taken.origin:
        raise DeliveryError("delivery.not_to_withdraw", file=delivery.name)
    bare = replace(
        taken,
        content="withdrawal",
        withdraws=taken.digest,
        sequence=taken.sequence + 1,
        supersedes=taken.sequence,
        day=day,
        row_bucket=0,
        parts=0,
        recipients=(),
    )
    return package.finish(path, bare, {}, identity)


def read(path: Path, round_: Round) -> Withdrawal | None:
    """A withdrawal, verified; None for a file that is something else. Raises DeliveryError for one that isn't sound."""
    with archive.opened(path) as found:
        if manifest.read(found.read(MANIFEST), path.name).content != "withdrawal":
            return None
        told = package.read_manifest(found, round_)
        return Withdrawal(path, told, package.signer(found, told, round_))


def known(log: Iterable[Mapping[str, Any]]) -> dict[str, int]:
    """Of each participant in a log that took something back: the highest number of its withdrawals."""
    found: dict[str, int] = {}
    for line in log:
        if line["event"] == "accepted" and line["content"] == "withdrawal":
            found[line["participant"]] = max(line["sequence"], found.get(line["participant"], 0))
    return found


def note(log: Path, told: Manifest, key: str, day: datetime.date) -> None:
    """Write in the log that a delivery, a drop list or a withdrawal was accepted, once. `key` signed it."""
    if any(line.get("manifest") == told.digest for line in journal.read(log)):
        return
    journal.append(
        log,
        {
            "event": "accepted",
            "day": day.isoformat(),
            "participant": told.participant,
            "content": told.content,
            "sequence": told.sequence,
            "rows_at_most": told.row_bucket,
            "manifest": told.digest,
            "key": key,
        },
    )


def name(round_: Round, participant: str, sequence: int) -> str:
    """What the file of a withdrawal is called."""
    return f"{round_.id}_{participant}_{sequence}_withdrawal.factlab"
