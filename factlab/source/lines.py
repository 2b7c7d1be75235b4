"""A line of an address as people write it: "16 april 1944 Pad 1 A". Where does the street end, where does the number begin?"""

from __future__ import annotations

import re

_NUMERIC = re.compile(r"[0-9]{1,5}(?:[A-Z]{0,4}|[A-Z][0-9]{1,3})(?:[-/.][A-Z0-9]{1,4}){0,3}[-/.]?")
_YEARS = re.compile(r"1[5-9][0-9]{2}|20[0-9]{2}|(?:1[5-9]|20)?[0-9]{2}[-/](?:1[5-9]|20)[0-9]{2}|40[-/]45")
_MONTHS = frozenset(
    (
        "JANUARI",
        "FEBRUARI",
        "MAART",
        "APRIL",
        "MEI",
        "JUNI",
        "JULI",
        "AUGUSTUS",
        "SEPTEMBER",
        "OKTOBER",
        "NOVEMBER",
        "DECEMBER",
        "JAN",
        "FEB",
        "MRT",
        "APR",
        "JUN",
        "JUL",
        "AUG",
        "SEP",
        "OKT",
        "NOV",
        "DEC",
    )
)
_DOORS = frozenset(
    (
        "BIS",
        "BOVEN",
        "BOV",
        "BENEDEN",
        "BEN",
        "BENED",
        "ACHTER",
        "VOOR",
        "HOOG",
        "HUIS",
        "HS",
        "APP",
        "APT",
        "APPT",
        "APPART",
        "APPARTEMENT",
        "KAMER",
        "ETAGE",
        "VERDIEPING",
        "RD",
        "ZW",
        "ROOD",
        "ZWART",
    )
)
_JOINING = frozenset(("EN", "OF", "&", "+", "T/M", "TM", "TOT"))
_MARKS = frozenset(("T/O", "T.O.", "TEGENOVER", "BIJ"))
_POST_BOX = re.compile(r"\b(?:POSTBUS(?:SEN)?|ANTWOORDN(?:UMME)?R|P\.?O\.? ?BOX)\b")
_UNKNOWN = re.compile(
    r"\b(?:ZVWOV|Z\.V\.W\.O\.V|ZONDER VAST[E]? (?:WOON|VERBLIJF|ADRES)\w*|DAK-? ?(?:EN )?(?:OF )?(?:THUISLOOS|LOOS)|DAKLOOS|THUISLOOS"
    r"|ADRES ONBEKEND|ONBEKEND|VOW|VERTROKKEN ONBEKEND WAARHEEN|GEEN VASTE WOONPLAATS|UNKNOWN)\b"
)


def is_post_box(text: str) -> bool:
    return _POST_BOX.search(text) is not None


def is_unknown(text: str) -> bool:
    """Whether a cleaned text says that there is no address to know (ZVWOV, onbekend)."""
    return _UNKNOWN.search(text) is not None


def _is_suffix(tail: list[str]) -> bool:
    """Whether all that follows a number can belong to it. Letters before another number must be a door's: "3 West 12"."""
    for place, token in enumerate(tail):
        bare = token.strip("().,-/'\"")
        last = place == len(tail) - 1
        if bare in _MONTHS and not last:
            return False
        if bare in _DOORS or not bare or bare.isdigit() or re.fullmatch(r"[A-Z]?[0-9]{1,4}[A-Z]{0,4}", bare):
            continue
        if re.fullmatch(r"[A-Z]", bare) or (last and re.fullmatch(r"[A-Z0-9-]{1,4}", bare)):
            continue
        return False
    return True


def _segment(text: str, street_needed: bool) -> tuple[str, str]:
    tokens = text.split()
    years = ""
    for place, token in enumerate(tokens):
        before = tokens[:place]
        if not _NUMERIC.fullmatch(token.rstrip(".,")) or (
            street_needed and not any(map(str.isalpha, "".join(before)))
        ):
            continue
        tail = tokens[place + 1 :]
        if tail and tail[0] in _JOINING and any(one[:1].isdigit() for one in tail[1:]):
            return "", "several numbers"
        if not _is_suffix(tail):
            continue
        later = any(_NUMERIC.fullmatch(one.rstrip(".,")) for one in tail)
        if _YEARS.fullmatch(token) and street_needed:
            if later:
                continue
            years = token
            break
        mark = before[-1] + " " if before and before[-1] in _MARKS else ""
        return mark + " ".join((token, *tail)), ""
    return "", "number unclear" if years else "number missing"


def house(text: str, *, street_needed: bool = True) -> tuple[str, str]:
    """(what stands at the house number's place, "") or ("", reason) of a cleaned line: street, number and perhaps a place."""
    if is_post_box(text):
        return "", "postbus"
    reason = "number missing"
    for part in re.split(r"[,;\n]", text):
        found, why = _segment(part.strip(), street_needed)
        if found:
            return found, ""
        if why != "number missing":
            reason = why
    return "", reason
