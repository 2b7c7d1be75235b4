"""What the published cells let a reader say: numbers, sums and shares, and nothing that rests on a hidden one."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from functools import cached_property

from factlab.cells import MUNICIPALITY, Area, Cell, CellKey, Codebook, Publication, Status, Table

LEAST_FOR_A_SHARE = 100  # a percentage of fewer households says more than it knows


class Number(int):
    """A number that remembers what it is made of: `of` names published cells, added and subtracted, or a known fact."""

    of: str

    def __new__(cls, value: int, of: str) -> Number:
        number = super().__new__(cls, value)
        number.of = of
        return number


class Share(float):
    """A part of a whole, from 0 to 1, that remembers what both are made of."""

    part: Number
    whole: Number

    def __new__(cls, part: Number, whole: Number) -> Share:
        share = super().__new__(cls, part / whole)
        share.part, share.whole = part, whole
        return share

    @property
    def of(self) -> str:
        return f"{self.part.of} / {self.whole.of}"


def less(whole: str, parts: Iterable[str]) -> str:
    """What `parts` leave of `whole`, as what it is made of: to subtract a difference is to add what it subtracts."""
    flip = {" + ": " - ", " - ": " + "}
    turned = (re.sub(r" [+-] ", lambda sign: flip[sign[0]], part) for part in parts)
    return " - ".join((whole, *turned))


class Counts:
    """Reads a publication. Every answer is a function of published cells; None where they don't tell."""

    def __init__(self, publication: Publication) -> None:
        self.publication = publication
        self.book: Codebook = publication.codebook
        self.here: str = self.book.municipality.code
        self.threshold = Number(self.book.threshold, "threshold")
        self.small = Number(self.book.threshold - 1, "below the threshold")
        self.rounding = Number(self.book.rounding, "rounding")
        self.off = Number(max(self.book.rounding - 1, 0), "off by rounding")

    def find(self, table: str, area: str, category: str) -> Cell | None:
        """None where the table doesn't have the level of the area."""
        return self.publication.cell.get(CellKey(table, self.book.area[area].level, area, "", category))

    def cell(self, table: str, category: str) -> Cell:
        """Of the whole municipality, which every table has."""
        return self.publication.cell[CellKey(table, MUNICIPALITY, self.here, "", category)]

    def known(self, cell: Cell | None) -> Number | None:
        return (
            None if cell is None or cell.households is None else Number(cell.households, "|".join(cell.key))
        )

    def number(self, table: str, area: str, category: str) -> Number | None:
        return self.known(self.find(table, area, category))

    def households(self, area: str) -> Number | None:
        return self.number("households", area, "all")

    def together(self, table: str, area: str, categories: Collection[str]) -> Number | None:
        """The households in any of these categories, of a table in which each household is in exactly one.

        Known when each part is published, or as what the other categories leave of the households. A sum that is
        too small to publish isn't said, whatever the arithmetic.
        """
        declared = self.book.table(table)
        total = self._sum(table, area, list(categories))
        if total is None:
            rest = self._sum(table, area, [c.code for c in declared.categories if c.code not in categories])
            whole = self.households(area)
            if rest is not None and whole is not None:
                total = Number(whole - rest, less(whole.of, [rest.of]))
        if total is None or total < 0 or 0 < total < self.book.threshold:
            return None
        return total

    def _sum(self, table: str, area: str, categories: Sequence[str]) -> Number | None:
        total = 0
        for category in categories:
            number = self.number(table, area, category)
            if number is None:
                return None
            total += number
        return Number(total, "|".join((table, self.book.area[area].level, area, "", ",".join(categories))))

    def at_least(self, table: str, area: str, least: int) -> Number | None:
        """The households in the classes from `least` up."""
        return self.together(table, area, classes_from(self.book.table(table), least))

    def share(self, part: Number | None, area: str) -> Share | None:
        """Of the area's households, when both are published and there are enough of them."""
        whole = self.households(area)
        if part is None or whole is None or whole < LEAST_FOR_A_SHARE or part > whole:
            return None
        return Share(part, whole)

    def stacked(self, table: str, area: str, least: int) -> Share | None:
        return self.share(self.at_least(table, area, least), area)

    def too_few(self, area: str) -> bool:
        """Whether a share is left out for want of households, not because anything is hidden."""
        whole = self.households(area)
        return whole is not None and whole < LEAST_FOR_A_SHARE

    def statuses(self, *statuses: Status, table: str = "", level: str = "") -> Number:
        """How many cells have one of these statuses, of a table and a level or of all."""
        found = sum(
            number
            for (of_table, of_level, status), number in self._statuses.items()
            if status in statuses and table in ("", of_table) and level in ("", of_level)
        )
        return Number(found, " + ".join(f"status: {table}|{level}|{status}" for status in statuses))

    @cached_property
    def _statuses(self) -> Counter[tuple[str, str, Status]]:
        return Counter((c.key.table, c.key.area_level, c.status) for c in self.publication.cells)

    def areas(self, table: str) -> tuple[Area, ...]:
        """The areas of the highest level below the municipality that the table has."""
        level = self.level(table)
        return self.book.at(level) if level else ()

    def level(self, table: str) -> str:
        levels = [level for level in self.book.table(table).levels if level != MUNICIPALITY]
        return levels[0] if levels else ""

    def lowest(self, table: str) -> str:
        levels = self.book.table(table).levels
        return levels[-1] if levels[-1] != MUNICIPALITY else ""


def classes_from(table: Table, least: int) -> tuple[str, ...]:
    return tuple(c.code for c in table.categories if int(c.code.rstrip("+")) >= least)


def ranked(shares: Iterable[tuple[Area, Share | None]]) -> list[tuple[Area, Share | None]]:
    """From high to low; what is hidden comes last in the order of the codebook, which tells nothing."""
    known = list(shares)
    return sorted(known, key=lambda pair: -1.0 if pair[1] is None else pair[1], reverse=True)
