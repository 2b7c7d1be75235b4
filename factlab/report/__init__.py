"""Sees the publication only: the stapelingsmonitor as a page and on paper."""

from __future__ import annotations

from pathlib import Path

from factlab.cells import Publication
from factlab.texts import Language

__all__ = ["CERTIFICATE", "PAGE", "PAPER", "render"]

PAGE = "index.html"
CERTIFICATE = "disclosure.html"
PAPER = "stapelingsmonitor.pdf"


def render(publication: Publication, folder: Path, lang: Language = "nl") -> str:
    """Write `index.html` and `stapelingsmonitor.pdf` into an existing folder: the same report, twice. And
    `disclosure.html`: how safe it is, for a privacy officer. Returns all that the paper prints, as it was set: an
    attacker reads that rather than a PDF.

    Everything in them is a function of the publication's cells and codebook; the same publication gives the same
    bytes.
    """
    from factlab.report import certificate, page, paper, story

    report = story.tell(publication, lang)
    (folder / PAGE).write_bytes(page.page(report))
    printed = paper.data(report)
    (folder / PAPER).write_bytes(paper.paper(printed))
    (folder / CERTIFICATE).write_bytes(page.page(certificate.tell(publication, lang)))
    return printed
