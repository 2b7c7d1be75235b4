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
from factlab.disclosure import certificate, model, rules, suppression
from factlab.disclosure.model import Model

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
    `same cell`: identities between tables. `complement`: the complement, difference and everyone rules."""
    book = counts.codebook
    everywhere = model.places(book, without)
    whole = model.publication(counts, everywhere, without)
    keys, k = model.cells(book), book.threshold
    small, withheld = rules.withheld(book, everywhere, whole.counts, 2 * k)
    task = suppression.Task(
        whole,
        tuple(rules.marked(everywhere, whole.counts, whole.forced, k, small, without)),
        frozenset(rules.whole(everywhere, withheld)),
        tuple(rules.guarantee(everywhere, whole.counts, k, without)),
        k,
        costs(book, keys, whole, salt),
    )
    hidden = suppression.suppress(task)
    return certificate.sign(book, keys, whole, hidden)


def costs(book: Codebook, keys: Sequence[CellKey], whole: Model, salt: bytes) -> NDArray[np.float64]:
    """What it costs to move a cell that is not yet hidden. Ties are broken by the salt: without it, nobody can run
    the search again to see which cell it would have preferred."""
    below = {level: len(book.levels) - 1 - i for i, level in enumerate(book.levels)}
    level = np.array([PER_LEVEL ** below[key.area_level] for key in keys])
    table = np.array([DEARER.get(key.table, 1.0) for key in keys])
    draws = [hmac.new(salt, "\0".join(key).encode(), hashlib.sha256).digest()[:6] for key in keys]
    tie = np.array([int.from_bytes(draw, "big") for draw in draws]) / 2.0**48
    return np.asarray((1 + np.log1p(whole.counts)) * level * table * (1 + TIE * tie))
