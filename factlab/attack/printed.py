"""What needs no reckoning: a small count, a number that isn't rounded, and a group that everyone or nobody is in."""

from __future__ import annotations

from collections.abc import Iterable

from factlab.attack.findings import Finding
from factlab.attack.relations import Relations
from factlab.attack.system import System
from factlab.cells import CellKey, Publication


def seen(publication: Publication, system: System, relations: Relations) -> Iterable[Finding]:
    """What is wrong with the numbers that are printed, one by one and beside the households."""
    book = publication.codebook
    in_codebook = frozenset(book.keys)
    yield from (
        Finding("not in the codebook", (c.key,)) for c in publication.cells if c.key not in in_codebook
    )
    nothing = relations.patterns.takes_non_users
    base = max(book.rounding, 1)
    count = dict(zip(system.keys, system.printed.tolist(), strict=True))
    for key, n in count.items():
        if 1 <= n <= book.threshold - base:  # else the true count can be the threshold
            yield Finding("small count published", (key,))
        if n > 0 and n % base:
            yield Finding("not rounded", (key,))
    for level, found in relations.level.items():
        for area in book.at(level):
            here = {c: count[CellKey(c[0], level, area.code, "", c[1])] for c in found.columns}
            if not found.households or any(here[c] < 0 for c, _ in found.households):
                continue
            households = sum(factor * here[c] for c, factor in found.households)
            for column in found.columns if households > 0 else ():
                if column in found.zero or column in found.whole:
                    continue
                key = CellKey(column[0], level, area.code, "", column[1])
                if here[column] == households and not nothing(column) and not book.rounding:
                    yield Finding("everyone", (key,))
                if here[column] == 0 and nothing(column):
                    yield Finding("nobody without", (key,))
