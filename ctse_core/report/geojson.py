"""Posts and places as GeoJSON (RFC 7946), for any map program: coordinates as they are, the unplaced told."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl

from ctse_core.report.cells import whole_times
from ctse_core.report.tables import AT_FROM, FILE_SAYS
from ctse_core.types import Col
from ctse_core.words import mark, said

_LEFT_OUT = (Col.COMPARED, Col.REPRESENTATIVE, Col.X, Col.Y, Col.AT_LAT, Col.AT_LON)
_TOLD = mark(
    "{placed:,} posts stand where the file says or in the middle of the place they speak of; {unplaced:,} posts have "
    "no coordinates and no geometry."
)


def write_posts(posts: pl.DataFrame, path: Path) -> None:
    """Write a feature a post to ``path``: a point where it has coordinates, else no geometry, which programs skip.

    Coordinates are never rounded or moved; ``at_from`` says whether they are the file's or the middle of a place. The
    file's further columns are left out, which other formats have under the same ids: they would double the file.
    """
    located = posts if Col.AT_LON in posts.columns else _where_the_file_says(posts)
    points = _points(located[Col.AT_LON], located[Col.AT_LAT])
    placed = sum(point is not None for point in points)
    counts = {"placed": placed, "unplaced": posts.height - placed}
    facts = {"posts": posts.height, **counts, "said": said(_TOLD, **counts), "crs_of_coordinates": "WGS 84"}
    given = [name for name in located.columns if name.startswith("file:")]
    properties = whole_times(located.drop(*_LEFT_OUT, *given, strict=False)).iter_rows(named=True)
    features = (_feature(point, row, str(row[Col.POST_ID])) for point, row in zip(points, properties, strict=True))
    _write(path, features, points, facts)


def _where_the_file_says(posts: pl.DataFrame) -> pl.DataFrame:
    """Return posts in which nobody looked for places with the file's own coordinates, which are all there is."""
    own = pl.lit(FILE_SAYS) if {Col.LAT, Col.LON} <= set(posts.columns) else pl.lit(None, pl.Utf8)
    lat, lon = (pl.col(name) if name in posts.columns else pl.lit(None, pl.Float64) for name in (Col.LAT, Col.LON))
    there = lat.is_not_null() & lon.is_not_null()
    return posts.with_columns(lat.alias(Col.AT_LAT), lon.alias(Col.AT_LON), pl.when(there).then(own).alias(AT_FROM))


def write_places(places: pl.DataFrame, path: Path) -> None:
    """Write a feature a place to ``path``, with what is counted of the posts that speak of it or of places inside.

    The row of the posts without a known place has no geometry.
    """
    points = _points(places["lon"], places["lat"])
    properties = whole_times(places.drop("lat", "lon")).iter_rows(named=True)
    features = (_feature(point, row, row["key"] or "unplaced") for point, row in zip(points, properties, strict=True))
    _write(path, features, points, {"places": places.filter(pl.col("key") != "").height})


def _points(lon: pl.Series, lat: pl.Series) -> list[list[float] | None]:
    pairs = zip(lon.to_list(), lat.to_list(), strict=True)
    return [None if x is None or y is None or x != x or y != y else [x, y] for x, y in pairs]


def _feature(point: list[float] | None, properties: dict[str, Any], name: str) -> dict[str, Any]:
    geometry = None if point is None else {"type": "Point", "coordinates": point}
    return {"type": "Feature", "id": name, "geometry": geometry, "properties": properties}


def _write(
    path: Path, features: Iterator[dict[str, Any]], points: list[list[float] | None], facts: dict[str, Any]
) -> None:
    """Write a collection, a feature a line, so that memory never holds all of it."""
    there = [point for point in points if point is not None]
    head: dict[str, Any] = {"type": "FeatureCollection", "ctse": facts}
    if there:
        xs, ys = zip(*there, strict=True)
        head["bbox"] = [min(xs), min(ys), max(xs), max(ys)]
    encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode
    with path.open("w", encoding="utf-8", errors="replace", newline="\n") as file:
        file.write(encode(head)[:-1] + ',"features":[')
        for number, feature in enumerate(features):
            file.write((",\n" if number else "\n") + encode(feature))
        file.write("\n]}\n")
