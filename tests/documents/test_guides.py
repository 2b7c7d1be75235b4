"""What a guide shows is what its commands print."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.documents.playing import WHO, masked, played

DOCS = Path(__file__).parents[2] / "docs"


@pytest.mark.parametrize(("name", "lang"), [("organisatie.md", "nl"), ("organisation.md", "en")])
def test_the_guide_of_the_organisation(tmp_path: Path, name: str, lang: str) -> None:
    guide = (DOCS / name).read_text(encoding="utf-8")
    assert guide.count("```console") == 3
    assert masked(played(guide, tmp_path, lang)) == masked(guide)
    assert (tmp_path / f"wiermonde-2025_{WHO}_1.factlab").exists()
