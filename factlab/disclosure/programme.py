"""The cheapest deviation of some cells, by linear programming in HiGHS, and by branch and bound where it must."""

from __future__ import annotations

from functools import cached_property

import highspy
import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from factlab.disclosure.knower import TIGHT, Knower, Local, nobody
from factlab.disclosure.model import Model, entries
from factlab.disclosure.patterns import Flags, Matrix
from factlab.disclosure.rules import Ask

# How far from a whole number what moves not, and what is whole, may end; integers decide later.
WHOLE, NEAR = 1e-6, 1e-3
TRIES = 8  # other costs to try before branching
STEPS = 40  # parts to settle before branching
NODES = 500  # of branch and bound: a limit in seconds would make the outcome depend on the machine
CUTS = 60  # how often rows that were broken are added to a programme before it is given up

Costs = NDArray[np.float64]
Columns = NDArray[np.int32]


class Programme:
    """A linear programme over the deviations of some cells, while all others stay or move as they are told to.

    Kept in the solver: only bounds, costs and the demand change. Each cell has a part that rises and a part that falls,
    so that the cost of |deviation| is linear. Every search starts from the deviation zero, which is dual feasible: the
    dual simplex method needs few steps. Of the inequalities, which are many and mostly far from their ends, only those
    stand in the solver that are near it or that a search has broken once.
    """

    def __init__(self, model: Model, costs: Costs, cells: Matrix, apart: Flags | None = None) -> None:
        """Rows that hold a cell of `apart` are left out."""
        self._counts, self.cells = model.counts, cells
        self._place = np.full(len(model.counts), -1, dtype=np.int64)
        self._place[cells] = np.arange(len(cells))
        self._cheap = np.zeros(len(cells), dtype=bool)
        # From and to which each column goes in a search; to which it goes for any reader.
        self._most = np.concatenate([np.full(len(cells), highspy.kHighsInf), model.counts[cells]])
        self._low, self._high = np.zeros(2 * len(cells)), self._most.copy()
        self._costs = np.concatenate([costs[cells]] * 2).astype(np.float64)
        self._equal, self._least = (self._touching(rows, apart) for rows in (model.equal, model.least))
        self._slack = np.asarray(self._least @ model.counts)
        self._own_equal = sparse.csr_array(self._equal[:, cells])
        self._solver = self._passed()
        self._knows: dict[str, Local] = {}
        self._known = self._knowing(nobody(len(model.counts)))  # to whom the solver is set
        # Which of the rows that they know stand in the solver, after the equalities.
        self._active = np.zeros(0, dtype=np.int64)
        self._add(np.flatnonzero(self._slack <= TIGHT), None)

    def _touching(self, rows: sparse.csr_array, apart: Flags | None) -> sparse.csr_array:
        size = abs(rows)
        inside = np.asarray(size @ (self._place >= 0).astype(np.int64)) > 0
        if apart is not None:
            inside &= np.asarray(size @ apart.astype(np.int64)) == 0
        return sparse.csr_array(rows[np.flatnonzero(inside)])

    @cached_property
    def _other_costs(self) -> Costs:
        spread = np.linspace(0.1, 1.0, TRIES)[:, None]
        drawn: Costs = np.exp(np.random.default_rng(1).normal(0, 1, (TRIES, len(self._costs))) * spread)
        return drawn

    @cached_property
    def _matrix(self) -> sparse.csr_array:
        """The equalities over the columns."""
        rows = self._own_equal.astype(np.float64)
        return sparse.csr_array(sparse.hstack([rows, -rows]))

    @cached_property
    def _by_column(self) -> sparse.csc_array:
        return self._matrix.tocsc()

    def _passed(self) -> highspy.Highs:
        matrix, size = self._by_column, len(self.cells)
        solver = highspy.Highs()
        for option, value in (
            ("output_flag", False),
            ("threads", 1),
            ("presolve", "off"),
            ("solver", "simplex"),
            ("simplex_strategy", 1),
            ("random_seed", 1),
            ("mip_max_nodes", NODES),
            ("mip_rel_gap", 0.3),
        ):
            solver.setOptionValue(option, value)
        programme = highspy.HighsLp()
        programme.num_col_, programme.num_row_ = 2 * size, matrix.shape[0]
        programme.col_cost_ = self._costs
        programme.col_lower_ = np.zeros(2 * size)
        programme.col_upper_ = self._most
        programme.row_lower_ = programme.row_upper_ = np.zeros(matrix.shape[0])
        programme.a_matrix_.format_ = highspy.MatrixFormat.kColwise
        programme.a_matrix_.start_ = matrix.indptr
        programme.a_matrix_.index_ = matrix.indices
        programme.a_matrix_.value_ = matrix.data
        solver.passModel(programme)
        return solver

    def _follow(self, outside: Matrix | None) -> None:
        """The rows in the solver, when the other cells move as `outside` says."""
        low, high = self._ends(outside)
        every = np.arange(len(low), dtype=np.int32)
        self._solver.changeRowsBounds(len(every), every, low, high)

    def _ends(self, outside: Matrix | None) -> tuple[Costs, Costs]:
        equal = np.zeros(self._equal.shape[0])
        if outside is not None:
            equal = equal - self._equal @ outside
        low, high = self._known.ends(self._active, outside)
        return np.concatenate([equal, low]), np.concatenate([equal, high])

    def _both(self, places: Matrix) -> Columns:
        """The columns in which the cells at these places rise and fall."""
        return np.concatenate([places, places + len(self.cells)]).astype(np.int32)

    def _here(self, cells: Matrix) -> Matrix:
        places = self._place[cells]
        return places[places >= 0]

    def price(self, cells: Matrix, costs: Costs, *, cheap: bool = False) -> None:
        """Moving these cells costs this from now on; next to nothing when they are hidden. `costs` are of all cells."""
        places = self._here(cells)
        if len(places):
            columns = self._both(places)
            self._cheap[places] |= cheap
            self._costs[columns] = np.tile(costs[self.cells[places]], 2)
            self._solver.changeColsCost(len(columns), columns, self._costs[columns])

    def fix(self, cells: Matrix, *, release: bool = False) -> None:
        """These cells are published: they move no more (or again, if released)."""
        places = self._here(cells)
        if len(places):
            columns = self._both(places)
            endless = np.full(len(places), highspy.kHighsInf)
            self._most[columns] = (
                np.concatenate([endless, self._counts[self.cells[places]]]) if release else 0.0
            )
            self._free(columns)

    def _bound(self, columns: Columns) -> None:
        """Tell the solver from and to which these columns go."""
        self._solver.changeColsBounds(len(columns), columns, self._low[columns], self._high[columns])

    def _free(self, columns: Columns) -> None:
        """These columns go as far as they may."""
        self._low[columns], self._high[columns] = 0.0, np.minimum(self._most, self._known.most)[columns]
        self._bound(columns)

    def _knowing(self, knower: Knower) -> Local:
        if knower.name not in self._knows:
            self._knows[knower.name] = Local(knower, self._place, self.cells, self._least, self._slack)
        return self._knows[knower.name]

    def _turn(self, knower: Knower) -> None:
        """Set the solver to what this one knows: its bounds, and the rows that are near or that its searches have broken."""
        known, before = self._knowing(knower), self._known
        if known is before:
            return
        own = self._active >= len(self._slack)
        before.kept = self._active[own]
        gone = (self._equal.shape[0] + np.flatnonzero(own)).astype(np.int32)
        self._solver.deleteRows(len(gone), gone)
        self._active, self._known = self._active[~own], known
        self._add(known.kept, None)
        self._free(np.flatnonzero(before.most != known.most).astype(np.int32))

    def solve(
        self, ask: Ask | None, knower: Knower, outside: Matrix | None = None, *, branch: bool = True
    ) -> Matrix | None:
        """The cheapest deviation of whole numbers of these cells that meets what is asked and keeps every row, while
        the other cells move as `outside` says; None when none is found. Without `branch` one that only branch and bound
        would find is not looked for."""
        self._turn(knower)
        moving = {} if ask is None else self._moving(ask)
        if ask is not None and not moving:
            return None
        asked, possible = self._both(np.zeros(0, dtype=np.int64)), True
        if ask is not None and len(moving) == 1:
            ((place, up),) = moving.items()
            asked = self._both(np.array([place]))
            way, back = asked[:: 1 if up else -1].tolist()
            self._low[way], self._high[back] = abs(ask.needed), 0.0
            possible = self._low[way] <= self._high[way] and (outside is not None or self._balances(way))
        found = None
        if possible:
            if outside is not None:
                self._follow(outside)
            self._bound(asked)
            row = self._solver.getNumRow()
            if ask is not None and len(moving) == 2:
                self._ask(ask)
            self._solver.setBasis()
            found = self._linear(outside)
            if found is not None and not self._proves(found, ask, outside):
                found = self._whole(np.abs(found) > WHOLE, ask, outside, branch=branch)
            if len(moving) == 2:
                self._solver.deleteRows(1, np.array([row], dtype=np.int32))
            if outside is not None:
                self._follow(None)
        self._free(asked)
        return None if found is None else np.rint(found).astype(np.int64)

    def _moving(self, ask: Ask) -> dict[int, bool]:
        """The places of the cells of what is asked that can move, and whether they are asked to rise."""
        ways = ((ask.plus, ask.up), (ask.minus, not ask.up))
        places = {int(self._place[cell]): up for cell, up in ways if cell >= 0}
        return {place: up for place, up in places.items() if place >= 0 and self._high[place] > 0}

    def _balances(self, column: int) -> bool:
        """Whether in each equality the others go far enough to make up for what is asked of this column: what is out of
        reach by one row alone needs no solver."""
        some = slice(*self._by_column.indptr[column : column + 2])
        rows, factors = self._by_column.indices[some], self._by_column.data[some]
        where, sizes = entries(self._matrix.indptr, rows)
        against = -self._matrix.data[where] * factors.repeat(sizes)
        room = np.where(against > 0, against * self._high[self._matrix.indices[where]], 0.0)
        return not len(rows) or bool(
            (np.add.reduceat(room, sizes.cumsum() - sizes) >= factors**2 * self._low[column]).all()
        )

    def _whole(self, moving: Flags, ask: Ask | None, outside: Matrix | None, *, branch: bool) -> Costs | None:
        """The same when the cheapest, that moves these, isn't whole: the least effort first, and no dearer than need be."""
        found = self._elsewhere(ask, outside)
        if found is not None:
            return found
        dived = self._dive(ask, outside)
        dear = ~moving & ~self._cheap
        if not branch or (dived is not None and not np.rint(dived)[dear].any()):
            return dived
        found = self._branch(moving, outside)
        if found is None or not self._proves(found, ask, outside):
            return dived
        return found if dived is None or self._cost(found) < self._cost(dived) else dived

    def _cost(self, found: Costs) -> float:
        return float(np.abs(found) @ self._costs[: len(found)])

    def _ask(self, ask: Ask) -> None:
        """That the difference of two cells moves so far."""
        columns = self._both(self._place[[ask.plus, ask.minus]])
        low, high = (ask.needed, highspy.kHighsInf) if ask.up else (-highspy.kHighsInf, ask.needed)
        self._solver.addRow(low, high, len(columns), columns, np.array([1.0, -1.0, -1.0, 1.0]))

    def _linear(self, outside: Matrix | None) -> Costs | None:
        """The cheapest, whole or not; rows of what is known are added when they are broken."""
        for _ in range(CUTS):
            self._solver.run()
            if self._solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
                return None
            found = self._deviation()
            if not self._cut(found, outside):
                return found
        return None

    def _cut(self, found: Costs, outside: Matrix | None) -> bool:
        """Whether this breaks rows that weren't in the solver: they are now, and stay."""
        broken = np.flatnonzero(self._known.broken(self._known.value(found, outside), 1e-5))
        if len(broken):
            broken = np.setdiff1d(broken, self._active)  # a row with large factors may stay a little broken
            self._add(broken, outside)
        return bool(len(broken))

    def _add(self, some: Matrix, outside: Matrix | None) -> None:
        """Put rows in the solver of which the deviation is at least -slack, or just that."""
        if not len(some):
            return
        own = self._known.own
        where, sizes = entries(own.indptr, some)
        starts = (2 * (sizes.cumsum() - sizes)).astype(np.int32)
        columns = (own.indices[where][:, None] + [0, len(self.cells)]).astype(np.int32).ravel()
        factors = (own.data[where][:, None] * [1.0, -1.0]).ravel()
        low, high = self._known.ends(some, outside)
        self._solver.addRows(len(some), low, high, len(columns), starts, columns, factors)
        self._active = np.append(self._active, some)

    def _dive(self, ask: Ask | None, outside: Matrix | None) -> Costs | None:
        """One part after the other that isn't whole gets the whole number next to it, the nearest first."""
        solver = self._solver
        settled: list[int] = []
        found = self._linear(outside)
        while found is not None and not self._proves(found, ask, outside):
            value = np.array(solver.getSolution().col_value, dtype=np.float64)
            off = np.abs(value - np.rint(value))
            uneven = np.flatnonzero(off > NEAR)
            if not len(uneven) or len(settled) == STEPS:
                found = None
                break
            column = int(uneven[off[uneven].argmin()])
            settled.append(column)
            nearest = np.rint(value[column])
            for whole in (nearest, 2 * np.floor(value[column]) + 1 - nearest):
                solver.changeColBounds(column, whole, whole)
                found = self._linear(outside)
                if found is not None:
                    break
        self._bound(np.unique(np.array(settled, dtype=np.int32)))
        return found

    def _elsewhere(self, ask: Ask | None, outside: Matrix | None) -> Costs | None:
        """At slightly other costs the cheapest table is another one, and mostly one of whole numbers."""
        solver = self._solver
        every = np.arange(2 * len(self.cells), dtype=np.int32)
        found = None
        for factor in self._other_costs:
            solver.changeColsCost(len(every), every, self._costs * factor)
            tried = self._linear(outside)
            if tried is not None and self._proves(tried, ask, outside):
                found = tried
                break
        solver.changeColsCost(len(every), every, self._costs)
        return found

    def _branch(self, moving: Flags, outside: Matrix | None) -> Costs | None:
        """The same in whole numbers: first among what moves already or costs next to nothing, then among all."""
        solver, size = self._solver, len(self.cells)
        every = np.arange(2 * size, dtype=np.int32)
        solver.changeColsIntegrality(2 * size, every, np.full(2 * size, highspy.HighsVarType.kInteger))
        for option, value in (("presolve", "on"), ("solver", "choose")):
            solver.setOptionValue(option, value)
        found = None
        none = np.zeros(2 * size)
        for still in (self._both(np.flatnonzero(~moving & ~self._cheap)), every[:0]):
            solver.changeColsBounds(len(still), still, none[: len(still)], none[: len(still)])
            for _ in range(CUTS):
                solver.run()
                if solver.getInfo().primal_solution_status != highspy.SolutionStatus.kSolutionStatusFeasible:
                    break
                tried = self._deviation()
                if not self._cut(tried, outside):
                    found = tried
                    break
            self._bound(still)
            if found is not None:
                break
        for option, value in (("presolve", "off"), ("solver", "simplex")):
            solver.setOptionValue(option, value)
        solver.changeColsIntegrality(2 * size, every, np.full(2 * size, highspy.HighsVarType.kContinuous))
        return found

    def _deviation(self) -> Costs:
        solution: Costs = np.array(self._solver.getSolution().col_value, dtype=np.float64)
        size = len(self.cells)
        return solution[:size] - solution[size:]

    def _proves(self, found: Costs, ask: Ask | None, outside: Matrix | None) -> bool:
        """Whether this is whole, keeps the rows when it is made so (of a large factor a little is much), and reaches
        what is asked. That a complete one keeps every row is checked again."""
        whole = np.rint(found)
        off = float(np.abs(found - whole).max(initial=0.0))
        if off > NEAR:
            return False
        if off:  # of what is whole as it stands, the solver has kept the rows
            uneven = self._own_equal @ whole
            if outside is not None:
                uneven = uneven + self._equal @ outside
            if uneven.any() or self._known.broken(self._known.value(whole, outside)).any():
                return False
        moved = np.append(whole, 0)  # a cell that is none of these doesn't move
        return ask is None or ask.met(
            moved[self._place[ask.plus]], moved[self._place[ask.minus]] if ask.minus >= 0 else 0
        )
