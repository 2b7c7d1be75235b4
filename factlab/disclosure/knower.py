"""Who knows more than what is published, as rows over its cells."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from factlab.disclosure.model import Model, values
from factlab.disclosure.patterns import Flags, Matrix

FREE = -(2**62)  # no end to how far a cell can fall, but its own count
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
            lowest=np.append(self.lowest, np.full(more, FREE, dtype=np.int64)),
            equal=equal,
            least=least,
        )

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
    floor = np.full(cells, FREE, dtype=np.int64)
    return Knower("", np.zeros(cells, dtype=bool), floor, none, none, zeros)


@dataclass(frozen=True, repr=False)
class Witness:
    """Another table that agrees with all that is published, by how it differs from the true one."""

    cells: Matrix
    moved: Matrix
    valid: Flags  # who can't exclude it


class Crowd:
    """What each knows, side by side, with what every reader knows: only the rows that hold a cell that moves are looked at."""

    def __init__(self, model: Model, people: Sequence[Knower]) -> None:
        free = np.where(model.forced, 0, -model.counts)
        self._still = np.array([person.fixed | model.forced for person in people]).T.copy()
        self._lowest = np.array([np.maximum(person.lowest, free) for person in people]).T.copy()
        parts = [(model.equal, True), (model.least, False)]
        parts += [pair for one in people for pair in ((one.equal, True), (one.least, False))]
        sizes = [rows.shape[0] for rows, _ in parts]
        self._rows = sparse.csr_array(sparse.vstack([rows for rows, _ in parts]))
        self._by_cell = self._rows.tocsc()
        self._who = np.repeat([-1, -1, *np.repeat(np.arange(len(people)), 2)], sizes)
        self._equal = np.repeat([equal for _, equal in parts], sizes)
        slack = [model.slack, *(person.slack for person in people)]
        nothing = [np.zeros(rows.shape[0], dtype=np.int64) for rows, equal in parts if equal]
        self._slack = np.concatenate([part for pair in zip(nothing, slack, strict=True) for part in pair])

    def allow(self, cells: Matrix, moved: Matrix) -> Flags:
        """Who can't exclude that these cells move so much, and nothing else; integers only."""
        excluded = self._still[cells] | (moved[:, None] < self._lowest[cells])
        fits: Flags = np.asarray(~excluded.any(axis=0), dtype=bool)
        broken = self._who[self._broken(cells, moved)]
        fits[broken[broken >= 0]] = False
        fits[:] &= not (broken < 0).any()
        return fits

    def tied(self, cells: Matrix, moved: Matrix, who: int) -> Matrix:
        """The cells of the rows by which one of them can exclude it."""
        broken = self._broken(cells, moved)
        rows = self._rows[broken[(self._who[broken] == who) | (self._who[broken] < 0)]]
        return np.asarray(np.unique(rows.indices), dtype=np.int64)

    def _broken(self, cells: Matrix, moved: Matrix) -> Matrix:
        rows, value = values(self._by_cell, cells, moved)
        broken = (value < -self._slack[rows]) | (self._equal[rows] & (value != 0))
        return np.asarray(rows[broken], dtype=np.int64)


class Local:
    """What a knower knows about the cells of one programme, the inequalities that every reader knows first."""

    def __init__(self, knower: Knower, cells: Matrix, least: sparse.csr_array, slack: Matrix) -> None:
        """Inequalities that every reader knows: the deviation of `least` is at least -`slack`."""
        floor = np.where(knower.fixed, 0, knower.lowest)[cells]
        falls, still = np.flatnonzero(floor > FREE), np.flatnonzero(knower.fixed[cells])
        # The columns (see `programme`) that they bind, and how far these go at most.
        self.columns = np.concatenate([still, falls + len(cells)]).astype(np.int32)
        self.most = np.concatenate([np.zeros(len(still)), -floor[falls]])
        more = sparse.vstack([knower.equal, knower.least]).tocsr()
        most = np.concatenate([np.zeros(knower.equal.shape[0], dtype=np.int64), knower.slack])
        equal = np.arange(more.shape[0]) < knower.equal.shape[0]
        touching = np.flatnonzero(np.diff(sparse.csr_array(more[:, cells]).indptr))
        self.rows = sparse.vstack([least, more[touching]]).tocsr()  # over all cells
        self.own = sparse.csr_array(self.rows[:, cells])
        self.parts = sparse.csr_array(sparse.hstack([self.own, -self.own]))  # over what rises and what falls
        self.slack = np.concatenate([slack, most[touching]])
        self.equal = np.concatenate([np.zeros(least.shape[0], dtype=bool), equal[touching]])
        self.tied = self.rows.nnz > self.own.nnz  # whether other cells matter

    def value(self, deviation: Moves, outside: Matrix | None) -> Moves:
        """How far each row moves."""
        value = self.own @ deviation
        return np.asarray(value if outside is None or not self.tied else value + self.rows @ outside)

    def broken(self, value: Moves, near: float = 0.0) -> Flags:
        return np.asarray((value < -self.slack - near) | (self.equal & (value > near)))
