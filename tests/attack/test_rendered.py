"""What is printed and drawn must be what the publication holds, or made of what it holds, however it is written."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from factlab.attack import check_folder, check_page, check_paper
from factlab.cells import Cell, CellKey, Publication

from tests import synthetic

BOOK = synthetic.codebook(districts=1, neighbourhoods=1, missing=frozenset({"org-1"}))
PUBLISHED = CellKey("households", "municipality", "GM9999", "", "all")
HIDDEN = CellKey("domain", "municipality", "GM9999", "", "wmo")
MISSING = CellKey("organisation", "municipality", "GM9999", "", "org-1")
COUNTS = {
    "households": {"all": 12345},
    "services": {"0": 9045, "1": 2000, "2": 1000, "3": 200, "4": 60, "5+": 40},
}
ALL = "households|municipality|GM9999||all"
TWO = "services|municipality|GM9999||2,3,4,5+"  # 1300


def publication() -> Publication:
    cells = []
    for key in BOOK.keys:
        if (key.table, key.category) in BOOK.unavailable:
            cells.append(Cell(key, None, "unavailable"))
        elif key == HIDDEN:
            cells.append(Cell(key, None, "suppressed"))
        else:
            cells.append(Cell(key, COUNTS.get(key.table, {}).get(key.category, 500), "published"))
    return Publication(BOOK, tuple(cells), {}, {"attack": {"attacked": {"numbers": 321}}}, {})


def found(page: str) -> list[str]:
    return [misprint.kind for misprint in check_page(publication(), page)]


def shown(key: CellKey, text: str, tag: str = "td") -> list[str]:
    return found(f'<table><tr><{tag} class="n" data-cell="{"|".join(key)}">{text}</{tag}></tr></table>')


def made_of(mark: str, text: str) -> list[str]:
    return found(f'<p><span data-figure="{mark}">{text}</span></p>')


@pytest.mark.parametrize(
    "text",
    [
        "12345",
        "12.345",
        "12,345",
        "12\u00a0345",
        "12&nbsp;345",
        "12\u202f345",
        " 12 345\n",
        "<b>12</b>.<i>345</i>",
    ],
)
@pytest.mark.parametrize("tag", ["td", "th", "span"])
def test_a_number_may_be_written_in_dutch_or_english(text: str, tag: str) -> None:
    assert shown(PUBLISHED, text, tag) == []


@pytest.mark.parametrize("text", ["12346", "1.2345", "12,35", "ca. 12.345", "12.345 (8%)", "", "–"])
def test_another_number_is_found(text: str) -> None:
    assert shown(PUBLISHED, text) == ["different"]


@pytest.mark.parametrize("word", ["geheim", "Secret", " geheim\n"])
def test_the_word_for_hidden_hides(word: str) -> None:
    assert shown(HIDDEN, word) == []
    assert shown(PUBLISHED, word) == ["hidden_though_published"]


@pytest.mark.parametrize("text", ["7", "<span>geheim</span> 7", "geheim (&lt;10)", "geheim ²"])
def test_a_number_in_a_hidden_cell_is_found(text: str) -> None:
    assert shown(HIDDEN, text) == ["though_hidden"]


@pytest.mark.parametrize("text", ["", "-", "&lt; tien", "niet geleverd"])
def test_one_symbol_for_all_that_is_hidden(text: str) -> None:
    assert shown(HIDDEN, text) == ["different"]


def test_not_delivered_is_neither_a_number_nor_hidden() -> None:
    assert shown(MISSING, "niet geleverd") == shown(MISSING, "not delivered") == []
    assert shown(MISSING, "0") == ["though_not_delivered"]
    assert shown(MISSING, "geheim") == ["different"]


@pytest.mark.parametrize("mark", ["households|municipality|GM0000||all", "households", "a|b|c|d|e|f", ""])
def test_a_cell_that_the_codebook_does_not_know(mark: str) -> None:
    assert found(f'<td data-cell="{mark}">5</td>') == ["no_such_cell"]


def test_every_wrong_cell_on_a_page_is_named_once_and_its_number_never() -> None:
    wrong = f'<td data-cell="{"|".join(HIDDEN)}">8</td>'
    right = f'<td data-cell="{"|".join(PUBLISHED)}">12.345</td>'
    misprints = check_page(publication(), f'<table id="t"><tr>{wrong}{right}{wrong}</table>')
    assert [misprint.place for misprint in misprints] == ["index.html #t domain/municipality/GM9999/wmo"]
    assert "8" not in repr(misprints)


@pytest.mark.parametrize(
    "page",
    [
        "<p>Van de huishoudens zijn er 7 geheim.</p>",
        "<h1>Zeven huishoudens: 7</h1>",
        "<h1>Eén op de tien huishoudens</h1>",
        "<h1>Just over one in ten households</h1>",
        "<p>Buurt 1.1 7</p>",
        "<p>Buurt 1.17</p>",
        "<p>2 huishoudens</p>",  # a class of the codebook is called "2", which accounts for no 2 elsewhere
        "<td>2</td>",
        "<th>7</th>",
        "<p>2…</p>",
        "<p>Voorziening 77…</p>",
        "<p>½ van de huishoudens</p>",
        '<p title="7 huishoudens">geheim</p>',
        '<p aria-label="7 huishoudens">geheim</p>',
        '<p data-value="7">geheim</p>',
        '<div style="width: 37%"></div>',
        '<meter value="0.37"></meter>',
        '<meta name="description" content="7 huishoudens">',
        "<!-- 7 huishoudens -->",
        "<title>7 huishoudens</title>",
        "<p>Tabel 1</p>",  # there is none
        "<style>td::after { content: '7'; }</style>",
        "<style>td::after { content: attr(class); }</style>",
        "<script>document.write(3 + 4)</script>",
        '<img alt="" src="data:image/png;base64,AAAA">',
        "<svg><text>7</text>",  # never closed
        f'<td data-cell="{"|".join(HIDDEN)}" title="4 huishoudens">geheim</td>',
        f'<td data-cell="{"|".join(HIDDEN)}"><i title="7">geheim</i></td>',
    ],
)
def test_a_number_that_nothing_accounts_for_is_found_wherever_it_is(page: str) -> None:
    assert set(found(page)) == {"unaccounted"}


@pytest.mark.parametrize(
    "page",
    [
        "<p>Peildatum 31 december 2025, from 1 January 2025</p>",
        "<h1>Testdam 2025</h1>",
        "<p>In Buurt 1.1 en Wijk 1 levert Organisatie 2.</p>",
        "<table><tr><th>Buurt 1.1</th><th>5 of meer</th><th>2</th></tr></table>",
        "<p>Huishoudens met 2 of meer voorzieningen</p>",
        '<table aria-label="Tabel 1"></table>',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        '<h2 id="deel-2" class="h2" tabindex="0">Deel</h2>',
    ],
)
def test_dates_names_classes_and_fixed_sentences_are_accounted_for(page: str) -> None:
    assert found(page) == []


@pytest.mark.parametrize(
    ("mark", "texts"),
    [
        (TWO, ["1300", "1.300", "1,300"]),
        (f"{ALL} - services|municipality|GM9999||0,1", ["1.300"]),
        (f"{TWO} / {ALL}", ["10,5%", "10.5%", "11", "10,53 %", "Ruim één op de tien", "Just over one in ten households"]),
        (f"{ALL} - {TWO} / {ALL}", ["89,5%", "Nearly nine in ten households", "Bijna negen op de tien huishoudens"]),
        ("services|municipality|GM9999||5+ / " + ALL, ["0,3%", "<0,5%", "<1%"]),
        (f"{ALL} / {ALL}", ["100,0%", "100%"]),
        ("threshold", ["10"]),
        ("below the threshold", ["9"]),
        ("organisations", ["5"]),
        ("organisations that delivered", ["4"]),
        ("number of: services|municipality|GM9999||0,1", ["2"]),
        ("status: domain|municipality|suppressed", ["1"]),
        ("status: ||suppressed", ["1"]),
        ("attack: attacked|numbers", ["321"]),
        ("name: category|services|2", ["2"]),
        ("name: area|WK999901", ["Wijk 1"]),
    ],
)  # fmt: skip
def test_a_figure_is_made_again_from_what_it_says_it_is_made_of(mark: str, texts: list[str]) -> None:
    for text in texts:
        assert made_of(mark, text.replace("<", "&lt;")) == [], text


@pytest.mark.parametrize(
    ("mark", "text"),
    [
        (TWO, "1301"),
        (TWO, "1.300%"),
        (TWO, "geheim"),
        ("services|municipality|GM9999||2,3,4", "1300"),  # of other cells than it says
        (f"{TWO} / {ALL}", "10,6%"),
        (f"{TWO} / {ALL}", "9"),
        (f"{TWO} / {ALL}", "Bijna één op de tien huishoudens"),
        (f"{TWO} / {ALL}", "Eén op de vijf huishoudens"),
        (f"{TWO} / {ALL}", "10,5% (7)"),
        (f"services|municipality|GM9999||2,3,4 / {ALL}", "10,5%"),
        (f"{TWO} / {ALL}", "&lt;10%"),
        ("organisations", "4"),
        ("name: category|services|2", "7"),
        ("name: area|WK999901", "7"),
    ],
)
def test_a_figure_that_is_not_that_is_found(mark: str, text: str) -> None:
    assert made_of(mark, text) == ["different"]


@pytest.mark.parametrize(
    ("mark", "kind"),
    [
        (f"{'|'.join(HIDDEN)} / {ALL}", "of_hidden"),
        (f"{TWO} / {'|'.join(HIDDEN)}", "of_hidden"),
        ("domain|municipality|GM9999||jeugd,wmo", "of_hidden"),
        (f"{ALL} - {'|'.join(HIDDEN)}", "of_hidden"),
        ("|".join(MISSING), "of_hidden"),
        (f"{ALL} - services|municipality|GM9999||0,1,2,3,4 - services|municipality|GM9999||5+", "different"),
        ("services|municipality|GM9999||5+ - services|municipality|GM9999||5+ - threshold", "too_small"),
        (f"{TWO} - households|district|WK999901||all", "too_small"),
        ("services|municipality|GM9999||2,2", "no_such_cell"),
        ("services|municipality|GM9999||7", "no_such_cell"),
        ("7", "unaccounted"),
        ("wijken", "unaccounted"),
        ("attack: attacked|hidden", "unaccounted"),
        ("values that remain possible", "unaccounted"),
        ("threshold / status: ||nothing", "unaccounted"),
        ("", "unaccounted"),
    ],
)
def test_a_figure_of_what_no_reader_has_is_found(mark: str, kind: str) -> None:
    assert made_of(mark, "7") == [kind]


def test_a_difference_below_the_threshold_is_not_printed_though_it_is_computable() -> None:
    near = publication()
    cells = tuple(
        c._replace(households=12338) if c.key == CellKey("services", "municipality", "GM9999", "", "0") else c
        for c in near.cells
    )
    near = Publication(BOOK, cells, {}, {}, {})
    page = f'<b data-figure="{ALL} - services|municipality|GM9999||0">7</b>'
    assert [misprint.kind for misprint in check_page(near, page)] == ["too_small"]


SERVICES = "services|municipality|GM9999||"


def bar(drawn: str, wide: float, x: float = 0, fill: str = "#2f74b5") -> str:
    path = f"M {x} 0 L {x + wide} 0 L {x + wide} 8 L {x} 8 z"
    return f'<g id="b" data-drawn="{drawn}"><path d="{path}" style="fill: {fill}"/></g>'


def drawing(*parts: str) -> list[str]:
    return found(f'<svg xmlns="http://www.w3.org/2000/svg" width="504pt">{"".join(parts)}</svg>')


def test_a_shape_is_as_long_as_far_and_as_dark_as_its_number() -> None:
    lengths = [bar(f"width: {SERVICES}{code}", COUNTS["services"][code] / 20) for code in ("0", "1", "2")]
    assert drawing(*lengths) == []
    assert drawing(*lengths, bar(f"width: {SERVICES}4", 40)) == ["drawn_differently"]
    places = [
        bar(f"place: {SERVICES}{code} / {ALL}", 4, x=60 + COUNTS["services"][code] / 50)
        for code in ("0", "1", "2")
    ]
    assert drawing(*places) == []
    assert drawing(*places, bar(f"place: {SERVICES}4 / {ALL}", 4, x=90)) == ["drawn_differently"]
    shades = [
        bar(f"shade: {SERVICES}{code}", 30, fill=fill)
        for code, fill in (("0", "#111"), ("1", "#eee"), ("2", "#eee"))
    ]
    assert drawing(*shades) == []
    assert drawing(*shades, bar(f"shade: {SERVICES}4", 30, fill="#111")) == ["drawn_differently"]


@pytest.mark.parametrize(
    ("part", "kind"),
    [
        (bar(f"width: {'|'.join(HIDDEN)}", 30), "of_hidden"),
        (bar(f"shade: {'|'.join(HIDDEN)} / {ALL}", 30), "of_hidden"),
        (bar("hidden", 30), "drawn_differently"),  # in the colour of a class
        (bar("key", 30) + bar("key", 37), "drawn_unaccounted"),  # a legend is no bar
        ('<path d="M 0 0 L 37 0 L 37 8 z"/>', "drawn_unaccounted"),
        ('<path d="M 0 0 L 37 0" style="fill: none; stroke: #000"/>', "drawn_unaccounted"),
        ('<g data-drawn="key"><rect width="37" height="8"/></g>', "drawn_unaccounted"),
        ('<g data-drawn="key"><g transform="scale(3.7)"><path d="M 0 0 L 9 0 L 9 9 z"/></g></g>', "drawn_unaccounted"),
        ('<g data-drawn="key"><g style="stroke: #000"><path d="M 0 0 L 37 0" style="fill: none"/></g></g>', "drawn_unaccounted"),
        ("<text>7</text>", "unaccounted"),
        ("<text><tspan>7</tspan></text>", "unaccounted"),
        (f'<text><tspan data-cell="{"|".join(HIDDEN)}">7</tspan></text>', "though_hidden"),
        (f'<text><tspan data-figure="{TWO}">1.301</tspan></text>', "different"),
        (f'<text><tspan data-figure="{TWO}">1.300</tspan> 7</text>', "unaccounted"),
        ("<title>7 huishoudens</title>", "unaccounted"),
        ("<desc>Wijk 1: 7</desc>", "unaccounted"),
        ('<g aria-label="7 huishoudens"/>', "unaccounted"),
        ("<!-- 7 -->", "unaccounted"),
        ('<text data-figure="axis">7%</text>', "different"),
        ('<text data-figure="axis">0%</text><text data-figure="axis">5%</text><text data-figure="axis">7%</text>', "different"),
        ('<text data-figure="classes">&lt;7,3%</text><text data-figure="classes">≥8%</text>', "different"),
    ],
)  # fmt: skip
def test_one_fault_in_a_drawing_is_found(part: str, kind: str) -> None:
    assert drawing(part) == [kind]


@pytest.mark.parametrize(
    "part",
    [
        '<text data-figure="axis">0%</text><text data-figure="axis">2,5%</text><text data-figure="axis">5%</text>',
        '<text data-figure="classes">&lt;5%</text><text data-figure="classes">5–10%</text><text data-figure="classes">≥15%</text>'
        '<text data-figure="classes">10–15%</text>',
        f'<title>In Wijk 1: <span data-figure="{TWO}">1.300</span></title>',
        bar("key", 9) + bar("hidden", 30, fill="url(#hatch)"),
        '<defs><path d="M 0 0 L 37 0"/></defs><path d="M 0 0 L 504 0" style="fill: none"/>',
    ],
)
def test_scales_legends_and_titles_of_a_drawing_are_accounted_for(part: str) -> None:
    assert drawing(part) == []


def span(text: str, *, cell: str = "", figure: str = "") -> dict[str, object]:
    return {"text": text, "cell": cell, "figure": figure, "quiet": False}


PAPER = {
    "lang": "nl",
    "title": [span("Testdam telt "), span("12.345", cell=ALL), span(" huishoudens")],
    "date": [2025, 12, 31],
    "tables": [{"id": "table-7", "number": 1, "rows": [{"head": "Wijk 1", "entries": [span("1.300", figure=TWO)]}]}],
    "alt": [span("Wijk 1 "), span("10,5%", figure=f"{TWO} / {ALL}")],
    "folded": True,
}  # fmt: skip


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        ({}, ""),
        ({"lead": [span("7 huishoudens")]}, "unaccounted"),
        ({"footer": "7 huishoudens"}, "unaccounted"),
        ({"alt": "Wijk 1 7"}, "unaccounted"),
        ({"date": [2025, 12, 7]}, "unaccounted"),
        ({"households": 7}, "unaccounted"),
        ({"number": 7}, "unaccounted"),
        ({"lead": [span("7", cell="|".join(HIDDEN))]}, "though_hidden"),
        ({"lead": [span("10,5%", figure=f"{'|'.join(HIDDEN)} / {ALL}")]}, "of_hidden"),
        ({"svg": "<svg><text>7</text></svg>"}, "unaccounted"),
    ],
)
def test_what_a_paper_is_set_from_is_held_against_the_publication(
    change: dict[str, object], kind: str
) -> None:
    misprints = check_paper(publication(), json.dumps({**PAPER, **change}))
    assert [misprint.kind for misprint in misprints] == ([kind] if kind else [])


WIDE = "area_level,area_code,area_name,jeugd,wmo\nmunicipality,GM9999,Testdam,500,geheim\n"


@pytest.mark.parametrize(
    ("name", "text", "kind"),
    [
        ("tables/domain.csv", WIDE, ""),
        ("tables/domain.csv", WIDE.replace("geheim", "7"), "though_hidden"),
        ("tables/domain.csv", WIDE.replace("500", "501"), "different"),
        ("tables/domain.csv", WIDE.replace("Testdam", "Testdam (7)"), "unaccounted"),
        ("tables/domain.csv", WIDE.replace("geheim", "geheim,7"), "unaccounted"),
        ("tables/domain.csv", WIDE.replace("wmo", "ouder"), "no_such_cell"),
        ("tables/other.csv", WIDE, "no_such_cell"),
        ("disclosure.html", "<p>7 getallen</p>", "unaccounted"),
        ("other/page.html", "<p>7 getallen</p>", "unaccounted"),
        ("indicators.xlsx", "", "unknown_file"),
        ("tables/domain.json", "{}", "unknown_file"),
        ("domain.csv", WIDE, "unknown_file"),
    ],
)
def test_every_file_of_a_folder_is_read_or_refused(name: str, text: str, kind: str, tmp_path: Path) -> None:
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_text(text, encoding="utf-8")
    kinds = {misprint.kind for misprint in check_folder(publication(), tmp_path)}
    assert kinds == ({kind} if kind else set())


def test_a_file_that_the_checksums_do_not_cover_is_refused(tmp_path: Path) -> None:
    for name in ("index.html", "stapelingsmonitor.pdf"):
        (tmp_path / name).write_text("<p>geheim</p>")
    assert check_folder(publication(), tmp_path) == ()
    (tmp_path / "SHA256SUMS").write_text(f"{'0' * 64}  index.html\n")
    assert [(m.kind, m.place) for m in check_folder(publication(), tmp_path)] == [
        ("unknown_file", "stapelingsmonitor.pdf")
    ]


def test_borders_say_which_area_they_are_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "areas.geojson").write_text("{}")
    for properties, fine in (
        ({"code": "WK999901"}, True),
        ({"code": "WK999901", "aantal_huishoudens": 7}, False),
        ({"code": "WK000000"}, False),
    ):
        whole = publication()
        told = Publication(BOOK, whole.cells, {}, {}, {"features": [{"properties": properties}]})
        assert (check_folder(told, tmp_path) == ()) == fine
