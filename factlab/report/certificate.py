"""The certificate as a page that a privacy officer can read: what is secret, by which rules, and who tried to undo it.

It tells how much is hidden, never how much of that is hidden for its own sake.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import date
from typing import Any

from factlab.cells import Publication
from factlab.report import account, opening
from factlab.report.contents import Column, Finding, KeyFigure, Report, Row, Section, Span, TableBlock
from factlab.report.counts import Counts
from factlab.report.story import LABELS, numbered
from factlab.report.tabulation import Telling
from factlab.report.words import Words
from factlab.texts import Language

RULES = ("minimum", "complement", "difference", "everyone", "nobody", "small_area", "every_hidden")


def tell(publication: Publication, lang: Language) -> Report:
    """The contents of the certificate's page, in one language."""
    words = Words(lang)
    telling = Telling(Counts(publication), words)
    book = publication.codebook
    attack = account.attack_of(telling)
    holds = attack.get("holds") is True
    day = date.fromisoformat(book.reference_date)
    sections = (
        Section(
            "rules",
            words.word("certificate.rules_title"),
            (words.say("certificate.rules"),),
            tuple(
                words.say(f"certificate.rule_{name}", k=book.threshold, most=book.threshold - 1)
                for name in RULES
            ),
        ),
        Section(
            "hidden",
            words.word("certificate.hidden_title"),
            (words.say("certificate.hidden"),),
            findings=(
                Finding("hidden-by-level", words.say("certificate.hidden_heading"), table=_hidden(telling)),
            ),
        ),
        _attacks(telling, attack),
        Section(
            "limits",
            words.word("certificate.limits_title"),
            (words.say("certificate.limits"),),
            account.not_covered(telling, attack),
        ),
    )
    return Report(
        lang=lang,
        name=words.word("certificate.name", title=book.title),
        kicker=opening.kicker(telling),
        title=words.say("certificate.title_holds" if holds else "certificate.title_not"),
        lead=words.say(
            "certificate.lead_holds" if holds else "certificate.lead_not",
            hidden=_number(telling, "suppressed"),
            cells=_number(telling, "suppressed") + _number(telling, "published"),
        ),
        key_figures=_figures(telling, attack),
        brief_title=words.word("opening.brief"),
        brief=(words.say("certificate.brief_rule", k=book.threshold), words.say("certificate.brief_method")),
        sections=tuple(numbered(sections)),
        footer=words.word("page.footer", title=book.title),
        date=(day.year, day.month, day.day),
        labels={name: words.word(f"page.{name}") for name in LABELS},
    )


def _number(telling: Telling, status: str) -> int:
    return sum(cell.status == status for cell in telling.counts.publication.cells)


def _figures(telling: Telling, attack: Mapping[str, Any]) -> tuple[KeyFigure, ...]:
    words = telling.words
    tried = attack.get("attacked", {})
    narrowest = attack.get("narrowest_interval")
    figures = [
        (telling.counts.book.threshold, "certificate.key_threshold"),
        (_number(telling, "suppressed"), "certificate.key_hidden"),
        (tried.get("numbers"), "certificate.key_numbers"),
        (narrowest + 1 if isinstance(narrowest, int) else None, "certificate.key_narrowest"),
    ]
    return tuple(
        KeyFigure(
            Span(words.number(value)) if isinstance(value, int) else Span("–", quiet=True), words.word(key)
        )
        for value, key in figures
    )


def _hidden(telling: Telling) -> TableBlock:
    counts, words = telling.counts, telling.words
    found = Counter((c.key.table, c.key.area_level, c.status) for c in counts.publication.cells)
    rows = [
        Row(
            f"{table.title[words.lang]}, {telling.level(level).lower()}",
            tuple(
                Span(words.number(found[table.name, level, status]))
                for status in ("published", "suppressed", "unavailable")
            ),
        )
        for table in counts.book.tables
        for level in table.levels
    ]
    return TableBlock(
        "table-hidden-by-level",
        words.word("certificate.hidden_caption"),
        words.word("certificate.hidden_head"),
        tuple(Column(words.word(f"secrecy.{name}")) for name in ("published", "hidden", "absent")),
        tuple(rows),
    )


def _attacks(telling: Telling, attack: Mapping[str, Any]) -> Section:
    words = telling.words
    tried = attack.get("attacked", {})
    rows = tuple(
        Row(words.word(f"certificate.relation_{kind.replace(' ', '_')}"), (Span(words.number(number)),))
        for kind, number in tried.get("relations", {}).items()
    )
    table = TableBlock(
        "table-relations",
        words.word("certificate.relations_caption"),
        words.word("certificate.relations_head"),
        (Column(words.word("certificate.relations_number")),),
        rows,
    )
    return Section(
        "attacks",
        words.word("certificate.attacks_title"),
        (words.say("certificate.attacks"),),
        findings=(Finding("relations", words.say("certificate.relations_heading"), table=table),)
        if rows
        else (),
    )
