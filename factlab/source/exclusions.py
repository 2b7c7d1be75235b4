"""Addresses that never travel: the participant's own list of secret and shelter addresses. It stays where it is."""

from __future__ import annotations

import contextlib
import hashlib
from pathlib import Path
from typing import Any

import pyarrow as pa
import tomli_w

from factlab import files, texts
from factlab.engine import Engine
from factlab.errors import ExtractError
from factlab.source import extract, mapping, normalising
from factlab.source import reference as references
from factlab.source.reference import Reference

SCHEMA = pa.schema([("canonical", pa.string())])
SUFFIX = ".never.toml"  # beside a list that was used: it is no extract
FORMAT = "factlab-exclusions/1"
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


def remember(file: Path) -> None:
    """Note beside a list that was used that it is one: it would pass for an extract of an organisation with one service.

    The note holds nothing of the list, no digest either: of a list of one address all addresses could be tried."""
    remarks = "".join(f"# {texts.say('source.exclusion_note', lang)}\n" for lang in texts.LANGUAGES)
    with contextlib.suppress(OSError), files.new_file(file.with_name(file.name + SUFFIX)) as beside:
        beside.write_text(remarks + tomli_w.dumps({"format": FORMAT}), encoding="utf-8", newline="\n")


def require_extract(file: Path, exclusions: Path | None = None) -> None:
    """Raise ExtractError when `file` is the list that is given beside it, or a list in its folder that was used before, or
    a copy of one."""
    if not file.is_file():
        return
    if exclusions and exclusions.is_file() and (file.samefile(exclusions) or _same(file, exclusions)):
        raise ExtractError("source.extract_is_list", file=file.name, list=exclusions.name)
    for note in sorted(file.parent.glob(f"*{SUFFIX}")):
        listed = note.with_name(note.name.removesuffix(SUFFIX))
        if listed.name == file.name or (listed.is_file() and _same(file, listed)):
            raise ExtractError("source.extract_was_list", file=file.name, note=note.name)


def _same(one: Path, other: Path) -> bool:
    return one.stat().st_size == other.stat().st_size and _digest(one) == _digest(other)


def _digest(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()
