"""The certificate as a page that a privacy officer can read: what is secret, by which rules, and who tried to undo it.

It tells how much is hidden, never how much of that is hidden for its own sake.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from factlab.cells import Publication
from factlab.report import account, opening
from factlab.report.contents import Column, Finding, KeyFigure, Report, Row, Section, Span, TableBlock
from factlab.report.counts import Counts, Number
from factlab.report.story import LABELS, numbered
from factlab.report.tabulation import Telling
from factlab.report.words import Words
from factlab.texts import Language

RULES = ("minimum", "complement", "difference", "everyone", "nobody", "small_area", "every_hidden")


def tell(publication: Publication, lang: Language) -> Report:
    """The contents of the certificate's page, in one language."""
    words = Words(lang, publication.codebook.rounding)
    counts = Counts(publication)
    telling = Telling(counts, words)
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
                words.say(f"certificate.rule_{name}", k=counts.threshold, most=counts.small) for name in RULES
            ),
        ),
        Section(
            "hidden",
            words.word("certificate.hidden_title"),
            (words.say("certificate.hidden"), *account.rounded(telling)),
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
            hidden=counts.statuses("suppressed"),
            cells=account.held(telling),
        ),
        key_figures=_figures(telling, attack),
        brief_title=words.word("opening.brief"),
        brief=(
            words.say("certificate.brief_rule", k=counts.threshold),
            words.say("certificate.brief_method"),
            *((words.say("opening.lead_rounded", base=counts.rounding),) if counts.rounding else ()),
        ),
        sections=tuple(numbered(sections)),
        footer=words.word("page.footer", title=book.title),
        date=(day.year, day.month, day.day),
        labels={name: words.word(f"page.{name}") for name in LABELS},
    )


def _figures(telling: Telling, attack: Mapping[str, Any]) -> tuple[KeyFigure, ...]:
    counts, words = telling.counts, telling.words
    tried = attack.get("attacked", {}).get("numbers")
    narrowest = attack.get("narrowest_interval")
    figures = [
        (counts.threshold, "certificate.key_threshold"),
        (counts.statuses("suppressed"), "certificate.key_hidden"),
        (
            Number(tried, "attack: attacked|numbers") if isinstance(tried, int) else None,
            "certificate.key_numbers",
        ),
        (
            Number(narrowest + 1, "values that remain possible") if isinstance(narrowest, int) else None,
            "certificate.key_narrowest",
        ),
    ]
    return tuple(
        KeyFigure(Span("–", quiet=True) if value is None else words.figure(value), words.word(key))
        for value, key in figures
    )


def _hidden(telling: Telling) -> TableBlock:
    counts, words = telling.counts, telling.words
    rows = [
        Row(
            f"{table.title[words.lang]}, {telling.level(level).lower()}",
            account.statuses(telling, table.name, level),
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
    rounded = (words.say("certificate.attacks_rounded"),) if telling.counts.rounding else ()
    rows = tuple(
        Row(
            words.word(f"certificate.relation_{kind.replace(' ', '_')}"),
            (words.figure(Number(number, f"attack: attacked|relations|{kind}")),),
        )
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
        (words.say("certificate.attacks"), *account.also_tried(telling, attack), *rounded),
        findings=(Finding("relations", words.say("certificate.relations_heading"), table=table),)
        if rows
        else (),
    )
