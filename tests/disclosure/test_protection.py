"""What a reader with a solver can and can't infer from a protected publication of random municipalities."""

from __future__ import annotations

import random

import pytest
from factlab.cells import CellKey, Codebook, CountTable, SafeTable
from factlab.disclosure import protect

from tests import synthetic
from tests.disclosure.reader import Reader, Terms


def municipality(seed: int, threshold: int, missing: frozenset[str] = frozenset()) -> CountTable:
    draw = random.Random(seed)
    book = synthetic.codebook(
        districts=draw.choice([2, 3]),
        neighbourhoods=draw.choice([2, 3]),
        services=draw.choice([5, 8]),
        organisations=draw.choice([3, 4]),
        threshold=threshold,
        missing=missing,
        rule=draw.choice([{"domains": 2, "services": 3}, {"services": 2}]),
    )
    made = synthetic.households(book, draw.choice([150, 900, 2500]), seed)
    return synthetic.count(book, made, {"org-1": 3, "org-2": 40})


def marked(book: Codebook, counts: dict[CellKey, int], reader: Reader) -> list[Terms]:
    """The forms that the rules of docs/disclosure.md mark, by the true counts."""
    k = book.threshold
    forms: list[Terms] = [{key: 1.0} for key, n in counts.items() if 1 <= n < k]
    for a, b in reader.inclusions:
        if 1 <= counts[b] - counts[a] < k:
            forms.append({b: 1.0, a: -1.0})
    empty = synthetic.columns(book, [])
    for key, n in counts.items():
        if key.table == "unmatched" or key in reader.forced:
            continue
        total = key._replace(table="households", category="all")
        if n == 0 and counts[total] > 0 and (key.table, key.category) in empty:
            forms.append({key: 1.0})
        if (key, total) in reader.inclusions and 0 < counts[total] == n:
            if (key.table, key.category) not in empty:
                forms.append({total: 1.0, key: -1.0})
        if counts[total] < 2 * k:
            forms.append({key: 1.0})
    return forms


def broken(counts: CountTable, safe: SafeTable) -> list[str]:
    """Everything in which a reader wins."""
    book, k, true = counts.codebook, counts.codebook.threshold, dict(counts.counts)
    reader = Reader(safe)
    reader.solve_for(true)
    lost = []
    for form in marked(book, true, reader):
        low, high = reader.end(form, up=False), reader.end(form, up=True)
        if low > 0 or high < k:
            lost.append(f"marked {form} in [{low}, {high}]")
    for cell in safe.cells:
        if cell.status == "suppressed":
            low, high = reader.end({cell.key: 1.0}, up=False), reader.end({cell.key: 1.0}, up=True)
            if low == high or high < k:
                lost.append(f"hidden {cell.key} in [{low}, {high}]")
            total = cell.key._replace(table="households", category="all")
            if (cell.key, total) in reader.inclusions:
                high = reader.end({total: 1.0, cell.key: -1.0}, up=True)
                if high < k:
                    lost.append(f"complement of {cell.key} up to {high}")
    return lost


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("threshold", [5, 10])
def test_a_reader_with_a_solver_learns_nothing_small(seed: int, threshold: int) -> None:
    missing = frozenset({"org-2"}) if seed % 2 else frozenset()
    counts = municipality(seed, threshold, missing)
    safe = protect(counts, salt=b"round")
    assert [cell.key for cell in safe.cells] == list(counts.codebook.keys)
    for cell in safe.cells:
        if cell.status == "published":
            assert cell.households == counts.counts[cell.key]
        else:
            assert cell.households is None
            assert (cell.status == "unavailable") == (
                (cell.key.table, cell.key.category) in counts.codebook.unavailable
            )
    assert broken(counts, safe) == []
