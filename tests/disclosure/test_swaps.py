"""Swaps: what is looked up in place of a linear programme must be a table that could be."""

from __future__ import annotations

import random

import numpy as np
import pytest
from factlab.disclosure import insiders, model, swaps
from factlab.disclosure.knower import Knower, nobody
from factlab.disclosure.rules import Ask
from scipy import sparse

from tests import synthetic


def town(levels: str) -> tuple[model.Model, swaps.Ground, list[Knower]]:
    book = synthetic.codebook(
        districts=3, neighbourhoods=3, services=8, organisations=4, threshold=5, lowest={"service": levels}
    )
    counts = synthetic.count(book, synthetic.households(book, 3_000))
    everywhere = model.places(book)
    whole = model.publication(counts, everywhere)
    people = [nobody(len(whole.counts)), *insiders.knowers(counts, everywhere, whole)]
    return whole, swaps.ground(everywhere), people


@pytest.mark.parametrize("levels", ["district", "neighbourhood"])
@pytest.mark.parametrize("share", [0.3, 0.7, 1.0])
def test_every_swap_is_a_table_that_nobody_who_asked_can_exclude(levels: str, share: float) -> None:
    """Of hidden cells alone, keeping every relation, the counts and what the knower counts itself; and it goes as far as
    was asked. Single cells and differences, at every level, both ways."""
    whole, ground, people = town(levels)
    draw = np.random.default_rng(1)
    hidden = (draw.random(len(whole.counts)) < share) & ~whole.forced
    open_ = swaps.Swaps(ground, whole)
    open_.show(np.flatnonzero(hidden), hide=True)
    found = 0
    for plus in draw.permutation(np.flatnonzero(hidden))[:120].tolist():
        beside = ground.cells[(ground.cells == plus).any(axis=1)].ravel()
        minus = int(draw.choice([-1, *beside[beside != plus]]))
        for ask in (Ask(plus, minus, True, 3), Ask(plus, minus, False, -2)):
            for knower in people:
                swap = open_.find(ask, knower)
                if swap is None:
                    continue
                found += 1
                alone = sparse.csr_array([swap])
                assert whole.allows(alone).all()
                assert knower.allows(alone).all()
                assert not swap[~hidden].any()
                assert ask.met(int(swap[plus]), int(swap[minus]) if minus >= 0 else 0)
    assert found > 20 * share


def test_what_is_published_again_swaps_no_more() -> None:
    whole, ground, (anybody, *_) = town("neighbourhood")
    every = np.flatnonzero(~whole.forced)
    open_ = swaps.Swaps(ground, whole)
    assert open_.find(Ask(int(every[0]), -1, True, 1), anybody) is None
    open_.show(every, hide=True)
    seen = 0
    for cell in every.tolist():
        swap = open_.find(Ask(cell, -1, True, 1), anybody)
        if swap is None:
            continue
        seen += 1
        other = int(np.flatnonzero(swap)[-1])
        open_.show(np.array([other]))
        again = open_.find(Ask(cell, -1, True, 1), anybody)
        assert again is None or not again[other]
        open_.show(np.array([other]), hide=True)
    assert seen > 100


@pytest.mark.parametrize("seed", range(60))
def test_an_area_moves_no_more_than_each_of_its_nestings_can_follow(seed: int) -> None:
    """Up to three layers of areas, of which a parent can be made up in two ways: against one nesting after the other."""
    draw = random.Random(seed)
    parents, nestings, layer = [-1], [], [0]
    for _ in range(draw.randint(1, 3)):
        below = []
        for parent in [at for _ in range(draw.randint(1, 2)) for at in layer if draw.random() < 0.8]:
            start, size = len(parents), draw.randint(1, 4)
            nestings.append((start, start + size))
            below += range(start, start + size)
            parents += [parent] * size
        layer = below or layer
    every = np.arange(len(parents))[:, None]
    one = np.array([[0, -1], [0, -1]])
    ground = swaps.Ground(every, np.array(parents), tuple(nestings), one, np.array([[1, 0], [-1, 0]]))
    whole = model.build([100] * len(parents), [], [])
    room = np.random.default_rng(seed).integers(0, 9, (len(parents), 5))
    expected = room.copy()
    for start, end in reversed(nestings):
        expected[parents[start]] = np.minimum(expected[parents[start]], expected[start:end].sum(axis=0))
    assert (swaps.Swaps(ground, whole)._deep(room) == expected).all()
