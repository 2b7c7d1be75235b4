"""Nothing is ever said that rests on a hidden number."""

from __future__ import annotations

import random
from collections.abc import Collection
from pathlib import Path

import pytest
from factlab.cells import Cell, CellKey, CountTable, Publication
from factlab.report import charts
from factlab.report.counts import Counts, Number, Share, less, ranked

from tests import synthetic
from tests.publication import made

BOOK = synthetic.codebook()
COUNTED = synthetic.count(BOOK, synthetic.households(BOOK, 4000))


def published(hidden: Collection[CellKey], counted: CountTable = COUNTED) -> Counts:
    safe = made.protect(counted, hidden)
    return Counts(Publication(BOOK, safe.cells, {}, {}, {}))


def key(table: str, area: str, category: str) -> CellKey:
    return CellKey(table, BOOK.area[area].level, area, "", category)


def part_of(share: float) -> Share:
    return Share(Number(round(share * 1000), "part"), Number(1000, "whole"))


def test_what_is_left_of_a_whole_says_what_it_is_made_of() -> None:
    assert less("all", ["a", "b + c", "d - e"]) == "all - a - b - c - d + e"


def test_a_sum_is_the_sum_of_its_parts() -> None:
    counts = published(())
    true = sum(COUNTED.counts[key("services", "GM9999", c)] for c in ("2", "3", "4", "5+"))
    assert counts.at_least("services", "GM9999", 2) == true


def test_a_sum_with_hidden_parts_is_what_the_published_ones_leave() -> None:
    hidden = [key("services", "GM9999", c) for c in ("3", "4")]
    counts = published(hidden)
    true = sum(COUNTED.counts[key("services", "GM9999", c)] for c in ("2", "3", "4", "5+"))
    assert counts.at_least("services", "GM9999", 2) == true
    assert counts.at_least("services", "GM9999", 4) is None


@pytest.mark.parametrize("also", [("services", "1"), ("households", "all")])
def test_a_sum_that_can_not_be_known_is_not_said(also: tuple[str, str]) -> None:
    hidden = [key("services", "GM9999", c) for c in ("3", "4")]
    counts = published([*hidden, key(also[0], "GM9999", also[1])])
    assert counts.at_least("services", "GM9999", 2) is None
    assert counts.stacked("services", "GM9999", 2) is None


def test_a_sum_that_is_too_small_is_not_said_even_where_it_can_be_worked_out() -> None:
    small = dict(COUNTED.counts)
    for category, households in zip(("0", "1", "2", "3", "4", "5+"), (700, 200, 96, 2, 1, 1), strict=True):
        small[key("services", "GM9999", category)] = households
    small[key("households", "GM9999", "all")] = 1000
    counts = published((), CountTable(BOOK, small))
    assert counts.at_least("services", "GM9999", 2) == 100  # 1000 - 700 - 200
    assert counts.at_least("services", "GM9999", 3) is None  # 4


def test_whatever_is_hidden_a_sum_is_right_or_not_said() -> None:
    draw = random.Random(7)
    said = 0
    for _ in range(60):
        counts = published([k for k in BOOK.keys if draw.random() < 0.3])
        for area in BOOK.areas:
            for least in (1, 2, 3):
                found = counts.at_least("services", area.code, least)
                if found is not None:
                    codes = [c.code for c in BOOK.table("services").categories][least:]
                    assert found == sum(COUNTED.counts[key("services", area.code, c)] for c in codes)
                    said += 1
    assert said > 200


def test_a_share_needs_both_sides_and_a_hundred_households() -> None:
    area = "WK999901"
    counts = published([key("households", "WK999902", "all")])
    fifty = Number(50, "fifty")
    assert counts.share(fifty, area) == 50 / COUNTED.counts[key("households", area, "all")]
    assert counts.share(None, area) is None
    assert counts.share(fifty, "WK999902") is None
    few = CountTable(BOOK, {**COUNTED.counts, key("households", area, "all"): 99})
    assert published((), few).share(fifty, area) is None
    assert published((), few).too_few(area)
    enough = CountTable(BOOK, {**COUNTED.counts, key("households", area, "all"): 100})
    assert published((), enough).share(fifty, area) == 0.5


def test_the_order_of_hidden_areas_tells_nothing() -> None:
    districts = BOOK.at("district")
    shares = [(districts[0], None), (districts[1], part_of(0.2)), (districts[2], None)]
    assert [area.code for area, _ in ranked(shares)] == ["WK999902", "WK999901", "WK999903"]


def test_hidden_parts_are_drawn_together_and_one_alone_is_not() -> None:
    half, third, tenth = map(part_of, (0.5, 0.3, 0.1))
    assert charts.remainder((half, None, None, tenth)) == pytest.approx(0.4)
    assert charts.remainder((half, third, None, tenth)) == 0
    assert charts.remainder((half, third, tenth, tenth)) == 0


def test_an_area_without_the_level_of_a_table_has_no_number() -> None:
    assert published(()).number("service", "BU99990101", "S01") is None


def test_cells_are_those_of_the_publication(tmp_path: Path) -> None:
    counts = published(())
    for cell in counts.publication.cells:
        assert counts.find(cell.key.table, cell.key.area_code, cell.key.category) == Cell(*cell)
