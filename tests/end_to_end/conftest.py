"""One run of the demonstration, shared by the tests that look at its results."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from factlab.parties import demo

SAMPLE = Path(__file__).parents[2] / "sample_data"


@pytest.fixture(scope="session")
def played(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a demonstration on the sample municipality, run in an empty working folder `cwd` beside it."""
    root = tmp_path_factory.mktemp("demo")
    work = root / "cwd"
    work.mkdir()
    before = Path.cwd()
    os.chdir(work)
    try:
        demo.play(SAMPLE, root / "out", lang="en", say=lambda *_, **__: None)
    finally:
        os.chdir(before)
    return root / "out"
