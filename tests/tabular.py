"""Small linked tables for tests, from codes to counts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from factlab.linked import LinkedTable


def table(
    name: str, by: Sequence[str], rows: Mapping[Any, int | None], measure: str = "n", **more: Any
) -> LinkedTable:
    """A count table from codes (one string, or a tuple) to counts."""
    keys = [key if isinstance(key, tuple) else (key,) for key in rows]
    columns: dict[str, Sequence[Any]] = {d: tuple(key[i] for key in keys) for i, d in enumerate(by)}
    return LinkedTable(name, tuple(by), columns | {"n": tuple(rows.values())}, measure, **more)


def flat(*codes: str) -> tuple[dict[str, str]]:
    return (dict.fromkeys(codes, "T"),)
