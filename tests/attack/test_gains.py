"""What publishing one more cell would tell, held against a reader with another solver."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache

import pytest
from factlab import attack
from factlab.cells import Cell, CellKey, CountTable, Earlier, Publication, SafeTable
from factlab.disclosure import protect, reasons
from factlab.errors import DisclosureError
from factlab.texts import say

from tests import synthetic
from tests.disclosure.reader import Reader, Terms
from tests.disclosure.test_protection import municipality

Number = tuple[CellKey, ...]


def publication(safe: SafeTable) -> Publication:
    return Publication(safe.codebook, safe.cells, {}, {}, {})


def reader(safe: SafeTable, counts: CountTable) -> Reader:
    made = Reader(safe)
    made.solve_for(dict(counts.counts))
    return made


def form(number: Number) -> Terms:
    *inner, outer = number
    return {outer: 1.0} | dict.fromkeys(inner, -1.0)


def ends(who: Reader, number: Number) -> tuple[float, float]:
    """From and to, in fractions: no narrower than it is."""
    return who.end(form(number), up=False), who.end(form(number), up=True)


def whole_ends(who: Reader, number: Number) -> tuple[float, float]:
    return who.whole_end(form(number), up=False), who.whole_end(form(number), up=True)


def closed(high: int | None) -> float:
    return float("inf") if high is None else high


@pytest.mark.parametrize("seed", [2, 3])
def test_any_reader_gains_what_another_solver_says(seed: int) -> None:
    counts = municipality(seed, 10, households=900)
    safe, k = protect(counts, salt=b"round"), 10
    marked = tuple(reasons(counts).marks)
    before = reader(safe, counts)
    hidden = [c.key for c in safe.cells if c.status == "suppressed" and c.key.table != "unmatched"]
    secondary = [key for key in hidden if (key,) not in marked]
    gained = 0
    for key in (*secondary[:: max(1, len(secondary) // 3)], hidden[0]):
        found = attack.gains(publication(safe), key, counts.counts[key], marked)
        assert not found.undecided
        told = {gain.number: gain for gain in found.told}
        shown = Cell(key, counts.counts[key], "published")
        more = replace(safe, cells=tuple(shown if cell.key == key else cell for cell in safe.cells))
        after = reader(more, counts)
        for number in [one for one in marked if one not in told][::4]:
            low, high = ends(after, number)
            assert low <= 0, (key, number)
            assert high >= k, (key, number)
        for number, gain in told.items():
            assert gain.by == ""
            assert whole_ends(before, number) == (gain.now[0], closed(gain.now[1])), (key, number)
            assert whole_ends(after, number) == (gain.then[0], closed(gain.then[1])), (key, number)
            if number in marked:
                assert gain.then[0] > 0 or closed(gain.then[1]) < k
        gained += len(told)
    assert gained > 1


@cache
def two_districts() -> tuple[CountTable, SafeTable]:
    """Three organisations, that know much of each other's clients."""
    book = synthetic.codebook(districts=3, neighbourhoods=2, services=6, organisations=3)
    counts = synthetic.count(book, synthetic.households(book, 900, 4), {"org-1": 3})
    return counts, protect(counts, salt=b"round")


def test_an_organisation_gains_what_it_could_not_tell_before() -> None:
    """Each gain of an organisation is one that its own counts make; with none there is no such gain."""
    counts, safe = two_districts()
    marked = tuple(reasons(counts).marks)
    hidden = [
        cell.key for cell in safe.cells if cell.status == "suppressed" and cell.key.table != "unmatched"
    ]
    by: set[str] = set()
    for key in hidden[:: max(1, len(hidden) // 4)]:
        alone = attack.gains(publication(safe), key, counts.counts[key], marked)
        known = attack.gains(publication(safe), key, counts.counts[key], marked, counts.own)
        assert [gain for gain in known.told if not gain.by] == list(alone.told)
        for gain in known.told:
            value = sum(factor * counts.counts[one] for one, factor in form(gain.number).items())
            assert gain.now[0] <= gain.then[0] <= value <= closed(gain.then[1]) <= closed(gain.now[1])
            assert (gain.now[0], closed(gain.now[1])) != (gain.then[0], closed(gain.then[1]))
        by |= {gain.by for gain in known.told}
    assert by - {""}


def test_a_cell_that_stands_apart_tells_its_own_number_only() -> None:
    counts, safe = two_districts()
    key = CellKey("unmatched", "municipality", "GM9999", "", "org-1")
    (gain,) = attack.gains(publication(safe), key, 3, tuple(reasons(counts).marks), counts.own).told
    assert (gain.number, gain.by, gain.now, gain.then) == ((key,), "", (0, None), (3, 3))
    assert "then" not in repr(gain), "a log of it tells nothing"


def test_what_an_earlier_release_tells_already_is_no_gain() -> None:
    counts, safe = two_districts()
    marked, delivered = tuple(reasons(counts).marks), {"delivered": True, "sequence": 1}
    took_part = [{"id": one.id, "content": "services", **delivered} for one in safe.codebook.organisations]
    took_part.append({"id": "register", "content": "register", **delivered})
    now = replace(publication(safe), provenance={"participants": took_part})
    hidden = [c.key for c in safe.cells if c.status == "suppressed" and c.key.table == "service"]
    key, known = next(
        (key, gain.number[0])
        for key in hidden
        for gain in attack.gains(now, key, counts.counts[key], marked).told
        if len(gain.number) == 1 and gain.number != (key,)
    )
    cells = tuple(Cell(known, counts.counts[known], "published") if c.key == known else c for c in safe.cells)
    alone, beside = (
        {gain.number for gain in attack.gains(now, key, counts.counts[key], marked, {}, (told,)).told}
        for told in (Earlier(one, 0, 0) for one in (now, replace(now, cells=cells)))
    )
    assert (known,) in alone - beside


def test_a_small_number_of_a_rounded_publication_is_told_exactly() -> None:
    """It is no multiple of the base and could not be printed; what it would tell can be said all the same."""
    counts, safe = two_districts()
    marked = tuple(reasons(counts).marks)
    rounded = Publication(
        replace(safe.codebook, rounding=5),
        tuple(
            c if c.households is None else c._replace(households=5 * round(c.households / 5))
            for c in safe.cells
        ),
        {},
        {},
        {},
    )
    key = next(
        c.key
        for c in safe.cells
        if c.status == "suppressed" and c.key.table == "domains" and 0 < counts.counts[c.key] < 10
    )
    told = {gain.number: gain for gain in attack.gains(rounded, key, counts.counts[key], marked).told}
    assert told[(key,)].then == (counts.counts[key],) * 2
    exact = {
        gain.number: gain for gain in attack.gains(publication(safe), key, counts.counts[key], marked).told
    }
    for number in told.keys() & exact.keys():  # who gets rounded numbers knows less of everything
        assert told[number].now[0] <= exact[number].now[0]
        assert closed(told[number].now[1]) >= closed(exact[number].now[1])


def test_a_number_that_can_not_be_is_refused() -> None:
    counts, safe = two_districts()
    hidden: Mapping[CellKey, int] = {
        cell.key: counts.counts[cell.key]
        for cell in safe.cells
        if cell.status == "suppressed" and cell.key.table == "domains"
    }
    key, number = max(hidden.items(), key=lambda one: one[1])
    with pytest.raises(DisclosureError) as refused:
        attack.gains(publication(safe), key, number + 100_000, ((key,),))
    for lang in ("nl", "en"):
        assert str(number) not in say(refused.value.key, lang, **refused.value.fields)
