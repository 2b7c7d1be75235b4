"""Whatever bytes an organisation hands over, every reader gives rows or one clear error."""

from __future__ import annotations

import io
import struct
import tempfile
import zipfile
from functools import cache
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pyreadstat
import pytest
from factlab.errors import ExtractError
from factlab.source import extract, mapping, statistical
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.source.agreed import HOME_CARE, agreed
from tests.source.files import opendocument, workbook, zipped
from tests.source.test_messages import ASSIGNED

ROWS: list[list[object]] = [
    ["Postcode", "Huisnummer", "Product"],
    ["1506AB", 12, "WMO-HBH"],
    ["1506AC", 7.5, None],
]
MOST_EXAMPLES = 120


@cache
def written(kind: str) -> bytes:
    """A sound file of each kind."""
    if kind == "csv":
        return "\r\n".join(";".join(str(cell or "") for cell in row) for row in ROWS).encode("cp1252")
    if kind == "xlsx":
        return workbook(("Blad1", ROWS))
    if kind == "ods":
        return opendocument(("Blad1", ROWS))
    if kind == "xml":
        return ASSIGNED
    if kind == "parquet":
        out = io.BytesIO()
        pq.write_table(pa.table({"postcode": ["1506AB"] * 50, "huisnummer": list(range(50))}), out)
        return out.getvalue()
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "x.sav"
        frame = pd.DataFrame({"postcode": ["1506AB", "1506AC"] * 20, "product": [1.0, 2.0] * 20})
        pyreadstat.write_sav(
            frame, str(file), variable_value_labels={"product": {1.0: "Hulp", 2.0: "Begeleiding"}}
        )
        return file.read_bytes()


def inside(kind: str) -> tuple[dict[str, bytes], list[str]]:
    """The files in a zipped kind, and the names of those that are XML."""
    with zipfile.ZipFile(io.BytesIO(written(kind))) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    return files, sorted(name for name in files if name.endswith(".xml"))


Damage = st.tuples(
    st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), max_size=8),
    st.one_of(st.none(), st.floats(0, 1)),
    st.binary(max_size=4),
)


def damaged(data: bytes, damage: tuple[list[tuple[float, int]], float | None, bytes]) -> bytes:
    """Some bytes changed, the end cut off, something put behind."""
    spots, cut, more = damage
    changed = bytearray(data)
    for place, byte in spots:
        if changed:
            changed[int(place * len(changed))] = byte
    return bytes(changed[: None if cut is None else int(cut * len(changed))]) + more


def read(folder: Path, data: bytes) -> None:
    file = folder / "clients.bin"
    file.write_bytes(data)
    try:
        found = extract.read(file)
        assert found.table.num_rows > 0
        assert found.table.column_names == ["row", *found.headers]
        assert not any(column.null_count for column in found.table.columns)
        mapping.check(mapping.guess(found, agreed(), HOME_CARE), found, HOME_CARE)
    except ExtractError as error:
        assert str(error)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("fuzz")


@pytest.mark.parametrize("kind", ["csv", "xlsx", "ods", "parquet", "xml"])
@settings(max_examples=MOST_EXAMPLES, deadline=None)
@given(damage=Damage)
def test_a_damaged_file(
    folder: Path, kind: str, damage: tuple[list[tuple[float, int]], float | None, bytes]
) -> None:
    read(folder, damaged(written(kind), damage))


@settings(max_examples=12, deadline=None)  # each is read by a process of its own
@given(damage=Damage)
def test_a_damaged_file_of_spss(
    folder: Path, damage: tuple[list[tuple[float, int]], float | None, bytes]
) -> None:
    read(folder, damaged(written("sav"), damage))


@pytest.mark.parametrize("kind", ["xlsx", "ods"])
@settings(max_examples=MOST_EXAMPLES, deadline=None)
@given(choice=st.integers(0, 99), damage=Damage)
def test_a_sound_zip_with_damaged_xml(
    folder: Path, kind: str, choice: int, damage: tuple[list[tuple[float, int]], float | None, bytes]
) -> None:
    files, names = inside(kind)
    name = names[choice % len(names)]
    read(folder, zipped({**files, name: damaged(files[name], damage)}))


def test_a_parquet_file_with_bytes_that_are_no_text(folder: Path) -> None:
    offsets = pa.py_buffer(struct.pack("<2i", 0, 2))
    text = pa.StringArray.from_buffers(1, offsets, pa.py_buffer(b"\xff\xfe"))
    file = folder / "clients.parquet"
    pq.write_table(pa.table({"postcode": text}), file)
    with pytest.raises(ExtractError) as raised:
        extract.read(file)
    assert raised.value.key == "source.unreadable"


def test_a_reader_that_crashes_takes_nothing_along(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    crash = folder / "crash.py"
    crash.write_text("import os, signal\nos.kill(os.getpid(), signal.SIGSEGV)\n", encoding="utf-8")
    monkeypatch.setattr(statistical, "_READER", crash)
    file = folder / "clients.sav"
    file.write_bytes(written("sav"))
    with pytest.raises(ExtractError) as raised:
        extract.read(file)
    assert raised.value.key == "source.unreadable"


@pytest.mark.parametrize(
    "start", [b"", b"PK\x03\x04", b"PAR1", b"<?xml version='1.0'?>", b"\xff\xfe", b"sep=;\r\n"]
)
@settings(max_examples=40, deadline=None)
@given(data=st.binary(max_size=600))
def test_any_bytes_behind_a_start_that_is_known(folder: Path, start: bytes, data: bytes) -> None:
    read(folder, start + data)
