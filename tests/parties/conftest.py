"""The small round is made once for all tests of the parties."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.parties.little import LittleRound, make_round


@pytest.fixture(scope="session")
def made_round(tmp_path_factory: pytest.TempPathFactory) -> LittleRound:
    return make_round(tmp_path_factory.mktemp("little"))


@pytest.fixture(scope="session")
def made_split(tmp_path_factory: pytest.TempPathFactory) -> LittleRound:
    return make_round(tmp_path_factory.mktemp("split"), split=True)


@pytest.fixture
def split(made_split: LittleRound, tmp_path: Path) -> LittleRound:
    """A copy of the small round with a custodian, that a test may spoil."""
    return LittleRound(Path(shutil.copytree(made_split.root, tmp_path / "split")), made_split.identities)


@pytest.fixture
def little(made_round: LittleRound, tmp_path: Path) -> LittleRound:
    """A copy of the small round that a test may spoil."""
    return LittleRound(Path(shutil.copytree(made_round.root, tmp_path / "little")), made_round.identities)
