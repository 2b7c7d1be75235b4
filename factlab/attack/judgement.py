"""The attack on a publication: what can a reader work out that is hidden, or that is too small to tell?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from factlab.attack.intervals import (
    Bounds,
    Component,
    Contradiction,
    Ints,
    Undecided,
    components,
    follow,
)
from factlab.attack.reach import Reach
from factlab.attack.relations import Relations
from factlab.attack.system import Form, System, build
from factlab.cells import CellKey, Publication
from factlab.texts import LANGUAGES, say

Kind = Literal[
    "small count published",
    "everyone",
    "nobody without",
    "complement",
    "difference",
    "pinned exactly",
    "pinned below the threshold",
    "inconsistent",
    "undecided",
    "not in the codebook",
    "printed differently",
    "printed though hidden",
    "printed though not delivered",
    "hidden though published",
]

NOT_COVERED = ("own_clients", "alone", "earlier", "elsewhere")


@dataclass(frozen=True)
class Finding:
    """Something a reader can infer or should not see: what, and of which cells. Never the number itself."""

    kind: Kind
    cells: tuple[CellKey, ...]


@dataclass(frozen=True)
class Verdict:
    """What the attacker found. `narrowest` is the width of the narrowest interval of a hidden cell."""

    findings: tuple[Finding, ...]
    threshold: int
    cells: int
    hidden: int
    intervals: int  # how many numbers it tried to work out
    narrowest: int | None  # None when nothing is hidden, or nothing bounds it
    relations: Mapping[str, int]

    @property
    def holds(self) -> bool:
        return not self.findings

    def certificate(self) -> dict[str, Any]:
        """The attacker's part of `disclosure.json`."""
        return {
            "holds": self.holds,
            "threshold": self.threshold,
            "attacked": {
                "cells": self.cells,
                "hidden": self.hidden,
                "numbers": self.intervals,
                "relations": dict(sorted(self.relations.items())),
            },
            "inferred": dict(sorted(Counter(finding.kind for finding in self.findings).items())),
            "narrowest_interval": self.narrowest,
            "not_inferred": {lang: say("attack.not_inferred", lang, k=self.threshold) for lang in LANGUAGES}
            if self.holds
            else {},
            "not_covered": [
                {lang: say(f"attack.not_covered_{name}", lang) for lang in LANGUAGES} for name in NOT_COVERED
            ],
        }


def audit(publication: Publication, *, known: Mapping[CellKey, int] | None = None) -> Verdict:
    """Attack a publication from its cells and codebook alone; `known` is what an insider counts for itself."""
    known = known or {}
    book = publication.codebook
    relations = Relations(book)
    system = build(publication, known, relations)
    known_keys = frozenset(book.keys)
    findings = [Finding("not in the codebook", (c.key,)) for c in publication.cells if c.key not in known_keys]
    attack = _Attack(system, relations, book.threshold, frozenset(known))
    findings += attack.findings()
    return Verdict(
        findings=tuple(dict.fromkeys(findings)),
        threshold=book.threshold,
        cells=len(system.keys),
        hidden=int((system.printed < 0).sum()),
        intervals=attack.intervals,
        narrowest=attack.narrowest,
        relations=system.relations,
    )


def feasible(publication: Publication, keys: Iterable[CellKey]) -> dict[CellKey, tuple[int, int | None]]:
    """The whole numbers that each of these cells can be, from and to; None where nothing bounds it."""
    system = build(publication, {}, Relations(publication.codebook))
    bounds = follow(system)
    where = {cell: part for part in components(system, bounds) for cell in part.cells.tolist()}
    place = {key: n for n, key in enumerate(system.keys)}
    found: dict[CellKey, tuple[int, int | None]] = {}
    for key in keys:
        cell = place[key]
        if cell not in where:
            found[key] = (int(bounds.least[cell]), int(bounds.most[cell]))
            continue
        terms = {int(np.searchsorted(where[cell].cells, cell)): 1}
        low, high = (where[cell].exactly(terms, sense)[0] for sense in (-1, 1))
        found[key] = (low, high if high < bounds.limit else None)
    return found


class _Attack:
    def __init__(self, system: System, relations: Relations, k: int, known: frozenset[CellKey]) -> None:
        self.system, self.relations, self.k, self.known = system, relations, k, known
        self.intervals = 0
        self.narrowest: int | None = None
        self._hidden = {system.keys[n] for n in np.flatnonzero(system.printed < 0)}

    def findings(self) -> Iterable[Finding]:
        yield from self._printed()
        try:
            bounds = follow(self.system)
            yield from self._settled(bounds)
            for part in components(self.system, bounds):
                yield from self._attack(part, bounds)
        except Contradiction as wrong:
            yield Finding("inconsistent", tuple(self.system.keys[cell] for cell in wrong.cells))

    def _printed(self) -> Iterable[Finding]:
        """What needs no reckoning: a small count, and a group that everyone or nobody is in."""
        nothing = self.relations.patterns.takes_non_users
        count = dict(zip(self.system.keys, self.system.printed.tolist(), strict=True))
        for key, n in count.items():
            if 1 <= n < self.k and key not in self.known:
                yield Finding("small count published", (key,))
        for level, found in self.relations.level.items():
            for area in self.relations.book.at(level):
                here = {c: count[CellKey(c[0], level, area.code, "", c[1])] for c in found.columns}
                if not found.households or any(here[c] < 0 for c, _ in found.households):
                    continue
                households = sum(factor * here[c] for c, factor in found.households)
                for column in found.columns if households > 0 else ():
                    if column in found.zero or column in found.whole:
                        continue
                    key = CellKey(column[0], level, area.code, "", column[1])
                    if here[column] == households and not nothing(column) and key not in self.known:
                        yield Finding("everyone", (key,))
                    if here[column] == 0 and nothing(column) and key not in self.known:
                        yield Finding("nobody without", (key,))

    @cached_property
    def _judged(self) -> tuple[Form, ...]:
        cells = [
            Form("cell", (key,), ((n, 1),))
            for n, key in enumerate(self.system.keys)
            if key in self._hidden and self.system.judged[n]
        ]
        return (*cells, *(form for form in self.system.forms if not self.known.issuperset(form.keys)))

    @cached_property
    def _matrix(self) -> csr_array:
        """The forms, as rows over the cells."""
        forms = self._judged
        place = [(n, cell, factor) for n, form in enumerate(forms) for cell, factor in form.terms]
        row, cell, factor = np.array(place, dtype=np.int64).reshape(-1, 3).T
        return csr_array((factor, (row, cell)), shape=(len(forms), len(self.system.keys)), dtype=np.int64)

    @cached_property
    def _cells(self) -> NDArray[np.bool_]:
        return np.array([form.kind == "cell" for form in self._judged], dtype=bool)

    @cached_property
    def _high(self) -> Ints:
        """What each form must be able to be: `k` for a hidden cell and for the complement of one."""
        own = [
            form.kind == "cell" or (form.kind == "complement" and form.keys[0] in self._hidden)
            for form in self._judged
        ]
        return np.where(np.array(own, dtype=bool), self.k, 0)

    def _settled(self, bounds: Bounds) -> Iterable[Finding]:
        """Forms of which no cell is free."""
        free = bounds.least < bounds.most
        settled = np.flatnonzero(abs(self._matrix) @ free.astype(np.int64) == 0)
        self.intervals += len(settled)
        if self._cells[settled].any():
            self.narrowest = 0
        value = np.asarray(self._matrix @ bounds.least)
        for n in settled.tolist():
            yield from self._pinned(n, int(value[n]))

    def _pinned(self, n: int, value: int) -> Iterable[Finding]:
        form = self._judged[n]
        if form.kind == "cell":
            yield Finding("pinned exactly", form.keys)
        elif 1 <= value < self.k or value < self._high[n]:
            yield Finding("complement" if form.kind == "complement" else "difference", form.keys)

    def _attack(self, part: Component, bounds: Bounds) -> Iterable[Finding]:
        inside = np.zeros(len(self.system.keys), dtype=np.int64)
        inside[part.cells] = 1
        forms = np.flatnonzero(abs(self._matrix) @ inside)
        matrix = csr_array(self._matrix[forms])
        rest = np.asarray(matrix @ np.where(inside, 0, bounds.least))
        reach = Reach(part, csr_array(matrix[:, part.cells]), rest)
        self.intervals += len(forms)
        high, cells = self._high[forms], self._cells[forms]

        def unsafe() -> NDArray[np.bool_]:
            """Not shown free by the tables that were met."""
            differs = reach.least < reach.most
            own = (reach.most >= high) & (differs | ~cells)
            return np.asarray(~np.where(high > 0, own, differs | (reach.most >= self.k) | (reach.most == 0)))

        try:
            reach.meet(unsafe, high)
        except Undecided:
            yield Finding("undecided", tuple(self.system.keys[cell] for cell in part.cells))
            return
        for place in np.flatnonzero(unsafe()).tolist():
            try:
                yield from self._judge(reach, place, int(forms[place]), lambda n=place: not unsafe()[n])
            except Undecided:
                yield Finding("undecided", self._judged[forms[place]].keys)
        self._narrow(reach, np.flatnonzero(cells))

    def _judge(self, reach: Reach, n: int, which: int, safe: Callable[[], bool]) -> Iterable[Finding]:
        """A form is safe once the tables that were met show it so; else its ends are worked out."""
        form, high = self._judged[which], self._high[which]
        if safe():
            return
        for exact in (False, True):
            if exact:  # the tables at the ends weren't whole: a whole one nearby will often do
                for size, sense in ((60, 1), (60, -1), (400, 1), (400, -1)):
                    reach.move(n, sense, size)
                    if safe():
                        return
            most = reach.end(n, 1, exact=exact)
            if safe():
                return
            if most < high and form.kind == "complement":
                yield Finding("complement", form.keys)
                return
            least = reach.end(n, -1, exact=exact)
            if safe():
                return
            if least == most:
                yield from self._pinned(which, least)
                return
            if most < high and (exact or reach.least[n] < reach.most[n]):
                yield Finding("pinned below the threshold", form.keys)
                return

    def _narrow(self, reach: Reach, cells: Ints) -> None:
        """The narrowest interval: the cells that moved least first, until the rest can't be narrower."""
        for n in sorted(cells.tolist(), key=lambda n: int(reach.most[n] - reach.least[n])):
            if self.narrowest is not None and reach.most[n] - reach.least[n] >= self.narrowest:
                return
            try:
                high, low = reach.end(n, 1), reach.end(n, -1)
            except Undecided:
                continue  # its width is not told; its judgement above stands
            if high < reach.part.limit:
                width = high - low
                self.narrowest = width if self.narrowest is None else min(width, self.narrowest)
