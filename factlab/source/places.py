"""What people call an area: its code, its name, or its number without prefix and leading zeros."""

from __future__ import annotations

from factlab.agreement import Agreement
from factlab.source.headers import key


def recogniser(agreement: Agreement, level: str = "") -> dict[str, str]:
    """What is said, without case and punctuation = the code, for the areas of a level, else the round's lowest; a name
    shared by two is none."""
    wanted = level or agreement.round.levels[-1]
    here = [area for area in agreement.areas if area.level == wanted]
    names: dict[str, str] = {}
    for area in here:
        said = key(area.name)
        names[said] = "" if said in names else area.code
    digits = {area.code.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ"): area.code for area in here}
    numbers = digits | {number.lstrip("0"): code for number, code in digits.items() if number.isdigit()}
    codes = {key(area.code): area.code for area in here}
    return {said: code for said, code in {**names, **numbers, **codes}.items() if code and said}
