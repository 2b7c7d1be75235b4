"""The drawings of the report but the map. Each shows published numbers only, and says them again as text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from factlab.report.contents import Span, Text, plain
from factlab.report.counts import Number, Share, less
from factlab.report.drawing import (
    BLUE,
    GREY,
    INK,
    KEY,
    NAVY,
    PALE,
    RULE,
    SIZE,
    SKY,
    SMALL,
    Sheet,
    text_width,
)

WIDTH = 504.0
CROWD = 14  # more rows than this are drawn closer together
MOST_ROWS = 40  # more rows than this don't fit on a page
DOMAIN_COLOURS = ("#2f74b5", "#b5651d", "#2f7f77", "#7a4f9a", "#8a6d1b", "#a0405a")
STACK_COLOURS = (PALE, SKY, BLUE, NAVY)
ON_STACK = (INK, INK, "#ffffff", "#ffffff")


@dataclass(frozen=True)
class Bar:
    """A bar: `length` is None where there is none to draw, and `told` says why or how much."""

    label: Text
    length: Number | Share | None
    told: Text
    colour: str = BLUE
    strong: bool = False


@dataclass(frozen=True)
class Stack:
    """A whole in published parts, in order. A None among them is hidden: all that is hidden becomes one remainder,
    drawn only where it is what the published parts leave of a published whole. `told` stands where no bar can."""

    label: Span
    parts: tuple[Share | None, ...]  # shares of the whole
    told: str = ""


def _label_column(labels: Sequence[str], *, strong: bool = False) -> float:
    return min(max((text_width(label, SIZE, strong) for label in labels), default=0.0), 190.0) + 8


def shorten(label: Text, width: float, size: float = SIZE) -> Text:
    """What fits of a label. A label that is cut is a name, which has no number that could be cut in two."""
    told = plain(label)
    if text_width(told, size) <= width:
        return label
    while told and text_width(f"{told}…", size) > width:
        told = told[:-1].rstrip()
    return (Span(f"{told}…"),)


def bars(
    ident: str, title: Text, alt: Text, rows: Sequence[Bar], legend: Sequence[tuple[str, str]] = ()
) -> str:
    """Horizontal bars with their numbers at the end."""
    step, thick = (19.0, 12.0) if len(rows) <= CROWD else (14.5, 10.0)
    top = 20.0 if legend else 4.0
    sheet = Sheet(WIDTH, top + step * len(rows) + 2)
    left = _label_column([plain(row.label) for row in rows], strong=any(row.strong for row in rows))
    room = (
        WIDTH - left - max((text_width(plain(row.told), SIZE, row.strong) for row in rows), default=0.0) - 8
    )
    longest = max((row.length for row in rows if row.length is not None), default=0.0) or 1.0
    x = left
    for name, colour in legend:
        sheet.box(x, 2, 9, 9, colour, drawn=KEY)
        sheet.text(x + 13, 6.5, (Span(name),), colour=GREY, size=SMALL + 0.5)
        x += 13 + text_width(name, SMALL + 0.5) + 16
    sheet.line((left, left), (top - 2, top + step * len(rows)), RULE, drawn=KEY)
    for number, row in enumerate(rows):
        y = top + step * number + step / 2
        sheet.text(left - 6, y, shorten(row.label, left - 8), anchor="right", bold=row.strong)
        if row.length is None:
            sheet.text(left + 5, y, row.told, colour=GREY)
            continue
        length = room * row.length / longest
        drawn = f"width: {row.length.of}"
        sheet.box(left, y - thick / 2, length, thick, row.colour, drawn=drawn)
        sheet.text(left + length + 5, y, row.told, bold=row.strong)
    return sheet.svg(ident, title, alt)


def stacks(
    ident: str,
    title: Text,
    alt: Text,
    rows: Sequence[Stack],
    names: Sequence[Span],
    hidden: str,
) -> str:
    """Bars of 100% in published parts. What is hidden is one hatched remainder at the end, never split."""
    top = 20.0
    step, thick = (22.0, 16.0) if len(rows) <= CROWD else (15.5, 12.0)
    sheet = Sheet(WIDTH, top + step * len(rows) + 2)
    left = _label_column([row.label.text for row in rows])
    room = WIDTH - left - 1
    drawn_hidden = any(remainder(row.parts) for row in rows)
    _stack_names(sheet, left, room, rows, names, hidden if drawn_hidden else "")
    for number, row in enumerate(rows):
        y = top + step * number + step / 2
        sheet.text(left - 6, y, shorten((row.label,), left - 8), anchor="right")
        if row.told:
            sheet.text(left + 2, y, (Span(row.told),), colour=GREY)
            continue
        x = left
        for part, colour, ink in zip(row.parts, STACK_COLOURS, ON_STACK, strict=True):
            if part is None:
                continue
            length = room * part
            if length > 1.2:
                sheet.box(x, y - thick / 2, length - 1.2, thick, colour, drawn=f"width: {part.of}")
            told = Span(f"{part * 100:.0f}", figure=part.of)
            if length > text_width(told.text, SMALL) + 5:
                sheet.text(x + (length - 1.2) / 2, y, (told,), size=SMALL, colour=ink, anchor="center")
            x += length
        if rest := remainder(row.parts):
            known = [part for part in row.parts if part is not None]
            whole = known[0].whole.of
            drawn = f"width: {less(whole, (part.part.of for part in known))} / {whole}"
            sheet.hatched(x, y - thick / 2, max(room * rest, 3.0), thick, drawn=drawn)
    return sheet.svg(ident, title, alt)


def remainder(parts: Sequence[float | None]) -> float:
    """What hidden parts take together: what the published leave. A single hidden part isn't drawn at all."""
    if sum(part is None for part in parts) < 2:
        return 0.0
    return max(1.0 - sum(part for part in parts if part is not None), 0.0)


def _stack_names(
    sheet: Sheet, left: float, room: float, rows: Sequence[Stack], names: Sequence[Span], hidden: str
) -> None:
    """The names of the parts above the first bar, each over its own part; where they don't fit, as a legend."""
    first = rows[0].parts if rows and not rows[0].told else ()
    if first and None not in first and not hidden:
        places: list[tuple[float, float, float, Span]] = []
        x = left
        for part, name in zip(first, names, strict=True):
            assert part is not None  # noqa: S101  # checked above, for the type's sake
            wide = text_width(name.text, SIZE, True)
            middle = min(x + room * part / 2, left + room - wide / 2)
            places.append((middle - wide / 2, middle + wide / 2, middle, name))
            x += room * part
        if all(before[1] + 6 < after[0] for before, after in pairwise(places)):
            for _, _, middle, name in places:
                sheet.text(middle, 10, (name,), bold=True, anchor="center")
            return
    x = left
    for name, colour in zip(names, STACK_COLOURS, strict=True):
        sheet.box(x, 5.5, 9, 9, colour, drawn=KEY)
        sheet.text(x + 13, 10, (name,))
        x += 13 + text_width(name.text) + 16
    if hidden:
        sheet.hatched(x, 5.5, 12, 9, drawn=KEY)
        sheet.text(x + 16, 10, (Span(hidden),))


@dataclass(frozen=True)
class Combination:
    code: str
    members: frozenset[int]  # rows of the matrix
    households: Number
    told: Span


def combinations(
    ident: str, title: Text, alt: Text, sets: Sequence[tuple[str, Span]], columns: Sequence[Combination]
) -> str:
    """Which sets go together: a bar per combination above a matrix of dots, a row per set with its own total."""
    tall, step, matrix = 112.0, 18.0, 138.0
    left = _label_column([f"{name}  {told.text}" for name, told in sets]) + 8
    gap = min((WIDTH - left) / max(len(columns), 1), 62.0)
    wide = gap * 0.62
    sheet = Sheet(WIDTH, matrix + step * len(sets) + 2)
    most = max((int(column.households) for column in columns), default=0) or 1
    right = left + gap * len(columns)
    for row, (name, told) in enumerate(sets):
        y = matrix + step * row + step / 2
        if row % 2 == 0:
            sheet.box(left, y - step / 2, right - left, step, "#f1f4f8", drawn=KEY)
        sheet.text(left - 10, y, (told,), anchor="right", colour=GREY)
        sheet.text(left - 16 - text_width(told.text), y, (Span(name),), anchor="right")
    for number, column in enumerate(columns):
        x = left + gap * (number + 0.5)
        height = tall * column.households / most
        colour = (SKY, BLUE, NAVY)[min(len(column.members), 3) - 1]
        base = matrix - 10
        sheet.box(x - wide / 2, base - height, wide, height, colour, drawn=f"height: {column.households.of}")
        sheet.text(x, base - height - 8, (column.told,), anchor="center")
        ys = [matrix + step * row + step / 2 for row in sorted(column.members)]
        for row in range(len(sets)):
            y = matrix + step * row + step / 2
            sheet.dot(x, y, 3.6, INK if row in column.members else "#c3cad3", edge="none", drawn=KEY)
        if len(ys) > 1:
            sheet.line((x, x), (ys[0], ys[-1]), INK, 1.8, drawn=KEY)
    return sheet.svg(ident, title, alt)


@dataclass(frozen=True)
class Spread:
    """One indicator over the areas: (area, share, share as text) of those that are known, and of all together."""

    label: str
    points: tuple[tuple[Span, Share, Span], ...]
    whole: Share | None


def spreads(ident: str, title: Text, alt: Text, rows: Sequence[Spread], whole_name: str, percent: str) -> str:
    """A dot per area on a line per indicator, the extremes by name, a mark where all areas together are."""
    step, top = 38.0, 24.0
    sheet = Sheet(WIDTH, top + step * len(rows) + 18)
    left = _label_column([row.label for row in rows]) + 6
    room = WIDTH - left - 34
    most = max(
        [0.01, *(share for row in rows for _, share, _ in row.points), *(row.whole or 0.0 for row in rows)]
    )
    tick = next(t for t in (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.25) if most / t <= 8 or t == 0.25)
    scale = room / most
    bottom = top + step * len(rows)
    for number in range(int(most / tick) + 1):
        x = left + number * tick * scale
        sheet.line((x, x), (top, bottom), "#e6eaef", 0.6, drawn=KEY)
        told = f"{number * tick * 100:g}".replace(".", percent[0])
        sheet.text(
            x,
            bottom + 8,
            (Span(told + percent[1:], figure="axis"),),
            size=SMALL,
            colour=GREY,
            anchor="center",
        )
    sheet.line((left, left + 0), (8, 16), INK, 2, drawn=KEY)
    sheet.text(left + 6, 12, (Span(whole_name),), size=SMALL, colour=GREY)
    for number, row in enumerate(rows):
        y = top + step * number + step / 2 - 5
        sheet.text(left - 10, y, shorten((Span(row.label),), left - 12), anchor="right")
        sheet.line((left, left + most * scale), (y, y), RULE, 0.8, drawn=KEY)
        if row.whole is not None:
            x = left + row.whole * scale
            sheet.line((x, x), (y - 8, y + 8), INK, 2, drawn=f"place: {row.whole.of}")
        for _, share, _ in row.points:
            sheet.dot(left + share * scale, y, 4.2, BLUE, drawn=f"place: {share.of}")
        _name_extremes(sheet, row, left, scale, y + 14)
    return sheet.svg(ident, title, alt)


def _name_extremes(sheet: Sheet, row: Spread, left: float, scale: float, y: float) -> None:
    low, high = min(row.points, key=lambda p: p[1]), max(row.points, key=lambda p: p[1])
    if low[2].text == high[2].text:
        return
    told = [(name, Span(" "), share) for name, _, share in (low, high)]
    wide = [text_width(plain(text), SMALL) for text in told]
    places = [left + point[1] * scale for point in (low, high)]
    lack = wide[0] / 2 + wide[1] / 2 + 10 - (places[1] - places[0])
    if lack > 0:
        places = [places[0] - lack / 2, places[1] + lack / 2]
    places[0] = max(places[0], left + wide[0] / 2 - 4)
    places[1] = min(max(places[1], places[0] + wide[0] / 2 + wide[1] / 2 + 10), WIDTH - wide[1] / 2)
    for x, text in zip(places, told, strict=True):
        sheet.text(x, y, text, size=SMALL, colour=GREY, anchor="center")
