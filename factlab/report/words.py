"""The report's sentences, numbers and dates in the reader's language."""

from __future__ import annotations

import tomllib
from datetime import date
from functools import cache
from string import Formatter
from typing import Any

from factlab.cells import Cell
from factlab.files import package_folder
from factlab.report.contents import Span, Text
from factlab.report.counts import Number, Share
from factlab.texts import Language

Field = str | Number | Span | Text


@cache
def _texts() -> dict[str, Any]:
    path = package_folder("reports") / "texts.toml"
    return tomllib.loads(path.read_text(encoding="utf-8"))


class Words:
    """Says things in one language. Sentences come from `reports/texts.toml`, numbers are written as people write them."""

    def __init__(self, lang: Language, rounding: int = 0) -> None:
        """With `rounding` the numbers were rounded to that base, and shares claim no more than they know."""
        self.lang, self.rounding = lang, rounding
        self._point, self._group = (",", ".") if lang == "nl" else (".", ",")

    def say(self, key: str, **fields: Field) -> Text:
        """The sentence `section.name`, its fields filled in; a number stays marked as the cell or the figure that it is."""
        section, _, name = key.partition(".")
        spans: list[Span] = []
        for literal, field_name, _, _ in Formatter().parse(_texts()[section][name][self.lang]):
            if literal:
                spans.append(Span(literal))
            if field_name:
                spans += self._spans(fields[field_name])
        return tuple(spans)

    def word(self, key: str, **fields: Field) -> str:
        """The same as plain text, where no cell can be marked."""
        return "".join(span.text for span in self.say(key, **fields))

    def _spans(self, value: Field) -> Text:
        if isinstance(value, tuple):
            return value
        if isinstance(value, Span):
            return (value,)
        return (self.figure(value) if isinstance(value, Number) else Span(value),)

    def number(self, value: int) -> str:
        return f"{value:,}".replace(",", self._group)

    def percent(self, share: float, sign: str = "%", digits: int = 1) -> str:
        """A share as a percentage. What is not nothing is never written as 0, nor what is not all as 100."""
        least = 10**-digits
        if 0 < share < least / 200:
            return f"<{self._decimal(least, digits)}{sign}"
        if 1 - least / 200 < share < 1:
            return f">{self._decimal(100 - least, digits)}{sign}"
        return f"{self._decimal(share * 100, digits)}{sign}"

    def _decimal(self, value: float, digits: int) -> str:
        return f"{value:.{digits}f}".replace(".", self._point)

    def plain_decimal(self, value: float) -> str:
        """A number without needless decimals: 5, 2,5."""
        return f"{value:g}".replace(".", self._point)

    def date(self, iso: str) -> str:
        day = date.fromisoformat(iso)
        months = _texts()["months"][self.lang]
        return f"{day.day} {months[day.month - 1]} {day.year}"

    def cell(self, cell: Cell | None) -> Span:
        """A cell as it is printed, marked as that cell; a dash where the publication has none."""
        if cell is None:
            return Span("–", quiet=True)
        mark = "|".join(cell.key)
        if cell.households is not None:
            return Span(self.number(cell.households), mark)
        word = "table.hidden" if cell.status == "suppressed" else "table.not_delivered"
        return Span(self.word(word), mark, quiet=True)

    def figure(self, value: Number) -> Span:
        return Span(self.number(value), figure=value.of)

    def share(self, share: Share | None, *, hidden: bool = True) -> Span:
        """A percentage, or why there is none: something is hidden, or there are too few households for one."""
        if share is not None:
            # one decimal only where rounding can't make a difference of a tenth
            digits = 1 if share.whole >= 1000 * self.rounding else 0
            return Span(self.percent(share, digits=digits), figure=share.of)
        return Span(self.word("table.hidden"), quiet=True) if hidden else Span("–", quiet=True)

    def subject(self, share: Share) -> tuple[Text, bool]:
        """Which part of the households, as the start of a sentence, and whether its verb is plural."""
        numerals = _texts()["numerals"][self.lang]
        if share.part < self.rounding / 0.03:  # whether it is nearly or just over isn't known
            return self.say("about.percent", percent=self.share(share)), self.lang == "en"
        for whole in (2, 3, 4, 5, 6, 8, 10, 20):
            if about := self._about(share * whole, 0.03, 0.09):
                told = self.word(f"about.{about}_one", whole=numerals[whole])
                return (Span(told, figure=share.of),), False
        for part in (6, 7, 8, 9):
            if about := self._about(share * 10 / part, 0.015, 0.035):
                told = self.word(f"about.{about}_many", part=numerals[part], whole=numerals[10])
                return (Span(told[:1].upper() + told[1:], figure=share.of),), True
        return self.say("about.percent", percent=self.share(share)), self.lang == "en"

    @staticmethod
    def _about(ratio: float, exact: float, near: float) -> str:
        if abs(ratio - 1) <= exact:
            return "just"
        if abs(ratio - 1) <= near:
            return "nearly" if ratio < 1 else "over"
        return ""

    def both(self, names: list[str]) -> str:
        """Names in a row: A, B en C."""
        if len(names) < 2:
            return "".join(names)
        return f"{', '.join(names[:-1])} {self.word('table.and')} {names[-1]}"
