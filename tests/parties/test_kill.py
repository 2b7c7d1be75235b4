"""Killed at any step and any rename, nothing half-written stands where a result belongs, and the next run is whole."""

from __future__ import annotations

import pickle
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from factlab import publication
from factlab.delivery import journal, package
from factlab.parties import analyst, custodian, demo

from tests.parties.little import DAY, LittleRound

pytestmark = [
    pytest.mark.xdist_group("little"),
    pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL and fork are POSIX"),
]


def killed_at_every_event(
    tmp_path: Path, name: str, args: tuple[Any, ...], kwargs: dict[str, Any], look: Callable[[], None]
) -> int:
    """Kill at event 0, 1, 2 … until a run ends by itself; look at what is left each time. Gives the number of kills."""
    job = tmp_path / "job.pickle"
    job.write_bytes(pickle.dumps((name, args, kwargs, range(400))))
    driver = subprocess.Popen(
        [sys.executable, "-m", "tests.parties.kill_driver", str(job)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    )
    assert driver.stdin and driver.stdout
    kills = 0
    try:
        while line := driver.stdout.readline():
            if line.strip() == "look":
                look()
                driver.stdin.write("\n")
                driver.stdin.flush()
                continue
            _, _, how = line.strip().partition(" ")
            if how != "killed":
                assert how == "exit 0", how
                return kills
            kills += 1
    finally:
        driver.kill()
        driver.wait()
    raise AssertionError("the run never ended by itself")


def test_the_analyst(little: LittleRound, tmp_path: Path) -> None:
    out = tmp_path / "results" / "publication"
    files = analyst.delivery_files(little.deliveries)

    def look() -> None:
        if out.exists():
            publication.read(out)  # whole and sealed, or this raises
        for other in out.parent.glob("*"):
            assert other == out or (other.name.startswith(".") and other.name.endswith(".partial")), other
            assert other == out or other.stat().st_mode & 0o077 == 0 or (other / "SHA256SUMS").exists()

    kills = killed_at_every_event(
        tmp_path, "analyst.run", (little.round, files, little.analyst, out), {}, look
    )
    assert kills > 40
    analyst.run(little.round, files, little.analyst, out)
    assert [path.name for path in out.parent.iterdir()] == [out.name]


def test_an_organisation(little: LittleRound, tmp_path: Path) -> None:
    participant = next(
        f.stem.split("_")[1] for f in analyst.delivery_files(little.deliveries) if "hulpmiddelen" in f.name
    )
    home = little.root / "parties" / participant
    out = tmp_path / "out"
    out.mkdir()

    def look() -> None:
        for file in out.iterdir():
            if file.name.endswith(".factlab"):
                package.inspect(file, None)
            elif not file.name.startswith("."):
                assert file.stat().st_size > 0

    kwargs = {
        "kit": home / "kit",
        "participant": participant,
        "identity": little.identities[participant],
        "out": out,
        "day": DAY,
        "lang": "en",
    }
    args = (demo.extract_in(home / "extract"),)
    assert killed_at_every_event(tmp_path, "organisation.pseudonymise", args, kwargs, look) >= 4
    assert not [file for file in out.iterdir() if file.name.startswith(".")]


def test_the_custodian(split: LittleRound, tmp_path: Path) -> None:
    """What is there is one whole set, re-keyed together, and the log is never broken."""
    some = [min(split.submitted.iterdir(), key=lambda file: file.stat().st_size)]
    newer = split.deliver(some[0].name.split("_")[1], tmp_path, sequence=2)
    files = [*some, newer]
    out = tmp_path / "results" / "deliveries"
    custodian.rekey(split.round, some, split.identities["custodian"], out, day=DAY)
    (split.round / custodian.LOG).write_bytes(b"")  # so that every delivery is accepted anew

    def look() -> None:
        made = sorted(out.glob("*.factlab"))
        assert len(made) == (1 if out.exists() else 0)  # between two renames there is none
        assert len({package.inspect(file, None).rekey_check for file in made}) == bool(made)
        journal.read(split.round / custodian.LOG)

    args = (split.round, files, split.identities["custodian"], out)
    assert killed_at_every_event(tmp_path, "custodian.rekey", args, {"day": DAY}, look) > 10
    assert [file.name for file in out.glob("*_2_rekeyed.factlab")]
    assert [path.name for path in out.parent.iterdir()] == [out.name]
    assert not [path for path in split.round.iterdir() if path.name.startswith(".")]
