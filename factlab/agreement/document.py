"""A TOML file read by a person's rules: every mistake is told at once, with its line and what to do."""

from __future__ import annotations

import datetime
import difflib
import re
import tomllib
from collections.abc import Collection
from pathlib import Path
from typing import Any, cast

from factlab.errors import AgreementError

Place = tuple[str | int, ...]

_HEADER = re.compile(r"^\s*(\[\[?)\s*([A-Za-z0-9_.\-]+)\s*\]\]?")
_KEY = re.compile(r"^\s*([A-Za-z0-9_\-]+|\"[^\"]*\")\s*=")
_KINDS = {str: "text", int: "number", datetime.date: "date", list: "list"}


def _lines(text: str) -> dict[Place, int]:
    """The line on which each table and key stands; `tomllib` doesn't tell."""
    found: dict[Place, int] = {}
    here: Place = ()
    seen: dict[str, int] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if header := _HEADER.match(line):
            name = header[2]
            if header[1] == "[[":
                seen[name] = seen.get(name, -1) + 1
                here = (name, seen[name])
            else:
                here = tuple(name.split("."))
            found.setdefault(here, number)
        elif key := _KEY.match(line):
            found.setdefault((*here, key[1].strip('"')), number)
    return found


class Document:
    """The values of one TOML file and the mistakes found so far; `finish` raises when there are any."""

    def __init__(self, file: Path, format_name: str) -> None:
        self.file = file
        try:
            text = file.read_text(encoding="utf-8-sig")  # Notepad puts a mark in front
        except FileNotFoundError:
            raise AgreementError("agreement.missing_file", file=file.name, folder=file.parent) from None
        except UnicodeDecodeError:
            raise AgreementError("agreement.not_utf8", file=file.name) from None
        try:
            self.data: dict[str, Any] = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            place = re.search(r"line (\d+)", str(error))
            line = place[1] if place else len(text.splitlines())
            raise AgreementError("agreement.not_toml", file=file.name, line=line) from None
        self._lines = _lines(text)
        self._taken: set[Place] = set()
        self.mistakes: list[AgreementError] = []
        if self.text(("format",), default="") != format_name:
            self.wrong(("format",), "wrong_format", expected=format_name)

    def line(self, place: Place) -> int:
        """The line of a place, or of the table that should hold it."""
        while place and place not in self._lines:
            place = place[:-1]
        return self._lines.get(place, 1)

    def wrong(self, place: Place, key: str, **fields: object) -> None:
        """Note a mistake: a text of `texts/agreement.toml` at the line of `place`."""
        name = ".".join(str(part + 1) if isinstance(part, int) else part for part in place)
        self.mistakes.append(
            AgreementError(
                f"agreement.{key}",
                file=self.file.name,
                line=self.line(place),
                name=name,
                details=(),
                **fields,
            )
        )

    def _find(self, place: Place) -> Any:
        value: Any = self.data
        for part in place:
            try:
                value = value[part]
            except (KeyError, IndexError, TypeError):
                return None
        return value

    def _take(self, place: Place, kind: type, default: Any) -> Any:
        """The value at `place`, or None where it is missing or of another kind; that is noted as a mistake."""
        self._taken.add(place)
        value = self._find(place)
        if value is None:
            if default is None:
                self.wrong(place, "missing")
            return default
        confused = isinstance(
            value, bool if kind is int else datetime.datetime
        )  # both are the other by inheritance
        if not isinstance(value, kind) or confused:
            self.wrong(place, "wrong_kind", expected=_KINDS[kind])
            return default
        return value

    # A missing value is noted, and an empty one given, so that the reading goes on and finds more mistakes.

    def text(self, place: Place, default: str | None = None) -> str:
        return cast(str, self._take(place, str, default) or "")

    def number(self, place: Place, default: int | None = None) -> int:
        value = self._take(place, int, default)
        return 0 if value is None else cast(int, value)

    def day(self, place: Place) -> datetime.date:
        return cast(datetime.date, self._take(place, datetime.date, None) or datetime.date(2000, 1, 1))

    def choose(self, place: Place, choices: Collection[str], default: str | None = None) -> str:
        """A text that must be one of `choices`."""
        value = self.text(place, default)
        if value not in choices and value:
            near = difflib.get_close_matches(value, choices, 1)
            self.wrong(place, "not_a_choice", choices=", ".join(choices), near=near[0] if near else "-")
        return value if value in choices else next(iter(choices))

    def texts(self, place: Place, default: list[str] | None = None) -> tuple[str, ...]:
        """A list of texts."""
        values = self._take(place, list, default) or []
        if not all(isinstance(value, str) for value in values):
            self.wrong(place, "wrong_kind", expected="list of texts")
            return ()
        return tuple(values)

    def names(self, place: Place) -> tuple[str, ...]:
        """The keys of a table that may be absent."""
        value = self._find(place)
        return tuple(value) if isinstance(value, dict) else ()

    def items(self, name: str) -> range:
        """The indices of an array of tables (`[[name]]`)."""
        value = self._find((name,))
        if value is not None and not isinstance(value, list):
            self.wrong((name,), "not_an_array")
            return range(0)
        return range(len(value or ()))

    def finish(self) -> None:
        """Raise all mistakes together, unknown keys among them."""
        for place in self._leaves((), self.data):
            if not any(place[: len(taken)] == taken for taken in self._taken):
                known = sorted({str(taken[-1]) for taken in self._taken if taken[:-1] == place[:-1]})
                near = difflib.get_close_matches(str(place[-1]), known, 1)
                self.wrong(place, "unknown_key", near=near[0] if near else ", ".join(known) or "-")
        if self.mistakes:
            ordered = sorted(self.mistakes, key=lambda mistake: cast(int, mistake.fields["line"]))
            raise AgreementError(
                "agreement.invalid", file=self.file.name, number=len(ordered), details=ordered
            )

    def _leaves(self, place: Place, value: Any) -> list[Place]:
        if isinstance(value, dict):
            return [leaf for key, inner in value.items() for leaf in self._leaves((*place, key), inner)]
        if isinstance(value, list) and value and all(isinstance(item, dict) for item in value):
            return [
                leaf for index, inner in enumerate(value) for leaf in self._leaves((*place, index), inner)
            ]
        return [place]
