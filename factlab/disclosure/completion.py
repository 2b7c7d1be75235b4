"""Numbers for the cells that no table lists: what follows from the listed ones, or else some table that fits them."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Sequence

import numpy as np
from scipy import optimize, sparse

from factlab.disclosure.tidy import Sum
from factlab.errors import DisclosureError


def follow(number: dict[int, int], sums: Sequence[Sum]) -> dict[int, int]:
    """All numbers that follow exactly: the last unknown of an equation, or several that together are nothing."""
    known = dict(number)
    by_cell: dict[int, list[int]] = defaultdict(list)
    for place, row in enumerate(sums):
        if row.low is not None and row.low == row.high:
            for cell, _ in row.terms:
                by_cell[cell].append(place)
    queue = deque(sorted({place for places in by_cell.values() for place in places}))
    while queue:
        row = sums[queue.popleft()]
        unknown = [(cell, factor) for cell, factor in row.terms if cell not in known]
        if not unknown or row.low is None:
            continue
        rest = row.low - row.constant - sum(f * known[cell] for cell, f in row.terms if cell in known)
        alike = len({factor > 0 for _, factor in unknown}) == 1
        if len(unknown) == 1 and rest % unknown[0][1] == 0 and rest // unknown[0][1] >= 0:
            found = {unknown[0][0]: rest // unknown[0][1]}
        elif alike and rest == 0:
            found = {cell: 0 for cell, _ in unknown}
        else:
            continue
        known |= found
        for cell in found:
            queue.extend(by_cell[cell])
    return known


def complete(
    number: dict[int, int], sums: Sequence[Sum], cells: int
) -> tuple[dict[int, int], dict[int, tuple[float, float]]]:
    """A number for each cell, and for those that don't follow exactly what they can be at all.

    Any table that fits will do where a number doesn't follow: nobody is told which one was taken."""
    known = follow(number, sums)
    unknown = [cell for cell in range(cells) if cell not in known]
    if not unknown:
        return known, {}
    place = {cell: i for i, cell in enumerate(unknown)}
    about = [row for row in sums if any(cell in place for cell, _ in row.terms)]
    told = [sum(f * known[cell] for cell, f in row.terms if cell in known) + row.constant for row in about]
    low = np.array([-np.inf if r.low is None else r.low - t for r, t in zip(about, told, strict=True)])
    high = np.array([np.inf if r.high is None else r.high - t for r, t in zip(about, told, strict=True)])
    matrix = sparse.lil_array((len(about), len(unknown)))
    for i, row in enumerate(about):
        for cell, factor in row.terms:
            if cell in place:
                matrix[i, place[cell]] += factor
    rows = sparse.csr_array(matrix)
    _, label = sparse.csgraph.connected_components(abs(rows.T) @ abs(rows), directed=False)
    ends: dict[int, tuple[float, float]] = {}
    for mark in range(label.max() + 1):
        own = np.flatnonzero(label == mark)
        its = np.flatnonzero(abs(rows[:, own]).sum(axis=1))
        fits = optimize.LinearConstraint(rows[its][:, own], low[its], high[its])
        whole = np.ones(len(own))
        found = optimize.milp(np.zeros(len(own)), constraints=fits, integrality=whole)
        if found.x is None:
            raise DisclosureError("disclosure.no_table_fits", relation=about[int(its[0])].kind)
        known |= {unknown[i]: round(value) for i, value in zip(own.tolist(), found.x, strict=True)}
        for i in range(len(own)):
            goal = np.zeros(len(own))
            goal[i] = 1
            least, most = (optimize.milp(sign * goal, constraints=fits) for sign in (1, -1))
            ends[unknown[int(own[i])]] = (
                np.ceil(least.fun - 1e-6) if least.x is not None else 0,
                np.floor(-most.fun + 1e-6) if most.x is not None else np.inf,
            )
    return known, ends
