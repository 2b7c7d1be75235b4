"""What readers have already: earlier releases, and what ties their cells to the same cells now.

E1 to E3 of docs/disclosure.md. Of what an earlier release hides nothing exact is kept, so some table stands for it that
agrees with everything: a reader can't exclude that table either, and what is asked of intervals is the same from any.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import combinations
from math import gcd

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, sparse

from factlab.cells import CellKey
from factlab.disclosure import model, rules
from factlab.disclosure.model import Model, Row
from factlab.disclosure.patterns import Flags, Matrix
from factlab.disclosure.release import Pair, Release
from factlab.disclosure.rules import Demand, Form
from factlab.errors import DisclosureError

NODES = 5000  # of the search for a table that fits
DOUBLINGS = 20  # of a bound on change: a million times the households that were stated


@dataclass(frozen=True)
class Bound:
    """By how much a cell can really have changed since a release: `least + percent / 100` of what it was."""

    least: int
    percent: int

    def doubled(self) -> Bound:
        return Bound(max(1, 2 * self.least), min(100, 2 * self.percent))

    def holds(self, now: Matrix, then: Matrix) -> Flags:
        return np.asarray(100 * abs(now - then) <= 100 * self.least + self.percent * then, dtype=bool)

    def rows(self) -> Iterator[tuple[int, int, int]]:
        """Factors of the cell now, of the cell then, and a constant: the sum is at least 0."""
        for sign in (1, -1):
            then = 100 + sign * self.percent
            shared = gcd(100, then)
            # Among whole numbers what a row is divided by may be rounded inwards.
            yield -sign * 100 // shared, sign * then // shared, 100 * self.least // shared


@dataclass(frozen=True, repr=False)
class Together:
    """The publication and all that readers have already in one model; the last cell is a constant, 1."""

    model: Model
    codes: tuple[str, ...]  # of each cell its area, empty for the constant
    hidden: Flags  # cells of earlier releases that are hidden for good
    must: frozenset[int]  # cells of the publication that an edition needs hidden
    demands: tuple[Demand, ...]  # that hold whatever is hidden: no edition shows who was added
    apart: tuple[Form, ...]  # editions, that no organisation may pin either
    guarantee: tuple[tuple[Demand, ...], ...]  # of the cells of earlier releases, and of the constant
    unbound: Matrix  # [cell, release]: cells of the publication that changed more than is stated

    @cached_property
    def _box(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """From and to which a cell can be by what readers know of that cell alone before this publication."""
        low, high = np.zeros(len(self.model.counts)), np.full(len(self.model.counts), np.inf)
        still = self.model.forced
        low[still] = high[still] = self.model.counts[still]
        for rows, equal in ((self.model.equal, True), (self.model.least, False)):
            free = np.asarray((rows != 0).astype(np.int64) @ (~still).astype(np.int64))
            alone = sparse.csr_array(rows[np.flatnonzero(free == 1)])
            rest = alone @ np.where(still, self.model.counts, 0)
            entries = sparse.coo_array(alone)
            open_ = ~still[entries.col] & (entries.data != 0)
            line, cell, factor = entries.row[open_], entries.col[open_], entries.data[open_]
            end = -rest[line] / factor
            for these, at_least in ((factor > 0, True), (factor < 0, False)):
                if equal or at_least:
                    np.maximum.at(low, cell[these], np.ceil(end[these] - 1e-9))
                if equal or not at_least:
                    np.minimum.at(high, cell[these], np.floor(end[these] + 1e-9))
        return low, high

    def told(self, demand: Demand) -> bool:
        """Whether readers know already, by the cells of the demand alone, that it can't be met."""
        low, high = self._box
        plus, minus = demand.form.plus, demand.form.minus
        least = low[plus] - (high[minus] if minus >= 0 else 0)
        most = high[plus] - (low[minus] if minus >= 0 else 0)
        if demand.side == "up":
            return bool(most < demand.bound)
        return bool(least > demand.bound) if demand.side == "down" else bool(least == most == demand.bound)

    def excluded(self, demand: Demand) -> bool:
        """Whether readers know already that it can't be met: even if nothing at all were published now."""
        if self.told(demand):
            return True
        cells = np.flatnonzero(~self.model.forced)
        place = {cell: n for n, cell in enumerate(cells.tolist())}
        rest = np.where(self.model.forced, self.model.counts, 0)
        equal, least = self.model.equal, self.model.least
        goal = np.zeros(len(cells))
        for cell, sign in ((demand.form.plus, 1), (demand.form.minus, -1)):
            if cell in place:
                goal[place[cell]] += sign
        fixed = sum(s * int(rest[c]) for c, s in ((demand.form.plus, 1), (demand.form.minus, -1)) if c >= 0)

        def end(sign: int) -> float:
            found = optimize.linprog(
                sign * goal,
                A_eq=equal[:, cells],
                b_eq=-(equal @ rest),
                A_ub=-least[:, cells],
                b_ub=least @ rest,
                bounds=(0, None),
                method="highs",
            )
            return sign * float(found.fun) + fixed if found.status == 0 else sign * -np.inf

        if demand.side == "up":
            return end(-1) < demand.bound - 1e-6
        if demand.side == "down":
            return end(1) > demand.bound + 1e-6
        return end(-1) < demand.bound + 1 - 1e-6 and end(1) > demand.bound - 1 + 1e-6


def together(
    now: Release, counts: Matrix, earlier: Sequence[Release], bounds: Sequence[Bound]
) -> Together | None:
    """None when no table agrees with what was published and with these bounds."""
    built = _Build(now, counts, earlier, bounds)
    values = built.complete()
    return None if values is None else built.done(values)


class _Build:
    def __init__(
        self, now: Release, counts: Matrix, earlier: Sequence[Release], bounds: Sequence[Bound]
    ) -> None:
        self.releases = (now, *earlier)
        self.start = tuple(np.cumsum([0, *(len(one.keys) for one in self.releases)]).tolist())
        self.one = self.start[-1]
        self.threshold = now.book.threshold
        told = [np.where(one.settled, one.printed, -1) for one in earlier]
        self.known = np.concatenate([counts, *told, [1]])
        ends = [one.ends for one in earlier]
        self.low, self.high = (np.concatenate([counts, *(e[n] for e in ends), [1]]) for n in (0, 1))
        self.equal: list[Row] = []
        self.least: list[Row] = []
        self.forced = np.zeros(self.one + 1, dtype=bool)
        self.editions: list[tuple[int, int]] = []
        self.unbound: list[tuple[int, int]] = []
        self.musts: list[int] = []
        for n, release in enumerate(self.releases):
            self._own(n, release)
        order = [*range(1, len(self.releases)), 0]  # oldest first; the publication comes last
        for then, later in combinations(order, 2):
            self._tie(later, then, bounds[then - 1])

    def _own(self, n: int, release: Release) -> None:
        """What a reader knows of one release by itself (R1 to R8)."""
        equal, least, forced = model.rows(release.book, release.places)
        at = self.start[n]
        self.equal += [(kind, cells + at, factors) for kind, cells, factors in equal]
        self.least += [(kind, cells + at, factors) for kind, cells, factors in least]
        self.forced[at : at + len(forced)] = forced
        if not n:
            return
        low, high = release.ends
        for cell in np.flatnonzero(low < high).tolist():
            for sign, end in ((1, -low[cell]), (-1, high[cell])):
                self.least.append(("rounding", np.array([at + cell, self.one]), np.array([sign, end])))

    def _tie(self, later: int, then: int, bound: Bound) -> None:
        pair = Pair(self.releases[later], self.releases[then])
        at = np.array(pair.cells, dtype=np.int64).reshape(-1, 2)
        at += np.array([self.start[later], self.start[then]])
        keys = [self.releases[later].keys[x] for x, _ in pair.cells]
        if pair.same_round:
            self._same(pair, keys, at, editions=later == 0)
            return
        x, y = self.known[at].T
        both = (x >= 0) & (y >= 0)
        fits = ~both | bound.holds(np.maximum(x, 0), np.maximum(y, 0))
        if later == 0:
            self.unbound += [(cell, then) for cell in at[~fits, 0].tolist()]
        for cells in at[fits & ~(both & (later > 0))].tolist():
            for factor, other, constant in bound.rows():
                self.least.append(
                    ("another round", np.array([*cells, self.one]), np.array([factor, other, constant]))
                )

    def _same(self, pair: Pair, keys: Sequence[CellKey], at: Matrix, *, editions: bool) -> None:
        """E1 and E2, unless what is known contradicts them; else every edition is judged."""
        place = {key: n for n, key in enumerate(keys)}
        equal = np.array([pair.unchanged(key) for key in keys], dtype=bool)
        above = [[place[key] for key in tail] for tail in pair.growing(keys)]
        low, high = self.low[at], self.high[at]
        both = (low >= 0).all(axis=1)
        fewer = both & (high[:, 0] < low[:, 1])
        more = both & (low[:, 0] > high[:, 1])
        single = [tail[0] for tail in above if len(tail) == 1]
        if (equal & (fewer | more)).any() or fewer[single].any():
            # Addresses were taken out in between. Who doesn't know that would take what is shown now for what was hidden.
            self.musts += at[equal & (low[:, 1] < 0), 0].tolist() if editions else []
            equal, above = np.zeros(len(keys), dtype=bool), []
        self.equal += [("same round", cells, np.array([1, -1])) for cells in at[equal]]
        for tail in above:
            signs = np.repeat([1, -1], len(tail))
            self.least.append(("same round", at[tail].T.ravel(), signs))
        if editions:
            self.editions += [(int(a), int(b)) for a, b in at[~equal]]

    def complete(self) -> Matrix | None:
        """A number for every cell: the known ones, and for the hidden ones some that agree with every row."""
        unknown = np.flatnonzero((self.known < 0) & ~self.forced)
        values: Matrix = np.maximum(self.known, 0)
        rows = [model.matrix(rows, self.one + 1) for rows in (self.equal, self.least)]
        told = [row @ values for row in rows]
        own = sparse.vstack([row[:, unknown] for row in rows]).tocsr()
        low = -np.concatenate(told).astype(np.float64)
        high = np.concatenate([low[: rows[0].shape[0]], np.full(rows[1].shape[0], np.inf)])
        touched = np.diff(own.indptr) > 0
        if (low[~touched] > 0).any() or (high[~touched] < 0).any():
            return None
        if not len(unknown):
            return values
        found = optimize.milp(
            np.zeros(len(unknown)),
            constraints=optimize.LinearConstraint(own[touched], low[touched], high[touched]),
            integrality=np.ones(len(unknown)),
            options={"node_limit": NODES},
        )
        if found.x is None:
            return None
        values[unknown] = np.rint(found.x).astype(np.int64)
        return values

    def done(self, values: Matrix) -> Together:
        built = model.build(
            values.tolist(), self.equal, self.least, self.forced
        )  # checks every row in whole numbers
        hidden = np.zeros(len(values), dtype=bool)
        printed = np.zeros(len(values), dtype=bool)
        guarantee: list[tuple[Demand, ...]] = []
        for n, release in enumerate(self.releases[1:], 1):
            part = slice(self.start[n], self.start[n + 1])
            hidden[part] = ~release.settled & ~self.forced[part]  # a rounded number moves too
            printed[part] = release.settled
            own = rules.guarantee(release.places, values[part], release.book.threshold)
            guarantee += [
                tuple(_moved(demand, self.start[n]) for demand in each) if number < 0 else ()
                for each, number in zip(own, release.printed, strict=True)
            ]
        still = self.forced | printed
        still[self.one] = True
        free = [(x, y) for x, y in self.editions if self.low[y] < 0]
        small = [(x, y) for x, y in self.editions if self.low[y] >= 0 and self._is_small(x, y)]
        forms = [Form(x, y) if values[x] > values[y] else Form(y, x) for x, y in small]
        demands = [side for form in forms for side in rules.both_sides(form, self.threshold)]
        demands += [Demand(Form(x, y), "away", int(values[x] - values[y])) for x, y in free]
        return Together(
            replace(built, forced=still),
            (*(key.area_code for release in self.releases for key in release.keys), ""),
            hidden,
            frozenset([*self.musts, *(x for x, _ in small)]),
            tuple(demands),
            (*forms, *(Form(x, y) for x, y in free)),
            (*guarantee, ()),
            np.array(self.unbound, dtype=np.int64).reshape(-1, 2),
        )

    def _is_small(self, x: int, y: int) -> bool:
        """Whether a reader is sure that what was counted and what was shown then are fewer than the threshold apart."""
        least, most = self.low[x] - self.high[y], self.high[x] - self.low[y]
        return bool((least >= 1 and most < self.threshold) or (most <= -1 and least > -self.threshold))


def _moved(demand: Demand, by: int) -> Demand:
    form = demand.form
    minus = form.minus if form.minus < 0 else form.minus + by
    return replace(demand, form=Form(form.plus + by, minus))


def widened(
    now: Release, counts: Matrix, earlier: Sequence[Release], bounds: Sequence[Bound]
) -> tuple[Together, list[Bound]]:
    """Together, with the stated bounds doubled as often as the truth needs. Raises a DisclosureError when no bound will
    do: what was published contradicts itself, or what is counted now."""
    for _ in range(DOUBLINGS):
        made = together(now, counts, earlier, bounds)
        if made is not None:
            return made, list(bounds)
        bounds = [one.doubled() for one in bounds]
    raise DisclosureError("disclosure.releases_contradict")
