"""The report on paper: the same contents, tagged for screen readers, with no date but the reference date."""

from __future__ import annotations

import io
import os
import re
import shutil
import subprocess

import pytest
from factlab.report.contents import plain
from pypdf import PdfReader
from pypdf.generic import DictionaryObject

from tests.report.conftest import Rendered

pytestmark = pytest.mark.pdf


@pytest.fixture(scope="module")
def text(dutch: Rendered) -> str:
    """What the paper says, as a reader copies it."""
    if not shutil.which("pdftotext"):
        told = "there is no pdftotext (poppler-utils): the text of the paper was not checked"
        if os.environ.get("CI") == "true":
            pytest.fail(told)
        pytest.skip(told)
    found = subprocess.run(
        ["pdftotext", "-layout", dutch.folder / "stapelingsmonitor.pdf", "-"], check=True, capture_output=True
    )
    return " ".join(found.stdout.decode().split())


def test_the_paper_is_tagged_and_says_so(dutch: Rendered) -> None:
    reader = PdfReader(io.BytesIO(dutch.pdf))
    root = reader.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"]
    assert root["/Lang"] == "nl"
    assert root["/ViewerPreferences"]["/DisplayDocTitle"]
    assert reader.metadata is not None
    assert reader.metadata.title == dutch.publication.codebook.title
    assert b"pdfuaid:part>1<" in root["/Metadata"].get_data()


def test_every_figure_has_its_words_and_every_table_its_headings(dutch: Rendered) -> None:
    kinds: list[str] = []
    alternatives: list[str] = []

    def walk(node: object) -> None:
        if isinstance(node, list):
            for child in node:
                walk(child.get_object())
        elif isinstance(node, DictionaryObject):
            if "/S" in node:
                kinds.append(str(node["/S"]))
            if "/Alt" in node:
                alternatives.append(str(node["/Alt"]))
            if "/K" in node:
                walk(node["/K"])

    reader = PdfReader(io.BytesIO(dutch.pdf))
    walk(reader.trailer["/Root"]["/StructTreeRoot"]["/K"])
    findings = [f for section in dutch.report.sections for f in section.findings]
    figures = [f.figure for f in findings if f.figure]
    tables = [f.table for f in findings if f.table]
    assert [plain(figure.alt) for figure in figures] == alternatives
    assert kinds.count("/Table") == len(tables)
    assert kinds.count("/TH") >= sum(len(table.columns) + 1 for table in tables)
    assert kinds.count("/H1") == 1
    assert kinds.count("/H2") == len(dutch.report.sections) + 1


def test_the_paper_carries_no_other_date(dutch: Rendered) -> None:
    reader = PdfReader(io.BytesIO(dutch.pdf))
    assert reader.metadata is not None
    dates = {str(value) for key, value in reader.metadata.items() if "Date" in key}
    assert all(value.startswith("D:20251231") for value in dates)
    stamps = set(re.findall(rb"Date>([^<]+)<", reader.trailer["/Root"]["/Metadata"].get_data()))
    assert all(stamp.startswith(b"2025-12-31") for stamp in stamps)


def test_the_paper_says_what_the_page_says(dutch: Rendered, text: str) -> None:
    for told in (dutch.report.title, dutch.report.lead, *dutch.report.brief):
        assert " ".join(plain(told).split()) in text
    for section in dutch.report.sections:
        assert section.title in text
        for finding in section.findings:
            assert plain(finding.heading) in text
    assert "geheim" in text
    assert "niet geleverd" in text


def test_pages_are_numbered(text: str, dutch: Rendered) -> None:
    pages = len(PdfReader(io.BytesIO(dutch.pdf)).pages)
    assert f"Pagina {pages} van {pages}" in text
