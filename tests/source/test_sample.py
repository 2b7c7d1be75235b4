"""The sample's truth was made without our normaliser: every usable row must read as the very household that it is of."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from factlab.engine import Engine
from factlab.files import package_folder
from factlab.source import extract, mapping, normalising

SAMPLE = package_folder("sample_data")


def canonicals(folder: Path) -> list[tuple[str, str]]:
    """(canonical, reason) per row of the one extract in a folder, in its order."""
    (file,) = [
        one
        for one in folder.iterdir()
        if one.name != "exclusions.csv" and not one.name.endswith(mapping.SUFFIX)
    ]
    saved = mapping.find(file)
    told = mapping.load(saved) if saved else None
    found = extract.read(file)
    told = told or mapping.guess(found)
    with Engine() as engine:
        normalising.normalise(engine, mapping.selected(told, found))
        return [(c, r) for c, r in engine.rows('select canonical, reason from reading order by "row"')]


def rows(name: str) -> list[dict[str, Any]]:
    return list(pq.read_table(SAMPLE / "truth" / name).to_pylist())


def test_every_usable_row_is_of_its_own_household() -> None:
    households = rows("households.parquet")
    register = canonicals(SAMPLE / "extracts" / "burgerzaken-wiermonde")
    assert len(register) == len(households)
    assert not [reason for _, reason in register if reason]
    home = {one["household"]: canonical for one, (canonical, _) in zip(households, register, strict=True)}
    assert len(set(home.values())) == len(households)  # no two households read as one
    used: dict[str, list[dict[str, Any]]] = {}
    for one in rows("use.parquet"):
        used.setdefault(one["organisation"], []).append(one)
    for organisation, truths in used.items():
        read = canonicals(SAMPLE / "extracts" / organisation)
        assert len(read) == len(truths), organisation
        for truth, (canonical, reason) in zip(truths, read, strict=True):
            assert bool(reason) == (truth["reason"] == "unusable address"), organisation
            if truth["counted"]:
                assert canonical == home[truth["household"]], organisation
            elif truth["reason"] == "outside the municipality":
                assert canonical not in home.values()
