"""A real report holds; with one number planted in it, or one number changed, wherever that is, it does not."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Callable
from html import unescape
from pathlib import Path

import pytest
from factlab import attack, report
from factlab.cells import CellKey, Publication
from factlab.errors import DisclosureError
from factlab.parties import analyst
from factlab.report import charts, paper, use
from factlab.report.contents import Figure, Report, Span, plain
from factlab.texts import LANGUAGES, Language, say
from pypdf import PdfReader

from tests import synthetic
from tests.publication import made
from tests.report.conftest import Rendered, render


def kinds(publication: Publication, page: str) -> set[str]:
    return {misprint.kind for misprint in attack.check_page(publication, page)}


@pytest.mark.parametrize("lang", LANGUAGES)
def test_everything_in_a_real_report_is_accounted_for(
    published: Publication, lang: Language, tmp_path: Path
) -> None:
    rendered = render(published, tmp_path / lang, lang)
    assert attack.check_folder(published, rendered.folder) == ()
    assert attack.check_paper(published, paper.data(rendered.report)) == ()


Plant = Callable[[str], str]


def after(pattern: str, planted: str) -> Plant:
    """Put `planted` behind the first place where `pattern` is found."""
    return lambda page: re.sub(f"({pattern})", lambda found: found[1] + planted, page, count=1)


PLANTED: dict[str, tuple[Plant, str]] = {
    "the title": (after("<title>", "7 "), "unaccounted"),
    "the headline": (after("<h1>", "7 huishoudens: "), "unaccounted"),
    "a heading": (after("<h3[^>]*>", "7 "), "unaccounted"),
    "a sentence": (after("<li>", "7 "), "unaccounted"),
    "a sentence in words": (after("<li>", "Eén op de vijf huishoudens. "), "unaccounted"),
    "a cell": (after(r'<td[^>]*data-cell="[^"]*"[^>]*>', "7"), "different"),
    "a hidden cell": (after(r'<td[^>]*data-cell="[^"]*"[^>]*>geheim', " 7"), "though_hidden"),
    "an empty cell": (after(r'<td class="number">', "7"), "unaccounted"),
    "a percentage": (after(r'data-figure="[^"]* / [^"]*"[^>]*>', "1"), "different"),
    "a note": (after('<p class="note">', "7 "), "unaccounted"),
    "a row's name": (after('<th scope="row">Wijk ', "7"), "unaccounted"),
    "a tooltip": (after("data-drawn[^>]*><title>Wijk 1: ", "7 "), "unaccounted"),
    "a label for a screen reader": (after('aria-label="', "7 huishoudens, "), "unaccounted"),
    "a drawing's label": (after("<text[^>]*>", "7 "), "unaccounted"),
    "a drawing's number": (after(r'<tspan data-figure="[^"]* / [^"]*">', "1"), "different"),
    "a drawing's title": (after("<svg[^>]*><title[^>]*>", "7 "), "unaccounted"),
    "a drawing's description": (after("<desc[^>]*>", "7 "), "unaccounted"),
    "an attribute": (lambda page: page.replace("<table ", '<table data-households="7" ', 1), "unaccounted"),
    "a comment": (after("<body>", "<!-- 7 -->"), "unaccounted"),
}


@pytest.mark.parametrize("where", PLANTED)
def test_a_planted_number_is_found(dutch: Rendered, where: str) -> None:
    plant, kind = PLANTED[where]
    page = plant(dutch.html)
    assert page != dutch.html
    assert kinds(dutch.publication, page) == {kind}


def test_a_planted_number_on_the_certificates_page_is_found(dutch: Rendered) -> None:
    page = (dutch.folder / report.CERTIFICATE).read_text(encoding="utf-8")
    assert kinds(dutch.publication, page.replace("<li>", "<li>7 ", 1)) == {"unaccounted"}
    counted = re.sub(r'(data-figure="status: [^"]*">)', r"\g<1>1", page, count=1)
    assert kinds(dutch.publication, counted) == {"different"}


def test_any_number_of_a_page_that_is_changed_is_found(dutch: Rendered) -> None:
    """Every marked number on the page, one after the other: a digit more."""
    marks = list(re.finditer(r' data-(?:cell|figure)="([^"]*)"[^>]*>([^<]*\d[^<]*)', dutch.html))
    assert len(marks) > 300
    register = attack.rendered.Register(dutch.publication)
    for mark in marks:
        name, told = unescape(mark[1]), unescape(mark[2])
        if name in ("axis", "classes") or name.startswith("name: "):
            continue
        check = register.cell_faults if "data-cell" in mark[0] else register.figure_faults
        assert list(check(name, f"1{told}")), mark[0]


def test_a_mark_that_points_elsewhere_is_found(dutch: Rendered) -> None:
    """A percentage of other cells than it says, and one whose whole is hidden."""
    share = re.search(r'data-figure="(services\|district\|WK999902\|\|0) / ([^"]*)"', dutch.html)
    assert share
    other = share[0].replace("services|district|WK999902", "services|district|WK999903", 1)
    assert kinds(dutch.publication, dutch.html.replace(share[0], other)) >= {"different"}
    hidden = share[0].replace(share[2], "households|neighbourhood|BU99990102||all")
    assert kinds(dutch.publication, dutch.html.replace(share[0], hidden)) == {"of_hidden"}


def test_a_page_of_another_publication_does_not_hold(dutch: Rendered) -> None:
    """Hide one published cell: whatever is printed or drawn of it stands out."""
    gone = next(c for c in dutch.publication.cells if c.key[:3] == ("services", "district", "WK999902"))
    cells = tuple(
        c._replace(households=None, status="suppressed") if c.key == gone.key else c
        for c in dutch.publication.cells
    )
    less = dataclasses.replace(dutch.publication, cells=cells)
    assert kinds(less, dutch.html) >= {"though_hidden", "of_hidden"}


def test_a_bar_of_another_length_is_found(dutch: Rendered) -> None:
    path = re.search(
        r'data-drawn="width: [^"]*">\s*<path d="M [\d.]+ [\d.]+ \nL ([\d.]+) [\d.]+ \nL [\d.]+ ', dutch.html
    )
    assert path
    longer = path[0].replace(f"L {path[1]} ", f"L {float(path[1]) - 60:.2f} ")
    assert kinds(dutch.publication, dutch.html.replace(path[0], longer)) == {"drawn_differently"}


def test_what_hidden_classes_leave_is_not_drawn_when_it_is_too_small(tmp_path: Path) -> None:
    """Two hidden classes of 6 households together, which the published ones leave of the whole."""
    book = synthetic.codebook()
    counted = synthetic.count(book, synthetic.households(book, 4000))
    district, other = (area.code for area in book.at("district")[:2])

    def key(area: str, category: str) -> CellKey:
        return CellKey("services", "district", area, "", category)

    counts = dict(counted.counts)
    for category, number in (("2", 3), ("3", 3), ("4", 0), ("5+", 0)):
        counts[key(district, "0")] += counts[key(district, category)] - number
        counts[key(district, category)] = number
    hidden = {key(area, category) for area in (district, other) for category in ("2", "3", "4", "5+")}
    publication = made.publish(
        tmp_path / "p", made.protect(dataclasses.replace(counted, counts=counts), hidden)
    )
    rendered = render(publication, tmp_path / "r", "nl")
    finding = next(f for s in rendered.report.sections for f in s.findings if f.id == "services-by-area")
    assert finding.figure
    told = plain(finding.figure.alt).split("; ")
    assert "Wijk 1: geheim" in told
    assert any(part.startswith("Wijk 2: geen ") for part in told)  # as much of it as is large enough
    assert "url(#" in finding.figure.svg
    assert attack.check_folder(publication, rendered.folder) == ()


def plant_in(told: Report, where: str) -> Report:
    seven = (Span("7 huishoudens"),)
    if where == "the headline":
        return dataclasses.replace(told, title=seven)
    if where == "the footer":
        return dataclasses.replace(told, footer="7 huishoudens")
    section, finding = next((s, f) for s in told.sections for f in s.findings if f.figure and f.table)
    assert finding.figure
    assert finding.table
    if where == "an alternative text":
        changed = dataclasses.replace(finding, figure=dataclasses.replace(finding.figure, alt=seven))
    elif where == "a drawing":
        svg = re.sub(r"(<text[^>]*>)", r"\g<1>7 ", finding.figure.svg, count=1)
        changed = dataclasses.replace(finding, figure=Figure(finding.figure.id, svg, finding.figure.alt))
    elif where == "a caption":
        changed = dataclasses.replace(
            finding, table=dataclasses.replace(finding.table, caption="7 huishoudens")
        )
    else:
        row = dataclasses.replace(
            finding.table.rows[0], entries=(*finding.table.rows[0].entries[:-1], *seven)
        )
        changed = dataclasses.replace(finding, table=dataclasses.replace(finding.table, rows=(row,)))
    findings = tuple(changed if f is finding else f for f in section.findings)
    replaced = dataclasses.replace(section, findings=findings)
    return dataclasses.replace(told, sections=tuple(replaced if s is section else s for s in told.sections))


@pytest.mark.parametrize(
    "where",
    ["the headline", "the footer", "an alternative text", "a drawing", "a caption", "a row of a table"],
)
def test_a_number_planted_in_what_the_paper_is_set_from_is_found(dutch: Rendered, where: str) -> None:
    printed = paper.data(plant_in(dutch.report, where))
    found = {misprint.kind for misprint in attack.check_paper(dutch.publication, printed)}
    assert found == {"unaccounted"}


def test_the_paper_prints_no_number_but_those_that_it_was_set_from(dutch: Rendered) -> None:
    """The template adds the numbers of its pages, and nothing else."""
    pdf = PdfReader(dutch.folder / report.PAPER)
    number = re.compile(r"\d+(?:[.,]\d+)*")

    def printed(found: object) -> str:
        if isinstance(found, dict):
            return " ".join(printed(value) for value in found.values())
        if isinstance(found, list):
            return " ".join(map(printed, found))
        text = str(found)
        return re.sub(r"<[^>]*>", " ", text) if text.startswith("<svg") else text

    given = set(number.findall(printed(json.loads(paper.data(dutch.report)))))
    given |= {str(page) for page in range(1, len(pdf.pages) + 1)}
    found = {told for page in pdf.pages for told in number.findall(page.extract_text())}
    assert len(found) > 200
    assert found <= given


def test_a_report_that_prints_what_it_should_not_is_not_written(
    published: Publication, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    analyst.render(published, tmp_path, "nl")
    monkeypatch.setattr(use, "_rate", lambda *_: Span("7%"))
    with pytest.raises(DisclosureError) as refused:
        analyst.render(published, tmp_path, "nl")
    places = {str(detail.fields["place"]) for detail in refused.value.details}
    assert places == {"index.html #table-deliveries", "stapelingsmonitor.pdf #table-deliveries"}
    for lang in LANGUAGES:
        for error in (refused.value, *refused.value.details):
            assert "7" not in say(error.key, lang, **{**error.fields, "number": "some"})


def test_every_fault_has_a_text_in_both_languages() -> None:
    for kind in attack.register.Kind.__args__:
        for lang in LANGUAGES:
            assert say(f"attack.{kind}", lang, place="index.html").startswith("index.html: ")


def test_fixed_sentences_tell_how_much_a_drawing_holds() -> None:
    from factlab.report.words import Words

    for lang in LANGUAGES:
        assert str(charts.MOST_ROWS) in Words(lang).word("table.crowded")
        assert str(use.MOST_BARS) in Words(lang).word("use.most")


def test_areas_with_mere_numbers_for_names_are_told_apart_from_numbers(tmp_path: Path) -> None:
    """Postcode areas, say; and a name that is too long for a drawing and holds a number."""
    book = synthetic.codebook()
    areas = tuple(
        dataclasses.replace(a, name=str(3510 + n)) if a.level != "municipality" else a
        for n, a in enumerate(book.areas)
    )
    long = "Stichting Samenwerkende Wijkteams 010 en omstreken voor jeugd, ouderen en ieder ander"
    organisations = tuple(dataclasses.replace(o, name=f"{long} {o.id}") for o in book.organisations)
    book = dataclasses.replace(book, areas=areas, organisations=organisations)
    counted = synthetic.count(book, synthetic.households(book, 4000))
    publication = made.publish(tmp_path / "p", made.protect(counted))
    for lang in LANGUAGES:
        rendered = render(publication, tmp_path / lang, lang)
        assert "010…" in rendered.html or "010 " in rendered.html
        assert attack.check_folder(publication, rendered.folder) == ()
        assert attack.check_paper(publication, paper.data(rendered.report)) == ()
