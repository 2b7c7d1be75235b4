"""How one address reads: the vectors, and what must hold for every address."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from factlab.source import addresses
from factlab.source.addresses import FIELDS, REASONS, Address, Reading, read
from hypothesis import given
from hypothesis import strategies as st

VECTORS = Path(__file__).parents[1] / "vectors" / "addresses.csv"


def vectors() -> list[dict[str, str]]:
    with VECTORS.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def address_of(vector: dict[str, str]) -> Address:
    return Address(*(vector[name] for name in FIELDS))


@pytest.mark.parametrize(
    "vector", vectors(), ids=lambda v: f"{v['class']} {v['canonical'] or v['reason']} {v['note']}"
)
def test_every_variant_reads_as_agreed(vector: dict[str, str]) -> None:
    found = read(address_of(vector))
    assert (found.canonical, found.reason) == (vector["canonical"], vector["reason"])


def test_what_must_stay_apart_stays_apart() -> None:
    """No D class shares its canonical form with another class, whatever way it is written."""
    by_class: dict[str, set[str]] = {}
    for vector in vectors():
        by_class.setdefault(vector["class"], set()).add(read(address_of(vector)).canonical)
    for name, forms in by_class.items():
        if name.startswith("D"):
            others = set().union(
                *(found for other, found in by_class.items() if other[0] in "DE" and other != name)
            )
            assert not forms & others, name


def test_every_reason_is_known_and_has_a_vector() -> None:
    assert {vector["reason"] for vector in vectors()} - {""} == set(REASONS)
    assert all(vector["note"] for vector in vectors())


# Postcodes, numbers and suffixes as they are; house letter one character, addition at most four.
postcodes = st.from_regex(r"[1-9][0-9]{3}[A-Z]{2}", fullmatch=True).filter(
    lambda p: p[4:] not in ("SA", "SD", "SS")
)
numbers = st.integers(1, 99999).map(str)
letters = st.sampled_from(["", *"ABCDEFGHIJKLMNOPQRSTUVWXYZ"])
additions = st.one_of(
    st.just(""),
    st.integers(0, 9999).map(str),
    st.from_regex(r"[A-Z][0-9]{1,3}", fullmatch=True),
    st.from_regex(r"[A-Z]{1,4}", fullmatch=True),
    st.sampled_from(["BIS", "HS", "1-2", "10-11", "BOVEN", "ACHTER", "APP3", "BISA"]),
)


@given(postcodes, numbers, letters, additions)
def test_a_canonical_form_written_out_reads_as_itself(
    code: str, number: str, letter: str, addition: str
) -> None:
    first = read(Address(code, number, letter, addition))
    if first.reason:
        return
    assert len(first.canonical) <= 55
    assert first.canonical.isascii()
    assert "@" in first.canonical or first.canonical == first.canonical.upper()
    found, house, suffix = first.canonical.split("|")
    if suffix in ("TO", "BY", "BIJ", "TGO"):
        return  # letter T with addition O is that door; written together it can only be read as the mark
    mark = {"@TO": "t/o ", "@BY": "bij "}.get(suffix[-3:], "")
    suffix = suffix.removesuffix("@TO").removesuffix("@BY")
    written = f"{mark}{house} {suffix}".strip()
    if read(Address(found, written)).reason in ("several numbers", "excel date"):
        return  # letter E with addition N1, or F with EB, written together: refused, and never another door
    assert read(Address(found, written)).canonical == first.canonical
    assert read(Address(f"{found[:4]} {found[4:].lower()}", written.lower())).canonical == first.canonical
    if not mark:
        assert read(Address(found, house, "", suffix)).canonical == first.canonical


@given(postcodes, numbers, letters, additions)
def test_it_does_not_matter_which_column_holds_what(
    code: str, number: str, letter: str, addition: str
) -> None:
    if letter and addition[:1] == letter:
        return  # given twice, or an addition that begins with the same letter: rule N7 decides
    layouts = [
        Address(code, number, letter, addition),
        Address(code, number, "", f"{letter} {addition}".strip()),
        Address(code, number + letter, "", addition),
        Address(code, f"{number}-{letter}" if letter else number, "", addition),
        Address(f"{code[:4]} {code[4:]}", f"{number} {letter} {addition}".strip()),
        Address(
            code,
            f" {number}.0 " if not letter else number,
            letter.lower(),
            f"({addition})" if addition else "nvt",
        ),
    ]
    read_as = {read(layout).canonical for layout in layouts}
    assert len(read_as) == 1


@given(postcodes, st.integers(1, 1499).map(str), letters, st.sampled_from(["", "2", "B1", "bis", "hs"]))
def test_a_whole_line_reads_like_columns(code: str, number: str, letter: str, addition: str) -> None:
    if letter and addition[:1].upper() == letter:
        return
    expected = read(Address(code, number, letter, addition)).canonical
    house = f"{number}{letter} {addition}".strip()
    for line in (
        f"Kerkstraat {house}, {code[:4]} {code[4:]} Zaandam",
        f"1e Kruisweg {house}, {code} Oudenbosch",
        f"Plein 1944 {house}, {code}  NIJMEGEN",
        f"16 april 1944 Pad {house}, {code} Zaandam",
    ):
        assert read(Address(address=line)).canonical == expected, line
    assert read(Address(code, street=f"Laan 1940-1945 {house}")).canonical == expected


@given(st.lists(st.text(max_size=25), min_size=7, max_size=7))
def test_whatever_is_written_gets_a_canonical_form_or_a_reason(texts: list[str]) -> None:
    found = read(Address(*texts))
    assert bool(found.canonical) != bool(found.reason)
    assert found.reason in ("", *REASONS)
    assert found.canonical.isascii() and len(found.canonical) <= 55


def test_street_and_place_are_never_in_the_key() -> None:
    plain = read(Address("1506AB", "12", "A"))
    assert plain == Reading("1506AB|12|A", "", "")
    for street, place in (("Kerkstraat", "Zaandam"), ("Dorpsweg 99", "Elders"), ("L. Voorhout", "The Hague")):
        assert read(Address("1506AB", "12", "A", "", street, place)).canonical == plain.canonical


@pytest.mark.parametrize(
    ("address", "rules"),
    [
        (Address("1506 AB", "012"), "N3 N5"),
        (Address("1506AB", "12.0", "", "nvt"), "N2 N4"),
        (Address("1506AB", "12", "a", "a1"), "N7"),
        (Address("1506AB", "t/o 12"), "N9"),
        (Address("1506AB", "12", "", "app. 3"), "N6"),
        (Address("1506AB", "12", "", "ben."), "N6 N8"),
        (Address("1506AB", street="Kerkstraat 12"), "N10"),
    ],
)
def test_it_says_which_rules_did_something(address: Address, rules: str) -> None:
    assert read(address).rules == rules


def test_the_version_is_part_of_the_agreement() -> None:
    assert addresses.NORMALISER == "4"


def nen(canonical: str) -> str:
    """A house as NEN 5825 renders it: `12`, `12 A`, `12-2`, `400 LTOE`, `bij 12`, `t/o 12`."""
    _, number, suffix = canonical.split("|")
    mark = {"@TO": "t/o ", "@BY": "bij "}.get(suffix[-3:], "")
    bare = suffix[:-3] if mark else suffix
    return f"{mark}{number}{'-' if bare[:1].isdigit() else ' ' if bare else ''}{bare}"


# Letter T with addition O is rendered as the mark itself: the one house that NEN 5825 can't tell from another.
RENDERED = sorted(
    canonical
    for canonical in {v["canonical"] for v in vectors()}
    if canonical and canonical.split("|")[2] not in ("TO", "BY")
)


@pytest.mark.parametrize("canonical", RENDERED)
def test_what_nen_5825_renders_parses_back_to_the_same_key(canonical: str) -> None:
    code, _, _ = canonical.split("|")
    house = nen(canonical)
    town = f"{code[:4]} {code[4:]}  ZAANDAM"
    for written in (
        Address(code, house),
        Address(code, street=f"Kerkstraat {house}"),
        Address(address=f"Kerkstraat {house}, {town}"),
        Address(address=f"Kerkstraat {house} {town}"),
        Address(address=f"{town}, Kerkstraat {house}"),
        Address(address=f"{code} {house}"),
    ):
        assert read(written).canonical == canonical, written


doors = st.lists(
    st.sampled_from((
        "A", "B", "K", "2", "10", "bis", "hs", "boven", "achter", "II", "1e", "app", "kamer", "III", "IIA", "1A", "A1", "GAR", "bdn", "t/o",
        "bij", "3 hoog", "2e etage", "toev. A", "nr 2", "huisje 3",
    )),
    max_size=3,
)  # fmt: skip


@given(numbers, doors, st.sampled_from([" ", "-", "/", ", ", ". "]))
def test_no_part_of_a_door_is_ever_lost(number: str, door: list[str], between: str) -> None:
    """However a line is cut: it reads as the columns do, or not at all."""
    columns = read(Address("1506AB", number, "", " ".join(door))).canonical
    line = f"Kerkstraat {number}{between if door else ''}{between.join(door)}, 1506 AB Zaandam"
    found = read(Address(address=line)).canonical
    assert found in (columns, ""), line
