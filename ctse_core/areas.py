"""Areas on the map of meaning: which points lie inside a drawn outline, and outlines with few corners."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Area: TypeAlias = tuple[tuple[float, float], ...]
"""Corners (x, y) of a closed outline, in order; the last one joins the first."""
MOST_CORNERS = 64
_DIGITS = 6  # of a corner, so that an address brings back the very same outline


def area_of(corners: Sequence[Sequence[float]]) -> Area:
    """Return a drawn outline with at most 64 corners of six digits; empty where it encloses nothing.

    Corners that change the outline least are left out first.
    """
    points = np.array([(float(x), float(y)) for x, y in corners], dtype=np.float64).reshape(-1, 2)
    points = points[np.isfinite(points).all(axis=1)]
    if len(points) > 1 and (points[0] == points[-1]).all():
        points = points[:-1]
    while len(points) > MOST_CORNERS:
        # The triangle of a corner with its neighbours is what goes when the corner goes; the smallest ones go first.
        before, after = np.roll(points, 1, axis=0) - points, np.roll(points, -1, axis=0) - points
        triangles = np.abs(before[:, 0] * after[:, 1] - before[:, 1] * after[:, 0])
        spare = max(1, min(len(points) - MOST_CORNERS, len(points) // 8))
        points = np.delete(points, np.argsort(triangles, kind="stable")[:spare], axis=0)
    if len(points) < 3:
        return ()
    return tuple((_written(x), _written(y)) for x, y in points.tolist())


def _written(number: float) -> float:
    return float(f"{number:.{_DIGITS}g}")


def inside(x: NDArray[np.floating], y: NDArray[np.floating], area: Area) -> NDArray[np.bool_]:
    """Return (n,) which points lie inside the area: a line from there crosses its outline an odd number of times.

    Points without a place (NaN) lie nowhere.
    """
    corners = np.asarray(area, dtype=np.float64).reshape(-1, 2)
    found = np.zeros(len(x), dtype=bool)
    if len(corners) < 3 or not len(x):
        return found
    low, high = corners.min(axis=0), corners.max(axis=0)
    near = np.flatnonzero((x >= low[0]) & (x <= high[0]) & (y >= low[1]) & (y <= high[1]))
    here_x, here_y = np.asarray(x, dtype=np.float64)[near], np.asarray(y, dtype=np.float64)[near]
    odd = np.zeros(len(near), dtype=bool)
    for (ax, ay), (bx, by) in zip(corners, np.roll(corners, -1, axis=0), strict=True):
        if ay == by:
            continue
        crossed = (ay > here_y) != (by > here_y)
        odd ^= crossed & (here_x < (bx - ax) * (here_y - ay) / (by - ay) + ax)
    found[near] = odd
    return found
