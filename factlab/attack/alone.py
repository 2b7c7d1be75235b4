"""A household that is alone in a hidden cell knows that somebody is there: does that give another cell away?"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from factlab.attack.intervals import Contradiction, Undecided
from factlab.attack.reach import Reach

EFFORT = 30  # pairs of cells that are worked out in one component


def singletons(reaches: Sequence[Reach]) -> int:
    """How many hidden cells would give another hidden cell away, exactly, to a household that is alone in them.

    The tables that were met show most of them free; of what is left, `EFFORT` pairs a component are worked out by linear
    programmes. Where the cell can be more than one and the other can vary, it varies too with somebody in the first, in
    fractions at least: what is possible lies on the lines between. So a publication that holds counts none.
    """
    return sum(_of(reach) for reach in reaches if reach.tables)


def _of(reach: Reach) -> int:
    hidden = np.flatnonzero(reach.goals.single[reach.forms])
    cells = reach.matrix[hidden].indices  # one cell in each
    tables = np.unique(np.array(reach.tables), axis=0)[:, cells]
    found = effort = 0
    for n, cell in enumerate(cells.tolist()):
        there = tables[tables[:, n] >= 1]
        if not len(there):
            there = np.zeros((1, len(cells)), dtype=np.int64)
        still = np.flatnonzero((there == there[0]).all(axis=0))
        for other in still[still != n].tolist():
            effort += 1
            if effort > EFFORT:
                return found
            if _pinned(reach, cell, int(cells[other])):
                found += 1
                break
    return found


def _pinned(reach: Reach, cell: int, other: int) -> bool:
    """Whether the other cell can only be one number once somebody is in this one."""
    try:
        with reach.part.at_least(cell, 1):
            low, high = (reach.part.towards({other: 1}, sense)[0] for sense in (-1, 1))
    except (Contradiction, Undecided):
        return False  # nobody can be in it, or it isn't told
    return low == high
