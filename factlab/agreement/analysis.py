"""The analyst's questions, in `analysis.toml`: they may tighten disclosure control, never loosen it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from factlab.agreement.document import Document, Place
from factlab.agreement.round import Round
from factlab.agreement.tables import NAMES, REPORTED, SERVICE_CLASSES

FORMAT = "factlab-analysis/1"
FILE = "analysis.toml"
COUNTED = ("services", "organisations", "domains")
CHANGE_LEAST, CHANGE_PERCENT = 2, 10  # times the threshold; percent


@dataclass(frozen=True)
class Analysis:
    """`vulnerable`: a household that reaches any of these numbers; `top`: the open top class; notes in nl and en."""

    vulnerable: Mapping[str, int]
    top: int
    threshold: int
    lowest: Mapping[str, str]
    notes: Mapping[str, str]
    change_least: (
        int  # what readers of an earlier release must allow for real change in a cell: so many households,
    )
    change_percent: int  # and so many percent of what it was


def read(file: Path, round_: Round) -> Analysis:
    """Read and check `analysis.toml` against the round. Raises AgreementError with every mistake."""
    document = Document(file, FORMAT)
    rule = {}
    for name in document.names(("vulnerable",)):
        if name not in COUNTED:
            document.wrong(("vulnerable", name), "not_a_choice", choices=", ".join(COUNTED), near="-")
        number = document.number(("vulnerable", name))
        if number < 1:
            document.wrong(("vulnerable", name), "at_least_one")
        rule[name] = number
    if not rule:
        document.wrong(("vulnerable",), "no_rule")
    top = document.number(("top_class",), SERVICE_CLASSES)
    if not 2 <= top <= 20:
        document.wrong(("top_class",), "top_class")
    threshold = document.number(("threshold",), round_.least_threshold)
    if threshold < round_.least_threshold:
        document.wrong(("threshold",), "loosens", least=round_.least_threshold)
    lowest = {}
    for name in document.names(("levels",)):
        if name not in NAMES:
            document.wrong(("levels", name), "not_a_choice", choices=", ".join(NAMES), near="-")
        # Of counts without addresses nothing finer exists than what was agreed.
        deepest = round_.levels.index(round_.reported_level) + 1 if name == REPORTED else None
        lowest[name] = document.choose(("levels", name), round_.levels[:deepest] or ("municipality",))
    notes = {lang: document.text(("presentation", f"note_{lang}"), "") for lang in ("nl", "en")}
    change_least = _at_most(document, ("releases", "change_least"), CHANGE_LEAST * threshold)
    change_percent = _at_most(document, ("releases", "change_percent"), CHANGE_PERCENT)
    document.finish()
    return Analysis(rule, top, threshold, lowest, notes, change_least, change_percent)


def _at_most(document: Document, place: Place, most: int) -> int:
    """A number that an analysis may only make smaller: a reader who allows for less change knows more."""
    number = document.number(place, most)
    if not 0 <= number <= most:
        document.wrong(place, "loosens_change", most=most)
    return number
