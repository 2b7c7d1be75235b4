"""A table of counts without addresses: what an organisation of informal help has, per area and service."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pyarrow as pa
import pyarrow.compute as pc

from factlab.agreement import Agreement, Participant
from factlab.delivery.plaintext import MOST_COUNTED
from factlab.engine import Engine, read_step
from factlab.errors import ExtractError
from factlab.source import mapping as mappings
from factlab.source import places
from factlab.source.extract import Extract
from factlab.source.headers import fields, key
from factlab.source.mapping import Mapping
from factlab.source.preparation import Prepared
from factlab.source.problems import STOPPING
from factlab.source.services import Recogniser, Unmapped, agreed, unmapped

_TOTAL = re.compile(r"(eind|sub)?totaal|(grand|sub)?total|alle|alles|all|som|samen")
_TOTAL_OF = re.compile(r"((eind|sub)?totaal|(grand|sub)?total).*")  # "Totaal gemeente"
_COUNT = re.compile(
    r"aantal|number|count|totaal|total|^n$|huishoudens|household|gezin|persoon|personen|person|people|client|deelnemer|bezoeker"
    r"|gebruiker|user"
)
_OF_UNIT = {
    "households": re.compile(r"huishoud|household|gezin"),
    "persons": re.compile(r"person|persoon|people|client|deelnemer|bezoeker|gebruiker|user"),
}
_WHOLE = r"^\s*[0-9]+([.,]0{1,2})?\s*$"
_AREA = pa.schema(
    [("said", pa.string()), ("place", pa.string()), ("code", pa.string()), ("total", pa.bool_())]
)
_SERVICE = pa.schema([("said", pa.string()), ("code", pa.string()), ("total", pa.bool_())])
_WITHIN = pa.schema([("area", pa.string()), ("place", pa.string())])


def _column(rows: pa.Table, name: str) -> pa.Array:
    return rows.column(name) if name in rows.column_names else pa.repeat(pa.scalar(""), rows.num_rows)


def _found(known: dict[str, str], said: str) -> str | None:
    return known.get(key(said)) or known.get(key(said).lstrip("0"))


def _share(extract: Extract, header: str, known: dict[str, str]) -> float:
    """The share of the distinct filled cells that name an area."""
    values = [one for one in extract.table.column(header).unique().to_pylist() if one.strip()]
    return sum(_found(known, one) is not None for one in values) / len(values) if values else 0.0


def _levels(agreement: Agreement) -> tuple[str, ...]:
    """The levels that a table may be of: what is finer than agreed is added up."""
    round_ = agreement.round
    return round_.levels[round_.levels.index(round_.reported_level) :]


def guess(extract: Extract, agreement: Agreement, participant: Participant) -> Mapping:
    """The columns of area, service and count that the headers and the contents suggest."""
    known = Recogniser.of(agreement, participant)
    areas = [places.recogniser(agreement, level) for level in _levels(agreement)]
    free = list(extract.headers)
    ranked: dict[str, list[tuple[float, str]]] = {"area": [], "service": [], "count": []}
    for header in free:
        named = {field: rank for rank, field in fields(header)}
        share = max(_share(extract, header, one) for one in areas)
        if "area" in named or share > 0.5:
            ranked["area"].append((named.get("area", 100) - 500 * share, header))
        share = mappings.names_service(extract, header, known)
        if share > 0 or "service" in named:
            ranked["service"].append((named.get("service", 100) - 500 * share, header))
        whole = mappings.share(extract, header, _WHOLE)
        if whole > 0.5 or (_COUNT.search(key(header)) and whole > 0):
            said = 200 * bool(_OF_UNIT[participant.unit].search(key(header)))
            ranked["count"].append((100.0 - said - 100 * bool(_COUNT.search(key(header))), header))
    columns: dict[str, str] = {}
    doubts: list[tuple[str, str, tuple[str, ...]]] = []
    for field, candidates in ranked.items():
        left = sorted(one for one in candidates if one[1] not in columns.values())
        if left:
            columns[field] = left[0][1]
            rivals = tuple(header for rank, header in left[1:] if rank - left[0][0] < 60)
            doubts += [(field, left[0][1], rivals)] if rivals else []
    return Mapping(columns, {}, extract.sheet, extract.header_row or None, tuple(doubts))


def _within(agreement: Agreement) -> Iterator[tuple[str, str]]:
    """Every area with each area that it lies in."""
    parent = {area.code: area.parent for area in agreement.areas}
    for area in agreement.areas:
        above = area.parent
        while above:
            yield area.code, above
            above = parent[above]


def _known_areas(said: list[str], agreement: Agreement) -> pa.Table:
    """Which area each text means. A table is of one level: the one that most of its texts name, the agreed one if in
    doubt; other texts can name an area of a level above it. Names that two levels share can't be confused then."""
    levels, round_ = _levels(agreement), agreement.round
    known = {level: places.recogniser(agreement, level) for level in round_.levels}
    finest = max(levels, key=lambda level: sum(_found(known[level], one) is not None for one in said))
    tried = [finest, *reversed(round_.levels[: round_.levels.index(finest)])]
    agreed_ones = {area.code for area in agreement.areas if area.level == round_.reported_level}
    above = {code: code for code in agreed_ones} | {
        area: place for area, place in _within(agreement) if place in agreed_ones
    }
    rows = []
    for one in said:
        place = next((found for level in tried if (found := _found(known[level], one))), None)
        said_so = _TOTAL.fullmatch(key(one)) or _TOTAL_OF.fullmatch(key(one))
        total = place is None and said_so is not None
        rows.append({"said": one, "place": place, "code": above.get(place or ""), "total": total})
    return pa.Table.from_pylist(rows, schema=_AREA)


def _known_services(said: list[str], known: Recogniser, *, told: bool) -> pa.Table:
    """Which service each text means. Without a column for it an organisation with one service delivers that one."""
    rows = []
    for one in said:
        code = known.code(one) if told else known.only
        rows.append({"said": one, "code": code, "total": code is None and bool(_TOTAL.fullmatch(key(one)))})
    return pa.Table.from_pylist(rows, schema=_SERVICE)


def prepare(extract: Extract, told: Mapping, agreement: Agreement, participant: Participant) -> Prepared:
    """Decide for each row whether its count is used. `leaving` is (area, service, count), as coarse as agreed.

    Raises ExtractError when no column says which area, unless the whole municipality is what was agreed.
    """
    rows, round_ = mappings.selected(told, extract), agreement.round
    whole = round_.reported_level == round_.levels[0]
    if "area" not in rows.column_names and not whole:
        raise ExtractError(
            "source.missing_column", file=extract.file, fields="area", headers=", ".join(extract.headers)
        )
    known = Recogniser.of(agreement, participant, told.services)
    area, service = _column(rows, "area"), _column(rows, "service")
    if "area" not in rows.column_names:
        area = pa.repeat(pa.scalar(round_.municipalities[0][0]), rows.num_rows)
    services = _known_services(
        sorted(pc.unique(service).to_pylist()), known, told="service" in rows.column_names
    )
    pairs = list(zip(*_within(agreement), strict=True)) or [(), ()]
    with Engine() as engine:
        engine.load(
            "extract_row",
            pa.table(
                {
                    "row": rows.column("row"),
                    "area_said": area,
                    "service_said": service,
                    "counted": rows.column("count"),
                }
            ),
        )
        engine.load("known_area", _known_areas(sorted(pc.unique(area).to_pylist()), agreement))
        engine.load("known_service", services)
        engine.load("lies_in", pa.table([list(column) for column in pairs], schema=_WITHIN))
        engine.set({"most_counted": MOST_COUNTED})
        engine.run(read_step("source/05_judged_aggregate.sql"))
        engine.run(read_step("source/06_leaving_aggregate.sql"))
        leaving = engine.table('select area, service, "count" from leaving order by area, service')
        judged = engine.table('select "row", reason, field from judged where reason <> \'\' order by "row"')
        left_out = dict(
            engine.rows(
                "select reason, count(*) from judged where reason <> '' group by reason order by reason"
            )
        )
    unknown = Unmapped()
    if "service" in rows.column_names:
        totals = services.filter(services.column("total")).column("said")
        kept = service.filter(pc.invert(pc.is_in(service, totals.combine_chunks())))
        unknown = unmapped(kept, known, agreed(agreement, participant))
    return Prepared(
        "aggregate",
        rows.num_rows,
        leaving,
        judged,
        left_out,
        {},
        0,
        0,
        unknown,
        without_group=0,
        ranges=0,
        tiers={},
    )


def require_sound(prepared: Prepared, file: str, listed: str) -> None:
    """Refuse a table with a row that can't be used: what is left out here would be published as nobody.

    Totals and services that are left out knowingly are no mistakes. Raises ExtractError.
    """
    wrong = sum(number for reason, number in prepared.left_out.items() if reason in STOPPING)
    if wrong:
        raise ExtractError("source.wrong_counts", file=file, rows=wrong, problems=listed)
    if not prepared.used:
        raise ExtractError("source.no_counts", file=file, problems=listed)
