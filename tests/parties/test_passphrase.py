"""What a person sees and types at a terminal: a passphrase is asked unseen, in the reader's language, and twice when it is new."""

from __future__ import annotations

import os
import stat
import sys
import unicodedata
from pathlib import Path

import pytest
from factlab.delivery import identity
from factlab.errors import KeyFileError

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there is no terminal to play")
PHRASE = "één lange wachtzin"


def at_terminal(*words: str, typed: list[str]) -> tuple[int, str]:
    """(exit code, what stood on the screen) of the command, with an answer typed at each question."""
    import pty

    child, terminal = pty.fork()
    if not child:
        os.execv(sys.executable, [sys.executable, "-m", "factlab", *words])  # noqa: S606 - a terminal has one program
    screen, answers = "", list(typed)
    while True:
        try:
            read = os.read(terminal, 4096)
        except OSError:  # Linux: the other side is closed
            break
        if not read:
            break
        screen += read.decode(errors="replace").replace("\r\n", "\n")
        if screen.endswith(": ") and answers:
            screen += "<typed>"
            os.write(terminal, f"{answers.pop(0)}\n".encode())
    os.close(terminal)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), screen


@pytest.mark.parametrize(
    ("lang", "first", "again", "differ"),
    [
        ("nl", "Een wachtzin voor het nieuwe sleutelbestand: ", "Nog eens dezelfde wachtzin: ", "Deze twee zijn niet gelijk."),
        ("en", "A passphrase for the new key file: ", "The same passphrase again: ", "These two are not the same."),
    ],
)  # fmt: skip
def test_a_new_passphrase_is_asked_twice_and_again_when_they_differ(
    tmp_path: Path, lang: str, first: str, again: str, differ: str
) -> None:
    file = tmp_path / "zoë mét spatie.key"
    typed = [PHRASE, "iets anders", PHRASE, unicodedata.normalize("NFD", PHRASE)]
    code, screen = at_terminal(
        "--lang", lang, "identity", "new", str(file), "--name", "zorg", "--passphrase", typed=typed
    )
    assert code == 0, screen
    asked = [line.split("<typed>")[0] for line in screen.splitlines() if "<typed>" in line]
    assert asked == [first, again, first, again]
    assert differ in screen
    assert PHRASE not in screen
    assert "Error" not in screen
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    # The same letters typed on another computer, where an accent comes apart from its letter.
    assert identity.load(file, PHRASE.encode()).keys == identity.read_public(file.with_suffix(".pub"))[1]
    with pytest.raises(KeyFileError) as raised:
        identity.load(file)
    assert raised.value.key == "delivery.passphrase_needed"


@pytest.mark.parametrize(
    ("lang", "question", "wrong"),
    [
        ("nl", "Wachtzin van zorg.key: ", "De wachtzin van zorg.key is onjuist of het bestand is beschadigd."),
        ("en", "Passphrase of zorg.key: ", "The passphrase of zorg.key is wrong, or the file is damaged."),
    ],
)  # fmt: skip
def test_a_wrong_passphrase_is_told_and_nothing_is_made(
    tmp_path: Path, lang: str, question: str, wrong: str
) -> None:
    file = tmp_path / "zorg.key"
    identity.save(identity.new(), file, name="zorg", passphrase=PHRASE.encode())
    code, screen = at_terminal(
        "--lang", lang, "invite", str(tmp_path / "round"), "--identity", str(file), typed=["iets anders"]
    )
    assert code == 1
    assert screen.startswith(f"{question}<typed>")
    assert wrong in screen
    assert sorted(path.name for path in tmp_path.iterdir()) == ["zorg.key", "zorg.pub"]
