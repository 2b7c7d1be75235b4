"""How far sums of cells can go in one system: from and to, among whole numbers."""

from __future__ import annotations

from contextlib import suppress

import numpy as np

from factlab.attack.intervals import Component, Ints, Terms, Undecided, components, follow
from factlab.attack.system import System

Range = tuple[int, int | None]  # None: nothing bounds it


class Ranges:
    """Raises Contradiction when no numbers fit what is printed."""

    def __init__(self, system: System) -> None:
        self._bounds = follow(system)
        self._parts = components(system, self._bounds)
        self.part: Ints = np.full(len(system.keys), -1, dtype=np.int64)  # of each cell, -1 when it is settled
        for n, part in enumerate(self._parts):
            self.part[part.cells] = n

    def of(self, terms: Terms) -> Range:
        """Where Σ factor · cell can lie."""
        low = high = sum(f * int(self._bounds.least[c]) for c, f in terms.items() if self.part[c] < 0)
        for n in {int(self.part[cell]) for cell in terms} - {-1}:
            part = self._parts[n]
            own = {int(np.searchsorted(part.cells, c)): f for c, f in terms.items() if self.part[c] == n}
            low, high = low + _end(part, own, -1), high + _end(part, own, 1)
        return low, high if high < self._bounds.limit // 2 else None  # far beyond all that is printed


def _end(part: Component, terms: Terms, sense: int) -> int:
    """The outer end on one side; where whole numbers take too long, that of fractions, which is no nearer."""
    end, table = part.towards(terms, sense)
    if table is None:
        with suppress(Undecided):
            end, _ = part.exactly(terms, sense)
    return end
