"""iWmo and iJw messages, invented, in the structure of release 3.2: what they say together is what an extract says."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from factlab.errors import ExtractError
from factlab.parties import organisation
from factlab.source import extract, mapping, preparation

from tests.source.agreed import HOME_CARE, agreed, reasons
from tests.source.files import zipped

GM = "9999"


def contact(kind: str, postcode: str, number: str, more: str = "") -> str:
    return (
        f"<m:Contact><m:Soort>{kind}</m:Soort><m:Adres><b:Huis><b:Huisnummer>{number}</b:Huisnummer>{more}</b:Huis>"
        f"<b:Postcode>{postcode}</b:Postcode><b:Straatnaam>Verzonnenlaan</b:Straatnaam><b:Plaatsnaam>Wiermonde</b:Plaatsnaam>"
        "<b:LandCode>NL</b:LandCode></m:Adres></m:Contact>"
    )


def product(code: str, category: str = "") -> str:
    told = f"<b:Code>{code}</b:Code>" if code else ""
    return f"<m:Product><b:Categorie>{category or code[:2]}</b:Categorie>{told}</m:Product>"


def message(kind: str, day: str, body: str, *, standard: str = "iwmo", release: str = "3_2") -> bytes:
    name = ("wmo" if standard == "iwmo" else "jw") + kind
    sender, receiver = (GM, "12345678") if kind == "301" else ("12345678", GM)
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<m:Bericht xmlns:b="http://www.istandaarden.nl/{standard}/{release}/basisschema/schema"'
        f' xmlns:m="http://www.istandaarden.nl/{standard}/{release}/{name}/schema"><m:Header><m:BerichtCode>1</m:BerichtCode>'
        f"<m:Afzender>{sender}</m:Afzender><m:Ontvanger>{receiver}</m:Ontvanger><m:BerichtIdentificatie>"
        f"<b:Identificatie>1</b:Identificatie><b:Dagtekening>{day}</b:Dagtekening></m:BerichtIdentificatie></m:Header>"
        "<m:Client><m:Bsn>999999990</m:Bsn><m:Geboortedatum><b:Datum>1950-01-01</b:Datum></m:Geboortedatum>"
        "<m:Naam><b:Geslachtsnaam><b:Achternaam>Voorbeeld</b:Achternaam></b:Geslachtsnaam></m:Naam>"
        f"{body}</m:Client></m:Bericht>"
    ).encode()


def assignment(
    number: str, code: str, begin: str, end: str = "", *, contacts: str = "", category: str = ""
) -> str:
    ends = f"<m:Einddatum>{end}</m:Einddatum>" if end else ""
    relation = f"<m:Relaties><m:Relatie>{contact('1', '3501ZZ', '99')}</m:Relatie></m:Relaties>"
    return (
        f"{relation}<m:Contactgegevens>{contacts or contact('01', '1506AB', '12')}</m:Contactgegevens><m:ToegewezenProducten>"
        f"<m:ToegewezenProduct><m:ToewijzingNummer>{number}</m:ToewijzingNummer>{product(code, category)}"
        f"<m:Toewijzingsdatum>{begin}</m:Toewijzingsdatum><m:Ingangsdatum>{begin}</m:Ingangsdatum>{ends}"
        "</m:ToegewezenProduct></m:ToegewezenProducten>"
    )


def start(number: str, code: str, begin: str, status: str = "1") -> str:
    return (
        f"<m:StartProducten><m:StartProduct><m:ToewijzingNummer>{number}</m:ToewijzingNummer>{product(code)}"
        f"<m:Begindatum>{begin}</m:Begindatum><m:StatusAanlevering>{status}</m:StatusAanlevering></m:StartProduct></m:StartProducten>"
    )


def stop(number: str, code: str, begin: str, end: str, status: str = "1") -> str:
    return (
        f"<m:StopProducten><m:StopProduct><m:ToewijzingNummer>{number}</m:ToewijzingNummer>{product(code)}"
        f"<m:Begindatum>{begin}</m:Begindatum><m:RedenBeeindiging>19</m:RedenBeeindiging><m:Einddatum>{end}</m:Einddatum>"
        f"<m:StatusAanlevering>{status}</m:StatusAanlevering></m:StopProduct></m:StopProducten>"
    )


def read(folder: Path, *messages: bytes) -> list[tuple[str, ...]]:
    """(postcode, number, code, begin, end) of each row."""
    folder.mkdir(exist_ok=True)
    for place, one in enumerate(messages):
        (folder / f"bericht {place}.xml").write_bytes(one)
    table = extract.read(folder).table
    names = ("Postcode", "Huisnummer", "Productcode", "Begindatum", "Einddatum")
    return [tuple(row.get(name, "") for name in names) for row in table.to_pylist()]


ASSIGNED = message("301", "2025-01-02", assignment("1", "01A11", "2025-01-01", "2025-12-31"))


@pytest.mark.parametrize("standard", ["iwmo", "ijw"])
@pytest.mark.parametrize("release", ["3_0", "3_2"])
def test_an_assignment_with_a_start_and_a_stop(tmp_path: Path, standard: str, release: str) -> None:
    bodies = [
        (
            "307",
            "2025-07-01",
            stop("1", "01A11", "2025-01-09", "2025-06-30"),
        ),  # the order of the files says nothing
        ("301", "2025-01-02", assignment("1", "01A11", "2025-01-01", "2025-12-31")),
        ("305", "2025-01-10", start("1", "01A11", "2025-01-09")),
    ]
    made = [message(kind, day, body, standard=standard, release=release) for kind, day, body in bodies]
    assert read(tmp_path, *made) == [("1506AB", "12", "01A11", "2025-01-09", "2025-06-30")]
    (tmp_path / "packed.zip").write_bytes(zipped({f"in/{n}.xml": one for n, one in enumerate(made)}))
    assert extract.read(tmp_path / "packed.zip").table.num_rows == 1


def test_an_assignment_alone_and_one_file(tmp_path: Path) -> None:
    assert read(tmp_path / "in", ASSIGNED) == [("1506AB", "12", "01A11", "2025-01-01", "2025-12-31")]
    file = tmp_path / "toewijzing.xml"
    file.write_bytes(ASSIGNED)
    assert extract.read(file).kind == "xml"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "iso-8859-1"])
def test_a_message_in_every_encoding(tmp_path: Path, encoding: str) -> None:
    told = ASSIGNED.decode().replace("UTF-8", encoding.removesuffix("-sig")).replace("Verzonnen", "Fantasié")
    file = tmp_path / "bericht"
    file.write_bytes(told.encode(encoding))
    assert extract.read(file).table.column("Straat").to_pylist() == ["Fantasiélaan"]


def test_the_problem_list_names_the_files(tmp_path: Path) -> None:
    """A row is put together of several files: the list names those that tell of it, and nothing else of them."""
    messages = {
        "301 zonder huis.xml": message(
            "301", "2025-01-02", assignment("1", "01A11", "2025-01-01", contacts=contact("01", "1506AB", "0"))
        ),
        "301 goed.xml": message("301", "2025-01-02", assignment("2", "01A11", "2025-01-01")),
        "305.xml": message("305", "2025-01-10", start("1", "01A11", "2025-01-09")),
        "307.xml": message("307", "2025-07-01", stop("1", "01A11", "2025-01-09", "2025-06-30")),
        "305 los.xml": message("305", "2025-01-10", start("9", "01A11", "2025-01-09")),
        "307 ingetrokken.xml": message("307", "2025-03-01", stop("2", "01A11", "2025-01-01", "2025-02-01")),
        "307 toch niet.xml": message(
            "307", "2025-03-02", stop("2", "01A11", "2025-01-01", "2025-02-01", "3")
        ),
    }
    packed = tmp_path / "berichten.zip"
    packed.write_bytes(zipped(messages))
    report = tmp_path / "report.html"
    organisation.addresses(packed, tmp_path / "read.csv", report=report, lang="nl")
    with report.with_suffix(".problems.csv").open(encoding="utf-8-sig", newline="") as lines:
        rows = list(csv.DictReader(lines, delimiter=";"))
    assert list(rows[0]) == ["rij", "bestand", "kolom", "reden", "wat te doen"]
    assert sorted(row["bestand"] for row in rows) == ["301 zonder huis.xml, 305.xml, 307.xml", "305 los.xml"]
    read = extract.read(packed)
    assert len(read.files) == read.table.num_rows == 3
    # A message that was taken back tells nothing.
    assert "301 goed.xml" in read.files.to_pylist()


def test_care_that_pauses_is_two_periods(tmp_path: Path) -> None:
    assert read(
        tmp_path,
        ASSIGNED,
        message("305", "2025-01-10", start("1", "01A11", "2025-01-09")),
        message("307", "2025-03-02", stop("1", "01A11", "2025-01-09", "2025-03-01")),
        message("305", "2025-05-02", start("1", "01A11", "2025-05-01")),
    ) == [
        ("1506AB", "12", "01A11", "2025-01-09", "2025-03-01"),
        ("1506AB", "12", "01A11", "2025-05-01", "2025-12-31"),
    ]


def test_what_is_withdrawn_is_as_if_it_wasn_t_said(tmp_path: Path) -> None:
    assert read(
        tmp_path,
        ASSIGNED,
        message("305", "2025-01-10", start("1", "01A11", "2025-02-09")),
        message("305", "2025-01-11", start("1", "01A11", "2025-02-09", status="3")),
        message("305", "2025-01-11", start("1", "01A11", "2025-01-09")),
        message("307", "2025-02-11", stop("1", "01A11", "2025-01-09", "2025-02-10")),
        message("307", "2025-02-12", stop("1", "01A11", "2025-01-09", "2025-02-10", status="3")),
    ) == [("1506AB", "12", "01A11", "2025-01-09", "2025-12-31")]


def test_a_later_assignment_goes_above_an_earlier_one(tmp_path: Path) -> None:
    later = message(
        "301",
        "2025-06-01",
        assignment("1", "01A11", "2025-01-01", "2025-08-31", contacts=contact("01", "1506AC", "7")),
    )
    assert read(tmp_path, later, ASSIGNED) == [("1506AC", "7", "01A11", "2025-01-01", "2025-08-31")]


@pytest.mark.parametrize(
    ("contacts", "postcode", "number"),
    [
        (contact("02", "1506ZZ", "1") + contact("3", "1506AC", "2") + contact("01", "1506AB", "3"), "1506AB", "3"),
        (contact("4", "1506AD", "4") + contact("03", "1506AC", "2"), "1506AC", "2"),
        (contact("02", "1506ZZ", "1"), "", ""),  # mail is sent there, nobody lives there
        (contact("1", "1506AB", "3", "<b:AanduidingWoonadres>TO</b:AanduidingWoonadres>"), "1506AB", "TO 3"),
        (contact("1", "1506AB", "3", "<b:AanduidingWoonadres>AB</b:AanduidingWoonadres>"), "1506AB", "3"),
    ],
)  # fmt: skip
def test_where_somebody_lives(tmp_path: Path, contacts: str, postcode: str, number: str) -> None:
    made = message("301", "2025-01-02", assignment("1", "01A11", "2025-01-01", contacts=contacts))
    assert [row[:2] for row in read(tmp_path, made)] == [(postcode, number)]


def test_codes_and_categories_are_mapped_by_a_table_and_a_start_alone_has_no_address(tmp_path: Path) -> None:
    folder = tmp_path / "berichten"
    read(
        folder,
        ASSIGNED,
        message("301", "2025-01-02", assignment("2", "", "2025-01-01", category="02")),
        message("301", "2025-01-02", assignment("3", "02B07", "2025-01-01")),
        message("305", "2025-01-02", start("4", "01A11", "2025-01-01")),
        message("306", "2025-01-02", start("5", "01A11", "2025-01-01")),  # only says that a message came in
    )
    found = extract.read(folder)
    assert not {"999999990", "Voorbeeld", "1950-01-01", "3501ZZ"} & {
        value for column in found.table.columns for value in column.to_pylist()
    }
    told = mapping.guess(found, agreed(), HOME_CARE)
    assert dict(told.columns) == {
        "postcode": "Postcode", "number": "Huisnummer", "letter": "Huisletter", "addition": "Toevoeging", "street": "Straat",
        "place": "Woonplaats", "service": "Productcode", "start": "Begindatum", "end": "Einddatum",
    }  # fmt: skip
    table = mapping.Mapping(told.columns, {"01A11": "WMO-HBH", "02*": "WMO-BEG", "02B07": "-"})
    prepared = preparation.prepare(found, table, agreed(), HOME_CARE)
    assert reasons(prepared) == {3: "unknown service", 4: "postcode missing"}
    assert sorted(prepared.leaving.column("service").to_pylist()) == ["WMO-BEG", "WMO-HBH"]
    assert prepared.unmapped.values == 0


@pytest.mark.parametrize(
    ("data", "key"),
    [
        (b"<?xml version='1.0'?><html/>", "source.bad_message"),
        (b"<?xml version='1.0'?><m:Bericht", "source.bad_message"),
        (b"<!DOCTYPE x [<!ENTITY a 'ha'>]>" + ASSIGNED.partition(b"\n")[2], "source.bad_message"),
        (message("302", "2025-01-02", ""), "source.no_messages"),
        (message("301", "2025-01-02", ""), "source.no_messages"),
    ],
)
def test_what_is_no_message_is_named(tmp_path: Path, data: bytes, key: str) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "x.xml").write_bytes(data)
    with pytest.raises(ExtractError) as raised:
        extract.read(tmp_path / "in")
    assert raised.value.key == key
