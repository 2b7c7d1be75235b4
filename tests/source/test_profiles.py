"""A municipality's own words for a door: what is the same there, and what stays apart there too."""

from __future__ import annotations

import pyarrow as pa
import pytest
from factlab.agreement.round import PROFILES
from factlab.engine import Engine
from factlab.source import addresses, normalising, profiles
from factlab.source.addresses import FIELDS, Address

from tests.source.test_addresses import address_of, vectors

# profile, one door as it is written, its suffix
SAME = [
    ("amsterdam", "H", ["21 H", "21 hs", "21-hs", "21 huis", "21HS", "21 (huis)"]),
    ("amsterdam", "2", ["21-2", "21 II", "21-II", "21-2 hoog", "21 2-hoog", "21 II hoog", "21 2hg", "21 2e verdieping", "21 2de etage",
                        "21 tweede etage", "21 tweede verdieping", "21 IIhoog"]),
    ("amsterdam", "2A", ["21 2A", "21 II achter", "21-2 achter", "21 2 hoog achter", "21 2-a", "21 IIA"]),
    ("amsterdam", "2V", ["21 2V", "21 II voor", "21 2e verd. voor"]),
    ("amsterdam", "1", ["21-1", "21 I", "21 1 hoog", "21 I hoog", "21 eerste etage"]),
    ("amsterdam", "HA", ["21 hs achter", "21 HA", "21 huis achter"]),
    ("amsterdam", "A2", ["21 A 2", "21A-2 hoog", "21 A2 hoog"]),
    ("amsterdam", "4", ["21-4", "21 IV", "21 4 hoog", "21 vierde etage"]),
    ("haarlem", "RD", ["31 rood", "31 RD", "31rd", "31-rood"]),
    ("haarlem", "ZW", ["31 zwart", "31 zw"]),
    ("haarlem", "ARD", ["31A rood", "31 A RD"]),
    ("utrecht", "BIS", ["12 bis", "12 BS", "12bs", "12-bs"]),
    ("utrecht", "BISA", ["12 bis A", "12 BS A", "12 bsa"]),
    ("utrecht", "ABIS", ["12A bis", "12 A bs"]),
]  # fmt: skip


def suffix(profile: str, house: str) -> str:
    return profiles.canonical(addresses.read(Address("1072RV", house)).canonical, profile).rpartition("|")[2]


@pytest.mark.parametrize(("profile", "expected", "written"), SAME)
def test_one_door_in_many_words(profile: str, expected: str, written: list[str]) -> None:
    assert {house: suffix(profile, house) for house in written} == dict.fromkeys(written, expected)


def test_other_doors_stay_apart() -> None:
    for profile in PROFILES:
        doors = [expected for name, expected, _ in SAME if name == profile]
        assert len(set(doors)) == len(doors)
    for profile, one, other in (
        ("amsterdam", "21 H", "21"),
        ("amsterdam", "21 II", "21 III"),
        ("amsterdam", "21 II", "21-11"),
        ("amsterdam", "21 V", "21-5"),
        ("amsterdam", "21 2A", "21 A2"),
        ("amsterdam", "21 bis", "21 bs"),
        ("amsterdam", "21 H2", "21 huis 2"),
        ("haarlem", "31 R", "31 rood"),
        ("haarlem", "31 zwart", "31"),
        ("haarlem", "31 II", "31-2"),
        ("utrecht", "12 B", "12 bis"),
        ("utrecht", "12 hs", "12 H"),
    ):
        assert suffix(profile, one) != suffix(profile, other), (profile, one, other)


def test_a_profile_read_twice_says_the_same() -> None:
    """Its spelling is its own spelling: reading a delivered form again changes nothing."""
    literal = {addresses.read(address_of(vector)).canonical for vector in vectors()} - {""}
    for profile in PROFILES:
        once = {profiles.canonical(said, profile) for said in literal}
        assert once == {profiles.canonical(said, profile) for said in once}


def test_sql_and_rules_follow_the_same_profile() -> None:
    read = [address_of(vector) for vector in vectors()]
    rows = pa.table(
        {"row": range(len(read)), **{name: [getattr(one, name) for one in read] for name in FIELDS}}
    )
    for profile in PROFILES:
        with Engine() as engine:
            normalising.normalise(engine, rows, profile)
            found = engine.rows('select canonical, reason from reading order by "row"')
        for (canonical, reason), address in zip(found, read, strict=True):
            expected = addresses.read(address)
            assert (canonical, reason) == (profiles.canonical(expected.canonical, profile), expected.reason)


def test_every_profile_can_be_agreed() -> None:
    assert profiles.names() == PROFILES
