"""Tables of counts as organisations have them: which columns, which areas, which rows are mistakes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from factlab.agreement import Participant
from factlab.errors import ExtractError
from factlab.source import extract, mapping, reported
from factlab.source.preparation import Prepared

from tests.source import files
from tests.source.agreed import agreed, reasons

CENTRE = Participant("buurthuis", "Buurthuis", "aggregate", ("INF-BUUV", "WEL-INL"), unit="persons")
FOOD = Participant("voedselbank", "Voedselbank", "aggregate", ("INF-VB",), unit="households")


def prepare(file: Path, who: Participant = CENTRE, level: str = "district") -> Prepared:
    agreement = agreed(lowest={"informal": level})
    found = extract.read(file)
    told = reported.guess(found, agreement, who)
    mapping.check(told, found, who)
    return reported.prepare(found, told, agreement, who)


def text(folder: Path, said: str, who: Participant = CENTRE, level: str = "district") -> Prepared:
    file = folder / "aantallen.csv"
    file.write_text(said, encoding="utf-8")
    return prepare(file, who, level)


def leaving(prepared: Prepared) -> dict[tuple[str, str], int]:
    return {(row["area"], row["service"]): row["count"] for row in prepared.leaving.to_pylist()}


TABLE: list[list[object]] = [
    ["Overzicht 2025"],
    [],
    ["Stadsdeel", "Soort hulp", "Aantal huishoudens", "Aantal personen"],
    ["Binnenstad", "Buurtmarktplaats (BUUV, WeHelpen)", 12, 31],
    ["Molenwijk", "Inloop / ontmoeting Huis van de Wijk", 9, 18],
    ["Molenwijk", "Buurtmarktplaats (BUUV, WeHelpen)", 4, 5],
    ["Totaal", "", 25, 54],
]


@pytest.mark.parametrize("kind", ["workbook", "opendocument"])
def test_a_sheet_with_titles_a_total_and_two_columns_of_counts(tmp_path: Path, kind: str) -> None:
    """The column of what was agreed to be counted is taken, and the other one is told."""
    file = tmp_path / "hulp"
    file.write_bytes(getattr(files, kind)(("Blad1", TABLE)))
    told = reported.guess(extract.read(file), agreed(), CENTRE)
    assert dict(told.columns) == {
        "area": "Stadsdeel",
        "service": "Soort hulp",
        "count": "Aantal personen",
    }
    expected = {
        ("WK999901", "INF-BUUV"): 31,
        ("WK999903", "WEL-INL"): 18,
        ("WK999903", "INF-BUUV"): 5,
    }
    assert leaving(prepare(file)) == expected
    households = reported.guess(extract.read(file), agreed(), replace(CENTRE, unit="households"))
    assert households.columns["count"] == "Aantal huishoudens"


@pytest.mark.parametrize(
    "said",
    [
        "wijkcode;dienst;aantal\nWK999901;INF-BUUV;12\n",
        "Area,Service,Count\nbinnenstad,inf-buuv,12\n",
        "code;naam;omschrijving;n\n999901;Binnenstad;Buurtmarktplaats (BUUV, WeHelpen);12\n",
        "Wijk\tActiviteit\tBezoekers\nBINNENSTAD\tINF-BUUV\t12,00\n",
        "Aantal;Activiteit;Gebied\n12;INF-BUUV;Binnenstad\n",
    ],
)
def test_headers_and_spellings(tmp_path: Path, said: str) -> None:
    assert leaving(text(tmp_path, said)) == {("WK999901", "INF-BUUV"): 12}


def test_one_service_needs_no_column_for_it(tmp_path: Path) -> None:
    made = text(tmp_path, "Wijk;Pakketten per huishouden\nBinnenstad;12\nLisveld;30\n", FOOD)
    assert leaving(made) == {("WK999901", "INF-VB"): 12, ("WK999904", "INF-VB"): 30}


def test_the_whole_municipality_needs_no_column_for_the_area(tmp_path: Path) -> None:
    said = "Activiteit;Aantal\nINF-BUUV;120\nWEL-INL;88\n"
    expected = {("GM9999", "INF-BUUV"): 120, ("GM9999", "WEL-INL"): 88}
    assert leaving(text(tmp_path, said, level="municipality")) == expected
    with pytest.raises(ExtractError, match="missing_column"):
        text(tmp_path, said)


def test_what_is_finer_than_agreed_leaves_as_coarse_as_agreed(tmp_path: Path) -> None:
    said = "Buurt;Activiteit;Aantal\n" + "".join(
        f"{area};INF-BUUV;{number}\n"
        for area, number in [("Oude Haven", 3), ("BU99990102", 4), ("Korenmolen", 5)]
    )
    assert leaving(text(tmp_path, said)) == {("WK999901", "INF-BUUV"): 3 + 4, ("WK999903", "INF-BUUV"): 5}
    finer = leaving(text(tmp_path, said, level="neighbourhood"))
    assert finer[("BU99990101", "INF-BUUV")] == 3


def test_rows_for_the_whole_are_totals_when_they_add_up_and_mistakes_when_not(tmp_path: Path) -> None:
    """Counted with their parts they would count double; taken for a total they would hide what else there is."""
    head = "Gebied;Activiteit;Aantal;Jaar\n"
    parts = "Oude Haven;INF-BUUV;3;2025\nMarktkwartier;INF-BUUV;4;2025\nKorenmolen;INF-BUUV;5;2025\n"
    made = text(tmp_path, head + parts + "Binnenstad;INF-BUUV;7;2025\nWiermonde;INF-BUUV;12;2025\n")
    assert reasons(made) == {5: "total", 6: "total"}
    assert leaving(made) == {("WK999901", "INF-BUUV"): 7, ("WK999903", "INF-BUUV"): 5}
    reported.require_sound(made, "x", "y")
    made = text(tmp_path, head + parts + "Binnenstad;INF-BUUV;9;2025\n")
    assert reasons(made) == {5: "other total"}
    with pytest.raises(ExtractError, match="wrong_counts"):
        reported.require_sound(made, "x", "y")
    # A district without neighbourhoods of its own in the table is no total.
    made = text(tmp_path, head + parts + "Lisveld;INF-BUUV;30;2025\n")
    assert leaving(made)["WK999904", "INF-BUUV"] == 30
    # And the whole municipality can't be put in districts.
    assert reasons(text(tmp_path, head + "Wiermonde;INF-BUUV;12;2025\n")) == {2: "unknown area"}


def test_names_that_two_levels_share_are_those_of_the_level_that_the_table_is_of(tmp_path: Path) -> None:
    agreement = agreed(lowest={"informal": "district"})
    shared = replace(
        agreement,
        areas=tuple(
            replace(area, name="Binnenstad") if area.code == "BU99990102" else area
            for area in agreement.areas
        ),
    )
    file = tmp_path / "a.csv"
    file.write_text(
        "Gebied;Activiteit;Aantal\nOude Haven;INF-BUUV;3\nBinnenstad;INF-BUUV;4\n", encoding="utf-8"
    )
    found = extract.read(file)
    made = reported.prepare(found, reported.guess(found, shared, CENTRE), shared, CENTRE)
    assert leaving(made) == {("WK999901", "INF-BUUV"): 3 + 4}


@pytest.mark.parametrize(
    ("count", "reason"),
    [
        ("12", ""),
        (" 12 ", ""),
        ("12,0", ""),
        ("0", ""),
        ("-12", "negative count"),
        ("- 12", "negative count"),
        ("12,5", "fractional count"),
        ("0.25", "fractional count"),
        ("1.200", "unreadable count"),  # twelve hundred, or one and a bit?
        ("1 200", "unreadable count"),
        ("<5", "unreadable count"),
        ("", "unreadable count"),
        ("twaalf", "unreadable count"),
        ("12 gezinnen", "unreadable count"),
        ("1000001", "unreadable count"),
        ("99999999999999999999", "unreadable count"),
        ("1e3", "unreadable count"),
        ("１２", "unreadable count"),
    ],
)
def test_what_is_a_count(tmp_path: Path, count: str, reason: str) -> None:
    made = text(tmp_path, f"Wijk;Activiteit;Aantal\nBinnenstad;INF-BUUV;{count}\nLisveld;INF-BUUV;5\n")
    assert reasons(made) == ({2: reason} if reason else {})
    if reason:
        with pytest.raises(ExtractError, match="wrong_counts"):
            reported.require_sound(made, "x", "y")


def test_a_service_that_nobody_knows_is_told_and_can_be_left_out_knowingly(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_text(
        "Wijk;Activiteit;Aantal\nBinnenstad;INF-BUUV;12\nBinnenstad;Klaverjassen;44\nLisveld;INF-VB;3\nLisveld;Totaal;47\n",
        encoding="utf-8",
    )
    made = prepare(file)
    assert made.unmapped.values == 1  # not the total, and not what the catalogue knows but wasn't agreed
    assert reasons(made) == {3: "unknown service", 4: "unknown service", 5: "total"}
    found = extract.read(file)
    told = replace(reported.guess(found, agreed(), CENTRE), services={"Klaverjassen": "-"})
    made = reported.prepare(found, told, agreed(), CENTRE)
    assert made.unmapped.values == 0
    reported.require_sound(made, "x", "y")
    assert leaving(made) == {("WK999901", "INF-BUUV"): 12}


def test_a_table_of_which_nothing_is_used_is_not_the_same_as_nobody(tmp_path: Path) -> None:
    made = text(tmp_path, "Wijk;Activiteit;Aantal\nBinnenstad;INF-VB;12\nLisveld;INF-VB;5\n")
    with pytest.raises(ExtractError, match="no_counts"):
        reported.require_sound(made, "x", "y")
    nobody = text(tmp_path, "Wijk;Activiteit;Aantal\nBinnenstad;INF-BUUV;0\nLisveld;INF-BUUV;0\n")
    reported.require_sound(nobody, "x", "y")
    assert leaving(nobody) == {}


def test_a_mapping_can_name_the_columns(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_text("A;B;C;D\nBinnenstad;INF-BUUV;12;99\n", encoding="utf-8")
    saved = mapping.Mapping({"area": "A", "service": "B", "count": "D"})
    mapping.save(saved, tmp_path / "m.toml")
    told = mapping.load(tmp_path / "m.toml")
    made: Any = reported.prepare(extract.read(file), told, agreed(), CENTRE)
    assert leaving(made) == {("WK999901", "INF-BUUV"): 99}
    with pytest.raises(ExtractError, match="missing_column"):
        mapping.check(mapping.Mapping({"area": "A", "service": "B"}), extract.read(file), CENTRE)
