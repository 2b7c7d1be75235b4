"""The extracts as files, each in the shape in which its organisation would send it."""

from __future__ import annotations

import io
import re
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from factlab.sample import clients, spelling
from factlab.sample.doors import ADDITIONS, LETTERS, Doors, Ints, group_names
from factlab.sample.participants import PARTICIPANTS, REGISTER, SERVICES, Participant
from factlab.sample.place import NAME, NEIGHBOURHOODS
from factlab.sample.rows import KNOW_THE_SECRET, NEVER, REASONS, UNKNOWN, Rows

_FIRST_DAY, _LAST_DAY = np.datetime64("1930-01-01"), np.datetime64("2040-01-01")


def write(folder: Path, rows: Rows, names: dict[str, str], rng: np.random.Generator) -> None:
    """Write every organisation's extract below `folder`; `names` are the catalogue's Dutch names by code."""
    for place, one in enumerate(PARTICIPANTS):
        part = rows.of(place)
        many = part.stop - part.start
        young = all(code.startswith(("JGD", "ONW")) for code in one.offers)
        person = clients.draw(many, young, rng)
        columns: dict[str, pa.Array] = {
            **person,
            **spelling.columns(rows, part, one, rng),
            "service": _services(one, rows.service[part], rows.reason[part], names, rng),
            "start": _dates(rows.start[part], one.dates),
            "end": _dates(rows.end[part], one.dates),
            "birth": _dates(person["birth"].to_numpy(), one.dates),
        }
        target = folder / one.id / one.file
        target.parent.mkdir(parents=True)
        kept = {ours: columns[ours] for ours in one.header}
        if one.form == "csv":
            text = _delimited(list(one.header.values()), list(kept.values()), one.separator, one.quoted)
            target.write_bytes(_encoded(text, one.encoding))
        elif one.form == "parquet":
            kept["number"] = pc.if_else(pc.equal(kept["number"], ""), None, kept["number"]).cast(pa.int64())
            pq.write_table(pa.table(list(kept.values()), names=list(one.header.values())), target)
        else:
            target.write_bytes(_workbook(one, kept))
        if one.own_codes:
            (target.parent / f"{one.file}.mapping.toml").write_text(_mapping(one), encoding="utf-8")


def write_register(folder: Path, doors: Doors, secret: Ints) -> None:
    """The register holder's address list, and the local lists of secret addresses of those who know them."""
    letter, addition = LETTERS.take(pa.array(doors.suffix)), ADDITIONS.take(pa.array(doors.suffix))
    codes = pa.array([one.code for one in NEIGHBOURHOODS])
    street, postcode = (
        doors.streets.take(pa.array(doors.street)),
        doors.postcodes.take(pa.array(doors.postcode)),
    )
    number = pa.array(doors.number).cast(pa.string())
    header = [
        "Straat",
        "Huisnummer",
        "Huisletter",
        "Toevoeging",
        "Postcode",
        "Woonplaats",
        "Buurtcode",
        "Huishoudtype",
    ]
    place = pa.repeat(NAME, len(doors))
    columns = [street, number, letter, addition, postcode, place, codes.take(pa.array(doors.neighbourhood)), group_names(doors)]  # fmt: skip
    target = folder / REGISTER / "adressen_en_huishoudens.csv"
    target.parent.mkdir(parents=True)
    target.write_bytes(_encoded(_delimited(header, columns, ";", False), "utf-8-sig"))

    hidden = pa.array(secret)
    listed = [column.take(hidden) for column in (postcode, number, pc.utf8_lower(letter), addition)]
    text = _delimited(["Postcode", "Huisnummer", "Huisletter", "Toevoeging"], listed, ";", False)
    for one in (REGISTER, *KNOW_THE_SECRET):
        (folder / one / "exclusions.csv").write_bytes(_encoded(text, "utf-8"))


def _services(
    one: Participant, service: Ints, reason: Ints, names: dict[str, str], rng: np.random.Generator
) -> pa.Array:
    """What the organisation calls its services: codes or names in any case, its own codes, or words nobody knows."""
    codes = [item.code for item in SERVICES]
    if one.own_codes:
        forms = [[one.own_codes.get(code, "") for code in codes]]
    elif one.words == "code":
        forms = [codes, codes, codes, [code.lower() for code in codes], [f"{code} " for code in codes]]
    else:
        said = [names[code] for code in codes]
        forms = [said, said, said, [name.lower() for name in said], [name.upper() for name in said], [f" {name} " for name in said]]  # fmt: skip
    words = pa.array([word for form in forms for word in form] + list(one.unknown))
    form = (rng.random(len(service)) * len(forms)).astype(np.int64)
    strange = (rng.random(len(service)) * max(1, len(one.unknown))).astype(np.int64)
    known = len(forms) * len(codes)
    return words.take(pa.array(np.where(reason == UNKNOWN, known + strange, form * len(codes) + service)))


def _dates(days: Ints, form: str) -> pa.Array:
    """Dates as text the Dutch way or the ISO way, empty where there is none; `true` keeps them dates."""
    empty = pa.array(days == NEVER)
    if form == "true":
        return pc.if_else(empty, None, pa.array(days.astype(np.int32)).cast(pa.date32()))
    calendar = np.arange(_FIRST_DAY, _LAST_DAY)
    iso = np.datetime_as_string(calendar).tolist()
    words = iso if form == "iso" else [f"{day[8:]}-{day[5:7]}-{day[:4]}" for day in iso]
    place = np.where(days == NEVER, 0, days - int(calendar[0].astype(np.int64)))
    return pc.if_else(empty, "", pa.array(words).take(pa.array(place)))


def _delimited(header: list[str], columns: list[pa.Array], separator: str, quoted: bool) -> str:
    """The text of a delimited file, its lines ended as Windows does."""
    if quoted:
        columns = [
            pc.binary_join_element_wise('"', pc.replace_substring(column, '"', '""'), '"', "")
            for column in columns
        ]
    # In an array of strings the values lie end to end in memory: with its line end each row is a line of the file.
    wide = [column.cast(pa.large_string()) for column in columns]
    between, ending, nothing = (pa.scalar(text, pa.large_string()) for text in (separator, "\r\n", ""))
    lines = pc.binary_join_element_wise(pc.binary_join_element_wise(*wide, between), ending, nothing)
    body = lines.buffers()[2]
    return separator.join(header) + "\r\n" + (body.to_pybytes().decode() if len(lines) else "")


def _encoded(text: str, encoding: str) -> bytes:
    if encoding == "utf-16":  # Excel's "Unicode text", whatever machine writes it
        return b"\xff\xfe" + text.encode("utf-16-le")
    return text.encode(encoding)


def _workbook(one: Participant, columns: dict[str, pa.Array]) -> bytes:
    """An Excel file with title rows, a header, the rows and a total; whole numbers are numbers, as Excel makes them."""
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("Export")
    for line in one.title:
        sheet.append([line] if line else [])
    sheet.append(list(one.header.values()))
    values: list[list[Any]] = []
    for ours, column in columns.items():
        cells = column.to_pylist()
        if ours in ("number", "addition", "client"):
            cells = [int(cell) if cell.isdigit() and cell[0] != "0" else cell for cell in cells]
        values.append([None if cell == "" else cell for cell in cells])
    for row in zip(*values, strict=True):
        sheet.append(row)
    sheet.append([one.total, len(values[0])])
    written = io.BytesIO()
    book.save(written)
    return _timeless(written)


def _timeless(book: io.BytesIO) -> bytes:
    """The same workbook without the moment it was written, and stored: how well bytes shrink differs by machine."""
    made = io.BytesIO()
    with zipfile.ZipFile(book) as old, zipfile.ZipFile(made, "w", zipfile.ZIP_STORED) as new:
        for name in old.namelist():
            content = old.read(name)
            if name == "docProps/core.xml":
                content = re.sub(rb"\d{4}-\d\d-\d\dT[\d:]+Z", b"2026-01-05T09:00:00Z", content)
            new.writestr(zipfile.ZipInfo(name, (2026, 1, 5, 9, 0, 0)), content)
    return made.getvalue()


def _mapping(one: Participant) -> str:
    """The mapping that the organisation saved: which column is which, and its own product codes."""
    kept = (
        "postcode",
        "number",
        "letter",
        "addition",
        "street",
        "place",
        "address",
        "service",
        "start",
        "end",
    )
    lines = ['format = "factlab-mapping/1"', "", "[columns]"]
    lines += [f'{ours} = "{one.header[ours]}"' for ours in kept if ours in one.header]
    lines += ["", "[services]"]
    lines += [f'"{own}" = "{code}"' for code, own in one.own_codes.items()]
    return "\n".join(lines) + "\n"


def write_truth(folder: Path, doors: Doors, secret: Ints, rows: Rows) -> None:
    """What really is the case, for tests: `households.parquet` and `use.parquet`."""
    folder.mkdir()
    hidden = np.isin(np.arange(len(doors)), secret)
    households = {
        "household": pa.array(np.arange(1, len(doors) + 1)),
        "neighbourhood": pa.array([one.code for one in NEIGHBOURHOODS]).take(pa.array(doors.neighbourhood)),
        "group": group_names(doors),
        "counted": pa.array(~hidden),
        "reason": pc.if_else(pa.array(hidden), "excluded", ""),
    }
    pq.write_table(pa.table(households), folder / "households.parquet", compression="zstd")
    unregistered, unknown = pa.array(rows.household < 0), pa.array(rows.service < 0)
    use = {
        "household": pc.if_else(unregistered, None, pa.array(rows.household + 1)),
        "service": pc.if_else(
            unknown,
            None,
            pa.array([item.code for item in SERVICES]).take(pa.array(np.maximum(rows.service, 0))),
        ),
        "organisation": pa.array([one.id for one in PARTICIPANTS]).take(pa.array(rows.organisation)),
        "counted": pa.array(rows.reason == 0),
        "reason": pa.array(REASONS).take(pa.array(rows.reason)),
    }
    pq.write_table(pa.table(use), folder / "use.parquet", compression="zstd")
