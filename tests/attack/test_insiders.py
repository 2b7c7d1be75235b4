"""What an organisation knows from its own clients, met with households drawn from the codebook.

For each household the relations must hold between what it uses and what it uses of the organisation; no equality may
be missing; and a column is the organisation's own knowledge when and only when nothing else changes it.
"""

from __future__ import annotations

from functools import cache, partial

import numpy as np
import pytest
from factlab.attack.insiders import determined, shared
from factlab.attack.relations import Relations
from factlab.cells import Codebook

from tests.attack.test_relations import BOOKS, Pair, counted, patterns


def rank(matrix: np.ndarray) -> int:
    return int(np.linalg.matrix_rank(matrix)) if matrix.size else 0


def drawn(book: Codebook, who: str) -> list[tuple[tuple[Pair, ...], tuple[Pair, ...]]]:
    """Households, each with its part of this organisation; also what stays of each one without it, and its part alone."""
    found = {
        chosen
        for uses in patterns(book, 100)
        for mine in [tuple(sorted(use for use in uses if use[1] == who))]
        for chosen in (tuple(sorted(uses)), tuple(sorted(set(uses) - set(mine))), mine)
    }
    return [(uses, tuple(use for use in uses if use[1] == who)) for uses in sorted(found)]


@pytest.mark.parametrize("name", BOOKS)
def test_an_organisation_knows_what_all_households_show(name: str) -> None:
    book = BOOKS[name]
    relations = Relations(book)
    columns_of = cache(partial(counted, book))
    for who in [organisation.id for organisation in book.organisations if organisation.delivered][:2]:
        there = drawn(book, who)
        used = [columns_of(uses) for uses, _ in there]
        of_it = [columns_of(mine) if mine else set() for _, mine in there]
        for level, found in relations.level.items():
            columns = list(found.columns)
            place = {column: n for n, column in enumerate(columns)}
            every = np.array([[c in one for c in columns] for one in used], dtype=np.int64)
            own = np.array([[c in one for c in columns] for one in of_it], dtype=np.int64)

            equal = []
            for told in shared(relations, found, who):
                value = sum(factor * every[:, place[column]] for column, factor in told.row)
                mine = sum(own[:, place[column]] for column in told.own)
                sign = -1 if told.row[0][1] < 0 else 1
                left = value - sign * mine
                assert (left == 0).all() if told.equal else (left >= 0).all(), (level, who, told)
                if told.equal:
                    equal.append(value)
            seen = np.unique(np.column_stack([every, own, *equal]), axis=0)
            every_seen, own_seen = seen[:, : len(columns)], seen[:, len(columns) : 2 * len(columns)]
            both = rank(every_seen) + rank(own_seen) - rank(seen[:, : 2 * len(columns)])
            assert rank(seen[:, 2 * len(columns) :]) == both, (level, who)

            group: dict[tuple[Pair, ...], list[int]] = {}
            for n, (_, mine) in enumerate(there):
                group.setdefault(mine, []).append(n)
            alone = {
                column
                for column in columns
                if all(len(np.unique(every[members, place[column]])) == 1 for members in group.values())
            }
            whole = found.zero | found.whole
            assert set(determined(relations, columns, who)) - whole == alone - whole, (level, who)
