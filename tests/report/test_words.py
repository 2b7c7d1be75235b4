"""Numbers, dates and sentences read as people write them, in both languages."""

from __future__ import annotations

import tomllib
from string import Formatter

import pytest
from factlab.cells import Cell, CellKey
from factlab.files import package_folder
from factlab.report.contents import Span, plain
from factlab.report.counts import Number, Share
from factlab.report.words import Words

NL, EN = Words("nl"), Words("en")
KEY = CellKey("services", "district", "WK999901", "", "5+")


def part_of(share: float) -> Share:
    return Share(Number(round(share * 1000), "part"), Number(1000, "whole"))


def test_numbers() -> None:
    assert (NL.number(1234567), EN.number(1234567)) == ("1.234.567", "1,234,567")
    assert (NL.number(0), EN.number(12)) == ("0", "12")


def test_percentages() -> None:
    assert (NL.percent(0.0954), EN.percent(0.0954)) == ("9,5%", "9.5%")
    assert NL.percent(0) == "0,0%"
    assert NL.percent(1) == "100,0%"


def test_something_is_not_written_as_nothing_nor_nearly_all_as_all() -> None:
    assert NL.percent(0.0001) == "<0,1%"
    assert EN.percent(0.9999) == ">99.9%"
    assert NL.percent(0.0006) == "0,1%"


def test_dates() -> None:
    assert NL.date("2025-03-01") == "1 maart 2025"
    assert EN.date("2025-12-31") == "31 December 2025"


@pytest.mark.parametrize(
    ("share", "dutch", "english"),
    [
        (0.1, "Eén op de tien huishoudens", "One in ten households"),
        (0.106, "Ruim één op de tien huishoudens", "Just over one in ten households"),
        (0.094, "Bijna één op de tien huishoudens", "Nearly one in ten households"),
        (0.25, "Eén op de vier huishoudens", "One in four households"),
        (0.782, "Bijna acht op de tien huishoudens", "Nearly eight in ten households"),
        (0.8, "acht op de tien huishoudens", "eight in ten households"),
        (0.03, "3,0% van de huishoudens", "3.0% of households"),
        (0.4, "40,0% van de huishoudens", "40.0% of households"),
    ],
)
def test_a_share_as_the_start_of_a_sentence(share: float, dutch: str, english: str) -> None:
    assert plain(NL.subject(part_of(share))[0]).lower() == dutch.lower()
    assert plain(EN.subject(part_of(share))[0]).lower() == english.lower()
    for words in (NL, EN):
        first = plain(words.subject(part_of(share))[0])[0]
        assert first == first.upper()


def test_verbs_agree_with_their_subject() -> None:
    assert [NL.subject(part_of(share))[1] for share in (0.1, 0.8, 0.03)] == [False, True, False]
    assert [EN.subject(part_of(share))[1] for share in (0.1, 0.8, 0.03)] == [False, True, True]


def test_cells_are_marked_and_hidden_ones_are_words() -> None:
    mark = "services|district|WK999901||5+"
    assert NL.cell(Cell(KEY, 1234, "published")) == Span("1.234", mark)
    assert NL.cell(Cell(KEY, None, "suppressed")) == Span("geheim", mark, quiet=True)
    assert EN.cell(Cell(KEY, None, "suppressed")).text == "secret"
    assert NL.cell(Cell(KEY, None, "unavailable")).text == "niet geleverd"
    assert EN.cell(Cell(KEY, None, "unavailable")).text == "not delivered"


def test_a_number_says_what_it_is_made_of() -> None:
    assert NL.figure(Number(1234, "a|b|c||1,2")) == Span("1.234", figure="a|b|c||1,2")
    assert EN.share(part_of(0.125)) == Span("12.5%", figure="part / whole")
    told = NL.subject(part_of(0.1))[0]
    assert [span.figure for span in told] == ["part / whole"]


def test_a_cell_in_a_sentence_stays_marked() -> None:
    told = NL.say("opening.lead_none", none=NL.cell(Cell(KEY, 1234, "published")))
    assert [span.text for span in told if span.cell] == ["1.234"]


def test_names_in_a_row() -> None:
    assert NL.both(["A"]) == "A"
    assert NL.both(["A", "B", "C"]) == "A, B en C"
    assert EN.both(["A", "B"]) == "A and B"


def test_every_text_is_there_in_both_languages_with_the_same_fields() -> None:
    texts = tomllib.loads((package_folder("reports") / "texts.toml").read_text(encoding="utf-8"))
    for section, entries in texts.items():
        if section in ("months", "numerals"):
            assert len(entries["nl"]) == len(entries["en"])
            continue
        for name, told in entries.items():
            assert set(told) == {"nl", "en"}, f"{section}.{name}"
            fields = [{field for _, field, _, _ in Formatter().parse(told[lang])} for lang in ("nl", "en")]
            assert fields[0] == fields[1], f"{section}.{name}"
            assert "'" not in told["nl"], f"{section}.{name}: a straight apostrophe"
