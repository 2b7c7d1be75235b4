"""Cut the two fonts of the reports from the variable Source Sans 3: `python make.py SourceSans3[wght].ttf`.

Needs fontTools (it comes with matplotlib). The licence reserves the name "Source", so the cuts have another.
"""

from __future__ import annotations

import sys
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTFont
from fontTools.varLib import instancer

FAMILY = "Factlab Sans"
CUTS = {"Regular": 400, "SemiBold": 600}
LETTERS = [*range(0x20, 0x7F), *range(0xA0, 0x180)]  # Latin and Latin Extended-A
SIGNS = [ord(sign) for sign in "–—‘’‚“”„•…−≤≥≠≈→←€ \u202f\u2009"]


def cut(source: Path, style: str, weight: int, folder: Path) -> None:
    font = instancer.instantiateVariableFont(
        TTFont(source, recalcTimestamp=False), {"wght": weight}, updateFontNames=False
    )
    options = subset.Options(
        layout_features=["kern", "mark", "mkmk", "ccmp", "locl", "tnum", "lnum"],
        name_IDs=[0, 1, 2, 3, 4, 5, 6, 13, 14],
        hinting=False,
        notdef_outline=True,
        recalc_timestamp=False,
    )
    options.name_languages = [0x409]
    cutter = subset.Subsetter(options)
    cutter.populate(unicodes=LETTERS + SIGNS)
    cutter.subset(font)
    table = font["name"]
    for number, text in {
        1: FAMILY,
        2: style,
        3: f"{FAMILY} {style}; cut of Source Sans 3",
        4: f"{FAMILY} {style}",
        6: f"{FAMILY.replace(' ', '')}-{style}",
    }.items():
        table.setName(text, number, 3, 1, 0x409)
    font["OS/2"].usWeightClass = weight
    font["head"].modified = font["head"].created
    font.save(folder / f"{FAMILY.replace(' ', '')}-{style}.ttf")


if __name__ == "__main__":
    for style, weight in CUTS.items():
        cut(Path(sys.argv[1]), style, weight, Path(__file__).parent)
