"""All that a page says to whoever sees or hears it: its text, the attributes that are read out, its comments."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import NamedTuple

from factlab.attack.register import Misprint

CELL, FIGURE, DRAWN = "data-cell", "data-figure", "data-drawn"
# Attributes that no one reads, hears or sees as a length. Any other that holds a number is held against the register.
STRUCTURE = frozenset(
    f"aria-labelledby charset class href http-equiv id lang name rel role scope tabindex {CELL} {FIGURE}".split()
)
DRAWING = STRUCTURE | frozenset(
    f"clip-path d height style transform version viewBox width x y {DRAWN}".split()
)
VIEWPORT = "width=device-width, initial-scale=1"
VOID = frozenset(
    ["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"]
)
# What could show a number that can't be read here.
OPAQUE = frozenset(
    ["applet", "audio", "canvas", "embed", "frame", "iframe", "img", "math", "object", "picture", "script", "svg",
     "video"]
)  # fmt: skip
SVG = re.compile(r"<svg\b.*?</svg\s*>", re.DOTALL | re.IGNORECASE)
PRINTED_BY_STYLE = re.compile(r"(?<![-\w])content\s*:[^;}]*(?:\d|counter|attr)")


class Piece(NamedTuple):
    """Text as a reader meets it, and what it is marked as."""

    text: str
    attribute: str  # data-cell, data-figure or nothing
    mark: str
    place: str
    heading: bool = False  # of a row or a column


class Page(HTMLParser):
    """Collects all that a page says: its text by what it is marked as, its attributes, its comments."""

    def __init__(self, place: str) -> None:
        super().__init__(convert_charrefs=True)
        self.file = place
        self.pieces: list[Piece] = []
        self.opaque: list[Misprint] = []
        self.tables = 0
        self._open: list[tuple[str, str, int | None]] = []  # tag, id, and which of the pieces it is

    @property
    def _place(self) -> str:
        named = next((f" #{ident}" for _, ident, _ in reversed(self._open) if ident), "")
        return self.file + (named or (f" <{self._open[-1][0]}>" if self._open else ""))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = {name: value or "" for name, value in attrs}
        self.tables += tag == "table"
        marked = next((name for name in (CELL, FIGURE) if name in told), "")
        self._open.append((tag, told.get("id", ""), len(self.pieces) if marked else None))
        if marked:
            self.pieces.append(Piece("", marked, told[marked], self._place))
        self.pieces += [
            Piece(value, "", "", self._place)
            for name, value in told.items()
            if name not in STRUCTURE and value != VIEWPORT
        ]
        if tag in OPAQUE or "src" in told:
            self.opaque.append(Misprint("unaccounted", self._place))
        if tag in VOID:
            self._open.pop()

    def handle_endtag(self, tag: str) -> None:
        for at in range(len(self._open) - 1, -1, -1):
            if self._open[at][0] == tag:
                del self._open[at:]
                return

    def handle_data(self, data: str) -> None:
        tag = self._open[-1][0] if self._open else ""
        if tag == "style":
            if PRINTED_BY_STYLE.search(data):
                self.opaque.append(Misprint("unaccounted", self._place))
            return
        at = next((n for _, _, n in reversed(self._open) if n is not None), None)
        if at is None:
            self.pieces.append(Piece(data, "", "", self._place, heading=tag == "th"))
        else:
            piece = self.pieces[at]
            self.pieces[at] = piece._replace(text=piece.text + data)

    def handle_comment(self, data: str) -> None:
        self.pieces.append(Piece(data, "", "", self._place))

    def unknown_decl(self, data: str) -> None:
        self.handle_comment(data)

    def handle_pi(self, data: str) -> None:
        self.handle_comment(data)
