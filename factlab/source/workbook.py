"""A workbook of Excel: the sheet with the most rows, every cell as the text that it means."""

from __future__ import annotations

import datetime
import io
import math
import warnings
import zipfile
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


def read(data: bytes, sheet: str | None, file: str) -> tuple[str, list[list[str]]]:
    """(name of the sheet, its rows as texts). Raises ExtractError when it can't be read or the sheet isn't there."""
    try:
        book = pd.ExcelFile(io.BytesIO(data), engine="openpyxl")
    except (
        ValueError,
        KeyError,
        OSError,
        zipfile.BadZipFile,
        AttributeError,
        TypeError,
        SyntaxError,
        EOFError,
    ):
        raise ExtractError("source.unreadable", file=file) from None
    # openpyxl warns of styles and extensions that it doesn't know: of no use to who only wants the cells.
    with book, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        names = [str(name) for name in book.sheet_names]
        if sheet and sheet not in names:
            raise ExtractError("source.no_such_sheet", file=file, sheet=sheet, sheets=", ".join(names))
        frames = {}
        for name in [sheet] if sheet else names:
            try:
                frames[name] = book.parse(
                    name, header=None, dtype=object, keep_default_na=False, na_filter=False
                )
            except Exception:  # a damaged workbook breaks openpyxl in too many ways to list
                raise ExtractError("source.unreadable", file=file) from None
    if not frames:
        raise ExtractError("source.empty", file=file)
    chosen = max(frames, key=lambda name: len(frames[name].dropna(how="all")))
    texts = frames[chosen].map(cell_text)
    return chosen, texts.to_numpy(dtype=object).tolist()
