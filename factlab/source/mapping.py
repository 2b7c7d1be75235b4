"""Which column of an extract is which field: guessed once, shown, saved beside the extract, and from then on the user's."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping as Dictionary
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow.compute as pc
import tomli_w

from factlab import files, texts
from factlab.agreement import Agreement, Participant
from factlab.errors import ExtractError
from factlab.source import services
from factlab.source.extract import Extract
from factlab.source.headers import (
    ADDRESS_FIELDS,
    BOTH,
    COUNT_FIELD,
    GENERAL,
    ID,
    IDS,
    REGISTER_FIELDS,
    SERVICE_FIELDS,
    fields,
    key,
)

FORMAT = "factlab-mapping/1"
SUFFIX = ".mapping.toml"
SAMPLE = 500  # rows that a guess looks at
_LOOKS = {
    "postcode": r"^\s*[1-9][0-9]{3}\s?-?[A-Za-z]{2}\s*$",
    "id": rf"^\s*{ID}\s*$",
    "day": r"^\s*(\d{1,2}[-/.]\d{1,2}[-/.]\d{4}|\d{4}-\d{2}-\d{2}|(19|20)\d{6})([ T].*)?\s*$",
}


@dataclass(frozen=True)
class Mapping:
    """`columns`: our field = the extract's header. `services`: what the extract calls a service = its catalogue code.

    `doubts` are the fields for which another column fitted too: (field, taken, others). They are shown, not saved.
    """

    columns: Dictionary[str, str]
    services: Dictionary[str, str] = field(default_factory=dict)
    sheet: str = ""
    header_row: int | None = None
    doubts: tuple[tuple[str, str, tuple[str, ...]], ...] = ()


def path_for(extract: Path) -> Path:
    """Where the mapping of an extract is saved: `clients.csv.mapping.toml` beside it."""
    return extract.with_name(extract.name + SUFFIX)


def find(extract: Path) -> Path | None:
    """The saved mapping of an extract, if there is one; `clients.mapping.toml` is taken too."""
    for path in (path_for(extract), extract.with_name(extract.stem + SUFFIX)):
        if path.exists():
            return path
    return None


def load(file: Path) -> Mapping:
    """Read a saved mapping. Raises ExtractError."""
    try:
        told: dict[str, Any] = tomllib.loads(file.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise ExtractError("source.missing_file", file=file) from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError):
        raise ExtractError("source.bad_mapping", file=file.name) from None
    columns, known, row = told.get("columns", {}), told.get("services", {}), told.get("header_row")
    sound = (
        told.get("format") == FORMAT
        and isinstance(columns, dict)
        and isinstance(known, dict)
        and all(
            isinstance(value, str) for value in (*columns.values(), *known.values(), told.get("sheet", ""))
        )
        and (row is None or (isinstance(row, int) and not isinstance(row, bool) and row >= 1))
    )
    if not sound:
        raise ExtractError("source.bad_mapping", file=file.name)
    fields_known = (*ADDRESS_FIELDS, *SERVICE_FIELDS, *REGISTER_FIELDS, COUNT_FIELD)
    if unknown := sorted(set(columns) - set(fields_known)):
        raise ExtractError(
            "source.unknown_field", file=file.name, field=", ".join(unknown), fields=", ".join(fields_known)
        )
    return Mapping(
        {name: columns[name] for name in fields_known if columns.get(name)}, known, told.get("sheet", ""), row
    )


def save(
    mapping: Mapping, file: Path, unmapped: services.Unmapped | None = None, lang: texts.Language = "nl"
) -> None:
    """Write a mapping. Services that nothing is known of are put in as remarks, each with the nearest code."""
    told: dict[str, Any] = {"format": FORMAT}
    if mapping.sheet:
        told["sheet"] = mapping.sheet
    if mapping.header_row and mapping.header_row > 1:
        told["header_row"] = mapping.header_row
    told["columns"] = dict(mapping.columns)
    told["services"] = dict(mapping.services)
    written = tomli_w.dumps(told)
    if unmapped and unmapped.shown:
        lines = [texts.say("source.mapping_suggestions", lang)]
        for said, rows, near in unmapped.shown:
            quoted = tomli_w.dumps({"x": said}).strip().removeprefix("x = ")
            lines.append(f'{quoted} = "{near or "-"}"  # {rows}')
        written += "".join(f"# {line}\n" for line in lines)
    with files.new_file(file) as beside:
        beside.write_text(written, encoding="utf-8", newline="\n")


def _share(extract: Extract, header: str, test: Any) -> float:
    """The share of the filled cells among the first rows for which `test` holds."""
    cells = pc.utf8_trim_whitespace(extract.table.column(header).slice(0, SAMPLE))
    filled = cells.filter(pc.not_equal(cells, ""))
    if not len(filled):
        return 0.0
    return float(pc.mean(test(filled).cast("double")).as_py() or 0.0)


def share(extract: Extract, header: str, pattern: str) -> float:
    """The share of the filled cells among the first rows that a pattern fits."""
    return _share(extract, header, lambda cells: pc.match_substring_regex(cells, pattern))


def _looks(extract: Extract, header: str, what: str) -> float:
    return share(extract, header, _LOOKS[what])


def names_service(extract: Extract, header: str, known: services.Recogniser) -> float:
    """The share of the distinct filled cells among the first rows that name a service."""
    values = {
        value: known.code(value) is not None
        for value in extract.table.column(header).slice(0, SAMPLE).unique().to_pylist()
    }
    told = {value: found for value, found in values.items() if value.strip()}
    return sum(told.values()) / len(told) if told else 0.0


def guess(
    extract: Extract, agreement: Agreement | None = None, participant: Participant | None = None
) -> Mapping:
    """The mapping that the headers and the contents suggest. Without an agreement only the address is looked for."""
    content = participant.content if participant else None
    wanted = {
        None: ADDRESS_FIELDS,
        "services": (*ADDRESS_FIELDS, *SERVICE_FIELDS),
        "register": (*ADDRESS_FIELDS, *REGISTER_FIELDS),
    }[content]
    ranked: dict[str, list[tuple[float, str]]] = {name: [] for name in wanted}
    for header in extract.headers:
        for rank, name in fields(header):
            if name in ranked:
                ranked[name].append((float(rank), header))
    known = services.Recogniser.of(agreement, participant) if agreement and participant else None
    for name, candidates in ranked.items():
        for place, (rank_, header) in enumerate(candidates):
            fit = rank_
            if name == "postcode" and len(candidates) > 1:
                fit -= 50 * _looks(extract, header, "postcode")
            if name == "service" and known:
                told = names_service(extract, header, known)
                fit += -500 * told if told else 1000 * (key(header) in GENERAL)
            if name in ("start", "end") and len(candidates) > 1:
                fit -= 50 * _looks(extract, header, "day")
            candidates[place] = (fit, header)
        candidates[:] = sorted((one for one in candidates if one[0] < 1000), key=lambda one: one[0])
    columns: dict[str, str] = {}
    doubts: list[tuple[str, str, tuple[str, ...]]] = []
    for name, candidates in ranked.items():
        free = [(rank, header) for rank, header in candidates if header not in columns.values()]
        if not free:
            continue
        columns[name] = free[0][1]
        # A column that is somebody else's by its name (rank 200) or says much less is no rival.
        rivals = tuple(header for rank, header in free[1:] if rank - free[0][0] < 60)
        if rivals:
            doubts.append((name, free[0][1], rivals))
    if "number" not in columns and BOTH.fullmatch(key(columns.get("addition", ""))):
        columns["number"] = columns.pop("addition")
    _by_contents(extract, columns, known, content, doubts)
    return Mapping(
        {name: columns[name] for name in wanted if name in columns},
        {},
        extract.sheet,
        extract.header_row or None,
        tuple(doubts),
    )


def _by_contents(
    extract: Extract,
    columns: dict[str, str],
    known: services.Recogniser | None,
    content: str | None,
    doubts: list[tuple[str, str, tuple[str, ...]]],
) -> None:
    """Find by their contents what the headers don't tell: a postcode, a service, two columns of dates."""
    free = [header for header in extract.headers if header not in columns.values()]
    if "postcode" not in columns:
        found = [header for header in free if _looks(extract, header, "postcode") > 0.8]
        if found:
            columns["postcode"] = found[0]
            free.remove(found[0])
            if found[1:]:
                doubts.append(("postcode", found[0], tuple(found[1:])))
    placed = "postcode" in columns and columns.keys() & {"number", "street"}
    if "address" not in columns and not placed:
        named = {header: key(header) in IDS for header in free}
        found = [header for header in free if _looks(extract, header, "id") > (0.2 if named[header] else 0.8)]
        if found:  # a reference list tells which address it is
            found.sort(key=lambda header: not named[header])
            columns["address"] = found[0]
            free.remove(found[0])
            if found[1:]:
                doubts.append(("address", found[0], tuple(found[1:])))
    if content == "services" and known and "service" not in columns and not known.only:
        found = [header for header in free if names_service(extract, header, known) > 0.5]
        if found:
            columns["service"] = found[0]
            free.remove(found[0])
    days = [
        header
        for header in free
        if not re.search("geb|birth", key(header)) and _looks(extract, header, "day") > 0.8
    ]
    if content == "services" and len(days) == 2 and "start" not in columns and "end" not in columns:
        filled = [_share(extract, header, lambda cells: pc.not_equal(cells, "")) for header in days]
        columns["start"], columns["end"] = days if filled[0] >= filled[1] else days[::-1]
        doubts += [
            ("start", columns["start"], (columns["end"],)),
            ("end", columns["end"], (columns["start"],)),
        ]


def check(mapping: Mapping, extract: Extract, participant: Participant | None) -> None:
    """Raise ExtractError when a column of the mapping isn't in the extract, or a column that is needed isn't mapped."""
    there = ", ".join(extract.headers)
    for name, header in mapping.columns.items():
        if header not in extract.headers:
            raise ExtractError(
                "source.mapped_column_missing", file=extract.file, column=header, field=name, headers=there
            )
    has = mapping.columns.keys()
    missing = []
    counts = participant is not None and participant.content == "aggregate"
    if counts and COUNT_FIELD not in has:
        missing.append(COUNT_FIELD)
    if not counts and not has & {"postcode", "address"}:
        missing.append("postcode")
    if not counts and not has & {"number", "address", "street"}:
        missing.append("number")
    if (
        participant
        and participant.content != "register"
        and len(participant.services) > 1
        and "service" not in has
    ):
        missing.append("service")
    if participant and participant.content == "register" and "area" not in has:
        missing.append("area")
    if missing:
        raise ExtractError(
            "source.missing_column", file=extract.file, fields=", ".join(missing), headers=there
        )


def check_ids(mapping: Mapping, extract: Extract, *, listed: bool) -> None:
    """Raise ExtractError when addresses are given as BAG ids only, and there is no list that tells which they are."""
    header = mapping.columns.get("address", "")
    if header and "postcode" not in mapping.columns and not listed and _looks(extract, header, "id") > 0.8:
        raise ExtractError("source.ids_without_list", file=extract.file, column=header)


def selected(mapping: Mapping, extract: Extract) -> Any:
    """The mapped columns under our names, and `row`: all that any later step ever sees of the extract."""
    table = extract.table.select(["row", *mapping.columns.values()])
    return table.rename_columns(["row", *mapping.columns])
