"""The tables of the report: published cells by area, with totals and shares where both sides are known."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from factlab.cells import Area, Category, Cell, Table
from factlab.report.contents import Column, Row, Span, TableBlock, Text, joined
from factlab.report.counts import Counts, Number
from factlab.report.words import Words

LONG = 14  # a table of more rows is folded on the page


@dataclass(frozen=True)
class Telling:
    """What every chapter works with: what is known, and how to say it."""

    counts: Counts
    words: Words

    def name(self, thing: object) -> str:
        """The name of a domain, service or category in the reader's language."""
        return str(getattr(thing, self.words.lang))

    def category(self, table: Table, category: Category) -> str:
        """A class of none is called that; every other category by its own name."""
        if table.kind == "classes" and category.code == "0":
            return self.words.word("stacking.class_0")
        return self.name(category)

    def level(self, level: str, form: str = "one") -> str:
        """What areas of a level are called; an own level by its own name."""
        known = level in ("municipality", "district", "neighbourhood")
        if known:
            return self.words.word(f"level.{level}_{form}")
        return self.words.word(f"level.other_{form}", level=level)

    def mark(self, table: str, area: str, category: str) -> Span:
        return self.words.cell(self.counts.find(table, area, category))

    def derived(self, number: Number | None) -> Span:
        if number is None:
            return Span(self.words.word("table.hidden"), quiet=True)
        return self.words.figure(number)

    def share_of(self, part: Number | None, area: str) -> Span:
        return self.words.share(self.counts.share(part, area), hidden=not self.counts.too_few(area))

    def cell_share(self, cell: Cell) -> Span:
        if cell.status == "unavailable":
            return Span("")
        return self.share_of(self.counts.known(cell), cell.key.area_code)

    def explained(self, rows: Iterable[Row], note: str = "") -> Text:
        """A table's note, with what its words and dashes mean when it has any."""
        found = {entry.text for row in rows for entry in row.entries if entry.quiet}
        told: list[Text] = [(Span(note),)] if note else []
        if self.words.word("table.hidden") in found:
            told.append(self.words.say("table.note_hidden", threshold=self.counts.threshold))
        if "–" in found:
            told.append(self.words.say("table.note_dash"))
        return joined(" ", told)

    def source(self) -> Text:
        return self.words.say("table.source", organisations=self.delivered())

    def delivered(self) -> Number:
        there = sum(organisation.delivered for organisation in self.counts.book.organisations)
        return Number(there, "organisations that delivered")

    def one(self, table: Table, category: Category) -> Span:
        """The name of a category, in a text."""
        return _name(self.category(table, category), f"category|{table.name}|{category.code}")


def area_name(area: Area) -> Span:
    """The name of an area, in a text."""
    return _name(area.name, f"area|{area.code}")


def _name(name: str, of: str) -> Span:
    """A name that is a mere number, say of a class or of a postcode's area, says that it is a name."""
    mere = any(map(str.isdigit, name)) and not any(map(str.isalpha, name))
    return Span(name, figure=f"name: {of}" if mere else "")


Extra = tuple[str, Callable[[str], Span]]  # the heading of a column, and what it holds for an area


def by_area(
    telling: Telling,
    ident: str,
    tables: Sequence[str],
    caption: str,
    *,
    extra: Sequence[Extra] = (),
    lowest: str = "",
    categories: Callable[[Table], Sequence[str]] | None = None,
    rename: Mapping[str, str] = MappingProxyType({}),
    note: str = "",
) -> TableBlock:
    """The categories of `tables` as columns and the areas as rows: down to `lowest`, else one level, the total last."""
    book = telling.counts.book
    shown = [
        (table, category)
        for table in map(book.table, tables)
        for category in table.categories
        if category.available and (categories is None or category.code in categories(table))
    ]
    columns = [
        Column(rename.get(category.code) or telling.category(table, category)) for table, category in shown
    ]
    columns.append(Column(telling.words.word("table.households")))
    columns += [Column(name) for name, _ in extra]
    rows = []
    levels = _levels(book.table(tables[0]), lowest)
    for area, weight in _order(telling, levels):
        entries = [telling.mark(table.name, area.code, category.code) for table, category in shown]
        entries.append(telling.mark("households", area.code, "all"))
        entries += [value(area.code) for _, value in extra]
        rows.append(Row(area.name, tuple(entries), weight))
    head = telling.level(levels[0] if levels else "municipality")
    if len(levels) > 1:
        head = telling.words.word("table.within", outer=head, inner=telling.level(levels[-1]).lower())
    told = telling.explained(rows, note)
    return TableBlock(ident, caption, head, tuple(columns), tuple(rows), told, folded=len(rows) > LONG)


def _levels(table: Table, lowest: str) -> tuple[str, ...]:
    below = table.levels[1:]
    if not lowest:
        return below[:1]
    return below[: below.index(lowest) + 1]


def _order(
    telling: Telling, levels: Sequence[str]
) -> Iterator[tuple[Area, Literal["plain", "total", "inner"]]]:
    """The areas of the first level, each followed by what lies in it on the last, and the municipality at the end."""
    book = telling.counts.book
    for area in book.at(levels[0]) if levels else ():
        yield area, "total" if len(levels) > 1 else "plain"
        if len(levels) > 1:
            for inner in book.at(levels[-1]):
                if _lies_in(telling, inner, area):
                    yield inner, "inner"
    yield book.municipality, "total"


def _lies_in(telling: Telling, area: Area, outer: Area) -> bool:
    parent = area.parent
    while parent:
        if parent == outer.code:
            return True
        parent = telling.counts.book.area[parent].parent
    return False
