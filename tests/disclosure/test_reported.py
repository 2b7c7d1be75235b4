"""Counts that organisations reported: small ones are hidden with what would give them away, and nothing ties them to households."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest
from factlab import attack
from factlab.attack.relations import Relations
from factlab.attack.system import build
from factlab.cells import CellKey, Codebook, CountTable, Publication, SafeTable
from factlab.disclosure import model, protect
from factlab.disclosure.protection import protect_with

from tests import synthetic
from tests.publication import made

AREAS = ("WK999901", "WK999902", "WK999903", "WK999904")


def book(*, reporters: bool = True, lowest: str = "district") -> Codebook:
    return synthetic.codebook(
        districts=4,
        neighbourhoods=2,
        services=5,
        organisations=3,
        lowest={"informal": lowest},
        reporters=(synthetic.reporter("S01"), synthetic.reporter("S04")) if reporters else (),
    )


def counted(told: dict[tuple[str, str], int], which: Codebook | None = None) -> CountTable:
    which = which or book()
    return synthetic.count(which, synthetic.households(which, 900, 3), reported=told)


def informal(safe: SafeTable) -> dict[tuple[str, str], int | None]:
    return {(c.key.area_code, c.key.category): c.households for c in safe.cells if c.key.table == "informal"}


def test_a_small_one_is_hidden_with_another_and_zeros_may_be_seen() -> None:
    told = {(area, "S01"): n for area, n in zip(AREAS, (4, 60, 300, 0), strict=True)}
    shown = informal(protect(counted(told)))
    assert shown["WK999901", "S01"] is None
    hidden = [area for area in AREAS if shown[area, "S01"] is None]
    assert len(hidden) >= 2 or shown["GM9999", "S01"] is None  # else it is what is left
    assert [shown[area, "S04"] for area in ("GM9999", *AREAS)] == [0] * 5
    for area in AREAS:
        assert shown[area, "S01"] in (None, told[area, "S01"])


def test_no_relation_ties_what_was_reported_to_a_household() -> None:
    """More than all households there are, in areas that are withheld too: neither side sees a contradiction in it."""
    told = {(area, code): 5000 + n for n, area in enumerate(AREAS) for code in ("S01", "S04")}
    counts = counted(told)
    assert None not in informal(protect(counts)).values()
    keys = model.cells(counts.codebook)
    ours = np.array([key.table == "informal" for key in keys])
    whole = model.publication(counts, model.places(counts.codebook))
    nothing_printed = Publication(counts.codebook, (), {}, {}, {})
    attacked = build(nothing_printed, Relations(counts.codebook))
    assert attacked.keys == keys
    for rows in (whole.equal, whole.least, attacked.rows):
        touched = rows != 0
        mine, others = touched[:, ours].sum(axis=1) > 0, touched[:, ~ours].sum(axis=1) > 0
        assert not (mine & others).any()
    assert not any(key.table == "informal" for form in attacked.forms for key in form.keys)
    assert (
        (whole.equal != 0)[:, ours].sum(axis=1) > 0
    ).sum() == 2  # a sum over the districts for each service


@pytest.mark.parametrize("lowest", ["municipality", "district", "neighbourhood"])
def test_the_attacker_loses_at_every_level(tmp_path: Path, lowest: str) -> None:
    which = book(lowest=lowest)
    draw = random.Random(8)
    told = {
        (area.code, code): draw.choice([0, 1, 3, 9, 10, 15, 80])
        for area in which.at(lowest)
        for code in ("S01", "S04")
    }
    counts = counted(told, which)
    published = made.publish(tmp_path / "p", protect(counts))
    verdict = attack.audit(published)
    assert verdict.findings == ()
    hidden = [c.key for c in published.cells if c.key.table == "informal" and c.status == "suppressed"]
    small = {key for key, n in counts.counts.items() if key.table == "informal" and 1 <= n < 10}
    assert small <= set(hidden)
    for key, (low, high) in attack.feasible(published, hidden).items():
        assert low == 0 or key not in small
        assert high is None or high >= 10


def test_the_attacker_wins_when_areas_that_add_up_are_forgotten(tmp_path: Path) -> None:
    told = {(area, "S01"): n for area, n in zip(AREAS, (4, 60, 300, 20), strict=True)}
    published = made.publish(tmp_path / "p", protect_with(counted(told), b"", frozenset({"areas"})))
    pinned = {
        finding.cells[0] for finding in attack.audit(published).findings if finding.kind == "pinned exactly"
    }
    assert CellKey("informal", "district", "WK999901", "", "S01") in pinned


def test_the_attacker_wins_when_a_small_one_is_printed(tmp_path: Path) -> None:
    counts = counted({("WK999901", "S01"): 10})
    safe = protect(counts)
    printed = [
        cell._replace(households=4, status="published") if cell.key.table == "informal" else cell
        for cell in safe.cells
    ]
    published = made.publish(tmp_path / "p", safe)
    weak = type(published)(published.codebook, tuple(printed), {}, {}, {})
    assert "small count published" in {finding.kind for finding in attack.audit(weak).findings}
