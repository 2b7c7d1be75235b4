"""Informal help as organisations counted it themselves: not linked, and apart from all that is about households."""

from __future__ import annotations

from factlab.cells import Table
from factlab.report.contents import Column, Finding, Row, Section, Span, TableBlock, Text
from factlab.report.tabulation import LONG, Telling

MOST_AREAS = 7  # as columns of a table on paper, beside the unit and the whole


def chapter(telling: Telling) -> tuple[Section, ...]:
    """The chapter, where anybody was asked for such counts."""
    words, book = telling.words, telling.counts.book
    table = next((table for table in book.tables if table.kind == "reported"), None)
    if table is None:
        return ()
    block = _by_area(telling, table)
    finding = Finding("reported-table", words.say("reported.heading", by=_by(telling, table)), table=block)
    return (Section("reported", words.word("reported.title"), _text(telling), findings=(finding,)),)


def _by(telling: Telling, table: Table) -> str:
    return telling.level(telling.counts.level(table.name) or table.levels[0], "by")


def _text(telling: Telling) -> tuple[Text, ...]:
    words, book = telling.words, telling.counts.book
    there = [f"{r.name} ({words.word(f'reported.{r.unit}')})" for r in book.reporters if r.delivered]
    missing = [reporter.name for reporter in book.reporters if not reporter.delivered]
    text = [words.say("reported.text")]
    if there:
        text.append(words.say("reported.by", names=words.both(there)))
    if missing:
        text.append(words.say("reported.missing", names=words.both(missing)))
    return tuple(text)


def _by_area(telling: Telling, table: Table) -> TableBlock:
    """Services as rows with their unit, the whole and the areas; where the areas don't fit on paper, they are the rows."""
    words, book = telling.words, telling.counts.book
    unit = {code: words.word(f"reported.{r.unit}") for r in book.reporters for code in r.services}
    areas = telling.counts.areas(table.name)
    whole = book.municipality
    if len(areas) <= MOST_AREAS:
        head = words.word("use.head")
        columns = [Column(words.word("reported.unit"), "words"), Column(whole.name)]
        columns += [Column(area.name) for area in areas]
        rows = [
            Row(
                telling.name(service),
                (
                    Span(unit[service.code]),
                    *(telling.mark(table.name, area.code, service.code) for area in (whole, *areas)),
                ),
            )
            for service in table.categories
        ]
    else:
        head = telling.level(telling.counts.level(table.name))
        columns = [Column(f"{telling.name(one)} ({unit[one.code]})") for one in table.categories]
        rows = [
            Row(
                area.name,
                tuple(telling.mark(table.name, area.code, one.code) for one in table.categories),
                "total" if area is whole else "plain",
            )
            for area in (*areas, whole)
        ]
    return TableBlock(
        "table-reported",
        words.word("reported.caption", by=_by(telling, table)),
        head,
        tuple(columns),
        tuple(rows),
        words.say("reported.note", threshold=telling.counts.threshold),
        folded=len(rows) > LONG,
    )
