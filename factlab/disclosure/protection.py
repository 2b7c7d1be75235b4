"""Joint protection of a publication: what is hidden so that no rule's form can be told from zero or from k.

After Fischetti and Salazar-González (2001); docs/disclosure.md describes the method and what it guarantees.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence, Set

import numpy as np
from numpy.typing import NDArray

from factlab.cells import CellKey, Codebook, CountTable, SafeTable
from factlab.disclosure import certificate, insiders, model, rounding, rules, suppression
from factlab.disclosure.model import Model, Place
from factlab.disclosure.patterns import Matrix

PER_LEVEL = 4.0  # a cell is so much dearer than one a level lower
TIE = 0.1  # large enough for another salt to choose other partners, too small to hide much more
DEARER = {
    "households": 5.0,  # the denominators of every rate
    "domain": 4.0,  # readers look for it first, and it is a sum of combinations that can be hidden instead
}


def protect(counts: CountTable, *, salt: bytes = b"") -> SafeTable:
    """Hide what must be hidden, or raise a DisclosureError. The secret `salt` breaks ties; same salt, same table."""
    return protect_with(counts, salt, frozenset())


def protect_with(counts: CountTable, salt: bytes, without: Set[str]) -> SafeTable:
    """For tests of the attacker only: protect as if a reader did not know, or a rule did not ask, what `without`
    names, so that the attacker can be seen to win. `areas`: areas add up. `classes`: identities within a table.
    `same cell`: identities between tables. `complement`: the complement, difference and everyone rules.
    `organisations`: what each organisation counts itself."""
    book = counts.codebook
    everywhere = model.places(book, without)
    whole = model.publication(counts, everywhere, without)
    keys, k = model.cells(book), book.threshold
    small, withheld = rules.withheld(book, everywhere, whole.counts, 2 * k)
    marked = tuple(rules.marked(everywhere, whole.counts, whole.forced, k, small, without))
    totals = frozenset(int(place.cells[place.knowledge.everyone]) for place in everywhere)
    task = suppression.Task(
        whole,
        marked,
        frozenset(rules.whole(everywhere, withheld)),
        tuple(rules.guarantee(everywhere, whole.counts, k, without)),
        k,
        costs(book, keys, whole, salt),
        zones(book, keys),
        () if "organisations" in without else insiders.knowers(counts, everywhere, whole),
        tuple(form for form in marked if form.minus >= 0),
        totals,
    )
    safe = certificate.sign(book, keys, whole, suppression.suppress(task))
    return finish(safe, everywhere, whole, salt)


def finish(safe: SafeTable, everywhere: Sequence[Place], whole: Model, salt: bytes) -> SafeTable:
    """Rounded too, if the codebook says so."""
    if not safe.codebook.rounding:
        return safe
    ties = draws(model.cells(safe.codebook), salt + b"|rounding")
    return rounding.rounded(safe, everywhere, whole.equal, whole.least, ties)


def zones(book: Codebook, keys: Sequence[CellKey]) -> Matrix:
    """Of each cell of a lowest area what the area lies in, -1 for all others (see `witness.Search`). An area that is
    alone in what it lies in is the same area under another name, and can't move while that stays."""
    inner = {area.parent for area in book.areas}
    lowest = [area for area in book.areas if area.code not in inner and area.parent]
    many = {area.parent for area in lowest if len(book.children(area.parent)) > 1}
    number = {code: n for n, code in enumerate(sorted(many))}
    of = {area.code: number[area.parent] for area in lowest if area.parent in many}
    return np.array([of.get(key.area_code, -1) for key in keys], dtype=np.int64)


def costs(book: Codebook, keys: Sequence[CellKey], whole: Model, salt: bytes) -> NDArray[np.float64]:
    """What it costs to move a cell that is not yet hidden. Ties are broken by the salt: without it, nobody can run
    the search again to see which cell it would have preferred."""
    below = {level: len(book.levels) - 1 - i for i, level in enumerate(book.levels)}
    level = np.array([PER_LEVEL ** below[key.area_level] for key in keys])
    table = np.array([DEARER.get(key.table, 1.0) for key in keys])
    return np.asarray((1 + np.log1p(whole.counts)) * level * table * (1 + TIE * draws(keys, salt)))


def draws(keys: Sequence[CellKey], salt: bytes) -> NDArray[np.float64]:
    """A number of each cell, from 0 to 1, that nobody can draw again without the salt."""
    drawn = [hmac.new(salt, "\0".join(key).encode(), hashlib.sha256).digest()[:6] for key in keys]
    return np.array([int.from_bytes(draw, "big") for draw in drawn]) / 2.0**48
