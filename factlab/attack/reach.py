"""How far numbers can move: the least and the most of each form of a component over the whole tables that were met."""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_array

from factlab.attack.goals import Goals, Mask
from factlab.attack.intervals import Component, Contradiction, Ints, Undecided

STEPS = 12  # tables that are looked for with many forms moved at once
LARGE = 2000  # cells of a component that are not moved all at once


class Reach:
    """The forms of one component, and the least and most of each over the tables that were met."""

    def __init__(self, part: Component, matrix: csr_array, rest: Ints, forms: Ints, goals: Goals) -> None:
        self.part, self.matrix, self.rest, self.forms, self.goals = part, matrix, rest, forms, goals
        self.least: Ints = np.full(len(rest), np.iinfo(np.int64).max)
        self.most: Ints = np.full(len(rest), np.iinfo(np.int64).min)
        self.tables: list[Ints] = []
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
        if not self.tables:
            cells = np.flatnonzero(high > 0)
            self.saw(self.part.spread(self.matrix[cells], high[cells] - self.rest[cells]))
        if not self.tables:
            self.saw(self.part.exactly({}, 1)[1])
        if self.large:
            self._meet_in_groups()
        wide, k = self.goals.wide[self.forms], self.goals.k[self.forms]
        idle = step = 0
        while step < STEPS and idle < 2:
            todo = np.flatnonzero(self.unsafe())
            if not len(todo):
                return
            low = self.most[todo] < high[todo]
            sense = np.where(low | (step % 2 == 0), 1, -1)
            further = np.where(sense > 0, self.most[todo], -self.least[todo]) + 1
            out = np.where(sense > 0, k[todo], 0)
            goal = np.where(low, high[todo], np.where(wide[todo], out, further))
            forms = csr_array(self.matrix[todo].multiply(sense[:, None]), dtype=np.int64)
            self.saw(self.part.spread(forms, goal - sense * self.rest[todo]))
            if self.large:
                self._meet_in_groups()
            idle = 0 if self.unsafe().sum() < len(todo) else idle + 1
            step += 1

    def _meet_in_groups(self) -> None:
        """Meet tables in which only hidden cells have changed: these fall apart in groups that hang together."""
        hidden = np.unique(self.matrix[np.flatnonzero(self.goals.single[self.forms])].indices)
        first = self.tables[-1]
        whole: list[Ints] = []
        for part, place in self.part.apart(hidden, first):
            inside = self.matrix[:, place]
            forms = np.flatnonzero(np.diff(inside.indptr) > 0)
            fixed = first.copy()
            fixed[place] = 0
            rest = self.rest[forms] + np.asarray(self.matrix[forms] @ fixed)
            group = Reach(part, csr_array(inside[forms]), rest, self.forms[forms], self.goals)
            group.large = False  # it falls apart no further
            group.saw(first[place])
            group.meet()
            whole += [first.copy() for _ in range(len(group.tables) - len(whole))]
            for table, found in zip(whole, group.tables, strict=False):
                table[place] = found
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
