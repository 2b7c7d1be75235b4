"""What one attacker met is no evidence against what another knows."""

from __future__ import annotations

from types import SimpleNamespace
from typing import cast

import numpy as np
import pytest
from factlab.attack.attacker import Attack
from factlab.attack.goals import Goals
from factlab.attack.intervals import Component, Ints
from factlab.attack.met import Met
from factlab.attack.reach import Reach
from factlab.attack.system import OPEN, Form, Rows, System
from factlab.cells import CellKey
from scipy.sparse import csr_array

K = 5


def square(truth: Ints, shown: Ints, least: Ints) -> System:
    """A table of hidden and shown numbers with its printed margins, each number at least so much."""
    height, width = truth.shape
    cells = np.arange(truth.size).reshape(truth.shape)
    across, down = truth.size + np.arange(height), truth.size + height + np.arange(width)
    rows = Rows()
    rows.add("across", np.column_stack([cells, across]), [1] * width + [-1], equal=True)
    rows.add("down", np.column_stack([cells.T, down]), [1] * height + [-1], equal=True)
    printed = np.concatenate([np.where(shown, truth, -1).ravel(), truth.sum(axis=1), truth.sum(axis=0)])
    low = np.maximum(np.concatenate([least.ravel(), np.zeros(height + width, dtype=np.int64)]), printed)
    keys = tuple(CellKey("table", "level", str(n), "", "all") for n in range(len(printed)))
    matrix, equal, lows = rows.matrix(len(printed))
    most = np.where(printed < 0, OPEN, printed)
    return System(keys, printed, matrix, equal, (), {}, np.ones(len(keys), bool), lows, (low, most))


def hidden(system: System) -> Goals:
    """Each hidden number must be able to be K, and more than one number."""
    cells = np.flatnonzero(system.printed < 0)
    many = len(cells)
    forms = tuple(Form("cell", (system.keys[n],), ((n, 1),)) for n in cells.tolist())
    shape = (many, len(system.keys))
    matrix = csr_array((np.ones(many, dtype=np.int64), (np.arange(many), cells)), shape=shape)
    nothing, yes = np.zeros(many, dtype=np.int64), np.ones(many, dtype=bool)
    return Goals(forms, nothing, matrix, matrix, yes, nothing + K, nothing + K, ~yes, ~yes)


def learnt(tables: Ints, changes: Ints) -> Met:
    met = Met(tables)
    part = SimpleNamespace(cells=np.arange(tables.shape[1]))
    met.learn([cast(Reach, SimpleNamespace(part=part, changes=list(changes)))])
    return met


def pair(least: int) -> System:
    return square(np.array([[97, 3], [3, 97]]), np.zeros((2, 2), dtype=bool), np.array([[least, 0], [0, 0]]))


@pytest.mark.parametrize("own", [0, 96])
def test_a_table_of_another_counts_only_where_it_fits(own: int) -> None:
    system = pair(own)
    margins = [100, 100, 100, 100]
    tables = np.array([[100, 0, 0, 100, *margins], [0, 100, 100, 0, *margins]])
    change = np.array([[-50, 50, 50, -50, 0, 0, 0, 0]])
    found = list(Attack(system, hidden(system), met=learnt(tables, change)).findings())
    told = {(one.kind, one.cells) for one in found}
    small = {("pinned below the threshold", (system.keys[n],)) for n in (1, 2)}
    assert told == (small if own else set())


def test_the_tables_of_another_spare_the_solver(monkeypatch: pytest.MonkeyPatch) -> None:
    system = pair(0)
    tables = np.array([[50, 50, 50, 50, 100, 100, 100, 100]])
    change = np.array([[-40, 40, 40, -40, 0, 0, 0, 0]])
    monkeypatch.delattr(Component, "_programme")
    monkeypatch.delattr(Component, "nearest")
    assert not list(Attack(system, hidden(system), met=learnt(tables, change)).findings())


@pytest.mark.parametrize("seed", range(60))
def test_whatever_was_met_changes_no_verdict(seed: int) -> None:
    draw = np.random.default_rng(seed)
    truth = draw.integers(0, 3 * K, (4, 4))
    system = square(truth, draw.random((4, 4)) < 0.4, draw.integers(0, truth + 1))
    goals = hidden(system)
    size = len(system.keys)
    pool = np.tile(np.concatenate([truth.ravel(), truth.sum(axis=1), truth.sum(axis=0)]), (6, 1))
    cells = np.flatnonzero(system.printed < 0)
    pool[:, cells] += draw.integers(-K, K + 1, (6, len(cells)))  # most of these don't fit
    changes = np.zeros((20, size), dtype=np.int64)
    for change in changes:
        square_change = np.zeros((4, 4), dtype=np.int64)
        (a, b), (c, d) = draw.choice(4, 2, replace=False), draw.choice(4, 2, replace=False)
        square_change[[a, b], [c, d]] = n = draw.integers(1, K + 1)
        square_change[[a, b], [d, c]] = -n
        change[:16] = square_change.ravel()
    changes[10:, cells] += draw.integers(-1, 2, (10, len(cells)))
    with_it = Attack(system, goals, met=learnt(pool, changes))
    found = {(one.kind, one.cells) for one in with_it.findings()}
    assert found == {(one.kind, one.cells) for one in Attack(system, goals).findings()}
    least, most = system.ends
    for table in with_it.tables():  # one table a row: all that is known holds in it
        assert not (system.rows @ table).any()
        assert (table >= least).all()
        assert ((table <= most) | (most == OPEN)).all()
