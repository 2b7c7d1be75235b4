"""Publications for tests: protected naively (every small cell, and whatever a test adds), with invented borders."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from factlab import publication
from factlab.cells import Cell, CellKey, Codebook, CountTable, Publication, SafeTable

CERTIFICATE = {
    "method": "tests only: every small cell is hidden",
    "threshold": 10,
    "not_covered": ["an organisation's own knowledge of its own clients"],
}
PROVENANCE = {"factlab": "0.1.0", "round": "testdam-2025", "steps": []}


def protect(counted: CountTable, also: Iterable[CellKey] = ()) -> SafeTable:
    """Hide each count below the threshold, and `also`. Not safe: it only looks like a protected table."""
    book = counted.codebook
    extra = set(also)
    cells = []
    for key in book.keys:
        if (key.table, key.category) in book.unavailable:
            cells.append(Cell(key, None, "unavailable"))
        elif key in extra or 0 < counted.counts[key] < book.threshold:
            cells.append(Cell(key, None, "suppressed"))
        else:
            cells.append(Cell(key, counted.counts[key], "published"))
    return SafeTable(book, tuple(cells), CERTIFICATE)


def borders(book: Codebook, side: int = 1000) -> dict[str, Any]:
    """A column of squares per district, its neighbourhoods from south to north; invented, in metres."""

    def ring(x: int, y: int, width: int, height: int) -> list[list[int]]:
        return [[x, y], [x + width, y], [x + width, y + height], [x, y + height], [x, y]]

    features, rings = [], []
    for column, district in enumerate(book.at("district")):
        inside = book.children(district.code)
        x, height = 100_000 + column * side, side * 3 // max(len(inside), 1)
        for row, area in enumerate(inside):
            features.append(_feature(area.code, "Polygon", [ring(x, 400_000 + row * height, side, height)]))
        whole = ring(x, 400_000, side, height * max(len(inside), 1))
        features.append(_feature(district.code, "Polygon", [whole]))
        rings.append([whole])
    features.append(_feature(book.municipality.code, "MultiPolygon", rings))
    return {
        "type": "FeatureCollection",
        "crs": {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::28992"}},
        "features": features,
    }


def _feature(code: str, kind: str, coordinates: list[Any]) -> dict[str, Any]:
    return {
        "type": "Feature",
        "properties": {"code": code},
        "geometry": {"type": kind, "coordinates": coordinates},
    }


def publish(folder: Path, safe: SafeTable) -> Publication:
    """Write, seal and read back."""
    folder.mkdir()
    publication.write(folder, safe, provenance=PROVENANCE, borders=borders(safe.codebook))
    publication.add_to_certificate(folder, {"wins": 0})
    publication.seal(folder)
    return publication.read(folder)
