"""What counts is decided at the source: the edges of the period, exclusions, communal addresses, a register that is safe."""

from __future__ import annotations

import datetime
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pytest
from factlab.engine import Engine, read_step
from factlab.errors import ExtractError, FactlabError
from factlab.source import days, exclusions, preparation, pseudonyms
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.source.agreed import FOOD_BANK, REGISTER, agreed, prepare, reasons

DAY = datetime.date
HEAD = "Postcode;Huisnummer;Product;Begindatum;Einddatum\n"


@pytest.mark.parametrize(
    "text",
    [
        "31-12-2025", "2025-12-31", "31/12/2025", "31.12.2025", "20251231", "46022", "46022.5", "2025-12-31T00:00:00",
        "2025-12-31 13:45:10", "31-12-2025 00:00", "2025/12/31", " 31-12-2025 ", "'31-12-2025", "31 dec 2025", "31 december 2025",
        "2025-12-31+01:00", "2025-12-31Z", "20251231 00:00", "20251231134510", "31-dec-2025", "31-Dec-2025",
    ],
)  # fmt: skip
def test_a_date_in_every_dress(text: str) -> None:
    assert days.read(text) == (DAY(2025, 12, 31), True)


def test_the_day_comes_before_the_month() -> None:
    assert days.read("02-03-2025") == (DAY(2025, 3, 2), True)


@pytest.mark.parametrize("text", ["", "-", "nvt", "NULL", "doorlopend", "heden", "00-00-0000"])
def test_no_date_is_readable_and_no_day(text: str) -> None:
    assert days.read(text) == (None, True)


@pytest.mark.parametrize(
    "text", ["31-02-2025", "13/31/2025", "2025", "gisteren", "31-12-25", "1-2", "123456789"]
)
def test_what_is_no_date_is_not_guessed(text: str) -> None:
    assert days.read(text) == (None, False)


# start, end, counts on the reference date 2025-12-31, counts in the period 2025
EDGES = [
    ("", "", True, True),
    ("31-12-2025", "", True, True),
    ("01-01-2026", "", False, False),
    ("", "31-12-2025", True, True),
    ("", "30-12-2025", False, True),
    ("", "01-01-2025", False, True),
    ("", "31-12-2024", False, False),
    ("31-12-2025", "31-12-2025", True, True),
    ("01-06-2025", "30-06-2025", False, True),
    ("01-01-2020", "31-12-9999", True, True),
]


@pytest.mark.parametrize("count", ["reference", "period"])
def test_the_edges_of_the_period(tmp_path: Path, count: str) -> None:
    text = HEAD + "".join(
        f"1506AB;{n};WMO-HBH;{start};{end}\n" for n, (start, end, *_) in enumerate(EDGES, start=1)
    )
    found = reasons(prepare(tmp_path, text, count=count))
    for row, (start, end, reference, period) in enumerate(EDGES, start=2):
        counts = reference if count == "reference" else period
        assert found.get(row) == (None if counts else "outside the period"), (start, end)


def test_the_first_reason_in_a_fixed_order(tmp_path: Path) -> None:
    text = HEAD + (
        "1506;1;onbekend;gisteren;\n"  # everything is wrong
        "1506AB;7;onbekend;gisteren;\n"  # excluded
        "1506AB;1;onbekend;gisteren;01-01-2020\n"
        "1506AB;1;WMO-HBH;gisteren;01-01-2020\n"
        "1506AB;1;WMO-HBH;;gisteren\n"
        "1506AB;1;WMO-HBH;02-01-2020;01-01-2020\n"
        "1506AB;1;WMO-HBH;01-01-2020;01-01-2020\n"
        "1506AB;1;WMO-HBH;01-01-2020;\n"
        "1506AB;1;MIN-IIT;01-01-2020;\n"  # of the catalogue, but not agreed for this participant
    )
    prepared = prepare(tmp_path, text, excluded=pa.table({"canonical": ["1506AB|7|"]}))
    assert reasons(prepared) == {
        2: "postcode incomplete",
        3: "excluded",
        4: "unknown service",
        5: "unreadable date",
        6: "unreadable date",
        7: "end before start",
        8: "outside the period",
        10: "unknown service",
    }
    assert prepared.totals == {
        "rows": 9, "delivered": 1, "unusable address": 1, "excluded": 1, "unknown service": 2, "unreadable date": 2,
        "end before start": 1, "outside the period": 1,
    }  # fmt: skip
    fields = {row["row"]: row["field"] for row in prepared.judged.to_pylist()}
    assert (fields[5], fields[6], fields[7]) == ("start", "end", "")


@pytest.mark.parametrize(("rows", "communal"), [(25, False), (26, True)])
def test_a_communal_address(tmp_path: Path, rows: int, communal: bool) -> None:
    """Rows behind one door count whatever way they are written and whether they are active or not."""
    spellings = ("1506AB;12 A", "1506 ab;12a", "1506AB;012-A")
    text = HEAD + "".join(
        f"{spellings[n % 3]};WMO-HBH;;{'01-01-2020' if n % 2 else ''}\n" for n in range(rows)
    )
    prepared = prepare(tmp_path, text + "1506AB;12;WMO-HBH;;\n")
    assert prepared.left_out.get("institution", 0) == (rows if communal else 0)
    assert prepared.leaving.num_rows == (1 if communal else 2)


def test_excluded_addresses_are_found_however_they_are_written(tmp_path: Path) -> None:
    listed = tmp_path / "exclusions.csv"
    listed.write_text("Adres\nGeheimstraat 12-a, 1506 AB Zaandam\n", encoding="utf-8")
    excluded = exclusions.read(listed)
    prepared = prepare(tmp_path, HEAD + "1506 ab;12 A;WMO-HBH;;\n1506AB;12;WMO-HBH;;\n", excluded=excluded)
    assert reasons(prepared) == {2: "excluded"}


def test_an_exclusion_that_can_t_be_read_stops_everything(tmp_path: Path) -> None:
    listed = tmp_path / "exclusions.csv"
    listed.write_text("Postcode;Huisnummer\n1506AB;12\n1506;13\n", encoding="utf-8")
    with pytest.raises(ExtractError) as raised:
        exclusions.read(listed)
    assert raised.value.fields == {"file": "exclusions.csv", "rows": "3"}


def test_a_row_said_twice_leaves_once(tmp_path: Path) -> None:
    text = (
        HEAD
        + "1506AB;12;WMO-HBH;;\n1506 AB;012;hulp bij het HUISHOUDEN;;\n1506AB;12;wmo hbh;;\n1506AB;12;WMO-BEG;;\n"
    )
    prepared = prepare(tmp_path, text)
    assert prepared.used == 4
    assert prepared.leaving.to_pylist() == [
        {"canonical": "1506AB|12|", "service": "WMO-BEG"},
        {"canonical": "1506AB|12|", "service": "WMO-HBH"},
    ]


def test_one_service_without_a_column(tmp_path: Path) -> None:
    prepared = prepare(tmp_path, "Postcode;Huisnummer\n1506AB;12\n", FOOD_BANK)
    assert prepared.leaving.to_pylist() == [{"canonical": "1506AB|12|", "service": "INF-VB"}]


def register(rows: list[tuple[str, str, str]]) -> str:
    return "Postcode;Huisnummer;Buurtcode;Huishoudtype\n" + "".join(
        f"1506AB;{number};{area};{group}\n" for number, area, group in rows
    )


def areas() -> list[str]:
    return [area.code for area in agreed().areas if area.level == "neighbourhood"]


def test_the_register_in_its_own_words(tmp_path: Path) -> None:
    one, two = [area for area in agreed().areas if area.level == "neighbourhood"][:2]
    text = register(
        [
            ("1", one.code, "paar"),
            ("2", one.code.lower(), "paar"),
            ("3", one.name, "paar"),
            ("4", one.code.removeprefix("BU").lstrip("0"), "paar"),
            ("5", "BU00000000", "paar"),
            ("6", "", "paar"),
            ("1", two.code, "gezin"),
            ("01", one.code, "gezin"),
        ]
    )
    prepared = prepare(tmp_path, text, REGISTER, least_threshold=5)
    assert reasons(prepared) == {6: "unknown area", 7: "unknown area", 8: "address twice"}
    assert set(prepared.leaving.column("area").to_pylist()) == {one.code}
    assert prepared.leaving.num_rows == 4  # the first of a door counts, the same area again is no problem


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(areas()[:3]), st.sampled_from(["", "paar", "gezin", "alleen"]), st.integers(1, 14)
        ),
        min_size=1,
        max_size=9,
    ),
    st.sampled_from([5, 10]),
)
def test_no_group_that_leaves_is_smaller_than_the_threshold(
    tmp_path_factory: pytest.TempPathFactory, sizes: list[tuple[str, str, int]], threshold: int
) -> None:
    doors = [(area, group) for area, group, number in sizes for _ in range(number)]
    text = register([(str(n), area, group) for n, (area, group) in enumerate(doors, start=1)])
    prepared = prepare(tmp_path_factory.mktemp("register"), text, REGISTER, least_threshold=threshold)
    left = Counter((row["area"], row["household_group"]) for row in prepared.leaving.to_pylist())
    whole = Counter(area for area, _ in doors)
    assert {area: sum(n for (a, _), n in left.items() if a == area) for area in whole} == whole
    before = Counter(doors)
    for (area, group), number in left.items():
        assert number >= threshold or (group == "" and number == whole[area])
        if group:
            assert number == before[area, group]


def test_pseudonyms_take_the_place_of_addresses(tmp_path: Path) -> None:
    prepared = prepare(tmp_path, HEAD + "1506AB;12;WMO-HBH;;\n1506AB;12;WMO-BEG;;\n1506AB;13;WMO-HBH;;\n")
    key = pseudonyms.linkage_key(b"s" * 32, "00" * 16, "")
    rows = preparation.pseudonymised(prepared, key)
    assert rows.schema == pa.schema([("pseudonym", pa.uuid()), ("service", pa.string())])
    expected = {
        (pseudonyms.pseudonym(key, canonical), service)
        for canonical, service in (
            ("1506AB|12|", "WMO-BEG"),
            ("1506AB|12|", "WMO-HBH"),
            ("1506AB|13|", "WMO-HBH"),
        )
    }
    stored = rows.column("pseudonym").combine_chunks().storage.to_pylist()
    assert set(zip(stored, rows.column("service").to_pylist(), strict=True)) == expected


def test_nothing_shows_an_address_by_accident(tmp_path: Path) -> None:
    prepared = prepare(tmp_path, HEAD + "1506AB;12;WMO-HBH;;\n")
    assert "1506AB" not in repr(prepared) + str(prepared)


@pytest.mark.parametrize(
    ("table", "fault"),
    [
        ("judged", "delete from judged where row = 2"),
        ("judged", "insert into judged select * from judged where row = 2"),
        ("known_day", "delete from known_day"),
        ("known_day", "insert into known_day select * from known_day"),
        ("known_service", "insert into known_service select * from known_service"),
        ("address_reading", "insert into address_reading select * from address_reading"),
        ("door", "insert into door select * from door"),
    ],
)
def test_a_row_that_gets_lost_or_counted_twice_stops_it(table: str, fault: str) -> None:
    step = read_step("source/05_judged_service.sql")
    with Engine() as engine:
        for made in (
            "create table extract_row as select range as row, 0 as address_number, 0 as service_number, 0 as start_number,"
            " 0 as end_number from range(3)",
            "create table address_reading as select 0 as address_number, 'a' as canonical, '' as reason",
            "create table door as select 'a' as canonical, false as excluded, false as communal",
            "create table known_service as select 0 as number, 'WMO-HBH' as code",
            "create table known_day as select 0 as number, date '2025-01-01' as day, true as readable",
        ):
            engine.rows(made)
        engine.set(
            {
                "count_by": "period",
                "reference_date": None,
                "period_start": DAY(2025, 1, 1),
                "period_end": DAY(2025, 12, 31),
            }
        )
        faulty = replace(step, sql=f"{step.sql}\n{fault};") if table == "judged" else step
        if table != "judged":
            engine.rows(fault)
        with pytest.raises(FactlabError) as raised:
            engine.run(faulty)
    assert raised.value.key == "engine.check_failed"
