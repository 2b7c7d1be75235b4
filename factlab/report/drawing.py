"""A sheet to draw on, measured in points from the top left, that becomes an SVG with text as text."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from functools import cache
from html import escape
from pathlib import Path

import matplotlib
from matplotlib import font_manager
from matplotlib.figure import Figure
from matplotlib.ft2font import FT2Font
from matplotlib.patches import Circle, PathPatch, Rectangle
from matplotlib.path import Path as Outline

from factlab.files import package_folder
from factlab.report.contents import Text, plain

FONT = "Factlab Sans"
INK = "#1b2430"
GREY = "#5b6573"
RULE = "#d5dbe2"
PALE = "#e3e8ee"
NAVY = "#133a63"
BLUE = "#2f74b5"
SKY = "#8fb8de"
HATCH_EDGE = "#8a94a1"
KEY = "key"  # what a shape shows that shows no number: a legend, a rule
SIZE = 9.0
SMALL = 8.0

Rings = Sequence[Sequence[tuple[float, float]]]


def _file(bold: bool) -> Path:
    return package_folder("reports") / "fonts" / f"FactlabSans-{'SemiBold' if bold else 'Regular'}.ttf"


@cache
def _register_fonts() -> None:
    for bold in (False, True):
        font_manager.fontManager.addfont(str(_file(bold)))


@cache
def _font(bold: bool) -> FT2Font:
    font = FT2Font(str(_file(bold)))
    font.set_size(100, 72)
    return font


@cache
def _width(text: str, bold: bool) -> float:
    font = _font(bold)
    font.set_text(text)
    return float(font.get_width_height()[0]) / 64 / 100


def text_width(text: str, size: float = SIZE, bold: bool = False) -> float:
    return _width(text, bold) * size


def _rounded(tag: re.Match[str]) -> str:
    """A tag with its coordinates to a hundredth of a point. Text between tags is not touched: 1.234 is a number there."""
    return re.sub(r"\d+\.\d{3,}", lambda found: f"{float(found[0]):.2f}", tag[0])


class Sheet:
    def __init__(self, width: float, height: float) -> None:
        _register_fonts()
        self.width, self.height = width, height
        self._figure = Figure(figsize=(width / 72, height / 72), dpi=72)
        self._axes = self._figure.add_axes((0, 0, 1, 1))
        self._axes.set_xlim(0, width)
        self._axes.set_ylim(height, 0)
        self._axes.axis("off")
        self._depth = 0
        self._said: dict[str, Text] = {}
        self._drawn: dict[str, tuple[str, Text]] = {}

    def _above(self) -> int:
        """What is drawn later lies on top, lines and areas alike."""
        self._depth += 1
        return self._depth

    def _named(self, drawn: str, tooltip: Text = ()) -> str:
        """An id under which `svg` says what a shape shows, to the attacker and, as a tooltip, to the reader."""
        name = f"drawn_{len(self._drawn)}"
        self._drawn[name] = (drawn, tooltip)
        return name

    def box(self, x: float, y: float, width: float, height: float, colour: str, *, drawn: str) -> None:
        self._axes.add_patch(
            Rectangle(
                (x, y),
                width,
                height,
                facecolor=colour,
                linewidth=0,
                zorder=self._above(),
                gid=self._named(drawn),
            )
        )

    def hatched(self, x: float, y: float, width: float, height: float, *, drawn: str) -> None:
        self._axes.add_patch(
            Rectangle(
                (x + 0.3, y + 0.3),
                max(width - 0.6, 0.1),
                height - 0.6,
                facecolor="white",
                edgecolor=HATCH_EDGE,
                hatch="//////",
                linewidth=0.6,
                zorder=self._above(),
                gid=self._named(drawn),
            )
        )

    def text(
        self,
        x: float,
        y: float,
        text: Text,
        *,
        size: float = SIZE,
        bold: bool = False,
        colour: str = INK,
        anchor: str = "left",
    ) -> None:
        """`y` is the middle of the capitals."""
        name = f"said_{len(self._said)}"
        self._said[name] = text
        self._axes.text(
            x,
            y + size * 0.33,
            plain(text).replace("$", r"\$"),
            gid=name,
            fontsize=size,
            fontweight=600 if bold else 400,
            color=colour,
            ha=anchor,
            va="baseline",
            family=FONT,
            zorder=self._above(),
        )

    def line(
        self, xs: Sequence[float], ys: Sequence[float], colour: str, width: float = 0.8, *, drawn: str
    ) -> None:
        self._axes.plot(
            xs,
            ys,
            color=colour,
            linewidth=width,
            solid_capstyle="butt",
            zorder=self._above(),
            gid=self._named(drawn),
        )

    def dot(self, x: float, y: float, radius: float, colour: str, edge: str = "white", *, drawn: str) -> None:
        self._axes.add_patch(
            Circle(
                (x, y),
                radius,
                facecolor=colour,
                edgecolor=edge,
                linewidth=0.7,
                zorder=self._above(),
                gid=self._named(drawn),
            )
        )

    def outline(
        self,
        rings: Rings,
        fill: str,
        edge: str,
        width: float,
        *,
        drawn: str,
        hatch: bool = False,
        tooltip: Text = (),
    ) -> None:
        """An area of one or more rings."""
        path = Outline.make_compound_path(*(Outline(list(ring), closed=True) for ring in rings))
        patch = PathPatch(
            path,
            facecolor=fill,
            edgecolor=edge,
            linewidth=width,
            joinstyle="round",
            zorder=self._above(),
            hatch="//////" if hatch else None,
            gid=self._named(drawn, tooltip),
        )
        self._axes.add_patch(patch)

    def svg(self, ident: str, title: Text, alt: Text) -> str:
        """The drawing as an SVG element: ids begin with `ident`, so that several can share a page."""
        settings = {
            "svg.fonttype": "none",
            "svg.hashsalt": "factlab",
            "hatch.linewidth": 0.5,
            "font.family": FONT,
            "path.simplify": False,
        }
        written = io.BytesIO()
        with matplotlib.rc_context(settings):
            self._figure.savefig(
                written, format="svg", transparent=True, metadata={"Date": None, "Creator": None}
            )
        svg = written.getvalue().decode()
        svg = svg[svg.index("<svg") :].strip()
        svg = re.sub(r"\s*<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
        svg = re.sub(r"<[^>]*>", _rounded, svg)
        svg = re.sub(r'\bid="', f'id="{ident}-', svg)
        svg = svg.replace("url(#", f"url(#{ident}-").replace('href="#', f'href="#{ident}-')
        svg = re.sub(rf'(<g id="{ident}-(said_\d+)">\s*<text[^>]*>)[^<]*', self._marked, svg)
        svg = re.sub(rf'<g id="{ident}-(drawn_\d+)">', self._shown, svg)
        head, _, body = svg.partition(">")
        return (
            f'{head} role="img" aria-labelledby="{ident}-title {ident}-desc">'
            f'<title id="{ident}-title">{_markup(title, "span")}</title>'
            f'<desc id="{ident}-desc">{_markup(alt, "span")}</desc>{body}\n'
        )

    def _marked(self, found: re.Match[str]) -> str:
        return found[1] + _markup(self._said[found[2]], "tspan")

    def _shown(self, found: re.Match[str]) -> str:
        drawn, tooltip = self._drawn[found[1]]
        told = f"<title>{_markup(tooltip, 'span')}</title>" if tooltip else ""
        return f'{found[0][:-1]} data-drawn="{escape(drawn)}">{told}'


def _markup(text: Text, tag: str) -> str:
    """A text with its numbers marked as what they are."""
    return "".join(
        f'<{tag} data-{name}="{escape(mark)}">{escape(span.text)}</{tag}>' if mark else escape(span.text)
        for span in text
        for name, mark in (("cell", span.cell) if span.cell else ("figure", span.figure),)
    )
