"""Everything that a publication tells about its cells, as rows of whole numbers: low ≤ Σ factor · cell."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from factlab.attack.relations import Relations
from factlab.cells import Area, CellKey, Codebook, Publication, Table

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Form:
    """A number that a reader may try to work out: a cell, what it leaves of the households, or a part of another."""

    kind: str  # cell, complement, difference
    keys: tuple[CellKey, ...]
    terms: tuple[tuple[int, int], ...]  # cell, factor


@dataclass(frozen=True)
class System:
    """The cells with what is printed of them, the rows that tie them together, and the forms to judge."""

    keys: tuple[CellKey, ...]
    printed: Ints  # -1 where nothing is
    rows: csr_array  # row x cell
    equal: NDArray[np.bool_]  # the row is 0; else it is at least 0
    forms: tuple[Form, ...]
    relations: Mapping[str, int]  # how many rows of each kind
    judged: NDArray[np.bool_]  # false for a cell that the codebook forces


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


def build(publication: Publication, known: Mapping[CellKey, int], relations: Relations) -> System:
    """Write the publication down as a system. A cell that isn't printed where it should be counts as hidden."""
    book = publication.codebook
    keys = tuple(key for key in book.keys if (key.table, key.category) not in book.unavailable)
    index = {key: n for n, key in enumerate(keys)}
    printed = np.full(len(keys), -1, dtype=np.int64)
    for key, n in index.items():
        cell = publication.cell.get(key)
        if cell is not None and cell.status == "published" and cell.households is not None:
            printed[n] = cell.households
        if key in known:
            printed[n] = known[key]

    place: list[int] = []  # row, column and factor of each term
    cells: list[int] = []
    factors: list[int] = []
    equal: list[bool] = []
    kinds: Counter[str] = Counter()

    def add(kind: str, terms: Iterable[tuple[int, int]], same: bool) -> None:
        for cell, factor in terms:
            place.append(len(equal))
            cells.append(cell)
            factors.append(factor)
        equal.append(same)
        kinds[kind] += 1

    for table in book.tables:
        categories = [c.code for c in table.categories if c.available]
        for level in table.levels:
            for area in book.at(level):
                for children in _children(book, table, area):
                    for category in categories:
                        whole = index[CellKey(table.name, level, area.code, "", category)]
                        parts = [
                            (index[CellKey(table.name, c.level, c.code, "", category)], 1) for c in children
                        ]
                        add("areas", [*parts, (whole, -1)], True)

    forms: list[Form] = []
    judged = np.ones(len(keys), dtype=bool)
    for level, found in relations.level.items():
        households = found.households
        for area in book.at(level):
            at = {
                column: index[CellKey(column[0], level, area.code, "", column[1])] for column in found.columns
            }
            for relation in found.relations:
                add(relation.kind, [(at[column], factor) for column, factor in relation.row], relation.equal)
            for column in found.zero:
                judged[at[column]] = False
            total = [(at[column], factor) for column, factor in households]
            for column in found.columns:
                if households and column not in found.zero and column not in found.whole:
                    here = {cell: 1 for cell, _ in total}
                    here[at[column]] = here.get(at[column], 0) - 1
                    terms = tuple((cell, factor) for cell, factor in here.items() if factor)
                    forms.append(Form("complement", (keys[at[column]],), terms))
            forms += [
                Form("difference", (keys[at[a]], keys[at[b]]), ((at[b], 1), (at[a], -1)))
                for a, b in found.inclusions
                if b not in found.whole  # those are complements
            ]
    shape = (len(equal), len(keys))
    rows = csr_array((np.array(factors, dtype=np.int64), (place, cells)), shape=shape, dtype=np.int64)
    return System(keys, printed, rows, np.array(equal, dtype=bool), tuple(forms), dict(kinds), judged)
