"""Weak publications with one fault each, that the attacker must break, and strong ones that it must not."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest
from factlab.attack import Verdict, audit, feasible
from factlab.attack.insiders import Insiders
from factlab.attack.relations import Relations
from factlab.attack.system import System, build
from factlab.cells import Area, Cell, CellKey, Codebook, Publication
from scipy.optimize import Bounds, LinearConstraint, milp

from tests import synthetic
from tests.attack.test_relations import book_of

Numbers = Mapping[str, Mapping[str, str]]


def small(book: Codebook, tables: str, areas: str = "") -> Codebook:
    """The book with only these tables; its areas are `GM` and, as districts, the `areas`."""
    places = (
        Area("GM", "GM", "municipality", ""),
        *(Area(code, code, "district", "GM") for code in areas.split()),
    )
    levels = ("municipality", "district") if areas else ("municipality",)
    kept = tuple(
        replace(table, levels=levels)
        for name in tables.split()
        for table in book.tables
        if table.name == name
    )
    return replace(book, areas=places, levels=levels, tables=kept)


def publication(book: Codebook, numbers: Numbers) -> Publication:
    """`{area: {table: "10 x 3"}}`: a number for each available category, `x` where it is hidden."""
    cells = []
    for table in book.tables:
        for level in table.levels:
            for area in book.at(level):
                told = iter(numbers[area.code][table.name].split())
                for category in table.categories:
                    key = CellKey(table.name, level, area.code, "", category.code)
                    if not category.available:
                        cells.append(Cell(key, None, "unavailable"))
                    elif (word := next(told)) == "x":
                        cells.append(Cell(key, None, "suppressed"))
                    else:
                        cells.append(Cell(key, int(word), "published"))
                assert not list(told)
    return Publication(book, tuple(cells), {}, {}, {})


def found(verdict: Verdict) -> set[tuple[str, str]]:
    """(kind, "table category") of what was found in the first of its cells."""
    return {(f.kind, f"{f.cells[0].table} {f.cells[0].category}") for f in verdict.findings}


def pinned(verdict: Verdict) -> set[str]:
    return {what for kind, what in found(verdict) if kind == "pinned exactly"}


ONE = {"a": ("x", "o"), "b": ("x", "p"), "c": ("y", "p"), "d": ("y", "q"), "e": ("z", "q"), "f": ("z", "o")}
BOOK = book_of(ONE)  # domains x, y, z; organisations o, p, q; all over two domains
SIX = {"a": ("x", "o"), **dict.fromkeys("bcdefg", ("y", "p q"))}


# The faults ---------------------------------------------------------------------------------------------


def test_a_small_count_is_printed() -> None:
    verdict = audit(
        publication(small(BOOK, "households domain"), {"GM": {"households": "500", "domain": "40 7 0"}})
    )
    assert found(verdict) == {("small count published", "domain y")}


def test_a_complement_tells() -> None:
    """26 households of which 23 reach the rule: 3 do not."""
    book = small(BOOK, "households vulnerable")
    verdict = audit(publication(book, {"GM": {"households": "26", "vulnerable": "23 x"}}))
    assert found(verdict) == {("pinned exactly", "vulnerable no"), ("complement", "vulnerable yes")}


def test_a_complement_that_no_table_prints() -> None:
    """26 households, 23 users of a domain: 3 without."""
    book = small(BOOK, "households domain")
    verdict = audit(publication(book, {"GM": {"households": "26", "domain": "23 10 12"}}))
    assert found(verdict) == {("complement", "domain x")}


def test_a_part_of_a_part_tells() -> None:
    """A service of 36 in a domain of 40: 4 households use only the others."""
    book = small(BOOK, "households domain service")
    numbers = {"households": "500", "domain": "40 60 70", "service": "36 20 50 30 50 40"}
    assert found(audit(publication(book, {"GM": numbers}))) == {("difference", "service a")}


def test_only_the_small_ones_are_hidden() -> None:
    book = small(BOOK, "households domains")
    verdict = audit(publication(book, {"GM": {"households": "1000", "domains": "900 80 x 12"}}))
    assert pinned(verdict) == {"domains 2"}


def test_the_same_number_under_two_names() -> None:
    book = small(BOOK, "households services domains")
    numbers = {"households": "1000", "services": "x x 40 12 10 0", "domains": "908 30 40 22"}
    assert pinned(audit(publication(book, {"GM": numbers}))) == {"services 0", "services 1"}


def test_areas_add_up() -> None:
    book = small(BOOK, "households vulnerable", "WK1 WK2 WK3")
    numbers = {
        "GM": {"households": "1000", "vulnerable": "100 900"},
        "WK1": {"households": "400", "vulnerable": "x x"},
        "WK2": {"households": "300", "vulnerable": "40 260"},
        "WK3": {"households": "300", "vulnerable": "54 246"},
    }
    assert pinned(audit(publication(book, numbers))) == {"vulnerable yes", "vulnerable no"}
    numbers["WK2"] = {"households": "300", "vulnerable": "x x"}
    assert audit(publication(book, numbers)).holds


def test_areas_add_up_past_a_level_without_numbers() -> None:
    base = synthetic.codebook(districts=2, neighbourhoods=2)
    tables = tuple(
        replace(t, levels=("municipality", "neighbourhood"))
        for t in base.tables
        if t.name in ("households", "vulnerable")
    )
    book = replace(base, tables=tables)
    numbers = {"GM9999": {"households": "300", "vulnerable": "60 240"}}
    for area, yes in zip(book.at("neighbourhood"), ("20", "x", "36"), strict=True):
        numbers[area.code] = {
            "households": "100",
            "vulnerable": f"{yes} {'x' if yes == 'x' else 100 - int(yes)}",
        }
    assert "vulnerable yes" in pinned(audit(publication(book, numbers)))


def test_users_of_domains_against_numbers_of_domains() -> None:
    """900, 80, 16 and 4 households with 0 to 3 domains, the last two hidden. 124 uses give both."""
    numbers = {"households": "1000", "domains": "900 80 x x", "domain": "70 34 20"}
    without = publication(small(BOOK, "households domains"), {"GM": numbers})
    hidden = [cell.key for cell in without.cells if cell.status == "suppressed"]
    assert feasible(without, hidden) == dict.fromkeys(hidden, (0, 20))
    assert audit(without).holds and audit(without).narrowest == 20
    assert pinned(audit(publication(small(BOOK, "households domains domain"), {"GM": numbers}))) == {
        "domains 2",
        "domains 3",
    }


def test_hidden_cells_that_share_too_little() -> None:
    """1000 = 950 + 45 + x + x: neither can be 10."""
    book = small(BOOK, "households domains")
    verdict = audit(publication(book, {"GM": {"households": "1000", "domains": "950 45 x x"}}))
    assert found(verdict) == {
        ("pinned below the threshold", "domains 2"),
        ("pinned below the threshold", "domains 3"),
    }
    assert verdict.narrowest == 5


def test_three_is_three_and_nothing_and_nothing() -> None:
    """40 = 40 + x + x: zeros are pinned as well."""
    book = small(BOOK, "households domains")
    verdict = audit(publication(book, {"GM": {"households": "40", "domains": "20 20 x x"}}))
    assert pinned(verdict) == {"domains 2", "domains 3"}


def test_a_service_hidden_but_its_only_organisation_shown() -> None:
    book = small(
        book_of({"a": ("x", "o"), "b": ("x", "p q"), "c": ("y", "q")}), "households service organisation"
    )
    numbers = {"households": "500", "service": "x 60 40", "organisation": "14 45 60"}
    assert pinned(audit(publication(book, {"GM": numbers}))) == {"service a"}


def test_a_domain_hidden_but_its_only_service_shown() -> None:
    book = small(book_of(SIX), "households domain service")
    numbers = {"households": "500", "domain": "x 90", "service": "14 20 20 20 20 20 20"}
    assert pinned(audit(publication(book, {"GM": numbers}))) == {"domain x"}


def test_a_cover_leaves_no_room() -> None:
    """Nobody uses the first service of a domain of 40, so all 40 use the second."""
    book = small(BOOK, "households domain service")
    numbers = {"households": "500", "domain": "40 60 70", "service": "0 x 50 30 50 40"}
    assert pinned(audit(publication(book, {"GM": numbers}))) == {"service b"}


def test_an_inclusion_leaves_no_room() -> None:
    """90 households use one domain and the third has 90, so the first two have nobody, nor do their services."""
    book = small(BOOK, "households domain service domains")
    numbers = {
        "households": "500",
        "domain": "x x 90",
        "service": "x 0 x 0 50 60",
        "domains": "410 90 0 0",
    }
    assert "service a" in pinned(audit(publication(book, {"GM": numbers})))


def test_total_uses_leave_no_room() -> None:
    """120 users, 30 of them at 4 services or at 5 and more: the uses are just enough for 4 each."""
    book = small(book_of(SIX), "households services service")
    numbers = {"households": "500", "services": "380 40 30 20 x x", "service": "40 40 40 40 40 40 40"}
    assert 7 * 40 == 40 + 2 * 30 + 3 * 20 + 4 * 30
    assert pinned(audit(publication(book, {"GM": numbers}))) == {"services 4", "services 5+"}


def test_total_uses_leave_no_room_at_the_top() -> None:
    """The open class counts for no more than the seven services that there are."""
    book = small(book_of(SIX), "households services service")
    numbers = {"households": "500", "services": "470 0 0 0 x x", "service": "30 30 30 30 30 30 30"}
    assert {"services 4", "services 5+"} <= pinned(audit(publication(book, {"GM": numbers})))


def test_tails_leave_no_room() -> None:
    """100 households use three domains, so the 100 users all use three services or more, and none two."""
    book = small(BOOK, "households services domains")
    numbers = {"households": "1000", "services": "900 0 x x 0 0", "domains": "900 0 0 100"}
    assert pinned(audit(publication(book, {"GM": numbers}))) == {"services 2", "services 3"}
    assert audit(publication(book, {"GM": {**numbers, "domains": "900 0 x x"}})).holds


def test_a_class_that_nobody_can_reach() -> None:
    """Three services: nobody uses four, so the other hidden class is all that is left. Hiding the four tells nothing."""
    book = small(book_of({"a": ("x", "o"), "b": ("x", "p"), "c": ("y", "p")}), "households services")
    numbers = {"households": "500", "services": "400 60 25 x x 0"}
    assert found(audit(publication(book, {"GM": numbers}))) == {("pinned exactly", "services 3")}


def test_a_whole_number_is_asked_for() -> None:
    """Two hidden classes that take 1 and 3 uses, against a total with only one way out in whole numbers."""
    book = small(BOOK, "households domains domain")
    numbers = {"households": "1000", "domains": "900 x 0 x", "domain": "44 40 40"}
    assert pinned(audit(publication(book, {"GM": numbers}))) == {"domains 1", "domains 3"}


def test_everyone_and_nobody() -> None:
    book = small(BOOK, "households domain vulnerable")
    numbers = {"households": "60", "domain": "60 20 30", "vulnerable": "60 0"}
    assert found(audit(publication(book, {"GM": numbers}))) == {
        ("everyone", "domain x"),
        ("everyone", "vulnerable yes"),
        ("nobody without", "vulnerable no"),
    }


def test_numbers_that_contradict_each_other() -> None:
    book = small(BOOK, "households domains")
    assert "inconsistent" in {
        kind
        for kind, _ in found(
            audit(publication(book, {"GM": {"households": "1000", "domains": "900 80 30 20"}}))
        )
    }
    wrong = {"households": "1000", "domains": "900 x x x", "domain": "300 10 10"}
    verdict = audit(publication(small(BOOK, "households domains domain"), {"GM": wrong}))
    assert {kind for kind, _ in found(verdict)} == {"inconsistent"}


def test_what_an_insider_brings() -> None:
    """An organisation with 30 clients of a service that 35 households use knows of 5 that it doesn't serve."""
    book = small(book_of({"a": ("x", "o p"), "b": ("y", "p")}), "households service organisation")
    there = publication(book, {"GM": {"households": "500", "service": "35 60", "organisation": "x x"}})

    def own(number: int) -> dict[CellKey, int]:
        told = (("households", "all"), ("organisation", "o"), ("service", "a"))
        return {CellKey(table, "municipality", "GM", "", code): number for table, code in told}

    assert audit(there).holds
    verdict = audit(there, insiders={"o": own(30)})
    assert [(f.kind, f.cells[0].category, f.by) for f in verdict.findings] == [("difference", "o", "o")]
    assert verdict.overlaps == 1
    assert audit(there, insiders={"o": own(7)}).holds


def test_a_cell_left_out_is_hidden_and_one_too_many_is_told() -> None:
    book = small(BOOK, "households domains")
    whole = publication(book, {"GM": {"households": "1000", "domains": "900 80 10 10"}})
    stray = Cell(CellKey("domains", "municipality", "GM", "", "9"), 12, "published")
    cut = replace(whole, cells=(*whole.cells[:-1], stray))
    assert found(audit(cut)) == {("not in the codebook", "domains 9"), ("pinned exactly", "domains 3")}


# What holds ---------------------------------------------------------------------------------------------


def test_margins_give_an_interval() -> None:
    """Geurts 1992: two by two with margins 7, 3 and 6, 4. The first cell is from 3 to 6."""
    book = small(BOOK, "households vulnerable", "WK1 WK2")
    there = publication(
        book,
        {
            "GM": {"households": "10", "vulnerable": "6 4"},
            "WK1": {"households": "7", "vulnerable": "x x"},
            "WK2": {"households": "3", "vulnerable": "x x"},
        },
    )
    cell = {(c.key.area_code, c.key.category): c.key for c in there.cells if c.status == "suppressed"}
    assert feasible(there, cell.values()) == {
        cell["WK1", "yes"]: (3, 6),
        cell["WK1", "no"]: (1, 4),
        cell["WK2", "yes"]: (0, 3),
        cell["WK2", "no"]: (0, 3),
    }


def test_two_hidden_in_each_line_is_not_enough() -> None:
    """Twos that share only each other: x + x = 5 down and across."""
    book = small(BOOK, "households domains", "WK1 WK2")
    numbers = {
        "GM": {"households": "1000", "domains": "800 185 10 5"},
        "WK1": {"households": "500", "domains": "400 90 x x"},
        "WK2": {"households": "500", "domains": "400 95 x x"},
    }
    verdict = audit(publication(book, numbers))
    assert {kind for kind, _ in found(verdict)} == {"pinned below the threshold", "small count published"}
    assert verdict.narrowest == 5


def test_everything_hidden_holds_and_nothing_bounds_it() -> None:
    book = synthetic.codebook(districts=2, neighbourhoods=2)
    cells = tuple(
        Cell(key, None, "unavailable" if (key.table, key.category) in book.unavailable else "suppressed")
        for key in book.keys
    )
    verdict = audit(Publication(book, cells, {}, {}, {}))
    assert verdict.holds and verdict.narrowest is None and verdict.hidden == verdict.cells


@pytest.fixture(scope="module")
def town() -> tuple[Codebook, dict[CellKey, int]]:
    book = synthetic.codebook(districts=3, neighbourhoods=2, services=6, organisations=3)
    return book, dict(synthetic.count(book, synthetic.households(book, 6000)).counts)


def printed(book: Codebook, counts: Mapping[CellKey, int], hidden: set[CellKey]) -> Publication:
    cells = []
    for key in book.keys:
        if key not in counts:
            cells.append(Cell(key, None, "unavailable"))
        elif key in hidden:
            cells.append(Cell(key, None, "suppressed"))
        else:
            cells.append(Cell(key, counts[key], "published"))
    return Publication(book, tuple(cells), {}, {}, {})


def test_true_counts_never_contradict_a_relation(town: tuple[Codebook, dict[CellKey, int]]) -> None:
    book, counts = town
    verdict = audit(printed(book, counts, set()))
    assert "inconsistent" not in {finding.kind for finding in verdict.findings}
    assert verdict.hidden == 0 and verdict.narrowest is None
    small_ones = {key for key, n in counts.items() if 1 <= n < 10}
    assert {f.cells[0] for f in verdict.findings if f.kind == "small count published"} == small_ones


def test_a_table_hidden_at_its_lowest_level_holds_and_one_cell_shown_breaks_it(
    town: tuple[Codebook, dict[CellKey, int]],
) -> None:
    """Only households and totals are printed; then a small count is shown again."""
    book, counts = town
    hidden = {key for key in counts if key.table != "households"}
    assert audit(printed(book, counts, hidden)).holds
    shown = next(key for key, n in counts.items() if 1 <= n < 10)
    assert not audit(printed(book, counts, hidden - {shown})).holds


def test_primary_suppression_alone_is_undone(town: tuple[Codebook, dict[CellKey, int]]) -> None:
    book, counts = town
    primary = {key for key, n in counts.items() if 1 <= n < 10}
    verdict = audit(printed(book, counts, primary))
    exact = {f.cells[0] for f in verdict.findings if f.kind == "pinned exactly"}
    assert len(exact) > len(primary) / 2 and verdict.narrowest == 0


Expected = tuple[set[tuple[str, tuple[CellKey, ...]]], list[int]]


def by_integer_programmes(system: System, k: int, skip: set[CellKey] = frozenset()) -> Expected:
    """What is lost in a system, by two integer programmes for each form; and how wide hidden cells are."""
    least, most = system.ends
    rows = LinearConstraint(
        system.rows.astype(float), system.lows, np.where(system.equal, system.lows, np.inf)
    )
    box = Bounds(least, np.where(most < 0, 100_000, most))

    def ends(terms: tuple[tuple[int, int], ...]) -> tuple[int, int]:
        cost = np.zeros(len(system.keys))
        for cell, factor in terms:
            cost[cell] += factor
        down, up = (
            milp(sign * cost, constraints=rows, bounds=box, integrality=np.ones(len(cost)))
            for sign in (1, -1)
        )
        return round(down.fun), round(-up.fun)

    lost, widths = set(), []
    hidden = {key for n, key in enumerate(system.keys) if system.printed[n] < 0}
    for n, key in enumerate(system.keys):
        if key in hidden - skip and system.judged[n]:
            low, high = ends(((n, 1),))
            widths.append(high - low)
            if low == high:
                lost.add(("pinned exactly", (key,)))
            elif high < k:
                lost.add(("pinned below the threshold", (key,)))
    for form in system.forms:
        if skip.issuperset(form.keys):
            continue
        low, high = ends(form.terms)
        own = form.kind == "complement" and form.keys[0] in hidden
        if (own and high < k) or 1 <= low == high < k:
            lost.add((form.kind, form.keys))
    return lost, widths


def reckoned(verdict: Verdict, by: str = "") -> set[tuple[str, tuple[CellKey, ...]]]:
    aside = ("small count published", "everyone", "nobody without")
    return {(f.kind, f.cells) for f in verdict.findings if f.kind not in aside and f.by == by}


@pytest.mark.parametrize("share", [0.2, 0.55])
def test_each_judgement_is_that_of_two_integer_programmes(share: float) -> None:
    """The short cuts (tables that show a cell free, linear ends, parts of a component) change no verdict."""
    book = synthetic.codebook(
        districts=1, neighbourhoods=2, services=5, organisations=3, lowest={"service": "municipality"}
    )
    counts = synthetic.count(book, synthetic.households(book, 500, seed=4))
    draw = random.Random(2)
    hidden = {key for key, n in counts.counts.items() if 1 <= n < 10 or draw.random() < share}
    there = printed(book, counts.counts, hidden)
    relations = Relations(book)
    system = build(there, relations)
    expected, widths = by_integer_programmes(system, 10)
    verdict = audit(there, insiders=counts.own)
    assert reckoned(verdict) == expected
    assert expected and verdict.narrowest == min(widths)
    knowing = Insiders(relations, system.keys)
    forms = {(kind.split()[0], cells) for kind, cells in expected}
    for who, own in counts.own.items():
        mine = {key for key, is_own in zip(system.keys, knowing.own(who), strict=True) if is_own}
        theirs, _ = by_integer_programmes(knowing.taught(system, who, own), 10, mine)
        new = {(kind, cells) for kind, cells in theirs if (kind.split()[0], cells) not in forms}
        assert reckoned(verdict, who) == new, who
    assert any(finding.by for finding in verdict.findings)


def test_the_verdict_tells_no_number(town: tuple[Codebook, dict[CellKey, int]]) -> None:
    book, counts = town
    verdict = audit(printed(book, counts, {key for key, n in counts.items() if 1 <= n < 10}))
    for finding in verdict.findings:
        assert not re.search(r"\d", finding.kind)
    told = json.dumps(verdict.certificate(), ensure_ascii=False)
    assert "GM9999" not in told and not verdict.certificate()["holds"]
    assert len(verdict.certificate()["not_covered"]) == 4


def test_the_same_publication_gets_the_same_verdict(town: tuple[Codebook, dict[CellKey, int]]) -> None:
    book, counts = town
    there = printed(book, counts, {key for key, n in counts.items() if 1 <= n < 10})
    assert audit(there) == audit(there)
