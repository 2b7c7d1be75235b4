"""What is asked of linked tables, and what of it stands apart: cells that no row ties to each other move on their own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from factlab.disclosure import suppression
from factlab.disclosure.model import Model
from factlab.disclosure.patterns import Flags, Matrix
from factlab.disclosure.rules import Demand, Form


@dataclass(frozen=True, repr=False)
class Open(Model):
    """A model in which some cells are never printed: being the last one hidden in a sum does them no harm."""

    never: Flags

    @cached_property
    def _present(self) -> sparse.csr_array:
        present = (self.equal != 0).astype(np.int64).tocsr()
        touches = np.asarray(present @ self.never.astype(np.int64)) > 0
        present.data[np.repeat(touches, np.diff(present.indptr))] = 0
        present.eliminate_zeros()
        return present

    def of(self, cells: Matrix) -> Open:
        """The same of these cells, without the rows in which others can move."""
        others = ~self.forced
        others[cells] = False
        own = ~self.forced & ~others

        def inside(rows: sparse.csr_array) -> sparse.csr_array:
            size = (rows != 0).astype(np.int64)
            kept = (size @ own.astype(np.int64) > 0) & (size @ others.astype(np.int64) == 0)
            return sparse.csr_array(rows[np.flatnonzero(kept)][:, cells])

        return Open(
            self.counts[cells],
            inside(self.equal),
            inside(self.least),
            self.forced[cells],
            self.relations,
            self.never[cells],
        )


@dataclass(frozen=True, repr=False)
class Task(suppression.Task):
    """The core's task with a demand of its own for each form, and with cells that are never printed."""

    model: Open
    demands: tuple[Demand, ...] = ()
    musts: frozenset[int] = frozenset()

    @cached_property
    def must(self) -> Flags:
        chosen = np.zeros(len(self.model.counts), dtype=bool)
        chosen[sorted(self.musts)] = True
        return chosen

    @cached_property
    def asked(self) -> tuple[Demand, ...]:
        return self.demands

    def components(self, *, loose: bool = False) -> Iterator[tuple[Matrix, Task]]:
        """The parts that stand apart, with the cells of each; those that don't move are in every part. `loose`: as if
        inequalities between them weren't known."""
        still, free = np.flatnonzero(self.model.forced), np.flatnonzero(~self.model.forced)
        told = [
            d.form for d in (*self.demands, *(d for own in self.guarantee for d in own)) if d.form.minus >= 0
        ]
        pairs = np.array([(form.plus, form.minus) for form in told], dtype=np.int64).reshape(-1, 2)
        starts = np.arange(0, pairs.size + 1, 2)
        forms = sparse.csr_array(
            (np.ones(pairs.size), pairs.ravel(), starts), (len(pairs), len(self.model.counts))
        )
        least = self.model.least[:0] if loose else self.model.least
        ties = abs(sparse.vstack([self.model.equal, least, forms]).tocsc()[:, free])
        number, label = connected_components(ties.T @ ties, directed=False)
        label[np.bincount(label, minlength=number)[label] == 1] = number  # what stands alone, together
        for which in np.unique(label).tolist():
            cells = np.sort(np.append(free[label == which], still))
            yield cells, self._of(cells)

    def _of(self, cells: Matrix) -> Task:
        place = {cell: n for n, cell in enumerate(cells.tolist())} | {-1: -1}

        def here(demand: Demand) -> Demand:
            return replace(demand, form=Form(place[demand.form.plus], place[demand.form.minus]))

        return replace(
            self,
            model=self.model.of(cells),
            guarantee=tuple(tuple(map(here, self.guarantee[cell])) for cell in cells.tolist()),
            cost=self.cost[cells],
            demands=tuple(here(demand) for demand in self.demands if demand.form.plus in place),
            musts=frozenset(place[cell] for cell in self.musts if cell in place),
        )
