"""Weak publications with one fault each, that an insider or a reader of earlier releases must break; and sound ones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from factlab.attack import Verdict, audit, feasible, reach
from factlab.cells import Cell, CellKey, Codebook, CountTable, Earlier, Publication
from factlab.disclosure import protect

from tests import synthetic
from tests.attack.test_judgement import BOOK, ONE, found, pinned, publication, small
from tests.attack.test_relations import book_of

TWO = {"a": ("x", "o p"), "b": ("x", "p"), "c": ("y", "q"), "d": ("y", "p q")}


def own(book: Codebook, numbers: Mapping[str, int]) -> dict[CellKey, int]:
    """`{"service a": 30}`: the counts of one organisation in a town of one area."""
    return {
        CellKey(*what.split()[:1], "municipality", "GM", "", what.split()[1]): n
        for what, n in numbers.items()
    }


def by(verdict: Verdict) -> set[tuple[str, str, str]]:
    return {(f.by, f.kind, f"{f.cells[0].table} {f.cells[0].category}") for f in verdict.findings}


def told(there: Publication, sequences: Mapping[str, int], number: str = "") -> Publication:
    """The publication with where it comes from: `{"register": 1, "o": 2}`, the delivery of each participant."""
    entries: list[dict[str, Any]] = [
        {
            "id": name,
            "content": "register" if name == "register" else "services",
            "delivered": sequence > 0,
            **({"sequence": sequence} if sequence > 0 else {}),
        }
        for name, sequence in sequences.items()
    ]
    book = replace(there.codebook, round_id=there.codebook.round_id + number)
    return replace(there, codebook=book, provenance={"participants": entries})


def then(there: Publication, least: int = 0, percent: int = 0) -> Earlier:
    return Earlier(there, least, percent)


# An organisation with its own counts ------------------------------------------------------------------------


def test_who_alone_delivers_a_domain_pins_its_neighbour() -> None:
    """80 = x + x households use only the one or only the other domain. 62 - 40 clients use only that of the first."""
    book = small(book_of({"a": ("x", "o"), "b": ("y", "p q")}), "households domain_combination")
    there = publication(book, {"GM": {"households": "540", "domain_combination": "420 x x 40"}})
    assert audit(there).holds
    mine = own(book, {"households all": 62, "domain_combination x": 62})
    assert by(audit(there, insiders={"o": mine})) == {
        ("o", "pinned exactly", "domain_combination x"),
        ("o", "pinned exactly", "domain_combination y"),
    }
    assert audit(there, insiders={"q": own(book, {"households all": 30, "domain_combination y": 30})}).holds


def test_who_alone_delivers_a_service_knows_the_rest_of_its_domain() -> None:
    """40 users of a domain, 34 of them of the service that it alone delivers: 6 use only the other."""
    book = small(book_of({"a": ("x", "o"), "b": ("x", "p q")}), "households domain service")
    there = publication(book, {"GM": {"households": "500", "domain": "40", "service": "x x"}})
    assert audit(there).holds
    mine = own(book, {"households all": 34, "domain x": 34, "service a": 34})
    assert by(audit(there, insiders={"o": mine})) == {("o", "difference", "service a")}


def test_at_least_its_own_clients_leave_no_room() -> None:
    """85 of 100 households use no domain or one; 92 are its clients, so that 8 at most use none."""
    book = small(BOOK, "households domains")
    there = publication(book, {"GM": {"households": "100", "domains": "x x 15 0"}})
    assert audit(there).holds
    mine = own(book, {"households all": 92, "domains 1": 90, "domains 2": 2})
    assert by(audit(there, insiders={"o": mine})) == {("o", "pinned below the threshold", "domains 0")}
    mine = own(book, {"households all": 82, "domains 1": 80, "domains 2": 2})
    assert audit(there, insiders={"o": mine}).holds


def test_a_cover_with_its_own_part_leaves_no_room() -> None:
    """50 users of a service in the one district, 5 of them its own clients: the other organisation has 45 there at
    least, and 54 in all, so 9 at most in the other district."""
    book = small(book_of({"a": ("x", "o p"), "c": ("y", "q")}), "households service organisation", "WK1 WK2")
    numbers = {
        "GM": {"households": "1000", "service": "65 60", "organisation": "x 54 60"},
        "WK1": {"households": "500", "service": "50 30", "organisation": "x x 30"},
        "WK2": {"households": "500", "service": "15 30", "organisation": "x x 30"},
    }
    there = publication(book, numbers)
    assert audit(there).holds
    mine = {}
    for area, number in (("GM", 20), ("WK1", 5), ("WK2", 15)):
        level = book.area[area].level
        for table, code in (("households", "all"), ("service", "a"), ("organisation", "o")):
            mine[CellKey(table, level, area, "", code)] = number
    verdict = audit(there, insiders={"o": mine})
    assert by(verdict) == {("o", "pinned below the threshold", "organisation p")}
    assert verdict.findings[0].cells[0].area_code == "WK2"


def test_what_it_reported_itself_leaves_the_other_too_little() -> None:
    """30 = x + x reported in two districts, 25 of them by one of two reporters in the first."""
    both = (synthetic.reporter("S01"), synthetic.reporter("S01", "S02"))
    book = small(synthetic.codebook(reporters=both), "informal", "WK1 WK2")
    numbers = {"GM": {"informal": "30 40"}, "WK1": {"informal": "x 20"}, "WK2": {"informal": "x 20"}}
    there = publication(book, numbers)
    assert audit(there).holds
    mine = {
        CellKey("informal", "district", "WK1", "", "S01"): 25,
        CellKey("informal", "municipality", "GM", "", "S01"): 25,
    }
    assert by(audit(there, insiders={both[0].id: mine})) == {
        (both[0].id, "pinned below the threshold", "informal S01")
    }


def test_what_a_participant_could_tell_of_nothing_published_is_not_held_against_a_publication() -> None:
    """Of five organisations one has three clients in a district: it knows that no more households have all five."""
    book = synthetic.codebook()
    counts = synthetic.count(book, synthetic.households(book, 3_000, 4))
    five = CellKey("organisations", "district", "WK999903", "", "5+")
    assert 0 < counts.own["org-1"][five._replace(table="organisation", category="org-1")] < book.threshold
    cells = tuple(
        Cell(key, None, "unavailable" if (key.table, key.category) in book.unavailable else "suppressed")
        for key in book.keys
    )
    nothing = Publication(book, cells, {}, {}, {})
    assert audit(nothing, insiders={"org-1": counts.own["org-1"]}).holds


def test_overlaps_are_counted_and_block_nothing() -> None:
    """A service of 30 users of which 26 are its own clients: it knows of 4 others."""
    book = small(book_of(TWO), "households service")
    there = publication(book, {"GM": {"households": "500", "service": "30 40 50 60"}})
    mine = own(book, {"households all": 26, "service a": 26})
    verdict = audit(there, insiders={"o": mine})
    assert verdict.holds and verdict.overlaps == 1 and verdict.insiders == 1


# Earlier releases -------------------------------------------------------------------------------------------

SAME = {"register": 1, "o": 1, "p": 1, "q": 1}


def domains(numbers: str, sequences: Mapping[str, int] = SAME, number: str = "") -> Publication:
    book = small(BOOK, "households domains")
    return told(publication(book, {"GM": {"households": "1000", "domains": numbers}}), sequences, number)


def test_two_releases_that_hide_different_cells() -> None:
    """86 = x + x now, 20 = x + x then, of the same deliveries: each says what the other hides."""
    now, before = domains("900 x x 14"), domains("900 80 x x")
    assert audit(now).holds and audit(before).holds
    verdict = audit(now, earlier=[then(before)])
    assert {(f.release, f.kind, f.cells[0].category) for f in verdict.findings} == {
        (0, "pinned exactly", "2"),  # that of 1 was published then
        (1, "pinned exactly", "2"),
        (1, "pinned exactly", "3"),
    }
    other = domains("900 x x 14", {**SAME, "o": 2})
    assert audit(other, earlier=[then(before)]).holds, "another delivery came in"
    unknown = replace(before, provenance={})
    assert audit(now, earlier=[then(unknown)]).holds, "nobody is known to be the same"


def test_two_earlier_releases_meet_as_well() -> None:
    """Two drafts of what was released pin each other; that is known already. With a third, nothing new is told."""
    first, second = domains("900 x x 14"), domains("900 80 x x")
    now = domains("900 x x 20", number="-next")
    assert audit(now, earlier=[then(first, 1000), then(second, 1000)]).holds


def test_two_releases_that_differ_by_one_participant() -> None:
    """40 users without the clients of an organisation, 43 with: 3 use nothing but hers."""
    late = book_of(ONE)
    early = replace(late, organisations=tuple(replace(o, delivered=o.id != "q") for o in late.organisations))
    now = told(
        publication(small(late, "households domain"), {"GM": {"households": "500", "domain": "60 43 50"}}),
        SAME,
    )
    before = told(
        publication(small(early, "households domain"), {"GM": {"households": "500", "domain": "60 40 50"}}),
        {**SAME, "q": 0},
    )
    assert audit(now).holds and audit(before).holds
    assert found(audit(now, earlier=[then(before)])) == {("edition", "domain y")}


def test_who_was_only_added_to_leaves_no_room() -> None:
    """60 = x + x users in two districts; 52 used it in the first before the last organisation came in."""
    late = book_of(ONE)
    early = replace(late, organisations=tuple(replace(o, delivered=o.id != "q") for o in late.organisations))

    def of(book: Codebook, *numbers: str) -> Publication:
        told_of = {
            area: {"households": households, "domain": number}
            for area, households, number in zip(
                ("GM", "WK1", "WK2"), ("900", "500", "400"), numbers, strict=True
            )
        }
        return publication(small(book, "households domain", "WK1 WK2"), told_of)

    now = told(of(late, "80 90 60", "40 45 x", "40 45 x"), SAME)
    before = told(of(early, "80 60 x", "40 30 52", "40 30 x"), {**SAME, "q": 0})
    assert audit(now).holds and audit(before).holds
    assert found(audit(now, earlier=[then(before)])) == {("pinned below the threshold", "domain z")}
    changed = replace(now, provenance=told(now, {**SAME, "p": 2}).provenance)
    assert audit(changed, earlier=[then(before)]).holds


def test_a_stated_bound_on_change_leaves_no_room() -> None:
    """88 = x + x now, of which 86 to 90 use one domain if they are 2 more or fewer than the 88 of a year ago."""
    before = domains("x 88 x 12")
    now = domains("900 x x 12", number="-next")
    assert audit(now).holds
    assert found(audit(now, earlier=[then(before, 2)])) == {("pinned below the threshold", "domains 2")}
    assert audit(now, earlier=[then(before, 10)]).holds
    before = domains("900 88 0 12")
    assert audit(now, earlier=[then(before, 2)]).holds, "at most 2 use two domains now, whatever is published"
    grown = domains("900 x 0 x", number="-next")  # 88 then is 79 to 97 now; 12 then is 11 to 13
    assert audit(grown, earlier=[then(before, 0, 10)]).holds


def test_a_bound_that_is_too_tight_accuses_nobody() -> None:
    before = domains("900 30 0 70")
    now = domains("900 x x 12", number="-next")
    assert {f.kind for f in audit(now, earlier=[then(before, 2)]).findings} == {"bound too tight"}


def test_addresses_taken_out_in_between_tell_that_something_changed() -> None:
    """The same deliveries, but 80 then is 79 now: nothing is equal any more, and the one household shows."""
    now, before = domains("901 79 x x"), domains("900 80 x x")
    assert found(audit(now, earlier=[then(before)])) == {("edition", "domains 0"), ("edition", "domains 1")}


def test_what_an_earlier_release_told_of_itself_is_not_held_against_this_one() -> None:
    before, now = domains("900 80 x 12"), domains("900 x x 12", number="-next")
    assert not audit(before).holds
    assert audit(now, earlier=[then(before, 500)]).holds


def test_the_same_release_twice_tells_nothing() -> None:
    now = domains("900 80 x x")
    verdict = audit(now, earlier=[then(now)])
    assert verdict.holds and verdict.earlier == 1


# Rounding ---------------------------------------------------------------------------------------------------


def rounded(numbers: str, households: str = "1000") -> Publication:
    book = replace(small(BOOK, "households domains"), rounding=5)
    return publication(book, {"GM": {"households": households, "domains": numbers}})


def test_a_number_that_was_not_rounded() -> None:
    assert found(audit(rounded("900 80 x 12"))) == {("not rounded", "domains 3")}


def test_rounding_that_can_be_undone() -> None:
    """10 is 10 to 14 households, and 10 to 14 of those use nothing: 4 at most are left."""
    assert found(audit(rounded("10 x x 0", "10"))) == {
        ("pinned below the threshold", "domains 1"),
        ("pinned below the threshold", "domains 2"),
    }


def test_numbers_that_were_rounded_each_on_its_own_leave_no_room() -> None:
    """At least 26 + 26 + 26 + 21 of 104 households at most use something: no more than 5 use nothing."""
    book = replace(small(BOOK, "households services"), rounding=5)
    numbers = {"households": "100", "services": "x 30 30 30 25 0"}
    assert found(audit(publication(book, {"GM": numbers}))) == {("pinned below the threshold", "services 0")}
    assert audit(publication(book, {"GM": {**numbers, "households": "105"}})).holds


def test_a_number_that_is_rounded_otherwise_under_another_name() -> None:
    """To 2: 900 is 899 to 901 and 902 is 901 to 903, so that nobody is in the class that is left of 901 = 901 + x."""
    book = replace(small(BOOK, "households services domains"), rounding=2)
    numbers = {"households": "1000", "services": "900 100 0 0 0 0", "domains": "902 x x 0"}
    pinned_to = feasible(
        publication(book, {"GM": numbers}), [CellKey("services", "municipality", "GM", "", "0")]
    )
    assert list(pinned_to.values()) == [(901, 901)]


def test_rounding_hides_what_a_sum_would_tell() -> None:
    """1000 = 900 + 80 + x + 10 gives 10 when these are exact; within 4 of each the hidden one is from 0 to 22."""
    assert audit(rounded("900 80 x 10")).holds
    exact = replace(rounded("900 80 x 10"), codebook=small(BOOK, "households domains"))
    assert pinned(audit(exact)) == {"domains 2"}


def test_a_zero_is_never_rounded() -> None:
    """Nobody is without: that holds of the true numbers too."""
    book = replace(small(BOOK, "households vulnerable"), rounding=5)
    there = publication(book, {"GM": {"households": "60", "vulnerable": "60 0"}})
    assert found(audit(there)) == {("everyone", "vulnerable yes"), ("nobody without", "vulnerable no")}
    assert audit(publication(book, {"GM": {"households": "60", "vulnerable": "45 15"}})).holds


# Sound ones -------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def town() -> CountTable:
    book = synthetic.codebook(districts=2, neighbourhoods=2, services=5, organisations=3)
    return synthetic.count(book, synthetic.households(book, 3000, 2))


def test_only_households_and_large_totals_tell_an_organisation_nothing(town: CountTable) -> None:
    cells = [
        Cell(key, n, "published") if key.table == "households" else Cell(key, None, "suppressed")
        for key, n in town.counts.items()
    ]
    assert audit(Publication(town.codebook, tuple(cells), {}, {}, {}), insiders=town.own).holds


def test_a_protected_publication_beside_itself_a_year_ago(town: CountTable) -> None:
    safe = protect(town)
    now = Publication(safe.codebook, safe.cells, {}, {}, {})
    before = replace(now, codebook=replace(now.codebook, round_id="testdam-2024"))
    assert audit(now, earlier=[then(before, 100, 20)]).holds


def test_a_household_alone_that_pins_another_cell_is_counted() -> None:
    """1 = x + x: who is the one knows that nobody is in the other. Of 20 = x + x it learns next to nothing."""
    book = small(BOOK, "households domains")
    numbers = {"households": "1000", "domains": "900 99 x x"}
    assert audit(publication(book, {"GM": numbers})).singletons == 2
    verdict = audit(publication(book, {"GM": {**numbers, "domains": "900 80 x x"}}))
    assert verdict.holds and verdict.singletons == 0


def test_a_large_component_is_moved_in_groups_with_the_same_verdict(
    town: CountTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With rounding a municipality hangs together as a whole; that its hidden cells are moved apart changes nothing."""
    safe = protect(town)
    book = replace(safe.codebook, rounding=5)
    cells = tuple(
        cell._replace(households=cell.households // 5 * 5) if cell.households is not None else cell
        for cell in safe.cells
    )
    there = Publication(book, cells, {}, {}, {})
    at_once = audit(there)
    monkeypatch.setattr(reach, "LARGE", 20)
    assert audit(there) == at_once and at_once.holds


def test_a_large_component_gives_away_what_a_small_one_does(
    town: CountTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only small counts hidden, and each number rounded down by itself: the attacker wins the same either way."""
    book = replace(town.codebook, rounding=2)
    cells = [
        Cell(key, None, "suppressed") if 0 < n < 10 else Cell(key, n // 2 * 2, "published")
        for key, n in town.counts.items()
    ]
    there = Publication(book, tuple(cells), {}, {}, {})
    at_once = audit(there)
    assert found(at_once)
    monkeypatch.setattr(reach, "LARGE", 20)
    assert set(audit(there).findings) == set(at_once.findings)


def test_a_rounded_publication_holds_for_everybody(town: CountTable, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its printed numbers could be the true ones; an organisation that knows some of them exactly starts elsewhere."""
    counts = replace(town, codebook=replace(town.codebook, rounding=5))
    safe = protect(counts, salt=b"round")
    there = Publication(safe.codebook, safe.cells, {}, {}, {})
    at_once = audit(there, insiders=town.own)
    assert at_once.holds
    monkeypatch.setattr(reach, "LARGE", 20)
    in_groups = audit(there, insiders=town.own)
    assert in_groups.holds
    assert (in_groups.narrowest or 0) <= (at_once.narrowest or 0)
