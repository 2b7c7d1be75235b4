"""The drawn borders of Wiermonde: two banks of a river at a coast; neighbours share their borders to the metre."""

from __future__ import annotations

import json
from itertools import pairwise

import numpy as np
import numpy.typing as npt
from scipy.spatial import Voronoi

from factlab.sample.place import DISTRICT_OF, DISTRICTS, MUNICIPALITY, NEIGHBOURHOODS

Points = npt.NDArray[np.float64]
Labels = npt.NDArray[np.int64]
Point = tuple[int, int]

OUTSIDE = -1
# The south-west corner in RD New: in the North Sea, where nobody can take it for an existing place.
ORIGIN = (30_000, 470_000)
SPACING = 0.125  # km between the points that the map is drawn from

RIVER = np.array(
    [(14.5, 6.6), (12.6, 6.35), (11.2, 5.75), (9.8, 5.9), (8.5, 6.0), (7.3, 5.85), (6.2, 6.05), (5.0, 6.05),
     (3.9, 5.8), (2.8, 6.0), (1.6, 6.35), (-0.5, 6.6)]
)  # fmt: skip
RIVER_WIDTH = np.array([0.13, 0.13, 0.13, 0.14, 0.15, 0.16, 0.17, 0.19, 0.22, 0.27, 0.4, 0.7])  # half of it
# The outline from the river's mouth in the north-west, clockwise.
OUTLINE = np.array(
    [(1.25, 6.6), (1.35, 7.5), (1.75, 8.15), (2.9, 8.2), (3.7, 7.95), (4.6, 8.15), (5.7, 8.35), (6.9, 8.2),
     (8.0, 8.35), (8.9, 7.8), (8.75, 6.8), (8.9, 6.0), (10.4, 5.9), (12.1, 6.0), (12.5, 5.2), (12.25, 4.2),
     (12.6, 3.2), (12.2, 1.9), (11.9, 1.0), (10.6, 0.75), (9.3, 1.0), (8.4, 0.8), (7.2, 1.0), (6.3, 1.3),
     (5.3, 1.15), (4.2, 1.6), (3.2, 1.3), (2.0, 1.1), (1.1, 1.5), (0.85, 2.7), (0.95, 3.9), (1.1, 5.1),
     (1.3, 5.9)]
)  # fmt: skip


def _curve(points: Points, values: Points, steps: int = 24) -> tuple[Points, Points]:
    """A smooth line through `points` (Catmull-Rom), with `values` along it."""
    padded = np.vstack([2 * points[0] - points[1], points, 2 * points[-1] - points[-2]])
    t = np.linspace(0, 1, steps, endpoint=False)[:, None]
    pieces = []
    for i in range(1, len(padded) - 2):
        p0, p1, p2, p3 = padded[i - 1 : i + 3]
        bend = (2 * p0 - 5 * p1 + 4 * p2 - p3) * t**2 + (3 * p1 - p0 - 3 * p2 + p3) * t**3
        pieces.append(0.5 * (2 * p1 + (p2 - p0) * t + bend))
    line = np.vstack([*pieces, points[-1:]])
    return line, np.interp(np.arange(len(line)) / steps, np.arange(len(values)), values)


def _inside(points: Points, ring: Points) -> npt.NDArray[np.bool_]:
    """Which points lie in the ring, by the even-odd rule."""
    x, y = points[:, :1], points[:, 1:]
    (x1, y1), (x2, y2) = ring.T, np.roll(ring, -1, axis=0).T
    with np.errstate(divide="ignore", invalid="ignore"):
        crosses = ((y1 > y) != (y2 > y)) & (x < (x2 - x1) * (y - y1) / (y2 - y1) + x1)
    odd: npt.NDArray[np.bool_] = crosses.sum(axis=1) % 2 == 1
    return odd


def _labels(points: Points) -> Labels:
    """The neighbourhood of every point; OUTSIDE for the river, the sea and the neighbours."""
    river, width = _curve(RIVER, RIVER_WIDTH)
    # Borders meander a little: measure distances from a slightly bent sheet of paper.
    bent = points + 0.14 * np.column_stack(
        [np.sin(2.1 * points[:, 1] + 0.7) + 0.5 * np.sin(5.3 * points[:, 0] + 1.9 * points[:, 1]),
         np.sin(1.9 * points[:, 0] + 0.4) + 0.5 * np.sin(4.7 * points[:, 1] - 2.3 * points[:, 0])]
    )  # fmt: skip
    to_river = np.hypot(*(points[:, None, :] - river[None, :, :]).transpose(2, 0, 1))
    nearest = to_river.argmin(axis=1)
    bank = points[:, 1] > river[nearest, 1]
    middle = np.array([(one.x, one.y) for one in NEIGHBOURHOODS])
    reach = np.array([one.reach for one in NEIGHBOURHOODS])
    far = np.hypot(*(bent[:, None, :] - middle[None, :, :]).transpose(2, 0, 1)) / reach
    north = np.array([DISTRICTS[district].name == "Noorderoever" for district in DISTRICT_OF])
    far[bank[:, None] != north[None, :]] = np.inf
    label: Labels = far.argmin(axis=1)
    coast, _ = _curve(np.vstack([OUTLINE, OUTLINE[:1]]), np.zeros(len(OUTLINE) + 1))
    label[~_inside(bent, coast[:-1]) | (to_river.min(axis=1) < width[nearest])] = OUTSIDE
    return label


def _largest_parts(label: Labels, neighbours: Labels) -> Labels:
    """Give stray points of a neighbourhood, apart from its largest part, to the outside."""
    part = np.arange(len(label))
    same = neighbours[label[neighbours[:, 0]] == label[neighbours[:, 1]]]
    while True:  # the lowest number spreads through each part
        lowest = part.copy()
        np.minimum.at(lowest, same[:, 0], part[same[:, 1]])
        np.minimum.at(lowest, same[:, 1], part[same[:, 0]])
        lowest = lowest[lowest]
        if np.array_equal(lowest, part):
            break
        part = lowest
    size = np.bincount(part, minlength=len(label))[part]
    most = np.zeros(len(NEIGHBOURHOODS) + 1, np.int64)
    np.maximum.at(most, label, size)
    return np.where(size == most[label], label, OUTSIDE)


def _arcs(label: Labels, voronoi: Voronoi) -> list[tuple[int, int, list[Point]]]:
    """The border lines from junction to junction: the label left of it, right of it, and its smoothed points."""
    sides, ends = [], []
    for (one, other), (a, b) in zip(voronoi.ridge_points, voronoi.ridge_vertices, strict=True):
        if label[one] == label[other] or a < 0 or b < 0:
            continue
        along, across = voronoi.vertices[b] - voronoi.vertices[a], voronoi.points[one] - voronoi.vertices[a]
        is_left = along[0] * across[1] - along[1] * across[0] > 0
        left, right = (one, other) if is_left else (other, one)
        sides.append((int(label[left]), int(label[right])))
        ends.append((int(a), int(b)))
    at: dict[int, list[int]] = {}
    for edge, (a, b) in enumerate(ends):
        at.setdefault(a, []).append(edge)
        at.setdefault(b, []).append(edge)
    junctions = [vertex for vertex in sorted(at) if len(at[vertex]) != 2]
    arcs = []
    used: set[int] = set()
    for start in [*junctions, *sorted(at)]:  # what is left after the junctions are closed lines
        for first in at[start]:
            if first in used:
                continue
            line, edge = [start], first
            left, right = sides[first] if ends[first][0] == start else sides[first][::-1]
            while True:
                used.add(edge)
                a, b = ends[edge]
                line.append(b if line[-1] == a else a)
                onward = [candidate for candidate in at[line[-1]] if candidate not in used]
                if len(at[line[-1]]) != 2 or not onward:
                    break
                edge = onward[0]
            arcs.append((left, right, _smooth(voronoi.vertices[line])))
    return arcs


def _smooth(line: Points) -> list[Point]:
    """The line without its jags, on whole metres; its ends stay where they are."""
    for _ in range(7):
        line = np.vstack([line[:1], (line[:-2] + 2 * line[1:-1] + line[2:]) / 4, line[-1:]])
    kept = line[_telling(line, 0.008)]
    metres = np.rint(kept * 1000).astype(int) + np.array(ORIGIN)
    points = [(int(x), int(y)) for x, y in metres]
    return [points[0]] + [after for before, after in pairwise(points) if after != before]


def _telling(line: Points, tolerance: float) -> list[int]:
    """The points without which the line would shift by more than `tolerance` (Douglas and Peucker, 1973)."""
    kept, todo = {0, len(line) - 1}, [(0, len(line) - 1)]
    while todo:
        a, b = todo.pop()
        if b - a < 2:
            continue
        along, between = line[b] - line[a], line[a + 1 : b] - line[a]
        length = float(np.hypot(*along))
        off = (
            np.abs(along[0] * between[:, 1] - along[1] * between[:, 0]) / length
            if length
            else np.hypot(between[:, 0], between[:, 1])
        )
        if off.max() > tolerance:
            far = a + 1 + int(off.argmax())
            kept.add(far)
            todo += [(a, far), (far, b)]
    return sorted(kept)


def _doubled_area(ring: list[Point]) -> int:
    return sum(x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in pairwise(ring))


def _rings(arcs: list[tuple[int, int, list[Point]]], labels: set[int]) -> list[list[list[Point]]]:
    """The polygons of the union of `labels`: outer ring anticlockwise, then its holes. Inner borders dissolve."""
    onward: dict[Point, list[Point]] = {}
    for left, right, line in arcs:
        if (left in labels) == (right in labels):
            continue
        directed = line if left in labels else line[::-1]
        onward[directed[0]] = directed
    rings = []
    while onward:
        ring = onward.pop(min(onward))
        while ring[-1] != ring[0]:
            ring = ring + onward.pop(ring[-1])[1:]
        rings.append(ring)
    outer = sorted((ring for ring in rings if _doubled_area(ring) > 0), key=_doubled_area, reverse=True)
    polygons = [[ring] for ring in outer]
    for hole in (ring for ring in rings if _doubled_area(ring) <= 0):
        home = next(p for p in polygons if _inside(np.array(hole[:1], float), np.array(p[0], float))[0])
        home.append(hole)
    return polygons


def areas_geojson() -> str:
    """All areas as a GeoJSON FeatureCollection in RD New metres; the same for every size and seed."""
    rng = np.random.default_rng(9999)
    grid = np.stack(np.meshgrid(np.arange(-0.5, 14.0, SPACING), np.arange(-0.5, 9.8, SPACING)), -1).reshape(
        -1, 2
    )
    voronoi = Voronoi(grid + (rng.random(grid.shape) - 0.5) * SPACING * 0.9)
    label = _largest_parts(_labels(voronoi.points), np.asarray(voronoi.ridge_points, np.int64))
    arcs = _arcs(label, voronoi)
    parts = {MUNICIPALITY: set(range(len(NEIGHBOURHOODS)))}
    parts |= {
        district.code: {i for i, of in enumerate(DISTRICT_OF) if of == number}
        for number, district in enumerate(DISTRICTS)
    }
    parts |= {one.code: {i} for i, one in enumerate(NEIGHBOURHOODS)}
    features = []
    for code, labels in parts.items():
        polygons = _rings(arcs, labels)
        single = len(polygons) == 1
        geometry = {
            "type": "Polygon" if single else "MultiPolygon",
            "coordinates": polygons[0] if single else polygons,
        }
        features.append({"type": "Feature", "properties": {"code": code}, "geometry": geometry})
    crs = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::28992"}}
    head = json.dumps({"type": "FeatureCollection", "name": "areas", "crs": crs})[:-1]
    lines = ",\n".join(json.dumps(feature, separators=(",", ":")) for feature in features)
    return f'{head}, "features": [\n{lines}\n]}}\n'
