"""The report as a whole: the chapters in the order in which readers know them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

from factlab.cells import Publication
from factlab.report import account, domains, opening, places, reported, stacking, use
from factlab.report.contents import Finding, Report, Section, Span
from factlab.report.counts import Counts
from factlab.report.tabulation import Telling
from factlab.report.words import Words
from factlab.texts import Language

LABELS = ("skip", "contents", "page", "table", "show", "source_files", "print", "proof", "of")


def tell(publication: Publication, lang: Language) -> Report:
    """The contents of the report, in one language."""
    words = Words(lang, publication.codebook.rounding)
    telling = Telling(Counts(publication), words)
    book = publication.codebook
    day = date.fromisoformat(book.reference_date)
    sections = (
        *_note(telling),
        stacking.chapter_without(telling),
        stacking.chapter_services(telling),
        stacking.chapter_organisations(telling),
        domains.chapter(telling),
        places.chapter(telling),
        places.chapter_rule(telling),
        use.chapter(telling),
        *reported.chapter(telling),
        use.chapter_deliveries(telling),
        account.chapter_secrecy(telling),
        account.chapter_definitions(telling),
    )
    return Report(
        lang=lang,
        name=book.title,
        kicker=opening.kicker(telling),
        title=opening.title(telling),
        lead=opening.lead(telling),
        key_figures=opening.key_figures(telling),
        brief_title=words.word("opening.brief"),
        brief=opening.brief(telling),
        sections=tuple(numbered(sections)),
        footer=words.word("page.footer", title=book.title),
        date=(day.year, day.month, day.day),
        labels={name: words.word(f"page.{name}") for name in LABELS},
    )


def _note(telling: Telling) -> tuple[Section, ...]:
    """The municipality's own words, as it wrote them; a paragraph per line."""
    note = telling.counts.book.notes.get(telling.words.lang, "").strip()
    if not note:
        return ()
    lines = [line.strip() for line in note.splitlines() if line.strip()]
    return (Section("note", telling.words.word("opening.note"), tuple((Span(line),) for line in lines)),)


def numbered(sections: tuple[Section, ...]) -> Iterator[Section]:
    """Tables are numbered through the report, so that people can refer to them."""
    number = 0
    for section in sections:
        findings: list[Finding] = []
        for finding in section.findings:
            if finding.table is None:
                findings.append(finding)
                continue
            number += 1
            findings.append(replace(finding, table=replace(finding.table, number=number)))
        yield replace(section, findings=tuple(findings))
