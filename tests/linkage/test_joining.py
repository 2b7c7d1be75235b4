"""The join, the drop of the key, and the proof that notices a key that stayed."""

from __future__ import annotations

import datetime
import hashlib
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pyarrow as pa
import pytest
from factlab import agreement, linkage
from factlab.agreement import Agreement
from factlab.delivery.manifest import Manifest
from factlab.delivery.package import Contents
from factlab.engine import Engine, read_step, steps
from factlab.errors import FactlabError, LinkageError
from factlab.linkage import Delivery, Received

SAMPLE = Path(__file__).parents[2] / "sample_data" / "agreement"
DOORS = [hashlib.sha256(bytes([n])).digest()[:16] for n in range(8)]


@pytest.fixture(scope="module")
def agreed_on() -> Agreement:
    return agreement.read(SAMPLE)


def pseudonyms(*doors: int) -> Any:
    return pa.ExtensionArray.from_storage(pa.uuid(), pa.array([DOORS[d] for d in doors], pa.binary(16)))


def delivery(participant: str, content: str, **columns: Any) -> Delivery:
    manifest = cast(
        Manifest,
        SimpleNamespace(participant=participant, content=content, sequence=1, day=datetime.date(2026, 1, 1)),
    )
    return Delivery(f"{participant}.factlab", manifest, Contents(cast(Any, content), pa.table(columns), {}))


def register(agreed_on: Agreement, *doors: int) -> Delivery:
    place = agreed_on.areas[-1].code
    return delivery(
        agreed_on.round.register_holder.id,
        "register",
        pseudonym=pseudonyms(*doors),
        area=[place] * len(doors),
        group=[""] * len(doors),
    )


def two(agreed_on: Agreement) -> tuple[str, str, str]:
    """Two organisations and a service of the catalogue."""
    ids = [p.id for p in agreed_on.round.participants if p.content == "services"]
    return ids[0], ids[1], agreed_on.services[0].code


def linked(engine: Engine, agreed_on: Agreement, *deliveries: Delivery) -> None:
    linkage.link(engine, Received(deliveries), agreed_on)


def test_the_same_door_of_two_organisations_is_one_household(agreed_on: Agreement) -> None:
    a, b, service = two(agreed_on)
    with Engine() as engine:
        linked(
            engine,
            agreed_on,
            register(agreed_on, 0, 1, 2),
            delivery(a, "services", pseudonym=pseudonyms(0, 1), service=[service] * 2),
            delivery(b, "services", pseudonym=pseudonyms(1, 5, 6), service=[service] * 3),
        )
        assert engine.rows("select count(*) from household") == [(3,)]
        used = engine.rows("select count(*), count(distinct household) from household_use")
        assert used == [(2 + 1, 2)]  # a at doors 0 and 1, b at door 1
        assert engine.rows("select organisation, addresses from unmatched order by all") == sorted(
            [(a, 0), (b, 2)]
        )


def test_after_the_drop_no_table_holds_a_known_pseudonym_in_any_column(agreed_on: Agreement) -> None:
    a, _, service = two(agreed_on)
    with Engine() as engine:
        linked(
            engine,
            agreed_on,
            register(agreed_on, *range(8)),
            delivery(a, "services", pseudonym=pseudonyms(*range(8)), service=[service] * 8),
            delivery(a, "aggregate", area=[agreed_on.areas[1].code], service=[service], count=[12]),
        )
        assert {table for table, _, _ in engine.columns()} == {
            "household", "household_use", "unmatched", "reported",
        }  # fmt: skip
        forms = {form for door in DOORS for form in (door.hex(), str(int.from_bytes(door, "big")))}
        for table, column, _ in engine.columns():
            values = [str(value) for (value,) in engine.rows(f"select {column} from {table}")]
            assert values
            assert not {value.replace("-", "") for value in values} & forms


@pytest.mark.parametrize(
    ("left", "error"),
    [
        ("alter table household add column pseudonym uuid", "05_drop_key_columns"),
        ("create table kept (service varchar)", "05_drop_key_columns"),
        ("create view seen as select household from household", "05_drop_key_columns"),
        ("update household set household = household * 7 + 3", "05_drop_key_numbers"),
        ("update household set household_group = '5f0c1e2d-aaaa'", "05_drop_key_groups"),
        ("update household set area = '5f0c1e2daaaa'", "key_left"),
        ("update household_use set service = '5f0c1e2daaaa'", "key_left"),
        ("update unmatched set organisation = '5f0c1e2daaaa'", "key_left"),
        ("update reported set organisation = '5f0c1e2daaaa'", "key_left"),
        ("update reported set area = '5f0c1e2daaaa'", "key_left"),
        ("update reported set service = '5f0c1e2daaaa'", "key_left"),
        ("update reported set number = 6849586243517911012", "05_drop_key_counts"),  # half a pseudonym
    ],
)
def test_the_proof_notices_what_stayed(agreed_on: Agreement, left: str, error: str) -> None:
    a, _, service = two(agreed_on)
    with Engine() as engine:
        linked(
            engine,
            agreed_on,
            register(agreed_on, 0, 1),
            delivery(a, "services", pseudonym=pseudonyms(0), service=[service]),
            delivery(a, "aggregate", area=[agreed_on.areas[1].code], service=[service], count=[12]),
        )
        engine.rows(left)
        drop = next(step for step in steps("linkage") if step.name.endswith("05_drop_key.sql"))
        with pytest.raises(FactlabError, match=error):
            engine.run(type(drop)(drop.name, "select 1"))
            linkage.prove_key_gone(engine, agreed_on)


def test_what_two_organisations_report_is_linked_to_nothing(agreed_on: Agreement) -> None:
    a, b, service = two(agreed_on)
    here, there = (area.code for area in agreed_on.areas[1:3])
    with Engine() as engine:
        linked(
            engine,
            agreed_on,
            register(agreed_on, 0, 1),
            delivery(a, "aggregate", area=[here, there], service=[service] * 2, count=[12, 5]),
            delivery(b, "aggregate", area=[here], service=[service], count=[30]),
        )
        assert engine.rows("select organisation, area, service, number from reported order by all") == sorted(
            [(a, here, service, 12), (a, there, service, 5), (b, here, service, 30)]
        )
        assert engine.rows("select count(*) from household_use") == [(0,)]
        assert engine.rows("select organisation from unmatched") == []


def test_the_same_household_twice_in_the_register_stops_the_run(agreed_on: Agreement) -> None:
    with Engine() as engine, pytest.raises(FactlabError, match="01_household_key_unique"):
        linked(engine, agreed_on, register(agreed_on, 0, 1, 1))


def test_without_a_register(agreed_on: Agreement) -> None:
    with Engine() as engine, pytest.raises(LinkageError, match="no_register"):
        linked(engine, agreed_on)


def test_household_numbers_do_not_follow_the_pseudonyms(agreed_on: Agreement) -> None:
    """A rank would be a key: who can compute the pseudonyms could sort them."""
    ranks = set()
    for _ in range(6):
        with Engine() as engine:
            engine.load("known_area", pa.table({"code": [area.code for area in agreed_on.areas]}))
            rows = register(agreed_on, *range(8)).contents.rows
            engine.load("register_delivery", rows.rename_columns(["pseudonym", "area", "household_group"]))
            engine.run(read_step("linkage/01_household_key.sql"))
            ranks.add(
                tuple(n for (n,) in engine.rows("select household from household_key order by pseudonym"))
            )
    assert len(ranks) > 1
