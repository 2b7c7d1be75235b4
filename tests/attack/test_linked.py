"""The attacker on linked tables: its intervals are those of others, it breaks what is broken, and loses against `protect`."""

from __future__ import annotations

import csv
from collections.abc import Collection, Mapping
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from factlab.attack import Finding, audit, feasible
from factlab.disclosure import protect
from factlab.errors import DisclosureError
from factlab.linked import Figure, Linked, LinkedTable, Relation, Rules, SafeLinked, Term
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.disclosure.linked_reader import LinkedReader, cube, published
from tests.tabular import flat, table

HERE = Path(__file__).parent / "tables"
TABLES = Path(__file__).parents[1] / "disclosure" / "tables"


def codes_of(exact: LinkedTable) -> list[Any]:
    keys = list(zip(*(exact.columns[d] for d in exact.by), strict=True))
    return [key[0] if len(key) == 1 else key for key in keys]


def safe_of(
    linked: Linked,
    hide: Mapping[str, Collection[Any]] = {},
    figures: Mapping[str, Mapping[Any, int | float | None]] = {},
    rounding: int = 0,
) -> SafeLinked:
    """What is published when these cells are hidden and all others shown; figures as given, None hidden."""
    tables = []
    for exact in linked.tables:
        hidden = [not exact.printed or code in hide.get(exact.name, ()) for code in codes_of(exact)]
        numbers = [None if h else n for h, n in zip(hidden, exact.columns[exact.number], strict=True)]
        status = [
            "unavailable" if n is None else "suppressed" if h else "published"
            for h, n in zip(hidden, exact.columns[exact.number], strict=True)
        ]
        columns = {d: exact.columns[d] for d in exact.by} | {exact.number: numbers, "status": status}
        tables.append(replace(exact, columns=columns))
    values = []
    for figure in linked.figures:
        rows = figures[figure.name]
        keys = [key if isinstance(key, tuple) else (key,) for key in rows]
        columns = {d: [key[i] for key in keys] for i, d in enumerate(figure.per)}
        columns |= {
            "value": list(rows.values()),
            "status": ["suppressed" if v is None else "published" for v in rows.values()],
        }
        values.append(LinkedTable(figure.name, figure.per, columns, figure.name, figure.decimals))
    return SafeLinked(
        tuple(tables),
        tuple(values),
        linked.rules,
        linked.hierarchies,
        linked.relations,
        linked.figures,
        {},
        rounding,
    )


def summed(inner: Mapping[tuple[str, ...], int]) -> dict[tuple[str, ...], int]:
    """The inner cells with all of their totals."""
    whole: dict[tuple[str, ...], int] = {}
    for at, n in inner.items():
        for cell in product(*((code, "T") for code in at)):
            whole[cell] = whole.get(cell, 0) + n
    return whole


# -- intervals that others found ---------------------------------------------------------------------------------

COUNTY = {"A": "T1", "B": "T1", "C": "T1", "K": "T2", "L": "T2", "M": "T2", "N": "T2", "T1": "T", "T2": "T"}
SIZE = {"A": "S", "B": "S", "K": "S", "N": "S", "C": "R", "L": "R", "M": "R", "S": "T", "R": "T"}
UNITS = {
    "A": 2,
    "B": 2,
    "C": 30,
    "K": 3,
    "L": 3,
    "M": 3,
    "N": 7,
    "T1": 34,
    "T2": 16,
    "S": 14,
    "R": 36,
    "T": 50,
}


@pytest.mark.parametrize(
    ("nestings", "hide", "expected"),
    [
        ((COUNTY,), "ABKLM", {"A": (0, 4), "B": (0, 4), "K": (0, 9), "L": (0, 9), "M": (0, 9)}),
        ((SIZE,), "ABKLM", {"A": (0, 7), "B": (0, 7), "K": (0, 7), "L": (0, 6), "M": (0, 6)}),
        ((COUNTY, SIZE), "ABKLM", {"A": (0, 4), "B": (0, 4), "K": (3, 3), "L": (0, 6), "M": (0, 6)}),
        (
            (COUNTY, SIZE),
            "ABKLMN",
            {"A": (0, 4), "B": (0, 4), "K": (0, 10), "L": (0, 6), "M": (0, 6), "N": (0, 10)},
        ),
    ],
)
def test_county_and_size_tell_together_what_neither_tells_alone(
    nestings: tuple[dict[str, str], ...], hide: str, expected: dict[str, tuple[int, int]]
) -> None:
    """UserSupport #136: A, B, K, L and M are hidden, by county, by size, by both, and with N."""
    counts = {
        code: n for code, n in UNITS.items() if any(code in {*nest, *nest.values()} for nest in nestings)
    }
    linked = Linked((table("t", ["unit"], counts),), Rules(5), {"unit": nestings})
    found = feasible(safe_of(linked, {"t": set(hide)}))
    assert found == {("n", f"unit={code}"): ends for code, ends in expected.items()}


SIMPLE = {"wa": 30, "wb": 47, "wc": 64, "wd": 300, "xa": 90, "xb": 124, "xc": 5, "xd": 310}
SIMPLE |= {"ya": 400, "yb": 100, "yc": 420, "yd": 85, "za": 500, "zb": 991, "zc": 520, "zd": 685}
AFTER = {"wa": (0, 120), "wb": (0, 141), "wc": (0, 69), "xa": (0, 120), "xb": (30, 171), "xc": (0, 69)}
AFTER |= {"yb": (0, 185), "yd": (0, 185), "zb": (906, 1091), "zd": (585, 770)}
BEFORE = {code: ends for code, ends in AFTER.items() if code != "xb"}
BEFORE |= {"wa": (25, 94), "wb": (47, 47), "xa": (26, 95)}


def square(inner: Mapping[str, int], rules: Rules) -> Linked:
    whole = summed({(name[0], name[1]): n for name, n in inner.items()})
    rows, columns = ({name[i] for name in inner} for i in (0, 1))
    return Linked(
        (table("t", ["row", "column"], whole),),
        rules,
        {"row": flat(*sorted(rows)), "column": flat(*sorted(columns))},
    )


@pytest.mark.parametrize("expected", [BEFORE, AFTER])
def test_two_hidden_in_every_line_can_still_give_one_exactly(expected: dict[str, tuple[int, int]]) -> None:
    """sdcTable's simple heuristic: w|b is 47 exactly until x|b is hidden too."""
    safe = safe_of(square(SIMPLE, Rules(6)), {"t": {tuple(name) for name in expected}})
    found = feasible(safe)
    assert found == {("n", f"row={r}", f"column={c}"): ends for (r, c), ends in expected.items()}
    exact = Finding("pinned exactly", (("n", "row=w", "column=b"),))
    assert (exact in audit(safe).findings) == (expected is BEFORE)


def test_margins_alone_bound_what_is_inside() -> None:
    """Geurts (1992): with margins 7, 3 and 6, 4 the first cell lies from 3 to 6."""
    linked = square({"1a": 4, "1b": 3, "2a": 2, "2b": 1}, Rules(5))
    found = feasible(safe_of(linked, {"t": set(product("12", "ab"))}))
    assert found["n", "row=1", "column=a"] == (3, 6)


def reference(name: str) -> Linked:
    """A reference table with its areas and classes."""
    file, dimension = {"T1": ("T1_geo_x_nserv", "nserv"), "T2": ("T2_geo_x_ndom", "ndom")}[name]
    with (TABLES / f"{file}_full.csv").open(encoding="utf-8", newline="") as lines:
        counts = {(row["geo"], row[dimension]): int(row["n"]) for row in csv.DictReader(lines)}
    with (TABLES / "geo_hierarchy.csv").open(encoding="utf-8", newline="") as lines:
        geo = {row["neigh"]: row["district"] for row in csv.DictReader(lines)}
    geo |= dict.fromkeys(sorted(set(geo.values())), "Total")
    classes = dict.fromkeys(sorted({code for _, code in counts} - {"Total"}), "Total")
    hierarchies = {"geo": (geo,), dimension: (classes,)}
    return Linked((table("t", ["geo", dimension], counts),), Rules(10), hierarchies)


def answers() -> dict[str, dict[tuple[str, str, str], tuple[int, int]]]:
    found: dict[str, dict[tuple[str, str, str], tuple[int, int]]] = {}
    with (HERE / "intervals.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            cells = found.setdefault(row["answer"], {})
            cells[row["table"], row["geo"], row["code"]] = int(row["low"]), int(row["high"])
    return found


@pytest.mark.parametrize("answer", answers())
def test_the_intervals_are_those_of_the_reference(answer: str) -> None:
    """What other tools hide in the reference tables, with the intervals of a plain LP or of tau-ARGUS's own audit."""
    expected = answers()[answer]
    ((name,),) = {frozenset(t for t, _, _ in expected)}
    linked = reference(name)
    dimension = linked.tables[0].by[1]
    found = feasible(safe_of(linked, {"t": {(g, c) for _, g, c in expected}}))
    named = {
        ("n", *(f"{d}={c}" for d, c in (("geo", g), (dimension, code)) if c != "Total")): ends
        for (_, g, code), ends in expected.items()
    }
    assert found == named


@pytest.mark.parametrize("k", [5, 10])
@pytest.mark.parametrize("name", ["T1", "T2"])
def test_the_intervals_in_what_is_protected_are_those_of_a_plain_programme(name: str, k: int) -> None:
    safe = protect(replace(reference(name), rules=Rules(k)))
    dims = safe.tables[0].by
    reader = LinkedReader(cube(safe, "n", dims), published(safe, dims))
    found = feasible(safe)
    assert len(found) > 60
    for cell, (low, high) in found.items():
        at = dict(part.split("=") for part in cell[1:])
        ends = reader.interval({("n", *(at.get(d, "Total") for d in dims)): 1})
        assert ends == (low, float("inf") if high is None else high)


# -- weak publications, one fault each ---------------------------------------------------------------------------

USE = {"use": flat("none", "some"), "geo": flat("x", "y", "z")}


def users(**rules: Any) -> Linked:
    """Three areas; in x 23 of 26 use something, so that 3 don't."""
    counts = summed({("x", "none"): 3, ("x", "some"): 23, ("y", "none"): 40, ("y", "some"): 50,
                     ("z", "none"): 60, ("z", "some"): 70})  # fmt: skip
    listed = {at: n for at, n in counts.items() if at[1] != "none"} if rules else counts
    return Linked((table("t", ["geo", "use"], listed),), Rules(10, **rules), USE)


CLASSES = {"0": 900, "1": 80, "2": 16, "3": 4, "T": 1000}
SERVICES = flat("0", "1", "2", "3")


def domains() -> Linked:
    """70 + 34 + 20 = 124 = n1 + 2·n2 + 3·n3."""
    uses = Relation(
        "uses",
        (
            *(Term(1, "users", {"domain": d}) for d in "abc"),
            *(Term(-i, "n", {"classes": str(i)}) for i in (1, 2, 3)),
        ),
    )
    return Linked(
        (table("t", ["classes"], CLASSES), table("u", ["domain"], {"a": 70, "b": 34, "c": 20}, "users")),
        Rules(10),
        {"classes": SERVICES},
        (uses,),
    )


def mean() -> Linked:
    above = tuple(Term(i, "n", {"classes": str(i)}) for i in (1, 2, 3))
    figure = Figure("mean", above, (Term(1, "n"),), decimals=3)
    return Linked((table("t", ["classes"], CLASSES),), Rules(10), {"classes": SERVICES}, figures=(figure,))


def share(decimals: int) -> Linked:
    """4 of 1,000 is 0.4%: from 4 to 4 with one decimal, from 0 to 4 without."""
    figure = Figure("share", (Term(1, "n", {"classes": "3"}),), (Term(1, "n"),), times=100, decimals=decimals)
    return Linked((table("t", ["classes"], CLASSES),), Rules(10), {"classes": SERVICES}, figures=(figure,))


def streets() -> Linked:
    """Two neighbourhoods of 40 and 63, a postcode area of 100: their difference is a street of three."""
    neighbourhoods = {"a": "N1", "b": "N2", "c": "N2", "d": "N3", "N1": "T", "N2": "T", "N3": "T"}
    postcodes = {"a": "P1", "b": "P1", "c": "P2", "d": "P2", "P1": "T", "P2": "T"}
    counts = {"N1": 40, "N2": 63, "N3": 500, "P1": 100, "P2": 503, "T": 603}
    return Linked((table("t", ["geo"], counts),), Rules(10), {"geo": (neighbourhoods, postcodes)})


def two_names() -> Linked:
    """No service is no domain: the same households under two names."""
    same = Relation("nobody", (Term(1, "services", {"s": "0"}), Term(-1, "domains", {"d": "0"})))
    return Linked(
        (
            table("s", ["s"], {"0": 4, "1": 60, "2": 40, "T": 104}, "services"),
            table("d", ["d"], {"0": 4, "1": 70, "2": 30, "T": 104}, "domains"),
        ),
        Rules(10),
        {"s": flat("0", "1", "2"), "d": flat("0", "1", "2")},
        (same,),
    )


def circle() -> Linked:
    """Three margins of a 2×2×2 cube, nothing of them small; with an empty cell of each sign the inside is fixed."""
    inner = dict(zip(product("01", repeat=3), [3, 20, 30, 0, 0, 45, 35, 45], strict=True))
    whole = summed(inner)
    tables = []
    for i, j, other in ((0, 1, 2), (1, 2, 0), (0, 2, 1)):
        rows = {(at[i], at[j]): n for at, n in whole.items() if at[other] == "T"}
        tables.append(table("abc"[i] + "abc"[j], ["abc"[i], "abc"[j]], rows))
    return Linked(tuple(tables), Rules(10), dict.fromkeys("abc", flat("0", "1")))


def lone(counts: Mapping[str, int | None], **rules: Any) -> Linked:
    return Linked(
        (table("t", ["g"], counts),), Rules(10, **rules), {"g": flat(*(c for c in counts if c != "T"))}
    )


def within(**protect: Any) -> Linked:
    """27 of the 30 of a domain use its only service that is told."""
    part = Relation(
        "part",
        (Term(1, "n", {"s": "domain"}), Term(-1, "n", {"s": "service"})),
        ("g",),
        0,
        None,
        **protect,
    )
    counts = {("x", "domain"): 30, ("x", "service"): 27, ("y", "domain"): 50, ("y", "service"): 20}
    counts |= {("T", "domain"): 80, ("T", "service"): 47}
    return Linked((table("t", ["g", "s"], counts),), Rules(10), {"g": flat("x", "y")}, (part,))


def costs() -> Linked:
    columns = {"g": ("a", "b", "c", "T"), "value": (12.5, 20.25, 40, 72.75), "contributors": (2, 40, 50, 92)}
    return Linked(
        (LinkedTable("t", ("g",), columns, "costs", decimals=2),), Rules(10), {"g": flat("a", "b", "c")}
    )


WEAK: dict[str, tuple[SafeLinked, Finding]] = {
    "a small count is shown": (
        safe_of(lone({"a": 4, "b": 50, "T": 54})),
        Finding("small count published", (("n", "g=a"),)),
    ),
    "only small counts are hidden": (
        safe_of(lone({"a": 4, "b": 50, "T": 54}), {"t": "a"}),
        Finding("pinned exactly", (("n", "g=a"),)),
    ),
    "the partner is too small": (
        safe_of(lone({"a": 4, "b": 3, "c": 50, "T": 57}), {"t": "ab"}),
        Finding("pinned below the threshold", (("n", "g=a"),)),
    ),
    "an empty partner": (
        safe_of(lone({"a": 4, "b": 0, "c": 50, "T": 54}), {"t": "ab"}),
        Finding("pinned below the threshold", (("n", "g=b"),)),
    ),
    "no row for a small count": (
        safe_of(replace(lone({"b": 20, "c": 40, "T": 63}), hierarchies={"g": flat("a", "b", "c")})),
        Finding("pinned exactly", (("n", "g=a"),)),
    ),
    "totals that leak": (
        safe_of(square(SIMPLE, Rules(50)), {"t": {tuple(name) for name in BEFORE}}),
        Finding("pinned exactly", (("n", "row=w", "column=b"),)),
    ),
    "totals of a circle of tables": (
        safe_of(circle()),
        Finding("pinned exactly", (("n", "a=0", "b=0", "c=0"),)),
    ),
    "no complement": (
        safe_of(users(complement=("use",))),
        Finding("complement", (("n", "geo=x", "use=some"),)),
    ),
    "a complement that others give": (
        safe_of(users(complement=("use",)), {"t": {("x", "some")}}),
        Finding("pinned exactly", (("n", "geo=x", "use=some"),)),
    ),
    "a mean with decimals": (
        safe_of(mean(), {"t": "23"}, {"mean": {(): 0.124}}),
        Finding("pinned exactly", (("n", "classes=3"),)),
    ),
    "a percentage with a decimal": (
        safe_of(share(1), {"t": "23"}, {"share": {(): 0.4}}),
        Finding("pinned exactly", (("n", "classes=3"),)),
    ),
    "a whole percentage": (
        safe_of(share(0), {"t": "23"}, {"share": {(): 0}}),
        Finding("pinned below the threshold", (("n", "classes=3"),)),
    ),
    "nestings that differ by a street": (
        safe_of(streets()),
        Finding("pinned exactly", (("n", "geo=c"),)),
    ),
    "a relation forgotten": (
        safe_of(domains(), {"t": "23"}),
        Finding("pinned exactly", (("n", "classes=2"),)),
    ),
    "the same number under two names": (
        safe_of(two_names(), {"s": "01"}),
        Finding("pinned exactly", (("services", "s=0"),)),
    ),
    "the same cell in two tables": (
        safe_of(
            Linked(
                (*lone({"a": 40, "b": 50, "T": 90}).tables, table("again", ["g"], {"a": 40})),
                Rules(10),
                {"g": flat("a", "b")},
            ),
            {"t": "ab"},
        ),
        Finding("pinned exactly", (("n", "g=a"),)),
    ),
    "zeros always shown": (
        safe_of(lone({"a": 0, "b": 50, "T": 50}, zeros=True)),
        Finding("small count published", (("n", "g=a"),)),
    ),
    "everyone is in it": (
        safe_of(square({"xa": 30, "xb": 0, "ya": 40, "yb": 50}, Rules(10, everyone={"column": ("a",)}))),
        Finding("everyone", (("n", "row=x", "column=a"),)),
    ),
    "nobody is without": (
        safe_of(square({"xa": 30, "xb": 0, "ya": 40, "yb": 50}, Rules(10, nobody={"column": ("b",)}))),
        Finding("nobody without", (("n", "row=x", "column=b"),)),
    ),
    "a small area": (
        safe_of(lone({"a": 15, "b": 50, "c": 60, "T": 125}, areas=("g",))),
        Finding("small count published", (("n", "g=a"),)),
    ),
    "a difference that may not be told": (
        safe_of(within(protect="small")),
        Finding("difference", (("n", "g=x", "s=domain"), ("n", "g=x", "s=service"))),
    ),
    "every number rounded on its own": (  # three of 11 up to 15 and 39 down to 35: at most 39 − 33 are left
        safe_of(lone({"a": 15, "b": 15, "c": 15, "d": 6, "T": 35}), {"t": "d"}, rounding=5),
        Finding("pinned below the threshold", (("n", "g=d"),)),
    ),
    "a small number rounded": (
        safe_of(lone({"a": 5, "b": 50, "T": 55}), rounding=5),
        Finding("small count published", (("n", "g=a"),)),
    ),
    "a share that is missing where nobody is": (
        safe_of(
            replace(
                square({"xa": 30, "xb": 20, "ya": 0, "yb": 0, "za": 15, "zb": 18}, Rules(10)),
                figures=(
                    Figure("share", (Term(1, "n", {"column": "a"}),), (Term(1, "n"),), ("row",), times=100),
                ),
            ),
            {"t": set(product("yz", "abT"))},
            {"share": {"T": 54, "x": 60, "z": None}},
        ),
        Finding("pinned exactly", (("n", "row=y"),)),
    ),
    "one amount hidden": (
        safe_of(costs(), {"t": "a"}),
        Finding("pinned exactly", (("costs", "g=a"),)),
    ),
    "numbers that can't be": (
        safe_of(lone({"a": 40, "b": 50, "T": 91})),
        Finding("inconsistent", (("n", "g=a"), ("n",), ("n", "g=b"))),
    ),
}


@pytest.mark.parametrize("fault", WEAK)
def test_a_weak_publication_is_broken(fault: str) -> None:
    safe, finding = WEAK[fault]
    verdict = audit(safe)
    assert finding in verdict.findings
    assert not verdict.holds


def test_a_verdict_tells_cells_and_never_a_number() -> None:
    safe, _ = WEAK["totals that leak"]
    verdict = audit(safe)
    assert all(
        isinstance(part, str) for finding in verdict.findings for cell in finding.cells for part in cell
    )
    assert "47" not in str(verdict.findings)
    assert verdict.threshold == 50
    assert verdict.narrowest == 0
    assert verdict.certificate()["inferred"]["pinned exactly"] == 1


# -- what an insider knows, and what is no cell ------------------------------------------------------------------


def test_an_insider_who_is_alone_in_a_cell_subtracts_itself() -> None:
    """4 and 20 are hidden; who knows the 20 knows the 4, and nobody else does."""
    safe = safe_of(lone({"a": 4, "b": 20, "c": 50, "T": 74}), {"t": "ab"})
    assert audit(safe).holds
    verdict = audit(safe, known={("n", "g=b"): 20})
    assert verdict.findings == (Finding("pinned exactly", (("n", "g=a"),)),)
    assert feasible(safe, known={("n", "g=b"): 20})["n", "g=a"] == (4, 4)


def test_an_insider_names_cells_in_any_order_and_only_those_that_exist() -> None:
    safe = safe_of(square(SIMPLE, Rules(6)), {"t": {tuple(name) for name in AFTER}})
    one, other = (
        feasible(safe, known={name: 124})
        for name in (
            ("n", "row=x", "column=b"),
            (
                "n",
                "column=b",
                "row=x",
            ),
        )
    )
    assert one == other
    assert one["n", "row=w", "column=b"] == (47, 47)
    for name in (("n", "row=q"), ("n", "colour=b"), ("m",), ()):
        with pytest.raises(DisclosureError) as raised:
            audit(safe, known={name: 1})
        assert raised.value.key == "attack.unknown_cell"


def test_what_was_not_delivered_is_no_cell_and_adds_nothing() -> None:
    safe = safe_of(lone({"a": 4, "b": None, "c": 50, "d": 20, "T": 74}), {"t": "ad"})
    assert feasible(safe) == {("n", "g=a"): (0, 24), ("n", "g=d"): (0, 24)}
    assert audit(safe).holds


def test_a_total_of_which_no_part_was_delivered_tells_nothing() -> None:
    assert audit(safe_of(lone({"a": None, "b": None, "T": 40}))).holds


def test_codes_that_stand_apart_do_not_add_up() -> None:
    """A household may use several services: what two of three leave says nothing of the third."""
    counts = {("x", "a"): 4, ("x", "b"): 30, ("y", "a"): 20, ("y", "b"): 25, ("T", "a"): 24, ("T", "b"): 55}
    linked = Linked((table("t", ["g", "s"], counts),), Rules(10), {"g": flat("x", "y")})
    safe = safe_of(linked, {"t": {("x", "a"), ("y", "a")}})
    assert feasible(safe) == {("n", "g=x", "s=a"): (0, 24), ("n", "g=y", "s=a"): (0, 24)}
    assert audit(safe).holds


def test_what_nothing_bounds_has_no_end() -> None:
    safe = safe_of(lone({"a": 30, "b": 20, "T": 50}), {"t": "aT"})
    assert feasible(safe) == {("n", "g=a"): (0, None), ("n",): (20, None)}
    assert audit(safe).holds


def test_a_total_that_no_table_lists_may_be_far_above_what_is_printed() -> None:
    counts = {f"a{n}": 500 for n in range(200)}
    hierarchies = {"g": (dict.fromkeys(counts, "T"),)}
    assert audit(safe_of(Linked((table("t", ["g"], counts),), Rules(10), hierarchies))).holds


def test_amounts_are_whole_numbers_of_their_unit() -> None:
    """12.50 and 20.25 are hidden in 32.75, told apart by one cent at most when 12.49 to 12.51 is known."""
    linked = costs()
    assert feasible(safe_of(linked, {"t": "ab"})) == {
        ("costs", "g=a"): (0, 3275),
        ("costs", "g=b"): (0, 3275),
    }
    near = Relation("near", (Term(1, "costs", {"g": "a"}),), (), 1249, 1251)
    safe = safe_of(replace(linked, relations=(near,)), {"t": "ab"})
    assert feasible(safe)["costs", "g=b"] == (2024, 2026)
    assert audit(safe).holds
    assert not audit(safe, known={("costs", "g=a"): 12.5}).holds


def test_a_table_that_is_not_printed_may_be_worked_out_unless_it_is_small() -> None:
    def safe(n: int) -> SafeLinked:
        given_only = table("atoms", ["g"], {"a": n}, printed=False)
        shown = table("t", ["g"], {"b": 20, "T": 20 + n})
        return safe_of(Linked((shown, given_only), Rules(10), {"g": flat("a", "b")}))

    assert audit(safe(30)).holds
    assert audit(safe(3)).findings == (Finding("pinned exactly", (("n", "g=a"),)),)


# -- any tables --------------------------------------------------------------------------------------------------


@st.composite
def any_tables(draw: st.DrawFn) -> tuple[Linked, dict[tuple[str, ...], int]]:
    """Areas in one or two nestings, one or two classifications, and tables over some of them; with the whole truth."""
    atoms = [f"a{i}" for i in range(draw(st.integers(3, 6)))]
    nestings = []
    for name in "DP"[: draw(st.integers(1, 2))]:
        parents = [f"{name}{i}" for i in range(2)]
        chosen = draw(st.lists(st.sampled_from(parents), min_size=len(atoms) - 2, max_size=len(atoms) - 2))
        nestings.append(dict(zip(atoms, parents + chosen, strict=True)) | dict.fromkeys(parents, "T"))
    hierarchies: dict[str, Any] = {"geo": tuple(nestings), "use": flat("u", "v", "w"), "age": flat("y", "z")}
    dims = ("geo", "use", "age")[: draw(st.integers(1, 3))]
    codes = [atoms, ["u", "v", "w"], ["y", "z"]][: len(dims)]
    above = [{c: {c, "T", *(n[c] for n in nestings if c in n)} for c in group} for group in codes]
    truth: dict[tuple[str, ...], int] = {}
    for at in product(*codes):
        n = draw(st.sampled_from([0, 1, 2, 4, 8, 15, 40, 90]))
        for cell in product(*(sorted(above[i][code]) for i, code in enumerate(at))):
            truth[cell] = truth.get(cell, 0) + n
    sets = [dims[:1], dims[:2], dims, dims[1:] or dims, dims[:1] + dims[1:][-1:]]
    chosen_sets = draw(
        st.lists(
            st.sampled_from(list(dict.fromkeys(sets))),
            min_size=1,
            max_size=3,
            unique=True,
        )
    )
    bare = draw(st.booleans()) and len(nestings) == 2  # the atoms of overlapping areas in no table
    tables = []
    for i, by in enumerate(chosen_sets):
        rows = {
            tuple(code for code, d in zip(cell, dims, strict=True) if d in by): n
            for cell, n in sorted(truth.items())
            if all(code == "T" or d in by for code, d in zip(cell, dims, strict=True))
            and not (bare and cell[0] in atoms)
        }
        tables.append(table(f"t{i}", by, rows))
    used = [d for d in dims if any(d in t.by for t in tables)]
    rules: dict[str, Any] = {}
    if "use" in used:
        rules["complement"] = draw(st.sampled_from([(), ("use",)]))
    if not bare and len(chosen_sets) == 1:
        rules["zeros"] = draw(st.booleans())
        if "use" in used:
            rules["everyone"] = draw(st.sampled_from([{}, {"use": ("v",)}]))
            rules["nobody"] = draw(st.sampled_from([{}, {"use": ("w",)}]))
    k = draw(st.sampled_from([3, 5, 10]))
    figures: tuple[Figure, ...] = ()
    if "use" in used and truth[("T",) * len(dims)] >= 2 * k and draw(st.booleans()):
        share = Figure(
            "share",
            (Term(1, "n", {"use": "v"}),),
            (Term(1, "n"),),
            times=100,
            decimals=draw(st.integers(0, 1)),
        )
        figures = (share,)
    linked = Linked(tuple(tables), Rules(k, **rules), {d: hierarchies[d] for d in used}, figures=figures)
    return linked, {tuple(c for c, d in zip(cell, dims, strict=True) if d in used): n for cell, n in truth.items()
                    if all(c == "T" or d in used for c, d in zip(cell, dims, strict=True))}  # fmt: skip


@given(any_tables(), st.randoms(use_true_random=False))
@settings(deadline=None, max_examples=40)
def test_the_intervals_are_those_of_another_reader(made: tuple[Linked, Any], draw: Any) -> None:
    """Hide anything: the ends are those of whole-number programmes over the full cube."""
    linked, truth = made
    linked = replace(linked, figures=())
    dims = tuple(linked.hierarchies)
    cells = [cell for cell in sorted(truth) if set(cell) != {"T"} and draw.random() < 0.4]
    hide = {
        t.name: {
            code
            for code in codes_of(t)
            if tuple(
                dict(zip(t.by, [code] if isinstance(code, str) else code, strict=True)).get(d, "T")
                for d in dims
            )
            in cells
        }
        for t in linked.tables
    }
    safe = safe_of(linked, hide)
    reader = LinkedReader(cube(safe, "n", dims), published(safe, dims))
    for name, (low, high) in feasible(safe).items():
        at = dict(part.split("=") for part in name[1:])
        ends = reader.interval({("n", *(at.get(d, "T") for d in dims)): 1}, whole=True)
        assert ends == (low, float("inf") if high is None else high)


@given(any_tables(), st.sampled_from([0, 0, 5]))
@settings(deadline=None, max_examples=60)
def test_the_attacker_loses_against_the_protector(made: tuple[Linked, Any], rounding: int) -> None:
    linked, _ = made
    verdict = audit(protect(linked, salt=b"s", rounding=rounding))
    assert verdict.holds, verdict.findings


@pytest.mark.parametrize("linked", [domains(), mean(), share(0), share(1), share(2), streets(), two_names(), circle(),
                                    within(), within(protect="small"), users(complement=("use",)), costs(), square(SIMPLE, Rules(50))])  # fmt: skip
def test_the_protector_mends_what_is_weak(linked: Linked) -> None:
    assert audit(protect(linked)).holds


@pytest.mark.parametrize("k", [5, 10])
def test_one_partner_less_and_the_attacker_wins(k: int) -> None:
    """Show any one cell that is hidden for the sake of others: for most of them a hidden count is told."""
    linked = replace(reference("T2"), rules=Rules(k))
    safe = protect(linked)
    (exact,), (told,) = linked.tables, safe.tables
    assert audit(safe).holds
    broken = partners = 0
    for place, n in enumerate(exact.columns["n"]):
        if told.columns["status"][place] == "suppressed" and not 1 <= n < k:
            columns = {name: list(values) for name, values in told.columns.items()}
            columns["n"][place], columns["status"][place] = n, "published"
            partners += 1
            broken += not audit(replace(safe, tables=(replace(told, columns=columns),))).holds
    assert partners > 40
    assert broken > partners / 2


@given(st.randoms(use_true_random=False), st.sampled_from([0, 5]), st.integers(0, 2))
@settings(deadline=None, max_examples=40)
def test_relations_figures_and_rounding_tell_what_another_reader_gets_of_them(
    draw: Any, rounding: int, decimals: int
) -> None:
    """Areas by use, those of `v` who are old in a measure of their own, and the share of `v` in each area."""
    inner = {(g, u): draw.choice([0, 1, 3, 8, 20, 60]) for g in "xyz" for u in "uvw"}
    whole = summed(inner)
    old = {(g,): draw.randint(0, inner[g, "v"]) for g in "xyz"}
    old |= {("T",): sum(old.values())}
    part = Relation("old", (Term(1, "n", {"use": "v"}), Term(-1, "old")), ("geo",), 0, None)
    share = Figure("share", (Term(1, "n", {"use": "v"}),), (Term(1, "n"),), ("geo",), 100, decimals)
    linked = Linked(
        (table("t", ["geo", "use"], whole), table("o", ["geo"], old, "old")),
        Rules(10),
        {"geo": flat("x", "y", "z"), "use": flat("u", "v", "w")},
        (part,),
        (share,),
    )
    hide = {  # the totals are shown: the other reader's solver is wrong where a whole number has no end
        "t": {at for at in whole if at != ("T", "T") and draw.random() < 0.5},
        "o": {g for (g,) in old if g != "T" and draw.random() < 0.5},
    }
    places = [g for g in "xyzT" if whole[g, "T"]]
    values = {
        g: (2 * 100 * 10**decimals * whole[g, "v"] + whole[g, "T"]) // (2 * whole[g, "T"]) for g in places
    }
    told = {g: None if draw.random() < 0.5 else v / 10**decimals for g, v in values.items()}
    if draw.random() < 0.5:  # a row everywhere: then it tells nothing that it is there
        told |= {g: None for g in "xyzT" if g not in places}
    left_out = len(told) < 4
    safe = safe_of(linked, hide, {"share": told}, rounding)
    rows = cube(safe, "n", ("geo", "use"))
    rows += [
        ({("old", *at): f for (_, *at), f in row.items()}, 0, 0) for row, _, _ in cube(safe, "old", ["geo"])
    ]
    for g in "xyzT":
        rows.append(({("n", g, "v"): 1.0, ("old", g): -1.0}, 0, float("inf")))
        if left_out or told[g] is not None:
            rows.append(({("n", g, "T"): 1.0}, int(g in places), float("inf") if g in places else 0))
        if told.get(g) is not None and not rounding:
            half, times = 0.5, 100 * 10**decimals
            form = {("n", g, "v"): float(times), ("n", g, "T"): -(values[g] - half)}
            rows.append((form, 0, float("inf")))
            form = {("n", g, "v"): float(times), ("n", g, "T"): -(values[g] + half)}
            rows.append((form, -float("inf"), -0.5))
    known: dict[tuple[str, ...], float] = {}
    for exact, shown in zip(linked.tables, safe.tables, strict=True):
        for code, n in zip(codes_of(exact), shown.columns["n"], strict=True):
            if n is not None:
                known[(exact.measure, *code)] = n
    if rounding:  # shown here as they are: a number so rounded may be any within 4
        for cell, n in known.items():
            rows.append(({cell: 1.0}, n - rounding + 1, n + rounding - 1))
        known = {}
        without = {g for g in "xyzT" if g not in places and (g, "T") not in hide["t"]}
        rows = [
            row for row in rows if row[2] != 0 or not any(row[0].keys() == {("n", g, "T")} for g in without)
        ]
    reader = LinkedReader(rows, known)
    for name, (low, high) in feasible(safe).items():
        at = dict(p.split("=") for p in name[1:])
        cell = (name[0], at.get("geo", "T"), *([at.get("use", "T")] if name[0] == "n" else []))
        ends = reader.interval({cell: 1}, whole=True)
        assert ends == (low, float("inf") if high is None else high), (cell, ends, low, high)
