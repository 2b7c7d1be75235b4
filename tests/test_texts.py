"""Every sentence that the code names exists in Dutch and in English, with the same fields."""

from __future__ import annotations

import ast
import string
from pathlib import Path

import pytest
from factlab import texts

PACKAGE = Path(texts.__file__).parents[1]
ROOMS = sorted(file.stem for file in (PACKAGE / "texts").glob("*.toml"))


def named() -> set[str]:
    """Keys that the code names: the first argument of an error, and dotted keys given to say.

    The report has sentences of its own (`reports/texts.toml`), with tests of their own.
    """
    keys = set()
    for file in PACKAGE.rglob("*.py"):
        if file.parent.name == "report":
            continue
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or not node.args or not isinstance(node.args[0], ast.Constant):
                continue
            called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            value = node.args[0].value
            if not isinstance(value, str):
                continue
            if (called.endswith("Error") and "." in value and " " not in value) or (
                called == "say" and "." in value
            ):
                keys.add(value)
            elif called == "tell":
                keys.add(value if "." in value else f"cli.{value}")
    return keys


def fields(sentence: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(sentence) if name}


def test_every_key_that_is_named_has_its_sentences() -> None:
    keys = named()
    assert len(keys) > 40
    missing = [key for key in sorted(keys) if key.partition(".")[2] not in texts.room(key.partition(".")[0])]
    assert missing == []


@pytest.mark.parametrize("room", ROOMS)
def test_both_languages_say_the_same(room: str) -> None:
    for name, sentence in texts.room(room).items():
        assert set(sentence) == {"nl", "en"}, name
        assert sentence["nl"] != sentence["en"] or len(sentence["nl"].split()) < 3, name
        assert fields(sentence["nl"]) == fields(sentence["en"]), name


def test_the_language_follows_what_is_asked_then_the_locale(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    assert texts.language() == "en"
    monkeypatch.setenv("LANG", "nl_NL.UTF-8")
    assert texts.language() == "nl"
    assert texts.language("en") == "en"
