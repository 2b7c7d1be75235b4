"""Rounding on top of suppression: every published count becomes a multiple of a base, and they still add up.

What is rounded is the protected publication, and nothing else is looked at: not a hidden number, not a rule. So a reader
of the rounded tables knows nothing that a reader of the exact protected tables did not, every interval is at least as
wide, and the guarantee holds as it did. The reader is told the rule: a published number differs by less than the base.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from scipy import optimize, sparse

from factlab.disclosure.tidy import Sum

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
