"""How topics, needs or places rose and fell: a line of cells each over time, every post in exactly one of them."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

import numpy as np
import polars as pl

from ctse_core.figures.ages import Ages
from ctse_core.figures.base import QUIET, Figure, bin_id, blank, count, isolated, nothing, percent, shorten, tick
from ctse_core.figures.over_time import POSTS, none_dated, period_rows
from ctse_core.figures.periods import Periods, TimeChoice, cut_time, zone_words
from ctse_core.figures.topic_cells import CELLS, over_cells
from ctse_core.figures.volume_bars import time_bars
from ctse_core.types import UNSORTED, Col, TopicCol
from ctse_core.words import mark, number, said, t

TOPICS_TITLE = mark("Topics over time")
MOST_LINES = 12
_MOST_PERIODS = 36


@dataclass(frozen=True)
class Look:
    """On which clocks time is told, and from when on a line is stale (None: nothing is said about its age)."""

    zone: str = "UTC"
    ages: Ages | None = None


@dataclass(frozen=True)
class Kind:
    """What lines are of: the filter's field that a click sets, the title, what posts without a value are called.

    ``nothing`` stands for no value; with ``order`` lines stand as it does, not by their posts.
    """

    field: str
    title: str
    none: str
    smaller: str
    name: Callable[[Any], str]
    nothing: Any = ""
    order: tuple[Any, ...] = ()


@dataclass(frozen=True)
class _Lines:
    """Which line of the picture each post belongs to (n,), the lines' distinct names and the values they stand for.

    ``single``: how many lines at the beginning stand for one value each; ``values_in_all``: how many values there are.
    """

    names: list[str]
    of: pl.Series
    values: list[list[Any]]
    single: int
    values_in_all: int


def topics_over_time_figure(
    table: pl.DataFrame,
    topics: pl.DataFrame,
    most: int = MOST_LINES,
    clickable: bool = False,
    look: Look | None = None,
) -> Figure:
    """Draw when each of the ``most`` largest topics was talked about; smaller ones together, unsorted last.

    Largest by their posts in ``table``, which may be what passes a filter; topics without posts there are left out.
    Each line of the picture is scaled to its own busiest period, so that a small topic's rise is as plain as
    a large one's. The figure's table has one row a period and one column a line, and adds up to all posts. Where
    ``clickable``, a click on a cell chooses its topics and its time, a marked row of the table its time.
    """
    known = dict(topics.select(TopicCol.ID, TopicCol.NAME).rows())
    name = partial(_topic_name, names=known)
    kind = Kind("topics", TOPICS_TITLE, t("Unsorted"), t("Smaller topics"), name, UNSORTED)
    if table.height and Col.CLUSTER not in table.columns:
        return nothing(t("These posts are not sorted into topics yet."), {"period": pl.Utf8}, said(TOPICS_TITLE))
    of = table[Col.CLUSTER].cast(pl.Int32).fill_null(UNSORTED) if table.height else pl.Series(dtype=pl.Int32)
    of = pl.select(pl.when(of.is_in(list(known))).then(of).otherwise(UNSORTED)).to_series()
    return _lines_figure(table, _lines(of, kind, most), kind, clickable, look or Look())


def values_over_time_figure(
    table: pl.DataFrame, of: pl.Series, kind: Kind, clickable: bool = False, look: Look | None = None
) -> Figure:
    """Draw when posts had each of the values ``of`` (n, ``kind.nothing`` for none), as ``topics_over_time_figure``."""
    return _lines_figure(table, _lines(of, kind, MOST_LINES), kind, clickable, look or Look())


def _topic_name(topic: int, names: Mapping[int, str]) -> str:
    return shorten(str(names.get(topic, "")), 60) or t("Topic {number}", number=topic)


def _lines(of: pl.Series, kind: Kind, most: int) -> _Lines:
    """Return the lines of values (n,): the most frequent ones, all others together, posts without a value last."""
    sizes = of.rename("value").value_counts(name=POSTS).sort([POSTS, "value"], descending=[True, False])
    none = kind.nothing
    known = [value for value in sizes["value"].to_list() if value != none]
    if kind.order:
        known = [value for value in kind.order if value in known]
    head, rest = known[:most], known[most:]
    names: list[str] = []
    for value in head:
        plain = kind.name(value)
        taken = plain in (*names, kind.none, kind.smaller, "period")
        names.append(t("{name} (topic {number})", name=plain, number=value) if taken else plain)
    values: list[list[Any]] = [[value] for value in head]
    for present, name, stands_for in ((bool(rest), kind.smaller, rest), (len(known) < sizes.height, kind.none, [none])):
        if present:
            names.append(name)
            values.append(stands_for)
    place = {value: line for line, held in enumerate(values) for value in held}
    return _Lines(names, of.replace_strict(place, return_dtype=pl.Int32), values, len(head), len(known))


def _lines_figure(table: pl.DataFrame, lines: _Lines, kind: Kind, clickable: bool, look: Look) -> Figure:
    empty: dict[str, Any] = {"period": pl.Utf8}
    if table.is_empty():
        return nothing(t("There are no posts."), empty, said(kind.title))
    periods = cut_time(table, _MOST_PERIODS, look.zone)
    if periods is None:
        return nothing(
            t("{why}, so nothing can be followed over time.", why=none_dated(table)), empty, said(kind.title)
        )
    frame = _counted(lines, periods)
    kept = frame.filter(pl.col("shown") | (pl.sum_horizontal(lines.names) > 0))
    shown = frame.filter("shown").select(lines.names)
    # A line whose posts are all undated or beside the axis stays in the table; its row would be empty.
    drawn = [line for line, name in enumerate(lines.names) if shown[name].sum()]
    shown = shown.select([lines.names[line] for line in drawn])
    newest = _newest(table, lines)
    plot = _heat(shown, periods, [newest.get(line) for line in drawn], look.ages)
    bins: tuple[str, ...] = ()
    if clickable:
        times = [json.loads(one) for one in time_bars(kept, periods, TimeChoice()).ids]
        _click_cells(plot, [{kind.field: lines.values[line]} for line in drawn], periods, times)
        bins = tuple(bin_id({"time": time}) for time in times)
    sentence = _sentence(shown, periods, lines, kind, look)
    return Figure(plot, kept.select("period", *lines.names), sentence, said(kind.title), CELLS, bins)


def _counted(lines: _Lines, periods: Periods) -> pl.DataFrame:
    """Return one row a period, earlier, later and undated ones last, with a column of posts a line."""
    counted = (
        pl.DataFrame({"at": periods.of, "line": lines.of})
        .group_by("at", "line")
        .agg(pl.len().cast(pl.Int64).alias(POSTS))
    )
    frame = period_rows(periods)
    for line, name in enumerate(lines.names):
        of_line = counted.filter(pl.col("line") == line).select("at", pl.col(POSTS).alias(name))
        frame = frame.join(of_line, on="at", how="left", nulls_equal=True, maintain_order="left")
    return frame.with_columns(pl.col(lines.names).fill_null(0))


def _newest(table: pl.DataFrame, lines: _Lines) -> dict[int, datetime]:
    told = pl.DataFrame({"line": lines.of, "time": table[Col.TIME]}).drop_nulls()
    return dict(told.group_by("line").agg(pl.col("time").max()).rows())


def _click_cells(plot: Any, lines: list[dict[str, list[Any]]], periods: Periods, times: list[Any]) -> None:
    """Put over each cell what can be clicked: it stands for a line's values in a period."""
    starts = periods.edges[:-1]
    spans = [(end - start).total_seconds() * 1000 for start, end in zip(starts, periods.edges[1:], strict=True)]
    ids = [[bin_id({**line, "time": times[at]}) for at in range(len(spans))] for line in lines]
    heat = plot.data[0]
    hover = [
        [f"{text}<br>{t('Posts')}: {number(int(posts))}" for text, posts in zip(texts, numbers, strict=True)]
        for texts, numbers in zip(heat.text, heat.customdata, strict=True)
    ]
    plot.add_trace(over_cells(ids, hover, starts, spans))
    plot.update_layout(barmode="overlay")
    plot.update_xaxes(fixedrange=True, range=[starts[0], periods.edges[-1]])
    plot.update_yaxes(fixedrange=True)


def _heat(shown: pl.DataFrame, periods: Periods, newest: list[datetime | None], ages: Ages | None) -> Any:
    import plotly.graph_objects as go

    numbers = shown.to_numpy().T.astype(np.float32)  # (lines, periods)
    peaks = numbers.max(axis=1, keepdims=True)
    plot = blank(90 + 27 * len(numbers))
    zone = zone_words(periods.zone, periods.starts[0])
    between = zip(periods.edges[:-1], periods.edges[1:], strict=True)
    hover = [
        [f"{isolated(name, 80)}<br>{when} ({said(periods.step)}, {zone})" for when in periods.names]
        for name in shown.columns
    ]
    plot.add_trace(
        go.Heatmap(
            x=[start + (end - start) / 2 for start, end in between],
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
        ticktext=[_tick(name, at, ages) for name, at in zip(shown.columns, newest, strict=True)],
        range=[len(numbers) - 0.5, -0.5],
        showgrid=False,
        ticks="outside",
        ticklen=6,
        tickcolor="rgba(0,0,0,0)",
    )
    plot.update_xaxes(title_text=zone, showgrid=False, type="date")
    return plot


def _tick(name: str, newest: datetime | None, ages: Ages | None) -> str:
    """Return a line's label, with the age of its newest post where ages are told: grey where it is stale."""
    if ages is None:
        return tick(name, 34)
    told = f"{tick(name, 30)}  <b>{ages.said(newest)}</b>"
    return f'<span style="color:{QUIET}"><i>{told}</i></span>' if ages.stale(newest) else told


def _sentence(shown: pl.DataFrame, periods: Periods, lines: _Lines, kind: Kind, look: Look) -> str:
    told = []
    step, several = said(periods.step), lines.values_in_all > 1
    for name in shown.columns[:3]:
        numbers = shown[name]
        if name not in lines.names[: lines.single] or not numbers.sum():
            continue
        peak = int(numbers.arg_max() or 0)
        part = percent(int(numbers[peak]), int(numbers.sum()))
        told.append(
            t(
                "“{name}” was busiest from {period} ({share} of its posts)",
                name=name, period=periods.names[peak], share=part,
            )
        )  # fmt: skip
    zone = zone_words(periods.zone, periods.starts[0])
    if kind.field == "topics":
        what = count(lines.values_in_all, "topic") if lines.single else t("No post is in a topic; unsorted posts")
        start = t("{topics} per {step} ({zone})", topics=what, step=step, zone=zone)
    else:
        start = t("Posts counted per {step} ({zone}), each in one line", step=step, zone=zone)
    start += t(", each scaled to its own busiest {step}", step=step) if several else ""
    sentence = "; ".join([start, *told]) + "."
    return sentence if look.ages is None else f"{sentence} {look.ages.told()}"
