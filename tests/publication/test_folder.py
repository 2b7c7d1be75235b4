"""A publication holds only what may be seen, is the same each time, and is refused when anything was changed."""

from __future__ import annotations

import csv
import dataclasses
import io
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from factlab import publication
from factlab.cells import Cell, CellKey, Codebook, SafeTable
from factlab.errors import PublicationError
from factlab.texts import LANGUAGES, room, say

from tests import synthetic
from tests.publication import made


@pytest.fixture(scope="module")
def safe() -> SafeTable:
    book = synthetic.codebook(missing=frozenset({"org-5"}), services=7)
    return made.protect(synthetic.count(book, synthetic.households(book, 3000), {"org-1": 14, "org-2": 3}))


@pytest.fixture(scope="module")
def original(safe: SafeTable, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("publication") / "whole"
    made.publish(folder, safe)
    return folder


@pytest.fixture
def folder(original: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(original, tmp_path / "copy"))


def unsealed(folder: Path) -> Path:
    (folder / "SHA256SUMS").unlink()
    return folder


def refused(action: Callable[[], object], key: str) -> None:
    with pytest.raises(PublicationError) as caught:
        action()
    assert caught.value.key == f"publication.{key}"
    for lang in LANGUAGES:
        assert say(caught.value.key, lang, **caught.value.fields)


def test_what_is_read_is_what_was_written(original: Path, safe: SafeTable) -> None:
    found = publication.read(original)
    assert found.cells == safe.cells
    assert found.codebook == safe.codebook
    assert found.certificate == {**made.CERTIFICATE, "attack": {"wins": 0}}
    assert found.provenance == made.PROVENANCE
    assert {cell.status for cell in found.cells} == {"published", "suppressed", "unavailable"}


def test_a_codebook_with_every_field_filled_survives(safe: SafeTable, tmp_path: Path) -> None:
    book = dataclasses.replace(safe.codebook, notes={"nl": 'Let op: ‘wijk’, 5 ≥ 4\nen "meer"', "en": "Mind"})
    found = made.publish(tmp_path / "p", SafeTable(book, safe.cells, {}))
    assert found.codebook == book
    assert found.codebook.tables[6].rule == {"domains": 2, "services": 3}


def test_the_same_table_gives_the_same_bytes(original: Path, safe: SafeTable, tmp_path: Path) -> None:
    made.publish(tmp_path / "again", safe)
    for path in sorted(original.rglob("*")):
        if path.is_file():
            assert path.read_bytes() == (tmp_path / "again" / path.relative_to(original)).read_bytes(), path


def test_no_hidden_count_leaves_a_trace(tmp_path: Path) -> None:
    """Two municipalities that differ only in what is hidden give the same folder, byte for byte."""
    book = synthetic.codebook()
    counted = synthetic.count(book, synthetic.households(book, 3000))
    key = next(key for key, count in counted.counts.items() if 1 < count < 9)
    changed = dataclasses.replace(counted, counts={**counted.counts, key: counted.counts[key] + 1})
    for name, table in (("a", counted), ("b", changed)):
        made.publish(tmp_path / name, made.protect(table))
    files = [path.relative_to(tmp_path / "a") for path in (tmp_path / "a").rglob("*") if path.is_file()]
    assert len(files) > 10
    for name in files:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes(), name


def test_the_listing_is_what_the_format_says(original: Path, safe: SafeTable) -> None:
    raw = (original / "cells.csv").read_bytes()
    assert raw.startswith(b"table,area_level,area_code,area_name,group,category,households,status\n")
    assert b"\r" not in raw
    rows = list(csv.DictReader(io.StringIO(raw.decode())))
    assert {row["households"] for row in rows if row["status"] != "published"} == {""}
    table = pq.read_table(original / "cells.parquet")
    assert str(table.schema.field("households").type) == "int64"
    assert table.column("households").null_count == sum(cell.households is None for cell in safe.cells)
    assert table.schema.metadata is None


def test_the_wide_tables_say_it_in_words(original: Path, safe: SafeTable) -> None:
    rows = list(csv.reader(io.StringIO((original / "tables" / "organisation.csv").read_text())))
    assert rows[0] == ["area_level", "area_code", "area_name", "org-1", "org-2", "org-3", "org-4", "org-5"]
    assert {row[7] for row in rows[1:]} == {"niet geleverd"}
    wide = {
        (row[1], code): value for row in rows[1:] for code, value in zip(rows[0][3:], row[3:], strict=True)
    }
    combinations = (original / "tables" / "domain_combination.csv").read_text()
    assert "geheim" in combinations
    for cell in safe.cells:
        if cell.key.table == "organisation" and cell.status == "published":
            assert wide[cell.key.area_code, cell.key.category] == str(cell.households)


def test_the_checksums_are_those_of_sha256sum(original: Path) -> None:
    lines = (original / "SHA256SUMS").read_text().splitlines()
    names = [line.split("  ")[1] for line in lines]
    assert names == sorted(names)
    assert set(names) == {
        path.relative_to(original).as_posix() for path in original.rglob("*") if path.is_file()
    } - {"SHA256SUMS"}


@pytest.mark.parametrize("households", [1, 9])
def test_a_small_count_is_not_written(safe: SafeTable, tmp_path: Path, households: int) -> None:
    position = next(n for n, cell in enumerate(safe.cells) if cell.status == "suppressed")
    leak = Cell(safe.cells[position].key, households, "published")
    cells = (*safe.cells[:position], leak, *safe.cells[position + 1 :])
    wrong = SafeTable(safe.codebook, cells, {})
    refused(lambda: publication.write(tmp_path, wrong, provenance={}, borders={}), "too_small")
    assert not list(tmp_path.iterdir())


def test_a_hidden_cell_that_still_holds_its_count_is_not_written(safe: SafeTable, tmp_path: Path) -> None:
    position = next(n for n, cell in enumerate(safe.cells) if cell.status == "suppressed")
    leak = Cell(safe.cells[position].key, 12, "suppressed")
    wrong = SafeTable(safe.codebook, (*safe.cells[:position], leak, *safe.cells[position + 1 :]), {})
    refused(lambda: publication.write(tmp_path, wrong, provenance={}, borders={}), "other_status")


def test_a_table_with_other_cells_than_its_codebook_is_not_written(safe: SafeTable, tmp_path: Path) -> None:
    for cells in (safe.cells[1:], safe.cells[::-1], (*safe.cells, safe.cells[0])):
        wrong = SafeTable(safe.codebook, cells, {})
        refused(
            lambda wrong=wrong: publication.write(tmp_path, wrong, provenance={}, borders={}), "other_cells"
        )


def test_not_delivered_may_not_be_shown_as_hidden(safe: SafeTable, tmp_path: Path) -> None:
    cells = tuple(
        Cell(cell.key, None, "suppressed") if cell.status == "unavailable" else cell for cell in safe.cells
    )
    wrong = SafeTable(safe.codebook, cells, {})
    refused(lambda: publication.write(tmp_path, wrong, provenance={}, borders={}), "other_status")


@pytest.mark.parametrize(
    "name",
    ["cells.csv", "cells.parquet", "codebook.json", "disclosure.json", "provenance.json", "areas.geojson"],
)
def test_a_missing_file_is_named(folder: Path, name: str) -> None:
    (folder / name).unlink()
    refused(lambda: publication.read(folder), "missing")


def test_a_changed_file_is_noticed(folder: Path) -> None:
    wide = folder / "tables" / "services.csv"
    wide.write_bytes(wide.read_bytes().replace(b"geheim", b"0", 1))
    refused(lambda: publication.read(folder), "changed")


def test_a_file_left_out_of_the_checksums_is_noticed(folder: Path) -> None:
    sums = folder / "SHA256SUMS"
    kept = [line for line in sums.read_text().splitlines(keepends=True) if not line.endswith("cells.csv\n")]
    sums.write_text("".join(kept))
    refused(lambda: publication.read(folder), "changed")


def test_checksums_can_not_point_outside_the_folder(folder: Path) -> None:
    with (folder / "SHA256SUMS").open("a") as file:
        file.write(f"{'0' * 64}  ../elsewhere\n")
    refused(lambda: publication.read(folder), "row")


FAULTS: dict[str, tuple[str, str, str]] = {  # what is wrong: from, to, error
    "another header": ("area_level,area_code", "area_code,area_level", "header"),
    "a status that does not exist": (",suppressed", ",hidden", "row"),
    "a hidden cell with a number": (",,suppressed", ",7,suppressed", "row"),
    "a published cell without one": (",,suppressed", ",,published", "row"),
    "a negative number": (",,suppressed", ",-4,published", "row"),
    "hidden, said of what nobody delivered": (",,unavailable", ",,suppressed", "row"),
    "not delivered, said of what is hidden": (",,suppressed", ",,unavailable", "row"),
    "another area's name": ("Wijk 2", "Wijk II", "row"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_listing_with_one_fault_is_refused(folder: Path, fault: str) -> None:
    before, after, key = FAULTS[fault]
    path = unsealed(folder) / "cells.csv"
    text = path.read_text()
    assert before in text
    path.write_text(text.replace(before, after, 1))
    refused(lambda: publication.read(folder), key)


def test_rows_can_not_be_dropped_or_reordered(folder: Path) -> None:
    path = unsealed(folder) / "cells.csv"
    rows = path.read_text().splitlines(keepends=True)
    path.write_text("".join(rows[:-1]))
    refused(lambda: publication.read(folder), "rows")
    path.write_text("".join([rows[0], rows[2], rows[1], *rows[3:]]))
    refused(lambda: publication.read(folder), "row")


def test_the_two_listings_must_agree(folder: Path) -> None:
    path = unsealed(folder) / "cells.parquet"
    table = pq.read_table(path)
    pq.write_table(table.slice(1), path)
    refused(lambda: publication.read(folder), "parquet")
    path.write_bytes(b"not parquet")
    refused(lambda: publication.read(folder), "parquet")


CODEBOOK_FAULTS: dict[str, Callable[[dict], object]] = {
    "no tables": lambda book: book.pop("tables"),
    "a threshold in words": lambda book: book.update(threshold="ten"),
    "a threshold of nothing": lambda book: book.update(threshold=0),
    "an area twice": lambda book: book["areas"].append(book["areas"][0]),
    "a parent that is not there": lambda book: book["areas"][1].update(parent="WK0000"),
    "a level that is not there": lambda book: book["tables"][0]["levels"].append("street"),
    "an unknown kind of table": lambda book: book["tables"][0].update(kind="secret"),
    "a table twice": lambda book: book["tables"].append(book["tables"][0]),
}


@pytest.mark.parametrize("fault", CODEBOOK_FAULTS)
def test_a_codebook_with_one_fault_is_refused(folder: Path, fault: str) -> None:
    path = unsealed(folder) / "codebook.json"
    book = json.loads(path.read_text())
    CODEBOOK_FAULTS[fault](book)
    path.write_text(json.dumps(book))
    refused(lambda: publication.read(folder), "codebook")


def test_a_later_format_is_refused(folder: Path) -> None:
    path = unsealed(folder) / "codebook.json"
    path.write_text(path.read_text().replace("factlab-codebook/1", "factlab-codebook/2"))
    refused(lambda: publication.read(folder), "format")


def test_every_sentence_exists_in_both_languages() -> None:
    assert all(set(texts) == set(LANGUAGES) for texts in room("publication").values())


def test_an_area_wholly_hidden_is_readable(tmp_path: Path) -> None:
    book: Codebook = synthetic.codebook()
    counted = synthetic.count(book, synthetic.households(book, 500))
    everything: list[CellKey] = [key for key in book.keys if key.area_code.startswith("WK999902")]
    found = made.publish(tmp_path / "p", made.protect(counted, everything))
    assert found.cell[everything[0]].households is None
