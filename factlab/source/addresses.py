"""How one address reads: `PC6|number|SUFFIX` by the numbered rules N1 to N12 of docs/spec/addresses.md, or the reason why not.

Street and place are never part of it (N10), nothing is a synonym without a list that says so (N11), nothing is guessed (N12).
"""

from __future__ import annotations

from typing import NamedTuple

from factlab.source import houses, lines, postcodes
from factlab.source.characters import clean, is_empty, unwrap
from factlab.source.houses import Trace

NORMALISER = "1"
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


def _postcode(fields: Address, trace: Trace) -> tuple[str, str, str]:
    """(postcode, reason, the line that is left once a postcode was found in it)."""
    if fields.postcode:
        bare = unwrap(fields.postcode)
        code, reason = postcodes.read(bare)
        if (code and bare != code) or reason:
            trace.rules.add(3)
        return code, reason, fields.address
    for line in (fields.address, fields.place, fields.street):
        code, reason, before, after = postcodes.find(line)
        if reason != "postcode missing":
            trace.rules.update((3, 10))
            if line != fields.address:
                return code, reason, fields.address
            if lines.house(before)[0] or not after:
                return code, reason, before
            found, _ = lines.house(after, street_needed=not before)
            return code, reason, after if found or not before else before
    return "", "postcode missing", fields.address


def _house(fields: Address, line: str, trace: Trace) -> tuple[str, str]:
    if fields.number and any(one.isdigit() for one in fields.number):
        if fields.number[0].isalpha():  # the street stands in the number's field
            found, reason = lines.house(fields.number)
            return houses.read(found or fields.number, fields.letter, fields.addition, trace)
        return houses.read(fields.number, fields.letter, fields.addition, trace)
    reasons = []
    for text in (fields.street, line):
        if not text:
            continue
        found, reason = lines.house(text)
        if not found and text == line and text[0].isdigit():
            found, reason = lines.house(text, street_needed=False)
        if found:
            trace.rules.add(10)
            return houses.read(found, fields.letter, fields.addition, trace)
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
    told = f"{fields.street} {fields.address}"
    if lines.is_post_box(told) or lines.is_post_box(fields.number):
        return Reading("", "postbus", str(trace))
    code, reason, line = _postcode(fields, trace)
    house, why = _house(fields, line, trace)
    if code and house:
        return Reading(f"{code}|{house}", "", str(trace))
    if (
        reason in ("", "postcode missing")
        and not house
        and lines.is_unknown(f"{told} {fields.place} {fields.number}")
    ):
        return Reading("", "address unknown", str(trace))
    return Reading("", reason or why, str(trace))
