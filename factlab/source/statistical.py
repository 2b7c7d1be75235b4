"""A file of SPSS (.sav): the labels of coded values, with the codes themselves in a column beside."""

from __future__ import annotations

import io
from typing import Any

import pandas as pd
import pyreadstat

from factlab.errors import ExtractError
from factlab.source.headers import fields
from factlab.source.workbook import cell_text

MAGIC = (b"$FL2", b"$FL3")  # plain and compressed whole (.zsav)
CODE = "(code)"


def _header(name: str, label: str | None) -> str:
    """The variable's name, or its label where only that says which field it is."""
    return label if label and not fields(name) and fields(label) else name


def read(data: bytes, file: str) -> tuple[list[str], list[list[str]]]:
    """(headers, columns of texts). A variable with value labels gives two columns: `product` and `product (code)`.

    Either may be mapped: what the labels say, or the codes. Raises ExtractError.
    """
    try:
        frame, told = pyreadstat.read_sav(io.BytesIO(data), dates_as_pandas_datetime=True)
    except MemoryError:
        raise
    except Exception:  # pyreadstat raises whatever its C library or pandas met in a damaged file
        raise ExtractError("source.unreadable", file=file) from None
    if not isinstance(frame, pd.DataFrame) or frame.columns.empty or frame.empty:
        raise ExtractError("source.no_rows", file=file)
    names: list[str] = []
    columns: list[list[str]] = []
    for place, name in enumerate(told.column_names):
        codes = frame.iloc[:, place].astype(object).map(_text)
        header = _header(name, (told.column_labels or [None] * len(told.column_names))[place])
        labels: dict[Any, str] = told.variable_value_labels.get(name, {})
        if labels:
            words = {_text(code): str(label) for code, label in labels.items()}
            names.append(header)
            columns.append(codes.map(lambda code, words=words: words.get(code, code)).tolist())
            header = f"{header} {CODE}"
        names.append(header)
        columns.append(codes.tolist())
    return names, columns


def _text(value: Any) -> str:
    """SPSS fills texts up with spaces."""
    return cell_text(value).rstrip()
