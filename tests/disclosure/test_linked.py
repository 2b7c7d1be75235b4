"""The protector as a library: reference tables, known cases of others, and wrong input."""

from __future__ import annotations

import random
from itertools import product
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from factlab.disclosure import protect, protect_parts
from factlab.errors import DisclosureError
from factlab.linked import Figure, Linked, LinkedTable, Relation, Rules, SafeLinked, Term

from tests.disclosure.linked_reader import LinkedReader, cube, published
from tests.tabular import flat, table

HERE = Path(__file__).parent / "tables"


def hidden(safe: SafeLinked, name: str = "t") -> set[Any]:
    told = safe.table[name]
    codes = zip(*(told.columns[d] for d in told.by), strict=True)
    found = {c for c, s in zip(codes, told.columns["status"], strict=True) if s == "suppressed"}
    return {c[0] if len(c) == 1 else c for c in found}


# -- the reference tables ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("file", "dimension", "k", "secondaries", "total"),
    [
        # Best of others, as safe: GaussSuppression 1.2.3 with intervals; for T2 at 5 sdcTable 0.34.0, GAUSS and HITAS.
        ("T1_geo_x_nserv_full", "nserv", 5, 67, 3252),  # 86, 3308
        ("T1_geo_x_nserv_full", "nserv", 10, 71, 6164),  # 78, 6164
        ("T2_geo_x_ndom_full", "ndom", 5, 48, 3548),  # 48, 8631 and 53, 3548
        ("T2_geo_x_ndom_full", "ndom", 10, 66, 7012),  # 75, 7012
    ],
)
def test_the_reference_tables_are_safe_and_hide_less_than_others(
    file: str, dimension: str, k: int, secondaries: int, total: int
) -> None:
    lies_in = pd.read_csv(HERE / "geo_hierarchy.csv")
    geo = dict(zip(lies_in.neigh, lies_in.district, strict=True)) | dict.fromkeys(lies_in.district, "Total")
    exact = LinkedTable.from_frame(pd.read_csv(HERE / f"{file}.csv"), "t", ["geo", dimension])
    classes = dict.fromkeys(set(exact.columns[dimension]) - {"Total"}, "Total")
    linked = Linked((exact,), Rules(k), {"geo": (geo,), dimension: (classes,)})
    safe = protect(linked)
    reader = LinkedReader(cube(safe, "n", ("geo", dimension)), published(safe, ("geo", dimension)))
    small = other = shown = 0
    for at, number in zip(
        zip(exact.columns["geo"], exact.columns[dimension], strict=True), exact.columns["n"], strict=True
    ):
        if at not in hidden(safe):
            continue
        shown += number
        low, high = reader.interval({("n", *at): 1})
        if 1 <= number < k:
            small += 1
            assert low <= 0
            assert high >= k
        else:
            other += 1
            assert low < high
    assert small == sum(1 <= n < k for n in exact.columns["n"])
    assert other < secondaries
    assert shown <= 1.01 * total


# -- rounding ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("k", [5, 10])
def test_rounded_tables_add_up_and_give_no_small_count_away(k: int) -> None:
    lies_in = pd.read_csv(HERE / "geo_hierarchy.csv")
    geo = dict(zip(lies_in.neigh, lies_in.district, strict=True)) | dict.fromkeys(lies_in.district, "Total")
    exact = LinkedTable.from_frame(pd.read_csv(HERE / "T2_geo_x_ndom_full.csv"), "t", ["geo", "ndom"])
    classes = dict.fromkeys("0123", "Total")
    share = Figure("share", (Term(1, "n", {"ndom": "0"}),), (Term(1, "n"),), ("geo",), times=100, decimals=1)
    linked = Linked((exact,), Rules(k), {"geo": (geo,), "ndom": (classes,)}, figures=(share,))
    safe, unrounded = protect(linked, rounding=5), protect(linked)
    assert safe.table["t"].columns["status"] == unrounded.table["t"].columns["status"]
    told = published(safe, ("geo", "ndom"))
    truth = {
        ("n", g, c): n for g, c, n in zip(*(exact.columns[x] for x in ("geo", "ndom", "n")), strict=True)
    }
    assert all(n % 5 == 0 and abs(n - truth[cell]) < 5 for cell, n in told.items())
    rows = cube(safe, "n", ("geo", "ndom"))
    complete = [row for row, _, _ in rows if all(cell in told for cell in row)]
    assert len(complete) > 50
    assert all(sum(factor * told[cell] for cell, factor in row.items()) == 0 for row in complete)
    shares = safe.table["share"]
    for g, value in zip(shares.columns["geo"], shares.columns["value"], strict=True):
        if value is not None:
            assert value == pytest.approx(100 * told["n", g, "0"] / told["n", g, "Total"], abs=0.0501)
    near = [({cell: 1.0}, n - 4, n + 4) for cell, n in told.items()]  # all that rounding tells
    reader = LinkedReader([*rows, *near], {})
    for cell, n in truth.items():
        if 1 <= n < k:
            low, high = reader.interval({cell: 1})
            assert low <= 0
            assert high >= k


# -- known cases of others ---------------------------------------------------------------------------------------


def test_county_and_size_each_safe_alone_are_safe_together() -> None:
    """UserSupport #136: hiding A, B, K, L and M is safe in either table, and gives K = 3 exactly in both together."""
    county = {
        "A": "T1",
        "B": "T1",
        "C": "T1",
        "K": "T2",
        "L": "T2",
        "M": "T2",
        "N": "T2",
        "T1": "T",
        "T2": "T",
    }
    size = {"A": "S", "B": "S", "K": "S", "N": "S", "C": "R", "L": "R", "M": "R", "S": "T", "R": "T"}
    counts = {"A": 2, "B": 2, "C": 30, "K": 3, "L": 3, "M": 3, "N": 7}
    counts |= {"T1": 34, "T2": 16, "S": 14, "R": 36, "T": 50}
    linked = Linked((table("t", ["unit"], counts),), Rules(5), {"unit": (county, size)})
    safe = protect(linked)
    rows = cube(linked, "n", ["unit"])
    naive = {("n", c): n for c, n in counts.items() if c not in "ABKLM"}
    assert LinkedReader(rows, naive).interval({("n", "K"): 1}) == (3, 3)
    with_n = {key: n for key, n in naive.items() if key != ("n", "N")}
    assert LinkedReader(rows, with_n).interval({("n", "K"): 1}) == (0, 10)
    reader = LinkedReader(rows, published(safe, ["unit"]))
    for unit in "ABKLM":
        low, high = reader.interval({("n", unit): 1})
        assert low <= 0
        assert high >= 5


def test_two_nestings_that_differ_by_a_street_do_not_give_the_street_away() -> None:
    """Two neighbourhoods of 40 and 63, a postcode area of 100: their difference is a street of three households."""
    neighbourhoods = {"a": "N1", "b": "N2", "c": "N2", "d": "N3", "N1": "T", "N2": "T", "N3": "T"}
    postcodes = {"a": "P1", "b": "P1", "c": "P2", "d": "P2", "P1": "T", "P2": "T"}
    counts = {"N1": 40, "N2": 63, "N3": 500, "P1": 100, "P2": 503, "T": 603}
    linked = Linked((table("t", ["geo"], counts),), Rules(10), {"geo": (neighbourhoods, postcodes)})
    rows = cube(linked, "n", ["geo"])
    everything = {("n", code): n for code, n in counts.items()}
    assert LinkedReader(rows, everything).interval({("n", "c"): 1}) == (3, 3)
    safe = protect(linked)
    low, high = LinkedReader(rows, published(safe, ["geo"])).interval({("n", "c"): 1})
    assert low <= 0
    assert high >= 10


def test_a_table_of_small_margins_hides_margins_too() -> None:
    """Geurts (1992): with margins 7, 3 and 6, 4 the first cell lies from 3 to 6."""
    counts = {("1", "1"): 4, ("1", "2"): 3, ("2", "1"): 2, ("2", "2"): 1}
    counts |= {("1", "T"): 7, ("2", "T"): 3, ("T", "1"): 6, ("T", "2"): 4, ("T", "T"): 10}
    linked = Linked(
        (table("t", ["row", "column"], counts),), Rules(5), {"row": flat("1", "2"), "column": flat("1", "2")}
    )
    rows = cube(linked, "n", ("row", "column"))
    margins = {("n", *at): n for at, n in counts.items() if "T" in at}
    assert LinkedReader(rows, margins).interval({("n", "1", "1"): 1}) == (3, 6)
    reader = LinkedReader(rows, published(protect(linked), ("row", "column")))
    for at, n in counts.items():
        if n < 5:
            low, high = reader.interval({("n", *at): 1})
            assert low <= 0
            assert high >= 5


def test_margins_in_a_circle_are_read_through_the_cells_where_they_meet() -> None:
    """Three two-way tables of a 2×2×2 cube: a single small cell in one of them, and every inner cell exists."""
    inner = {(a, b, c): n for (a, b, c), n in zip(
        [(a, b, c) for a in "01" for b in "01" for c in "01"], [3, 20, 30, 40, 25, 15, 35, 45], strict=True
    )}  # fmt: skip
    tables = []
    for name, (i, j) in {"ab": (0, 1), "bc": (1, 2), "ac": (0, 2)}.items():
        summed: dict[Any, int] = {}
        for at, n in inner.items():
            for first in (at[i], "T"):
                for second in (at[j], "T"):
                    summed[first, second] = summed.get((first, second), 0) + n
        tables.append(table(name, list(name), summed))
    hierarchies = dict.fromkeys("abc", flat("0", "1"))
    safe = protect(Linked(tuple(tables), Rules(25), hierarchies))
    told = published(safe, "abc")
    reader = LinkedReader(cube(safe, "n", "abc"), told)
    for one in tables:
        for at, n in zip(zip(*(one.columns[d] for d in one.by), strict=True), one.columns["n"], strict=True):
            name = dict(zip(one.by, at, strict=True))
            cell = ("n", *(name.get(d, "T") for d in "abc"))
            if n < 25:
                low, high = reader.interval({cell: 1})
                assert low <= 0
                assert high >= 25


def test_a_cell_with_hidden_cells_in_its_row_and_column_can_still_be_exact() -> None:
    """sdcTable's simple heuristic: w|b is 47 exactly until x|b is hidden too; then it lies from 0 to 141."""
    counts = {"wa": 30, "wb": 47, "wc": 64, "wd": 300, "xa": 90, "xb": 124, "xc": 5, "xd": 310}
    counts |= {"ya": 400, "yb": 100, "yc": 420, "yd": 85, "za": 500, "zb": 991, "zc": 520, "zd": 685}
    inner = {(row, column): n for (row, column), n in ((tuple(name), n) for name, n in counts.items())}
    whole: dict[Any, int] = {}
    for (row, column), n in inner.items():
        for at in ((row, column), (row, "T"), ("T", column), ("T", "T")):
            whole[at] = whole.get(at, 0) + n
    linked = Linked(
        (table("t", ["row", "column"], whole),), Rules(6), {"row": flat(*"wxyz"), "column": flat(*"abcd")}
    )
    rows = cube(linked, "n", ("row", "column"))
    open_cells = {"wa", "wb", "wc", "xa", "xc", "yb", "yd", "zb", "zd"}
    before = {("n", *at): n for at, n in whole.items() if "".join(at) not in open_cells}
    after = {cell: n for cell, n in before.items() if cell != ("n", "x", "b")}
    expected = {
        "wa": ((25, 94), (0, 120)),
        "wb": ((47, 47), (0, 141)),
        "wc": ((0, 69), (0, 69)),
        "xa": ((26, 95), (0, 120)),
        "xc": ((0, 69), (0, 69)),
        "yb": ((0, 185), (0, 185)),
        "zb": ((906, 1091), (906, 1091)),
        "zd": ((585, 770), (585, 770)),
    }
    for name, intervals in expected.items():
        for reader, interval in zip(
            (LinkedReader(rows, before), LinkedReader(rows, after)), intervals, strict=True
        ):
            assert reader.interval({("n", *name): 1}) == interval
    safe = protect(linked)
    reader = LinkedReader(rows, published(safe, ("row", "column")))
    assert reader.interval({("n", "x", "c"): 1})[0] <= 0
    for at in hidden(safe):
        low, high = reader.interval({("n", *at): 1})
        assert low < high
        assert high >= 6


# -- any tables --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(12))
def test_nobody_works_out_a_small_count_in_any_tables(seed: int) -> None:
    """Random areas in one or two nestings, one or two classifications, and tables that list what they like."""
    draw = random.Random(seed)
    atoms = [f"a{i}" for i in range(draw.randint(4, 7))]
    nestings = []
    for name in ["D", "P"][: draw.randint(1, 2)]:
        parents = [f"{name}{i}" for i in range(2)]
        nesting = {atom: parents[i] if i < 2 else draw.choice(parents) for i, atom in enumerate(atoms)}
        nestings.append(nesting | dict.fromkeys(parents, "T"))
    hierarchies: dict[str, Any] = {"geo": tuple(nestings), "use": flat("u", "v", "w"), "age": flat("y", "z")}
    dims = ("geo", "use", "age")[: draw.randint(2, 3)]
    k = draw.choice([3, 5, 10])
    codes = [atoms, ["u", "v", "w"], ["y", "z"]][: len(dims)]
    above = [
        {code: [code, "T", *(n[code] for n in nestings if code in n)] for code in group} for group in codes
    ]
    truth: dict[tuple[str, ...], int] = {}
    for at in product(*codes):
        n = draw.choice([0, 1, 2, 4, 8, 15, 40, 90])
        for cell in set(product(*(above[i][code] for i, code in enumerate(at)))):
            truth[cell] = truth.get(cell, 0) + n
    tables = []
    for name, by in {"geo": ("geo",), "use": dims[:2], "age": dims[1:] if len(dims) == 3 else dims}.items():
        listed = {
            cell: n
            for cell, n in truth.items()
            if all(code == "T" for code, d in zip(cell, dims, strict=True) if d not in by)
            and (cell[0] not in atoms or len(nestings) == 1)
        }
        rows = {tuple(c for c, d in zip(cell, dims, strict=True) if d in by): n for cell, n in listed.items()}
        tables.append(table(name, by, rows))
    linked = Linked(tuple(tables), Rules(k, complement=("use",)), {d: hierarchies[d] for d in dims})
    safe = protect(linked, salt=b"s")
    told = published(safe, dims)
    assert all(truth[cell[1:]] == n for cell, n in told.items())
    reader = LinkedReader(cube(safe, "n", dims), told)
    printed = {
        ("n", *(dict(zip(t.by, at, strict=True)).get(d, "T") for d in dims))
        for t in tables
        for at in zip(*(t.columns[d] for d in t.by), strict=True)
    }
    for cell in sorted(printed):
        n, whole = truth[cell[1:]], ("n", cell[1], "T", *cell[3:])
        if 1 <= n < k:
            low, high = reader.interval({cell: 1})
            assert low <= 0
            assert high >= k
        elif cell not in told:
            low, high = reader.interval({cell: 1})
            assert low < high
            assert high >= k
        if cell != whole and whole in printed and 1 <= truth[whole[1:]] - n < k:
            low, high = reader.interval({whole: 1, cell: -1})
            assert low <= 0
            assert high >= k


@pytest.mark.parametrize("seed", range(10))
def test_a_country_protected_part_by_part_holds_as_a_whole(seed: int) -> None:
    """Small parts, so that totals of parts are hidden and every part has to follow the witnesses above it."""
    draw = random.Random(seed)
    geo = {f"m{m}a{a}": f"m{m}" for m in range(3) for a in range(4)} | {f"m{m}": "T" for m in range(3)}
    truth: dict[tuple[str, ...], int] = {}
    for atom in (code for code in geo if "a" in code):
        for use in "uvw":
            n = draw.choice([0, 0, 1, 2] if use == "w" else [0, 0, 1, 2, 3, 20, 60])
            for cell in product((atom, geo[atom], "T"), (use, "T")):
                truth[cell] = truth.get(cell, 0) + n
    linked = Linked((table("t", ["geo", "use"], truth),), Rules(10), {"geo": (geo,), "use": flat(*"uvw")})
    safe = protect_parts(linked, "geo", ["m0", "m1", "m2"], salt=b"s")
    told = published(safe, ("geo", "use"))
    assert all(truth[cell[1:]] == n for cell, n in told.items())
    reader = LinkedReader(cube(safe, "n", ("geo", "use")), told)
    assert any(("n", part, use) not in told for part in ("m0", "m1", "m2") for use in "uvw")
    for at, n in truth.items():
        if ("n", *at) not in told:
            low, high = reader.interval({("n", *at): 1})
            assert low < high
            assert high >= 10
            assert low <= 0 or n >= 10
        else:
            assert not 1 <= n < 10
    assert protect_parts(linked, "geo", ["m0", "m1", "m2"], salt=b"s", processes=2).tables == safe.tables


# -- rules -------------------------------------------------------------------------------------------------------


def users(k: int = 10, **rules: Any) -> Linked:
    """26 households of which 23 use care: 3 don't."""
    counts = {
        ("x", "care"): 23,
        ("x", "none"): 3,
        ("x", "T"): 26,
        ("y", "care"): 60,
        ("y", "none"): 80,
        ("y", "T"): 140,
    }
    counts |= {("z", "care"): 90, ("z", "none"): 200, ("z", "T"): 290}
    counts |= {("T", "care"): 173, ("T", "none"): 283, ("T", "T"): 456}
    shown = {at: n for at, n in counts.items() if at[1] != "none"}
    return Linked(
        (table("t", ["geo", "use"], shown),),
        Rules(k, **rules),
        {"geo": flat("x", "y", "z"), "use": flat("care", "none")},
    )


def test_what_a_cell_leaves_of_its_total_is_protected_though_no_table_lists_it() -> None:
    linked = users()
    reader = LinkedReader(cube(linked, "n", ("geo", "use")), published(protect(linked), ("geo", "use")))
    low, high = reader.interval({("n", "x", "none"): 1})
    assert low <= 0
    assert high >= 10


def test_everyone_of_a_group_in_one_code_is_not_told() -> None:
    counts = {("x", "a"): 30, ("x", "b"): 0, ("x", "T"): 30, ("y", "a"): 40, ("y", "b"): 50, ("y", "T"): 90}
    counts |= {
        ("z", "a"): 40,
        ("z", "b"): 50,
        ("z", "T"): 90,
        ("T", "a"): 110,
        ("T", "b"): 100,
        ("T", "T"): 210,
    }
    hierarchies = {"geo": flat("x", "y", "z"), "use": flat("a", "b")}
    exact = table("t", ["geo", "use"], counts)
    assert hidden(protect(Linked((exact,), Rules(10), hierarchies))) == set()
    for rules in (Rules(10, everyone={"use": ("a",)}), Rules(10, nobody={"use": ("b",)})):
        safe = protect(Linked((exact,), rules, hierarchies))
        reader = LinkedReader(cube(safe, "n", ("geo", "use")), published(safe, ("geo", "use")))
        assert reader.interval({("n", "x", "T"): 1, ("n", "x", "a"): -1})[1] >= 10


def test_a_small_area_is_withheld_with_another() -> None:
    counts = {("x", "a"): 9, ("x", "b"): 0, ("x", "T"): 9, ("y", "a"): 40, ("y", "b"): 50, ("y", "T"): 90}
    counts |= {
        ("z", "a"): 45,
        ("z", "b"): 50,
        ("z", "T"): 95,
        ("T", "a"): 94,
        ("T", "b"): 100,
        ("T", "T"): 194,
    }
    linked = Linked(
        (table("t", ["geo", "use"], counts),),
        Rules(10, areas=("geo",)),
        {"geo": flat("x", "y", "z"), "use": flat("a", "b")},
    )
    assert hidden(protect(linked)) >= {(g, u) for g in "xy" for u in ("a", "b", "T")}


def test_a_dominated_amount_reaches_as_far_as_its_largest_contributor_needs() -> None:
    """p% with p = 10: 100 = 80 + 15 + 5. The second knows the first to within 5, and may not to within 8: 3 more."""
    columns = {
        "trade": ("a", "b", "c", "T"),
        "value": (100, 300, 200, 600),
        "contributors": (9, 20, 20, 49),
        "largest": (80, 30, 20, 80),
        "second": (15, 25, 20, 30),
        "largest_n": (95, 55, 40, 110),
    }
    linked = Linked(
        (LinkedTable("t", ("trade",), columns, "turnover"),), Rules(3, p=10), {"trade": flat("a", "b", "c")}
    )
    for rules, reach in ((Rules(3, p=10), 3), (Rules(3, dominance=(2, 80)), 19)):
        safe = protect(Linked(linked.tables, rules, linked.hierarchies))
        assert "a" in hidden(safe)
        reader = LinkedReader(cube(safe, "turnover", ["trade"]), published(safe, ["trade"]))
        low, high = reader.interval({("turnover", "a"): 1})
        assert low <= 100 - reach
        assert high >= 100 + reach
        assert not {"largest", "second", "contributors", "largest_n"} & set(safe.table["t"].columns)


# -- relations and figures ---------------------------------------------------------------------------------------

DISTRIBUTION = {"0": 900, "1": 80, "2": 16, "3": 4, "T": 1000}


def test_users_per_domain_do_not_give_the_classes_away() -> None:
    """70 + 34 + 20 = 124 = n1 + 2·n2 + 3·n3: hiding n2 and n3 alone gives 16 and 4 exactly."""
    identity = Relation(
        "uses",
        (
            *(Term(1, "users", {"domain": d}) for d in "abc"),
            *(Term(-i, "n", {"classes": str(i)}) for i in (1, 2, 3)),
        ),
    )
    linked = Linked(
        (table("t", ["classes"], DISTRIBUTION), table("u", ["domain"], {"a": 70, "b": 34, "c": 20}, "users")),
        Rules(10),
        {"classes": flat("0", "1", "2", "3")},
        (identity,),
    )
    safe = protect(linked)
    told = published(safe, ["classes"], ["t"])
    told |= {
        ("users", d): n for d, n in zip("abc", safe.table["u"].columns["n"], strict=True) if n is not None
    }
    row = {("users", d): 1.0 for d in "abc"} | {("n", str(i)): -float(i) for i in (1, 2, 3)}
    reader = LinkedReader([*cube(safe, "n", ["classes"]), (row, 0, 0)], told)
    low, high = reader.interval({("n", "3"): 1}, whole=True)
    assert low <= 0
    assert high >= 10


@pytest.mark.parametrize("decimals", [0, 1, 2, 3])
def test_a_mean_beside_a_distribution_gives_no_class_away(decimals: int) -> None:
    """(80 + 2·16 + 3·4) / 1000 = 0.124: with three decimals and n2, n3 hidden, 16 and 4 are the only answer."""
    above = tuple(Term(i, "n", {"classes": str(i)}) for i in (1, 2, 3))
    mean = Figure("mean", above, (Term(1, "n"),), decimals=decimals)
    linked = Linked(
        (table("t", ["classes"], DISTRIBUTION),),
        Rules(10),
        {"classes": flat("0", "1", "2", "3")},
        figures=(mean,),
    )
    safe = protect(linked)
    rows = cube(safe, "n", ["classes"])
    value = safe.table["mean"].columns["value"][0]
    if value is not None:
        assert value == round(0.124, decimals)
        form = {("n", str(i)): float(i) for i in (1, 2, 3)}
        half = 0.5 / 10**decimals
        rows += [
            (form | {("n", "T"): -(value - half)}, 0, float("inf")),
            (form | {("n", "T"): -(value + half)}, -float("inf"), 0),
        ]
    reader = LinkedReader(rows, published(safe, ["classes"]))
    for code in "3":
        low, high = reader.interval({("n", code): 1}, whole=True)
        assert low <= 0
        assert high >= 10
    assert (value is None) == (decimals >= 2)  # the cheapest: the mean itself is hidden


# -- input -------------------------------------------------------------------------------------------------------

GOOD = {"a": 3141, "b": 20, "T": 3161}


@pytest.mark.parametrize(
    ("tables", "key", "where"),
    [
        ((table("t", ["g"], GOOD | {"T": 3162}),), "disclosure.sum_fails", "at=total"),
        ((table("t", ["g"], GOOD | {"c": 5}),), "disclosure.unknown_code", "code=c"),
        ((table("t", ["g"], GOOD), table("u", ["g"], {"a": 3142})), "disclosure.cell_differs", "at=g=a"),
        (
            (LinkedTable("t", ("g",), {"g": ("a", "a"), "n": (3141, 3141)}),),
            "disclosure.cell_twice",
            "at=g=a",
        ),
        ((table("t", ["g"], {"a": -3141}),), "disclosure.number_wrong", "at=g=a"),
        ((table("t", ["g"], {"a": 3141.5}),), "disclosure.number_wrong", "at=g=a"),
        ((LinkedTable("t", ("g",), {"n": (1,)}),), "disclosure.column_missing", "column=g"),
        ((table("t", ["g"], {"a": 3141, "T": 20}),), "disclosure.no_table_fits", "relation=g"),
    ],
)
def test_wrong_input_is_named_by_its_place_and_never_by_its_value(
    tables: tuple[LinkedTable, ...], key: str, where: str
) -> None:
    with pytest.raises(DisclosureError) as raised:
        protect(Linked(tables, Rules(5), {"g": flat("a", "b")}))
    assert raised.value.key == key
    assert where in str(raised.value)
    assert "314" not in str(raised.value)


def test_what_was_not_delivered_is_no_cell() -> None:
    safe = protect(
        Linked((table("t", ["g"], {"a": 30, "b": None, "T": 30}),), Rules(5), {"g": flat("a", "b")})
    )
    assert safe.table["t"].columns["status"] == ("published", "unavailable", "published")


def test_the_same_salt_gives_the_same_pattern() -> None:
    linked = users(complement=("use",))
    assert protect(linked, salt=b"a").tables == protect(linked, salt=b"a").tables


def test_a_table_that_is_not_printed_is_hidden_whole_and_its_small_cells_are_protected() -> None:
    linked = Linked(
        (
            table("t", ["g"], {"b": 20, "c": 40, "d": 50, "T": 113}),
            table("atoms", ["g"], {"a": 3}, printed=False),
        ),
        Rules(10),
        {"g": flat("a", "b", "c", "d")},
    )
    safe = protect(linked)
    assert hidden(safe, "atoms") == {"a"}
    reader = LinkedReader(cube(safe, "n", ["g"]), published(safe, ["g"]))
    assert reader.interval({("n", "a"): 1})[1] >= 10
