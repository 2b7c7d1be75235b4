"""The report on paper: a tagged PDF (PDF/UA-1), set by Typst from the same contents as the page."""

from __future__ import annotations

import json
from dataclasses import asdict

import typst

from factlab.files import package_folder
from factlab.report.contents import Report


def data(report: Report) -> str:
    """All that the paper prints, as Typst gets it: `reports/paper.typ` adds page numbers and nothing else."""
    return json.dumps(asdict(report), ensure_ascii=False)


def paper(told: str) -> bytes:
    """The PDF. Its only date is the reference date, so that the same contents give the same bytes."""
    folder = package_folder("reports")
    made: bytes = typst.compile(
        folder / "paper.typ",
        root=folder,
        font_paths=typst.Fonts(
            include_system_fonts=False, include_embedded_fonts=False, font_paths=[folder / "fonts"]
        ),
        ignore_system_fonts=True,
        sys_inputs={"report": told},
        pdf_standards=["ua-1"],
    )
    return made
