"""Which rules mark a number, held against the rules as docs/disclosure.md states them; and that nothing else knows."""

from __future__ import annotations

import pickle

import pytest
from factlab.cells import CellKey, CountTable
from factlab.disclosure import protect, reasons, rules

from tests import synthetic
from tests.disclosure.reader import Reader
from tests.disclosure.test_protection import marked, municipality, one_area_of


def stated(counts: CountTable, number: tuple[CellKey, ...]) -> set[str]:
    """The rules that mark a number, as the document states them."""
    true, k = counts.counts, counts.codebook.threshold
    *inner, outer = number
    value = true[outer] - sum(true[key] for key in inner)
    households = outer._replace(table="households", category="all")
    if inner:
        rest = "complement" if value else "everyone"
        return {rest if outer == households else "difference"}
    found = {"minimum"} if 1 <= value < k else set()
    if outer.table != "unmatched":
        found |= {"small area"} if true[households] < 2 * k else set()
        unused = (outer.table, outer.category) in synthetic.columns(counts.codebook, [])
        found |= {"nobody without"} if unused and value == 0 < true[households] else set()
    return found


@pytest.mark.parametrize(("seed", "households"), [(1, None), (2, 40), (3, 150)])
def test_each_number_that_a_rule_marks_has_that_rule(seed: int, households: int | None) -> None:
    counts = municipality(seed, 10, households=households)
    found = reasons(counts).marks
    forms = marked(counts.codebook, dict(counts.counts), Reader(protect(counts)))
    assert {frozenset(number) for number in found} == {frozenset(form) for form in forms}
    for number, why in found.items():
        assert len(why) == len(set(why))
        assert set(why) == stated(counts, number), number


def test_every_rule_has_its_turn() -> None:
    """Else the test above would say nothing about it."""
    seen = {
        rule
        for seed, households in ((1, None), (2, 40), (3, 150))
        for why in reasons(municipality(seed, 10, households=households)).marks.values()
        for rule in why
    }
    everyone = synthetic.codebook(districts=1, neighbourhoods=1, services=3, organisations=2)
    used = frozenset(everyone.services[0].organisations[:1])
    all_of_them = [("BU99990101", frozenset((everyone.services[0].code, one) for one in used))] * 60
    for why in reasons(synthetic.count(everyone, all_of_them)).marks.values():
        seen.update(why)
    assert seen == {"minimum", "small area", "nobody without", "complement", "difference", "everyone"}


def test_what_is_withheld_beside_a_small_area_is_told_apart_from_it() -> None:
    counts = one_area_of(15, 300)
    why = reasons(counts)
    beside = {key.area_code for key in why.beside}
    small = {number[0].area_code for number, rules in why.marks.items() if "small area" in rules}
    assert small == {"BU99990101"}
    assert len(beside) == 1
    assert beside < {"BU99990102", "BU99990103"}
    assert repr(why).startswith("<"), "a log of it tells nothing"


def test_what_is_protected_is_the_same_whatever_the_reasons_are(monkeypatch: pytest.MonkeyPatch) -> None:
    counts = municipality(3, 10)
    plain = protect(counts, salt=b"one")
    mark = rules.marked
    asked = []

    def renamed(*given: object) -> dict[rules.Form, tuple[str, ...]]:
        asked.append(given)
        return dict.fromkeys(mark(*given), ("canary",))  # type: ignore[arg-type]

    monkeypatch.setattr(rules, "marked", renamed)
    safe = protect(counts, salt=b"one")
    assert asked
    assert (safe.cells, safe.certificate) == (plain.cells, plain.certificate)
    assert b"canary" not in pickle.dumps(safe)
    assert set(reasons(counts).marks.values()) == {("canary",)}, "where they do belong, they are found"
