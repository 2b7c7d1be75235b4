"""What a reader knows of the columns of one level before seeing a number."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from factlab.cells import Codebook
from factlab.disclosure import identities, inclusions, inequalities, patterns
from factlab.disclosure.patterns import Column, Flags, Matrix
from factlab.errors import DisclosureError

KEPT = 4  # codebooks


@dataclass(frozen=True)
class Knowledge:
    columns: tuple[Column, ...]
    everyone: int  # the place of `households`
    forced: Flags  # no pattern reaches the column: it is zero in every area
    unused: Flags  # those who use nothing count in it
    within: Flags  # [a, b]: a lies within b, and they are not equal
    equal: tuple[tuple[str, Matrix], ...]  # kind, vector over the columns: the sum is 0
    least: tuple[tuple[str, Matrix], ...]  # kind, vector over the columns: the sum is at least 0

    @cached_property
    def terms(self) -> tuple[list[tuple[str, Matrix, Matrix]], ...]:
        """Of `equal` and of `least`: kind, the columns that stand in it, their factors."""
        return tuple(
            [(kind, where, vector[where]) for kind, vector in rows for where in (np.flatnonzero(vector),)]
            for rows in (self.equal, self.least)
        )


_FOUND: dict[str, dict[str, Knowledge]] = {}


def gather(codebook: Codebook, without: Set[str] = frozenset()) -> dict[str, Knowledge]:
    """The knowledge of each level. `without` leaves out kinds of relations (see `protection.protect_with`).

    Earlier releases mostly have the same columns: what was found last is kept, by the checksum of what it depends on.
    """
    columns = (
        codebook.levels,
        codebook.tables,
        codebook.services,
        codebook.organisations,
        codebook.reporters,
    )
    checksum = hashlib.sha256(repr((columns, sorted(without))).encode()).hexdigest()
    if checksum not in _FOUND:
        while len(_FOUND) >= KEPT:
            _FOUND.pop(next(iter(_FOUND)))
        _FOUND[checksum] = _gather(codebook, without)
    return _FOUND[checksum]


def _gather(codebook: Codebook, without: Set[str]) -> dict[str, Knowledge]:
    drawn = [patterns.draw(codebook, seed) for seed in (1, 2)]
    gathered: dict[tuple[Column, ...], Knowledge] = {}
    by_level = {}
    for level in codebook.levels:
        columns = patterns.columns(codebook, level)
        if columns and ("households", "all") not in columns:
            raise DisclosureError("disclosure.no_households", level=level)
        if columns and columns not in gathered:
            gathered[columns] = _of(codebook, columns, drawn, without)
        if columns:
            by_level[level] = gathered[columns]
    return by_level


def _of(
    codebook: Codebook, columns: tuple[Column, ...], drawn: Sequence[Flags], without: Set[str]
) -> Knowledge:
    evaluated, fresh = (patterns.evaluate(codebook, columns, some) for some in drawn)
    both = np.vstack([evaluated, fresh])
    inside = inclusions.find(both)
    reached: Flags = np.asarray(both.any(axis=0))
    found = identities.find(columns, evaluated, fresh)
    equal = tuple((kind, vector) for kind, vector in found if kind not in without)
    least = [("inclusions", vector) for vector in _untold(inclusions.least(inside), equal, len(columns))]
    return Knowledge(
        columns,
        columns.index(("households", "all")),
        ~reached,
        both[0].astype(bool),
        inclusions.strict(inside),
        equal,
        tuple(
            row for row in (*least, *inequalities.declare(codebook, columns, both)) if row[0] not in without
        ),
    )


def _untold(
    pairs: Sequence[tuple[int, int]], equal: Sequence[tuple[str, Matrix]], size: int
) -> Iterator[Matrix]:
    """The inclusions as vectors, but those that an identity tells: what is left of the whole is a sum of cells."""
    told = np.array([sign * vector for _, vector in equal for sign in (1, -1)]).reshape(-1, size)
    for a, b in pairs:
        vector = np.zeros(size, dtype=np.int64)
        vector[[a, b]] = -1, 1
        if not (vector + told >= 0).all(axis=1).any():
            yield vector
