"""Every command as people see it: what it says when it succeeds and at the commonest mistake, in Dutch and English.

`transcripts/NAME.txt` holds commands (`$ factlab …`) and what they print, played in its order in a folder with a small
round that has a custodian. `[exit 1]` is what a command ended with, where that isn't 0; a line `…` stands for any lines.
With FACTLAB_APPROVE=1 the test writes what is said now, where it differs; read the difference before you commit it.
"""

from __future__ import annotations

import datetime
import os
import re
import shlex
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer
from factlab import cli
from factlab.parties import analyst

from tests.parties.little import LittleRound

pytestmark = pytest.mark.xdist_group("split")
FOLDER = Path(__file__).parent / "transcripts"
WHO = "welzijn-wiermonde"
_DIFFERS = [
    (re.compile(r"\b[0-9a-f]{64}\b"), "<sha-256>"),
    (re.compile(r"\b[0-9a-f]{32}\b"), "<round id>"),
    (re.compile(r"\b[0-9a-f]{16}\b"), "<check>"),
    (re.compile(r"\b([0-9a-f]{4} ){7}[0-9a-f]{4}\b"), "<fingerprint>"),
    (re.compile(r"\d+[.,]\d s\b"), "<time>"),
    # which cells are hidden, and so how many, differs by the secret salt of the round
    (
        re.compile(
            r"\b\d+(?= (hidden|are hidden|cells published|geheime?|zijn geheim|cellen gepubliceerd)\b)"
        ),
        "<cells>",
    ),
    (re.compile(r"\b\d+(?= (cells|cellen); <cells>)"), "<cells>"),
]


def names() -> list[str]:
    return sorted(file.stem for file in FOLDER.glob("*.txt"))


def verbs() -> list[str]:
    """As they are called: `round new` is one."""

    def walk(command: object, path: str) -> Iterator[str]:
        inner = getattr(command, "commands", None)
        if inner is None:
            yield path.strip()
        else:
            for name, part in inner.items():
                yield from walk(part, f"{path} {name}")

    return sorted(walk(typer.main.get_command(cli.app), ""))


@pytest.fixture(scope="module")
def publication(made_split: LittleRound, tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("made")
    round_ = shutil.copytree(
        made_split.round, home / "round"
    )  # a run writes its log there, and a ledger beside it
    files = analyst.delivery_files(made_split.deliveries)
    analyst.run(round_, files, made_split.analyst, home / "publication", lang="en")
    return home / "publication"


@pytest.fixture
def folder(split: LittleRound, publication: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the commands are given: `split`, with names as an organisation would have them."""
    home = split.root / "parties" / WHO
    shutil.copytree(publication, split.root / "publication")
    extract = next(path for path in (home / "extract").iterdir() if path.suffix == ".xlsx")
    shutil.copyfile(extract, split.root / "clients.xlsx")
    shutil.copytree(home / "kit", split.root / "kit")
    shutil.copytree(split.root / "sample" / "agreement", split.root / "draft")
    shutil.copyfile(split.root / "keys" / f"{WHO}.key", split.root / "welzijn.key")
    (split.root / "welzijn.key").chmod(0o600)
    first = next(split.submitted.glob(f"*_{WHO}_*"))
    shutil.copyfile(first, split.root / "delivery.factlab")
    data = bytearray(first.read_bytes())
    data[len(data) // 2] ^= 1
    (split.root / "damaged.factlab").write_bytes(data)
    (split.root / "secret.csv").write_text("Postcode;Huisnummer\n1506AB;12\n1506AB;14\n", encoding="utf-8")
    monkeypatch.chdir(split.root)
    monkeypatch.setenv("LC_ALL", "en_GB.UTF-8")
    monkeypatch.setenv("COLUMNS", "100")
    return split.root


def masked(text: str) -> str:
    text = text.replace(datetime.datetime.now(tz=datetime.UTC).date().isoformat(), "<today>")
    for pattern, word in _DIFFERS:
        text = pattern.sub(word, text)
    return "".join(f"{line.rstrip()}\n" for line in text.splitlines())


def said(command: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> str:
    """What a command prints, masked, and what it ended with."""
    monkeypatch.setattr("sys.argv", shlex.split(command))
    capfd.readouterr()
    with pytest.raises(SystemExit) as ended:
        cli.main()
    out, err = capfd.readouterr()
    assert "Traceback" not in out + err
    code = ended.value.code or 0
    return masked(out + err) + (f"[exit {code}]\n" if code else "")


def commands(transcript: str) -> list[tuple[str, str]]:
    """(command, what it should print)."""
    return re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", transcript, re.MULTILINE)


def as_expected(now: str, expected: str) -> bool:
    pattern = "".join(
        r"(?:.*\n)*" if line == "…" else re.escape(line) + "\n" for line in expected.splitlines()
    )
    return re.fullmatch(pattern, now) is not None


@pytest.mark.parametrize("name", names())
def test_a_transcript(
    name: str, folder: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    file = FOLDER / f"{name}.txt"
    transcript = file.read_text(encoding="utf-8")
    played = transcript.partition("$ ")[0]
    for command, expected in commands(transcript):
        now = said(command, monkeypatch, capfd)
        played += f"$ {command}\n{expected if as_expected(now, expected) else now}"
    if os.environ.get("FACTLAB_APPROVE"):
        file.write_text(played, encoding="utf-8")
    assert played == transcript


def test_every_command_has_its_transcript() -> None:
    assert names() == sorted(verb.replace(" ", "-") for verb in verbs())


@pytest.mark.parametrize("lang", ["nl", "en"])
@pytest.mark.parametrize("verb", verbs())
def test_success_and_a_mistake_in_both_languages(verb: str, lang: str) -> None:
    text = (FOLDER / f"{verb.replace(' ', '-')}.txt").read_text(encoding="utf-8")
    ended = [
        "[exit" in printed
        for command, printed in commands(text)
        if command.startswith(f"factlab --lang {lang} {verb}")
    ]
    if verb == "explain":  # it takes nothing: there is nothing to do wrong
        assert ended == [False]
    else:
        assert sorted(set(ended)) == [False, True]
