"""Where services stack: the map, and how far the areas lie apart on each indicator (*de waaier*)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

from factlab.cells import Area
from factlab.report import charts, maps
from factlab.report.contents import Column, Figure, Finding, Row, Section, Span, TableBlock, Text, joined
from factlab.report.counts import Share, ranked
from factlab.report.opening import contrast, said
from factlab.report.stacking import crowded, share_bars, shares_with_whole, stack_table
from factlab.report.tabulation import LONG, Telling, area_name, by_area
from factlab.report.words import Field


@dataclass(frozen=True)
class Indicator:
    """A share of the households of an area; `table` decides for which areas it can be known."""

    label: str
    table: str
    of: Callable[[str], Share | None]


def chapter(telling: Telling) -> Section:
    words = telling.words
    findings = [_map(telling)]
    waaier = _waaier(telling)
    if waaier:
        findings.append(waaier)
    return Section("where", words.word("where.title"), findings=tuple(findings))


def _map(telling: Telling) -> Finding:
    counts, words = telling.counts, telling.words
    lowest = counts.lowest("services")
    found = _extremes(telling, lowest)
    if found:
        whole = all(counts.stacked("services", area.code, 2) is not None for area in counts.book.at(lowest))
        heading = words.say("where.heading_highest" if whole else "where.heading_highest_known", **found)
    else:
        heading = words.say("where.heading_plain")
    figure = _draw_map(telling, lowest, heading)
    notes = (words.say("where.note_map"),) if figure else (words.say("where.no_map"),)
    return Finding(
        "map",
        heading,
        words.word("where.subtitle"),
        figure,
        notes,
        stack_table(telling, "services", lowest, "table-where"),
    )


def _extremes(telling: Telling, level: str) -> dict[str, Field] | None:
    counts, words = telling.counts, telling.words
    shares = ranked((area, counts.stacked("services", area.code, 2)) for area in counts.book.at(level))
    known = [(area_name(area), words.share(share)) for area, share in shares if share is not None]
    if len(known) < 2 or known[0][1].text == known[1][1].text:
        return None
    high, most = known[0]
    return {"high": high, "most": most}


def _draw_map(telling: Telling, lowest: str, title: Text) -> Figure | None:
    counts, words, borders = telling.counts, telling.words, telling.counts.publication.borders
    highest = counts.level("services")
    levels = [level for level in dict.fromkeys((highest, lowest)) if level]
    drawn = [level for level in levels if maps.drawable(borders, counts.book.at(level))]
    if not drawn:
        return None
    panels: list[tuple[str, maps.Shares]] = []
    known: list[Share] = []
    for level in drawn:
        areas = counts.book.at(level)
        shares = {area.code: counts.stacked("services", area.code, 2) for area in areas}
        told = {code: _told(telling, code, share) for code, share in shares.items()}
        there = {code: share for code, share in shares.items() if share is not None}
        known += list(there.values())
        panels.append(
            (
                telling.level(level, "By"),
                maps.Shares(areas, there, told, level == highest and len(areas) <= 15),
            )
        )
    if not known:
        return None
    between = maps.breaks(known)
    names = _class_names(telling, between)
    frame = counts.book.at(highest) if maps.drawable(borders, counts.book.at(highest)) else ()
    alt = joined(
        "; ",
        ((area_name(area), Span(" "), shown.told[area.code]) for _, shown in panels for area in shown.areas),
    )
    legend = (between, names, words.word("where.no_share"))
    return Figure(
        "figure-map", maps.shares_map("figure-map", title, alt, borders, panels, frame, legend), alt
    )


def _told(telling: Telling, code: str, share: Share | None) -> Span:
    if telling.counts.too_few(code):
        return Span(telling.words.word("table.too_few"))
    return telling.words.share(share)


def _class_names(telling: Telling, between: tuple[float, ...]) -> list[Span]:
    words = telling.words
    if not between:
        return [Span(words.word("where.class_all"))]
    told = [words.plain_decimal(round(border * 100, 4)) for border in between]
    middle = [f"{low}–{high}%" for low, high in pairwise(told)]
    return [Span(name, figure="classes") for name in (f"<{told[0]}%", *middle, f"≥{told[-1]}%")]


def indicators(telling: Telling) -> list[Indicator]:
    counts, words = telling.counts, telling.words
    found = [
        Indicator(words.word("where.stack_2"), "services", lambda a: counts.stacked("services", a, 2)),
        Indicator(words.word("where.stack_3"), "services", lambda a: counts.stacked("services", a, 3)),
        Indicator(
            words.word("where.organisations_2"),
            "organisations",
            lambda a: counts.stacked("organisations", a, 2),
        ),
        Indicator(words.word("where.domains_2"), "domains", lambda a: counts.stacked("domains", a, 2)),
        Indicator(
            words.word("where.rule"),
            "vulnerable",
            lambda a: counts.share(counts.number("vulnerable", a, "yes"), a),
        ),
    ]
    for domain in counts.book.table("domain").categories:
        if domain.available:
            found.append(
                Indicator(
                    telling.name(domain),
                    "domain",
                    lambda a, code=domain.code: counts.share(counts.number("domain", a, code), a),  # type: ignore[misc]
                )
            )
    return found


def _waaier(telling: Telling) -> Finding | None:
    """A line per indicator with a dot per area of the highest level below the municipality."""
    counts, words = telling.counts, telling.words
    level = counts.level("services")
    if not level:
        return None
    shown = [i for i in indicators(telling) if counts.level(i.table) == level]
    rows = []
    for indicator in shown:
        known = [(area, indicator.of(area.code)) for area in counts.book.at(level)]
        points = tuple(
            (area_name(area), share, words.share(share)) for area, share in known if share is not None
        )
        rows.append(charts.Spread(indicator.label, points, indicator.of(counts.here)))
    table = _waaier_table(telling, level, shown)
    heading = words.say("where.heading_waaier", by=telling.level(level, "many"))
    drawable = [row for row in rows if len(row.points) > 1]
    figure = None
    if drawable:
        alt = joined("; ", (_spread_alt(telling, row) for row in drawable))
        svg = charts.spreads(
            "figure-waaier",
            heading,
            alt,
            drawable,
            counts.book.municipality.name,
            words.word("where.axis"),
        )
        figure = Figure("figure-waaier", svg, alt)
    subtitle = words.word("where.subtitle_waaier", by=telling.level(level, "by"))
    return Finding("waaier", heading, subtitle, figure, (words.say("where.note_waaier"),), table)


def _spread_alt(telling: Telling, row: charts.Spread) -> Text:
    whole = telling.words.share(row.whole)
    points = joined(", ", ((name, Span(" "), told) for name, _, told in row.points))
    return (Span(f"{row.label}: {telling.counts.book.municipality.name} "), whole, Span("; "), *points)


def _waaier_table(telling: Telling, level: str, shown: list[Indicator]) -> TableBlock:
    counts, words = telling.counts, telling.words
    rows = []
    areas: tuple[Area, ...] = (*counts.book.at(level), counts.book.municipality)
    for area in areas:
        entries = tuple(
            words.share(indicator.of(area.code), hidden=not counts.too_few(area.code)) for indicator in shown
        )
        rows.append(Row(area.name, entries, "total" if area.code == counts.here else "plain"))
    return TableBlock(
        "table-waaier",
        words.word("where.caption_waaier"),
        telling.level(level),
        tuple(Column(indicator.label) for indicator in shown),
        tuple(rows),
        telling.explained(rows, words.word("table.note_share")),
        folded=len(rows) > LONG,
    )


def chapter_rule(telling: Telling) -> Section:
    """The households that the analysis' own rule points at, with the rule as it was applied."""
    counts, words = telling.counts, telling.words
    table = counts.book.table("vulnerable")
    share = counts.share(counts.number("vulnerable", counts.here, "yes"), counts.here)
    if share is not None:
        heading = said(telling, "rule", share)
    else:
        heading = words.say("rule.heading_plain")
    lowest = counts.lowest("vulnerable")
    shares = ranked(
        (area, counts.share(counts.number("vulnerable", area.code, "yes"), area.code))
        for area in counts.areas("vulnerable")
    )
    figure = share_bars(
        telling, "figure-rule", heading, shares_with_whole(telling, shares, "vulnerable", "yes")
    )
    block = by_area(
        telling,
        "table-rule",
        ["vulnerable"],
        words.word("rule.caption"),
        lowest=lowest,
        extra=[
            (
                words.word("rule.share"),
                lambda area: telling.share_of(counts.number("vulnerable", area, "yes"), area),
            )
        ],
    )
    found = contrast(
        telling, "vulnerable", lambda area: counts.share(counts.number("vulnerable", area, "yes"), area)
    )
    whole = all(share is not None for _, share in shares)
    notes = (
        *((words.say("rule.contrast" if whole else "rule.contrast_known", **found),) if found else ()),
        *crowded(telling, "vulnerable"),
    )
    told = table.text[words.lang].rstrip(".")
    rule = words.say("rule.text", rule=told[:1].lower() + told[1:])
    finding = Finding(
        "rule-by-area",
        heading,
        words.word("rule.subtitle", by=telling.level(counts.level("vulnerable") or "municipality", "by")),
        figure if counts.areas("vulnerable") else None,
        notes,
        block,
    )
    return Section("rule", words.word("rule.title"), (rule,), findings=(finding,))
