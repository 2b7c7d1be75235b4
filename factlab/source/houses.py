"""What stands after the street: the house number and its suffix, which people split over fields as they like (N5 to N9)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from factlab.source import doors
from factlab.source.characters import is_date, is_empty, unwrap
from factlab.source.doors import MARKS, RUN

MOST_SUFFIX = 24  # characters; what is longer is a remark, not a door

_WORDS = dict(doors.SPELLINGS)
_MARKED = re.compile(
    r"(?:(?:WOON)?(?:BOOT|SCHIP|ARK) )?(T ?/ ?O|T\.O\.?|TO|TEGENOVER|TGOV?|BIJ|BY)[ .:]*(?=[0-9NH#])"
)
_NAMED = re.compile(r"(?:HUISNUMMER|HUISNR|NUMMER|NUM|NR|NO)[ .:]*(?=[0-9])|# ?(?=[0-9])")
_NAMED_APART = re.compile(
    r"(?:HUISNUMMER|HUISNR|NUMMER|NUM|NR|NO)[ .:]+(?=[0-9])"
)  # "NO1" is letter N with addition O1
_NUMBER = re.compile(r"([0-9]+)(.*)")
_SEVERAL = re.compile(r"[ .]*(?:(?:EN|OF|T/M|TM|TOT|TOT EN MET|&|\+|;)[ .]*[0-9]|, *[0-9])")
_THOUSANDS = re.compile(r"[1-9][0-9]?[.,][0-9]{3}")
# "12A/12B": the same number twice.
_TWICE = re.compile(r"0*([0-9]+) ?[A-Z] ?[-/] ?0*\1 ?[A-Z]")
_TWO = re.compile(r"[A-Z0-9] *[+&] *[A-Z0-9]")
_SEPARATORS = frozenset(" .,-/\\()[]{}'\":;_+&#*|")


class _Refused(Exception):
    """What follows a number can't be read; the reason."""


@dataclass
class Trace:
    """The numbered rules that did something to an address, in the order of their numbers."""

    rules: set[int] = field(default_factory=set)

    def __str__(self) -> str:
        return " ".join(f"N{number}" for number in sorted(self.rules))


@dataclass(frozen=True)
class _Part:
    """One field's share of the suffix: all of it, its first word, what follows that word, and a mark."""

    joined: str = ""
    first: str = ""
    rest: str = ""
    mark: str = ""


_NOTHING = _Part()


def _worded(token: str, trace: Trace) -> str:
    """Known words in one spelling (N8) and numbers without leading zeros (N6), run of letters by run of digits."""
    runs = []
    for run in RUN.findall(token):
        if run in _WORDS:
            trace.rules.add(8)
        runs.append(_WORDS.get(run, run) if run.isalpha() else run.lstrip("0") or "0")
    return "".join(runs)


def _glue(left: str, right: str) -> str:
    """Separators are dropped but between two digits: 1-2 is not 12 (N6)."""
    return f"{left}-{right}" if left[-1:].isdigit() and right[:1].isdigit() else left + right


def _part(text: str, trace: Trace) -> _Part:
    """One field's share of the suffix. Raises _Refused when it can't be one."""
    if not text:
        return _NOTHING
    if is_empty(text):
        trace.rules.add(2)
        return _NOTHING
    bare = unwrap(text)
    if bare != text:
        trace.rules.add(4)
    words = doors.tokens(doors.spelled(bare))
    if doors.joins_two(words) or _TWO.search(bare):
        raise _Refused("several numbers")
    if any(one not in _SEPARATORS for one in re.sub(r"[A-Z0-9]+", "", bare)):
        raise _Refused("suffix unreadable")
    mark = ""
    if words[-1] in MARKS or words[0] in ("TEGENOVER", "TGO", "TGOV"):
        mark = MARKS[words.pop() if words[-1] in MARKS else words.pop(0)]
        trace.rules.add(9)
    said: list[str] = []
    for place, word in enumerate(words):
        if word in doors.NUMBERED and place and words[place - 1] in doors.WORDS:
            trace.rules.add(8)
            continue
        if not doors.is_door(word) or word in MARKS:
            raise _Refused("suffix unreadable")
        said.append(_worded(word, trace))
    joined = rest = ""
    for place, word in enumerate(said):
        joined = _glue(joined, word)
        rest = _glue(rest, word) if place else ""
    if joined != bare and not mark:
        trace.rules.add(6)
    return _Part(joined, said[0] if said else "", rest, mark)


def _together(letter: str, addition: _Part, trace: Trace) -> str:
    """Letter and addition; what is given in both counts once (N7): A and A1 are A1, but AA in one field stays AA."""
    single = len(letter) == 1 and letter.isalpha()
    if letter.isalpha() and addition.joined == letter:
        trace.rules.add(7)
        return letter
    if single and addition.joined[:1] == letter and addition.joined[1:2].isdigit():
        trace.rules.add(7)
        return addition.joined
    if single and addition.first == letter and addition.rest:
        trace.rules.add(7)
        return _glue(letter, addition.rest)
    return _glue(letter, addition.joined)


def _suffix(texts: tuple[str, str, str], trace: Trace) -> str:
    """The suffix of what follows the number in its own field, the letter and the addition."""
    own, letter, addition = (_part(text, trace) for text in texts)
    split = _together(letter.joined, addition, trace)
    said = own.joined
    repeats_letter = bool(letter.joined) and (
        own.first == letter.joined or (said[:1] == letter.joined and said[1:2].isdigit())
    )
    if said and said in (split, letter.joined, addition.joined):
        trace.rules.add(7)  # the number's field repeats what the other fields say
        joined = split
    elif said and not addition.joined and repeats_letter:
        trace.rules.add(7)
        joined = said
    elif said:
        joined = _together(said, addition, trace) if not letter.joined else _glue(said, split)
    else:
        joined = split
    joined = "".join(piece if piece == "-" else _worded(piece, trace) for piece in re.split("(-)", joined))
    marks = {part.mark for part in (own, letter, addition)} - {""}
    if len(marks) > 1 or len(joined) > MOST_SUFFIX:
        raise _Refused("suffix unreadable")
    return joined + "".join(marks)


def _unnamed(text: str) -> str:
    """A suffix without the "nr" in front of it."""
    named = _NAMED_APART.match(text)
    return text[named.end() :] if named else text


def read(number: str, letter: str, addition: str, trace: Trace) -> tuple[str, str]:
    """("12|A", "") or ("", reason) of cleaned texts: the number's field, which may hold more, the letter and the addition."""
    if is_date(number) or is_date(letter) or is_date(addition):
        trace.rules.add(4)
        return "", "excel date"
    text = unwrap(number)
    if text != number:
        trace.rules.add(4)
    mark = ""
    if marked := _MARKED.match(text):
        mark = MARKS[re.sub(r"[^A-Z]", "", marked[1])]
        text = text[marked.end() :]
        trace.rules.add(9)
    if named := _NAMED.match(text):
        text = text[named.end() :]
    if re.match(r"[-+] ?[0-9]", text):
        return "", "number negative"
    parsed = _NUMBER.fullmatch(text)
    if not parsed or _THOUSANDS.fullmatch(text):
        return "", "number unclear"
    if _SEVERAL.match(parsed[2]) or _TWICE.match(text):
        return "", "several numbers"
    digits = parsed[1].lstrip("0")
    if digits != parsed[1]:
        trace.rules.add(5)
    if not 1 <= len(digits) <= 5:
        trace.rules.add(5)
        return "", "number out of range"
    try:
        found = _suffix((_unnamed(parsed[2].strip(" -/.")), _unnamed(letter), _unnamed(addition)), trace)
    except _Refused as refused:
        return "", str(refused)
    if mark and found[-3:] in ("@TO", "@BY") and not found.endswith(mark):
        return "", "suffix unreadable"
    return f"{digits}|{found.removesuffix(mark) + mark if mark else found}", ""
