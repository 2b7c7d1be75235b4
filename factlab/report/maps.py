"""A map of shares per area, in a few classes, hatched where the share is hidden."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from factlab.cells import Area
from factlab.report.charts import WIDTH
from factlab.report.contents import Span, Text
from factlab.report.counts import Share
from factlab.report.drawing import (
    BLUE,
    HATCH_EDGE,
    INK,
    KEY,
    NAVY,
    PALE,
    SIZE,
    SKY,
    SMALL,
    Rings,
    Sheet,
    text_width,
)
from factlab.report.tabulation import area_name

CLASS_COLOURS = (PALE, SKY, BLUE, NAVY)
CLASS_INKS = (INK, INK, "#ffffff", "#ffffff")
STEPS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.025, 0.05, 0.1, 0.2, 0.25)


@dataclass(frozen=True)
class Shares:
    """What a map shows of one level: its areas, the shares that are known, and what a tooltip says of each area."""

    areas: tuple[Area, ...]
    share: Mapping[str, Share]
    told: Mapping[str, Span]  # by area: the share as words, or why there is none
    named: bool  # whether names are written in the areas, where they fit


def breaks(shares: Sequence[float]) -> tuple[float, ...]:
    """Three round borders between four classes, fitted to the shares that are known."""
    if not shares:
        return ()
    low, high = min(shares), max(shares)
    for step in reversed(STEPS):
        base = int(low / step + 1e-9) * step
        if base + 3 * step <= high + 1e-9:
            return tuple(round(base + n * step, 6) for n in (1, 2, 3))
    return ()


def rings_of(borders: Mapping[str, Any]) -> dict[str, Rings]:
    """The rings of each area by its code, in metres."""
    found: dict[str, Rings] = {}
    for feature in borders.get("features", ()):
        geometry = feature.get("geometry") or {}
        parts = geometry.get("coordinates") or ()
        polygons = [parts] if geometry.get("type") == "Polygon" else parts
        code = (feature.get("properties") or {}).get("code", "")
        found[code] = [[(float(p[0]), float(p[1])) for p in ring] for polygon in polygons for ring in polygon]
    return found


def drawable(borders: Mapping[str, Any], areas: Sequence[Area]) -> bool:
    rings = rings_of(borders)
    return bool(areas) and all(rings.get(area.code) for area in areas)


def shares_map(
    ident: str,
    title: Text,
    alt: Text,
    borders: Mapping[str, Any],
    panels: Sequence[tuple[str, Shares]],
    frame: Sequence[Area],
    legend: tuple[Sequence[float], Sequence[Span], str],
) -> str:
    """One map per panel, side by side, with one legend. `frame` are areas whose borders are drawn over all.

    `legend` holds the borders between classes, the names of the classes and the word for what is hidden.
    """
    rings = rings_of(borders)
    borders_between, names, hidden = legend
    every = [
        point for _, shown in panels for area in shown.areas for ring in rings[area.code] for point in ring
    ]
    west, east = min(x for x, _ in every), max(x for x, _ in every)
    south, north = min(y for _, y in every), max(y for _, y in every)
    wide = (WIDTH - 4 - 18 * (len(panels) - 1)) / len(panels) if len(panels) > 1 else WIDTH * 0.72
    scale = min(wide / max(east - west, 1.0), 330 / max(north - south, 1.0))
    high = (north - south) * scale
    top = 18.0 if len(panels) > 1 else 4.0
    sheet = Sheet(WIDTH, top + high + 30)
    for number, (heading, shown) in enumerate(panels):
        left = 2 + number * (wide + 18) + (wide - (east - west) * scale) / 2
        if len(panels) == 1:
            left = (WIDTH - (east - west) * scale) / 2

        def place(code: str, left: float = left) -> Rings:
            return [
                [(round(left + (x - west) * scale, 1), round(top + (north - y) * scale, 1)) for x, y in ring]
                for ring in rings[code]
            ]

        if len(panels) > 1:
            sheet.text(left, 7, (Span(heading),), bold=True)
        for area in shown.areas:
            share = shown.share.get(area.code)
            tooltip = (area_name(area), Span(": "), shown.told[area.code])
            drawn = "hidden" if share is None else f"shade: {share.of}"
            fill = "white" if share is None else CLASS_COLOURS[_class(share, borders_between)]
            edge = HATCH_EDGE if share is None else "white"
            sheet.outline(
                place(area.code), fill, edge, 0.4, drawn=drawn, hatch=share is None, tooltip=tooltip
            )
        for area in shown.areas:
            sheet.outline(place(area.code), "none", "white", 1.1, drawn=KEY)
        if len(frame) > 1 and not shown.named:
            for area in frame:
                sheet.outline(place(area.code), "none", "white", 2.6, drawn=KEY)
            for area in frame:
                sheet.outline(place(area.code), "none", INK, 0.8, drawn=KEY)
        for area in shown.areas:
            _write(sheet, area, place(area.code), shown, borders_between)
    _legend(sheet, top + high + 20, names, hidden if _any_hidden(panels) else "")
    return sheet.svg(ident, title, alt)


def _any_hidden(panels: Sequence[tuple[str, Shares]]) -> bool:
    return any(area.code not in shown.share for _, shown in panels for area in shown.areas)


def _class(share: float, borders_between: Sequence[float]) -> int:
    return sum(share >= border for border in borders_between)


def _write(sheet: Sheet, area: Area, rings: Rings, shown: Shares, borders_between: Sequence[float]) -> None:
    """The share, and the name where it fits, in the widest part of the area."""
    share = shown.share.get(area.code)
    x, y, room = widest(rings)
    ink = INK if share is None else CLASS_INKS[_class(share, borders_between)]
    value = shown.told[area.code]
    named = shown.named and share is not None and text_width(area.name, SMALL) + 4 < room
    if named:
        sheet.text(x, y - 5, (area_name(area),), size=SMALL, colour=ink, anchor="center")
        sheet.text(x, y + 6, (value,), size=SIZE, bold=True, colour=ink, anchor="center")
    elif share is not None and text_width(value.text, SMALL) + 2 < room:
        sheet.text(x, y, (value,), size=SMALL, colour=ink, anchor="center")


def widest(rings: Rings) -> tuple[float, float, float]:
    """The middle and the width of the widest stretch across an area, away from its top and bottom."""
    ys = [y for ring in rings for _, y in ring]
    low, high = min(ys), max(ys)
    best = (0.0, 0.0, -1.0)
    for part in range(3, 18):
        y = low + (high - low) * part / 20 + 1e-6
        crossings = sorted(
            x1 + (y - y1) * (x2 - x1) / (y2 - y1)
            for ring in rings
            for (x1, y1), (x2, y2) in pairwise(ring)
            if (y1 <= y) != (y2 <= y)
        )
        for left, right in zip(crossings[::2], crossings[1::2], strict=False):
            # A stretch in the middle is nearly as good as a somewhat longer one at the edge.
            worth = (right - left) * (1 - abs(part - 10) / 25)
            if worth > best[2] * (1 - 1e-9):
                best = ((left + right) / 2, y, worth)
    return best


def _legend(sheet: Sheet, y: float, names: Sequence[Span], hidden: str) -> None:
    items = [(name, colour) for name, colour in zip(names, CLASS_COLOURS, strict=False)]
    wide = (
        sum(27 + text_width(name.text) for name, _ in items) + (32 + text_width(hidden) if hidden else 0) - 12
    )
    x = (WIDTH - wide) / 2
    for name, colour in items:
        sheet.box(x, y - 4.5, 11, 9, colour, drawn=KEY)
        sheet.text(x + 15, y, (name,))
        x += 27 + text_width(name.text)
    if hidden:
        sheet.hatched(x, y - 4.5, 13, 9, drawn=KEY)
        sheet.text(x + 17, y, (Span(hidden),))
