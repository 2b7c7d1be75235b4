"""SQL reads the plain addresses and the rules the others, and nobody can tell which of the two it was."""

from __future__ import annotations

import itertools
import random
from typing import Any

import pyarrow as pa
from factlab.engine import Engine
from factlab.source import addresses, normalising
from factlab.source.addresses import FIELDS, Address

from tests.source.test_addresses import address_of, vectors


def table(rows: list[Address]) -> Any:
    columns = list(zip(*rows, strict=True))
    return pa.table(
        {"row": list(range(1, len(rows) + 1)), **dict(zip(FIELDS, map(list, columns), strict=True))}
    )


def variants() -> list[Address]:
    """Thousands of ways to write an address, from plain to hopeless; the plain ones are over-represented."""
    codes = (
        "1506AB",
        "1506 ab",
        "1506aB",
        "1506SS",
        "1506 sd",
        "1506  AB",
        "1506",
        "0506AB",
        "1506-AB",
        "1506AB ",
        "１５０６AB",
    )
    numbers = (
        "12", "012", "000", "99999", "100000", "12A", "12 a", "12-a", "12-2", "12/2", "12 2", "12-02", "12/0", "12-123", "12-1234",
        "1 ", "12A1", "12.0", "12-jan", "12-2026", "12ben", "12to", "-12", "0000000000012", "12é", "12K", "12 hſ", "", "12bis", "12 HS", "12-ii", "12/bs", "12  IV", "12boven", "12 bisA", "12 iiii",
    )  # fmt: skip
    letters = ("", "A", "a", "T", "AA", "1", "-", "é")
    additions = (
        "",
        "A",
        "2",
        "02",
        "A1",
        "a1",
        "A01",
        "O",
        "0",
        "1-2",
        "bis",
        "Y",
        "123",
        "1234",
        "nvt",
        "2.0",
        "to",
        "T",
        "BS",
        "iii",
        "iiii",
        "Voor",
        "ben",
        "rood ",
        "hſ",
        "K",
    )
    streets = (
        "Kerkstraat",
        "Postbus 3",
        "POSTBUSSTRAAT",
        "Daniëlstraat",
        "Ｐostbus",
        "Post\u00adbus 1",
        "P.O. Box 1",
        "Pb 12",
        "t/o Zuidkade",
        "Zuidkade T.O.",
        "Tegenover de kerk",
        "Zuidkade tgo",
        "Zuidkade bij",
        "Bij Zuidkade",
        "Bij de Put",
        "naast Kerkstraat",
        "Woonboot t/o Zuidkade",
        "Kerkstraat 12A",
        "Kerkstraat 12",
        "Plein 1944",
        "Briefadres",
        "Kerkstraat 14",
        "Kerkstraat 12 1507 AC",
        "",
    )
    everything = [
        Address(*parts) for parts in itertools.product(codes, numbers, letters, additions, streets[:1])
    ]
    draw = random.Random(7)
    some = draw.sample(everything, 9000)
    almost_plain = itertools.product(codes[:5], numbers[:16], letters[:5], additions[:13], streets[:1])
    return (
        [Address(*parts) for parts in almost_plain]
        + some
        + [one._replace(street=draw.choice(streets), address=draw.choice(streets)) for one in some[:3000]]
    )


def test_sql_and_rules_agree_to_the_byte() -> None:
    rows = variants() + [address_of(vector) for vector in vectors()]
    with Engine() as engine:
        normalising.normalise(engine, table(rows))
        read = engine.rows('select "row", canonical, reason, by_rules from reading order by "row"')
    plain = 0
    for (row, canonical, reason, by_rules), address in zip(read, rows, strict=True):
        found = addresses.read(address)
        assert (canonical, reason) == (found.canonical, found.reason), (row, address)
        plain += not by_rules
    assert plain > 200  # the comparison says something about SQL


def test_all_by_the_rules_reads_the_same() -> None:
    rows = variants()[:2000]
    with Engine() as engine:
        normalising.normalise(engine, table(rows))
        mixed = engine.rows('select "row", canonical, reason from reading order by "row"')
    with Engine() as engine:
        explained = normalising.explain(engine, table(rows)).to_pylist()
    assert mixed == [(one["row"], one["canonical"], one["reason"]) for one in explained]


def test_numbers_that_grow_too_large_together_are_made_smaller(monkeypatch: Any) -> None:
    rows = table(variants()[:3000])
    known, numbers = normalising.distinct(rows)
    monkeypatch.setattr(normalising, "_MOST", 300)
    assert normalising.distinct(rows) == (known, numbers)
    assert known.drop_columns("address_number").take(numbers) == rows.drop_columns("row")
    assert len({tuple(one.values()) for one in known.drop_columns("address_number").to_pylist()}) == len(
        known
    )


def test_each_address_is_ruled_once(monkeypatch: Any) -> None:
    asked: list[Address] = []
    read = addresses.read
    monkeypatch.setattr(addresses, "read", lambda address: (asked.append(address), read(address))[1])
    with Engine() as engine:
        normalising.normalise(
            engine, table([Address("1506AB", "12 app 3")] * 50 + [Address("1506AB", "12")] * 50)
        )
        assert engine.rows("select count(*) from reading") == [(100,)]
    assert asked == [Address("1506AB", "12 app 3")]
