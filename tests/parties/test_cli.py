"""The command line as people use it: help with examples, plain errors with an exit code, and the whole way by hand."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path

import pytest
import typer
from factlab import cli
from factlab.parties import demo

from tests.parties.little import LittleRound

pytestmark = pytest.mark.xdist_group("little")
ROOT = Path(__file__).parents[2]


@pytest.fixture
def factlab(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):  # type: ignore[no-untyped-def]
    """Run the command; gives (exit code, standard output, standard error)."""

    def run(*words: object) -> tuple[int, str, str]:
        monkeypatch.setattr("sys.argv", ["factlab", *map(str, words)])
        monkeypatch.setenv("LC_ALL", "en_GB.UTF-8")
        with pytest.raises(SystemExit) as ended:
            cli.main()
        out, err = capsys.readouterr()
        assert "Traceback" not in out + err
        return int(ended.value.code or 0), out, err

    return run


def commands() -> list[tuple[str, ...]]:
    def walk(command: object, path: tuple[str, ...]) -> list[tuple[str, ...]]:
        inner = getattr(command, "commands", None)
        if inner is None:
            return [path]
        return [found for name, part in inner.items() for found in walk(part, (*path, name))]

    return walk(typer.main.get_command(cli.app), ())


@pytest.mark.parametrize("command", commands(), ids=" ".join)
def test_every_command_helps_with_an_example_and_is_in_the_readme(factlab, command) -> None:  # type: ignore[no-untyped-def]
    code, out, _ = factlab(*command, "--help")
    assert code == 0
    assert f"Example: factlab {'--lang en ' if command == ('report',) else ''}{' '.join(command)}" in out
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert f"`factlab {' '.join(command)}" in readme or f"`{command[-1]}`" in readme


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (["bogus"], 2, "No such command"),
        (["run"], 2, "Missing argument"),
        (["--lang", "fr", "explain"], 2, "--lang is nl or en"),
        (["round", "check", "nowhere"], 1, "round.toml is not in nowhere"),
        (["--lang", "nl", "round", "check", "nowhere"], 1, "round.toml staat niet in nowhere"),
        (["identity", "show", "nowhere.pub"], 1, "nowhere.pub"),
        (["inspect", "nowhere.factlab"], 1, "nowhere.factlab"),
        (["audit", "nowhere"], 1, "nowhere"),
        (["run", "r", "--identity", "k", "--out", "p"], 2, "no delivery (*.factlab) in r"),
        (["demo", "--data", "nowhere", "--out", "out"], 2, "nowhere is no folder of `factlab sample`"),
        (["sample", "out", "--households", "3"], 2, "500"),
    ],
)
def test_an_error_says_what_and_what_to_do(  # type: ignore[no-untyped-def]
    factlab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str], code: int, sentence: str
) -> None:
    monkeypatch.chdir(tmp_path)
    ended, out, err = factlab(*words)
    assert ended == code
    assert sentence in out + err
    assert list(tmp_path.iterdir()) == []


def test_a_bug_tells_its_place_and_never_a_value(factlab, monkeypatch: pytest.MonkeyPatch) -> None:  # type: ignore[no-untyped-def]
    def broken() -> list[object]:
        raise ValueError("Kerkstraat 12 in a row")

    monkeypatch.setattr("factlab.parties.analyst.explain", broken)
    code, out, err = factlab("explain")
    assert code == 1
    assert "ValueError at test_cli.py" in err
    assert "Kerkstraat" not in out + err


def test_explain_shows_every_step_with_its_checksum(factlab) -> None:  # type: ignore[no-untyped-def]
    code, out, _ = factlab("explain")
    assert code == 0
    for step in ("linkage/05_drop_key.sql", "stacking/02_stack.sql", "stacking/areas/01_counts.sql"):
        assert f"===== {step}  sha256 " in out


def test_the_whole_way_by_hand(factlab, little: LittleRound, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    keys = little.root / "keys"
    there = ("--deliveries", little.deliveries)
    code, out, _ = factlab("identity", "new", tmp_path / "mine.key", "--name", "analyst")
    assert code == 0
    assert "Keep" in out
    code, _, err = factlab("identity", "new", tmp_path / "mine.key", "--name", "analyst")
    assert code == 2
    assert "never overwritten" in err

    code, out, _ = factlab("round", "show", little.round, "--json")
    assert code == 0
    shown = json.loads(out)
    code, out, _ = factlab("identity", "show", keys / "analyst.pub")
    assert shown["analyst"] in out

    code, out, _ = factlab("status", little.round, "--identity", keys / "analyst.key", "--json", *there)
    assert code == 0
    assert set(json.loads(out)["delivered"]) == set(shown["participants"])

    delivery = sorted(little.deliveries.iterdir())[0]
    code, out, _ = factlab("inspect", delivery, "--round", little.round, "--json")
    assert code == 0
    assert json.loads(out)["participant"] in shown["participants"]

    publication = tmp_path / "publication"
    code, out, err = factlab(
        "run", little.round, "--identity", keys / "analyst.key", "--out", publication, "--json", *there
    )
    assert code == 0, err
    assert json.loads(out)["holds"] is True
    assert "Joining on the pseudonym" in err
    assert factlab("audit", publication)[0] == 0

    code, out, _ = factlab("--lang", "en", "report", publication, "--out", tmp_path / "english")
    assert code == 0
    assert '<html lang="en"' in (tmp_path / "english" / "index.html").read_text(encoding="utf-8")


def test_audit_of_a_publication_that_shows_too_much(factlab, little: LittleRound, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    """Whoever fills in a hidden cell is found out: by the checksums first, and by the attacker without them."""
    publication = tmp_path / "publication"
    key = little.root / "keys" / "analyst.key"
    there = ("--deliveries", little.deliveries)
    assert factlab("run", little.round, "--identity", key, "--out", publication, *there)[0] == 0
    planted = tmp_path / "planted"
    shutil.copytree(publication, planted)
    (planted / "SHA256SUMS").unlink()
    page = (planted / "index.html").read_text(encoding="utf-8")
    (planted / "index.html").write_text(page.replace("<h1>", "<h1>7 "), encoding="utf-8")
    code, _, err = factlab("audit", planted)
    assert code == 1
    assert "index.html <h1>: " in err
    assert "7" not in err

    with (publication / "cells.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    hidden = next(row for row in rows if row["status"] == "suppressed")
    hidden |= {"status": "published", "households": "3"}
    with (publication / "cells.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0], lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    code, _, err = factlab("audit", publication)
    assert code == 1
    assert "cells.csv" in err


def test_pseudonymise_by_hand(factlab, little: LittleRound, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    name = next(f.stem.split("_")[1] for f in sorted(little.deliveries.iterdir()) if "thuiszorg" in f.name)
    home = little.root / "parties" / name
    extract = tmp_path / "Cliënten én adressen 2025.csv"  # spaces and accents, as people name files
    shutil.copyfile(demo.extract_in(home / "extract"), extract)
    words = ["--kit", home / "kit", "--participant", name, "--identity", little.root / "keys" / f"{name}.key"]
    code, out, _ = factlab("pseudonymise", extract, *words, "--out", tmp_path / "out", "--dry-run")
    assert code == 0
    assert sorted(path.name for path in tmp_path.iterdir() if path.name != "little") == [extract.name]
    code, _, err = factlab("pseudonymise", extract, *words, "--out", tmp_path / "out")
    assert code == 1  # it holds services that have no code; the person decides what becomes of them
    assert "--leave-out-unknown" in err
    assert not list((tmp_path / "out").glob("*.factlab"))
    decided = (*words, "--leave-out-unknown")
    code, again, _ = factlab("pseudonymise", extract, *decided, "--out", tmp_path / "out")
    assert code == 0
    made = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert [name for name in made if name.endswith(".factlab")]
    assert [name for name in made if name.endswith(".problems.csv")]
    assert out.splitlines()[0] == again.splitlines()[0]

    code, _, err = factlab(
        "pseudonymise", extract, *words[:4], "--identity", little.root / "keys" / "analyst.key"
    )
    assert code == 1
    assert name in err
