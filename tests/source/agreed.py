"""The sample's agreement, changed where a test needs it, and extracts written out of a few rows."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from factlab import agreement
from factlab.agreement import Agreement, Participant
from factlab.files import package_folder
from factlab.source import extract, mapping, preparation
from factlab.source.extract import Extract
from factlab.source.preparation import Prepared

HOME_CARE = Participant("thuiszorg", "Thuiszorg", "services", ("WMO-HBH", "WMO-BEG"))
FOOD_BANK = Participant("voedselbank", "Voedselbank", "services", ("INF-VB",))
REGISTER = Participant("burgerzaken", "Burgerzaken", "register", ())


@cache
def _sample() -> Agreement:
    return agreement.read(package_folder("sample_data") / "agreement")


def agreed(**changes: Any) -> Agreement:
    return replace(_sample(), round=replace(_sample().round, **changes))


def read(folder: Path, text: str, name: str = "clients.csv") -> Extract:
    file = folder / name
    file.write_text(text, encoding="utf-8")
    return extract.read(file)


def prepare(
    folder: Path, text: str, who: Participant = HOME_CARE, excluded: Any = None, **changes: Any
) -> Prepared:
    found = read(folder, text)
    told = mapping.guess(found, agreed(), who)
    mapping.check(told, found, who)
    return preparation.prepare(found, told, agreed(**changes), who, excluded)


def reasons(prepared: Prepared) -> dict[int, str]:
    """Row number: why it isn't used."""
    return {row["row"]: row["reason"] for row in prepared.judged.to_pylist()}
