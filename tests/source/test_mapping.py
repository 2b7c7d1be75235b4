"""Which column is which: found by name and by contents, said when in doubt, kept when saved."""

from __future__ import annotations

from pathlib import Path

import pytest
from factlab.errors import ExtractError
from factlab.source import mapping
from factlab.source.mapping import Mapping

from tests.source.agreed import FOOD_BANK, HOME_CARE, REGISTER, agreed, read


def guess(folder: Path, text: str, who: object = HOME_CARE) -> Mapping:
    return mapping.guess(read(folder, text), agreed(), who)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ("POST CODE;Huis-nr.;HuisLetter;Toev.;Straatnaam;Woonplaats;Product;Begin datum;Eind_datum", "postcode number letter addition street place service start end"),
        ("zip;house number;house letter;addition;street;city;service code;start date;end date", "postcode number letter addition street place service start end"),
        ("Cliënt postcode;Cliënt huisnummer;Toevoeging huisnummer;Zorgproduct;Ingangsdatum zorg;Einddatum zorg", "postcode number addition service start end"),
        ("POSTCODE;HUISNR;HLETTER;TOEV;PRODUCT;INGANG;EINDE", "postcode number letter addition service start end"),
        ("Pcode;Huisnummer;Toev. huisnr;Dienst;Instroom;Uitstroom", "postcode number addition service start end"),
        ("PC;Huisnummer-toevoeging;Voorziening;Van;Tot en met", "postcode number service start end"),
        ("Volledig adres;Regeling;Datum ingang;Datum einde", "address service start end"),
    ],
)  # fmt: skip
def test_names_that_people_use(tmp_path: Path, headers: str, expected: str) -> None:
    row = ";".join("x" for _ in headers.split(";"))
    found = guess(tmp_path, f"{headers}\n{row}\n")
    assert dict(zip(expected.split(), headers.split(";"), strict=True)) == dict(found.columns)
    assert found.doubts == ()


def test_the_number_s_own_addition_stays_an_addition_where_there_is_a_number(tmp_path: Path) -> None:
    found = guess(tmp_path, "Postcode;Huisnummer;Huisnummertoevoeging;Product\n1506AB;12;A;WMO-HBH\n")
    assert (found.columns["number"], found.columns["addition"]) == ("Huisnummer", "Huisnummertoevoeging")


def test_contents_tell_what_names_don_t(tmp_path: Path) -> None:
    rows = "".join(
        f"{n};15{n:02} AB;{n};Hulp bij het huishouden;0{n}-01-2025;{'' if n % 2 else '31-12-2025'}\n"
        for n in range(1, 9)
    )
    found = guess(tmp_path, "Volgnr.;Waar;Huisnummer;Wat;Sinds;Gestopt\n" + rows)
    assert found.columns == {
        "postcode": "Waar", "number": "Huisnummer", "service": "Wat", "start": "Sinds", "end": "Gestopt",
    }  # fmt: skip
    assert {name for name, _, _ in found.doubts} == {"start", "end"}


@pytest.mark.parametrize(
    ("headers", "cells", "address"),
    [
        ("Nummeraanduiding;Product", "0999200000000001;WMO-HBH", "Nummeraanduiding"),
        ("sleutel;Product", "999200000000001;WMO-HBH", "sleutel"),  # by its contents, and a zero was lost
        ("sleutel;Product", "NL.IMBAG.Nummeraanduiding.0999200000000001;WMO-HBH", "sleutel"),
        ("nr van cliënt;BAG-ID;Product", "0999200000000007;0999200000000001;WMO-HBH", "BAG-ID"),
        ("Nummeraanduiding;Straat;Huisnummer;Product", "0999200000000001;Kade;1;WMO-HBH", "Nummeraanduiding"),
        ("bagid;Product", "0999010000000001;WMO-HBH", ""),  # 01 is a dwelling, not an address
        ("rekening;Product", "1234567890123456;WMO-HBH", ""),
        ("Nummeraanduiding;Postcode;Huisnummer;Product", "0999200000000001;1506AB;1;WMO-HBH", ""),
        ("Nummeraanduiding;Adres;Product", "0999200000000001;Kade 1, 1506AB;WMO-HBH", "Adres"),
    ],
)
def test_the_id_of_an_address_is_found(tmp_path: Path, headers: str, cells: str, address: str) -> None:
    """By its header and by its contents, and only where the extract has no other whole address."""
    assert guess(tmp_path, f"{headers}\n{cells}\n").columns.get("address", "") == address


def test_a_birth_date_is_never_taken_for_a_start(tmp_path: Path) -> None:
    found = guess(
        tmp_path,
        "Postcode;Huisnummer;Product;Geb.datum;Sinds\n1506AB;1;WMO-HBH;01-01-1950;01-01-2025\n",
    )
    assert "start" not in found.columns and "end" not in found.columns


def test_the_column_that_names_services_is_taken_and_the_other_told(tmp_path: Path) -> None:
    found = guess(
        tmp_path, "Postcode;Huisnummer;Product;Voorziening\n1506AB;1;Basis;WMO-HBH\n1506AC;2;Plus;wmo-beg\n"
    )
    assert found.columns["service"] == "Voorziening"
    found = guess(tmp_path, "Postcode;Postcode 2;Huisnummer;Product\n1506AB;1506AC;1;WMO-HBH\n")
    assert found.columns["postcode"] == "Postcode"


def test_two_columns_that_fit_are_told(tmp_path: Path) -> None:
    found = guess(tmp_path, "Postcode;Huisnummer;Nr;Product\n1506AB;12;3;WMO-HBH\n")
    assert found.doubts == (("number", "Huisnummer", ("Nr",)),)


def test_somebody_else_s_address_is_not_taken(tmp_path: Path) -> None:
    found = guess(
        tmp_path,
        "Postcode factuur;Huisnummer factuur;Postcode cliënt;Huisnummer cliënt;Product\n1506AB;1;1506AC;2;WMO-HBH\n",
    )
    assert (found.columns["postcode"], found.columns["number"]) == ("Postcode cliënt", "Huisnummer cliënt")


def test_one_service_needs_no_column_and_a_general_name_is_not_taken_for_it(tmp_path: Path) -> None:
    extract = read(tmp_path, "Postcode;Huisnummer;Soort\n1506AB;1;Alleenstaand\n")
    found = mapping.guess(extract, agreed(), FOOD_BANK)
    assert "service" not in found.columns
    mapping.check(found, extract, FOOD_BANK)


@pytest.mark.parametrize(
    ("text", "who", "fields"),
    [
        ("Huisnummer;Product\n1;WMO-HBH\n", HOME_CARE, "postcode"),
        ("Postcode;Product\n1506AB;WMO-HBH\n", HOME_CARE, "number"),
        ("Postcode;Huisnummer\n1506AB;1\n", HOME_CARE, "service"),
        ("Postcode;Huisnummer\n1506AB;1\n", REGISTER, "area"),
    ],
)
def test_a_missing_column_is_named_with_the_ones_there_are(
    tmp_path: Path, text: str, who: object, fields: str
) -> None:
    extract = read(tmp_path, text)
    with pytest.raises(ExtractError) as raised:
        mapping.check(mapping.guess(extract, agreed(), who), extract, who)  # type: ignore[arg-type]
    assert raised.value.key == "source.missing_column"
    assert raised.value.fields["fields"] == fields
    assert raised.value.fields["headers"] == ", ".join(extract.headers)


def test_what_is_saved_is_read_back_and_found_beside_the_extract(tmp_path: Path) -> None:
    told = Mapping({"postcode": "PC", "number": "Nr"}, {"02A01": "WMO-HBH"}, "Export", 3)
    file = mapping.path_for(tmp_path / "clients.xlsx")
    assert file.name == "clients.xlsx.mapping.toml"
    mapping.save(told, file)
    assert mapping.load(file) == told
    assert mapping.find(tmp_path / "clients.xlsx") == file
    assert mapping.find(tmp_path / "other.xlsx") is None


@pytest.mark.parametrize(
    "text",
    [
        "", "format = 'factlab-mapping/2'", "format = 'factlab-mapping/1'\ncolumns = 3", "not toml",
        "format = 'factlab-mapping/1'\nheader_row = 0", "format = 'factlab-mapping/1'\n[columns]\npostcode = 1",
        "format = 'factlab-mapping/1'\n[columns]\nbsn = 'BSN'",
    ],
)  # fmt: skip
def test_a_damaged_mapping_is_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "x.mapping.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ExtractError):
        mapping.load(file)


def test_only_mapped_columns_go_on(tmp_path: Path) -> None:
    extract = read(tmp_path, "Naam;Postcode;Huisnummer;BSN;Product\nX;1506AB;1;123456782;WMO-HBH\n")
    rows = mapping.selected(mapping.guess(extract, agreed(), HOME_CARE), extract)
    assert rows.column_names == ["row", "postcode", "number", "service"]
