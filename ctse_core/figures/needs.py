"""How many posts tell each need, and how urgent posts are; those that tell none have a bar of their own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import polars as pl

from ctse_core.figures.base import (
    FAINT,
    PALETTE,
    QUIET,
    Figure,
    bin_id,
    blank,
    count,
    horizontal_bars,
    nothing,
    percent,
    with_legend,
)
from ctse_core.figures.counts import pick_bars
from ctse_core.types import Col
from ctse_core.words import mark, said, t

if TYPE_CHECKING:
    import plotly.graph_objects as go

NEEDS_TITLE, URGENCY_TITLE = mark("What posts tell"), mark("How urgent posts are")
NO_NEED, NOT_JUDGED = "", -1
MOST_NEEDS = 10
_NEEDS = {"key": pl.Utf8, "need": pl.Utf8, "posts": pl.Int64, "urgent": pl.Int64, "share": pl.Float64}
_LEVELS = {"level": pl.Int8, "urgency": pl.Utf8, "posts": pl.Int64, "share": pl.Float64}
_URGENT = 2  # levels from here on are urgent
_SHADES = {3: "#b2182b", 2: "#ef8a62", 1: "#92c5de", 0: "#c9d3dc"}


def needs_figure(table: pl.DataFrame, names: Mapping[str, str], chosen: Sequence[str] | None = None) -> Figure:
    """Draw how many posts tell each need, most frequent first; posts that tell none last.

    ``names`` are of the needs by key. A post that tells two is counted for both. The figure's table has every need
    that is told, "" for posts without one, and how many of its posts are of high or critical urgency. With ``chosen``
    (keys, maybe none) bars can be clicked, and the chosen ones stand out.
    """
    if table.is_empty() or Col.NEEDS not in table.columns:
        return nothing(t("There are no posts."), _NEEDS, said(NEEDS_TITLE))
    counted = _counted(table, names)
    known = counted.filter(pl.col("key") != NO_NEED)
    if known.is_empty():
        return nothing(t("None of these posts tells a need."), _NEEDS, said(NEEDS_TITLE))
    plot = _needs_drawn(table, counted, chosen)
    told = table.height - int(counted.filter(pl.col("key") == NO_NEED)["posts"].sum())
    most = ", ".join(f"{name} {posts:,}" for name, posts in known.select("need", "posts").head(3).rows())
    sentence = t("{posts} tell something that responders ask for: {most}", posts=count(told, "post"), most=most)
    rest = table.height - told
    sentence += t("; {count:,} posts tell no need", count=rest) if rest else ""
    bins = [] if chosen is None else [bin_id([key]) for key in counted["key"]]
    return Figure(plot, counted, sentence + ".", said(NEEDS_TITLE), "needs", tuple(bins))


def _needs_drawn(table: pl.DataFrame, counted: pl.DataFrame, chosen: Sequence[str] | None) -> go.Figure:
    """Return the bars of the most frequent needs, of the rarer ones together, of posts without one."""
    known, none = counted.filter(pl.col("key") != NO_NEED), counted.filter(pl.col("key") == NO_NEED)
    head = known.head(MOST_NEEDS if known.height > MOST_NEEDS + 1 else known.height)
    rest = known.slice(head.height)
    shown = head.select("need", "posts", "urgent")
    stand_for = [[key] for key in head["key"]]
    if rest.height:
        together = table.filter(pl.col(Col.NEEDS).list.set_intersection(rest["key"].to_list()).list.len() > 0)
        urgent = int((together[Col.URGENCY].fill_null(NOT_JUDGED) >= _URGENT).sum())
        row = (t("{count:,} more types", count=rest.height), together.height, urgent)
        shown = shown.vstack(pl.DataFrame([row], schema=shown.schema, orient="row"))
        stand_for.append(rest["key"].to_list())
    shown = shown.vstack(none.select("need", "posts", "urgent"))
    stand_for += [[NO_NEED]] * none.height
    colours = [PALETTE[0]] * head.height + [QUIET] * (rest.height > 0) + [FAINT] * none.height
    series = [
        (t("High or critical"), shown["urgent"].to_list(), _SHADES[3]),
        (t("Less urgent or not judged"), (shown["posts"] - shown["urgent"]).to_list(), colours),
    ]
    plot = blank()
    horizontal_bars(plot, shown["need"].to_list(), series, pick_bars(stand_for, chosen))
    with_legend(plot, True)
    return plot


def urgency_figure(table: pl.DataFrame, names: Mapping[int, str], chosen: Sequence[int] | None = None) -> Figure:
    """Draw how many posts are of each level of urgency, critical first; ``names`` are by level, -1 not judged.

    The figure's ``posts`` add up to the n rows of ``table``. With ``chosen`` (levels) bars can be clicked.
    """
    if table.is_empty() or Col.URGENCY not in table.columns:
        return nothing(t("There are no posts."), _LEVELS, said(URGENCY_TITLE))
    numbers = dict(table.group_by(pl.col(Col.URGENCY).fill_null(NOT_JUDGED).alias("level")).len().iter_rows())
    levels = [level for level in (3, 2, 1, 0, NOT_JUDGED) if level >= 0 or numbers.get(level)]
    rows = [(level, names.get(level, str(level)), numbers.get(level, 0), numbers.get(level, 0) / table.height)
            for level in levels]  # fmt: skip
    counted = pl.DataFrame(rows, schema=_LEVELS, orient="row")
    plot = blank()
    shades = [_SHADES.get(level, FAINT) for level in levels]
    bars = pick_bars([[level] for level in levels], chosen)
    horizontal_bars(plot, counted["urgency"].to_list(), [(t("Posts"), counted["posts"].to_list(), shades)], bars)
    urgent = sum(numbers.get(level, 0) for level in (3, 2))
    sentence = t(
        "{posts} are of high or critical urgency ({share})",
        posts=count(urgent, "post"),
        share=percent(urgent, table.height),
    )
    bins = [] if chosen is None else [bin_id([level]) for level in levels]
    return Figure(plot, counted, sentence + ".", said(URGENCY_TITLE), "urgencies", tuple(bins))


def _counted(table: pl.DataFrame, names: Mapping[str, str]) -> pl.DataFrame:
    """Return how many posts tell each need and how many of them are urgent; "" last, for those that tell none."""
    urgent = (pl.col(Col.URGENCY).fill_null(NOT_JUDGED) >= _URGENT) if Col.URGENCY in table.columns else pl.lit(False)
    none = pl.col(Col.NEEDS).list.len().fill_null(0) == 0  # an empty list would vanish when it is spread
    keys = pl.when(none).then(pl.lit([NO_NEED])).otherwise(pl.col(Col.NEEDS))
    flat = table.select(keys.alias("key"), urgent.alias("urgent")).explode("key")
    return (
        flat.group_by("key")
        .agg(pl.len().cast(pl.Int64).alias("posts"), pl.col("urgent").sum().cast(pl.Int64))
        .sort(pl.col("key") == NO_NEED, "posts", "key", descending=[False, True, False])
        .with_columns(
            pl.col("key").replace_strict({**names, NO_NEED: t("No need told")}, default=pl.col("key")).alias("need"),
            (pl.col("posts") / table.height).alias("share"),
        )
        .select(*_NEEDS)
    )
