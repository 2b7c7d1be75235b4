"""What ties a publication to earlier ones, and those to each other (docs/disclosure.md, E1 to E3)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import gcd

import numpy as np
from scipy.sparse import block_diag, csr_array

from factlab.attack.patterns import class_range
from factlab.attack.system import Form, Ints, Rows, System
from factlab.cells import CellKey, Earlier, Publication, Table


@dataclass(frozen=True)
class Ties:
    """The cells of all releases in one system, without what ties them, and the rows of each kind of tie."""

    system: System
    release: Ints  # of each cell: 0 is the publication, 1 the first of the earlier ones
    same: Rows  # E1 and E2
    bound: Rows  # E3
    editions: tuple[Form, ...]


def tie(publication: Publication, earlier: Sequence[Earlier], systems: Sequence[System]) -> Ties:
    """Put the systems of a publication and of the earlier ones, oldest first, beside each other."""
    stacked, release = _stack(systems)
    start = np.concatenate([[0], np.cumsum([len(system.keys) for system in systems])])
    same, bound = Rows(), Rows()
    editions: list[Form] = []
    # A pair is tied by what is stated of the earlier of the two; the publication comes last.
    order = [*range(1, len(systems)), 0]
    releases = [publication, *(one.publication for one in earlier)]
    for then, now in combinations(order, 2):
        pair = _Pair(releases[now], releases[then])
        tied = pair.keys(systems[now], systems[then])
        at = [(key, int(start[now]) + x, int(start[then]) + y) for key, x, y in tied]
        if not pair.same_round:
            stated = earlier[then - 1]
            free = [(x, y) for _, x, y in at if stacked.printed[x] < 0 or stacked.printed[y] < 0]
            _bounded(bound, np.array(free, dtype=np.int64).reshape(-1, 2), stated.least, stated.percent)
            continue
        equal, above = pair.unchanged(at, stacked)
        same.add("same round", equal, [1, -1], equal=True)
        for cells in above:
            half = len(cells) // 2
            same.add("same round", cells[None, :], [1] * half + [-1] * half, equal=False)
        if now == 0:
            settled = set(equal[:, 0].tolist())
            editions += [Form("edition", (key,), ((x, 1), (y, -1))) for key, x, y in at if x not in settled]
    return Ties(stacked, release, same, bound, tuple(editions))


def _stack(systems: Sequence[System]) -> tuple[System, Ints]:
    """Cells of all the systems, side by side. Of an earlier release no differences are judged."""
    forms: list[Form] = []
    start = 0
    for n, system in enumerate(systems):
        forms += [
            Form(form.kind, form.keys, tuple((start + cell, factor) for cell, factor in form.terms))
            for form in system.forms
            if n == 0 or form.kind == "complement"
        ]
        start += len(system.keys)
    whole = System(
        keys=tuple(key for system in systems for key in system.keys),
        printed=np.concatenate([system.printed for system in systems]),
        rows=csr_array(block_diag([system.rows for system in systems], format="csr")),
        equal=np.concatenate([system.equal for system in systems]),
        forms=tuple(forms),
        relations=systems[0].relations,
        judged=np.concatenate([system.judged for system in systems]),
        low=np.concatenate([system.lows for system in systems]),
        told=(
            np.concatenate([system.ends[0] for system in systems]),
            np.concatenate([system.ends[1] for system in systems]),
        ),
    )
    return whole, np.repeat(np.arange(len(systems)), [len(system.keys) for system in systems])


def _bounded(rows: Rows, cells: Ints, least: int, percent: int) -> None:
    """100x ≤ (100 + percent) · y + 100 · least, and 100x ≥ (100 − percent) · y − 100 · least."""
    for sign in (1, -1):
        then = 100 + sign * percent
        shared = gcd(100, then)
        # In whole numbers the row divided by what its factors share may be rounded inwards.
        low = -(100 * least // shared)
        rows.add("another round", cells, [-sign * 100 // shared, sign * then // shared], equal=False, low=low)


class _Pair:
    """Two releases: what they count alike, and what cannot have changed between them."""

    def __init__(self, now: Publication, then: Publication) -> None:
        self.books = (now.codebook, then.codebook)
        self.same_round = all(
            getattr(now.codebook, name) == getattr(then.codebook, name)
            for name in ("round_id", "fingerprint")
        )
        told = [
            {one["id"]: one for one in release.provenance.get("participants", ()) if one.get("delivered")}
            for release in (now, then)
        ]
        both = told[0].keys() & told[1].keys()
        self.same = frozenset(
            name for name in both if told[0][name].get("sequence") == told[1][name].get("sequence")
        )

        def of(content: str, *which: int) -> frozenset[str]:
            return frozenset(
                name for n in which for name, one in told[n].items() if one.get("content") == content
            )

        self.register = of("register", 0, 1)
        self.users = of("services", 0, 1)
        self.users_then = of("services", 1)
        lists = [
            {(one["participant"], one["sequence"]) for one in release.provenance.get("droplists", ())}
            for release in (now, then)
        ]
        sound = self.same_round and lists[0] == lists[1]
        if not sound or not self.register or not self.register <= self.same:
            self.same = frozenset()

    def keys(self, now: System, then: System) -> list[tuple[CellKey, int, int]]:
        """The cells that both count in the same way, with their place in each."""
        alike = {
            table.name
            for table in self.books[0].tables
            for other in self.books[1].tables
            if table.name == other.name
            and (table.kind, table.of, dict(table.rule), table.top)
            == (other.kind, other.of, dict(other.rule), other.top)
        }
        place = {key: n for n, key in enumerate(then.keys)}
        return [(key, n, place[key]) for n, key in enumerate(now.keys) if key.table in alike and key in place]

    def unchanged(self, at: Sequence[tuple[CellKey, int, int]], system: System) -> tuple[Ints, list[Ints]]:
        """E1, the cells now and then of which no delivery has changed; and E2, when others were only added: cells now
        that together are at least the same cells then. Neither when what is printed shows that something changed all
        the same (addresses were taken out)."""
        equal = np.array(
            [(x, y) for key, x, y in at if self.same and self._depends(key) <= self.same], dtype=np.int64
        ).reshape(-1, 2)
        added = self.same and self.users_then <= self.same
        above = [np.array(cells, dtype=np.int64).T.ravel() for cells in self._growing(at) if added]
        single = np.array([cells for cells in above if len(cells) == 2], dtype=np.int64).reshape(-1, 2)
        least, most = system.ends

        def fits(more: Ints, less: Ints) -> bool:
            return bool(((most[more] < 0) | (most[more] >= least[less])).all())

        if not (fits(*equal.T) and fits(*equal.T[::-1]) and fits(*single.T)):
            return equal[:0], []
        return equal, above

    def _depends(self, key: CellKey) -> frozenset[str]:
        table = self.books[0].table(key.table)
        if table.kind == "all":
            return self.register
        if table.kind == "reported":
            return frozenset(
                reporter.id
                for book in self.books
                for reporter in book.reporters
                if reporter.delivered and key.category in reporter.services
            )
        if table.of == "organisations" and table.kind in ("users", "unmatched"):
            return self.register | {key.category}
        if table.kind == "users":
            delivering = {
                organisation
                for book in self.books
                for service in book.delivered_services
                if key.category in (service.code, service.domain)
                and (service.domain if table.of == "domains" else service.code) == key.category
                for organisation in service.organisations
            }
            return self.register | delivering
        return self.register | self.users

    def _growing(self, at: Sequence[tuple[CellKey, int, int]]) -> Iterable[list[tuple[int, int]]]:
        place = {key: (x, y) for key, x, y in at}
        for key, cell in place.items():
            table = self.books[0].table(key.table)
            if table.kind == "users" or (table.kind == "rule" and key.category == "yes"):
                yield [cell]
            elif table.kind == "classes" and class_range(key.category)[0] > 0:
                tail = [place.get(other) for other in _tail(table, key)]
                if all(tail):
                    yield [one for one in tail if one is not None]


def _tail(table: Table, key: CellKey) -> list[CellKey]:
    """The cells of this class and all higher ones."""
    from_here = class_range(key.category)[0]
    codes = [c.code for c in table.categories if class_range(c.code)[0] >= from_here]
    return [key._replace(category=code) for code in codes]
