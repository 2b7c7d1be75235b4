"""The page must show what the publication holds, cell by cell, however the number is written."""

from __future__ import annotations

import pytest
from factlab.attack import check_page
from factlab.cells import Cell, CellKey, Publication

from tests import synthetic

BOOK = synthetic.codebook(districts=1, neighbourhoods=1, missing=frozenset({"org-1"}))
PUBLISHED = CellKey("households", "municipality", "GM9999", "", "all")
HIDDEN = CellKey("domain", "municipality", "GM9999", "", "wmo")
MISSING = CellKey("organisation", "municipality", "GM9999", "", "org-1")


def publication() -> Publication:
    cells = []
    for key in BOOK.keys:
        if (key.table, key.category) in BOOK.unavailable:
            cells.append(Cell(key, None, "unavailable"))
        elif key == HIDDEN:
            cells.append(Cell(key, None, "suppressed"))
        else:
            cells.append(Cell(key, 12345, "published"))
    return Publication(BOOK, tuple(cells), {}, {}, {})


def shown(key: CellKey, text: str, tag: str = "td") -> list[str]:
    page = f'<table><tr><{tag} class="n" data-cell="{"|".join(key)}">{text}</{tag}></tr></table>'
    return [finding.kind for finding in check_page(publication(), page)]


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
    assert shown(PUBLISHED, text) == ["printed differently"]


@pytest.mark.parametrize("word", ["geheim", "Secret", " geheim\n"])
def test_the_word_for_hidden_hides(word: str) -> None:
    assert shown(HIDDEN, word) == []
    assert shown(PUBLISHED, word) == ["hidden though published"]


@pytest.mark.parametrize("text", ["7", "<span>geheim</span> 7", "geheim (&lt;10)", "<i title='7'>geheim</i>"])
def test_a_number_in_a_hidden_cell_is_found(text: str) -> None:
    assert shown(HIDDEN, text) == ["printed though hidden"]


def test_a_tooltip_or_comment_beside_the_word() -> None:
    mark = "|".join(HIDDEN)
    tooltip = f'<td data-cell="{mark}" title="4 huishoudens">geheim</td>'
    assert [f.kind for f in check_page(publication(), tooltip)] == ["printed though hidden"]


@pytest.mark.parametrize("text", ["", "-", "&lt; tien", "niet geleverd"])
def test_one_symbol_for_all_that_is_hidden(text: str) -> None:
    assert shown(HIDDEN, text) == ["printed differently"]


def test_not_delivered_is_neither_a_number_nor_hidden() -> None:
    assert shown(MISSING, "niet geleverd") == shown(MISSING, "not delivered") == []
    assert shown(MISSING, "0") == ["printed though not delivered"]
    assert shown(MISSING, "geheim") == ["printed differently"]


@pytest.mark.parametrize("mark", ["households|municipality|GM0000||all", "households", "a|b|c|d|e|f", ""])
def test_a_cell_that_the_codebook_does_not_know(mark: str) -> None:
    found = check_page(publication(), f'<td data-cell="{mark}">5</td>')
    assert [finding.kind for finding in found] == ["not in the codebook"]


def test_text_around_a_cell_is_not_part_of_it() -> None:
    page = f'<p>7 of 9<br><span data-cell="{"|".join(HIDDEN)}">geheim</span> and 3 more<img title="4"></p>'
    assert check_page(publication(), page) == ()


def test_every_wrong_cell_on_a_page_is_named_once() -> None:
    wrong = f'<td data-cell="{"|".join(HIDDEN)}">8</td>'
    right = f'<td data-cell="{"|".join(PUBLISHED)}">12.345</td>'
    found = check_page(publication(), f"<table><tr>{wrong}{right}{wrong}</table>")
    assert [finding.cells for finding in found] == [(HIDDEN,)]
    assert "8" not in repr(found).replace(repr(HIDDEN), "")
