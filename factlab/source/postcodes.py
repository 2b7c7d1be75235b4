"""The Dutch postcode: four digits and two letters, of which some were never issued (N3)."""

from __future__ import annotations

import re

NEVER_ISSUED = ("SA", "SD", "SS")
_WHOLE = re.compile(r"(?:NL ?-? ?)?([1-9][0-9]{3})[ .-]*([A-Z]{2})")
_WITH_PLACE = re.compile(r"(?:NL ?-? ?)?([1-9][0-9]{3})[ .-]?([A-Z]{2})[ ,]+[A-Z'(][A-Z '().-]*")
_PARTIAL = re.compile(r"[1-9][0-9]{3}(?: ?[A-Z])?")
_FOREIGN = re.compile(r"[0-9]{5}|(?!NL)[A-Z]{1,3} ?-? ?[0-9]{4,6}|[A-Z]{1,2}[0-9][0-9A-Z]? ?[0-9][A-Z]{2}")
_INSIDE = re.compile(r"(?<![A-Z0-9])([1-9][0-9]{3})(?: ?|-)([A-Z]{2})(?![A-Z0-9])")


def read(text: str) -> tuple[str, str]:
    """(postcode, "") or ("", reason) of a cleaned text that should be a postcode."""
    found = _WHOLE.fullmatch(text) or _WITH_PLACE.fullmatch(text)
    if found:
        return ("", "postcode never issued") if found[2] in NEVER_ISSUED else (found[1] + found[2], "")
    if _PARTIAL.fullmatch(text):
        return "", "postcode incomplete"
    if _FOREIGN.fullmatch(text):
        return "", "abroad"
    return "", "postcode invalid"


def find(text: str) -> tuple[str, str, str, str]:
    """(postcode, reason, what stands before, what stands after) for a cleaned line that holds a postcode somewhere."""
    # "Straat 1944 AB 12" can't be told from a postcode, so two different ones are no postcode at all.
    matches = list(_INSIDE.finditer(text))
    if not matches:
        return "", "postcode missing", text, ""
    if len({one[1] + one[2] for one in matches}) > 1:
        return "", "postcode unclear", text, ""
    last = matches[-1]
    code, reason = read(last[1] + last[2])
    return code, reason, text[: last.start()].strip(" ,;"), text[last.end() :].strip(" ,;")
