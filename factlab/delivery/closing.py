"""The end of a round at one party: its key and the deliveries are destroyed, and it signs that they are."""

from __future__ import annotations

import base64
import binascii
import datetime
import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from factlab import files
from factlab.agreement import Keys, Round
from factlab.delivery import canonical, journal
from factlab.delivery import identity as identities
from factlab.delivery.identity import Identity
from factlab.errors import DeliveryError

FORMAT = "factlab-closed/1"
_LARGEST = 1 << 22


@dataclass(frozen=True)
class Statement:
    """What a party says that it destroyed: its key, by fingerprint, and files, by SHA-256; `log` is its log's head."""

    who: str
    day: str
    key: str
    files: tuple[str, ...]
    log: str


def party(round_: Round, keys: Keys) -> str:
    """Whose these keys are in the round. Raises DeliveryError for a stranger's."""
    known = {
        "analyst": round_.analyst_keys,
        **({"custodian": round_.custodian.keys} if round_.custodian else {}),
        **{participant.id: participant.keys for participant in round_.participants},
    }
    for name, theirs in known.items():
        if theirs == keys:
            return name
    raise DeliveryError("delivery.not_a_party", round=round_.id)


def statement_file(round_folder: Path, who: str) -> Path:
    return round_folder / f"closed_{who}.json"


def log_file(round_folder: Path, who: str) -> Path:
    return round_folder / f"{who}.log"


def destroy(path: Path) -> None:
    """Overwrite a file and remove it. A copy, a backup or a disk that writes elsewhere keeps what it has."""
    size = path.stat().st_size
    with path.open("rb+") as file:
        for _ in range(0, size, 1 << 20):
            file.write(bytes(min(1 << 20, size - file.tell())))
        file.flush()
        os.fsync(file.fileno())
    path.unlink()


def destroy_deliveries(log: Path, deliveries: Sequence[Path], day: datetime.date) -> None:
    """Destroy files; the log has a line with their SHA-256 before the first is touched."""
    digests = []
    for file in deliveries:
        with file.open("rb") as data:
            digests.append(hashlib.file_digest(data, "sha256").hexdigest())
    if digests:
        journal.append(log, {"event": "destroying", "day": day.isoformat(), "files": sorted(digests)})
    for file in deliveries:
        destroy(file)


def close(
    round_folder: Path,
    round_: Round,
    *,
    key_file: Path,
    identity: Identity,
    deliveries: Sequence[Path],
    day: datetime.date,
) -> Statement:
    """Destroy the deliveries and then the key file, and leave a signed statement that says so.

    It appears only when all is gone: interrupted halfway, there is less than before and no statement.
    """
    who = party(round_, identity.keys)
    destroy_deliveries(log_file(round_folder, who), deliveries, day)
    lines = journal.read(log_file(round_folder, who))
    # Of an earlier attempt too.
    gone = sorted({digest for told in lines if told["event"] == "destroying" for digest in told["files"]})
    key = identities.fingerprint(identity.keys)
    lines = journal.append(
        log_file(round_folder, who), {"event": "closing", "day": day.isoformat(), "key": key}
    )
    made = Statement(who, day.isoformat(), key, tuple(gone), journal.head(lines))
    body = _body(round_, made)
    signature = base64.b64encode(identity.sign("closed", canonical.dump(body))).decode()
    with files.new_file(statement_file(round_folder, who)) as beside:
        beside.write_bytes(canonical.dump({**body, "signature": signature}))
        destroy(key_file)
    return made


def _body(round_: Round, made: Statement) -> dict[str, Any]:
    return {
        "day": made.day,
        "files": list(made.files),
        "fingerprint": round_.fingerprint,
        "format": FORMAT,
        "key": made.key,
        "log": made.log,
        "round_id": round_.round_id,
        "who": made.who,
    }


def read(round_folder: Path, round_: Round) -> tuple[Statement, ...]:
    """The statements beside the round, each verified. Raises DeliveryError for one that its party didn't sign."""
    found = []
    for file in sorted(round_folder.glob("closed_*.json")):
        unsound = DeliveryError("delivery.statement_not_signed", file=file.name)
        try:
            if file.stat().st_size > _LARGEST:
                raise unsound
            told = canonical.load(file.read_bytes())
            signature = base64.b64decode(told.pop("signature"), validate=True)
            made = Statement(told["who"], told["day"], told["key"], tuple(told["files"]), told["log"])
        except (ValueError, KeyError, TypeError, AttributeError, binascii.Error):
            raise unsound from None
        keys = _keys(round_, made.who)
        sound = told == _body(round_, made) and identities.verify(
            keys, "closed", canonical.dump(told), signature
        )
        if not sound or file != statement_file(round_folder, made.who):
            raise unsound
        found.append(made)
    return tuple(found)


def _keys(round_: Round, who: str) -> Keys:
    if who == "analyst":
        return round_.analyst_keys
    if who == "custodian" and round_.custodian:
        return round_.custodian.keys
    return next((participant.keys for participant in round_.participants if participant.id == who), Keys())


def require_open(round_folder: Path, round_: Round, who: str) -> None:
    """Refuse to go on with a round of which a party said that its key is gone: a copy was kept, then."""
    if any(statement.who == who for statement in read(round_folder, round_)):
        raise DeliveryError("delivery.round_closed", round=round_.id, who=who)
