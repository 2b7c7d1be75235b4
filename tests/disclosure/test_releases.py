"""A publication beside what readers have already: the attacker has both and wins nothing that it hadn't won before."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest
from factlab import attack
from factlab.cells import Cell, CellKey, Codebook, CountTable, Earlier, Publication, SafeTable
from factlab.disclosure import protect, releases
from factlab.disclosure.releases import Bound
from factlab.disclosure.rules import Demand, Form
from factlab.errors import DisclosureError

from tests import synthetic

LAST = "org-4"


def codebook(missing: frozenset[str] = frozenset(), number: str = "2025") -> Codebook:
    book = synthetic.codebook(
        districts=2, neighbourhoods=2, services=4, organisations=4, threshold=10, missing=missing
    )
    return replace(book, round_id=f"testdam-{number}")


def provenance(book: Codebook, sequences: Mapping[str, int] | None = None) -> dict[str, Any]:
    """The register and each organisation, every delivery the first but those of `sequences`."""
    told = (
        {"register": 1} | {one.id: 1 for one in book.organisations if one.delivered} | dict(sequences or {})
    )
    return {
        "participants": [
            {
                "id": name,
                "content": "register" if name == "register" else "services",
                "delivered": True,
                "sequence": sequence,
            }
            for name, sequence in told.items()
        ]
    }


def publication(safe: SafeTable, told: Mapping[str, Any]) -> Publication:
    return Publication(safe.codebook, safe.cells, told, safe.certificate, {})


def late(
    made: list[synthetic.Household], draw: random.Random
) -> tuple[CountTable, CountTable, dict[str, int]]:
    """One organisation delivers after the first release."""
    without = [(place, frozenset(use for use in uses if use[1] != LAST)) for place, uses in made]
    early = synthetic.count(codebook(frozenset({LAST})), without)
    return early, synthetic.count(codebook(), made), {}


def again(
    made: list[synthetic.Household], draw: random.Random
) -> tuple[CountTable, CountTable, dict[str, int]]:
    """One organisation delivers again, a few clients fewer."""
    left = [
        (place, frozenset(use for use in uses if use[1] != "org-2" or draw.random() > 0.03))
        for place, uses in made
    ]
    return synthetic.count(codebook(), made), synthetic.count(codebook(), left), {"org-2": 2}


def next_year(
    made: list[synthetic.Household], draw: random.Random
) -> tuple[CountTable, CountTable, dict[str, int]]:
    """Another round: one household in five uses something else, and some came."""
    book = codebook(number="2026")
    other = synthetic.households(book, len(made), draw.randrange(1000))
    changed = [
        (place, uses if draw.random() < 0.8 else new)
        for (place, uses), (_, new) in zip(made, other, strict=True)
    ]
    return synthetic.count(codebook(), made), synthetic.count(book, changed + other[:60]), {}


Change = Callable[[list[synthetic.Household], random.Random], tuple[CountTable, CountTable, dict[str, int]]]


@pytest.mark.parametrize(("change", "seed"), [(late, 1), (again, 1), (next_year, 1)])
def test_who_has_both_learns_nothing_more(change: Change, seed: int) -> None:
    made = synthetic.households(codebook(), 1500, seed)
    first, second, sequences = change(made, random.Random(seed))
    told = provenance(first.codebook)
    before = Earlier(publication(protect(first, salt=b"first"), told), 20, 10)
    new = provenance(second.codebook, sequences)
    safe = protect(second, salt=b"second", earlier=[before], provenance=new)
    stated = safe.certificate["earlier"][0]
    both = [replace(before, least=stated["least"], percent=stated["percent"])]
    assert attack.audit(publication(safe, new), earlier=both, insiders=second.own).findings == ()
    for cell in safe.cells:
        assert cell.status != "published" or cell.households == second.counts[cell.key]
    if change is not next_year:
        alone = publication(protect(second, salt=b"second"), new)
        assert not attack.audit(alone, earlier=both).holds, "without the first in mind the attacker wins"


def test_the_same_again_hides_the_same() -> None:
    counts = synthetic.count(codebook(), synthetic.households(codebook(), 1500, 1))
    told = provenance(counts.codebook)
    once = protect(counts, salt=b"one", provenance=told)
    before = [Earlier(publication(once, told), 20, 10)]
    assert protect(counts, salt=b"one", earlier=before, provenance=told).cells == once.cells


def test_three_releases_hold_together() -> None:
    made = synthetic.households(codebook(), 300, 2)
    first, second, _ = late(made, random.Random(2))
    _, third, _ = next_year(made, random.Random(2))
    earlier: list[Earlier] = []
    for counts in (first, second, third):
        told = provenance(counts.codebook)
        safe = protect(counts, salt=b"s", earlier=earlier, provenance=told)
        stated = safe.certificate.get("earlier", [])
        earlier = [
            replace(e, least=b["least"], percent=b["percent"]) for e, b in zip(earlier, stated, strict=True)
        ]
        assert attack.audit(publication(safe, told), earlier=earlier, insiders=counts.own).findings == ()
        earlier.append(Earlier(publication(safe, told), 20, 10))


def test_an_edition_of_a_few_more_is_hidden() -> None:
    """Where the last organisation adds 1 to 9 households to a cell that was published, the cell is hidden now."""
    made = synthetic.households(codebook(), 1500, 3)
    first, second, _ = late(made, random.Random(3))
    told, new = provenance(first.codebook), provenance(second.codebook)
    old = protect(first, salt=b"1")
    safe = protect(second, salt=b"1", earlier=[Earlier(publication(old, told), 20, 10)], provenance=new)
    was = {cell.key: cell.households for cell in old.cells if cell.households is not None}
    close = [c for c in safe.cells if c.key in was and 1 <= abs(second.counts[c.key] - was[c.key]) < 10]
    assert close
    assert {cell.status for cell in close} == {"suppressed"}


def test_a_bound_is_doubled_until_the_truth_allows_it() -> None:
    """What is hidden now changed by more than is stated: who relied on the statement would be wrong unawares."""
    made = synthetic.households(codebook(), 1500, 1)
    first = synthetic.count(codebook(), made)
    left = [(place, uses) for n, (place, uses) in enumerate(made) if place != "BU99990101" or n % 40 == 0]
    second = synthetic.count(codebook(number="2026"), left)
    told = provenance(first.codebook)
    before = Earlier(publication(protect(first), told), 20, 10)
    safe = protect(second, earlier=[before], provenance=told)
    stated = safe.certificate["earlier"][0]
    assert stated["least"] > 20
    bound = Bound(stated["least"], stated["percent"])
    was = {cell.key: cell.households for cell in before.publication.cells if cell.households is not None}
    for cell in safe.cells:
        if cell.status == "suppressed" and cell.key in was:
            off = abs(second.counts[cell.key] - was[cell.key])
            assert 100 * off <= 100 * bound.least + bound.percent * was[cell.key]


def test_a_published_change_that_is_larger_than_stated_widens_nothing() -> None:
    """A reader sees that one; the bound still holds for what is hidden."""
    book = codebook()
    made = [(place, frozenset()) for place in [a.code for a in book.at("neighbourhood")] for _ in range(100)]
    first = synthetic.count(book, made)
    second = synthetic.count(codebook(number="2026"), made * 2)
    told = provenance(book)
    safe = protect(second, earlier=[Earlier(publication(protect(first), told), 20, 10)], provenance=told)
    assert safe.certificate["earlier"] == [{"round": "testdam-2025", "least": 20, "percent": 10}]


def test_rounded_numbers_leave_room_for_what_they_stand_for() -> None:
    made = synthetic.households(codebook(), 1500, 1)
    first, second, _ = late(made, random.Random(1))
    told, new = provenance(first.codebook), provenance(second.codebook)
    exact = protect(first, salt=b"first")
    book = replace(first.codebook, rounding=5)
    cells = tuple(
        c._replace(households=5 * ((c.households + 2) // 5)) if c.households else c for c in exact.cells
    )
    rounded = Earlier(Publication(book, cells, told, {}, {}), 20, 10)
    safe = protect(second, salt=b"second", earlier=[rounded], provenance=new)
    assert attack.audit(publication(safe, new), earlier=[rounded]).findings == ()


def test_addresses_taken_out_since_a_rounded_release_are_no_contradiction() -> None:
    """The same deliveries by their numbers, yet twelve households of an area are gone: nobody counts as the same."""
    book = codebook()
    made = [(place, frozenset()) for place in [a.code for a in book.at("neighbourhood")] for _ in range(100)]
    told = provenance(book)
    before = protect(synthetic.count(replace(book, rounding=5), made))
    gone = protect(
        synthetic.count(book, made[12:]),
        earlier=[Earlier(publication(before, told), 20, 10)],
        provenance=told,
    )
    assert {cell.status for cell in gone.cells if cell.key.table == "households"} == {"published"}


@pytest.mark.parametrize(
    ("demand", "known"),
    [
        (Demand(Form(0), "up", 21), True),
        (Demand(Form(0), "up", 20), False),
        (Demand(Form(0), "down", 0), False),
        (Demand(Form(0, 1), "up", 20), False),
        (Demand(Form(2), "away", 30), True),
        (Demand(Form(1, 2), "up", 0), True),
    ],
)
def test_what_readers_know_already(demand: Demand, known: bool) -> None:
    """20 = a + b, and 30 = c, as released before."""
    model = releases.model.build(
        [5, 15, 30, 20, 30, 1],
        [
            ("areas", releases.np.array([0, 1, 3]), releases.np.array([1, 1, -1])),
            ("same round", releases.np.array([2, 4]), releases.np.array([1, -1])),
        ],
        [],
    )
    still = releases.np.array([False, False, False, True, True, True])
    there = releases.Together(
        replace(model, forced=still),
        ("",) * 6,
        still,
        frozenset(),
        (),
        (),
        (),
        releases.np.zeros((0, 2), dtype=int),
    )
    assert there.excluded(demand) is known


def test_releases_that_contradict_each_other_are_refused() -> None:
    """800 of the register then and now, but in the parts of an area that were published the total was another."""
    book = codebook()
    made = [(place, frozenset()) for place in [a.code for a in book.at("neighbourhood")] for _ in range(100)]
    counts = synthetic.count(book, made)
    total = CellKey("households", "municipality", book.municipality.code, "", "all")
    cells = tuple(Cell(c.key, 7, c.status) if c.key == total else c for c in protect(counts).cells)
    wrong = Publication(book, cells, provenance(book), {}, {})
    with pytest.raises(DisclosureError, match=r"releases_contradict"):
        protect(counts, earlier=[Earlier(wrong, 20, 10)], provenance=provenance(book))
