"""What a page really shows: every marked cell on it, held against the publication it was made from."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser

from factlab.attack.judgement import Finding, Kind
from factlab.cells import CellKey, Publication

MARK = "data-cell"
HIDDEN = frozenset({"geheim", "secret"})
NOT_DELIVERED = frozenset({"niet geleverd", "not delivered"})
# 1234, 1.234, 1,234 or 1 234; the last with any of the spaces that typesetters use
NUMBER = re.compile(r"\d+|\d{1,3}(?:[.,\s\u00a0\u2009\u202f]\d{3})+")
VOID = frozenset(
    ("area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr")
)
UNSEEN = frozenset({"script", "style"})


class _Marked(HTMLParser):
    """Collects the text of every element that carries `data-cell`, and what its other attributes say."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[tuple[str, list[str], list[str]]] = []  # name, pieces of text, attributes
        self._open: list[tuple[str, int | None]] = []  # tag, and which of the found it is

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = dict(attrs)
        inside = [n for _, n in self._open if n is not None]
        said = [
            value for name, value in attrs if value and name in ("title", "aria-label", "alt", "data-value")
        ]
        for n in inside:
            self.found[n][2].extend(said)
        mark = told.get(MARK)
        number = None
        if mark is not None:
            number = len(self.found)
            self.found.append((mark, [], said))
        if tag not in VOID:
            self._open.append((tag, number))

    def handle_endtag(self, tag: str) -> None:
        for place in range(len(self._open) - 1, -1, -1):
            if self._open[place][0] == tag:
                del self._open[place:]
                return

    def handle_data(self, data: str) -> None:
        if any(tag in UNSEEN for tag, _ in self._open):
            return
        for _, number in self._open:
            if number is not None:
                self.found[number][1].append(data)


def _key(mark: str) -> CellKey | None:
    parts = mark.split("|")
    return CellKey(*parts) if len(parts) == len(CellKey._fields) else None


def _number(text: str) -> int | None:
    return int(re.sub(r"\D", "", text)) if NUMBER.fullmatch(text) else None


def check_page(publication: Publication, html: str) -> tuple[Finding, ...]:
    """Everything on the page that isn't what the publication holds: another number, or one where none should be.

    A cell is marked as `data-cell="table|area_level|area_code|group|category"`; its text is a whole number or the
    word for hidden or not delivered, in Dutch or English, and no tooltip or label beside it tells otherwise.
    """
    page = _Marked()
    page.feed(html)
    page.close()
    known = frozenset(publication.codebook.keys)
    found: dict[Finding, None] = {}
    for mark, pieces, said in page.found:
        key = _key(mark)
        if key is None or key not in known:
            at = key if key is not None else CellKey(mark, "", "", "", "")
            found[Finding("not in the codebook", (at,))] = None
            continue
        for kind in _faults(publication, key, " ".join("".join(pieces).split()), said):
            found[Finding(kind, (key,))] = None
    return tuple(found)


def _faults(publication: Publication, key: CellKey, text: str, said: list[str]) -> Iterator[Kind]:
    cell = publication.cell.get(key)
    status = "suppressed" if cell is None else cell.status
    digits = any(character.isdigit() for character in "".join([text, *said]))
    if status == "suppressed":
        if digits:
            yield "printed though hidden"
        elif text.lower() not in HIDDEN:
            yield "printed differently"
    elif status == "unavailable":
        if digits:
            yield "printed though not delivered"
        elif text.lower() not in NOT_DELIVERED:
            yield "printed differently"
    elif text.lower() in HIDDEN | NOT_DELIVERED:
        yield "hidden though published"
    elif cell is not None and _number(text) != cell.households:
        yield "printed differently"
