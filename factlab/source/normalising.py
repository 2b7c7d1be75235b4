"""All addresses of an extract at once: plain ones in SQL, the distinct others by the rules, with the same result."""

from __future__ import annotations

from typing import TYPE_CHECKING

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


def fields_of(rows: pa.Table) -> pa.Table:
    """`row` and the seven fields of an address; a field that `rows` doesn't have is empty."""
    nothing = pa.repeat(pa.scalar(""), rows.num_rows)
    return pa.table(
        {
            "row": rows.column("row"),
            **{name: rows.column(name) if name in rows.column_names else nothing for name in FIELDS},
        }
    )


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
            "select distinct split_part(canonical, '|', 3) as suffix from reading where canonical <> '' order by suffix"
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


def normalise(engine: Engine, rows: pa.Table, profile: str = "") -> None:
    """Make the tables `extract_address` and `reading` (row, canonical, reason, by_rules) of rows with address columns."""
    engine.load("extract_address", fields_of(rows))
    engine.run(read_step("source/01_plain_address.sql"))
    engine.run(read_step("source/02_other_address.sql"))
    _rule(engine)
    engine.run(read_step("source/03_reading.sql"))
    _spell(engine, profile)


def explain(
    engine: Engine,
    rows: pa.Table,
    profile: str = "",
    reference: Reference | None = None,
    *,
    repair: bool = True,
) -> pa.Table:
    """(row, canonical, reason, rules, tier) of every row, all by the rules, in the order of the extract."""
    from factlab.source import reference as references  # which reads its list with this module

    engine.load("extract_address", fields_of(rows))
    engine.rows("create table plain_address as select row, '' as canonical from extract_address where false")
    engine.run(read_step("source/02_other_address.sql"))
    _rule(engine)
    engine.run(read_step("source/03_reading.sql"))
    _spell(engine, profile)
    if reference:
        references.check(engine, reference, repair=repair)
    else:
        engine.rows("alter table reading add column tier varchar default ''")
        engine.rows("alter table reading add column repair_rule varchar default ''")
    return engine.table(
        "select r.row, r.canonical, r.reason, r.tier,"
        " concat_ws(' ', nullif(a.rules, ''), if(r.by_profile, 'P1', null), nullif(r.repair_rule, '')) as rules"
        " from reading as r join ruled_address as a on a.address_number = r.address_number order by r.row"
    )
