"""A reader of protected linked tables, written apart from protector and attacker: sums by hand, intervals by scipy."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import product

import numpy as np
from factlab.linked import Linked, SafeLinked
from scipy import optimize

Name = tuple[str, ...]  # the codes of a cell, the measure first
Row = tuple[Mapping[Name, float], float, float]  # factors, low, high


def cube(linked: Linked | SafeLinked, measure: str, dims: Sequence[str]) -> list[Row]:
    """Every sum in the full cube over these dimensions, all of its cells, also those that no table lists."""
    codes, rows = [], []
    for name in dims:
        found = {c for nesting in linked.hierarchies[name] for pair in nesting.items() for c in pair}
        codes.append(sorted(found))
    for at in product(*codes):
        for axis, name in enumerate(dims):
            for nesting in linked.hierarchies[name]:
                kids = [c for c, p in nesting.items() if p == at[axis]]
                if kids:
                    parts = {(measure, *at[:axis], kid, *at[axis + 1 :]): 1.0 for kid in kids}
                    rows.append((parts | {(measure, *at): -1.0}, 0.0, 0.0))
    return rows


class LinkedReader:
    """What can be said of any form over cells, given rows and what is published."""

    def __init__(self, rows: Iterable[Row], published: Mapping[Name, float]) -> None:
        self.rows, self.published = list(rows), published
        names = dict.fromkeys([n for row, _, _ in self.rows for n in row] + list(published))
        self.place = {name: i for i, name in enumerate(names)}
        matrix = np.zeros((len(self.rows), len(names)))
        for i, (row, _, _) in enumerate(self.rows):
            for name, factor in row.items():
                matrix[i, self.place[name]] += factor
        self.fits = optimize.LinearConstraint(
            matrix, [low for _, low, _ in self.rows], [high for _, _, high in self.rows]
        )
        low = [published.get(name, 0) for name in names]
        high = [published.get(name, np.inf) for name in names]
        self.bounds = optimize.Bounds(low, high)

    def interval(self, form: Mapping[Name, float], *, whole: bool = False) -> tuple[float, float]:
        goal = np.zeros(len(self.place))
        for name, factor in form.items():
            goal[self.place[name]] = factor
        low, high = (self._end(sign * goal, whole) * sign for sign in (1, -1))
        return round(low, 6), round(high, 6)

    def _end(self, goal: np.ndarray, whole: bool) -> float:
        """The least value of the goal. Where a whole number has no end the solver's best isn't always the best, so that it
        is asked for a better one until there is none."""
        best = np.inf
        while True:
            beyond = optimize.LinearConstraint(goal[None, :], -np.inf, best - 1)
            found = optimize.milp(
                goal,
                constraints=[self.fits] if best == np.inf else [self.fits, beyond],
                bounds=self.bounds,
                integrality=np.full(len(goal), int(whole)),
            )
            if found.status == 2 and best < np.inf:
                return best
            assert found.status in (0, 3, 4), found.message
            if found.status != 0:
                return -np.inf
            best = float(found.fun)
            if not whole:
                return best


def published(safe: SafeLinked, dims: Sequence[str], names: Sequence[str] = ()) -> dict[Name, float]:
    """The published numbers (of these tables) by measure and codes; a dimension that a table lacks is at its total."""
    told = {}
    for table in [table for table in safe.tables if not names or table.name in names]:
        for place, number in enumerate(table.columns[table.number]):
            if table.columns["status"][place] == "published":
                codes = tuple(
                    table.columns[name][place] if name in table.by else total(safe, name) for name in dims
                )
                told[(table.measure, *codes)] = number
    return told


def total(linked: Linked | SafeLinked, name: str) -> str:
    nesting = linked.hierarchies[name][0]
    return next(parent for parent in nesting.values() if parent not in nesting)
