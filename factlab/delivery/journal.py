"""A log in which no line can be changed, taken out or moved unseen: each line holds the digest of the one before it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from factlab import files
from factlab.delivery import canonical
from factlab.errors import DeliveryError

FORMAT = "factlab-log/1"
START = "0" * 64
_LARGEST = 1 << 24  # bytes


def read(path: Path) -> list[dict[str, Any]]:
    """The lines, oldest first; none when there is no log yet. Raises DeliveryError when the chain is broken."""
    try:
        if path.stat().st_size > _LARGEST:
            raise DeliveryError("delivery.log_broken", file=path.name, line=1)
        lines = path.read_bytes().split(b"\n")
    except FileNotFoundError:
        return []
    found: list[dict[str, Any]] = []
    previous = START
    for number, line in enumerate(lines[:-1] if lines[-1] == b"" else lines, start=1):
        try:
            told = canonical.load(line)
        except ValueError:
            told = {}
        if (told.get("format"), told.get("number"), told.get("previous")) != (FORMAT, number, previous):
            raise DeliveryError("delivery.log_broken", file=path.name, line=number)
        found.append(told)
        previous = hashlib.sha256(line).hexdigest()
    return found


def head(lines: list[dict[str, Any]]) -> str:
    """The digest of the last line: who signs it, signs the whole log."""
    return hashlib.sha256(canonical.dump(lines[-1])).hexdigest() if lines else START


def append(path: Path, said: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Add a line; give all lines. What is said is texts and whole numbers: digests and buckets, never a pseudonym."""
    lines = read(path)
    lines.append({**said, "format": FORMAT, "number": len(lines) + 1, "previous": head(lines)})
    with files.new_file(path, private=True) as beside:
        beside.write_bytes(b"".join(canonical.dump(line) + b"\n" for line in lines))
    return lines
