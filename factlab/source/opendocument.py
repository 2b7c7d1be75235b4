"""An OpenDocument spreadsheet (.ods): its sheets, every cell as the text that it means."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Iterator
from typing import Any
from xml.etree.ElementTree import ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import iterparse

from factlab.errors import ExtractError
from factlab.source.workbook import cell_text

MIME = b"application/vnd.oasis.opendocument.spreadsheet"
MOST_CELLS = 50_000_000  # repeated cells are written once: a file of a few bytes could unfold to any size
_TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
_OFFICE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
_TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
_LOWEST_ROW = 1_048_576  # of LibreOffice and Excel


def is_one(archive: zipfile.ZipFile) -> bool:
    """Whether a zip file says of itself that it is such a spreadsheet."""
    try:
        return archive.read("mimetype").strip() == MIME
    except (KeyError, OSError, EOFError, RuntimeError, NotImplementedError, zipfile.BadZipFile, zlib.error):
        return False


def _said(paragraph: Any) -> Iterator[str]:
    """The text of a paragraph with its spaces, tabs and line breaks, but without the remarks pinned on it."""
    yield paragraph.text or ""
    for part in paragraph:
        if part.tag == f"{_TEXT}s":
            yield " " * min(_repeated(part, f"{_TEXT}c"), 1000)
        elif part.tag == f"{_TEXT}tab":
            yield "\t"
        elif part.tag == f"{_TEXT}line-break":
            yield "\n"
        elif part.tag != f"{_OFFICE}annotation":
            yield from _said(part)
        yield part.tail or ""


def _cell(cell: Any) -> str:
    """What a cell says: the stored value of a number or a date, not how it is shown."""
    kind = cell.get(f"{_OFFICE}value-type", "")
    if kind == "date":
        day, _, hour = cell.get(f"{_OFFICE}date-value", "").partition("T")
        return f"{day} {hour}" if hour.strip("0:.,") else str(day)
    if kind in ("float", "currency", "percentage"):
        return cell_text(float(cell.get(f"{_OFFICE}value", "nan")))
    if kind == "boolean":
        return str(cell.get(f"{_OFFICE}boolean-value", ""))
    return "\n".join("".join(_said(part)) for part in cell if part.tag == f"{_TEXT}p")


def _repeated(element: Any, name: str) -> int:
    said = element.get(name, "1")
    return max(1, int(said)) if said.isascii() and said.isdigit() and len(said) <= 7 else 1


def _row(row: Any) -> list[str]:
    """The cells of a row up to the last filled one; a cell covered by a merged one is empty."""
    cells: list[str] = []
    empty = 0
    for cell in row:
        if cell.tag not in (f"{_TABLE}table-cell", f"{_TABLE}covered-table-cell"):
            continue
        times = _repeated(cell, f"{_TABLE}number-columns-repeated")
        said = _cell(cell) if cell.tag == f"{_TABLE}table-cell" else ""
        if said:
            cells += [""] * empty + [said] * min(times, _LOWEST_ROW)
            empty = 0
        else:
            empty += times
    return cells


def read(archive: zipfile.ZipFile, file: str) -> dict[str, list[list[str]]]:
    """The sheets by name, each as rows of equal length. Raises ExtractError when the file is damaged or a trap."""
    sheets: dict[str, list[list[str]]] = {}
    rows: list[list[str]] = []
    unfolded = 0
    try:
        content = io.BytesIO(archive.read("content.xml"))
        for event, element in iterparse(content, events=("start", "end"), forbid_dtd=True):
            if event == "start":
                if element.tag == f"{_TABLE}table":
                    rows = sheets.setdefault(element.get(f"{_TABLE}name", ""), [])
                continue
            if element.tag != f"{_TABLE}table-row":
                continue
            cells, times = _row(element), _repeated(element, f"{_TABLE}number-rows-repeated")
            element.clear()
            unfolded += (len(cells) + 1) * (times if cells else min(times, _LOWEST_ROW - len(rows)))
            if unfolded > MOST_CELLS or len(rows) + times * bool(cells) > _LOWEST_ROW:
                raise ExtractError("source.too_large", file=file)
            rows += [cells] * min(times, _LOWEST_ROW - len(rows))
    except (
        ParseError, DefusedXmlException, KeyError, OSError, EOFError, RuntimeError, NotImplementedError,
        ValueError, LookupError, zipfile.BadZipFile, zlib.error,
    ):  # fmt: skip
        raise ExtractError("source.unreadable", file=file) from None
    return {name: _even(found) for name, found in sheets.items()}


def _even(rows: list[list[str]]) -> list[list[str]]:
    """Without the empty rows at the end, and all as long as the longest."""
    while rows and not rows[-1]:
        rows.pop()
    width = max(map(len, rows), default=0)
    return [cells + [""] * (width - len(cells)) for cells in rows]
