"""What an attack found, and what it says of itself in the certificate. Never a number that it worked out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from factlab.texts import LANGUAGES, say

Kind = Literal[
    "small count published",
    "not rounded",
    "everyone",
    "nobody without",
    "complement",
    "difference",
    "edition",
    "pinned exactly",
    "pinned below the threshold",
    "inconsistent",
    "bound too tight",
    "undecided",
    "not in the codebook",
]


@dataclass(frozen=True)
class Finding:
    """Something a reader can infer or should not see: what, and of which cells. Never the number itself."""

    kind: Kind
    cells: tuple[tuple[str, ...], ...]  # CellKey, or the names of cells of linked tables
    by: str = ""  # the participant that can, with its own counts; empty: any reader
    release: int = 0  # whose cells: 0 is the publication itself, 1 the first of the earlier ones


@dataclass(frozen=True)
class Verdict:
    """What the attacker found. `narrowest` is the width of the narrowest interval of a hidden cell."""

    findings: tuple[Finding, ...]
    threshold: int
    cells: int
    hidden: int
    intervals: int  # how many numbers it tried to work out
    narrowest: int | None  # None when nothing is hidden, or nothing bounds it
    relations: Mapping[str, int]
    insiders: int = 0  # participants whose part it took
    earlier: int = 0  # earlier releases that it laid beside this one
    overlaps: int = 0  # published users of whom one participant's own clients are all but 1 to k - 1
    singletons: int = 0  # hidden cells in which a household that is alone would learn another cell

    @property
    def holds(self) -> bool:
        return not self.findings

    def certificate(self) -> dict[str, Any]:
        """The attacker's part of `disclosure.json`."""

        def told(name: str, **fields: int) -> dict[str, str]:
            return {lang: say(f"attack.{name}", lang, **fields) for lang in LANGUAGES}

        open_points = ["overlaps" if self.insiders else "own_clients", "alone"]
        open_points += [] if self.earlier else ["earlier"]
        open_points += ["elsewhere"]
        return {
            "holds": self.holds,
            "threshold": self.threshold,
            "attacked": {
                "cells": self.cells,
                "hidden": self.hidden,
                "numbers": self.intervals,
                "relations": dict(sorted(self.relations.items())),
                "insiders": self.insiders,
                "earlier": self.earlier,
            },
            "inferred": dict(sorted(Counter(finding.kind for finding in self.findings).items())),
            "narrowest_interval": self.narrowest,
            "not_inferred": told("not_inferred", k=self.threshold) if self.holds else {},
            "also_tried": [
                *([told("tried_insiders", number=self.insiders)] if self.holds and self.insiders else []),
                *([told("tried_earlier", number=self.earlier)] if self.holds and self.earlier else []),
            ],
            "not_covered": [told(f"not_covered_{name}") for name in open_points],
        }
