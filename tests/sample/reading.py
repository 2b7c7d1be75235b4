"""The tests' own, simple reading of the sample's extracts: nothing of `factlab.source` and nothing of `factlab.sample`."""

from __future__ import annotations

import csv
import datetime
import io
import re
import tomllib
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow.parquet as pq

Door = tuple[str, int, str]  # postcode, number, letter and addition together

POSTCODE = ("postcode", "pc")
# In the order in which they are looked for: a column "nr" beside "huisnr" numbers the clients.
NUMBER = ("huisnummer", "huisnr", "huisnummer + toev", "nr")
LETTER = ("letter", "huisletter", "hletter")
ADDITION = ("toevoeging", "toev.", "toev", "huisnr.toevoeging")
STREET = ("straat", "straatnaam")
WHOLE = ("adres", "volledig adres", "straat en huisnummer")
SERVICE = ("voorziening", "maatregel", "product", "soort hulp", "productcode", "regeling", "zorgproduct", "activiteit",
           "behandeling", "traject")  # fmt: skip
START = ("uitgifte", "ingang", "startdatum", "vanaf", "begindatum", "datum_start", "begeleiding vanaf", "start",
         "ingangsdatum", "begin", "datum ingang", "van")  # fmt: skip
END = (
    "inname",
    "einde",
    "einddatum",
    "tot en met",
    "datum_einde",
    "begeleiding tot",
    "eind",
    "datum einde",
    "tot",
)


@dataclass(frozen=True)
class Row:
    """One row of an extract as it reads: no door when the address can't be used, no service when nobody knows it."""

    organisation: str
    door: Door | None
    service: str | None
    start: datetime.date | None
    end: datetime.date | None
    cells: dict[str, Any]

    def active(self, on: datetime.date) -> bool:
        return (self.start is None or self.start <= on) and (self.end is None or self.end >= on)


def extract(folder: Path) -> Path:
    """The one extract in a participant's folder."""
    (found,) = (file for file in folder.iterdir() if file.suffix != ".toml" and file.name != "exclusions.csv")
    return found


def table(file: Path) -> list[dict[str, Any]]:
    """The rows of any extract, by header in small letters, without titles and totals."""
    if file.suffix == ".parquet":
        return [{k.lower(): v for k, v in row.items()} for row in pq.read_table(file).to_pylist()]
    if file.suffix == ".xlsx":
        lines = list(openpyxl.load_workbook(file, read_only=True).worksheets[0].values)
        head = next(i for i, line in enumerate(lines) if sum(cell is not None for cell in line) > 3)
        total = lines[-1]
        assert str(total[0]).startswith("Totaal") and total[1] == len(lines) - head - 2
        names = [str(name).lower() for name in lines[head]]
        return [
            dict(zip_longest(names, line)) for line in lines[head + 1 : -1]
        ]  # Excel leaves out empty cells at the end
    raw = file.read_bytes()
    if raw.startswith(b"\xff\xfe"):
        text = raw.decode("utf-16")
    else:
        try:
            text = raw.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = raw.decode("cp1252")
    separator = max("\t;,", key=text.split("\r\n", 1)[0].count)
    return [
        {k.lower(): v for k, v in row.items()}
        for row in csv.DictReader(io.StringIO(text, newline=""), delimiter=separator)
    ]


def _cell(row: dict[str, Any], names: tuple[str, ...]) -> Any:
    found = [row[name] for name in names if name in row]
    return found[0] if found and found[0] is not None else ""


def _suffix(text: str) -> str:
    bare = re.sub(r"[\s/-]", "", text).upper()
    return str(int(bare)) if bare.isdigit() else bare


def door(row: dict[str, Any]) -> Door | None:
    """The door that the address columns denote, or None."""
    whole, postcode = str(_cell(row, WHOLE)), str(_cell(row, POSTCODE))
    number = f"{_cell(row, NUMBER)}".strip()
    if whole:
        text = f"{whole} {postcode}".strip()
        found = list(re.finditer(r"\b([1-9]\d{3})\s?([A-Za-z]{2})\b", text))
        if not found or text.startswith("Postbus"):
            return None
        last = found[-1]
        line = text[: last.start()]
        house = re.search(r"(?<!\d)(\d+)[\s/-]*([A-Za-z0-9-]*)[\s,]*$", line)
        return (last[1] + last[2].upper(), int(house[1]), _suffix(house[2])) if house else None
    plain = re.fullmatch(r"\s*([1-9]\d{3})\s?([A-Za-z]{2})\s*", postcode)
    house = re.match(r"(\d+)(.*)$", number)
    if not plain or not house or str(_cell(row, STREET)) == "Postbus":
        return None
    suffix = _suffix(house[2] + str(_cell(row, LETTER))) + _suffix(str(_cell(row, ADDITION)))
    return plain[1] + plain[2].upper(), int(house[1]), suffix


def _date(cell: Any) -> datetime.date | None:
    if isinstance(cell, datetime.datetime):
        return cell.date()
    if isinstance(cell, datetime.date) or not cell:
        return cell or None
    parts = [int(part) for part in cell.split("-")]
    return datetime.date(*parts) if parts[0] > 31 else datetime.date(*parts[::-1])


def rows(folder: Path) -> list[Row]:
    """Every row of every organisation that delivers services: by organisation, in the order of its extract."""
    agreed = tomllib.loads((folder / "agreement" / "round.toml").read_text(encoding="utf-8"))
    with (folder / "agreement" / "catalogue.csv").open(encoding="utf-8", newline="") as lines:
        known = {
            word.lower(): line["code"]
            for line in csv.DictReader(lines)
            for word in (line["code"], line["name_nl"])
        }
    read = []
    for one in sorted(
        (one for one in agreed["participant"] if one["content"] == "services"), key=lambda one: one["id"]
    ):
        file = extract(folder / "extracts" / one["id"])
        saved = file.parent / f"{file.name}.mapping.toml"
        words = known
        if saved.exists():
            words = {
                own.lower(): code
                for own, code in tomllib.loads(saved.read_text(encoding="utf-8"))["services"].items()
            }
        for row in table(file):
            only = one["services"][0] if not SERVICE & row.keys() else None
            service = only or words.get(str(_cell(row, SERVICE)).strip().lower())
            read.append(
                Row(one["id"], door(row), service, _date(_cell(row, START)), _date(_cell(row, END)), row)
            )
    return read


def register(folder: Path) -> list[tuple[Door, str, str]]:
    """Door, neighbourhood and group of every household, in the order of the register."""
    (file,) = (folder / "extracts").glob("burgerzaken-*/adressen*.csv")
    return [(_known(row), row["buurtcode"], row["huishoudtype"]) for row in table(file)]


def secrets(folder: Path, organisation: str) -> set[Door]:
    """The doors on an organisation's exclusion list."""
    file = folder / "extracts" / organisation / "exclusions.csv"
    return {_known(row) for row in table(file)} if file.exists() else set()


def _known(row: dict[str, Any]) -> Door:
    found = door(row)
    assert found is not None
    return found
