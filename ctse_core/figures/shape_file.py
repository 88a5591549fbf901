"""Outlines of countries, from a topology as Natural Earth's comes in to the small file that ships."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

TOLERANCES = (0.12, 0.03, 0.008)
"""How far a line may be from the truth at each level, in degrees: the world, a part of it, near."""
STEP = 0.002  # degrees of a unit in the file, about 220 metres


def packed(topology: Mapping[str, Any], codes: Sequence[str]) -> dict[str, NDArray]:
    """Return the arrays of a shape file from a TopoJSON ``topology`` of countries, one code of ``codes`` each.

    Lines that two countries share are kept once, so that borders fit at every level. ``starts`` (arcs + 1) are where
    each line begins in ``dx``, ``dy`` (steps of STEP from the point before) and ``level`` (the coarsest level that a
    point belongs to); ``ring_arcs`` are the lines of each ring from ``ring_starts`` on (~line: backwards), and
    ``ring_country`` is the country's number.
    """
    lines = [_decoded(arc, topology["transform"]) for arc in topology["arcs"]]
    levels = [_levels(line) for line in lines]
    kept = [np.round(line[level < len(TOLERANCES)] / STEP).astype(np.int64) for line, level in zip(lines, levels)]  # noqa: B905
    deltas = [np.diff(line, axis=0, prepend=np.zeros((1, 2), dtype=np.int64)) for line in kept]
    rings: list[Sequence[int]] = []
    country: list[int] = []
    for number, shape in enumerate(topology["objects"]["countries"]["geometries"]):
        polygons = shape["arcs"] if shape["type"] == "MultiPolygon" else [shape["arcs"]]
        for ring in (ring for polygon in polygons for ring in polygon):
            rings.append(ring)
            country.append(number)
    flat = np.concatenate(deltas)
    return {
        "starts": np.cumsum([0, *map(len, kept)]).astype(np.int32),
        "dx": flat[:, 0].astype(np.int32),
        "dy": flat[:, 1].astype(np.int32),
        "level": np.concatenate([level[level < len(TOLERANCES)] for level in levels]).astype(np.uint8),
        "ring_starts": np.cumsum([0, *map(len, rings)]).astype(np.int32),
        "ring_arcs": np.concatenate([np.asarray(ring) for ring in rings]).astype(np.int16),
        "ring_country": np.asarray(country, dtype=np.int16),
        "codes": np.asarray(codes, dtype="U2"),
    }


def _decoded(arc: Sequence[Sequence[int]], transform: Mapping[str, Sequence[float]]) -> NDArray[np.float64]:
    """Return a quantised line of a topology as (points, 2) degrees."""
    return np.cumsum(np.asarray(arc, dtype=np.float64), axis=0) * transform["scale"] + transform["translate"]


def _levels(line: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return the coarsest level that each point of a line belongs to, len(TOLERANCES) for points of none."""
    levels = np.full(len(line), len(TOLERANCES))
    for level in reversed(range(len(TOLERANCES))):
        levels[simplified(line, TOLERANCES[level])] = level
    levels[[0, -1]] = 0
    return levels


def simplified(line: NDArray[np.float64], tolerance: float) -> NDArray[np.int64]:
    """Return which points (m,) of a line (points, 2) stay so that none is further than ``tolerance`` from the rest.

    The algorithm of Ramer (1972) and of Douglas and Peucker (1973). A closed line is cut at the point that is
    furthest from its beginning; smaller than ``tolerance``, only its ends stay.
    """
    last = len(line) - 1
    keep, open_ = {0, last}, [(0, last)]
    if last > 2 and np.allclose(line[0], line[-1]):
        far = int(np.hypot(*(line - line[0]).T).argmax())
        if np.hypot(*(line[far] - line[0])) > tolerance:
            keep.add(far)
            open_ = [(0, far), (far, last)]
    while open_:
        first, end = open_.pop()
        if end - first < 2:
            continue
        away = _distances(line[first + 1 : end], line[first], line[end])
        furthest = int(away.argmax())
        if away[furthest] > tolerance:
            middle = first + 1 + furthest
            keep.add(middle)
            open_ += [(first, middle), (middle, end)]
    return np.sort(np.fromiter(keep, dtype=np.int64))


def _distances(points: NDArray, start: NDArray, end: NDArray) -> NDArray[np.float64]:
    """Return how far each of ``points`` (m, 2) is from the line between two others, in their own unit."""
    along = end - start
    length = float(np.hypot(*along))
    offset = points - start
    if length == 0:
        return np.hypot(*offset.T)
    share = np.clip(offset @ along / length**2, 0, 1)
    return np.hypot(*(offset - share[:, None] * along).T)
