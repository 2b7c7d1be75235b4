"""How one address reads: `PC6|number|SUFFIX` by the numbered rules N1 to N12 of docs/spec/addresses.md, or the reason why not.

Street and place are never part of it (N10), nothing is a synonym without a list that says so (N11), nothing is guessed (N12).
"""

from __future__ import annotations

import re
from typing import NamedTuple

from factlab.source import houses, lines, postcodes
from factlab.source.characters import clean, is_empty, unwrap
from factlab.source.houses import Trace

NORMALISER = "4"
_STREET_FIRST = re.compile(r"[^A-Z0-9]*[A-Z]|[0-9]{1,3}(?:E|DE|STE) [A-Z]{2}")
FIELDS = ("postcode", "number", "letter", "addition", "street", "place", "address")
REASONS = (
    "postbus", "postcode missing", "postcode incomplete", "postcode never issued", "postcode invalid", "postcode unclear",
    "number missing", "number unclear", "number out of range", "number negative", "several numbers", "excel date",
    "suffix unreadable", "abroad", "address unknown",
)  # fmt: skip


class Address(NamedTuple):
    """An address as an extract holds it; each field may be empty and may hold more than its name says."""

    postcode: str = ""
    number: str = ""
    letter: str = ""
    addition: str = ""
    street: str = ""
    place: str = ""
    address: str = ""


class Reading(NamedTuple):
    """Either `canonical` or `reason` is empty. `rules` are those that did something, say "N1 N6"."""

    canonical: str
    reason: str
    rules: str


class _Lines(NamedTuple):
    """The texts in which a house may stand, without the postcode, and what the other fields call the town."""

    number: str
    street: str
    line: str
    towns: frozenset[str]


def _postcode(fields: Address, trace: Trace) -> tuple[str, str, _Lines]:
    """(postcode, reason, the lines that are left once a postcode was found in them)."""
    number, street, line, towns = (
        fields.number,
        fields.street,
        fields.address,
        frozenset((fields.place,)) - {""},
    )
    if fields.postcode:
        bare = unwrap(fields.postcode)
        code, reason, beside = postcodes.read(bare)
        if (code and bare != code) or reason:
            trace.rules.add(3)
        if code and any(map(str.isdigit, beside)) and not any(map(str.isdigit, line)):
            trace.rules.add(10)
            line = beside
        if code and postcodes.others(line, code) and not any(map(str.isdigit, number)):
            return "", "postcode unclear", _Lines(number, street, line, towns)
        number, street, line = (postcodes.without(text, code) for text in (number, street, line))
        return code, reason, _Lines(number, street, line, towns)
    for text in (line, fields.place, street, number):
        code, reason, _ = postcodes.find(text)
        if reason != "postcode missing":
            trace.rules.update((3, 10))
            cut = [
                postcodes.without(one, code) if code else one for one in (number, street, line, fields.place)
            ]
            after = postcodes.without(text, code).rpartition(" , ")[2].strip() if code else ""
            if after and not any(map(str.isdigit, after)) and lines.is_town(after):
                towns |= {after}
            return code, reason, _Lines(cut[0], cut[1], cut[2], (towns | {cut[3]}) - {""})
    return "", "postcode missing", _Lines(number, street, line, towns)


def _says_more(left: _Lines, bare: str) -> bool:
    """Whether the street or the line gives the same number with a suffix: "Kerkstraat 12A" beside a number 12."""
    for text in (left.street, left.line):
        if any(map(str.isdigit, text)):
            found, reason = lines.house(text, street_needed=False, towns=left.towns)
            told, _ = houses.read(found, "", "", Trace()) if found else ("", "")
            if (told.startswith(bare) and told != bare) or reason == "several numbers":
                return True
    return False


def _house(fields: Address, left: _Lines, trace: Trace) -> tuple[str, str]:
    number, letter, addition = left.number, fields.letter, fields.addition
    if any(one.isdigit() for one in number):
        if _STREET_FIRST.match(number) or lines.has_street(number):  # the street stands in the number's field
            found, _ = lines.house(number, towns=left.towns)
            number = found or number
        elif number != fields.number:  # a postcode stood behind it, and perhaps a town
            found, _ = lines.house(number, street_needed=False, towns=left.towns)
            number = found or number
        if (mark := lines.beside(fields.street)) and number[:1].isdigit():
            trace.rules.add(9)
            if mark == "?":
                return "", "number unclear"
            number = f"{mark} {number}"
        read_as, reason = houses.read(number, letter, addition, trace)
        if read_as.endswith("|") and _says_more(left, read_as):
            trace.rules.add(10)
            return "", "number unclear"
        return read_as, reason
    reasons = []
    for text in (left.street, left.line):
        if not text:
            continue
        found, reason = lines.house(text, street_needed=text != left.line, towns=left.towns)
        if found:
            trace.rules.add(10)
            # Without a digit the number's field can only hold what belongs behind the number.
            return houses.read(f"{found} {number}".strip(), letter, addition, trace)
        reasons.append(reason)
    said = [reason for reason in reasons if reason != "number missing"]
    return "", said[0] if said else "number unclear" if fields.number else "number missing"


def read(address: Address) -> Reading:
    """Read one address. The same address gives the same canonical form however it is split over the fields."""
    trace = Trace()
    cleaned = [clean(text) for text in address]
    if any(now != before.upper() for now, before in zip(cleaned, address, strict=True)):
        trace.rules.add(1)
    for place, text in enumerate(cleaned):
        # A dash before digits says something: "-12" is no empty field.
        if text and is_empty(text):
            trace.rules.add(2)
            cleaned[place] = ""
    fields = Address(*cleaned)
    told = f"{fields.street} {fields.address}".strip()
    if lines.is_post_box(told) or lines.is_post_box(fields.number):
        return Reading("", "postbus", str(trace))
    if lines.is_letter_address(f"{told} {fields.number} {fields.addition}"):
        return Reading("", "address unknown", str(trace))
    code, reason, left = _postcode(fields, trace)
    house, why = _house(fields, left, trace)
    if code and house:
        return Reading(f"{code}|{house}", "", str(trace))
    if (
        reason in ("", "postcode missing")
        and not house
        and lines.is_unknown(f"{told} {fields.place} {fields.number}")
    ):
        return Reading("", "address unknown", str(trace))
    return Reading("", reason or why, str(trace))


def without_postcode(address: Address) -> tuple[str, str, str] | None:
    """(house, street, town) of an address that has all but a postcode; None when it hasn't."""
    if read(address).reason != "postcode missing":
        return None
    fields = Address(*("" if is_empty(text) else text for text in map(clean, address)))
    left = _Lines(fields.number, fields.street, fields.address, frozenset((fields.place,)) - {""})
    house, _ = _house(fields, left, Trace())
    if not house:
        return None
    line = fields.street or fields.address or fields.number
    number, parts = house.partition("|")[0], [part.strip() for part in re.split("[,;|]", line)]
    for place, part in enumerate(parts):
        if any(map(str.isalpha, part)):
            # Its own number ends the name of a street that isn't alone in its field.
            street = (
                re.split(rf"(?<![A-Z0-9])0*{number}(?![0-9])", part)[0]
                if not fields.number or line == fields.number
                else part
            )
            town = fields.place or (parts[place + 1] if len(parts) > place + 1 else "")
            return house, street.strip(), town
    return None
