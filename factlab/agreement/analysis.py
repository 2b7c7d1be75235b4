"""The analyst's questions, in `analysis.toml`: they may tighten disclosure control, never loosen it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from factlab.agreement.document import Document
from factlab.agreement.round import Round
from factlab.agreement.tables import NAMES, REPORTED, SERVICE_CLASSES

FORMAT = "factlab-analysis/1"
FILE = "analysis.toml"
COUNTED = ("services", "organisations", "domains")


@dataclass(frozen=True)
class Analysis:
    """`vulnerable`: a household that reaches any of these numbers; `top`: the open top class; `rounding`: the base that
    published counts are rounded to, 0 if not; notes in nl and en."""

    vulnerable: Mapping[str, int]
    top: int
    threshold: int
    rounding: int
    lowest: Mapping[str, str]
    notes: Mapping[str, str]


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
    rounding = document.number(("rounding",), 0)
    if rounding < 0 or rounding == 1 or (rounding and threshold % rounding):
        # A count of at least the threshold must not be rounded to less.
        divisors = [str(n) for n in range(2, threshold + 1) if threshold % n == 0]
        document.wrong(("rounding",), "rounding", threshold=threshold, choices=", ".join(divisors))
    lowest = {}
    for name in document.names(("levels",)):
        if name not in NAMES:
            document.wrong(("levels", name), "not_a_choice", choices=", ".join(NAMES), near="-")
        # Of counts without addresses nothing finer exists than what was agreed.
        deepest = round_.levels.index(round_.reported_level) + 1 if name == REPORTED else None
        lowest[name] = document.choose(("levels", name), round_.levels[:deepest] or ("municipality",))
    notes = {lang: document.text(("presentation", f"note_{lang}"), "") for lang in ("nl", "en")}
    document.finish()
    return Analysis(rule, top, threshold, rounding, lowest, notes)
