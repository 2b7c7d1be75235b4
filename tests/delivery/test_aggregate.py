"""The sealed form of counts without addresses: fixed, of one part, the analyst's alone, and nothing else passes for it."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from factlab.agreement import Custodian, Participant
from factlab.delivery import canonical, identity, manifest, package, plaintext
from factlab.delivery.identity import Identity
from factlab.delivery.package import Contents
from factlab.delivery.rekeying import open_submission
from factlab.errors import DeliveryError

from tests.delivery.made import (
    ANALYST,
    ANNA,
    CHECKS,
    ROUND,
    made_round,
    members,
    padded,
    resign,
    seal_anew,
    send,
    services,
)

KEEPER = Identity(hashlib.sha256(b"keeper sign").digest(), hashlib.sha256(b"keeper seal").digest())
COUNTING = Participant(
    "thuiszorg-de-brug", "Buurthuis De Brug", "aggregate", ("INF-BUUV", "WEL-INL"), ANNA.keys, unit="persons"
)
DIRECT = made_round(participants=(COUNTING, *ROUND.participants[1:]))
SPLIT = replace(
    DIRECT, trust="custodian", custodian=Custodian("Sleutelbeheer", KEEPER.keys, addresses=2000, share=60)
)
ROWS = [("WK999902", "WEL-INL", 7), ("WK999901", "WEL-INL", 12), ("WK999901", "INF-BUUV", 1_000_000)]


def contents(rows: list[tuple[str, str, int]] = ROWS) -> Contents:
    columns = list(zip(*rows, strict=True)) if rows else [(), (), ()]
    table = pa.table([pa.array(column) for column in columns], schema=plaintext.SCHEMAS["aggregate"])
    return Contents("aggregate", table, {"rows": len(rows)})


@pytest.fixture(params=[DIRECT, SPLIT], ids=["direct", "custodian"])
def round_(request: pytest.FixtureRequest) -> Any:
    return request.param


def opened(path: Path, round_: Any, recipient: Identity = ANALYST) -> Contents:
    return package.open_package(path, round_=round_, checks=CHECKS, recipient=recipient)[1]


def refused(path: Path, round_: Any, key: str) -> None:
    with pytest.raises(DeliveryError) as caught:
        opened(path, round_)
    assert caught.value.key == f"delivery.{key}"


@pytest.mark.parametrize("rows", [ROWS, []])
def test_there_and_back_in_order(tmp_path: Path, round_: Any, rows: list[tuple[str, str, int]]) -> None:
    send(tmp_path / "a.factlab", contents(rows), round_=round_)
    found = opened(tmp_path / "a.factlab", round_)
    assert [tuple(row.values()) for row in found.rows.to_pylist()] == sorted(rows)
    assert found.totals == {"rows": len(rows)}


def test_what_a_file_tells_without_a_key(tmp_path: Path, round_: Any) -> None:
    told = send(tmp_path / "a.factlab", contents(), round_=round_)
    assert (told.row_bucket, told.parts, told.opaque) == (64, 1, False)
    assert told.recipients == (identity.fingerprint(ANALYST.keys),)
    data = (tmp_path / "a.factlab").read_bytes()
    assert not [word for word in (b"WK9999", b"WEL-INL", b"INF-BUUV", b"persons") if word in data]


@pytest.mark.parametrize(
    ("rows", "key"),
    [
        ([*ROWS, ROWS[0]], "rows_not_sorted"),
        ([("WK999901", "WEL-INL", 0)], "count_outside"),
        ([("WK999901", "WEL-INL", -1)], "count_outside"),
        ([("WK999901", "WEL-INL", 1_000_001)], "count_outside"),
        ([("W" * 101, "WEL-INL", 5)], "other_schema"),
    ],
)
def test_what_may_not_leave(tmp_path: Path, rows: list[tuple[str, str, int]], key: str) -> None:
    with pytest.raises(DeliveryError, match=key):
        send(tmp_path / "a.factlab", contents(rows), round_=DIRECT)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("rows", "key"),
    [
        (contents([("WK999901", "WEL-INL", 0)]).rows, "count_outside"),
        (contents([("WK999901", "WEL-INL", 1 << 60)]).rows, "count_outside"),
        (contents(ROWS).rows, "rows_not_sorted"),
        (contents([ROWS[0], ROWS[0]]).rows, "rows_not_sorted"),
        (contents([ROWS[0]]).rows.append_column("name", pa.array(["x"])), "other_schema"),
        (contents([ROWS[0]]).rows.select(["area", "count", "service"]), "other_schema"),
        (pa.table({"area": ["a"], "service": ["s"], "count": [1.5]}), "other_schema"),
        (plaintext.arrange(services(5).rows, "services"), "other_schema"),
    ],
)
def test_what_a_participant_s_own_software_could_seal(tmp_path: Path, rows: Any, key: str) -> None:
    path = tmp_path / "a.factlab"
    send(path, contents(), round_=DIRECT)
    seal_anew(path, [padded(plaintext.to_parquet(rows))])
    refused(path, DIRECT, key)


def test_an_aggregate_has_one_part_and_no_origin(tmp_path: Path) -> None:
    path = tmp_path / "a.factlab"
    send(path, contents(), round_=SPLIT)
    told = canonical.load(members(path)["manifest.json"])
    many = {**told, "row_bucket": 1 << 21, "parts": 2}
    many["members"] = dict.fromkeys(manifest.sealed_members(2), "0" * 64)
    origin = {**told, "origin": "0" * 64, "rekey_check": "0" * 16}
    origin["members"] = dict.fromkeys(manifest.sealed_members(1, meanings=True, origin=True), "0" * 64)
    for wrong in (many, origin):
        with pytest.raises(DeliveryError, match="manifest_damaged"):
            manifest.read(canonical.dump(wrong), path.name)


def test_the_custodian_doesn_t_open_one_even_when_it_could(tmp_path: Path) -> None:
    """A participant that seals its counts for the custodian tells it what it must not know: refused unopened."""
    path = tmp_path / "a.factlab"
    send(path, contents(), round_=SPLIT, recipient=KEEPER.keys)
    assert identity.fingerprint(KEEPER.keys) in manifest.read(members(path)["manifest.json"], "a").recipients
    with pytest.raises(DeliveryError) as caught:
        open_submission(path, round_=SPLIT, checks=CHECKS, custodian=KEEPER)
    assert caught.value.key == "delivery.not_to_rekey"


def test_services_under_the_name_of_an_aggregate(tmp_path: Path) -> None:
    """In split trust that would bring pseudonyms to the analyst past the custodian."""
    path = tmp_path / "a.factlab"
    send(path, contents(), round_=SPLIT)
    seal_anew(path, [padded(plaintext.to_parquet(plaintext.arrange(services(5).rows, "services")))])
    refused(path, SPLIT, "other_schema")
    send(tmp_path / "b.factlab", contents(), round_=SPLIT)
    resign(tmp_path / "b.factlab", change=lambda told: told.update(content="droplist"))
    refused(tmp_path / "b.factlab", SPLIT, "seal_broken")


def test_who_counts_can_send_no_drop_list(tmp_path: Path) -> None:
    rows = services(5).rows.select(["pseudonym"]).slice(0, 3)
    with pytest.raises(DeliveryError, match="other_content"):
        send(tmp_path / "a.factlab", Contents("droplist", rows, {}), round_=DIRECT)
