"""The tables that Factlab can count: one frozen value each, in one list, in the order of the publication."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from factlab.cells import (
    Category,
    Domain,
    Kind,
    Of,
    Organisation,
    Reporter,
    Service,
    Table,
    combination_codes,
)

REPORTED = "informal"  # the table of counts without addresses
SERVICE_CLASSES = 5  # "5+" is the open top class unless the analysis sets another


@dataclass(frozen=True)
class Declared:
    """A table before a round fills in its categories."""

    name: str
    kind: Kind
    of: Of
    lowest_level: str
    title: Mapping[str, str] = field(default_factory=dict)
    text: Mapping[str, str] = field(default_factory=dict)


DECLARED: tuple[Declared, ...] = (
    Declared(
        "households",
        "all",
        "",
        "neighbourhood",
        {"nl": "Huishoudens", "en": "Households"},
        {
            "nl": "Alle huishoudens van het register, ook wie geen enkele voorziening gebruikt. Een huishouden is een adres.",
            "en": "All households of the register, also those that use no service at all. A household is an address.",
        },
    ),
    Declared(
        "services",
        "classes",
        "services",
        "neighbourhood",
        {"nl": "Aantal voorzieningen per huishouden", "en": "Number of services per household"},
        {
            "nl": "Huishoudens naar het aantal verschillende voorzieningen dat er wordt geleverd.",
            "en": "Households by the number of distinct services that are delivered there.",
        },
    ),
    Declared(
        "organisations",
        "classes",
        "organisations",
        "district",
        {"nl": "Aantal organisaties per huishouden", "en": "Number of organisations per household"},
        {
            "nl": "Huishoudens naar het aantal verschillende organisaties dat er een voorziening levert.",
            "en": "Households by the number of distinct organisations that deliver a service there.",
        },
    ),
    Declared(
        "domains",
        "classes",
        "domains",
        "neighbourhood",
        {"nl": "Aantal domeinen per huishouden", "en": "Number of domains per household"},
        {
            "nl": "Huishoudens naar het aantal domeinen waaruit zij een voorziening gebruiken.",
            "en": "Households by the number of domains from which they use a service.",
        },
    ),
    Declared(
        "domain_combination",
        "combination",
        "domains",
        "neighbourhood",
        {"nl": "Samenloop van domeinen", "en": "Combinations of domains"},
        {
            "nl": "Huishoudens naar precies de domeinen waaruit zij een voorziening gebruiken.",
            "en": "Households by exactly the domains from which they use a service.",
        },
    ),
    Declared(
        "domain",
        "users",
        "domains",
        "neighbourhood",
        {"nl": "Gebruik per domein", "en": "Use by domain"},
        {
            "nl": "Huishoudens die minstens één voorziening uit het domein gebruiken; een huishouden kan in meer domeinen tellen.",
            "en": "Households that use at least one service of the domain; a household can count in several domains.",
        },
    ),
    Declared(
        "vulnerable",
        "rule",
        "",
        "neighbourhood",
        {"nl": "Stapeling volgens de regel van dit onderzoek", "en": "Vulnerable by this analysis' rule"},
        {},
    ),
    Declared(
        "service",
        "users",
        "services",
        "district",
        {"nl": "Gebruik per voorziening", "en": "Use by service"},
        {
            "nl": "Huishoudens die de voorziening gebruiken, van welke organisatie ook.",
            "en": "Households that use the service, from whichever organisation.",
        },
    ),
    Declared(
        "organisation",
        "users",
        "organisations",
        "district",
        {"nl": "Huishoudens per organisatie", "en": "Households by organisation"},
        {
            "nl": "Huishoudens waar de organisatie minstens één voorziening levert.",
            "en": "Households where the organisation delivers at least one service.",
        },
    ),
    Declared(
        "unmatched",
        "unmatched",
        "organisations",
        "municipality",
        {"nl": "Niet gevonden in het register", "en": "Not found in the register"},
        {
            "nl": "Verschillende adressen uit de aanlevering van een organisatie die geen huishouden in het register zijn. Zij tellen nergens anders mee.",
            "en": "Distinct addresses in an organisation's delivery that are no household of the register. They count nowhere else.",
        },
    ),
    Declared(
        REPORTED,
        "reported",
        "services",
        "district",
        {"nl": "Gemelde informele hulp", "en": "Informal help as reported"},
        {
            "nl": "Huishoudens of personen die een organisatie zelf heeft geteld en per gebied gemeld. Niet gekoppeld: hetzelfde huishouden kan vaker meetellen, en het staat los van alle andere tabellen.",
            "en": "Households or persons that an organisation counted itself and reported by area. Not linked: the same household may count several times, and it stands apart from all other tables.",
        },
    ),
)

NAMES = tuple(declared.name for declared in DECLARED)


def _classes(most: int, top: int | None) -> tuple[Category, ...]:
    last = most if top is None else top
    codes = [str(number) for number in range(last)] + [f"{last}+" if top is not None else str(last)]
    return tuple(
        Category(code, code.replace("+", " of meer"), code.replace("+", " or more")) for code in codes
    )


def _rule_text(rule: Mapping[str, int]) -> dict[str, str]:
    nl = {"services": "voorzieningen", "organisations": "organisaties", "domains": "domeinen"}
    return {
        "nl": "Huishoudens met minstens "
        + ", of minstens ".join(f"{n} {nl[of]}" for of, n in rule.items())
        + ".",
        "en": "Households with at least "
        + ", or at least ".join(f"{n} {of}" for of, n in rule.items())
        + ".",
    }


def build(
    *,
    levels: Sequence[str],
    lowest: Mapping[str, str],
    domains: Sequence[Domain],
    services: Sequence[Service],
    organisations: Sequence[Organisation],
    rule: Mapping[str, int],
    top: int = SERVICE_CLASSES,
    reporters: Sequence[Reporter] = (),
) -> tuple[Table, ...]:
    """Fill in the declared tables for a round.

    `levels` run from the municipality down; `lowest` overrides a table's lowest level. A category is unavailable
    when no organisation that delivered could put a household in it. Only with `reporters`, who deliver counts without
    addresses, there is a table of those.
    """
    there = {organisation.id for organisation in organisations if organisation.delivered}
    delivered = {service.code for service in services if there & set(service.organisations)}
    present = {service.domain for service in services if service.code in delivered}
    names_nl = {domain.code: domain.nl for domain in domains}
    names_en = {domain.code: domain.en for domain in domains}
    categories: dict[tuple[Kind, Of], tuple[Category, ...]] = {
        ("all", ""): (Category("all", "alle huishoudens", "all households"),),
        ("classes", "services"): _classes(top, top),
        ("classes", "organisations"): _classes(top, top),
        ("classes", "domains"): _classes(len(domains), None),
        ("combination", "domains"): tuple(
            Category("none", "geen", "none")
            if code == "none"
            else Category(
                code,
                " + ".join(names_nl[part] for part in code.split("+")),
                " + ".join(names_en[part] for part in code.split("+")),
                set(code.split("+")) <= present,
            )
            for code in combination_codes(tuple(domain.code for domain in domains))
        ),
        ("users", "domains"): tuple(Category(d.code, d.nl, d.en, d.code in present) for d in domains),
        ("users", "services"): tuple(Category(s.code, s.nl, s.en, s.code in delivered) for s in services),
        ("users", "organisations"): tuple(Category(o.id, o.name, o.name, o.delivered) for o in organisations),
        ("rule", ""): (Category("yes", "ja", "yes"), Category("no", "nee", "no")),
    }
    categories["unmatched", "organisations"] = categories["users", "organisations"]
    asked = {code for reporter in reporters for code in reporter.services}
    reported = {code for reporter in reporters if reporter.delivered for code in reporter.services}
    categories["reported", "services"] = tuple(
        Category(s.code, s.nl, s.en, s.code in reported) for s in services if s.code in asked
    )
    tables = []
    for declared in DECLARED:
        if not categories[declared.kind, declared.of] and declared.name == REPORTED:
            continue
        floor = lowest.get(declared.name, declared.lowest_level)
        depth = levels.index(floor) + 1 if floor in levels else len(levels)
        tables.append(
            Table(
                declared.name,
                declared.kind,
                declared.of,
                tuple(levels[:depth]),
                categories[declared.kind, declared.of],
                declared.title,
                declared.text or _rule_text(rule),
                top=top if declared.kind == "classes" and declared.of != "domains" else None,
                rule=rule if declared.kind == "rule" else {},
            )
        )
    return tuple(tables)
