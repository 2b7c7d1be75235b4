"""A full city report, some 80 areas and 27 organisations: protecting it for any reader and for every organisation, attacking it
as both, and how that grows with the number of areas.

Seconds are of this process's own processor time, so that what else runs on the machine matters less; each line also says
how many times what was protected first it took. `python -m bench.city 1 3 10` for growth, at threshold 5.
"""

from __future__ import annotations

import sys
import time
from dataclasses import replace

import numpy as np
from factlab.attack import audit
from factlab.cells import CellKey, CountTable, Publication
from factlab.disclosure import protect
from tests import synthetic

TABLES = (
    "households",
    "services",
    "organisations",
    "domains",
    "domain_combination",
    "domain",
    "vulnerable",
    "service",
    "organisation",
)


def city(k: int, size: int = 1) -> CountTable:
    """Every table down to the neighbourhood, 87 columns; a quarter of the households uses something."""
    book = synthetic.codebook(
        districts=20 * size,
        neighbourhoods=3,
        services=30,
        organisations=27,
        threshold=k,
        lowest=dict.fromkeys(TABLES, "neighbourhood"),
    )
    draw = np.random.default_rng(1)
    places = [area.code for area in book.at("neighbourhood")]
    uses = [(service.code, o) for service in book.delivered_services for o in service.organisations]
    liked, busy = draw.lognormal(0, 1.2, len(uses)), draw.lognormal(0, 1.0, len(places))
    number = 70_000 * size
    lives = draw.choice(len(places), number, p=busy / busy.sum()).tolist()
    many = np.where(draw.random(number) < 0.25, draw.geometric(0.5, number), 0)
    drawn = iter(draw.choice(len(uses), many.sum(), p=liked / liked.sum()).tolist())
    made = [
        (places[at], frozenset(uses[next(drawn)] for _ in range(n)))
        for at, n in zip(lives, many.tolist(), strict=True)
    ]
    return synthetic.count(book, made)


def main(sizes: tuple[int, ...] = (1,)) -> None:
    first = 0.0
    for size in sizes:
        for k in (5, 10) if size == 1 else (5,):
            counts = city(k, size)
            book = counts.codebook
            everyone: dict[str, dict[CellKey, int]] = {name: dict(own) for name, own in counts.own.items()}
            for name, own in (("any reader", {}), ("every organisation", everyone)):
                begun = time.process_time()
                safe = protect(replace(counts, own=own))
                protected = time.process_time()
                verdict = audit(Publication(book, safe.cells, {}, {}, {}), insiders=own)
                seconds = protected - begun, time.process_time() - protected
                first = first or seconds[0]
                print(
                    f"{verdict.cells:>7,} cells, {len(book.areas)} areas, k = {k}, {name}: {verdict.hidden:,} hidden; "
                    f"protect {seconds[0]:.1f} s ({seconds[0] / first:.1f}), attack {seconds[1]:.1f} s "
                    f"({seconds[1] / first:.1f}), holds: {verdict.holds}",
                    flush=True,
                )


if __name__ == "__main__":
    main(tuple(int(size) for size in sys.argv[1:]) or (1,))
