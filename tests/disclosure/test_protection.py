"""What a reader with a solver can and can't infer from a protected publication of random municipalities."""

from __future__ import annotations

import dataclasses
import inspect
import json
import random

import numpy as np
import pytest
from factlab.cells import CellKey, Codebook, CountTable, SafeTable
from factlab.disclosure import protect, protection, rules
from factlab.disclosure.rules import Form
from factlab.errors import DisclosureError
from factlab.texts import say

from tests import synthetic
from tests.disclosure.reader import Reader, Terms


def municipality(
    seed: int, threshold: int, missing: frozenset[str] = frozenset(), households: int | None = None
) -> CountTable:
    draw = random.Random(seed)
    book = synthetic.codebook(
        districts=draw.choice([2, 3]),
        neighbourhoods=draw.choice([2, 3]),
        services=draw.choice([5, 8]),
        organisations=draw.choice([3, 4]),
        threshold=threshold,
        missing=missing,
        rule=draw.choice([{"domains": 2, "services": 3}, {"services": 2}]),
    )
    made = synthetic.households(book, households or draw.choice([150, 900, 2500]), seed)
    return synthetic.count(book, made, {"org-1": 3, "org-2": 40})


def marked(book: Codebook, counts: dict[CellKey, int], reader: Reader) -> list[Terms]:
    """The forms that the rules of docs/disclosure.md mark, by the true counts."""
    k = book.threshold
    forms: list[Terms] = [{key: 1.0} for key, n in counts.items() if 1 <= n < k]
    for a, b in reader.inclusions:
        if 1 <= counts[b] - counts[a] < k:
            forms.append({b: 1.0, a: -1.0})
    empty = synthetic.columns(book, [])
    for key, n in counts.items():
        if key.table == "unmatched" or key in reader.forced:
            continue
        total = key._replace(table="households", category="all")
        if n == 0 and counts[total] > 0 and (key.table, key.category) in empty:
            forms.append({key: 1.0})
        shared = (key, total) in reader.inclusions and 0 < counts[total] == n
        if shared and (key.table, key.category) not in empty:
            forms.append({total: 1.0, key: -1.0})
        if counts[total] < 2 * k:
            forms.append({key: 1.0})
    return forms


def broken(counts: CountTable, safe: SafeTable) -> list[str]:
    """Everything in which a reader wins."""
    book, k, true = counts.codebook, counts.codebook.threshold, dict(counts.counts)
    reader = Reader(safe)
    reader.solve_for(true)
    lost = []
    forms = marked(book, true, reader)
    for form in forms:
        low, high = reader.end(form, up=False), reader.end(form, up=True)
        if low > 0 or high < k:
            lost.append(f"marked {form} in [{low}, {high}]")
    for cell in safe.cells:
        if cell.status == "suppressed":
            if {cell.key: 1.0} in forms:
                continue  # it contains [0, k], or was reported above
            low, high = reader.end({cell.key: 1.0}, up=False), reader.end({cell.key: 1.0}, up=True)
            if low == high or high < k:
                lost.append(f"hidden {cell.key} in [{low}, {high}]")
            total = cell.key._replace(table="households", category="all")
            if (cell.key, total) in reader.inclusions:
                high = reader.end({total: 1.0, cell.key: -1.0}, up=True)
                if high < k:
                    lost.append(f"complement of {cell.key} up to {high}")
    return lost


@pytest.mark.parametrize(("seed", "threshold"), [(1, 10), (2, 5), (2, 10), (3, 10), (6, 5)])
def test_a_reader_with_a_solver_learns_nothing_small(seed: int, threshold: int) -> None:
    missing = frozenset({"org-2"}) if seed % 2 else frozenset()
    counts = municipality(seed, threshold, missing)
    safe = protect(counts, salt=b"round")
    assert [cell.key for cell in safe.cells] == list(counts.codebook.keys)
    for cell in safe.cells:
        if cell.status == "published":
            assert cell.households == counts.counts[cell.key]
        else:
            assert cell.households is None
            assert (cell.status == "unavailable") == (
                (cell.key.table, cell.key.category) in counts.codebook.unavailable
            )
    assert broken(counts, safe) == []


@pytest.mark.parametrize("kind", ["areas", "classes", "same cell", "complement"])
def test_each_kind_of_relation_is_needed(kind: str) -> None:
    """A protector that forgets one kind loses against the reader who knows it: so the reader above is no straw man."""
    lost = []
    for seed in (3, 2):
        counts = municipality(seed, 10, households=1500)
        lost += broken(counts, protection.protect_with(counts, b"round", frozenset({kind})))
        if lost:
            break
    assert lost


def test_the_public_function_can_leave_nothing_out() -> None:
    assert list(inspect.signature(protect).parameters) == [
        "what",
        "salt",
        "rounding",
        "earlier",
        "provenance",
    ]


def test_the_same_salt_gives_the_same_table_and_the_counts_no_trace() -> None:
    counts = municipality(3, 10, households=600)
    once, again = protect(counts, salt=b"one"), protect(counts, salt=b"one")
    assert once.cells == again.cells
    assert once.certificate == again.certificate
    assert repr(once) == f"SafeTable({len(once.cells)} cells)"


def test_another_salt_can_choose_another_partner() -> None:
    counts = municipality(3, 10)
    chosen = {tuple(cell.status for cell in protect(counts, salt=bytes([salt])).cells) for salt in range(4)}
    assert len(chosen) > 1


def one_area_of(households: int, elsewhere: int = 60) -> CountTable:
    """Two districts: the first with neighbourhoods of this many and of many households, the second with one.
    As many households use nothing, one service, the other, or both, so that no organisation knows all use by itself."""
    book = synthetic.codebook(districts=2, neighbourhoods=3, services=4, organisations=2, threshold=10)
    one, other = ((service.code, service.organisations[-1]) for service in book.delivered_services[:2])
    made = [
        (place.code, frozenset([[], [one], [other], [one, other]][i % 4]))
        for place in book.at("neighbourhood")
        for i in range(elsewhere)
    ]
    kept = [h for h in made if h[0] != "BU99990101"] + [h for h in made if h[0] == "BU99990101"][:households]
    return synthetic.count(book, kept)


def hidden_areas(safe: SafeTable) -> set[str]:
    """Areas of which every cell is hidden that a household could be in."""
    shown = {c.key.area_code for c in safe.cells if c.status == "published" and c.key.table == "households"}
    return {area.code for area in safe.codebook.areas} - shown


@pytest.mark.parametrize(("households", "withheld"), [(19, 2), (20, 0), (0, 2)])
def test_an_area_of_under_twice_the_threshold_is_withheld_with_another(
    households: int, withheld: int
) -> None:
    counts = one_area_of(households)
    safe = protect(counts)
    gone = hidden_areas(safe)
    assert len(gone) == withheld
    assert ("BU99990101" in gone) == bool(withheld)
    reader = Reader(safe)
    for cell in safe.cells:
        if cell.key.area_code in gone and cell.key not in reader.forced:
            assert cell.status != "published"
    assert broken(counts, safe) == []


def test_small_areas_are_withheld_with_the_smallest_others_of_their_parent() -> None:
    counts = one_area_of(12)
    counts = CountTable(counts.codebook, dict(counts.counts))
    everywhere = protection.model.places(counts.codebook)
    values = np.array([counts.counts[key] for key in protection.model.cells(counts.codebook)])
    sizes = {"BU99990101": 12, "BU99990102": 60, "BU99990103": 60, "BU99990201": 60}
    for least, small, chosen in (
        (10, set(), set()),
        (20, {"BU99990101"}, {"BU99990101", "BU99990102"}),
        (72, set(sizes) | {"WK999902"}, set(sizes) | {"WK999901", "WK999902"}),
    ):
        assert rules.withheld(counts.codebook, everywhere, values, least) == (small, chosen)


def test_a_municipality_that_is_itself_too_small_shows_nothing() -> None:
    book = synthetic.codebook(districts=2, neighbourhoods=2, services=4, organisations=2, threshold=10)
    counts = synthetic.count(book, synthetic.households(book, 15))
    forced = Reader(protect(counts)).forced
    assert all(
        cell.households is None or cell.key in forced or cell.key.table == "unmatched"
        for cell in protect(counts).cells
    )


def test_rules_mark_by_true_values_also_where_the_cell_itself_is_large() -> None:
    """95 of 100 in a cell: the 5 others are disclosed by it."""
    counts = one_area_of(100, 300)
    book = counts.codebook
    everywhere = protection.model.places(book)
    keys = protection.model.cells(book)
    place = {key: i for i, key in enumerate(keys)}
    values = np.array([counts.counts[key] for key in keys])
    all_of = CellKey("households", "neighbourhood", "BU99990101", "", "all")
    none, yes = (
        all_of._replace(table="services", category="0"),
        all_of._replace(table="domain", category="jeugd"),
    )

    def forms(n_none: int) -> list[Form]:
        changed = values.copy()
        changed[place[none]], changed[place[yes]] = n_none, 100 - n_none
        return rules.marked(everywhere, changed, np.zeros(len(keys), dtype=bool), 10, set())

    complement = Form(place[all_of], place[none])
    assert complement in forms(95)
    assert complement not in forms(90)
    assert complement not in forms(100), "that nobody uses anything tells of no one"
    assert Form(place[none]) in forms(0), "that everybody uses something does"
    assert Form(place[all_of], place[yes]) in forms(0)


def test_unmatched_addresses_stand_apart() -> None:
    counts = municipality(2, 10)
    cells = {c.key.category: c for c in protect(counts).cells if c.key.table == "unmatched"}
    assert cells["org-1"].status == "suppressed"
    assert cells["org-2"].households == 40
    assert cells["org-3"].households == 0


def test_the_certificate_says_how_much_is_hidden_and_no_count() -> None:
    counts = municipality(1, 10, frozenset({"org-2"}))
    safe = protect(counts)
    told = json.loads(json.dumps(safe.certificate))
    assert set(told) == {"method", "threshold", "tables", "relations", "not_covered"}
    assert sum(row["cells"] for row in told["tables"]) == len(counts.codebook.keys)
    for status in ("published", "suppressed", "unavailable"):
        assert sum(row[status] for row in told["tables"]) == sum(c.status == status for c in safe.cells)
    same_book = protect(synthetic.count(counts.codebook, synthetic.households(counts.codebook, 5000)))
    assert told["relations"] == same_book.certificate["relations"], "relations follow from the codebook alone"
    assert told["not_covered"]


@pytest.mark.parametrize("fault", ["more", "missing", "extra", "negative"])
def test_counts_that_are_not_those_of_the_codebook_are_refused(fault: str) -> None:
    counts = municipality(3, 5)
    wrong = dict(counts.counts)
    key = CellKey("services", "district", "WK999901", "", "1")
    if fault == "more":
        wrong[key] += 1
    elif fault == "missing":
        del wrong[key]
    elif fault == "extra":
        wrong[key._replace(category="9")] = 4
    else:
        wrong[key] = -1
    with pytest.raises(DisclosureError) as error:
        protect(CountTable(counts.codebook, wrong))
    for lang in ("nl", "en"):
        assert say(error.value.key, lang, **error.value.fields)


def test_a_table_that_skips_a_level_still_adds_up() -> None:
    counts = municipality(3, 5)
    book = counts.codebook
    skips = dataclasses.replace(book.table("service"), levels=("municipality", "neighbourhood"))
    book = dataclasses.replace(book, tables=tuple(skips if t.name == "service" else t for t in book.tables))
    counts = synthetic.count(book, synthetic.households(book, 2500, 3))
    protect(counts)
    wrong = dict(counts.counts)
    service = next(c.code for c in skips.categories if c.available)
    wrong[CellKey("service", "municipality", "GM9999", "", service)] += 1
    with pytest.raises(DisclosureError) as error:
        protect(CountTable(book, wrong))
    assert error.value.fields == {"relation": "areas"}


def test_a_level_with_tables_but_without_households_is_refused() -> None:
    book = synthetic.codebook(lowest={"households": "district"})
    with pytest.raises(DisclosureError, match=r"disclosure\.no_households"):
        protect(synthetic.count(book, synthetic.households(book, 300)))


def test_a_round_in_which_nobody_delivered_shows_that_nobody_is_known_to_use_anything() -> None:
    book = synthetic.codebook(missing=frozenset(f"org-{i}" for i in range(1, 6)))
    safe = protect(synthetic.count(book, synthetic.households(book, 900)))
    assert {c.status for c in safe.cells if c.key.table == "service"} == {"unavailable"}
    assert all(
        c.status == "published" for c in safe.cells if c.key.table == "services" and c.key.category == "3"
    )
