"""What a report says, before it is a page or a paper: one model for both, so that the two can't drift."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True)
class Span:
    """A piece of text. `cell` names the published cell that it prints, as `table|level|area|group|category`; `figure`
    says what any other number is made of (see docs/disclosure.md), so that whoever attacks the report can check it."""

    text: str
    cell: str = ""
    quiet: bool = False  # a word where a number would stand: geheim, niet geleverd
    figure: str = ""


Text = tuple[Span, ...]


@dataclass(frozen=True)
class KeyFigure:
    value: Span
    label: str


@dataclass(frozen=True)
class Figure:
    """A drawing as SVG with its own ids, and what it shows in words for whoever can't see it."""

    id: str
    svg: str
    alt: Text


@dataclass(frozen=True)
class Column:
    name: str
    kind: Literal["number", "words"] = "number"


@dataclass(frozen=True)
class Row:
    head: str
    entries: tuple[Span, ...]
    level: Literal["plain", "total", "inner"] = "plain"  # a total stands out, an inner area is indented


@dataclass(frozen=True)
class TableBlock:
    id: str
    caption: str
    head: str  # the heading of the first column
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    note: Text = ()
    folded: bool = False  # long: closed on the page until someone opens it
    number: int = 0  # in the order of the report, given when it is put together


@dataclass(frozen=True)
class Finding:
    """What a figure or a table shows, as a sentence, and then the figure and the table."""

    id: str
    heading: Text
    subtitle: str = ""
    figure: Figure | None = None
    notes: tuple[Text, ...] = ()
    table: TableBlock | None = None


@dataclass(frozen=True)
class Section:
    id: str
    title: str
    text: tuple[Text, ...] = ()
    points: tuple[Text, ...] = ()
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True)
class Report:
    lang: str
    name: str  # of the monitor: the document's title in the browser and in the PDF
    kicker: str
    title: Text
    lead: Text
    key_figures: tuple[KeyFigure, ...]
    brief_title: str
    brief: tuple[Text, ...]
    sections: tuple[Section, ...]
    footer: str
    date: tuple[int, int, int]  # the reference date: the only date that the files carry
    labels: dict[str, str] = field(default_factory=dict)  # of the page itself: skip link, contents, page


def plain(text: Text) -> str:
    return "".join(span.text for span in text)


def joined(between: str, texts: Iterable[Text]) -> Text:
    """Texts in a row, with `between` between them."""
    spans: list[Span] = []
    for text in texts:
        spans += [Span(between), *text] if spans else text
    return tuple(spans)
