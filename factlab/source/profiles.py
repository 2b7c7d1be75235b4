"""What a municipality calls its doors, beyond the rules that hold everywhere: the same door in another word (P1)."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path


@dataclass(frozen=True)
class Profile:
    """Two readings of a suffix: a word with what may stand around it, or a floor with its level and side."""

    name: str
    same: Mapping[str, str]
    floors: Mapping[str, str]
    levels: tuple[str, ...]
    sides: Mapping[str, str]

    def suffix(self, said: str) -> str:
        """The suffix as this municipality spells it; another door stays another door."""
        if word := re.fullmatch(self._word, said):
            letter, name, behind = word.groups()
            # "AHA" could be anything: a letter before needs a word of more than one letter.
            if not letter or len(name) > 1:
                return letter + self.same[name] + self.sides.get(behind, behind)
        if self.floors and (floor := re.fullmatch(self._floor, said)):
            letter, name, level, side = (part or "" for part in floor.groups())
            if not letter or level:
                return letter + self.floors.get(name, name) + self.sides.get(side, side)
        return said

    @property
    def _word(self) -> str:
        behind = f"(?:{_either(self.sides)})?" if self.sides else "[A-Z0-9-]{0,4}"
        return f"([A-Z]?)({_either(self.same)})({behind})"

    @property
    def _floor(self) -> str:
        sides = f"({_either(self.sides)})?"
        return f"([A-Z])??({_either(self.floors)}|[1-9][0-9]?)({_either(self.levels)})?{sides}"


def _either(words: Mapping[str, str] | tuple[str, ...]) -> str:
    return "|".join(sorted(words, key=lambda word: (-len(word), word)))


@cache
def _table() -> Mapping[str, Profile]:
    told = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
    return {
        name: Profile(
            name,
            entry["same"],
            entry.get("floors", {}),
            tuple(entry.get("levels", ())),
            entry.get("sides", {}),
        )
        for name, entry in told.items()
    }


def names() -> tuple[str, ...]:
    return tuple(_table())


def canonical(said: str, name: str) -> str:
    """A canonical address under the profile `name`; as it is where no profile is named."""
    if not name or not said:
        return said
    code, number, suffix = said.split("|")
    mark = suffix[-3:] if suffix.endswith(("@TO", "@BY")) else ""
    return f"{code}|{number}|{_table()[name].suffix(suffix.removesuffix(mark))}{mark}"


def suffixes(said: list[str], name: str) -> list[str]:
    """Each suffix under the profile."""
    return [canonical(f"||{one}", name)[2:] for one in said]
