"""Posts gathered by the places they speak of: how many, how urgent, how fresh, and what presses most there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from ctse_core.figures.shapes import country_middle, country_name
from ctse_core.types import Col
from ctse_core.words import mark

LEVELS = {"town": mark("Towns"), "region": mark("Regions"), "country": mark("Countries"), "point": mark("Coordinates")}
"""What one mark on the map stands for; "point" is a pair of coordinates out of the file."""
HIGH, CRITICAL = 2, 3
SAME_POINT = 4  # decimals of a degree, about ten metres: posts so close are one mark


@dataclass(frozen=True)
class Marks:
    """Places and what is said of them, and the posts (n) that are on no mark.

    ``rows`` has a row a mark, most posts first: key, name, country, lat, lon (degrees, null where nobody knows),
    posts, urgent (high or critical), judged (of known urgency), unread, newest (null: undated), need (the most
    pressing one's key, "" where none is told), weight (how much it presses). ``wider`` posts
    name only a place too wide for the level, ``nowhere`` posts none at all: ``placed + wider + nowhere = posts``. A
    post that names two places is on two marks.
    """

    rows: pl.DataFrame
    level: str
    posts: int
    placed: int
    wider: int
    nowhere: int


def known_levels(table: pl.DataFrame, places: pl.DataFrame) -> list[str]:
    """Return the levels that the posts of a table have anything for, finest first."""
    kinds = set(places["kind"].unique()) if _has(table, Col.WITHIN) else set()
    levels = [level for level in ("town", "region", "country") if level in kinds]
    own = {Col.LAT, Col.LON} <= set(table.columns) and table[Col.LAT].null_count() < table.height
    return [*levels, "point"] if own else levels


def place_marks(table: pl.DataFrame, places: pl.DataFrame, level: str, first: frozenset[str] = frozenset()) -> Marks:
    """Return the marks of the posts in ``table`` (n rows) at a level of LEVELS.

    ``first`` are keys of needs that count as more pressing than any other, such as those that ask somebody to act.

    ``places`` has a row for each key of the ``within`` column: key, name, kind, country, lat, lon. A region counts the
    posts of its towns, a country those of its regions: a click on it, which filters by its key, finds as many.
    """
    posts = _posts(table)
    named = _at_points(table) if level == "point" else _at_places(table, places, level)
    told = named.join(posts, on="post", how="left", maintain_order="left")
    rows = _gathered(told).join(_pressing(told, first), on="key", how="left")
    rows = rows.join(_points(named) if level == "point" else _known(places, level), on="key", how="left")
    rows = rows.with_columns(pl.col("need").fill_null(""), pl.col("weight").fill_null(0.0))
    placed = told["post"].n_unique()
    nowhere = (
        posts.height if not _has(table, Col.WITHIN) else int((table[Col.WITHIN].list.len().fill_null(0) == 0).sum())
    )
    if level == "point":
        nowhere = posts.height - placed
    ordered = rows.sort(["posts", "key"], descending=[True, False])
    return Marks(ordered, level, posts.height, placed, posts.height - placed - nowhere, nowhere)


def _has(table: pl.DataFrame, column: str) -> bool:
    return column in table.columns


def _posts(table: pl.DataFrame) -> pl.DataFrame:
    """Return what marks need to know of each post, under its row's number; columns that are not there are empty."""
    empty: dict[str, Any] = {
        Col.TIME: pl.Datetime("us", "UTC"),
        Col.URGENCY: pl.Int8,
        Col.STATE: pl.Utf8,
        Col.NEEDS: pl.List(pl.Utf8),
    }
    columns = [
        (pl.col(name) if name in table.columns else pl.lit(None).cast(kind).alias(name)) for name, kind in empty.items()
    ]
    return table.select(columns).with_row_index("post")


def _at_places(table: pl.DataFrame, places: pl.DataFrame, level: str) -> pl.DataFrame:
    wanted = places.filter(pl.col("kind") == level).select("key")
    if not _has(table, Col.WITHIN):
        return pl.DataFrame(schema={"post": pl.UInt32, "key": pl.Utf8})
    named = table.select(pl.col(Col.WITHIN).alias("key")).with_row_index("post")
    named = named.filter(pl.col("key").list.len() > 0).explode("key").unique(maintain_order=True)
    return named.join(wanted, on="key", how="semi")


def _at_points(table: pl.DataFrame) -> pl.DataFrame:
    own = (
        table.select(pl.col(Col.LAT, Col.LON).round(SAME_POINT), point_keys(table)).with_row_index("post").drop_nulls()
    )
    return own.select("post", "key", pl.col(Col.LAT).alias("lat"), pl.col(Col.LON).alias("lon"))


def point_keys(table: pl.DataFrame) -> pl.Series:
    """Return for each post (n) the key of the mark that its own coordinates belong to, null where it has none."""
    rounded = table.select(pl.col(Col.LAT, Col.LON).round(SAME_POINT))
    return rounded.select(pl.format("{},{}", pl.col(Col.LAT), pl.col(Col.LON)).alias("key")).to_series()


def _points(named: pl.DataFrame) -> pl.DataFrame:
    first = named.unique("key", maintain_order=True)
    return first.select("key", pl.col("key").alias("name"), pl.lit("").alias("country"), "lat", "lon")


def _gathered(told: pl.DataFrame) -> pl.DataFrame:
    urgency = pl.col(Col.URGENCY)
    return told.group_by("key").agg(
        pl.len().cast(pl.Int64).alias("posts"),
        (urgency >= HIGH).sum().cast(pl.Int64).alias("urgent"),
        urgency.count().cast(pl.Int64).alias("judged"),
        (pl.col(Col.STATE).fill_null("new") == "new").sum().cast(pl.Int64).alias("unread"),
        pl.col(Col.TIME).max().alias("newest"),
    )


def _pressing(told: pl.DataFrame, first: frozenset[str]) -> pl.DataFrame:
    """Return the need whose posts weigh most at each place: each level of urgency counts twice the one below."""
    weighed = told.select("key", pl.col(Col.NEEDS).alias("need"), pl.col(Col.URGENCY).alias("urgency"))
    weighed = weighed.filter(pl.col("need").list.len() > 0).explode("need")
    weight = pl.lit(2.0).pow(pl.col("urgency").cast(pl.Float64).fill_null(0)).alias("weight")
    summed = weighed.group_by("key", "need").agg(weight.sum())
    ranked = summed.sort(pl.col("need").is_in(list(first)), "weight", "need", descending=[True, True, False])
    return ranked.unique("key", keep="first", maintain_order=True)


def _known(places: pl.DataFrame, level: str) -> pl.DataFrame:
    """Return name, country and coordinates by key; regions and countries without any lie where their towns do."""
    known = places.filter(pl.col("kind") == level).select("key", "name", "country", "lat", "lon").unique("key")
    if level == "town":
        return known
    towns = places.filter((pl.col("kind") == "town") & pl.col("lat").is_not_null() & pl.col("lon").is_not_null())
    inside = pl.format("a{}.{}", "country", "region") if level == "region" else pl.format("c{}", "country")
    middle = towns.group_by(inside.alias("key")).agg(pl.col("lat", "lon").mean().name.suffix("_towns"))
    known = known.join(middle, on="key", how="left")
    filled = known.with_columns(pl.coalesce(axis, f"{axis}_towns").alias(axis) for axis in ("lat", "lon"))
    return (
        _on_land(filled.drop("lat_towns", "lon_towns")) if level == "country" else filled.drop("lat_towns", "lon_towns")
    )


def _on_land(countries: pl.DataFrame) -> pl.DataFrame:
    """Return countries, those without coordinates in the middle of their outlines, each under its name."""
    middles = [country_middle(code) for code in countries["country"]]
    return countries.with_columns(
        pl.coalesce("lat", pl.Series([one[1] if one else None for one in middles], dtype=pl.Float64)).alias("lat"),
        pl.coalesce("lon", pl.Series([one[0] if one else None for one in middles], dtype=pl.Float64)).alias("lon"),
        pl.Series("name", [country_name(code) for code in countries["country"]], dtype=pl.Utf8),
    )


LEAST_WIDE = {"town": 0.6, "region": 3.0, "country": 16.0, "point": 0.1}
"""Degrees that a view of each level is at least wide and high."""


def view_of(
    lat: Sequence[float] | np.ndarray, lon: Sequence[float] | np.ndarray, least: float = 0.6
) -> tuple[float, float, float, float]:
    """Return the box (west, south, east, north in degrees) that holds all points, east over 180 across the date line.

    The widest empty stretch of longitudes stays outside, so that places on both sides of the date line are near each
    other. A box is at least ``least`` degrees wide and high.
    """
    if not len(lat):
        return -170.0, -56.0, 190.0, 74.0
    around = np.sort(np.asarray(lon, dtype=np.float64))
    gaps = np.diff(np.append(around, around[0] + 360))
    widest = int(gaps.argmax())
    west = float(around[(widest + 1) % len(around)])
    east = float(around[widest])
    east += 360 if east < west else 0
    south, north = float(np.min(lat)), float(np.max(lat))
    wide, high = max(0.0, least - (east - west)) / 2, max(0.0, least - (north - south)) / 2
    return west - wide, south - high, east + wide, north + high
