"""What an attacker tries to work out, and how free each of those numbers must be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from factlab.attack.relations import Relations
from factlab.attack.system import Form, Ints, System
from factlab.cells import Codebook

Mask = NDArray[np.bool_]
NO_END = -(2**62)


@dataclass(frozen=True)
class Goals:
    """The forms that are judged, and for each of them what a reader must not be able to tell."""

    forms: tuple[Form, ...]
    release: Ints  # of each form
    matrix: csr_array  # form x cell
    about: csr_array  # form x the cells it is named after
    single: Mask  # a hidden cell: never a single number
    high: Ints  # what it must be able to be
    k: Ints  # it must not be told to lie from 1 to just below this
    either: Mask  # nor to be that much less than nothing
    wide: Mask  # nor to lie anywhere in there; else only at one number there

    def broken(self, least: Ints, most: Ints, of: Ints | slice = slice(None)) -> Mask:
        """Which forms `of` these would be told if these were all that they can be."""
        k = self.k[of]
        inside = (least >= 1) & (most < k) | self.either[of] & (most <= -1) & (least > -k)
        fixed = least >= most
        return np.asarray(
            (most < self.high[of]) | (self.single[of] & fixed) | (inside & (fixed | self.wide[of]))
        )


def goals(
    system: System,
    release: Ints,
    books: Sequence[Codebook],
    relations: Relations,
    editions: Sequence[Form] = (),
) -> Goals:
    """Everything to be judged of the cells of these releases; `relations` are those of the first."""
    cells = np.flatnonzero((system.printed < 0) & system.judged).tolist()
    forms = (
        *(Form("cell", (system.keys[n],), ((n, 1),)) for n in cells),
        *system.forms,
        *editions,
    )
    place = [(n, cell, factor) for n, form in enumerate(forms) for cell, factor in form.terms]
    row, cell, factor = np.array(place, dtype=np.int64).reshape(-1, 3).T
    matrix = csr_array((factor, (row, cell)), shape=(len(forms), len(system.keys)), dtype=np.int64)
    of = np.zeros(len(forms), dtype=np.int64)
    np.maximum.at(of, row, release[cell])  # the cells of a form are of one release, but for an edition
    kinds = np.array([form.kind for form in forms], dtype=object)
    edition = kinds == "edition"
    of[edition] = 0
    k = np.array([book.threshold for book in books], dtype=np.int64)[of]
    rounding = np.array([book.rounding > 0 for book in books], dtype=bool)
    wide = rounding[of]
    wide[edition] = rounding.any()
    index = {(int(which), key): n for n, (which, key) in enumerate(zip(release, system.keys, strict=True))}
    named = [
        (n, index[which, key])
        for n, (form, which) in enumerate(zip(forms, of.tolist(), strict=True))
        for key in form.keys
    ]
    named += [(n, cell) for n in np.flatnonzero(edition).tolist() for cell, _ in forms[n].terms]
    row, cell = np.array(named, dtype=np.int64).reshape(-1, 2).T
    about = csr_array((np.ones(len(row), dtype=np.int64), (row, cell)), shape=matrix.shape)
    hidden = (
        np.asarray(about @ (system.printed < 0).astype(np.int64)) > 0
    )  # is asked of cells and complements
    complement = kinds == "complement"
    high = np.where((kinds == "cell") | (complement & hidden), k, 0)
    high[edition] = NO_END  # fewer may be left than there were: what is asked of k is asked of either side
    if books[0].rounding:
        # Of a printed group that only users are in, somebody must be able to be left: else it is everyone.
        nothing = relations.patterns.takes_non_users
        known = np.asarray(abs(matrix) @ (system.printed <= 0).astype(np.int64)) == 0
        shown = complement & ~hidden & (of == 0) & known
        for n in np.flatnonzero(shown).tolist():
            key = forms[n].keys[0]
            high[n] = 0 if nothing((key.table, key.category)) else 1
    return Goals(forms, of, matrix, about, kinds == "cell", high, k, edition, wide)
