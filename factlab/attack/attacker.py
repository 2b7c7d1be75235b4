"""One attacker against one system: works out every form that matters, and remembers the tables it met."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from scipy.sparse import csr_array

from factlab.attack.findings import Finding, Kind
from factlab.attack.goals import Goals, Mask
from factlab.attack.intervals import Bounds, Component, Ints, Undecided, components, follow
from factlab.attack.met import Met
from factlab.attack.reach import Reach
from factlab.attack.system import System

NEAR = ((60, 1), (60, -1), (400, 1), (400, -1))  # how many cells around a form are moved, and which way
LOST: dict[str, Kind] = {
    "cell": "pinned exactly",
    "complement": "complement",
    "difference": "difference",
    "edition": "edition",
}
POOL = 16  # tables of each component that are kept
EFFORT = 30  # cells of a large component of which the ends are worked out only to tell how narrow it gets


class Attack:
    """`skip` are the forms that this attacker knows by itself or that are lost already; what others have `met` is tried
    first."""

    def __init__(
        self,
        system: System,
        goals: Goals,
        *,
        skip: Mask | None = None,
        met: Met | None = None,
    ) -> None:
        self.system, self.goals = system, goals
        self.judged = np.ones(len(goals.forms), dtype=bool) if skip is None else ~skip
        self.met = met
        self.reaches: list[Reach] = []
        self.settled_cell = False
        self.lost = np.zeros(len(goals.forms), dtype=bool)

    def findings(self) -> Iterator[Finding]:
        """Raises Contradiction when no numbers fit what is printed."""
        self.reaches = []
        bounds = follow(self.system)
        yield from self._settled(bounds)
        for part in components(self.system, bounds):
            yield from self._attack(part, bounds)
        self.bounds = bounds
        if self.met is not None:
            self.met.learn(self.reaches)

    def tables(self) -> Ints:
        """The tables that were met with many forms moved, whole: of each component the first, the second, and so on."""
        met = [(reach.part.cells, reach.tables[: reach.many]) for reach in self.reaches if reach.tables]
        many = max((len(tables) for _, tables in met), default=1)
        pool = np.tile(self.bounds.least, (min(many, POOL), 1))
        for cells, tables in met:
            pool[:, cells] = np.array(tables)[np.arange(len(pool)) % len(tables)]
        return pool

    def _finding(self, n: int, kind: Kind | None = None) -> Finding:
        form = self.goals.forms[n]
        self.lost[n] = True
        everyone = form.kind == "complement" and self.goals.high[n] == 1
        return Finding(
            kind or ("everyone" if everyone else LOST[form.kind]),
            form.keys,
            release=int(self.goals.release[n]),
        )

    def _settled(self, bounds: Bounds) -> Iterator[Finding]:
        """Forms of which no cell is free."""
        goals, free = self.goals, bounds.least < bounds.most
        tied = np.asarray(abs(goals.matrix) @ free.astype(np.int64)) > 0
        value = np.asarray(goals.matrix @ bounds.least)
        self.settled_cell = bool((~tied & goals.single & self.judged & (goals.release == 0)).any())
        for n in np.flatnonzero(~tied & self.judged & goals.broken(value, value)).tolist():
            yield self._finding(n)

    def _attack(self, part: Component, bounds: Bounds) -> Iterator[Finding]:
        inside = np.zeros(len(self.system.keys), dtype=np.int64)
        inside[part.cells] = 1
        forms = np.flatnonzero((np.asarray(abs(self.goals.matrix) @ inside) > 0) & self.judged)
        matrix = csr_array(self.goals.matrix[forms])
        rest = np.asarray(matrix @ np.where(inside, 0, bounds.least))
        printed = self.system.printed[part.cells]
        reach = Reach(
            part,
            csr_array(matrix[:, part.cells]),
            rest,
            forms,
            self.goals,
            printed if (printed >= 0).any() else None,
        )
        self.reaches.append(reach)
        if self.met is not None:
            self.met.show(reach)
        try:
            reach.meet()
        except Undecided:
            yield Finding("undecided", tuple(self.system.keys[cell] for cell in part.cells))
            return
        reach.many = len(reach.tables)
        for place in np.flatnonzero(reach.unsafe()).tolist():
            try:
                yield from self._judge(reach, place, int(forms[place]))
            except Undecided:
                yield self._finding(int(forms[place]), "undecided")

    def _judge(self, reach: Reach, place: int, n: int) -> Iterator[Finding]:
        """A form is safe once the tables that were met show it so; else its ends are worked out."""
        kind = self.goals.forms[n].kind
        if reach.free(place):
            return
        for exact in (False, True):
            if not exact:
                reach.nudge(place)
                if reach.free(place):
                    return
            else:  # the tables at the ends weren't whole: a whole one nearby will often do
                for size, sense in NEAR:
                    reach.move(place, sense, size)
                    if reach.free(place):
                        return
            most = reach.end(place, 1, exact=exact)
            if reach.free(place):
                return
            low = most < self.goals.high[n]
            if low and kind != "cell":
                yield self._finding(n)
                return
            least = reach.end(place, -1, exact=exact)
            if reach.free(place):
                return
            if low and least < most and (exact or reach.least[place] < reach.most[place]):
                yield self._finding(n, "pinned below the threshold")
                return
            told = self.goals.broken(np.array([least]), np.array([most]), np.array([n]))[0]
            if told and (not low or least == most):
                yield self._finding(n)
                return

    def narrowest(self) -> int | None:
        """The width of the narrowest interval of a hidden cell of the publication itself; of a large component at least
        so much."""
        found = 0 if self.settled_cell else None
        for reach in self.reaches:
            if reach.tables:
                found = self._narrow(reach, found)
        return found

    def _narrow(self, reach: Reach, found: int | None) -> int | None:
        """The cells that moved least first, until the rest can't be narrower."""
        cells = np.flatnonzero(self.goals.single[reach.forms] & (self.goals.release[reach.forms] == 0))
        if reach.large:
            reach.widen(2 * int(self.goals.k.max()))
        ordered = cells[np.argsort(reach.most[cells] - reach.least[cells], kind="stable")]
        for tried, n in enumerate(ordered.tolist()):
            moved = int((reach.most - reach.least)[ordered[tried:]].min())
            if found is not None and moved >= found:
                return found
            if reach.large and tried == EFFORT:
                return moved
            try:
                high, low = reach.end(n, 1), reach.end(n, -1)
            except Undecided:
                continue  # its width is not told; its judgement above stands
            if high < reach.part.limit:
                found = high - low if found is None else min(high - low, found)
        return found
