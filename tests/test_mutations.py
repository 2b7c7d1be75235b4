"""Take any one kind of relation from the protector, and the attacker wins: neither is decoration."""

from __future__ import annotations

import pytest
from factlab.attack import audit
from factlab.cells import Publication, SafeTable
from factlab.disclosure import protect
from factlab.disclosure.protection import protect_with

from tests import synthetic

SEEDS = range(1, 5)


def published(safe: SafeTable) -> Publication:
    return Publication(safe.codebook, safe.cells, {}, {}, {})


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("threshold", [5, 10])
def test_the_attacker_loses_against_the_whole_protection(seed: int, threshold: int) -> None:
    book = synthetic.codebook(threshold=threshold)
    verdict = audit(published(protect(synthetic.count(book, synthetic.households(book, 3_000, seed)))))
    assert verdict.holds, {finding.kind for finding in verdict.findings}


@pytest.mark.parametrize("left_out", ["areas", "classes", "same cell", "complement"])
def test_the_attacker_wins_when_one_kind_is_left_out(left_out: str) -> None:
    """Not each municipality needs each relation, so that one of several must fall."""
    book = synthetic.codebook()
    assert any(
        not audit(
            published(
                protect_with(
                    synthetic.count(book, synthetic.households(book, 3_000, seed)),
                    b"",
                    without=frozenset({left_out}),
                )
            )
        ).holds
        for seed in SEEDS
    )


@pytest.mark.parametrize("seed", SEEDS)
def test_no_organisation_wins_with_its_own_counts(seed: int) -> None:
    book = synthetic.codebook()
    counts = synthetic.count(book, synthetic.households(book, 3_000, seed), {"org-1": 12, "org-2": 3})
    verdict = audit(published(protect(counts)), insiders=counts.own)
    assert verdict.insiders == 5
    assert verdict.holds, {(finding.kind, finding.by) for finding in verdict.findings}


def test_organisations_win_when_nobody_thought_of_them() -> None:
    book = synthetic.codebook()
    winners = set()
    for seed in SEEDS:
        counts = synthetic.count(book, synthetic.households(book, 3_000, seed))
        safe = protect_with(counts, b"", without=frozenset({"organisations"}))
        winners |= {finding.by for finding in audit(published(safe), insiders=counts.own).findings}
    assert winners - {""}
    assert "" not in winners  # any other reader is still held off


@pytest.mark.parametrize("missing", [frozenset({"org-1"}), frozenset({"org-2", "org-4", "org-5"})])
def test_it_holds_when_organisations_are_missing(missing: frozenset[str]) -> None:
    book = synthetic.codebook(missing=missing)
    verdict = audit(published(protect(synthetic.count(book, synthetic.households(book, 2_500, 3)))))
    assert verdict.holds, {finding.kind for finding in verdict.findings}
