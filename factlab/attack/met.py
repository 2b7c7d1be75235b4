"""What attackers of one publication met: whole tables, and changes that lead from one to another."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from scipy.sparse import csr_array, vstack

from factlab.attack.intervals import Ints
from factlab.attack.reach import Reach

KEPT = 5000  # changes
WORTH = 8  # forms that a table must show free to be worth changing until it fits


class Met:
    """Cells are those of the whole system. Nothing here is evidence by itself: another attacker knows other things, so
    each table is changed until it fits what that one knows, and each change counts only where it leads to a table that
    fits."""

    def __init__(self, tables: Ints) -> None:
        self.tables = tables
        self._changes = csr_array((0, tables.shape[1]), dtype=np.int64)
        self._known: set[bytes] = set()

    def learn(self, reaches: Iterable[Reach]) -> None:
        """Keep the changes that these came across."""
        new = []
        for reach in reaches:
            for change in reach.changes:
                cells = np.flatnonzero(change)
                one = csr_array(
                    (change[cells], (np.zeros(len(cells), dtype=np.int64), reach.part.cells[cells])),
                    shape=(1, self.tables.shape[1]),
                )
                mark = one.indices.tobytes() + one.data.tobytes()
                if mark not in self._known and len(self._known) < KEPT:
                    self._known.add(mark)
                    new.append(one)
        self._changes = csr_array(vstack([self._changes, *new], format="csr"))

    def show(self, reach: Reach) -> None:
        """Show as many forms free as these tables and changes can."""
        part = reach.part
        _, first = np.unique(self.tables[:, part.cells], axis=0, return_index=True)
        tables = self.tables[np.sort(first)][:, part.cells]
        fits = np.array([part.fits(table) for table in tables])
        for table in tables[fits]:
            reach.saw(table)
        for table in tables[~fits]:
            inside = part.inside(table)
            if not reach.tables or reach.frees(inside) >= WORTH:
                reach.approach(inside)
        changes = csr_array(self._changes[:, part.cells])
        for table in list(reach.tables):
            reach.change(table, changes)
