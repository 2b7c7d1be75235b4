"""A rounded publication as readers get it: it says so, claims no more than it knows, and every number is accounted for."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from factlab import attack, publication
from factlab.cells import CountTable, Publication
from factlab.disclosure import protect
from factlab.errors import PublicationError
from factlab.report import certificate, paper
from factlab.report.contents import Report, plain
from factlab.report.counts import Number, Share
from factlab.report.words import Words
from factlab.texts import LANGUAGES, Language

from tests import synthetic
from tests.publication import made
from tests.report.conftest import Rendered, render


def counts(base: int) -> CountTable:
    book = replace(
        synthetic.codebook(
            districts=2, neighbourhoods=2, services=4, organisations=3, reporters=(synthetic.reporter("S01"),)
        ),
        rounding=base,
    )
    return synthetic.count(book, synthetic.households(book, 3000), {"org-1": 14, "org-2": 3})


@pytest.fixture(scope="module")
def rounded(tmp_path_factory: pytest.TempPathFactory) -> Publication:
    return made.publish(tmp_path_factory.mktemp("published") / "rounded", protect(counts(5), salt=b"round"))


@pytest.fixture(scope="module", params=LANGUAGES)
def rendered(
    rounded: Publication, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Rendered:
    lang: Language = request.param
    return render(rounded, tmp_path_factory.mktemp("rounded") / lang, lang)


def told(report: Report) -> str:
    lines = [plain(report.lead), *(plain(point) for point in report.brief)]
    lines += [plain(text) for section in report.sections for text in section.text]
    return "\n".join(lines)


def test_every_number_is_accounted_for(rounded: Publication, rendered: Rendered) -> None:
    assert attack.check_folder(rounded, rendered.folder) == ()
    assert attack.check_paper(rounded, paper.data(rendered.report)) == ()


def test_the_reader_is_told(rounded: Publication, rendered: Rendered) -> None:
    lang = rendered.report.lang
    once = {"nl": "afgerond op een veelvoud van 5", "en": "rounded to a multiple of 5"}[lang]
    most = {"nl": "hooguit 4 af", "en": "at most 4 from"}[lang]
    sums = {"nl": "tellen nog steeds op", "en": "still add up"}[lang]
    assert once in plain(rendered.report.lead)
    for report in (rendered.report, certificate.tell(rounded, "nl" if lang == "nl" else "en")):
        assert once in told(report)
        assert most in told(report)
        assert sums in told(report)
    off = replace(rounded, certificate={**rounded.certificate, "rounding": {"relations_that_fail": 3}})
    assert sums not in told(certificate.tell(off, "nl" if lang == "nl" else "en"))


def test_an_exact_publication_says_nothing_of_it(dutch: Rendered) -> None:
    assert "veelvoud" not in told(dutch.report)
    assert "afgeronde" not in told(dutch.report)


def test_every_printed_count_is_a_multiple(rendered: Rendered) -> None:
    printed = re.findall(r'data-cell="[^"]*"[^>]*>([\d.,]+)<', rendered.html)
    assert len(printed) > 100
    assert all(int(re.sub(r"\D", "", number)) % 5 == 0 for number in printed)


def test_a_percentage_has_a_decimal_only_where_rounding_leaves_it_one() -> None:
    def share(part: int, whole: int) -> Share:
        return Share(Number(part, "a"), Number(whole, "b"))

    exact, to_five = Words("en"), Words("en", 5)
    assert exact.share(share(615, 4995)).text == "12.3%"
    assert to_five.share(share(615, 4995)).text == "12%"
    assert to_five.share(share(615, 5000)).text == "12.3%"
    assert to_five.share(share(10, 4000)).text == "<1%"
    assert to_five.share(share(3990, 4000)).text == ">99%"


def test_words_for_a_share_are_not_used_when_rounding_could_belie_them() -> None:
    """95 of 1,000 is nearly one in ten; but 95 may be 99 or 91, and the 1,000 too."""

    def subject(words: Words, part: int, whole: int) -> str:
        return plain(words.subject(Share(Number(part, "a"), Number(whole, "b")))[0])

    assert subject(Words("en"), 95, 1000) == "Nearly one in ten households"
    assert subject(Words("en", 5), 95, 1000) == "10% of households"
    assert subject(Words("en", 5), 950, 10_000) == "Nearly one in ten households"


def test_a_number_that_was_not_rounded_is_not_written(tmp_path: Path) -> None:
    exact = made.protect(counts(5))
    with pytest.raises(PublicationError) as caught:
        publication.write(tmp_path, exact, provenance={}, borders=made.borders(exact.codebook))
    assert caught.value.key == "publication.not_rounded"
    assert list(tmp_path.iterdir()) == []
