"""All addresses of an extract at once: plain ones in SQL, the distinct others by the rules, with the same result."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from factlab.engine import Engine, read_step
from factlab.source import addresses, profiles
from factlab.source.addresses import FIELDS, Address

if TYPE_CHECKING:
    from factlab.source.reference import Reference

_RULED = pa.schema(
    [
        ("address_number", pa.int32()),
        ("canonical", pa.string()),
        ("reason", pa.string()),
        ("rules", pa.string()),
    ]
)
_SPELLING = pa.schema([("said", pa.string()), ("spelled", pa.string())])
_MOST = 1 << 62  # what a number that is made of several can hold
Numbers = np.ndarray[tuple[int], np.dtype[np.integer]]


def fields_of(rows: pa.Table) -> pa.Table:
    """`row` and the seven fields of an address; a field that `rows` doesn't have is empty."""
    nothing = pa.repeat(pa.scalar(""), rows.num_rows)
    return pa.table(
        {
            "row": rows.column("row"),
            **{name: rows.column(name) if name in rows.column_names else nothing for name in FIELDS},
        }
    )


def numbered(column: pa.ChunkedArray) -> tuple[pa.Array, Numbers]:
    """The distinct values of a column in the order in which they first come, and for each row the number of its value."""
    encoded = column.dictionary_encode()
    if not encoded.num_chunks:
        return pa.array([], column.type), np.empty(0, dtype=np.int32)
    return encoded.chunk(0).dictionary, np.concatenate([chunk.indices.to_numpy() for chunk in encoded.chunks])


def numbered_columns(*columns: pa.ChunkedArray) -> list[tuple[pa.Array, Numbers]]:
    """`numbered` of several columns, on every core."""
    with ThreadPoolExecutor() as threads:
        return list(threads.map(numbered, columns))


def distinct(rows: pa.Table) -> tuple[pa.Table, pa.Array]:
    """The distinct addresses of rows as `address_number` with the seven fields, and for each row the number of its address."""
    there = [name for name in FIELDS if name in rows.column_names]
    values = dict(zip(there, numbered_columns(*map(rows.column, there)), strict=True))
    # The numbers of the fields make one number, which is numbered again: where it would grow too large, and at the end.
    numbers, most = np.zeros(rows.num_rows, dtype=np.int64), 1
    for known, which in values.values():
        if len(known) <= 1:
            continue
        if most * len(known) > _MOST:
            most, numbers = _numbered_again(numbers)
        numbers = numbers * len(known) + which
        most *= len(known)
    found, numbers = _numbered_again(numbers)
    first = np.empty(found, dtype=np.int64)
    first[numbers[::-1]] = np.arange(len(numbers) - 1, -1, -1)
    nothing = pa.repeat(pa.scalar(""), found)
    fields = {
        name: values[name][0].take(pa.array(values[name][1][first])) if name in values else nothing
        for name in FIELDS
    }
    return (
        pa.table({"address_number": pa.array(np.arange(found), pa.int32()), **fields}),
        pa.array(numbers, pa.int32()),
    )


def _numbered_again(numbers: Numbers) -> tuple[int, Numbers]:
    found, again = numbered(pa.chunked_array([numbers]))
    return len(found), again.astype(np.int64)


def _load(engine: Engine, rows: pa.Table) -> pa.Array:
    """Load the distinct addresses and which row has which; each is read once, however many rows have it."""
    found, numbers = distinct(rows)
    engine.load("extract_address", found)
    engine.load("extract_row_address", pa.table({"row": rows.column("row"), "address_number": numbers}))
    return numbers


def _rule(engine: Engine) -> None:
    """Read the distinct leftovers (`other_address`) by the rules into `ruled_address`."""
    others = engine.rows(
        "select address_number, postcode, number, letter, addition, street, place, address from other_address order by address_number"
    )
    read = [addresses.read(Address(*fields)) for _, *fields in others]
    engine.load(
        "ruled_address",
        pa.table(
            [[number for number, *_ in others], *(list(column) for column in zip(*read, strict=True))]
            if read
            else [[], [], [], []],
            schema=_RULED,
        ),
    )


def _spell(engine: Engine, profile: str) -> None:
    """Spell the suffixes of `reading` as the profile does: what differs between both ways is the distinct suffixes only."""
    said = [
        suffix
        for (suffix,) in engine.rows(
            "select distinct split_part(canonical, '|', 3) as suffix from address_reading where canonical <> '' order by suffix"
        )
    ]
    both = [
        (old, new)
        for old, new in zip(said, profiles.suffixes(said, profile), strict=True)
        if profile and old != new
    ]
    engine.load(
        "suffix_spelling", pa.table([[old for old, _ in both], [new for _, new in both]], schema=_SPELLING)
    )
    engine.run(read_step("source/03_spelling.sql"))


def normalise(engine: Engine, rows: pa.Table, profile: str = "") -> pa.Array:
    """Make `address_reading` and `reading` (row, address_number, canonical, reason, by_rules) of rows with address columns.

    Gives the number of each row's address.
    """
    numbers = _load(engine, rows)
    engine.run(read_step("source/01_plain_address.sql"))
    engine.run(read_step("source/02_other_address.sql"))
    _rule(engine)
    engine.run(read_step("source/03_reading.sql"))
    _spell(engine, profile)
    return numbers


def doubt(engine: Engine, reference: Reference | None) -> None:
    """Make `possible_range` of the addresses that may mean several houses, as far as no list of doors tells."""
    engine.set({"doors_listed": reference is not None and reference.doors})
    engine.run(read_step("source/03_range.sql"))


def explain(
    engine: Engine,
    rows: pa.Table,
    profile: str = "",
    reference: Reference | None = None,
    *,
    repair: bool = True,
) -> pa.Table:
    """(row, canonical, reason, tier, possible_range, rules) of every row, all by the rules, in the order of the extract."""
    from factlab.source import reference as references  # which reads its list with this module

    _load(engine, rows)
    engine.rows(
        "create table plain_address as select address_number, '' as canonical from extract_address where false"
    )
    engine.run(read_step("source/02_other_address.sql"))
    _rule(engine)
    engine.run(read_step("source/03_reading.sql"))
    _spell(engine, profile)
    if reference:
        references.check(engine, reference, repair=repair)
    else:
        engine.rows("alter table address_reading add column tier varchar default ''")
        engine.rows("alter table address_reading add column repair_rule varchar default ''")
    doubt(engine, reference)
    return engine.table(
        "select w.row, r.canonical, r.reason, r.tier, p.address_number is not null as possible_range,"
        " concat_ws(' ', nullif(a.rules, ''), if(r.by_profile, 'P1', null), nullif(r.repair_rule, '')) as rules"
        " from extract_row_address as w join address_reading as r on r.address_number = w.address_number"
        " join ruled_address as a on a.address_number = r.address_number"
        " left join possible_range as p on p.address_number = r.address_number order by w.row"
    )
