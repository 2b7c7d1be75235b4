"""Who knows more than what is published, as rows over its cells."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from factlab.disclosure.model import Model, entries, values
from factlab.disclosure.patterns import Flags, Matrix

FREE = -(2**62)  # no end to how far a cell can fall, but its own count
TIGHT = 5  # an inequality that is so near its end stands in the solver from the start
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

    @cached_property
    def rows(self) -> sparse.csr_array:
        """Those whose deviation is 0, then the others."""
        return sparse.csr_array(sparse.vstack([self.equal, self.least]))

    @cached_property
    def by_cell(self) -> sparse.csc_array:
        return self.rows.tocsc()

    @cached_property
    def ends(self) -> Matrix:
        """Of each of the rows how far it can fall."""
        return np.concatenate([np.zeros(self.equal.shape[0], dtype=np.int64), self.slack])

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
        each = [model.equal, model.least, *(person.rows for person in people)]
        sizes = [rows.shape[0] for rows in each]
        self._rows = sparse.csr_array(sparse.vstack(each))
        self._by_cell = self._rows.tocsc()
        self._who = np.repeat([-1, -1, *range(len(people))], sizes)
        exact = [np.arange(len(person.ends)) < person.equal.shape[0] for person in people]
        self._equal = np.concatenate([np.ones(sizes[0], dtype=bool), np.zeros(sizes[1], dtype=bool), *exact])
        nothing = np.zeros(sizes[0], dtype=np.int64)
        self._slack = np.concatenate([nothing, model.slack, *(person.ends for person in people)])

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

    def __init__(
        self, knower: Knower, place: Matrix, cells: Matrix, least: sparse.csr_array, slack: Matrix
    ) -> None:
        """Inequalities that every reader knows: the deviation of `least` is at least -`slack`. `place` is of each cell
        where it stands among `cells`, -1 for the others."""
        floor = np.where(knower.fixed, 0, knower.lowest)[cells]
        falls, still = np.flatnonzero(floor > FREE), np.flatnonzero(knower.fixed[cells])
        # How far each column (see `programme`) goes at most.
        self.most = np.full(2 * len(cells), np.inf)
        self.most[still] = 0.0
        self.most[len(cells) + falls] = -floor[falls]
        touching = np.unique(knower.by_cell.indices[entries(knower.by_cell.indptr, cells)[0]])
        self.rows = sparse.vstack([least, knower.rows[touching]]).tocsr()  # over all cells
        inside = place[self.rows.indices]
        here = inside >= 0
        starts = np.append(0, here.cumsum())[self.rows.indptr]
        shape = (self.rows.shape[0], len(cells))
        self.own = sparse.csr_array((self.rows.data[here], inside[here], starts), shape=shape)
        self.slack = np.concatenate([slack, knower.ends[touching]])
        self.equal = np.arange(shape[0]) >= least.shape[0]
        self.equal[least.shape[0] :] = touching < knower.equal.shape[0]
        self._exact = bool(self.equal.any())
        self._floor = -self.slack.astype(np.float64)
        self.tied = self.rows.nnz > self.own.nnz  # whether other cells matter
        # Rows of its own that stand in the solver when it is set to this one.
        own = np.flatnonzero(self.slack <= TIGHT)
        self.kept = own[own >= least.shape[0]]

    def value(self, deviation: Moves, outside: Matrix | None) -> Moves:
        """How far each row moves."""
        value = self.own @ deviation
        return np.asarray(value if outside is None or not self.tied else value + self.rows @ outside)

    def ends(self, some: Matrix, outside: Matrix | None) -> tuple[Moves, Moves]:
        """From and to what these rows can move here, when other cells move as `outside` says."""
        low = self._floor[some]
        if outside is not None and self.tied:
            low = low - (self.rows @ outside)[some]
        return low, np.where(self.equal[some], low, np.inf)

    def broken(self, value: Moves, near: float = 0.0) -> Flags:
        short: Flags = value < self._floor - near
        return short | (self.equal & (value > near)) if self._exact else short
