"""Latitude and longitude out of text: validated, swapped back where a column is swapped, doubts counted."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ctse_core.posts.results import counted

_PAIR_DOT = r"^[\[({\s]*(?:point\s*\()?\s*([+-]?\d{1,3}(?:\.\d+)?)\s*[,;\s]\s*([+-]?\d{1,3}(?:\.\d+)?)"
_PAIR_COMMA = r"^[\[({\s]*([+-]?\d{1,3},\d+)\s*[;\s]\s*([+-]?\d{1,3},\d+)"


@dataclass(frozen=True)
class Coordinates:
    """Latitude (n,) in [-90, 90] and longitude (n,) in [-180, 180], both null where a row has no place."""

    lat: pl.Series
    lon: pl.Series
    notes: list[str] = field(default_factory=list)


def parse_coordinates(lat: pl.Series, lon: pl.Series) -> Coordinates:
    """Return the coordinates of two columns of text (n,); decimal commas and N, S, E, W are understood."""
    return _checked(_degrees(lat, "s"), _degrees(lon, "w"), lat.is_not_null() & lon.is_not_null())


def parse_pairs(cells: pl.Series, longitude_first: bool = False) -> Coordinates:
    """Return the coordinates of one column that holds both, such as "18.54, -72.33" or "18.54 -72.33 0 0".

    ``longitude_first`` for GeoJSON's order; "POINT(-72.33 18.54)" has it always.
    """
    lower = cells.str.to_lowercase()
    first, second = _two_numbers(lower)
    flip = (lower.str.contains("point").fill_null(False) | pl.Series([longitude_first])).to_numpy()
    flipped = np.where(flip, second, first), np.where(flip, first, second)
    return _checked(*flipped, cells.is_not_null())


def share_of_pairs(cells: pl.Series) -> float:
    """Return the share of filled cells, in [0, 1], that hold two numbers in the ranges of coordinates."""
    filled = cells.drop_nulls()
    if not len(filled):
        return 0.0
    first, second = _two_numbers(filled.str.to_lowercase())
    good = (np.abs(first) <= 180) & (np.abs(second) <= 180) & ((np.abs(first) <= 90) | (np.abs(second) <= 90))
    return float(good.mean())


def share_of_degrees(cells: pl.Series, most: float) -> float:
    """Return the share of filled cells, in [0, 1], that are numbers between -``most`` and ``most``."""
    filled = cells.drop_nulls()
    return float((np.abs(_degrees(filled, "s")) <= most).mean()) if len(filled) else 0.0


def _two_numbers(lower: pl.Series) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    found = []
    for group in (1, 2):
        dotted = lower.str.extract(_PAIR_DOT, group)
        comma = lower.str.extract(_PAIR_COMMA, group).str.replace(",", ".", literal=True)
        found.append(pl.select(pl.coalesce(comma, dotted)).to_series().cast(pl.Float64, strict=False))
    return found[0].fill_null(np.nan).to_numpy(), found[1].fill_null(np.nan).to_numpy()


def _degrees(cells: pl.Series, negative: str) -> NDArray[np.float64]:
    """Return degrees (n,), NaN where a cell is no number; ``negative`` is the letter of the lower side."""
    plain = cells.str.strip_chars(" °'\t").str.to_lowercase()
    number = plain.str.replace(",", ".", literal=True).str.replace(r"\s*°?\s*[nsew]$", "")
    values = number.cast(pl.Float64, strict=False).fill_null(np.nan).to_numpy()
    other_side = plain.str.contains(f"[{negative}sw]$").fill_null(False).to_numpy()
    return np.where(other_side, -np.abs(values), values)


def _checked(lat: NDArray[np.float64], lon: NDArray[np.float64], filled: pl.Series) -> Coordinates:
    notes: list[str] = []
    given = filled.to_numpy()
    fits = (np.abs(lat) <= 90) & (np.abs(lon) <= 180)
    fits_swapped = (np.abs(lon) <= 90) & (np.abs(lat) <= 180)
    if (fits_swapped & ~fits).sum() > 0.5 * max(1, (given & ~np.isnan(lat) & ~np.isnan(lon)).sum()):
        lat, lon, fits = lon, lat, fits_swapped
        notes.append("Latitude and longitude stand in each other's column; they were swapped back.")
    nowhere = fits & (lat == 0) & (lon == 0)
    lost = int((given & ~fits).sum())
    if nowhere.any():
        notes.append(
            f"{counted(int(nowhere.sum()), 'post lies', 'posts lie')} at 0, 0 in the open sea, "
            "which means unknown; left empty."
        )
    if lost:
        notes.append(f"{counted(lost, 'coordinate is', 'coordinates are')} no number or out of range; left empty.")
    keep = pl.Series(fits & ~nowhere)
    columns = [pl.select(pl.when(keep).then(pl.Series(axis))).to_series() for axis in (lat, lon)]
    return Coordinates(columns[0], columns[1], notes)
