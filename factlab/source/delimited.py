"""Delimited text as programs write it: CSV with any delimiter, in UTF-8, UTF-16 or Windows-1252."""

from __future__ import annotations

import csv
import io
import itertools
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
_OPEN_QUOTE = 25  # lines in one cell: more than any remark, and what an unclosed quote swallows


def decode(data: bytes, file: str) -> tuple[str, str]:
    """(text, encoding). Raises ExtractError when it is no text, or text in an encoding that isn't known."""
    for start, kind in _OTHER_FILES.items():
        if data.startswith(start):
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


def _decode(data: bytes, encoding: str, file: str) -> str:
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError:
        raise ExtractError("source.wrong_encoding", file=file) from None
    if "\0" in text:
        raise ExtractError("source.not_text", file=file)
    return text


def _records(text: str, delimiter: str, most: int) -> list[list[str]]:
    try:
        return list(itertools.islice(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter), most))
    except csv.Error:
        return []


def declared_delimiter(text: str) -> tuple[str, str]:
    """(the delimiter that Excel's own first line `sep=;` declares, the text without that line, which Excel doesn't show)."""
    first, _, rest = text.partition("\n")
    said = first.strip().lower()
    return (said[4], rest) if said.startswith("sep=") and said[4:5] in DELIMITERS else ("", text)


def detect_delimiter(text: str) -> str:
    """The delimiter that cuts the first records in the most equal pieces."""
    start = text[:200_000]
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


def head(text: str, delimiter: str, most: int) -> list[list[str]]:
    """The first records, as they stand."""
    return _records(text[:1_000_000], delimiter, most)


def read(text: str, delimiter: str, width: int, header_row: int, file: str) -> tuple[Any, list[str]]:
    """(number of each record from 1, one text column per column) of all records; short ones are filled up with nothing.

    Raises ExtractError for a record below the headers with more in it than `width` columns, and for an open quote.
    """
    uneven: list[tuple[int, str]] = []

    def keep(row: Any) -> str:
        uneven.append((row.number, row.text))
        return "skip"

    names = [str(place) for place in range(width)]
    data = text.encode("utf-8", "surrogatepass")
    try:
        table = pa.csv.read_csv(
            io.BytesIO(data),
            read_options=pa.csv.ReadOptions(
                column_names=names,
                use_threads=False,
                block_size=min(max(len(data) + 1, 1 << 20), (1 << 31) - 1),
            ),
            parse_options=pa.csv.ParseOptions(
                delimiter=delimiter,
                newlines_in_values=True,
                ignore_empty_lines=False,
                invalid_row_handler=keep,
            ),
            convert_options=pa.csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False
            ),
        )
    except pa.ArrowException:
        raise ExtractError("source.unreadable", file=file) from None
    for name in names:
        lines = pa.compute.count_substring(table.column(name), "\n")
        if table.num_rows and (pa.compute.max(lines).as_py() or 0) > _OPEN_QUOTE:
            place = pa.compute.index(pa.compute.greater(lines, _OPEN_QUOTE), True).as_py()
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
    everyone = np.arange(1, rows + len(skipped) + 1, dtype=np.int64)
    return pa.array(np.setdiff1d(everyone, np.array(skipped, dtype=np.int64), assume_unique=True))
