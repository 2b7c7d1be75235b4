"""The rows of all extracts and the truth about each: counted, or the one reason why not."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from factlab.sample.doors import Doors, Ints
from factlab.sample.participants import PARTICIPANTS, SERVICE, Participant
from factlab.sample.place import NEIGHBOURHOODS

REASONS = ("", "excluded", "institution", "unusable address", "outside the period", "unknown service",
           "outside the municipality")  # fmt: skip
COUNTED, EXCLUDED, INSTITUTION, UNUSABLE, PERIOD, UNKNOWN, OUTSIDE = range(7)

# What is wrong with an address that can't be used.
FAULTS = ("", "no number", "half a postcode", "unknown", "abroad", "post office box")

REFERENCE = int(np.datetime64("2025-12-31").astype("datetime64[D]").astype(np.int64))
EARLIEST = int(np.datetime64("2012-01-01").astype("datetime64[D]").astype(np.int64))
NEVER = -1  # an empty date

SECRET_DOORS = 2
KNOW_THE_SECRET = ("jeugdbescherming-wierland", "werk-en-inkomen-wiermonde")
_SECRET_USE = (
    ("jeugdbescherming-wierland", "JGD-JB"),
    ("werk-en-inkomen-wiermonde", "PW-BIJ"),
    ("zorggroep-elzenrade", "WMO-BEG"),  # nobody told this one
)
INSTITUTION_CLIENTS = 80
_INSTITUTION_USE = (
    ("kantelpunt-begeleiding", "WMO-BEG", INSTITUTION_CLIENTS),
    ("thuiszorg-wilgenhof", "WMO-HBH", 3),
)
_INSTITUTION_NUMBER = 301

_ELSEWHERE_STREETS = ("Buitenstraat", "Overkantlaan", "Randweg", "Grenspad")
_ELSEWHERE_POSTCODES = tuple(
    f"65{pc4:02d}{letters}" for pc4 in range(1, 10) for letters in ("AB", "CH", "KL", "RT", "XZ")
)


@dataclass(frozen=True)
class Rows:
    """One entry per row of an extract, the extracts by organisation id. Streets and postcodes by their place."""

    organisation: Ints  # place in PARTICIPANTS
    household: Ints  # from 0; -1 where the register has none
    service: Ints  # place in SERVICES; -1 where the catalogue has none
    reason: Ints  # place in REASONS
    street: Ints
    number: Ints
    suffix: Ints
    postcode: Ints
    fault: Ints  # place in FAULTS
    start: Ints  # days since 1970, or NEVER
    end: Ints
    streets: pa.Array
    postcodes: pa.Array
    local: int  # so many of the postcodes are the municipality's own

    def of(self, organisation: int) -> slice:
        """Where the rows of one extract stand."""
        first, last = np.searchsorted(self.organisation, [organisation, organisation + 1])
        return slice(int(first), int(last))


def secret_doors(doors: Doors, users: Ints, rng: np.random.Generator) -> Ints:
    """The households whose address nobody may learn: drawn from those who use nothing else."""
    rank = rng.random(len(doors))
    rank[users] = 2.0
    return np.sort(np.argsort(rank, kind="stable")[:SECRET_DOORS])


def draw(doors: Doors, use: tuple[Ints, Ints], secret: Ints, rng: np.random.Generator) -> Rows:
    """Hand the use of every household to organisations, and add what real extracts hold besides."""
    parts = [*_delivered(use, len(doors), rng), *_special(secret)]
    clients = np.bincount(np.concatenate([part[0] for part in parts]), minlength=len(PARTICIPANTS))
    for place, one in enumerate(PARTICIPANTS):
        parts += _astray(place, one, int(clients[place]), len(doors), secret, rng)
    organisation, household, service, reason = (np.concatenate(column) for column in zip(*parts, strict=True))
    order = np.lexsort((rng.random(len(organisation)), organisation))
    organisation, household, service, reason = (
        column[order] for column in (organisation, household, service, reason)
    )
    start, end = _dates(organisation, reason, rng)

    # Addresses of the register, then those that it does not have.
    count = len(household)
    home = np.where(household >= 0, household, (rng.random(count) * len(doors)).astype(np.int64))
    street, number_, suffix, postcode = (
        column[home].copy() for column in (doors.street, doors.number, doors.suffix, doors.postcode)
    )
    outside = reason == OUTSIDE
    street[outside] = len(doors.streets) + (rng.random(count)[outside] * len(_ELSEWHERE_STREETS)).astype(
        np.int64
    )
    number_[outside] = 1 + (rng.random(count)[outside] * 180).astype(np.int64)
    suffix[outside] = 0
    postcode[outside] = len(doors.postcodes) + (
        rng.random(count)[outside] * len(_ELSEWHERE_POSTCODES)
    ).astype(np.int64)
    communal = reason == INSTITUTION
    home_of_institution = _institution_neighbour(doors)
    street[communal] = doors.street[home_of_institution]
    number_[communal] = _INSTITUTION_NUMBER
    suffix[communal] = 0
    postcode[communal] = doors.postcode[home_of_institution]
    streetless = np.array(
        ["street" not in one.header and "address" not in one.header for one in PARTICIPANTS]
    )
    kinds = len(FAULTS) - 1 - streetless[organisation]  # a post office box shows in the street only
    fault = np.where(reason == UNUSABLE, 1 + (rng.random(count) * kinds).astype(np.int64), 0)
    return Rows(
        organisation, household, service, reason, street, number_, suffix, postcode, fault, start, end,
        pa.concat_arrays([doors.streets, pa.array(_ELSEWHERE_STREETS)]),
        pa.concat_arrays([doors.postcodes, pa.array(_ELSEWHERE_POSTCODES)]),
        len(doors.postcodes),
    )  # fmt: skip


Part = tuple[Ints, Ints, Ints, Ints]


def _part(organisation: Ints, household: Ints, service: Ints, reason: int) -> Part:
    return organisation, household, service, np.full(len(organisation), reason)


def _delivered(use: tuple[Ints, Ints], households: int, rng: np.random.Generator) -> list[Part]:
    """Who delivers: a household tends to keep to one organisation, some have two, and some two persons with one."""
    household, service = use
    leaning = rng.random(households)
    parts = []
    for code, place in SERVICE.items():
        offered = [(i, one.offers[code]) for i, one in enumerate(PARTICIPANTS) if code in one.offers]
        who = household[service == place]
        bounds = np.cumsum([share for _, share in offered])
        main = np.searchsorted(bounds[:-1] / bounds[-1], leaning[who], side="right")
        second = rng.random(len(who)) < (0.05 if len(offered) > 1 else 0.0)
        twice = rng.random(len(who)) < (0.04 if place != SERVICE["WMO-HBH"] else 0.0)
        by = np.concatenate([main, (main[second] + 1) % len(offered), main[twice]])
        client = np.concatenate([who, who[second], who[twice]])
        parts.append(
            _part(np.array([i for i, _ in offered])[by], client, np.full(len(client), place), COUNTED)
        )
    return parts


def _special(secret: Ints) -> list[Part]:
    """The secret addresses and the institution."""
    number = {one.id: place for place, one in enumerate(PARTICIPANTS)}
    parts = []
    for one, code in _SECRET_USE:
        parts.append(
            _part(np.full(len(secret), number[one]), secret, np.full(len(secret), SERVICE[code]), EXCLUDED)
        )
    for one, code, clients in _INSTITUTION_USE:
        parts.append(
            _part(
                np.full(clients, number[one]),
                np.full(clients, -1),
                np.full(clients, SERVICE[code]),
                INSTITUTION,
            )
        )
    return parts


def _astray(
    place: int, one: Participant, clients: int, households: int, secret: Ints, rng: np.random.Generator
) -> list[Part]:
    """Rows that must not count, in the extract of one organisation with so many clients."""
    offered = np.array([SERVICE[code] for code in one.offers])

    def part(many: int, reason: int, known: bool, registered: bool) -> Part:
        household = (rng.random(many) * households).astype(np.int64) if registered else np.full(many, -1)
        household = household[~np.isin(household, secret)]
        many = len(household)
        service = offered[(rng.random(many) * len(offered)).astype(np.int64)] if known else np.full(many, -1)
        return _part(np.full(many, place), household, service, reason)

    found = [
        part(round(clients * 0.015), OUTSIDE, known=True, registered=False),
        part(max(1, round(clients * 0.007)), UNUSABLE, known=True, registered=False),
    ]
    if "start" in one.header:
        found.append(part(max(2, round(clients * 0.03)), PERIOD, known=True, registered=True))
    if one.unknown:
        found.append(part(4 + min(6, clients // 100), UNKNOWN, known=False, registered=True))
    return found


def _institution_neighbour(doors: Doors) -> int:
    """The institution stands at the end of the first street of a neighbourhood, in the postcode of this door."""
    place = next(i for i, one in enumerate(NEIGHBOURHOODS) if one.name == "Kruidenbuurt")
    first = int(np.flatnonzero(doors.neighbourhood == place)[0])
    return int(np.flatnonzero(doors.street == doors.street[first])[-1])


def _dates(organisation: Ints, reason: Ints, rng: np.random.Generator) -> tuple[Ints, Ints]:
    """Start and end of every row; active on the reference date, its first and last day included, but for PERIOD."""

    def days(mean: float) -> Ints:
        return np.floor(-mean * np.log1p(-rng.random(len(reason)))).astype(np.int64)

    start = np.maximum(REFERENCE - days(800), EARLIEST)
    start[rng.random(len(reason)) < 0.01] = NEVER
    end = np.where(rng.random(len(reason)) < 0.7, NEVER, REFERENCE + days(300))
    ends = np.array(["end" in one.header for one in PARTICIPANTS])[organisation]
    astray = reason == PERIOD
    drawn = rng.random(len(reason))
    over = astray & ends & (drawn < 0.6)
    later = astray & ~over
    just = drawn * 10 % 1 < 0.1  # some missed the reference date by a day
    ended = REFERENCE - 1 - np.where(just, 0, days(120))
    end = np.where(over, ended, np.where(later, NEVER, end))
    start = np.where(
        over,
        np.maximum(ended - days(400), EARLIEST),
        np.where(later, REFERENCE + 1 + np.where(just, 0, days(30)), start),
    )
    return start, end
