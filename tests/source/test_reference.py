"""A local list of addresses: what it confirms, what it repairs and why, and what it leaves alone."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest
from factlab import texts
from factlab.errors import ExtractError
from factlab.parties import organisation
from factlab.source import quality, reference
from factlab.source.reference import weigh

BAG = (
    "openbareruimte;huisnummer;huisletter;huisnummertoevoeging;postcode;woonplaats;gemeente;provincie;nummeraanduiding;"
    "verblijfsobjectgebruiksdoel;oppervlakteverblijfsobject;verblijfsobjectstatus;object_id;object_type;nevenadres;pandid;"
    "pandstatus;pandbouwjaar;x;y;lon;lat\n"
)
DOORS = [  # street, number, letter, addition, postcode, town, id
    ("Kerkstraat", "12", "", "A", "1506AB", "Wiermonde", "0999200000000001"),
    ("Kerkstraat", "12", "", "B", "1506AB", "Wiermonde", "0999200000000002"),
    ("Kerkstraat", "14", "", "", "1506AB", "Wiermonde", "0999200000000003"),
    ("Kerkstraat", "16", "", "2", "1506AB", "Wiermonde", "0999200000000004"),
    ("Kerkstraat", "16", "", "1", "1506AB", "Wiermonde", "0999200000000005"),
    ("Kerkstraat", "18", "C", "", "1506AB", "Wiermonde", "0999200000000006"),
    ("Kerkstraat", "20", "", "1-2", "1506AB", "Wiermonde", "0999200000000007"),
    ("Dorpsweg", "3", "", "", "1507AC", "Wiermonde", "0999200000000008"),
    ("Dorpsweg", "3", "", "", "1508AD", "Wierhorst", "0999200000000009"),
    ("Lange Weg", "5", "", "", "1509AE", "Wiermonde", "0999200000000010"),
    ("Lange Weg", "5", "", "", "1509AG", "Wiermonde", "0999200000000011"),
]


def bag(folder: Path) -> Path:
    file = folder / "bag.csv"
    file.write_text(
        BAG
        + "".join(
            f"{street};{number};{letter};{addition};{code};{town};Wiermonde;-;{identifier};woonfunctie;80;in gebruik;1;VBO;N;1;x;1990;1;1;1;1\n"
            for street, number, letter, addition, code, town, identifier in DOORS
        ),
        encoding="utf-8",
    )
    return file


def checked(folder: Path, rows: list[str], **options: Any) -> list[tuple[str, str, str]]:
    extract, out = folder / "clients.csv", folder / "read.csv"
    heads = "postcode,huisnummer,huisletter,toevoeging,straat,plaats,freetext\n"
    extract.write_text(heads + "\n".join(rows) + "\n", encoding="utf-8")
    options.setdefault("reference", bag(folder))
    organisation.addresses(extract, out, **options)
    return [
        (row["canonical"], row["reason"], row["rules"])
        for row in csv.DictReader(out.read_text(encoding="utf-8").splitlines())
    ]


CASES = [  # row, canonical, reason, the rule of the list
    ("1506AB,12,A,,,,", "1506AB|12|A", "", ""),
    ("1506AB,12,,,,,", "1506AB|12|", "", ""),  # A or B? ambiguous, so it stays what it says
    ("1506AB,14,,hs,,,", "1506AB|14|", "", "Q3"),
    ("1506AB,14,,A,,,", "1506AB|14|A", "", ""),
    ("1506AB,16,,II,,,", "1506AB|16|2", "", "Q2"),
    ("1506AB,16,,2 hoog,,,", "1506AB|16|2", "", "Q2"),
    ("1506AB,18,,,,,", "1506AB|18|C", "", "Q4"),
    ("1506AB,18,D,,,,", "1506AB|18|D", "", ""),
    ("1506AB,18,,to,,,", "1506AB|18|@TO", "", ""),
    ("1506AB,20,,12,,,", "1506AB|20|1-2", "", "Q1"),
    ("1506AB,99,,,,,", "1506AB|99|", "", ""),
    (",14,,,Kerkstr.,Wiermonde,", "1506AB|14|", "", "Q5"),
    (',,,,,,"Kerkstraat 16-II, Wiermonde"', "1506AB|16|2", "", "Q5 Q2"),
    (",3,,,Dorpsweg,Wierhorst,", "1508AD|3|", "", "Q5"),
    (",3,,,Dorpsweg,,", "", "postcode missing", ""),  # in which town?
    (",5,,,Lange Weg,Wiermonde,", "", "postcode missing", ""),  # two postcodes
    (",14,,,Kerkstraat,Elders,", "", "postcode missing", ""),
    (",,,,,,0999200000000006", "1506AB|18|C", "", "Q6"),
    (",,,,,,999200000000001", "1506AB|12|A", "", "Q6"),  # Excel lost the zero
    (",,,,,,0999200000000099", "", "postcode missing", ""),
    (",,,,Postbus 12,Wiermonde,", "", "postbus", ""),
]


def test_what_the_list_repairs_and_what_not(tmp_path: Path) -> None:
    found = checked(tmp_path, [row for row, *_ in CASES])
    for (row, canonical, reason, rule), (said, why, rules) in zip(CASES, found, strict=True):
        assert (said, why) == (canonical, reason), row
        assert " ".join(one for one in rules.split() if one.startswith("Q")) == rule, row


def test_repairs_can_be_switched_off(tmp_path: Path) -> None:
    rows = [row for row, *_ in CASES]
    plain = [one[:2] for one in checked(tmp_path, rows, reference=None)]
    assert [one[:2] for one in checked(tmp_path, rows, repair=False)] == plain


@pytest.mark.parametrize(
    ("suffix", "there", "expected"),
    [
        ("2", ["II", "2HOOG"], ("ambiguous", "Q2", "")),  # both are that door somewhere: none is chosen
        ("", ["A"], ("repaired", "Q4", "A")),
        ("", ["A", "B"], ("ambiguous", "", "")),
        ("A", [""], ("no such door", "", "")),
        ("A", ["B"], ("no such door", "", "")),
        ("A@TO", ["A", ""], ("no such door", "", "")),
        ("HS", ["", "1", "2"], ("repaired", "Q3", "")),
        ("HS", ["H", ""], ("repaired", "Q2", "H")),
        ("12", ["1-2", "2"], ("repaired", "Q1", "1-2")),
        ("V", ["5"], ("no such door", "", "")),
    ],
)
def test_a_door_is_taken_only_where_one_can_be_meant(
    suffix: str, there: list[str], expected: tuple[str, str, str]
) -> None:
    assert weigh(suffix, there) == expected


@pytest.mark.parametrize(
    "head", ["PC6;Huisnummer;Buurt2025;Wijk2025;Gemeente2025", "pc;huisnummer;gwb_code;wijkcode;gemeentecode"]
)
def test_the_cbs_table_knows_numbers_only(tmp_path: Path, head: str) -> None:
    file = tmp_path / "pc6hnr.csv"
    file.write_text(head + "\n1506AB;12;9990101;99901;999\n1506AB;14;9990101;99901;999\n", encoding="cp1252")
    listed = reference.read(file)
    assert not listed.doors
    found = checked(tmp_path, ["1506AB,12,A,,,,", "1506AB,13,,,,,"], reference=file)
    assert [one[0] for one in found] == ["1506AB|12|A", "1506AB|13|"]


def test_a_list_without_addresses_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "list.csv"
    file.write_text("postcode;huisnummer\nx;y\n", encoding="utf-8")
    with pytest.raises(ExtractError) as raised:
        reference.read(file)
    assert raised.value.key == "source.no_reference"


def test_the_report_tells_rates_and_no_address(tmp_path: Path) -> None:
    report = tmp_path / "report.html"
    checked(tmp_path, [row for row, *_ in CASES], report=report, lang="nl")
    page = report.read_text(encoding="utf-8")
    listed = report.with_suffix(".problems.csv").read_text(encoding="utf-8-sig")
    for private in ("1506", "Kerkstraat", "Wiermonde", "09992"):
        assert private not in page and private not in listed
    assert "deur kan bedoeld zijn" in page and "Q4" in page
    # Three doors that aren't there, one number that isn't, one that can be two, and five that can't be read.
    assert len(listed.splitlines()) == 1 + 3 + 1 + 1 + 5


def test_both_languages_say_the_same_counts(tmp_path: Path) -> None:
    extract, out = tmp_path / "clients.csv", tmp_path / "read.csv"
    extract.write_text("postcode,huisnummer\n1506AB,14\n1506AB,12\n", encoding="utf-8")
    summary = organisation.addresses(extract, out, reference=bag(tmp_path))
    assert summary.quality.tiers == {
        "exact": 1,
        "repaired": 0,
        "ambiguous": 1,
        "no such door": 0,
        "unknown": 0,
    }
    assert summary.quality.matched == 1
    for lang in texts.LANGUAGES:
        assert "50" in quality.told(summary.quality, lang)


def test_an_extract_with_ids_only_needs_a_list(tmp_path: Path) -> None:
    extract, out = tmp_path / "clients.csv", tmp_path / "read.csv"
    ids = (
        "0999200000000006",
        "NL.IMBAG.Nummeraanduiding.0999200000000003",
        "999200000000001",
        "0999200000009999",
    )
    extract.write_text("Nummeraanduiding;Naam\n" + "".join(f"{one};x\n" for one in ids), encoding="utf-8")
    with pytest.raises(ExtractError, match="ids_without_list") as raised:
        organisation.addresses(extract, out)
    for lang in texts.LANGUAGES:
        said = texts.say(raised.value.key, lang, **raised.value.fields)
        assert "Nummeraanduiding" in said and "0999" not in said
    organisation.addresses(extract, out, reference=bag(tmp_path))
    read = [row["canonical"] for row in csv.DictReader(out.read_text(encoding="utf-8").splitlines())]
    assert read == ["1506AB|18|C", "1506AB|14|", "1506AB|12|A", ""]


RANGES = [  # row, whether it may mean several houses
    ("1506AB,12-14,,,,,", True),
    ("1506AB,12/16,,,,,", True),
    (',,,,,,"Kerkstraat 12 - 14, 1506 AB"', True),
    ("1506AB,12-2,,,,,", False),  # a door, as in most of the country
    ("1506AB,12-12,,,,,", False),
    ("1506AB,12-15,,,,,", False),  # across the street
    ("1506AB,12-34,,,,,", False),
    ("1506AB,12,A,14,,,", False),
    ("1506AB,12,,14,,,", False),  # an addition, in its own column
    ("1506AB,12-99999999999999999999,,,,,", False),
]


def test_a_number_that_may_be_a_range_reads_as_it_says_and_is_told(tmp_path: Path) -> None:
    report = tmp_path / "report.html"
    read = checked(tmp_path, [row for row, _ in RANGES], reference=None, report=report, lang="en")
    assert {one[0] for one, (_, may) in zip(read, RANGES, strict=True) if may} == {
        "1506AB|12|14",
        "1506AB|12|16",
    }
    listed = report.with_suffix(".problems.csv").read_text(encoding="utf-8-sig").splitlines()[1:]
    told = {int(line.split(";")[0].strip('"')) - 2 for line in listed if "erhaps several houses" in line}
    assert told == {place for place, (_, may) in enumerate(RANGES) if may}
    assert ">3<" in report.read_text(encoding="utf-8")


def test_a_list_of_doors_decides_what_may_be_a_range(tmp_path: Path) -> None:
    """With doors it is on the list, or it isn't; a list of numbers can't tell."""
    doors, numbers = tmp_path / "doors.csv", tmp_path / "numbers.csv"
    doors.write_text("postcode;huisnummer;toevoeging\n1506AB;12;14\n", encoding="utf-8")
    numbers.write_text("postcode;huisnummer\n1506AB;12\n", encoding="utf-8")
    extract, out = tmp_path / "clients.csv", tmp_path / "read.csv"
    extract.write_text("postcode,huisnummer\n1506AB,12-14\n1506AB,12-16\n", encoding="utf-8")
    told = [organisation.addresses(extract, out, reference=of).quality for of in (doors, numbers)]
    assert [one.ranges for one in told] == [0, 2]
    assert (told[0].tiers["exact"], told[0].tiers["no such door"]) == (1, 1)
