"""Which cells linked tables have, listed or not, and how they add up."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from factlab.errors import DisclosureError
from factlab.linked import COUNT, Code, LinkedTable, SafeLinked, Term

Ints = NDArray[np.int64]
LinkedName = tuple[
    str, ...
]  # a cell by its measure and codes that are no total: ("users", "geo=N2", "use=some")
ABSENT = ""  # the code of a dimension without a total in a table that lacks it


@dataclass(frozen=True)
class Axis:
    """A dimension of a measure: its codes, and every way in which a code is the sum of others."""

    name: str
    codes: tuple[Code, ...]
    whole: Code  # the total, or ABSENT where codes stand apart
    sums: tuple[tuple[Code, tuple[Code, ...]], ...]

    @cached_property
    def place(self) -> dict[Code, int]:
        return {code: n for n, code in enumerate(self.codes)}

    @property
    def apart(self) -> bool:
        return self.whole == ABSENT


@dataclass(frozen=True)
class Measure:
    """A measure with its dimensions. A cell of it is a number: `start` and, per dimension, code × step."""

    name: str
    axes: tuple[Axis, ...]
    amount: bool
    start: int

    @cached_property
    def steps(self) -> tuple[int, ...]:
        sizes = [len(axis.codes) for axis in self.axes]
        return tuple(int(np.prod(sizes[n + 1 :], dtype=object)) for n in range(len(sizes)))

    @property
    def size(self) -> int:
        return int(np.prod([len(axis.codes) for axis in self.axes], dtype=object))

    @cached_property
    def axis(self) -> dict[str, Axis]:
        return {axis.name: axis for axis in self.axes}

    def numbers(self, at: Mapping[str, Ints]) -> Ints:
        """The numbers of cells from the places of their codes; a dimension that is left out is at its total."""
        found: Ints = np.array(self.start, dtype=np.int64)
        for axis, step in zip(self.axes, self.steps, strict=True):
            found = found + step * at.get(axis.name, np.array(axis.place[axis.whole]))
        return found


class Sums(NamedTuple):
    """Cells that are each the sum of as many others."""

    wholes: Ints
    parts: Ints  # whole x part


Stated = tuple[
    tuple[Term, ...], tuple[str, ...]
]  # the terms of a relation or a figure, and where it is stated


def _axis(safe: SafeLinked, name: str, tables: Iterable[LinkedTable], stated: Iterable[Stated]) -> Axis:
    """One dimension of the measure of these tables; `stated` has its terms only."""
    listed = dict.fromkeys(
        code for table in tables if name in table.by for code in map(str, table.columns[name])
    )
    nestings = safe.hierarchies.get(name, ())
    if not nestings:
        return Axis(name, (ABSENT, *listed), ABSENT, ())
    codes = dict.fromkeys(code for nesting in nestings for pair in nesting.items() for code in pair)
    whole = next(parent for parent in nestings[0].values() if parent not in nestings[0])
    if len(nestings) == 1 and not any(terms and name in per for terms, per in stated):
        # Below the last code that anything tells of, parts only divide what is above them.
        told: set[Code] = set()
        for code in (*listed, *(term.at[name] for terms, _ in stated for term in terms if name in term.at)):
            at = code
            while at in nestings[0] and nestings[0][at] not in told:
                at = nestings[0][at]
                told.add(at)
        codes = {code: None for code in codes if code == whole or nestings[0][code] in told}
    sums: dict[tuple[Code, frozenset[Code]], tuple[Code, ...]] = {}
    for nesting in nestings:
        parts: dict[Code, list[Code]] = {}
        for child, parent in nesting.items():
            if child in codes:
                parts.setdefault(parent, []).append(child)
        sums |= {(parent, frozenset(own)): tuple(own) for parent, own in parts.items()}
    return Axis(name, tuple(codes), whole, tuple((parent, own) for (parent, _), own in sums.items()))


def _cubes(edges: set[frozenset[str]]) -> list[frozenset[str]]:
    """The dimensions whose cells tell all that can be known when these are listed together.

    Tables that hang together as a tree can be told apart by what they share: any numbers of theirs that agree there
    come from a full table. What is left when leaves are taken off again and again runs in a circle, and its inner cells matter.
    """
    left = set(edges)
    while True:
        shared = {
            frozenset(name for name in edge if sum(name in other for other in left) > 1) for edge in left
        }
        shared = {edge for edge in shared if not any(edge < other for other in shared)}
        if shared == left:
            break
        left = shared
    every = edges | ({frozenset().union(*left)} if len(left) > 1 else set())
    return sorted((e for e in every if not any(e < other for other in every)), key=sorted)


class Cube:
    """All cells of linked tables. A cell is known by its place among them."""

    def __init__(self, safe: SafeLinked) -> None:
        every = [(relation.terms, relation.per) for relation in safe.relations]
        every += [((*figure.above, *figure.below), figure.per) for figure in safe.figures]
        self.measures: dict[str, Measure] = {}
        stated: dict[str, list[Stated]] = {}
        start = 0
        for name in dict.fromkeys(table.measure for table in safe.tables):
            tables = [table for table in safe.tables if table.measure == name]
            stated[name] = [(tuple(t for t in terms if t.measure == name), per) for terms, per in every]
            dims = dict.fromkeys(d for table in tables for d in table.by)
            axes = tuple(_axis(safe, d, tables, stated[name]) for d in dims)
            measure = Measure(name, axes, any(table.number != COUNT for table in tables), start)
            self.measures[name] = measure
            start += measure.size
        found: list[Ints] = []
        sums: list[tuple[Ints, Ints]] = []
        done: dict[tuple[str, str, Code, tuple[Code, ...]], Ints] = {}
        for measure in self.measures.values():
            for cube, names in self._blocks(safe, measure, stated[measure.name]):
                found.append(cube.ravel())
                for n, name in enumerate(names, 1):
                    axis = measure.axis[name]
                    for whole, parts in axis.sums:
                        wholes = np.take(cube, axis.place[whole], n).ravel()
                        rows = np.moveaxis(np.take(cube, [axis.place[p] for p in parts], n), n, -1)
                        key = (measure.name, name, whole, parts)
                        before = done.get(key, np.empty(0, dtype=np.int64))
                        new = ~np.isin(wholes, before)
                        done[key] = np.concatenate([before, wholes[new]])
                        if new.any():
                            sums.append((wholes[new], rows.reshape(len(wholes), -1)[new]))
        self.numbers: Ints = np.unique(np.concatenate(found)) if found else np.empty(0, dtype=np.int64)
        self.sums = tuple(Sums(self.among(wholes), self.among(parts)) for wholes, parts in sums)
        self.measure_of: Ints = (
            np.searchsorted([m.start for m in self.measures.values()], self.numbers, side="right") - 1
        )
        self.amount: NDArray[np.bool_] = np.array(
            [measure.amount for measure in self.measures.values()], dtype=bool
        )[self.measure_of]

    def _blocks(
        self, safe: SafeLinked, measure: Measure, stated: Iterable[Stated]
    ) -> Iterable[tuple[Ints, list[str]]]:
        """The numbers of all cells over some dimensions that add up; one cell more in front for what stands apart."""
        tables = [table for table in safe.tables if table.measure == measure.name]
        named = [frozenset(table.by) for table in tables]
        named += [
            frozenset({*term.at, *per} & measure.axis.keys()) for terms, per in stated for term in terms
        ]
        apart = {axis.name for axis in measure.axes if axis.apart}
        for names in sorted({edge & apart for edge in named}, key=sorted):
            own = sorted(names)
            rows = {
                at
                for table in tables
                if apart & set(table.by) == names
                for at in zip(*(map(str, table.columns[d]) for d in own), strict=True)
            }
            combined = np.array(
                [
                    [measure.axis[d].place[code] for d, code in zip(own, at, strict=True)]
                    for at in sorted(rows)
                ],
                dtype=np.int64,
            ).reshape(len(rows) if own else 1, len(own))
            for edge in _cubes({edge - apart for edge in named if edge & apart == names}):
                dims = sorted(edge)
                shape = [1] * (1 + len(dims))
                at = {d: combined[:, n].reshape([-1, *shape[1:]]) for n, d in enumerate(own)}
                for n, d in enumerate(dims, 1):
                    size = len(measure.axis[d].codes)
                    at[d] = np.arange(size).reshape([*shape[:n], size, *shape[n + 1 :]])
                whole = (len(combined), *(len(measure.axis[d].codes) for d in dims))
                yield np.broadcast_to(measure.numbers(at), whole), dims

    def __len__(self) -> int:
        return len(self.numbers)

    def among(self, numbers: Ints) -> Ints:
        """The places of these cells; -1 for what is none."""
        at = np.minimum(np.searchsorted(self.numbers, numbers), max(len(self) - 1, 0))
        return np.where(self.numbers[at] == numbers, at, -1) if len(self) else np.full(numbers.shape, -1)

    def listed(self, table: LinkedTable) -> Ints:
        """The places of a table's cells, row by row."""
        measure = self.measures[table.measure]
        at = {}
        for name in table.by:
            place = measure.axis[name].place
            try:
                at[name] = np.array([place[str(code)] for code in table.columns[name]], dtype=np.int64)
            except KeyError as wrong:
                raise DisclosureError(
                    "disclosure.unknown_code", table=table.name, column=name, code=wrong.args[0]
                ) from None
        return self.among(np.broadcast_to(measure.numbers(at), len(table)))

    def _moved(self, cells: Ints, dimension: str) -> tuple[NDArray[np.bool_], Ints]:
        """Which cells are not at the total of this dimension, and the numbers of those that are instead."""
        part, numbers = np.zeros(len(cells), dtype=bool), self.numbers[cells]
        for n, measure in enumerate(self.measures.values()):
            if dimension in measure.axis:
                axis = measure.axis[dimension]
                own = np.flatnonzero(self.measure_of[cells] == n)
                up = axis.place[axis.whole] - self.code(cells[own], axis, measure)
                part[own] = up != 0
                numbers[own] += measure.steps[measure.axes.index(axis)] * up
        return part, numbers

    def part(self, cells: Ints, dimension: str) -> NDArray[np.bool_]:
        """Which cells are not at the total of this dimension."""
        return self._moved(cells, dimension)[0]

    def whole(self, cells: Ints, dimension: str) -> Ints:
        """For each cell the one with this dimension at its total; -1 where there is none, or it is that itself."""
        part, numbers = self._moved(cells, dimension)
        return np.where(part, self.among(numbers), -1)

    def code(self, cells: Ints, axis: Axis, measure: Measure) -> Ints:
        """The places of the codes of cells of one measure in one of its dimensions."""
        step = measure.steps[measure.axes.index(axis)]
        return (self.numbers[cells] - measure.start) // step % len(axis.codes)

    def coded(self, dimension: str, codes: Iterable[Code]) -> Ints:
        """The cells that have one of these codes."""
        found = []
        for n, measure in enumerate(self.measures.values()):
            if dimension in measure.axis:
                axis = measure.axis[dimension]
                own = np.flatnonzero(self.measure_of == n)
                wanted = [axis.place[code] for code in codes if code in axis.place]
                found.append(own[np.isin(self.code(own, axis, measure), wanted)])
        return np.concatenate(found) if found else np.empty(0, dtype=np.int64)

    def name(self, cell: int) -> LinkedName:
        """A cell as people read it."""
        measure = list(self.measures.values())[self.measure_of[cell]]
        here = np.array([cell])
        codes = ((a, a.codes[int(self.code(here, a, measure)[0])]) for a in measure.axes)
        return (measure.name, *(f"{axis.name}={code}" for axis, code in codes if code != axis.whole))

    def find(self, name: LinkedName) -> int:
        """The place of a cell by its name, in whatever order its codes are. Raises DisclosureError."""
        measure = self.measures.get(name[0]) if name else None
        pairs = [part.partition("=") for part in name[1:]]
        if measure is not None and all(
            d in measure.axis and code in measure.axis[d].place for d, _, code in pairs
        ):
            at = {d: np.array(measure.axis[d].place[code]) for d, _, code in pairs}
            cell = int(self.among(measure.numbers(at)))
            if cell >= 0:
                return cell
        raise DisclosureError("attack.unknown_cell", cell="/".join(name))
