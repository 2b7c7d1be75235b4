"""A publication on disk: what is in the folder, and the checks before a cell goes in or is believed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from factlab.cells import Publication, SafeTable
from factlab.errors import PublicationError
from factlab.publication import codebook as codebooks
from factlab.publication import listing

CERTIFICATE = "disclosure.json"
PROVENANCE = "provenance.json"
BORDERS = "areas.geojson"
SUMS = "SHA256SUMS"
FIGURES = (listing.CSV, codebooks.FILE)
NEEDED = (listing.CSV, listing.PARQUET, codebooks.FILE, CERTIFICATE, PROVENANCE, BORDERS)


def write(
    folder: Path, safe: SafeTable, *, provenance: Mapping[str, Any], borders: Mapping[str, Any]
) -> None:
    """Write a protected table into an existing folder, with all a reader needs to use, check and attack it.

    Raises PublicationError, before anything is written, when the table isn't whole or holds a count that must
    not be seen: disclosure control has seen to that, and this door looks again.
    """
    _inspect(safe)
    listing.write_cells(folder, safe.codebook, safe.cells)
    listing.write_wide(folder, safe.codebook, safe.cells)
    _write_json(folder / codebooks.FILE, codebooks.to_json(safe.codebook))
    _write_json(folder / BORDERS, _outlines(borders), indent=None)
    _write_json(folder / PROVENANCE, provenance)
    _write_json(folder / CERTIFICATE, safe.certificate)


def _outlines(borders: Mapping[str, Any]) -> dict[str, Any]:
    """Borders with the code of each area and nothing else about it: files of borders often count inhabitants too."""
    features = [
        {**feature, "properties": {"code": feature["properties"]["code"]}} for feature in borders["features"]
    ]
    return {**borders, "features": features}


def add_to_certificate(folder: Path, attack: Mapping[str, Any]) -> None:
    """Add what the attacker found to `disclosure.json`, under `attack`."""
    certificate = _read_json(folder, CERTIFICATE)
    _write_json(folder / CERTIFICATE, {**certificate, "attack": attack})


def seal(folder: Path) -> None:
    """Write the checksum of every file in the folder, in the format of `sha256sum`, sorted by name."""
    files = sorted(
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file() and path != folder / SUMS
    )
    lines = [f"{_sha256(folder / name)}  {name}\n" for name in files]
    (folder / SUMS).write_bytes("".join(lines).encode())


def read(folder: Path) -> Publication:
    """Read a publication; raises PublicationError unless the folder is whole and fits its own codebook."""
    folder = Path(folder)
    for name in NEEDED:
        if not (folder / name).is_file():
            raise PublicationError("publication.missing", folder=folder.name, file=name)
    if (folder / SUMS).is_file():
        _verify(folder)
    codebook = codebooks.from_json(_read_json(folder, codebooks.FILE))
    borders = _read_json(folder, BORDERS)
    if borders.get("type") != "FeatureCollection":
        raise PublicationError("publication.format", file=BORDERS, format="FeatureCollection")
    return Publication(
        codebook=codebook,
        cells=listing.read_cells(folder, codebook),
        provenance=_read_json(folder, PROVENANCE),
        certificate=_read_json(folder, CERTIFICATE),
        borders=borders,
    )


def _inspect(safe: SafeTable) -> None:
    codebook = safe.codebook
    if tuple(cell.key for cell in safe.cells) != codebook.keys:
        raise PublicationError("publication.other_cells")
    for cell in safe.cells:
        unavailable = (cell.key.table, cell.key.category) in codebook.unavailable
        known_status = cell.status in listing.STATUSES and (cell.status == "unavailable") == unavailable
        if not known_status or (cell.status == "published") != (cell.households is not None):
            raise PublicationError("publication.other_status", table=cell.key.table, area=cell.key.area_code)
        if cell.households is not None and (cell.households < 0 or 0 < cell.households < codebook.threshold):
            raise PublicationError("publication.too_small", table=cell.key.table, area=cell.key.area_code)
        if codebook.rounding and (cell.households or 0) % codebook.rounding:
            raise PublicationError("publication.not_rounded", table=cell.key.table, area=cell.key.area_code)


def _verify(folder: Path) -> None:
    """Each listed file has its checksum, and each file that we read is listed."""
    listed = set()
    for number, line in enumerate((folder / SUMS).read_text(encoding="utf-8").splitlines(), start=1):
        checksum, gap, name = line.partition("  ")
        inside = PurePosixPath(name)
        if not gap or not name or inside.is_absolute() or ".." in inside.parts:
            raise PublicationError("publication.row", file=SUMS, row=number, column="-")
        if not (folder / inside).is_file():
            raise PublicationError("publication.missing", folder=folder.name, file=name)
        if _sha256(folder / inside) != checksum:
            raise PublicationError("publication.changed", file=name)
        listed.add(name)
    for name in NEEDED:
        if name not in listed:
            raise PublicationError("publication.changed", file=name)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _write_json(path: Path, value: Mapping[str, Any], indent: int | None = 1) -> None:
    text = json.dumps(value, ensure_ascii=False, indent=indent, allow_nan=False)
    path.write_bytes(f"{text}\n".encode())


def _read_json(folder: Path, name: str) -> dict[str, Any]:
    try:
        value = json.loads((folder / name).read_bytes())
    except FileNotFoundError:
        raise PublicationError("publication.missing", folder=folder.name, file=name) from None
    except ValueError:
        raise PublicationError("publication.not_json", file=name) from None
    if not isinstance(value, dict):
        raise PublicationError("publication.not_json", file=name)
    return value
