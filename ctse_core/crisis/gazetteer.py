"""The places of the world, offline: countries, regions and towns with their names in many scripts.

Towns of 1,000 people and more out of GeoNames, countries and regions with the names of Unicode's CLDR; two files in
``assets/places``, which ``make_places.py`` there makes.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from ctse_core.errors import SettingError

VERSION = 2
"""Grows when the files change, so that posts are read anew."""
SMALLEST = 1000  # people; smaller towns found no place more in the posts that the benchmark reads
COUNTRY, REGION, TOWN = "country", "region", "town"
FOLDER = Path(__file__).parents[2] / "assets" / "places"
PLACES_SCHEMA: dict[str, Any] = {
    "key": pl.Utf8,
    "name": pl.Utf8,
    "kind": pl.Utf8,
    "country": pl.Utf8,
    "region": pl.Utf8,
    "lat": pl.Float64,
    "lon": pl.Float64,
    "population": pl.Int64,
}
NAMES_SCHEMA: dict[str, Any] = {"name": pl.Utf8, "place": pl.UInt32, "main": pl.Boolean, "code": pl.Boolean}
_SMALL = ("kind", "country", "population")  # kept narrower on disk


@dataclass(frozen=True)
class Gazetteer:
    """``places`` (p rows: key, name, kind, country, region, lat, lon, population) and their ``names``.

    ``names`` (m rows) tells in ``place`` the row of the place; ``main`` is whether it is the place's own name,
    ``code`` whether it counts only in capitals. ``region`` is the part of its region's key after the country ("11" of
    "aHT.11"), null where none is known and for countries.
    """

    places: pl.DataFrame
    names: pl.DataFrame


@lru_cache(maxsize=1)
def load_gazetteer(smallest: int = SMALLEST) -> Gazetteer:
    """Return the gazetteer; ``smallest`` is the least number of people of a town.

    Raises:
        SettingError: the files that come with this program are missing or damaged.
    """
    try:
        places, names = pl.read_parquet(FOLDER / "places.parquet"), pl.read_parquet(FOLDER / "names.parquet")
    except (OSError, pl.exceptions.PolarsError) as fault:
        raise SettingError(
            f"The list of the world's places in “{FOLDER}” cannot be read ({fault}); install the program again."
        ) from fault
    places = places.with_columns(
        pl.col("lat", "lon").cast(pl.Float64) / 1e4, *(pl.col(column).cast(PLACES_SCHEMA[column]) for column in _SMALL)
    )
    if smallest <= SMALLEST:
        return Gazetteer(places, names)
    kept = (places["kind"] != TOWN) | (places["population"] >= smallest)
    rows = pl.DataFrame({"place": np.flatnonzero(kept.to_numpy()).astype(np.uint32)}).with_row_index("new")
    names = names.join(rows, on="place").with_columns(pl.col("new").cast(pl.UInt32).alias("place"))
    return Gazetteer(places.filter(kept), names.select(list(NAMES_SCHEMA)))
