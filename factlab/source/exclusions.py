"""Addresses that never travel: the participant's own list of secret and shelter addresses. It stays where it is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa

from factlab.engine import Engine
from factlab.errors import ExtractError
from factlab.source import extract, mapping, normalising
from factlab.source import reference as references
from factlab.source.reference import Reference

SCHEMA = pa.schema([("canonical", pa.string())])
_TOLD = 20  # row numbers in a message


def none() -> Any:
    """An empty list."""
    return SCHEMA.empty_table()


def read(file: Path, profile: str = "", reference: Reference | None = None) -> Any:
    """The canonical addresses of a list with any address columns, as an Arrow table (canonical), each once.

    An address that can't be read is refused, not skipped: whoever lives there would be delivered after all. With a
    reference list the door that was meant is excluded too, beside the one that was said.
    """
    saved = mapping.find(file)
    told = mapping.load(saved) if saved else None
    listed = extract.read(
        file, sheet=told.sheet or None if told else None, header_row=told.header_row if told else None
    )
    told = told or mapping.guess(listed)
    mapping.check(told, listed, None)
    with Engine() as engine:
        normalising.normalise(engine, mapping.selected(told, listed), profile)
        wrong = [row for (row,) in engine.rows("select row from reading where canonical = '' order by row")]
        if wrong:
            rows = ", ".join(map(str, wrong[:_TOLD])) + (" …" if len(wrong) > _TOLD else "")
            raise ExtractError("source.exclusion_unreadable", file=file.name, rows=rows)
        said = engine.table("select distinct canonical from reading order by canonical").cast(SCHEMA)
        if reference is None:
            return said
        references.check(engine, reference)
        meant = engine.table("select distinct canonical from reading order by canonical").cast(SCHEMA)
        return pa.concat_tables([said, meant]).group_by("canonical").aggregate([]).sort_by("canonical")
