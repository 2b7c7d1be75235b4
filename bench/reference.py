"""The reference tables of disclosure control: ours beside what other tools hide there.

`python -m bench reference` takes the two tables that the tests have, `python -m bench.reference FOLDER` a folder with
T1 to T4. "Unsafe" is how many small cells have an interval narrower than [0, k], by the attacker's reckoning; "attack" is
how long it takes to try everything. With * the tables are tied by area totals
and by those who use nothing alone, as in the prototype; without it, also by all that ties services to domains.
"""

from __future__ import annotations

import importlib.util
import multiprocessing
import os
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

import pandas as pd
from factlab.attack import audit, feasible
from factlab.disclosure import protect
from factlab.linked import Linked, LinkedTable, Relation, Rules, SafeLinked, Term

FIXTURES = Path(__file__).parents[1] / "tests" / "disclosure" / "tables"
# secondaries, sum hidden, seconds; measured on another run of two cores
OTHERS = {
    ("T1", 5): {"GaussSuppression 1.2.3, intervals": (86, 3308, 9.2), "tau-ARGUS OPT 100%": (67, 2546, 1.5)},
    ("T1", 10): {
        "GaussSuppression 1.2.3, intervals": (78, 6164, 12.8),
        "tau-ARGUS OPT 100%": (86, 6738, 35.7),
    },
    ("T2", 5): {"GaussSuppression 1.2.3, intervals": (67, 3628, 2.4), "sdcTable HITAS": (53, 3548, 7.2)},
    ("T1 to T4 *", 5): {"prototype": (328, 11547, 6.0)},
    ("T1 to T4 *", 10): {"prototype": (390, 21215, 11.0)},
    ("T2", 10): {"GaussSuppression 1.2.3, intervals": (75, 7012, 3.0), "tau-ARGUS OPT 100%": (80, 8307, 1.2)},
}
FILES = {"T1": ("T1_geo_x_nserv", "nserv"), "T2": ("T2_geo_x_ndom", "ndom")}
UNSAFE = {("T1", 5): {"tau-ARGUS OPT 100%": 16}, ("T1", 10): {"tau-ARGUS OPT 100%": 22}}


def nesting(folder: Path) -> dict[str, str]:
    lies_in = pd.read_csv(folder / "geo_hierarchy.csv")
    return dict(zip(lies_in.neigh, lies_in.district, strict=True)) | dict.fromkeys(lies_in.district, "Total")


def full(folder: Path, name: str, dimension: str) -> pd.DataFrame:
    """The table with the totals of districts and of the city, made from its neighbourhoods."""
    inner = pd.read_csv(folder / f"{name}_inner.csv")
    parts = [
        inner.assign(geo=geo).groupby(["geo", dimension], as_index=False).n.sum()
        for geo in (inner.neigh, inner.district, "Total")
    ]
    return pd.concat(parts)


def classes(table: LinkedTable, dimension: str) -> dict[str, str]:
    return dict.fromkeys(sorted(set(table.columns[dimension]) - {"Total"}), "Total")


def single(folder: Path, name: str, dimension: str, k: int) -> Linked:
    frame = pd.read_csv(folder / f"{name}_full.csv")
    table = LinkedTable.from_frame(frame, name[:2], ["geo", dimension])
    return Linked((table,), Rules(k), {"geo": (nesting(folder),), dimension: (classes(table, dimension),)})


def joint(folder: Path, k: int, *, simple: bool = False) -> Linked:
    """All four tables, with what ties services to domains; `simple`: only that nobody is nobody, as others had it."""
    ns, nd = (
        LinkedTable.from_frame(pd.read_csv(folder / f"{file}_full.csv"), name, ["geo", dim], "households")
        for name, file, dim in (("T1", "T1_geo_x_nserv", "nserv"), ("T2", "T2_geo_x_ndom", "ndom"))
    )
    svc = LinkedTable.from_frame(full(folder, "T3_geo_x_svc", "svc"), "T3", ["geo", "svc"], "users")
    dom = LinkedTable.from_frame(full(folder, "T4_geo_x_dom", "dom"), "T4", ["geo", "dom"], "domain users")
    services = sorted(set(svc.columns["svc"]))
    uses = tuple(Term(1, "users", {"svc": s}) for s in services)
    of = {d: [s for s in services if s.startswith(d)] for d in sorted(set(dom.columns["dom"]))}

    def n(dimension: str, code: str, factor: int) -> Term:
        return Term(factor, "households", {dimension: code})

    def domain(code: str, factor: int) -> Term:
        return Term(factor, "domain users", {"dom": code})

    relations = [
        Relation("nobody", (n("nserv", "0", 1), n("ndom", "0", -1)), ("geo",)),
        Relation(
            "domains add up",
            (*(domain(d, 1) for d in of), *(n("ndom", str(j), -j) for j in (1, 2, 3))),
            ("geo",),
        ),
        Relation(
            "open class",
            (*uses, *(n("nserv", f"{j}+"[: 1 + (j == 5)], -j) for j in range(1, 6))),
            ("geo",),
            0,
            None,
        ),
        Relation("one service", (n("ndom", "1", 1), n("nserv", "1", -1)), ("geo",), 0, None),
    ]
    for d, own in of.items():
        relations.append(
            Relation(
                "cover", (*(Term(1, "users", {"svc": s}) for s in own), domain(d, -1)), ("geo",), 0, None
            )
        )
        relations += [
            Relation("in domain", (domain(d, 1), Term(-1, "users", {"svc": s})), ("geo",), 0, None)
            for s in own
        ]
        relations.append(
            Relation(
                "in use", (n("nserv", "Total", 1), n("nserv", "0", -1), domain(d, -1)), ("geo",), 0, None
            )
        )
    dimensions = {"geo": (nesting(folder),), "nserv": (classes(ns, "nserv"),), "ndom": (classes(nd, "ndom"),)}
    return Linked((ns, nd, svc, dom), Rules(k), dimensions, tuple(relations[:1] if simple else relations))


def hidden(linked: Linked, safe: SafeLinked, k: int) -> tuple[int, int]:
    """How many cells are hidden beside the small ones, and how many households all hidden cells hold."""
    cells = {}
    for exact, told in zip(linked.tables, safe.tables, strict=True):
        codes = zip(*(exact.columns[name] for name in exact.by), strict=True)
        for at, n, status in zip(codes, exact.columns["n"], told.columns["status"], strict=True):
            if status == "suppressed":
                cells[
                    exact.measure,
                    tuple(pair for pair in zip(exact.by, at, strict=True) if pair[1] != "Total"),
                ] = n
    return sum(not 1 <= n < k for n in cells.values()), sum(cells.values())


def too_narrow(linked: Linked, safe: SafeLinked, k: int) -> int:
    """Of how many small cells the interval is narrower than [0, k]."""
    small = {
        (table.measure, *(f"{d}={code}" for d, code in zip(table.by, at, strict=True) if code != "Total"))
        for table in linked.tables
        for *at, n in zip(*(table.columns[d] for d in table.by), table.columns["n"], strict=True)
        if 1 <= n < k
    }
    ends = feasible(safe, sorted(small)).values()
    return sum(low > 0 or (high is not None and high < k) for low, high in ends)


def tau_argus(folder: Path, name: str, dimension: str, k: int) -> tuple[int, int, float]:
    """What the engine of tau-ARGUS (modular, range 100%) hides."""
    import pytauargus

    inner = pd.read_csv(folder / f"{name}_inner.csv").astype({dimension: str})
    units = inner.loc[inner.index.repeat(inner.n)]  # it counts units, one row each
    with tempfile.TemporaryDirectory() as made:
        lies_in = pd.read_csv(folder / "geo_hierarchy.csv")
        lines = [
            line
            for district, own in lies_in.groupby("district").neigh
            for line in (district, *(f"@{code}" for code in own))
        ]
        file = Path(made) / "geo.hrc"
        file.write_text("\n".join(lines) + "\n", encoding="ascii")
        os.chdir(made)  # its engine leaves files where it runs; this process is of use for one run only
        begun = time.perf_counter()
        found = pytauargus.protect(
            {"geo": list(units.neigh), "dim": list(units[dimension]), "one": [1] * len(units)},
            ["geo", "dim"],
            "one",
            safety_rules=f"FREQ({k},100)",
            suppress="MOD(1)",
            hrc={"geo": str(file)},
            hierleadstring="@",
            workdir=made,
        )
        seconds = time.perf_counter() - begun
        cells = found.tables[0].dataframe()
    hides = cells[~cells.status.isin(["S", "Z"]) & (cells.freq > 0)]
    return int((~hides.freq.between(1, k - 1)).sum()), int(hides.freq.sum()), seconds


def beside(folder: Path, name: str, k: int) -> str:
    """The line of tau-ARGUS, in a process of its own: its engine doesn't bear a second run."""
    if importlib.util.find_spec("pytauargus") is None:
        return "tau-ARGUS: not run, pytauargus is not installed"
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        try:
            number, total, seconds = pool.submit(tau_argus, folder.resolve(), *FILES[name], k).result()
        except BrokenProcessPool:
            return "tau-ARGUS: its engine crashed"
    return f"{'tau-ARGUS MOD 100%, here':<36}{number:>12}{total:>8}{seconds:>9.1f}{'?':>8}"


def main(tables: Path = FIXTURES) -> None:
    tables = Path(sys.argv[1]) if len(sys.argv) > 1 and Path(sys.argv[1]).is_dir() else tables
    print(
        f"{'table':<12}{'k':>3}  {'tool':<36}{'secondaries':>12}{'sum':>8}{'seconds':>9}{'unsafe':>8}{'attack':>8}"
    )
    for k in (5, 10):
        for name, linked in (
            ("T1", single(tables, "T1_geo_x_nserv", "nserv", k)),
            ("T2", single(tables, "T2_geo_x_ndom", "ndom", k)),
            *(
                (("T1 to T4 *", joint(tables, k, simple=True)), ("T1 to T4", joint(tables, k)))
                if (tables / "T3_geo_x_svc_inner.csv").exists()
                else ()
            ),
        ):
            begun = time.perf_counter()
            safe = protect(linked)
            seconds = time.perf_counter() - begun
            number, total = hidden(linked, safe, k)
            begun = time.perf_counter()
            held = audit(safe).holds
            attacked = time.perf_counter() - begun
            print(
                f"{name:<12}{k:>3}  {'Factlab':<36}{number:>12}{total:>8}{seconds:>9.1f}{too_narrow(linked, safe, k):>8}"
                f"{attacked:>8.1f}{'' if held else '  the attacker wins'}"
            )
            if name in FILES and (tables / f"{FILES[name][0]}_inner.csv").exists():
                print(f"{'':<15}  {beside(tables, name, k)}")
            for tool, (other, summed, took) in OTHERS.get((name, k), {}).items():
                unsafe = UNSAFE.get((name, k), {}).get(tool, 0)
                print(f"{'':<15}  {tool:<36}{other:>12}{summed:>8}{took:>9.1f}{unsafe:>8}")


if __name__ == "__main__":
    main()
