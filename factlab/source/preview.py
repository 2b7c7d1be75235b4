"""What exactly will leave the building, and what will not: shown on the organisation's own screen, before anything does."""

from __future__ import annotations

import hashlib
import statistics
from collections.abc import Mapping as Dictionary
from dataclasses import dataclass
from typing import Literal

import pyarrow.compute as pc

from factlab.agreement import Agreement
from factlab.source import days
from factlab.source.extract import Extract
from factlab.source.headers import key
from factlab.source.mapping import Mapping
from factlab.source.preparation import Prepared
from factlab.source.services import Unmapped

Suspicion = Literal["", "bsn", "name", "birth", "text"]
SAMPLE = 500
COLUMNS = {
    "services": ("pseudonym", "service"),
    "register": ("pseudonym", "area", "group"),
    "aggregate": ("area", "service", "count"),
}
_NAME = ("naam", "name", "voorletter", "tussenvoegsel", "initial")
_NOT_A_NAME = (
    "straat",
    "plaats",
    "street",
    "place",
    "openbareruimte",
    "organisat",
    "product",
    "voorziening",
    "wijk",
    "buurt",
    "gemeente",
)
_TEXT = (
    "opmerking",
    "aantekening",
    "toelichting",
    "notitie",
    "memo",
    "remark",
    "comment",
    "note",
    "bijzonderhe",
    "diagnose",
    "reden",
)


@dataclass(frozen=True)
class Preview:
    """Counts are exact: they are the organisation's own. `examples` have made-up pseudonyms.

    Of counts without addresses the examples are all that leaves, as it leaves; `addresses` is 0 then.
    """

    rows: int
    used: int
    leaving: int  # rows of the delivery
    addresses: int
    columns: tuple[str, ...]
    examples: tuple[tuple[str, ...], ...]
    counts: tuple[
        tuple[str, str, str, int], ...
    ]  # services: code, Dutch and English name, addresses or reported
    staying: tuple[
        tuple[str, Suspicion], ...
    ]  # columns of the extract that don't leave, and what they look like
    fast: int
    by_rules: int
    rejected: Dictionary[str, int]
    left_out: Dictionary[str, int]
    ignored: tuple[int, ...]
    doubts: tuple[tuple[str, str, tuple[str, ...]], ...]
    no_start: bool
    unmapped: Unmapped
    without_group: int
    tiers: Dictionary[str, int]  # rows by how they stand to the reference list; empty without one
    ranges: int  # rows whose address may mean several houses


def passes_eleven_test(text: str) -> bool:
    """Whether a text can be a citizen service number (BSN): nine digits, weighted 9 to 2 and -1, a multiple of eleven."""
    digits = text.strip().replace(".", "").replace(" ", "")
    if not (digits.isascii() and digits.isdigit() and len(digits) in (8, 9)) or not digits.strip("0"):
        return False
    padded = digits.zfill(9)
    return (
        sum(int(digit) * weight for digit, weight in zip(padded, (9, 8, 7, 6, 5, 4, 3, 2, -1), strict=True))
        % 11
        == 0
    )


def looks_like(extract: Extract, header: str, year: int) -> Suspicion:
    """What a column seems to hold that must never leave: by its header, else by a sample of its contents."""
    said = key(header)
    cells = [
        text.strip() for text in extract.table.column(header).slice(0, SAMPLE).to_pylist() if text.strip()
    ]
    if "bsn" in said or "burgerservice" in said or "sofinum" in said:
        return "bsn"
    if cells and sum(map(passes_eleven_test, cells)) > 0.9 * len(cells):
        return "bsn"
    if said.startswith("geb") or "geboort" in said or "birth" in said:
        return "birth"
    read = [day for text in cells if (day := days.read(text)[0]) and any(mark in text for mark in "-/.")]
    if len(read) > 0.8 * len(cells) > 0 and statistics.median(day.year for day in read) < year - 12:
        return "birth"
    if any(word in said for word in _NAME) and not any(word in said for word in _NOT_A_NAME):
        return "name"
    if (
        said in ("client", "clint", "klant")
        and cells
        and not any(one.isdigit() for text in cells for one in text)
    ):
        return "name"
    if any(word in said for word in _TEXT) or (cells and statistics.mean(map(len, cells)) > 40):
        return "text"
    return ""


def _examples(prepared: Prepared) -> tuple[tuple[str, ...], ...]:
    if prepared.content == "aggregate":
        return tuple(tuple(map(str, row.values())) for row in prepared.leaving.to_pylist())
    examples = []
    for place, row in enumerate(prepared.leaving.drop_columns("canonical").slice(0, 3).to_pylist()):
        made_up = hashlib.sha256(f"example {place}".encode()).hexdigest()
        examples.append((f"{made_up[:8]}-…", *(str(value) for value in row.values())))
    return tuple(examples)


def _per_service(prepared: Prepared, agreement: Agreement) -> tuple[tuple[str, str, str, int], ...]:
    if prepared.content == "register":
        return ()
    names = {service.code: service for service in agreement.services}
    column, how = ("count", "sum") if prepared.content == "aggregate" else ("canonical", "count")
    counted = prepared.leaving.group_by("service").aggregate([(column, how)]).sort_by("service").to_pylist()
    return tuple(
        (
            row["service"],
            names[row["service"]].name_nl,
            names[row["service"]].name_en,
            row[f"{column}_{how}"],
        )
        for row in counted
    )


def show(prepared: Prepared, extract: Extract, told: Mapping, agreement: Agreement) -> Preview:
    """Put together what will leave, what stays and how well the addresses read."""
    columns = COLUMNS[prepared.content]
    leaving = prepared.leaving
    leaves = {told.columns[name] for name in ("service", "area", "group", "count") if name in told.columns}
    # Of a column that was mapped it is known what it holds.
    mapped, year = set(told.columns.values()), agreement.round.start.year
    staying = tuple(
        (header, "" if header in mapped else looks_like(extract, header, year))
        for header in extract.headers
        if header not in leaves
    )
    return Preview(
        rows=prepared.rows,
        used=prepared.used,
        leaving=leaving.num_rows,
        addresses=0
        if prepared.content == "aggregate"
        else int(pc.count_distinct(leaving.column("canonical")).as_py()),
        columns=columns,
        examples=_examples(prepared),
        counts=_per_service(prepared, agreement),
        staying=staying,
        fast=prepared.fast,
        by_rules=prepared.by_rules,
        rejected=prepared.rejected,
        left_out=prepared.left_out,
        ignored=extract.ignored,
        doubts=told.doubts,
        no_start=prepared.content == "services" and "start" not in told.columns,
        unmapped=prepared.unmapped,
        without_group=prepared.without_group,
        tiers=prepared.tiers,
        ranges=prepared.ranges,
    )
