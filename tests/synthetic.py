"""A small invented codebook and households for tests, counted the slow and obvious way."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable

from factlab.agreement import tables
from factlab.cells import Area, CellKey, Codebook, CountTable, Domain, Organisation, Reporter, Service

DOMAINS = (
    Domain("jeugd", "Jeugdhulp", "Youth help"),
    Domain("pwet", "Werk en inkomen", "Work and income"),
    Domain("wmo", "Maatschappelijke ondersteuning", "Social support"),
)

Household = tuple[str, frozenset[tuple[str, str]]]  # neighbourhood, {(service, organisation)}


def codebook(
    *,
    districts: int = 3,
    neighbourhoods: int = 3,
    services: int = 9,
    organisations: int = 5,
    threshold: int = 10,
    missing: frozenset[str] = frozenset(),
    lowest: dict[str, str] | None = None,
    rule: dict[str, int] | None = None,
    reporters: tuple[Reporter, ...] = (),
) -> Codebook:
    """A municipality of `districts` times `neighbourhoods`; service i is of domain i mod 3, delivered by one or two
    organisations. The last district has a single neighbourhood. `missing` organisations did not deliver."""
    areas = [Area("GM9999", "Testdam", "municipality", "")]
    below = []
    for d in range(districts):
        areas.append(Area(f"WK9999{d + 1:02}", f"Wijk {d + 1}", "district", "GM9999"))
        count = 1 if d == districts - 1 and districts > 1 else neighbourhoods
        below += [
            Area(
                f"BU9999{d + 1:02}{n + 1:02}", f"Buurt {d + 1}.{n + 1}", "neighbourhood", f"WK9999{d + 1:02}"
            )
            for n in range(count)
        ]
    parties = tuple(
        Organisation(f"org-{o + 1}", f"Organisatie {o + 1}", f"org-{o + 1}" not in missing)
        for o in range(organisations)
    )
    catalogue = tuple(
        Service(
            f"S{s + 1:02}",
            f"Voorziening {s + 1}",
            f"Service {s + 1}",
            DOMAINS[s % 3].code,
            s % 3,
            "informal" if s % 4 == 3 else "formal",
            tuple(sorted({f"org-{s % organisations + 1}", f"org-{(s * 2) % organisations + 1}"})),
        )
        for s in range(services)
    )
    levels = ("municipality", "district", "neighbourhood")
    return Codebook(
        round_id="testdam-2025",
        title="Testdam 2025",
        fingerprint="0" * 64,
        period=("2025-01-01", "2025-12-31"),
        reference_date="2025-12-31",
        count="reference",
        trust="direct",
        threshold=threshold,
        levels=levels,
        areas=(*areas, *below),
        domains=DOMAINS,
        services=catalogue,
        organisations=parties,
        tables=tables.build(
            levels=levels,
            lowest=lowest or {},
            domains=DOMAINS,
            services=catalogue,
            organisations=parties,
            rule=rule or {"domains": 2, "services": 3},
            reporters=reporters,
        ),
        reporters=reporters,
    )


def reporter(*services: str, delivered: bool = True) -> Reporter:
    """An organisation that reports counts of these services."""
    name = "-".join(services).lower()
    return Reporter(f"buurt-{name}", f"Buurthuis {name}", "persons", services, delivered)


def households(book: Codebook, number: int, seed: int = 1) -> list[Household]:
    """`number` households over neighbourhoods of very different size; one in four uses something."""
    draw = random.Random(seed)
    places = [area.code for area in book.at("neighbourhood")]
    weights = [draw.choice([0.3, 1, 1, 2, 3]) for _ in places]
    uses = [(s.code, o) for s in book.delivered_services for o in s.organisations]
    made = []
    for place in draw.choices(places, weights, k=number):
        chosen: set[tuple[str, str]] = set()
        while draw.random() < (0.25 if not chosen else 0.5) and uses:
            chosen.add(draw.choice(uses))
        made.append((place, frozenset(chosen)))
    return made


def columns(book: Codebook, uses: Iterable[tuple[str, str]]) -> set[tuple[str, str]]:
    """The (table, category) in which a household with these uses counts."""
    uses = set(uses)
    domain_of = {service.code: service.domain for service in book.services}
    number = {
        "services": len({s for s, _ in uses}),
        "organisations": len({o for _, o in uses}),
        "domains": len({domain_of[s] for s, _ in uses}),
    }
    domains = sorted({domain_of[s] for s, _ in uses})
    counted = {("households", "all"), ("domain_combination", "+".join(domains) or "none")}
    for name, top in (("services", 5), ("organisations", 5), ("domains", 99)):
        counted.add((name, f"{top}+" if number[name] >= top else str(number[name])))
    counted |= {("domain", d) for d in domains}
    counted |= {("service", s) for s, _ in uses} | {("organisation", o) for _, o in uses}
    rule = next((table.rule for table in book.tables if table.name == "vulnerable"), {})
    counted.add(("vulnerable", "yes" if any(number[of] >= n for of, n in rule.items()) else "no"))
    return counted


def _count(
    book: Codebook,
    made: list[Household],
    unmatched: dict[str, int],
    reported: dict[tuple[str, str], int],
) -> Counter[CellKey]:
    found: Counter[CellKey] = Counter()
    for place, uses in made:
        counted = columns(book, uses)
        code = place
        while code:
            area = book.area[code]
            for table, category in counted:
                if area.level in book.table(table).levels:
                    found[CellKey(table, area.level, code, "", category)] += 1
            code = area.parent
    for organisation, number in unmatched.items():
        found[CellKey("unmatched", "municipality", book.municipality.code, "", organisation)] = number
    for (area, service), number in reported.items():
        code = area
        while code:
            found[CellKey("informal", book.area[code].level, code, "", service)] += number
            code = book.area[code].parent
    return found


def count(
    book: Codebook,
    made: list[Household],
    unmatched: dict[str, int] | None = None,
    reported: dict[tuple[str, str], int] | None = None,
) -> CountTable:
    """Count every available cell, household by household; `reported` by (area, service) at the lowest level of its
    table, as if the first reporter had reported it all."""
    found = _count(book, made, unmatched or {}, reported or {})
    reporters = [one.id for one in book.reporters if one.delivered]
    return CountTable(
        book,
        {key: found[key] for key in book.keys if (key.table, key.category) not in book.unavailable},
        {o.id: own(book, made, unmatched, None, o.id) for o in book.organisations if o.delivered}
        | {name: own(book, [], None, reported if n == 0 else None) for n, name in enumerate(reporters)},
    )


def own(
    book: Codebook,
    made: list[Household],
    unmatched: dict[str, int] | None = None,
    reported: dict[tuple[str, str], int] | None = None,
    organisation: str = "",
) -> dict[CellKey, int]:
    """What this organisation counts among its own clients, as if nobody else had delivered; without zeros."""
    mine = [(place, frozenset(use for use in uses if use[1] == organisation)) for place, uses in made]
    clients = [(place, uses) for place, uses in mine if uses]
    alone = {organisation: (unmatched or {}).get(organisation, 0)}
    return {key: n for key, n in _count(book, clients, alone, reported or {}).items() if n}
