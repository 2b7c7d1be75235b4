"""A workbook of Excel: its sheets, every cell as the text that it means."""

from __future__ import annotations

import datetime
import io
import math
import warnings
from collections.abc import Mapping
from typing import Any

import pandas as pd

from factlab.errors import ExtractError


def cell_text(value: Any) -> str:
    """What a cell says: whole numbers without a decimal point, dates in ISO, nothing as an empty text."""
    if value is None or value is pd.NaT:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return (
            ""
            if math.isnan(value)
            else str(int(value))
            if value.is_integer() and abs(value) < 1e15
            else repr(value)
        )
    if isinstance(value, datetime.datetime):
        midnight = value.time() == datetime.time()
        return value.date().isoformat() if midnight else value.isoformat(sep=" ", timespec="seconds")
    if isinstance(value, datetime.date):
        return value.isoformat()
    return str(value)


def choose(
    sheets: Mapping[str, list[list[str]]], sheet: str | None, file: str
) -> tuple[str, list[list[str]]]:
    """The sheet that is asked for, else the one with the most rows. Raises ExtractError."""
    if sheet and sheet not in sheets:
        raise ExtractError("source.no_such_sheet", file=file, sheet=sheet, sheets=", ".join(sheets))
    if not sheets:
        raise ExtractError("source.empty", file=file)
    chosen = sheet or max(sheets, key=lambda name: sum(any(cells) for cells in sheets[name]))
    return chosen, sheets[chosen]


def read(data: bytes, file: str) -> dict[str, list[list[str]]]:
    """The sheets by name, each as rows of texts. Raises ExtractError when the file can't be read."""
    # openpyxl warns of styles and extensions that it doesn't know: of no use to who only wants the cells.
    try:
        with warnings.catch_warnings(), pd.ExcelFile(io.BytesIO(data), engine="openpyxl") as book:
            warnings.simplefilter("ignore")
            frames = book.parse(None, header=None, dtype=object, keep_default_na=False, na_filter=False)
    except MemoryError:
        raise
    except Exception:  # a damaged workbook breaks openpyxl in too many ways to list
        raise ExtractError("source.unreadable", file=file) from None
    return {str(name): frame.map(cell_text).to_numpy(dtype=object).tolist() for name, frame in frames.items()}
