"""A publication rounded to a base: what may never happen to a number, and that the numbers are a table that could be."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from factlab.attack import audit
from factlab.cells import CellKey, CountTable, Publication, SafeTable
from factlab.disclosure import model, protect, protection, rounding
from scipy import optimize

from tests import synthetic
from tests.disclosure.reader import Reader
from tests.disclosure.test_protection import municipality


def rounded(counts: CountTable, base: int) -> CountTable:
    return replace(counts, codebook=replace(counts.codebook, rounding=base))


def numbers(safe: SafeTable) -> dict[CellKey, int]:
    return {cell.key: cell.households for cell in safe.cells if cell.households is not None}


def faults(counts: CountTable, safe: SafeTable) -> list[str]:
    """What may not be, of any rounded number and of any two of which one is part of the other."""
    base, k, told, wrong = safe.codebook.rounding, safe.codebook.threshold, numbers(safe), []
    for key, number in told.items():
        exact = counts.counts[key]
        if number % base or abs(number - exact) >= base or (number == 0) != (exact == 0) or 0 < number < k:
            wrong.append(f"{key}: {exact} as {number}")
    for a, b in Reader(safe).inclusions:
        if a in told and b in told:
            exact, between = counts.counts[b] - counts.counts[a], told[b] - told[a]
            if (between < k) if exact else between:
                wrong.append(f"{a} in {b}: {exact} apart as {between}")
    return wrong


def could_be(safe: SafeTable, told: Mapping[CellKey, int]) -> bool:
    """Whether some numbers in the hidden cells let these numbers keep every relation, as another reader knows them."""
    reader = Reader(safe)
    size = len(reader.place)
    fixed = np.array([told.get(key, -1) for key in reader.place], dtype=float)
    equal, least = reader._matrix(reader.equal), reader._matrix(reader.least)
    solved = optimize.linprog(
        np.zeros(size),
        A_ub=-least,
        b_ub=np.zeros(least.shape[0]),
        A_eq=equal,
        b_eq=np.zeros(equal.shape[0]),
        bounds=[(n, n) if n >= 0 else (0, None) for n in fixed],
        method="highs",
    )
    return bool(solved.status == 0)


# -- by hand -----------------------------------------------------------------------------------------------------


def one_neighbourhood() -> CountTable:
    """124 households, of which 83 use nothing, 12 the one service, 18 the other and 11 both; the municipality, its one
    district and its one neighbourhood are the same. Two organisations deliver both services."""
    book = synthetic.codebook(districts=1, neighbourhoods=1, services=2, organisations=2)
    first, second = both = tuple(organisation.id for organisation in book.organisations)
    book = replace(book, services=tuple(replace(service, organisations=both) for service in book.services))
    one, two = (service.code for service in book.services)
    uses: list[tuple[int, list[tuple[str, str]]]] = [
        (83, []),
        (12, [(one, first)]),
        (18, [(two, first), (two, second)]),
        (11, [(one, first), (two, second)]),
    ]
    (place,) = book.at("neighbourhood")
    made = [(place.code, frozenset(pattern)) for number, pattern in uses for _ in range(number)]
    return synthetic.count(book, made)


def test_a_small_publication_by_hand() -> None:
    counts = one_neighbourhood()
    told = numbers(protect(rounded(counts, 5)))
    for area in counts.codebook.areas:
        found = {(key.table, key.category): n for key, n in told.items() if key.area_code == area.code and n}
        assert found == {
            ("households", "all"): 125,  # 83 + 12 + 18 + 11 = 124
            ("services", "0"): 85,
            ("services", "1"): 30,  # 85 + 30 + 10 = 125
            ("services", "2"): 10,
            ("domains", "0"): 85,
            ("domains", "1"): 30,
            ("domains", "2"): 10,
            ("domain_combination", "none"): 85,
            ("domain_combination", "jeugd"): 10,
            ("domain_combination", "pwet"): 20,  # 85 + 10 + 20 + 10 = 125
            ("domain_combination", "jeugd+pwet"): 10,
            ("domain", "jeugd"): 20,  # 12 + 11 = 23 is nearer to 25, but 10 + 10 = 20
            ("domain", "pwet"): 30,
            ("vulnerable", "yes"): 10,
            ("vulnerable", "no"): 115,
            **(
                {
                    ("organisations", "0"): 85,
                    ("organisations", "1"): 10,
                    ("organisations", "2"): 30,
                    ("service", "S01"): 20,
                    ("service", "S02"): 30,
                    ("organisation", "org-1"): 40,
                    ("organisation", "org-2"): 30,
                }
                if area.level != "neighbourhood"
                else {}
            ),
        }


# -- random municipalities ---------------------------------------------------------------------------------------

CASES = [(2, 5, 5), (3, 10, 2), (4, 10, 10), (5, 10, 5), (7, 12, 3)]


@pytest.mark.parametrize(("seed", "threshold", "base"), CASES)
def test_rounded_numbers_are_near_and_could_be(seed: int, threshold: int, base: int) -> None:
    missing = frozenset({"org-2"}) if seed % 2 else frozenset()
    households = random.Random(seed).choice([400, 700])
    counts = rounded(municipality(seed, threshold, missing, households), base)
    safe = protect(counts, salt=b"round")
    assert len(numbers(safe)) > 20
    assert faults(counts, safe) == []
    assert could_be(safe, numbers(safe))
    assert safe.certificate["rounding"] == {
        "base": base,
        "method": rounding.METHOD,
        "relations_that_fail": 0,
    }
    verdict = audit(Publication(safe.codebook, safe.cells, {}, {}, {}), insiders=counts.own)
    assert verdict.holds, {(finding.kind, finding.by) for finding in verdict.findings}


def test_the_salt_decides_and_nothing_else() -> None:
    exact = municipality(5, 10, households=400)
    counts = rounded(exact, 5)
    safe, once, again = (
        protect(exact, salt=b"one"),
        protect(counts, salt=b"one"),
        protect(counts, salt=b"one"),
    )
    assert once.cells == again.cells
    assert once.certificate == again.certificate
    assert [cell.status for cell in once.cells] == [cell.status for cell in safe.cells]
    assert "rounding" not in safe.certificate

    larger = municipality(5, 10, households=2500)
    asked = replace(
        protection.protect_with(larger, b"", frozenset({"organisations"})), codebook=counts.codebook
    )
    everywhere = model.places(asked.codebook)
    whole = model.publication(larger, everywhere)
    told = {protection.finish(asked, everywhere, whole, bytes([salt])).cells for salt in range(4)}
    assert len(told) > 1

    # Each number rounded on its own could not be: so the reader above is no straw man.
    assert not could_be(safe, {key: 5 * round(n / 5) for key, n in numbers(safe).items()})


def test_when_no_rounding_is_found_all_go_down(monkeypatch: pytest.MonkeyPatch) -> None:
    counts = rounded(municipality(5, 10, households=900), 5)
    monkeypatch.setattr(
        rounding,
        "optimize",
        SimpleNamespace(
            milp=lambda *_, **__: SimpleNamespace(x=None),
            LinearConstraint=optimize.LinearConstraint,
            Bounds=optimize.Bounds,
        ),
    )
    safe = protect(counts, salt=b"round")
    assert faults(counts, safe) == []
    assert all(n == counts.counts[key] // 5 * 5 for key, n in numbers(safe).items())
    assert safe.certificate["rounding"]["relations_that_fail"] > 0
    assert audit(Publication(safe.codebook, safe.cells, {}, {}, {})).holds


def test_where_not_every_sum_can_hold_the_certificate_says_so() -> None:
    """To 2, the odd numbers of this municipality can't all be moved by one so that everything adds up."""
    exact = municipality(31, 10, frozenset({"org-2"}))
    safe = protection.protect_with(rounded(exact, 2), b"\x1f", frozenset({"organisations"}))
    assert safe.certificate["rounding"]["relations_that_fail"] == 1
    assert not could_be(safe, numbers(safe))
    assert faults(exact, safe) == []
    assert audit(Publication(safe.codebook, safe.cells, {}, {}, {})).holds
