"""The report says what the publication holds, in words that were read and approved, and nothing else."""

from __future__ import annotations

import dataclasses
import os
import re
import subprocess
import sys
from collections.abc import Callable
from html import unescape
from pathlib import Path

import pytest
from factlab import report
from factlab.attack import check_page
from factlab.cells import CellKey, Codebook, Publication
from factlab.report import charts, story
from factlab.report.contents import Report, Span, plain
from factlab.report.counts import Number
from factlab.report.words import Words
from factlab.texts import LANGUAGES, Language

from tests import synthetic
from tests.publication import made
from tests.report.conftest import Rendered, hide, render

GOLDEN = Path(__file__).parent / "golden"
MARKED = re.compile(r'data-cell="([^"]+)"[^>]*>([^<]*)<')


def outline(told: Report) -> str:
    """The headings and findings of a report as text."""
    lines = [told.kicker, plain(told.title), plain(told.lead)]
    lines += [f"* {plain(point)}" for point in told.brief]
    lines += [f"= {figure.value.text} {figure.label}" for figure in told.key_figures]
    for section in told.sections:
        lines += ["", f"# {section.title}"]
        lines += [plain(text) for text in section.text]
        lines += [f"* {plain(point)}" for point in section.points]
        for finding in section.findings:
            lines += [f"## {plain(finding.heading)}", *([finding.subtitle] if finding.subtitle else [])]
            lines += [f"   {plain(finding.figure.alt)}"] if finding.figure else []
            lines += [f"   {plain(note)}" for note in finding.notes]
            if finding.table:
                columns = " | ".join(column.name for column in finding.table.columns)
                lines += [f"   [{finding.table.number}] {finding.table.caption}: {columns}"]
                lines += [f"   {plain(finding.table.note)}"] if finding.table.note else []
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("lang", LANGUAGES)
def test_headings_and_findings_are_as_approved(published: Publication, lang: Language) -> None:
    """To approve a change: FACTLAB_APPROVE=1 pytest tests/report, and read the difference."""
    found = outline(story.tell(published, lang))
    golden = GOLDEN / f"{lang}.txt"
    if os.environ.get("FACTLAB_APPROVE"):
        golden.write_text(found, encoding="utf-8")
    assert found == golden.read_text(encoding="utf-8")


def test_every_marked_cell_is_what_the_publication_holds(dutch: Rendered, english: Rendered) -> None:
    for rendered in (dutch, english):
        assert check_page(rendered.publication, rendered.html) == ()
        words = Words("nl" if rendered is dutch else "en")
        by_mark = {"|".join(cell.key): cell for cell in rendered.publication.cells}
        marked = MARKED.findall(rendered.html)
        for mark, text in marked:
            assert unescape(text) == words.cell(by_mark[unescape(mark)]).text, mark
        shown = {unescape(mark) for mark, _ in marked}
        for table in ("households", "services", "organisations", "vulnerable", "unmatched"):
            assert {mark for mark in by_mark if mark.startswith(f"{table}|")} <= shown, table


def test_every_column_of_a_table_has_a_heading(dutch: Rendered) -> None:
    for section in dutch.report.sections:
        for finding in section.findings:
            if finding.table:
                assert all(len(row.entries) == len(finding.table.columns) for row in finding.table.rows)


def test_a_drawing_says_the_numbers_of_its_table(dutch: Rendered) -> None:
    findings = {f.id: f for section in dutch.report.sections for f in section.findings}
    words = Words("nl")
    for ident, table in (("combinations", "domain_combination"), ("service", "service")):
        figure = findings[ident].figure
        assert figure is not None
        drawn = set(re.findall(r"<tspan[^>]*>([^<]*)</tspan>", figure.svg))
        for cell in dutch.publication.cells:
            if cell.key.table == table and cell.key.area_level == "municipality" and cell.households:
                assert cell.key.category == "none" or words.number(cell.households) in drawn


def test_a_number_in_a_drawing_is_not_rounded_like_a_coordinate() -> None:
    told = (Span("1.499", figure="a"), Span(" (12,345%)"))
    bar = charts.Bar((Span("Wijk"),), Number(1499, "a"), told)
    svg = charts.bars("figure-x", (Span("Titel"),), (Span("alt"),), [bar])
    assert '><tspan data-figure="a">1.499</tspan> (12,345%)</text>' in svg
    assert not re.search(r' d="[^"]*\d\.\d{3}', svg)


def test_ids_are_unique_and_references_resolve(dutch: Rendered) -> None:
    ids = re.findall(r'\bid="([^"]+)"', dutch.html)
    assert len(ids) == len(set(ids))
    used = set(re.findall(r'(?:href="#|url\(#)([^")]+)', dutch.html))
    used |= {name for value in re.findall(r'aria-labelledby="([^"]+)"', dutch.html) for name in value.split()}
    assert used <= set(ids)


def test_the_page_asks_nothing_of_the_network(dutch: Rendered) -> None:
    without_names = re.sub(r'xmlns(:\w+)?="[^"]+"', "", dutch.html)
    assert "http:" not in without_names
    assert "https:" not in without_names
    assert "<script" not in dutch.html
    assert set(re.findall(r'(?:src|href)="([^"#][^"]*)"', dutch.html)) == {
        "data:,",
        "disclosure.html",
        "stapelingsmonitor.pdf",
    }


def test_the_same_publication_gives_the_same_bytes(
    published: Publication, dutch: Rendered, tmp_path: Path
) -> None:
    """In another process, with another order of hashes and on another day of the clock."""
    source, target = tmp_path / "source", tmp_path / "target"
    target.mkdir()
    made.publish(source, made.protect(*_counted()))
    code = (
        "import sys; from pathlib import Path; from factlab import publication, report;"
        "report.render(publication.read(Path(sys.argv[1])), Path(sys.argv[2]))"
    )
    environment = {**os.environ, "PYTHONHASHSEED": "4321", "TZ": "Pacific/Auckland"}
    subprocess.run([sys.executable, "-c", code, source, target], check=True, env=environment)
    for name in (report.PAGE, report.PAPER, report.CERTIFICATE):
        assert (target / name).read_bytes() == (dutch.folder / name).read_bytes(), name


def _counted() -> tuple:  # the counts behind the publication of conftest.py
    book = synthetic.codebook(missing=frozenset({"org-5"}), services=7)
    counted = synthetic.count(book, synthetic.households(book, 5000), {"org-1": 14, "org-2": 3})
    return counted, hide(book)


def test_no_hidden_number_reaches_the_report(dutch: Rendered, tmp_path: Path) -> None:
    """Two municipalities that differ in every hidden number, and in nothing else, give the same bytes."""
    counted, also = _counted()
    safe = made.protect(counted, also)
    hidden = {cell.key for cell in safe.cells if cell.status == "suppressed"}
    other = dataclasses.replace(
        counted,
        counts={key: 3 if key in hidden and count != 3 else count for key, count in counted.counts.items()},
    )
    assert sum(other.counts[key] != counted.counts[key] for key in hidden) > 50
    again = made.publish(tmp_path / "other", made.protect(other, also | hidden))
    rendered = render(again, tmp_path / "rendered", "nl")
    assert rendered.html == dutch.html
    assert rendered.pdf == dutch.pdf


def test_names_can_not_break_out_of_the_page_or_the_paper(published: Publication, tmp_path: Path) -> None:
    nasty = '<b onclick="x">&#"]$_*\\ #panic()'
    book = published.codebook
    areas = tuple(dataclasses.replace(a, name=nasty) if a.level == "district" else a for a in book.areas)
    organisations = tuple(dataclasses.replace(o, name=nasty) for o in book.organisations)
    renamed = dataclasses.replace(
        published,
        codebook=dataclasses.replace(book, areas=areas, organisations=organisations, notes={"nl": nasty}),
    )
    rendered = render(renamed, tmp_path / "nasty", "nl")
    assert "<b onclick" not in rendered.html
    assert "&lt;b onclick=" in rendered.html


def test_the_note_is_the_municipalitys_own(published: Publication) -> None:
    noted = dataclasses.replace(
        published, codebook=dataclasses.replace(published.codebook, notes={"nl": "Eerste.\n\nTweede."})
    )
    section = story.tell(noted, "nl").sections[0]
    assert [plain(text) for text in section.text] == ["Eerste.", "Tweede."]
    assert story.tell(noted, "en").sections[0].id != "note"


def test_without_a_passed_attack_the_report_warns(published: Publication) -> None:
    def secrecy(publication: Publication) -> str:
        section = next(s for s in story.tell(publication, "nl").sections if s.id == "secrecy")
        return " ".join(plain(text) for text in section.text)

    for attack in ({}, {"attack": {"holds": False}}, {"attack": "yes"}):
        found = secrecy(dataclasses.replace(published, certificate={**made.CERTIFICATE, **attack}))
        assert "geen verslag" in found
    held = {"holds": True, "not_inferred": {"nl": "Niets."}, "not_covered": [{"nl": "Dit."}]}
    found = secrecy(dataclasses.replace(published, certificate={"attack": held}))
    assert "geen verslag" not in found
    assert "Niets." in found


@pytest.mark.parametrize("trust", ["direct", "custodian", "oprf"])
def test_only_direct_trust_says_that_two_together_can_reverse(published: Publication, trust: str) -> None:
    book = dataclasses.replace(published.codebook, trust=trust)
    told = outline(story.tell(dataclasses.replace(published, codebook=book), "nl"))
    assert ("terugrekenen naar adressen" in told) == (trust == "direct")


def _skip_a_level(book: Codebook) -> Codebook:
    tables = tuple(
        dataclasses.replace(table, levels=("municipality", "neighbourhood"))
        if table.name in ("services", "domain")
        else table
        for table in book.tables
    )
    return dataclasses.replace(book, tables=tables)


def _one_level(book: Codebook) -> Codebook:
    tables = tuple(dataclasses.replace(table, levels=("municipality",)) for table in book.tables)
    return dataclasses.replace(book, tables=tables)


def _period(book: Codebook) -> Codebook:
    return dataclasses.replace(book, count="period")


def _all(book: Codebook) -> set[CellKey]:
    return set(book.keys)


def _nothing(book: Codebook) -> set[CellKey]:
    return set()


Hard = tuple[Codebook, int, Callable[[Codebook], set[CellKey]]]
HARD: dict[str, Hard] = {
    "everything hidden": (synthetic.codebook(), 2000, _all),
    "a very small municipality": (synthetic.codebook(), 500, _nothing),
    "a hamlet": (synthetic.codebook(), 60, _nothing),
    "nobody delivered": (
        synthetic.codebook(missing=frozenset(f"org-{n}" for n in range(1, 6))),
        2000,
        _nothing,
    ),
    "a table that skips a level": (_skip_a_level(synthetic.codebook()), 3000, _nothing),
    "only the municipality": (_one_level(synthetic.codebook()), 3000, _nothing),
    "one district": (synthetic.codebook(districts=1, neighbourhoods=1), 3000, _nothing),
    "more districts than a figure holds": (
        synthetic.codebook(districts=44, neighbourhoods=1),
        30000,
        _nothing,
    ),
    "the whole period": (_period(synthetic.codebook()), 3000, _nothing),
}


@pytest.mark.parametrize("case", HARD)
def test_a_hard_case_still_reads_well(case: str, tmp_path: Path) -> None:
    book, number, hidden = HARD[case]
    counted = synthetic.count(book, synthetic.households(book, number))
    publication = made.publish(tmp_path / "p", made.protect(counted, hidden(book)))
    rendered = render(publication, tmp_path / "r", "nl")
    assert check_page(publication, rendered.html) == ()
    told = outline(rendered.report)
    for wrong in ("None", "nan", "inf", "{", "}", "  voorz", " .", ",,", "()"):
        assert wrong not in told.replace("   ", ""), wrong
    if case == "everything hidden":
        assert "%" not in "".join(f.value.text for f in rendered.report.key_figures)
        assert not re.search(r"\d%", rendered.html.split("<main", 1)[1].replace("100%", ""))


def test_a_publication_without_borders_has_no_map(published: Publication) -> None:
    bare = dataclasses.replace(published, borders={"type": "FeatureCollection", "features": []})
    finding = next(f for s in story.tell(bare, "nl").sections for f in s.findings if f.id == "map")
    assert finding.figure is None
    assert finding.table is not None


def test_a_draft_says_so_before_anything_else(published: Publication) -> None:
    for draft, start in ((True, "CONCEPT, niet verspreiden."), (False, "Stapelingsmonitor")):
        changed = dataclasses.replace(published, provenance={**published.provenance, "draft": draft})
        assert story.tell(changed, "nl").kicker.startswith(start)
