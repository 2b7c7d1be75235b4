"""Witnesses: other tables of whole numbers that agree with everything published.

A witness is kept as its deviation from the true counts. It is nearly the truth, so it never leaves memory.

Most witnesses are local: some households of one area change places with those of an area beside it, and what lies above
stays as it is. So a witness is looked for among the cells of one *zone* first (the lowest areas of one parent), then
among what lies above the zones, with each zone following, and only then among all cells at once. Whatever finds it, it
is checked in whole numbers against every row.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence, Set
from functools import cached_property

import numpy as np
from scipy import sparse

from factlab.disclosure.knower import Crowd, Knower, Witness, nobody
from factlab.disclosure.model import Model, values
from factlab.disclosure.patterns import Matrix
from factlab.disclosure.programme import Costs, Programme
from factlab.disclosure.rules import Ask, Demand, Form
from factlab.disclosure.swaps import Ground, Swaps

EVERYWHERE, ABOVE = -2, -1  # instead of the label of a zone


class Search:
    """Looks for the cheapest witness: near, then above, then everywhere.

    `zones` labels the cells of the lowest areas by what they lie in, -1 for all others; without it there are none.
    """

    def __init__(
        self,
        model: Model,
        costs: Costs,
        zones: Matrix | None = None,
        ground: Ground | None = None,
        people: Sequence[Knower] = (),
    ) -> None:
        self._model = model
        self._people = people or (nobody(len(model.counts)),)
        self._crowd = Crowd(model, self._people)
        self._swaps = None if ground is None else Swaps(ground, model)
        self._costs = costs.astype(np.float64)
        self._fixed = np.zeros(len(model.counts), dtype=bool)
        self._new = np.zeros(len(model.counts), dtype=bool)  # hidden since the programme above was asked last
        self._gone = model.forced.copy()  # never moves again
        self._cheap = np.zeros(len(model.counts), dtype=bool)
        self._zone = np.full(len(model.counts), ABOVE) if zones is None else self._apart(zones)
        self._zoned = bool((self._zone >= 0).any())
        self._programmes: dict[int, Programme] = {}

    def _apart(self, zones: Matrix) -> Matrix:
        """The zones, if no row ties two of them: else what lies in one could not stay while another moves."""
        rows = sparse.vstack([self._model.equal, self._model.least]).tocoo()
        label = zones[rows.col]
        first = np.full(rows.shape[0], ABOVE)
        first[rows.row[label >= 0]] = label[label >= 0]
        tied = ((label >= 0) & (label != first[rows.row])).any()
        return np.full(len(zones), ABOVE) if tied else zones

    def _programme(self, zone: int) -> Programme:
        if zone not in self._programmes:
            here = ~self._gone & ((self._zone == zone) | (zone == EVERYWHERE))
            costs = self._costs + self._following if zone == ABOVE else self._costs
            made = Programme(
                self._model, costs, np.flatnonzero(here), self._zone >= 0 if zone == ABOVE else None
            )
            made.price(np.flatnonzero(self._cheap & here), costs, cheap=True)
            made.fix(np.flatnonzero(self._fixed & here))
            self._programmes[zone] = made
        if zone == ABOVE and self._new.any():
            self._price_above(self._programmes[zone])
        return self._programmes[zone]

    @cached_property
    def _ties(self) -> tuple[Matrix, Matrix, Matrix]:
        """The rows that tie a cell above to cells in a zone: that cell, and of each cell below its row and itself."""
        rows = self._model.equal
        above = np.asarray((rows != 0).astype(np.int64) @ (self._zone < 0).astype(np.int64))
        tied = sparse.coo_array(rows[np.flatnonzero((above == 1) & (np.diff(rows.indptr) > 1))])
        upper = self._zone[tied.col] < 0
        parent = np.zeros(tied.shape[0], dtype=np.int64)
        parent[tied.row[upper]] = tied.col[upper]
        return parent, tied.row[~upper], tied.col[~upper]

    @property
    def _following(self) -> Costs:
        """What it costs at least that a zone follows a cell above: the cheapest of the cells below."""
        parent, row, below = self._ties
        least = np.full(len(parent), np.inf)
        np.minimum.at(least, row, self._costs[below])
        cost = np.zeros(len(self._costs))
        np.maximum.at(cost, parent, least)
        return cost

    def cheapen(self, cells: Matrix, costs: Costs) -> None:
        """These cells are hidden: moving them costs next to nothing from now on."""
        self._cheap[cells] = True
        self._costs[cells] = costs
        if self._swaps:
            self._swaps.show(cells, hide=True)
        self._new[cells] = True
        here = {EVERYWHERE, *self._zone[cells].tolist()} - {ABOVE}
        for zone in sorted(here & self._programmes.keys()):
            self._programmes[zone].price(cells, self._costs, cheap=True)

    def _price_above(self, programme: Programme) -> None:
        """What has been hidden since is cheaper there too, and so is what it follows."""
        cells = np.flatnonzero(self._new)
        self._new[cells] = False
        parent, row, below = self._ties
        now = self._costs + self._following
        programme.price(parent[np.unique(row[np.isin(below, cells)])], now)
        programme.price(cells, now, cheap=True)

    def fix(self, cells: Matrix, *, release: bool = False) -> None:
        """These cells are published: they move no more (or again, if released)."""
        self._fixed[cells] = not release
        if self._swaps:
            self._swaps.show(cells, hide=release)
        here = {EVERYWHERE, *self._zone[cells].tolist()}
        for zone in sorted(here & self._programmes.keys()):
            self._programmes[zone].fix(cells, release=release)

    def settle(self) -> None:
        """What is published now stays so: the programmes begin again without it."""
        self._gone |= self._fixed
        self._programmes.clear()

    def find(self, demand: Demand, who: int = 0, *, branch: bool = True) -> Witness | None:
        """The cheapest deviation of whole numbers that meets the demand and that this one of the people can't exclude,
        or None when none is found. Without `branch` one that is hard to find is not looked for."""
        form, bound = demand.form, demand.bound
        if demand.side != "away":
            return self._find(form, demand.side == "up", bound, who, branch)
        found = self._find(form, True, bound + 1, who, branch)
        return self._find(form, False, bound - 1, who, branch) if found is None else found

    def _find(self, form: Form, up: bool, bound: int, who: int, branch: bool) -> Witness | None:
        ask = Ask(form.plus, form.minus, up, bound - int(form.of(self._model.counts)))
        return next(
            (made for found in self._tries(ask, who, branch) if (made := self._proved(found, ask, who))), None
        )

    def _tries(self, ask: Ask, who: int, branch: bool) -> Iterator[Matrix]:
        """What may do, the least effort first."""
        knower = self._people[who]
        swap = self._swaps.find(ask, knower) if self._swaps else None
        if swap is not None:
            yield swap
        zones = {int(self._zone[cell]) for cell in (ask.plus, ask.minus) if cell >= 0}
        yield from self._near(ask, zones, who, branch)
        if branch or not self._zoned:
            found = self._moved(EVERYWHERE, self._programme(EVERYWHERE).solve(ask, knower, branch=branch))
            if found is not None:
                yield found

    def _near(self, ask: Ask, zones: Set[int], who: int, branch: bool) -> Iterator[Matrix]:
        """Within the zone; else by moving what lies above it as much, so that the zone can follow."""
        if len(zones) > 1 or not self._zoned:
            return
        (zone,) = zones
        if zone != ABOVE:
            found = self._moved(zone, self._programme(zone).solve(ask, self._people[who], branch=branch))
            if found is not None:
                yield found
            plus, minus = self._parent[ask.plus], self._parent[ask.minus] if ask.minus >= 0 else -1
            if plus < 0 or (minus < 0 <= ask.minus):
                return
            upper = Ask(int(plus), int(minus), ask.up, ask.needed)
        else:
            upper = ask
        found = self._above(upper, zone, ask, who, branch)
        if found is not None:
            yield found

    @cached_property
    def _parent(self) -> Matrix:
        """Of each cell of a zone the cell that it is part of, -1 where there is none."""
        parent, row, below = self._ties
        of = np.full(len(self._model.counts), -1, dtype=np.int64)
        of[below] = parent[row]
        return of

    def _moved(self, zone: int, deviation: Matrix | None) -> Matrix | None:
        if deviation is None:
            return None
        whole = np.zeros(len(self._model.counts), dtype=np.int64)
        whole[self._programme(zone).cells] = deviation
        return whole

    def _above(self, upper: Ask, zone: int, ask: Ask, who: int, branch: bool) -> Matrix | None:
        """What is asked of the cells above, while each zone in which something above has moved follows, and `zone`
        reaches what is asked of it: with one area moving as much, where that can be, and else as it can."""
        knower = self._people[who]
        found = self._moved(ABOVE, self._programme(ABOVE).solve(upper, knower, branch=branch))
        if found is None:
            return None
        whole, left = self._followed(found, zone, ask, who)
        for other in sorted(left, key=lambda other: other != zone):  # what is asked is most likely to fail
            programme = self._programme(other)
            follows = programme.solve(ask if other == zone else None, knower, found, branch=branch)
            if follows is None:
                return None
            whole[programme.cells] = follows
        return whole

    @cached_property
    def _below(self) -> sparse.csc_array:
        """[cell of a zone, cell above]: 1 where this is part of that."""
        parent, row, below = self._ties
        shape = (len(self._zone), len(self._zone))
        return sparse.csc_array((np.ones(len(row), dtype=np.int64), (below, parent[row])), shape=shape)

    def _followed(self, above: Matrix, zone: int, ask: Ask, who: int) -> tuple[Matrix, list[int]]:
        """`above`, while in each zone that has to follow one area moves just as much: the one with the most room, among
        hidden cells; in `zone` it must be the area that is asked. Then the zones in which none can."""
        moving = np.flatnonzero(above)
        cells, moved = values(self._below, moving, above[moving])
        zones, of = np.unique(self._zone[cells], return_inverse=True)
        if self._swaps is None or not len(cells):
            return above.copy(), zones.tolist()
        knower, area = self._people[who], self._swaps.area[cells]
        room = self._model.counts[cells] + np.minimum(moved, 0)
        free = self._cheap[cells] & ~self._fixed[cells] & ~knower.fixed[cells]
        free &= (moved >= knower.lowest[cells]) & (area >= 0)
        asked, minus = self._swaps.area[[ask.plus, ask.minus]].tolist()
        alike = ask.minus < 0 or asked == minus
        free &= (self._zone[cells] != zone) | ((area == asked) & alike)
        wrong, struck = ~free, np.zeros(area.max() + 2, dtype=bool)  # the last is no area
        while True:
            struck[area[wrong]] = True  # an area moves as a whole, and not if it breaks a row
            free &= ~struck[area]
            least = np.full(len(struck), -1)
            least[area[free]] = np.iinfo(np.int64).max
            np.minimum.at(least, area[free], room[free])
            best = np.full(len(zones), -1)
            np.maximum.at(best, of, least[area])
            first = np.full(len(zones), len(least))
            np.minimum.at(first, of, np.where(least[area] == best[of], area, len(least)))
            chosen = (area == first[of]) & (best[of] >= 0)
            every, all_moved = np.append(moving, cells[chosen]), np.append(above[moving], moved[chosen])
            tied = self._swaps.area[self._crowd.tied(every, all_moved, who)]
            wrong = chosen & np.bincount(tied[tied >= 0], minlength=len(struck)).astype(bool)[area]
            if not wrong.any():
                break
        whole = above.copy()
        whole[cells[chosen]] = moved[chosen]
        return whole, zones[best < 0].tolist()

    def _proved(self, found: Matrix, ask: Ask, who: int) -> Witness | None:
        """As a witness, if this is a table of whole numbers that this one can't exclude and that meets what is asked."""
        cells = np.flatnonzero(found)
        moved = found[cells]
        reached = ask.met(int(found[ask.plus]), int(found[ask.minus]) if ask.minus >= 0 else 0)
        if not reached or self._fixed[cells].any():
            return None
        valid = self._crowd.allow(cells, moved)
        return Witness(cells, moved, valid) if valid[who] else None
