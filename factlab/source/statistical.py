"""A file of SPSS (.sav): the labels of coded values, with the codes themselves in a column beside."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from factlab.errors import ExtractError
from factlab.source.headers import fields
from factlab.source.workbook import cell_text

MAGIC = (b"$FL2", b"$FL3")  # plain and compressed whole (.zsav)
CODE = "(code)"
_READER = Path(__file__).with_name("spss.py")
_LONGEST = 1800  # seconds: more than the largest extract takes


def _contents(data: bytes, file: str) -> dict[str, Any]:
    """What the file holds, read by a process that may crash. Raises ExtractError when it did."""
    try:
        # -P: only installed libraries are found, not the modules that stand beside the reader.
        done = subprocess.run(
            [sys.executable, "-P", str(_READER)],
            input=data,
            capture_output=True,
            timeout=_LONGEST,
            check=True,
        )
        found: dict[str, Any] = json.loads(done.stdout)
    except (subprocess.SubprocessError, OSError, ValueError):
        raise ExtractError("source.unreadable", file=file) from None
    return found


def _header(name: str, label: str) -> str:
    """The variable's name, or its label where only that says which field it is."""
    return label if label and not fields(name) and fields(label) else name


def _text(value: Any) -> str:
    """SPSS fills texts up with spaces."""
    return cell_text(value).rstrip()


def read(data: bytes, file: str) -> tuple[list[str], list[list[str]]]:
    """(headers, columns of texts). A variable with value labels gives two columns: `product` and `product (code)`.

    Either may be mapped: what the labels say, or the codes. Raises ExtractError.
    """
    found = _contents(data, file)
    if not found["names"] or not found["columns"][0]:
        raise ExtractError("source.no_rows", file=file)
    names: list[str] = []
    columns: list[list[str]] = []
    for name, label, labelled, values in zip(
        found["names"], found["labels"], found["codes"], found["columns"], strict=True
    ):
        codes = [_text(value) for value in values]
        header = _header(name, label)
        if labelled:
            words = {_text(code): word for code, word in labelled}
            names.append(header)
            columns.append([words.get(code, code) for code in codes])
            header = f"{header} {CODE}"
        names.append(header)
        columns.append(codes)
    return names, columns
