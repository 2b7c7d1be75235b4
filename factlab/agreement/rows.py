"""A CSV file of the agreement, read with the line of each row so that a mistake can be pointed at."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

from factlab.errors import AgreementError


def read(file: Path, columns: Sequence[str]) -> list[tuple[int, dict[str, str]]]:
    """The rows with their line numbers. Raises AgreementError: no such file, no UTF-8 text, missing columns or cells."""
    try:
        with file.open(encoding="utf-8-sig", newline="") as lines:
            reader = csv.DictReader(lines)
            there = tuple(reader.fieldnames or ())
            rows = [(reader.line_num, row) for row in reader]
    except FileNotFoundError:
        raise AgreementError("agreement.missing_file", file=file.name, folder=file.parent) from None
    except (UnicodeDecodeError, csv.Error):
        raise AgreementError("agreement.not_utf8", file=file.name) from None
    if missing := [column for column in columns if column not in there]:
        raise AgreementError("agreement.missing_columns", file=file.name, line=1, columns=", ".join(missing))
    short = [line for line, row in rows if None in row or any(row[column] is None for column in columns)]
    if short:
        wrong = [AgreementError("agreement.short_row", file=file.name, line=line) for line in short]
        raise AgreementError("agreement.invalid", file=file.name, number=len(wrong), details=wrong)
    return rows
