"""Which cells would be cheapest to hide: an integer programme over whole patterns, not witness by witness.

After Fischetti and Salazar-González (2001). A pattern is good when every form can move as far as is asked. How far it can is
a linear programme, and where it falls short, its dual says which cells hold it back: of those enough must be hidden. That
is a *cut*, true of every good pattern. The cheapest pattern that fulfils all cuts so far gives the next ones.

What comes out is no more than a suggestion. Cuts take it that no cell has to move further than the form itself, and know
of no knower; whether a pattern holds is for witnesses to say.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import highspy
import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from factlab.disclosure.apart import Task
from factlab.disclosure.model import Model
from factlab.disclosure.patterns import Flags
from factlab.disclosure.rules import Form
from factlab.disclosure.suppression import Demands, Evidence, attempt, verify
from factlab.errors import DisclosureError

# Limits in steps of the simplex method and nodes of branch and bound: in seconds, the outcome would depend on the machine.
LARGEST = 1_200  # cells that hang together, as two tables of a city do: of more, cuts take too long
ROUNDS = 100  # of cuts before patterns are whole
STEPS = 250_000  # for these rounds: two tables take a fifth, the four reference tables together nearly all
TRIES = 6  # whole patterns: each takes longer than the one before, and the first gain most
FEWER = 3  # the same for larger tasks, of which every try takes seconds
HARD = 2_000  # steps for one whole pattern: the reference tables take a quarter, three-way tables far more for less
NODES = 100
GAP = 0.005  # how much dearer than the cheapest possible is good enough
SHORT = 1e-6  # what is too little to count, as a share of what is asked

Shares = NDArray[np.float64]


def suppress(task: Task) -> Flags:
    """Hide as `suppression.suppress` does, what stands apart by itself, and where it is worth the time the cheapest
    that is found."""
    hidden = np.zeros(len(task.model.counts), dtype=bool)
    witnesses = [sparse.csr_array((0, len(hidden)), dtype=np.int64)]
    for cells, part in task.components():
        own, evidence = _cheapest(part)
        hidden[cells] |= own
        found = evidence.deviations()
        witnesses.append(
            sparse.csr_array((found.data, cells[found.indices], found.indptr), (found.shape[0], len(hidden)))
        )
    verify(task, hidden, sparse.csr_array(sparse.vstack(witnesses)))
    return hidden


def _cheapest(task: Task) -> tuple[Flags, Evidence]:
    """The cheapest pattern that witnesses prove."""

    def cost(hidden: Flags) -> float:
        return float(task.cost[hidden & ~task.must].sum())

    demands = Demands(task)
    best, evidence = attempt(task, demands)
    suggestions = Suggestions(task, best & ~task.must)
    for suggested in suggestions:
        try:
            hidden, proof = attempt(task, demands, np.flatnonzero(suggested))
        except DisclosureError:  # no witness was found on the way from there: it was a suggestion
            continue
        if cost(hidden) < cost(best):
            best, evidence = hidden, proof
        if cost(best) <= suggestions.bound * (1 + GAP):
            break
    return best, evidence


class Suggestions:
    """Patterns for a whole task, each with what the ones before it lacked: part by part, as if no inequality tied the
    parts. What those ask besides is left to the witnesses."""

    def __init__(self, task: Task, secondary: Flags) -> None:
        self._task = task
        parts = ((cells, part) for cells, part in task.components(loose=True) if secondary[cells].any())
        self._parts = [(cells, Cover(part)) for cells, part in parts if len(cells) <= LARGEST]

    @property
    def bound(self) -> float:
        """No good pattern costs less."""
        return sum(cover.bound for _, cover in self._parts)

    def __iter__(self) -> Iterator[Flags]:
        for _ in range(TRIES if len(self._task.cost) <= LARGEST else FEWER):
            if all(cover.complete for _, cover in self._parts):
                return
            suggested = np.zeros(len(self._task.cost), dtype=bool)
            for cells, cover in self._parts:
                suggested[cells] |= cover.suggest()
            yield suggested


class Reach:
    """How far a form can move when each cell moves no further than in proportion to how much of it is hidden."""

    def __init__(self, model: Model, must: Flags) -> None:
        self._counts = model.counts.astype(np.float64)
        self._still = model.forced
        self._free = must & ~model.forced
        self.steps = 0
        self._every = np.arange(len(self._counts), dtype=np.int32)
        rows = sparse.vstack([model.equal, model.least]).tocsc().astype(np.float64)
        slack = (model.least @ model.counts).astype(np.float64)
        programme = highspy.HighsLp()
        programme.num_col_, programme.num_row_ = rows.shape[1], rows.shape[0]
        programme.sense_ = highspy.ObjSense.kMaximize
        programme.col_cost_, programme.col_lower_, programme.col_upper_ = np.zeros((3, rows.shape[1]))
        nothing = np.zeros(model.equal.shape[0])
        programme.row_lower_ = np.append(nothing, -slack)
        programme.row_upper_ = np.append(nothing, np.full(len(slack), highspy.kHighsInf))
        programme.a_matrix_.format_ = highspy.MatrixFormat.kColwise
        programme.a_matrix_.start_ = rows.indptr
        programme.a_matrix_.index_ = rows.indices
        programme.a_matrix_.value_ = rows.data
        self._solver = _quiet()
        self._solver.setOptionValue("presolve", "off")
        self._solver.passModel(programme)

    def factors(self, form: Form, sign: int, needed: int, owner: int, share: Shares) -> Shares | None:
        """What of each cell holds the form back, as a share of what is missing; None when it moves as far as needed,
        or can't when all is hidden."""
        wanted = needed * (1.0 if owner < 0 else share[owner])
        up = np.full(len(share), float(needed))
        down = np.minimum(self._counts, needed)
        low, high = -down * share, up * share
        free = self._free.copy()
        if owner >= 0:
            free[owner] = True
        low[free], high[free] = -self._counts[free], highspy.kHighsInf
        low[self._still] = high[self._still] = 0
        cost = np.zeros(len(share))
        cost[form.plus] = sign
        if form.minus >= 0:
            cost[form.minus] = -sign
        solver = self._solver
        solver.changeColsBounds(len(share), self._every, low, high)
        solver.changeColsCost(len(share), self._every, cost)
        solver.run()
        self.steps += solver.getInfo().simplex_iteration_count
        if solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            return None
        reached = solver.getInfo().objective_function_value
        if reached >= wanted - SHORT * needed:
            return None
        dual = np.array(solver.getSolution().col_dual)
        held = np.maximum(dual, 0) * up + np.maximum(-dual, 0) * down
        held[free | self._still] = 0
        missing = needed - max(0.0, reached - float(held @ share))
        factors: Shares = np.minimum(held / missing, 1.0)
        factors[factors < SHORT] = 0
        return factors if factors.sum() >= 1 else None


class Cover:
    """The cheapest pattern that fulfils all cuts found so far."""

    def __init__(self, task: Task) -> None:
        self._task, self._demands = task, Demands(task)
        self._reach = Reach(task.model, task.must)
        self._open = ~task.must & ~task.model.forced
        self._column = np.cumsum(self._open, dtype=np.int32) - 1
        self._every = np.flatnonzero(self._demands.wanted[:, 0]).tolist()
        self._known: set[tuple[bytes, bytes]] = set()
        self.bound = 0.0  # no good pattern costs less
        self.complete = False  # whether there is nothing more to find
        self._last = task.must
        size = int(self._open.sum())
        programme = highspy.HighsLp()
        programme.num_col_, programme.num_row_ = size, 0
        programme.col_cost_ = task.cost[self._open]
        programme.col_lower_, programme.col_upper_ = np.zeros(size), np.ones(size)
        programme.a_matrix_.start_ = np.zeros(size + 1, dtype=np.int32)
        self._solver = _quiet()
        self._solver.passModel(programme)
        self._relax()
        every = np.arange(size, dtype=np.int32)
        self._solver.changeColsIntegrality(size, every, np.full(size, highspy.HighsVarType.kInteger))
        self._solver.setOptionValue("mip_max_nodes", NODES)
        self._solver.setOptionValue("mip_rel_gap", GAP)

    def suggest(self) -> Flags:
        """The next pattern; what it lacks is known from then on. The same as before when it lacked nothing."""
        share = None if self.complete else self._solve()
        if share is None:
            self.complete = True
            return self._last
        told = self._solver.getInfo()
        self.bound = max(self.bound, told.mip_dual_bound)
        self._last = share > 0.5
        hard = told.simplex_iteration_count > HARD
        self.complete = hard or not self._add(self._last.astype(np.float64), self._every)
        return self._last

    def _relax(self) -> None:
        """Cuts while cells may be hidden in part: mostly of those demands that lacked something the time before."""
        asked = self._every
        for _ in range(ROUNDS):
            share = self._solve()
            if share is None or self._reach.steps > STEPS:
                self.complete = True
                return
            lacking = self._add(share, asked)
            if not lacking and len(asked) < len(self._every):
                lacking = self._add(share, self._every)
            if not lacking:
                return
            asked = lacking

    def _solve(self) -> Shares | None:
        """How much of each cell is hidden."""
        self._solver.run()
        if self._solver.getInfo().primal_solution_status != highspy.SolutionStatus.kSolutionStatusFeasible:
            return None
        share = np.where(self._task.must, 1.0, 0.0)
        share[self._open] = np.clip(self._solver.getSolution().col_value, 0.0, 1.0)
        return share

    def _add(self, share: Shares, asked: Sequence[int]) -> list[int]:
        """Add the cuts that this breaks; of which of these demands."""
        lacking = []
        for n in asked:
            factors = self._lacks(n, share)
            if factors is None:
                continue
            cells, owner = np.flatnonzero(factors), int(self._demands.owner[n])
            columns, values, least = self._column[cells].astype(np.int32), factors[cells], 1.0
            if owner >= 0 and self._open[owner]:  # only as far as its owner is hidden
                columns, values, least = np.append(columns, self._column[owner]), np.append(values, -1.0), 0.0
            told = columns.tobytes(), np.round(values, 6).tobytes()
            if told not in self._known:
                self._known.add(told)
                self._solver.addRow(least, highspy.kHighsInf, len(columns), columns.astype(np.int32), values)
                lacking.append(n)
        return lacking

    def _lacks(self, n: int, share: Shares) -> Shares | None:
        """What holds a demand back when so much is hidden, by cell: of those so much must be hidden; None if nothing."""
        demand, owner = self._demands.each[n], int(self._demands.owner[n])
        if owner >= 0 and share[owner] < SHORT:
            return None
        away = demand.side == "away"
        needed = 1 if away else abs(demand.bound - int(demand.form.of(self._task.model.counts)))
        factors = np.zeros(len(share))
        for sign in (1, -1) if away else (1 if demand.side == "up" else -1,):
            held = self._reach.factors(demand.form, sign, needed, owner, share)
            if held is None:
                return None
            factors += held
        return np.minimum(factors, 1.0)


def _quiet() -> highspy.Highs:
    solver = highspy.Highs()
    for option, value in (("output_flag", False), ("threads", 1), ("random_seed", 1)):
        solver.setOptionValue(option, value)
    return solver
