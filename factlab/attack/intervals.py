"""What numbers a hidden cell, or a sum of cells, can still be: linear programmes with whole-number ends."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property

import highspy
import numpy as np
from numpy.typing import NDArray
from scipy.sparse import block_array, csr_array, eye_array, hstack, vstack
from scipy.sparse.csgraph import connected_components

from factlab.attack.system import System

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Numbers = Ints | Floats
Terms = Mapping[int, int]

CLOSE = 1e-6  # the solver's own tolerance is 1e-7
PATIENCE = 20.0  # seconds for one integer programme
STEPS = 4  # rows to go from what is wrong with a table, for the cells that are changed first
DEAR = 10.0  # how much worse it is when a cell to keep becomes less
ENOUGH = 0.1  # more than the least change: any table near will do
BRANCHES = 500  # for that
SMALL = 500  # cells: presolving costs more than it brings


class Contradiction(Exception):
    """No numbers fit what is printed. `cells` is where it shows."""

    def __init__(self, cells: Iterable[int]) -> None:
        super().__init__("what is printed contradicts itself")
        self.cells = tuple(cells)


class Undecided(Exception):
    """An integer programme took too long."""


@dataclass(frozen=True)
class Bounds:
    """The least and the most that each cell can be, by following one row at a time."""

    least: Ints
    most: Ints
    limit: int  # stands for: without end


def follow(system: System, rounds: int = 12, limit: int | None = None) -> Bounds:
    """Follow the rows until nothing new comes out. Raises Contradiction."""
    least, most = system.ends
    limit = limit or 10 * (int(max(least.max(initial=0), most.max(initial=0))) + 1000)
    most = np.where(most < 0, limit, most)
    if (least > most).any():
        raise Contradiction(np.flatnonzero(least > most)[:1].tolist())
    lows = system.lows
    rows = system.rows.tocoo()
    row, cell, factor = rows.row, rows.col, rows.data
    positive = factor > 0
    for _ in range(rounds):
        smallest = np.where(positive, factor * least[cell], factor * most[cell])
        largest = np.where(positive, factor * most[cell], factor * least[cell])
        low = np.bincount(row, smallest, len(system.equal)).astype(np.int64) - lows
        high = np.bincount(row, largest, len(system.equal)).astype(np.int64) - lows
        wrong = (high < 0) | (system.equal & (low > 0))
        if wrong.any():
            raise Contradiction(cell[row == int(np.flatnonzero(wrong)[0])].tolist())
        # Σ ≥ low asks of each term at least `low` less the most of the others; Σ ≤ low the other way round.
        at_least = -(high[row] - largest)
        at_most = np.where(system.equal[row], -(low[row] - smallest), np.iinfo(np.int64).max)
        up = np.full(len(least), np.iinfo(np.int64).max)
        down = np.zeros(len(least), dtype=np.int64)
        ends = system.equal[row]
        size = np.abs(factor)
        np.maximum.at(down, cell[positive], -(-at_least[positive] // size[positive]))
        np.minimum.at(up, cell[~positive], -at_least[~positive] // size[~positive])
        np.minimum.at(up, cell[positive & ends], at_most[positive & ends] // size[positive & ends])
        np.maximum.at(down, cell[~positive & ends], -(at_most[~positive & ends] // size[~positive & ends]))
        tighter_least, tighter_most = np.maximum(least, down), np.minimum(most, up)
        crossed = tighter_least > tighter_most
        if crossed.any():
            raise Contradiction(np.flatnonzero(crossed)[:1].tolist())
        if (tighter_least == least).all() and (tighter_most == most).all():
            break
        least, most = tighter_least, tighter_most
    return Bounds(least, most, limit)


class Component:
    """Hidden cells that are tied together: row · cell is `low`, or at least that, and each cell is within its ends."""

    def __init__(
        self,
        cells: Ints,
        rows: csr_array,
        low: Ints,
        equal: NDArray[np.bool_],
        ends: tuple[Ints, Ints],
        limit: int,
    ) -> None:
        self.cells = cells
        self.limit = limit
        self._rows, self._low, self._equal = rows, low, equal
        self._least, self._most = ends
        self._linear: highspy.Highs | None = None
        self._integer: highspy.Highs | None = None
        self._cost: Terms = {}

    @cached_property
    def _crossed(self) -> csr_array:
        """Which rows each cell stands in."""
        return csr_array(abs(self._rows).T.tocsr())

    @cached_property
    def _neighbours(self) -> csr_array:
        """Cells that stand together in a row that adds up."""
        add_up = self._rows[self._equal]
        return csr_array(abs(add_up.T) @ abs(add_up))

    def around(self, terms: Terms, table: Ints, size: int) -> tuple[Component, dict[int, int]] | None:
        """The cells nearest to these, about `size` of them, when all others stay as in `table`.

        Gives the place of each cell in the part; None when that is no smaller.
        """
        near = np.zeros(len(self.cells), dtype=bool)
        near[list(terms)] = True
        count = 0
        while count < near.sum() < size:
            count = int(near.sum())
            near |= np.asarray(self._neighbours @ near.astype(np.int64)) > 0
        if near.all() or 2 * near.sum() > len(near):
            return None
        free = np.flatnonzero(near)
        part = self._held(free, table)
        return part, {int(cell): n for n, cell in enumerate(free)}

    def _held(self, free: Ints, table: Ints) -> Component:
        """These cells, when all others stay as in `table`."""
        fixed = table.copy()
        fixed[free] = 0
        touched = np.diff(self._rows[:, free].indptr) > 0
        return Component(
            self.cells[free],
            csr_array(self._rows[touched][:, free]),
            self._low[touched] - np.asarray(self._rows[touched] @ fixed),
            self._equal[touched],
            (self._least[free], self._most[free]),
            self.limit,
        )

    def apart(self, free: Ints, table: Ints) -> Iterator[tuple[Component, Ints]]:
        """The groups of these cells that hang together when all others stay as in `table`, with their places here."""
        rows = self._rows[:, free]
        touched = np.flatnonzero(np.diff(rows.indptr) > 0)
        tied = csr_array(abs(rows[touched]))
        _, label = connected_components(csr_array(tied.T @ tied), directed=False)
        for mark in range(label.max(initial=-1) + 1):
            own = free[label == mark]
            yield self._held(own, table), own

    def _programme(self, forms: csr_array | None = None, goal: Ints | None = None) -> highspy.Highs:
        """The programme of the cells; with forms, also a variable for each: no more than the form, nor than its goal."""
        rows, low, equal, least, most = self._rows, self._low, self._equal, self._least, self._most
        if forms is not None and goal is not None:
            many = len(goal)
            rows = csr_array(block_array([[rows, None], [forms, -eye_array(many, dtype=np.int64)]]))
            low = np.concatenate([low, np.zeros(many, dtype=np.int64)])
            equal = np.concatenate([equal, np.zeros(many, dtype=bool)])
            least = np.concatenate([least, np.full(many, -self.limit)])
            most = np.concatenate([most, goal])
        high = np.where(equal, low.astype(float), highspy.kHighsInf)
        programme = _passed(np.zeros(len(least)), (least, most), rows, (low, high))
        if forms is None:
            programme.setOptionValue(
                "simplex_strategy", 4
            )  # primal: the last table is a start for the next goal
        return programme

    def inside(self, table: Ints) -> Ints:
        """The numbers, each within its ends."""
        return np.clip(table, self._least, self._most)

    def nearest(
        self, table: Ints, terms: Terms, goal: int, keep: NDArray[np.bool_] | None = None
    ) -> Ints | None:
        """A whole table that differs little from this one and of which Σ factor · cell is at least the goal; None when
        none was found. `table` need not fit, but lies within the ends of its cells; those to `keep` are rather not less."""
        keep = np.zeros(len(table), dtype=bool) if keep is None else keep
        free = self._tied(table, terms, goal)
        if 2 * len(free) < len(table):
            place = {int(cell): n for n, cell in enumerate(free)}
            part = self._held(free, table)
            turned = {place[cell]: factor for cell, factor in terms.items()}
            changed = part._least_change(table[free], turned, goal, keep[free])
            if changed is not None:
                found = table.copy()
                found[free] = changed
                if self.fits(found):
                    return found
        return self._least_change(table, terms, goal, keep)

    def _tied(self, table: Ints, terms: Terms, goal: int) -> Ints:
        """The cells that are at most a few rows away from what is wrong with the table; a row with room left ties nothing."""
        room = np.asarray(self._rows @ table) - self._low
        tight = self._tight(table)
        near = np.asarray(self._crossed @ ((room < 0) | (self._equal & (room > 0))).astype(np.int64)) > 0
        if sum(factor * int(table[cell]) for cell, factor in terms.items()) < goal:
            near[list(terms)] = True
        for _ in range(STEPS):
            near = self._beside(near, tight)
        return np.flatnonzero(near)

    def _tight(self, table: Ints) -> NDArray[np.bool_]:
        """The rows that leave no room."""
        return self._equal | (np.asarray(self._rows @ table) <= self._low)

    def _beside(self, cells: NDArray[np.bool_], rows: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """These cells, and those that stand in one of these rows with one of them."""
        rows = rows & (np.asarray(abs(self._rows) @ cells.astype(np.int64)) > 0)
        return np.asarray(cells | (np.asarray(self._crossed @ rows.astype(np.int64)) > 0))

    def _least_change(self, table: Ints, terms: Terms, goal: int, keep: NDArray[np.bool_]) -> Ints | None:
        """That, whichever cells it takes."""
        many = len(table)
        form = csr_array((list(terms.values()), ([0] * len(terms), list(terms))), shape=(1, many))
        rows = csr_array(vstack([self._rows, form]))
        low = np.append(self._low, goal) - np.asarray(rows @ table)
        high = np.where(np.append(self._equal, False), low.astype(float), highspy.kHighsInf)
        ends = np.zeros(2 * many), np.concatenate([self._most - table, table - self._least]).astype(float)
        cost = np.ones(2 * many)  # how far each cell goes up, and down
        cost[many:][keep] = DEAR
        programme = _passed(cost, ends, csr_array(hstack([rows, -rows])), (low, high))
        programme.setOptionValue("presolve", "off")  # from no change at all, that is near
        programme.setOptionValue("time_limit", PATIENCE)
        programme.run()
        found = self._changed(programme, table, terms, goal)
        if found is not None or not _feasible(programme):
            return found
        change = np.array(programme.getSolution().col_value)
        every = np.arange(2 * many, dtype=np.int32)
        programme.changeColsIntegrality(2 * many, every, np.full(2 * many, highspy.HighsVarType.kInteger))
        programme.setOptionValue("presolve", "on")
        programme.setOptionValue("mip_rel_gap", ENOUGH)
        programme.setOptionValue("mip_max_nodes", BRANCHES)
        programme.setOptionValue("mip_heuristic_run_feasibility_jump", False)  # costs more than it brings
        # What isn't whole is looked for again with what is tied to it, then with more, at last with all.
        near = (np.abs(change - np.rint(change)) > CLOSE).reshape(2, many).any(axis=0)
        up, down = np.split(np.rint(change).astype(np.int64), 2)
        tight = self._tight(table + up - down)
        for step in range(4):
            near = self._beside(near, tight) if step < 3 else near | ~near
            kept = np.tile(~near, 2)
            least, most = (np.where(kept, np.rint(change), end) for end in ends)
            programme.changeColsBounds(2 * many, every, least, most)
            programme.run()
            found = self._changed(programme, table, terms, goal)
            if found is not None:
                return found
        return None

    def _changed(self, programme: highspy.Highs, table: Ints, terms: Terms, goal: int) -> Ints | None:
        """The table with the changes that were found, if that fits and reaches the goal."""
        if not _feasible(programme):
            return None
        up, down = np.split(np.rint(programme.getSolution().col_value), 2)
        found: Ints = table + (up - down).astype(np.int64)
        reached = sum(factor * int(found[cell]) for cell, factor in terms.items()) >= goal
        return found if reached and self.fits(found) else None

    def fits(self, table: Ints) -> bool:
        """Whether the numbers agree with all that is printed, by whole-number arithmetic."""
        value = np.asarray(self._rows @ table)
        inside = (table >= self._least).all() and (table <= self._most).all()
        return bool(
            inside and (value[self._equal] == self._low[self._equal]).all() and (value >= self._low).all()
        )

    def towards(self, terms: Terms, sense: int) -> tuple[int, Ints | None]:
        """The outer end of Σ factor · cell, upwards (1) or downwards (-1), and a whole table that was met there.

        The end is rounded inwards to a whole number; None when the table met isn't whole. Raises Contradiction.
        """
        if self._linear is None:
            self._linear = self._programme()
        for cell in self._cost:
            self._linear.changeColCost(cell, 0.0)
        for cell, factor in terms.items():
            self._linear.changeColCost(cell, -float(sense * factor))
        self._cost = terms
        _solve(self._linear)
        return self._read(self._linear, terms, sense)

    @contextmanager
    def at_least(self, cell: int, number: int) -> Iterator[None]:
        """As long as this lasts, the linear ends are those of tables with so many in a cell."""
        if self._linear is None:
            self._linear = self._programme()
        least, most = float(self._least[cell]), float(self._most[cell])
        self._linear.changeColBounds(cell, max(least, min(number, most)), most)
        try:
            yield
        finally:
            self._linear.changeColBounds(cell, least, most)

    def exactly(self, terms: Terms, sense: int) -> tuple[int, Ints]:
        """The same end among whole numbers only. Raises Contradiction, Undecided."""
        if self._integer is None:
            self._integer = self._programme()
            self._integer.setOptionValue("time_limit", PATIENCE)
            every = np.arange(len(self.cells), dtype=np.int32)
            whole = np.full(len(every), highspy.HighsVarType.kInteger)
            self._integer.changeColsIntegrality(len(every), every, whole)
        every = np.arange(len(self.cells), dtype=np.int32)
        cost = np.zeros(len(self.cells))
        for cell, factor in terms.items():
            cost[cell] = -sense * factor
        self._integer.changeColsCost(len(every), every, cost)
        _solve(self._integer)
        end, table = self._read(self._integer, terms, sense)
        if table is None:
            raise Undecided
        return end, table

    def spread(self, forms: csr_array, goal: Ints) -> Ints | None:
        """A whole table in which many forms come near their goal together; None when none was found.

        The sum of min(form, goal) is made largest among fractions; a whole table near that will do. Raises Contradiction.
        """
        many, cells = len(goal), len(self.cells)
        programme = self._programme(forms, goal)
        programme.changeColsCost(many, np.arange(cells, cells + many, dtype=np.int32), np.full(many, -1.0))
        programme.setOptionValue("time_limit", PATIENCE)
        if cells < SMALL:
            programme.setOptionValue("presolve", "off")
        _solve(programme)
        if programme.getModelStatus() == highspy.HighsModelStatus.kInfeasible:
            self.exactly({}, 1)  # raises when that is so
        if not _feasible(programme):
            return None
        value = np.array(programme.getSolution().col_value[:cells])
        table = self.inside(np.rint(value).astype(np.int64))
        return table if self.fits(table) else self.nearest(table, {}, 0)

    def _read(self, programme: highspy.Highs, terms: Terms, sense: int) -> tuple[int, Ints | None]:
        status = programme.getModelStatus()
        if status == highspy.HighsModelStatus.kInfeasible:
            raise Contradiction(self.cells.tolist())
        if status != highspy.HighsModelStatus.kOptimal:
            raise Undecided
        value = np.array(programme.getSolution().col_value)
        end = sense * sum(factor * value[cell] for cell, factor in terms.items())
        table = np.rint(value).astype(np.int64)
        whole = bool((np.abs(value - table) < 1e-3).all()) and self.fits(table)
        return sense * int(np.floor(end + CLOSE * max(1.0, abs(end)))), table if whole else None


def _passed(
    cost: Floats, ends: tuple[Numbers, Numbers], rows: csr_array, sides: tuple[Numbers, Numbers]
) -> highspy.Highs:
    """The programme of the least cost, with variables and rows each between two ends."""
    programme = highspy.Highs()
    programme.silent()
    programme.setOptionValue("threads", 1)
    programme.passModel(
        *(len(cost), len(sides[0]), rows.nnz, int(highspy.MatrixFormat.kRowwise)),
        *(int(highspy.ObjSense.kMinimize), 0.0, cost),
        *(end.astype(float) for end in (*ends, *sides)),
        *(rows.indptr.astype(np.int32), rows.indices.astype(np.int32), rows.data.astype(float)),
        np.zeros(len(cost), dtype=np.int32),  # not whole
    )
    return programme


def _feasible(programme: highspy.Highs) -> bool:
    return bool(programme.getInfo().primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible)


def _solve(programme: highspy.Highs) -> None:
    """Run the solver; where it ends without an answer, run it once more from nothing and without presolve.

    HiGHS 1.15 was seen to call a programme infeasible of which a solution was known, after a warm start and with
    presolve. Believing it would accuse a sound publication.
    """
    programme.run()
    if programme.getModelStatus() not in (
        highspy.HighsModelStatus.kOptimal,
        highspy.HighsModelStatus.kTimeLimit,
    ):
        programme.clearSolver()
        programme.setOptionValue("presolve", "off")
        programme.run()
        programme.setOptionValue("presolve", "choose")


def components(system: System, bounds: Bounds) -> tuple[Component, ...]:
    """The cells that aren't settled yet, in groups that have no row and no form in common."""
    free = bounds.least < bounds.most
    cells = np.flatnonzero(free)
    if not len(cells):
        return ()
    local = np.full(len(free), -1)
    local[cells] = np.arange(len(cells))
    rows = system.rows.tocoo()
    smallest = np.where(rows.data > 0, rows.data * bounds.least[rows.col], rows.data * bounds.most[rows.col])
    asks = system.equal | (np.bincount(rows.row, smallest, len(system.equal)) < system.lows)
    told = free[rows.col] & asks[rows.row]  # the ends of the cells see to the other rows
    ties = [(rows.row[told], local[rows.col[told]])]
    at = len(system.equal)
    pairs = [
        (at + n, local[cell]) for n, form in enumerate(system.forms) for cell, _ in form.terms if free[cell]
    ]
    if pairs:
        ties.append(tuple(np.array(pairs).T))
    row = np.concatenate([r for r, _ in ties])
    col = np.concatenate([c for _, c in ties])
    count = at + len(system.forms)
    graph = csr_array((np.ones(len(row)), (row, count + col)), shape=(count + len(cells),) * 2)
    _, label = connected_components(graph, directed=False)
    of_cell, of_row = label[count:], label[:at]
    has = np.zeros(at, dtype=bool)
    has[rows.row[told]] = True
    fixed = np.where(free, 0, bounds.least)
    low = system.lows - np.asarray(system.rows @ fixed)
    found = []
    for mark in dict.fromkeys(of_cell.tolist()):
        own, its = cells[of_cell == mark], np.flatnonzero((of_row == mark) & has)
        ends = bounds.least[own], bounds.most[own]
        part = csr_array(system.rows[its][:, own])
        found.append(Component(own, part, low[its], system.equal[its], ends, bounds.limit))
    return tuple(found)
