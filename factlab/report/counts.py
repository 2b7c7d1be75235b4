"""What the published cells let a reader say: numbers, sums and shares, and nothing that rests on a hidden one."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from factlab.cells import MUNICIPALITY, Area, Cell, CellKey, Codebook, Publication, Table

LEAST_FOR_A_SHARE = 100  # a percentage of fewer households says more than it knows


class Counts:
    """Reads a publication. Every answer is a function of published cells; None where they don't tell."""

    def __init__(self, publication: Publication) -> None:
        self.publication = publication
        self.book: Codebook = publication.codebook
        self.here: str = self.book.municipality.code

    def find(self, table: str, area: str, category: str) -> Cell | None:
        """None where the table doesn't have the level of the area."""
        return self.publication.cell.get(CellKey(table, self.book.area[area].level, area, "", category))

    def cell(self, table: str, category: str) -> Cell:
        """Of the whole municipality, which every table has."""
        return self.publication.cell[CellKey(table, MUNICIPALITY, self.here, "", category)]

    def number(self, table: str, area: str, category: str) -> int | None:
        cell = self.find(table, area, category)
        return None if cell is None else cell.households

    def households(self, area: str) -> int | None:
        return self.number("households", area, "all")

    def together(self, table: str, area: str, categories: Collection[str]) -> int | None:
        """The households in any of these categories, of a table in which each household is in exactly one.

        Known when each part is published, or as what the other categories leave of the households. A sum that is
        too small to publish isn't said, whatever the arithmetic.
        """
        declared = self.book.table(table)
        parts = [self.number(table, area, category) for category in categories]
        total = _sum(parts)
        if total is None:
            rest = _sum(
                self.number(table, area, c.code) for c in declared.categories if c.code not in categories
            )
            whole = self.households(area)
            total = None if rest is None or whole is None else whole - rest
        if total is None or total < 0 or 0 < total < self.book.threshold:
            return None
        return total

    def at_least(self, table: str, area: str, least: int) -> int | None:
        """The households in the classes from `least` up."""
        return self.together(table, area, classes_from(self.book.table(table), least))

    def share(self, part: int | None, area: str) -> float | None:
        """Of the area's households, when both are published and there are enough of them."""
        whole = self.households(area)
        if part is None or whole is None or whole < LEAST_FOR_A_SHARE or part > whole:
            return None
        return part / whole

    def stacked(self, table: str, area: str, least: int) -> float | None:
        return self.share(self.at_least(table, area, least), area)

    def too_few(self, area: str) -> bool:
        """Whether a share is left out for want of households, not because anything is hidden."""
        whole = self.households(area)
        return whole is not None and whole < LEAST_FOR_A_SHARE

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


def _sum(parts: Iterable[int | None]) -> int | None:
    total = 0
    for part in parts:
        if part is None:
            return None
        total += part
    return total


def ranked(shares: Iterable[tuple[Area, float | None]]) -> list[tuple[Area, float | None]]:
    """From high to low; what is hidden comes last in the order of the codebook, which tells nothing."""
    known = list(shares)
    return sorted(known, key=lambda pair: -1.0 if pair[1] is None else pair[1], reverse=True)
