"""The Dutch postcode: four digits and two letters, of which some were never issued (N3)."""

from __future__ import annotations

import re

NEVER_ISSUED = ("SA", "SD", "SS")
_PUNCTUATION = re.compile(r"[ .,;:_/()\[\]'\"-]+")
_WHOLE = re.compile(r"(?:NL)?([1-9][0-9]{3})([A-Z]{2})(?:NL)?")
_PARTIAL = re.compile(r"[1-9][0-9]{3}(?: ?[A-Z])?")
_FOREIGN = re.compile(r"[0-9]{5}|(?!NL)[A-Z]{1,3} ?-? ?[0-9]{4,6}|[A-Z]{1,2}[0-9][0-9A-Z]? ?[0-9][A-Z]{2}")
_INSIDE = re.compile(
    r"(?<![A-Z0-9])(?:\(|(?:NL|PC6?|POSTCODE)(?: ?[-:.]+ ?| ))?(?<![0-9]-)([1-9][0-9]{3})(?: ?|[-.])([A-Z]{2})(?![A-Z]|[1-9][0-9]{3}[A-Z])\)?"
)


def read(text: str) -> tuple[str, str, str]:
    """(postcode, "", what else stands there) or ("", reason, "") of a cleaned text that should be a postcode."""
    if found := _WHOLE.fullmatch(_PUNCTUATION.sub("", text)):
        return _issued(found[1], found[2], "")
    code, reason, line = find(text)
    if reason != "postcode missing":
        return code, reason, line
    if _PARTIAL.fullmatch(text):
        return "", "postcode incomplete", ""
    if _FOREIGN.fullmatch(text):
        return "", "abroad", ""
    return "", "postcode invalid", ""


def _issued(digits: str, letters: str, line: str) -> tuple[str, str, str]:
    return ("", "postcode never issued", line) if letters in NEVER_ISSUED else (digits + letters, "", line)


def find(text: str) -> tuple[str, str, str]:
    """(postcode, reason, the line without it) for a cleaned line that holds a postcode somewhere."""
    # "Straat 1944 AB 12" can't be told from a postcode, so two different ones are no postcode at all.
    matches = list(_INSIDE.finditer(text))
    if not matches:
        return "", "postcode missing", text
    if len({one[1] + one[2] for one in matches}) > 1:
        return "", "postcode unclear", text
    return _issued(matches[-1][1], matches[-1][2], without(text, matches[-1][1] + matches[-1][2]))


def without(text: str, code: str) -> str:
    """A line without this postcode; a comma stands where it stood."""
    cut = _INSIDE.sub(lambda one: " , " if one[1] + one[2] == code else one[0], text)
    return cut.strip(" ,;/") if cut != text else text


def others(text: str, code: str) -> bool:
    """Whether a part of a line begins with another postcode."""
    parts = [part.strip() for part in re.split(r"[,;|]", text)]
    return any((found := _INSIDE.match(part)) and found[1] + found[2] != code for part in parts[1:])
