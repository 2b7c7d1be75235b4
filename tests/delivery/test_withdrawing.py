"""The file of a withdrawal: one form, signed, and nothing in it but what it takes back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from factlab.delivery import archive, canonical, withdrawing
from factlab.delivery.package import inspect, open_package
from factlab.errors import DeliveryError
from factlab.texts import LANGUAGES, say

from tests.delivery.made import ANALYST, ANNA, CHECKS, DAY, ROUND, made_round, members, resign, send


@pytest.fixture
def taken(tmp_path: Path) -> Path:
    send(tmp_path / "a.factlab", sequence=3)
    return tmp_path / "a.factlab"


@pytest.fixture
def path(tmp_path: Path, taken: Path) -> Path:
    made = tmp_path / "w.factlab"
    withdrawing.write(
        made, round_=ROUND, participant="thuiszorg-de-brug", identity=ANNA, delivery=taken, day=DAY
    )
    return made


def refused(path: Path, key: str, round_: Any = ROUND) -> None:
    with pytest.raises(DeliveryError) as caught:
        withdrawing.read(path, round_)
    assert caught.value.key == f"delivery.{key}"
    for lang in LANGUAGES:
        assert say(caught.value.key, lang, **caught.value.fields)


def test_its_form(path: Path, taken: Path) -> None:
    found, before = members(path), inspect(taken, ROUND)
    assert list(found) == ["manifest.json", "manifest.sig"]
    assert canonical.load(found["manifest.json"]) == {
        "content": "withdrawal",
        "day": "2026-01-15",
        "fingerprint": ROUND.fingerprint,
        "format": "factlab-delivery/1",
        "key_check": CHECKS.key_check,
        "members": {},
        "norm_check": CHECKS.norm_check,
        "normaliser": "1",
        "participant": "thuiszorg-de-brug",
        "parts": 0,
        "recipients": [],
        "round_id": ROUND.round_id,
        "row_bucket": 0,
        "sequence": 4,
        "supersedes": 3,
        "trust": "direct",
        "withdraws": before.digest,
    }
    read = withdrawing.read(path, ROUND)
    assert read is not None
    assert read.manifest == inspect(path, ROUND)


def test_a_delivery_is_none(taken: Path) -> None:
    assert withdrawing.read(taken, ROUND) is None


def test_there_is_nothing_to_open(path: Path) -> None:
    with pytest.raises(DeliveryError, match="nothing_sealed"):
        open_package(path, round_=ROUND, checks=CHECKS, recipient=ANALYST)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("withdraws", ""), ("withdraws", "ab" * 31), ("withdraws", 1), ("supersedes", None), ("supersedes", 2),
        ("supersedes", 4), ("sequence", 9), ("row_bucket", 64), ("row_bucket", False), ("parts", 1), ("parts", None),
        ("members", []), ("recipients", ["0000 1111 2222 3333 4444 5555 6666 7777"]), ("recipients", {}),
        ("origin", "ab" * 32), ("content", "services"), ("content", "droplist"), ("content", "aggregate"),
    ],
)  # fmt: skip
def test_no_other_form(path: Path, name: str, value: Any) -> None:
    """Also by who signs anew: a bucket or a recipient could carry something that nobody looks at."""
    found = members(path)
    told = {**canonical.load(found["manifest.json"]), name: value}
    data = canonical.dump(told)
    path.unlink()
    archive.write(path, {"manifest.json": data, "manifest.sig": ANNA.sign("manifest", data)})
    with pytest.raises(DeliveryError, match="manifest_damaged"):
        inspect(path, ROUND)


def test_a_delivery_says_nothing_of_withdrawing(taken: Path) -> None:
    resign(taken, change=lambda told: told.update(withdraws="ab" * 32))
    with pytest.raises(DeliveryError, match="manifest_damaged"):
        inspect(taken, ROUND)


def test_rows_don_t_ride_along(path: Path, taken: Path) -> None:
    found, rows = members(path), members(taken)
    path.unlink()
    archive.write(path, {**found, "rows-0000.sealed": rows["rows-0000.sealed"], "totals.sealed": b"x"})
    refused(path, "extra_member")


def test_a_delivery_without_its_rows_is_no_withdrawal(taken: Path) -> None:
    found = members(taken)
    taken.unlink()
    archive.write(taken, {name: found[name] for name in ("manifest.json", "manifest.sig")})
    with pytest.raises(DeliveryError, match="missing_member"):
        inspect(taken, ROUND)


def test_another_round_and_another_hand(path: Path) -> None:
    refused(path, "wrong_round", made_round(round_id="f" * 32))
    refused(path, "wrong_fingerprint", made_round(least_threshold=5))
    found = members(path)
    path.unlink()
    archive.write(path, {**found, "manifest.sig": ANALYST.sign("manifest", found["manifest.json"])})
    refused(path, "bad_signature")
    path.unlink()
    # A signature over the same bytes as something else
    archive.write(path, {**found, "manifest.sig": ANNA.sign("rekeyed", found["manifest.json"])})
    refused(path, "bad_signature")
