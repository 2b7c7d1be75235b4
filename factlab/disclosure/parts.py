"""A whole country: its parts' totals and all above them first, then each part on its own, in processes side by side.

Held together by the witnesses. A witness of the upper tables moves totals of parts, so each part must be able to follow:
in its model such a move is a cell that is 0, that adds the witness's deviations to the part's totals when it is 1, and
that must be able to become 1. At most one of them is: then every part follows the same witness, and together they make
one table of the whole country that agrees with everything published. So every interval holds for the country as a whole.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from factlab.disclosure import library, suppression, tidy
from factlab.disclosure.apart import Task
from factlab.disclosure.library import Marked, Plan
from factlab.disclosure.patterns import Flags, Matrix
from factlab.disclosure.rules import Demand, Form
from factlab.disclosure.tidy import Spot, Sum
from factlab.disclosure.witness import Search
from factlab.errors import DisclosureError
from factlab.linked import STATUS, Code, Linked, LinkedTable, SafeLinked

FOLLOWS = 1e6  # what it costs to follow another table above: only where it is asked, or nothing else will do

Moves = tuple[Mapping[Spot, int], ...]  # what witnesses above move of a part's totals, each another


@dataclass(frozen=True)
class Job:
    """One part to protect: its own rows, its code, and what it must be able to follow."""

    linked: Linked
    dimension: str
    code: Code
    moves: Moves
    salt: bytes


class Part(Plan):
    """A part whose totals are settled above: they move as one of `moves` says, or not at all."""

    def __init__(self, job: Job) -> None:
        super().__init__(job.linked, job.salt)
        layout = self.layout
        tops = {
            cell
            for spot, cell in layout.place.items()
            for axis, d in enumerate(layout.dimensions[spot.measure])
            if d.name == job.dimension and spot.codes[axis] == job.code
        }
        if not tops <= layout.listed.keys():
            missing = layout.spots[min(tops - layout.listed.keys())]
            raise DisclosureError("disclosure.part_not_listed", part=job.code, at=layout.at(missing))
        layout.printed = layout.printed - tops
        self.marked = [m for m in self.marked if not self._above(m, tops)]
        self.withheld -= tops
        self.figures = [p for p in self.figures if p.at.get(job.dimension) != job.code]
        self.follow = [self._cell(0) for _ in job.moves]
        for cell in sorted(tops):
            moved = [(f, -m.get(layout.spots[cell], 0)) for f, m in zip(self.follow, job.moves, strict=True)]
            number = self.numbers[cell]
            self.sums.append(Sum("above", ((cell, 1), *(pair for pair in moved if pair[1])), number, number))
        if self.follow:
            self.sums.append(Sum("above", tuple((cell, 1) for cell in self.follow), None, 1))

    @staticmethod
    def _above(marked: Marked, tops: set[int]) -> bool:
        return marked.form.plus in tops and (marked.form.minus < 0 or marked.form.minus in tops)

    def task(self) -> Task:
        task = super().task()
        task.cost[self.follow] = FOLLOWS
        return replace(task, demands=(*task.demands, *(Demand(Form(c), "up", 1) for c in self.follow)))


def protect_parts(
    linked: Linked, dimension: str, parts: Sequence[Code], *, salt: bytes = b"", processes: int = 1
) -> SafeLinked:
    """Protect tables whose `dimension` (of areas, in one nesting) falls apart into these codes, each on its own.

    Every table of a part lists the part's totals too. Relations and figures that are not stated per area are read
    at the total of the whole. Raises a DisclosureError."""
    nestings = linked.hierarchies.get(dimension, ())
    if len(nestings) != 1:
        raise DisclosureError("disclosure.parts_overlap", dimension=dimension)
    nesting = nestings[0]
    part = {code: _part(nesting, code, frozenset(parts)) for code in {*nesting, *nesting.values()}}
    upper = _cut(linked, dimension, {c for c, own in part.items() if own is None or c == own}, whole=True)
    plan = Plan(upper, salt)
    task = plan.task()
    hidden = suppression.suppress(task)
    found = witnesses(task, hidden)
    jobs = [
        Job(
            _cut(linked, dimension, {c for c, own in part.items() if own == code}, whole=False),
            dimension,
            code,
            _moves(plan, found, dimension, code),
            salt,
        )
        for code in parts
    ]
    if processes > 1:
        with ProcessPoolExecutor(processes) as pool:
            done = list(pool.map(_protect, jobs, chunksize=max(1, len(jobs) // (8 * processes))))
    else:
        done = [_protect(job) for job in jobs]
    first = library.safe(plan, hidden)
    return _together(linked, dimension, first, dict(zip(parts, done, strict=True)))


def _part(nesting: Mapping[Code, Code], code: Code, parts: frozenset[Code]) -> Code | None:
    """The part in which a code lies; None above the parts."""
    at: Code | None = code
    while at is not None and at not in parts:
        at = nesting.get(at)
    return at


def _cut(linked: Linked, dimension: str, codes: set[Code], *, whole: bool) -> Linked:
    """The rows at these codes. Tables, relations and figures without the dimension are about the whole alone."""
    tables = []
    for table in linked.tables:
        if dimension in table.by:
            kept = [i for i, code in enumerate(table.columns[dimension]) if code in codes]
            columns = {name: tuple(values[i] for i in kept) for name, values in table.columns.items()}
            tables.append(replace(table, columns=columns))
        elif whole:
            tables.append(table)
    nesting = {c: p for c, p in linked.hierarchies[dimension][0].items() if c in codes and p in codes}
    return replace(
        linked,
        tables=tuple(tables),
        hierarchies={**linked.hierarchies, dimension: (nesting,)},
        relations=tuple(r for r in linked.relations if whole or dimension in r.per),
        figures=tuple(f for f in linked.figures if whole or dimension in f.per),
    )


def witnesses(task: Task, hidden: Flags) -> Matrix:
    """Deviations, one a row, that together meet every demand, of hidden cells alone."""
    search = Search(task.model, task.cost)
    search.fix(np.flatnonzero(~hidden & ~task.model.forced))
    found = np.zeros((1, len(hidden)), dtype=np.int64)
    demands = suppression.Demands(task)
    for demand in np.flatnonzero(demands.active(hidden) & demands.wanted[:, 0]).tolist():
        if not demands.met(np.full(len(found), demand), demands.moved(demand, found)).any():
            one = search.find(demands.each[demand])
            if one is None:
                raise DisclosureError("disclosure.not_verified")
            found = np.vstack([found, np.zeros_like(found[:1])])
            found[-1, one.cells] = one.moved
    return found


def _moves(plan: Plan, found: Matrix, dimension: str, code: Code) -> Moves:
    layout = plan.layout
    own = [
        (spot, cell)
        for spot, cell in layout.place.items()
        for axis, d in enumerate(layout.dimensions[spot.measure])
        if d.name == dimension and spot.codes[axis] == code
    ]
    cells = [cell for _, cell in own]
    distinct = np.unique(found[:, cells], axis=0)
    return tuple(
        {spot: int(n) for (spot, _), n in zip(own, row, strict=True) if n} for row in distinct if row.any()
    )


def _protect(job: Job) -> SafeLinked:
    plan = Part(job)
    return library.safe(plan, suppression.suppress(plan.task()))


def _together(linked: Linked, dimension: str, first: SafeLinked, of: Mapping[Code, SafeLinked]) -> SafeLinked:
    """All rows in the order of the given tables: what lies below a part from its own result, the rest from the first."""
    tables = []
    for table in linked.tables:
        if dimension not in table.by:
            tables.append(first.table[table.name])
            continue
        axis = table.by.index(dimension)
        told: dict[tuple[Code, ...], tuple[Any, str]] = {}
        for top, source in ((None, first), *of.items()):
            own = source.table[table.name]
            for place, codes, number in tidy.rows(own):
                if codes[axis] != top:
                    told[codes] = number, own.columns[STATUS][place]
        rows = [told[codes] for _, codes, _ in tidy.rows(table)]
        tables.append(tidy.protected_table(table, [n for n, _ in rows], [status for _, status in rows]))
    values = tuple(
        _joined([value, *(own.table[value.name] for own in of.values() if value.name in own.table)])
        for value in first.values
    )
    return replace(
        first,
        tables=tuple(tables),
        values=values,
        hierarchies=linked.hierarchies,
        relations=linked.relations,
        figures=linked.figures,
        certificate=library.certificate(linked.rules, tables, values),
    )


def _joined(tables: Sequence[LinkedTable]) -> LinkedTable:
    names = tables[0].columns
    return replace(
        tables[0], columns={name: tuple(v for table in tables for v in table.columns[name]) for name in names}
    )
