"""Joint protection of a publication: what is hidden so that no rule's form can be told from zero or from k.

After Fischetti and Salazar-González (2001); docs/disclosure.md describes the method and what it guarantees.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping, Sequence, Set
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from factlab.cells import CellKey, Codebook, CountTable, Earlier, SafeTable
from factlab.disclosure import (
    certificate,
    insiders,
    model,
    release,
    releases,
    rounding,
    rules,
    suppression,
    swaps,
)
from factlab.disclosure.model import Model, Place
from factlab.disclosure.patterns import Matrix
from factlab.disclosure.releases import Bound, Together
from factlab.disclosure.suppression import Task

PER_LEVEL = 4.0  # a cell is so much dearer than one a level lower
TIE = 0.1  # large enough for another salt to choose other partners, too small to hide much more
DEARER = {
    "households": 5.0,  # the denominators of every rate
    "domain": 4.0,  # readers look for it first, and it is a sum of combinations that can be hidden instead
}


def protect(
    counts: CountTable,
    *,
    salt: bytes = b"",
    earlier: Sequence[Earlier] = (),
    provenance: Mapping[str, Any] | None = None,
) -> SafeTable:
    """Hide what must be hidden, or raise a DisclosureError. The secret `salt` breaks ties; same salt, same table.

    `earlier` are the publications that readers have already, oldest first, with the stated bound on change, which is
    doubled until the truth allows it; `provenance` is what this one will tell of its deliveries."""
    book = counts.codebook
    everywhere = model.places(book)
    task = prepare(counts, everywhere, salt)
    if not earlier:
        safe = certificate.sign(book, task.model, suppression.suppress(task))
        return finish(safe, everywhere, task.model, salt)
    now = release.release(book, counts.counts, provenance or {}, everywhere)
    told = [release.earlier(one.publication) for one in earlier]
    bounds = [Bound(one.least, one.percent) for one in earlier]
    while True:
        together, bounds = releases.widened(now, task.model.counts, told, bounds)
        hidden = suppression.suppress(_beside(book, task, together))
        wrong = together.unbound[hidden[together.unbound[:, 0]], 1]
        if not len(wrong):
            hidden = hidden[: len(now.keys)]
            more = int(hidden.sum()) - int(suppression.suppress(task).sum())
            beside = certificate.beside(earlier, bounds, max(0, more))
            safe = certificate.sign(book, task.model, hidden, beside)
            return finish(safe, everywhere, task.model, salt)
        # Who relied on the bound would be wrong about a hidden cell without seeing it: so it isn't stated.
        bounds = [bound.doubled() if n in wrong else bound for n, bound in enumerate(bounds, 1)]


def _beside(book: Codebook, task: Task, together: Together) -> Task:
    """The same task with all that readers have already beside it."""
    more = len(together.model.counts) - len(task.model.counts)
    return replace(
        task,
        model=together.model,
        withheld=task.withheld | together.must | frozenset(np.flatnonzero(together.hidden).tolist()),
        guarantee=(*task.guarantee, *together.guarantee),
        cost=np.append(task.cost, np.ones(more)),
        zones=zones(book, together.codes),
        knowers=tuple(knower.beside(more) for knower in task.knowers),
        apart=(*task.apart, *together.apart),
        also=together.demands,
        before=together,
    )


def protect_with(counts: CountTable, salt: bytes, without: Set[str]) -> SafeTable:
    """For tests of the attacker only: protect as if a reader did not know, or a rule did not ask, what `without`
    names, so that the attacker can be seen to win. `areas`: areas add up. `classes`: identities within a table.
    `same cell`: identities between tables. `complement`: the complement, difference and everyone rules.
    `organisations`: what each organisation counts itself. Or the name of one inequality or rule (`rules.Rule`)."""
    everywhere = model.places(counts.codebook, without)
    task = prepare(counts, everywhere, salt, without)
    safe = certificate.sign(counts.codebook, task.model, suppression.suppress(task))
    return finish(safe, everywhere, task.model, salt)


def prepare(
    counts: CountTable, everywhere: Sequence[Place], salt: bytes, without: Set[str] = frozenset()
) -> Task:
    """What must be protected in a publication by itself."""
    book = counts.codebook
    whole = model.publication(counts, everywhere, without)
    keys, k = model.cells(book), book.threshold
    small, withheld = rules.withheld(book, everywhere, whole.counts, 2 * k)
    marked = tuple(rules.marked(everywhere, whole.counts, whole.forced, k, small, without))
    totals = frozenset(int(place.cells[place.knowledge.everyone]) for place in everywhere)
    return Task(
        whole,
        marked,
        frozenset(rules.whole(everywhere, withheld)),
        tuple(rules.guarantee(everywhere, whole.counts, k, without)),
        k,
        costs(book, keys, whole, salt),
        zones(book, [key.area_code for key in keys]),
        swaps.ground(everywhere),
        () if "organisations" in without else insiders.knowers(counts, everywhere, whole),
        tuple(form for form in marked if form.minus >= 0),
        totals,
    )


def finish(safe: SafeTable, everywhere: Sequence[Place], whole: Model, salt: bytes) -> SafeTable:
    """Rounded too, if the codebook says so."""
    if not safe.codebook.rounding:
        return safe
    ties = draws(model.cells(safe.codebook), salt + b"|rounding")
    return rounding.rounded(safe, everywhere, whole.equal, whole.least, ties)


def zones(book: Codebook, codes: Sequence[str]) -> Matrix:
    """Of each cell, by its area, what a lowest area lies in, -1 for all others (see `witness.Search`). An area that is
    alone in what it lies in is the same area under another name, and can't move while that stays."""
    inner = {area.parent for area in book.areas}
    lowest = [area for area in book.areas if area.code not in inner and area.parent]
    many = {area.parent for area in lowest if len(book.children(area.parent)) > 1}
    number = {code: n for n, code in enumerate(sorted(many))}
    of = {area.code: number[area.parent] for area in lowest if area.parent in many}
    return np.array([of.get(code, -1) for code in codes], dtype=np.int64)


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
