"""Which rules mark what in exact counts: for the analyst alone, since it tells small counts from others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from factlab.cells import CellKey, CountTable
from factlab.disclosure import model, rules
from factlab.disclosure.rules import Rule


@dataclass(frozen=True, repr=False)
class Reasons:
    """`marks` are the numbers that a rule marks, with the rules that do: a cell, or a cell and one that it lies in, for
    what that one has more. `beside` are the cells that are withheld so that a small area can't be worked out."""

    marks: Mapping[tuple[CellKey, ...], tuple[Rule, ...]]
    beside: frozenset[CellKey]


def reasons(counts: CountTable) -> Reasons:
    """The reasons of all cells. They are not kept with what is protected: nothing that leaves the room may hold them."""
    book = counts.codebook
    keys, everywhere = model.cells(book), model.places(book)
    whole = model.publication(counts, everywhere)
    small, withheld = rules.withheld(book, everywhere, whole.counts, 2 * book.threshold)
    marked = rules.marked(everywhere, whole.counts, whole.forced, book.threshold, small)
    return Reasons(
        {
            (keys[form.plus],) if form.minus < 0 else (keys[form.minus], keys[form.plus]): why
            for form, why in marked.items()
        },
        frozenset(keys[cell] for cell in rules.whole(everywhere, withheld - small)),
    )
