"""Linked tables as cells and rows: which numbers are the same, which add up, and which exist without being printed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import product
from typing import Any, NamedTuple

from factlab.errors import DisclosureError
from factlab.linked import COUNT, STATUS, Code, Linked, LinkedTable, Nesting, Relation, Term


class Spot(NamedTuple):
    """A cell: a measure at one code of each of its dimensions; a dimension at its total has the total's code."""

    measure: str
    codes: tuple[Code, ...]


class Sum(NamedTuple):
    """A relation between cells, by their places: low ≤ Σ factor · cell + constant ≤ high; None is no end."""

    kind: str
    terms: tuple[tuple[int, int], ...]  # cell, factor
    low: int | None = 0
    high: int | None = 0
    constant: int = 0


@dataclass(frozen=True)
class Dimension:
    """The codes of a dimension and how they add up."""

    name: str
    nestings: tuple[Nesting, ...]

    @cached_property
    def total(self) -> Code:
        """The one code without a parent, the same in each nesting; empty when the codes stand apart."""
        roots = {p for nesting in self.nestings for p in nesting.values() if p not in nesting}
        if len(roots) > 1 or (self.nestings and not roots):
            raise DisclosureError("disclosure.hierarchy_total", dimension=self.name)
        return next(iter(roots), "")

    @cached_property
    def children(self) -> tuple[Mapping[Code, tuple[Code, ...]], ...]:
        """Per nesting: parent -> its children."""
        told = []
        for nesting in self.nestings:
            below: dict[Code, list[Code]] = defaultdict(list)
            for child, parent in nesting.items():
                below[parent].append(child)
            told.append({parent: tuple(codes) for parent, codes in below.items()})
        return tuple(told)

    @cached_property
    def codes(self) -> frozenset[Code]:
        return frozenset(code for nesting in self.nestings for pair in nesting.items() for code in pair)

    @cached_property
    def parents(self) -> frozenset[Code]:
        return frozenset(parent for nesting in self.nestings for parent in nesting.values())

    def above(self, code: Code) -> tuple[Code, ...]:
        """The code itself and all that it lies in."""
        found = {code: None}
        for nesting in self.nestings:
            at = code
            while at in nesting:
                at = nesting[at]
                if at == code:
                    raise DisclosureError("disclosure.hierarchy_circle", dimension=self.name, code=code)
                found[at] = None
        return tuple(found)

    def atoms(self, code: Code) -> tuple[Code, ...]:
        """The atoms that lie in this code, in any nesting."""
        if code not in self.parents:
            return (code,)
        below = dict.fromkeys(kid for nesting in self.children for kid in nesting.get(code, ()))
        return tuple(dict.fromkeys(atom for kid in below for atom in self.atoms(kid)))

    def height(self, code: Code) -> int:
        """How many steps lie between this code and its atoms."""
        kids = [kid for nesting in self.children for kid in nesting.get(code, ())]
        return 1 + max(map(self.height, kids)) if kids else 0


@dataclass(repr=False)
class Layout:
    """Every cell that a reader knows to exist, where it is listed, and what adds up. Numbers are whole."""

    dimensions: Mapping[str, tuple[Dimension, ...]]  # of each measure, in the order of the codes of its spots
    place: dict[Spot, int]
    listed: dict[int, tuple[LinkedTable, int]]  # cell -> the first table and row that list it
    number: dict[int, int]  # what the listed cells are
    absent: frozenset[Spot]  # not delivered: no cell
    printed: frozenset[int]
    sums: list[Sum] = field(default_factory=list)

    @cached_property
    def spots(self) -> tuple[Spot, ...]:
        return tuple(self.place)

    def of(self, measure: str, at: Mapping[str, Code]) -> Spot:
        return Spot(measure, tuple(at.get(d.name, d.total) for d in self.dimensions[measure]))

    def at(self, spot: Spot) -> str:
        """Where a cell is, in words for an error: never its number."""
        told = zip(self.dimensions[spot.measure], spot.codes, strict=True)
        return ", ".join(f"{d.name}={code}" for d, code in told if code != d.total) or "total"

    def with_code(self, spot: Spot, axis: int, code: Code) -> Spot:
        return Spot(spot.measure, (*spot.codes[:axis], code, *spot.codes[axis + 1 :]))

    def stated(
        self, terms: Sequence[Term], per: Sequence[str]
    ) -> Iterator[tuple[dict[str, Code], tuple[tuple[int, int], ...]]]:
        """Every combination of codes of `per` at which all terms are cells, with those cells and their factors."""
        for term in terms:
            known = {d.name for d in self.dimensions.get(term.measure, ())}
            for name in (*per, *term.at):
                if name not in known:
                    raise DisclosureError(
                        "disclosure.unknown_dimension", dimension=name, measure=term.measure
                    )
        first = terms[0]
        axes = [i for i, d in enumerate(self.dimensions[first.measure]) if d.name in per]
        for spot in self.spots:
            if spot.measure != first.measure:
                continue
            here = {self.dimensions[first.measure][i].name: spot.codes[i] for i in axes}
            spots = [self.of(term.measure, here | dict(term.at)) for term in terms]
            if spots[0] == spot and all(each in self.place for each in spots):
                yield here, tuple((self.place[s], t.factor) for s, t in zip(spots, terms, strict=True))


def rows(table: LinkedTable) -> Iterator[tuple[int, tuple[Code, ...], Any]]:
    """The rows of a table: their place, codes and number."""
    codes = zip(*(table.columns[name] for name in table.by), strict=True) if table.by else [()] * len(table)
    for place, (at, number) in enumerate(zip(codes, table.columns[table.number], strict=True)):
        yield place, tuple(at), number


def lay_out(linked: Linked) -> Layout:
    """The cells of these tables and all rows between them. Raises a DisclosureError that says where the input is
    wrong."""
    dimensions = _dimensions(linked)
    layout = Layout(dimensions, {}, {}, {}, frozenset(), frozenset())
    _list(linked, layout)
    for relation in linked.relations:
        _state(layout, relation)
    _close(layout)
    layout.sums.extend(_add_up(layout))
    for relation in linked.relations:
        for _, terms in layout.stated(relation.terms, relation.per):
            layout.sums.append(Sum(relation.name, terms, relation.low, relation.high))
    return layout


def _dimensions(linked: Linked) -> dict[str, tuple[Dimension, ...]]:
    every = {
        name: Dimension(name, tuple(linked.hierarchies.get(name, ())))
        for table in linked.tables
        for name in table.by
    }
    of: dict[str, dict[str, Dimension]] = defaultdict(dict)
    number: dict[str, tuple[str, int]] = {}
    for table in linked.tables:
        for name in (*table.by, table.number):
            if name not in table.columns:
                raise DisclosureError("disclosure.column_missing", table=table.name, column=name)
        if len({len(values) for values in table.columns.values()}) > 1:
            raise DisclosureError("disclosure.columns_uneven", table=table.name)
        if number.setdefault(table.measure, (table.number, table.decimals)) != (table.number, table.decimals):
            raise DisclosureError("disclosure.measure_mixed", table=table.name, measure=table.measure)
        of[table.measure] |= {name: every[name] for name in table.by}
    for dimension in every.values():
        for code in sorted(dimension.codes):
            dimension.above(code)  # raises when it goes in a circle
    return {measure: tuple(found[name] for name in sorted(found)) for measure, found in of.items()}


def _whole(table: LinkedTable, number: Any) -> int | None:
    """The number as a whole number of the table's unit, None when it is none or negative."""
    try:
        scaled = (
            float(number) * 10**table.decimals if table.decimals or number != int(number) else int(number)
        )
    except (TypeError, ValueError, OverflowError):
        return None
    whole = round(scaled)
    return whole if whole >= 0 and abs(scaled - whole) < 1e-4 else None


def _list(linked: Linked, layout: Layout) -> None:
    """Fill in what the tables list."""
    absent, printed = set(), set()
    for table in linked.tables:
        own: set[Spot] = set()
        apart = {
            name: dimension for dimension in layout.dimensions[table.measure] for name in [dimension.name]
        }
        for place, codes, number in rows(table):
            spot = layout.of(table.measure, dict(zip(table.by, codes, strict=True)))
            for name, code in zip(table.by, codes, strict=True):
                if apart[name].nestings and code not in apart[name].codes:
                    raise DisclosureError("disclosure.unknown_code", table=table.name, column=name, code=code)
            if spot in own:
                raise DisclosureError("disclosure.cell_twice", table=table.name, at=layout.at(spot))
            own.add(spot)
            if number is None:
                absent.add(spot)
                continue
            whole = _whole(table, number)
            if whole is None:
                raise DisclosureError("disclosure.number_wrong", table=table.name, at=layout.at(spot))
            cell = layout.place.setdefault(spot, len(layout.place))
            if layout.number.setdefault(cell, whole) != whole:
                other = layout.listed[cell][0].name
                raise DisclosureError(
                    "disclosure.cell_differs", table=table.name, other=other, at=layout.at(spot)
                )
            if cell not in layout.listed or (table.printed and cell not in printed):
                layout.listed[cell] = (table, place)
            if table.printed:
                printed.add(cell)
    both = [spot for spot in absent if spot in layout.place]
    if both:
        raise DisclosureError("disclosure.cell_twice", table=both[0].measure, at=layout.at(min(both)))
    layout.absent, layout.printed = frozenset(absent), frozenset(printed)


def _state(layout: Layout, relation: Relation) -> None:
    """Add the cells that a relation is about, also those that no table lists: what it says of them, it tells."""
    axes: dict[str, Dimension] = {}
    for term in relation.terms:
        axes |= {d.name: d for d in layout.dimensions.get(term.measure, ()) if d.name in relation.per}
    apart: dict[str, set[tuple[Code, ...]]] = {}
    for spot in layout.place:
        apart.setdefault(spot.measure, set()).add(_apart(layout, spot))
    codes = [sorted(d.codes) if d.nestings else sorted(_listed(layout, d.name)) for d in axes.values()]
    for here in product(*codes):
        at = dict(zip(axes, here, strict=True))
        spots = [
            layout.of(t.measure, at | dict(t.at)) for t in relation.terms if t.measure in layout.dimensions
        ]
        if len(spots) == len(relation.terms) and all(
            _exists(layout, spot) and _apart(layout, spot) in apart[spot.measure] for spot in spots
        ):
            for spot in spots:
                layout.place.setdefault(spot, len(layout.place))


def _apart(layout: Layout, spot: Spot) -> tuple[Code, ...]:
    """The codes of a cell in the dimensions of which codes don't add up: such a cell exists when a table has them."""
    axes = zip(layout.dimensions[spot.measure], spot.codes, strict=True)
    return tuple(code for dimension, code in axes if not dimension.nestings)


def _listed(layout: Layout, name: str) -> set[Code]:
    """All codes of a dimension that cells have."""
    return {
        code
        for spot in layout.place
        for dimension, code in zip(layout.dimensions[spot.measure], spot.codes, strict=True)
        if dimension.name == name and code
    }


def _exists(layout: Layout, spot: Spot) -> bool:
    """Whether there are such codes, and nothing that the cell lies in was not delivered."""
    axes = list(zip(layout.dimensions[spot.measure], spot.codes, strict=True))
    if any(d.nestings and code not in d.codes for d, code in axes):
        return False
    above = product(*(d.above(code) for d, code in axes))
    return layout.absent.isdisjoint(Spot(spot.measure, codes) for codes in above) or spot in layout.place


def _close(layout: Layout) -> None:
    """Add the cells that exist between the listed ones: the totals that they share, the atoms in which overlapping
    nestings meet, and the cells of which only some of the siblings are listed."""

    def add(spot: Spot) -> None:
        if spot not in layout.absent:
            layout.place.setdefault(spot, len(layout.place))

    for spot in list(layout.place):
        several = [
            d.atoms(c) if len(d.nestings) > 1 else (c,)
            for d, c in zip(layout.dimensions[spot.measure], spot.codes, strict=True)
        ]
        for codes in product(*several):
            add(Spot(spot.measure, codes))
    for spot in _core(layout):
        add(spot)
    for spot in list(layout.place):
        above = [d.above(c) for d, c in zip(layout.dimensions[spot.measure], spot.codes, strict=True)]
        for codes in product(*above):
            add(Spot(spot.measure, codes))
    before = -1
    while len(layout.place) > before:
        before = len(layout.place)
        for spot in list(layout.place):
            for _, kids in _kids(layout, spot):
                if any(kid in layout.place for kid in kids):
                    for kid in kids:
                        add(kid)


def _core(layout: Layout) -> Iterator[Spot]:
    """Where margins go round in a circle (a × b, b × c and a × c), the cells in which all of them meet: a reader knows
    that these exist, and margins that fit two by two need not fit together (Graham's reduction finds the circles)."""
    for measure, dimensions in layout.dimensions.items():
        used = {
            frozenset(d.name for d, c in zip(dimensions, spot.codes, strict=True) if c != d.total)
            for spot in layout.place
            if spot.measure == measure
        }
        sets = {one for one in used if not any(one < other for other in used)}
        before: set[frozenset[str]] = set()
        while sets != before:
            before = sets
            lonely = {
                name for one in sets for name in one if not any(name in other for other in sets - {one})
            }
            cut = {one - lonely for one in sets}
            sets = {one for one in cut if one and not any(one < other for other in cut)}
        if len(sets) > 1:
            together = frozenset().union(*sets)
            if all(d.nestings for d in dimensions if d.name in together):
                codes = [d.atoms(d.total) if d.name in together else (d.total,) for d in dimensions]
                yield from (Spot(measure, each) for each in product(*codes))


def _kids(layout: Layout, spot: Spot) -> Iterator[tuple[str, tuple[Spot, ...]]]:
    """Per dimension and nesting, the cells that add up to this one, delivered ones only."""
    for axis, dimension in enumerate(layout.dimensions[spot.measure]):
        for nesting in dimension.children:
            kids = tuple(
                layout.with_code(spot, axis, code)
                for code in nesting.get(spot.codes[axis], ())
                if layout.with_code(spot, axis, code) not in layout.absent
            )
            if kids:
                yield dimension.name, kids


def _add_up(layout: Layout) -> Iterator[Sum]:
    for spot, cell in layout.place.items():
        for name, kids in _kids(layout, spot):
            if kids[0] in layout.place:
                yield Sum(name, ((cell, -1), *((layout.place[kid], 1) for kid in kids)))


def protected_table(table: LinkedTable, numbers: Sequence[Any], statuses: Sequence[str]) -> LinkedTable:
    """The table with these numbers and statuses, without anything else that it was given with."""
    columns = {name: tuple(table.columns[name]) for name in table.by}
    kept = columns | {table.number: tuple(numbers), STATUS: tuple(statuses)}
    return LinkedTable(table.name, table.by, kept, table.measure, table.decimals, table.weight, table.printed)


def counts(table: LinkedTable) -> bool:
    return table.number == COUNT
