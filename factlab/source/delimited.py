"""Delimited text as programs write it: CSV with any delimiter, in UTF-8, UTF-16 or Windows-1252."""

from __future__ import annotations

import csv
import io
import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute
import pyarrow.csv

from factlab.errors import ExtractError

DELIMITERS = (";", ",", "\t", "|")
NONE = "\x1f"  # a separator that no extract has
_OTHER_FILES = {
    b"PK\x03\x04": "zip", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1": "xls", b"%PDF": "pdf", b"PAR1": "parquet", b"\x1f\x8b": "gz",
}  # fmt: skip
_MARKS = (
    (b"\xef\xbb\xbf", "utf-8"),
    (b"\xff\xfe\x00\x00", "utf-32-le"),
    (b"\xff\xfe", "utf-16-le"),
    (b"\xfe\xff", "utf-16-be"),
)
MOST_COLUMNS = 1000
BLOCK = 1 << 20  # bytes of a file that one thread reads
_OPEN_QUOTE = 25  # lines in one cell: more than any remark, and what an unclosed quote swallows


def decode(data: bytes, file: str) -> tuple[bytes, str]:
    """(the text as UTF-8 without a mark, the encoding that it had). Raises ExtractError when it is no text, or text in an
    encoding that isn't known.
    """
    for start, kind in _OTHER_FILES.items():
        if data.startswith(start):
            if file.lower().endswith((".xlsx", ".ods", ".zip")):  # cut off, or a workbook with a password
                raise ExtractError("source.unreadable", file=file)
            raise ExtractError("source.other_kind", file=file, kind=kind)
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return _decode(data[len(mark) :], encoding, file), encoding
    sample = data[:4096]
    zeros = sample.count(0)
    if zeros:
        # Latin text in UTF-16 without its mark has a zero in every second byte.
        half = len(sample) // 2
        for encoding, side in (("utf-16-le", sample[1::2]), ("utf-16-be", sample[0::2])):
            if half and side.count(0) > 0.9 * half and len(data) % 2 == 0:
                return _decode(data, encoding, file), encoding
        raise ExtractError("source.not_text", file=file)
    try:
        return _decode(data, "utf-8", file), "utf-8"
    except ExtractError:
        return _decode(data, "windows-1252", file), "windows-1252"


def _decode(data: bytes, encoding: str, file: str) -> bytes:
    # Nearly every extract is plain ASCII, which is UTF-8 as it stands.
    plain = encoding == "utf-8" and data.isascii()
    try:
        text = "" if plain else data.decode(encoding)
    except UnicodeDecodeError:
        raise ExtractError("source.wrong_encoding", file=file) from None
    made = data if encoding == "utf-8" else text.encode()
    if b"\0" in made:
        raise ExtractError("source.not_text", file=file)
    return made


def _start(text: bytes, most: int) -> str:
    """The first characters of a text in UTF-8."""
    return text[: 4 * most].decode(errors="ignore")[:most]


def is_blank(text: bytes) -> bool:
    """Whether a text in UTF-8 holds nothing but white space."""
    return not _start(text, 1000).strip() and not text.decode().strip()


def _records(text: str, delimiter: str, most: int) -> list[list[str]]:
    try:
        return list(itertools.islice(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter), most))
    except csv.Error:
        return []


def declared_delimiter(text: bytes) -> tuple[str, bytes]:
    """(the delimiter that Excel's own first line `sep=;` declares, the text without that line, which Excel doesn't show)."""
    end = text.find(b"\n")
    said = text[: end if end >= 0 else None].decode().strip().lower()
    if said.startswith("sep=") and said[4:5] in DELIMITERS:
        return said[4], text[end + 1 :] if end >= 0 else b""
    return "", text


def detect_delimiter(text: bytes) -> str:
    """The delimiter that cuts the first records in the most equal pieces."""
    start = _start(text, 200_000)
    best, rank = ";", (0.0, 0)
    for delimiter in DELIMITERS:
        widths = [len(record) for record in _records(start, delimiter, 50) if any(record)]
        wide = [width for width in widths if width > 1]
        if not wide:
            continue
        usual = max(set(wide), key=wide.count)
        found = (wide.count(usual) / len(widths), usual)
        if found > rank:
            best, rank = delimiter, found
    return best


def head(text: bytes, delimiter: str, most: int) -> list[list[str]]:
    """The first records, as they stand."""
    return _records(_start(text, 1_000_000), delimiter, most)


def _parsed(text: bytes, delimiter: str, names: list[str], uneven: Callable[[Any], str] | None) -> Any:
    """The records as text columns. Without `uneven`, which is told of each record that isn't as wide, that is an error.

    Raises pyarrow.ArrowException.
    """
    return pa.csv.read_csv(
        pa.BufferReader(text),
        read_options=pa.csv.ReadOptions(
            column_names=names,
            # Only one thread, and one block, can tell the number of a record and whether the last quote is closed.
            use_threads=uneven is None,
            block_size=BLOCK if uneven is None else min(max(len(text) + 1, BLOCK), (1 << 31) - 1),
        ),
        parse_options=pa.csv.ParseOptions(
            delimiter=delimiter,
            newlines_in_values=True,
            ignore_empty_lines=False,
            invalid_row_handler=uneven,
        ),
        convert_options=pa.csv.ConvertOptions(
            column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False
        ),
    )


def _parsed_in_blocks(text: bytes, delimiter: str, names: list[str]) -> Any | None:
    """The same by several threads, a third of the time; None for a text that must be read in one piece."""
    try:
        table = _parsed(text, delimiter, names, None)
    except pa.ArrowException:
        return None
    # Arrow loses the \n of a \r\n inside a cell where one block ends and the next begins.
    if b"\r" in text and any(
        b"\r" in chunk.buffers()[2].to_pybytes()
        for column in table.columns
        for chunk in column.chunks
        if len(chunk)
    ):
        return None
    return table


def read(text: bytes, delimiter: str, width: int, header_row: int, file: str) -> tuple[Any, list[str]]:
    """(number of each record from 1, one text column per column) of all records; short ones are filled up with nothing.

    Raises ExtractError for a record below the headers with more in it than `width` columns, and for an open quote.
    """
    uneven: list[tuple[int, str]] = []

    def keep(row: Any) -> str:
        uneven.append((row.number, row.text))
        return "skip"

    names = [str(place) for place in range(width)]
    table = _parsed_in_blocks(text, delimiter, names)
    if table is None:
        try:
            table = _parsed(text, delimiter, names, keep)
        except pa.ArrowException:
            raise ExtractError("source.unreadable", file=file) from None
    for name in names:
        column = table.column(name)
        if (pa.compute.max(pa.compute.binary_length(column)).as_py() or 0) <= _OPEN_QUOTE:
            continue  # nor can it hold so many lines
        long = pa.compute.greater(pa.compute.count_substring(column, "\n"), _OPEN_QUOTE)
        if (place := pa.compute.index(long, True).as_py()) >= 0:
            raise ExtractError("source.open_quote", file=file, row=place + 1)
    numbers = _numbers(table.num_rows, [number for number, _ in uneven])
    if not uneven:
        return table.append_column("row", numbers), names
    filled: list[list[str]] = []
    for number, row in uneven:
        record = next(iter(_records(row, delimiter, 1)), [])
        if number > header_row and any(cell.strip() for cell in record[width:]):
            raise ExtractError("source.more_columns", file=file, row=number, columns=width)
        filled.append((record + [""] * width)[:width])
    extra = pa.table([pa.array(column, pa.string()) for column in zip(*filled, strict=True)], names=names)
    whole = pa.concat_tables(
        [
            table.append_column("row", numbers),
            extra.append_column("row", pa.array([number for number, _ in uneven], pa.int64())),
        ]
    )
    return whole.sort_by("row"), names


def _numbers(rows: int, skipped: list[int]) -> Any:
    """The numbers of the records that were kept: all from 1, without those that were set apart."""
    kept = np.ones(rows + len(skipped), dtype=bool)
    kept[np.array(skipped, dtype=np.int64) - 1] = False
    return pa.array(np.flatnonzero(kept) + 1, pa.int64())
