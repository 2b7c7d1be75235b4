"""The attack on any linked tables: what can a reader of them all work out that is hidden, or too small to tell?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, vstack

from factlab.attack.cube import Ints, LinkedName
from factlab.attack.intervals import Bounds, Component, Contradiction, Undecided, components, follow
from factlab.attack.judgement import Finding, Kind, Verdict
from factlab.attack.system import Form
from factlab.attack.tables import Reading
from factlab.linked import SafeLinked

EXACT = 2**52  # whole numbers up to here are exact in a float


def audit(safe: SafeLinked, known: Mapping[LinkedName, float]) -> Verdict:
    """Attack linked tables from what is published of them alone; `known` is what an insider knows besides."""
    attack = _Attack(Reading(safe, known))
    try:
        findings = tuple(dict.fromkeys(attack.findings()))
    except Contradiction as wrong:
        findings = (Finding("inconsistent", attack.names(wrong.cells)),)
    return Verdict(
        findings=findings,
        threshold=safe.rules.threshold,
        cells=int((~attack.reading.gone).sum()),
        hidden=len(attack.reading.hides),
        intervals=len(attack.kinds),
        narrowest=attack.narrowest,
        relations=attack.system.relations,
    )


def feasible(
    safe: SafeLinked, keys: Iterable[LinkedName] | None, known: Mapping[LinkedName, float]
) -> dict[LinkedName, tuple[int, int | None]]:
    """The whole numbers that these cells, or all hidden ones, can be, in units of their table; None where nothing bounds it.

    Raises Contradiction when no numbers fit what is published.
    """
    attack = _Attack(Reading(safe, known))
    cube = attack.reading.cube
    if attack.reading.conflict:
        raise Contradiction(attack.reading.conflict)
    if keys is None:
        keys = [cube.name(cell) for cell in attack.reading.hides.tolist()]
    return {key: (attack.end(cell, -1), attack.high(cell)) for key in keys for cell in [cube.find(key)]}


class _Met:
    """The forms of one component, and the least and most of each over the whole tables that were met."""

    def __init__(self, part: Component, matrix: csr_array, rest: Ints) -> None:
        self.part, self.matrix, self.rest = part, matrix, rest
        self.least: Ints = np.full(len(rest), np.iinfo(np.int64).max)
        self.most: Ints = np.full(len(rest), np.iinfo(np.int64).min)
        self.table: Ints | None = None

    def saw(self, table: Ints | None) -> None:
        if table is not None:
            self.table = table
            value = np.asarray(self.matrix @ table) + self.rest
            self.least, self.most = np.minimum(self.least, value), np.maximum(self.most, value)

    def start(self) -> None:
        """Meet tables of which all cells together are large, and small. Raises Contradiction, Undecided."""
        for sense in (1, -1):
            self.saw(self.part.towards(dict.fromkeys(range(len(self.part.cells)), 1), sense)[1])
        if self.table is None:
            self.saw(self.part.exactly({}, 1)[1])

    def terms(self, n: int) -> dict[int, int]:
        row = slice(self.matrix.indptr[n], self.matrix.indptr[n + 1])
        return dict(zip(self.matrix.indices[row].tolist(), self.matrix.data[row].tolist(), strict=True))

    def end(self, n: int, sense: int, *, exact: bool) -> int:
        """The end of a form on one side: of all tables, or of whole ones."""
        try:
            end, table = (self.part.exactly if exact else self.part.towards)(self.terms(n), sense)
        except Contradiction:
            raise Undecided from None  # a table that fits is known, so that the solver is wrong
        self.saw(table)
        if table is not None:
            end = sum(factor * int(table[cell]) for cell, factor in self.terms(n).items())
        return end + int(self.rest[n])

    def move(self, n: int, sense: int, size: int) -> None:
        """Meet a table in which no more than the cells near a form have changed."""
        near = None if self.table is None else self.part.around(self.terms(n), self.table, size)
        if near is None or self.table is None:
            return
        part, place = near
        try:
            moved = part.exactly({place[cell]: factor for cell, factor in self.terms(n).items()}, sense)[1]
        except Contradiction:
            return  # what the table holds there fits, so that the solver is wrong
        table = self.table.copy()
        table[list(place)] = moved
        self.saw(table)


class _Attack:
    def __init__(self, reading: Reading, room: int = 10) -> None:
        self.reading, self.room = reading, room
        self.system = reading.system()
        self.narrowest: int | None = None
        goals = [goal for goal in reading.goals() if len(goal.cells)]
        matrices = [reading.matrix(goal.cells, goal.factors) for goal in goals]
        every = csr_array(vstack(matrices)) if goals else csr_array((0, len(reading.printed)), dtype=np.int64)
        own = np.asarray(abs(every) @ ~reading.known) > 0  # not of cells alone that the insider knows
        many = [len(goal.cells) for goal in goals]
        self.matrix = csr_array(every[np.flatnonzero(own)])
        self.reach = np.repeat(np.array([goal.reach for goal in goals], dtype=np.int64), many)[own]
        self.floor = np.repeat(np.array([goal.floor for goal in goals], dtype=np.int64), many)[own]
        self.pinned = np.repeat(np.array([goal.pinned for goal in goals], dtype=bool), many)[own]
        self.kinds: list[Kind] = np.repeat(np.array([goal.kind for goal in goals], dtype=object), many)[
            own
        ].tolist()
        self.group: Ints = np.concatenate(
            [
                np.full(n, -1) if goal.group is None else goal.group
                for goal, n in zip(goals, many, strict=True)
            ]
            or [np.empty(0, dtype=np.int64)]
        )[own]

    def names(self, cells: Ints | tuple[int, ...]) -> tuple[LinkedName, ...]:
        return tuple(self.reading.cube.name(int(cell)) for cell in cells if cell != self.reading.one)

    @cached_property
    def bounds(self) -> Bounds:
        """What each cell can be by one row at a time. What nothing bounds ends well above what must be there.

        Raises Contradiction.
        """
        size = int(abs(self.system.rows).sum(axis=1).max()) if self.system.rows.shape[0] else 1
        most = EXACT // max(size, 2**12)
        least = follow(self.system, limit=most).least
        return follow(self.system, limit=min(most, self.room * (int(least.max(initial=0)) + 1000)))

    @cached_property
    def _wider(self) -> _Attack:
        """The same attack, in which what nothing bounds ends elsewhere."""
        return _Attack(self.reading, 2 * self.room)

    def high(self, cell: int) -> int | None:
        """The upper end of one cell; None where nothing bounds it. Raises Contradiction, Undecided."""
        found = self.end(cell, 1)
        if self.part_of[cell] < 0 or self._steady(self.parts[self.part_of[cell]].cells):
            return found
        return found if self._wider.end(cell, 1) == found else None

    def _steady(self, cells: Ints | int) -> bool:
        """Whether each of these ends by one row at a time, wherever what nothing bounds ends."""
        return bool(np.all(self.bounds.most[cells] == self._wider.bounds.most[cells]))

    @cached_property
    def parts(self) -> tuple[Component, ...]:
        """The cells that aren't settled, by what hangs together. A row of one cell has done its work in the bounds."""
        rows, free = self.system.rows, self.bounds.least < self.bounds.most
        several = np.flatnonzero(
            np.diff(rows.indptr) - (rows[:, [self.reading.one]] != 0).toarray().ravel() > 1
        )
        wide = np.flatnonzero(np.asarray((self.matrix != 0).astype(np.int64) @ free.astype(np.int64)) > 1)
        forms = []
        for n in wide:
            row = slice(self.matrix.indptr[n], self.matrix.indptr[n + 1])
            forms.append(Form("", (), tuple((cell, 1) for cell in self.matrix.indices[row].tolist())))
        equal = self.system.equal[several]
        return components(
            replace(self.system, rows=rows[several], equal=equal, forms=tuple(forms)), self.bounds
        )

    @cached_property
    def part_of(self) -> Ints:
        """The component of each cell; -1 for what is settled."""
        found = np.full(len(self.reading.printed), -1)
        for n, part in enumerate(self.parts):
            found[part.cells] = n
        return found

    def end(self, cell: int, sense: int) -> int:
        """The end of one cell among whole numbers. Raises Contradiction, Undecided."""
        if self.part_of[cell] < 0:
            return int(self.bounds.least[cell])
        part = self.parts[self.part_of[cell]]
        terms = {int(np.searchsorted(part.cells, cell)): 1}
        table = part.towards(terms, sense)[1]
        if table is None:
            table = part.exactly(terms, sense)[1]
        return int(table[next(iter(terms))])

    def findings(self) -> Iterator[Finding]:
        if self.reading.conflict:
            yield Finding("inconsistent", self.names(self.reading.conflict))
            return
        free = self.bounds.least < self.bounds.most
        value = np.asarray(self.matrix @ self.bounds.least)
        tied = np.asarray((self.matrix != 0).astype(np.int64) @ free.astype(np.int64)) > 0
        if (~tied & self.pinned).any():
            self.narrowest = 0
        for n in np.flatnonzero(~tied & self._broken(value, value)):
            yield from self._found(int(n), exact=True)
        cells = self.matrix.indices
        part = np.full(len(self.kinds), -1)
        row = np.repeat(np.arange(len(self.kinds)), np.diff(self.matrix.indptr))
        np.maximum.at(part, row, self.part_of[cells])
        for mark, component in enumerate(self.parts):
            forms = np.flatnonzero(part == mark)
            fixed = np.where(self.part_of == mark, 0, self.bounds.least)
            rest = np.asarray(self.matrix[forms] @ fixed)
            met = _Met(component, csr_array(self.matrix[forms][:, component.cells]), rest)
            yield from self._attack(met, forms)

    def _broken(self, least: Ints, most: Ints, of: Ints | slice = slice(None)) -> NDArray[np.bool_]:
        low = (most < self.reach[of]) & (least >= self.floor[of])
        return np.asarray(low | (self.pinned[of] & (least >= most)))

    def _found(self, n: int, *, exact: bool) -> Iterator[Finding]:
        """A form that is broken, unless it is about a group of which it isn't sure that it is somebody."""
        row = slice(self.matrix.indptr[n], self.matrix.indptr[n + 1])
        kind, group = self.kinds[n], self.group[n]
        cells = [c for c, f in zip(self.matrix.indices[row], self.matrix.data[row], strict=True)
                 if f < 0 or kind not in ("complement", "everyone")]  # fmt: skip
        with suppress(Undecided):  # then it is taken to be
            if group >= 0 and self.end(int(group), -1) < 1:
                return
        if kind == "pinned exactly" and not exact:
            kind = "pinned below the threshold"
        yield Finding(kind, self.names(tuple(cells)))

    def _attack(self, met: _Met, forms: Ints) -> Iterator[Finding]:
        try:
            met.start()
        except Undecided:
            yield Finding("undecided", self.names(met.part.cells))
            return
        with suppress(Undecided, Contradiction):  # each form is judged below all the same
            self._roam(met, forms)
        for place, n in enumerate(forms.tolist()):
            try:
                if (width := self._judge(met, forms, place)) is not None:
                    yield from self._found(n, exact=width == 0)
            except Undecided:
                yield Finding("undecided", self.names(self.matrix[[n]].indices))
        self._narrow(met, forms)

    def _roam(self, met: _Met, forms: Ints) -> None:
        """Meet whole tables in which many forms at once are large, as long as that shows several of them to be safe."""
        draw = np.random.default_rng(0)
        left = np.flatnonzero(self._broken(met.least, met.most, forms))
        while len(left) > 20:
            goal = np.asarray(draw.integers(0, 2, len(left)) @ met.matrix[left])
            terms = {int(cell): int(goal[cell]) for cell in np.flatnonzero(goal)}
            table = met.part.towards(terms, 1)[1]
            met.saw(met.part.exactly(terms, 1)[1] if table is None else table)
            before, left = len(left), np.flatnonzero(self._broken(met.least, met.most, forms))
            if before - len(left) < 5:
                return

    def _judge(self, met: _Met, forms: Ints, place: int) -> int | None:
        """The width of the interval of a form that is broken. It isn't when tables that were met show so."""
        n = forms[place : place + 1]
        senses = (1, -1) if self.floor[n[0]] < 0 else (-1, 1)

        def safe() -> bool:
            return not self._broken(met.least[[place]], met.most[[place]], n)[0]

        if safe():
            return None
        for exact in (False, True):
            ends = {}
            if exact:  # the tables at the ends weren't whole: a whole one nearby will often do
                for size in (60, 400):
                    for sense in senses:
                        met.move(place, sense, size)
                        if safe():
                            return None
            for sense in senses:
                ends[sense] = met.end(place, sense, exact=exact)
                if safe():
                    return None
            if self._broken(np.array([ends[-1]]), np.array([ends[1]]), n)[0]:
                return ends[1] - ends[-1]
        raise Undecided

    def _narrow(self, met: _Met, forms: Ints) -> None:
        """The narrowest interval: the cells that moved least first, until the rest can't be narrower."""
        cells = np.flatnonzero(self.pinned[forms])
        for n in cells[np.argsort((met.most - met.least)[cells], kind="stable")].tolist():
            if self.narrowest is not None and met.most[n] - met.least[n] >= self.narrowest:
                return
            if not self._steady(int(self.matrix[[forms[n]]].indices[0])):
                continue
            with suppress(Undecided):  # its width is not told; its judgement above stands
                width = met.end(n, 1, exact=False) - met.end(n, -1, exact=False)
                self.narrowest = width if self.narrowest is None else min(width, self.narrowest)
