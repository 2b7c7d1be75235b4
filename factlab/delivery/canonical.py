"""Canonical JSON (RFC 8785) of texts, whole numbers, lists and objects: one value, one row of bytes to sign."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any


def dump(value: Mapping[str, Any]) -> bytes:
    """The canonical bytes of `value`; its names are ASCII, so that sorting them is the order that RFC 8785 asks."""
    return json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    ).encode()


def load(data: bytes) -> dict[str, Any]:
    """The object that `data` holds. Raises ValueError when it isn't written canonically: a second form of the same
    value, a name given twice and white space are all refused."""
    try:
        value = json.loads(data)
    except RecursionError:
        raise ValueError("nested too deep") from None
    if not isinstance(value, dict) or dump(value) != data:
        raise ValueError("not canonical")
    return value
