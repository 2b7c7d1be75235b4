"""Counting in SQL against counting household by household, the slow and obvious way."""

from __future__ import annotations

import pyarrow as pa
import pytest
from factlab.cells import CellKey, Codebook, CountTable
from factlab.engine import Engine
from factlab.errors import FactlabError, LinkageError
from factlab.stacking import count

from tests import synthetic

Reported = dict[tuple[str, str], int]  # area, service


def counted(
    book: Codebook,
    made: list[synthetic.Household],
    unmatched: dict[str, int] | None = None,
    reported: Reported | None = None,
) -> CountTable:
    with Engine() as engine:
        load(engine, made, unmatched, reported, next((one.id for one in book.reporters), ""))
        return count(engine, book)


def load(
    engine: Engine,
    made: list[synthetic.Household],
    unmatched: dict[str, int] | None = None,
    reported: Reported | None = None,
    reporter: str = "",
) -> None:
    numbers = range(1, len(made) + 1)
    engine.load(
        "household",
        pa.table(
            {
                "household": pa.array(numbers, pa.int32()),
                "area": [place for place, _ in made],
                "household_group": [""] * len(made),
            }
        ),
    )
    use = [(n, o, s) for n, (_, uses) in zip(numbers, made, strict=True) for s, o in sorted(uses)]
    engine.load(
        "household_use",
        pa.table(
            {
                "household": pa.array([n for n, _, _ in use], pa.int32()),
                "organisation": pa.array([o for _, o, _ in use], pa.string()),
                "service": pa.array([s for _, _, s in use], pa.string()),
            }
        ),
    )
    engine.load(
        "unmatched",
        pa.table(
            {
                "organisation": pa.array(list(unmatched or {}), pa.string()),
                "addresses": pa.array(list((unmatched or {}).values()), pa.int64()),
            }
        ),
    )
    engine.load(
        "reported",
        pa.table(
            {
                "organisation": pa.array([reporter] * len(reported or {}), pa.string()),
                "area": pa.array([area for area, _ in reported or {}], pa.string()),
                "service": pa.array([service for _, service in reported or {}], pa.string()),
                "number": pa.array(list((reported or {}).values()), pa.int64()),
            }
        ),
    )


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("missing", [frozenset(), frozenset({"org-2"}), frozenset({"org-1", "org-4"})])
def test_equals_counting_household_by_household(seed: int, missing: frozenset[str]) -> None:
    book = synthetic.codebook(missing=missing, rule={"domains": 2, "organisations": 3})
    made = synthetic.households(book, 700, seed)
    found, slowly = counted(book, made, {"org-3": 12}), synthetic.count(book, made, {"org-3": 12})
    assert dict(found.counts) == dict(slowly.counts)
    assert found.own == slowly.own


def test_an_organisation_counts_its_own_part_of_a_service_that_others_deliver_too() -> None:
    book = synthetic.codebook()
    both, other = frozenset({("S03", "org-3"), ("S03", "org-5")}), frozenset({("S03", "org-5")})
    found = counted(book, [("BU99990101", both), ("BU99990101", other), ("BU99990101", frozenset())])
    used = CellKey("service", "municipality", "GM9999", "", "S03")
    assert found.counts[used] == 2
    assert (found.own["org-3"][used], found.own["org-5"][used]) == (1, 2)
    town = "GM9999"
    assert found.own["org-5"][CellKey("organisations", "municipality", town, "", "1")] == 2  # of itself only
    assert found.own["org-3"][CellKey("services", "municipality", town, "", "1")] == 1
    assert CellKey("services", "municipality", town, "", "0") not in found.own["org-3"]  # no client
    assert used not in found.own["org-1"]


def test_same_service_of_two_organisations_is_one_service_of_two_organisations() -> None:
    book = synthetic.codebook()
    counts = counted(book, [("BU99990101", frozenset({("S03", "org-3"), ("S03", "org-5")}))]).counts
    town = "GM9999"
    assert counts[CellKey("services", "municipality", town, "", "1")] == 1
    assert counts[CellKey("organisations", "municipality", town, "", "2")] == 1
    assert counts[CellKey("service", "municipality", town, "", "S03")] == 1


def test_nobody_uses_anything() -> None:
    book = synthetic.codebook()
    counts = counted(book, [("BU99990101", frozenset()), ("BU99990301", frozenset())]).counts
    assert counts[CellKey("domain_combination", "municipality", "GM9999", "", "none")] == 2
    assert counts[CellKey("vulnerable", "municipality", "GM9999", "", "no")] == 2
    assert sum(number for key, number in counts.items() if key.table == "domain") == 0


def test_a_table_is_counted_at_its_own_levels_only() -> None:
    book = synthetic.codebook()
    levels = {
        key.area_level
        for key in counted(book, synthetic.households(book, 200)).counts
        if key.table == "service"
    }
    assert levels == {"municipality", "district"}


def test_a_use_of_a_service_outside_the_catalogue_stops_the_run() -> None:
    book = synthetic.codebook()
    with pytest.raises(FactlabError, match=r"02_stack_rows"):
        counted(book, [("BU99990101", frozenset({("S99", "org-1")}))])


def test_a_use_of_an_organisation_that_did_not_deliver_stops_the_run() -> None:
    book = synthetic.codebook(missing=frozenset({"org-1"}))
    with pytest.raises(LinkageError, match=r"count_without_cell"):
        counted(book, [("BU99990101", frozenset({("S02", "org-1")}))])


def test_what_was_reported_adds_up_from_the_agreed_level_and_changes_nothing_else() -> None:
    reporters = (synthetic.reporter("S04"), synthetic.reporter("S08", delivered=False))
    book = synthetic.codebook(reporters=reporters)
    made = synthetic.households(book, 300)
    told = {("WK999901", "S04"): 12, ("WK999903", "S04"): 3}
    counts = counted(book, made, reported=told).counts
    informal = {(key.area_code, key.category): n for key, n in counts.items() if key.table == "informal"}
    assert informal == {
        ("GM9999", "S04"): 12 + 3,
        ("WK999901", "S04"): 12,
        ("WK999902", "S04"): 0,
        ("WK999903", "S04"): 3,
    }  # S08 is unavailable: it has no cell
    without = counted(synthetic.codebook(), made).counts
    assert {key: n for key, n in counts.items() if key.table != "informal"} == without


def test_what_nobody_may_report_stops_the_run() -> None:
    book = synthetic.codebook(reporters=(synthetic.reporter("S04"),))
    with pytest.raises(LinkageError, match=r"count_without_cell"):
        counted(book, [("BU99990101", frozenset())], reported={("WK999901", "S08"): 12})
