"""Where the headers of an extract stand: under titles, in one row or in two."""

from __future__ import annotations

import re

from factlab.errors import ExtractError
from factlab.source import headers

HEAD = 40  # rows in which the headers are looked for
_VALUE = re.compile(r"\s*(?:\d[\d\s.,:/-]*|[1-9]\d{3}\s?[A-Za-z]{2}|\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}.*)\s*")


def find_headers(head: list[list[str]], file: str) -> int:
    """The number (from 1) of the row with the headers. Raises ExtractError when there is none."""
    best, most = 0, 0
    for number, cells in enumerate(head, start=1):
        told = [cell for cell in cells if cell.strip()]
        known = {found[0][1] for cell in told if len(cell) <= 60 and (found := headers.fields(cell))}
        enough = len(known) >= 2 or (len(known) == 1 and len(told) <= 2 and not best)
        if enough and len(known) > most and not any(map(_VALUE.fullmatch, told)):
            best, most = number, len(known)
    if best:
        return best
    width = max((sum(bool(cell.strip()) for cell in cells) for cells in head), default=0)
    for number, cells in enumerate(head, start=1):
        told = [cell for cell in cells if cell.strip()]
        if told and len(told) * 2 > width:
            if any(map(_VALUE.fullmatch, told)):
                break
            return number
    raise ExtractError("source.no_header", file=file)


def name_columns(cells: list[str]) -> list[str]:
    """The headers, each once; a column without one is named by its place."""
    names: list[str] = []
    for place, cell in enumerate(cells, start=1):
        name = " ".join(cell.split()) or f"({place})"
        twice = sum(other == name or other.startswith(f"{name} (") for other in names)
        while name in names or name == "row":
            twice += 1
            name = f"{' '.join(cell.split())} ({twice})"
        names.append(name)
    return names


def join_headers(upper: list[str], lower: list[str]) -> list[str] | None:
    """The headers that two rows make together, where titles stand over groups of columns; None when they don't.

    A title holds until the next one. It is only put before a name that says nothing by itself or that stands there
    twice: under "Cliënt" and under "Contactpersoon".
    """
    width = max(len(upper), len(lower))
    upper, lower = (
        [" ".join(cell.split()) for cell in cells] + [""] * (width - len(cells)) for cells in (upper, lower)
    )
    told = [cell for cell in (*upper, *lower) if cell]
    if sum(map(bool, upper)) < 2 or any(_VALUE.fullmatch(cell) or len(cell) > 60 for cell in told):
        return None
    names = [headers.key(cell) for cell in lower if cell]
    alone = [bool(headers.fields(cell)) and names.count(headers.key(cell)) == 1 for cell in lower]
    under = [not over and bool(cell) for over, cell in zip(upper, lower, strict=True)]
    gaps = any(over and not cell for over, cell in zip(upper, lower, strict=True))
    if not any(under) or not (gaps or len(set(names)) < len(names)):
        return None
    if not any(headers.fields(cell) for cell in lower if cell):
        return None
    joined, title = [], ""
    for over, cell, known in zip(upper, lower, alone, strict=True):
        title = over or title
        joined.append((cell if known else f"{title} {cell}".strip()) if cell else over)
    return joined


def header(head: list[list[str]], header_row: int | None, file: str) -> tuple[int, list[str]]:
    """(number of the lowest row with headers, the headers), found or where the mapping says; two rows may make them."""
    number = header_row
    if number is None:
        number = find_headers(head[:HEAD], file)
        if number < len(head) and join_headers(head[number - 1], head[number]):
            number += 1
    elif not 1 <= number <= len(head) or not any(cell.strip() for cell in head[number - 1]):
        raise ExtractError("source.no_header_there", file=file, row=number)
    above = join_headers(head[number - 2], head[number - 1]) if number > 1 else None
    return number, above or head[number - 1]
