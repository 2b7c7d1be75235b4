"""Reads a file of SPSS from standard input and writes what it holds as JSON: a program of its own.

The library that knows the format is written in C, and a damaged file can make it crash. Here it can take nothing along:
this process holds no key and no other extract.
"""

from __future__ import annotations

import datetime
import io
import json
import math
import sys
from typing import Any


def _plain(value: Any) -> str | float | None:
    """Numbers as numbers, texts as texts, days in ISO, nothing as null."""
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, datetime.datetime):
        midnight = value.time() == datetime.time()
        return value.date().isoformat() if midnight else value.isoformat(sep=" ", timespec="seconds")
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat()
    return value if value is None or isinstance(value, str | int | float) else str(value)


def contents(data: bytes) -> dict[str, Any]:
    """`names`, `labels` (of the variables), `codes` (per variable what each code is labelled) and `columns`."""
    import pyreadstat

    columns, told = pyreadstat.read_sav(io.BytesIO(data), output_format="dict")
    names = list(told.column_names)
    return {
        "names": names,
        "labels": [label or "" for label in told.column_labels or [""] * len(names)],
        "codes": [
            [[_plain(code), str(label)] for code, label in told.variable_value_labels.get(name, {}).items()]
            for name in names
        ],
        "columns": [[_plain(value) for value in columns[name]] for name in names],
    }


if __name__ == "__main__":
    json.dump(contents(sys.stdin.buffer.read()), sys.stdout)
