"""The areas that counts are made for, nested, with their borders."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, cast

from factlab.agreement import rows as csv_rows
from factlab.cells import Area
from factlab.errors import AgreementError

COLUMNS = ("code", "name", "level", "parent")


def read(file: Path, levels: tuple[str, ...], municipality: str) -> tuple[Area, ...]:
    """Read `areas.csv`: by level, then code. Every area but the municipality lies in one of the level above it."""
    rows = csv_rows.read(file, COLUMNS)
    level_of = {row["code"]: row["level"] for _, row in rows}
    wrong: list[AgreementError] = []
    seen: set[str] = set()
    for line, row in rows:

        def note(key: str, name: str, line: int = line, **fields: str) -> None:
            wrong.append(
                AgreementError(f"agreement.{key}", file=file.name, line=line, name=name, details=(), **fields)
            )

        if row["level"] not in levels:
            note("not_a_choice", "level", choices=", ".join(levels), near="-")
            continue
        if row["code"] in seen:
            note("twice", "code", value=row["code"])
        seen.add(row["code"])
        depth = levels.index(row["level"])
        if depth == 0 and (row["code"] != municipality or row["parent"]):
            note("not_the_municipality", "code", expected=municipality)
        if depth > 0 and level_of.get(row["parent"]) != levels[depth - 1]:
            note("wrong_parent", "parent", level=levels[depth - 1])
    for depth, level in enumerate(levels[:-1]):
        parents = {row["parent"] for _, row in rows if row["level"] == levels[depth + 1]}
        for line, row in rows:
            if row["level"] == level and row["code"] not in parents:
                wrong.append(
                    AgreementError(
                        "agreement.no_children",
                        file=file.name,
                        line=line,
                        name="code",
                        level=levels[depth + 1],
                    )
                )
    if municipality not in seen:
        wrong.append(
            AgreementError(
                "agreement.not_the_municipality", file=file.name, line=1, name="code", expected=municipality
            )
        )
    if wrong:
        raise AgreementError("agreement.invalid", file=file.name, number=len(wrong), details=wrong)
    areas = [Area(row["code"], row["name"], row["level"], row["parent"]) for _, row in rows]
    return tuple(sorted(areas, key=lambda area: (levels.index(area.level), area.code)))


def read_borders(file: Path, areas: tuple[Area, ...]) -> dict[str, Any]:
    """Read the borders (GeoJSON, property `code`); every area has them."""
    try:
        borders = json.loads(file.read_text(encoding="utf-8-sig"))
        there = {feature["properties"]["code"] for feature in borders["features"]}
    except FileNotFoundError:
        raise AgreementError("agreement.missing_file", file=file.name, folder=file.parent) from None
    except (UnicodeDecodeError, ValueError, KeyError, TypeError):
        raise AgreementError("agreement.not_borders", file=file.name) from None
    if missing := [area.code for area in areas if area.code not in there]:
        raise AgreementError("agreement.missing_borders", file=file.name, codes=", ".join(missing[:10]))
    return cast(dict[str, Any], borders)
