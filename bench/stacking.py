"""Counting all tables, as a ratio of one plain join and group by over the same rows in the same engine."""

from __future__ import annotations

import time

import numpy as np
import pyarrow as pa
from factlab.engine import Engine
from factlab.stacking import count
from tests import synthetic

HOUSEHOLDS, USES = 1_000_000, 2_500_000
PLAIN = """
    select household.area, household_use.service, count(distinct household_use.household) as households
    from household inner join household_use on household.household = household_use.household
    group by household.area, household_use.service
"""


def main() -> None:
    book = synthetic.codebook(districts=6, neighbourhoods=4, services=24, organisations=12)
    draw = np.random.default_rng(1)
    places = [area.code for area in book.at("neighbourhood")]
    uses = [(s.code, o) for s in book.delivered_services for o in s.organisations]
    chosen = draw.integers(len(uses), size=USES)
    with Engine() as engine:
        engine.load(
            "household",
            pa.table(
                {
                    "household": pa.array(np.arange(1, HOUSEHOLDS + 1), pa.int32()),
                    "area": np.array(places)[draw.integers(len(places), size=HOUSEHOLDS)],
                    "household_group": pa.repeat("", HOUSEHOLDS),
                }
            ),
        )
        engine.load(
            "household_use",
            pa.table(
                {
                    "household": pa.array(draw.integers(1, HOUSEHOLDS // 4, size=USES), pa.int32()),
                    "organisation": np.array([o for _, o in uses])[chosen],
                    "service": np.array([s for s, _ in uses])[chosen],
                }
            ),
        )
        engine.load("unmatched", pa.table({"organisation": [book.organisations[0].id], "addresses": [0]}))
        engine.load("reported", pa.table({"organisation": ["-"], "area": ["-"], "service": ["-"], "number": [0]}))
        begun = time.perf_counter()
        engine.rows(PLAIN)
        plain = time.perf_counter() - begun
        begun = time.perf_counter()
        count(engine, book)
        whole = time.perf_counter() - begun
    print(f"plain {plain:.2f} s, all tables {whole:.2f} s, ratio {whole / plain:.1f}")


if __name__ == "__main__":
    main()
