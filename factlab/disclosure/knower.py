"""Who knows more than what is published, as rows over its cells."""

from __future__ import annotations

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
        moved = deviation[cells]
        if self.fixed[cells].any() or (moved < self.lowest[cells]).any():
            return False
        told, slack = self._by_cell
        if not len(slack):
            return True
        rows, value = values(told, cells, moved)
        equal = rows < self.equal.shape[0]
        return not ((value < -slack[rows]) | (equal & (value != 0))).any()

    @cached_property
    def _by_cell(self) -> tuple[sparse.csc_array, Matrix]:
        slack = np.concatenate([np.zeros(self.equal.shape[0], dtype=np.int64), self.slack])
        return sparse.csc_array(sparse.vstack([self.equal, self.least])), slack

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
