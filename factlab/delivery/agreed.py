"""The agreement as the convenor signed it, and the signed checks of the right secret and the right normaliser."""

from __future__ import annotations

import base64
import binascii
import datetime
import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from factlab import agreement, files
from factlab.agreement import Agreement, Keys, Round
from factlab.agreement.round import read as read_round
from factlab.delivery import canonical, journal
from factlab.delivery.identity import Identity, fingerprint, verify
from factlab.errors import DeliveryError

ROUND, SIGNATURE, CHECKS = "round.toml", "round.sig", "checks.json"
CHECKS_FORMAT = "factlab-checks/1"
_LARGEST = 1 << 16  # bytes


@dataclass(frozen=True)
class Checks:
    """What shows that a participant works with the right secret, round and normaliser; it tells nothing else.

    `key_check` and `norm_check` are hex, `normaliser` names a version.
    """

    key_check: str
    norm_check: str
    normaliser: str


def _convenor(round_: Round) -> Keys:
    """The convenor's keys in a round that is ready. Raises DeliveryError for a draft."""
    keys = round_.participant(round_.convenor).keys
    sealing = [round_.analyst_keys, *([round_.custodian.keys] if round_.custodian else [])]
    without = not keys.sign or not all(party.seal and party.sign for party in sealing)
    if round_.is_draft or not round_.catalogue_sha256 or without:
        raise DeliveryError("delivery.draft_round", round=round_.id)
    return keys


def require_ready(round_: Round) -> None:
    """Refuse a draft: without ids and keys nothing can be sealed or verified."""
    _convenor(round_)


def sign_round(folder: Path, convenor: Identity) -> None:
    """Sign `round.toml` as it stands: `round.sig`. Refused when the key isn't the one the round names as convenor's."""
    folder = Path(folder)
    if _convenor(agreement.read(folder).round) != convenor.keys:
        raise DeliveryError("delivery.not_the_convenor")
    _write_signatures(folder, convenor, (folder / ROUND).read_bytes())


def _write_signatures(folder: Path, convenor: Identity, *texts: bytes) -> None:
    with files.new_file(folder / SIGNATURE) as beside:
        beside.write_bytes(b"".join(base64.b64encode(convenor.sign("round", text)) + b"\n" for text in texts))


def replace_round(folder: Path, text: bytes, convenor: Identity) -> None:
    """Put `text` in the place of a signed `round.toml`. Interrupted anywhere, what stands there is signed."""
    folder = Path(folder)
    if _convenor(signed_round(folder)) != convenor.keys:
        raise DeliveryError("delivery.not_the_convenor")
    _write_signatures(folder, convenor, (folder / ROUND).read_bytes(), text)
    with files.new_file(folder / ROUND) as beside:
        beside.write_bytes(text)
    sign_round(folder, convenor)


def require_successor(log: Path, folder: Path, round_: Round, day: datetime.date) -> None:
    """Refuse another agreement than the one that this party used before, unless it is amended from it; note it.

    So an older one, one that was amended in another way, and another convenor's don't take its place.
    """
    digest = hashlib.sha256((Path(folder) / ROUND).read_bytes()).hexdigest()
    key = fingerprint(_convenor(round_))
    told = [line for line in journal.read(log) if line["event"] == "agreement"]
    if told and (told[-1]["convenor"] != key or told[-1]["round"] not in (*_previous(round_), digest)):
        raise DeliveryError("delivery.no_successor", file=ROUND, number=told[-1]["amendments"])
    if not told or told[-1]["round"] != digest:
        number = len(round_.amendments)
        line = {"day": day.isoformat(), "convenor": key, "round": digest, "amendments": number}
        journal.append(log, {"event": "agreement", **line})


def _previous(round_: Round) -> list[str]:
    return [amendment.previous for amendment in round_.amendments]


def _decode(text: bytes | str) -> bytes:
    try:
        return base64.b64decode(text.strip(), validate=True)
    except (binascii.Error, ValueError):
        return b""  # no signature of anybody


def _small(path: Path) -> bytes:
    try:
        if path.stat().st_size > _LARGEST:
            return b""
        return path.read_bytes()
    except FileNotFoundError:
        raise DeliveryError("delivery.missing_signed_file", file=path.name) from None


def open_round(folder: Path) -> Agreement:
    """The agreement, when its convenor signed it. That this is *the* convenor, people establish by comparing
    fingerprints: the key stands in the file itself."""
    folder = Path(folder)
    return agreement.complete(signed_round(folder), folder)


def signed_round(folder: Path) -> Round:
    """The round alone, when its convenor signed it, whatever became of the files that it names."""
    round_ = read_round(folder / ROUND)
    keys = _convenor(round_)
    text = (folder / ROUND).read_bytes()
    # Two while an amendment takes the place of what stood there.
    signatures = _small(folder / SIGNATURE).split(b"\n", 2)[:2]
    if not any(verify(keys, "round", text, _decode(signature)) for signature in signatures):
        raise DeliveryError("delivery.round_not_signed", file=ROUND)
    return round_


def _body(round_: Round, checks: Checks) -> dict[str, Any]:
    return {
        "fingerprint": round_.fingerprint,
        "format": CHECKS_FORMAT,
        "key_check": checks.key_check,
        "norm_check": checks.norm_check,
        "normaliser": checks.normaliser,
        "round_id": round_.round_id,
    }


def write_checks(folder: Path, round_: Round, checks: Checks, convenor: Identity) -> None:
    """Publish the right checks with the agreement, signed by the convenor: `checks.json`."""
    if _convenor(round_) != convenor.keys:
        raise DeliveryError("delivery.not_the_convenor")
    body = _body(round_, checks)
    signature = convenor.sign("checks", canonical.dump(body))
    with files.new_file(Path(folder) / CHECKS) as beside:
        beside.write_bytes(canonical.dump({**body, "signature": base64.b64encode(signature).decode()}))


def read_checks(folder: Path, round_: Round) -> Checks:
    """The checks that the convenor signed for this round. Raises DeliveryError when missing, changed or another's."""
    keys = _convenor(round_)
    damaged = DeliveryError("delivery.checks_not_signed", file=CHECKS)
    try:
        body = canonical.load(_small(Path(folder) / CHECKS))
        signature = _decode(str(body.pop("signature", "")))
        checks = Checks(*(str(body.get(name, "")) for name in ("key_check", "norm_check", "normaliser")))
    except ValueError:
        raise damaged from None
    if not verify(keys, "checks", canonical.dump(body), signature):
        raise damaged
    if body != _body(round_, checks):
        raise DeliveryError("delivery.checks_of_another_round", file=CHECKS)
    return checks
