"""What stands after the street: the house number and its suffix, which people split over fields as they like (N5 to N9)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from factlab.source.characters import is_date, is_empty, unwrap

TO, BY = "@TO", "@BY"  # opposite and beside that number: moorings and caravans
_MARKS = {"TO": TO, "TEGENOVER": TO, "BIJ": BY, "BY": BY}
_WORDS = {
    "BEN": "BENEDEN", "BENED": "BENEDEN", "BOV": "BOVEN", "APPARTEMENT": "APP", "APPART": "APP", "APPT": "APP", "APT": "APP",
}  # fmt: skip
MOST_SUFFIX = 16  # characters; what is longer is a remark, not a door

_MARKED = re.compile(r"(T ?/ ?O|T\.O\.|TO|TEGENOVER|BIJ|BY)[ .:]*(?=[0-9])")
_NAMED = re.compile(r"(?:HUISNUMMER|HUISNR|NUMMER|NR|NO)[ .:]*(?=[0-9])|# ?(?=[0-9])")
_NUMBER = re.compile(r"([0-9]+)(.*)")
_SEVERAL = re.compile(r"[ .]*(?:(?:EN|OF|T/M|TM|TOT|TOT EN MET|&|\+|;)[ .]*[0-9]|, *[0-9])")
_TOKEN = re.compile(r"[A-Z0-9]+")
_SEPARATORS = frozenset(" .,-/\\()[]{}'\":;_+&#*")
_RUN = re.compile(r"[A-Z]+|[0-9]+")


@dataclass
class Trace:
    """The numbered rules that did something to an address, in the order of their numbers."""

    rules: set[int] = field(default_factory=set)

    def __str__(self) -> str:
        return " ".join(f"N{number}" for number in sorted(self.rules))


def _worded(token: str, trace: Trace) -> str:
    """Known words in one spelling (N8) and numbers without leading zeros (N6), run of letters by run of digits."""
    runs = []
    for run in _RUN.findall(token):
        if run in _WORDS:
            trace.rules.add(8)
        runs.append(_WORDS.get(run, run) if run.isalpha() else run.lstrip("0") or "0")
    return "".join(runs)


def _glue(left: str, right: str) -> str:
    """Separators are dropped but between two digits: 1-2 is not 12 (N6)."""
    return f"{left}-{right}" if left[-1:].isdigit() and right[:1].isdigit() else left + right


def _part(text: str, trace: Trace) -> str | None:
    """One field's share of the suffix, or None when it can't be one."""
    if is_empty(text):
        if text:
            trace.rules.add(2)
        return ""
    bare = unwrap(text)
    if bare != text:
        trace.rules.add(4)
    joined = ""
    for token in _TOKEN.findall(bare):
        joined = _glue(joined, _worded(token, trace))
    if any(one not in _SEPARATORS for one in _TOKEN.sub("", bare)):
        return None
    if joined != bare:
        trace.rules.add(6)
    return joined


def _together(letter: str, addition: str, trace: Trace) -> str:
    """Letter and addition; a letter given in both counts once (N7): A and A1 are A1, but AA in one field stays AA."""
    repeated = addition == letter or (addition[:1] == letter and addition[1:2].isdigit())
    if len(letter) == 1 and letter.isalpha() and repeated:
        trace.rules.add(7)
        return addition
    return _glue(letter, addition)


def suffix(rest: str, letter: str, addition: str, trace: Trace) -> str | None:
    """The suffix of what follows the number in its own field, the letter and the addition; None when unreadable."""
    parts = [_part(text, trace) for text in (rest, letter, addition)]
    if parts[0] is None or parts[1] is None or parts[2] is None:
        return None
    own, split = parts[0], _together(parts[1], parts[2], trace)
    if own and own in (split, parts[1]):
        trace.rules.add(7)  # the number's field repeats what the other fields say
        joined = split
    else:
        joined = _together(own, split, trace)
    joined = "".join(piece if piece == "-" else _worded(piece, trace) for piece in re.split("(-)", joined))
    if mark := _MARKS.get(joined):
        trace.rules.add(9)
        return mark
    return joined if len(joined) <= MOST_SUFFIX else None


def read(number: str, letter: str, addition: str, trace: Trace) -> tuple[str, str]:
    """("12|A", "") or ("", reason) of cleaned texts: the number's field, which may hold more, the letter and the addition."""
    if any(is_date(text) for text in (number, letter, addition)):
        trace.rules.add(4)
        return "", "excel date"
    text = unwrap(number)
    if text != number:
        trace.rules.add(4)
    mark = ""
    if marked := _MARKED.match(text):
        mark, text = (
            _MARKS[marked[1].replace("/", "").replace(".", "").replace(" ", "")],
            text[marked.end() :],
        )
        trace.rules.add(9)
    elif named := _NAMED.match(text):
        text = text[named.end() :]
    if re.match(r"[-+] ?[0-9]", text):
        return "", "number negative"
    parsed = _NUMBER.fullmatch(text)
    if not parsed:
        return "", "number unclear"
    if _SEVERAL.match(parsed[2]):
        return "", "several numbers"
    digits = parsed[1].lstrip("0")
    if digits != parsed[1]:
        trace.rules.add(5)
    if not 1 <= len(digits) <= 5:
        trace.rules.add(5)
        return "", "number out of range"
    found = suffix(parsed[2].strip(), letter, addition, trace)
    if found is None:
        return "", "suffix unreadable"
    if mark and found not in ("", mark):
        found = found.removesuffix(mark) + mark  # t/o 12 A
    return f"{digits}|{found or mark}", ""
