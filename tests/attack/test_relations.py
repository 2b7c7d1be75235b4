"""The attacker's relations are reasoned from the codebook; here they meet households drawn from it.

Every relation must hold for each household, and none may be missing: the identities must be all that the columns
have, and each inclusion that the households show must have been found.
"""

from __future__ import annotations

import random
from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
from factlab.agreement import tables
from factlab.attack.relations import Relations
from factlab.cells import Category, Codebook, Domain, Organisation, Service

from tests import synthetic

Pair = tuple[str, str]


def book_of(
    services: dict[str, tuple[str, str]],
    *,
    missing: frozenset[str] = frozenset(),
    lowest: dict[str, str] | None = None,
    rule: dict[str, int] | None = None,
    top: int = 5,
    extra_domains: tuple[str, ...] = (),
) -> Codebook:
    """A codebook of one area, from `{service: (domain, "org org")}`."""
    base = synthetic.codebook(districts=1, neighbourhoods=1)
    names = sorted({domain for domain, _ in services.values()} | set(extra_domains))
    domains = tuple(Domain(name, name, name) for name in names)
    catalogue = tuple(
        Service(code, code, code, domain, 0, "formal", tuple(orgs.split()))
        for code, (domain, orgs) in services.items()
    )
    ids = sorted({o for service in catalogue for o in service.organisations} | missing)
    parties = tuple(Organisation(i, i, i not in missing) for i in ids)
    built = tables.build(
        levels=base.levels,
        lowest=lowest or {},
        domains=domains,
        services=catalogue,
        organisations=parties,
        rule=rule or {"domains": 2, "services": 3},
        top=top,
    )
    return replace(base, domains=domains, services=catalogue, organisations=parties, tables=built)


def patterns(book: Codebook, number: int = 3000) -> list[tuple[Pair, ...]]:
    """Every pattern where there are few, else the empty one, ones, twos, nearly all, and random ones of every size."""
    pairs = [(s.code, o) for s in book.delivered_services for o in s.organisations]
    if len(pairs) <= 11:
        return [chosen for size in range(len(pairs) + 1) for chosen in combinations(pairs, size)]
    draw = random.Random(5)
    found: list[tuple[Pair, ...]] = [(), tuple(pairs)]
    found += [(pair,) for pair in pairs] + list(combinations(pairs, 2))
    found += [tuple(p for p in pairs if p != left) for left in pairs]
    for two in combinations(
        sorted({s for s, _ in pairs}), 2
    ):  # two services of as many organisations as can be
        found.append(tuple(pair for pair in pairs if pair[0] in two))
    for part in range(2):
        for name in sorted({pair[part] for pair in pairs}):
            of = [pair for pair in pairs if pair[part] == name]
            found += [tuple(of), tuple(pair for pair in pairs if pair not in of)]
    for _ in range(number):
        few = pairs if draw.random() < 0.5 else draw.sample(pairs, draw.randint(3, len(pairs)))
        found.append(tuple(draw.sample(few, draw.randint(1, len(few)))))
    return found


def counted(book: Codebook, uses: tuple[Pair, ...]) -> set[Pair]:
    """As tests.synthetic.columns, for tables with any top class."""
    domain_of = {service.code: service.domain for service in book.services}
    used = {
        "services": {s for s, _ in uses},
        "organisations": {o for _, o in uses},
        "domains": {domain_of[s] for s, _ in uses},
    }
    found = set()
    for table in book.tables:
        if table.kind == "all":
            found.add((table.name, "all"))
        elif table.kind == "users":
            found |= {(table.name, code) for code in used[table.of]}
        elif table.kind == "classes":
            n = len(used[table.of])
            found.add((table.name, f"{table.top}+" if table.top is not None and n >= table.top else str(n)))
        elif table.kind == "combination":
            found.add((table.name, "+".join(sorted(used["domains"])) or "none"))
        elif table.kind == "rule":
            reached = any(len(used[of]) >= n for of, n in table.rule.items())
            found.add((table.name, "yes" if reached else "no"))
    return found


DISTRICT = {"service": "district", "organisation": "district", "organisations": "district"}
BOOKS: dict[str, Codebook] = {
    "the usual": synthetic.codebook(),
    "a city": synthetic.codebook(services=24, organisations=12),
    "organisations are missing": synthetic.codebook(missing=frozenset({"org-1", "org-3"})),
    "nobody delivered": synthetic.codebook(missing=frozenset(f"org-{n}" for n in range(1, 6))),
    "one organisation": synthetic.codebook(organisations=1),
    "one service each": synthetic.codebook(services=3, organisations=3),
    "one service": book_of({"a": ("x", "o")}),
    "one service of two organisations": book_of({"a": ("x", "o p")}),
    "one domain": book_of({"a": ("x", "o"), "b": ("x", "o p"), "c": ("x", "q"), "d": ("x", "p q")}),
    "fewer services than classes": book_of({"a": ("x", "o"), "b": ("x", "p"), "c": ("y", "p")}),
    "as many services as classes": book_of({c: ("xy"[n % 2], "opq"[n % 3]) for n, c in enumerate("abcde")}),
    "just more services than classes": book_of(
        {c: ("xy"[n % 2], "opq"[n % 3]) for n, c in enumerate("abcdef")}
    ),
    "an organisation is its service": book_of({"a": ("x", "o"), "b": ("x", "p q"), "c": ("y", "q")}),
    "an organisation is its domain": book_of(
        {"a": ("x", "o"), "b": ("x", "o"), "c": ("y", "p"), "d": ("y", "q"), "e": ("z", "q")}
    ),
    "organisations over domains": book_of(
        {c: ("xyz"[n % 3], ["o", "o p", "q", "p r"][n % 4]) for n, c in enumerate("abcdefgh")}
    ),
    "an undelivered domain": book_of(
        {"a": ("x", "o"), "b": ("x", "p"), "c": ("y", "m"), "d": ("z", "o m")}, missing=frozenset({"m"})
    ),
    "a domain without services": book_of({"a": ("x", "o"), "b": ("y", "p o")}, extra_domains=("w",)),
    "one organisation per service": book_of({c: ("xy"[n % 2], c.upper()) for n, c in enumerate("abcdefg")}),
    "a lone domain beside a big one": book_of(
        {"a": ("x", "o"), **dict.fromkeys("bcdefg", ("y", "p q"))}, rule={"domains": 2}
    ),
    "rule on services": book_of(
        {c: ("xyz"[n % 3], "o p") for n, c in enumerate("abcdef")}, rule={"services": 2}
    ),
    "rule on organisations": book_of(
        {c: ("xyz"[n % 3], ["o", "p q"][n % 2]) for n, c in enumerate("abcdef")}, rule={"organisations": 2}
    ),
    "rule above the top class": book_of(
        {c: ("xy"[n % 2], "opq"[n % 3]) for n, c in enumerate("abcdef")}, rule={"services": 6}
    ),
    "rule on all three": book_of(
        {c: ("xyz"[n % 3], ["o", "p q", "r"][n % 3]) for n, c in enumerate("abcdefg")},
        rule={"domains": 3, "services": 4, "organisations": 3},
    ),
    "rule that all users reach": book_of(
        {"a": ("x", "o"), "b": ("y", "o p"), "c": ("y", "p")}, rule={"services": 1}
    ),
    "rule that nobody reaches": book_of({"a": ("x", "o"), "b": ("y", "p")}, rule={"domains": 3}),
    "a low top class": book_of({c: ("xyz"[n % 3], "o p") for n, c in enumerate("abcdef")}, top=2),
    "classes per neighbourhood, services not": synthetic.codebook(
        services=4, organisations=4, lowest={"service": "municipality", "domain_combination": "district"}
    ),
    "no combinations": synthetic.codebook(lowest={"domain_combination": "municipality"}),
    "organisations below, services not": synthetic.codebook(
        services=4, organisations=4, lowest={"service": "municipality", "organisation": "neighbourhood"}
    ),
    "no households below": synthetic.codebook(lowest={"households": "district"}),
}


@pytest.mark.parametrize("name", BOOKS)
def test_relations_hold_and_none_is_missing(name: str) -> None:
    book = BOOKS[name]
    drawn = [counted(book, uses) for uses in patterns(book)]
    for level, found in Relations(book).level.items():
        columns = list(found.columns)
        seen = np.array([[column in there for column in columns] for there in drawn], dtype=np.int64)
        place = {column: n for n, column in enumerate(columns)}

        equal = []
        for relation in found.relations:
            factors = np.zeros(len(columns), dtype=np.int64)
            for column, factor in relation.row:
                factors[place[column]] = factor
            value = seen @ factors
            assert (value == 0).all() if relation.equal else (value >= 0).all(), (level, relation)
            if relation.equal:
                equal.append(factors)

        rank = int(np.linalg.matrix_rank(np.array(equal))) if equal else 0
        assert rank == len(equal) == len(columns) - int(np.linalg.matrix_rank(seen)), level

        outside = seen.T @ (1 - seen)  # A x B: households in A and not in B
        held = seen.any(axis=0)
        shown = {
            (columns[a], columns[b])
            for a, b in np.argwhere(outside == 0)
            if a != b and held[a] and outside[b, a] > 0
        }
        assert set(found.inclusions) == shown, level
        assert found.zero == {columns[n] for n in np.flatnonzero(~held)}, level
        if found.households:
            assert (seen @ np.array([dict(found.households).get(c, 0) for c in columns]) == 1).all()
        elif level != "neighbourhood" or name != "no households below":
            assert found.households


def test_a_class_that_has_no_row_is_no_class_sum() -> None:
    """A table that leaves out a number of domains doesn't add up to the households."""
    book = synthetic.codebook()
    cut = tuple(
        replace(t, categories=tuple(c for c in t.categories if c.code != "2")) if t.name == "domains" else t
        for t in book.tables
    )
    found = Relations(replace(book, tables=cut)).level["neighbourhood"]
    for relation in found.relations:
        if relation.kind == "columns":
            assert {c for (table, c), _ in relation.row if table == "domains"} != {"0", "1", "3"}


def test_an_unavailable_column_takes_part_in_no_relation() -> None:
    book = synthetic.codebook(missing=frozenset({"org-1"}))
    hidden = tuple(
        replace(t, categories=tuple(Category(c.code, c.nl, c.en, c.code != "S02") for c in t.categories))
        if t.name == "service"
        else t
        for t in book.tables
    )
    for level in Relations(replace(book, tables=hidden)).level.values():
        named = {column for relation in level.relations for column, _ in relation.row}
        assert ("service", "S02") not in named and ("organisation", "org-1") not in named
