"""Protection of any set of linked tables: from tidy tables to the core's task, and from what it hides to safe tables."""

from __future__ import annotations

import hashlib
import hmac
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import ceil
from typing import Any

import numpy as np
from numpy.typing import NDArray

from factlab.disclosure import completion, cover, model, tidy
from factlab.disclosure import rounding as rounded
from factlab.disclosure.apart import Open, Task
from factlab.disclosure.patterns import Flags
from factlab.disclosure.rules import Demand, Form
from factlab.disclosure.tidy import Layout, Sum
from factlab.errors import DisclosureError
from factlab.linked import Code, Figure, Linked, LinkedTable, Rules, SafeLinked

METHOD = "cell suppression by witnesses: every marked form's interval contains 0 to the threshold"
PER_STEP = 1.2  # a cell is so much dearer than one a step lower in a hierarchy
POWER, DEAR = 0.9, 40.0  # what a cell of n costs: between hiding few cells and hiding small ones
TIE = 0.02  # enough for another salt to choose other partners
FREE = 1e-4  # what it costs to move a cell that is never printed


@dataclass(frozen=True)
class Marked:
    """A form that a rule marks: its interval must reach from `low` to `high`. `rule` and `at` are for explanation to
    those who hold the data, never for the result."""

    rule: str
    at: str
    form: Form
    low: int
    high: int


@dataclass(frozen=True)
class Printed:
    """A figure at one place: its rounded value and the two cells that move when it is hidden. Where the sum below is 0
    it has neither, and its row says no more than that of a hidden one."""

    figure: Figure
    at: dict[str, Code]
    value: int | None  # times 10 ** decimals
    slack: tuple[int, ...]
    above: tuple[tuple[int, int], ...]  # cells and factors
    below: tuple[tuple[int, int], ...]


class Plan:
    """Everything that is known of the tables before anything is hidden."""

    def __init__(self, linked: Linked, salt: bytes) -> None:
        self.linked, self.rules, self._salt = linked, linked.rules, salt
        self.layout = tidy.lay_out(linked)
        self.sums = list(self.layout.sums)
        self.numbers, self.ends = self._numbers()
        self.marked: list[Marked] = []
        self.withheld: set[int] = set()
        self.figures: list[Printed] = []
        self._size = len(self.layout.place)
        self._protected_forms()
        self._figures()
        self._small_areas()
        self.marked.extend(self._minimum())
        self.marked.extend(self._zeros())
        self.marked.extend(self._amounts())
        self.marked.extend(self._complements())

    # -- numbers ------------------------------------------------------------------------------------------------

    def _numbers(self) -> tuple[list[int], dict[int, tuple[float, float]]]:
        layout = self.layout
        known, ends = completion.complete(layout.number, self.sums, len(layout.place))
        for row in self.sums:
            value = sum(factor * known[cell] for cell, factor in row.terms) + row.constant
            if (row.low is not None and value < row.low) or (row.high is not None and value > row.high):
                spot = layout.spots[row.terms[0][0]]
                raise DisclosureError(
                    "disclosure.sum_fails", relation=row.kind, measure=spot.measure, at=layout.at(spot)
                )
        return [known[cell] for cell in range(len(layout.place))], ends

    def _cell(self, number: int) -> int:
        """One more cell, never printed."""
        self.numbers.append(number)
        return len(self.numbers) - 1

    # -- rules --------------------------------------------------------------------------------------------------

    def _mark(self, rule: str, cell: int, low: int, high: int, minus: int = -1) -> Marked:
        return Marked(rule, self.layout.at(self.layout.spots[cell]), Form(cell, minus), low, high)

    def is_count(self, cell: int) -> bool:
        return self.layout.spots[cell].measure in self._counted

    @cached_property
    def _counted(self) -> frozenset[str]:
        return frozenset(table.measure for table in self.linked.tables if tidy.counts(table))

    @property
    def _counts(self) -> Iterator[int]:
        """Every cell that is a count, listed or not."""
        return (cell for cell in range(self._size) if self.is_count(cell))

    def _minimum(self) -> Iterator[Marked]:
        """A count from 1 to k - 1; of a cell that no table lists and that doesn't follow, one that may be so small."""
        k = self.rules.threshold
        for cell in self._counts:
            number = self.numbers[cell]
            least, most = self.ends.get(cell, (number, number))
            if cell in self.ends:
                if least < k and most >= 1 and (least > 0 or most < k or number < k):
                    yield self._mark("minimum", cell, 0, k)
            elif 1 <= number < k:
                yield self._mark("minimum", cell, 0, k)

    def _zeros(self) -> Iterator[Marked]:
        """A count of 0 where zeros are protected, and where nobody of a group is in a code of `nobody`."""
        for cell in self._counts:
            if self.numbers[cell] > 0:
                continue
            if self.rules.zeros:
                yield self._mark("zero", cell, 0, self.rules.threshold)
                continue
            for whole, dimension, code in self._wholes(cell):
                if code in self.rules.nobody.get(dimension, ()) and self.numbers[whole] > 0:
                    yield self._mark("nobody", cell, 0, self.rules.threshold)

    def _wholes(self, cell: int) -> Iterator[tuple[int, str, Code]]:
        """The cells that hold this one and everything beside it in one dimension."""
        spot = self.layout.spots[cell]
        for axis, dimension in enumerate(self.layout.dimensions[spot.measure]):
            if spot.codes[axis] != dimension.total:
                whole = self.layout.place.get(self.layout.with_code(spot, axis, dimension.total))
                if whole is not None:
                    yield whole, dimension.name, spot.codes[axis]

    def _complements(self) -> Iterator[Marked]:
        k = self.rules.threshold
        for cell in self._counts:
            for whole, dimension, code in self._wholes(cell):
                left = self.numbers[whole] - self.numbers[cell]
                if dimension in self.rules.complement and 1 <= left < k:
                    yield self._mark("complement", whole, 0, k, cell)
                shared = code in self.rules.everyone.get(dimension, ())
                if shared and left == 0 and self.numbers[whole] > 0:
                    yield self._mark("everyone", whole, 0, k, cell)

    def _amounts(self) -> Iterator[Marked]:
        """Amounts: few contributors, p% and (n,k) dominance, each with how far the interval must reach."""
        for cell, (table, row) in self.layout.listed.items():
            if self.is_count(cell) or not self.numbers[cell]:
                continue
            amount = self.numbers[cell]
            for rule, need in self._reaches(table, row, amount):
                yield self._mark(rule, cell, max(0, amount - need), amount + need)

    def _reaches(self, table: LinkedTable, row: int, amount: int) -> Iterator[tuple[str, int]]:
        rules = self.rules

        def given(column: str) -> float | None:
            value = table.columns[column][row] if column in table.columns else None
            return (
                None
                if value is None
                else float(value) * (1 if column == "contributors" else 10**table.decimals)
            )

        contributors, largest, second = given("contributors"), given("largest"), given("second")
        if contributors is not None and 0 < contributors < rules.threshold:
            yield "contributors", max(1, amount if rules.p is None else ceil(amount * rules.p / 100))
        if rules.p is not None:
            if largest is None or second is None:
                raise DisclosureError("disclosure.column_missing", table=table.name, column="largest, second")
            need = rules.p / 100 * largest - (amount - largest - second)
            if need > 0:
                yield "p%", ceil(need)
        if rules.dominance is not None:
            several = given("largest_n")
            if several is None:
                raise DisclosureError("disclosure.column_missing", table=table.name, column="largest_n")
            need = several * 100 / rules.dominance[1] - amount
            if need > 0:
                yield "dominance", ceil(need)

    def _small_areas(self) -> None:
        """Areas of fewer than 2k, with the smallest others of their parent until these hold 2k together."""
        k, layout = self.rules.threshold, self.layout
        for name in self.rules.areas:
            size: dict[Code, int] = {}
            for cell in layout.listed:
                spot = layout.spots[cell]
                told = list(zip(layout.dimensions[spot.measure], spot.codes, strict=True))
                own = [code for dimension, code in told if dimension.name == name]
                others = [c for d, c in told if d.name != name and c != d.total]
                if own and not others and self.is_count(cell):
                    size[own[0]] = max(size.get(own[0], 0), self.numbers[cell])
            small = {code for code, number in size.items() if number < 2 * k}
            chosen = set(small)
            for nesting in self.linked.hierarchies.get(name, ()):
                for parent in sorted({nesting[code] for code in small if code in nesting}):
                    siblings = [c for c, p in nesting.items() if p == parent and c in size]
                    together = sum(size[code] for code in siblings if code in chosen)
                    for code in sorted(set(siblings) - chosen, key=lambda c: (size[c], c)):
                        if together >= 2 * k:
                            break
                        chosen.add(code)
                        together += size[code]
            for cell in layout.listed:
                spot = layout.spots[cell]
                axes = zip(layout.dimensions[spot.measure], spot.codes, strict=True)
                lies_in = next((code for dimension, code in axes if dimension.name == name), "")
                if lies_in in chosen:
                    self.withheld.add(cell)
                    if lies_in in small and self.is_count(cell):
                        self.marked.append(self._mark("small area", cell, 0, k))

    def _protected_forms(self) -> None:
        """Complements and differences that a relation states: each gets a cell of its own, never printed."""
        for relation in self.linked.relations:
            if not relation.protect:
                continue
            for here, terms in self.layout.stated(relation.terms, relation.per):
                value = sum(factor * self.numbers[cell] for cell, factor in terms)
                if (1 if relation.protect == "small" else 0) <= value < self.rules.threshold and any(
                    self.numbers[cell] for cell, _ in terms
                ):
                    cell = self._cell(value)
                    self.sums.append(Sum(relation.name, (*terms, (cell, -1))))
                    at = ", ".join(f"{name}={code}" for name, code in here.items())
                    self.marked.append(Marked(relation.name, at, Form(cell), 0, self.rules.threshold))

    # -- figures ------------------------------------------------------------------------------------------------

    def _figures(self) -> None:
        """A figure has a row wherever its cells are listed, also where the sum below is 0: else that it is missing
        would tell that nobody is there, and that it isn't that somebody is."""
        for figure in self.linked.figures:
            under = {
                tuple(at[name] for name in figure.per): terms
                for at, terms in self.layout.stated(figure.below, figure.per)
            }
            for here, above in self.layout.stated(figure.above, figure.per):
                below = under.get(tuple(here[name] for name in figure.per))
                if below is None or any(c not in self.layout.listed for c, _ in (*above, *below)):
                    continue
                self.figures.append(self._figure(figure, here, above, below))

    def _figure(
        self,
        figure: Figure,
        here: dict[str, Code],
        above: Sequence[tuple[int, int]],
        below: Sequence[tuple[int, int]],
    ) -> Printed:
        """What rounding tells: 2·size·above lies from (2·value − 1)·below to just under (2·value + 1)·below. Each
        side has a cell that makes room when it moves: then the figure is hidden."""
        over, under = (sum(f * self.numbers[c] for c, f in terms) for terms in (above, below))
        if under <= 0:
            return Printed(figure, here, None, (), tuple(above), tuple(below))
        value = figure.value(over, under)
        size = 10**figure.decimals * figure.times
        slack = (self._cell(0), self._cell(0))
        room = 4 * size * self.rules.threshold * max(abs(f) for _, f in (*above, *below))
        for cell, sign, end, least in ((slack[0], 1, 2 * value - 1, 0), (slack[1], -1, 2 * value + 1, 1)):
            total: Counter[int] = Counter()
            for place, factor in above:
                total[place] += sign * 2 * size * factor
            for place, factor in below:
                total[place] -= sign * end * factor
            self.sums.append(Sum(figure.name, ((cell, room), *total.items()), least, None))
        return Printed(figure, here, value, slack, tuple(above), tuple(below))

    # -- the task -----------------------------------------------------------------------------------------------

    def task(self) -> Task:
        kept = self._pruned()
        never = np.ones(len(self.numbers), dtype=bool)
        never[sorted(self.layout.printed)] = False
        slack = [cell for printed in self.figures for cell in printed.slack]
        never[slack] = False
        whole = self._model(kept, never)
        single = {m.form.plus for m in self.marked if m.form.minus < 0}
        # the ends above the true numbers first, and of these the largest: a search that has to add meets others
        # on its way, and on the reference tables this hid 8 to 17% fewer cells than any order with the lower ends first
        marked = sorted(self.marked, key=lambda m: m.low - int(m.form.of(whole.counts)))
        ends = [Demand(m.form, "up", m.high) for m in marked] + [
            Demand(m.form, "down", m.low) for m in marked
        ]
        return Task(
            whole,
            (),
            frozenset(),
            (*self._guarantee(), ()),
            self.rules.threshold,
            np.append(self._costs(), FREE),
            demands=tuple(dict.fromkeys(ends)),
            musts=frozenset(np.flatnonzero(never).tolist()) | single | self.withheld,
        )

    def _pruned(self) -> list[Sum]:
        """Without the totals that no table prints, that stand in no other row and that no rule is about: that a sum
        of counts is at least 0 tells nothing."""
        rows: list[Sum | None] = list(self.sums)
        where: dict[int, set[int]] = {}
        for place, row in enumerate(self.sums):
            for cell, _ in row.terms:
                where.setdefault(cell, set()).add(place)
        needed = {cell for m in self.marked for cell in (m.form.plus, m.form.minus)} | set(self.layout.listed)
        queue = [cell for cell in range(self._size) if cell not in needed]
        while queue:
            cell = queue.pop()
            if len(where.get(cell, ())) != 1:
                continue
            (place,) = where[cell]
            told = rows[place]
            if told is None or told.low != 0 or told.high != 0 or told.constant:
                continue
            own = dict(told.terms)[cell]
            if any(factor * own > 0 for other, factor in told.terms if other != cell):
                continue
            rows[place] = None
            for other, _ in told.terms:
                where[other].discard(place)
                if other not in needed and other < self._size:
                    queue.append(other)
        return [row for row in rows if row is not None]

    def _model(self, sums: Sequence[Sum], never: Flags) -> Open:
        one = len(self.numbers)  # the constant: a cell that is 1 and doesn't move
        equal: list[model.Row] = []
        least: list[model.Row] = []
        for row in sums:
            cells = np.array([*(cell for cell, _ in row.terms), one])
            factors = np.array([factor for _, factor in row.terms])
            if row.low is not None and row.low == row.high:
                equal.append((row.kind, cells, np.append(factors, row.constant - row.low)))
                continue
            if row.low is not None:
                least.append((row.kind, cells, np.append(factors, row.constant - row.low)))
            if row.high is not None:
                least.append((row.kind, cells, np.append(-factors, row.high - row.constant)))
        built = model.build([*self.numbers, 1], equal, least)
        forced = np.append(np.zeros(one, dtype=bool), True)
        built.equal.eliminate_zeros()
        built.least.eliminate_zeros()
        return Open(built.counts, built.equal, built.least, forced, built.relations, np.append(never, True))

    def _guarantee(self) -> Iterator[tuple[Demand, ...]]:
        k = self.rules.threshold
        for cell, number in enumerate(self.numbers):
            if cell not in self.layout.printed:
                yield ()
                continue
            own = [Demand(Form(cell), "away", number)]
            if self.is_count(cell):
                own.append(Demand(Form(cell), "up", k))
                own += [
                    Demand(Form(whole, cell), "up", k)
                    for whole, dimension, _ in self._wholes(cell)
                    if dimension in self.rules.complement
                ]
            yield tuple(own)

    def _costs(self) -> NDArray[np.float64]:
        """What it costs to move a cell that is not yet hidden; ties are broken by the salt."""
        cost = np.full(len(self.numbers), FREE)
        for cell in self.layout.printed:
            spot = self.layout.spots[cell]
            steps = sum(
                d.height(code)
                for d, code in zip(self.layout.dimensions[spot.measure], spot.codes, strict=True)
            )
            tie = self._tie("\0".join((spot.measure, *spot.codes)))
            weight = self.layout.listed[cell][0].weight
            cost[cell] = weight * PER_STEP**steps * (DEAR + self.numbers[cell] ** POWER) * tie
        for printed in self.figures:
            cost[list(printed.slack)] = printed.figure.weight
        return cost

    def _tie(self, name: str) -> float:
        draw = hmac.new(self._salt, name.encode(), hashlib.sha256).digest()[:6]
        return 1 + TIE * int.from_bytes(draw, "big") / 2.0**48


def protect(linked: Linked, *, salt: bytes = b"", rounding: int = 0) -> SafeLinked:
    """Hide what must be hidden, or raise a DisclosureError. The secret `salt` breaks ties; same salt, same result.

    With `rounding` the published counts are rounded to multiples of that base as well, consistently over the tables."""
    plan = Plan(linked, salt)
    hidden = cover.suppress(plan.task())
    numbers = plan.numbers
    if rounding:
        shown = {c: numbers[c] for c in plan.layout.printed if not hidden[c] and plan.is_count(c)}
        near = rounded.controlled(shown, plan.sums, rounding)
        numbers = [near.get(cell, number) for cell, number in enumerate(numbers)]
    return safe(plan, hidden, numbers, rounding)


def safe(plan: Plan, hidden: Flags, numbers: Sequence[int] | None = None, rounding: int = 0) -> SafeLinked:
    """The tables with these cells hidden, and these numbers for the others."""
    numbers = plan.numbers if numbers is None else numbers
    layout, linked = plan.layout, plan.linked
    tables = tuple(_table(layout, table, hidden, numbers) for table in linked.tables)
    values = tuple(
        _figure(figure, [p for p in plan.figures if p.figure is figure], hidden, numbers, rounding)
        for figure in linked.figures
    )
    signed = certificate(linked.rules, tables, values) | ({"rounding": rounding} if rounding else {})
    return SafeLinked(
        tables,
        values,
        linked.rules,
        linked.hierarchies,
        linked.relations,
        linked.figures,
        signed,
        rounding,
    )


def _table(layout: Layout, table: LinkedTable, hidden: Flags, numbers: Sequence[int]) -> LinkedTable:
    told: list[Any] = []
    statuses: list[str] = []
    for _, codes, number in tidy.rows(table):
        spot = layout.of(table.measure, dict(zip(table.by, codes, strict=True)))
        if spot in layout.absent:
            status = "unavailable"
        else:
            shown = table.printed and not hidden[layout.place[spot]]
            status = "published" if shown else "suppressed"
        exact = numbers[layout.place[spot]] if status == "published" and tidy.counts(table) else number
        told.append(exact if status == "published" else None)
        statuses.append(status)
    return tidy.protected_table(table, told, statuses)


def _figure(
    figure: Figure, printed: Sequence[Printed], hidden: Flags, numbers: Sequence[int], rounding: int
) -> LinkedTable:
    """The figure where it can be shown; with rounding, made from rounded numbers, and only where all are published."""
    values: list[float | None] = []
    for one in printed:
        if one.value is None or any(hidden[cell] for cell in one.slack):
            values.append(None)
        elif not rounding:
            values.append(one.value / 10**figure.decimals)
        else:
            above, below = (sum(f * numbers[c] for c, f in terms) for terms in (one.above, one.below))
            shown = below > 0 and not hidden[[c for c, _ in (*one.above, *one.below)]].any()
            value = figure.value(above, below) if shown else None
            values.append(None if value is None else value / 10**figure.decimals)
    columns: dict[str, tuple[Any, ...]] = {
        name: tuple(one.at[name] for one in printed) for name in figure.per
    }
    columns["value"] = tuple(values)
    columns["status"] = tuple("suppressed" if value is None else "published" for value in values)
    return LinkedTable(figure.name, figure.per, columns, figure.name, figure.decimals)


def certificate(rules: Rules, tables: Sequence[LinkedTable], values: Sequence[LinkedTable]) -> dict[str, Any]:
    """Can be written as JSON. It holds no number of a cell, and never how many were small of themselves."""
    told = []
    for table in (*tables, *values):
        if table.printed:
            number = Counter(table.columns["status"])
            by = {status: number[status] for status in ("published", "suppressed", "unavailable")}
            told.append({"table": table.name, "cells": len(table)} | by)
    return {
        "method": METHOD,
        "rules": {
            name: (
                dict(value) if isinstance(value, dict) else list(value) if isinstance(value, tuple) else value
            )
            for name, value in vars(rules).items()
            if value not in (None, (), {}, False)
        },
        "interval": [0, rules.threshold],
        "tables": told,
    }
