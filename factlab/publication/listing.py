"""The cells as files: tidy for programs (CSV and Parquet), wide for people."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from factlab.cells import Cell, CellKey, Codebook, Table
from factlab.errors import PublicationError

CSV = "cells.csv"
PARQUET = "cells.parquet"
WIDE = "tables"
HEADER = ("table", "area_level", "area_code", "area_name", "group", "category", "households", "status")
STATUSES = ("published", "suppressed", "unavailable")
HIDDEN = "geheim"
NOT_DELIVERED = "niet geleverd"


def _csv(rows: Sequence[Sequence[object]]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue().encode()


def write_cells(folder: Path, codebook: Codebook, cells: Sequence[Cell]) -> None:
    """Write `cells.csv` and `cells.parquet`: the same rows in the same order."""
    rows = [
        (
            cell.key.table,
            cell.key.area_level,
            cell.key.area_code,
            codebook.area[cell.key.area_code].name,
            cell.key.group,
            cell.key.category,
            cell.households,
            cell.status,
        )
        for cell in cells
    ]
    (folder / CSV).write_bytes(_csv([HEADER, *rows]))
    pq.write_table(
        pa.Table.from_pylist([dict(zip(HEADER, row, strict=True)) for row in rows], _schema()),
        folder / PARQUET,
    )


def _schema() -> pa.Schema:
    return pa.schema([(name, pa.int64() if name == "households" else pa.string()) for name in HEADER])


def write_wide(folder: Path, codebook: Codebook, cells: Sequence[Cell]) -> None:
    """Write `tables/<table>.csv`: one row per area, a column per category, words where there is no number."""
    (folder / WIDE).mkdir(exist_ok=True)
    found = {cell.key: cell for cell in cells}
    for table in codebook.tables:
        (folder / WIDE / f"{table.name}.csv").write_bytes(_csv(_wide(table, codebook, found)))


def _wide(table: Table, codebook: Codebook, found: dict[CellKey, Cell]) -> list[list[object]]:
    rows: list[list[object]] = [
        ["area_level", "area_code", "area_name", *(category.code for category in table.categories)]
    ]
    for level in table.levels:
        for area in codebook.at(level):
            keys = [CellKey(table.name, level, area.code, "", category.code) for category in table.categories]
            rows.append([level, area.code, area.name, *(_word(found[key]) for key in keys)])
    return rows


def _word(cell: Cell) -> str:
    if cell.status == "published":
        return str(cell.households)
    return HIDDEN if cell.status == "suppressed" else NOT_DELIVERED


def read_cells(folder: Path, codebook: Codebook) -> tuple[Cell, ...]:
    """Read `cells.csv`, row by row as the codebook lists its cells, and compare `cells.parquet` with it."""
    try:
        text = (folder / CSV).read_bytes().decode("utf-8")
    except UnicodeDecodeError:
        raise PublicationError("publication.not_utf8", file=CSV) from None
    rows = list(csv.reader(io.StringIO(text, newline="")))
    if not rows or tuple(rows[0]) != HEADER:
        raise PublicationError("publication.header", file=CSV, columns=", ".join(HEADER))
    if len(rows) - 1 != len(codebook.keys):
        raise PublicationError("publication.rows", file=CSV, found=len(rows) - 1, expected=len(codebook.keys))
    cells = tuple(
        _cell(row, key, codebook, number)
        for number, (row, key) in enumerate(zip(rows[1:], codebook.keys, strict=True), start=2)
    )
    _compare_parquet(folder, rows[1:])
    return cells


def _cell(row: list[str], key: CellKey, codebook: Codebook, number: int) -> Cell:
    def wrong(column: str) -> PublicationError:
        return PublicationError("publication.row", file=CSV, row=number, column=column)

    if len(row) != len(HEADER):
        raise wrong(HEADER[-1])
    found = dict(zip(HEADER, row, strict=True))
    for column, told in zip(CellKey._fields, key, strict=True):
        if found[column] != told:
            raise wrong(column)
    if found["area_name"] != codebook.area[key.area_code].name:
        raise wrong("area_name")
    status, households = found["status"], found["households"]
    if status not in STATUSES or (status == "unavailable") != (
        (key.table, key.category) in codebook.unavailable
    ):
        raise wrong("status")
    if status == "published":
        if not (households.isascii() and households.isdigit()):
            raise wrong("households")
        return Cell(key, int(households), "published")
    if households:
        raise wrong("households")
    return Cell(key, None, "suppressed" if status == "suppressed" else "unavailable")


def _compare_parquet(folder: Path, rows: Sequence[Sequence[str]]) -> None:
    try:
        table = pq.read_table(folder / PARQUET)
    except (pa.ArrowInvalid, OSError):
        raise PublicationError("publication.parquet", file=PARQUET, other=CSV) from None
    if table.schema.remove_metadata() != _schema() or table.num_rows != len(rows):
        raise PublicationError("publication.parquet", file=PARQUET, other=CSV)
    for position, name in enumerate(HEADER):
        told = ["" if value is None else str(value) for value in table.column(name).to_pylist()]
        if told != [row[position] for row in rows]:
            raise PublicationError("publication.parquet", file=PARQUET, other=CSV)
