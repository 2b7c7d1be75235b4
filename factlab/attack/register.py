"""What may be printed of a publication: its cells, what can be made of published ones, and what every reader knows."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from functools import cached_property
from typing import Any, Literal

from factlab.cells import CellKey, Publication
from factlab.files import package_folder

Kind = Literal[
    "unaccounted",
    "no_such_cell",
    "different",
    "though_hidden",
    "though_not_delivered",
    "hidden_though_published",
    "of_hidden",
    "too_small",
    "drawn_unaccounted",
    "drawn_differently",
    "unknown_file",
]

HIDDEN = frozenset({"geheim", "secret"})
NOT_DELIVERED = frozenset({"niet geleverd", "not delivered"})
# 1234, 1.234, 1,234 or 1 234; the last with any of the spaces that typesetters use
WHOLE = re.compile(r"\d+|\d{1,3}(?:[.,\s\u00a0\u2009\u202f]\d{3})+")
PERCENT = re.compile(r"([<>]?)\s?(\d+)(?:[.,](\d+))?\s?%?")
COUNTED = (
    ("één", "twee", "drie", "vier", "vijf", "zes", "zeven", "acht", "negen", "tien"),
    ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"),
)
IN_WORDS = {word: n for words in COUNTED for n, word in enumerate(words, start=1)} | {
    "een": 1,
    "eén": 1,  # as a sentence begins
    "twintig": 20,
    "twenty": 20,
}
_NUMERAL = "|".join(IN_WORDS)
# bijna acht op de tien (huishoudens); just over one in five (households)
RATIO = re.compile(
    rf"\b(?:(bijna|nearly|ruim|just over) )?({_NUMERAL}) (?:op de|in) ({_NUMERAL})\b(?: huishoudens| households)?",
    re.IGNORECASE,
)
MONTHS = (
    [
        "januari",
        "februari",
        "maart",
        "april",
        "mei",
        "juni",
        "juli",
        "augustus",
        "september",
        "oktober",
        "november",
        "december",
    ],
    [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ],
)
TABLE = re.compile(r"\b(?:tabel|table)\s(\d+)\b", re.IGNORECASE)


@dataclass(frozen=True)
class Misprint:
    """Something printed that the publication does not account for: what, and where. Never the number itself."""

    kind: Kind
    place: str


class Unfit(Exception):
    """A number that can't be made from what it says it is made of."""

    def __init__(self, kind: Kind) -> None:
        super().__init__(kind)
        self.kind: Kind = kind


def numeric(text: str) -> bool:
    return any(map(str.isnumeric, text)) or RATIO.search(text) is not None


class Register:
    """A number is printed as a cell (`table|level|area|group|category`) or as a figure, that says what it is made of:

    figure  = sum | sum " / " sum           the second is a share: a percentage, or words (one in ten households)
    sum     = term (" + " | " - ") term …
    term    = cells `table|level|area|group|category,category…`, or a fact that any reader can count or read:
              `threshold`, `below the threshold`, `organisations`, `organisations that delivered`,
              `number of: cells`, `status: table|level|status` (an empty part stands for all),
              `attack: …` (a path in `disclosure.json`), `values that remain possible`

    Besides, `name: area|code` and `name: category|table|code` mark a name that is a mere number.
    """

    def __init__(self, publication: Publication) -> None:
        self.book = publication.codebook
        self.cell = publication.cell
        self.certificate = publication.certificate
        attack = publication.certificate.get("attack")
        self.attack: Mapping[str, Any] = attack if isinstance(attack, Mapping) else {}

    # marked numbers

    def cell_faults(self, mark: str, text: str) -> Iterator[Kind]:
        """A cell is printed as its whole number or as the word for hidden or not delivered, in Dutch or English."""
        key = self.key(mark)
        if key is None:
            yield "no_such_cell"
            return
        cell = self.cell.get(key)
        status = "suppressed" if cell is None else cell.status
        word = text.lower()
        if status == "suppressed":
            if word not in HIDDEN:
                yield "though_hidden" if numeric(text) else "different"
        elif status == "unavailable":
            if word not in NOT_DELIVERED:
                yield "though_not_delivered" if numeric(text) else "different"
        elif word in HIDDEN | NOT_DELIVERED:
            yield "hidden_though_published"
        elif cell is not None and _whole(text) != cell.households:
            yield "different"

    def figure_faults(self, mark: str, text: str) -> Iterator[Kind]:
        kind, named, rest = mark.partition(": ")
        if named and kind == "name":
            if text not in self._named(rest):
                yield "different"
            return
        try:
            value = self.value(mark)
        except Unfit as unfit:
            yield unfit.kind
            return
        fits = _is_share(text, value) if " / " in mark else _whole(text) == value
        if not fits:
            yield "different"

    def value(self, mark: str) -> Fraction:
        """What a figure is when it is made again. Raises Unfit."""
        part, share, whole = mark.partition(" / ")
        value = self._sum(part)
        if not share:
            return value
        if not (base := self._sum(whole)):
            raise Unfit("unaccounted")
        return value / base

    def _sum(self, told: str) -> Fraction:
        first, *rest = re.split(r" ([+-]) ", told)
        value, of_cells = self._term(first), self.key_list(first) is not None
        for sign, term in zip(rest[::2], rest[1::2], strict=True):
            value += self._term(term) if sign == "+" else -self._term(term)
            of_cells = of_cells or self.key_list(term) is not None
        if of_cells and (value < 0 or 0 < value < self.book.threshold):
            raise Unfit("too_small")
        return Fraction(value)

    def _term(self, told: str) -> int:
        keys = self.key_list(told)
        if keys is None:
            return self._fact(told)
        found = [self.cell[key].households if key in self.cell else None for key in keys]
        if None in found:
            raise Unfit("of_hidden")
        return sum(number for number in found if number is not None)

    def _fact(self, told: str) -> int:
        kind, _, rest = told.partition(": ")
        facts = {
            "threshold": self.book.threshold,
            "below the threshold": self.book.threshold - 1,
            "organisations": len(self.book.organisations),
            "organisations that delivered": sum(o.delivered for o in self.book.organisations),
        }
        if told in facts:
            return facts[told]
        if kind == "number of" and (keys := self.key_list(rest)) is not None:
            return len(keys)
        if kind == "status" and rest.count("|") == 2:
            asked = rest.split("|")
            return sum(
                number
                for found, number in self._statuses.items()
                if all(part in ("", has) for part, has in zip(asked, found, strict=True))
            )
        if told == "values that remain possible":
            return self._attacked("narrowest_interval") + 1
        if kind == "attack":
            return self._attacked(rest)
        raise Unfit("unaccounted")

    def _attacked(self, path: str) -> int:
        found: Any = self.attack
        for name in path.split("|"):
            found = found.get(name) if isinstance(found, Mapping) else None
        if not isinstance(found, int) or isinstance(found, bool):
            raise Unfit("unaccounted")
        return found

    @cached_property
    def _statuses(self) -> Counter[tuple[str, str, str]]:
        return Counter((c.key.table, c.key.area_level, c.status) for c in self.cell.values())

    @cached_property
    def _keys(self) -> frozenset[CellKey]:
        return frozenset(self.book.keys)

    def key(self, mark: str) -> CellKey | None:
        parts = mark.split("|")
        key = CellKey(*parts) if len(parts) == len(CellKey._fields) else None
        return key if key in self._keys else None

    def key_list(self, told: str) -> list[CellKey] | None:
        """The cells of a term; None when it isn't one of cells. Raises Unfit for one that doesn't exist, or twice."""
        if ": " in told or told.count("|") != len(CellKey._fields) - 1:
            return None
        *parts, categories = told.split("|")
        keys = [self.key("|".join((*parts, category))) for category in categories.split(",")]
        there = [key for key in keys if key is not None]
        if len(set(there)) < len(keys):
            raise Unfit("no_such_cell")
        return there

    def _named(self, told: str) -> set[str]:
        kind, *where = told.split("|")
        if kind == "area" and len(where) == 1:
            return {area.name for area in self.book.areas if area.code == where[0]}
        return {
            name
            for table in self.book.tables
            for category in table.categories
            if [kind, table.name, category.code] == ["category", *where]
            for name in (category.nl, category.en)
        }

    # text around them

    def accounts_for(self, text: str, *, heading: bool = False, tables: int = 0) -> bool:
        """Whether every number in a text that isn't marked is part of a phrase that any reader may see: dates and names
        of the codebook, sentences of the report and of the certificate. A heading may be a name that is a number."""
        if not numeric(text):
            return True
        text = " ".join(text.split())
        if heading and text in self._names:
            return True
        if text.endswith("…") and any(told.startswith(text[:-1]) for told in self._told()):
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
            for phrase in self._told()
            if numeric(phrase) and any(map(str.isalpha, phrase))
        }
        ordered = sorted(found, key=lambda phrase: (-len(phrase), phrase))
        return re.compile(
            rf"(?<!\d)(?<!\d[.,])(?:{'|'.join(map(re.escape, ordered)) or '(?!)'})(?![.,]?\d)", re.IGNORECASE
        )

    def _told(self) -> Iterator[str]:
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
        yield from _strings(self.attack)
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


def _whole(text: str) -> int | None:
    return int(re.sub(r"\D", "", text)) if WHOLE.fullmatch(text) and text.isascii() else None


def _is_share(text: str, share: Fraction) -> bool:
    """A percentage with any number of decimals, "<0.1%" or ">99.9%", or words that come within a tenth of it."""
    if found := PERCENT.fullmatch(text):
        side, before, after = found[1], found[2], found[3] or ""
        printed, step = Fraction(int(before + after), 10 ** len(after)), Fraction(1, 10 ** len(after))
        if side:
            return 0 < share * 100 < printed if side == "<" else printed < share * 100 < 100
        return abs(printed - share * 100) <= step / 2
    if told := RATIO.fullmatch(text):
        about = Fraction(IN_WORDS[told[2].lower()], IN_WORDS[told[3].lower()])
        side = (told[1] or "").lower()
        near = abs(share / about - 1) <= Fraction(1, 10)
        return near and not (
            (side in ("bijna", "nearly") and share > about)
            or (side in ("ruim", "just over") and share < about)
        )
    return False
