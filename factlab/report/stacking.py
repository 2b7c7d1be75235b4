"""Who manages without, and how services and organisations stack per household."""

from __future__ import annotations

from factlab.cells import Area
from factlab.report import charts
from factlab.report.contents import Figure, Finding, Section, Span, TableBlock, Text, joined
from factlab.report.counts import Share, ranked
from factlab.report.drawing import BLUE, NAVY
from factlab.report.opening import contrast, said
from factlab.report.tabulation import Telling, area_name, by_area


def chapter_without(telling: Telling) -> Section:
    counts, words = telling.counts, telling.words
    found = contrast(
        telling, "services", lambda area: counts.share(counts.number("services", area, "0"), area)
    )
    share = counts.share(counts.number("services", counts.here, "0"), counts.here)
    if found:
        heading = words.say("without.heading", **found)
    elif share is not None:
        heading = said(telling, "title_without", share)
    else:
        heading = words.say("without.heading_plain")
    table = by_area(
        telling,
        "table-without",
        ["services"],
        words.word("without.caption"),
        categories=lambda _: ("0",),
        rename={"0": words.word("without.number")},
        extra=[
            (
                words.word("without.share"),
                lambda area: telling.share_of(counts.number("services", area, "0"), area),
            )
        ],
    )
    finding = Finding(
        "without-by-area",
        heading,
        words.word("without.subtitle", by=by_level(telling, "services")),
        _without_bars(telling, heading),
        (words.say("without.note"), *crowded(telling, "services")),
        table,
    )
    return Section("without", words.word("without.title"), findings=(finding,))


def by_level(telling: Telling, table: str) -> str:
    """The level that a drawing compares: per district."""
    return telling.level(telling.counts.level(table) or "municipality", "by")


def _without_bars(telling: Telling, heading: Text) -> Figure | None:
    counts = telling.counts
    shares = ranked(
        (area, counts.share(counts.number("services", area.code, "0"), area.code))
        for area in counts.areas("services")
    )
    return share_bars(telling, "figure-without", heading, shares_with_whole(telling, shares, "services", "0"))


Shares = list[tuple[Area, Share | None]]


def shares_with_whole(telling: Telling, shares: Shares, table: str, category: str) -> Shares:
    counts = telling.counts
    whole = counts.share(counts.number(table, counts.here, category), counts.here)
    return [*shares, (counts.book.municipality, whole)]


def crowded(telling: Telling, table: str) -> tuple[Text, ...]:
    """That a drawing has room for the first areas only, when there are more."""
    if len(telling.counts.areas(table)) <= charts.MOST_ROWS:
        return ()
    return (telling.words.say("table.crowded"),)


def share_bars(telling: Telling, ident: str, title: Text, shares: Shares) -> Figure | None:
    """A bar per area and one for the municipality; none when not a single share is known."""
    words, counts = telling.words, telling.counts
    if all(share is None for _, share in shares):
        return None
    rows = []
    *below, whole = shares
    for area, share in (*below[: charts.MOST_ROWS], whole):
        told = words.share(share)
        if share is None and counts.too_few(area.code):
            told = Span(words.word("table.too_few"))
        strong = area.code == counts.here
        rows.append(charts.Bar((area_name(area),), share, (told,), NAVY if strong else BLUE, strong))
    alt = joined("; ", ((*row.label, Span(" "), *row.told) for row in rows))
    return Figure(ident, charts.bars(ident, title, alt, rows), alt)


def chapter_services(telling: Telling) -> Section:
    counts, words = telling.counts, telling.words
    three = counts.at_least("services", counts.here, 3)
    heading = (
        words.say("stacking.heading_three", number=three) if three else words.say("stacking.heading_plain")
    )
    figure = _class_bars(telling, "services", heading)
    findings = [
        Finding(
            "stacking-classes",
            heading,
            words.word("stacking.subtitle_classes", place=counts.book.municipality.name),
            figure,
            _none_note(telling) if figure else (words.say("table.no_figure"),),
            None if counts.areas("services") else stack_table(telling, "services"),
        )
    ]
    if counts.areas("services"):
        findings.append(_compared(telling, "services"))
    return Section("stacking", words.word("stacking.title"), findings=tuple(findings))


def _none_note(telling: Telling) -> tuple[Text, ...]:
    cell = telling.counts.cell("services", "0")
    if cell.households is None:
        return ()
    return (telling.words.say("stacking.note_none", none=telling.words.cell(cell)),)


def _class_bars(telling: Telling, name: str, title: Text) -> Figure | None:
    """The classes from 1 up, for the whole municipality."""
    counts, words = telling.counts, telling.words
    rows = []
    table = counts.book.table(name)
    for category in table.categories[1:]:
        number = counts.number(name, counts.here, category.code)
        share = counts.share(number, counts.here)
        told: Text = (telling.derived(number),)
        if share is not None:
            told = (*told, Span(" ("), words.share(share), Span(")"))
        unit = words.word(f"stacking.{name}_{'one' if category.code == '1' else 'many'}")
        least = int(category.code.rstrip("+"))
        colour = charts.STACK_COLOURS[min(least, 3)]
        label = (telling.one(table, category), Span(f" {unit}"))
        rows.append(charts.Bar(label, number, told, colour))
    if all(row.length is None for row in rows):
        return None
    alt = joined("; ", ((*row.label, Span(": "), *row.told) for row in rows))
    return Figure(f"figure-{name}-classes", charts.bars(f"figure-{name}-classes", title, alt, rows), alt)


def chapter_organisations(telling: Telling) -> Section:
    counts, words = telling.counts, telling.words
    share = counts.stacked("organisations", counts.here, 2)
    text: tuple[Text, ...] = ()
    if share is not None:
        text = ((*said(telling, "organisations", share), *words.say("table.stop")),)
    if counts.areas("organisations"):
        finding = _compared(telling, "organisations")
    else:
        heading = words.say("organisations.heading_plain")
        figure = _class_bars(telling, "organisations", heading)
        finding = Finding(
            "organisations-classes", heading, "", figure, (), stack_table(telling, "organisations")
        )
    return Section("organisations", words.word("organisations.title"), text, findings=(finding,))


def _compared(telling: Telling, name: str) -> Finding:
    counts, words = telling.counts, telling.words
    found = contrast(telling, name, lambda area: counts.stacked(name, area, 2))
    heading = words.say(f"{name}.heading_contrast", **found) if found else words.say(f"{name}.heading_plain")
    notes: list[Text] = [telling.source(), *crowded(telling, name)]
    figure, hatched = _stacks(telling, name, heading)
    if figure is None:
        notes.append(words.say("table.no_figure"))
    elif hatched:
        notes.append(words.say("table.hatched"))
    return Finding(
        f"{name}-by-area",
        heading,
        words.word(f"{name}.subtitle", by=by_level(telling, name)),
        figure,
        tuple(notes),
        stack_table(telling, name),
    )


def _stacks(telling: Telling, name: str, title: Text) -> tuple[Figure | None, bool]:
    """Per area how many households are in each class, the classes from 3 up together, from who stacks most; and
    whether anything in the drawing is hatched."""
    counts, words = telling.counts, telling.words
    ident = f"figure-{name}-by-area"
    order = ranked((area, counts.stacked(name, area.code, 2)) for area in counts.areas(name))[
        : charts.MOST_ROWS
    ]
    rows = [_stack(telling, name, area) for area, _ in order]
    rows.append(_stack(telling, name, counts.book.municipality))
    if all(row.told for row in rows):
        return None, False
    table = counts.book.table(name)
    names = [
        *(telling.one(table, category) for category in table.categories[:3]),
        Span(words.word("stacking.class_3")),
    ]
    alt = joined("; ", (_stack_alt(telling, row, names) for row in rows))
    svg = charts.stacks(ident, title, alt, rows, names, words.word("table.hidden"))
    return Figure(ident, svg, alt), any(charts.remainder(row.parts) for row in rows)


def _stack(telling: Telling, name: str, area: Area) -> charts.Stack:
    counts, words, label = telling.counts, telling.words, area_name(area)
    if counts.too_few(area.code):
        return charts.Stack(label, (), words.word("table.too_few"))
    parts = (
        *(counts.share(counts.number(name, area.code, code), area.code) for code in ("0", "1", "2")),
        counts.stacked(name, area.code, 3),
    )
    known = [part for part in parts if part is not None]
    lost = len(parts) - len(known)
    # One hidden part would be drawn at its own size. Disclosure control never leaves one; nothing is drawn if it did.
    # Nor are several that are too few together.
    rest = known[0].whole - sum(part.part for part in known) if known else 0
    if not known or lost == 1 or (lost and (rest < 0 or 0 < rest < counts.threshold)):
        return charts.Stack(label, (), words.word("table.hidden"))
    return charts.Stack(label, parts)


def _stack_alt(telling: Telling, row: charts.Stack, names: list[Span]) -> Text:
    if row.told:
        return (row.label, Span(f": {row.told}"))
    told = ((name, Span(" "), telling.words.share(part)) for name, part in zip(names, row.parts, strict=True))
    return (row.label, Span(": "), *joined(", ", told))


def stack_table(telling: Telling, name: str, lowest: str = "", ident: str = "") -> TableBlock:
    counts, words = telling.counts, telling.words
    return by_area(
        telling,
        ident or f"table-{name}",
        [name],
        words.word(f"{name}.caption"),
        lowest=lowest,
        extra=[
            (
                words.word("table.two_share"),
                lambda area: telling.words.share(
                    counts.stacked(name, area, 2), hidden=not counts.too_few(area)
                ),
            )
        ],
    )
