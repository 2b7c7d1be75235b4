"""What adds up between columns is found from the codebook alone: all of it, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest
from factlab.cells import Codebook
from factlab.disclosure import identities, inclusions, inequalities, knowledge, patterns
from factlab.errors import DisclosureError

from tests import synthetic
from tests.disclosure import reader

Column = tuple[str, str]


def found(book: Codebook, columns: list[Column]) -> list[np.ndarray]:
    first, second = (patterns.evaluate(book, columns, patterns.draw(book, seed)) for seed in (1, 2))
    return [vector for _, vector in identities.find(columns, first, second)]


def same_space(a: list[np.ndarray], b: list[np.ndarray]) -> bool:
    ranks = {np.linalg.matrix_rank(np.array(rows, dtype=float)) for rows in (a, b, [*a, *b])}
    return len(ranks) == 1


def vector(columns: list[Column], terms: Mapping[Column, int]) -> np.ndarray:
    return np.array([terms.get(column, 0) for column in columns])


SMALL = {"households": None, "services": None, "domains": None, "domain": None, "service": None}


def columns_44(book: Codebook) -> list[Column]:
    """Households, six classes of services, four of domains, three domains, thirty services."""
    return [c for c in patterns.columns(book, "municipality") if c[0] in SMALL]


def expected_44(columns: list[Column]) -> list[np.ndarray]:
    everyone = {("households", "all"): -1}
    classes = [c for c in columns if c[0] == "services"]
    domains = [c for c in columns if c[0] == "domains"]
    return [
        vector(columns, everyone | dict.fromkeys(classes, 1)),
        vector(columns, everyone | dict.fromkeys(domains, 1)),
        vector(columns, {("services", "0"): 1, ("domains", "0"): -1}),
        vector(
            columns,
            {c: 1 for c in columns if c[0] == "domain"} | {c: -int(c[1]) for c in domains},
        ),
    ]


def test_forty_four_columns_have_exactly_the_four_identities() -> None:
    book = synthetic.codebook(services=30, organisations=7)
    columns = columns_44(book)
    assert len(columns) == 1 + 6 + 4 + 3 + 30
    basis = found(book, columns)
    assert len(basis) == 4
    assert same_space(basis, expected_44(columns))


@pytest.mark.parametrize("dropped", [("services", "5+"), ("domains", "2"), ("domain", "wmo")])
def test_an_identity_is_gone_when_one_of_its_columns_is(dropped: Column) -> None:
    book = synthetic.codebook(services=30, organisations=7)
    columns = [column for column in columns_44(book) if column != dropped]
    kept = [v for v in expected_44(columns_44(book)) if not v[columns_44(book).index(dropped)]]
    # of those that held the dropped column, what can be combined without it is still there
    basis = found(book, columns)
    assert len(basis) == 3
    at = columns_44(book).index(dropped)
    assert all(np.linalg.matrix_rank([*basis, np.delete(v, at)]) == 3 for v in kept)


@pytest.mark.parametrize("missing", [frozenset[str](), frozenset({"org-1", "org-3"})])
def test_every_identity_of_a_whole_publication_is_found_and_holds_in_any_area(
    missing: frozenset[str],
) -> None:
    book = synthetic.codebook(missing=missing)
    known = knowledge.gather(book)
    for level in book.levels:
        matrix = reader.evaluate(book, level)
        vectors = np.array([v for _, v in known[level].equal])
        assert not (matrix @ vectors.T).any(), "each holds for patterns drawn and counted by other code"
        assert len(vectors) == matrix.shape[1] - np.linalg.matrix_rank(matrix), "none is missing"
        assert np.abs(vectors).max() <= 5, "and all have small coefficients"


def test_an_organisation_with_one_service_that_nobody_else_delivers_is_that_service() -> None:
    book = synthetic.codebook(services=5, organisations=5)
    alone = [
        (service.code, service.organisations[0])
        for service in book.services
        if len(service.organisations) == 1
        and sum(service.organisations[0] in other.organisations for other in book.services) == 1
    ]
    columns = list(patterns.columns(book, "district"))
    basis = found(book, columns)
    for service, organisation in alone:
        same = vector(columns, {("service", service): 1, ("organisation", organisation): -1})
        assert np.linalg.matrix_rank([*basis, same]) == len(basis)


def test_inclusions_are_those_that_follow_from_the_definitions() -> None:
    book = synthetic.codebook(services=8, organisations=3, rule={"domains": 2, "services": 3})
    known = knowledge.gather(book)["district"]
    within = {(known.columns[a], known.columns[b]) for a, b in np.argwhere(known.within)}
    service = book.services[0]
    for inside, whole in [
        (("service", service.code), ("domain", service.domain)),
        (("domain_combination", "jeugd+wmo"), ("domain", "wmo")),
        (("domain_combination", "jeugd+wmo"), ("vulnerable", "yes")),
        (("services", "3"), ("vulnerable", "yes")),
        (("services", "1"), ("vulnerable", "no")),
        (("services", "1"), ("domains", "1")),
        (("domains", "3"), ("domains", "3")),
        (("organisations", "0"), ("households", "all")),
    ]:
        assert ((inside, whole) in within) == (inside != whole)
    for inside, whole in [
        (("services", "2"), ("vulnerable", "yes")),  # two services of one domain are not
        (("services", "1"), ("organisations", "1")),  # two organisations can deliver one service
        (("organisations", "1"), ("domains", "1")),
        (("domain", "wmo"), ("domain_combination", "wmo")),
        (("services", "5+"), ("organisations", "2")),
    ]:
        assert (inside, whole) not in within


def test_the_least_inclusions_imply_all_others() -> None:
    book = synthetic.codebook()
    columns = patterns.columns(book, "municipality")
    everything = inclusions.find(patterns.evaluate(book, columns, patterns.draw(book, 1)))
    reach = everything & everything.T  # equal columns, then follow the least ones
    for a, b in inclusions.least(everything):
        reach[a, b] = True
    for _ in range(6):
        reach |= (reach.astype(int) @ reach.astype(int)) > 0
    assert (reach == everything).all()


def test_inequalities_hold_for_patterns_of_other_code() -> None:
    book = synthetic.codebook(missing=frozenset({"org-2"}))
    for level, known in knowledge.gather(book).items():
        matrix = reader.evaluate(book, level)
        assert ((matrix @ np.array([v for _, v in known.least]).T) >= 0).all()
    assert {kind for kind, _ in knowledge.gather(book)["district"].least} == {
        "inclusions",
        "covers",
        "users",
        "total uses",
        "tails",
    }


def test_an_inequality_that_some_household_breaks_is_refused() -> None:
    book = synthetic.codebook()
    columns = patterns.columns(book, "district")
    evaluated = patterns.evaluate(book, columns, patterns.draw(book, 1))
    evaluated[:, columns.index(("service", "S01"))] = 0  # as if a service were not counted
    with pytest.raises(DisclosureError, match=r"disclosure\.inequality_false"):
        inequalities.declare(book, columns, evaluated)


def test_patterns_too_poor_to_tell_are_noticed() -> None:
    book = synthetic.codebook()
    columns = patterns.columns(book, "district")
    rich = patterns.evaluate(book, columns, patterns.draw(book, 1))
    poor = rich[
        :30
    ]  # the empty pattern and singles only: they suggest that all who use anything use one service
    with pytest.raises(DisclosureError, match=r"disclosure\.identities_unclear"):
        identities.find(columns, poor, rich)


def test_a_category_that_nobody_can_reach_is_forced_to_zero() -> None:
    book = synthetic.codebook(services=3, organisations=4)
    known = knowledge.gather(book)["neighbourhood"]
    forced = {known.columns[i] for i in np.flatnonzero(known.forced)}
    assert forced == {("services", "4"), ("services", "5+")}
