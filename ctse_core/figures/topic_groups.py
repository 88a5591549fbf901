"""Topics in two levels, one bar a group with its topics as pieces; and which topics are alike."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import polars as pl

from ctse_core.figures.base import (
    FAINT,
    NOT_CHOSEN,
    Figure,
    bin_id,
    blank,
    count,
    horizontal_bars,
    nothing,
    shorten,
    target,
    tick,
    wrapped,
)
from ctse_core.figures.counts import pick_bars
from ctse_core.types import UNSORTED, Col, TopicCol
from ctse_core.words import mark, number, said, t

GROUPS_TITLE, SIMILAR_TITLE = mark("Groups of topics"), mark("Similar topics")
MOST_PAIRS = 15
_GROUPS = {"group": pl.Utf8, "topic": pl.Utf8, "posts": pl.Int64, "share": pl.Float64}
_PAIRS = {"topic": pl.Utf8, "similar": pl.Utf8, "cosine": pl.Float64, "posts": pl.Int64}
_SHADES = ("#4c5ab7", "#5965bf")  # white reads on both at 4.5 to 1 and better
_ON_SHADES = "#ffffff"
_ALONE = -2
_LETTERS = 90  # that the longest bar holds on a page of usual width
_HALF = 17  # letters of each name of a pair


def groups_figure(table: pl.DataFrame, topics: pl.DataFrame, chosen: Sequence[int] | None = None) -> Figure:
    """Draw the groups of topics by their posts in ``table``, largest first, each topic a piece of its group's bar.

    A topic without a group stands alone, unsorted posts come last. The figure's table has one row a topic; its
    ``posts`` add up to the n rows of ``table``. With ``chosen`` (topic ids, maybe none) a click on a piece chooses its
    topic, one beside the bar the whole group.
    """
    if table.is_empty():
        return nothing(t("There are no posts."), _GROUPS, said(GROUPS_TITLE))
    if topics.is_empty() or TopicCol.PARENT not in topics.columns:
        return nothing(t("These topics are not in groups: analyse the file again."), _GROUPS, said(GROUPS_TITLE))
    rows = _in_groups(table, topics)
    unsorted = int((table[Col.CLUSTER] == UNSORTED).sum())
    groups = rows.group_by("key", maintain_order=True).agg(pl.col("group").first(), "topic", "id", "posts")
    plot = blank()
    bars = [(one["group"], one["topic"], one["id"], one["posts"]) for one in groups.iter_rows(named=True)]
    if unsorted:
        bars.append((t("Unsorted"), [t("Unsorted")], [UNSORTED], [unsorted]))
    _pieces(plot, bars, chosen)
    loose = [(t("Unsorted"), t("Unsorted"), unsorted, unsorted / table.height)] if unsorted else []
    whole = rows.select(*_GROUPS).vstack(pl.DataFrame(loose, schema=_GROUPS, orient="row"))
    ids = [*rows["id"].to_list(), *([UNSORTED] if unsorted else [])]
    bins = () if chosen is None else tuple(bin_id([one]) for one in ids)
    return Figure(plot, whole, _told(rows, groups.height, unsorted), said(GROUPS_TITLE), "topics", bins)


def _in_groups(table: pl.DataFrame, topics: pl.DataFrame) -> pl.DataFrame:
    """Return key, group, id, topic, posts, share: topics with posts in ``table``, largest group and topic first."""
    posts = table.group_by(pl.col(Col.CLUSTER).cast(pl.Int32).alias("id")).agg(pl.len().cast(pl.Int64).alias("posts"))
    alone = pl.col(TopicCol.PARENT).is_null()
    rows = topics.select(
        # A number of its own below all groups' for a topic without one.
        pl.when(alone).then(_ALONE - pl.col(TopicCol.ID)).otherwise(TopicCol.PARENT).cast(pl.Int64).alias("key"),
        pl.coalesce(TopicCol.PARENT_NAME, TopicCol.NAME).alias("group"),
        pl.col(TopicCol.ID).cast(pl.Int32).alias("id"),
        pl.col(TopicCol.NAME).alias("topic"),
    ).join(posts, on="id", how="inner")
    rows = rows.with_columns(
        (pl.col("posts") / table.height).alias("share"), pl.col("posts").sum().over("key").alias("of_group")
    )
    return rows.sort(["of_group", "key", "posts", "id"], descending=[True, False, True, False])


Bar = tuple[str, list[str], list[int], list[int]]
"""A group's name, its topics' names, their ids, their posts."""


def _pieces(plot: Any, bars: Sequence[Bar], chosen: Sequence[int] | None) -> None:
    """Draw each group's topics one after the other on its line."""
    import plotly.graph_objects as go

    places, starts, widths, texts, hover, colours, ids, opacity = [], [], [], [], [], [], [], []
    longest = max(sum(posts) for *_, posts in bars)
    for place, (group, names, topics, posts) in enumerate(bars):
        start = 0
        for turn, (name, topic, size) in enumerate(zip(names, topics, posts, strict=True)):
            places.append(place)
            starts.append(start)
            widths.append(size)
            room = int(_LETTERS * size / longest) - 2
            texts.append(shorten(name, room) if topic != UNSORTED and room > 3 else "")
            hover.append(f"{wrapped(name)}<br>{wrapped(group) if topic != UNSORTED else ''}<br>{number(size)}")
            colours.append(FAINT if topic == UNSORTED else _SHADES[turn % 2])
            ids.append(bin_id([topic]))
            opacity.append(1.0 if not chosen or topic in chosen else NOT_CHOSEN)
            start += size
    pieces: dict[str, Any] = {"y": places, "base": starts, "x": widths, "orientation": "h", "customdata": hover}
    if chosen is not None:
        pieces["ids"] = ids
    plot.add_trace(
        go.Bar(
            **pieces,
            text=texts,
            textposition="inside",
            insidetextanchor="start",
            constraintext="none",
            textangle=0,
            insidetextfont={"color": _ON_SHADES, "size": 12},
            # Where these are not said, plotly fails on a click on bars with texts, and tells nobody of it.
            selected={"textfont": {"color": _ON_SHADES}},
            unselected={"textfont": {"color": _ON_SHADES}},
            marker={"color": colours, "opacity": opacity, "line": {"width": 1, "color": "rgba(255,255,255,0.7)"}},
            hovertemplate="%{customdata}<extra></extra>",
        )
    )
    totals = [sum(posts) for *_, posts in bars]
    if chosen is not None:
        told = [f"{wrapped(name)}<br>{number(total)}" for (name, *_), total in zip(bars, totals, strict=True)]
        beside = {"base": totals, "x": [longest * 1.02 - total for total in totals], "y": list(range(len(bars)))}
        whole = [bin_id(topics) for _, _, topics, _ in bars]
        plot.add_trace(target(orientation="h", customdata=told, ids=whole, **beside))
    _axes(plot, [name for name, *_ in bars])


def _axes(plot: Any, names: Sequence[str]) -> None:
    plot.update_layout(barmode="overlay", height=70 + 34 * max(3, len(names)), showlegend=False)
    plot.update_yaxes(
        tickvals=list(range(len(names))),
        ticktext=[tick(name) for name in names],
        range=[len(names) - 0.5, -0.5],
        showgrid=False,
        fixedrange=True,
        ticks="outside",
        ticklen=6,
        tickcolor="rgba(0,0,0,0)",
    )
    plot.update_xaxes(rangemode="tozero", tickformat=",d", nticks=6, fixedrange=True)


def _told(rows: pl.DataFrame, groups: int, unsorted: int) -> str:
    largest = rows.unique("key", keep="first", maintain_order=True).head(3)
    names = ", ".join(
        t("“{name}” with {posts}", name=name, posts=count(posts, "post"))
        for name, posts in largest.select("group", "of_group").rows()
    )
    sentence = t("{topics} in {count:,} groups; largest: {names}", topics=count(rows.height, "topic"), count=groups,
                 names=names)  # fmt: skip
    return sentence + (t("; {count:,} posts are unsorted", count=unsorted) if unsorted else "") + "."


def similar_figure(table: pl.DataFrame, topics: pl.DataFrame, chosen: Sequence[int] | None = None) -> Figure:
    """Draw the pairs of topics most alike: the cosine between their centres, in [-1, 1], above 0.

    Only topics with posts in ``table``. The figure's table has every topic with its five nearest, each pair once, most
    alike first. With ``chosen`` (topic ids, maybe none) a click chooses both topics.
    """
    if topics.is_empty() or TopicCol.SIMILAR not in topics.columns:
        return nothing(t("There are no topics to compare."), _PAIRS, said(SIMILAR_TITLE))
    here = dict(table.group_by(Col.CLUSTER).len().rows())
    names = dict(topics.select(TopicCol.ID, TopicCol.NAME).rows())
    pairs: dict[tuple[int, int], float] = {}
    for one, nearest in topics.select(TopicCol.ID, TopicCol.SIMILAR).rows():
        for near in nearest or ():
            other = int(near["topic_id"])
            if one in here and other in here and other in names:
                pairs[(min(one, other), max(one, other))] = float(near["cosine"])
    if not pairs:
        return nothing(t("There are no topics to compare."), _PAIRS, said(SIMILAR_TITLE))
    listed = sorted(pairs.items(), key=lambda item: (-item[1], item[0]))
    rows = [(names[one], names[other], round(alike, 3), here[one] + here[other]) for (one, other), alike in listed]
    whole = pl.DataFrame(rows, schema=_PAIRS, orient="row")
    head = [pair for pair in listed if pair[1] > 0][:MOST_PAIRS]
    plot = blank()
    labels = [f"{shorten(names[one], _HALF)} ~ {shorten(names[other], _HALF)}" for (one, other), _ in head]
    values = [round(alike, 3) for _, alike in head]
    stand_for = [list(pair) for pair, _ in head]
    horizontal_bars(plot, labels, [(t("Likeness"), values, _SHADES[0])], pick_bars(stand_for, chosen))  # type: ignore[list-item]
    plot.update_xaxes(tickformat=".1f", range=[0, 1], dtick=0.2)
    one, other, alike, _ = rows[0]
    sentence = t("Most alike: “{one}” and “{other}” ({alike:.2f} of 1); topics much alike may be one.",
                 one=one, other=other, alike=alike)  # fmt: skip
    bins = () if chosen is None else tuple(bin_id(list(pair)) for pair, _ in listed)
    return Figure(plot, whole, sentence, said(SIMILAR_TITLE), "topics", bins)
