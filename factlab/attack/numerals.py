"""How numbers are written, in Dutch and in English, in digits and as a share in words."""

from __future__ import annotations

import re
from fractions import Fraction

# 1234, 1.234, 1,234 or 1 234; the last with any of the spaces that typesetters use
WHOLE = re.compile(r"\d+|\d{1,3}(?:[.,\s\u00a0\u2009\u202f]\d{3})+")
PERCENT = re.compile(r"([<>]?)\s?(\d+)(?:[.,](\d+))?\s?%?")
COUNTED = (
    ("één", "twee", "drie", "vier", "vijf", "zes", "zeven", "acht", "negen", "tien"),
    ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"),
)
IN_WORDS = {word: n for words in COUNTED for n, word in enumerate(words, start=1)} | {
    "een": 1,
    "eén": 1,  # as a sentence begins
    "twintig": 20,
    "twenty": 20,
}
_NUMERAL = "|".join(IN_WORDS)
# bijna acht op de tien (huishoudens); just over one in five (households)
RATIO = re.compile(
    rf"\b(?:(bijna|nearly|ruim|just over) )?({_NUMERAL}) (?:op de|in) ({_NUMERAL})\b(?: huishoudens| households)?",
    re.IGNORECASE,
)


def numeric(text: str) -> bool:
    return any(map(str.isnumeric, text)) or RATIO.search(text) is not None


def whole(text: str) -> int | None:
    return int(re.sub(r"\D", "", text)) if WHOLE.fullmatch(text) and text.isascii() else None


def is_share(text: str, share: Fraction) -> bool:
    """A percentage with any number of decimals, "<0.1%" or ">99.9%", or words that come within a tenth of it."""
    if found := PERCENT.fullmatch(text):
        side, before, after = found[1], found[2], found[3] or ""
        printed, step = Fraction(int(before + after), 10 ** len(after)), Fraction(1, 10 ** len(after))
        if side:
            return 0 < share * 100 < printed if side == "<" else printed < share * 100 < 100
        return abs(printed - share * 100) <= step / 2
    if told := RATIO.fullmatch(text):
        about = Fraction(IN_WORDS[told[2].lower()], IN_WORDS[told[3].lower()])
        side = (told[1] or "").lower()
        near = abs(share / about - 1) <= Fraction(1, 10)
        return near and not (
            (side in ("bijna", "nearly") and share > about)
            or (side in ("ruim", "just over") and share < about)
        )
    return False
