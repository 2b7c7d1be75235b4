"""A line of an address as people write it: "16 april 1944 Pad 1 A". Where does the street end, where does the number begin?"""

from __future__ import annotations

import itertools
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
_OPPOSITE = re.compile(r"(?:^|.* )(?:T ?/ ?O|T\.O\.?|TEGENOVER|TGOV?\.?)(?: .*|$)")
# Beside, behind or above a number is another door than that number.
_BESIDE = frozenset(("NAAST", "NABIJ", "HOEK", "TUSSEN"))
_RELATIONS = _BESIDE | {"ACHTER", "VOOR", "BOVEN", "ONDER", "BENEDEN"}
# "Bij Kerkstraat" is beside that street, "Bij de Put" and "Boven Dijk" are streets.
_STREET = re.compile(
    r"[A-Z'.-]{3,}(?:STRAAT|STR\.?|LAAN|WEG|PLEIN|KADE|GRACHT|SINGEL|DIJK|DREEF|STEEG|HOF|PAD|BURGWAL|HAVEN|MARKT|BAAN|VAART)"
)
# A street that has a number itself: Wijk 3, Rijksweg 35.
_NUMBERED_STREETS = frozenset(
    ("WIJK", "VAK", "PERCEEL", "SECTIE", "ZONE", "ROUTE", "RIJKSWEG", "PROVINCIALEWEG", "TUINDORP")
)
_STREET_WORDS = frozenset(
    ("EERSTE", "TWEEDE", "DERDE", "VIERDE", "VIJFDE", "ZESDE", "ROOD", "ZWART", "HOOG", "MIDDEN", "MIDDELSTE")
)  # Eerste Oosterparkstraat, Zwart Janstraat
_PLAIN = frozenset(("STRAAT", "WEG", "PARK", "PAD", "LAAN", "PLEIN", "HOF", "DREEF"))
# Behind a town: its province, or a part of it.
_PROVINCES = frozenset(
    ("GN", "GR", "FR", "DR", "OV", "GLD", "GD", "UT", "NH", "ZH", "ZLD", "ZL", "NB", "LB", "FL", "ZO", "NL")
)
# A short word that ends the name of a village stands behind one of these: Wijk aan Zee, Nieuwer Ter Aa.
_IN_NAMES = _ARTICLES | frozenset(
    ("T", "TE", "GEM", "TER", "TEN", "AAN", "OP", "EN", "IN", "OUD", "BIJ", "A", "D", "V")
)
_ROMAN = frozenset(("II", "III", "IV", "VI", "VII", "VIII"))
_COUNTRIES = frozenset(("NL", "NEDERLAND", "NETHERLANDS", "THE NETHERLANDS", "HOLLAND"))
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
_COMPOUND = re.compile(
    rf"(?:{'|'.join(sorted((word for word in doors.WORDS if len(word) > 3), reverse=True))}){{2,}}"
)
_GLUED = re.compile(r"(?<![A-Z0-9])([A-Z]{5,})(?=[0-9])")
_FULL_MONTHS = tuple(month for month in _MONTHS if len(month) > 4 or month in ("MEI", "JUNI", "JULI"))
_BEGIN = re.compile(r"[' ]*[0-9][-/0-9' ]*")
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


def beside(street: str) -> str:
    """What a street's own text says of the door: `T/O`, `BIJ`, `?` for a door that can't be told, nothing for a street alone."""
    if _OPPOSITE.fullmatch(street):
        return "T/O"
    words = street.split(" ")
    if len(words) > 1 and words[-1] in ("BIJ", "BY"):
        return "BIJ"
    for word, street_name in itertools.pairwise(words):
        if _STREET.fullmatch(street_name) and (word in _BESIDE or word in ("BIJ", "BY")):
            return "?" if word in _BESIDE else "BIJ"
    return ""


def has_street(text: str) -> bool:
    """Whether a text that begins with a number holds a street and another number: "16 april 1944 Pad 7"."""
    begin = re.match(r"[0-9]+", text)
    tail = text[begin.end() :] if begin else ""
    return any(map(str.isdigit, tail)) and not doors.is_tail(tail) and not _joins(tail)


def is_town(text: str) -> bool:
    """Whether what follows a postcode can be a town: not when it can be the rest of a door."""
    words = doors.tokens(doors.spelled(text))
    return text in TOWNS or not (
        words and (doors.begins(words) or _ends_in_door(words) or _hides_door(text, TOWNS))
    )


def _ends_in_door(words: list[str]) -> bool:
    return words[-1] in doors.MARKS or (words[-1] in doors.WORDS and words[-1] not in doors.BOATS)


def _hides_door(part: str, known: frozenset[str]) -> bool:
    """Whether words that may be a town begin or end in what may be a door: "Zaandam A", "II Zaandam", "Zaandam gar"."""
    words = doors.tokens(doors.spelled(part).replace(".", ""))
    if part in known or not words:
        return False
    if len(words) == 1:
        return len(words[0]) <= 4 or _COMPOUND.fullmatch(words[0]) is not None
    first, last = words[0], words[-1]
    rest = " ".join(itertools.dropwhile(lambda word: word in doors.WORDS or len(word) == 1, words[1:]))
    if (
        (len(first) == 1 and first not in "ST")
        or first in _ROMAN | doors.ABBREVIATED
        or any(map(_COMPOUND.fullmatch, words))
    ):
        return True
    if rest in known and (len(first) <= 3 or first in doors.WORDS or first in doors.MARKS):
        return first not in _IN_NAMES or first in doors.MARKS
    if last in _PROVINCES or (len(last) > 3 and last not in doors.BOATS):
        return False
    return words[-2] not in _IN_NAMES or len(last) == 1


def _names_door(before: list[str]) -> bool:
    """Whether a street has a word for a door before or behind it: "souterrain Kerkstraat", "Kerkstraat II"."""
    if len(before) < 2:
        return False
    first = before[0] in _RELATIONS or (
        before[0] in doors.WORDS and before[0] not in doors.BOATS | _STREET_WORDS
    )
    first |= before[0] in _ROMAN | doors.ABBREVIATED or re.fullmatch("[A-Z][0-9]{1,3}", before[0]) is not None
    rest = itertools.dropwhile(lambda word: word in doors.WORDS or len(word) == 1, before[1:])
    if first and _STREET.fullmatch(next(rest, "")):
        return True
    last = before[-1].isalpha() and (doors.begins(before[-1:]) or before[-1] in doors.ABBREVIATED)
    if re.fullmatch("[A-Z][0-9]{1,3}", before[-1]):
        last = not any(word.endswith("WEG") for word in before)  # "Rijksweg A2 12"
    return last and any(map(_STREET.fullmatch, before[:-1]))


def _begins_with_number(part: str) -> bool:
    """Whether a part begins with a number that is no part of a street's name, as an ordinal, a day or years are."""
    begin = _BEGIN.match(part)
    if not begin:
        return False
    if _YEARS.match(begin[0].strip()):
        return False
    words = doors.tokens(part)
    if doors.is_level(words):
        return True
    return not doors.is_ordinal(words[0]) and not part[begin.end() :].startswith(_FULL_MONTHS)


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
    unsure = _begins_with_number(part)
    for start in _START.finditer(part):
        if start.start() < passed:
            continue
        before = part[: start.start()].rstrip(" .(#'").split(" ")
        if not any(map(str.isalpha, "".join(before))):
            continue
        if unsure:
            return "", "number unclear"  # "2 hoog Kerkstraat 12"
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
        if last in doors.ROOMS or (last in _RELATIONS and (len(before) > 1 or last == "NAAST")):
            return "", "number unclear"
        if _names_door([one.strip(".:()") for one in before]):
            return "", "number unclear"
        alone = len(before) == 1 and (last in _PLAIN or len(last) == 1)
        if (last in _NUMBERED_STREETS and later) or (alone and re.match(r"[A-Z]? [0-9]", tail)):
            return "", "number unclear"  # "Wijk 3 7": a door of number 3, or number 7?
        if _joins(tail):
            return "", "several numbers"
        if doors.is_tail(tail):
            mark = before[-1] + " " if before[-1] in _MARKS and len(before) > 1 else ""
            said = "" if mark else beside(" ".join(before))
            if said == "?":
                return "", "number unclear"
            mark = mark or (f"{said} " if said else "")
            return mark + part[start.start() :], ""
        ordinal = doors.is_ordinal(doors.tokens(word)[0])
        if later and (ordinal or before[-1] in _ARTICLES or (first and first[0] in _COMPASS)):
            continue
        return "", "number unclear"
    return "", "number missing"


def _sort(part: str, found: _Found, known: frozenset[str]) -> None:
    """Put one part of a line where it belongs."""
    words = doors.tokens(doors.spelled(part))
    marked = len(words) == 1 and words[0] in doors.MARKS
    if marked or doors.begins(words) or (len(part) <= 2 and part.isalpha()):
        found.doors.append(part)
        # A studio before the street may be a name: "Studio 54, Kerkstraat 12".
        found.remark |= not found.houses and not found.numbers
        return
    level = doors.is_ordinal(words[0]) and len(words) > 1
    level |= doors.is_level(words) and bool(found.houses or found.numbers)
    if level and all(word in doors.WORDS for word in words[1:]):
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
    elif words[0] in doors.MARKS and doors.MARKS[words[0]] == doors.TO:
        found.remark = True  # "tegenover de kerk"
    elif _ends_in_door(words):
        found.remark = True  # "Zaandam hs"
    elif (found.houses or found.numbers) and _hides_door(part, known):
        found.remark = True  # a short word is a door or a town that isn't known
    elif any(map(_COMPOUND.fullmatch, words)):
        found.remark = True  # "zolderkamer, Kerkstraat 12"
    elif any(word in doors.WORDS and word not in doors.BOATS and len(word) > 3 for word in words):
        found.remark = True  # "achter de kerk" is another door, but which?


def house(text: str, *, street_needed: bool = True, towns: frozenset[str] = frozenset()) -> tuple[str, str]:
    """(what stands at the house number's place, "") or ("", reason) of a cleaned line: street, number and perhaps a town.

    `towns` are the names that the other fields of the address give its town.
    """
    if is_post_box(text):
        return "", "postbus"
    found = _Found()
    line = _GLUED.sub(r"\1 ", _NAMED_ROOM.sub(r"\1 ", doors.TITLED.sub(r"\1 ", text)))
    if (named := _NAMED.search(line)) and not any(map(str.isdigit, line[: named.start()])):
        line = line[: named.start()] + line[named.end() :]
    known = TOWNS | towns
    parts = [part.strip(" -.") for part in re.split(r"[,;|]", line)]
    while len(parts) > 1 and parts[-1] in _COUNTRIES:
        parts.pop()
    for part in parts:
        if part and doors.tokens(part) and part not in known:
            _sort(_without_town(part, known), found, known)
    if (found.houses and found.numbers) or len(found.numbers) > 1:
        return "", "several numbers"
    if found.remark or len(found.houses) > 1:
        return "", "number unclear" if found.reason == "number missing" else found.reason
    if found.houses:
        return " ".join((*found.houses, *found.doors)), ""
    if found.numbers and (not street_needed or len(parts) > 1):
        return " ".join((*found.numbers, *found.doors)), ""
    return "", found.reason
