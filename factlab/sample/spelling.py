"""How organisations write an address: every spelling denotes the same door, unless the address can't be used at all."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from factlab.sample.doors import ADDITIONS, LETTERS, SUFFIXES, Ints
from factlab.sample.participants import Participant
from factlab.sample.place import NAME
from factlab.sample.rows import FAULTS, Rows

_VARIANTS = 5


def _joined(letter: str, addition: str) -> tuple[str, ...]:
    """What may follow the number: "12a", "12 A", "12-A"; "12-2" never loses its hyphen, for 122 is another door."""
    if not letter and not addition:
        return ("",) * _VARIANTS
    if letter and addition:
        return (f"{letter}{addition}", f"{letter}-{addition}", f" {letter}{addition}", f"-{letter}{addition}",
                f"{letter.lower()}{addition}")  # fmt: skip
    if letter:
        return (letter.lower(), f" {letter}", f"-{letter}", letter, f" {letter.lower()}")
    if addition.isdigit():
        return (f"-{addition}", f"-{addition}", f"-{addition}", f"/{addition}", f"-{addition}")
    return (f" {addition}", addition, f"-{addition}", f" {addition.upper()}", f" {addition} ")


_JOINED = pa.array([form for letter, addition in SUFFIXES for form in _joined(letter, addition)])


def _choose(forms: list[str], rng: np.random.Generator, many: int) -> pa.Array:
    return pa.array(forms).take(pa.array((rng.random(many) * len(forms)).astype(np.int64)))


def postcodes(places: Ints, known: pa.Array, rng: np.random.Generator, tidy: float = 0.4) -> pa.Array:
    """Postcodes as people type them: with or without a space, in small letters, with spaces behind."""
    digits, letters = pc.utf8_slice_codeunits(known, 0, 4), pc.utf8_slice_codeunits(known, 4, 6)
    lower = pc.utf8_lower(letters)
    forms = pa.concat_arrays(
        [
            pc.binary_join_element_wise(digits, letters, ""),
            pc.binary_join_element_wise(digits, letters, " "),
            pc.binary_join_element_wise(digits, lower, " "),
            pc.binary_join_element_wise(digits, lower, ""),
            pc.binary_join_element_wise(pc.binary_join_element_wise(digits, letters, " "), "", "  "),
        ]
    )
    drawn = rng.random(len(places))
    form = np.where(drawn < tidy, 1, np.minimum(((drawn - tidy) / (1 - tidy) * 5).astype(np.int64), 4))
    return forms.take(pa.array(form * len(known) + places))


def columns(rows: Rows, part: slice, one: Participant, rng: np.random.Generator) -> dict[str, pa.Array]:
    """The address columns of one extract, as its organisation writes them."""
    street = rows.streets.take(pa.array(rows.street[part]))
    suffix = rows.suffix[part]
    many = len(suffix)
    number = pa.array(rows.number[part]).cast(pa.string())
    postcode = postcodes(rows.postcode[part], rows.postcodes, rng)
    elsewhere = pa.array(rows.postcode[part] >= rows.local)
    place = pc.if_else(
        elsewhere, "Overkant", _choose([NAME, NAME, NAME, NAME.upper(), f"{NAME} "], rng, many)
    )

    fault = rows.fault[part]
    mask = {kind: pa.array(fault == number_) for number_, kind in enumerate(FAULTS)}
    street = pc.if_else(mask["unknown"], "onbekend", street)
    street = pc.if_else(mask["abroad"], "Lindenallee", street)
    street = pc.if_else(mask["post office box"], "Postbus", street)
    bare = pc.or_(mask["no number"], mask["unknown"])
    number = pc.if_else(bare, "", number)
    postcode = pc.if_else(
        mask["half a postcode"], pc.utf8_slice_codeunits(pc.utf8_trim_whitespace(postcode), 0, 4), postcode
    )
    postcode = pc.if_else(mask["unknown"], "", postcode)
    postcode = pc.if_else(mask["abroad"], "D-48999", postcode)
    postcode = pc.if_else(mask["post office box"], "3500 GA", postcode)
    place = pc.if_else(mask["abroad"], "Musterstadt", place)
    suffix = np.where(fault > 0, 0, suffix)

    joined = pc.binary_join_element_wise(
        number,
        _JOINED.take(pa.array(suffix * _VARIANTS + (rng.random(many) * _VARIANTS).astype(np.int64))),
        "",
    )
    if one.layout == "number":
        return {"street": street, "number": joined, "postcode": postcode, "place": place}
    line = pc.utf8_trim_whitespace(pc.binary_join_element_wise(street, joined, " "))
    if one.layout == "line":
        return {"address": line, "postcode": postcode, "place": place}
    if one.layout == "free":
        tail = pc.utf8_trim_whitespace(pc.binary_join_element_wise(postcode, place, " "))
        glue = _choose([", ", ", ", " ", ",", ",  "], rng, many)
        return {"address": pc.binary_join_element_wise(line, glue, tail, "")}
    letter, addition = LETTERS.take(pa.array(suffix)), ADDITIONS.take(pa.array(suffix))
    # Some clerks type the letter where the addition goes.
    moved = pa.array(rng.random(many) < (0.15 if "letter" in one.header else 2.0))
    addition = pc.if_else(moved, pc.binary_join_element_wise(letter, addition, ""), addition)
    letter = pc.if_else(moved, "", letter)
    drawn = rng.random(many)
    letter = pc.if_else(pa.array(drawn < 0.3), pc.utf8_lower(letter), letter)
    addition = pc.if_else(pa.array(drawn > 0.8), pc.utf8_upper(addition), addition)
    zeros = pc.and_(pc.utf8_is_digit(addition), pa.array((drawn > 0.4) & (drawn < 0.6)))
    addition = pc.if_else(zeros, pc.binary_join_element_wise("0", addition, ""), addition)
    if one.padded:
        number = pc.if_else(pc.equal(number, ""), "", pc.utf8_lpad(number, 5, "0"))
    return {
        "street": street,
        "number": number,
        "letter": letter,
        "addition": addition,
        "postcode": postcode,
        "place": place,
    }
