"""Whatever is wrong with a delivery, it is refused, and by its own name."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from factlab.agreement import Round
from factlab.delivery import archive, canonical, identity, manifest, plaintext
from factlab.delivery.agreed import Checks
from factlab.delivery.identity import Identity
from factlab.delivery.package import inspect, open_package
from factlab.errors import DeliveryError
from factlab.texts import LANGUAGES, say

from tests.delivery.made import (
    ANALYST,
    ANNA,
    BERT,
    CHECKS,
    ROUND,
    SERVICES,
    STRANGER,
    TOTALS_TOLD,
    members,
    padded,
    resign,
    seal_anew,
    send,
    services,
)

MEMBERS = ("manifest.json", "manifest.sig", "rows-0000.sealed", "totals.sealed")
ROWS = plaintext.arrange(services(1187).rows, "services")


@pytest.fixture(scope="module")
def sent(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("sent") / "a.factlab"
    send(path)
    return path.read_bytes()


@pytest.fixture
def path(sent: bytes, tmp_path: Path) -> Path:
    (tmp_path / "a.factlab").write_bytes(sent)
    return tmp_path / "a.factlab"


def refused(
    path: Path,
    key: str,
    *,
    inspection: str | None = "",
    round_: Round = ROUND,
    checks: Checks = CHECKS,
    recipient: Identity = ANALYST,
) -> None:
    """Opening gives this error in both languages, and never a value; without a key `inspection` (default: the same)."""
    with pytest.raises(DeliveryError) as caught:
        open_package(path, round_=round_, checks=checks, recipient=recipient)
    assert caught.value.key == f"delivery.{key}"
    for lang in LANGUAGES:
        sentence = say(caught.value.key, lang, **caught.value.fields)
        assert "{" not in sentence
        assert not any(secret in sentence for secret in (*SERVICES, "1187", "2048"))
    if inspection is None:
        inspect(path, round_)
    else:
        with pytest.raises(DeliveryError) as caught:
            inspect(path, round_)
        assert caught.value.key == f"delivery.{inspection or key}"


# The envelope


def pack(
    path: Path, told: list[tuple[str | zipfile.ZipInfo, bytes]], compression: int = zipfile.ZIP_STORED
) -> None:
    with zipfile.ZipFile(path, "w", compression) as made:
        for entry, data in told:
            info = archive._entry(entry) if isinstance(entry, str) else entry
            info.compress_type = compression
            made.writestr(info, data)


def test_no_file(tmp_path: Path) -> None:
    refused(tmp_path / "gone.factlab", "missing_file")


@pytest.mark.parametrize("data", [b"", b"PK", b"not a zip" * 100, bytes(100_000), b"PK\5\6" + b"\xff" * 18])
def test_no_zip(path: Path, data: bytes) -> None:
    path.write_bytes(data)
    refused(path, "not_a_delivery")


@pytest.mark.parametrize("keep", [0.01, 0.5, 0.99])
def test_truncated(path: Path, sent: bytes, keep: float) -> None:
    path.write_bytes(sent[: int(len(sent) * keep)])
    refused(path, "not_a_delivery")


def test_an_empty_zip(path: Path) -> None:
    pack(path, [])
    refused(path, "missing_member")


@pytest.mark.parametrize("member", MEMBERS)
def test_a_byte_of_a_member_flipped_on_the_way(path: Path, member: str) -> None:
    with zipfile.ZipFile(path) as found:
        entry = found.getinfo(member)
    data = bytearray(path.read_bytes())
    data[entry.header_offset + 30 + len(member) + entry.file_size // 2] ^= 1
    path.write_bytes(data)
    refused(path, "member_damaged")


@pytest.mark.parametrize(
    ("member", "key"),
    [
        ("manifest.json", "manifest_damaged"),
        ("manifest.sig", "bad_signature"),
        ("rows-0000.sealed", "member_changed"),
        ("totals.sealed", "member_changed"),
    ],
)
def test_a_byte_of_a_member_flipped_by_somebody_who_packs_it_well(path: Path, member: str, key: str) -> None:
    found = members(path)
    changed = bytearray(found[member])
    changed[0] ^= 1
    archive.write(path, {**found, member: bytes(changed)})
    refused(path, key)


def test_any_byte_outside_the_members_flipped(path: Path, sent: bytes) -> None:
    """Headers and directory have one form only: no byte of them is free to carry something."""
    with zipfile.ZipFile(path) as found:
        inside = [(e.header_offset + 30 + len(e.filename), e.file_size) for e in found.infolist()]
    outside = [at for at in range(len(sent)) if not any(start <= at < start + size for start, size in inside)]
    assert len(outside) == sum(30 + 46 + 2 * len(name) for name in MEMBERS) + 22
    for at in outside:
        data = bytearray(sent)
        data[at] ^= 1
        path.write_bytes(data)
        with pytest.raises(DeliveryError):
            inspect(path, None)
            pytest.fail(f"byte {at} of {len(sent)} is free")


@pytest.mark.parametrize("member", MEMBERS)
def test_a_member_is_missing(path: Path, member: str) -> None:
    found = members(path)
    del found[member]
    pack(path, list(found.items()))
    refused(path, "missing_member")


def test_a_part_is_missing_or_too_many(path: Path) -> None:
    found = members(path)
    rows = found["rows-0000.sealed"]
    order = [*MEMBERS[:2], "rows-0000.sealed", "rows-0001.sealed", "totals.sealed"]
    pack(path, [(name, found.get(name, rows)) for name in order])
    refused(path, "missing_member")
    pack(path, [(name, rows) for name in [*MEMBERS[:2], "rows-0001.sealed", "totals.sealed"]])
    refused(path, "missing_member")


@pytest.mark.parametrize(
    "name", ["readme.txt", "rows-0000.parquet", "MANIFEST.JSON", "rows-1.sealed", "rows-٠٠٠٠.sealed"]
)
def test_a_member_that_does_not_belong(path: Path, name: str) -> None:
    pack(path, [*members(path).items(), (name, b"x")])
    refused(path, "extra_member")


@pytest.mark.parametrize(
    "name", ["../x", "/etc/x", "a/../../x", "..\\x", "C:x", "rows-0000.sealed/", "totals.sealed\0.txt"]
)
def test_a_path_trick(path: Path, name: str) -> None:
    plain = zipfile.ZipInfo("x" * len(name), (1980, 1, 1, 0, 0, 0))
    pack(path, [*members(path).items(), (plain, b"x")])
    path.write_bytes(path.read_bytes().replace(b"x" * len(name), name.encode()))
    refused(path, "unsafe_member")


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("member", MEMBERS)
def test_a_member_twice(path: Path, member: str) -> None:
    found = members(path)
    pack(path, [*found.items(), (member, found[member])])
    refused(path, "duplicate_member")


def test_another_order(path: Path) -> None:
    pack(path, list(reversed(members(path).items())))
    refused(path, "misordered_members")


def test_a_compressed_member(path: Path) -> None:
    pack(path, list(members(path).items()), zipfile.ZIP_DEFLATED)
    refused(path, "compressed_member")


def test_a_zip_bomb_is_not_unpacked(path: Path) -> None:
    found = members(path)
    found["rows-0000.sealed"] = bytes(1 << 24)
    pack(path, list(found.items()), zipfile.ZIP_DEFLATED)
    assert path.stat().st_size < 1 << 18
    refused(path, "compressed_member")


@pytest.mark.parametrize("member", MEMBERS)
def test_a_huge_declared_size(path: Path, member: str) -> None:
    data = path.read_bytes()
    at = data.rindex(b"PK\1\2", 0, data.rindex(member.encode()))
    path.write_bytes(data[: at + 20] + struct.pack("<II", 4_000_000_000, 4_000_000_000) + data[at + 28 :])
    refused(path, "member_too_large")


def test_a_large_member(path: Path) -> None:
    pack(path, list({**members(path), "totals.sealed": bytes(1 << 20)}.items()))
    refused(path, "member_too_large")


def test_a_file_larger_than_a_delivery_can_be(path: Path) -> None:
    with path.open("r+b") as file:
        file.truncate(1 << 33)  # sparse: takes no room
    refused(path, "too_large")


def entry(name: str, **told: Any) -> zipfile.ZipInfo:
    made = archive._entry(name)
    for field, value in told.items():
        setattr(made, field, value)
    return made


@pytest.mark.parametrize(
    "told",
    [
        {"date_time": (2026, 1, 15, 9, 30, 0)},
        {"extra": struct.pack("<HH", 0xCAFE, 0)},
        {"comment": b"from Anna"},
        {"create_system": 0},
        {"external_attr": 0o644 << 16},
        {"internal_attr": 1},
    ],
    ids=lambda told: next(iter(told)),
)
def test_a_header_that_tells_more(path: Path, told: dict[str, Any]) -> None:
    found = members(path)
    pack(
        path,
        [(entry(name, **told) if name == "totals.sealed" else name, data) for name, data in found.items()],
    )
    refused(path, "not_plain_zip")


def test_something_before_between_or_after(path: Path, sent: bytes) -> None:
    path.write_bytes(b"#!/bin/sh\n" + sent)
    refused(path, "not_plain_zip")
    with zipfile.ZipFile(path, "a") as made:
        made.comment = b"hello"
    refused(path, "not_plain_zip")
    end = sent.rindex(b"PK\5\6")
    start = sent.index(b"PK\1\2")
    moved = sent[end : end + 16] + struct.pack("<I", start + 7) + sent[end + 20 :]
    path.write_bytes(sent[:start] + b"between" + sent[start:end] + moved)
    refused(path, "not_plain_zip")
    path.write_bytes(sent + b"after")
    refused(path, "not_a_delivery" if not zipfile.is_zipfile(path) else "not_plain_zip")


# The manifest


@pytest.mark.parametrize(
    "change",
    [
        lambda told: told.update(format="factlab-delivery/2"),
        lambda told: told.update(format=None),
        lambda told: told.pop("format"),
    ],
)
def test_another_version(path: Path, change: Callable[[dict[str, Any]], None]) -> None:
    resign(path, change=change)
    refused(path, "unknown_version")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("content", "aggregates"),
        ("content", ["services"]),
        ("day", "2026-01-15T09:30:00"),
        ("day", "20260115"),
        ("day", "2026-02-30"),
        ("day", 20260115),
        ("trust", "Direct!"),
        ("round_id", "00"),
        ("fingerprint", "0" * 63),
        ("participant", "../x"),
        ("participant", "Thuiszorg"),
        ("sequence", 0),
        ("sequence", True),
        ("sequence", "1"),
        ("supersedes", 1),
        ("supersedes", 0),
        ("normaliser", ""),
        ("normaliser", "x" * 65),
        ("key_check", "xyz"),
        ("norm_check", None),
        ("row_bucket", 1187),
        ("row_bucket", 32),
        ("row_bucket", 2048.0),
        ("row_bucket", 1 << 30),
        ("row_bucket", 1 << 60),
        ("parts", 2),
        ("parts", 0),
        ("recipients", []),
        ("recipients", "x"),
        ("recipients", ["x"]),
        ("extra", "x"),
    ],
)
def test_a_field_that_is_not_as_prescribed(path: Path, field: str, value: Any) -> None:
    resign(path, change=lambda told: told.update({field: value}))
    refused(path, "manifest_damaged")


def test_a_field_too_few_and_a_member_too_many(path: Path, sent: bytes) -> None:
    resign(path, change=lambda told: told.pop("supersedes"))
    refused(path, "manifest_damaged")
    path.write_bytes(sent)
    told = canonical.load(members(path)["manifest.json"])
    told["members"]["rows-0001.sealed"] = "0" * 64
    data = canonical.dump(told)
    archive.write(path, {**members(path), "manifest.json": data, "manifest.sig": ANNA.sign("manifest", data)})
    refused(path, "manifest_damaged")


@pytest.mark.parametrize(
    "form",
    [
        lambda data: data + b"\n",
        lambda data: data.replace(b":", b": ", 1),
        lambda data: b'{"content":"register",' + data[1:],
        lambda data: data.decode().encode("utf-16"),
        lambda data: data.replace(b'"trust"', b'"trus\\u0074"'),
        lambda _: b"[" * 100_000,
        lambda _: b"[]",
        lambda _: b"",
        lambda _: b'{"format":NaN}',
        lambda _: b'{"format":"\\ud800"}',
    ],
    ids=["newline", "space", "name twice", "utf-16", "escape", "deep", "list", "empty", "nan", "surrogate"],
)
def test_a_manifest_that_is_not_canonical(path: Path, form: Callable[[bytes], bytes]) -> None:
    found = members(path)
    data = form(found["manifest.json"])
    archive.write(path, {**found, "manifest.json": data, "manifest.sig": ANNA.sign("manifest", data)})
    refused(path, "manifest_damaged")


# Who and for what


def test_another_round(path: Path) -> None:
    refused(path, "wrong_round", round_=replace(ROUND, round_id="f" * 32))


def test_the_same_round_under_other_terms(path: Path) -> None:
    refused(path, "wrong_fingerprint", round_=replace(ROUND, least_threshold=5))


def test_a_replay_into_another_round_by_its_own_sender(path: Path) -> None:
    """Signed anew by its participant, for another round: the seal doesn't go along."""
    other = replace(ROUND, round_id="f" * 32)
    resign(path, change=lambda told: told.update(round_id="f" * 32, fingerprint=other.fingerprint))
    refused(path, "seal_broken", inspection=None, round_=other)


def test_an_unknown_participant(path: Path) -> None:
    resign(path, change=lambda told: told.update(participant="nobody"))
    refused(path, "unknown_participant")


def test_a_participant_without_a_key(path: Path) -> None:
    from factlab.agreement import Keys

    keyless = tuple(
        replace(who, keys=Keys()) if who.id == "thuiszorg-de-brug" else who for who in ROUND.participants
    )
    refused(path, "bad_signature", round_=replace(ROUND, participants=keyless))


def test_signed_by_another_participant(path: Path) -> None:
    resign(path, by=BERT)
    refused(path, "bad_signature")


def test_a_signature_for_something_else(path: Path) -> None:
    """A participant signs other things too; none of them passes for a manifest."""
    found = members(path)
    archive.write(path, {**found, "manifest.sig": ANNA.sign("round", found["manifest.json"])})
    refused(path, "bad_signature")


def test_a_sealed_manifest_changed_without_its_key(path: Path) -> None:
    found = members(path)
    told = canonical.load(found["manifest.json"])
    told["sequence"], told["supersedes"] = 9, 8
    archive.write(path, {**found, "manifest.json": canonical.dump(told)})
    refused(path, "bad_signature")


def test_stripped_and_signed_by_another_participant_as_its_own(path: Path) -> None:
    """Wijkteam Oost passes off the thuiszorg's rows as its own, or delivers them to learn from the counts."""
    resign(path, by=BERT, change=lambda told: told.update(participant="wijkteam-oost"))
    refused(path, "seal_broken", inspection=None)


@pytest.mark.parametrize(
    "change",
    [
        {"sequence": 2},
        {"day": "2026-01-16"},
        {"key_check": "00" * 8},
        {"content": "register"},
        {"row_bucket": 4096},
    ],
    ids=lambda change: next(iter(change)),
)
def test_the_seal_is_bound_to_all_of_the_manifest(path: Path, change: dict[str, Any]) -> None:
    resign(path, change=lambda told: told.update(change))
    checks = replace(CHECKS, key_check=change.get("key_check", CHECKS.key_check))
    refused(path, "seal_broken", inspection=None, checks=checks)


@pytest.mark.parametrize("member", ["rows-0000.sealed", "totals.sealed"])
def test_a_member_of_another_delivery_of_the_same_participant(
    path: Path, tmp_path: Path, member: str
) -> None:
    send(tmp_path / "b.factlab", services(1187, seed=2), sequence=2)
    resign(path, swap={member: members(tmp_path / "b.factlab")[member]})
    refused(path, "seal_broken", inspection=None)


def test_members_that_changed_places(path: Path) -> None:
    found = members(path)
    resign(
        path,
        swap={"totals.sealed": found["rows-0000.sealed"][:5232], "rows-0000.sealed": found["totals.sealed"]},
    )
    refused(path, "seal_broken", inspection=None)


def test_parts_that_changed_places(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(manifest, "ROWS_PER_PART", 64)
    path.unlink()
    send(path, services(100))
    found = members(path)
    resign(
        path,
        swap={"rows-0000.sealed": found["rows-0001.sealed"], "rows-0001.sealed": found["rows-0000.sealed"]},
    )
    refused(path, "seal_broken", inspection=None)


def test_another_secret_and_another_normaliser(path: Path) -> None:
    refused(path, "wrong_secret", inspection=None, checks=replace(CHECKS, key_check="00" * 8))
    refused(path, "wrong_normaliser", inspection=None, checks=replace(CHECKS, norm_check="00" * 8))
    refused(path, "wrong_normaliser", inspection=None, checks=replace(CHECKS, normaliser="2"))


def test_forwarded_to_another_recipient(path: Path) -> None:
    refused(path, "not_for_us", inspection=None, recipient=STRANGER)
    stranger = identity.fingerprint(STRANGER.keys)
    resign(path, change=lambda told: told.update(recipients=[stranger]))
    refused(path, "seal_broken", inspection=None, recipient=STRANGER)


# What is inside the seal, from a participant with its own software


def parquet(rows: Any, **options: Any) -> bytes:
    plain = {"compression": "none", "use_dictionary": False, "write_statistics": False, "store_schema": False}
    sink = io.BytesIO()
    pq.write_table(rows, sink, **{**plain, **options})
    return sink.getvalue()


def test_the_forger_of_these_tests_makes_what_is_accepted(path: Path) -> None:
    """Else the refusals below would prove nothing."""
    seal_anew(path, [padded(parquet(ROWS))])
    _, contents = open_package(path, round_=ROUND, checks=CHECKS, recipient=ANALYST)
    assert contents.rows.equals(ROWS)


@pytest.mark.parametrize("bucket", [64, 1024, 4096, 1 << 20])
def test_another_bucket_than_the_rows(path: Path, bucket: int) -> None:
    seal_anew(path, [padded(parquet(ROWS))], change=lambda told: told.update(row_bucket=bucket))
    refused(path, "bucket_off", inspection=None)


def test_rows_out_of_order(path: Path) -> None:
    half = ROWS.num_rows // 2
    seal_anew(
        path, [padded(parquet(pa.concat_tables([ROWS.slice(half), ROWS.slice(0, half)]).combine_chunks()))]
    )
    refused(path, "rows_not_sorted", inspection=None)


def test_a_row_twice(path: Path) -> None:
    twice = pa.concat_tables([ROWS.slice(0, 5), ROWS.slice(4)]).combine_chunks()
    seal_anew(path, [padded(parquet(twice))])
    refused(path, "rows_not_sorted", inspection=None)


def test_a_row_in_another_part(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(manifest, "ROWS_PER_PART", 1024)
    first, second = plaintext.cut(ROWS, 2)
    seal_anew(
        path, [padded(parquet(second)), padded(parquet(first))], change=lambda told: told.update(parts=2)
    )
    refused(path, "row_in_wrong_part", inspection=None)


def _with_metadata(rows: Any) -> bytes:
    sink = io.BytesIO()
    plain = {"compression": "none", "use_dictionary": False, "write_statistics": False, "store_schema": False}
    with pq.ParquetWriter(sink, rows.schema, **plain) as writer:
        writer.write_table(rows)
        writer.add_key_value_metadata({"from": "Anna"})
    return sink.getvalue()


def _swapped(rows: Any, **columns: Any) -> Any:
    return pa.table({**{name: rows.column(name) for name in rows.schema.names}, **columns})


@pytest.mark.parametrize(
    "make",
    [
        lambda: parquet(ROWS.append_column(pa.field("start", pa.string(), False), pa.array(["x"] * ROWS.num_rows))),
        lambda: parquet(ROWS.select(["pseudonym"])),
        lambda: parquet(ROWS.select(["service", "pseudonym"])),
        lambda: parquet(ROWS.rename_columns(["address", "service"])),
        lambda: parquet(_swapped(ROWS)),
        lambda: parquet(_swapped(ROWS, pseudonym=pa.array([str(n) for n in range(ROWS.num_rows)]))),
        lambda: parquet(_swapped(ROWS, service=pa.array(range(ROWS.num_rows)))),
        lambda: parquet(ROWS, compression="snappy"),
        lambda: parquet(ROWS, use_dictionary=True),
        lambda: parquet(ROWS, store_schema=True),
        lambda: _with_metadata(ROWS),
        lambda: parquet(ROWS, row_group_size=100),
        lambda: b"PAR1 no parquet PAR1",
        lambda: b"",
        lambda: parquet(ROWS)[:-9],
        lambda: parquet(ROWS).replace(b"WMO-HBH", b"\xff\xff\xff-HBH"),
    ],
    ids=[
        "column too many", "column too few", "other order", "other name", "nullable", "text for uuid",
        "number for text", "compressed", "dictionary", "arrow schema", "metadata", "row groups", "no parquet",
        "nothing", "truncated", "no utf-8",
    ],
)  # fmt: skip
def test_rows_in_another_form(path: Path, make: Callable[[], bytes]) -> None:
    seal_anew(path, [padded(make())])
    refused(path, "other_schema", inspection=None)


def _number(value: int) -> bytes:
    """A number of Parquet's footer: zigzag, seven bits a byte."""
    value, data = 2 * value, b""
    while value > 127:
        data, value = data + bytes([value & 127 | 128]), value >> 7
    return data + bytes([value])


def _deny_dictionary(data: bytes) -> bytes:
    """The footer says of the last column that its values are plain and begin where its dictionary stands."""
    about = pq.ParquetFile(io.BytesIO(data)).metadata
    column = about.row_group(0).column(about.num_columns - 1)
    values, dictionary = _number(column.data_page_offset), _number(column.dictionary_page_offset)
    assert len(values) == len(dictionary)
    data = data.replace(b"\x26" + values + b"\x26" + dictionary, b"\x26" + dictionary + b"\xf6" + dictionary)
    return data.replace(b"\x35\x00\x06\x10", b"\x35\x00\x06\x06")


def test_a_dictionary_that_the_footer_denies(path: Path) -> None:
    """A hundred kilobytes that mean a hundred megabytes, and say of themselves that they are plain."""
    field = plaintext.SCHEMAS["services"].field(1)
    bomb = parquet(
        ROWS.set_column(1, field, pa.array(["x" * 90_000] * ROWS.num_rows)), use_dictionary=["service"]
    )
    denied = _deny_dictionary(bomb)
    read = pq.ParquetFile(io.BytesIO(denied))
    assert not read.metadata.row_group(0).column(1).has_dictionary_page
    assert read.read().nbytes > 900 * len(denied)
    seal_anew(path, [padded(denied)])
    usual = pa.default_memory_pool()
    counting = pa.proxy_memory_pool(usual)
    pa.set_memory_pool(counting)
    try:
        refused(path, "other_schema", inspection=None)
    finally:
        pa.set_memory_pool(usual)
    assert 0 < counting.max_memory() < 10 * len(denied)


def test_a_dictionary_with_a_forged_encoding(path: Path) -> None:
    forged = parquet(ROWS, use_dictionary=["service"]).replace(b"\x35\x00\x06\x10", b"\x35\x00\x06\x06")
    seal_anew(path, [padded(forged)])
    refused(path, "other_schema", inspection=None)


def test_a_text_longer_than_any_code(path: Path) -> None:
    field = plaintext.SCHEMAS["services"].field(1)
    for size, is_refused in ((100, False), (101, True)):
        texts = pc.utf8_rpad(ROWS.column("service"), width=size, padding="x")
        seal_anew(path, [padded(parquet(ROWS.set_column(1, field, texts)))])
        if is_refused:
            refused(path, "other_schema", inspection=None)
        else:
            open_package(path, round_=ROUND, checks=CHECKS, recipient=ANALYST)


def test_a_parquet_bomb(path: Path) -> None:
    """A million equal values in a few kilobytes: refused before a value is read."""
    column = pa.array(["WMO-HBH"]).take(pa.array([0] * 1_000_000))
    many = pa.table({"pseudonym": pa.array([bytes(16)] * 1_000_000, pa.binary(16)), "service": column})
    bomb = parquet(many, compression="zstd", use_dictionary=True)
    assert len(bomb) < 1 << 16
    seal_anew(path, [padded(bomb)], change=lambda told: told.update(row_bucket=1 << 20))
    refused(path, "other_schema", inspection=None)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda data: padded(data) + bytes(64),
        lambda data: padded(data)[:-1] + b"\1",
        lambda data: plaintext.pad(data, len(data) + 8),
        lambda data: (1 << 62).to_bytes(8, "big") + padded(data)[8:],
        lambda data: (len(data) + 1).to_bytes(8, "big") + padded(data)[8:-1] + b"\1",
        lambda _: b"",
        lambda _: b"\0",
    ],
    ids=["longer", "not zero", "not padded", "length too large", "hidden byte", "empty", "short"],
)
def test_padding_that_hides_or_tells(path: Path, spoil: Callable[[bytes], bytes]) -> None:
    seal_anew(path, [spoil(parquet(ROWS))])
    refused(path, "bad_padding", inspection=None)


@pytest.mark.parametrize(
    "totals",
    [
        canonical.dump({"rows read": -1}),
        canonical.dump({"rows read": 1.5}),
        canonical.dump({"rows read": True}),
        canonical.dump({"rows read": "12"}),
        canonical.dump({"Stationsstraat 1": 1}),
        canonical.dump({"rows read": 1 << 60}),
        b'{"rows read": 1}',
        b"[1]",
        b"\xff",
        b"",
    ],
)
def test_totals_that_are_no_totals(path: Path, totals: bytes) -> None:
    seal_anew(path, [padded(parquet(ROWS))], plaintext.pad(totals, plaintext.TOTALS_SIZE))
    refused(path, "bad_totals", inspection=None)


def test_totals_of_another_size(path: Path) -> None:
    data = canonical.dump(TOTALS_TOLD)
    seal_anew(path, [padded(parquet(ROWS))], plaintext.pad(data, 2 * plaintext.TOTALS_SIZE))
    refused(path, "bad_totals", inspection=None)


def test_a_checksum_can_be_right_for_a_changed_member(path: Path) -> None:
    """ZIP's CRC is no protection: with it mended, the manifest's digest still refuses."""
    found = members(path)
    changed = bytes([found["totals.sealed"][0] ^ 1]) + found["totals.sealed"][1:]
    assert zlib.crc32(changed) != zlib.crc32(found["totals.sealed"])
    archive.write(path, {**found, "totals.sealed": changed})
    refused(path, "member_changed")


def test_every_error_of_the_room_has_its_sentence() -> None:
    import re

    import factlab.delivery

    room = Path(factlab.delivery.__file__).parent
    raised = {
        key
        for file in room.glob("*.py")
        for key in re.findall(r'"delivery\.([a-z_]+)"', file.read_text("utf-8"))
    }
    from factlab.texts import room as texts

    written = texts("delivery")
    assert raised <= set(written)
    assert set(written) <= raised | {"rows_not_sorted", "other_schema"}
    assert all(set(entry) == set(LANGUAGES) for entry in written.values())
