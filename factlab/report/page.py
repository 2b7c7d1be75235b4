"""The report as one page that works from the disk: its style, its fonts and its drawings are inside."""

from __future__ import annotations

import base64

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from factlab.files import package_folder
from factlab.report.contents import Report, plain


def page(report: Report) -> bytes:
    """The page as UTF-8. It asks nothing of the network: its own policy forbids it."""
    folder = package_folder("reports")
    environment = Environment(
        loader=FileSystemLoader(folder),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["plain"] = plain
    environment.filters["drawing"] = Markup  # our own SVG, escaped where it was drawn
    template = environment.get_template("page.html")
    style = Markup((folder / "page.css").read_text(encoding="utf-8"))  # noqa: S704  # our own file
    return template.render(report=report, style=style, fonts=_fonts()).encode()


def _fonts() -> list[tuple[int, str]]:
    fonts = package_folder("reports") / "fonts"
    cuts = ((400, "FactlabSans-Regular.ttf"), (600, "FactlabSans-SemiBold.ttf"))
    return [(weight, base64.b64encode((fonts / name).read_bytes()).decode()) for weight, name in cuts]
