"""Swaps: what is looked up in place of a linear programme must be a table that could be."""

from __future__ import annotations

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
