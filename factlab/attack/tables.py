"""Everything that protected linked tables tell about their cells, as rows of whole numbers, and what to work out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, vstack

from factlab.attack.cube import Cube, Ints, LinkedName
from factlab.attack.judgement import Kind
from factlab.attack.system import System
from factlab.linked import COUNT, STATUS, Figure, LinkedTable, SafeLinked, Term

ANY = -(2**60)  # stands for: however little


class Rows(NamedTuple):
    """Rows of as many terms each: Σ factor · cell is 0 when `equal`, else at least 0. Cell -1 is no term."""

    kind: str
    cells: Ints  # row x term
    factors: Ints  # row x term, or the same for each row
    equal: bool


@dataclass(frozen=True)
class Goals:
    """Linear forms over cells that a reader may try to work out, and what would be too much.

    It is when `pinned` and the form is a single number; or when it is sure to be below `reach` and at least `floor`, and
    the cell `group` (if any) is sure to be somebody.
    """

    kind: Kind
    cells: Ints  # form x term
    factors: Ints
    reach: int
    floor: int = ANY
    pinned: bool = False
    group: Ints | None = None


def _units(number: Any, decimals: int) -> int:
    """A number of a table as a whole number of its smallest unit."""
    return int((Decimal(str(number)) * 10**decimals).to_integral_value())


class Reading:
    """Protected linked tables as a reader has them before reckoning. `known`: cells of which the number is known besides."""

    def __init__(self, safe: SafeLinked, known: Mapping[LinkedName, float]) -> None:
        self.safe, self.cube = safe, Cube(safe)
        size = len(self.cube)
        self.one = size  # a cell that is 1, for the constants
        self.printed: Ints = np.full(size + 1, -1)
        self.printed[self.one] = 1
        self.rounded: Ints = np.full(size, -1)
        self.hidden = np.zeros(size, dtype=bool)  # a reader sees a cell without a number
        self.shown = np.zeros(size, dtype=bool)  # … or with one
        listed, absent = np.zeros(size, dtype=bool), np.zeros(size, dtype=bool)
        self.conflict: tuple[int, ...] = ()  # cells that are printed as two numbers
        decimals = dict.fromkeys(self.cube.measures, 0)
        for table in safe.tables:
            cells, status = self.cube.listed(table), np.array(table.columns[STATUS], dtype=object)
            decimals[table.measure] = table.decimals
            absent[cells[status == "unavailable"]] = True
            listed[cells[status != "unavailable"]] = True
            if table.printed:
                self.hidden[cells[status == "suppressed"]] = True
            there = np.flatnonzero(status == "published")
            numbers = table.columns[table.number]
            told = np.array([_units(numbers[n], table.decimals) for n in there.tolist()], dtype=np.int64)
            self._tell(table, cells[there], told)
        self.listed, self.gone = listed, self._gone(absent & ~listed, listed)
        self.known = np.zeros(size + 1, dtype=bool)
        for name, number in known.items():
            cell = self.cube.find(name)
            self.known[cell] = True
            self.printed[cell] = _units(number, decimals[name[0]])

    def _tell(self, table: LinkedTable, cells: Ints, told: Ints) -> None:
        held = self.rounded if self.safe.rounding and table.number == COUNT else self.printed
        before = held[cells]
        if (differs := (before >= 0) & (before != told)).any():
            self.conflict += tuple(cells[differs].tolist())
        held[cells] = told
        self.shown[cells] = True

    def _gone(self, absent: NDArray[np.bool_], listed: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """What wasn't delivered is no cell, nor is what it is made of, or what is made of it alone, unless it is listed."""
        gone, before = absent.copy(), -1
        while before != (before := int(gone.sum())):
            for wholes, parts in self.cube.sums:
                below = parts[gone[wholes]].ravel()
                gone[below[~listed[below]]] = True
                above = wholes[gone[parts].all(axis=1)]
                gone[above[~listed[above]]] = True
        return gone

    # What a reader knows ----------------------------------------------------------------------------------

    def _sums(self) -> Iterator[Rows]:
        for wholes, parts in self.cube.sums:
            left = ~self.gone[wholes] & ~self.gone[parts].all(axis=1)
            cells = np.column_stack([wholes[left], np.where(self.gone[parts[left]], -1, parts[left])])
            yield Rows("sums", cells, np.array([-1] + [1] * parts.shape[1]), True)

    def at(self, terms: Sequence[Term], places: Mapping[str, Sequence[str]]) -> Ints:
        """The cell of each term at each place (rows of codes by dimension); -1 where there is no such cell."""
        many = len(next(iter(places.values()))) if places else 1
        found = np.full((many, len(terms)), -1)
        for n, term in enumerate(terms):
            measure = self.cube.measures.get(term.measure)
            if measure is None or any(d not in measure.axis for d in term.at):
                continue
            codes: dict[str, Ints] = {}
            for d, axis in measure.axis.items():
                if d in term.at or d in places:
                    named = [term.at[d]] * many if d in term.at else places[d]
                    codes[d] = np.array([axis.place.get(code, -1) for code in named], dtype=np.int64)
            there = (
                np.all([place >= 0 for place in codes.values()], axis=0)
                if codes
                else np.ones(many, dtype=bool)
            )
            cells = self.cube.among(np.broadcast_to(measure.numbers(codes), many))
            found[:, n] = np.where(there & (cells >= 0) & ~self.gone[cells], cells, -1)
        return found

    def everywhere(self, terms: Sequence[Term], per: Sequence[str]) -> Ints:
        """The cells of the terms at every place at which all of them are cells."""
        axes = [self.cube.measures[t.measure].axis for t in terms if t.measure in self.cube.measures]
        names = [d for d in per if any(d in axis for axis in axes)]
        codes = [list(dict.fromkeys(c for a in axes if d in a for c in a[d].codes if c)) for d in names]
        grid = np.meshgrid(*(np.arange(len(c)) for c in codes), indexing="ij") if names else []
        places = {d: [c[n] for n in g.ravel()] for d, c, g in zip(names, codes, grid, strict=True)}
        cells = self.at(terms, places)
        return cells[(cells >= 0).all(axis=1)]

    def _within(
        self, kind: str, cells: Ints, factors: Ints, low: Ints | int | None, high: int | None = None
    ) -> Iterator[Rows]:
        """Rows for low ≤ Σ factor · cell ≤ high; factors and low may differ by row."""
        cells = np.column_stack([cells, np.full(len(cells), self.one)])
        factors = np.broadcast_to(factors, (len(cells), cells.shape[1] - 1))
        same = high is not None and isinstance(low, int) and low == high
        for sign, end in ((1, low), (-1, high)):
            if end is not None:
                with_end = np.column_stack([sign * factors, np.broadcast_to(-sign * end, len(cells))])
                yield Rows(kind, cells, with_end, same)
                if same:
                    return

    def _relations(self) -> Iterator[Rows]:
        for relation in self.safe.relations:
            factors = np.array([term.factor for term in relation.terms])
            cells = self.everywhere(relation.terms, relation.per)
            yield from self._within("relations", cells, factors, relation.low, relation.high)

    def _figures(self) -> Iterator[Rows]:
        """A figure lies in the interval that rounding leaves, and the sum below it isn't 0. Where rows are left out
        though all of their cells are listed, these are the sums that are 0, and no other is."""
        named = {table.name: table for table in self.safe.values}
        for figure in self.safe.figures:
            told = named[figure.name]
            terms = (*figure.above, *figure.below)
            places = {d: [str(code) for code in told.columns[d]] for d in figure.per}
            cells = self.at(terms, places)[: len(told)]
            there = (cells >= 0).all(axis=1)
            above, below = len(figure.above), np.array([term.factor for term in figure.below])
            printed = there & (np.array(told.columns[STATUS], dtype=object) == "published")
            if not self.safe.rounding:
                numbers = told.columns[told.number]
                values = [_units(numbers[n], figure.decimals) for n in np.flatnonzero(printed).tolist()]
                yield from self._rounded(figure, cells[printed], np.array(values, dtype=np.int64))
            every = self.everywhere(terms, figure.per)
            told_of = {tuple(row) for row in cells[there].tolist()}
            missing = np.array([tuple(row) not in told_of for row in every.tolist()], dtype=bool)
            missing &= self.listed[every].all(axis=1)
            some = there if missing.any() else printed
            yield from self._within("figures", cells[some][:, above:], below, 1)
            if (
                self.safe.rounding
            ):  # one of rounded numbers may be missing because the sum below is rounded to 0
                missing &= self.hidden[every[:, above:]].any(axis=1)
            yield Rows("figures", every[missing][:, above:], below, True)

    def _rounded(self, figure: Figure, cells: Ints, values: Ints) -> Iterator[Rows]:
        """Half up: value − ½ ≤ 10^decimals · times · above / below < value + ½."""
        above = np.array([2 * 10**figure.decimals * figure.times * term.factor for term in figure.above])
        above = np.broadcast_to(above, (len(values), len(above)))
        below = np.array([term.factor for term in figure.below])
        least, most = np.outer(2 * values - 1, below), np.outer(2 * values + 1, below)
        yield from self._within("figures", cells, np.column_stack([above, -least]), 0)
        yield from self._within("figures", cells, np.column_stack([-above, most]), 1)

    def _rounding(self) -> Iterator[Rows]:
        cells = np.flatnonzero((self.rounded >= 0) & ~self.known[:-1])
        off, told = self.safe.rounding - 1, self.rounded[cells]
        yield from self._within("rounding", cells[:, None], np.array([1]), np.maximum(told - off, 0))
        yield from self._within("rounding", cells[:, None], np.array([-1]), -(told + off))

    def system(self) -> System:
        """All of it as one system; the last cell is 1."""
        blocks, equal, kinds = [], [], Counter[str]()
        for rows in (*self._sums(), *self._relations(), *self._figures(), *self._rounding()):
            many = len(rows.cells)
            blocks.append(self.matrix(rows.cells, rows.factors))
            equal.append(np.full(many, rows.equal))
            kinds[rows.kind] += many
        size = len(self.printed)
        matrix = csr_array(vstack(blocks)) if blocks else csr_array((0, size), dtype=np.int64)
        same = np.concatenate(equal) if equal else np.empty(0, dtype=bool)
        return System((), self.printed, matrix, same, (), dict(kinds), np.ones(size, dtype=bool))

    def matrix(self, cells: Ints, factors: Ints) -> csr_array:
        """Forms with the same factors, as a matrix form × cell."""
        row = np.repeat(np.arange(len(cells)), cells.shape[1])
        factor = np.broadcast_to(factors, cells.shape).ravel()
        cell = cells.ravel()
        told = (cell >= 0) & (factor != 0)
        shape = (len(cells), len(self.printed))
        return csr_array((factor[told], (row[told], cell[told])), shape=shape, dtype=np.int64)

    # What it may not know ---------------------------------------------------------------------------------

    @property
    def hides(self) -> Ints:
        """The cells that a reader sees without a number."""
        return np.flatnonzero(self.hidden & ~self.gone)

    @cached_property
    def counts(self) -> Ints:
        """The cells that are counts."""
        return np.flatnonzero(~self.gone & ~self.cube.amount)

    def goals(self) -> Iterator[Goals]:
        k, rules = self.safe.rules.threshold, self.safe.rules
        itself = np.array([1])
        hidden = self.hidden & ~self.gone
        small = 0 if rules.zeros else 1
        for amounts in (False, True):
            cells = np.flatnonzero(hidden & (self.cube.amount == amounts))[:, None]
            yield Goals("pinned exactly", cells, itself, ANY if amounts else k, pinned=True)
        shown, seen = self.shown[self.counts], (self.shown | self.hidden)[self.counts]
        yield Goals("small count published", self.counts[shown][:, None], itself, k, floor=small)
        yield Goals("pinned exactly", self.counts[~seen][:, None], itself, k, floor=small)
        for d in rules.complement:
            yield from self._left(d, self.counts[hidden[self.counts]], "complement", k, ANY)
            yield from self._left(d, self.counts[~hidden[self.counts]], "complement", k, 1)
        for d, codes in rules.everyone.items():
            cells = np.intersect1d(self.counts, self.cube.coded(d, codes))
            yield from self._left(d, cells, "everyone", k if d in rules.complement else 1, 0, somebody=True)
        for d, codes in rules.nobody.items():
            cells = np.intersect1d(self.counts, self.cube.coded(d, codes))
            whole = self.cube.whole(cells, d)
            there = (whole >= 0) & ~self.gone[whole]
            yield Goals("nobody without", cells[there][:, None], itself, k, 0, group=whole[there])
        for d in rules.areas:
            yield Goals("small count published", self._areas(d)[:, None], itself, 2 * k, floor=1)
        for relation in self.safe.relations:
            if relation.protect:
                factors = np.array([term.factor for term in relation.terms])
                cells = self.everywhere(relation.terms, relation.per)
                if relation.protect == "small":
                    yield Goals("difference", cells, factors, k, floor=1)
                    continue
                for n in np.flatnonzero(factors > 0):  # nobody is left out: of somebody
                    yield Goals("difference", cells, factors, k, floor=0, group=cells[:, n])

    def _areas(self, d: str) -> Ints:
        """The counts of areas of which something is published, but of none that has a count of 2k: it isn't small,
        whatever else is counted there. Where a count is hidden the area is as large as that may be."""
        cells, k = self.counts, self.safe.rules.threshold
        for other in {name for measure in self.cube.measures.values() for name in measure.axis}:
            cells = cells[self.cube.part(cells, other) == (other == d)]
        told = np.maximum(self.printed[cells], self.rounded[cells] - self.safe.rounding + 1)
        areas = np.array([self.cube.name(int(cell))[1] for cell in cells], dtype=object)
        shown, hidden = self.shown[cells], self.hidden[cells] & ~self.known[cells]
        large, unsure = set(areas[shown & (told >= 2 * k)]), set(areas[hidden])
        some = set(areas[shown]) - large
        chosen = [area in some and h == (area in unsure) for area, h in zip(areas, hidden, strict=True)]
        return np.asarray(cells[np.array(chosen, dtype=bool)])

    def _left(
        self, d: str, cells: Ints, kind: Kind, reach: int, floor: int, *, somebody: bool = False
    ) -> Iterable[Goals]:
        """What cells leave of the total of a dimension."""
        whole = self.cube.whole(cells, d)
        there = (whole >= 0) & ~self.gone[whole]
        pairs = np.column_stack([whole[there], cells[there]])
        yield Goals(kind, pairs, np.array([1, -1]), reach, floor, group=whole[there] if somebody else None)
