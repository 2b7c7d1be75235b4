"""The round: what the parties promise each other, in `round.toml`."""

from __future__ import annotations

import base64
import binascii
import datetime
import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import tomli_w

from factlab.agreement.document import Document, Place
from factlab.agreement.tables import NAMES, REPORTED
from factlab.cells import MUNICIPALITY
from factlab.errors import AgreementError

FORMAT = "factlab-round/1"
FILE = "round.toml"
SIGN_BYTES, SEAL_BYTES = 32, 1216  # Ed25519; X-Wing (ML-KEM-768 and X25519)
_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_DEVICE = re.compile(r"con|prn|aux|nul|(com|lpt)[0-9]")  # Windows can make no file or folder of this name
_MUNICIPALITY = re.compile(r"GM\d{4}")
LEAST_THRESHOLD = 5  # below it no Dutch statistical office publishes

Content = Literal["services", "register", "aggregate"]
Unit = Literal["", "households", "persons"]
Trust = Literal["direct", "custodian"]
TRUSTS: tuple[Trust, ...] = ("custodian", "direct")  # the first is what a mistyped one is read as
RESERVED = ("analyst", "custodian")  # names of parties that are no participants
PROFILES = ("amsterdam", "haarlem", "utrecht")  # own words for a door; docs/spec/addresses.md
CONTENTS: tuple[Content, ...] = ("services", "register", "aggregate")
UNITS: tuple[Unit, ...] = ("households", "persons")


@dataclass(frozen=True)
class Keys:
    """A party's public keys: Ed25519 to verify what it signs, X-Wing to seal what only it may open. Empty in a draft."""

    sign: bytes = b""
    seal: bytes = b""


@dataclass(frozen=True)
class Participant:
    """An organisation that delivers (*deelnemer*): `services` are the catalogue codes that it may deliver.

    Who delivers `aggregate` has no addresses, only counts per area and service, of one `unit`.
    """

    id: str
    name: str
    content: Content
    services: tuple[str, ...]
    keys: Keys = Keys()
    at_most: int | None = None  # addresses that it says it will deliver; only a custodian looks at it
    unit: Unit = ""  # what an aggregate counts; empty for other content


@dataclass(frozen=True)
class Custodian:
    """The custodian (*sleutelbeheerder*), and how much it lets through: who may submit every address may try them all.

    `addresses` is the most that the register may hold; any other participant may deliver `share` percent of it.
    """

    name: str
    keys: Keys
    addresses: int
    share: int

    def quota(self, participant: Participant) -> int:
        """How many distinct addresses one delivery of this participant may have."""
        most = self.addresses if participant.content == "register" else self.addresses * self.share // 100
        return most if participant.at_most is None else min(most, participant.at_most)


@dataclass(frozen=True)
class Amendment:
    """A change that invalidates no delivery. `previous` is the SHA-256 (hex) of the `round.toml` that it follows."""

    day: datetime.date
    previous: str
    added: tuple[str, ...]  # ids of participants


@dataclass(frozen=True)
class Superseded:
    """A key that was replaced: what its owner signed with it holds up to that number, 0 for a key that was stolen."""

    party: str
    amendment: int  # its number
    up_to: int
    keys: Keys


@dataclass(frozen=True)
class Round:
    """One round of Factlab as agreed; a draft has no `round_id`, keys and checksum yet."""

    id: str
    title: str
    round_id: str  # 16 random bytes as hex; the salt of every derivation
    trust: Trust
    count: Literal["reference", "period"]
    start: datetime.date
    end: datetime.date
    reference_date: datetime.date
    least_threshold: int
    communal_above: int
    municipalities: tuple[tuple[str, str], ...]  # (code, name)
    catalogue_file: str
    catalogue_sha256: str
    areas_file: str
    borders_file: str
    levels: tuple[str, ...]
    lowest: Mapping[str, str]  # a table's lowest level, where the round asks for another than the default
    convenor: str
    analyst: str
    analyst_keys: Keys
    participants: tuple[Participant, ...]
    custodian: Custodian | None = None  # there is one exactly when the trust is "custodian"
    areas_sha256: str = ""  # of a signed round; an analysis has one when it stood in the draft
    borders_sha256: str = ""
    analysis_sha256: str = ""
    profile: str = ""  # the municipality's own words for a door, or none
    reference_file: str = ""  # a list of addresses that goes into every kit, or none
    reference_sha256: str = ""
    amendments: tuple[Amendment, ...] = ()  # the first is number 1
    superseded: tuple[Superseded, ...] = ()

    @property
    def is_draft(self) -> bool:
        return not self.round_id

    @property
    def fingerprint(self) -> str:
        """SHA-256 (hex) of the binding part: id, municipalities, period, trust, catalogue, areas, least threshold, profile.

        Every delivery names it. Borders and questions are signed and don't bind. What an amendment may change (participants, keys) is not in it.
        """
        binding = {
            "catalogue": self.catalogue_sha256,
            "count": self.count,
            "id": self.id,
            "least_threshold": self.least_threshold,
            "municipalities": [list(pair) for pair in self.municipalities],
            "period": [self.start.isoformat(), self.end.isoformat(), self.reference_date.isoformat()],
            "round_id": self.round_id,
            "trust": self.trust,
            **({"areas": self.areas_sha256} if self.areas_sha256 else {}),
            **({"profile": self.profile} if self.profile else {}),
        }
        text = json.dumps(binding, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return hashlib.sha256(b"factlab/v1/binding\0" + text.encode()).hexdigest()

    def participant(self, participant_id: str) -> Participant:
        for participant in self.participants:
            if participant.id == participant_id:
                return participant
        raise AgreementError(
            "agreement.no_such_participant",
            participant=participant_id,
            known=", ".join(participant.id for participant in self.participants),
        )

    def holding(self, party: str, number: int) -> tuple[Keys, ...]:
        """The superseded keys of a party under which its delivery of this number still holds."""
        return tuple(old.keys for old in self.superseded if old.party == party and number <= old.up_to)

    @property
    def reported_level(self) -> str:
        """The level of the areas for which counts without addresses are delivered: no finer than they are shown."""
        return self.lowest.get(REPORTED, self.levels[min(1, len(self.levels) - 1)])

    @property
    def register_holder(self) -> Participant:
        return next(participant for participant in self.participants if participant.content == "register")


def _key(document: Document, place: Place, size: int) -> bytes:
    text = document.text(place, "")
    try:
        key = base64.b64decode(text, validate=True)
    except binascii.Error:
        key = b"?"
    if text and len(key) != size:
        document.wrong(place, "not_a_key", size=size)
    return key


def _keys(document: Document, place: Place) -> Keys:
    return Keys(_key(document, (*place, "sign"), SIGN_BYTES), _key(document, (*place, "seal"), SEAL_BYTES))


def _at_most(document: Document, place: Place) -> int | None:
    declared = document.number(place, -1)
    if declared == -1:
        return None
    if declared < 1:
        document.wrong(place, "at_least_one")
    return declared


def _unit(document: Document, place: Place, content: Content) -> Unit:
    if content == "aggregate":
        chosen = document.choose(place, UNITS)
        return next(one for one in UNITS if one == chosen)
    if document.text(place, ""):
        document.wrong(place, "unit_without_counts")
    return ""


def _custodian(document: Document) -> Custodian:
    addresses, share = document.number(("custodian", "addresses")), document.number(("custodian", "share"))
    if addresses < 1:
        document.wrong(("custodian", "addresses"), "at_least_one")
    if not 1 <= share <= 100:
        document.wrong(("custodian", "share"), "not_a_percentage")
    name = document.text(("custodian", "name"))
    return Custodian(name, _keys(document, ("custodian",)), addresses, share)


def _participants(document: Document) -> tuple[Participant, ...]:
    found: list[Participant] = []
    for index in document.items("participant"):
        place: Place = ("participant", index)
        identifier = document.text((*place, "id"))
        if identifier and not _SLUG.fullmatch(identifier):
            document.wrong((*place, "id"), "not_a_slug")
        if _DEVICE.fullmatch(identifier):
            document.wrong((*place, "id"), "device_name", value=identifier)
        if identifier in RESERVED:
            document.wrong((*place, "id"), "reserved", value=identifier)
        if any(identifier == other.id for other in found):
            document.wrong((*place, "id"), "twice", value=identifier)
        chosen = document.choose((*place, "content"), CONTENTS)
        content: Content = next(one for one in CONTENTS if one == chosen)
        services = document.texts((*place, "services"), [])
        if content != "register" and not services:
            document.wrong((*place, "services"), "no_services")
        if content == "register" and services:
            document.wrong((*place, "services"), "register_has_services")
        found.append(
            Participant(
                identifier,
                document.text((*place, "name")),
                content,
                services,
                _keys(document, place),
                _at_most(document, (*place, "at_most")),
                _unit(document, (*place, "unit"), content),
            )
        )
    if not found:
        document.wrong(("participant",), "no_participants")
    elif sum(participant.content == "register" for participant in found) != 1:
        document.wrong(("participant",), "one_register")
    return tuple(found)


def _amendments(document: Document) -> tuple[Amendment, ...]:
    found: list[Amendment] = []
    for index in document.items("amendment"):
        place: Place = ("amendment", index)
        if document.number((*place, "number")) != index + 1:
            document.wrong((*place, "number"), "amendment_skipped", expected=index + 1)
        previous = document.text((*place, "previous"))
        if not re.fullmatch(r"[0-9a-f]{64}", previous):
            document.wrong((*place, "previous"), "not_a_digest")
        added = document.texts((*place, "added"), [])
        found.append(Amendment(document.day((*place, "day")), previous, added))
    return tuple(found)


def _superseded(document: Document, amendments: int, parties: list[str]) -> tuple[Superseded, ...]:
    found: list[Superseded] = []
    for index in document.items("superseded"):
        place: Place = ("superseded", index)
        number, up_to = document.number((*place, "amendment")), document.number((*place, "up_to"))
        if not 1 <= number <= amendments:
            document.wrong((*place, "amendment"), "no_such_amendment", most=amendments)
        if up_to < 0:
            document.wrong((*place, "up_to"), "at_least_zero")
        keys = _keys(document, place)
        if not keys.sign or not keys.seal:
            document.wrong((*place, "sign"), "missing")
        found.append(Superseded(document.choose((*place, "party"), parties), number, up_to, keys))
    return tuple(found)


def read(file: Path) -> Round:
    """Read and check `round.toml`. Raises AgreementError with every mistake, its line and a hint."""
    document = Document(file, FORMAT)
    identifier = document.text(("id",))
    if identifier and not _SLUG.fullmatch(identifier):
        document.wrong(("id",), "not_a_slug")
    round_id = document.text(("round_id",), "")
    if round_id and not re.fullmatch(r"[0-9a-f]{32}", round_id):
        document.wrong(("round_id",), "not_a_round_id")
    start, end = (
        document.day(("period", "start")),
        document.day(("period", "end")),
    )
    reference = document.day(("period", "reference_date"))
    if end < start:
        document.wrong(("period", "end"), "ends_before_it_starts")
    elif not start <= reference <= end:
        document.wrong(("period", "reference_date"), "reference_outside_period")
    threshold = document.number(("least_threshold",))
    if threshold < LEAST_THRESHOLD:
        document.wrong(("least_threshold",), "threshold_too_low", least=LEAST_THRESHOLD)
    communal = document.number(("exclusions", "communal_above"))
    if communal < 2:
        document.wrong(("exclusions", "communal_above"), "communal_too_low")
    municipalities = []
    for index in document.items("municipality"):
        code = document.text(("municipality", index, "code"))
        if not _MUNICIPALITY.fullmatch(code):
            document.wrong(("municipality", index, "code"), "not_a_municipality_code")
        municipalities.append((code, document.text(("municipality", index, "name"))))
    if len(municipalities) != 1:
        document.wrong(("municipality",), "one_municipality")
    levels = document.texts(("areas", "levels"))
    if levels and levels[0] != MUNICIPALITY:
        document.wrong(("areas", "levels"), "levels_start", level=MUNICIPALITY)
    lowest = {}
    for name in document.names(("tables",)):
        if name not in NAMES:
            document.wrong(("tables", name), "not_a_choice", choices=", ".join(NAMES), near="-")
        lowest[name] = document.choose(("tables", name), levels or (MUNICIPALITY,))
    participants = _participants(document)
    convenor = document.text(("convenor", "participant"))
    if convenor not in {participant.id for participant in participants}:
        document.wrong(("convenor", "participant"), "convenor_is_no_participant")
    amendments = _amendments(document)
    trust: Trust = "direct" if document.choose(("trust",), TRUSTS, "custodian") == "direct" else "custodian"
    made = Round(
        id=identifier,
        title=document.text(("title",)),
        round_id=round_id,
        trust=trust,
        count="period"
        if document.choose(("count",), ("reference", "period"), "reference") == "period"
        else "reference",
        start=start,
        end=end,
        reference_date=reference,
        least_threshold=threshold,
        communal_above=communal,
        municipalities=tuple(municipalities),
        catalogue_file=document.text(("catalogue", "file")),
        catalogue_sha256=document.text(("catalogue", "sha256"), ""),
        areas_file=document.text(("areas", "file")),
        borders_file=document.text(("areas", "borders")),
        levels=levels,
        lowest=lowest,
        convenor=convenor,
        analyst=document.text(("analyst", "name")),
        analyst_keys=_keys(document, ("analyst",)),
        participants=participants,
        custodian=_custodian(document) if trust == "custodian" else None,
        reference_file=document.text(("reference", "file"), ""),
        reference_sha256=document.text(("reference", "sha256"), ""),
        areas_sha256=document.text(("areas", "sha256"), ""),
        borders_sha256=document.text(("areas", "borders_sha256"), ""),
        analysis_sha256=document.text(("analysis", "sha256"), ""),
        profile=document.choose(("profile",), PROFILES) if document.text(("profile",), "") else "",
        amendments=amendments,
        superseded=_superseded(
            document, len(amendments), [*(participant.id for participant in participants), *RESERVED]
        ),
    )
    document.finish()
    return made


def to_toml(round_: Round) -> str:
    """The round as the text of `round.toml`; reading it back gives the same round."""

    def keys(of: Keys) -> dict[str, str]:
        named = {"sign": of.sign, "seal": of.seal}
        return {name: base64.b64encode(key).decode() for name, key in named.items() if key}

    told: dict[str, Any] = {
        "format": FORMAT,
        "id": round_.id,
        "title": round_.title,
        **({"round_id": round_.round_id} if round_.round_id else {}),
        "trust": round_.trust,
        "count": round_.count,
        **({"profile": round_.profile} if round_.profile else {}),
        "least_threshold": round_.least_threshold,
        "period": {"start": round_.start, "end": round_.end, "reference_date": round_.reference_date},
        "catalogue": {
            "file": round_.catalogue_file,
            **({"sha256": round_.catalogue_sha256} if round_.catalogue_sha256 else {}),
        },
        "areas": {
            "file": round_.areas_file,
            "borders": round_.borders_file,
            "levels": list(round_.levels),
            **({"sha256": round_.areas_sha256} if round_.areas_sha256 else {}),
            **({"borders_sha256": round_.borders_sha256} if round_.borders_sha256 else {}),
        },
        **({"analysis": {"sha256": round_.analysis_sha256}} if round_.analysis_sha256 else {}),
        **(
            {
                "reference": {
                    "file": round_.reference_file,
                    **({"sha256": round_.reference_sha256} if round_.reference_sha256 else {}),
                }
            }
            if round_.reference_file
            else {}
        ),
        "exclusions": {"communal_above": round_.communal_above},
        **({"tables": dict(round_.lowest)} if round_.lowest else {}),
        "convenor": {"participant": round_.convenor},
        "analyst": {"name": round_.analyst, **keys(round_.analyst_keys)},
        **(
            {
                "custodian": {
                    "name": round_.custodian.name,
                    "addresses": round_.custodian.addresses,
                    "share": round_.custodian.share,
                    **keys(round_.custodian.keys),
                }
            }
            if round_.custodian
            else {}
        ),
        "municipality": [{"code": code, "name": name} for code, name in round_.municipalities],
        "participant": [
            {
                "id": participant.id,
                "name": participant.name,
                "content": participant.content,
                **({"services": list(participant.services)} if participant.services else {}),
                **({} if participant.at_most is None else {"at_most": participant.at_most}),
                **({"unit": participant.unit} if participant.unit else {}),
                **keys(participant.keys),
            }
            for participant in round_.participants
        ],
        **(
            {
                "amendment": [
                    {
                        "number": number,
                        "day": amendment.day,
                        "previous": amendment.previous,
                        **({"added": list(amendment.added)} if amendment.added else {}),
                    }
                    for number, amendment in enumerate(round_.amendments, start=1)
                ]
            }
            if round_.amendments
            else {}
        ),
        **(
            {
                "superseded": [
                    {"party": old.party, "amendment": old.amendment, "up_to": old.up_to, **keys(old.keys)}
                    for old in round_.superseded
                ]
            }
            if round_.superseded
            else {}
        ),
    }
    return tomli_w.dumps(told)
