"""Which cells are hidden: those that move in the witnesses, and no more of them than it takes."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from factlab.disclosure import rules
from factlab.disclosure.model import Model
from factlab.disclosure.patterns import Flags, Matrix
from factlab.disclosure.rules import Demand, Form
from factlab.disclosure.witness import Search
from factlab.errors import DisclosureError

HIDDEN = 0.001  # the cost of moving what is hidden already, as a share of what it cost to hide


@dataclass(frozen=True, repr=False)
class Task:
    model: Model
    forms: tuple[Form, ...]  # each one's interval must contain [0, k]
    withheld: frozenset[int]  # cells that are hidden whatever their count
    guarantee: tuple[tuple[Demand, ...], ...]  # what must hold of a cell, by its place, once it is hidden
    k: int
    cost: NDArray[np.float64]

    @cached_property
    def must(self) -> Flags:
        """Cells that are hidden for their own sake."""
        chosen = np.zeros(len(self.model.counts), dtype=bool)
        chosen[[form.plus for form in self.forms if form.minus < 0]] = True
        chosen[list(self.withheld)] = True
        return chosen

    @cached_property
    def asked(self) -> tuple[Demand, ...]:
        """Both ends of every form, the smallest first: they move most, and so meet others on the way."""
        ordered = sorted(self.forms, key=lambda form: int(form.of(self.model.counts)))
        return tuple(demand for form in ordered for demand in rules.both_sides(form, self.k))

    def granted(self, cells: Matrix) -> list[tuple[int, Demand]]:
        """What these cells ask once they are hidden, each with its cell."""
        return [(cell, demand) for cell in cells.tolist() for demand in self.guarantee[cell]]


class _Witnesses:
    """The deviations found so far, kept cell by cell: a demand looks at one or two cells of all of them."""

    def __init__(self, cells: int) -> None:
        self._by_cell = np.zeros((cells, 64), dtype=np.int64)
        self._number = 1  # the first is zero: the true table agrees with itself

    @property
    def deviations(self) -> Matrix:
        return self._by_cell[:, : self._number].T

    def add(self, deviation: Matrix) -> None:
        if self._number == self._by_cell.shape[1]:
            self._by_cell = np.hstack([self._by_cell, np.zeros_like(self._by_cell)])
        self._by_cell[:, self._number] = deviation
        self._number += 1


def suppress(task: Task) -> Flags:
    """Hide so that every form's interval contains [0, k] and every hidden cell has its guarantee."""
    search = Search(task.model, task.cost)
    hidden, deviations = _spread(task, search)
    hidden, deviations = _shrink(task, search, hidden, deviations)
    verify(task, hidden, deviations)
    return hidden


def _spread(task: Task, search: Search) -> tuple[Flags, Matrix]:
    """Hide what must be, then whatever moves in the cheapest witness of each demand that none before it meets."""
    counts = task.model.counts
    hidden = np.zeros(len(counts), dtype=bool)
    witnesses = _Witnesses(len(counts))
    queue = deque(task.asked)

    def hide(cells: Matrix) -> None:
        hidden[cells] = True
        search.cheapen(cells, HIDDEN * task.cost[cells])
        queue.extend(demand for _, demand in task.granted(cells))

    hide(np.flatnonzero(task.must))
    while queue:
        demand = queue.popleft()
        if demand.met(counts, witnesses.deviations).any():
            continue
        found = search.find(demand)
        if found is None:
            raise DisclosureError("disclosure.cannot_protect")
        witnesses.add(found)
        hide(np.flatnonzero((found != 0) & ~hidden))
    return hidden, witnesses.deviations


def _shrink(task: Task, search: Search, hidden: Flags, deviations: Matrix) -> tuple[Flags, Matrix]:
    """Publish again what need not be hidden, the dearest first. Only the demands that lose their last witness by it
    are searched for again, among what is still hidden."""
    hidden = hidden.copy()
    search.fix(np.flatnonzero(~hidden & ~task.model.forced))
    granted = task.granted(np.flatnonzero(hidden))
    demands = [*task.asked, *(demand for _, demand in granted)]
    owner = np.array([-1] * len(task.asked) + [cell for cell, _ in granted])
    wanted = np.ones(len(demands), dtype=bool)
    met = _table(task, demands, deviations)
    order = np.flatnonzero(hidden & ~task.must)
    for cell in order[np.argsort(-task.cost[order], kind="stable")].tolist():
        if task.model.pins(hidden, cell):
            continue
        still_wanted = wanted & (owner != cell)
        keeps = deviations[:, cell] == 0
        lost = still_wanted & (met[keeps].sum(axis=0) == 0)
        search.fix(np.array([cell]))
        new = _search_again(task, search, [demands[place] for place in np.flatnonzero(lost).tolist()])
        if new is None:
            search.fix(np.array([cell]), release=True)
            continue
        hidden[cell], wanted = False, still_wanted
        deviations = np.vstack([deviations[keeps], new])
        met = np.vstack([met[keeps], _table(task, demands, new)])
    return hidden, deviations


def _search_again(task: Task, search: Search, lost: Sequence[Demand]) -> Matrix | None:
    """Witnesses for all of these demands, or None when one of them has none left."""
    new = np.zeros((0, len(task.model.counts)), dtype=np.int64)
    for demand in lost:
        if not demand.met(task.model.counts, new).any():
            found = search.find(demand, branch=False)  # rather one more cell hidden than a long search
            if found is None:
                return None
            new = np.vstack([new, found])
    return new


def _table(task: Task, demands: Sequence[Demand], deviations: Matrix) -> Flags:
    """Which of the deviations (rows) meet which of the demands (columns)."""
    made = [demand.met(task.model.counts, deviations) for demand in demands]
    return np.array(made, dtype=bool).reshape(len(demands), len(deviations)).T


def verify(task: Task, hidden: Flags, deviations: Matrix) -> None:
    """Every demand has a witness: a table of whole numbers that keeps every relation and every published cell."""
    sound = deviations[task.model.allows(deviations) & ~deviations[:, ~hidden].any(axis=1)]
    demands = [*task.asked, *(demand for _, demand in task.granted(np.flatnonzero(hidden)))]
    if not hidden[task.must].all() or not _table(task, demands, sound).any(axis=0).all():
        raise DisclosureError("disclosure.not_verified")
