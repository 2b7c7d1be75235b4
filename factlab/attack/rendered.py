"""What readers really get: every number on the pages, on paper and in the wide tables, held against the publication."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from factlab.attack import drawn
from factlab.attack.numerals import PERCENT, numeric
from factlab.attack.reading import CELL, DRAWING, FIGURE, SVG, Page, Piece
from factlab.attack.register import Misprint, Register
from factlab.cells import CellKey, Publication

# The files that are a publication: `publication` reads them, and sees that cells.parquet is cells.csv. The paper can't
# be read back: what it prints is checked when it is set, and the checksums say that it is still that paper.
SUMS = "SHA256SUMS"
READ = frozenset(
    [SUMS, "areas.geojson", "cells.csv", "cells.parquet", "codebook.json", "disclosure.json", "provenance.json",
     "stapelingsmonitor.pdf"]
)  # fmt: skip


def check_folder(publication: Publication, folder: Path) -> tuple[Misprint, ...]:
    """Everything in a folder that isn't what the publication holds, or that can't be read to see whether it is."""
    register = Register(publication)
    found: list[Misprint] = []
    sealed = _sealed(folder)
    for path in sorted(path for path in folder.rglob("*") if not path.is_dir()):
        name = path.relative_to(folder).as_posix()
        if sealed and name not in sealed:
            found.append(Misprint("unknown_file", name))
        elif path.suffix == ".html":
            found += _page(register, path.read_text(encoding="utf-8", errors="replace"), name)
        elif path.suffix == ".csv" and name.startswith("tables/"):
            found += _wide(register, path, name)
        elif name not in READ:
            found.append(Misprint("unknown_file", name))
    if (folder / "areas.geojson").exists():
        found += _borders(register, publication.borders)
    return tuple(dict.fromkeys(found))


def check_page(publication: Publication, html: str, place: str = "index.html") -> tuple[Misprint, ...]:
    """Everything on a page that isn't what the publication holds: another number, or one where none should be."""
    return tuple(dict.fromkeys(_page(Register(publication), html, place)))


def check_paper(
    publication: Publication, printed: str, place: str = "stapelingsmonitor.pdf"
) -> tuple[Misprint, ...]:
    """The same of the contents that a paper is set from, as JSON: texts of spans, tables and drawings."""
    register = Register(publication)
    return tuple(dict.fromkeys(_paper(register, json.loads(printed), "", place)))


def _pieces(register: Register, pieces: Iterable[Piece], tables: int = 0) -> Iterator[Misprint]:
    for piece in pieces:
        text = " ".join(piece.text.split())
        if piece.attribute == CELL:
            key = register.key(piece.mark)
            at = f"{piece.place} {'/'.join(part for part in key if part)}" if key else piece.place
            yield from (Misprint(kind, at) for kind in register.cell_faults(piece.mark, text))
        elif piece.attribute == FIGURE:
            yield from (Misprint(kind, piece.place) for kind in register.figure_faults(piece.mark, text))
        elif not register.phrases.account_for(text, heading=piece.heading, tables=tables):
            yield Misprint("unaccounted", piece.place)


# a page


def _page(register: Register, html: str, place: str) -> Iterator[Misprint]:
    for svg in SVG.findall(html):
        yield from _drawing(register, svg, place)
    page = Page(place)
    page.feed(SVG.sub("", html))
    page.close()
    yield from page.opaque
    yield from _pieces(register, page.pieces, page.tables)


# a drawing


def _drawing(register: Register, svg: str, place: str) -> Iterator[Misprint]:
    try:
        root = fromstring(svg)
    except (ParseError, DefusedXmlException):
        yield Misprint("drawn_unaccounted", place)
        return
    if any(numeric(comment) for comment in re.findall(r"<!--(.*?)-->", svg, re.DOTALL)):
        yield Misprint("unaccounted", place)
    pieces = list(_said(root, place))
    scales = [piece for piece in pieces if piece.attribute == FIGURE and piece.mark in ("axis", "classes")]
    for name in ("axis", "classes"):
        if not _even(name, [piece.text for piece in scales if piece.mark == name]):
            yield Misprint("different", place)
    yield from _pieces(register, (piece for piece in pieces if piece not in scales))
    yield from drawn.check(register, root, place)


def _said(element: Element, place: str) -> Iterator[Piece]:
    """All that a drawing says, its title, description and tooltips too."""
    tag = element.tag.rpartition("}")[2]
    if tag == "style":
        return
    place = f"{place.partition(' #')[0]} #{element.get('id')}" if element.get("id") else place
    for name, value in element.items():
        if name.rpartition("}")[2] not in DRAWING:
            yield Piece(value, "", "", place)
    own = next((name for name in (CELL, FIGURE) if element.get(name) is not None), "")
    if own:
        yield Piece("".join(element.itertext()), own, element.get(own, ""), place)
    elif element.text:
        yield Piece(element.text, "", "", place)
    for child in element:  # within a marked number there is only text
        yield from _said(child, place)
        if child.tail:
            yield Piece(child.tail, "", "", place)


def _even(name: str, told: list[str]) -> bool:
    """The numbers along an axis, or between the classes of a legend, are round and equally far apart: a scale, no data."""
    numbers = sorted(
        {
            Fraction(f"{found[2]}.{found[3] or 0}")
            for text in told
            for part in text.replace("≥", "").split("–")
            if (found := PERCENT.fullmatch(part.strip())) is not None
        }
    )
    if len(numbers) < 2:
        return not told or (name == "axis" and numbers == [0])
    step = numbers[1] - numbers[0]
    first = 0 if name == "axis" else numbers[0]
    return (
        all(number == first + n * step for n, number in enumerate(numbers))
        and first % step == 0
        and any(step * 10**shift in (1, 2, 5, 10, 20, 25, 50) for shift in range(4))
    )


# the paper


def _paper(
    register: Register, found: Any, name: str, place: str, tables: list[int] | None = None
) -> Iterator[Misprint]:
    tables = [] if tables is None else tables
    if isinstance(found, dict):
        if set(found) == {"text", "cell", "figure", "quiet"}:
            attribute = CELL if found["cell"] else FIGURE if found["figure"] else ""
            mark = found["cell"] or found["figure"]
            yield from _pieces(register, [Piece(found["text"], attribute, mark, place)])
            return
        place = f"{place.partition(' #')[0]} #{found['id']}" if found.get("id") else place
        for key, value in found.items():
            yield from _paper(register, value, key, place, tables)
    elif name == "date":
        if date(*found).isoformat() != register.book.reference_date:
            yield Misprint("unaccounted", place)
    elif isinstance(found, list):
        for value in found:
            yield from _paper(register, value, name, place, tables)
    elif isinstance(found, str):
        if name == "svg":
            yield from _drawing(register, found, place)
        elif name != "id":
            yield from _pieces(register, [Piece(found, "", "", place, heading=name in ("head", "name"))])
    elif name == "number" and isinstance(found, int):
        tables.append(found)
        if found != len(tables):
            yield Misprint("unaccounted", place)
    elif not isinstance(found, bool) and found is not None:
        yield Misprint("unaccounted", place)


# files


def _sealed(folder: Path) -> frozenset[str]:
    """The files that the folder's checksums cover, and these themselves; none before a publication is sealed."""
    sums = folder / SUMS
    lines = sums.read_text(encoding="utf-8", errors="replace").splitlines() if sums.is_file() else []
    return frozenset([SUMS, *(line.partition("  ")[2] for line in lines)]) if lines else frozenset()


def _wide(register: Register, path: Path, place: str) -> Iterator[Misprint]:
    """A table with a row per area: each number in it is that of the cell where it stands."""
    text = path.read_text(encoding="utf-8", errors="replace")
    try:
        head, *rows = list(csv.reader(io.StringIO(text, newline=""))) or [[]]
    except csv.Error:
        yield Misprint("unaccounted", place)
        return
    for number, row in enumerate(rows, start=2):
        told = dict(zip(head, row, strict=False))
        area = register.book.area.get(told.get("area_code", ""))
        at = f"{place}:{number}"
        known = area and (told.get("area_level"), told.get("area_name")) == (area.level, area.name)
        if not known or len(row) != len(head) or len(told) != len(head) or area is None:
            yield Misprint("unaccounted", at)
            continue
        for category in head[3:]:
            mark = "|".join(CellKey(path.stem, area.level, area.code, "", category))
            yield from _pieces(register, [Piece(told[category], CELL, mark, at)])
    if head[:3] != ["area_level", "area_code", "area_name"]:
        yield Misprint("unaccounted", f"{place}:1")


def _borders(register: Register, borders: Any) -> Iterator[Misprint]:
    """An area's borders say which area they are, and nothing else about it."""
    for number, feature in enumerate(borders.get("features", ()), start=1):
        told = dict(feature.get("properties") or {})
        if told.pop("code", None) not in register.book.area or any(numeric(str(v)) for v in told.values()):
            yield Misprint("unaccounted", f"areas.geojson: {number}")
