"""What may be printed without being a number of the publication: dates, names, and sentences that never change."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from datetime import date
from functools import cached_property

from factlab.attack.numerals import numeric
from factlab.cells import Codebook
from factlab.files import package_folder

MONTHS = (
    ("januari", "februari", "maart", "april", "mei", "juni", "juli", "augustus", "september", "oktober", "november",
     "december"),
    ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
     "December"),
)  # fmt: skip
TABLE = re.compile(r"\b(?:tabel|table)\s(\d+)\b", re.IGNORECASE)


class Phrases:
    """Of one publication: of its codebook, of what `disclosure.json` says in words, and of the report's own texts."""

    def __init__(self, book: Codebook, certificate: Mapping[str, object]) -> None:
        self.book = book
        self.certificate = certificate

    def account_for(self, text: str, *, heading: bool = False, tables: int = 0) -> bool:
        """Whether every number in a text that isn't marked is part of a phrase that any reader may see: dates and names
        of the codebook, sentences of the report and of the certificate. A heading may be a name that is a number."""
        if not numeric(text):
            return True
        text = " ".join(text.split())
        if heading and text in self._names:
            return True
        cut = text.removesuffix("…")
        if cut != text and any(map(str.isalpha, cut)) and any(told.startswith(cut) for told in self._told):
            return True  # a name that was cut where it didn't fit
        text = TABLE.sub(lambda found: "" if 0 < int(found[1]) <= tables else found[0], text)
        return not numeric(self._phrases.sub("", text))

    @cached_property
    def _names(self) -> frozenset[str]:
        return frozenset(
            [area.name for area in self.book.areas]
            + [
                name
                for table in self.book.tables
                for category in table.categories
                for name in (category.nl, category.en)
            ]
        )

    @cached_property
    def _phrases(self) -> re.Pattern[str]:
        """Longest first, and never a part of a number. A phrase has letters: a number by itself is none."""
        found = {
            " ".join(phrase.rstrip(".").split())
            for phrase in self._told
            if numeric(phrase) and any(map(str.isalpha, phrase))
        }
        ordered = sorted(found, key=lambda phrase: (-len(phrase), phrase))
        return re.compile(
            rf"(?<!\d)(?<!\d[.,])(?:{'|'.join(map(re.escape, ordered)) or '(?!)'})(?![.,]?\d)", re.IGNORECASE
        )

    @cached_property
    def _told(self) -> tuple[str, ...]:
        return tuple(self._tell())

    def _tell(self) -> Iterator[str]:
        book = self.book
        for day in map(date.fromisoformat, (*book.period, book.reference_date)):
            for months in MONTHS:
                yield f"{day.day} {months[day.month - 1]} {day.year}"
        yield book.title
        for note in book.notes.values():
            yield from note.splitlines()
        yield from book.levels
        yield from self._names
        yield from (organisation.name for organisation in book.organisations)
        yield from (reporter.name for reporter in book.reporters)
        for domain in book.domains:
            yield from (domain.nl, domain.en)
        for service in book.services:
            yield from (service.nl, service.en)
        yield from (said for table in book.tables for said in (*table.title.values(), *table.text.values()))
        yield from _strings(self.certificate)
        texts = tomllib.loads((package_folder("reports") / "texts.toml").read_text(encoding="utf-8"))
        for text in _strings(texts):
            yield from re.split(r"\{[^}]*\}", text)


def _strings(found: object) -> Iterator[str]:
    if isinstance(found, str):
        yield found
    elif isinstance(found, Mapping):
        for value in found.values():
            yield from _strings(value)
    elif isinstance(found, list):
        for value in found:
            yield from _strings(value)
