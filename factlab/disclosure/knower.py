"""Who knows more than what is published, as rows over its cells."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from factlab.disclosure.model import values
from factlab.disclosure.patterns import Flags, Matrix

Moves = NDArray[np.float64]  # how far cells move, as a solver has it


@dataclass(frozen=True, repr=False)
class Knower:
    """Somebody who knows more than what is published: a deviation is only possible for them if it keeps that too.

    `fixed` are the cells that they know exactly, `lowest` how far each cell can fall at most; then rows whose
    deviation is 0, and rows whose deviation is at least -`slack`.
    """

    name: str
    fixed: Flags
    lowest: Matrix
    equal: sparse.csr_array
    least: sparse.csr_array
    slack: Matrix

    def beside(self, more: int) -> Knower:
        """The same of a model with so many cells more, of which they know nothing else."""
        equal, least = (
            sparse.csr_array(
                (rows.data, rows.indices, rows.indptr), shape=(rows.shape[0], rows.shape[1] + more)
            )
            for rows in (self.equal, self.least)
        )
        return replace(
            self,
            fixed=np.append(self.fixed, np.zeros(more, dtype=bool)),
            lowest=np.append(self.lowest, np.full(more, -(2**62), dtype=np.int64)),
            equal=equal,
            least=least,
        )

    def fits(self, deviation: Matrix) -> bool:
        """Whether they can't exclude this deviation; integers only."""
        cells = np.flatnonzero(deviation)
        return bool(self._alone.allow(cells, deviation[cells])[0])

    @cached_property
    def _alone(self) -> Crowd:
        return Crowd([self])

    def allows(self, deviations: sparse.csr_array) -> Flags:
        """Which of these deviations (one a row) they can't exclude; integers only."""
        wrong = self.fixed[deviations.indices] | (deviations.data < self.lowest[deviations.indices])
        fits = np.ones(deviations.shape[0], dtype=bool)
        fits[np.repeat(np.arange(len(fits)), np.diff(deviations.indptr))[wrong]] = False
        if self.equal.shape[0]:
            fits[np.unique((deviations @ self.equal.T).nonzero()[0])] = False
        if self.least.shape[0]:
            moved = sparse.coo_array(deviations @ self.least.T)
            fits[moved.row[moved.data < -self.slack[moved.col]]] = False
        return fits


def nobody(cells: int) -> Knower:
    """Any reader: who knows nothing but what is published."""
    none = sparse.csr_array((0, cells), dtype=np.int64)
    zeros = np.zeros(0, dtype=np.int64)
    floor = np.full(cells, -(2**62), dtype=np.int64)
    return Knower("", np.zeros(cells, dtype=bool), floor, none, none, zeros)


class Crowd:
    """What each knows, side by side: only the rows that hold a cell that moves are looked at."""

    def __init__(self, people: Sequence[Knower]) -> None:
        self._fixed = np.array([person.fixed for person in people]).T.copy()
        self._lowest = np.array([person.lowest for person in people]).T.copy()
        rows = sparse.vstack([rows for person in people for rows in (person.equal, person.least)])
        self._by_cell = sparse.csc_array(rows)
        sizes = [n for person in people for n in (person.equal.shape[0], person.least.shape[0])]
        self._who = np.repeat(np.repeat(np.arange(len(people)), 2), sizes)
        self._equal = np.repeat(np.tile([True, False], len(people)), sizes)
        nothing = [np.zeros(person.equal.shape[0], dtype=np.int64) for person in people]
        pairs = zip(nothing, (person.slack for person in people), strict=True)
        self._slack = np.concatenate([part for pair in pairs for part in pair])

    def allow(self, cells: Matrix, moved: Matrix) -> Flags:
        """Who can't exclude that these cells move so much, and nothing else; integers only."""
        excluded = self._fixed[cells] | (moved[:, None] < self._lowest[cells])
        fits: Flags = np.asarray(~excluded.any(axis=0), dtype=bool)
        rows, value = values(self._by_cell, cells, moved)
        broken = (value < -self._slack[rows]) | (self._equal[rows] & (value != 0))
        fits[self._who[rows[broken]]] = False
        return fits


class Local:
    """What a knower knows about the cells of one programme, the inequalities that every reader knows first."""

    def __init__(self, knower: Knower, cells: Matrix, counts: Matrix, least: sparse.csr_array) -> None:
        self.fixed = np.flatnonzero(knower.fixed[cells])
        floor = knower.lowest[cells]
        self.floored = np.flatnonzero((floor > -counts[cells]) & ~knower.fixed[cells])
        self.lowest = floor[self.floored]
        self.binds = bool(len(self.fixed) or len(self.floored))
        more = sparse.vstack([knower.equal, knower.least]).tocsr()
        slack = np.concatenate([np.zeros(knower.equal.shape[0], dtype=np.int64), knower.slack])
        equal = np.arange(more.shape[0]) < knower.equal.shape[0]
        touching = np.flatnonzero(np.diff(sparse.csr_array(more[:, cells]).indptr))
        self.rows = sparse.vstack([least, more[touching]]).tocsr()  # over all cells
        self.own = sparse.csr_array(self.rows[:, cells])
        self.parts = sparse.csr_array(sparse.hstack([self.own, -self.own]))  # over what rises and what falls
        self.slack = np.concatenate([np.asarray(least @ counts), slack[touching]])
        self.equal = np.concatenate([np.zeros(least.shape[0], dtype=bool), equal[touching]])
        self.tied = self.rows.nnz > self.own.nnz  # whether other cells matter

    def value(self, deviation: Moves, outside: Matrix | None) -> Moves:
        """How far each row moves."""
        value = self.own @ deviation
        return np.asarray(value if outside is None or not self.tied else value + self.rows @ outside)

    def broken(self, value: Moves, near: float = 0.0) -> Flags:
        return np.asarray((value < -self.slack - near) | (self.equal & (value > near)))
