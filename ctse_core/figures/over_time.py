"""When posts were written: how many in each period."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from ctse_core.figures.base import (
    Figure,
    count,
    nothing,
)
from ctse_core.figures.counts import is_original
from ctse_core.figures.periods import Periods, TimeChoice, cut_time, zone_words
from ctse_core.figures.spans import Span, mark_spans
from ctse_core.figures.volume_bars import COPIES, ORIGINALS, time_bars, volume_plot
from ctse_core.words import mark, said, t

VOLUME_TITLE = mark("Posts over time")
POSTS = "posts"
_VOLUME = {
    "period": pl.Utf8,
    "start": pl.Datetime("us", "UTC"),
    ORIGINALS: pl.Int64,
    COPIES: pl.Int64,
    POSTS: pl.Int64,
}


def volume_figure(
    table: pl.DataFrame, chosen: TimeChoice | None = None, zone: str = "UTC", spans: Sequence[Span] = ()
) -> Figure:
    """Draw how many posts were written in each period, originals and copies apart, on the clocks of ``zone``.

    The figure's table has one row a period (its ``start`` in UTC), then "earlier", "later" and "undated" where there
    are such posts; its ``posts`` column adds up to the n rows of ``table``. With ``chosen`` bars can be clicked, a
    range of them drawn over, and the chosen ones stand out. ``spans`` are stretches of time to be marked.
    """
    if table.is_empty():
        return nothing(t("There are no posts."), _VOLUME, said(VOLUME_TITLE))
    periods = cut_time(table, zone=zone)
    if periods is None:
        reason = t("{why}, so there is no timeline.", why=none_dated(table))
        return nothing(reason, _VOLUME, said(VOLUME_TITLE))
    counted = (
        pl.DataFrame({"at": periods.of, "original": is_original(table)})
        .group_by("at")
        .agg(pl.col("original").sum().cast(pl.Int64).alias(ORIGINALS), pl.len().cast(pl.Int64).alias(POSTS))
    )
    rows = period_rows(periods).join(counted, on="at", how="left", nulls_equal=True, maintain_order="left")
    rows = rows.with_columns(pl.col(ORIGINALS, POSTS).fill_null(0)).filter((pl.col(POSTS) > 0) | pl.col("shown"))
    rows = rows.with_columns((pl.col(POSTS) - pl.col(ORIGINALS)).alias(COPIES))
    shown = rows.filter("shown")
    sentence = _volume_summary(rows, shown, periods)
    bars = None if chosen is None else time_bars(rows, periods, chosen)
    plot = volume_plot(rows, periods, bars)
    mark_spans(plot, periods, spans)
    bins = tuple(bars.ids) if bars else ()
    return Figure(plot, rows.select(*_VOLUME), sentence, said(VOLUME_TITLE), "time", bins)


def none_dated(table: pl.DataFrame) -> str:
    """Return why there is no timeline of posts of which none has a time."""
    if table.height == 1:
        return t("The only post has no time")
    return t("None of the {number:,} posts has a time", number=table.height)


def period_rows(periods: Periods) -> pl.DataFrame:
    """Return one row a period in order, then earlier, later and undated, with the number posts carry."""
    inside = len(periods.starts)
    return pl.DataFrame(
        {
            "period": [*periods.names, t("earlier"), t("later"), t("undated")],
            "start": [*periods.starts, None, None, None],
            "at": [*range(inside), -1, inside, None],
            "shown": [True] * inside + [False] * 3,
        },
        schema_overrides={"at": pl.Int32, "start": pl.Datetime("us")},
    ).with_columns(pl.col("start").dt.replace_time_zone("UTC"))


def _volume_summary(rows: pl.DataFrame, shown: pl.DataFrame, periods: Periods) -> str:
    peak = shown.sort([POSTS, "start"], descending=[True, False]).row(0, named=True)
    total = int(rows[POSTS].sum())
    told = [
        t(
            "{posts} counted per {step} ({zone}); the busiest {step} began {period} with {number:,}",
            zone=zone_words(periods.zone, periods.starts[0]),
            posts=count(total, "post"),
            step=said(periods.step),
            period=peak["period"],
            number=peak[POSTS],
        )
    ]
    beside = dict(rows.filter(~pl.col("shown")).select("period", POSTS).rows())
    if beside.get(t("earlier")):
        told.append(t("{count:,} dated earlier than shown", count=beside[t("earlier")]))
    if beside.get(t("later")):
        told.append(t("{count:,} dated later than shown", count=beside[t("later")]))
    if beside.get(t("undated")):
        told.append(t("{count:,} without a time", count=beside[t("undated")]))
    return "; ".join(told) + "."
