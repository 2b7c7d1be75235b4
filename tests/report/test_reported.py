"""The chapter of informal help: what was reported, by whom, and that it isn't linked."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from factlab.attack import check_page
from factlab.cells import CellKey, Publication
from factlab.report import story
from factlab.report.contents import Report, Section, plain
from factlab.texts import LANGUAGES, Language

from tests import synthetic
from tests.publication import made
from tests.report.conftest import render

TOLD = {("WK999901", "S04"): 1200, ("WK999902", "S04"): 4, ("WK999901", "S08"): 55}


@pytest.fixture(scope="module")
def counting(tmp_path_factory: pytest.TempPathFactory) -> Publication:
    reporters = (
        replace(synthetic.reporter("S04"), unit="households"),
        synthetic.reporter("S08"),
        synthetic.reporter("S03", delivered=False),
    )
    book = synthetic.codebook(reporters=reporters)
    counted = synthetic.count(book, synthetic.households(book, 2000), reported=TOLD)
    also = [CellKey("informal", "district", "WK999903", "", "S04")]
    folder = tmp_path_factory.mktemp("counting") / "whole"
    return made.publish(folder, made.protect(counted, also))


def section(report: Report) -> Section:
    return next(section for section in report.sections if section.id == "reported")


@pytest.mark.parametrize("lang", LANGUAGES)
def test_it_says_who_counted_what_and_that_it_is_not_linked(counting: Publication, lang: Language) -> None:
    told = section(story.tell(counting, lang))
    said = " ".join(plain(text) for text in told.text)
    assert {"nl": "niet gekoppeld", "en": "not linked"}[lang] in said
    assert {"nl": "vaker meetellen", "en": "count several times"}[lang] in said
    units = {"nl": ("huishoudens", "personen"), "en": ("households", "persons")}[lang]
    assert f"Buurthuis s04 ({units[0]})" in said and f"Buurthuis s08 ({units[1]})" in said
    assert {"nl": "Niet aangeleverd: Buurthuis s03", "en": "Not delivered: Buurthuis s03"}[lang] in said
    (finding,) = told.findings
    assert finding.table is not None
    assert [column.name for column in finding.table.columns][1:] == ["Testdam", "Wijk 1", "Wijk 2", "Wijk 3"]
    hidden, absent = {"nl": ("geheim", "niet geleverd"), "en": ("secret", "not delivered")}[lang]
    thousand = {"nl": "1.200", "en": "1,200"}[lang]
    rows = {row.head: [entry.text for entry in row.entries] for row in finding.table.rows}
    names = {"nl": "Voorziening", "en": "Service"}[lang]
    assert rows[f"{names} 4"] == [units[0], {"nl": "1.204", "en": "1,204"}[lang], thousand, hidden, hidden]
    assert rows[f"{names} 8"] == [units[1], "55", "55", "0", "0"]
    assert rows[f"{names} 3"] == [units[1], absent, absent, absent, absent]
    assert "%" not in said + "".join(text for row in rows.values() for text in row)  # a share of nothing


def test_many_areas_are_rows(tmp_path: Path) -> None:
    book = synthetic.codebook(districts=9, neighbourhoods=1, reporters=(synthetic.reporter("S04"),))
    counted = synthetic.count(book, synthetic.households(book, 500), reported={("WK999909", "S04"): 40})
    (finding,) = section(story.tell(made.publish(tmp_path / "p", made.protect(counted)), "nl")).findings
    assert finding.table is not None
    assert [row.head for row in finding.table.rows] == [f"Wijk {n}" for n in range(1, 10)] + ["Testdam"]
    assert [row.entries[0].text for row in finding.table.rows][-2:] == ["40", "40"]


def test_the_page_shows_what_the_publication_holds(counting: Publication, tmp_path: Path) -> None:
    rendered = render(counting, tmp_path / "nl", "nl")
    assert check_page(counting, rendered.html) == ()
    for category in ("S03", "S04", "S08"):
        assert f'data-cell="informal|district|WK999902||{category}"' in rendered.html
    assert rendered.pdf.startswith(b"%PDF")


def test_without_anybody_who_counts_there_is_no_chapter(published: Publication) -> None:
    assert "reported" not in {section.id for section in story.tell(published, "nl").sections}
