"""Everyone who may know more than what is published, at once: who of them can exclude a deviation."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy import sparse

from factlab.disclosure.knower import Knower
from factlab.disclosure.model import values
from factlab.disclosure.patterns import Flags, Matrix


class Crowd:
    """What each knows, side by side: only the rows that hold a cell that moves are looked at."""

    def __init__(self, people: Sequence[Knower]) -> None:
        self._fixed = np.array([person.fixed for person in people]).T.copy()
        self._lowest = np.array([person.lowest for person in people]).T.copy()
        rows = sparse.vstack([rows for person in people for rows in (person.equal, person.least)])
        self._by_cell = sparse.csc_array(rows)
        sizes = [n for person in people for n in (person.equal.shape[0], person.least.shape[0])]
        self._who = np.repeat(np.repeat(np.arange(len(people)), 2), sizes)
        self._equal = np.repeat(np.tile([True, False], len(people)), sizes)
        nothing = [np.zeros(person.equal.shape[0], dtype=np.int64) for person in people]
        pairs = zip(nothing, (person.slack for person in people), strict=True)
        self._slack = np.concatenate([part for pair in pairs for part in pair])

    def allow(self, cells: Matrix, moved: Matrix) -> Flags:
        """Who can't exclude that these cells move so much, and nothing else; integers only."""
        excluded = self._fixed[cells] | (moved[:, None] < self._lowest[cells])
        fits: Flags = np.asarray(~excluded.any(axis=0), dtype=bool)
        rows, value = values(self._by_cell, cells, moved)
        broken = (value < -self._slack[rows]) | (self._equal[rows] & (value != 0))
        fits[self._who[rows[broken]]] = False
        return fits
