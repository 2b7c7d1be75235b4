"""An extract (*uitdraai*): what an organisation already has, as rows of text with the row numbers that its people see."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from factlab.errors import ExtractError
from factlab.source import delimited, heading, messages, opendocument, statistical, workbook

MOST_UNPACKED = 2_000_000_000  # bytes: more than any extract, less than a zip file that is made to be a trap
_TOTAL = r"(?i)^\s*((eind|sub)?\s*tota(al|len)|grand total|total|aantal|som|gemiddelde)\b"


@dataclass(frozen=True, repr=False)
class Extract:
    """`table` has the column `row` (the row number in the file, from 1, as Excel shows it) and every column of the
    file as text, empty where nothing is. No repr: it would show clients.

    `ignored` are the numbers of rows that are no record: a total, a note below the table.
    """

    file: str
    table: Any
    headers: tuple[str, ...]
    header_row: int
    kind: str  # csv, xlsx, ods, parquet, sav, xml
    sheet: str = ""
    encoding: str = ""
    delimiter: str = ""
    ignored: tuple[int, ...] = ()
    files: Any = None  # of messages: by row number, from 1, the names of the files that tell of the row


def _filled(column: Any) -> Any:
    """In which cells more stands than white space: a mask."""
    return pc.and_(pc.greater(pc.binary_length(column), 0), pc.invert(pc.utf8_is_space(column)))


def _ignored(table: Any, told: dict[str, Any]) -> tuple[Any, Any]:
    """(the places of rows that are a total or a note below the table, which rows are blank); `told` are the filled cells
    of each column.
    """
    number = np.zeros(table.num_rows, dtype=np.int16)
    for mask in told.values():
        number += mask.to_numpy()
    # A total says little: only such rows are looked into.
    places = np.flatnonzero((number > 0) & (number <= max(2, len(told) // 2)))
    rows = table.take(pa.array(places))
    masks = [mask.take(pa.array(places)) for mask in told.values()]
    first = pc.coalesce(
        *(
            pc.if_else(mask, rows.column(name), pa.scalar(None, pa.string()))
            for mask, name in zip(masks, told, strict=True)
        ),
        pa.scalar(""),
    )
    total = pc.match_substring_regex(first, _TOTAL).to_numpy()
    if len(told) >= 3:
        full = number > 1
        full[places[total]] = False
        last = len(full) - 1 - full[::-1].argmax() if full.any() else -1
        # Words in the first column and nothing else: "Bron: …". A lone postcode is a row with a problem.
        words = pc.and_(masks[0], pc.match_substring_regex(first, r"[A-Za-zÀ-ÿ]{3}")).to_numpy()
        total = total | ((places > last) & (number[places] == 1) & words)
    return places[total], number == 0


def _shape(
    numbered: Any, places: list[str], cells: list[str], header_row: int, file: str, **told: str
) -> Extract:
    """The rows below the headers, without blank rows, totals and columns that have neither a header nor a value."""
    names = heading.name_columns(cells)
    # The numbers go up, so that what stands below the headers is a slice and nothing is copied.
    above = int(np.searchsorted(numbered.column("row").to_numpy(), header_row, side="right"))
    below = numbered.select(["row", *places]).rename_columns(["row", *names]).slice(above)
    filled = {name: _filled(below.column(name)) for name in names}
    kept = [
        name for name, cell in zip(names, cells, strict=True) if cell.strip() or pc.any(filled[name]).as_py()
    ]
    if not kept:
        raise ExtractError("source.no_header", file=file)
    below = below.select(["row", *kept])
    total, blank = _ignored(below, {name: filled[name] for name in kept})
    ignored = tuple(below.column("row").take(pa.array(total)).to_pylist())
    blank[total] = True
    rows = below.filter(pa.array(~blank)) if blank.any() else below
    if not rows.num_rows:
        raise ExtractError("source.no_rows", file=file)
    return Extract(file, rows, tuple(kept), header_row, ignored=ignored, **told)


def _read_csv(data: bytes, header_row: int | None, file: str) -> Extract:
    text, encoding = delimited.decode(data, file)
    if delimited.is_blank(text):
        raise ExtractError("source.empty", file=file)
    declared, text = delimited.declared_delimiter(text)
    delimiter = declared or delimited.detect_delimiter(text)
    head = delimited.head(text, delimiter, max(heading.HEAD, header_row or 0) + 1)
    number, cells = heading.header(head, header_row, file)
    if len(cells) > delimited.MOST_COLUMNS:
        raise ExtractError("source.too_many_columns", file=file, most=delimited.MOST_COLUMNS)
    if len(cells) == 1:
        delimiter = delimited.NONE  # "Kerkstraat 12, 1506 AB Zaandam" is one column with a comma in it
    numbered, places = delimited.read(text, delimiter, len(cells), number, file)
    return _shape(numbered, places, cells, number, file, kind="csv", encoding=encoding, delimiter=delimiter)


def _read_zipped(data: bytes, sheet: str | None, header_row: int | None, file: str) -> Extract:
    """A spreadsheet: .xlsx and .ods are both zip files."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        if sum(entry.file_size for entry in archive.infolist()) > MOST_UNPACKED:
            raise ExtractError("source.too_large", file=file)
        if any(name.lower().endswith(".xml") for name in archive.namelist()) and not _is_office(archive):
            return _read_messages(_unzipped(archive, file), file)
        kind = "ods" if opendocument.is_one(archive) else "xlsx"
        sheets = opendocument.read(archive, file) if kind == "ods" else workbook.read(data, file)
    chosen, rows = workbook.choose(sheets, sheet, file)
    if not any(any(cell.strip() for cell in cells) for cells in rows):
        raise ExtractError("source.empty", file=file)
    number, cells = heading.header(rows[: max(heading.HEAD, header_row or 0) + 1], header_row, file)
    width = len(rows[0])
    places = [str(place) for place in range(width)]
    columns = [pa.array(column, pa.string()) for column in zip(*rows, strict=True)]
    numbered = pa.table([*columns, pa.array(range(1, len(rows) + 1), pa.int64())], names=[*places, "row"])
    return _shape(numbered, places, cells, number, file, kind=kind, sheet=chosen)


def _as_text(column: Any) -> Any:
    """A Parquet column as text; what can't be one (a list, bytes) is empty."""
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    if pa.types.is_floating(column.type):
        whole = pc.equal(column, pc.round(column))
        column = pc.if_else(
            whole, pc.cast(column, pa.int64(), safe=False).cast(pa.string()), column.cast(pa.string())
        )
    elif pa.types.is_timestamp(column.type):
        column = pc.strftime(column, format="%Y-%m-%d")
    elif (
        pa.types.is_nested(column.type)
        or pa.types.is_binary(column.type)
        or pa.types.is_large_binary(column.type)
    ):
        column = pa.nulls(len(column), pa.string())
    return pc.fill_null(column.cast(pa.string()), "")


def _is_office(archive: zipfile.ZipFile) -> bool:
    return bool({"[Content_Types].xml", "content.xml", "mimetype"} & set(archive.namelist()))


def _unzipped(archive: zipfile.ZipFile, file: str) -> Iterator[tuple[str, bytes]]:
    for name in sorted(archive.namelist()):
        if name.lower().endswith(".xml"):
            try:
                yield name, archive.read(name)
            except (OSError, EOFError, RuntimeError, NotImplementedError, zipfile.BadZipFile, zlib.error):
                raise ExtractError("source.unreadable", file=file) from None


def _in_folder(folder: Path) -> Iterator[tuple[str, bytes]]:
    for path in sorted(folder.iterdir()):
        if path.suffix.lower() == ".xml" and path.is_file():
            try:
                yield path.name, path.read_bytes()
            except OSError:
                raise ExtractError("source.unreadable", file=path.name) from None


def _read_messages(found: Iterable[tuple[str, bytes]], file: str) -> Extract:
    *columns, files = messages.read(found, file)
    places = [str(place) for place in range(len(columns))]
    rows = pa.array(range(1, len(columns[0]) + 1), pa.int64())
    numbered = pa.table(
        [*(pa.array(column, pa.string()) for column in columns), rows], names=[*places, "row"]
    )
    shaped = _shape(numbered, places, list(messages.HEADERS), 0, file, kind="xml")
    return replace(shaped, files=pa.array(files, pa.string()))


def _read_statistical(data: bytes, file: str) -> Extract:
    names, columns = statistical.read(data, file)
    places = [str(place) for place in range(len(names))]
    rows = pa.array(range(1, len(columns[0]) + 1), pa.int64())  # as SPSS numbers them
    numbered = pa.table(
        [*(pa.array(column, pa.string()) for column in columns), rows], names=[*places, "row"]
    )
    return _shape(numbered, places, names, 0, file, kind="sav")


def _read_parquet(data: bytes, file: str) -> Extract:
    try:
        table = pq.read_table(io.BytesIO(data))
        names = list(table.column_names)
        columns = [_as_text(column) for column in table.columns]
        for column in columns:
            column.validate(full=True)  # a damaged page gives bytes that are no text
    except (pa.ArrowException, OSError, ValueError, NotImplementedError):
        raise ExtractError("source.unreadable", file=file) from None
    if not columns or not table.num_rows:
        raise ExtractError("source.no_rows", file=file)
    places = [str(place) for place in range(len(columns))]
    numbers = pa.array(range(1, table.num_rows + 1), pa.int64())  # a Parquet file has no header row
    numbered = pa.table([*columns, numbers], names=[*places, "row"])
    return _shape(numbered, places, names, 0, file, kind="parquet")


def read(file: Path, *, sheet: str | None = None, header_row: int | None = None) -> Extract:
    """Read CSV, Excel (.xlsx), OpenDocument (.ods), Parquet or SPSS (.sav) by what the file is, not by how it is called;
    iWmo and iJw messages as one .xml, or many in a .zip or a folder.

    `sheet` and `header_row` come from a saved mapping; else the sheet with the most rows is taken and the headers are
    looked for. Raises ExtractError.
    """
    file = Path(file)
    if file.is_dir():
        return _read_messages(_in_folder(file), file.name)
    try:
        data = file.read_bytes()
    except FileNotFoundError:
        raise ExtractError("source.missing_file", file=file) from None
    except OSError:
        raise ExtractError("source.unreadable", file=file.name) from None
    if not data or data.isspace():
        raise ExtractError("source.empty", file=file.name)
    if data.startswith(b"PAR1"):
        return _read_parquet(data, file.name)
    if data.startswith(statistical.MAGIC):
        return _read_statistical(data, file.name)
    if zipfile.is_zipfile(io.BytesIO(data)):
        try:
            return _read_zipped(data, sheet, header_row, file.name)
        except (
            zipfile.BadZipFile,
            NotImplementedError,
            OSError,
            EOFError,
            ValueError,
            zlib.error,
            struct.error,
        ):
            raise ExtractError("source.unreadable", file=file.name) from None
    if messages.is_one(data):
        return _read_messages([(file.name, data)], file.name)
    return _read_csv(data, header_row, file.name)
