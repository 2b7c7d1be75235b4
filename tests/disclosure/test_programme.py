"""One programme is asked again and again, for whoever: what was asked before must not change what can be found."""

from __future__ import annotations

import numpy as np
import pytest
from factlab.disclosure import model
from factlab.disclosure.knower import FREE, Knower, nobody
from factlab.disclosure.rules import Demand, Form
from factlab.disclosure.witness import Search
from scipy import optimize, sparse

CELLS = 8
ENDS = (1, 12)  # the counts; slacks lie on both sides of what stands in the solver from the start


def rows(draw: np.random.Generator, many: int) -> sparse.csr_array:
    return sparse.csr_array(draw.choice([-2, -1, 0, 0, 0, 1, 1, 2], (many, CELLS)).astype(np.int64))


def counted(draw: np.random.Generator) -> model.Model:
    """Sums with a cell of their own each, so that any counts keep them; and inequalities, turned so that they hold."""
    counts = draw.integers(*ENDS, CELLS)
    equal, least = rows(draw, 2).toarray(), rows(draw, 3).toarray()
    least[least @ counts < 0] *= -1
    cells = np.concatenate([counts, equal @ counts])
    for row in np.flatnonzero(cells[CELLS:] < 0):
        equal[row], cells[CELLS + row] = -equal[row], -cells[CELLS + row]
    sums = np.hstack([equal, -np.eye(len(equal), dtype=np.int64)])
    wide = np.hstack([least, np.zeros((len(least), len(sums)), dtype=np.int64)])
    every = np.arange(len(cells))
    return model.build(
        cells.tolist(),
        [("sum", every[row != 0], row[row != 0]) for row in sums],
        [("least", every[row != 0], row[row != 0]) for row in wide if row.any()],
    )


def somebody(draw: np.random.Generator, name: str, whole: model.Model) -> Knower:
    size = len(whole.counts)
    fixed = draw.random(size) < 0.15
    lowest = np.where(draw.random(size) < 0.3, -draw.integers(0, 4, size), FREE)
    equal, least = (
        sparse.csr_array(draw.choice([-1, 0, 0, 0, 1], (1, size)).astype(np.int64)) for _ in range(2)
    )
    return Knower(name, fixed, lowest, equal, least, draw.integers(0, 9, 1))


def exists(whole: model.Model, knower: Knower, still: np.ndarray, demand: Demand) -> bool:
    """By a search among whole numbers of its own."""
    size = len(whole.counts)
    low = np.maximum(np.maximum(-whole.counts, knower.lowest), -1000).astype(float)
    high = np.full(size, 1000.0)
    low[still | knower.fixed] = high[still | knower.fixed] = 0
    form = np.zeros((1, size))
    form[0, demand.form.plus] += 1
    if demand.form.minus >= 0:
        form[0, demand.form.minus] -= 1
    asked = demand.bound - int(demand.form.of(whole.counts))
    parts = [
        optimize.LinearConstraint(form, *((asked, np.inf) if demand.side == "up" else (-np.inf, asked))),
        optimize.LinearConstraint(whole.equal, 0, 0),
        optimize.LinearConstraint(knower.equal, 0, 0) if knower.equal.shape[0] else None,
        optimize.LinearConstraint(whole.least, -whole.slack, np.inf) if whole.least.shape[0] else None,
        optimize.LinearConstraint(knower.least, -knower.slack, np.inf) if knower.least.shape[0] else None,
    ]
    made = optimize.milp(
        np.zeros(size),
        integrality=np.ones(size),
        bounds=optimize.Bounds(low, high),
        constraints=[part for part in parts if part is not None],
    )
    assert made.status in (0, 2)
    return bool(made.status == 0)


@pytest.mark.parametrize("seed", range(40))
def test_whoever_asks_after_whom_what_can_be_found_is_found(seed: int) -> None:
    draw = np.random.default_rng(seed)
    whole = counted(draw)
    size = len(whole.counts)
    people = [nobody(size), *(somebody(draw, f"{n}", whole) for n in range(3))]
    search = Search(whole, draw.random(size) + 0.5, people=people)
    still = np.zeros(size, dtype=bool)
    found = 0
    for _ in range(40):
        cells = draw.choice(size, 2, replace=False)
        search.fix(cells[:1], release=bool(still[cells[0]]))
        still[cells[0]] ^= True
        if draw.random() < 0.3:
            search.cheapen(cells[1:], np.full(1, 0.001))
        plus, minus = draw.choice(size, 2, replace=False).tolist()
        form = Form(plus, minus if draw.random() < 0.3 else -1)
        away = int(draw.integers(1, 6))
        side, bound = ("up", away) if draw.random() < 0.5 else ("down", -away)
        demand = Demand(form, side, int(form.of(whole.counts)) + bound)  # type: ignore[arg-type]
        who = int(draw.integers(0, len(people)))
        made = search.find(demand, who)
        assert (made is not None) == exists(whole, people[who], still, demand)
        if made is not None:
            found += 1
            moved = np.zeros(size, dtype=np.int64)
            moved[made.cells] = made.moved
            assert not moved[still].any()
            assert made.valid[who]
            assert people[who].allows(sparse.csr_array([moved])).all()
            assert whole.allows(sparse.csr_array([moved])).all()
    assert 0 < found < 40
