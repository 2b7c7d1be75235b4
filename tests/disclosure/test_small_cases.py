"""Small cases with known intervals, without a codebook: cells, sums, and which cells are hidden."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pytest
from factlab.disclosure import model, suppression
from factlab.disclosure.knower import Witness
from factlab.disclosure.rules import Demand, Form
from factlab.disclosure.witness import Search
from factlab.errors import DisclosureError
from numpy.typing import NDArray
from scipy import optimize, sparse

Sum = Mapping[str, int]  # a linear form over named cells


def build(cells: Mapping[str, int], sums: Sequence[Sum], least: Sequence[Sum] = ()) -> model.Model:
    place = {name: i for i, name in enumerate(cells)}

    def rows(forms: Sequence[Sum]) -> list[model.Row]:
        return [("sum", np.array([place[n] for n in form]), np.array(list(form.values()))) for form in forms]

    return model.build(list(cells.values()), rows(sums), rows(least))


def protect(
    cells: Mapping[str, int],
    sums: Sequence[Sum],
    k: int,
    least: Sequence[Sum] = (),
    also: Sequence[tuple[str, str]] = (),
) -> set[str]:
    """The hidden cells, where every count from 1 to k - 1 and the differences `also` are marked."""
    names, whole = list(cells), build(cells, sums, least)
    forms = [Form(i) for i, n in enumerate(cells.values()) if 1 <= n < k]
    forms += [Form(names.index(b), names.index(a)) for b, a in also]
    guarantee = tuple(
        (Demand(Form(i), "away", n), Demand(Form(i), "up", k)) for i, n in enumerate(cells.values())
    )
    cost = 1 + np.log1p(whole.counts) + 0.001 * np.arange(len(names))
    task = suppression.Task(whole, tuple(forms), frozenset(), guarantee, k, cost)
    return {names[i] for i in np.flatnonzero(suppression.suppress(task))}


def interval(
    cells: Mapping[str, int], sums: Sequence[Sum], hidden: set[str], form: Sum, least: Sequence[Sum] = ()
) -> tuple[float, float]:
    """What a reader with scipy makes of a form."""
    names = list(cells)
    matrix = np.array([[row.get(n, 0) for n in names] for row in sums])
    inequalities = np.array([[-row.get(n, 0) for n in names] for row in least]).reshape(-1, len(names))
    bounds = [(0, None) if n in hidden else (cells[n], cells[n]) for n in names]
    cost = np.array([form.get(n, 0) for n in names])
    ends = []
    for sign in (1, -1):
        solved = optimize.milp(
            sign * cost,
            constraints=[
                optimize.LinearConstraint(matrix, 0, 0),
                optimize.LinearConstraint(inequalities, ub=0),
            ][: 1 + bool(len(least))],
            bounds=optimize.Bounds(
                *zip(*[(lo, np.inf if up is None else up) for lo, up in bounds], strict=True)
            ),
            integrality=np.ones(len(names)),
        )
        ends.append(sign * solved.fun if solved.status == 0 else sign * -np.inf)
    return ends[0], ends[1]


GEURTS = {"11": 4, "12": 3, "21": 2, "22": 1, "r1": 7, "r2": 3, "c1": 6, "c2": 4}
GEURTS_SUMS = [
    {"r1": -1, "11": 1, "12": 1},
    {"r2": -1, "21": 1, "22": 1},
    {"c1": -1, "11": 1, "21": 1},
    {"c2": -1, "12": 1, "22": 1},
]


def moves(found: Witness, size: int) -> NDArray[np.int64]:
    """How far each cell moves."""
    table = np.zeros(size, dtype=np.int64)
    table[found.cells] = found.moved
    return table


@pytest.mark.parametrize(
    ("side", "bound", "exists"), [("up", 6, 1), ("up", 7, 0), ("down", 3, 1), ("down", 2, 0)]
)
def test_with_margins_7_3_and_6_4_the_first_cell_lies_from_3_to_6(side: str, bound: int, exists: int) -> None:
    """Geurts (1992), in the handbook on statistical disclosure control."""
    whole = build(GEURTS, GEURTS_SUMS)
    search = Search(whole, np.ones(len(GEURTS)))
    search.fix(np.arange(4, 8))
    found = search.find(Demand(Form(0), side, bound))  # type: ignore[arg-type]
    assert (found is not None) == bool(exists)
    if found is not None:
        assert whole.allows(sparse.csr_array([moves(found, len(GEURTS))])).all()
        assert (found.cells < 4).all()


def test_a_table_of_small_margins_can_only_be_protected_by_hiding_margins() -> None:
    hidden = protect(GEURTS, GEURTS_SUMS, k=5)
    for cell in ("11", "12", "21", "22", "r2", "c2"):
        low, high = interval(GEURTS, GEURTS_SUMS, hidden, {cell: 1})
        assert low == 0
        assert high >= 5


def test_users_per_domain_do_not_give_away_the_classes() -> None:
    """70 + 34 + 20 = 124 = n1 + 2·n2 + 3·n3: hiding n2 and n3 alone leaves one solution, 16 and 4."""
    cells = {"all": 1000, "n0": 900, "n1": 80, "n2": 16, "n3": 4, "a": 70, "b": 34, "c": 20}
    sums = [
        {"all": -1, "n0": 1, "n1": 1, "n2": 1, "n3": 1},
        {"n1": -1, "n2": -2, "n3": -3, "a": 1, "b": 1, "c": 1},
    ]
    assert interval(cells, sums, {"n2", "n3"}, {"n3": 1}) == (4, 4)
    hidden = protect(cells, sums, k=10)
    low, high = interval(cells, sums, hidden, {"n3": 1})
    assert low == 0
    assert high >= 10


def test_the_same_number_under_two_names_is_hidden_twice() -> None:
    cells = {"all": 60, "services 0": 7, "services 1+": 53, "domains 0": 7, "domains 1+": 53}
    sums = [
        {"all": -1, "services 0": 1, "services 1+": 1},
        {"all": -1, "domains 0": 1, "domains 1+": 1},
        {"services 0": 1, "domains 0": -1},
    ]
    hidden = protect(cells, sums, k=10)
    assert {"services 0", "domains 0"} <= hidden
    assert interval(cells, sums, hidden, {"services 0": 1})[0] == 0


def test_zeros_are_partners() -> None:
    """3 = 3 + 0 + 0 with the total published: were the zeros shown, the 3 would be known."""
    cells = {"total": 13, "a": 3, "b": 0, "c": 10, "d": 0}
    sums = [{"total": -1, "a": 1, "b": 1, "c": 1, "d": 1}]
    hidden = protect(cells, sums, k=5)
    assert interval(cells, sums, hidden, {"a": 1})[0] == 0
    assert interval(cells, sums, hidden, {"a": 1})[1] >= 5
    assert "total" not in hidden or "c" not in hidden


def test_26_households_of_which_23_use_care_do_not_tell_that_3_do_not() -> None:
    cells = {
        "all": 26,
        "care": 23,
        "all elsewhere": 500,
        "care elsewhere": 200,
        "all here": 526,
        "care here": 223,
    }
    sums = [
        {"all here": -1, "all": 1, "all elsewhere": 1},
        {"care here": -1, "care": 1, "care elsewhere": 1},
    ]
    least = [{"all": 1, "care": -1}, {"all elsewhere": 1, "care elsewhere": -1}]
    hidden = protect(cells, sums, 10, least, also=[("all", "care")])
    assert hidden, "nothing here is small of itself"
    low, high = interval(cells, sums, hidden, {"all": 1, "care": -1}, least)
    assert low == 0
    assert high >= 10


def test_a_district_with_one_neighbourhood_is_one_cell_under_two_names() -> None:
    cells = {"town": 90, "district 1": 6, "district 2": 84, "only neighbourhood": 6}
    sums = [
        {"town": -1, "district 1": 1, "district 2": 1},
        {"district 1": 1, "only neighbourhood": -1},
    ]
    assert protect(cells, sums, k=10) == {"district 1", "only neighbourhood", "district 2"}


@pytest.mark.parametrize(("small", "cells_hidden"), [((5, 5), 4), ((3, 5), 6)])
def test_two_hidden_in_every_line_are_not_always_enough(small: tuple[int, int], cells_hidden: int) -> None:
    """In a block of two by two, 5 and 5 fall to zero together. Where 3 has fallen to zero, 5 is still 2."""
    rows = ([small[0], 47, 20, 30], [61, small[1], 40, 50])
    cells = {f"{r}{c}": n for r, row in enumerate(rows) for c, n in enumerate(row)}
    sums: list[Sum] = []
    for r in range(2):
        cells[f"r{r}"] = sum(cells[f"{r}{c}"] for c in range(4))
        sums.append({f"r{r}": -1} | {f"{r}{c}": 1 for c in range(4)})
    for c in range(4):
        cells[f"c{c}"] = cells[f"0{c}"] + cells[f"1{c}"]
        sums.append({f"c{c}": -1, f"0{c}": 1, f"1{c}": 1})
    hidden = protect(cells, sums, k=10)
    assert len(hidden) == cells_hidden
    for cell in ("00", "11"):
        low, high = interval(cells, sums, hidden, {cell: 1})
        assert low == 0
        assert high >= 10


def test_what_needs_not_be_hidden_is_shown_again() -> None:
    """The total over hidden cells that sum to less than k must be hidden; another line is never touched."""
    cells = {"total": 7, "a": 4, "b": 3, "other": 300, "c": 100, "d": 200}
    sums = [{"total": -1, "a": 1, "b": 1}, {"other": -1, "c": 1, "d": 1}]
    assert protect(cells, sums, k=10) == {"total", "a", "b"}


def test_half_households_prove_nothing() -> None:
    """2·a = b: the solver can move a by a half, a witness can't."""
    whole = build({"a": 3, "b": 6, "c": 4}, [{"a": 2, "b": -1}])
    search = Search(whole, np.ones(3))
    found = search.find(Demand(Form(1), "up", 7))
    assert found is not None
    assert moves(found, 3).tolist() == [1, 2, 0]
    search.fix(np.array([0]))
    assert search.find(Demand(Form(1), "away", 6)) is None


def test_a_sum_that_the_counts_break_is_refused() -> None:
    with pytest.raises(DisclosureError, match=r"disclosure\.relation_fails"):
        build(GEURTS | {"11": 5}, GEURTS_SUMS)
    with pytest.raises(DisclosureError, match=r"disclosure\.relation_fails"):
        build({"all": 3, "care": 4}, [], [{"all": 1, "care": -1}])


def test_what_the_relations_make_impossible_is_not_half_protected() -> None:
    """A form on a cell that the codebook forces to zero can't reach k: an error, never a table."""
    whole = model.build([2, 2, 0], [], [], np.array([False, False, True]))
    task = suppression.Task(whole, (Form(0), Form(2)), frozenset(), ((), (), ()), 10, np.ones(3))
    with pytest.raises(DisclosureError, match=r"disclosure\.cannot_protect"):
        suppression.suppress(task)


def test_the_last_check_trusts_no_solver() -> None:
    whole = build(GEURTS, GEURTS_SUMS)
    task = suppression.Task(whole, (Form(3),), frozenset(), ((),) * 8, 3, np.ones(8))
    hidden = np.array([True] * 4 + [False] * 4)
    down, up = np.array([1, -1, -1, 1, 0, 0, 0, 0]), np.array([-1, 1, 1, -1, 0, 0, 0, 0])
    suppression.verify(task, hidden, np.array([2 * down, up]))
    for wrong, pattern in (
        (np.array([down, up]), hidden),  # does not reach the threshold
        (np.array([2 * down + np.eye(8, dtype=int)[0], up]), hidden),  # breaks a sum
        (np.array([3 * down, up]), hidden),  # a cell below zero
        (np.array([2 * down, up]), hidden & (np.arange(8) > 0)),  # moves a published cell
    ):
        with pytest.raises(DisclosureError, match=r"disclosure\.not_verified"):
            suppression.verify(task, pattern, wrong)
