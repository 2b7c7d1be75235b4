"""Linear identities between columns: what adds up in every area, whatever the households do.

A column is a yes-or-no of one household's pattern, and a cell is the sum of that over an area's households. So an
identity `sum of a * cell = 0` that holds for every single pattern holds in every area; and one that holds in every
area holds for each pattern, since an area could hold just one household. The identities are therefore exactly the
null space of the 0/1 matrix patterns × columns: found, not remembered.

The null space is computed exactly. Over the reals it is that of the Gram matrix, which is reduced modulo a prime. The
rank modulo a prime is at most the true rank, so at least as many vectors come out as there are identities. Each is
read back as small whole numbers and multiplied with every pattern in integers. If all of them hold, there are as many
independent identities as vectors, so none is missing and none is false. Patterns of a second draw test that the first
was rich enough.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import combinations
from math import gcd

import numpy as np
from numpy.typing import NDArray

from factlab.disclosure.patterns import Column, Matrix
from factlab.errors import DisclosureError

PRIME = 2_147_483_629  # below 2^31, so that a product of two residues fits in 64 bits
LARGEST = 10_000  # no coefficient of an identity between counts of households comes near it


def _reduced(matrix: Matrix) -> tuple[Matrix, list[int]]:
    """The reduced row echelon form modulo the prime, and its pivot columns."""
    rows = matrix % PRIME
    pivots: list[int] = []
    for column in range(rows.shape[1]):
        at = len(pivots)
        found = np.flatnonzero(rows[at:, column])
        if not len(found):
            continue
        rows[[at, at + found[0]]] = rows[[at + found[0], at]]
        rows[at] = rows[at] * pow(int(rows[at, column]), -1, PRIME) % PRIME
        others = np.flatnonzero(rows[:, column])
        others = others[others != at]
        rows[others] = (rows[others] - rows[others, column][:, None] * rows[at]) % PRIME
        pivots.append(column)
        if len(pivots) == rows.shape[0]:
            break
    return rows[: len(pivots)], pivots


def pivots(matrix: Matrix) -> Matrix:
    """The columns that no column before them tells."""
    return np.array(_reduced(matrix)[1], dtype=np.int64)


def units(rows: Matrix) -> NDArray[np.bool_]:
    """The columns that these rows, being 0 each, make 0 on their own: a row of the reduced form holds nothing else."""
    reduced, _ = _reduced(rows)
    return np.asarray(reduced[(reduced != 0).sum(axis=1) == 1].any(axis=0), dtype=bool)


def rank(matrix: Matrix) -> int:
    return len(_reduced(matrix)[1]) if matrix.size else 0


def _whole(vector: Matrix) -> Matrix:
    """A vector of residues as the small whole numbers that it stands for, times their denominator."""
    for denominator in range(1, 61):
        scaled = vector * denominator % PRIME
        centred = np.where(scaled > PRIME // 2, scaled - PRIME, scaled)
        if np.abs(centred).max() <= LARGEST:
            return centred // gcd(*(int(value) for value in centred))
    raise DisclosureError("disclosure.identities_unclear")


def null_space(evaluated: Matrix) -> Matrix:
    """All identities of the columns, one a row, as small whole numbers; complete and exact (see above)."""
    count = evaluated.shape[1]
    exact = evaluated.astype(np.float64)  # whole numbers far below 2^53: exact, and quicker than integers
    reduced, pivots = _reduced((exact.T @ exact).astype(np.int64))
    found = []
    for free in sorted(set(range(count)) - set(pivots)):
        vector = np.zeros(count, dtype=np.int64)
        vector[free] = 1
        vector[pivots] = -reduced[:, free] % PRIME
        found.append(_whole(vector))
    identities = np.array(found, dtype=np.int64).reshape(len(found), count)
    if (exact @ identities.T).any():
        raise DisclosureError("disclosure.identities_unclear")
    return identities


def _groups(columns: Sequence[Column], everyone: int) -> Iterator[list[int]]:
    """Ever larger sets of columns: a table and `households`, two tables, all."""
    members: dict[str, list[int]] = defaultdict(list)
    for i, (table, _) in enumerate(columns):
        members[table].append(i)
    for own in members.values():
        yield own if everyone in own else [everyone, *own]
    for first, second in combinations(members.values(), 2):
        yield first + second
    yield list(range(len(columns)))


def find(columns: Sequence[Column], evaluated: Matrix, fresh: Matrix) -> list[tuple[str, Matrix]]:
    """A basis of the identities with few terms each, and what they are: `classes` within one table (and
    `households`), or `same cell` between tables. `fresh` are other patterns that must agree."""
    everyone = columns.index(("households", "all"))
    complete = null_space(evaluated)
    if (fresh @ complete.T).any():
        raise DisclosureError("disclosure.identities_unclear")
    chosen: list[tuple[str, Matrix]] = []
    echelon = np.zeros((0, len(columns)), dtype=np.int64)
    for group in _groups(columns, everyone):
        if len(chosen) == len(complete):
            break
        part = null_space(evaluated[:, group])
        for vector in part[np.argsort((part != 0).sum(axis=1), kind="stable")]:
            identity = np.zeros(len(columns), dtype=np.int64)
            identity[group] = vector
            larger, pivots = _reduced(np.vstack([echelon, identity]))
            if len(pivots) > len(chosen):
                echelon = larger
                tables = {columns[int(i)][0] for i in np.flatnonzero(identity)} - {"households"}
                chosen.append(("classes" if len(tables) <= 1 else "same cell", identity))
    if len(chosen) != len(complete):
        raise DisclosureError("disclosure.identities_unclear")
    return chosen
