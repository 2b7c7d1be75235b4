"""The ledger forgets nothing: not a release, not a changed byte of one."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from factlab import publication
from factlab.errors import PublicationError
from factlab.publication import ledger

from tests import synthetic
from tests.publication import made

BOOK = synthetic.codebook(services=4)


def published(folder: Path, seed: int) -> Path:
    made.publish(folder, made.protect(synthetic.count(BOOK, synthetic.households(BOOK, 500, seed))))
    return folder


def test_a_new_municipality_has_no_releases(tmp_path: Path) -> None:
    assert ledger.read(tmp_path / "releases", BOOK) == ()


def test_every_release_stays_and_the_same_one_is_there_once(tmp_path: Path) -> None:
    book = tmp_path / "releases"
    first, second = published(tmp_path / "a", 1), published(tmp_path / "b", 2)
    for release in (first, second, first):
        ledger.enter(book, release)
    assert len(ledger.read(book, BOOK)) == 2
    assert [release.cells for release in ledger.read(book, BOOK)] == [
        publication.read(folder).cells for folder in (first, second)
    ]
    assert len(ledger.read(book, BOOK, before=second)) == 1
    assert len(ledger.read(book, BOOK, before=published(tmp_path / "c", 3))) == 2


def test_another_municipality_is_none_of_our_business(tmp_path: Path) -> None:
    ledger.enter(tmp_path / "releases", published(tmp_path / "a", 1))
    areas = tuple(
        replace(area, code=f"X{area.code}", parent=area.parent and f"X{area.parent}") for area in BOOK.areas
    )
    assert ledger.read(tmp_path / "releases", replace(BOOK, areas=areas)) == ()


def test_a_release_that_is_gone_or_changed_stops_the_next(tmp_path: Path) -> None:
    book = tmp_path / "releases"
    ledger.enter(book, published(tmp_path / "a", 1))
    cells = next(book.glob("*/cells.csv"))
    was = cells.read_bytes()
    cells.write_bytes(was + b" ")
    with pytest.raises(PublicationError, match=r"changed"):
        ledger.read(book, BOOK)
    cells.write_bytes(was)
    cells.parent.rename(tmp_path / "elsewhere")
    with pytest.raises(PublicationError, match=r"release_missing"):
        ledger.read(book, BOOK)


def test_another_folder_is_not_taken_for_a_ledger(tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    with pytest.raises(PublicationError, match=r"no_ledger"):
        ledger.read(tmp_path / "photos", BOOK)
