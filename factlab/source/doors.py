"""What a door behind a house number is called: letters, digits and a few words, in many spellings (N8)."""

from __future__ import annotations

import re

# One spelling for what is the same word.
SPELLINGS = {
    "BEN": "BENEDEN", "BENED": "BENEDEN", "BOV": "BOVEN", "APPARTEMENT": "APP", "APPART": "APP", "APPT": "APP", "APT": "APP",
    "APPNR": "APP", "APTNR": "APP", "KMR": "KAMER", "KAMERNR": "KAMER", "VERD": "VERDIEPING", "UNITNR": "UNIT",
    "SOUT": "SOUTERRAIN", "KAM": "KAMER",
}  # fmt: skip
# Words after which a number names a room or a berth, not a house.
ROOMS = frozenset((
    "APP", "APPARTEMENT", "APPART", "APPT", "APT", "APPNR", "APTNR", "KAMER", "KMR", "KAMERNR", "UNIT", "UNITNR", "STUDIO", "FLAT", "BLOK",
    "GEBOUW", "GEB", "BOX", "LOODS", "KAVEL", "CHALET", "BUNGALOW", "STACARAVAN", "CARAVAN", "STANDPLAATS", "LIGPLAATS", "WOONBOOT",
    "WOONSCHIP", "WOONARK", "BOOT", "HUISJE", "WOONWAGEN", "TOREN", "PORTIEK", "INGANG", "VLEUGEL", "WONING", "VERDIEPING", "VERD", "ETAGE", "AFDELING",
))  # fmt: skip
WORDS = ROOMS | frozenset((
    "BIS", "BOVEN", "BOV", "BENEDEN", "BEN", "BENED", "ACHTER", "VOOR", "HOOG", "HUIS", "HS", "RD", "ZW", "ROOD", "ZWART", "LINKS", "RECHTS",
    "MIDDEN", "MIDDELSTE", "BEGANE", "GROND", "BG", "BGG", "SOUTERRAIN", "SOUT", "SOUS", "KELDER", "ZOLDER", "PARTERRE", "PENTHOUSE",
    "ACHTERHUIS", "VOORHUIS", "BOVENHUIS", "BENEDENHUIS", "BOVENWONING", "BENEDENWONING", "TUINHUIS", "TUINKAMER", "SCHUUR", "GARAGE",
    "KANTOOR", "WINKEL", "KOETSHUIS", "BIJGEBOUW", "TRAP", "TRAPPEN", "EERSTE", "TWEEDE", "DERDE", "VIERDE", "VIJFDE", "ZESDE",
    "ONDER", "OPGANG", "GALERIJ", "NOODWONING",
))  # fmt: skip
BOATS = frozenset(("WOONBOOT", "WOONSCHIP", "WOONARK"))  # they have names of their own
ABBREVIATED = frozenset(
    ("BIS", "BS", "HS", "RD", "ZW", "BG", "BGG", "BOV", "BEN", "HG")
)  # never the first word of a town
NUMBERED = frozenset(("NR", "NO", "NUMMER"))  # "app nr 3" is "app 3"
JOINING = frozenset(("EN", "OF", "TM", "TOT", "MET"))  # between two doors
TO, BY = "@TO", "@BY"  # opposite and beside that number: moorings and caravans
MARKS = {"TO": TO, "TEGENOVER": TO, "TGO": TO, "TGOV": TO, "BIJ": BY, "BY": BY}

_SPELLED_TO = re.compile(r"(?<![A-Z0-9])T ?/ ?O(?![A-Z0-9])|(?<![A-Z0-9])T\.O(?:\.|(?![A-Z0-9]))")
_SPELLED_TM = re.compile(r"(?<![A-Z])T ?/ ?M(?![A-Z])")
_TOKEN = re.compile(r"[A-Z0-9]+")
RUN = re.compile(r"[A-Z]+|[0-9]+")
# A word that only says what follows: "huisletter A" is A.
_TITLES = "HUISNUMMERTOEVOEGING|TOEVOEGING|TOEV|HUISLETTER|LETTER|LETT"
TITLE = re.compile(rf"(?<![A-Z0-9])(?:{_TITLES})[ .:]+(?=[A-Z0-9]{{1,5}}(?![A-Z0-9]))")
TITLED = re.compile(rf"(?<=[0-9])( ?[A-Z]?)[ ,;]+{TITLE.pattern}")  # behind the number: "12, toev. 3"
_LONG = "|".join(sorted((word for word in WORDS if len(word) > 2), key=len, reverse=True))
_COMPOUND = re.compile(rf"[A-Z]{{0,5}}?(?:{_LONG})+[A-Z]{{0,4}}")
_MOST_LETTERS = 5  # a letter and an addition of four
_MOST_DIGITS = 4
_ORDINAL = re.compile(r"[0-9]{1,2}(?:E|DE|STE)")
_LEVEL = re.compile(r"[0-9]{1,2}(?:E|DE|STE)?")
_LEVELS = frozenset(("HOOG", "HG", "VERDIEPING", "VERD", "ETAGE", "TRAP", "TRAPPEN"))
_FIRST = re.compile(r"[A-Z][0-9]{0,4}|[IVX]{2,4}[A-C]?")


def spelled(text: str) -> str:
    """`t/o` and `t/m` as words, before the slash is a separator, and without a word as `toev.` before what it names."""
    if "LETT" in text or "TOEV" in text:
        text = TITLE.sub(" ", text)
    return _SPELLED_TM.sub(" TM ", _SPELLED_TO.sub(" TO ", text)) if "/" in text or "." in text else text


def tokens(text: str) -> list[str]:
    """The words of a text; separators stand between them."""
    return _TOKEN.findall(text)


def is_door(token: str) -> bool:
    """Whether a word can name a door: a few letters, a short number, or a known word, possibly glued together."""
    for run in RUN.findall(token):
        if run.isdigit():
            if len(run.lstrip("0")) > _MOST_DIGITS:
                return False
        elif len(run) > _MOST_LETTERS and not _COMPOUND.fullmatch(run):
            return False
    return True


def is_named(word: str) -> bool:
    """Whether a word can name a door where nothing shows that it does: a known word, a number, one letter, a Roman numeral."""
    if not word.isalpha():
        return is_door(word)
    return word in WORDS or word in NUMBERED or len(word) == 1 or (not word.strip("IVX") and len(word) <= 4)


def begins(words: list[str]) -> bool:
    """Whether words that stand on their own are a door: a known word, a letter or a Roman numeral first, and nothing odd."""
    letter = _FIRST.fullmatch(words[0]) is not None and len(words) <= 2
    return (letter or words[0] in WORDS) and all(is_named(word) or _FIRST.fullmatch(word) for word in words)


def is_level(words: list[str]) -> bool:
    """Whether words begin with a floor: 2 hoog, 3e etage."""
    return len(words) > 1 and _LEVEL.fullmatch(words[0]) is not None and words[1] in _LEVELS


def is_ordinal(token: str) -> bool:
    return _ORDINAL.fullmatch(token) is not None


def joins_two(words: list[str]) -> bool:
    """Whether a word as "en" stands between two doors."""
    return any(word in JOINING for word in words[1:-1]) or (len(words) > 1 and words[0] in JOINING)


def is_tail(text: str) -> bool:
    """Whether all that follows a number can be its suffix: of letters before another number only those of a door."""
    words = tokens(spelled(text))
    glued = bool(text) and not text.startswith(" ")
    for place, word in enumerate(words):
        if word.isalpha():
            last = place == len(words) - 1
            sure = is_named(word) and (word not in NUMBERED or place > 0)
            few = len(word) <= 4 and (last or (glued and place == 0))
            whole = len(word) > 4 and _COMPOUND.fullmatch(word) is not None
            if word in MARKS and not last:
                return False
            if not (sure or few or whole or word in MARKS or (last and glued and len(word) <= _MOST_LETTERS)):
                return False
        elif not is_door(word):
            return False
    return True
