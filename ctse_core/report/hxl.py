"""Needs by place and posts in the Humanitarian Exchange Language: a row of hashtags under the heads.

HXL 1.1, hxlstandard.org/standard/1-1final: a hashtag is "#" and a word of letters, digits and underscores, then
attributes that begin with "+"; hashtags of one's own begin with "#x_"; lists in a cell bear +list, separated by "|".
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from ctse_core.report.analysis_like import AnalysisLike
from ctse_core.report.cells import disarmed
from ctse_core.report.tables import AT_FROM, LEVEL, LEVELS, NEED_NAMES, layer_of, posts_table
from ctse_core.types import Col

_PLACE = ("country_name", "country", "region_name", "place_name", "place_key", "lat", "lon")
TIME = "%Y-%m-%dT%H:%M:%SZ"
SECTORS = ("ocha", "ifrc")
"""Schemes whose information types are sectors."""
NEED = "#need"  # becomes the scheme's hashtag
_POSTS = (
    ("Id of the post", "#meta+id", Col.POST_ID),
    ("Time", "#date+reported", Col.TIME),
    ("Text", "#description+text", Col.TEXT),
    ("Language", "#meta+lang+code", Col.LANG),
    ("Topic", "#meta+topic+name", Col.TOPIC),
    ("Needs", NEED + "+name+list", NEED_NAMES),
    ("Needs (keys)", NEED + "+code+list", Col.NEEDS),
    ("Urgency", "#severity+name", LEVEL),
    ("Urgency, 0 to 3", "#severity+num", Col.URGENCY),
    ("Country", "#country+name", "country_name"),
    ("Country (code)", "#country+code+v_iso2", "country"),
    ("Region", "#adm1+name", "region_name"),
    ("Place", "#loc+name", "place_name"),
    ("Place (key)", "#loc+code", "place_key"),
    ("Place as the file gives it", "#loc+text", Col.PLACE),
    ("Latitude", "#geo+lat", Col.AT_LAT),
    ("Longitude", "#geo+lon", Col.AT_LON),
    ("Coordinates from", "#geo+type", AT_FROM),
    ("State", "#status", Col.STATE),
    ("Owner", "#contact+name", Col.OWNER),
    ("Note", "#description+note", Col.NOTE),
    ("Tags", "#meta+tag+list", Col.TAGS),
    ("Independent authors", "#x_sources+num", Col.INDEPENDENT),
    ("One source or repeated in concert", "#x_repeated", Col.REPEATED),
    ("Posts that say the same", "#x_posts+num", Col.COPIES),
    ("Repeats the post", "#meta+original+id", Col.DUPLICATE_OF),
)
_NEEDS = (
    ("Need", NEED + "+name", "need_name"),
    ("Need (key)", NEED + "+code", "need"),
    ("Country", "#country+name", "country_name"),
    ("Country (code)", "#country+code+v_iso2", "country"),
    ("Region", "#adm1+name", "region_name"),
    ("Place", "#loc+name", "place_name"),
    ("Place (key)", "#loc+code", "place_key"),
    ("Latitude", "#geo+lat", "lat"),
    ("Longitude", "#geo+lon", "lon"),
    ("Posts", "#x_posts+num+total", "posts"),
    ("Posts without copies", "#x_posts+num+unique", "originals"),
    ("Posts of high or critical urgency", "#x_posts+num+pressing", "pressing"),
    ("Highest urgency", "#severity+name+max", LEVEL),
    ("Highest urgency, 0 to 3", "#severity+num+max", "level"),
    ("Oldest post", "#date+start", "oldest"),
    ("Newest post", "#date+end", "newest"),
)


@dataclass(frozen=True)
class Tagged:
    """One column: its head, its hashtag with attributes, its values."""

    head: str
    tag: str
    values: pl.Series


def posts_in_hxl(analysis: AnalysisLike) -> list[Tagged]:
    """Return the posts as tagged columns (n rows), those that the analysis has."""
    posts = posts_table(analysis)
    whole = posts.with_columns(_first_places(posts, _place_names(analysis)).get_columns())
    own = {} if Col.AT_LAT in whole.columns else {Col.AT_LAT: Col.LAT, Col.AT_LON: Col.LON}
    wanted = [(head, tag, own.get(name, name)) for head, tag, name in _POSTS]
    return _tagged([one for one in wanted if one[2] in whole.columns], whole, analysis)


def needs_by_place(analysis: AnalysisLike) -> list[Tagged]:
    """Return one row for each place and information type that posts tell together: how many, how urgent, since when.

    A post counts at the surest place it speaks of, under each need it tells. Posts without a known place and posts that
    tell no need have rows of their own, so that for each need the posts add up.
    """
    layer = layer_of(analysis)
    names = {**(layer.need_names if layer else {}), "": "No need told"}
    counted = (
        _each_need(analysis)
        .group_by("need", *_PLACE, maintain_order=True)
        .agg(
            pl.len().alias("posts"),
            pl.col("original").sum().alias("originals"),
            (pl.col("level") >= 2).sum().alias("pressing"),
            pl.col("level").max().alias("level"),
            pl.col(Col.TIME).min().alias("oldest"),
            pl.col(Col.TIME).max().alias("newest"),
        )
        .sort("posts", "need", "place_key", descending=[True, False, False], nulls_last=True)
        .with_columns(
            pl.col("need").replace_strict(names, default=pl.col("need")).alias("need_name"),
            pl.col("level").replace_strict(dict(enumerate(LEVELS)), default=None, return_dtype=pl.Utf8).alias(LEVEL),
        )
    )
    return _tagged(_NEEDS, counted, analysis)


def _tagged(wanted: Sequence[tuple[str, str, str]], table: pl.DataFrame, analysis: AnalysisLike) -> list[Tagged]:
    need = _need_tag(analysis)
    return [
        Tagged(head, need + tag.removeprefix(NEED) if tag.startswith(NEED) else tag, table[name])
        for head, tag, name in wanted
    ]


def _each_need(analysis: AnalysisLike) -> pl.DataFrame:
    """Return one row a post and need that it tells ("" for none), with the surest place the post speaks of."""
    posts = posts_table(analysis)
    needs = pl.col(Col.NEEDS) if Col.NEEDS in posts.columns else pl.lit([], pl.List(pl.Utf8))
    level = pl.col(Col.URGENCY).cast(pl.Int64) if Col.URGENCY in posts.columns else pl.lit(None, pl.Int64)
    each = posts.select(
        pl.when(needs.list.len().fill_null(0) > 0).then(needs).otherwise(pl.lit([""], pl.List(pl.Utf8))).alias("need"),
        pl.col(Col.TIME),
        pl.col(Col.DUPLICATE_OF).is_null().alias("original"),
        level.alias("level"),
    )
    return each.with_columns(_first_places(posts, _place_names(analysis)).get_columns()).explode("need")


def write_hxl(columns: list[Tagged], path: Path) -> None:
    """Write tagged columns as CSV (UTF-8): heads, hashtags, rows; formulas are disarmed, times end in Z."""
    table = disarmed(pl.DataFrame([one.values.alias(str(number)) for number, one in enumerate(columns)]))
    # HXL's own checks warn of needless blanks, and its tools read a row a line.
    table = table.with_columns(pl.col(pl.Utf8).str.replace_all(r"\s+", " ").str.strip_chars())
    with path.open("w", encoding="utf-8", errors="replace", newline="") as file:
        file.write("\ufeff")
        writer = csv.writer(file, lineterminator="\r\n")
        writer.writerow([one.head for one in columns])
        writer.writerow([one.tag for one in columns])
        file.write(table.write_csv(include_header=False, datetime_format=TIME, line_terminator="\r\n"))


def _need_tag(analysis: AnalysisLike) -> str:
    """Return the hashtag of needs: sectors are #sector, other schemes' information types #need, with the scheme."""
    layer = layer_of(analysis)
    scheme = str(getattr(layer.scheme, "key", "") or "").lower() if layer and layer.scheme else ""
    kept = "".join(letter if letter.isascii() and letter.isalnum() else "_" for letter in scheme).strip("_")
    return ("#sector" if kept.startswith(SECTORS) else NEED) + (f"+v_{kept}" if kept else "")


def _place_names(analysis: AnalysisLike) -> pl.DataFrame:
    """Return for each place its country, the name of its region and, where it is a town, its own name."""
    layer = layer_of(analysis)
    kinds: dict[str, Any] = {"key": pl.Utf8, "name": pl.Utf8, "kind": pl.Utf8, "country": pl.Utf8, "region": pl.Utf8}
    if layer is None:
        found = {"lat": pl.Float64, "lon": pl.Float64, "region_name": pl.Utf8, "country_name": pl.Utf8}
        return pl.DataFrame(schema=kinds | found)
    places = layer.places.select(*kinds, "lat", "lon")
    regions = places.filter(pl.col("kind") == "region").select("country", "region", pl.col("name").alias("region_name"))
    regions = regions.unique(["country", "region"], maintain_order=True)
    countries = places.filter(pl.col("kind") == "country").select("country", pl.col("name").alias("country_name"))
    return places.join(regions, on=["country", "region"], how="left", maintain_order="left").join(
        countries.unique("country", maintain_order=True), on="country", how="left", maintain_order="left"
    )


def _first_places(posts: pl.DataFrame, names: pl.DataFrame) -> pl.DataFrame:
    """Return for each post (n rows) its surest place: country, region_name, place_name, place_key, lat, lon."""
    keys = pl.Series("place_key", [None] * posts.height, dtype=pl.Utf8)
    if Col.LOCATED in posts.columns:
        keys = posts[Col.LOCATED].list.first().alias("place_key")
    found = keys.to_frame().join(names, left_on="place_key", right_on="key", how="left", maintain_order="left")
    town = pl.when(~pl.col("kind").is_in(["country", "region"])).then(pl.col("name"))
    return found.select("country_name", "country", "region_name", town.alias("place_name"), "place_key", "lat", "lon")
