"""Files appear whole or not at all."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest
from factlab.files import new_file, new_folder


def test_a_failed_write_leaves_what_was_there(tmp_path: Path) -> None:
    target = tmp_path / "a.csv"
    target.write_text("old")
    with pytest.raises(RuntimeError), new_file(target) as beside:
        beside.write_text("half")
        raise RuntimeError
    assert target.read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]


def test_a_failed_folder_leaves_what_was_there(tmp_path: Path) -> None:
    target = tmp_path / "publication"
    with new_folder(target) as folder:
        (folder / "MARK").write_text("first")
    with pytest.raises(RuntimeError), new_folder(target, replaces="MARK") as folder:
        (folder / "half").write_text("half")
        raise RuntimeError
    assert [path.name for path in target.iterdir()] == ["MARK"]
    with new_folder(target, replaces="MARK") as folder:
        (folder / "MARK").write_text("second")
    assert (target / "MARK").read_text() == "second"
    assert list(tmp_path.iterdir()) == [target]


def test_a_folder_of_another_kind_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("keep")
    with pytest.raises(FileExistsError), new_folder(tmp_path, replaces="SHA256SUMS"):
        raise AssertionError
    assert (tmp_path / "mine.txt").read_text() == "keep"


def test_a_private_file_is_private_from_its_first_byte(tmp_path: Path) -> None:
    with new_file(tmp_path / "a.key", private=True) as beside:
        assert stat.S_IMODE(beside.stat().st_mode) == 0o600
        beside.write_text("secret")
    assert stat.S_IMODE((tmp_path / "a.key").stat().st_mode) == 0o600


def test_what_a_killed_run_left_is_cleared_and_a_living_one_keeps_its_own(tmp_path: Path) -> None:
    dead = tmp_path / ".a.csv.999999999.partial"
    alive = tmp_path / f".a.csv.{os.getppid()}.partial"
    other = tmp_path / ".b.csv.999999999.partial"
    for path in (dead, alive, other):
        path.write_text("half")
    with new_file(tmp_path / "a.csv") as beside:
        beside.write_text("whole")
    assert not dead.exists()
    assert alive.exists()
    assert other.exists()


def test_a_folder_that_a_killed_run_had_moved_aside_comes_back(tmp_path: Path) -> None:
    """Killed between its two renames, and the next run fails: what was published before is still there."""
    target = tmp_path / "publication [1]"
    aside = tmp_path / ".publication [1].999999999.old.partial"
    half = tmp_path / ".publication [1].999999999.partial"
    for folder in (aside, half):
        folder.mkdir()
        (folder / "MARK").write_text(folder.name)
    with pytest.raises(RuntimeError), new_folder(target, replaces="MARK"):
        raise RuntimeError
    assert (target / "MARK").read_text() == aside.name
    assert list(tmp_path.iterdir()) == [target]
