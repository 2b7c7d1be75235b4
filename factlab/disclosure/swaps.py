"""Swaps: some households of one area change places with households of others, and what lies above stays as it is.

Which columns can move alone, or two at a time, follows from the identities; how often in an area, from its counts and
inequalities. So a swap of cells that are hidden already is looked up, in place of a linear programme: it hides nothing
more, and spares most of those. What no swap reaches is left to them. Whatever is found is checked in whole numbers like
any other witness.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations, groupby, pairwise

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from factlab.disclosure.knower import Knower
from factlab.disclosure.model import Model, Place, entries
from factlab.disclosure.patterns import Column, Matrix
from factlab.disclosure.rules import Ask

MOST = 30_000  # times that a move is made; more is never asked

Times = NDArray[np.int16]


@dataclass(frozen=True, repr=False)
class Ground:
    """The areas, outermost first, those that make up a parent side by side; and what can move in each of them."""

    cells: Matrix  # [area, column], -1 where an area lacks it
    parent: Matrix  # of each area the place of what it lies in, -1 for the outermost
    nesting: tuple[tuple[int, int], ...]  # from and to: areas that make up their parent, outermost first
    columns: Matrix  # [move, 2]: the columns that move, the second -1 when there is one
    signs: Matrix  # [move, 2]: and which way; the second half of the moves is the first reversed


def ground(everywhere: Sequence[Place]) -> Ground:
    """Where swaps can be looked for. Nothing is remembered of what a column means: its relations tell what can move."""
    names = sorted({column for place in everywhere for column in place.knowledge.columns})
    place_of = {column: n for n, column in enumerate(names)}
    area_of = {place.area.code: place.area for place in everywhere}

    def depth(code: str) -> int:
        return 1 + depth(area_of[code].parent) if code in area_of else 0

    def lies(place: Place) -> tuple[int, str, str]:
        return depth(place.area.code), place.area.level, place.area.parent

    ordered = sorted(everywhere, key=lies)
    at = {place.area.code: n for n, place in enumerate(ordered)}
    cells = np.full((len(ordered), len(names)), -1, dtype=np.int64)
    for row, place in enumerate(ordered):
        cells[row, [place_of[column] for column in place.knowledge.columns]] = place.cells
    nesting = []
    for (_, _, parent), group in groupby(range(len(ordered)), key=lambda row: lies(ordered[row])):
        if parent in at:
            own = list(group)
            nesting.append((own[0], own[-1] + 1))
    parents = np.array([at.get(place.area.parent, -1) for place in ordered], dtype=np.int64)
    equal = _over(ordered, place_of, "equal")
    columns, signs = _moves(equal, _over(ordered, place_of, "least"), len(names))
    return Ground(cells, parents, tuple(nesting), columns, signs)


def _over(everywhere: Sequence[Place], place_of: dict[Column, int], kind: str) -> Matrix:
    """The relations of all levels, each once, over all columns."""
    found = [np.zeros((0, len(place_of)), dtype=np.int64)]
    for knowledge in {id(place.knowledge): place.knowledge for place in everywhere}.values():
        where = [place_of[column] for column in knowledge.columns]
        relations = knowledge.equal if kind == "equal" else knowledge.least
        spread = np.zeros((len(relations), len(place_of)), dtype=np.int64)
        for row, (_, vector) in enumerate(relations):
            spread[row, where] = vector
        found.append(spread)
    return np.unique(np.vstack(found), axis=0)


def _moves(equal: Matrix, least: Matrix, many: int) -> tuple[Matrix, Matrix]:
    """Single columns and pairs that break no identity; of columns that can move alone, only the pairs that an
    inequality ties."""
    alone = np.all(equal == 0, axis=0)
    bound = (least != 0).astype(np.int64)
    tied = bound.T @ bound
    made = [((int(column), -1), (1, 0)) for column in np.flatnonzero(alone)]
    for a, b in combinations(range(many), 2):
        if alone[a] != alone[b] or (alone[a] and not tied[a, b]):
            continue
        made += [((a, b), (1, sign)) for sign in (1, -1) if not (equal[:, a] + sign * equal[:, b]).any()]
    columns = np.array([pair for pair, _ in made], dtype=np.int64).reshape(-1, 2)
    signs = np.array([pair for _, pair in made], dtype=np.int64).reshape(-1, 2)
    return np.vstack([columns, columns]), np.vstack([signs, -signs])


def _vectors(columns: Matrix, signs: Matrix, many: int) -> sparse.csc_array:
    """The moves over the columns."""
    move, side = np.nonzero(columns >= 0)
    shape = (len(columns), many)
    return sparse.csc_array((signs[move, side], (move, columns[move, side])), shape=shape)


class Swaps:
    """The moves that are open: those of which every cell is hidden."""

    def __init__(self, ground: Ground, model: Model) -> None:
        self._ground, self._model = ground, model
        cells = len(model.counts)
        present = ground.cells >= 0
        self._size = (ground.columns >= 0).sum(axis=1)
        self._vectors = _vectors(ground.columns, ground.signs, ground.cells.shape[1])
        half = len(ground.columns) // 2
        self._reverse = np.concatenate([np.arange(half, 2 * half), np.arange(half)])
        self._hidden = np.zeros(cells + 1, dtype=bool)
        self._hidden[-1] = True  # what an area lacks doesn't hinder it
        self.area, self._column = np.full((2, cells), -1, dtype=np.int64)
        self.area[ground.cells[present]], self._column[ground.cells[present]] = np.nonzero(present)
        self._helping: dict[tuple[int, int, bool], tuple[Matrix, Matrix]] = {}
        self._often: dict[str, Times] = {}
        # Of each area what lies in it, and those of its nesting.
        self._within: list[list[tuple[int, int]]] = [[] for _ in ground.parent]
        self._beside = [(n, n + 1) for n in range(len(ground.parent))]
        for start, end in ground.nesting:
            self._within[ground.parent[start]].append((start, end))
            self._beside[start:end] = [(start, end)] * (end - start)

    def show(self, cells: Matrix, *, hide: bool = False) -> None:
        """These cells are published, or hidden."""
        self._hidden[cells] = hide
        cells = cells[self.area[cells] >= 0]
        which, sizes = entries(self._vectors.indptr, self._column[cells])
        area, move = self.area[cells].repeat(sizes), self._vectors.indices[which]
        one, other = self._cells
        self._open[area, move] = self._hidden[one[area, move]] & self._hidden[other[area, move]]

    @cached_property
    def _open(self) -> Times:
        """[area, move]: 1 where all that it moves is hidden."""
        one, other = self._cells
        return (self._hidden[one] & self._hidden[other]).astype(np.int16)

    def find(self, ask: Ask, knower: Knower) -> Matrix | None:
        """A deviation of hidden cells that meets what is asked and moves few of them, or None."""
        area, minus = int(self.area[ask.plus]), ask.minus >= 0
        if area < 0 or (minus and self.area[ask.minus] != area):
            return None
        column = int(self._column[ask.minus]) if minus else -1
        moves, effect = self._help(int(self._column[ask.plus]), column, ask.up)
        times = -(-abs(ask.needed) // effect)
        some = np.flatnonzero(self._room(moves, knower, (area, area + 1))[0] >= times)
        if not len(some):
            return None
        moves, times = moves[some], times[some]
        start, end = self._beside[area]
        if not any(self._within[start:end]):  # lowest areas change places: nothing else has to be looked at
            takes = self._room(self._reverse[moves], knower, (start, end))
            takes[area - start] = 0
            done = takes.sum(axis=0) >= times
            if done.any():
                best = int(np.where(done, times * self._size[moves], 2 * MOST).argmin())
                found = np.zeros(len(self.area), dtype=np.int64)
                self._move(found, area, int(moves[best]), int(times[best]))
                others = np.zeros(end, dtype=np.int64)
                others[start:] = takes[:, best]
                self._share(found, (start, end), int(self._reverse[moves[best]]), int(times[best]), others)
                return found
            above = int(self._ground.parent[area])
            if above >= 0:  # it has to move as well
                some = np.flatnonzero(self._room(moves, knower, (above, above + 1))[0] >= times)
                moves, times = moves[some], times[some]
        return self._far(area, moves, times, knower) if len(moves) else None

    def _far(self, area: int, moves: Matrix, times: Matrix, knower: Knower) -> Matrix | None:
        """The same when what lies in the area, or above it, has to follow."""
        gives = self._deep(self._room(moves, knower))
        takes = self._deep(self._room(self._reverse[moves], knower))
        fits, path = gives[area] >= times, [area]
        while True:
            at = path[-1]
            start, end = self._beside[at]
            done = fits & (takes[start:end].sum(axis=0) - takes[at] >= times)
            above = int(self._ground.parent[at])
            if done.any() or above < 0:
                break
            fits &= gives[above] >= times
            for other, stop in self._within[above]:
                if not other <= at < stop:
                    fits &= gives[other:stop].sum(axis=0) >= times
            path.append(above)
        alone = not done.any()  # the outermost area has to move as well
        done = fits if alone else done
        if not done.any():
            return None
        best = int(np.where(done, times * self._size[moves], 2 * MOST).argmin())
        move, often = int(moves[best]), int(times[best])
        found = np.zeros(len(self.area), dtype=np.int64)
        self._give(found, area, move, often, gives[:, best])
        for below, above in pairwise(path):
            self._move(found, above, move, often)
            for group in self._within[above]:
                if not group[0] <= below < group[1]:
                    self._share(found, group, move, often, gives[:, best])
        if not alone:
            others = takes[:, best].copy()
            others[path[-1]] = 0
            self._share(found, self._beside[path[-1]], int(self._reverse[move]), often, others)
        return found

    def _move(self, found: Matrix, area: int, move: int, often: int) -> None:
        for column, sign in zip(self._ground.columns[move], self._ground.signs[move], strict=True):
            cell = self._ground.cells[area, column] if column >= 0 else -1
            if cell >= 0:
                found[cell] += often * sign

    def _give(self, found: Matrix, area: int, move: int, often: int, deep: Matrix) -> None:
        """The area moves, with all that lies in it."""
        self._move(found, area, move, often)
        for group in self._within[area]:
            self._share(found, group, move, often, deep)

    def _share(self, found: Matrix, group: tuple[int, int], move: int, often: int, deep: Matrix) -> None:
        """Together these areas move as often, in as few of them as can be."""
        areas = np.arange(*group)
        for area in areas[np.argsort(-deep[areas], kind="stable")].tolist():
            part = min(often, int(deep[area]))
            if not part:
                return
            self._give(found, area, move, part, deep)
            often -= part

    def _help(self, plus: int, minus: int, up: bool) -> tuple[Matrix, Matrix]:
        """The moves that bring this nearer, and how far once."""
        if (plus, minus, up) not in self._helping:
            moved = self._vectors[:, [plus]] - (self._vectors[:, [minus]] if minus >= 0 else 0)
            effect = moved.toarray()[:, 0] * (1 if up else -1)
            moves = np.flatnonzero(effect > 0)
            self._helping[plus, minus, up] = moves, effect[moves]
        return self._helping[plus, minus, up]

    def _room(self, moves: Matrix, knower: Knower, areas: tuple[int, int] | None = None) -> Matrix:
        """[area, move]: how often an area can make each of these moves by itself."""
        if knower.name not in self._often:
            self._often[knower.name] = self._known(knower)
        here = slice(*areas) if areas else slice(None)
        room: Matrix = self._often[knower.name][here, moves] * self._open[here, moves]
        return room.astype(np.int64)

    @cached_property
    def _cells(self) -> tuple[Matrix, Matrix]:
        """[area, move]: the cells that it moves, -1 where the area lacks the column."""
        one, other = (
            np.where(column >= 0, self._ground.cells[:, column], -1) for column in self._ground.columns.T
        )
        return one, other

    @cached_property
    def _possible(self) -> Matrix:
        """[area, move]: how often at most, by the counts and by what ties the cells of an area."""
        often = np.full((len(self._ground.cells), len(self._size)), MOST, dtype=np.int64)
        counts, forced = np.append(self._model.counts, MOST), np.append(self._model.forced, False)
        for cells, sign in zip(self._cells, self._ground.signs.T, strict=True):
            often = np.minimum(often, np.where(sign < 0, counts[cells], MOST))
            often[forced[cells]] = 0
        self._limit(often, self._model.least, np.asarray(self._model.least @ self._model.counts))
        return often

    def _known(self, knower: Knower) -> Times:
        """The same for one who knows more."""
        often = self._possible.copy()
        fixed, lowest = np.append(knower.fixed, False), np.append(knower.lowest, -MOST)
        for cells, sign in zip(self._cells, self._ground.signs.T, strict=True):
            often = np.minimum(often, np.where(sign < 0, -lowest[cells], MOST))
            often[fixed[cells]] = 0
        nothing = np.zeros(knower.equal.shape[0], dtype=np.int64)
        self._limit(often, knower.least, knower.slack)
        self._limit(often, knower.equal, nothing)
        self._limit(often, -knower.equal, nothing)
        return often.astype(np.int16)

    def _limit(self, often: Matrix, rows: sparse.csr_array, slack: Matrix) -> None:
        """Of these rows the deviation is at least -slack: of each those of its cells count that lie in one area."""
        terms = sparse.coo_array(rows)
        here = self.area[terms.col] >= 0
        row, cell = terms.row[here], terms.col[here]
        area = np.zeros(rows.shape[0], dtype=np.int64)
        area[row] = self.area[cell]
        shape = (rows.shape[0], self._vectors.shape[1])
        over = sparse.csr_array((terms.data[here], (row, self._column[cell])), shape=shape)
        # An area has the same rows as the next: told apart by a number that two of them hardly share by chance, and if
        # they did, a swap would fail when it is checked.
        mark = over @ np.random.default_rng(1).integers(-(2**62), 2**62, shape[1])
        _, first, kind = np.unique(mark, return_index=True, return_inverse=True)
        kinds = over[first].toarray()
        order = np.lexsort((-slack, kind))  # of two alike the tightest last, which stays
        groups = np.split(order, np.flatnonzero(np.diff(kind[order])) + 1)
        for moved, own in zip((self._vectors @ kinds.T).T, groups, strict=False):
            falls = np.flatnonzero(moved < 0)
            spots = np.ix_(area[own], falls)
            often[spots] = np.minimum(often[spots], slack[own][:, None] // -moved[falls].astype(np.int64))

    def _deep(self, room: Matrix) -> Matrix:
        """The same with all that lies in it following."""
        deep = room.copy()
        for parents, starts, end in self._layers:
            first = starts[0]
            below = np.add.reduceat(deep[first:end], starts - first, axis=0)
            deep[parents] = np.minimum(deep[parents], below)
        return deep

    @cached_property
    def _layers(self) -> list[tuple[Matrix, Matrix, int]]:
        """The nestings, innermost first, side by side where none holds the parent of another or has the same one: the
        parents, where each begins, and where the last ends."""
        layers: list[tuple[list[int], list[int], int]] = []
        parents: set[int] = set()
        for start, end in reversed(self._ground.nesting):
            parent = int(self._ground.parent[start])
            if not layers or layers[-1][1][0] != end or parent in parents or max(parents) >= start:
                layers.append(([], [], end))
                parents = set()
            layers[-1][0].insert(0, parent)
            layers[-1][1].insert(0, start)
            parents.add(parent)
        return [(np.array(above), np.array(starts), end) for above, starts, end in layers]
