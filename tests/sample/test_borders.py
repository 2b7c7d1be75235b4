"""The drawn map: neighbours share their borders to the metre, and districts are exactly their neighbourhoods."""

from __future__ import annotations

import csv
import json
from collections import Counter
from itertools import pairwise
from pathlib import Path

import numpy as np

AGREEMENT = Path(__file__).parents[2] / "sample_data" / "agreement"
Ring = list[list[int]]


def polygons() -> dict[str, list[list[Ring]]]:
    drawn = json.loads((AGREEMENT / "areas.geojson").read_text(encoding="utf-8"))
    assert drawn["crs"]["properties"]["name"] == "urn:ogc:def:crs:EPSG::28992"
    found = {}
    for feature in drawn["features"]:
        shape = feature["geometry"]
        parts = [shape["coordinates"]] if shape["type"] == "Polygon" else shape["coordinates"]
        found[feature["properties"]["code"]] = parts
    return found


def doubled_area(parts: list[list[Ring]]) -> int:
    return sum(x1 * y2 - x2 * y1 for part in parts for ring in part for (x1, y1), (x2, y2) in pairwise(ring))


def segments(parts: list[list[Ring]]) -> list[tuple[tuple[int, int], tuple[int, int]]]:
    return [((a[0], a[1]), (b[0], b[1])) for part in parts for ring in part for a, b in pairwise(ring)]


def inside() -> dict[str, list[str]]:
    with (AGREEMENT / "areas.csv").open(encoding="utf-8", newline="") as lines:
        areas = list(csv.DictReader(lines))
    return {
        one["code"]: [child["code"] for child in areas if child["parent"] == one["code"]] for one in areas
    }


def test_every_area_is_drawn_with_closed_rings_of_whole_metres() -> None:
    drawn = polygons()
    assert drawn.keys() == inside().keys()
    for parts in drawn.values():
        for part in parts:
            assert doubled_area([[part[0]]]) > 0  # anticlockwise, as RFC 7946 wants
            for ring in part:
                assert ring[0] == ring[-1] and len(ring) > 4
                assert all(isinstance(value, int) for point in ring for value in point)


def test_areas_are_the_sum_of_their_parts() -> None:
    drawn = polygons()
    for code, parts in inside().items():
        if parts:
            assert doubled_area(drawn[code]) == sum(doubled_area(drawn[part]) for part in parts)


def test_shared_borders_coincide_and_inner_ones_dissolve() -> None:
    """Each stretch of border is walked once each way by two neighbours, or once by one and by what it lies in."""
    drawn = polygons()
    for code, parts in inside().items():
        if not parts:
            continue
        walked = Counter(segment for part in parts for segment in segments(drawn[part]))
        assert set(walked.values()) == {1}
        outer = {segment for segment in walked if segment[::-1] not in walked}
        assert outer == set(segments(drawn[code]))


def test_no_border_crosses_another() -> None:
    drawn = polygons()
    unique = {min(segment, segment[::-1]) for code, parts in drawn.items() for segment in segments(parts)}
    lines = np.array(sorted(unique), dtype=np.int64)
    a, b = lines[:, 0], lines[:, 1]

    def side(p: np.ndarray, q: np.ndarray, r: np.ndarray) -> np.ndarray:
        u, v = (q - p)[:, None, :], r[None, :, :] - p[:, None, :]
        return np.sign(u[..., 0] * v[..., 1] - u[..., 1] * v[..., 0])

    split = (side(a, b, a) * side(a, b, b)) < 0  # segment j's ends lie on either side of segment i
    assert not (split & split.T).any()
