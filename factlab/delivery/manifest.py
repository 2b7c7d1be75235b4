"""The manifest: what a delivery is, without a key and without an exact number, time or name of a person."""

from __future__ import annotations

import datetime
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, Literal

from factlab.delivery import canonical
from factlab.errors import DeliveryError

FORMAT = "factlab-delivery/1"
MANIFEST, SIGNATURE, TOTALS = "manifest.json", "manifest.sig", "totals.sealed"
MEANINGS = "meanings.sealed"
ORIGIN, ORIGIN_SIGNATURE = "origin.json", "origin.sig"
LEAST_BUCKET = 64
ROWS_PER_PART = 1 << 20
MOST_PARTS = 1024

_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_VERSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._/+-]{0,63}")
_FINGERPRINT = re.compile(r"[0-9a-f]{4}( [0-9a-f]{4}){7}")


def bucket(rows: int) -> int:
    """The power of two, 64 or more, that is at least the number of rows: all that a manifest tells about it."""
    return max(LEAST_BUCKET, 1 << max(rows - 1, 0).bit_length())


def parts_of(row_bucket: int) -> int:
    """Parts follow from the bucket, so that they tell nothing more."""
    return max(1, row_bucket // ROWS_PER_PART)


def rows_member(part: int) -> str:
    return f"rows-{part:04}.sealed"


def sealed_members(parts: int, *, meanings: bool = False, origin: bool = False) -> tuple[str, ...]:
    """The members of which a manifest has the digests; those of the origin are signed, not sealed."""
    rows = (rows_member(part) for part in range(parts))
    return (
        *((MEANINGS,) if meanings else ()),
        *((ORIGIN, ORIGIN_SIGNATURE) if origin else ()),
        *rows,
        TOTALS,
    )


@dataclass(frozen=True)
class Manifest:
    """What `factlab inspect` shows; signed by the participant, or by the custodian when it names an `origin`."""

    content: Literal["services", "register", "droplist", "aggregate", "withdrawal"]
    trust: str
    round_id: str
    fingerprint: str  # of the round's binding part
    participant: str
    sequence: int
    supersedes: int | None
    day: datetime.date
    normaliser: str
    key_check: str
    norm_check: str
    row_bucket: int
    parts: int
    members: Mapping[str, str]  # sealed member: SHA-256
    recipients: tuple[str, ...]  # fingerprints of keys
    format: str = FORMAT
    origin: str = ""  # re-keyed by the custodian: the SHA-256 of the participant's manifest
    rekey_check: str = ""  # of the key that it was re-keyed under: what has another doesn't join with it
    withdraws: str = ""  # of a withdrawal: the SHA-256 of the manifest that it takes back

    def to_bytes(self) -> bytes:
        """Canonical JSON: what is signed and what stands in the file. Only a re-keyed delivery has an `origin`, only a
        withdrawal says what it `withdraws`."""
        return canonical.dump(
            {
                **({"origin": self.origin, "rekey_check": self.rekey_check} if self.origin else {}),
                **({"withdraws": self.withdraws} if self.withdraws else {}),
                "content": self.content,
                "day": self.day.isoformat(),
                "fingerprint": self.fingerprint,
                "format": self.format,
                "key_check": self.key_check,
                "members": dict(self.members),
                "norm_check": self.norm_check,
                "normaliser": self.normaliser,
                "participant": self.participant,
                "parts": self.parts,
                "recipients": list(self.recipients),
                "round_id": self.round_id,
                "row_bucket": self.row_bucket,
                "sequence": self.sequence,
                "supersedes": self.supersedes,
                "trust": self.trust,
            }
        )

    @property
    def digest(self) -> str:
        """SHA-256 (hex) of the manifest as it stands in the file: names one delivery among all."""
        return hashlib.sha256(self.to_bytes()).hexdigest()

    @property
    def opaque(self) -> bool:
        """Whether rows have opaque codes, whose meanings are sealed apart."""
        return _opaque(self.trust, self.content)

    def info(self, member: str, part: int) -> bytes:
        """What a sealed member is bound to: this manifest (all but the digests, which come after sealing), its place."""
        bare = canonical.load(replace(self, members={}).to_bytes())
        del bare["members"]
        return b"factlab/v1/sealed\0" + canonical.dump(
            {
                "format": self.format,
                "manifest": hashlib.sha256(canonical.dump(bare)).hexdigest(),
                "member": member,
                "part": part,
                "participant": self.participant,
                "round_id": self.round_id,
                "sequence": self.sequence,
            }
        )


def _opaque(trust: Any, content: Any) -> bool:
    return bool(trust == "custodian" and content in ("services", "register"))


def _hex(value: Any, least: int, most: int) -> bool:
    return isinstance(value, str) and re.fullmatch(rf"[0-9a-f]{{{least},{most}}}", value) is not None


def _text(value: Any, pattern: re.Pattern[str]) -> bool:
    return isinstance(value, str) and len(value) <= 200 and pattern.fullmatch(value) is not None


def _number(value: Any, most: int = 1 << 53) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 1 <= value < most


def _day(value: Any) -> datetime.date | None:
    try:
        day = datetime.date.fromisoformat(value)
    except (TypeError, ValueError):
        return None
    return day if day.isoformat() == value else None


def read(data: bytes, file: str) -> Manifest:
    """The manifest in `data`. Raises DeliveryError: an unknown version, or not exactly what this version prescribes."""
    damaged = DeliveryError("delivery.manifest_damaged", file=file)
    try:
        told = canonical.load(data)
    except ValueError:
        raise damaged from None
    if told.get("format") != FORMAT:
        raise DeliveryError("delivery.unknown_version", file=file, expected=FORMAT)
    rekeyed, withdrawal = "origin" in told, told.get("content") == "withdrawal"
    names = {field.name for field in fields(Manifest)}
    names -= set() if rekeyed else {"origin", "rekey_check"}
    names -= set() if withdrawal else {"withdraws"}
    if told.keys() != names:
        raise damaged
    day = _day(told["day"])
    if day is None or not _sound(told) or not (_sound_withdrawal(told) if withdrawal else _sound_rows(told)):
        raise damaged
    return Manifest(**{**told, "day": day, "recipients": tuple(told["recipients"])})


def _sound(told: Mapping[str, Any]) -> bool:
    """What every manifest has."""
    return (
        _text(told["trust"], _SLUG)
        and _hex(told["round_id"], 32, 32)
        and _hex(told["fingerprint"], 64, 64)
        and _text(told["participant"], _SLUG)
        and _number(told["sequence"])
        and (told["supersedes"] is None or _number(told["supersedes"], told["sequence"]))
        and _text(told["normaliser"], _VERSION)
        and _hex(told["key_check"], 8, 64)
        and _hex(told["norm_check"], 8, 64)
    )


def _sound_rows(told: Mapping[str, Any]) -> bool:
    """What a manifest of sealed rows has."""
    rekeyed, parts, members, recipients = (
        "origin" in told,
        told["parts"],
        told["members"],
        told["recipients"],
    )
    opaque = _opaque(told["trust"], told["content"])
    return (
        told["content"] in ("services", "register", "droplist", "aggregate")
        and (not rekeyed or (_hex(told["origin"], 64, 64) and _hex(told["rekey_check"], 16, 16) and opaque))
        and _number(told["row_bucket"])
        and told["row_bucket"] == bucket(told["row_bucket"])
        and _number(parts, MOST_PARTS + 1)
        and parts == parts_of(told["row_bucket"])
        and (parts == 1 or told["content"] != "aggregate")
        and isinstance(members, dict)
        and tuple(members) == sealed_members(parts, meanings=opaque, origin=rekeyed)
        and all(_hex(digest, 64, 64) for digest in members.values())
        and isinstance(recipients, list)
        and 1 <= len(recipients) <= 16
        and all(_text(recipient, _FINGERPRINT) for recipient in recipients)
    )


def _sound_withdrawal(told: Mapping[str, Any]) -> bool:
    """Nothing is sealed in a withdrawal, and it takes the number after that of what it takes back."""
    empty = {"row_bucket": 0, "parts": 0, "members": {}, "recipients": []}
    return (
        "origin" not in told
        and _hex(told["withdraws"], 64, 64)
        and told["supersedes"] == told["sequence"] - 1
        and all(told[name] == value and type(told[name]) is type(value) for name, value in empty.items())
    )
