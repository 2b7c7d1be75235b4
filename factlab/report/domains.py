"""From how many domains households use something, and which domains go together."""

from __future__ import annotations

from factlab.cells import MUNICIPALITY
from factlab.report import charts
from factlab.report.contents import Column, Figure, Finding, Row, Section, Span, TableBlock, Text, joined
from factlab.report.counts import Number
from factlab.report.opening import frequent_combination, said
from factlab.report.tabulation import Telling, by_area

MOST_COLUMNS = 12  # of combinations in the drawing; the table has them all


def chapter(telling: Telling) -> Section:
    counts, words = telling.counts, telling.words
    several = counts.stacked("domains", counts.here, 2)
    text: tuple[Text, ...] = ()
    if several is not None:
        text = ((*said(telling, "domains", several), *words.say("table.stop")),)
    findings = [_combinations(telling)]
    if counts.areas("domain"):
        findings.append(_users(telling))
    return Section("domains", words.word("domains.title"), text, findings=tuple(findings))


def _combinations(telling: Telling) -> Finding:
    words = telling.words
    found = frequent_combination(telling)
    if found:
        heading = words.say("domains.heading_pair", names=found[0])
    else:
        heading = words.say("domains.heading_plain")
    notes = [telling.source()]
    figure, left_out = _upset(telling, heading)
    if figure and left_out:
        notes.append(words.say("domains.left_out", number=left_out))
    return Finding(
        "combinations",
        heading,
        words.word("domains.subtitle"),
        figure,
        tuple(notes),
        _combination_table(telling),
    )


def _upset(telling: Telling, title: Text) -> tuple[Figure | None, Number]:
    """The drawing, and how many combinations it leaves out because they are hidden or too many to draw."""
    counts = telling.counts
    domains = [d for d in counts.book.table("domain").categories if d.available]
    row_of = {domain.code: row for row, domain in enumerate(domains)}
    table = counts.book.table("domain_combination")
    candidates = [c for c in table.categories if c.code != "none" and c.available]
    columns = []
    for category in candidates:
        number = counts.number(table.name, counts.here, category.code)
        if number:
            members = frozenset(row_of[code] for code in category.code.split("+"))
            told = telling.mark(table.name, counts.here, category.code)
            columns.append(charts.Combination(category.code, members, number, told))
    columns.sort(key=lambda column: (-column.households, sorted(column.members)))
    shown = columns[:MOST_COLUMNS]
    drawn = {column.code for column in shown}
    absent = [
        c.code
        for c in candidates
        if c.code not in drawn and counts.number(table.name, counts.here, c.code) != 0
    ]
    left_out = Number(
        len(absent), f"number of: {table.name}|{MUNICIPALITY}|{counts.here}||{','.join(absent)}"
    )
    if not shown:
        return None, left_out
    sets = [(telling.name(d), telling.mark("domain", counts.here, d.code)) for d in domains]
    alt = joined(
        "; ",
        (
            (Span(f"{' + '.join(sets[row][0] for row in sorted(column.members))}: "), column.told)
            for column in shown
        ),
    )
    svg = charts.combinations("figure-combinations", title, alt, sets, shown)
    return Figure("figure-combinations", svg, alt), left_out


def _combination_table(telling: Telling) -> TableBlock:
    counts, words = telling.counts, telling.words
    table = counts.book.table("domain_combination")
    rows = []
    for category in table.categories:
        cell = counts.cell(table.name, category.code)
        rows.append(Row(telling.name(category), (words.cell(cell), telling.cell_share(cell))))
    whole = counts.cell("households", "all")
    blank = Span("")
    rows.append(Row(words.word("table.all_households"), (words.cell(whole), blank), "total"))
    return TableBlock(
        "table-combinations",
        words.word("domains.caption"),
        words.word("domains.head"),
        (Column(words.word("table.households")), Column(words.word("table.share"))),
        tuple(rows),
        telling.explained(rows, words.word("domains.note")),
    )


def _users(telling: Telling) -> Finding:
    """Households per domain and area; one household can count in several."""
    counts, words = telling.counts, telling.words
    extra = [
        (
            words.word("domains.several_share"),
            lambda area: words.share(counts.stacked("domains", area, 2), hidden=not counts.too_few(area)),
        )
    ]
    return Finding(
        "domain-use",
        words.say("domains.heading_use", by=telling.level(counts.level("domain"), "by")),
        table=by_area(
            telling,
            "table-domain",
            ["domain"],
            words.word("domains.caption_use"),
            extra=extra,
            note=words.word("domains.note_use"),
        ),
    )
