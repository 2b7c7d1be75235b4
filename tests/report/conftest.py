"""One publication, rendered once in each language, for all tests of the report."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest
from factlab import report
from factlab.cells import CellKey, Codebook, Publication
from factlab.report import story
from factlab.report.contents import Report
from factlab.texts import Language

from tests import synthetic
from tests.publication import made


@dataclass(frozen=True)
class Rendered:
    publication: Publication
    report: Report
    folder: Path

    @property
    def html(self) -> str:
        return (self.folder / report.PAGE).read_text(encoding="utf-8")

    @property
    def pdf(self) -> bytes:
        return (self.folder / report.PAPER).read_bytes()


def hide(book: Codebook) -> set[CellKey]:
    """A neighbourhood wholly hidden, and a few large cells besides, as disclosure control would."""
    return {
        key
        for key in book.keys
        if key.area_code in {"BU99990102", "BU99990103"}
        or (key.area_code == "WK999901" and key.table == "organisations" and key.category in {"1", "2"})
    }


@pytest.fixture(scope="session")
def published(tmp_path_factory: pytest.TempPathFactory) -> Publication:
    book = synthetic.codebook(missing=frozenset({"org-5"}), services=7)
    counted = synthetic.count(book, synthetic.households(book, 5000), {"org-1": 14, "org-2": 3})
    return made.publish(tmp_path_factory.mktemp("published") / "whole", made.protect(counted, hide(book)))


def render(publication: Publication, folder: Path, lang: Language) -> Rendered:
    folder.mkdir()
    report.render(publication, folder, lang)
    return Rendered(publication, story.tell(publication, lang), folder)


@pytest.fixture(scope="session")
def dutch(published: Publication, tmp_path_factory: pytest.TempPathFactory) -> Rendered:
    return render(published, tmp_path_factory.mktemp("rendered") / "nl", "nl")


@pytest.fixture(scope="session")
def english(published: Publication, tmp_path_factory: pytest.TempPathFactory) -> Rendered:
    return render(published, tmp_path_factory.mktemp("rendered") / "en", "en")
