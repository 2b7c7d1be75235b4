"""Rounding on top of suppression: every published count becomes a multiple of a base, and they still add up.

What is rounded is the protected publication, and nothing else is looked at: not a hidden number, not a rule. So a reader
of the rounded tables knows nothing that a reader of the exact protected tables did not, every interval is at least as
wide, and the guarantee holds as it did. The reader is told the rule: a published number differs by less than the base.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, sparse

from factlab.cells import SafeTable
from factlab.disclosure.model import Counts, Place, cells
from factlab.disclosure.patterns import Flags, Matrix
from factlab.disclosure.tidy import Sum

Costs = NDArray[np.float64]

NODES = 2000  # of branch and bound: a limit in seconds would make the outcome depend on the machine
APART = (
    1000.0  # what it costs that a sum of rounded numbers is a base off, beside rounding a number the far way
)


def controlled(published: Mapping[int, int], sums: Sequence[Sum], base: int) -> dict[int, int]:
    """The published numbers as multiples of the base, each up or down to a nearest one, so that as many sums hold as
    can and the numbers move as little as possible. Only sums of published numbers alone count."""
    places = {cell: i for i, cell in enumerate(sorted(published))}
    number = np.array([published[cell] for cell in places], dtype=np.int64)
    whole = [row for row in sums if all(cell in places for cell, _ in row.terms) and not row.constant]
    whole = [row for row in whole if row.low == 0 and row.high in (0, None)]
    down = number // base
    up = np.zeros(len(number), dtype=np.int64)
    over = number - base * down
    up[2 * over > base] = 1
    rows = sparse.lil_array((len(whole), len(number)), dtype=np.int64)
    for i, row in enumerate(whole):
        for cell, factor in row.terms:
            rows[i, places[cell]] += factor
    matrix = sparse.csr_array(rows)
    equal = np.array([row.high == 0 for row in whole], dtype=bool)
    _, label = sparse.csgraph.connected_components(abs(matrix.T) @ abs(matrix), directed=False)
    for mark in range(label.max(initial=-1) + 1):
        own = np.flatnonzero(label == mark)
        its = np.flatnonzero(abs(matrix[:, own]).sum(axis=1))
        if len(its):
            up[own] = _choose(matrix[its][:, own], equal[its], down[own], over[own], base)
    return {cell: int(base * (down[i] + up[i])) for cell, i in places.items()}


def _choose(
    rows: sparse.csr_array, equal: np.ndarray, down: np.ndarray, over: np.ndarray, base: int
) -> np.ndarray:
    """Which of these tied numbers go up: 0 or 1 each."""
    cells, sums = rows.shape[1], rows.shape[0]
    matrix = sparse.hstack([rows, sparse.eye_array(sums), -sparse.eye_array(sums)]).tocsr()
    needed = -(rows @ down).astype(float)
    cost = np.concatenate([base - 2.0 * over, np.full(2 * sums, APART * base)])
    most = np.concatenate([(over > 0).astype(float), np.full(2 * sums, np.inf)])
    found = optimize.milp(
        cost,
        constraints=optimize.LinearConstraint(matrix, needed, np.where(equal, needed, np.inf)),
        bounds=optimize.Bounds(np.zeros(len(cost)), most),
        integrality=np.ones(len(cost)),
        options={"node_limit": NODES},
    )
    nearest = (2 * over > base).astype(np.int64)
    return nearest if found.x is None else np.rint(found.x[:cells]).astype(np.int64)


METHOD = "every published count up or down to a multiple of the base, less than the base away, so that relations still hold"
NEARBY = 200  # nodes for a whole publication; it is mostly done at the first
GAP = 0.001  # rather done than a few numbers nearer
TIE = 0.2  # large enough for another salt to round otherwise, too small to round many numbers the far way
BESIDE = 0.1  # an inequality that fails is less bad than a sum that does


def rounded(
    safe: SafeTable,
    everywhere: Sequence[Place],
    equal: sparse.csr_array,
    least: sparse.csr_array,
    ties: Costs,
) -> SafeTable:
    """A protected publication with its published counts rounded to the base of its codebook.

    The rounded numbers are a table that could be: with some numbers of at least 0 in the hidden cells every sum and
    every inequality holds, wherever that is possible. Always, for a column A within a column B, both published: A isn't
    more than B; equal where they were equal; and else at least the threshold less, as before (all numbers rounded down
    do so, since the base divides the threshold). `ties`, from 0 to 1, choose between what is as good."""
    book = safe.codebook
    base, status = book.rounding, {cell.key: cell for cell in safe.cells}
    told = [status[key].households for key in cells(book)]
    shown = np.array([n is not None for n in told], dtype=bool)
    exact = np.array([n or 0 for n in told], dtype=np.int64)
    apart = _apart(everywhere, exact, shown, book.threshold, 2 * base)
    number = exact // base * base
    up = _together(exact, shown, equal, least, apart, base, ties)
    if up is not None and _holds(number + base * up, apart):
        number = number + base * up
    place = {key: n for n, key in enumerate(cells(book))}
    off = _broken(number, shown, equal, least)
    return replace(
        safe,
        cells=tuple(
            cell if cell.households is None else cell._replace(households=int(number[place[cell.key]]))
            for cell in safe.cells
        ),
        certificate={
            **safe.certificate,
            "rounding": {"base": base, "method": METHOD, "relations_that_fail": off},
        },
    )


def _apart(
    everywhere: Sequence[Place], exact: Counts, shown: Flags, k: int, near: int
) -> tuple[Matrix, Matrix]:
    """Cells (A, B) of A ⊆ B that rounding could bring out of order or too near, and how far apart they must stay."""
    found = [np.zeros((0, 2), dtype=np.int64)]
    for place in everywhere:
        count, there = exact[place.cells], shown[place.cells]
        close = count[None, :] - count[:, None] < k + near
        some = np.argwhere(place.knowledge.within & close & there[None, :] & there[:, None])
        found.append(place.cells[some])
    pairs = np.concatenate(found)
    return pairs, np.where(exact[pairs[:, 0]] == exact[pairs[:, 1]], 0, k)


def _together(
    exact: Counts,
    shown: Flags,
    equal: sparse.csr_array,
    least: sparse.csr_array,
    apart: tuple[Matrix, Matrix],
    base: int,
    ties: Costs,
) -> Matrix | None:
    """Which numbers go up: 0 or 1 each; None when nothing was found. All is in units of the base."""
    down, over = exact // base, exact % base
    free = shown & (over > 0)
    low, high = np.where(shown, down, 0.0), np.where(shown, down + free, np.inf)
    equal = equal[np.flatnonzero(abs(equal) @ (~shown | free).astype(np.int64))]
    least = least[np.flatnonzero(_least(least, low, high) < 0)]  # the others hold whichever way is taken
    pairs, space = apart
    ordered = sparse.csr_array(
        (np.tile([-1, 1], len(pairs)), pairs.ravel(), np.arange(0, 2 * len(pairs) + 1, 2)),
        shape=(len(pairs), len(exact)),
    )
    same, more = equal.shape[0], least.shape[0]
    matrix = sparse.block_array(
        [
            [equal, sparse.eye_array(same), -sparse.eye_array(same), None],
            [least, None, None, sparse.eye_array(more)],
            [ordered, None, None, None],
        ]
    )
    way = np.where(free, (base - 2.0 * over) / base + TIE * (ties - 0.5), 0.0)
    wrong = np.repeat([APART, BESIDE * APART], [2 * same, more])
    found = optimize.milp(
        np.concatenate([way, wrong]),
        constraints=optimize.LinearConstraint(
            matrix.tocsr(),
            np.concatenate([np.zeros(same + more), space / base]),
            np.concatenate([np.zeros(same), np.full(more, np.inf), np.where(space == 0, 0, np.inf)]),
        ),
        bounds=optimize.Bounds(
            np.concatenate([low, np.zeros(len(wrong))]), np.concatenate([high, np.full(len(wrong), np.inf)])
        ),
        integrality=np.concatenate([free, np.zeros(len(wrong))]),
        options={"node_limit": NEARBY, "mip_rel_gap": GAP},
    )
    return (
        None if found.x is None else np.where(free, np.rint(found.x[: len(free)]) - down, 0).astype(np.int64)
    )


def _least(rows: sparse.csr_array, low: Costs, high: Costs) -> Costs:
    """The least that each row can be between these ends of its cells."""
    part = rows.tocoo()
    ends = np.where(part.data > 0, part.data * low[part.col], part.data * high[part.col])
    return np.bincount(part.row, ends, rows.shape[0]).astype(np.float64)


def _holds(number: Counts, apart: tuple[Matrix, Matrix]) -> bool:
    """Whether what must always hold does, by whole-number arithmetic."""
    pairs, space = apart
    between = number[pairs[:, 1]] - number[pairs[:, 0]]
    return bool(np.where(space == 0, between == 0, between >= space).all())


def _broken(number: Counts, shown: Flags, equal: sparse.csr_array, least: sparse.csr_array) -> int:
    """How many relations between published counts alone their rounded numbers break."""
    whole, more = (np.asarray(abs(rows) @ (~shown).astype(np.int64)) == 0 for rows in (equal, least))
    return int((equal @ number != 0)[whole].sum() + (least @ number < 0)[more].sum())
