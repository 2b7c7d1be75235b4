"""What people and programs do to a text before it is an address: odd characters, words for empty, Excel's repairs (N1, N2, N4)."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

# A half or a raised digit stands for itself: NFKC would glue "12½" to "121/2" and "12²" to "122".
_APART = ("<fraction>", "<super>", "<sub>", "<circle>")
_QUOTES = dict.fromkeys(map(ord, "‘’‚‛`´′＇"), "'") | dict.fromkeys(map(ord, "“”„″＂"), '"')
_SLASHES = dict.fromkeys(map(ord, "⁄∕"), "/") | {ord("−"): "-", ord("·"): ".", ord("•"): " "}
_SPACES = re.compile(r"\s+")

EMPTY_WORDS = frozenset((
    "NVT", "N.V.T.", "N.V.T", "NIET VAN TOEPASSING", "GEEN", "GEEN TOEVOEGING", "LEEG", "NULL", "(NULL)", "<NULL>",
    "\\N", "NAN", "<NA>", "#N/A", "#N/B", "N/A", "N.A.", "NONE", "NAT", "BLANK", "ZONDER", "ZONDER TOEVOEGING", "NIET INGEVULD",
    "GEEN LETTER", "GEEN HUISLETTER", "GEEN TOEV", "NIHIL", "N V T", "UNDEFINED", "NIL",
))  # fmt: skip

_MONTH = (
    r"(?:JANUARI|FEBRUARI|MAART|APRIL|JUNI|JULI|AUGUSTUS|SEPTEMBER|OKTOBER|NOVEMBER|DECEMBER"
    r"|JANUARY|FEBRUARY|MARCH|JUNE|JULY|AUGUST|OCTOBER|JAN|FEB|MRT|MAR|APR|MEI|MAY|JUN|JUL|AUG|SEPT?|OKT|OCT|NOV|DEC)\.?"
)
_DATE = re.compile(
    rf"\d{{1,2}}[-/ .]{_MONTH}(?:[-/ .]\d{{2,4}})?|{_MONTH}[-/ .]\d{{1,4}}"
    r"|\d{4}[-/.]\d{1,2}[-/.]\d{1,2}(?:[ T]\d.*)?|\d{1,2}[-/.]\d{1,2}[-/.]\d{4}(?:[ T]\d.*)?"
    r"|(?:0?[1-9]|[12]\d|3[01])-0[1-9]-\d{2}|\d{1,2}:\d{2}:\d{2}|\d(?:[.,]\d+)?E[+-]\d{1,3}|\d[.,]\d+E\d{1,3}"
)
_FLOAT = re.compile(r"(\d+)[.,]0+")
_FORMULA = re.compile(r'="(.*)"')


@lru_cache(maxsize=65536)
def clean(text: str) -> str:
    """Upper case, one kind of space, quote and dash, nothing invisible, no accents (N1)."""
    if text.isascii():
        return _SPACES.sub(" ", text.upper()).strip() if text.isprintable() else _printable(text.upper())
    text = text.translate(_QUOTES).translate(_SLASHES)
    spread = "".join(f" {one}" if unicodedata.decomposition(one).startswith(_APART) else one for one in text)
    folded = unicodedata.normalize("NFKC", spread).translate(_QUOTES).translate(_SLASHES).upper()
    bare = unicodedata.normalize("NFKD", folded)
    return _printable(bare)


def _printable(text: str) -> str:
    kept = []
    for one in text:
        kind = unicodedata.category(one)
        if kind in ("Cf", "Mn", "Me"):
            continue
        kept.append("-" if kind == "Pd" else " " if kind in ("Cc", "Zs", "Zl", "Zp") else one)
    return _SPACES.sub(" ", "".join(kept)).strip()


@lru_cache(maxsize=65536)
def is_empty(text: str) -> bool:
    """Whether a cleaned text only says that there is nothing (N2)."""
    inside = text.strip("()[]<>{}'\" .:")
    return text in EMPTY_WORDS or inside in EMPTY_WORDS or not any(one.isalnum() for one in text)


def is_date(text: str) -> bool:
    """Whether a cleaned text is what a spreadsheet made of a house number: 12-1 became 12 January (N4)."""
    return _DATE.fullmatch(text) is not None


def unwrap(text: str) -> str:
    """Take back what a spreadsheet added to a cleaned text: an apostrophe in front, ="12", 12.0 (N4)."""
    if formula := _FORMULA.fullmatch(text):
        text = formula[1]
    text = text.strip("\"' ")
    number = _FLOAT.fullmatch(text)
    return number[1] if number else text
