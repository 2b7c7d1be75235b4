"""How far numbers can move: the least and the most of each form of a component over the whole tables that were met."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.sparse import csr_array

from factlab.attack.goals import Goals, Mask
from factlab.attack.intervals import Component, Contradiction, Ints, Undecided

STEPS = 12  # tables that are looked for with many forms moved at once
LARGE = 4000  # cells of a component that are not moved all at once
FEW = 50  # forms are worked out one by one when a component has so many cells for each that is left


class Reach:
    """The forms of one component, and the least and most of each over the tables that were met."""

    def __init__(
        self,
        part: Component,
        matrix: csr_array,
        rest: Ints,
        forms: Ints,
        goals: Goals,
        printed: Ints | None = None,
    ) -> None:
        """`printed` are the numbers that are printed of these cells, -1 where nothing is; in a part where some are, they
        were rounded."""
        self.part, self.matrix, self.rest, self.forms, self.goals = part, matrix, rest, forms, goals
        self.printed = printed
        self.least: Ints = np.full(len(rest), np.iinfo(np.int64).max)
        self.most: Ints = np.full(len(rest), np.iinfo(np.int64).min)
        self.tables: list[Ints] = []
        self.many = 0  # how many of the tables were met with many forms moved; they come first
        self.changes: list[Ints] = []  # small ones, that led from one table to another
        # Whether all at once is too much: with rounding, a whole municipality hangs together.
        self.large = len(part.cells) > LARGE

    def terms(self, n: int) -> dict[int, int]:
        row = slice(self.matrix.indptr[n], self.matrix.indptr[n + 1])
        return dict(zip(self.matrix.indices[row].tolist(), self.matrix.data[row].tolist(), strict=True))

    def saw(self, table: Ints | None) -> None:
        if table is not None:
            self.tables.append(table)
            value = np.asarray(self.matrix @ table) + self.rest
            self.least, self.most = np.minimum(self.least, value), np.maximum(self.most, value)

    def frees(self, table: Ints) -> int:
        """How many more forms this table would show free, if it fits."""
        todo = np.flatnonzero(self.unsafe())
        value = np.asarray(self.matrix[todo] @ table) + self.rest[todo]
        ends = np.minimum(self.least[todo], value), np.maximum(self.most[todo], value)
        return int((~self.goals.broken(*ends, self.forms[todo])).sum())

    def approach(self, table: Ints) -> None:
        """Look for a whole table near this one, in which the cells that it shows free rather stay so."""
        todo = np.flatnonzero(self.unsafe() & self.goals.single[self.forms])
        value = np.asarray(self.matrix[todo] @ table) + self.rest[todo]
        shown = todo[value >= self.goals.high[self.forms[todo]]]
        keep = np.zeros(len(table), dtype=bool)
        keep[self.matrix[shown].indices] = True
        self.saw(self.part.nearest(table, {}, 0, keep))

    def change(self, table: Ints, changes: csr_array) -> None:
        """Apply each of these changes to a table, where that shows another form free."""
        todo = np.flatnonzero(self.unsafe())
        if not len(todo):
            return
        matrix = self.matrix[todo]
        value = (np.asarray(matrix @ table) + self.rest[todo])[:, None] + (matrix @ changes.T).toarray()
        ends = np.minimum(self.least[todo, None], value), np.maximum(self.most[todo, None], value)
        for n in np.flatnonzero(~self.goals.broken(*ends, self.forms[todo, None]).all(axis=0)).tolist():
            changed = table + changes[[n]].toarray()[0]
            if self.frees(changed) and self.part.fits(changed):
                self.saw(changed)

    def unsafe(self) -> Mask:
        """The forms that the tables which were met don't show free."""
        return self.goals.broken(self.least, self.most, self.forms)

    def free(self, n: int) -> bool:
        one = slice(n, n + 1)
        return not self.goals.broken(self.least[one], self.most[one], self.forms[one])[0]

    def meet(self) -> None:
        """Meet tables that show as many forms free as can be. Raises Contradiction when there is no table, Undecided
        when none is found."""
        high = self.goals.high[self.forms]
        if not self.tables and self.printed is not None:
            self._meet_as_printed(self.printed)
        if not self.tables:
            cells = np.flatnonzero(high > 0)
            self.saw(self.part.spread(self.matrix[cells], high[cells] - self.rest[cells]))
        if not self.tables:
            self.saw(self.part.exactly({}, 1)[1])
        if self.large:
            self._in_groups(self.tables[-1], Reach.meet)
        wide, k = self.goals.wide[self.forms], self.goals.k[self.forms]
        idle = step = 0
        while step < STEPS and idle < 2:
            todo = np.flatnonzero(self.unsafe())
            if FEW * len(todo) <= len(self.part.cells):
                return
            low = self.most[todo] < high[todo]
            sense = np.where(low | (step % 2 == 0), 1, -1)
            further = np.where(sense > 0, self.most[todo], -self.least[todo]) + 1
            out = np.where(sense > 0, k[todo], 0)
            goal = np.where(low, high[todo], np.where(wide[todo], out, further))
            forms = csr_array(self.matrix[todo].multiply(sense[:, None]), dtype=np.int64)
            self.saw(self.part.spread(forms, goal - sense * self.rest[todo]))
            if self.large:
                self._in_groups(self.tables[-1], Reach.meet)
            idle = 0 if self.unsafe().sum() < len(todo) else idle + 1
            step += 1

    def _meet_as_printed(self, printed: Ints) -> None:
        """Meet tables of which the printed numbers are true, if there are any; else one in which most of them are."""
        first = self.part.inside(printed)
        try:
            self._in_groups(first, Reach.meet)
        except (Contradiction, Undecided):
            self.saw(self.part.nearest(first, {}, 0))

    def widen(self, width: int) -> None:
        """Meet tables between which as many hidden cells as can be differ so much."""
        if self.large:
            self._in_groups(self.tables[-1], lambda group: group.widen(width))
            return
        cells = np.flatnonzero(self.goals.single[self.forms])
        for step in range(STEPS):
            todo = cells[self.most[cells] - self.least[cells] < width]
            if not len(todo):
                return
            sense = 1 if step % 2 == 0 else -1
            goal = self.least[todo] + width if sense > 0 else width - self.most[todo]
            self.saw(self.part.spread(csr_array(sense * self.matrix[todo]), goal - sense * self.rest[todo]))

    def _in_groups(self, first: Ints, act: Callable[[Reach], None]) -> None:
        """Meet tables in which only hidden cells have changed: these fall apart in groups that hang together. Raises
        Contradiction or Undecided when `first` doesn't fit itself, and no numbers in the hidden cells make it fit."""
        hidden = np.unique(self.matrix[np.flatnonzero(self.goals.single[self.forms])].indices)
        fits = self.part.fits(first)
        met: list[tuple[Ints, Ints]] = []  # of each group its cells, and tables of them
        for part, place in self.part.apart(hidden, first):
            inside = self.matrix[:, place]
            forms = np.flatnonzero(np.diff(inside.indptr) > 0)
            fixed = first.copy()
            fixed[place] = 0
            rest = self.rest[forms] + np.asarray(self.matrix[forms] @ fixed)
            group = Reach(part, csr_array(inside[forms]), rest, self.forms[forms], self.goals)
            group.large = False  # it falls apart no further
            group.saw(first[place] if fits else None)
            act(group)
            met.append((place, np.array(group.tables)))
        whole = np.tile(first, (max((len(tables) for _, tables in met), default=1), 1))
        for place, tables in met:
            whole[:, place] = tables[np.arange(len(whole)) % len(tables)]
        for table in whole:
            self.saw(table if self.part.fits(table) else None)

    def end(self, n: int, sense: int, *, exact: bool = False) -> int:
        """The end of form `n` on one side; remembers the table that reaches it."""
        try:
            end, table = (self.part.exactly if exact else self.part.towards)(self.terms(n), sense)
        except Contradiction:
            if not self.tables:
                raise
            raise Undecided from None  # a table that fits is known, so that the solver is wrong
        self.saw(table)
        return end + int(self.rest[n])

    def nudge(self, n: int) -> None:
        """Look for a table near one of those that were met that shows form `n` free: further up, else further down."""
        terms, high, rest = self.terms(n), int(self.goals.high[self.forms[n]]), int(self.rest[n])
        for sense, goal in ((1, max(high, int(self.most[n]) + 1)), (-1, 1 - int(self.least[n]))):
            turned = {cell: sense * factor for cell, factor in terms.items()}
            near = max(self.tables, key=lambda table: sum(turned[cell] * int(table[cell]) for cell in turned))
            found = self.part.nearest(near, turned, goal - sense * rest)
            if found is not None:
                self.saw(found)
                self.changes.append(found - near)
            if self.free(n):
                return

    def move(self, n: int, sense: int, size: int) -> None:
        """Move form `n` by changing no more than the cells near it, if there is such a part."""
        terms = self.terms(n)
        near = self.part.around(terms, self.tables[-1], size) if self.tables else None
        if near is None:
            return
        part, place = near
        try:
            _, moved = part.exactly({place[cell]: factor for cell, factor in terms.items()}, sense)
        except Contradiction:
            return  # what the table holds there fits, so that the solver is wrong
        table = self.tables[-1].copy()
        table[list(place)] = moved
        self.saw(table)
