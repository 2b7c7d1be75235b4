"""Which cells are hidden: those that move in the witnesses, and no more of them than it takes."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from factlab.disclosure import rules
from factlab.disclosure.knower import Knower, Witness, nobody
from factlab.disclosure.model import Model, values
from factlab.disclosure.patterns import Flags, Matrix
from factlab.disclosure.releases import Together
from factlab.disclosure.rules import Demand, Form
from factlab.disclosure.swaps import Ground
from factlab.disclosure.witness import Search
from factlab.errors import DisclosureError

HIDDEN = 0.001  # the cost of moving what is hidden already, as a share of what it cost to hide
LEAN = 100  # demands, person by person, that may lose their last witness when a cell is published again
SIDES = ("up", "down", "away")


@dataclass(frozen=True, repr=False)
class Task:
    model: Model
    forms: tuple[Form, ...]  # each one's interval must contain [0, k]
    withheld: frozenset[int]  # cells that are hidden whatever their count
    guarantee: tuple[tuple[Demand, ...], ...]  # what must hold of a cell, by its place, once it is hidden
    k: int
    cost: NDArray[np.float64]
    zones: Matrix | None = None  # see witness.Search
    ground: Ground | None = None  # see swaps
    knowers: tuple[Knower, ...] = ()  # who know more; they may not pin what they don't know anyway
    apart: tuple[Form, ...] = ()  # differences of two cells that no knower may pin
    totals: frozenset[int] = frozenset()  # cells of which what another cell leaves is that cell's complement
    also: tuple[Demand, ...] = ()  # demands besides those of the forms, that hold whatever is hidden
    before: Together | None = None  # what readers know already from earlier releases

    @cached_property
    def must(self) -> Flags:
        """Cells that are hidden for their own sake."""
        chosen = np.zeros(len(self.model.counts), dtype=bool)
        chosen[[form.plus for form in self.forms if form.minus < 0]] = True
        chosen[list(self.withheld)] = True
        return chosen

    @cached_property
    def asked(self) -> tuple[Demand, ...]:
        """The upper ends of all forms first: they move most, and so meet others on the way; then the lower ends."""
        ordered = sorted(self.forms, key=lambda form: -int(form.of(self.model.counts)))
        ends = [rules.both_sides(form, self.k) for form in ordered]
        return (*(up for _, up in ends), *(down for down, _ in ends), *self.also)

    def everyone(self) -> tuple[Knower, ...]:
        """Any reader first, then who know more."""
        return (nobody(len(self.model.counts)), *self.knowers)


class Demands:
    """All that may be demanded, as arrays: what is asked of forms, then of cells once they are hidden."""

    def __init__(self, task: Task) -> None:
        counts = task.model.counts
        self._cells = len(counts)
        own = [(cell, demand) for cell, granted in enumerate(task.guarantee) for demand in granted]
        pinned = [Demand(form, "away", int(form.of(counts))) for form in task.apart]
        self.each = (*task.asked, *pinned, *(demand for _, demand in own))
        self.asked = len(task.asked)
        # Of which cell a demand is, -1 when it holds whatever is hidden.
        self.owner = np.array([-1] * (self.asked + len(pinned)) + [cell for cell, _ in own], dtype=np.int64)
        self.plus = np.array([demand.form.plus for demand in self.each], dtype=np.int64)
        self.minus = np.array([demand.form.minus for demand in self.each], dtype=np.int64)
        self._side = np.array([SIDES.index(demand.side) for demand in self.each], dtype=np.int64)
        self._bound = np.array([demand.bound for demand in self.each], dtype=np.int64)
        self._start = counts[self.plus] - np.where(self.minus >= 0, counts[self.minus], 0)
        self.trivial = self.met(np.arange(len(self.each)), np.zeros(len(self.each), dtype=np.int64))
        self.wanted = self._wanted(task)

    def _wanted(self, task: Task) -> Flags:
        """[demand, who]: any reader wants all but what is only asked of others, who may know its subject themselves: a
        hidden cell with what it leaves of all, or both cells of a difference."""
        wanted = np.zeros((len(self.each), 1 + len(task.knowers)), dtype=bool)
        wanted[:, 0] = True
        wanted[self.asked : self.asked + len(task.apart), 0] = False
        own = self.owner[self.asked :]
        plus, minus = self.plus[self.asked :], self.minus[self.asked :]
        whole = np.isin(plus, list(task.totals))
        for who, knower in enumerate(task.knowers, 1):
            both = knower.fixed[minus] & (knower.fixed[plus] | whole)
            wanted[self.asked :, who] = ~np.where(own >= 0, knower.fixed[own], both)
        wanted[self.trivial] = False
        if task.before is not None:
            wanted[[n for n, demand in enumerate(self.each) if task.before.told(demand)]] = False
        return wanted

    def active(self, hidden: Flags) -> Flags:
        """Which hold when these cells are hidden."""
        return (self.owner < 0) | hidden[self.owner]

    def moved(self, demand: int, deviations: Matrix) -> Matrix:
        """How far each of these deviations (one a row) moves the form of a demand."""
        plus, minus = deviations[:, self.plus[demand]], deviations[:, self.minus[demand]]
        return plus - minus if self.minus[demand] >= 0 else plus

    def met(self, which: Matrix, moved: Matrix) -> Flags:
        """Whether these demands are met when their forms move so much."""
        value, bound, side = self._start[which] + moved, self._bound[which], self._side[which]
        return np.asarray(
            np.where(side == 0, value >= bound, np.where(side == 1, value <= bound, value != bound)),
            dtype=bool,
        )

    def met_by(self, found: Witness) -> Matrix:
        """The demands that a witness meets."""
        which, moved = values(self._by_cell, found.cells, found.moved)
        return which[self.met(which, moved)]

    def met_each(self, deviations: sparse.csr_array) -> sparse.csr_array:
        """[deviation, demand]: 1 where a deviation meets a demand. One that doesn't move the form meets nothing."""
        moved = sparse.coo_array(deviations @ self.forms.T)
        met = np.flatnonzero(self.met(moved.col, moved.data))
        return sparse.csr_array((np.ones(len(met)), (moved.row[met], moved.col[met])), shape=moved.shape)

    @cached_property
    def forms(self) -> sparse.csr_array:
        """[demand, cell]: the form that each is about."""
        minus = np.flatnonzero(self.minus >= 0)
        which = np.concatenate([np.arange(len(self.each)), minus])
        cells = np.concatenate([self.plus, self.minus[minus]])
        signs = np.repeat([1, -1], [len(self.each), len(minus)])
        return sparse.csr_array((signs, (which, cells)), shape=(len(self.each), self._cells))

    @cached_property
    def _by_cell(self) -> sparse.csc_array:
        return self.forms.tocsc()


class Evidence:
    """The witnesses found, which demands each meets, and for whom: `supply[demand, who]` counts them."""

    def __init__(self, task: Task, demands: Demands) -> None:
        self._demands = demands
        self._found: dict[int, Witness] = {}
        self._meets: dict[int, Matrix] = {}
        self._movers: list[set[int]] = [set() for _ in task.model.counts]
        self._next = 0
        self.supply = np.zeros(demands.wanted.shape, dtype=np.int64)

    def add(self, found: Witness) -> None:
        meets = self._demands.met_by(found)
        number, self._next = self._next, self._next + 1
        self._found[number], self._meets[number] = found, meets
        self.supply[meets] += found.valid
        for cell in found.cells.tolist():
            self._movers[cell].add(number)

    def without(self, cell: int) -> tuple[Matrix, Matrix]:
        """The demands that witnesses moving this cell meet, and how much supply they would lose for each person."""
        gone = sorted(self._movers[cell])
        if not gone:
            return np.zeros(0, dtype=np.int64), np.zeros((0, self._demands.wanted.shape[1]), dtype=np.int64)
        meets = [self._meets[number] for number in gone]
        which, place = np.unique(np.concatenate(meets), return_inverse=True)
        witness = np.repeat(np.arange(len(gone)), [len(some) for some in meets])
        ones = np.ones(len(place), dtype=np.int64)
        many = sparse.csr_array((ones, (place, witness)), shape=(len(which), len(gone)))
        return which, many @ np.array([self._found[number].valid for number in gone], dtype=np.int64)

    def drop(self, cell: int) -> None:
        """Forget the witnesses that move this cell."""
        for number in sorted(self._movers[cell]):
            found = self._found.pop(number)
            self.supply[self._meets.pop(number)] -= found.valid
            for moved in found.cells.tolist():
                self._movers[moved].discard(number)

    def deviations(self) -> sparse.csr_array:
        """All witnesses, one a row."""
        rows = [self._found[number] for number in sorted(self._found)]
        starts = np.cumsum([0, *(len(row.cells) for row in rows)])
        nothing = [np.zeros(0, dtype=np.int64)]
        cells = np.concatenate([*nothing, *(row.cells for row in rows)])
        moved = np.concatenate([*nothing, *(row.moved for row in rows)])
        return sparse.csr_array((moved, cells, starts), shape=(len(rows), len(self._movers)))


def suppress(task: Task) -> Flags:
    """Hide so that every form's interval contains [0, k] and every hidden cell has its guarantee, for any reader; and
    so that who know more pin nothing that they don't know anyway."""
    demands = Demands(task)
    hidden, evidence = attempt(task, demands)
    verify(task, hidden, evidence.deviations(), demands)
    return hidden


def attempt(task: Task, demands: Demands, first: Matrix | None = None) -> tuple[Flags, Evidence]:
    """A pattern with its witnesses, not verified yet. What moves is looked for among the cells `first` first."""
    search = Search(task.model, task.cost, task.zones, task.ground, task.everyone())
    if first is not None:
        search.cheapen(first, HIDDEN * task.cost[first])
    evidence = Evidence(task, demands)
    hidden = _spread(task, demands, search, evidence)
    return _shrink(task, demands, search, evidence, hidden), evidence


def _spread(task: Task, demands: Demands, search: Search, evidence: Evidence) -> Flags:
    """Hide what must be, then whatever moves in the cheapest witness of each demand that none before it meets."""
    hidden = np.zeros(len(task.model.counts), dtype=bool)
    granted = _split(demands.owner, len(hidden))
    queue = deque(range(demands.asked))

    def hide(cells: Matrix) -> None:
        if not len(cells):
            return
        hidden[cells] = True
        search.cheapen(cells, HIDDEN * task.cost[cells])
        for cell in cells.tolist():
            queue.extend(granted[cell])

    def meet(demand: int, who: int) -> None:
        if evidence.supply[demand, who] or not demands.wanted[demand, who]:
            return
        found = search.find(demands.each[demand], who)
        if found is None and who:
            demands.wanted[demand, who] = False  # it knows that of its own clients, whatever is published
            return
        if found is None and task.before is not None and task.before.excluded(demands.each[demand]):
            demands.wanted[demand] = False  # readers know that from earlier releases, whatever is published
            return
        if found is None:
            raise DisclosureError("disclosure.cannot_protect")
        evidence.add(found)
        hide(found.cells[~hidden[found.cells]])

    hide(np.flatnonzero(task.must))
    while True:
        while queue:
            meet(queue.popleft(), 0)
        unmet = list(_unmet(demands, evidence, hidden))
        if not unmet:
            return hidden
        for demand, who in unmet:
            meet(demand, who)


def _split(owner: Matrix, cells: int) -> list[list[int]]:
    """Of each cell its own demands."""
    granted: list[list[int]] = [[] for _ in range(cells)]
    for demand in np.flatnonzero(owner >= 0).tolist():
        granted[owner[demand]].append(demand)
    return granted


def _unmet(demands: Demands, evidence: Evidence, hidden: Flags) -> Iterator[tuple[int, int]]:
    """The demands that nothing meets yet for somebody, person by person."""
    active = demands.active(hidden)
    for who in range(demands.wanted.shape[1]):
        open_ = active & demands.wanted[:, who] & (evidence.supply[:, who] == 0)
        yield from ((demand, who) for demand in np.flatnonzero(open_).tolist())


def _shrink(task: Task, demands: Demands, search: Search, evidence: Evidence, hidden: Flags) -> Flags:
    """Publish again what need not be hidden, the dearest first. Only the demands that lose their last witness by it
    are searched for again, among what is still hidden; those that kept another cell hidden before, first."""
    hidden = hidden.copy()
    blamed = np.zeros(demands.wanted.shape, dtype=np.int64)
    search.fix(np.flatnonzero(~hidden & ~task.model.forced))
    search.settle()
    left = task.model.left(hidden)
    order = np.flatnonzero(hidden & ~task.must)
    for cell in order[np.argsort(-task.cost[order], kind="stable")].tolist():
        rows = task.model.rows_of(cell)
        if (left[rows] == 2).any():  # a single hidden cell would be left in some sum: that one would be exact
            continue
        which, lost = evidence.without(cell)
        active = demands.active(hidden)[which] & (demands.owner[which] != cell)
        gone = demands.wanted[which] & active[:, None] & (evidence.supply[which] <= lost)
        who, place = np.nonzero(gone.T)
        if len(who) > LEAN:  # so much leans on it that it would hardly work, and take long to find out
            continue
        first = np.argsort(-blamed[which[place], who], kind="stable")
        search.fix(np.array([cell]))
        for at, person in zip(place[first].tolist(), who[first].tolist(), strict=True):
            demand = int(which[at])
            if evidence.supply[demand, person] > lost[at, person]:  # what was found for another meets it too
                continue
            # rather one more cell hidden than a long search
            found = search.find(demands.each[demand], person, branch=False)
            if found is None:
                blamed[demand, person] += 1
                search.fix(np.array([cell]), release=True)
                break
            evidence.add(found)
        else:
            hidden[cell] = False
            left[rows] -= 1
            evidence.drop(cell)
    return hidden


def verify(task: Task, hidden: Flags, deviations: sparse.csr_array, demands: Demands | None = None) -> None:
    """Every demand has a witness: a table of whole numbers that keeps every relation, every published cell, and what
    the one who demands it knows. Raises a DisclosureError."""
    demands = demands or Demands(task)
    moved = sparse.csr_array(deviations)
    published = np.asarray(abs(moved) @ (~hidden).astype(np.int64)) > 0
    sound = task.model.allows(moved) & ~published
    valid = np.column_stack([sound & person.allows(moved) for person in task.everyone()])
    holds = bool(hidden[task.must].all())
    supply = np.zeros(demands.wanted.shape)
    for first in range(0, len(valid), 1000):
        some = slice(first, first + 1000)
        supply += demands.met_each(moved[some]).T @ valid[some]
    holds &= not (demands.wanted & demands.active(hidden)[:, None] & (supply == 0)).any()
    if not holds:
        raise DisclosureError("disclosure.not_verified")
