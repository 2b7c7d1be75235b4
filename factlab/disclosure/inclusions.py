"""Inclusions: a column is part of another when each allowed pattern in the one is in the other."""

from __future__ import annotations

import numpy as np

from factlab.disclosure.patterns import Flags, Matrix


def find(evaluated: Matrix) -> Flags:
    """`found[a, b]`: column a lies within column b. Columns that no pattern reaches take no part."""
    exact = evaluated.astype(np.float64)  # whole numbers far below 2^53: exact, and quicker than integers
    both = exact.T @ exact
    outside = both.diagonal()[:, None] - both  # patterns in a that are not in b
    reached: Flags = np.asarray(evaluated.any(axis=0))
    found: Flags = (outside == 0) & reached[:, None] & reached[None, :]
    return found


def strict(found: Flags) -> Flags:
    """Without the columns that are each other's equal: there the codebook forces the difference to zero."""
    different: Flags = found & ~found.T
    return different


def least(found: Flags) -> list[tuple[int, int]]:
    """The inclusions (a, b) that imply all others, between one of each set of equal columns."""
    equal = found & found.T
    first = np.flatnonzero(equal.any(axis=1) & (equal.argmax(axis=1) == np.arange(len(found))))
    within = strict(found)[np.ix_(first, first)]
    between = (within.astype(np.int64) @ within.astype(np.int64)) > 0
    return [(int(first[a]), int(first[b])) for a, b in np.argwhere(within & ~between)]
