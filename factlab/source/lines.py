"""A line of an address as people write it: "16 april 1944 Pad 1 A". Where does the street end, where does the number begin?"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from factlab.source import doors
from factlab.source.towns import TOWNS

_MONTHS = frozenset((
    "JANUARI", "FEBRUARI", "MAART", "APRIL", "MEI", "JUNI", "JULI", "AUGUSTUS", "SEPTEMBER", "OKTOBER", "NOVEMBER", "DECEMBER",
    "JAN", "FEB", "MRT", "APR", "JUN", "JUL", "AUG", "SEP", "SEPT", "OKT", "NOV", "DEC",
))  # fmt: skip
_YEAR = re.compile(r"1[5-9][0-9]{2}|20[0-9]{2}")
_YEARS = re.compile(r"(?:1[5-9]|20)?[0-9]{2}[-/](?:1[5-9]|20)[0-9]{2}|'?40 ?[-/] ?'?45")
# A street that is only such a word is named after the year that follows: Plein 1944.
_GENERIC = frozenset(
    (
        "PLEIN",
        "LAAN",
        "PAD",
        "WEG",
        "PARK",
        "STRAAT",
        "HOF",
        "KADE",
        "SINGEL",
        "DREEF",
        "VAN",
        "LAN",
        "'T",
        "IN",
    )
)
# "Laan van de 7 Linden 4": a number after an article is a part of the street.
_ARTICLES = frozenset(("DE", "HET", "'T", "DEN", "DER", "VAN", "EEN"))
_COMPASS = frozenset(("NOORD", "OOST", "ZUID", "WEST"))
_JOINING = frozenset(("EN", "OF", "&", "+", "T/M", "TM", "TOT"))
_MARKS = frozenset(("T/O", "T.O.", "T.O", "TEGENOVER", "TGO", "TGO.", "TGOV", "TGOV.", "BIJ", "BY", "TO"))
_OPPOSITE = re.compile(
    r"(?:^|.* )(?:T ?/ ?O|T\.O\.?|TEGENOVER|TGOV?\.?)$|(?:T ?/ ?O|T\.O\.?|TEGENOVER|TGOV?\.?) .*"
)
# Beside, behind or above a number is another door than that number.
_RELATIONS = frozenset(("NAAST", "NABIJ", "ACHTER", "VOOR", "BOVEN", "ONDER", "BENEDEN", "HOEK", "TUSSEN"))
_POST_BOX = re.compile(
    r"\b(?:POST ?BUS(?:SEN)?(?![A-Z])|ANTWOORDN(?:UMME)?R|P\.? ?O\.? ?BOX|POSTBOX)|(?:^|[,;] *)P\.? ?B\.? ?[0-9]"
)
_UNKNOWN = re.compile(
    r"\b(?:ZVWOV|Z\.V\.W\.O\.V|ZONDER VAST[E]? (?:WOON|VERBLIJF|ADRES)\w*|DAK-? ?(?:EN )?(?:OF )?(?:THUISLOOS|LOOS)|DAKLOOS|THUISLOOS"
    r"|ADRES ONBEKEND|ONBEKEND|VOW|GEEN VAST\w* (?:WOON|VERBLIJF|ADRES)\w*|UNKNOWN|GEHEIM|AFGESCHERMD|ZWERVEND|GEEN ADRES)\b"
)
_LETTER_ADDRESS = re.compile(r"\bBRIEFADRES\b")
_NAMED = re.compile(r"(?<![A-Z0-9])(?:HUISNUMMER|HUISNR|NUMMER|NUM|NR|NO)[ .:]*(?=[0-9])|# ?(?=[0-9])")
_NAMED_ROOM = re.compile(rf"(?<![A-Z])({'|'.join(sorted(doors.ROOMS))})[ .]*(?:NUMMER|NR|NO)[ .:]*(?=[0-9])")
_GLUED = re.compile(r"(?<![A-Z0-9])([A-Z]{5,})(?=[0-9])")
_START = re.compile(r"(?<![^ (.'#])[0-9]+")


@dataclass
class _Found:
    """What the parts of a line are: houses behind a street, numbers alone, doors, other words."""

    houses: list[str] = field(default_factory=list)
    numbers: list[str] = field(default_factory=list)
    doors: list[str] = field(default_factory=list)
    remark: bool = False
    reason: str = "number missing"


def is_post_box(text: str) -> bool:
    return _POST_BOX.search(text) is not None


def is_unknown(text: str) -> bool:
    """Whether a cleaned text says that there is no address to know (ZVWOV, onbekend)."""
    return _UNKNOWN.search(text) is not None


def is_letter_address(text: str) -> bool:
    """Whether it is only where someone's post goes (*briefadres*)."""
    return _LETTER_ADDRESS.search(text) is not None


def is_opposite(street: str) -> bool:
    """Whether the street's own field says "opposite": `t/o Zuidkade` with a number of its own."""
    return _OPPOSITE.fullmatch(street) is not None


def _without_town(part: str, towns: frozenset[str]) -> str:
    """A part without the town that ends it, when a number stands before."""
    words = part.split(" ")
    for place in range(1, len(words)):
        rest = words[:place]
        if " ".join(words[place:]) in towns and any(any(map(str.isdigit, word)) for word in rest):
            while rest and rest[-1] in ("TE", "IN", "-", "(", ","):
                rest.pop()
            return " ".join(rest)
    while len(words) > 1 and words[-1] == "TE":  # "Kerkstraat 12 te", before the postcode
        words.pop()
    return " ".join(words)


def _joins(tail: str) -> bool:
    """Whether two doors are named together: "12 en 14", "12 A en B"."""
    words = doors.tokens(doors.spelled(tail))
    if re.search(r"[0-9A-Z] *[+&] *[0-9A-Z]|^ *[+&] *[0-9]", tail):
        return True
    return any(
        word in doors.JOINING and place + 1 < len(words) and (words[place + 1][:1].isdigit() or len(words[place + 1]) == 1)
        for place, word in enumerate(words)
    )  # fmt: skip


def _is_year(word: str, before: list[str], tail: str) -> bool | None:
    """Whether a number that looks like a year is one; None when it can't be told."""
    later = re.search(r"[0-9]", tail) is not None
    if _YEARS.fullmatch(word):
        return True
    if not _YEAR.fullmatch(word):
        return False
    if before[-1] in _GENERIC or before[-1] in _MONTHS:
        return True
    return None if later and tail.lstrip(" ")[:1].isdigit() else False


def _behind_street(part: str) -> tuple[str, str]:
    """(house, "") or ("", reason) of a part that has a street."""
    passed = 0
    for start in _START.finditer(part):
        if start.start() < passed:
            continue
        before = part[: start.start()].rstrip(" .(#'").split(" ")
        if not any(map(str.isalpha, "".join(before))):
            continue
        word = re.split(r"[ ,]", part[start.start() :], maxsplit=1)[0].rstrip(".'")
        tail, last = part[start.end() :], before[-1].strip(".:()")
        later = re.search(r"[0-9]", tail) is not None
        behind = part[start.start() + len(word) :]
        year = _is_year(word, before, behind)
        if year or year is None:
            if year and re.search(r"[0-9]", behind):
                passed = start.start() + len(word)
                continue
            return "", "number unclear"
        first = doors.tokens(tail)[:1]
        if first and first[0] in _MONTHS and tail.startswith(" ") and len(doors.tokens(tail)) > 1:
            continue
        if last in doors.ROOMS or (last in _RELATIONS and len(before) > 1):
            return "", "number unclear"
        if _joins(tail):
            return "", "several numbers"
        if doors.is_tail(tail):
            mark = before[-1] + " " if before[-1] in _MARKS and len(before) > 1 else ""
            if not mark and is_opposite(" ".join(before)):
                mark = "T/O "
            return mark + part[start.start() :], ""
        ordinal = doors.is_ordinal(doors.tokens(word)[0])
        if later and (ordinal or before[-1] in _ARTICLES or (first and first[0] in _COMPASS)):
            continue
        return "", "number unclear"
    return "", "number missing"


def _sort(part: str, found: _Found) -> None:
    """Put one part of a line where it belongs."""
    words = doors.tokens(part)
    begins = words[0] in doors.WORDS and all(doors.is_named(word) for word in words)
    if begins or (len(part) <= 2 and part.isalpha()):
        found.doors.append(part)
        # A studio before the street may be a name: "Studio 54, Kerkstraat 12".
        found.remark |= not found.houses and not found.numbers
        return
    if doors.is_ordinal(words[0]) and all(word in doors.WORDS for word in words[1:]) and len(words) > 1:
        found.doors.append(part)
        return
    if re.match(r"(?:(?:T ?/ ?O|T\.O\.?|TEGENOVER|BIJ|BY|TO) )?[0-9]", part):
        number = re.search(r"[0-9]+", part)
        tail = part[number.end() :] if number else ""
        if _joins(tail):
            found.reason = "several numbers"
            found.remark = True
        elif doors.is_tail(tail):
            found.numbers.append(part)
            return
    house, reason = _behind_street(part)
    if house:
        found.houses.append(house)
    elif reason != "number missing":
        found.reason, found.remark = reason, True
    elif any(map(str.isdigit, part)) and not re.match(r"[0-9]+[A-Z]", part):
        found.reason, found.remark = "number unclear", True
    elif any(word in doors.WORDS and word not in doors.BOATS and len(word) > 3 for word in words):
        found.remark = True  # "achter de kerk" is another door, but which?


def house(text: str, *, street_needed: bool = True, towns: frozenset[str] = frozenset()) -> tuple[str, str]:
    """(what stands at the house number's place, "") or ("", reason) of a cleaned line: street, number and perhaps a town.

    `towns` are the names that the other fields of the address give its town.
    """
    if is_post_box(text):
        return "", "postbus"
    found = _Found()
    line = _GLUED.sub(r"\1 ", _NAMED_ROOM.sub(r"\1 ", text))
    if (named := _NAMED.search(line)) and not any(map(str.isdigit, line[: named.start()])):
        line = line[: named.start()] + line[named.end() :]
    known = TOWNS | towns
    parts = [part.strip(" -.") for part in re.split(r"[,;|]", line)]
    for part in parts:
        if part and doors.tokens(part) and part not in known:
            _sort(_without_town(part, known), found)
    if (found.houses and found.numbers) or len(found.numbers) > 1:
        return "", "several numbers"
    if found.remark or len(found.houses) > 1:
        return "", "number unclear" if found.reason == "number missing" else found.reason
    if found.houses:
        return " ".join((*found.houses, *found.doors)), ""
    if found.numbers and (not street_needed or len(parts) > 1):
        return " ".join((*found.numbers, *found.doors)), ""
    return "", found.reason
