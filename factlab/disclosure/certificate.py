"""What the protector says of a table that it protected: the method, how much is hidden, and what is not covered."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from factlab.cells import Cell, CellKey, Codebook, Earlier, SafeTable, Status
from factlab.disclosure import model
from factlab.disclosure.model import Model
from factlab.disclosure.patterns import Flags
from factlab.disclosure.releases import Bound

METHOD = "cell suppression by witnesses: every marked form's interval contains 0 to the threshold"
NOT_COVERED = (
    "a household that is alone in a cell",
    "household totals from elsewhere for an area that is withheld",
)


def sign(book: Codebook, whole: Model, hidden: Flags, told: Mapping[str, Any] | None = None) -> SafeTable:
    """The protected table with its certificate, which never tells how many cells were small of themselves. `told` is
    what there is to say of earlier releases."""
    place = {key: i for i, key in enumerate(model.cells(book))}
    cells = tuple(_cell(key, place.get(key), whole, hidden) for key in book.keys)
    signed = certificate(book, cells, whole)
    if told is None:
        signed["not_covered"].append("earlier publications of the same municipality")
    return SafeTable(book, cells, signed | dict(told or {}))


def beside(earlier: Sequence[Earlier], bounds: Sequence[Bound], held_back: int) -> dict[str, Any]:
    """What is stated of the releases that it was protected beside, and how many cells more are hidden for it."""
    return {
        "earlier": [
            {"round": one.publication.codebook.round_id, "least": bound.least, "percent": bound.percent}
            for one, bound in zip(earlier, bounds, strict=True)
        ],
        "held_back": held_back,
    }


def _cell(key: CellKey, place: int | None, whole: Model, hidden: Flags) -> Cell:
    if place is None:
        return Cell(key, None, "unavailable")
    if hidden[place]:
        return Cell(key, None, "suppressed")
    return Cell(key, int(whole.counts[place]), "published")


def certificate(book: Codebook, cells: Sequence[Cell], whole: Model) -> dict[str, Any]:
    """A mapping that can be written as JSON; it holds no count of households."""
    number: Counter[tuple[str, str, Status]] = Counter(
        (cell.key.table, cell.key.area_level, cell.status) for cell in cells
    )
    tables = []
    for table in book.tables:
        for level in table.levels:
            by: dict[str, int] = {
                status: number[table.name, level, status]
                for status in ("published", "suppressed", "unavailable")
            }
            tables.append({"table": table.name, "level": level, "cells": sum(by.values())} | by)
    return {
        "method": METHOD,
        "threshold": book.threshold,
        "tables": tables,
        "relations": dict(sorted(whole.relations.items())),
        "not_covered": list(NOT_COVERED),
    }
