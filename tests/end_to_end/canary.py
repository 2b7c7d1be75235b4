"""A search for pseudonyms and addresses in whatever a folder holds, unpacked as far as it unpacks."""

from __future__ import annotations

import base64
import io
import re
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path

import pyarrow.parquet as pq

_HEX = re.compile(rb"[0-9a-fA-F-]{32,}")
_BASE64 = re.compile(rb"[A-Za-z0-9+/_=-]{20,}")
_POSTCODE = re.compile(rb"[1-9][0-9]{3}(?: |%20|&nbsp;|\xc2\xa0)?[A-Za-z]{2}")
# A digest or a check is random: somewhere in so many digits stands a postcode that nobody wrote.
_DIGEST = re.compile(rb"(?<![0-9A-Za-z])[0-9a-f]{16,}(?![0-9A-Za-z])")
_STREAM = re.compile(rb"stream\r?\n(.*?)endstream", re.DOTALL)


def _base64_cores(pseudonym: bytes) -> set[bytes]:
    """The characters that base64 surely gives for these 16 bytes at each of its three offsets."""
    cores = set()
    for offset in range(3):
        text = base64.b64encode(b"\0" * offset + pseudonym + b"\0" * 3)
        first = -(-offset * 8 // 6)  # the first character that depends on the pseudonym alone
        cores.add(text[first : first + 20])
    return cores


class Canary:
    """Knows the pseudonyms and postcodes that must be nowhere. `search` names the files in which one is."""

    def __init__(self, pseudonyms: Iterable[bytes], postcodes: Iterable[str]) -> None:
        self.raw = set(pseudonyms)
        self.hex = {pseudonym.hex().encode() for pseudonym in self.raw}
        self.base64 = {core for pseudonym in self.raw for core in _base64_cores(pseudonym)}
        self.postcodes = {postcode.encode() for postcode in postcodes}

    def finds(self, data: bytes) -> str:
        """What kind of canary is in `data`; empty when there is none."""
        if any(data[at : at + 16] in self.raw for at in range(len(data) - 15)):
            return "raw pseudonym"
        for run in _HEX.findall(data):
            digits = run.replace(b"-", b"").lower()
            if any(digits[at : at + 32] in self.hex for at in range(len(digits) - 31)):
                return "hex pseudonym"
        for run in _BASE64.findall(data):
            plain = run.translate(bytes.maketrans(b"-_", b"+/"))
            if any(plain[at : at + 20] in self.base64 for at in range(len(plain) - 19)):
                return "base64 pseudonym"
        for found in _POSTCODE.findall(_DIGEST.sub(b"", data)):
            if re.sub(rb"[^0-9A-Za-z]|%20|nbsp", b"", found).upper() in self.postcodes:
                return "address"
        return ""

    def search(self, folder: Path) -> dict[str, str]:
        """Each file (and what was unpacked from it) that holds a canary, with its kind."""
        found = {}
        for file in sorted(path for path in folder.rglob("*") if path.is_file()):
            for name, data in [
                (file.name, str(file.relative_to(folder)).encode()),
                *_unpacked(file.name, file.read_bytes()),
            ]:
                if kind := self.finds(data):
                    found[f"{file.relative_to(folder)}: {name}"] = kind
        return found


def _unpacked(name: str, data: bytes) -> Iterator[tuple[str, bytes]]:
    """The bytes of a file, and of what is packed in it: ZIP members, PDF streams, Parquet values, embedded fonts."""
    yield name, data
    if data[:2] == b"PK":
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for member in archive.namelist():
                yield from _unpacked(f"{name}/{member}", archive.read(member))
    elif data[:4] == b"PAR1":
        table = pq.read_table(io.BytesIO(data))
        yield f"{name}/values", repr(table.to_pylist()).encode()
        for column in table.columns:
            for value in column.unique().to_pylist():
                if isinstance(value, bytes):
                    yield f"{name}/bytes", value
    elif data[:4] == b"%PDF":
        for number, stream in enumerate(_STREAM.findall(data)):
            try:
                yield f"{name}/stream {number}", zlib.decompress(stream)
            except zlib.error:
                yield f"{name}/stream {number}", stream
