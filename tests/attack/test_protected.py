"""What `protect` makes of any linked tables, `audit` can't break, though they share no code."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product
from math import ceil
from random import Random
from typing import Any

import pytest
from factlab.attack import audit, feasible
from factlab.disclosure import protect
from factlab.linked import Figure, Linked, LinkedTable, Relation, Rules, SafeLinked, Term
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.tabular import flat, table


def square(*, unlisted: str = "", **inner: int) -> dict[tuple[str, str], int]:
    """Cells by area and use with their totals; without those of one use."""
    whole: dict[tuple[str, str], int] = {}
    for (area, use), n in inner.items():
        for cell in product((area, "T"), (use, "T")):
            whole[cell] = whole.get(cell, 0) + n
    return {at: n for at, n in whole.items() if at[1] != unlisted}


AREAS = {"geo": flat("x", "y", "z"), "use": flat("a", "b")}
SHARE = Figure("share", (Term(1, "n", {"use": "a"}),), (Term(1, "n"),), ("geo",), times=100)


# -- what is told by what isn't printed --------------------------------------------------------------------------


def test_that_a_figure_stands_somewhere_says_nothing_of_who_is_there() -> None:
    counts = square(xa=2, xb=1, ya=40, yb=50, za=45, zb=55)
    safe = protect(Linked((table("t", ["geo", "use"], counts),), Rules(10), AREAS, figures=(SHARE,)))
    low, high = feasible(safe)["n", "geo=x"]
    assert low == 0
    assert high is None or high >= 10


@pytest.mark.parametrize("rounding", [0, 5])
def test_that_a_figure_is_missing_says_nothing_either(rounding: int) -> None:
    """Nobody is in x, which may not be told: the share of `a` there stands as hidden as another."""
    counts = square(xa=0, xb=0, ya=40, yb=50, za=45, zb=55)
    linked = Linked((table("t", ["geo", "use"], counts),), Rules(10, zeros=True), AREAS, figures=(SHARE,))
    safe = protect(linked, rounding=rounding)
    assert set(safe.table["share"].columns["geo"]) == set("xyzT")
    assert audit(safe).holds


def test_a_zero_that_no_table_lists_is_protected_where_zeros_are() -> None:
    listed = table("t", ["g"], {"b": 20, "c": 40, "T": 60})
    safe = protect(Linked((listed,), Rules(10, zeros=True), {"g": flat("a", "b", "c")}))
    assert audit(safe).holds


def test_nobody_is_without_though_no_table_lists_who_is() -> None:
    listed = table("t", ["geo", "use"], square(unlisted="b", xa=30, xb=0, ya=40, yb=50, za=20, zb=30))
    safe = protect(Linked((listed,), Rules(10, nobody={"use": ("b",)}), AREAS))
    assert audit(safe).holds


def test_everyone_is_in_it_though_no_table_lists_that() -> None:
    listed = table("t", ["geo", "use"], square(unlisted="a", xa=30, xb=0, ya=40, yb=50, za=20, zb=30))
    safe = protect(Linked((listed,), Rules(10, everyone={"use": ("a",)}), AREAS))
    assert audit(safe).holds


def test_a_relation_tells_of_cells_that_no_table_lists() -> None:
    """25 members in x of whom all but those 20 use `a`: five households, in no table."""
    members = Relation(
        "members", (Term(1, "n", {"geo": "x", "use": "a"}), Term(-1, "m", {"geo": "x"})), (), -20, -20
    )
    tables = (
        table("areas", ["geo"], {"x": 30, "y": 40, "T": 70}),
        table("uses", ["use"], {"a": 20, "b": 50, "T": 70}),
        table("members", ["geo"], {"x": 25, "y": 35, "T": 60}, "m"),
    )
    safe = protect(Linked(tables, Rules(10), AREAS | {"geo": flat("x", "y")}, (members,)))
    assert audit(safe).holds
    assert feasible(safe, [("n", "geo=x", "use=a")])["n", "geo=x", "use=a"][0] == 0


def test_an_area_is_as_large_as_the_most_that_is_counted_there() -> None:
    """15 members are no small area when 300 people live there."""
    tables = (
        table("people", ["geo"], {"x": 300, "y": 400, "T": 700}),
        table("members", ["geo"], {"x": 15, "y": 25, "T": 40}, "m"),
    )
    safe = protect(Linked(tables, Rules(10, areas=("geo",)), {"geo": flat("x", "y")}))
    assert "suppressed" not in safe.table["members"].columns["status"]
    assert audit(safe).holds


# -- any tables --------------------------------------------------------------------------------------------------

Truth = dict[tuple[str, ...], int]
DIMS = ("geo", "use", "age")


def hierarchies(draw: Random) -> dict[str, Any]:
    """Areas in two or three steps, in one nesting or two that overlap; uses; ages."""
    atoms = [f"a{i}" for i in range(draw.randint(3, 6))]
    nestings = []
    for name in "DP"[: draw.randint(1, 2)]:
        parents = [f"{name}{i}" for i in range(2)]
        nesting = {atom: parents[i] if i < 2 else draw.choice(parents) for i, atom in enumerate(atoms)}
        nestings.append(nesting | dict.fromkeys(parents, "T"))
    if draw.random() < 0.3:
        nestings[0] |= {"D0": "R", "D1": "R", "R": "T", "far": "T"}
        for other in nestings[1:]:
            other["far"] = "P1"
    return {"geo": tuple(nestings), "use": flat(*"uvw"), "age": flat("y", "z")}


def counted(draw: Random, nesting: Mapping[str, Any]) -> tuple[Truth, Truth]:
    """What there is at every combination of codes, and a part of it that is counted apart."""
    above: dict[str, dict[str, set[str]]] = {}
    for d in DIMS:
        above[d] = {}
        for code in {c for n in nesting[d] for c in n if all(c not in m.values() for m in nesting[d])}:
            found, queue = set(), [code]
            while queue:
                at = queue.pop()
                found.add(at)
                queue += [n[at] for n in nesting[d] if at in n]
            above[d][code] = found
    every: Truth = {}
    part: Truth = {}
    sizes = draw.choice([[0, 1, 2, 4, 8, 15, 40, 90], [0, 0, 0, 3, 20], [1, 30, 60, 100]])
    for at in product(*(sorted(above[d]) for d in DIMS)):
        n = draw.choice(sizes)
        old = draw.randint(0, n) if draw.random() < 0.5 else n
        for cell in product(*(sorted(above[d][code]) for d, code in zip(DIMS, at, strict=True))):
            every[cell] = every.get(cell, 0) + n
            part[cell] = part.get(cell, 0) + old
    return every, part


def listed(truth: Truth, by: Sequence[str], without: set[str]) -> Truth:
    return {
        tuple(code for code, d in zip(cell, DIMS, strict=True) if d in by): n
        for cell, n in sorted(truth.items())
        if all(code == "T" or d in by for code, d in zip(cell, DIMS, strict=True)) and not without & set(cell)
    }


def any_tables(draw: Random) -> Linked:
    nesting = hierarchies(draw)
    every, part = counted(draw, nesting)
    sets = [("geo",), ("use",), ("geo", "use"), ("use", "age"), ("geo", "age"), ("age",)]
    chosen = draw.sample(sets, draw.randint(1, 3))
    without = draw.choice(
        [set(), set(), {code for code in nesting["geo"][0] if code.startswith("a")}, {"u"}, {"a0"}]
    )
    tables = [table(f"t{i}", by, listed(every, by, without)) for i, by in enumerate(chosen)]
    used = {d for by in chosen for d in by}
    rules: dict[str, Any] = {"zeros": draw.random() < 0.3}
    relations: list[Relation] = []
    figures: list[Figure] = []
    if "use" in used:
        rules["complement"] = draw.choice([(), ("use",)])
        rules["everyone"] = draw.choice([{}, {"use": ("v",)}])
        rules["nobody"] = draw.choice([{}, {"use": ("w",)}])
        at = draw.choice([(), ("geo",)]) if "geo" in used else ()
        if draw.random() < 0.4:
            above, below = (Term(1, "n", {"use": "v"}),), (Term(1, "n"),)
            figures.append(Figure("share", above, below, at, 100, draw.randint(0, 1)))
        if draw.random() < 0.4:
            within = (Term(1, "n", {"use": "v"}), Term(-1, "old", {"use": "v"}))
            tables.append(
                table("o", ("geo", "use") if at else ("use",), listed(part, (*at, "use"), without), "old")
            )
            relations.append(Relation("part", within, at, 0, None, draw.choice(["", "small", "zero"])))
    dims = {d: nesting[d] for d in DIMS if any(d in t.by for t in tables)}
    return Linked(
        tuple(tables), Rules(draw.choice([3, 5, 10]), **rules), dims, tuple(relations), tuple(figures)
    )


def intervals(safe: SafeLinked) -> dict[frozenset[str], tuple[int, float]]:
    """Of every hidden cell, by its name in any order, from where to where it can be."""
    ends = feasible(safe).items()
    return {frozenset(name): (low, float("inf") if high is None else high) for name, (low, high) in ends}


def numbers(linked: Linked, safe: SafeLinked) -> list[tuple[frozenset[str], int, int | None]]:
    """Every listed cell by its name, with what it is and what is published of it."""
    found = []
    for exact, told in zip(linked.tables, safe.tables, strict=True):
        for place, n in enumerate(exact.columns[exact.number]):
            at = ((d, exact.columns[d][place]) for d in exact.by)
            name = (exact.measure, *(f"{d}={code}" for d, code in at if code != "T"))
            found.append((frozenset(name), n, told.columns[exact.number][place]))
    return found


@given(st.randoms(use_true_random=False), st.sampled_from([0, 0, 5]))
@settings(deadline=None, max_examples=30)
def test_nobody_breaks_what_is_protected(draw: Random, rounding: int) -> None:
    linked = any_tables(draw)
    safe = protect(linked, salt=b"s", rounding=rounding)
    verdict = audit(safe)
    assert verdict.holds, verdict.findings
    assert protect(linked, salt=b"s", rounding=rounding).tables == safe.tables
    k, ends = linked.rules.threshold, intervals(safe)
    for name, n, told in numbers(linked, safe):
        if told is not None:
            assert told == n or (rounding and told % rounding == 0 and abs(told - n) < rounding)
        elif n < k and (n > 0 or linked.rules.zeros):
            low, high = ends[name]
            assert low == 0
            assert high >= k


@given(st.randoms(use_true_random=False))
@settings(deadline=None, max_examples=30)
def test_amounts_reach_as_far_as_their_rule_asks(draw: Random) -> None:
    """Amounts by trade and region of some contributors each, with their two largest."""
    inner = {
        (g, t): sorted((draw.choice([1, 3, 10, 40, 200]) for _ in range(draw.randint(0, 5))), reverse=True)
        for g in "xyz" for t in "uvw"
    }  # fmt: skip
    every: dict[tuple[str, str], list[int]] = {}
    for (g, t), own in inner.items():
        for cell in product((g, "T"), (t, "T")):
            every[cell] = sorted(every.get(cell, []) + own, reverse=True)
    rules = draw.choice([Rules(3, p=10), Rules(3, p=50), Rules(2, dominance=(2, 85)), Rules(3)])
    columns: dict[str, Sequence[Any]] = {
        "geo": [g for g, _ in every],
        "trade": [t for _, t in every],
        "value": [sum(own) for own in every.values()],
        "contributors": [len(own) for own in every.values()],
        "largest": [sum(own[:1]) for own in every.values()],
        "second": [sum(own[1:2]) for own in every.values()],
        "largest_n": [sum(own[:2]) for own in every.values()],
    }
    exact = LinkedTable("t", ("geo", "trade"), columns, "turnover")
    linked = Linked((exact,), rules, {"geo": flat("x", "y", "z"), "trade": flat(*"uvw")})
    safe = protect(linked, salt=b"s")
    assert audit(safe).holds
    ends = intervals(safe)
    for (name, n, told), own in zip(numbers(linked, safe), every.values(), strict=True):
        reach = 0
        if rules.p is not None and n:
            reach = ceil(rules.p / 100 * own[0] - sum(own[2:]))
        if rules.dominance is not None and n:
            reach = ceil(100 / 85 * sum(own[:2]) - n - 1e-9)
        if n and len(own) < rules.threshold:
            reach = max(reach, n if rules.p is None else ceil(n * rules.p / 100))
        if told is None:
            low, high = ends[name]
            assert low <= max(0, n - reach)
            assert high >= n + reach
        else:
            assert told == n
            assert reach <= 0
