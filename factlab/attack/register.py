"""What may be printed of a publication: its cells, what can be made of published ones, and what every reader knows."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any, Literal

from factlab.attack.numerals import is_share, numeric, whole
from factlab.attack.phrases import Phrases
from factlab.cells import CellKey, Publication

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


class Register:
    """A number is printed as a cell (`table|level|area|group|category`) or as a figure, that says what it is made of:

    figure  = sum | sum " / " sum           the second is a share: a percentage, or words (one in ten households)
    sum     = term (" + " | " - ") term …
    term    = cells `table|level|area|group|category,category…`, or a fact that any reader can count or read:
              `threshold`, `below the threshold`, `rounding`, `off by rounding`, `organisations`, `organisations that delivered`,
              `number of: cells`, `status: table|level|status` (an empty part stands for all),
              `attack: …` (a path in `disclosure.json`), `values that remain possible`

    Besides, `name: area|code` and `name: category|table|code` mark a name that is a mere number.
    """

    def __init__(self, publication: Publication) -> None:
        self.book = publication.codebook
        self.cell = publication.cell
        attack = publication.certificate.get("attack")
        self.attack: Mapping[str, Any] = attack if isinstance(attack, Mapping) else {}
        self.phrases = Phrases(self.book, self.attack)

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
        elif cell is not None and whole(text) != cell.households:
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
        fits = is_share(text, value) if " / " in mark else whole(text) == value
        if not fits:
            yield "different"

    def value(self, mark: str) -> Fraction:
        """What a figure is when it is made again. Raises Unfit."""
        part, share, rest = mark.partition(" / ")
        value = self._sum(part)
        if not share:
            return value
        if not (base := self._sum(rest)):
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
            "rounding": self.book.rounding,
            "off by rounding": self.book.rounding - 1,
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
