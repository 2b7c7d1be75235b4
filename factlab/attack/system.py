"""Everything that a publication tells about its cells, as rows of whole numbers: low ≤ Σ factor · cell."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, vstack

from factlab.attack.patterns import Column
from factlab.attack.relations import Relations
from factlab.cells import Area, CellKey, Codebook, Publication, Table

Ints = NDArray[np.int64]
OPEN = -1  # stands for: no end


@dataclass(frozen=True)
class Form:
    """A number that a reader may try to work out: a cell, what it leaves of the households, a part of another, or how
    much it differs from an earlier release."""

    kind: str  # cell, complement, difference, edition
    keys: tuple[CellKey, ...]
    terms: tuple[tuple[int, int], ...]  # cell, factor


@dataclass(frozen=True)
class System:
    """The cells with what is printed of them, the rows that tie them together, and the forms to judge."""

    keys: tuple[CellKey, ...]
    printed: Ints  # -1 where nothing is
    rows: csr_array  # row x cell
    equal: NDArray[np.bool_]  # the row is `low`; else it is at least that
    forms: tuple[Form, ...]
    relations: Mapping[str, int]  # how many rows of each kind
    judged: NDArray[np.bool_]  # false for a cell that the codebook forces
    low: Ints | None = None  # of each row; 0 where it is left out
    told: tuple[Ints, Ints] | None = (
        None  # from and to, OPEN without end; else as printed, and from 0 where nothing is
    )

    @property
    def ends(self) -> tuple[Ints, Ints]:
        """What each cell can be before any row is followed."""
        return self.told or (np.maximum(self.printed, 0), self.printed)

    @property
    def lows(self) -> Ints:
        return np.zeros(len(self.equal), dtype=np.int64) if self.low is None else self.low


class Rows:
    """Rows that are being gathered."""

    def __init__(self) -> None:
        self._parts: list[tuple[Ints, Ints, Ints]] = []  # row, cell, factor
        self._equal: list[NDArray[np.bool_]] = []
        self._low: list[Ints] = []
        self._count = 0
        self.kinds: Counter[str] = Counter()

    def add(
        self,
        kind: str,
        cells: Ints,
        factors: Sequence[int] | Ints,
        *,
        equal: bool,
        low: Ints | int = 0,
    ) -> None:
        """Rows of one shape: row n is Σ factors · cells[n], which is `low`, or at least that."""
        many, terms = cells.shape
        row = np.repeat(np.arange(self._count, self._count + many), terms)
        self._parts.append((row, cells.ravel(), np.broadcast_to(np.asarray(factors), cells.shape).ravel()))
        self._equal.append(np.full(many, equal))
        self._low.append(np.broadcast_to(np.asarray(low, dtype=np.int64), many))
        self._count += many
        self.kinds[kind] += many

    def matrix(self, cells: int) -> tuple[csr_array, NDArray[np.bool_], Ints]:
        """The rows over so many cells, which of them are equal, and their lows."""
        if not self._count:
            return csr_array((0, cells), dtype=np.int64), np.zeros(0, dtype=bool), np.zeros(0, dtype=np.int64)
        row, cell, factor = (np.concatenate(part) for part in zip(*self._parts, strict=True))
        matrix = csr_array((factor.astype(np.int64), (row, cell)), shape=(self._count, cells))
        return matrix, np.concatenate(self._equal), np.concatenate(self._low)


def _children(book: Codebook, table: Table, area: Area) -> Iterable[list[Area]]:
    """The areas that together are `area`, of the nearest level below at which the table has numbers; one list for
    each nesting."""
    below: dict[str, list[Area]] = {}
    for child in book.children(area.code):
        below.setdefault(child.level, []).append(child)
    for level, children in below.items():
        if level in table.levels:
            yield children
            continue
        parts = [list(_children(book, table, child)) for child in children]
        if all(len(part) == 1 for part in parts) and len({part[0][0].level for part in parts}) == 1:
            yield [area for part in parts for area in part[0]]


def available(book: Codebook) -> tuple[CellKey, ...]:
    """The cells that hold a number, in the order of the publication."""
    return tuple(key for key in book.keys if (key.table, key.category) not in book.unavailable)


def places(book: Codebook, index: Mapping[CellKey, int], level: str, columns: Sequence[Column]) -> Ints:
    """The cell of each column (across) in each area of the level (down)."""
    found = [
        [index[CellKey(table, level, area.code, "", category)] for table, category in columns]
        for area in book.at(level)
    ]
    return np.array(found, dtype=np.int64).reshape(len(found), len(columns))


def build(publication: Publication, relations: Relations) -> System:
    """Write the publication down as a system. A cell that isn't printed where it should be counts as hidden."""
    book = publication.codebook
    keys = available(book)
    index = {key: n for n, key in enumerate(keys)}
    printed = np.full(len(keys), -1, dtype=np.int64)
    for key, n in index.items():
        cell = publication.cell.get(key)
        if cell is not None and cell.status == "published" and cell.households is not None:
            printed[n] = cell.households

    rows = Rows()
    for table in book.tables:
        columns = [(table.name, c.code) for c in table.categories if c.available]
        for level in table.levels:
            whole = places(book, index, level, columns)
            for n, area in enumerate(book.at(level)):
                for children in _children(book, table, area):
                    parts = [
                        [index[CellKey(name, c.level, c.code, "", category)] for c in children]
                        for name, category in columns
                    ]
                    cells = np.column_stack([np.array(parts).reshape(len(columns), -1), whole[n]])
                    rows.add("areas", cells, [1] * len(children) + [-1], equal=True)

    forms: list[Form] = []
    judged = np.ones(len(keys), dtype=bool)
    for level, found in relations.level.items():
        at = places(book, index, level, found.columns)
        place = {column: n for n, column in enumerate(found.columns)}
        for relation in found.relations:
            across = [place[column] for column, _ in relation.row]
            rows.add(
                relation.kind, at[:, across], [factor for _, factor in relation.row], equal=relation.equal
            )
        judged[at[:, [place[column] for column in found.columns if column in found.zero]]] = False
        for here in at.tolist():
            for n, column in enumerate(found.columns):
                if found.households and column not in found.zero and column not in found.whole:
                    rest = {here[place[whole]]: factor for whole, factor in found.households}
                    rest[here[n]] = rest.get(here[n], 0) - 1
                    terms = tuple((cell, factor) for cell, factor in rest.items() if factor)
                    forms.append(Form("complement", (keys[here[n]],), terms))
            forms += [
                Form(
                    "difference",
                    (keys[here[place[a]]], keys[here[place[b]]]),
                    ((here[place[b]], 1), (here[place[a]], -1)),
                )
                for a, b in found.inclusions
                if b not in found.whole  # those are complements
            ]
    matrix, equal, low = rows.matrix(len(keys))
    return System(
        keys, printed, matrix, equal, tuple(forms), dict(rows.kinds), judged, low, rounded(printed, book)
    )


def rounded(printed: Ints, book: Codebook) -> tuple[Ints, Ints]:
    """What the printed numbers tell of the true ones, which may have been rounded."""
    least, most = np.maximum(printed, 0), np.where(printed < 0, OPEN, printed)
    if book.rounding:
        told = printed > 0  # a 0 is never rounded to
        least = np.where(told, np.maximum(book.threshold, printed - book.rounding + 1), least)
        most = np.where(told, printed + book.rounding - 1, most)
    return least, most


def beside(system: System, rows: Rows, told: tuple[Ints, Ints] | None = None) -> System:
    """The same cells and forms, with more rows, and with what else is told of single cells."""
    matrix, equal, low = rows.matrix(len(system.keys))
    return replace(
        system,
        rows=csr_array(vstack([system.rows, matrix], format="csr")),
        equal=np.concatenate([system.equal, equal]),
        low=np.concatenate([system.lows, low]),
        relations=dict(Counter(system.relations) + rows.kinds),
        told=told or system.told,
    )
