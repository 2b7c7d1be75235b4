"""What an extract calls a service: a code or a name of the catalogue, or what the user's mapping says."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from typing import Any

import pyarrow.compute as pc

from factlab.agreement import Agreement, Participant
from factlab.agreement.catalogue import CatalogueService
from factlab.errors import ExtractError
from factlab.source.headers import key

LEFT_OUT = ("", "-")  # in a mapping: known, and not delivered
SEVERAL = 3  # what occurs so often is what many have in common
MOST_SHOWN = 40
WEIGHED = 200  # of the distinct values, the most frequent: what decides whether a column is one of services
_CODE = re.compile(r"(?=.*[0-9])(?![0-9]{4})[0-9A-Z]{1,6}([-_./][0-9A-Z]{1,6}){0,2}")
_PERSONAL = re.compile(
    r"[1-9][0-9]{3} ?[A-Za-z]{2}|[0-9 .]{4,}|.*[0-9]{5}.*|[0-9]{1,4}[-/. ][0-9]{1,2}[-/. ][0-9]{1,4}.*|.*@.*"
    r"|.*[A-Za-z]{4,}\.? +[0-9].*|.{61,}",
    re.DOTALL,
)
# As people are called: initials, a particle before a name, "Name, N.", two words that both have a capital.
_CALLED = re.compile(
    r"([A-Z]\.? ?){1,5}[ ,.]+.*|.*,.*|(.* )?(van|von|de|den|der|ten|ter|te|el|al|bin|ben|'t) +\S+"
    r"|[^\W\d_][^ ]*( +[^ ]+)* +[A-Z]\S*",
    re.DOTALL,
)
_PHRASE = re.compile(
    r"\S+( +\S+)* +[^\WA-Z\d_]{4,}( .*)?", re.DOTALL
)  # a word of four letters, no capital, goes on
_YOUTH_CATEGORY = re.compile(r"JZ020: ([0-9 /]+)")


@dataclass(frozen=True)
class Recogniser:
    """`known`: what is said, without case and punctuation = the catalogue code, empty where it is left out knowingly.

    `groups` are the beginnings that a mapping gives with a star. `only` is the participant's one service.
    """

    known: Mapping[str, str]
    only: str = ""
    groups: Mapping[str, str] = field(default_factory=dict)

    @staticmethod
    def of(
        agreement: Agreement, participant: Participant, told: Mapping[str, str] | None = None
    ) -> Recogniser:
        """Codes first, then names, then what the mapping tells, which goes above both.

        Only agreed services are delivered; others of the catalogue are recognised and left out. Raises ExtractError
        when the mapping gives a code that the catalogue doesn't have.
        """
        mine = agreed(agreement, participant)
        known: dict[str, str] = {}
        for services, delivered in ((agreement.services, False), (mine, True)):
            for names in ("name_en", "name_nl", "code"):
                known |= {key(getattr(one, names)): one.code if delivered else "" for one in services}
        codes = {one.code.casefold(): "" for one in agreement.services}
        codes |= {one.code.casefold(): one.code for one in mine}
        groups: dict[str, str] = {}
        for said, code in (told or {}).items():
            wanted = code.strip().casefold()
            if wanted not in codes and wanted not in LEFT_OUT:
                raise ExtractError("source.mapping_unknown_code", code=code)
            (groups if said.rstrip().endswith("*") else known)[key(said)] = codes.get(wanted, "")
        return Recogniser(known, participant.services[0] if len(participant.services) == 1 else "", groups)

    def found(self, said: str) -> str | None:
        """The catalogue code, empty for what is left out knowingly, None for what nothing is known of."""
        short = key(said)
        if short in self.known:
            return self.known[short]
        fitting = [start for start in self.groups if start and short.startswith(start)]
        return self.groups[max(fitting, key=len)] if fitting else None

    def code(self, said: str) -> str | None:
        """The catalogue code of what an extract says, None when it isn't an agreed service."""
        return (self.found(said) or None) if key(said) else None


@dataclass(frozen=True)
class Unmapped:
    """Services of an extract that nothing is known of: how many, in how many rows, and those that may be shown.

    `shown` is (what the extract says, rows, the nearest agreed code or empty), the most frequent first. What could be
    about a person, when a wrong column was mapped, is only counted. `strange`: the column looks like one of names or
    remarks, and nothing of it is shown.
    """

    values: int = 0
    rows: int = 0
    shown: tuple[tuple[str, int, str], ...] = ()
    strange: bool = False


def agreed(agreement: Agreement, participant: Participant) -> list[CatalogueService]:
    """The services that a participant delivers."""
    return [service for service in agreement.services if service.code in participant.services]


def may_show(said: str, rows: int) -> bool:
    """Whether a value can't be personal: a short code, or what several rows have in common, and no postcode, date or number."""
    return not _PERSONAL.fullmatch(said) and (rows >= SEVERAL or _CODE.fullmatch(said) is not None)


def _stems(name: str) -> set[str]:
    """How the longer words of a name begin: "huishoudelijke hulp" and "hulp bij het huishouden" begin the same."""
    return {word[:5] for word in re.findall(r"\w{4,}", name.casefold())}


def _shared(one: set[str], other: set[str]) -> float:
    return len(one & other) / len(one | other) if one and other else 0.0


def nearest(said: str, services: list[CatalogueService]) -> str:
    """The code of the service that looks most like what is said; empty when none does."""
    short = key(said)

    def likeness(service: CatalogueService) -> float:
        category = _YOUTH_CATEGORY.search(service.row.get("standard_code", ""))
        if category and re.match(r"\d\d(?!\d)", short) and short[:2] in category[1].split(" / "):
            return 1.0
        names = [key(name) for name in (service.code, service.name_nl, service.name_en)]
        if any(len(one) >= 4 and (one in short or short in one) for one in names if len(short) >= 4):
            return 0.9
        shared = max(_shared(_stems(said), _stems(name)) for name in (service.name_nl, service.name_en))
        return max(shared, *(SequenceMatcher(None, short, one).ratio() for one in names))

    ranked = sorted(((likeness(one), one.code) for one in services), reverse=True)
    return ranked[0][1] if ranked and ranked[0][0] >= 0.6 else ""


def _is_strange(ranked: list[tuple[str, int]], near: Mapping[str, str], recognised: int) -> bool:
    """Whether the values that nothing is known of look like names or remarks, and few rows speak for services.

    `ranked` are the most frequent values with their rows, `recognised` the rows of known ones. For services speak a value
    that is known, a code, a likeness to a service; or phrases that return all the time, which remarks and names don't.
    """
    weighed = sum(number for _, number in ranked)
    alike = sum(
        number
        for said, number in ranked
        if near[said] or (_CODE.fullmatch(said) and not _PERSONAL.fullmatch(said))
    )
    phrases = sum(
        number for said, number in ranked if _PHRASE.fullmatch(said) and not _CALLED.fullmatch(said)
    )
    returning = len(ranked) * 5 * SEVERAL <= weighed
    return 5 * (alike + recognised) < weighed + recognised and not (returning and 2 * phrases >= weighed)


def unmapped(column: Any, known: Recogniser, services: list[CatalogueService]) -> Unmapped:
    """What a column of services holds that is neither recognised nor left out knowingly; empty cells don't count."""
    rows: dict[str, int] = {}
    spelling: dict[str, str] = {}
    recognised = 0
    for one in pc.value_counts(column).to_pylist():
        said = " ".join(one["values"].split())
        if not key(said):
            continue
        if known.found(said) is not None:
            recognised += one["counts"]
            continue
        rows[key(said)] = rows.get(key(said), 0) + one["counts"]
        spelling.setdefault(key(said), said)
    whole = sum(rows.values())
    most = sorted(rows.items(), key=lambda one: (-one[1], one[0]))[:WEIGHED]
    ranked = [(spelling[short], number) for short, number in most]
    near = {said: nearest(said, services) for said, _ in ranked}
    if rows and _is_strange(ranked, near, recognised):
        return Unmapped(len(rows), whole, (), strange=True)
    shown: list[tuple[str, int, str]] = []
    # As many values as rows: that is no column of services.
    if len(rows) <= 20 or len(rows) * SEVERAL <= whole:
        shown = [
            (said, number, near[said])
            for said, number in ranked
            if may_show(said, number) and (near[said] or not _CALLED.fullmatch(said))
        ]
    return Unmapped(len(rows), whole, tuple(shown[:MOST_SHOWN]))
