"""Witnesses: other tables of whole numbers that agree with everything published, found with HiGHS.

A witness is kept as its deviation from the true counts. It is nearly the truth, so it never leaves memory.
"""

from __future__ import annotations

import highspy
import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from factlab.disclosure.model import Model
from factlab.disclosure.patterns import Flags, Matrix
from factlab.disclosure.rules import Demand

WHOLE = 1e-6  # how far from a whole number the solver may end; the result is then checked in integers
TRIES = 8  # other costs to try before branching
NODES = 500  # of branch and bound: a limit in seconds would make the outcome depend on the machine


class Search:
    """A linear programme over deviations, kept in the solver: only bounds, costs and the demand change.

    Each cell has a part that rises and a part that falls, so that the cost of |deviation| is linear. Every search
    starts from the deviation zero, which is dual feasible: the dual simplex method needs few steps, and the outcome
    doesn't depend on earlier searches.
    """

    def __init__(self, model: Model, costs: NDArray[np.float64]) -> None:
        self._model = model
        self._movable = np.flatnonzero(~model.forced)
        self._place = np.full(len(model.counts), -1, dtype=np.int64)
        self._place[self._movable] = np.arange(len(self._movable))
        self._fixed = np.zeros(len(model.counts), dtype=bool)
        self._cheap = np.zeros(len(model.counts), dtype=bool)
        self._costs = np.concatenate([costs[self._movable]] * 2).astype(np.float64)
        spread = np.linspace(0.1, 1.0, TRIES)[:, None]
        self._other_costs = np.exp(np.random.default_rng(1).normal(0, 1, (TRIES, len(self._costs))) * spread)
        self._solver = self._load()

    def _load(self) -> highspy.Highs:
        model = self._model
        rows = sparse.vstack([model.equal, model.least]).tocsc()[:, self._movable].astype(np.float64)
        matrix = sparse.hstack([rows, -rows]).tocsc()
        size = len(self._movable)
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
        self._room = np.concatenate(
            [np.full(size, highspy.kHighsInf), model.counts[self._movable].astype(np.float64)]
        )
        programme.col_upper_ = self._room
        zeros = np.zeros(model.equal.shape[0])
        programme.row_lower_ = np.concatenate([zeros, -(model.least @ model.counts).astype(np.float64)])
        programme.row_upper_ = np.concatenate([zeros, np.full(model.least.shape[0], highspy.kHighsInf)])
        programme.a_matrix_.format_ = highspy.MatrixFormat.kColwise
        programme.a_matrix_.start_ = matrix.indptr
        programme.a_matrix_.index_ = matrix.indices
        programme.a_matrix_.value_ = matrix.data
        solver.passModel(programme)
        return solver

    def _both(self, cells: NDArray[np.int64]) -> NDArray[np.int32]:
        """The columns in which these movable cells rise and fall."""
        places = self._place[cells]
        return np.concatenate([places, places + len(self._movable)]).astype(np.int32)

    def cheapen(self, cells: NDArray[np.int64], cost: NDArray[np.float64]) -> None:
        """These cells are hidden: moving them costs next to nothing from now on."""
        columns = self._both(cells)
        self._cheap[cells] = True
        self._costs[columns] = np.concatenate([cost, cost])
        self._solver.changeColsCost(len(columns), columns, self._costs[columns])

    def fix(self, cells: NDArray[np.int64], *, release: bool = False) -> None:
        """These cells are published: they move no more (or again, if released)."""
        self._fixed[cells] = not release
        self._solver.changeColsBounds(*self._bounds(cells, release=release))

    def _bounds(
        self, cells: NDArray[np.int64], *, release: bool
    ) -> tuple[int, NDArray[np.int32], NDArray[np.float64], NDArray[np.float64]]:
        columns = self._both(cells)
        nothing = np.zeros(len(columns))
        return len(columns), columns, nothing, self._room[columns] if release else nothing

    def find(self, demand: Demand, *, branch: bool = True) -> Matrix | None:
        """The cheapest deviation of whole numbers that meets the demand, or None when none is found. Without
        `branch` one that only branch and bound would find is not looked for."""
        form, bound = demand.form, demand.bound
        if demand.side != "away":
            return self._find(demand, branch)
        found = self._find(Demand(form, "up", bound + 1), branch)
        return self._find(Demand(form, "down", bound - 1), branch) if found is None else found

    def _find(self, demand: Demand, branch: bool) -> Matrix | None:
        solver, size = self._solver, len(self._movable)
        terms = {int(self._place[demand.form.plus]): 1.0}
        if demand.form.minus >= 0:
            terms[int(self._place[demand.form.minus])] = -1.0
        terms.pop(-1, None)  # a cell that the codebook forces to zero doesn't move
        columns = np.array([*terms, *(place + size for place in terms)], dtype=np.int32)
        values = np.array([*terms.values(), *(-value for value in terms.values())])
        needed = float(demand.bound - int(demand.form.of(self._model.counts)))
        low, high = (needed, highspy.kHighsInf) if demand.side == "up" else (-highspy.kHighsInf, needed)
        solver.addRow(low, high, len(columns), columns, values)
        found = relaxed = self._solve()
        if relaxed is not None and not self._proves(relaxed, demand):
            found = self._elsewhere(demand)
            if found is None and branch:
                found = self._branch(np.abs(relaxed) > WHOLE)
        row = solver.getNumRow() - 1
        solver.deleteRows(1, np.array([row], dtype=np.int32))
        if found is None or not self._proves(found, demand):
            return None
        return np.rint(found).astype(np.int64)

    def _solve(self) -> NDArray[np.float64] | None:
        self._solver.setBasis()
        self._solver.run()
        optimal = self._solver.getModelStatus() == highspy.HighsModelStatus.kOptimal
        return self._deviation() if optimal else None

    def _elsewhere(self, demand: Demand) -> NDArray[np.float64] | None:
        """At slightly other costs the cheapest table is another one, and mostly one of whole numbers."""
        solver = self._solver
        every = np.arange(2 * len(self._movable), dtype=np.int32)
        found = None
        for factor in self._other_costs:
            solver.changeColsCost(len(every), every, self._costs * factor)
            solver.run()
            tried = self._deviation()
            if self._proves(tried, demand):
                found = tried
                break
        solver.changeColsCost(len(every), every, self._costs)
        return found

    def _branch(self, moving: Flags) -> NDArray[np.float64] | None:
        """The same in whole numbers: first among what moves already or costs next to nothing, then among all."""
        solver, size = self._solver, len(self._movable)
        every = np.arange(2 * size, dtype=np.int32)
        solver.changeColsIntegrality(2 * size, every, np.full(2 * size, highspy.HighsVarType.kInteger))
        for option, value in (("presolve", "on"), ("solver", "choose")):
            solver.setOptionValue(option, value)
        found = None
        for still in (np.flatnonzero(~moving & ~self._cheap & ~self._fixed & ~self._model.forced), None):
            if still is not None:
                solver.changeColsBounds(*self._bounds(still, release=False))
            solver.run()
            if solver.getInfo().primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible:
                found = self._deviation()
            if still is not None:
                solver.changeColsBounds(*self._bounds(still, release=True))
            if found is not None:
                break
        for option, value in (("presolve", "off"), ("solver", "simplex")):
            solver.setOptionValue(option, value)
        solver.changeColsIntegrality(2 * size, every, np.full(2 * size, highspy.HighsVarType.kContinuous))
        return found

    def _deviation(self) -> NDArray[np.float64]:
        solution = np.array(self._solver.getSolution().col_value)
        size = len(self._movable)
        deviation = np.zeros(len(self._model.counts))
        deviation[self._movable] = solution[:size] - solution[size:]
        return deviation

    def _proves(self, found: NDArray[np.float64], demand: Demand) -> bool:
        """Whether this is, rounded, a table of whole numbers that no reader can exclude and that meets the demand."""
        deviation = np.rint(found).astype(np.int64)
        return (
            bool(self._model.allows(deviation[None, :])[0])
            and not deviation[self._fixed].any()
            and bool(demand.met(self._model.counts, deviation))
        )
