"""What a drawing shows: every shape in it says which number it is, and is as long, as far or as dark as that number."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from xml.etree.ElementTree import Element

from factlab.attack.register import Misprint, Register, Unfit

SHAPES = frozenset({"path", "rect", "circle", "ellipse", "line", "polyline", "polygon", "use", "image"})
UNDRAWN = frozenset({"defs", "clipPath", "pattern", "style"})
KEY = (16.0, 10.0)  # what a legend's box may measure at most, in points
INHERITED = ("transform", "style", "fill", "stroke")
UNMEASURED = "unmeasured"
LOOSE = 3.5  # points that a length may be off: gaps between parts, and the least that can be seen
CLOSE = 0.5


@dataclass(frozen=True)
class Shape:
    drawn: str
    fill: str
    wide: float
    high: float
    middle: float
    place: str


def check(register: Register, root: Element, place: str) -> Iterator[Misprint]:
    """The faults of one SVG's shapes. A shape says `key` (a legend, a rule), `hidden` (an area without a number), or
    `width: `, `height: `, `place: ` or `shade: ` and the figure that it draws."""
    measured: dict[str, list[tuple[Fraction, Shape]]] = defaultdict(list)
    large: set[tuple[float, float]] = set()
    for shape in _shapes(root, "", place):
        how, _, mark = shape.drawn.partition(": ")
        if how == "key" and not mark:
            if shape.fill != "none" and (shape.wide > KEY[0] or shape.high > KEY[1]):
                large.add((round(shape.wide, 1), round(shape.high, 1)))
        elif how == "hidden" and not mark:
            if not shape.fill.startswith("url("):
                yield Misprint("drawn_differently", shape.place)
        elif how in ("width", "height", "place", "shade") and mark:
            try:
                value = register.value(mark)
            except Unfit as unfit:
                yield Misprint(unfit.kind, shape.place)
            else:
                measured[how].append((value, shape))
        else:
            yield Misprint("drawn_unaccounted", shape.place)
    if len(large) > 1:  # large shapes that show no number are all alike, or they would show one
        yield Misprint("drawn_unaccounted", place)
    for how, found in measured.items():
        yield from (Misprint("drawn_differently", shape.place) for shape in _off(how, found))


def _off(how: str, found: Sequence[tuple[Fraction, Shape]]) -> Iterator[Shape]:
    """The shapes that don't fit the scale of their drawing."""
    ordered = sorted(found, key=lambda pair: pair[0])
    (low, first), (high, last) = ordered[0], ordered[-1]
    if how == "shade":
        fills = [shape.fill for _, shape in ordered]
        changes = [n for n in range(1, len(fills)) if fills[n] != fills[n - 1]]
        yield from (ordered[n][1] for n in changes if fills[n] in fills[:n])
        return
    if how == "place":
        scale = (last.middle - first.middle) / float(high - low) if high > low else 0.0
        yield from (
            shape
            for value, shape in ordered
            if abs(first.middle + scale * float(value - low) - shape.middle) > CLOSE
        )
        return
    length = {id(shape): shape.wide if how == "width" else shape.high for _, shape in found}
    scale = length[id(last)] / float(high) if high else 0.0
    yield from (shape for value, shape in ordered if abs(scale * float(value) - length[id(shape)]) > LOOSE)


def _shapes(element: Element, drawn: str, place: str) -> Iterator[Shape]:
    tag = element.tag.rpartition("}")[2]
    if tag in UNDRAWN:
        return
    drawn = element.get("data-drawn", drawn)
    if tag not in SHAPES and any(element.get(name) for name in INHERITED):
        drawn = UNMEASURED  # its shapes may look otherwise than they say themselves
    place = f"{place.partition(' #')[0]} #{element.get('id')}" if element.get("id") else place
    if tag in SHAPES and (shape := _shape(element, tag, drawn, place)):
        yield shape
    for child in element:
        yield from _shapes(child, drawn, place)


def _shape(element: Element, tag: str, drawn: str, place: str) -> Shape | None:
    """None for what can't be seen. A shape of another kind than a path can't be measured, so that it shows nothing."""
    if drawn == UNMEASURED:
        return Shape("", "", 0, 0, 0, place)
    style = dict(re.findall(r"([\w-]+)\s*:\s*([^;]+)", element.get("style", "")))
    fill, stroke = (style.get(name, element.get(name, "")).strip() for name in ("fill", "stroke"))
    if fill == "none" and stroke in ("", "none"):
        return None
    path = element.get("d", "")
    numbers = [float(told) for told in re.findall(r"-?\d+(?:\.\d+)?", path)]
    if tag != "path" or re.search(r"[^MLCQZz\d\s.,-]", path) or len(numbers) < 2 or element.get("transform"):
        return Shape("", fill, 0, 0, 0, place)
    xs, ys = numbers[::2], numbers[1::2]
    return Shape(drawn, fill, max(xs) - min(xs), max(ys) - min(ys), (max(xs) + min(xs)) / 2, place)
