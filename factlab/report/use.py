"""Which services are used and which organisations come by; who delivered, and what was not found in the register."""

from __future__ import annotations

from collections.abc import Sequence

from factlab.cells import Category, Cell
from factlab.report import charts
from factlab.report.contents import Column, Figure, Finding, Row, Section, Span, TableBlock, Text, joined
from factlab.report.counts import LEAST_FOR_A_SHARE, Number, Share
from factlab.report.drawing import BLUE
from factlab.report.tabulation import LONG, Telling

MOST_BARS = 30
MOST_AREAS = 8  # as columns of a table on paper


def chapter(telling: Telling) -> Section:
    words = telling.words
    findings = [_services(telling)]
    if table := _by_area(telling, "service", "table-service-area"):
        findings.append(
            Finding(
                "service-by-area",
                words.say("use.heading_area", by=telling.level(telling.counts.level("service"), "by")),
                table=table,
            )
        )
    findings.append(_organisations(telling))
    if table := _by_area(telling, "organisation", "table-organisation-area"):
        findings.append(
            Finding(
                "organisation-by-area",
                words.say(
                    "use.heading_organisation_area",
                    by=telling.level(telling.counts.level("organisation"), "by"),
                ),
                table=table,
            )
        )
    return Section("use", words.word("use.title"), findings=tuple(findings))


def _ordered(telling: Telling, table: str) -> list[tuple[Category, Cell]]:
    """The available categories from most to least used; hidden ones last, in the order of the codebook."""
    counts = telling.counts
    pairs = [(c, counts.cell(table, c.code)) for c in counts.book.table(table).categories if c.available]
    return sorted(
        pairs, key=lambda pair: -1 if pair[1].households is None else pair[1].households, reverse=True
    )


def _services(telling: Telling) -> Finding:
    counts, words = telling.counts, telling.words
    pairs = _ordered(telling, "service")
    heading = _most_used(telling, pairs)
    domain_of = {service.code: service.domain for service in counts.book.services}
    colour_of = {d.code: charts.DOMAIN_COLOURS[n % 6] for n, d in enumerate(counts.book.domains)}
    name_of = {domain.code: telling.name(domain) for domain in counts.book.domains}
    legend = [
        (name_of[code], colour_of[code])
        for code in name_of
        if any(domain_of[category.code] == code for category, _ in pairs)
    ]
    figure = _bars(
        telling,
        "figure-service",
        heading,
        [(telling.name(category), cell, colour_of[domain_of[category.code]]) for category, cell in pairs],
        legend,
    )
    notes = [telling.source()]
    if len(pairs) > MOST_BARS:
        notes.append(words.say("use.most"))
    absent = [telling.name(c) for c in counts.book.table("service").categories if not c.available]
    rows = tuple(
        Row(
            telling.name(category),
            (Span(name_of[domain_of[category.code]]), words.cell(cell), telling.cell_share(cell)),
        )
        for category, cell in pairs
    )
    table = TableBlock(
        "table-service",
        words.word("use.caption"),
        words.word("use.head"),
        (
            Column(words.word("use.domain"), "words"),
            Column(words.word("table.households")),
            Column(words.word("table.share")),
        ),
        rows,
        telling.explained(rows, words.word("use.absent", names="; ".join(absent)) if absent else ""),
        folded=len(pairs) > LONG,
    )
    return Finding("service", heading, words.word("use.subtitle"), figure, tuple(notes), table)


def _most_used(telling: Telling, pairs: Sequence[tuple[Category, Cell]]) -> Text:
    words = telling.words
    first = [cell.households for _, cell in pairs[:2]]
    all_known = all(cell.households is not None for _, cell in pairs)
    if first and first[0] and all_known and (len(first) < 2 or first[0] != first[1]):
        category, cell = pairs[0]
        return words.say("use.heading", service=telling.name(category), households=words.cell(cell))
    return words.say("use.heading_plain")


def _bars(
    telling: Telling,
    ident: str,
    title: Text,
    rows: Sequence[tuple[str, Cell, str]],
    legend: Sequence[tuple[str, str]] = (),
) -> Figure | None:
    shown = [
        charts.Bar((Span(name),), telling.counts.known(cell), (telling.words.cell(cell),), colour)
        for name, cell, colour in rows[:MOST_BARS]
    ]
    if all(bar.length is None for bar in shown):
        return None
    alt = joined("; ", ((*bar.label, Span(": "), *bar.told) for bar in shown))
    return Figure(ident, charts.bars(ident, title, alt, shown, legend if len(legend) > 1 else ()), alt)


def _organisations(telling: Telling) -> Finding:
    words = telling.words
    pairs = _ordered(telling, "organisation")
    heading = words.say("use.heading_organisations")
    figure = _bars(
        telling,
        "figure-organisation",
        heading,
        [(telling.name(category), cell, BLUE) for category, cell in pairs],
    )
    rows = tuple(Row(telling.name(c), (words.cell(cell), telling.cell_share(cell))) for c, cell in pairs)
    table = TableBlock(
        "table-organisation",
        words.word("use.caption_organisations"),
        words.word("use.head_organisation"),
        (Column(words.word("table.households")), Column(words.word("table.share"))),
        rows,
        telling.explained(rows),
        folded=len(rows) > LONG,
    )
    return Finding("organisation", heading, words.word("use.subtitle_organisations"), figure, (), table)


def _by_area(telling: Telling, name: str, ident: str) -> TableBlock | None:
    """The categories as rows and the areas as columns, where these fit on paper."""
    counts, words = telling.counts, telling.words
    areas = counts.areas(name)
    if not 0 < len(areas) <= MOST_AREAS:
        return None
    rows = [
        Row(
            telling.name(category),
            tuple(telling.mark(name, area.code, category.code) for area in areas),
        )
        for category, _ in _ordered(telling, name)
    ]
    if not rows:
        return None
    by = telling.level(counts.level(name), "by")
    return TableBlock(
        ident,
        words.word(f"use.caption_{name}_area", by=by),
        words.word("use.head" if name == "service" else "use.head_organisation"),
        tuple(Column(area.name) for area in areas),
        tuple(rows),
        telling.explained(rows),
        folded=len(rows) > LONG,
    )


def chapter_deliveries(telling: Telling) -> Section:
    counts, words = telling.counts, telling.words
    organisations = counts.book.organisations
    missing = [o.name for o in organisations if not o.delivered]
    text = [
        words.say(
            "deliveries.text",
            delivered=telling.delivered(),
            asked=Number(len(organisations), "organisations"),
        )
    ]
    if missing:
        key = "deliveries.missing_one" if len(missing) == 1 else "deliveries.missing_many"
        text.append(words.say(key, names=words.both(missing)))
    text.append(words.say("deliveries.unmatched"))
    rows = []
    for organisation in organisations:
        found = counts.cell("organisation", organisation.id)
        lost = counts.cell("unmatched", organisation.id)
        rows.append(
            Row(
                organisation.name,
                (
                    Span(words.word("deliveries.yes" if organisation.delivered else "deliveries.no")),
                    words.cell(found),
                    words.cell(lost),
                    _rate(telling, found, lost),
                ),
            )
        )
    table = TableBlock(
        "table-deliveries",
        words.word("deliveries.caption"),
        words.word("use.head_organisation"),
        (
            Column(words.word("deliveries.delivered"), "words"),
            Column(words.word("deliveries.found")),
            Column(words.word("deliveries.not_found")),
            Column(words.word("deliveries.rate")),
        ),
        tuple(rows),
        words.say("deliveries.note"),
        folded=len(rows) > LONG,
    )
    return Section(
        "deliveries",
        words.word("deliveries.title"),
        tuple(text),
        findings=(Finding("deliveries-table", words.say("deliveries.heading"), table=table),),
    )


def _rate(telling: Telling, found: Cell, lost: Cell) -> Span:
    """How many of an organisation's addresses are a household of the register."""
    if found.status == "unavailable":
        return Span("–", quiet=True)
    there, absent = telling.counts.known(found), telling.counts.known(lost)
    if there is None or absent is None:
        return telling.words.share(None)
    whole = Number(there + absent, f"{there.of} + {absent.of}")
    return telling.words.share(Share(there, whole) if whole >= LEAST_FOR_A_SHARE else None, hidden=False)
