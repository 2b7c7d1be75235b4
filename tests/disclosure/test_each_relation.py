"""Take one relation or rule from the protector, and a reader who knows it wins somewhere: none is decoration."""

from __future__ import annotations

import random
from dataclasses import replace
from itertools import chain

import pytest
from factlab.cells import CountTable
from factlab.disclosure.protection import protect_with
from factlab.errors import DisclosureError

from tests import synthetic
from tests.disclosure.test_protection import broken

# Where it was needed when this was written: tried first, since not each municipality needs each. Areas, classes, the same
# cell and complements are left out in test_protection.py.
NEEDED = {
    "inclusions": (20,),
    "covers": (92,),
    "tails": (6,),
    "minimum": (1,),
    "difference": (7,),
}


def municipality(seed: int) -> CountTable:
    draw = random.Random(seed)
    book = synthetic.codebook(
        districts=draw.choice([1, 2]),
        neighbourhoods=draw.choice([1, 2, 3]),
        services=draw.choice([3, 4, 5]),
        organisations=draw.choice([2, 3]),
        threshold=draw.choice([5, 10]),
        rule=draw.choice([{"domains": 2, "services": 3}, {"services": 2}]),
    )
    return synthetic.count(book, synthetic.households(book, draw.choice([40, 80, 150, 300]), seed))


def loses(seed: int, without: str) -> bool:
    counts = municipality(seed)
    try:
        return bool(broken(counts, protect_with(counts, b"", frozenset({without, "organisations"}))))
    except DisclosureError:
        return False


@pytest.mark.parametrize("without", list(NEEDED))
def test_each_is_needed_somewhere(without: str) -> None:
    seeds = NEEDED[without]
    assert (
        broken(
            municipality(seeds[0]), protect_with(municipality(seeds[0]), b"", frozenset({"organisations"}))
        )
        == []
    )
    assert any(loses(seed, without) for seed in chain(seeds, range(1, 120)))


def two_districts(tables: str, services: int, *uses: tuple[str, int, int]) -> CountTable:
    """A hundred households each; `uses` are services joined by +, and how many households use just these in either."""
    book = synthetic.codebook(districts=2, neighbourhoods=1, services=services, organisations=1, threshold=10)
    book = replace(book, tables=tuple(t for t in book.tables if t.name in tables.split()))
    made: list[synthetic.Household] = []
    for n, place in enumerate(book.at("neighbourhood")):
        own = [
            frozenset((s, "org-1") for s in name.split("+"))
            for name, *number in uses
            for _ in range(number[n])
        ]
        made += [(place.code, use) for use in (*own, *[frozenset()] * (100 - len(own)))]
    whole = synthetic.count(
        synthetic.codebook(districts=2, neighbourhoods=1, services=services, organisations=1), made
    )
    return CountTable(book, {key: whole.counts[key] for key in book.keys})


@pytest.mark.parametrize(
    ("without", "counts"),
    [
        # 9 and 11 of 12 users each, 20 together: each is 8 to 12
        ("users", two_districts("households domains service", 7, ("S01+S04", 9, 11), ("S04", 3, 1))),
        # 21 and 23 uses by as many users, of which 12 each are of the other service
        ("total uses", two_districts("households services service", 7, ("S01", 9, 11), ("S04", 12, 12))),
        # 5 of a hundred don't use it; all use it; nobody uses nothing
        ("complement", two_districts("households service", 7, ("S04", 95, 50))),
        ("everyone", two_districts("households service", 7, ("S04", 100, 50))),
        ("nobody without", two_districts("households services", 7, ("S01", 60, 30), ("S01+S04", 40, 20))),
    ],
)
def test_each_is_needed_here(without: str, counts: CountTable) -> None:
    assert broken(counts, protect_with(counts, b"", frozenset())) == []
    assert broken(counts, protect_with(counts, b"", frozenset({without})))
