"""The attack on a publication: what can a reader work out that is hidden, or that is too small to tell?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
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
    Terms,
    Undecided,
    components,
    follow,
)
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
    cells: tuple[tuple[str, ...], ...]  # CellKey, or the names of cells of linked tables


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
    findings = [
        Finding("not in the codebook", (c.key,)) for c in publication.cells if c.key not in set(book.keys)
    ]
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


class _Forms:
    """The forms of one component, and the least and most of each over the tables that were found."""

    def __init__(self, part: Component, forms: list[tuple[Form, Terms, int]]) -> None:
        self.part = part
        self.forms = forms
        place = [(n, cell, factor) for n, (_, terms, _) in enumerate(forms) for cell, factor in terms.items()]
        row, cell, factor = np.array(place, dtype=np.int64).T
        self._matrix = csr_array((factor, (row, cell)), shape=(len(forms), len(part.cells)), dtype=np.int64)
        self.rest = np.array([rest for _, _, rest in forms], dtype=np.int64)
        self.least: Ints = np.full(len(forms), np.iinfo(np.int64).max)
        self.most: Ints = np.full(len(forms), np.iinfo(np.int64).min)

        self.table: Ints | None = None

    def saw(self, table: Ints | None) -> None:
        if table is not None:
            self.table = table
            value = np.asarray(self._matrix @ table) + self.rest
            self.least, self.most = np.minimum(self.least, value), np.maximum(self.most, value)

    def end(self, n: int, sense: int, *, exact: bool = False) -> int:
        """The end of form `n` on one side; remembers the table that reaches it."""
        _, terms, rest = self.forms[n]
        try:
            end, table = self.part.exactly(terms, sense) if exact else self.part.towards(terms, sense)
        except Contradiction:
            if self.table is None:
                raise
            raise Undecided from None  # a table that fits is known, so that the solver is wrong
        self.saw(table)
        return end + rest

    def move(self, n: int, sense: int, size: int) -> bool:
        """Move form `n` by changing no more than the cells near it; false when there is no such part to change."""
        _, terms, _ = self.forms[n]
        near = None if self.table is None else self.part.around(terms, self.table, size)
        if near is None or self.table is None:
            return False
        part, place = near
        try:
            _, moved = part.exactly({place[cell]: factor for cell, factor in terms.items()}, sense)
        except Contradiction:
            return False  # what the table holds there fits, so that the solver is wrong
        table = self.table.copy()
        table[list(place)] = moved
        self.saw(table)
        return True


def _tied(form: Form, free: NDArray[np.bool_]) -> list[int]:
    return [cell for cell, _ in form.terms if free[cell]]


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
            free = bounds.least < bounds.most
            yield from self._settled(bounds, [form for form in self._judged if not _tied(form, free)])
            parts = components(self.system, bounds)
            of = {cell: n for n, part in enumerate(parts) for cell in part.cells.tolist()}
            forms: list[list[Form]] = [[] for _ in parts]
            for form in self._judged:
                if tied := _tied(form, free):
                    forms[of[tied[0]]].append(form)
            for part, of_part in zip(parts, forms, strict=True):
                yield from self._attack(part, bounds, of_part)
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

    def _settled(self, bounds: Bounds, forms: Iterable[Form]) -> Iterable[Finding]:
        """Forms of which no cell is free."""
        for form in forms:
            self.intervals += 1
            if form.kind == "cell":
                self.narrowest = 0
            yield from self._pinned(
                form, int(sum(factor * bounds.least[cell] for cell, factor in form.terms))
            )

    def _pinned(self, form: Form, value: int) -> Iterable[Finding]:
        if form.kind == "cell":
            yield Finding("pinned exactly", form.keys)
        elif 1 <= value < self.k or (self._own(form) and value < self.k):
            yield Finding("complement" if form.kind == "complement" else "difference", form.keys)

    def _own(self, form: Form) -> bool:
        """Whether it is the complement of a hidden cell, that must be able to be `k` too."""
        return form.kind == "complement" and form.keys[0] in self._hidden

    def _attack(self, part: Component, bounds: Bounds, judged: Iterable[Form]) -> Iterable[Finding]:
        place = {cell: n for n, cell in enumerate(part.cells.tolist())}
        forms: list[tuple[Form, Terms, int]] = []
        for form in judged:
            terms = {place[cell]: factor for cell, factor in form.terms if cell in place}
            rest = sum(factor * bounds.least[cell] for cell, factor in form.terms if cell not in place)
            forms.append((form, terms, int(rest)))
        met = _Forms(part, forms)
        self.intervals += len(forms)
        everything = dict.fromkeys(range(len(part.cells)), 1)
        try:
            for sense in (1, -1):
                _, table = part.towards(everything, sense)
                met.saw(table)
            if met.table is None:
                met.saw(part.exactly({}, 1)[1])  # raises when no whole table fits
        except Undecided:
            yield Finding("undecided", tuple(self.system.keys[cell] for cell in part.cells))
            return
        for n, (form, _, _) in enumerate(forms):
            try:
                yield from self._judge(met, n, form)
            except Undecided:
                yield Finding("undecided", form.keys)
        self._narrow(met, part.limit)

    def _judge(self, met: _Forms, n: int, form: Form) -> Iterable[Finding]:
        """A form is safe once the tables found show it so; else its ends are worked out."""
        k = self.k
        own = form.kind == "cell" or self._own(form)

        def safe() -> bool:
            differs, high = met.least[n] < met.most[n], met.most[n] >= k
            if own:
                return bool(high and (differs or form.kind != "cell"))
            return bool(differs or high or met.most[n] == 0)

        if safe():
            return
        for exact in (False, True):
            if exact:  # the tables at the ends weren't whole: a whole one nearby will often do
                for size, sense in ((60, 1), (60, -1), (400, 1), (400, -1)):
                    met.move(n, sense, size)
                    if safe():
                        return
            high = met.end(n, 1, exact=exact)
            if safe():
                return
            if own and high < k:
                low = met.end(n, -1, exact=exact) if form.kind == "cell" else high
                if form.kind == "complement":
                    yield Finding("complement", form.keys)
                    return
                if low == high:
                    yield Finding("pinned exactly", form.keys)
                    return
                if exact or met.least[n] < met.most[n]:
                    yield Finding("pinned below the threshold", form.keys)
                    return
                continue
            low = met.end(n, -1, exact=exact)
            if safe():
                return
            if low == high:
                yield from self._pinned(form, low)
                return

    def _narrow(self, met: _Forms, limit: int) -> None:
        """The narrowest interval: the cells that moved least first, until the rest can't be narrower."""
        cells = [n for n, (form, _, _) in enumerate(met.forms) if form.kind == "cell"]
        for n in sorted(cells, key=lambda n: int(met.most[n] - met.least[n])):
            if self.narrowest is not None and met.most[n] - met.least[n] >= self.narrowest:
                return
            try:
                high, low = met.end(n, 1), met.end(n, -1)
            except Undecided:
                continue  # its width is not told; its judgement above stands
            if high < limit:
                width = high - low
                self.narrowest = width if self.narrowest is None else min(width, self.narrowest)
