"""From households without a key to the declared tables of counts."""

from __future__ import annotations

import pyarrow as pa

from factlab.cells import CellKey, Codebook, CountTable
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
    return CountTable(codebook, counts, _own(engine, codebook))


def _own(engine: Engine, codebook: Codebook) -> dict[str, dict[CellKey, int]]:
    """What each organisation that delivered counts of its own clients; what it has none of is left out."""
    delivered = [one.id for one in codebook.organisations if one.delivered]
    delivered += [one.id for one in codebook.reporters if one.delivered]
    found: dict[str, dict[CellKey, int]] = {name: {} for name in delivered}
    for organisation, table, level, area, category, households in engine.rows(
        "select organisation, table_name, area_level, area_code, category, households from own"
    ):
        if households:
            found[organisation][CellKey(table, level, area, "", category)] = households
    return found
