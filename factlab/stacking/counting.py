"""From households without a key to the declared tables of counts."""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa

from factlab.cells import CellKey, Codebook, CountTable, Of
from factlab.engine import Engine, read_step, steps
from factlab.errors import LinkageError


def _places(codebook: Codebook) -> pa.Table:
    """Each lowest area with every area that it lies in, itself included: (area, level, code)."""
    rows = []
    for lowest in codebook.at(codebook.levels[-1]):
        code = lowest.code
        while code:
            area = codebook.area[code]
            rows.append({"area": lowest.code, "level": area.level, "code": code})
            code = area.parent
    return pa.Table.from_pylist(rows)


def count(engine: Engine, codebook: Codebook) -> CountTable:
    """Count every available cell of the codebook from household, household_use, unmatched and reported.

    Raises LinkageError when a count turns up that the codebook has no cell for: then the two disagree on what exists.
    """
    engine.load(
        "catalogue",
        pa.table(
            {
                "service": [service.code for service in codebook.services],
                "domain": [service.domain for service in codebook.services],
            }
        ),
    )
    engine.load("place", _places(codebook))
    engine.load(
        "wanted",
        pa.Table.from_pylist(
            [
                {"table_name": table.name, "level": level}
                for table in codebook.tables
                for level in table.levels
            ]
        ),
    )
    rule = next((table.rule for table in codebook.tables if table.kind == "rule"), {})
    top = next(table.top for table in codebook.tables if table.kind == "classes" and table.top)
    engine.set(
        {
            "top": top,
            "municipality": codebook.municipality.code,
            **{f"rule_{of}": rule.get(of) for of in ("services", "organisations", "domains")},
        }
    )
    for step in steps("stacking"):
        engine.run(step)
    for table in codebook.tables:
        if not table.apart:
            engine.run(read_step(f"stacking/tables/{table.name}.sql"))
    for step in steps("stacking/areas"):
        engine.run(step)
    found = {
        CellKey(table, level, area, "", category): households
        for table, level, area, category, households in engine.rows(
            "select table_name, area_level, area_code, category, households from counts"
        )
    }
    cells = [key for key in codebook.keys if (key.table, key.category) not in codebook.unavailable]
    if found.keys() - set(cells):
        raise LinkageError("stacking.count_without_cell")
    counts = {key: found.get(key, 0) for key in cells}
    return CountTable(codebook, counts, _own(engine, codebook, counts))


def _own(engine: Engine, codebook: Codebook, counts: Mapping[CellKey, int]) -> dict[str, dict[CellKey, int]]:
    """What each organisation that delivered can count of its own clients: its own column and those it delivers for,
    also where it has none."""
    found: dict[str, dict[CellKey, int]] = {o.id: {} for o in codebook.organisations if o.delivered}
    delivers: dict[str, set[tuple[Of, str]]] = {o: {("organisations", o)} for o in found}
    for service in codebook.delivered_services:
        for organisation in service.organisations:
            delivers[organisation] |= {("services", service.code), ("domains", service.domain)}
    of = {table.name: table.of for table in codebook.tables if table.kind in ("users", "unmatched")}
    for key in counts:
        for organisation in found if key.table in of else ():
            if (of[key.table], key.category) in delivers[organisation]:
                found[organisation][key] = 0
    for organisation, table, level, area, category, households in engine.rows(
        "select organisation, table_name, area_level, area_code, category, households from own"
    ):
        found[organisation][CellKey(table, level, area, "", category)] = households
    return found
