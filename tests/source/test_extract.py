"""Every file that organisations really send becomes the same rows, and any other file a sentence."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pyreadstat
import pytest
from factlab.errors import ExtractError, FactlabError
from factlab.source import delimited, extract
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.source.files import opendocument, workbook, zipped

HEADERS = ["Postcode", "Huisnummer", "Toevoeging", "Plaats", "Begindatum"]
ROWS = [
    ["1506 AB", "12", "A", "Zaandam", "31-12-2025"],
    ["2514AC", "5", "", "'s-Gravenhage", "2025-01-01"],
    ["3511AB", "007", "bis", "Curaçao; “Súdwest”", ""],
]


def content(found: extract.Extract) -> tuple[list[int], list[list[str]]]:
    return found.table.column("row").to_pylist(), [
        list(row.values()) for row in found.table.drop_columns("row").to_pylist()
    ]


def csv_text(delimiter: str, *, newline: str = "\r\n") -> str:
    def cell(text: str) -> str:
        return f'"{text}"' if delimiter in text or '"' in text or ";" in text else text

    return newline.join(delimiter.join(map(cell, row)) for row in [HEADERS, *ROWS]) + newline


@pytest.mark.parametrize("delimiter", [";", ",", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
@pytest.mark.parametrize("newline", ["\r\n", "\n"])
def test_csv_in_every_dress(tmp_path: Path, delimiter: str, encoding: str, newline: str) -> None:
    file = tmp_path / "clients.csv"
    file.write_bytes(csv_text(delimiter, newline=newline).encode(encoding))
    found = extract.read(file)
    assert found.headers == tuple(HEADERS)
    assert content(found) == ([2, 3, 4], ROWS)


def test_excel_s_own_first_line_is_not_counted(tmp_path: Path) -> None:
    file = tmp_path / "clients.csv"
    file.write_text("sep=|\r\n" + csv_text("|"), encoding="utf-8")
    assert content(extract.read(file)) == ([2, 3, 4], ROWS)


def test_titles_blank_rows_short_rows_and_totals(tmp_path: Path) -> None:
    file = tmp_path / "report.csv"
    file.write_text(
        "Overzicht cliënten;;;;\n\n"
        + csv_text(";", newline="\n")
        + '\n1506AB;14\n"2514AC";"6";"";"Den\nHaag";""\n;;;;\nTotaal;5;;;\nBron: systeem\n',
        encoding="utf-8",
    )
    found = extract.read(file)
    rows, cells = content(found)
    assert found.header_row == 3
    assert rows == [4, 5, 6, 8, 9]  # a cell with a line break is one row, as in Excel
    assert cells[3:] == [["1506AB", "14", "", "", ""], ["2514AC", "6", "", "Den\nHaag", ""]]
    assert found.ignored == (11, 12)


@pytest.mark.parametrize(("name", "write"), [("clients.xlsx", workbook), ("clients.ods", opendocument)])
def test_the_sheet_with_the_rows_is_found_and_cells_say_what_they_mean(
    tmp_path: Path, name: str, write: Callable[..., bytes]
) -> None:
    file = tmp_path / name
    rows: list[list[object]] = [
        ["Overzicht", None, None, None],
        [None, None, None, None],
        ["Postcode", "Huisnr", "Toevoeging", "Begindatum"],
        ["1506AB", 12, 2.0, datetime.datetime(2025, 12, 31)],
        ["1506AB", 12.5, "02", datetime.datetime(2025, 12, 31, 13, 30)],
        ["1506AB", datetime.date(2026, 1, 12), None, None],
        ["Totaal", 3, None, None],
    ]
    file.write_bytes(write(("Toelichting", [["Lees mij"]]), ("Export", rows)))
    found = extract.read(file)
    assert (found.sheet, found.header_row, found.ignored) == ("Export", 3, (7,))
    assert content(found) == (
        [4, 5, 6],
        [
            ["1506AB", "12", "2", "2025-12-31"],
            ["1506AB", "12.5", "02", "2025-12-31 13:30:00"],
            ["1506AB", "2026-01-12", "", ""],
        ],
    )


def test_opendocument_writes_what_repeats_once(tmp_path: Path) -> None:
    file = tmp_path / "clients.ods"
    inside = (
        '<table:table-row table:number-rows-repeated="2"><table:table-cell office:value-type="string"><text:p>1506 <text:s'
        ' text:c="2"/>AB</text:p></table:table-cell><table:table-cell table:number-columns-repeated="2" office:value-type="float"'
        ' office:value="7"/></table:table-row><table:table-row table:number-rows-repeated="3"><table:table-cell/></table:table-row>'
        '<table:table-row><table:table-cell office:value-type="string"><text:p>1506AC</text:p></table:table-cell>'
        '<table:covered-table-cell/><table:table-cell office:value-type="string"><text:p>A<text:line-break/>b</text:p>'
        "</table:table-cell></table:table-row>"
    )
    file.write_bytes(opendocument(("Blad1", [["Postcode", "Huisnr", "Toevoeging"]]), inside=inside))
    assert content(extract.read(file)) == (
        [2, 3, 7],
        [["1506   AB", "7", "7"], ["1506   AB", "7", "7"], ["1506AC", "", "A\nb"]],
    )


@pytest.mark.parametrize("given", [None, 2])
def test_two_rows_of_headers_are_one(tmp_path: Path, given: int | None) -> None:
    file = tmp_path / "clients.xlsx"
    rows: list[list[object]] = [
        ["Postcode", "Huisnummer", "Voorziening", "Periode", None],
        [None, None, None, "begin", "eind"],
        ["1506AB", 12, "Hulp", "01-01-2025", None],
    ]
    file.write_bytes(workbook(("Blad1", rows), merged=("A1:A2", "B1:B2", "C1:C2", "D1:E1")))
    found = extract.read(file, header_row=given)
    assert (found.header_row, found.headers) == (
        2,
        ("Postcode", "Huisnummer", "Voorziening", "begin", "eind"),
    )
    assert content(found) == ([3], [["1506AB", "12", "Hulp", "01-01-2025", ""]])


def test_a_title_over_a_group_tells_whose_address_it_is(tmp_path: Path) -> None:
    file = tmp_path / "clients.csv"
    file.write_text(
        "Uitdraai;;;;;\nNr;Cliënt;;Verwijzer;;Hulp\n;Postcode;Huisnummer;Postcode;Huisnummer;Product\n"
        "1;1506AB;1;2514AC;2;WMO-HBH\n",
        encoding="utf-8",
    )
    found = extract.read(file)
    assert found.headers == (
        "Nr", "Cliënt Postcode", "Cliënt Huisnummer", "Verwijzer Postcode", "Verwijzer Huisnummer", "Product",
    )  # fmt: skip
    assert content(found)[0] == [4]


@pytest.mark.parametrize(
    "text",
    [
        "Postcode;Huisnummer;Product;\n1506AB;1;begin;x\n",  # a record is no row of headers
        "Thuiszorg;Overzicht;\nPostcode;Huisnummer;Product\n1506AB;1;begin\n",  # nor is a title
        "Postcode;Huisnummer;Product\nonbekend;geen;dienst\n",
    ],
)
def test_one_row_of_headers_stays_one(tmp_path: Path, text: str) -> None:
    file = tmp_path / "clients.csv"
    file.write_text(text, encoding="utf-8")
    assert extract.read(file).headers[:3] == ("Postcode", "Huisnummer", "Product")


def test_spss_with_labels_and_codes(tmp_path: Path) -> None:
    file = tmp_path / "clients.sav"
    frame = pd.DataFrame(
        {
            "pc": ["1506AB", "1506AC", ""],
            "v2": [12.0, 7.0, None],
            "product": [1.0, 2.0, 9.0],
            "begin": pd.to_datetime(["2025-01-02", "2025-12-31", None]),
        }
    )
    pyreadstat.write_sav(
        frame,
        str(file),
        column_labels=["Waar iemand woont", "Huisnummer", "Soort hulp", "Vanaf"],
        variable_value_labels={"product": {1.0: "Hulp bij het huishouden", 2.0: "Begeleiding"}},
    )
    found = extract.read(file)
    assert found.headers == ("pc", "Huisnummer", "product", "product (code)", "begin")
    assert content(found) == (
        [1, 2, 3],
        [
            ["1506AB", "12", "Hulp bij het huishouden", "1", "2025-01-02"],
            ["1506AC", "7", "Begeleiding", "2", "2025-12-31"],
            ["", "", "9", "9", ""],  # a code without a label says itself
        ],
    )


def test_parquet_with_its_own_types(tmp_path: Path) -> None:
    file = tmp_path / "clients.parquet"
    pq.write_table(
        pa.table(
            {
                "postcode": pa.array(["1506AB", None]).dictionary_encode(),
                "huisnummer": pa.array([12.0, 7.0]),
                "begin": pa.array([datetime.datetime(2025, 1, 2), None], pa.timestamp("us")),
                "einde": pa.array([datetime.date(2025, 12, 31), None]),
                "tags": pa.array([["a"], []]),
            }
        ),
        file,
    )
    assert content(extract.read(file)) == (
        [1, 2],
        [["1506AB", "12", "2025-01-02", "2025-12-31", ""], ["", "7", "", "", ""]],
    )


def test_two_columns_with_one_name_are_told_apart(tmp_path: Path) -> None:
    file = tmp_path / "clients.csv"
    file.write_text("Postcode;Nr;Nr;;row\n1506AB;1;2;;x\n1506AC;3;4;;y\n", encoding="utf-8")
    found = extract.read(file)
    assert len(set(found.headers)) == len(found.headers) == 4  # the nameless column is empty
    assert found.table.column("row").to_pylist() == [2, 3]


@pytest.mark.parametrize(
    ("data", "key", "fields"),
    [
        (b"", "source.empty", {}),
        (b"\xef\xbb\xbf  \r\n", "source.empty", {}),
        (b"Postcode;Huisnummer\r\n", "source.no_rows", {}),
        (b"1506AB;12\n1506AC;13\n", "source.no_header", {}),
        (b"Postcode;Huisnummer\n1506AB;12\n1506AB;12;A;b\n", "source.more_columns", {"row": 3, "columns": 2}),
        (b"Postcode;Plaats\n1506AB;\x81\n", "source.wrong_encoding", {}),
        (b"Postcode;Plaats\n1506AB;\x00\x01\x02\n", "source.not_text", {}),
        (b"%PDF-1.7 ...", "source.other_kind", {"kind": "pdf"}),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 old Excel", "source.other_kind", {"kind": "xls"}),
        (b"PAR1 damaged PAR1", "source.unreadable", {}),
        (b'Postcode;Plaats\n1506AB;"' + b"open\n" * 40, "source.open_quote", {"row": 2}),
    ],
)
def test_what_can_t_be_read_says_why(
    tmp_path: Path, data: bytes, key: str, fields: dict[str, object]
) -> None:
    file = tmp_path / "clients.csv"
    file.write_bytes(data)
    with pytest.raises(ExtractError) as raised:
        extract.read(file)
    assert raised.value.key == key
    assert fields.items() <= raised.value.fields.items()


def test_a_missing_file_a_folder_and_a_broken_workbook(tmp_path: Path) -> None:
    broken = tmp_path / "broken.xlsx"
    whole = workbook(("Blad1", [["Postcode", "Huisnummer"], ["1506AB", 12]]))
    broken.write_bytes(whole[:-200])
    for file in (tmp_path / "none.csv", tmp_path, broken):
        with pytest.raises(ExtractError):
            extract.read(file)


@pytest.mark.parametrize("start", [b"PK\x03\x04 cut off", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 encrypted"])
def test_a_workbook_with_a_password_or_cut_off_is_not_told_to_be_saved_as_one(
    tmp_path: Path, start: bytes
) -> None:
    file = tmp_path / "cliënten.XLSX"
    file.write_bytes(start)
    with pytest.raises(ExtractError) as raised:
        extract.read(file)
    assert raised.value.key == "source.unreadable"


LAUGHS = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]>'
UNFOLDS = (
    '<table:table-row table:number-rows-repeated="1000000"><table:table-cell table:number-columns-repeated="9999999"'
    ' office:value-type="string"><text:p>x</text:p></table:table-cell></table:table-row>'
)


@pytest.mark.parametrize(
    ("data", "key"),
    [
        (opendocument(("Blad1", [["Postcode", "Huisnr"], ["&c;", 1]]), before=LAUGHS), "source.unreadable"),
        (opendocument(("Blad1", [["Postcode", "Huisnr"]]), inside=UNFOLDS), "source.too_large"),
        (opendocument(("Blad1", [])), "source.empty"),
        (opendocument(), "source.empty"),
        (zipped({"mimetype": b"application/vnd.oasis.opendocument.spreadsheet"}), "source.unreadable"),
        (zipped({"anything.txt": b"x"}), "source.unreadable"),
        (b"$FL2" + b"x" * 400, "source.unreadable"),
    ],
)
def test_a_trap_and_an_empty_shell_say_what_is_wrong(tmp_path: Path, data: bytes, key: str) -> None:
    file = tmp_path / "clients.bin"
    file.write_bytes(data)
    with pytest.raises(ExtractError) as raised:
        extract.read(file)
    assert raised.value.key == key


@settings(max_examples=200, deadline=None)
@given(
    cells=st.lists(
        st.tuples(*[st.sampled_from(["", "12", "ë", '"a\r\nb"', '"c\nd"', '";"', "x" * 9])] * 3), max_size=30
    ),
    newline=st.sampled_from(["\n", "\r\n"]),
    block=st.integers(20, 200),
)
def test_where_a_file_is_cut_for_the_threads_changes_nothing(
    cells: list[tuple[str, ...]], newline: str, block: int
) -> None:
    text = newline.join(["a;b;c", *map(";".join, cells)]).encode()
    whole, _ = delimited.read(text, ";", 3, 1, "clients.csv")
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(delimited, "BLOCK", block)
        cut, _ = delimited.read(text, ";", 3, 1, "clients.csv")
    assert cut.to_pylist() == whole.to_pylist()
    assert whole.column("row").to_pylist() == list(range(1, len(cells) + 2))


PIECES = (
    b"Postcode", b"Huisnummer", b";", b",", b"\t", b'"', b"\n", b"\r\n", b"1506AB", b"12", b"\xe9", b"\xff\xfe", b"\x00",
    b"\xef\xbb\xbf", b"totaal", b"sep=;\n", b" ", b"PK\x03\x04", b"'", b"\x80", "ë".encode(),
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(
    st.one_of(
        st.binary(max_size=400),
        st.lists(
            st.sampled_from(PIECES),
            max_size=40,
        ).map(b"".join),
    )
)
def test_any_bytes_give_rows_or_a_factlab_error(
    tmp_path_factory: pytest.TempPathFactory, data: bytes
) -> None:
    file = tmp_path_factory.mktemp("fuzz") / "clients.csv"
    file.write_bytes(data)
    try:
        found = extract.read(file)
    except FactlabError:
        return
    assert found.table.num_rows > 0
    assert found.table.column_names == ["row", *found.headers]
    assert not any(column.null_count for column in found.table.columns)
