"""The values that pass between rooms: the codebook, counts before and after protection, and a publication."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import combinations
from typing import Any, Literal, NamedTuple

Status = Literal["published", "suppressed", "unavailable"]

MUNICIPALITY = "municipality"


class CellKey(NamedTuple):
    """What identifies a cell, in the order of the columns of `cells.csv`. `group` is empty where there is none."""

    table: str
    area_level: str
    area_code: str
    group: str
    category: str


class Cell(NamedTuple):
    """A protected cell: `households` is None unless its status is `published`."""

    key: CellKey
    households: int | None
    status: Status


@dataclass(frozen=True)
class Area:
    """An area; `parent` is the code of the area it lies in, empty for the municipality."""

    code: str
    name: str
    level: str
    parent: str


@dataclass(frozen=True)
class Domain:
    code: str
    nl: str
    en: str


@dataclass(frozen=True)
class Service:
    """A service of the catalogue (*voorziening*). `organisations` deliver it in this round, by participant id."""

    code: str
    nl: str
    en: str
    domain: str
    line: int
    formality: Literal["formal", "informal"]
    organisations: tuple[str, ...] = ()


@dataclass(frozen=True)
class Organisation:
    """A participant that delivers services. `delivered` is false when its delivery is missing or was refused."""

    id: str
    name: str
    delivered: bool


@dataclass(frozen=True)
class Reporter:
    """A participant that delivers counts per area and service, without addresses; `services` by code."""

    id: str
    name: str
    unit: Literal["households", "persons"]
    services: tuple[str, ...]
    delivered: bool


Kind = Literal["all", "classes", "combination", "users", "rule", "unmatched", "reported"]
Of = Literal["", "services", "organisations", "domains"]


@dataclass(frozen=True)
class Category:
    code: str
    nl: str
    en: str
    available: bool = True  # false: nobody delivered what it would count; neither zero nor hidden


@dataclass(frozen=True)
class Table:
    """A declared table. Each column is a yes-or-no of one household's pattern of use, given by `kind` and `of`:

    - `all`: every household of the register;
    - `classes` of X: the number of distinct X the household uses, from 0; the class `top` is open ("5+");
      without `top` every number has its class;
    - `combination` of domains: exactly which domains it uses (`none`, `jeugd+pwet`);
    - `users` of X: uses that X (one household counts in several columns);
    - `rule`: `yes` if the household reaches any of the numbers in `rule`, say {"domains": 2, "services": 3}; else `no`;
    - `unmatched`: addresses in an organisation's delivery that no household of the register has: outside all the rest;
    - `reported` services: what organisations counted themselves, per area. Nothing is linked and the same household may
      be in it several times, so that it says nothing about any other table.
    """

    name: str
    kind: Kind
    of: Of
    levels: tuple[str, ...]
    categories: tuple[Category, ...]
    title: Mapping[str, str]  # nl, en
    text: Mapping[str, str]  # what exactly is counted: nl, en
    top: int | None = None
    rule: Mapping[str, int] = field(default_factory=dict)

    @property
    def apart(self) -> bool:
        """Whether its columns are no part of a household's pattern, so that they have no relation to other columns."""
        return self.kind in ("unmatched", "reported")


@dataclass(frozen=True)
class Codebook:
    """All that a reader may know about the publication but its numbers; the whole of `codebook.json`."""

    round_id: str
    title: str
    fingerprint: str  # of the round's binding part
    period: tuple[str, str]  # ISO dates, both included
    reference_date: str
    count: Literal["reference", "period"]
    trust: str
    threshold: int
    levels: tuple[str, ...]  # from the municipality down
    areas: tuple[Area, ...]  # in the order of the publication
    domains: tuple[Domain, ...]  # by code
    services: tuple[Service, ...]  # by code
    organisations: tuple[Organisation, ...]  # by id
    tables: tuple[Table, ...]
    reporters: tuple[Reporter, ...] = ()  # by id
    notes: Mapping[str, str] = field(default_factory=dict)  # the municipality's own note: nl, en
    rounding: int = 0  # published counts are multiples of this base, less than it from the truth; 0: exact

    @cached_property
    def municipality(self) -> Area:
        return next(area for area in self.areas if area.level == MUNICIPALITY)

    @cached_property
    def area(self) -> dict[str, Area]:
        return {area.code: area for area in self.areas}

    def table(self, name: str) -> Table:
        return next(table for table in self.tables if table.name == name)

    def at(self, level: str) -> tuple[Area, ...]:
        return tuple(area for area in self.areas if area.level == level)

    def children(self, code: str) -> tuple[Area, ...]:
        return tuple(area for area in self.areas if area.parent == code)

    @cached_property
    def delivered_services(self) -> tuple[Service, ...]:
        """Services that some organisation delivered, with only the organisations that did."""
        there = {organisation.id for organisation in self.organisations if organisation.delivered}
        kept = []
        for service in self.services:
            organisations = tuple(o for o in service.organisations if o in there)
            if organisations:
                kept.append(
                    Service(
                        service.code,
                        service.nl,
                        service.en,
                        service.domain,
                        service.line,
                        service.formality,
                        organisations,
                    )
                )
        return tuple(kept)

    @cached_property
    def keys(self) -> tuple[CellKey, ...]:
        """Every cell of the publication, in its order: table, level, area, category."""
        return tuple(
            CellKey(table.name, level, area.code, "", category.code)
            for table in self.tables
            for level in table.levels
            for area in self.at(level)
            for category in table.categories
        )

    @cached_property
    def unavailable(self) -> frozenset[tuple[str, str]]:
        """The (table, category) that nobody delivered."""
        return frozenset((t.name, c.code) for t in self.tables for c in t.categories if not c.available)


def combination_codes(domains: tuple[str, ...]) -> tuple[str, ...]:
    """`none`, then each set of domains joined by `+`, small sets first, alphabetical."""
    joined = [
        "+".join(chosen)
        for size in range(1, len(domains) + 1)
        for chosen in combinations(sorted(domains), size)
    ]
    return ("none", *joined)


@dataclass(frozen=True, repr=False)
class CountTable:
    """Exact counts of every available cell. Never written, never shown: it has no method that writes and no repr."""

    codebook: Codebook
    counts: Mapping[CellKey, int]
    # What each organisation that delivered counts of its own clients, as if nobody else had; zeros are left out.
    own: Mapping[str, Mapping[CellKey, int]] = field(default_factory=dict)

    def __repr__(self) -> str:
        return f"CountTable({len(self.counts)} cells)"


@dataclass(frozen=True, repr=False)
class SafeTable:
    """Counts that may be published together, made by `disclosure` alone, in the order of `codebook.keys`."""

    codebook: Codebook
    cells: tuple[Cell, ...]
    certificate: Mapping[str, Any]  # the protector's part of disclosure.json

    def __repr__(self) -> str:
        return f"SafeTable({len(self.cells)} cells)"


@dataclass(frozen=True)
class Publication:
    """A publication as its folder tells it; only `publication` reads one."""

    codebook: Codebook
    cells: tuple[Cell, ...]
    provenance: Mapping[str, Any]
    certificate: Mapping[str, Any]
    borders: Mapping[str, Any]  # GeoJSON

    @cached_property
    def cell(self) -> dict[CellKey, Cell]:
        return {cell.key: cell for cell in self.cells}


@dataclass(frozen=True)
class Earlier:
    """A publication that readers have already, and the stated bound on what can really have changed since.

    Between two rounds a cell of the same table, area and category differs by at most `least + percent / 100 * then`.
    """

    publication: Publication
    least: int
    percent: int
