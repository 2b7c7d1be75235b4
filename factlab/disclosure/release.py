"""One release as readers have it, and what two of them count alike."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from factlab.cells import CellKey, Codebook, Publication, Table
from factlab.disclosure import model
from factlab.disclosure.model import Place
from factlab.disclosure.patterns import Flags, Matrix


@dataclass(frozen=True, repr=False)
class Release:
    """What was published: of each cell its number, -1 where it is hidden; `base` when numbers are rounded."""

    book: Codebook
    keys: tuple[CellKey, ...]
    printed: Matrix
    places: tuple[Place, ...]
    delivered: Mapping[str, Mapping[str, Any]]  # participants of which something was counted
    dropped: frozenset[tuple[str, int]]  # drop lists that took addresses out
    base: int

    @cached_property
    def index(self) -> dict[CellKey, int]:
        return {key: n for n, key in enumerate(self.keys)}

    def of_content(self, content: str) -> frozenset[str]:
        return frozenset(name for name, one in self.delivered.items() if one.get("content") == content)

    @cached_property
    def ends(self) -> tuple[Matrix, Matrix]:
        """From and to which a number stands for, -1 where it is hidden: a rounded one for several."""
        off = np.where(self.printed > 0, max(self.base - 1, 0), 0)
        low = np.maximum(self.printed - off, np.where(off > 0, self.book.threshold, -1))
        return low, self.printed + off

    @property
    def settled(self) -> Flags:
        """Cells that readers know exactly."""
        low, high = self.ends
        return np.asarray((low >= 0) & (low == high), dtype=bool)


def release(
    book: Codebook,
    printed: Mapping[CellKey, int],
    provenance: Mapping[str, Any],
    places: Sequence[Place],
) -> Release:
    """What `printed` lacks is hidden; `provenance` tells which deliveries were counted."""
    keys = model.cells(book)
    told = [one for one in provenance.get("participants", ()) if one.get("delivered")]
    return Release(
        book,
        keys,
        np.array([printed.get(key, -1) for key in keys], dtype=np.int64),
        tuple(places),
        {one["id"]: one for one in told},
        frozenset((one["participant"], one["sequence"]) for one in provenance.get("droplists", ())),
        book.rounding,
    )


def earlier(published: Publication) -> Release:
    """A release as readers have it."""
    book = published.codebook
    printed = {cell.key: cell.households for cell in published.cells if cell.households is not None}
    return release(book, printed, published.provenance, model.places(book))


class Pair:
    """Two releases: what they count alike, and what can't have changed between them."""

    def __init__(self, now: Release, then: Release) -> None:
        self.books = (now.book, then.book)
        self.same_round = (now.book.round_id, now.book.fingerprint) == (
            then.book.round_id,
            then.book.fingerprint,
        )
        alike = {table.name: self._counts(table) for table in then.book.tables}
        same = {t.name for t in now.book.tables if alike.get(t.name) == self._counts(t)}
        self.cells = [
            (n, then.index[key]) for n, key in enumerate(now.keys) if key.table in same and key in then.index
        ]
        told = now.delivered, then.delivered
        kept = {
            name
            for name in told[0].keys() & told[1].keys()
            if told[0][name].get("sequence") == told[1][name].get("sequence")
        }
        self.register = now.of_content("register") | then.of_content("register")
        self.users = now.of_content("services") | then.of_content("services")
        sound = self.same_round and self.register and self.register <= kept and now.dropped == then.dropped
        self.kept = frozenset(kept) if sound else frozenset()
        self.only_added = bool(sound) and then.of_content("services") <= kept

    @staticmethod
    def _counts(table: Table) -> tuple[object, ...]:
        return table.kind, table.of, tuple(sorted(table.rule.items())), table.top

    def unchanged(self, key: CellKey) -> bool:
        """E1: everything that the cell depends on is the very same delivery in both."""
        return bool(self.kept) and self._depends(key) <= self.kept

    def _depends(self, key: CellKey) -> frozenset[str]:
        table = self.books[0].table(key.table)
        if table.kind == "all":
            return self.register
        if table.kind == "reported":
            reporters = [one for book in self.books for one in book.reporters if one.delivered]
            return frozenset(one.id for one in reporters if key.category in one.services)
        if table.of == "organisations" and table.kind in ("users", "unmatched"):
            return self.register | {key.category}
        if table.kind == "users":
            services = [one for book in self.books for one in book.delivered_services]
            named = [s for s in services if key.category == (s.code if table.of == "services" else s.domain)]
            return self.register.union(*(service.organisations for service in named))
        return self.register | self.users

    def growing(self, keys: Sequence[CellKey]) -> Iterator[list[CellKey]]:
        """E2: cells that together hold at least what they held, when deliveries were only added."""
        if not self.only_added:
            return
        present = set(keys)
        for key in keys:
            table = self.books[0].table(key.table)
            if table.kind == "users" or (table.kind == "rule" and key.category == "yes"):
                yield [key]
            elif table.kind == "classes" and key.category != "0":
                floor = int(key.category.rstrip("+"))
                tail = [
                    key._replace(category=c.code)
                    for c in table.categories
                    if int(c.code.rstrip("+")) >= floor
                ]
                if present.issuperset(tail):
                    yield tail
