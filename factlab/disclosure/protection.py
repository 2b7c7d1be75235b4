"""Joint protection of a publication: what is hidden so that no rule's form can be told from zero or from k.

After Fischetti and Salazar-González (2001); docs/disclosure.md describes the method and what it guarantees.
"""

from __future__ import annotations

import hashlib
import hmac
from collections import deque
from collections.abc import Sequence, Set

import numpy as np
from numpy.typing import NDArray

from factlab.cells import CellKey, Codebook, CountTable, SafeTable
from factlab.disclosure import certificate, model, rules
from factlab.disclosure.model import Model
from factlab.disclosure.patterns import Flags, Matrix
from factlab.disclosure.rules import Demand, Form
from factlab.disclosure.witness import Search
from factlab.errors import DisclosureError

HIDDEN = 0.001  # the cost of moving what is hidden already, against log(1 + n) for what is not
PER_LEVEL = 4.0  # a cell is so much dearer than one a level lower
TOTALS = 5.0  # numbers of households are the denominators of every rate


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
    forms = rules.marked(everywhere, whole.counts, whole.forced, k, small, without)
    hidden = suppress(
        whole,
        forms,
        rules.guarantee(everywhere, whole.counts, k, without),
        k,
        costs(book, keys, whole, salt),
        set(rules.whole(everywhere, withheld)),
    )
    return certificate.sign(book, keys, whole, hidden)


def costs(book: Codebook, keys: Sequence[CellKey], whole: Model, salt: bytes) -> NDArray[np.float64]:
    """What it costs to move a cell that is not yet hidden. Ties are broken by the salt: without it, nobody can run
    the search again to see which cell it would have preferred."""
    below = {level: len(book.levels) - 1 - i for i, level in enumerate(book.levels)}
    level = np.array([PER_LEVEL ** below[key.area_level] for key in keys])
    total = np.array([TOTALS if key.table == "households" else 1.0 for key in keys])
    draws = [hmac.new(salt, "\0".join(key).encode(), hashlib.sha256).digest()[:6] for key in keys]
    tie = np.array([int.from_bytes(draw, "big") for draw in draws]) / 2.0**48
    return np.asarray((1 + np.log1p(whole.counts)) * level * total * (1 + 0.01 * tie))


def suppress(
    whole: Model,
    forms: Sequence[Form],
    guarantee: Sequence[tuple[Demand, ...]],
    k: int,
    cost: NDArray[np.float64],
    withheld: Set[int],
) -> Flags:
    """Which cells to hide so that every form's interval contains [0, k] and every hidden cell has its guarantee."""
    must = np.zeros(len(whole.counts), dtype=bool)
    must[[form.plus for form in forms if form.minus < 0]] = True
    must[list(withheld)] = True
    ordered = sorted(forms, key=lambda form: -int(form.of(whole.counts)))
    asked = [demand for form in ordered for demand in rules.both_sides(form, k)]
    search = Search(whole, cost)
    hidden, deviations = spread(whole, search, must, asked, guarantee, cost)
    hidden, deviations = shrink(whole, search, must, asked, guarantee, cost, hidden, deviations)
    verify(whole, hidden, asked, guarantee, deviations)
    return hidden


def spread(
    whole: Model,
    search: Search,
    must: Flags,
    asked: Sequence[Demand],
    guarantee: Sequence[tuple[Demand, ...]],
    cost: NDArray[np.float64],
) -> tuple[Flags, Matrix]:
    """Hide what must be, then whatever moves in the cheapest witness of each demand that none before it meets."""
    hidden = np.zeros(len(whole.counts), dtype=bool)
    deviations = np.zeros((1, len(whole.counts)), dtype=np.int64)  # the true table agrees with itself
    queue = deque(asked)

    def hide(cells: NDArray[np.int64]) -> None:
        hidden[cells] = True
        search.cheapen(cells, HIDDEN * cost[cells])
        queue.extend(demand for cell in cells for demand in guarantee[cell])

    hide(np.flatnonzero(must))
    while queue:
        demand = queue.popleft()
        if demand.met(whole.counts, deviations).any():
            continue
        found = search.find(demand)
        if found is None:
            raise DisclosureError("disclosure.cannot_protect")
        deviations = np.vstack([deviations, found])
        hide(np.flatnonzero((found != 0) & ~hidden))
    return hidden, deviations


def shrink(
    whole: Model,
    search: Search,
    must: Flags,
    asked: Sequence[Demand],
    guarantee: Sequence[tuple[Demand, ...]],
    cost: NDArray[np.float64],
    hidden: Flags,
    deviations: Matrix,
) -> tuple[Flags, Matrix]:
    """Publish again what need not be hidden, the dearest first: only the demands that lose their last witness are
    searched for again."""
    hidden = hidden.copy()
    search.fix(np.flatnonzero(~hidden & ~whole.forced))
    owner = [-1] * len(asked) + [int(cell) for cell in np.flatnonzero(hidden) for _ in guarantee[cell]]
    demands = [*asked, *(demand for cell in np.flatnonzero(hidden) for demand in guarantee[cell])]
    wanted, owners = np.ones(len(demands), dtype=bool), np.array(owner)
    met = np.array([demand.met(whole.counts, deviations) for demand in demands]).T
    for cell in sorted(np.flatnonzero(hidden & ~must), key=lambda cell: (-cost[cell], cell)):
        if whole.pins(hidden, cell):
            continue
        others = wanted & (owners != cell)
        keeps = deviations[:, cell] == 0
        lost = others & ~met[keeps].any(axis=0)
        search.fix(np.array([cell]))
        new: list[Matrix] = []
        for place in np.flatnonzero(lost):
            if any(demands[place].met(whole.counts, deviation) for deviation in new):
                continue
            found = search.find(demands[place])
            if found is None:
                break
            new.append(found)
        else:
            hidden[cell], wanted = False, others
            deviations = np.vstack([deviations[keeps], *new])
            fresh = [[bool(demand.met(whole.counts, deviation)) for demand in demands] for deviation in new]
            met = np.vstack([met[keeps], np.array(fresh, dtype=bool).reshape(len(new), len(demands))])
            continue
        search.fix(np.array([cell]), release=True)
    return hidden, deviations


def verify(
    whole: Model,
    hidden: Flags,
    asked: Sequence[Demand],
    guarantee: Sequence[tuple[Demand, ...]],
    deviations: Matrix,
) -> None:
    """Every demand has a witness that is a table of whole numbers, keeps every relation and moves only hidden cells."""
    sound = deviations[whole.allows(deviations) & ~deviations[:, ~hidden].any(axis=1)]
    granted = [demand for cell in np.flatnonzero(hidden) for demand in guarantee[cell]]
    if not all(demand.met(whole.counts, sound).any() for demand in (*asked, *granted)):
        raise DisclosureError("disclosure.not_verified")
