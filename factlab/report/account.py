"""The account at the end: what is hidden and how safe it is, and what exactly was counted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, get_args

from factlab.cells import Status
from factlab.report.contents import Column, Finding, Row, Section, Span, TableBlock, Text, joined
from factlab.report.counts import Number
from factlab.report.tabulation import LONG, Telling


def chapter_secrecy(telling: Telling) -> Section:
    counts, words = telling.counts, telling.words
    hidden = counts.statuses("suppressed")
    text = [
        words.say("secrecy.rule", most=counts.small),
        words.say("secrecy.also"),
        *rounded(telling),
        words.say("secrecy.number" if hidden else "secrecy.number_none", hidden=hidden, cells=held(telling)),
    ]
    attack = attack_of(telling)
    if attack.get("holds") is True:
        text.append(words.say("secrecy.attacked"))
        text += _said(telling, [attack.get("not_inferred")])
        text += also_tried(telling, attack)
    else:
        text.append(words.say("secrecy.not_attacked"))
    points = not_covered(telling, attack)
    if points:
        text.append(words.say("secrecy.not_covered"))
    return Section(
        "secrecy",
        words.word("secrecy.title"),
        tuple(text),
        points,
        (Finding("secrecy-table", words.say("secrecy.heading"), table=_hidden_table(telling)),),
    )


def rounded(telling: Telling) -> tuple[Text, ...]:
    """What was done to every number that is shown, where they were rounded."""
    counts, words = telling.counts, telling.words
    if not counts.rounding:
        return ()
    signed = counts.publication.certificate.get("rounding")
    whole = isinstance(signed, Mapping) and signed.get("relations_that_fail") == 0
    sums = words.say("secrecy.rounded_sums" if whole else "secrecy.rounded_not_sums", off=counts.off)
    return (joined(" ", (words.say("secrecy.rounded", base=counts.rounding, off=counts.off), sums)),)


def attack_of(telling: Telling) -> Mapping[str, Any]:
    """What the attacker wrote in the certificate; empty where nothing was."""
    attack = telling.counts.publication.certificate.get("attack")
    return attack if isinstance(attack, Mapping) else {}


def held(telling: Telling) -> Number:
    """The cells that hold a number, shown or hidden."""
    return telling.counts.statuses("published", "suppressed")


def also_tried(telling: Telling, attack: Mapping[str, Any]) -> tuple[Text, ...]:
    return _said(telling, attack.get("also_tried"))


def not_covered(telling: Telling, attack: Mapping[str, Any]) -> tuple[Text, ...]:
    return _said(telling, attack.get("not_covered"))


def _said(telling: Telling, listed: object) -> tuple[Text, ...]:
    """Sentences of the certificate, in the reader's language."""
    if not isinstance(listed, list):
        return ()
    lang = telling.words.lang
    return tuple(
        (Span(item[lang]),)
        for item in listed
        if isinstance(item, Mapping) and isinstance(item.get(lang), str)
    )


def _hidden_table(telling: Telling) -> TableBlock:
    counts, words = telling.counts, telling.words
    rows = [Row(table.title[words.lang], statuses(telling, table.name)) for table in counts.book.tables]
    rows.append(Row(words.word("secrecy.total"), statuses(telling), "total"))
    return TableBlock(
        "table-secrecy",
        words.word("secrecy.caption"),
        words.word("secrecy.head"),
        tuple(Column(words.word(f"secrecy.{name}")) for name in ("published", "hidden", "absent")),
        tuple(rows),
    )


def statuses(telling: Telling, table: str = "", level: str = "") -> tuple[Span, ...]:
    """How many cells are shown, hidden and not delivered."""
    counts = telling.counts
    return tuple(
        telling.words.figure(counts.statuses(status, table=table, level=level)) for status in get_args(Status)
    )


def chapter_definitions(telling: Telling) -> Section:
    counts, words = telling.counts, telling.words
    book = counts.book
    start, end = (words.date(day) for day in book.period)
    when = words.say(
        f"definitions.count_{book.count}", start=start, end=end, date=words.date(book.reference_date)
    )
    trust = words.say(f"definitions.trust_{book.trust if book.trust in ('direct', 'custodian') else 'other'}")
    return Section(
        "definitions",
        words.word("definitions.title"),
        (
            words.say("definitions.household"),
            when,
            words.say("definitions.stack"),
            words.say("definitions.percent_rounded" if counts.rounding else "definitions.percent"),
            trust,
            words.say("definitions.need"),
        ),
        findings=(
            Finding("tables-counted", words.say("definitions.heading_tables"), table=_tables(telling)),
            Finding("services-counted", words.say("definitions.heading_services"), table=_services(telling)),
        ),
    )


def _tables(telling: Telling) -> TableBlock:
    counts, words = telling.counts, telling.words
    rows = tuple(
        Row(
            table.title[words.lang],
            (
                Span(table.text[words.lang]),
                Span(telling.level(table.levels[-1]).lower()),
            ),
        )
        for table in counts.book.tables
    )
    return TableBlock(
        "table-definitions",
        words.word("definitions.caption_tables"),
        words.word("definitions.head_table"),
        (
            Column(words.word("definitions.counted"), "words"),
            Column(words.word("definitions.lowest"), "words"),
        ),
        rows,
    )


def _services(telling: Telling) -> TableBlock:
    """The services that were counted, with their domain and who delivered them."""
    counts, words = telling.counts, telling.words
    name_of = {o.id: o.name for o in counts.book.organisations}
    domain_of = {d.code: telling.name(d) for d in counts.book.domains}
    rows = tuple(
        Row(
            telling.name(service),
            (
                Span(domain_of[service.domain]),
                Span(words.both([name_of[o] for o in service.organisations])),
            ),
        )
        for service in sorted(counts.book.delivered_services, key=lambda s: (s.domain, telling.name(s)))
    )
    return TableBlock(
        "table-services-counted",
        words.word("definitions.caption_services"),
        words.word("use.head"),
        (
            Column(words.word("use.domain"), "words"),
            Column(words.word("definitions.by"), "words"),
        ),
        rows,
        folded=len(rows) > LONG,
    )
