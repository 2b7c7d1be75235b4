"""The envelope: a ZIP that can be written in one way only, so that nothing hides in it and nothing bursts out of it."""

from __future__ import annotations

import os
import re
import struct
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from factlab import files
from factlab.delivery.manifest import (
    MANIFEST,
    MEANINGS,
    MOST_PARTS,
    ORIGIN,
    ORIGIN_SIGNATURE,
    SIGNATURE,
    TOTALS,
    sealed_members,
)
from factlab.errors import DeliveryError

LARGEST = (1 << 32) - (
    1 << 20
)  # below it a ZIP needs no 64-bit fields, and no member count or size is near its limit
LIMITS = {
    MANIFEST: 1 << 18,
    SIGNATURE: 64,
    MEANINGS: 1 << 24,
    ORIGIN: 1 << 18,
    ORIGIN_SIGNATURE: 64,
    TOTALS: 1 << 16,
}  # bytes
ROWS_LIMIT = 1 << 28
_ROWS = re.compile(r"rows-[0-9]{4}\.sealed")


@dataclass(frozen=True)
class Archive:
    """An open delivery whose outside is in order."""

    file: str
    members: tuple[str, ...]
    _zip: zipfile.ZipFile

    def read(self, member: str) -> bytes:
        """A member whole; its size was checked against its limit on opening."""
        try:
            return self._zip.read(member)
        except (zipfile.BadZipFile, EOFError, OSError):
            raise DeliveryError("delivery.member_damaged", file=self.file, member=member) from None


def _entry(name: str) -> zipfile.ZipInfo:
    """The one header that a member of this name has, on every system."""
    entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
    entry.create_system = 3
    entry.external_attr = 0o600 << 16
    return entry


def write(path: Path, members: Mapping[str, bytes]) -> None:
    """Write the members in their order. Raises DeliveryError when they would be refused for their size."""
    for name, data in members.items():
        if len(data) > LIMITS.get(name, ROWS_LIMIT):
            raise DeliveryError("delivery.member_too_large", file=path.name, member=name)
    if sum(len(data) + 200 for data in members.values()) > LARGEST:
        raise DeliveryError("delivery.too_large", file=path.name)
    with files.new_file(path) as beside, zipfile.ZipFile(beside, "w", zipfile.ZIP_STORED) as archive:
        for name, data in members.items():
            archive.writestr(_entry(name), data)


def _check_names(names: list[str], file: str) -> None:
    for name in names:
        if re.search(r"[/\\:\0]|\.\.", name):
            raise DeliveryError("delivery.unsafe_member", file=file)
        if name not in LIMITS and not _ROWS.fullmatch(name):
            raise DeliveryError("delivery.extra_member", file=file)
    if len(set(names)) < len(names):
        raise DeliveryError("delivery.duplicate_member", file=file)
    if names == [MANIFEST, SIGNATURE]:  # a withdrawal; of anything else the manifest names more
        return
    rows = sum(name not in LIMITS for name in names)
    origin = ORIGIN in names or ORIGIN_SIGNATURE in names
    parts = min(max(rows, 1), MOST_PARTS)
    expected = [
        MANIFEST,
        SIGNATURE,
        *sealed_members(parts, meanings=origin or MEANINGS in names, origin=origin),
    ]
    if missing := [name for name in expected if name not in names]:
        raise DeliveryError("delivery.missing_member", file=file, member=missing[0])
    if len(names) > len(expected):
        raise DeliveryError("delivery.extra_member", file=file)
    if names != expected:
        raise DeliveryError("delivery.misordered_members", file=file)


def _directory(entries: list[zipfile.ZipInfo], start: int) -> bytes:
    """The end of the only ZIP that these entries make (APPNOTE 4.3.12 and 4.3.16), all dated 1980-01-01."""
    records = b"".join(
        struct.pack(
            "<4s4B4H3L5H2L",
            b"PK\1\2",
            *(20, entry.create_system, 20, 0),
            *(0, zipfile.ZIP_STORED, 0, 1 << 5 | 1),
            *(entry.CRC, entry.file_size, entry.file_size),
            *(len(entry.filename), 0, 0, 0, 0),
            *(entry.external_attr, entry.header_offset),
        )
        + entry.filename.encode("ascii")
        for entry in entries
    )
    count = len(entries)
    return records + struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, count, count, len(records), start, 0)


def _check_layout(archive: zipfile.ZipFile, handle: BinaryIO, size: int, file: str) -> None:
    """Every byte of the envelope is the one that `write` would put there: no gap, comment, date or extra field."""
    offset = 0
    entries = []
    for found in archive.infolist():
        name = found.orig_filename
        if found.compress_type != zipfile.ZIP_STORED:
            raise DeliveryError("delivery.compressed_member", file=file, member=name)
        if max(found.file_size, found.compress_size) > LIMITS.get(name, ROWS_LIMIT):
            raise DeliveryError("delivery.member_too_large", file=file, member=name)
        entry = _entry(name)
        entry.CRC, entry.file_size, entry.compress_size = found.CRC, found.file_size, found.file_size
        entry.header_offset = offset
        head = entry.FileHeader(zip64=False)
        handle.seek(offset)
        if handle.read(len(head)) != head:
            raise DeliveryError("delivery.not_plain_zip", file=file)
        offset += len(head) + found.file_size
        entries.append(entry)
    directory = _directory(entries, offset)
    handle.seek(min(offset, size))
    if size != offset + len(directory) or handle.read() != directory:
        raise DeliveryError("delivery.not_plain_zip", file=file)


@contextmanager
def opened(path: Path) -> Iterator[Archive]:
    """A delivery whose outside was checked: names, order, sizes and every byte between the members."""
    path = Path(path)
    with ExitStack() as stack:
        try:
            handle = stack.enter_context(path.open("rb"))
            size = handle.seek(0, os.SEEK_END)
            if size > LARGEST:
                raise DeliveryError("delivery.too_large", file=path.name)
            archive = stack.enter_context(zipfile.ZipFile(handle))
        except FileNotFoundError:
            raise DeliveryError("delivery.missing_file", file=path.name) from None
        except (zipfile.BadZipFile, ValueError, NotImplementedError, EOFError, struct.error, OSError):
            raise DeliveryError("delivery.not_a_delivery", file=path.name) from None
        names = [found.orig_filename for found in archive.infolist()]
        _check_names(names, path.name)
        _check_layout(archive, handle, size, path.name)
        yield Archive(path.name, tuple(names), archive)
