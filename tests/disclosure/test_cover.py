"""The fewest cells that do are hidden where it can be found out, and what stands apart is protected as if alone."""

from __future__ import annotations

import random
from itertools import combinations

import pytest
from factlab.disclosure import protect
from factlab.linked import Linked, Rules

from tests.disclosure.linked_reader import LinkedReader, cube
from tests.disclosure.test_linked import hidden
from tests.tabular import flat, table

K = 5
Counts = dict[tuple[str, str], int]


def counts(seed: int) -> Counts:
    """Four rows and five columns with their totals; about a quarter of the cells is small."""
    draw = random.Random(seed)
    rows, columns = [f"r{i}" for i in range(4)], [f"c{j}" for j in range(5)]
    told = {
        (r, c): draw.choice([1, 2, 3, 4]) if draw.random() < 0.25 else draw.randint(20, 60)
        for r in rows
        for c in columns
    }
    for r in rows:
        told[r, "T"] = sum(told[r, c] for c in columns)
    for c in (*columns, "T"):
        told["T", c] = sum(told[r, c] for r in rows)
    return told


def linked(*tables: Counts) -> Linked:
    dimensions = {"r": flat(*(f"r{i}" for i in range(4))), "c": flat(*(f"c{j}" for j in range(5)))}
    made = (table(f"t{n}", ["r", "c"], told, f"n{n}") for n, told in enumerate(tables))
    return Linked(tuple(made), Rules(K), dimensions)


@pytest.mark.parametrize("seed", [24, 35, 43])  # witness by witness each hides one or two more
def test_no_fewer_cells_would_do(seed: int) -> None:
    told = counts(seed)
    asked = linked(told)
    small = {at for at, n in told.items() if n < K}
    rows = cube(asked, "n0", ("r", "c"))

    def safe(hides: set[tuple[str, str]]) -> bool:
        reader = LinkedReader(rows, {("n0", *at): n for at, n in told.items() if at not in hides})
        for at in sorted(hides, key=lambda at: at not in small):
            low, high = reader.interval({("n0", *at): 1})
            if high < K or low == high or (at in small and low > 0):
                return False
        return True

    hides = hidden(protect(asked), "t0")
    assert safe(hides)
    others = sorted(told.keys() - small)
    fewer = len(hides - small) - 1
    assert not any(safe(small | set(some)) for some in combinations(others, fewer))


def test_tables_that_nothing_ties_are_protected_as_each_alone() -> None:
    first, second = counts(35), counts(43)
    together = protect(linked(first, second), salt=b"s")
    assert hidden(together, "t0") == hidden(protect(linked(first), salt=b"s"), "t0")
    alone = Linked(linked({}, second).tables[1:], Rules(K), linked(second).hierarchies)
    assert hidden(together, "t1") == hidden(protect(alone, salt=b"s"), "t1")
