"""When posts were written: how many in each period, and how each topic rose and fell."""

from __future__ import annotations

import json
from typing import Any

import polars as pl

from ctse_core.figures.base import (
    Figure,
    bin_id,
    blank,
    count,
    isolated,
    nothing,
    percent,
    shorten,
    tick,
)
from ctse_core.figures.counts import is_original
from ctse_core.figures.periods import Periods, TimeChoice, cut_time
from ctse_core.figures.topic_cells import CELLS, over_cells
from ctse_core.figures.volume_bars import COPIES, ORIGINALS, time_bars, volume_plot
from ctse_core.types import UNSORTED, Col, TopicCol
from ctse_core.words import mark, number, said, t

VOLUME_TITLE, TOPICS_TITLE = mark("Posts over time"), mark("Topics over time")
POSTS = "posts"
_VOLUME = {
    "period": pl.Utf8,
    "start": pl.Datetime("us", "UTC"),
    ORIGINALS: pl.Int64,
    COPIES: pl.Int64,
    POSTS: pl.Int64,
}


def volume_figure(table: pl.DataFrame, chosen: TimeChoice | None = None) -> Figure:
    """Draw how many posts were written in each period, originals and copies apart; times are UTC.

    The figure's table has one row a period, then "earlier", "later" and "undated" where there are such
    posts; its ``posts`` column adds up to the n rows of ``table``. With ``chosen`` bars can be clicked, and the
    chosen ones stand out.
    """
    if table.is_empty():
        return nothing(t("There are no posts."), _VOLUME, said(VOLUME_TITLE))
    periods = cut_time(table)
    if periods is None:
        reason = t("{why}, so there is no timeline.", why=_none_dated(table))
        return nothing(reason, _VOLUME, said(VOLUME_TITLE))
    counted = (
        pl.DataFrame({"at": periods.of, "original": is_original(table)})
        .group_by("at")
        .agg(pl.col("original").sum().cast(pl.Int64).alias(ORIGINALS), pl.len().cast(pl.Int64).alias(POSTS))
    )
    rows = _period_rows(periods).join(counted, on="at", how="left", nulls_equal=True, maintain_order="left")
    rows = rows.with_columns(pl.col(ORIGINALS, POSTS).fill_null(0)).filter((pl.col(POSTS) > 0) | pl.col("shown"))
    rows = rows.with_columns((pl.col(POSTS) - pl.col(ORIGINALS)).alias(COPIES))
    shown = rows.filter("shown")
    sentence = _volume_summary(rows, shown, periods)
    bars = None if chosen is None else time_bars(rows, periods, chosen)
    plot = volume_plot(rows, periods, bars)
    bins = tuple(bars.ids) if bars else ()
    return Figure(plot, rows.select(*_VOLUME), sentence, said(VOLUME_TITLE), "time", bins)


def _none_dated(table: pl.DataFrame) -> str:
    if table.height == 1:
        return t("The only post has no time")
    return t("None of the {number:,} posts has a time", number=table.height)


def _period_rows(periods: Periods) -> pl.DataFrame:
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
            "{posts} counted per {step} in UTC; the busiest {step} began {period} with {number:,}",
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


def topics_over_time_figure(
    table: pl.DataFrame, topics: pl.DataFrame, most: int = 12, clickable: bool = False
) -> Figure:
    """Draw when each of the ``most`` largest topics was talked about; smaller ones together, unsorted last.

    Largest by their posts in ``table``, which may be what passes a filter; topics without posts there are left out.
    Each line of the picture is scaled to its own busiest period, so that a small topic's rise is as plain as
    a large one's. The figure's table has one row a period and one column a line, and adds up to all posts. Where
    ``clickable``, a click on a cell chooses its topics and its time, a marked row of the table its time.
    """
    if table.is_empty():
        return nothing(t("There are no posts."), {"period": pl.Utf8}, said(TOPICS_TITLE))
    if Col.CLUSTER not in table.columns:
        return nothing(t("These posts are not sorted into topics yet."), {"period": pl.Utf8}, said(TOPICS_TITLE))
    periods = cut_time(table, most=36)
    if periods is None:
        reason = t("{why}, so topics cannot be followed over time.", why=_none_dated(table))
        return nothing(reason, {"period": pl.Utf8}, said(TOPICS_TITLE))
    present = _present(topics, table)
    lines = _lines(present, table, most)
    counted = (
        pl.DataFrame({"at": periods.of, "line": lines.of})
        .group_by("at", "line")
        .agg(pl.len().cast(pl.Int64).alias(POSTS))
    )
    frame = _period_rows(periods)
    for line, name in enumerate(lines.names):
        of_line = counted.filter(pl.col("line") == line).select("at", pl.col(POSTS).alias(name))
        frame = frame.join(of_line, on="at", how="left", nulls_equal=True, maintain_order="left")
    frame = frame.with_columns(pl.col(lines.names).fill_null(0))
    kept = frame.filter(pl.col("shown") | (pl.sum_horizontal(lines.names) > 0))
    shown = frame.filter("shown").select(lines.names)
    # A topic whose posts are all undated or beside the axis stays in the table; its row would be empty.
    shown = shown.select([name for name in lines.names if shown[name].sum()])
    sentence = _topics_summary(shown, periods, len(present))
    plot = _heat(shown, periods)
    bins: tuple[str, ...] = ()
    if clickable:
        times = [json.loads(one) for one in time_bars(kept, periods, TimeChoice()).ids]
        of_lines = [lines.values[lines.names.index(name)] for name in shown.columns]
        _click_cells(plot, of_lines, periods, times)
        bins = tuple(bin_id({"time": time}) for time in times)
    return Figure(plot, kept.select("period", *lines.names), sentence, said(TOPICS_TITLE), CELLS, bins)


def _click_cells(plot: Any, lines: list[list[int]], periods: Periods, times: list[Any]) -> None:
    """Put over each cell what can be clicked: it stands for a line's topics in a period."""
    spans = [(end - start).total_seconds() * 1000 for start, end in zip(periods.starts, periods.ends, strict=True)]
    ids = [[bin_id({"topics": topics, "time": times[at]}) for at in range(len(spans))] for topics in lines]
    heat = plot.data[0]
    hover = [
        [f"{text}<br>{t('Posts')}: {number(int(posts))}" for text, posts in zip(texts, numbers, strict=True)]
        for texts, numbers in zip(heat.text, heat.customdata, strict=True)
    ]
    plot.add_trace(over_cells(ids, hover, periods.starts, spans))
    plot.update_layout(barmode="overlay")
    plot.update_xaxes(fixedrange=True, range=[periods.starts[0], periods.ends[-1]])
    plot.update_yaxes(fixedrange=True)


def _present(topics: pl.DataFrame, table: pl.DataFrame) -> pl.DataFrame:
    """Return the topics that have posts in ``table``, those with most posts there first."""
    posts = table.group_by(pl.col(Col.CLUSTER).cast(pl.Int32).alias("cluster")).agg(pl.len().alias(POSTS))
    named = topics.select(pl.col(TopicCol.ID).cast(pl.Int32), TopicCol.NAME)
    joined = named.join(posts, left_on=TopicCol.ID, right_on="cluster", how="inner")
    return joined.sort([POSTS, TopicCol.ID], descending=[True, False])


class _Lines:
    """Which line of the picture each post belongs to (n,), the lines' distinct names and topics."""

    def __init__(self, names: list[str], of: pl.Series, values: list[list[int]]) -> None:
        self.names, self.of, self.values = names, of, values


def _lines(topics: pl.DataFrame, table: pl.DataFrame, most: int) -> _Lines:
    large = topics.head(most)
    ids = large[TopicCol.ID].to_list()
    names: list[str] = []
    for topic, name in zip(ids, large[TopicCol.NAME].to_list(), strict=True):
        plain = shorten(name, 60) or t("Topic {number}", number=topic)
        free = plain not in (*names, t("Unsorted"), t("Smaller topics"), "period")
        names.append(plain if free else t("{name} (topic {number})", name=plain, number=topic))
    clusters = table[Col.CLUSTER].cast(pl.Int32).fill_null(UNSORTED)
    smaller = ~clusters.is_in([*ids, UNSORTED])
    lines = pl.select(
        pl.when(smaller).then(len(ids)).when(clusters == UNSORTED).then(len(ids) + 1).otherwise(
            clusters.replace_strict(ids, list(range(len(ids))), default=0, return_dtype=pl.Int32)
        ).cast(pl.Int32)
    ).to_series()  # fmt: skip
    names += [t("Smaller topics"), t("Unsorted")]
    values = [*([one] for one in ids), topics[TopicCol.ID].to_list()[most:], [UNSORTED]]
    if not (clusters == UNSORTED).any():
        names.pop()
    if not smaller.any():
        names.remove(t("Smaller topics"))
        del values[len(ids)]
        lines = lines.replace({len(ids) + 1: len(ids)})
    return _Lines(names, lines, values)


def _heat(shown: pl.DataFrame, periods: Periods) -> Any:
    import numpy as np
    import plotly.graph_objects as go

    numbers = shown.to_numpy().T.astype(np.float32)  # (lines, periods)
    peaks = numbers.max(axis=1, keepdims=True)
    plot = blank(90 + 27 * len(numbers))
    centres = [start + (end - start) / 2 for start, end in zip(periods.starts, periods.ends, strict=True)]
    hover = [
        [f"{isolated(name, 80)}<br>{when} ({said(periods.step)}, UTC)" for when in periods.names]
        for name in shown.columns
    ]
    plot.add_trace(
        go.Heatmap(
            x=centres,
            y=list(range(len(numbers))),
            z=np.sqrt(numbers / np.maximum(peaks, 1)),
            zmin=0,
            zmax=1,
            text=hover,
            customdata=numbers,
            hovertemplate=f"%{{text}}<br>{t('Posts')}: %{{customdata:,d}}<extra></extra>",
            colorscale=[[0, "rgba(90,106,214,0.06)"], [1, "rgba(90,106,214,1)"]],
            showscale=False,
            xgap=1,
            ygap=3,
        )
    )
    plot.update_yaxes(
        tickvals=list(range(len(numbers))),
        ticktext=[tick(name, 34) for name in shown.columns],
        range=[len(numbers) - 0.5, -0.5],
        showgrid=False,
        ticks="outside",
        ticklen=6,
        tickcolor="rgba(0,0,0,0)",
    )
    plot.update_xaxes(title_text="UTC", showgrid=False, type="date")
    return plot


def _topics_summary(shown: pl.DataFrame, periods: Periods, topics: int) -> str:
    told = []
    step = said(periods.step)
    for name in shown.columns[:3]:
        numbers = shown[name]
        if name in (t("Smaller topics"), t("Unsorted")) or not numbers.sum():
            continue
        peak = int(numbers.arg_max() or 0)
        part = percent(int(numbers[peak]), int(numbers.sum()))
        told.append(
            t(
                "“{name}” was busiest from {period} ({share} of its posts)",
                name=name, period=periods.names[peak], share=part,
            )
        )  # fmt: skip
    what = count(topics, "topic") if topics else t("No post is in a topic; unsorted posts")
    start = t("{topics} per {step} in UTC", topics=what, step=step)
    start += t(", each scaled to its own busiest {step}", step=step) if topics > 1 else ""
    return "; ".join([start, *told]) + "."
