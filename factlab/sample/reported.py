"""What an organisation without addresses has: how many visitors it counted in each district, and no more."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from factlab.sample.doors import Doors, Ints
from factlab.sample.place import DISTRICT_OF, DISTRICTS, NAME


@dataclass(frozen=True)
class Activity:
    """`share` is how many visitors there are per household of a district, times its place in `drawn`."""

    code: str
    share: float
    drawn: tuple[float, ...]  # in the order of DISTRICTS: where it is held, and who lives there


ORGANISATION = "buurtkamers-wiermonde"
TITLE = f"Stichting Buurtkamers {NAME}"
FILE = "bezoekers per wijk.csv"
ACTIVITIES = (
    Activity("INF-MALT", 0.012, (1.4, 1.1, 1.6, 0.5, 0.03, 0.7)),
    Activity("WEL-INL", 0.050, (1.0, 1.7, 1.2, 0.6, 0.3, 0.8)),
)


def draw(doors: Doors, rng: np.random.Generator) -> Ints:
    """Visitors by district (row) and activity (column)."""
    households = np.bincount(np.array(DISTRICT_OF)[doors.neighbourhood], minlength=len(DISTRICTS))
    chance = np.array([one.share * np.array(one.drawn) for one in ACTIVITIES]).T
    return rng.binomial(households[:, None], chance)


def write(folder: Path, visitors: Ints, names: dict[str, str]) -> None:
    """The table as the organisation keeps it: districts and activities by name, a total below; nobody is no row."""
    lines = ["Wijk;Activiteit;Bezoekers;Contactpersoon"]
    for district, row in zip(DISTRICTS, visitors.tolist(), strict=True):
        for one, number in zip(ACTIVITIES, row, strict=True):
            if number:
                lines.append(f"{district.name};{names[one.code]};{number};beheerder {district.name}")
    lines.append(f"Totaal;;{int(visitors.sum())};")
    target = folder / ORGANISATION / FILE
    target.parent.mkdir(parents=True)
    target.write_bytes("".join(f"{line}\r\n" for line in lines).encode("utf-8-sig"))


def write_truth(folder: Path, visitors: Ints) -> None:
    """What was counted, for tests: `reported.parquet`."""
    pairs = [(district.code, one.code) for district in DISTRICTS for one in ACTIVITIES]
    areas, services = zip(*pairs, strict=True)
    table = pa.table({"area": areas, "service": services, "count": pa.array(visitors.ravel(), pa.int64())})
    pq.write_table(table, folder / "reported.parquet", compression="zstd")
