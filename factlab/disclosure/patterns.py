"""A household's pattern of use, the set of (service, organisation) delivered there: which the codebook allows."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from factlab.cells import Codebook, Table
from factlab.errors import DisclosureError

Column = tuple[str, str]  # table, category
Matrix = NDArray[np.int64]
Flags = NDArray[np.bool_]

DRAWN = 6000  # random patterns, besides the empty one, the singles and the pairs


def columns(codebook: Codebook, level: str) -> tuple[Column, ...]:
    """The columns that a level has and that are a yes-or-no of a household's pattern; the others stand apart."""
    return tuple(
        (table.name, category.code)
        for table in codebook.tables
        if level in table.levels and not table.apart
        for category in table.categories
        if category.available
    )


def draw(codebook: Codebook, seed: int = 0) -> Flags:
    """Patterns that the codebook allows, one a row, one (service, organisation) a column.

    The empty one, every single, every pair, whole services and pairs of those, then random ones. Purely random sets hardly ever stay within one
    domain, one organisation or one service, so each is drawn within a random part of the catalogue.
    """
    services = codebook.delivered_services
    uses = [(s, o) for s in services for o in s.organisations]
    if not uses:
        return np.zeros((1, 0), dtype=bool)
    random = np.random.default_rng(seed)
    single = np.eye(len(uses), dtype=bool)
    first, second = np.triu_indices(len(uses), 1)
    drawn = random.random((DRAWN, len(uses))) < random.choice([0.03, 0.1, 0.3, 0.6, 1.0], (DRAWN, 1))
    for part in ([s.domain for s, _ in uses], [o for _, o in uses], [s.code for s, _ in uses]):
        names = sorted(set(part))
        share = random.choice([1.5 / len(names), 4 / len(names), 0.5, 1.0], (DRAWN, 1))
        kept = random.random((DRAWN, len(names))) < share
        drawn &= kept[:, [names.index(name) for name in part]]
    empty = np.zeros((1, len(uses)), dtype=bool)
    # A service with all its organisations, and every two of those: a few services can have many organisations.
    of_service = np.array([[s is other for other, _ in uses] for s in services])
    one, two = np.triu_indices(len(services), 1)
    whole = np.vstack([of_service, of_service[one] | of_service[two]])
    return np.vstack([empty, single, single[first] | single[second], whole, drawn])


def evaluate(codebook: Codebook, wanted: Sequence[Column], patterns: Flags) -> Matrix:
    """Whether a household with the pattern (row) counts in the column: 0 or 1."""
    services = codebook.delivered_services
    uses = [(s, o) for s in services for o in s.organisations]

    def flags(part: Sequence[str], names: Sequence[str]) -> Flags:
        member = np.array([[p == name for name in names] for p in part], dtype=np.float64)
        return (patterns.astype(np.float64) @ member.reshape(len(part), len(names))) > 0

    names = {
        "services": [s.code for s in services],
        "organisations": [o.id for o in codebook.organisations],
        "domains": [d.code for d in codebook.domains],
    }
    used = {
        "services": flags([s.code for s, _ in uses], names["services"]),
        "organisations": flags([o for _, o in uses], names["organisations"]),
        "domains": flags([s.domain for s, _ in uses], names["domains"]),
    }
    number = {of: flag.sum(axis=1) for of, flag in used.items()}

    def rule(table: Table, category: str) -> Flags:
        reached = np.zeros(len(patterns), dtype=bool)
        for of, least in table.rule.items():
            reached |= number[of] >= least
        return reached if category == "yes" else ~reached

    def combination(table: Table, category: str) -> Flags:
        members = [] if category == "none" else category.split("+")
        exact = np.array([name in members for name in names[table.of]])
        return np.asarray((used[table.of] == exact).all(axis=1), dtype=bool)

    def classes(table: Table, category: str) -> Flags:
        if category.endswith("+"):
            return np.asarray(number[table.of] >= int(category[:-1]), dtype=bool)
        return np.asarray(number[table.of] == int(category), dtype=bool)

    def users(table: Table, category: str) -> Flags:
        if category not in names[table.of]:
            return np.zeros(len(patterns), dtype=bool)
        return used[table.of][:, names[table.of].index(category)]

    def everyone(_table: Table, _category: str) -> Flags:
        return np.ones(len(patterns), dtype=bool)

    by_kind: dict[str, Callable[[Table, str], Flags]] = {
        "all": everyone,
        "classes": classes,
        "combination": combination,
        "users": users,
        "rule": rule,
    }
    table = {t.name: t for t in codebook.tables}
    if unknown := {table[name].kind for name, _ in wanted} - set(by_kind):
        raise DisclosureError("disclosure.unknown_kind", kind=", ".join(sorted(unknown)))
    made = [by_kind[table[name].kind](table[name], category) for name, category in wanted]
    return np.column_stack(made).astype(np.int64)
