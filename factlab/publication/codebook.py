"""The codebook as a reader finds it, in `codebook.json`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, Literal, cast, get_args

from factlab.cells import Area, Category, Codebook, Domain, Kind, Of, Organisation, Reporter, Service, Table
from factlab.errors import PublicationError

FORMAT = "factlab-codebook/1"
FILE = "codebook.json"


def to_json(codebook: Codebook) -> dict[str, Any]:
    """The codebook as plain values, its free mappings sorted so that equal codebooks give equal bytes."""
    plain: dict[str, Any] = _sorted_mappings(asdict(codebook))
    return {"format": FORMAT, **plain}


def from_json(found: object) -> Codebook:
    """The codebook that `to_json` made; raises PublicationError when anything is missing or of a wrong kind."""
    if not isinstance(found, dict) or found.get("format") != FORMAT:
        raise PublicationError("publication.format", file=FILE, format=FORMAT)
    try:
        codebook = _codebook(found)
    except (KeyError, TypeError, ValueError) as wrong:
        # A KeyError names the missing field; the other two may quote a value, so they only tell where.
        where = str(wrong.args[0]) if isinstance(wrong, KeyError) else "value"
        raise PublicationError("publication.codebook", file=FILE, where=where) from None
    _check(codebook)
    return codebook


def _sorted_mappings(value: Any) -> Any:
    """Keep the order of a dataclass's fields, sort the keys of the mappings that are data themselves."""
    if isinstance(value, dict):
        return {
            key: dict(sorted(part.items())) if isinstance(part, dict) else _sorted_mappings(part)
            for key, part in value.items()
        }
    if isinstance(value, tuple | list):
        return [_sorted_mappings(part) for part in value]
    return value


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _texts(value: object) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise TypeError
    return tuple(_text(part) for part in value)


def _number(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError
    return value


def _truth(value: object) -> bool:
    if not isinstance(value, bool):
        raise TypeError
    return value


def _words(value: object) -> dict[str, str]:
    if not isinstance(value, dict):
        raise TypeError
    return {_text(key): _text(word) for key, word in value.items()}


def _one_of(value: object, allowed: tuple[str, ...]) -> str:
    if value not in allowed:
        raise ValueError
    return _text(value)


def _codebook(found: Mapping[str, Any]) -> Codebook:
    start, end = _texts(found["period"])
    return Codebook(
        round_id=_text(found["round_id"]),
        title=_text(found["title"]),
        fingerprint=_text(found["fingerprint"]),
        period=(start, end),
        reference_date=_text(found["reference_date"]),
        count=cast(Literal["reference", "period"], _one_of(found["count"], ("reference", "period"))),
        trust=_text(found["trust"]),
        threshold=_number(found["threshold"]),
        levels=_texts(found["levels"]),
        areas=tuple(
            Area(_text(a["code"]), _text(a["name"]), _text(a["level"]), _text(a["parent"]))
            for a in found["areas"]
        ),
        domains=tuple(Domain(_text(d["code"]), _text(d["nl"]), _text(d["en"])) for d in found["domains"]),
        services=tuple(
            Service(
                _text(s["code"]),
                _text(s["nl"]),
                _text(s["en"]),
                _text(s["domain"]),
                _number(s["line"]),
                cast(Literal["formal", "informal"], _one_of(s["formality"], ("formal", "informal"))),
                _texts(s["organisations"]),
            )
            for s in found["services"]
        ),
        organisations=tuple(
            Organisation(_text(o["id"]), _text(o["name"]), _truth(o["delivered"]))
            for o in found["organisations"]
        ),
        tables=tuple(_table(t) for t in found["tables"]),
        reporters=tuple(
            Reporter(
                _text(r["id"]),
                _text(r["name"]),
                cast(Literal["households", "persons"], _one_of(r["unit"], ("households", "persons"))),
                _texts(r["services"]),
                _truth(r["delivered"]),
            )
            for r in found["reporters"]
        ),
        notes=_words(found["notes"]),
        rounding=_number(found["rounding"]),
    )


def _table(found: Mapping[str, Any]) -> Table:
    return Table(
        name=_text(found["name"]),
        kind=cast(Kind, _one_of(found["kind"], get_args(Kind))),
        of=cast(Of, _one_of(found["of"], get_args(Of))),
        levels=_texts(found["levels"]),
        categories=tuple(
            Category(_text(c["code"]), _text(c["nl"]), _text(c["en"]), _truth(c["available"]))
            for c in found["categories"]
        ),
        title=_words(found["title"]),
        text=_words(found["text"]),
        top=None if found["top"] is None else _number(found["top"]),
        rule={_text(of): _number(least) for of, least in found["rule"].items()},
    )


def _check(codebook: Codebook) -> None:
    """What types can't say: unique codes, one municipality, known parents and levels."""

    def refuse(where: str) -> PublicationError:
        return PublicationError("publication.codebook", file=FILE, where=where)

    codes = {area.code for area in codebook.areas}
    if len(codes) != len(codebook.areas):
        raise refuse("areas.code")
    if len(codebook.at("municipality")) != 1:
        raise refuse("areas.level")
    for area in codebook.areas:
        if area.level not in codebook.levels:
            raise refuse("areas.level")
        if (area.parent not in codes) if area.level != "municipality" else area.parent:
            raise refuse("areas.parent")
    names = [table.name for table in codebook.tables]
    if len(set(names)) != len(names) or "households" not in names:
        raise refuse("tables.name")
    for table in codebook.tables:
        if not set(table.levels) <= set(codebook.levels):
            raise refuse(f"tables.{table.name}.levels")
        if len({category.code for category in table.categories}) != len(table.categories):
            raise refuse(f"tables.{table.name}.categories")
    if codebook.threshold < 1:
        raise refuse("threshold")
    if codebook.rounding and (codebook.rounding < 2 or codebook.threshold % codebook.rounding):
        raise refuse("rounding")  # a count of at least the threshold must not be rounded to less
