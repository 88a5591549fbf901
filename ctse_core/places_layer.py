"""Where posts speak of: read out of them once and kept, then as people corrected it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from ctse_core.crisis.gazetteer import PLACES_SCHEMA, TOWN, VERSION, Gazetteer, load_gazetteer
from ctse_core.crisis.place_words import name_words
from ctse_core.crisis.places import LIKELY, SURE, Surroundings, candidates_of, finds_of, weighed
from ctse_core.crisis.told_places import (
    around_of,
    corrected,
    knowing,
    nearest_towns,
    of_column,
    of_coordinates,
    own_place,
    surest,
    with_surroundings_of,
)
from ctse_core.engines.hands import spread
from ctse_core.manifest import before_newest
from ctse_core.project import Project, fingerprint
from ctse_core.project.place_marks import PlaceMark, newest_mark, place_marks, standing
from ctse_core.remembered import laid
from ctse_core.types import Col, Progress, no_progress
from ctse_core.words import mark

if TYPE_CHECKING:
    from ctse_core.stored import Analysis

PRODUCT = "places"
FINDS = "place_finds"
RULES = 6
"""Grows when the same posts would be read differently."""
TOGETHER = 25_000
"""Posts in which names are looked for at once; fewer are read as one."""


WHOLE = 0.6
"""Share of the letters of a value in the file's column of places that known names must make up."""
FAR = 3.0
"""Degrees between a town and the posts that name it in the file's column, from which another place is meant."""


@dataclass(frozen=True)
class Located:
    """Where posts speak of: ``columns`` (n rows: located, at_lat, at_lon), ``places`` and ``mentions``.

    ``places`` has a row for each key, and for the regions and countries around: key, name, kind, country, region, lat,
    lon, population. ``mentions``: position, key, said, start, end, confidence in [0, 1], why (codes; see place_facts).
    """

    columns: pl.DataFrame
    places: pl.DataFrame
    mentions: pl.DataFrame


def place_columns(analysis: Analysis, project: Project, progress: Progress = no_progress) -> Located:
    """Return where the posts of an analysis speak of, with what people corrected.

    ``located`` is a list a post, the finest place first, then the surest; ``at_lat`` and ``at_lon`` the file's own
    degrees, else those of the first place finer than a country.

    Raises:
        ProjectError: what people corrected cannot be read.
        SettingError: the list of places is missing.
    """
    run = (str(analysis.manifest["fingerprint"]), analysis.table.height, VERSION, RULES)
    depends_on = (*run, newest_mark(project.folder))
    return Located(**laid(PRODUCT, project, depends_on, lambda: vars(_located(analysis, project, progress))))


def _located(analysis: Analysis, project: Project, progress: Progress) -> Located:
    read = read_places(analysis, project, progress)
    marks = standing(place_marks(project.folder))
    mentions = corrected(read["mentions"], analysis.table[Col.TEXT], _as_told(marks))
    mentions = mentions.sort("position", "start", maintain_order=True)
    own = [dict(mark.place) for mark in marks if mark.place]
    places = pl.concat([read["places"], pl.DataFrame(own, schema=PLACES_SCHEMA)])
    places = _named(mentions["key"].unique(), places.unique("key", keep="first", maintain_order=True))
    return Located(_columns(analysis.table, mentions, places), places, mentions)


def _named(keys: pl.Series, places: pl.DataFrame) -> pl.DataFrame:
    """Return the rows of the places ``keys`` and of the regions and countries around them, and no others."""
    chosen = places.filter(pl.col("key").is_in(keys.implode()))
    wanted = {*chosen["key"], *around_of(chosen)}
    missing = wanted - set(places["key"])  # a person named a place in a country that no post speaks of
    if missing:
        places = pl.concat([places, load_gazetteer().places.filter(pl.col("key").is_in(list(missing)))])
    return places.filter(pl.col("key").is_in(list(wanted)))


def _as_told(marks: Iterable[PlaceMark]) -> list[tuple[int, str, str, str]]:
    return [(mark.position, mark.said, mark.key, f"person:{mark.author}") for mark in marks]


def read_places(analysis: Analysis, project: Project, progress: Progress = no_progress) -> dict[str, Any]:
    """Return what the posts themselves tell: "mentions", their "places", and "candidates" of every name.

    Kept in the project; read there the second time.

    Raises:
        SettingError: the list of places is missing.
    """
    name = fingerprint(str(analysis.manifest["fingerprint"]), analysis.table.height, VERSION, RULES)
    return project.keep(PRODUCT, name, lambda: _read(analysis, project, progress))


def _read(analysis: Analysis, project: Project, progress: Progress) -> dict[str, Any]:
    table, gazetteer = analysis.table, load_gazetteer()
    around = _surroundings(table)
    keys, own = _of_values(table, gazetteer)
    gazetteer = knowing(gazetteer, own)
    finds = _finds(analysis, project, own, progress)
    progress(0.6, mark("Weighing which places are meant"))
    candidates = weighed(finds, around, gazetteer)
    column = of_column(table[Col.PLACE], keys)
    mentions = pl.concat([_near_column(surest(candidates), column, gazetteer), column])
    placeless = np.setdiff1d(np.flatnonzero(np.isfinite(around.lat)), mentions["position"].to_numpy())
    nearest = nearest_towns(around.lat[placeless], around.lon[placeless], gazetteer.places)
    mentions = pl.concat([mentions, of_coordinates(placeless, nearest, gazetteer.places)]).sort("position", "start")
    places = with_surroundings_of({*mentions["key"], *candidates["key"]}, gazetteer)
    return {"mentions": mentions, "places": places, "candidates": candidates}


def _finds(analysis: Analysis, project: Project, own: list[dict[str, Any]], progress: Progress) -> pl.DataFrame:
    """Return the names in all posts and what stands around them; after an append only the newer posts are read."""
    texts, own_names = analysis.table[Col.TEXT], sorted(str(place["key"]) for place in own)

    def named(run: str, posts: int) -> str:
        return fingerprint(run, posts, VERSION, RULES, own_names)

    def made() -> dict[str, Any]:
        before = before_newest(analysis.manifest)
        known = project.kept(FINDS, named(*before)) if before else None
        if before is None or known is None:
            return {"finds": _finds_of(texts, own, progress)}
        newer = _finds_of(texts[before[1] :], own, progress)
        moved = newer.with_columns(pl.col("position") + before[1])
        return {"finds": pl.concat([known["finds"], moved])}

    return project.keep(FINDS, named(str(analysis.manifest["fingerprint"]), len(texts)), made)["finds"]


def _finds_of(texts: pl.Series, own: list[dict[str, Any]], progress: Progress) -> pl.DataFrame:
    """Return the names in ``texts`` (n,) and what stands around them; many posts are read in parts, on every core."""
    posts = pl.DataFrame({"text": texts, "position": pl.int_range(len(texts), dtype=pl.Int64, eager=True)})
    return spread(
        finds_of_piece, posts, {"own": own}, lambda share: progress(0.6 * share, mark("Looking for places")), TOGETHER
    )


def finds_of_piece(piece: pl.DataFrame, own: list[dict[str, Any]]) -> pl.DataFrame:
    """Return ``finds_of`` the posts of ``piece`` ("text", "position"), which may name the file's ``own`` places."""
    first = piece["position"][0] if piece.height else 0
    finds = finds_of(piece["text"].to_list(), knowing(load_gazetteer(), own))
    return finds.with_columns(pl.col("position") + first)


def _near_column(mentions: pl.DataFrame, column: pl.DataFrame, gazetteer: Gazetteer) -> pl.DataFrame:
    """Return the mentions without those far from the place in the post's column that are no names as they are written.

    A name is "بيريم" less its first letter only by a guess, which the file's own word outweighs.
    """
    where = gazetteer.places.select("key", "lat", "lon")
    told = (
        column.select("position", "key")
        .join(where, on="key")
        .select("position", pl.col("lat", "lon").name.prefix("told_"))
    )
    here = mentions.join(where, on="key", how="left", maintain_order="left")
    here = here.join(told, on="position", how="left", maintain_order="left")
    away = (pl.col("lat") - pl.col("told_lat")).abs() + (pl.col("lon") - pl.col("told_lon")).abs()
    said = {one: name_words(one) for one in mentions["said"].unique()}
    known = set(gazetteer.names.filter(pl.col("name").is_in(list(said.values())))["name"])
    guessed = pl.col("said").is_in([one for one, name in said.items() if name not in known])
    return here.filter(~(guessed & (away >= FAR)).fill_null(False)).select(mentions.columns)


def _surroundings(table: pl.DataFrame) -> Surroundings:
    days = table[Col.TIME].dt.epoch("d").fill_null(-1) if table[Col.TIME].dtype.is_temporal() else None
    count = table.height
    return Surroundings(
        topics=table[Col.CLUSTER].to_numpy().astype(np.int64),
        days=np.full(count, -1, np.int64) if days is None else days.to_numpy().astype(np.int64),
        lat=table[Col.LAT].cast(pl.Float64).fill_null(np.nan).to_numpy(),
        lon=table[Col.LON].cast(pl.Float64).fill_null(np.nan).to_numpy(),
    )


def _of_values(table: pl.DataFrame, gazetteer: Gazetteer) -> tuple[dict[str, str], list[dict[str, Any]]]:
    """Return what each value of the file's column of places means, and the places that no gazetteer knows.

    A value is read as a post is ("Jacmel, Haiti"); where it names nothing known it is a place of its own, where its
    posts lie.
    """
    named = table.select(pl.col(Col.PLACE).cast(pl.Utf8).str.strip_chars().alias("value"), Col.LAT, Col.LON)
    named = named.filter(pl.col("value").str.len_chars() > 0)
    means = named.group_by("value", maintain_order=True).agg(
        pl.len(), pl.col(Col.LAT).cast(pl.Float64).median(), pl.col(Col.LON).cast(pl.Float64).median()
    )
    if not means.height:
        return {}, []
    values = means["value"].to_list()
    lat, lon = (means[column].fill_null(np.nan).to_numpy() for column in (Col.LAT, Col.LON))
    around = Surroundings(np.zeros(len(values), np.int64), np.full(len(values), -1), lat, lon)
    found = candidates_of(values, around, gazetteer)
    found = found.filter((pl.col("likely") >= LIKELY) & (pl.col("likely") * pl.col("share") >= SURE))
    best = _finest(found, gazetteer.places, means)
    keys: dict[str, str] = {}
    own: list[dict[str, Any]] = []
    for number, (value, _, north, east) in enumerate(means.iter_rows()):
        if number in best:
            keys[value] = best[number]
        elif name_words(value):
            own.append(own_place(value, north, east))
            keys[value] = own[-1]["key"]
    return keys, own


def _finest(found: pl.DataFrame, places: pl.DataFrame, means: pl.DataFrame) -> dict[int, str]:
    """Return the finest place that each value names, where its names make up most of it and it lies where its posts do.

    "Camp near Bulaq" at the other end of the world is a place of its own.
    """
    spans = found.select("position", "start", "end").unique().group_by("position")
    covered = spans.agg((pl.col("end") - pl.col("start")).sum().alias("letters"))
    told = means.with_row_index("position").with_columns(pl.col("position").cast(pl.Int64))
    here = (
        found.join(covered, on="position")
        .join(told, on="position")
        .join(places.select("key", "kind", pl.col("lat", "lon").name.suffix("_place")), on="key")
    )
    away = (pl.col(Col.LAT) - pl.col("lat_place")).abs() + (pl.col(Col.LON) - pl.col("lon_place")).abs()
    fits = (pl.col("letters") >= WHOLE * pl.col("value").str.len_chars()) & ((pl.col("kind") != TOWN) | (away < FAR)
        .fill_null(True))  # fmt: skip
    kinds = (
        here.filter(fits).with_columns(_fineness()).sort("position", "fine", "share", descending=[False, False, True])
    )
    return dict(kinds.unique("position", keep="first", maintain_order=True).select("position", "key").iter_rows())


def _fineness() -> pl.Expr:
    """Return 0 for towns, 1 for regions, 2 for countries."""
    return pl.col("kind").replace_strict({TOWN: 0, "region": 1}, default=2, return_dtype=pl.Int8).alias("fine")


def _columns(table: pl.DataFrame, mentions: pl.DataFrame, places: pl.DataFrame) -> pl.DataFrame:
    """Return the columns that posts get (n rows): located, at_lat, at_lon."""
    known = mentions.join(places.select("key", "kind", "lat", "lon"), on="key", how="left").with_columns(_fineness())
    known = known.sort("position", "fine", "confidence", descending=[False, False, True], maintain_order=True)
    known = known.unique(["position", "key"], keep="first", maintain_order=True)
    lists = known.group_by("position", maintain_order=True).agg(pl.col("key").alias(Col.LOCATED))
    fine = known.filter((pl.col("kind") != "country") & pl.col("lat").is_not_null())
    fine = fine.unique("position", keep="first", maintain_order=True).select("position", "lat", "lon")
    rows = pl.DataFrame({"position": pl.int_range(table.height, dtype=pl.Int64, eager=True)})
    joined = rows.join(lists, on="position", how="left", maintain_order="left")
    joined = joined.join(fine, on="position", how="left", maintain_order="left")
    both = table[Col.LAT].is_not_null() & table[Col.LON].is_not_null()
    return joined.select(
        pl.col(Col.LOCATED).fill_null(pl.Series([[]], dtype=pl.List(pl.Utf8))),
        pl.when(both).then(table[Col.LAT].cast(pl.Float64)).otherwise(pl.col("lat")).alias(Col.AT_LAT),
        pl.when(both).then(table[Col.LON].cast(pl.Float64)).otherwise(pl.col("lon")).alias(Col.AT_LON),
    )
