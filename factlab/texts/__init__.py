"""What the commands say, in Dutch and English: one TOML file per room, one entry per sentence."""

from __future__ import annotations

import locale
import os
import tomllib
from functools import cache
from pathlib import Path
from typing import Literal

Language = Literal["nl", "en"]
LANGUAGES: tuple[Language, ...] = ("nl", "en")


@cache
def room(name: str) -> dict[str, dict[str, str]]:
    """All sentences of one room: `{key: {"nl": …, "en": …}}`."""
    return tomllib.loads((Path(__file__).parent / f"{name}.toml").read_text(encoding="utf-8"))


def say(key: str, lang: Language, **fields: object) -> str:
    """The sentence `room.key` in `lang`, with its fields filled in."""
    where, _, name = key.partition(".")
    return room(where)[name][lang].format(**fields)


def language(asked: str | None = None) -> Language:
    """The reader's language: what was asked for, else the locale's, else English."""
    told = asked or os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG") or ""
    return "nl" if (told or _of_windows()).lower().startswith("nl") else "en"


def _of_windows() -> str:
    """The language in which Windows speaks to its user: it sets no LANG."""
    if os.name != "nt":
        return ""
    import ctypes

    system = ctypes.windll.kernel32  # type: ignore[attr-defined, unused-ignore]  # only there
    return locale.windows_locale.get(system.GetUserDefaultUILanguage(), "")
