"""Inequalities that readers know: covers, total uses and tails (R5, R6 and R7 of docs/disclosure.md)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from factlab.cells import Codebook, Table
from factlab.disclosure.patterns import Column, Matrix
from factlab.errors import DisclosureError

Terms = Mapping[Column, int]


def _table(codebook: Codebook, kind: str, of: str, present: set[Column]) -> Table | None:
    """The table of this kind, if the level has it."""
    names = {name for name, _ in present}
    return next((t for t in codebook.tables if t.kind == kind and t.of == of and t.name in names), None)


def _floors(table: Table, present: set[Column]) -> list[tuple[Column, int, bool]]:
    """The classes with the least number that each stands for, and whether it is open."""
    codes = [c.code for c in table.categories if (table.name, c.code) in present]
    return [((table.name, code), int(code.rstrip("+")), code.endswith("+")) for code in codes]


def _covers(codebook: Codebook, present: set[Column]) -> Iterator[Terms]:
    users = {of: _table(codebook, "users", of, present) for of in ("services", "organisations", "domains")}
    parts: dict[tuple[str, str, str], set[str]] = defaultdict(set)
    for service in codebook.delivered_services:
        parts["domains", service.domain, "services"].add(service.code)
        for organisation in service.organisations:
            parts["organisations", organisation, "services"].add(service.code)
            parts["services", service.code, "organisations"].add(organisation)
    for (of, whole, by), members in sorted(parts.items()):
        table, covering = users[of], users[by]
        if table and covering and (table.name, whole) in present:
            yield {(table.name, whole): -1} | {(covering.name, member): 1 for member in sorted(members)}


def _users(codebook: Codebook, present: set[Column]) -> Iterator[Terms]:
    """Those who use something are all but those who use nothing; every column of users lies within them."""
    everyone = _table(codebook, "all", "", present)
    classes = _table(codebook, "classes", "services", present) or _table(
        codebook, "classes", "domains", present
    )
    if not everyone or not classes:
        return
    for table in codebook.tables:
        for category in table.categories if table.kind == "users" else ():
            if (table.name, category.code) in present:
                yield {
                    (everyone.name, everyone.categories[0].code): 1,
                    (classes.name, "0"): -1,
                    (table.name, category.code): -1,
                }


def _total_uses(codebook: Codebook, present: set[Column]) -> Iterator[Terms]:
    most = {
        "services": len(codebook.delivered_services),
        "organisations": len({o for s in codebook.delivered_services for o in s.organisations}),
    }
    for of, exist in most.items():
        classes, users = (_table(codebook, kind, of, present) for kind in ("classes", "users"))
        if not classes or not users:
            continue
        uses = {(users.name, c.code): 1 for c in users.categories if (users.name, c.code) in present}
        floors = _floors(classes, present)
        yield uses | {column: -floor for column, floor, _ in floors}
        yield dict.fromkeys(uses, -1) | {
            column: max(exist, floor) if is_open else floor for column, floor, is_open in floors
        }


def _tails(codebook: Codebook, present: set[Column]) -> Iterator[Terms]:
    services, domains = (_table(codebook, "classes", of, present) for of in ("services", "domains"))
    if services and domains:
        more, fewer = _floors(services, present), _floors(domains, present)
        top = max((floor for _, floor, is_open in more if is_open), default=len(codebook.domains))
        for least in range(1, min(top, max(floor for _, floor, _ in fewer)) + 1):
            yield {column: 1 for column, floor, _ in more if floor >= least} | {
                column: -1 for column, floor, _ in fewer if floor >= least
            }


def declare(codebook: Codebook, columns: Sequence[Column], evaluated: Matrix) -> list[tuple[str, Matrix]]:
    """Each inequality `sum of a * cell >= 0` of a level, as a vector over its columns, tested on every pattern."""
    place = {column: i for i, column in enumerate(columns)}
    present = set(columns)
    declared: list[tuple[str, Matrix]] = []
    for name, made in (
        ("covers", _covers(codebook, present)),
        ("users", _users(codebook, present)),
        ("total uses", _total_uses(codebook, present)),
        ("tails", _tails(codebook, present)),
    ):
        for terms in made:
            vector = np.zeros(len(columns), dtype=np.int64)
            for column, coefficient in terms.items():
                vector[place[column]] += coefficient
            declared.append((name, vector))
    vectors = np.array([vector for _, vector in declared], dtype=np.float64).reshape(-1, len(columns))
    # whole numbers far below 2^53: exact as floats, and quicker
    false = (evaluated.astype(np.float64) @ vectors.T < 0).any(axis=0)
    if false.any():
        raise DisclosureError("disclosure.inequality_false", relation=declared[int(false.argmax())][0])
    return declared
