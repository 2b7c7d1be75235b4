"""A date as an extract writes it: 31-12-2025, 2025-12-31, 31.12.2025, 20251231, or Excel's day number."""

from __future__ import annotations

import datetime
import re

from factlab.source.characters import clean, is_empty

_DUTCH = re.compile(r"(\d{1,2})[-/. ](\d{1,2})[-/. ](\d{4})(?:[ T].*)?")
_ISO = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:[ TZ+].*)?")
_PLAIN = re.compile(r"(\d{4})(\d{2})(\d{2})(?:\d{6}|[ T].*)?")
_SERIAL = re.compile(r"([1-9]\d{4})(?:[.,]\d+)?")
_NAMED = re.compile(r"(\d{1,2})[- .]([A-Z]{3})[A-Z]*\.?[- .](\d{4})")
_MONTHS = {
    name: number
    for number, names in enumerate(
        ("JAN", "FEB", "MRT MAA MAR", "APR", "MEI MAY", "JUN", "JUL", "AUG", "SEP", "OKT OCT", "NOV", "DEC"),
        start=1,
    )
    for name in names.split()
}
_EXCEL = datetime.date(1899, 12, 30)
# What systems write for "never ends" or "always was".
_OPEN = frozenset(
    (
        "ONBEPAALD",
        "DOORLOPEND",
        "HEDEN",
        "OPEN",
        "LOPEND",
        "ACTIEF",
        "99999999",
        "00000000",
        "0",
        "00-00-0000",
        "0000-00-00",
    )
)


def read(text: str) -> tuple[datetime.date | None, bool]:
    """(the day, readable). Nothing, "doorlopend" and the like are readable and no day; day comes before month."""
    said = clean(text).strip("'\"")
    if is_empty(said) or said in _OPEN:
        return None, True
    try:
        if found := _DUTCH.fullmatch(said):
            return datetime.date(int(found[3]), int(found[2]), int(found[1])), True
        if found := _ISO.fullmatch(said) or _PLAIN.fullmatch(said):
            return datetime.date(int(found[1]), int(found[2]), int(found[3])), True
        if (found := _NAMED.fullmatch(said)) and found[2] in _MONTHS:
            return datetime.date(int(found[3]), _MONTHS[found[2]], int(found[1])), True
        if found := _SERIAL.fullmatch(said):
            return _EXCEL + datetime.timedelta(days=int(found[1])), True
    except ValueError:
        pass
    return None, False
