"""What an organisation knows besides what is published: every table as it would count it of its own clients.

Its equalities are found as those between columns are (`identities`): a column of all use is known when, over every
pattern that the codebook allows, it is a sum of the organisation's own columns. Its inequalities are declared and
tested on the same patterns (I1 to I3 of docs/disclosure.md).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from factlab.cells import CellKey, Codebook, CountTable
from factlab.disclosure import identities, patterns
from factlab.disclosure.knower import FREE, Knower
from factlab.disclosure.model import Model, Place, cells
from factlab.disclosure.patterns import Column, Flags, Matrix
from factlab.errors import DisclosureError

Terms = Mapping[Column, int]
Exact = NDArray[np.float64]


@dataclass(frozen=True)
class Insight:
    """What an organisation knows of the columns of one level, in each area; vectors over the columns."""

    fixed: Flags  # columns that it counts exactly
    equal: Matrix  # rows: a sum of columns that it counts exactly
    least: tuple[tuple[Matrix, Matrix], ...]  # sum of columns, less a sum of its own columns: at least 0


def knowers(counts: CountTable, everywhere: Sequence[Place], whole: Model) -> tuple[Knower, ...]:
    """Every organisation that delivered. A row that its own counts break is a fault: DisclosureError."""
    book = counts.codebook
    drawn = [patterns.draw(book, seed) for seed in (1, 2)]
    by_columns: dict[tuple[Column, ...], list[Place]] = {}
    for place in everywhere:
        by_columns.setdefault(place.knowledge.columns, []).append(place)
    known = [_Level(book, columns, places, drawn) for columns, places in by_columns.items()]
    index = {key: n for n, key in enumerate(cells(book))}
    return tuple(
        _knower(book, name, own, known, index, whole) for name, own in sorted(counts.own.items()) if own
    )


class _Level:
    """All areas that have the same columns, and those columns over the patterns."""

    def __init__(
        self, book: Codebook, columns: tuple[Column, ...], places: Sequence[Place], drawn: Sequence[Flags]
    ) -> None:
        self.columns, self.knowledge = columns, places[0].knowledge
        self.cells = np.array([place.cells for place in places])
        self._book, self._drawn = book, drawn
        # Whole numbers far below 2^53, as floats: exact, and quicker to multiply.
        self._all = [patterns.evaluate(book, columns, some).astype(np.float64) for some in drawn]
        self._basis = identities.pivots((self._all[0].T @ self._all[0]).astype(np.int64))
        self._every = [every[:, self._basis] for every in self._all]

    def insight(self, name: str) -> Insight:
        mine = np.array([o == name for s in self._book.delivered_services for o in s.organisations])
        own = [self._own(some, np.flatnonzero(mine)) for some in self._drawn]
        equal = self._equalities(own)
        told = np.array([vector for _, vector in self.knowledge.equal]).reshape(-1, len(self.columns))
        return Insight(
            identities.units(np.vstack([told, equal])), equal, tuple(self._inequalities(name, own))
        )

    def _own(self, drawn: Flags, mine: Matrix) -> Exact:
        """The columns over these patterns as the organisation counts them: it has few uses, so few parts to evaluate."""
        first, inverse = _distinct(drawn[:, mine])
        whole = np.zeros((len(first), drawn.shape[1]), dtype=bool)
        whole[:, mine] = drawn[np.ix_(first, mine)]
        counted = patterns.evaluate(self._book, self.columns, whole).astype(np.float64)
        counted[~whole.any(axis=1)] = 0  # no client of its own
        return np.asarray(counted[inverse])

    def _equalities(self, own: Sequence[Exact]) -> Matrix:
        used = np.flatnonzero(own[0].any(axis=0))
        distinct = used[_distinct(own[0].T[used] > 0)[0]]
        found = identities.null_space(np.hstack([self._every[0], own[0][:, distinct]]))
        equal = np.zeros((len(found), len(self.columns)), dtype=np.int64)
        equal[:, self._basis] = found[:, : len(self._basis)]
        # A second draw must agree: equal parts of what the organisation counts go with equal sums of all use.
        told = np.hstack([self._every[1], own[1][:, distinct]])
        if (told @ found.T.astype(np.float64)).any():
            raise DisclosureError("disclosure.identities_unclear")
        return equal[equal.any(axis=1)]

    def _inequalities(self, name: str, own: Sequence[Exact]) -> Iterator[tuple[Matrix, Matrix]]:
        place = {column: n for n, column in enumerate(self.columns)}

        def vector(terms: Terms) -> Matrix:
            made = np.zeros(len(self.columns), dtype=np.int64)
            for column, factor in terms.items():
                made[place[column]] += factor
            return made

        made = [(vector(more), vector(less)) for more, less in _declared(self._book, name, set(self.columns))]
        # What it counts nobody in tells it no more than that numbers aren't negative.
        used = np.any([mine.any(axis=0) for mine in own], axis=0)
        made = [(more, less) for more, less in made if less[used].any() or (more < 0).any()]
        if not made:
            return
        more, less = (np.array([pair[side] for pair in made], dtype=np.float64).T for side in (0, 1))
        for every, mine in zip(self._all, own, strict=True):
            if (every @ more < mine @ less).any():
                raise DisclosureError("disclosure.inequality_false", relation="own clients")
        yield from (pair for pair in made if pair[0].any())


def _distinct(rows: Flags) -> tuple[Matrix, Matrix]:
    """Where each distinct row stands first, and of every row which of these it is."""
    packed = np.packbits(rows, axis=1)
    size = max(8, packed.shape[1])
    padded = np.zeros((len(rows), size), dtype=np.uint8)
    padded[:, : packed.shape[1]] = packed
    whole = padded.view(np.uint64 if size == 8 else np.dtype((np.void, size)))[:, 0]  # numbers sort quicker
    _, first, inverse = np.unique(whole, return_index=True, return_inverse=True)
    return first, inverse


def _declared(book: Codebook, name: str, present: set[Column]) -> Iterator[tuple[Terms, Terms]]:
    """Sums of all use that are at least a sum of the organisation's own."""
    for table in book.tables:
        codes = [c.code for c in table.categories if (table.name, c.code) in present]
        if not codes or table.apart:
            continue
        own = [{(table.name, code): 1} for code in codes]
        if table.kind in ("users", "all"):
            yield from ((column, column) for column in own)
        elif table.kind == "rule" and "yes" in codes:
            yield {(table.name, "yes"): 1}, {(table.name, "yes"): 1}
        elif table.kind == "classes":
            for floor in range(1, max(int(code.rstrip("+")) for code in codes) + 1):
                tail = {(table.name, code): 1 for code in codes if int(code.rstrip("+")) >= floor}
                yield tail, tail
        elif table.kind == "combination":
            for code in codes:
                wanted = set(code.split("+")) - {"none"}
                above = {(table.name, c): 1 for c in codes if wanted and wanted <= set(c.split("+"))}
                if above:
                    yield above, above
    yield from _covers(book, name, present)


def _covers(book: Codebook, name: str, present: set[Column]) -> Iterator[tuple[Terms, Terms]]:
    """Who uses a service, or a domain, is its own client there or a client of another."""
    tables = {table.of: table.name for table in book.tables if table.kind == "users"}
    services = book.delivered_services
    for service in services:
        column = (tables.get("services", ""), service.code)
        others = [(tables.get("organisations", ""), o) for o in service.organisations if o != name]
        if name in service.organisations and column in present and set(others) <= present:
            yield {column: -1, **dict.fromkeys(others, 1)}, {column: -1}
    for domain in sorted({service.domain for service in services if name in service.organisations}):
        column = (tables.get("domains", ""), domain)
        others = [
            (tables.get("services", ""), s.code)
            for s in services
            if s.domain == domain and set(s.organisations) != {name}
        ]
        if column in present and set(others) <= present:
            yield {column: -1, **dict.fromkeys(others, 1)}, {column: -1}


def _knower(
    book: Codebook,
    name: str,
    own: Mapping[CellKey, int],
    levels: Sequence[_Level],
    index: Mapping[CellKey, int],
    whole: Model,
) -> Knower:
    size = len(whole.counts)
    fixed, lowest = np.zeros(size, dtype=bool), np.full(size, FREE, dtype=np.int64)
    counted = np.zeros(size, dtype=np.int64)
    for key, number in own.items():
        if key in index:
            counted[index[key]] = number
    equal: list[tuple[Matrix, Matrix]] = []
    least: list[tuple[Matrix, Matrix, Matrix]] = []
    for level in levels:
        insight = level.insight(name)
        mine = counted[level.cells]
        fixed[level.cells[:, insight.fixed]] = True
        for vector in insight.equal:
            terms = np.flatnonzero(vector)
            if len(terms) > 1:
                equal.append((level.cells[:, terms], vector[terms]))
        for vector, part in insight.least:
            terms = np.flatnonzero(vector)
            slack = whole.counts[level.cells] @ vector - mine @ part
            if len(terms) == 1:
                lowest[level.cells[:, terms[0]]] = np.maximum(lowest[level.cells[:, terms[0]]], -slack)
            else:
                least.append((level.cells[:, terms], vector[terms], slack))
            if (slack < 0).any():
                raise DisclosureError("disclosure.relation_fails", relation="own clients")
    apart = frozenset(table.name for table in book.tables if table.apart)
    for key, cell in index.items():
        if key.table in apart:
            if _sole(book, name, key):
                fixed[cell] = True
            elif key in own:
                lowest[cell] = own[key] - whole.counts[cell]
    slack = [part for _, _, part in least] or [np.zeros(0, dtype=np.int64)]
    return Knower(
        name,
        fixed,
        lowest,
        _rows(equal, size),
        _rows([row[:2] for row in least], size),
        np.concatenate(slack),
    )


def _sole(book: Codebook, name: str, key: CellKey) -> bool:
    """Whether a cell that stands apart counts this participant's delivery alone."""
    if book.table(key.table).kind == "unmatched":
        return key.category == name
    return [one.id for one in book.reporters if one.delivered and key.category in one.services] == [name]


def _rows(parts: Sequence[tuple[Matrix, Matrix]], size: int) -> sparse.csr_array:
    """One row for each area of each part: the cells and their factors."""
    if not parts:
        return sparse.csr_array((0, size), dtype=np.int64)
    made = [
        sparse.csr_array(
            (
                np.tile(factors, len(cells)),
                cells.ravel(),
                np.arange(0, cells.size + 1, cells.shape[1]),
            ),
            shape=(len(cells), size),
            dtype=np.int64,
        )
        for cells, factors in parts
    ]
    return sparse.csr_array(sparse.vstack(made))
