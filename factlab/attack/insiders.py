"""What an organisation knows of everybody's use, from what it counts of its own clients (docs/disclosure.md, I1 to I3)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from factlab.attack.patterns import Column, class_range
from factlab.attack.relations import LevelRelations, Relations
from factlab.attack.system import OPEN, Rows, System, beside, places
from factlab.cells import CellKey, Codebook, Of, Publication


@dataclass(frozen=True)
class Shared:
    """Σ of columns over all use, less the same or another Σ over the insider's own clients: 0, or at least 0."""

    row: tuple[tuple[Column, int], ...]
    own: tuple[Column, ...]
    equal: bool


class Insiders:
    """The cells of a publication as its participants know them."""

    def __init__(self, relations: Relations, keys: Sequence[CellKey]) -> None:
        self.relations, self.keys = relations, keys
        book = relations.book
        index = {key: n for n, key in enumerate(keys)}
        self._levels = []
        for level in book.levels:
            apart = tuple(
                (table.name, category.code)
                for table in book.tables
                if table.apart and level in table.levels
                for category in table.categories
                if category.available
            )
            columns = (*relations.level[level].columns, *apart)
            self._levels.append((level, columns, apart, places(book, index, level, columns)))

    def own(self, who: str) -> NDArray[np.bool_]:
        """The cells that tell this participant of nobody but its own clients (I1)."""
        own = np.zeros(len(self.keys), dtype=bool)
        for _, columns, _, at in self._levels:
            its = set(determined(self.relations, columns, who))
            own[at[:, [n for n, column in enumerate(columns) if column in its]]] = True
        return own

    def taught(self, system: System, who: str, counts: Mapping[CellKey, int]) -> System:
        """The system with what this participant knows from its own counts. Its first cells are those of the publication."""
        book = self.relations.book
        rows = Rows()
        least, most = (end.copy() for end in system.ends)
        for level, columns, apart, at in self._levels:
            place = {column: n for n, column in enumerate(columns)}
            mine = np.array(
                [
                    [counts.get(CellKey(table, level, area.code, "", code), 0) for table, code in columns]
                    for area in book.at(level)
                ],
                dtype=np.int64,
            ).reshape(at.shape)
            found = self.relations.level[level]
            for told in (*shared(self.relations, found, who), *_apart(book, apart, who)):
                counted = mine[:, [place[column] for column in told.own]].sum(axis=1)
                cells = at[:, [place[column] for column, _ in told.row]]
                factors = [factor for _, factor in told.row]
                if factors == [1]:  # a single cell: these are its ends
                    cell = cells[:, 0]
                    least[cell] = np.maximum(least[cell], counted)
                    if told.equal:
                        most[cell] = np.where(most[cell] == OPEN, counted, np.minimum(most[cell], counted))
                else:
                    low = -counted if factors[0] < 0 else counted
                    rows.add("own clients", cells, factors, equal=told.equal, low=low)
        return beside(system, rows, (least, most))


def overlaps(publication: Publication, system: System, insiders: Mapping[str, Mapping[CellKey, int]]) -> int:
    """For how many published numbers of users some insider's own clients are all of them but 1 to k - 1."""
    book = publication.codebook
    users = {
        table.name for table in book.tables if table.kind == "users" and table.of in ("services", "domains")
    }
    most = system.ends[1].tolist()
    return sum(
        any(1 <= most[n] - counts.get(key, 0) < book.threshold for counts in insiders.values())
        for n, key in enumerate(system.keys)
        if key.table in users and system.printed[n] >= 0
    )


def _deliverers(book: Codebook) -> dict[str, frozenset[str]]:
    return {service.code: frozenset(service.organisations) for service in book.delivered_services}


def _alone(book: Codebook, who: str) -> tuple[set[str], set[str], bool]:
    """Services, and domains, that nobody else delivered; and whether nobody else delivered anything."""
    services = book.delivered_services
    sole = {s.code for s in services if s.organisations == (who,)}
    domains = {s.domain for s in services} - {s.domain for s in services if s.code not in sole}
    return sole, domains, bool(services) and len(sole) == len(services)


def determined(relations: Relations, columns: Iterable[Column], who: str) -> list[Column]:
    """The columns that tell of no household but the insider's own clients."""
    book = relations.book
    services, domains, everything = _alone(book, who)
    reporters = _reporters(book)
    found = []
    for name, code in columns:
        table = book.table(name)
        if table.kind == "reported":
            mine = reporters.get(code) == {who}
        elif table.kind in ("unmatched", "users") and table.of == "organisations":
            mine = code == who
        elif table.kind == "users":
            mine = code in (services if table.of == "services" else domains)
        else:
            mine = everything and table.kind != "all"
        if mine:
            found.append((name, code))
    return found


def _reporters(book: Codebook) -> dict[str, set[str]]:
    """Who reported a service, by service."""
    found: dict[str, set[str]] = {}
    for reporter in book.reporters:
        for code in reporter.services if reporter.delivered else ():
            found.setdefault(code, set()).add(reporter.id)
    return found


def _apart(book: Codebook, columns: Iterable[Column], who: str) -> Iterable[Shared]:
    """What it knows of its own addresses that weren't found, and of what it reported."""
    reporters = _reporters(book)
    for column in columns:
        name, code = column
        kind = book.table(name).kind
        if kind == "unmatched" and code == who:
            yield Shared(((column, 1),), (column,), True)
        if kind == "reported" and who in reporters.get(code, ()):
            yield Shared(((column, 1),), (column,), reporters[code] == {who})


def shared(relations: Relations, found: LevelRelations, who: str) -> Iterable[Shared]:
    """What it knows between the columns of one area (I1 to I3)."""
    book = relations.book
    deliverers = _deliverers(book)
    if not any(who in organisations for organisations in deliverers.values()):
        return
    there = set(found.columns)
    _, alone, everything = _alone(book, who)
    equal = set(determined(relations, found.columns, who))
    everyone = [(t.name, c.code) for t in book.tables if t.kind == "all" for c in t.categories]
    for column in everyone:
        if column in there:
            yield Shared(((column, 1),), (column,), False)
    for table in book.tables:
        columns = [(table.name, c.code) for c in table.categories if (table.name, c.code) in there]
        for column in columns:
            if table.kind == "users" or (table.kind == "rule" and column[1] == "yes"):
                yield Shared(((column, 1),), (column,), column in equal)
            elif everything and not relations.patterns.takes_non_users(column) and table.kind != "all":
                yield Shared(((column, 1),), (column,), True)
        if table.kind == "classes" and not everything:
            ranges = {column: class_range(column[1])[0] for column in columns}
            for j in sorted(set(ranges.values()) - {0}):
                tail = tuple(column for column in columns if ranges[column] >= j)
                yield Shared(tuple((column, 1) for column in tail), tail, False)
        if table.kind == "combination" and not everything:
            yield from _combinations(relations, columns, alone)
    yield from _covers(book, there, deliverers, who)


def _combinations(relations: Relations, columns: list[Column], alone: set[str]) -> Iterable[Shared]:
    """Of each set of domains: households with at least those; and, of those that it delivers alone, with just those."""
    held = {column: frozenset(column[1].split("+")) - {"none"} for column in columns}
    if len(held) != 1 << len(relations.patterns.of["domains"]):
        return  # a combination has no column
    for chosen in sorted(set(held.values()) - {frozenset()}, key=sorted):
        more = tuple(column for column in columns if held[column] >= chosen)
        yield Shared(tuple((column, 1) for column in more), more, False)
        if chosen <= alone:
            just = tuple(column for column in columns if held[column] & alone == chosen)
            yield Shared(tuple((column, 1) for column in just), just, True)


def _covers(
    book: Codebook, there: set[Column], deliverers: Mapping[str, frozenset[str]], who: str
) -> Iterable[Shared]:
    """Who uses a service that others deliver too is its client there, or somebody's client: and so for a domain."""

    def column(of: Of, code: str) -> Column | None:
        named = [(t.name, code) for t in book.tables if t.kind == "users" and t.of == of]
        return next((c for c in named if c in there), None)

    domain_of = {service.code: service.domain for service in book.delivered_services}
    covers: list[tuple[Column | None, list[Column | None]]] = [
        (column("services", code), [column("organisations", o) for o in sorted(organisations - {who})])
        for code, organisations in deliverers.items()
        if who in organisations and len(organisations) > 1
    ]
    for domain in sorted({d for code, d in domain_of.items() if who in deliverers[code]}):
        others = [code for code, d in domain_of.items() if d == domain and deliverers[code] != {who}]
        covers.append((column("domains", domain), [column("services", code) for code in others]))
    for whole, parts in covers:
        told = [part for part in parts if part is not None]
        if whole is not None and told and len(told) == len(parts):
            row = ((whole, -1), *((part, 1) for part in told))
            yield Shared(row, (whole,), False)
