"""The tables that people take away: posts with names beside the keys, topics, places, needs, rows set aside."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from ctse_core.report.analysis_like import AnalysisLike
from ctse_core.types import Col

if TYPE_CHECKING:
    from ctse_core.crisis_layer import Layer

LEVELS = ("low", "medium", "high", "critical")
"""What the levels of urgency 0 to 3 are called in data, whatever language the interface speaks."""
NEED_NAMES, PLACE_NAMES = "need_names", "located_names"
LEVEL = "urgency_level"
AT_FROM = "at_from"
FILE_SAYS, PLACE_SAYS = "file", "place"
SET_ASIDE = ("empty_rows", "unreadable_rows")
TABLES = ("posts", "topics", "places", "place_mentions", "needs", *SET_ASIDE)
"""Every table that may leave, by the name of its file."""


def layer_of(analysis: AnalysisLike) -> Layer | None:
    """Return what the columns of needs and places speak of, None where nobody laid it over the analysis."""
    return getattr(analysis, "crisis", None)


def tables_of(analysis: AnalysisLike) -> dict[str, pl.DataFrame]:
    """Return every table that leaves, by the name of its file; those about needs and places where they are known."""
    posts, layer = posts_table(analysis), layer_of(analysis)
    tables = {"posts": posts, "topics": analysis.topics}
    if Col.LOCATED in posts.columns and layer is not None:
        tables |= {"places": places_table(posts, layer), "place_mentions": mentions_table(posts, layer)}
    if Col.NEEDS in posts.columns:
        tables["needs"] = needs_table(posts, layer)
    return tables | {"empty_rows": analysis.empty, "unreadable_rows": analysis.unreadable}


def posts_table(analysis: AnalysisLike) -> pl.DataFrame:
    """Return the posts (n rows) with names beside the keys of needs, places and levels of urgency.

    ``at_from`` tells whether the coordinates are the file's own or those of the place that the post speaks of.
    """
    table, layer = analysis.table, layer_of(analysis)
    beside: dict[str, pl.Series] = {}
    if Col.NEEDS in table.columns:
        beside[Col.NEEDS] = _named(table[Col.NEEDS], layer.need_names if layer else {}, NEED_NAMES)
    if Col.URGENCY in table.columns:
        levels = dict(enumerate(LEVELS))
        beside[Col.URGENCY] = table[Col.URGENCY].cast(pl.Int64).replace_strict(
            levels, default=None, return_dtype=pl.Utf8
        ).alias(LEVEL)  # fmt: skip
    if Col.LOCATED in table.columns:
        beside[Col.LOCATED] = _named(table[Col.LOCATED], layer.place_names if layer else {}, PLACE_NAMES)
    if Col.AT_LON in table.columns:
        beside[Col.AT_LON] = table.select(_coordinates_from(table)).to_series()
    columns = []
    for name in table.columns:
        columns += [table[name], *([beside[name]] if name in beside else [])]
    return pl.DataFrame(columns) if beside else table


def _named(keys: pl.Series, names: dict[str, str], name: str) -> pl.Series:
    """Return lists of names for lists of keys, a key where its name is not known."""
    known = pl.element().replace_strict(list(names), list(names.values()), default=pl.element(), return_dtype=pl.Utf8)
    return keys.list.eval(known if names else pl.element()).alias(name)


def _coordinates_from(table: pl.DataFrame) -> pl.Expr:
    own = pl.col(Col.LAT).is_not_null() & pl.col(Col.LON).is_not_null() if Col.LAT in table.columns else pl.lit(False)
    placed = pl.col(Col.AT_LAT).is_not_null() & pl.col(Col.AT_LON).is_not_null()
    said = pl.when(own).then(pl.lit(FILE_SAYS)).otherwise(pl.lit(PLACE_SAYS))
    return pl.when(placed).then(said).otherwise(None).alias(AT_FROM)


def places_table(posts: pl.DataFrame, layer: Layer) -> pl.DataFrame:
    """Return one row a place, most posts first: the posts that speak of it or of a place inside it, and of what.

    A last row with an empty key counts the posts without a known place.
    """
    keys = Col.WITHIN if Col.WITHIN in posts.columns else Col.LOCATED
    counted = _counted(posts, keys, "key")
    facts = layer.places.select("key", "name", "kind", "country", "region", "lat", "lon", "population")
    known = facts.join(counted, on="key", how="inner").sort("posts", "key", descending=[True, False])
    unknown = counted.filter(pl.col("key") == "").with_columns(pl.lit("No known place").alias("name"))
    return pl.concat([known, unknown], how="diagonal")


def needs_table(posts: pl.DataFrame, layer: Layer | None) -> pl.DataFrame:
    """Return one row an information type, most posts first, those that no post tells too; at last "no need told"."""
    names = layer.need_names if layer else {}
    counted = _counted(posts, Col.NEEDS, "key")
    told = [key for key in counted["key"] if key and key not in names]
    facts = pl.DataFrame(
        {"key": [*names, *told], "name": [*names.values(), *told]}, schema={"key": pl.Utf8, "name": pl.Utf8}
    )
    known = facts.join(counted, on="key", how="left").with_columns(
        pl.col("posts", "originals", "pressing").fill_null(0)
    )
    unknown = counted.filter(pl.col("key") == "").with_columns(pl.lit("No need told").alias("name"))
    return pl.concat([known.sort("posts", "key", descending=[True, False]), unknown], how="diagonal")


def _counted(posts: pl.DataFrame, column: str, name: str) -> pl.DataFrame:
    """Return what is counted of the posts under each key of a list column; "" counts those with an empty list."""
    urgency = pl.col(Col.URGENCY) if Col.URGENCY in posts.columns else pl.lit(None, pl.Int8)
    each = posts.select(
        pl.when(pl.col(column).list.len().fill_null(0) > 0)
        .then(pl.col(column))
        .otherwise(pl.lit([""], pl.List(pl.Utf8)))
        .alias(name),
        pl.col(Col.DUPLICATE_OF).is_null().alias("original"),
        urgency.alias("level"),
        pl.col(Col.TIME),
    ).explode(name)
    return each.group_by(name, maintain_order=True).agg(
        pl.len().cast(pl.Int64).alias("posts"),
        pl.col("original").sum().cast(pl.Int64).alias("originals"),
        (pl.col("level") >= 2).sum().cast(pl.Int64).alias("pressing"),
        pl.col(Col.TIME).min().alias("oldest"),
        pl.col(Col.TIME).max().alias("newest"),
    )


def mentions_table(posts: pl.DataFrame, layer: Layer) -> pl.DataFrame:
    """Return one row a place read out of a post: the post's id, the place, the words, how sure, why."""
    ids = pl.DataFrame({"position": pl.int_range(posts.height, dtype=pl.Int64, eager=True)}).with_columns(
        posts[Col.POST_ID]
    )
    names = layer.places.select("key", "name")
    return (
        layer.mentions.join(ids, on="position", how="inner", maintain_order="left")
        .join(names, on="key", how="left", maintain_order="left")
        .select(Col.POST_ID, "key", "name", "said", "confidence", "why")
    )
