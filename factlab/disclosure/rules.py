"""What must be protected: the forms that a rule marks, and what must hold of every hidden cell."""

from __future__ import annotations

from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np

from factlab.cells import Codebook
from factlab.disclosure.model import Counts, Place
from factlab.disclosure.patterns import Flags, Matrix

Rule = Literal["minimum", "small area", "nobody without", "complement", "difference", "everyone"]


@dataclass(frozen=True)
class Form:
    """A linear form that a rule is about: the cell `plus`, less the cell `minus` if there is one."""

    plus: int
    minus: int = -1

    def of(self, table: Matrix) -> Matrix:
        """Its value in each of these tables or deviations (one a row), or in a single one."""
        whole = table[..., self.plus]
        return np.asarray(whole if self.minus < 0 else whole - table[..., self.minus])


@dataclass(frozen=True)
class Demand:
    """Some table that a reader can't exclude has the form `up` to the bound, `down` to it, or `away` from it."""

    form: Form
    side: Literal["up", "down", "away"]
    bound: int


class Ask(NamedTuple):
    """What a deviation must reach: the cell `plus` less the cell `minus` (-1: none) moves `needed` or further."""

    plus: int
    minus: int
    up: bool
    needed: int

    def met(self, plus: int, minus: int) -> bool:
        return plus - minus >= self.needed if self.up else plus - minus <= self.needed


def withheld(
    codebook: Codebook, everywhere: Sequence[Place], counts: Counts, least: int
) -> tuple[set[str], set[str]]:
    """The areas of under `least` households, and all that are withheld: those, with the smallest others of the same
    parent and level until they hold that many together. A parent that has no more is itself too small."""
    size = {place.area.code: int(counts[place.cells[place.knowledge.everyone]]) for place in everywhere}
    small = {code for code, households in size.items() if households < least}
    chosen = set(small)
    for parent, level in {(codebook.area[code].parent, codebook.area[code].level) for code in small}:
        siblings = [
            a.code for a in codebook.areas if (a.parent, a.level) == (parent, level) and a.code in size
        ]
        together = sum(size[code] for code in siblings if code in small)
        for code in sorted(set(siblings) - small, key=lambda code: (size[code], code)):
            if together >= least:
                break
            chosen.add(code)
            together += size[code]
    return small, chosen


def whole(places: Sequence[Place], codes: Set[str]) -> Iterator[int]:
    """The cells of these areas, but those that the codebook forces."""
    for place in places:
        if place.area.code in codes:
            yield from (int(cell) for cell in place.cells[~place.knowledge.forced])


def marked(
    everywhere: Sequence[Place],
    counts: Counts,
    forced: Flags,
    k: int,
    small: Set[str],
    without: Set[str] = frozenset(),
) -> dict[Form, tuple[Rule, ...]]:
    """Every form whose true value a rule marks: its interval must contain [0, k]. Which rules do is the analyst's to
    know: nothing that is made of the forms may depend on it."""
    found: dict[Form, tuple[Rule, ...]] = {}
    for rule, form in _marks(everywhere, counts, forced, k, small, without):
        if rule not in without:
            found[form] = (*found.get(form, ()), rule)
    return found


def _marks(
    everywhere: Sequence[Place], counts: Counts, forced: Flags, k: int, small: Set[str], without: Set[str]
) -> Iterator[tuple[Rule, Form]]:
    yield from (("minimum", Form(n)) for n in np.flatnonzero((counts >= 1) & (counts < k) & ~forced).tolist())
    yield from (("small area", Form(cell)) for cell in whole(everywhere, small))
    for place in everywhere:
        known, here = place.knowledge, counts[place.cells]
        if here[known.everyone] > 0:
            alone = known.unused & (here == 0) & ~known.forced
            yield from (("nobody without", Form(cell)) for cell in place.cells[alone].tolist())
        if "complement" in without:
            continue
        difference = here[None, :] - here[:, None]
        close = known.within & (difference >= 1) & (difference < k)
        if here[known.everyone] > 0:
            shared = known.within[:, known.everyone] & ~known.unused & (difference[:, known.everyone] == 0)
            close[shared, known.everyone] = True
        for a, b in np.argwhere(close).tolist():
            rule: Rule = "difference"
            if b == known.everyone:
                rule = "complement" if difference[a, b] else "everyone"
            yield rule, Form(int(place.cells[b]), int(place.cells[a]))


def both_sides(form: Form, k: int) -> tuple[Demand, Demand]:
    return Demand(form, "down", 0), Demand(form, "up", k)


def guarantee(
    everywhere: Sequence[Place], counts: Counts, k: int, without: Set[str] = frozenset()
) -> list[tuple[Demand, ...]]:
    """For each cell, what must hold once it is hidden: it is no single number, it and its complement can reach k."""
    complement = np.full(len(counts), -1, dtype=np.int64)
    if "complement" not in without:
        for place in everywhere:
            part = place.knowledge.within[:, place.knowledge.everyone]
            complement[place.cells[part]] = place.cells[place.knowledge.everyone]
    demands = []
    for cell, count in enumerate(counts):
        own = [Demand(Form(cell), "away", int(count)), Demand(Form(cell), "up", k)]
        if complement[cell] >= 0:
            own.append(Demand(Form(int(complement[cell]), cell), "up", k))
        demands.append(tuple(own))
    return demands
