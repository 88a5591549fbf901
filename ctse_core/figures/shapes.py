"""Outlines of countries that ship with the app: the world in coarse lines, fine ones where places are."""

from __future__ import annotations

import functools
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ctse_core.figures.shape_file import STEP, TOLERANCES
from ctse_core.words import spoken

ASSETS = Path(__file__).resolve().parents[2] / "assets" / "shapes"
SQUARE = 5.0  # degrees a side: around a place, so far and as much again on each side, lines are fine
LEAST = 4  # points of a ring that is drawn, the last one the first again


@dataclass(frozen=True)
class Outlines:
    """Rings of countries: ``points`` (m, 2) longitude and latitude in degrees, float32, beyond 180 over the date line.

    Ring *i* has the points from ``starts[i]`` to ``starts[i + 1]`` and belongs to the country ``codes[country[i]]``,
    two letters, "" where it has no code.
    """

    points: NDArray[np.float32]
    starts: NDArray[np.int32]
    country: NDArray[np.int16]
    codes: tuple[str, ...]


@dataclass(frozen=True)
class _Lines:
    points: NDArray[np.float64]
    starts: NDArray[np.int32]
    level: NDArray[np.uint8]
    boxes: NDArray[np.float64]  # (arcs, 4): west, south, east, north
    ring_starts: NDArray[np.int32]
    ring_arcs: NDArray[np.int16]
    ring_country: NDArray[np.int16]
    codes: tuple[str, ...]


@functools.cache
def _lines() -> _Lines:
    with np.load(ASSETS / "countries.npz", allow_pickle=False) as kept:
        starts = kept["starts"]
        deltas = np.column_stack([kept["dx"], kept["dy"]]).astype(np.int64)
        summed = np.cumsum(deltas, axis=0)
        # Each line begins anew, so what was summed before it is taken off.
        before = np.concatenate([np.zeros((1, 2), dtype=np.int64), summed])[starts[:-1]]
        points = (summed - np.repeat(before, np.diff(starts), axis=0)) * STEP
        low = np.minimum.reduceat(points, starts[:-1], axis=0)
        high = np.maximum.reduceat(points, starts[:-1], axis=0)
        codes = tuple(str(code) for code in kept["codes"])
        rings = kept["ring_starts"], kept["ring_arcs"], kept["ring_country"]
        return _Lines(points, starts, kept["level"], np.concatenate([low, high], axis=1), *rings, codes)


def outlines(places: NDArray[np.float64]) -> Outlines:
    """Return the outlines of all countries, in fine lines near ``places`` (m, 2: longitude, latitude in degrees)."""
    return _outlines(near_squares(places))


def near_squares(places: NDArray[np.float64]) -> frozenset[tuple[int, int]]:
    """Return the squares of the world, SQUARE degrees a side, in which places lie, and those around each."""
    inside = places[np.isfinite(places).all(axis=1)] if len(places) else places.reshape(0, 2)
    found = np.unique(np.floor(inside / SQUARE).astype(np.int64), axis=0)
    return frozenset((int(x) + dx, int(y) + dy) for x, y in found for dx in (-1, 0, 1) for dy in (-1, 0, 1))


@functools.lru_cache(maxsize=16)
def _outlines(squares: frozenset[tuple[int, int]]) -> Outlines:
    lines = _lines()
    finest = np.zeros(len(lines.boxes), dtype=np.uint8)
    corners = np.floor(lines.boxes / SQUARE).astype(np.int64)
    for x, y in squares:
        touching = (corners[:, 0] <= x) & (corners[:, 2] >= x) & (corners[:, 1] <= y) & (corners[:, 3] >= y)
        finest[touching] = len(TOLERANCES) - 1
    drawn = lines.level <= np.repeat(finest, np.diff(lines.starts))
    # Within a fine line that reaches far, only what lies near is fine: Russia's coast is one line.
    if squares:
        drawn &= (lines.level == 0) | _near(lines.points, squares)
    rings = [_ring(lines, drawn, number) for number in range(len(lines.ring_country))]
    kept = [number for number, ring in enumerate(rings) if len(ring) >= LEAST]
    chosen = [rings[number] for number in kept]
    return Outlines(
        np.concatenate(chosen).astype(np.float32),
        np.cumsum([0, *map(len, chosen)]).astype(np.int32),
        lines.ring_country[kept],
        lines.codes,
    )


def _near(points: NDArray[np.float64], squares: frozenset[tuple[int, int]]) -> NDArray[np.bool_]:
    keys = np.floor(points / SQUARE).astype(np.int64) @ np.array([1000, 1])
    return np.isin(keys, [x * 1000 + y for x, y in squares])


def _ring(lines: _Lines, drawn: NDArray[np.bool_], number: int) -> NDArray[np.float64]:
    """Return the points (m, 2) of one ring; where two of its lines meet, their common point stands once."""
    parts: list[NDArray[np.float64]] = []
    for arc in lines.ring_arcs[lines.ring_starts[number] : lines.ring_starts[number + 1]]:
        which = int(~arc if arc < 0 else arc)
        part = slice(lines.starts[which], lines.starts[which + 1])
        line = lines.points[part][drawn[part]]
        line = line[::-1] if arc < 0 else line
        parts.append(line[1:] if parts else line)
    return _unwrapped(np.concatenate(parts))


def _unwrapped(ring: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return a ring that goes on over the date line, beyond 180 degrees, instead of back around the world.

    A ring around a pole is closed along the edge of the map.
    """
    steps = np.diff(ring[:, 0])
    ring[1:, 0] -= 360 * np.cumsum(np.round(steps / 360))
    ring[:, 0] -= 360 * np.round(ring[:, 0].mean() / 360)
    if abs(ring[-1, 0] - ring[0, 0]) < 180:
        return ring
    pole = np.sign(ring[:, 1].mean()) * 90
    return np.concatenate([ring, [(ring[-1, 0], pole), (ring[0, 0], pole), ring[0]]])


@functools.cache
def _names() -> dict[str, dict[str, str]]:
    return json.loads((ASSETS / "names.json").read_text(encoding="utf-8"))


def country_name(code: str) -> str:
    """Return what a country is called in the interface language, its code (two letters) where that is not known."""
    known = _names()
    return known.get(spoken(), {}).get(code) or known["en"].get(code, code)


def country_middle(code: str) -> tuple[float, float] | None:
    """Return a point (longitude, latitude in degrees) well inside the largest part of a country, None if unknown."""
    return _middles().get(code)


@functools.cache
def _middles() -> dict[str, tuple[float, float]]:
    coarse = _outlines(frozenset())
    found: dict[str, tuple[float, tuple[float, float]]] = {}
    for number, country in enumerate(coarse.country):
        code = coarse.codes[country]
        ring = coarse.points[coarse.starts[number] : coarse.starts[number + 1]].astype(np.float64)
        area, middle = _centroid(ring)
        if code and area > found.get(code, (0.0, (0.0, 0.0)))[0]:
            found[code] = (area, middle)
    lines = _lines()
    for number, country in enumerate(lines.ring_country):  # islands too small for the coarse outlines
        code = lines.codes[country]
        if code and code not in found:
            arc = int(lines.ring_arcs[lines.ring_starts[number]])
            x, y = lines.points[lines.starts[~arc if arc < 0 else arc]]
            found[code] = (0.0, (float(x), float(y)))
    return {code: middle for code, (_, middle) in found.items()}


@functools.cache
def country_widths() -> dict[str, float]:
    """Return how many degrees of longitude the largest part of each country is wide."""
    coarse = _outlines(frozenset())
    widths: dict[str, float] = {}
    for number, country in enumerate(coarse.country):
        ring = coarse.points[coarse.starts[number] : coarse.starts[number + 1], 0]
        code = coarse.codes[country]
        if code:
            widths[code] = max(widths.get(code, 0.0), float(np.ptp(ring)))
    return widths


def _centroid(ring: NDArray[np.float64]) -> tuple[float, tuple[float, float]]:
    """Return the area of a closed ring (square degrees) and its centre of mass."""
    x, y = ring.T
    cross = x[:-1] * y[1:] - x[1:] * y[:-1]
    area = cross.sum() / 2
    if abs(area) < 1e-9:
        return 0.0, (float(x.mean()), float(y.mean()))
    middle = ((x[:-1] + x[1:]) @ cross / (6 * area), (y[:-1] + y[1:]) @ cross / (6 * area))
    return abs(float(area)), (float(middle[0]), float(middle[1]))


def lit_countries(codes: Sequence[str], all_codes: Sequence[str]) -> list[int]:
    """Return the numbers, among ``all_codes``, of the countries with one of ``codes``."""
    wanted = set(codes) - {""}
    return [number for number, code in enumerate(all_codes) if code in wanted]
