"""The problem list: every row that is not used, with the reason and what to do about it. Never what the row says."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv

from factlab import texts
from factlab.files import new_file
from factlab.source.addresses import REASONS as ADDRESS_REASONS

SUFFIX = ".problems.csv"
UNUSABLE = "unusable address"
# In the order in which they apply to a row.
REASONS = (
    UNUSABLE, "excluded", "institution", "unknown service", "unknown area", "unreadable date", "end before start",
    "outside the period", "address twice",
)  # fmt: skip
# What is wrong with a count without addresses.
COUNT_REASONS = (
    "total", "other total", "unknown area", "service missing", "unknown service", "negative count", "fractional count", "unreadable count",
    "counted twice",
)  # fmt: skip
STOPPING = frozenset(COUNT_REASONS) - {"total", "unknown service"}
_NUMBER = ("number", "street", "address")
_FIELDS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(
        (reason for reason in ADDRESS_REASONS if reason.startswith("postcode")), ("postcode", "address")
    ),
    **dict.fromkeys(
        ("number missing", "number unclear", "number out of range", "number negative", "several numbers"),
        _NUMBER,
    ),
    "excel date": _NUMBER,
    "suffix unreadable": ("addition", "letter", *_NUMBER),
    "abroad": ("postcode", "address"),
    "postbus": ("street", "address", "number"),
    "address unknown": ("address", "street", "postcode"),
    "excluded": ("postcode", "address"),
    "institution": ("postcode", "address"),
    "unknown service": ("service",),
    "unknown area": ("area",),
    "end before start": ("end",),
    "outside the period": ("start", "end"),
    "address twice": ("area",),
    "total": ("area", "service"),
    "service missing": ("service",),
    **dict.fromkeys(
        ("other total", "negative count", "fractional count", "unreadable count", "counted twice"), ("count",)
    ),
    "ambiguous": ("addition", "letter", *_NUMBER),
    "no such door": ("addition", "letter", *_NUMBER),
    "unknown": _NUMBER,
    "possible range": _NUMBER,
}


def category(reason: str) -> str:
    """The reason as it is counted: all that is wrong with an address is one."""
    return UNUSABLE if reason in ADDRESS_REASONS else reason


def _column(columns: Mapping[str, str], reason: str, field: str) -> str:
    """The header of the column to look at, of the extract itself."""
    for name in (field,) if field else _FIELDS[reason]:
        if name in columns:
            return columns[name]
    return ""


def _said(what: str, reason: str, lang: texts.Language) -> str:
    return texts.say(f"source.{what}_{reason.replace(' ', '_')}", lang)


def name(reason: str, lang: texts.Language) -> str:
    """A reason in the reader's language."""
    return _said("reason", reason, lang)


def what_to_do(reason: str, lang: texts.Language) -> str:
    """What is wrong with an address exactly, and what to do about the row."""
    advice = _said("todo", reason, lang)
    exactly = name(reason, lang) if category(reason) != reason else ""
    return f"{exactly[:1].upper()}{exactly[1:]}. {advice}" if exactly else advice


def write(
    file: Path, judged: Any, columns: Mapping[str, str], lang: texts.Language, files: Any = None
) -> None:
    """Write the list as Dutch Excel opens it: UTF-8 with a mark, semicolons.

    `judged` has (row, reason, field) of the rows that are not used, in the order of the extract. `files`, by row number,
    name where each row of an extract of many files comes from.
    """
    both = pa.compute.binary_join_element_wise(judged.column("reason"), judged.column("field"), "|")
    encoded = (
        pa.chunked_array(both).combine_chunks().dictionary_encode()
        if both.num_chunks
        else pa.array([], pa.string()).dictionary_encode()
    )
    if isinstance(encoded, pa.ChunkedArray):
        encoded = encoded.combine_chunks()
    told = []
    for pair in encoded.dictionary.to_pylist():
        reason, _, field = pair.partition("|")
        told.append((_column(columns, reason, field), name(category(reason), lang), what_to_do(reason, lang)))
    kinds = [pa.array(column, pa.string()) for column in (zip(*told, strict=True) if told else ([], [], []))]
    heads = texts.say("source.problem_headers", lang).split(";")
    table = pa.table([judged.column("row"), *(kind.take(encoded.indices) for kind in kinds)], names=heads)
    if files is not None:
        named = files.take(pa.compute.subtract(judged.column("row"), 1))
        table = table.add_column(1, texts.say("source.problem_file", lang), named)
    with new_file(file) as beside, beside.open("wb") as out:
        out.write(b"\xef\xbb\xbf")
        pa.csv.write_csv(table, out, pa.csv.WriteOptions(delimiter=";"))
