"""A whole country: municipalities of 81 areas each, protected in processes side by side, as an outsider at k = 10."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
from factlab.disclosure import protect, protect_parts
from factlab.linked import Linked, LinkedTable, Rules

FIXTURES = Path(__file__).parents[1] / "tests" / "disclosure" / "tables"


def country(municipalities: int, k: int = 10) -> tuple[Linked, list[str]]:
    """The reference city over and over, with the counts of every neighbourhood drawn anew."""
    city = pd.read_csv(FIXTURES / "T1_geo_x_nserv_full.csv", dtype={"nserv": str})
    lies_in = pd.read_csv(FIXTURES / "geo_hierarchy.csv")
    inner = city[city.geo.str.startswith("N") & (city.nserv != "Total")]
    draw = np.random.default_rng(1)
    frames, geo = [], {}
    for i in range(municipalities):
        m = f"M{i:03}"
        geo |= {f"{m}{n}": f"{m}{d}" for n, d in zip(lies_in.neigh, lies_in.district, strict=True)}
        geo |= {f"{m}{d}": m for d in lies_in.district} | {m: "NL"}
        frames.append(inner.assign(geo=m + inner.geo, n=draw.poisson(inner.n * draw.uniform(0.2, 1.5))))
    cells = pd.concat(frames)
    levels = [cells]
    for _ in range(3):
        above = levels[-1].assign(geo=levels[-1].geo.map(geo))
        levels.append(above.groupby(["geo", "nserv"], as_index=False).n.sum())
    every = pd.concat(levels)
    whole = every.groupby("geo", as_index=False).n.sum().assign(nserv="Total")
    table = LinkedTable.from_frame(pd.concat([every, whole]), "services", ["geo", "nserv"], "households")
    classes = dict.fromkeys(sorted(set(cells.nserv)), "Total")
    linked = Linked((table,), Rules(k), {"geo": (geo,), "nserv": (classes,)})
    return linked, [f"M{i:03}" for i in range(municipalities)]


def main(sizes: tuple[int, ...] = (4, 16, 64)) -> None:
    for size in sizes:
        linked, parts = country(size)
        times = []
        for processes in (1, 2):
            begun = time.perf_counter()
            safe = protect_parts(linked, "geo", parts, processes=processes)
            times.append(time.perf_counter() - begun)
        hidden = safe.certificate["tables"][0]["suppressed"]
        line = f"{size:>4} municipalities, {len(linked.tables[0]):>7,} cells: {hidden:,} hidden, "
        line += f"{times[0]:.1f} s in one process, {times[1]:.1f} s in two"
        if size <= 4:
            begun = time.perf_counter()
            at_once = protect(linked).certificate["tables"][0]["suppressed"]
            line += f"; in one go {at_once:,} hidden, {time.perf_counter() - begun:.1f} s"
        print(line)


if __name__ == "__main__":
    main(tuple(int(size) for size in sys.argv[1:]) or (4, 16, 64))
