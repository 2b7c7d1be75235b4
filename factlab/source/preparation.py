"""From an extract to the rows that may leave: read, normalise, exclude, and decide what counts, all on the own machine."""

from __future__ import annotations

from collections.abc import Mapping as Dictionary
from dataclasses import dataclass
from typing import Any, Literal

import pyarrow as pa
import pyarrow.compute as pc

from factlab.agreement import Agreement, Participant, Round
from factlab.engine import Engine, read_step
from factlab.source import days, exclusions, mapping, normalising, places, pseudonyms
from factlab.source import reference as references
from factlab.source.extract import Extract
from factlab.source.headers import key
from factlab.source.mapping import Mapping
from factlab.source.problems import REASONS, category
from factlab.source.reference import Reference
from factlab.source.services import Recogniser, Unmapped, agreed, unmapped

_DAY = pa.schema([("number", pa.int32()), ("day", pa.date32()), ("readable", pa.bool_())])
_SERVICE = pa.schema([("number", pa.int32()), ("code", pa.string())])
_CODE = pa.schema([("said", pa.string()), ("code", pa.string())])


@dataclass(frozen=True, repr=False)
class Prepared:
    """What came of an extract. `leaving` holds canonical addresses and never leaves this room: no repr.

    `leaving` is (canonical, service), (canonical, area, household_group) or (area, service, count); `judged` (row, reason, field) of the rows
    that are not used. `left_out` counts those by category, `rejected` the unusable addresses by reason.
    """

    content: Literal["services", "register", "aggregate"]
    rows: int
    leaving: Any
    judged: Any
    left_out: Dictionary[str, int]
    rejected: Dictionary[str, int]
    fast: int  # rows whose address was read in SQL
    by_rules: int
    unmapped: Unmapped
    without_group: int  # households that lost their group so that no group is too small
    tiers: Dictionary[str, int]  # rows by how they stand to the reference list; empty without one
    ranges: int  # rows whose address may mean several houses

    @property
    def used(self) -> int:
        return self.rows - int(self.judged.num_rows)

    @property
    def totals(self) -> dict[str, int]:
        """What travels inside the seal."""
        return {"rows": self.rows, "delivered": self.used, **self.left_out}


def _column(rows: Any, name: str) -> Any:
    if name in rows.column_names:
        return rows.column(name)
    return pa.chunked_array([pa.repeat(pa.scalar(""), rows.num_rows)])


def _distinct(*columns: Any) -> list[str]:
    return sorted({value for column in columns for value in pc.unique(column).to_pylist()})


def _coded(said: list[str], codes: list[str | None]) -> Any:
    return pa.table([said, codes], schema=_CODE)


def _judge_services(engine: Engine, rows: Any, numbers: Any, known: Recogniser, round_: Round) -> None:
    """Make `judged` and `leaving` of an extract of services."""
    (services, service), (starts, start), (ends, end) = normalising.numbered_columns(
        *(_column(rows, name) for name in ("service", "start", "end"))
    )
    said, told = services.to_pylist(), [*starts.to_pylist(), *ends.to_pylist()]
    engine.load(
        "extract_row",
        pa.table(
            {
                "row": rows.column("row"),
                "address_number": numbers,
                "service_number": service,
                "start_number": start,
                "end_number": end + len(starts),  # all days have one list
            }
        ),
    )
    # Without a column for the service an organisation with one service delivers that one.
    codes = [known.code(value) if "service" in rows.column_names else known.only for value in said]
    engine.load("known_service", pa.table([list(range(len(said))), codes], schema=_SERVICE))
    read = [days.read(value) for value in told]
    engine.load(
        "known_day",
        pa.table(
            [list(range(len(told))), [day for day, _ in read], [sound for _, sound in read]], schema=_DAY
        ),
    )
    engine.set(
        {
            "count_by": round_.count,
            "reference_date": round_.reference_date,
            "period_start": round_.start,
            "period_end": round_.end,
        }
    )
    engine.run(read_step("source/05_judged_service.sql"))
    engine.run(read_step("source/06_leaving_service.sql"))


def _judge_register(engine: Engine, rows: Any, agreement: Agreement) -> int:
    """Make `judged` and `leaving` of the register; give the number of households that lost their group."""
    area, group = _column(rows, "area"), pc.utf8_trim_whitespace(_column(rows, "group"))
    engine.load(
        "extract_row", pa.table({"row": rows.column("row"), "area_said": area, "household_group": group})
    )
    known = places.recogniser(agreement)
    said = _distinct(area)
    engine.load(
        "known_area",
        _coded(said, [known.get(key(value)) or known.get(key(value).lstrip("0")) for value in said]),
    )
    engine.set({"least_threshold": agreement.round.least_threshold})
    engine.run(read_step("source/05_judged_register.sql"))
    engine.run(read_step("source/06_leaving_register.sql"))
    kept = engine.rows("select count(*) from leaving where household_group <> ''")[0][0]
    had = engine.rows(
        "select count(distinct canonical) from judged where reason = '' and household_group <> ''"
    )[0][0]
    return max(0, int(had) - int(kept))


def prepare(
    extract: Extract,
    told: Mapping,
    agreement: Agreement,
    participant: Participant,
    excluded: Any | None = None,
    reference: Reference | None = None,
    *,
    repair: bool = True,
) -> Prepared:
    """Read the addresses, apply the exclusions, and decide for each row whether it counts.

    With a reference list an address that can only be one door becomes that door first, unless `repair` is off.
    """
    rows = mapping.selected(told, extract)
    round_ = agreement.round
    unknown, ungrouped = Unmapped(), 0
    with Engine() as engine:
        numbers = normalising.normalise(engine, rows, round_.profile)
        tiers: dict[str, int] = {}
        if reference:
            references.check(engine, reference, repair=repair)
            counts = dict(
                engine.rows(
                    "select a.tier, count(*) from reading as r join address_reading as a on a.address_number = r.address_number group by a.tier"
                )
            )
            tiers = {tier: int(counts.get(tier, 0)) for tier in references.TIERS}
        normalising.doubt(engine, reference)
        ranges = engine.rows(
            "select count(*) from extract_row_address as r join possible_range as p on p.address_number = r.address_number"
        )[0][0]
        engine.load("exclusion", exclusions.none() if excluded is None else excluded)
        engine.set({"communal_above": round_.communal_above})
        engine.run(read_step("source/04_door.sql"))
        if participant.content == "services":
            known = Recogniser.of(agreement, participant, told.services)
            _judge_services(engine, rows, numbers, known, round_)
            if "service" in rows.column_names:
                unknown = unmapped(rows.column("service"), known, agreed(agreement, participant))
            leaving = engine.table("select canonical, service from leaving order by canonical, service")
        else:
            ungrouped = _judge_register(engine, rows, agreement)
            leaving = engine.table("select canonical, area, household_group from leaving order by canonical")
        judged = engine.table('select "row", reason, field from judged where reason <> \'\' order by "row"')
        counted = dict(
            engine.rows(
                "select reason, count(*) from judged where reason <> '' group by reason order by reason"
            )
        )
        by_rules = engine.rows("select count(*) from reading where by_rules")[0][0]
    left_out = dict.fromkeys(REASONS, 0)
    for reason, number in counted.items():
        left_out[category(reason)] += number
    return Prepared(
        participant.content,
        rows.num_rows,
        leaving,
        judged,
        {reason: number for reason, number in left_out.items() if number},
        {reason: number for reason, number in counted.items() if category(reason) != reason},
        rows.num_rows - by_rules,
        by_rules,
        unknown,
        ungrouped,
        tiers,
        int(ranges),
    )


def pseudonymised(prepared: Prepared, key_: bytes) -> Any:
    """The rows that leave: `leaving` with a pseudonym in the place of each address, hashed once."""
    table = prepared.leaving.combine_chunks()
    encoded = pc.dictionary_encode(table.column("canonical")).combine_chunks()
    made = pseudonyms.pseudonyms(key_, encoded.dictionary.to_pylist())
    column = pa.ExtensionArray.from_storage(pa.uuid(), made.storage.take(encoded.indices))
    if prepared.content == "services":
        return pa.table({"pseudonym": column, "service": table.column("service")})
    return pa.table(
        {"pseudonym": column, "area": table.column("area"), "group": table.column("household_group")}
    )
