"""A delivery arrives as it was sent, and tells nothing on the way."""

from __future__ import annotations

import hashlib
import json
import os
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from factlab.delivery import archive, canonical, identity, manifest, plaintext
from factlab.delivery.package import Contents, inspect, open_package
from factlab.errors import DeliveryError
from hypothesis import given
from hypothesis import strategies as st

from tests.delivery.made import (
    ANALYST,
    ANNA,
    BERT,
    CHECKS,
    DAY,
    ROUND,
    TOTALS_TOLD,
    members,
    pseudonyms,
    register,
    send,
    services,
    uuids,
)


def rows_of(contents: Contents) -> list[tuple[Any, ...]]:
    return list(zip(*contents.rows.to_pydict().values(), strict=True))


def opened(path: Path) -> Contents:
    return open_package(path, round_=ROUND, checks=CHECKS, recipient=ANALYST)[1]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "a.factlab"


@pytest.mark.parametrize(
    "contents", [services(1187), register(500), services(1)], ids=["services", "register", "one"]
)
def test_rows_arrive_sorted_and_whole(path: Path, contents: Contents) -> None:
    made = send(path, contents)
    found, came = open_package(path, round_=ROUND, checks=CHECKS, recipient=ANALYST)
    assert found == made == inspect(path, ROUND) == inspect(path, None)
    assert rows_of(came) == sorted(rows_of(contents))
    assert came.rows.schema.equals(plaintext.SCHEMAS[contents.content])
    assert (came.content, came.totals) == (contents.content, TOTALS_TOLD)


def test_a_delivery_without_rows_arrives(path: Path) -> None:
    """An organisation that has nobody to report delivers all the same: nothing is not the same as not delivered."""
    send(path, Contents("services", services(10).rows.slice(0, 0), {"rows read": 0, "rows delivered": 0}))
    assert opened(path).rows.num_rows == 0


def test_what_a_manifest_tells(path: Path) -> None:
    made = send(path, sequence=3)
    assert (made.participant, made.content, made.sequence, made.supersedes) == (
        "thuiszorg-de-brug",
        "services",
        3,
        2,
    )
    assert (made.day, made.row_bucket, made.parts) == (DAY, 2048, 1)
    assert made.fingerprint == ROUND.fingerprint


def test_a_large_delivery_travels_in_parts(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(manifest, "ROWS_PER_PART", 64)
    contents = services(500)
    made = send(path, contents)
    assert made.parts == 8
    assert len(made.members) == 9
    assert rows_of(opened(path)) == sorted(rows_of(contents))


def test_parts_are_cut_at_the_leading_bits() -> None:
    ends = ["00" * 16, "3f" + "ff" * 15, "40" + "00" * 15, "bf" + "ff" * 15, "ff" * 16]
    table = pa.table(
        {
            "pseudonym": pa.ExtensionArray.from_storage(
                pa.uuid(), pa.array([bytes.fromhex(end) for end in ends], pa.binary(16))
            ),
            "service": ["X"] * 5,
        }
    )
    pieces = plaintext.cut(plaintext.arrange(table, "services"), 4)
    assert [piece.num_rows for piece in pieces] == [2, 1, 1, 1]
    assert all(plaintext.in_part(piece, part, 4) for part, piece in enumerate(pieces))
    assert not plaintext.in_part(pieces[1], 0, 4)


def test_the_same_rows_sealed_twice_differ(tmp_path: Path) -> None:
    send(tmp_path / "a.factlab")
    send(tmp_path / "b.factlab")
    a, b = members(tmp_path / "a.factlab"), members(tmp_path / "b.factlab")
    for name in ("rows-0000.sealed", "totals.sealed"):
        assert len(a[name]) == len(b[name])
        assert sum(x == y for x, y in zip(a[name], b[name], strict=True)) < len(a[name]) / 50


@pytest.mark.parametrize("make", [services, register])
def test_up_to_hundreds_of_rows_all_look_alike(tmp_path: Path, make: Any) -> None:
    sizes = set()
    for number in (1, 2, 9, 10, 63, 64):
        send(tmp_path / f"{number}.factlab", make(number))
        sizes.add((tmp_path / f"{number}.factlab").stat().st_size)
    assert len(sizes) == 1


def test_a_size_tells_its_padme_class_only(tmp_path: Path) -> None:
    """Neither what is delivered nor the totals move a byte within a class; totals never do."""
    seen = set()
    for at, number in enumerate((3001, 3003, 3005)):
        contents = replace(services(number, seed=at), totals={"rows read": 10**at})
        send(tmp_path / f"{at}.factlab", contents)
        seen.add(tuple((name, len(data)) for name, data in members(tmp_path / f"{at}.factlab").items()))
    assert len(seen) == 1
    ((_, _, (_, rows), (_, totals)),) = seen
    overhead = 1120 + 16  # X-Wing's encapsulated key and the tag
    assert totals == 4096 + overhead
    assert plaintext.padme(rows - overhead) == rows - overhead


@given(st.integers(2, 1 << 40))
def test_padme_adds_at_most_twelve_percent_and_has_few_sizes(length: int) -> None:
    size = plaintext.padme(length)
    assert length <= size <= length * 1.12
    assert plaintext.padme(size) == size
    significant = size.bit_length() - (size & -size).bit_length() + 1
    assert significant <= (length.bit_length() - 1).bit_length() + 1


@pytest.mark.parametrize(
    ("length", "size"), [(0, 0), (1, 1), (9, 10), (25, 26), (100, 104), (1000, 1024), (65_537, 67_584)]
)
def test_padme_sizes_worked_by_hand(length: int, size: int) -> None:
    """9 = 1001b: E 3, S 2, so one last bit is rounded up; 65,537: E 16, S 5, so steps of 2**11."""
    assert plaintext.padme(length) == size


@pytest.mark.parametrize(
    ("rows", "bucket"),
    [(0, 64), (1, 64), (64, 64), (65, 128), (1187, 2048), (2048, 2048), (2049, 4096), (1 << 20, 1 << 20)],
)
def test_a_bucket_is_the_next_power_of_two(rows: int, bucket: int) -> None:
    assert manifest.bucket(rows) == bucket


def test_parts_follow_from_the_bucket() -> None:
    assert [manifest.parts_of(1 << bits) for bits in (6, 20, 21, 23)] == [1, 1, 2, 8]


def test_nothing_in_the_file_tells_counts_meanings_names_or_times(path: Path) -> None:
    contents = services(1187)
    send(path, contents)
    data = path.read_bytes()
    for one in pseudonyms(20):
        assert one.bytes not in data
        assert str(one).encode() not in data
        assert one.hex.encode() not in data
    names = [b"WMO-HBH", b"WMO-BEG", b"PAR1", b"1187", b"1203", b"excluded", b"Thuiszorg De Brug"]
    assert not [name for name in names if name in data]
    assert str(path.parent).encode() not in members(path)["manifest.json"]
    with zipfile.ZipFile(path) as found:
        for entry in found.infolist():
            assert entry.date_time == (1980, 1, 1, 0, 0, 0)
            assert (entry.extra, entry.comment, entry.create_system) == (b"", b"", 3)


def test_the_manifest_tells_this_and_nothing_else(path: Path) -> None:
    """Whoever adds a field must think about what it tells."""
    send(path)
    told = json.loads(members(path)["manifest.json"])
    digests = {
        name: hashlib.sha256(data).hexdigest() for name, data in members(path).items() if "sealed" in name
    }
    assert told == {
        "content": "services",
        "day": "2026-01-15",
        "fingerprint": ROUND.fingerprint,
        "format": "factlab-delivery/1",
        "key_check": CHECKS.key_check,
        "members": digests,
        "norm_check": CHECKS.norm_check,
        "normaliser": "1",
        "participant": "thuiszorg-de-brug",
        "parts": 1,
        "recipients": [identity.fingerprint(ANALYST.keys)],
        "round_id": "00112233445566778899aabbccddeeff",
        "row_bucket": 2048,
        "sequence": 1,
        "supersedes": None,
        "trust": "direct",
    }


def test_no_repr_shows_contents() -> None:
    contents = services(10)
    assert "WMO" not in repr(contents)
    assert str(pseudonyms(1)[0])[:8] not in repr(contents)


def told_write(path: Path, key: str, **changed: Any) -> None:
    with pytest.raises(DeliveryError) as caught:
        send(path, **changed)
    assert caught.value.key == f"delivery.{key}"
    assert not list(path.parent.iterdir())


def test_what_must_not_leave_does_not(path: Path) -> None:
    told_write(path, "draft_round", round_=replace(ROUND, round_id=""))
    told_write(path, "unknown_participant", participant="nobody")
    told_write(path, "not_your_key", identity=BERT)
    told_write(path, "not_your_key", participant="wijkteam-oost")
    told_write(path, "other_content", contents=register(5), participant="thuiszorg-de-brug", identity=ANNA)
    told_write(path, "bad_totals", contents=replace(services(5), totals={"rows read": -1}))
    told_write(path, "bad_totals", contents=replace(services(5), totals={"Stationsstraat 1": 1}))
    told_write(
        path, "bad_totals", contents=replace(services(5), totals={f"reason {n}": 1 for n in range(500)})
    )
    told_write(path, "manifest_damaged", sequence=0)


def test_rows_that_do_not_fit_do_not_leave(path: Path) -> None:
    whole = services(10).rows
    twice = pa.concat_tables([whole, whole.slice(3, 1)])
    told_write(path, "rows_not_sorted", contents=Contents("services", twice, TOTALS_TOLD))
    others = [
        whole.append_column("start", pa.array(["2025-01-01"] * 10)),
        whole.rename_columns(["household", "service"]),
        whole.select(["service", "pseudonym"]),
        whole.set_column(1, "service", pa.array([None, *["X"] * 9], pa.string())),
        whole.set_column(0, "pseudonym", pa.array(["1506AB|12|"] * 10)),
        whole.set_column(1, "service", pa.array(["x" * 101] * 10)),
    ]
    for rows in others:
        told_write(path, "other_schema", contents=Contents("services", rows, TOTALS_TOLD))
    household = pa.table({"pseudonym": uuids(pseudonyms(1) * 2), "area": ["A", "B"], "group": ["", ""]})
    told_write(path, "rows_not_sorted", contents=Contents("register", household, TOTALS_TOLD))


def test_a_delivery_that_fails_leaves_nothing(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(zipfile.ZipFile, "writestr", fail)
    with pytest.raises(KeyboardInterrupt):
        send(path)
    assert not list(path.parent.iterdir())


def test_the_envelope_is_the_same_on_every_system(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = {"manifest.json": b"{}", "manifest.sig": b"", "rows-0000.sealed": b"x", "totals.sealed": b"y"}
    archive.write(path, data)
    here = path.read_bytes()
    monkeypatch.setattr(os, "name", "posix")
    monkeypatch.setattr("sys.platform", "win32")
    archive.write(path, data)
    assert path.read_bytes() == here
    assert len(here) == sum(len(d) + 30 + 46 + 2 * len(n) for n, d in data.items()) + 22


def test_the_vector_of_the_specification() -> None:
    """The manifest of docs/spec/delivery.md, section 11, gives the info that stands there."""
    spec = (Path(__file__).parents[2] / "docs" / "spec" / "delivery.md").read_text(encoding="utf-8")
    bare, bound = (block.strip() for block in spec.split("## 11.")[1].split("```")[1::2])
    assert f"`{hashlib.sha256(bare.encode()).hexdigest()}`" in spec
    told = {**json.loads(bare), "members": dict.fromkeys(manifest.sealed_members(1), "0" * 64)}
    found = manifest.read(canonical.dump(told), "vector")
    assert found.info("rows-0000.sealed", 0) == b"factlab/v1/sealed\0" + bound.encode()
    assert (
        found.info("totals.sealed", 0)
        != found.info("rows-0000.sealed", 0)
        != found.info("rows-0000.sealed", 1)
    )
