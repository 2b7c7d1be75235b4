"""All cells of a publication and every relation between them, each checked on the true counts when it is made."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from factlab.cells import Area, CellKey, Codebook, CountTable
from factlab.disclosure.knowledge import Knowledge, gather
from factlab.disclosure.patterns import Flags, Matrix
from factlab.errors import DisclosureError

Row = tuple[str, Matrix, Matrix]  # kind, cells, coefficients
Counts = NDArray[np.int64]


@dataclass(frozen=True, repr=False)
class Place:
    """An area's cells in the order of its level's columns."""

    area: Area
    knowledge: Knowledge
    cells: Matrix


@dataclass(frozen=True, repr=False)
class Model:
    counts: Counts  # the true counts
    equal: sparse.csr_array  # rows whose sum is 0
    least: sparse.csr_array  # rows whose sum is at least 0
    forced: Flags  # zero in every table that the codebook allows
    relations: Mapping[str, int]  # how many by kind

    def allows(self, deviations: sparse.csr_array) -> Flags:
        """Which deviations (one a row) lead to another table that a reader can't exclude; integers only."""
        cell = deviations.indices
        wrong = (self.counts[cell] + deviations.data < 0) | (self.forced[cell] & (deviations.data != 0))
        fits = np.ones(deviations.shape[0], dtype=bool)
        fits[np.repeat(np.arange(len(fits)), np.diff(deviations.indptr))[wrong]] = False
        uneven = sparse.coo_array(deviations @ self.equal.T)
        fits[uneven.row[uneven.data != 0]] = False
        moved = sparse.coo_array(deviations @ self.least.T)
        fits[moved.row[moved.data < -self.slack[moved.col]]] = False
        return fits

    @cached_property
    def slack(self) -> Counts:
        """Of each inequality how far it is from its end."""
        return np.asarray(self.least @ self.counts)

    def left(self, hidden: Flags) -> Counts:
        """How many hidden cells each sum has."""
        return np.asarray(self._present @ hidden.astype(np.int64))

    def rows_of(self, cell: int) -> Matrix:
        """The sums that a cell is part of."""
        return np.asarray(self._by_cell.indices[self._by_cell.indptr[cell] : self._by_cell.indptr[cell + 1]])

    @cached_property
    def _present(self) -> sparse.csr_array:
        return (self.equal != 0).astype(np.int64).tocsr()

    @cached_property
    def _by_cell(self) -> sparse.csc_array:
        return self._present.tocsc()


def entries(start: NDArray[np.integer[Any]], which: Matrix) -> tuple[Matrix, Matrix]:
    """Where the entries of these rows of a sparse matrix stand (columns, if it is kept by columns): `start` is its
    `indptr`. And how many each of them has."""
    first = start[which]
    sizes = start[which + 1] - first
    ends = sizes.cumsum()
    return (first - ends + sizes).repeat(sizes) + np.arange(ends[-1] if len(ends) else 0), sizes


def values(by_cell: sparse.csc_array, cells: Matrix, moved: Matrix) -> tuple[Matrix, Matrix]:
    """The rows that hold one of these cells, and what each comes to when the cells move so much and nothing else."""
    where, sizes = entries(by_cell.indptr, cells)
    rows = by_cell.indices[where]
    terms = by_cell.data[where] * moved.repeat(sizes)
    if not len(rows):
        return rows, terms
    order = rows.argsort(kind="stable")
    ordered = rows[order]
    begins = np.ones(len(rows), dtype=bool)
    np.not_equal(ordered[1:], ordered[:-1], out=begins[1:])
    starts = begins.nonzero()[0]
    return ordered[starts], np.add.reduceat(terms[order], starts)


def build(
    counts: Sequence[int],
    equal: Sequence[Row],
    least: Sequence[Row],
    forced: Flags | None = None,
) -> Model:
    """A model of these cells and rows. A row that the true counts break is a fault: of the counts, or ours."""
    size = len(counts)
    model = Model(
        np.array(counts, dtype=np.int64),
        matrix(equal, size),
        matrix(least, size),
        np.zeros(size, dtype=bool) if forced is None else forced,
        dict(Counter(kind for kind, _, _ in (*equal, *least))),
    )
    if (model.counts < 0).any():
        raise DisclosureError("disclosure.counts_incomplete")
    if model.counts[model.forced].any():
        raise DisclosureError("disclosure.relation_fails", relation="R3")
    for rows, broken in (
        (equal, model.equal @ model.counts != 0),
        (least, model.least @ model.counts < 0),
    ):
        if broken.any():
            raise DisclosureError("disclosure.relation_fails", relation=rows[int(broken.argmax())][0])
    return model


def matrix(rows: Sequence[Row], size: int) -> sparse.csr_array:
    """One line a row, over this many cells."""
    starts = np.cumsum([0, *(len(cells) for _, cells, _ in rows)])
    cells = np.concatenate([cells for _, cells, _ in rows]) if rows else np.zeros(0, dtype=np.int64)
    coefficients = np.concatenate([c for _, _, c in rows]) if rows else np.zeros(0, dtype=np.int64)
    return sparse.csr_array((coefficients, cells, starts), shape=(len(rows), size), dtype=np.int64)


def cells(codebook: Codebook) -> tuple[CellKey, ...]:
    """The cells of the publication: what nobody delivered is none."""
    return tuple(key for key in codebook.keys if (key.table, key.category) not in codebook.unavailable)


def places(codebook: Codebook, without: Set[str] = frozenset()) -> tuple[Place, ...]:
    """Every area with what a reader knows of its columns."""
    known = gather(codebook, without)
    index = {key: i for i, key in enumerate(cells(codebook))}
    return tuple(
        Place(
            area,
            known[area.level],
            np.array([index[CellKey(t, area.level, area.code, "", c)] for t, c in known[area.level].columns]),
        )
        for area in codebook.areas
        if area.level in known
    )


def _lying_in(codebook: Codebook, area: Area, levels: Set[str]) -> Iterator[list[Area]]:
    """The nearest areas of these levels that together make up the area, per nesting."""
    children = codebook.children(area.code)
    for level in dict.fromkeys(child.level for child in children):
        below = [child for child in children if child.level == level]
        if level in levels:
            yield below
        else:
            deeper = [list(_lying_in(codebook, child, levels)) for child in below]
            if all(deeper):
                yield [lying for parts in deeper for lying in parts[0]]


def _areas(codebook: Codebook) -> Iterator[Row]:
    """R2: an area is the sum of the areas that lie in it, column by column."""
    index = {key: i for i, key in enumerate(cells(codebook))}
    for table in codebook.tables:
        if table.kind == "unmatched":
            continue
        for area in codebook.areas:
            if area.level not in table.levels:
                continue
            for parts in _lying_in(codebook, area, set(table.levels)):
                for category in table.categories:
                    if category.available:
                        row = [
                            index[CellKey(table.name, a.level, a.code, "", category.code)]
                            for a in (area, *parts)
                        ]
                        yield "areas", np.array(row), np.array([1] + [-1] * len(parts))


def rows(
    codebook: Codebook, everywhere: Sequence[Place], without: Set[str] = frozenset()
) -> tuple[list[Row], list[Row], Flags]:
    """What a reader knows of a publication before seeing a number (R1 to R8 of docs/disclosure.md): sums that are 0,
    sums that are at least 0, and the cells that are forced."""
    equal: list[Row] = [] if "areas" in without else list(_areas(codebook))
    least: list[Row] = []
    forced = np.zeros(len(cells(codebook)), dtype=bool)
    for place in everywhere:
        forced[place.cells[place.knowledge.forced]] = True
        for told, relations in zip((equal, least), place.knowledge.terms, strict=True):
            told.extend((kind, place.cells[terms], factors) for kind, terms, factors in relations)
    return equal, least, forced


def publication(counts: CountTable, everywhere: Sequence[Place], without: Set[str] = frozenset()) -> Model:
    """The model of a whole publication."""
    keys = cells(counts.codebook)
    if set(keys) != set(counts.counts):
        raise DisclosureError("disclosure.counts_incomplete")
    return build([counts.counts[key] for key in keys], *rows(counts.codebook, everywhere, without))
