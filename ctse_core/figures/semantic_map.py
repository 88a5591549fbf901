"""The map of meaning: each point a post, near ones mean alike; coloured by topic, language or time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ctse_core.figures.base import (
    FAINT,
    PALETTE,
    QUIET,
    SYMBOLS,
    TOOL_BAR,
    Figure,
    blank,
    count,
    fitted,
    isolated,
    label,
    nothing,
    shorten,
    text_width,
    tick,
)
from ctse_core.figures.language_names import language_name
from ctse_core.figures.placement import place_labels
from ctse_core.types import UNDETERMINED, UNSORTED, UNSORTED_NAME, Col, TopicCol
from ctse_core.words import mark, said, t

Colour = Literal["topic", "lang", "time"]
NAMED_TOPICS = len(PALETTE) * len(SYMBOLS)
TITLE = mark("Map of meaning")
LABELS = 12  # topic names written on the map
LABEL_WIDTH = 28  # letters of each
HEIGHT = 512 + TOOL_BAR  # pixels, the legend below not counted
LEGEND_LINE = 20
HOVER_LETTERS = 80
KEPT_OF_EACH = 12  # the sample keeps at least this many posts of every topic
SEED = 20_240_229
POSITION = "position"

_COLUMNS = {"group": pl.Utf8, "drawn": pl.Int64, "posts": pl.Int64}


@dataclass(frozen=True)
class _Group:
    """Points drawn alike: which ones (m,) of the sample, and how."""

    name: str
    members: NDArray[np.bool_]
    colour: Any
    symbol: str = "circle"
    in_legend: bool = True
    tells_topic: bool = False


def semantic_map(
    table: pl.DataFrame,
    topics: pl.DataFrame,
    colour: Colour = "topic",
    limit: int = 50_000,
    drag: str = "select",
) -> Figure:
    """Draw the originals of ``table`` (n) as points where x and y put them; near points mean alike.

    Each point's customdata is the post's position in the whole posts table (column "position" where the table
    was filtered, else its row). Above ``limit`` originals a sample is drawn that keeps each topic's share and
    a few posts of every topic; the summary says so. The figure's table counts points and posts by group.
    ``drag``: what dragging does at first, "select" (a box), "lasso", "pan" or "zoom".
    """
    points = _points(table)
    if points.is_empty():
        return nothing(t("There are no posts with a place on the map."), _COLUMNS, said(TITLE))
    drawn = points[sample_rows(points[Col.CLUSTER].to_numpy(), limit)]
    groups = {"topic": _by_topic, "lang": _by_language, "time": _by_time}[colour](drawn, topics)
    named = sum(group.in_legend for group in groups)
    plot = blank(HEIGHT + LEGEND_LINE * -(-named // 3))
    hover = _hover(drawn)
    for group in groups:
        _draw(plot, drawn, hover, group)
    if colour == "topic":
        _name_topics(plot, drawn, topics)
    plot.update_xaxes(visible=False)
    plot.update_yaxes(visible=False)
    plot.update_layout(dragmode=drag, margin={"l": 0, "r": 0, "t": TOOL_BAR, "b": 8}, uirevision="map")
    plot.update_layout(legend={"y": -0.01, "yanchor": "top", "font": {"size": 12}})
    return Figure(plot, _grouped(drawn, groups), _summary(points, drawn, colour), said(TITLE))


def _points(table: pl.DataFrame) -> pl.DataFrame:
    """Return one row a group of copies: its ``position`` and how many ``posts`` it stands for."""
    if Col.X not in table.columns or table.is_empty():
        return pl.DataFrame()
    placed = table if POSITION in table.columns else table.with_row_index(POSITION)
    group = pl.col(Col.REPRESENTATIVE if Col.REPRESENTATIVE in table.columns else POSITION)
    return (
        placed.select(
            pl.col(POSITION).cast(pl.Int64), group.alias("group"), Col.X, Col.Y, Col.TEXT, Col.LANG, Col.TIME,
            pl.col(Col.CLUSTER).fill_null(UNSORTED), pl.col(Col.TOPIC).fill_null(UNSORTED_NAME),
        )
        .with_columns(pl.len().over("group").cast(pl.Int64).alias("posts"))
        .filter(pl.col(Col.X).is_finite() & pl.col(Col.Y).is_finite())
        .unique("group", keep="first", maintain_order=True)
    )  # fmt: skip


def sample_rows(clusters: NDArray[np.int32], limit: int) -> NDArray[np.int64]:
    """Return about ``limit`` rows (m,), ascending: the same share of every cluster, at least a few of each.

    All rows where there are no more than ``limit``; the same rows at every call.
    """
    if len(clusters) <= limit:
        return np.arange(len(clusters), dtype=np.int64)
    shuffled = np.random.default_rng(SEED).permutation(len(clusters))
    order = shuffled[np.argsort(clusters[shuffled], kind="stable")]
    _, starts, sizes = np.unique(clusters[order], return_index=True, return_counts=True)
    wanted = np.minimum(sizes, np.maximum(np.floor(sizes * (limit / len(clusters))), KEPT_OF_EACH)).astype(int)
    rank = np.arange(len(order)) - np.repeat(starts, sizes)
    return np.sort(order[rank < np.repeat(wanted, sizes)])


def _by_topic(drawn: pl.DataFrame, topics: pl.DataFrame) -> list[_Group]:
    clusters = drawn[Col.CLUSTER].to_numpy()
    large = topics.sort([TopicCol.SIZE, TopicCol.ID], descending=[True, False]).head(NAMED_TOPICS)
    named = dict(large.select(TopicCol.ID, TopicCol.NAME).rows())
    small = ~np.isin(clusters, [UNSORTED, *named])
    groups = [
        _Group(t("Unsorted"), clusters == UNSORTED, FAINT, tells_topic=True),
        _Group(t("Smaller topics"), small, QUIET),
    ]
    for rank, (number, name) in enumerate(named.items()):
        look = PALETTE[rank % len(PALETTE)], SYMBOLS[rank // len(PALETTE)]
        groups.append(
            _Group(shorten(name, 60) or t("Topic {number}", number=number), clusters == number, *look, tells_topic=True)
        )
    return [group for group in groups if group.members.any()]


def _by_language(drawn: pl.DataFrame, _: pl.DataFrame) -> list[_Group]:
    codes = drawn[Col.LANG].fill_null(UNDETERMINED)
    frequent = codes.filter(codes != UNDETERMINED).value_counts().sort("count", Col.LANG, descending=[True, False])
    named = frequent[Col.LANG].head(2 * len(PALETTE)).to_list()
    groups = [
        _Group(language_name(UNDETERMINED), (codes == UNDETERMINED).to_numpy(), FAINT),
        _Group(t("Other languages"), (~codes.is_in([UNDETERMINED, *named])).to_numpy(), QUIET),
    ]
    for rank, code in enumerate(named):
        look = PALETTE[rank % len(PALETTE)], SYMBOLS[rank // len(PALETTE)]
        groups.append(_Group(language_name(code, own=True), (codes == code).to_numpy(), *look))
    return [group for group in groups if group.members.any()]


def _by_time(drawn: pl.DataFrame, _: pl.DataFrame) -> list[_Group]:
    times = drawn[Col.TIME].cast(pl.Datetime("us", "UTC"))
    dated = times.is_not_null().to_numpy()
    groups = [_Group(t("Undated"), ~dated, FAINT)] if not dated.all() else []
    if not dated.any():
        return groups
    # Ranks, not hours: one stray year would otherwise paint all other posts in one colour.
    known = times.drop_nulls()
    rank = known.rank("average").to_numpy()
    share = (rank - rank.min()) / max(rank.max() - rank.min(), 1.0)
    ordered = known.sort()
    ticks = [ordered[int(part * (len(ordered) - 1))] for part in (0, 0.25, 0.5, 0.75, 1)]
    marker = {
        "color": share.astype(np.float32),
        "cmin": 0,
        "cmax": 1,
        "colorscale": TIME_SCALE,
        "colorbar": {
            "tickvals": [0, 0.25, 0.5, 0.75, 1],
            "ticktext": [f"{tick:%Y-%m-%d %H:%M}" for tick in ticks],
            "title": {"text": t("UTC; equal numbers of posts between marks"), "side": "top"},
            "orientation": "h", "thickness": 10, "len": 0.9, "y": -0.02, "yanchor": "top", "outlinewidth": 0,
        },
    }  # fmt: skip
    return [*groups, _Group(t("Dated"), dated, marker, in_legend=False)]


TIME_SCALE = [[0, "#8b54ff"], [0.5, "#c1703b"], [1, "#b69000"]]
"""Early violet, late gold: every colour on the way has contrast on white and on near-black alike."""


def _hover(drawn: pl.DataFrame) -> list[str]:
    """Return what is read at each point: when, language and the first words; short, for there are many."""
    times = drawn[Col.TIME].dt.strftime("%Y-%m-%d %H:%M").fill_null(t("undated")).to_list()
    parts = zip(times, drawn[Col.LANG].fill_null(UNDETERMINED), drawn[Col.TEXT], strict=True)
    return [f"{when} · {code}<br>{isolated(text, HOVER_LETTERS)}" for when, code, text in parts]


def _draw(plot: Any, drawn: pl.DataFrame, hover: list[str], group: _Group) -> None:
    import plotly.graph_objects as go

    rows = np.flatnonzero(group.members)
    topics = [] if group.tells_topic else [f"<b>{isolated(name, 50)}</b>" for name in drawn[Col.TOPIC]]
    crowd = 9 if drawn.height < 500 else 6 if drawn.height < 5_000 else 4 if drawn.height < 20_000 else 3
    sizes = crowd + np.log2(drawn["posts"].to_numpy()[rows])
    marker = group.colour if isinstance(group.colour, dict) else {"color": group.colour}
    plot.add_trace(
        go.Scattergl(
            x=drawn[Col.X].to_numpy()[rows].astype(np.float32),
            y=drawn[Col.Y].to_numpy()[rows].astype(np.float32),
            mode="markers",
            name=label(group.name, 34),
            text=[hover[row] if group.tells_topic else f"{topics[row]}<br>{hover[row]}" for row in rows],
            customdata=drawn[POSITION].to_numpy()[rows],
            hovertemplate=(f"<b>{isolated(group.name, 50)}</b><br>" if group.tells_topic else "")
            + "%{text}<extra></extra>",
            marker={
                "opacity": 0.8,
                "symbol": group.symbol,
                **marker,
                "size": sizes.astype(np.float32),
                "line": {"width": 0},
            },
            showlegend=group.in_legend,
        )
    )


def _name_topics(plot: Any, drawn: pl.DataFrame, topics: pl.DataFrame) -> None:
    """Write the largest topics' names where their posts are, leaving out what would cover another name."""
    middles = drawn.group_by(Col.CLUSTER).agg(pl.col(Col.X, Col.Y).median(), pl.len().alias("drawn"))
    named = topics.join(middles, left_on=TopicCol.ID, right_on=Col.CLUSTER, how="inner")
    named = named.sort(["drawn", TopicCol.ID], descending=[True, False]).head(LABELS)
    names = [fitted(name, LABEL_WIDTH) for name in named[TopicCol.NAME].to_list()]
    if not names:
        return
    whole = drawn.select(Col.X, Col.Y).to_numpy().astype(float)
    anchors = named.select(Col.X, Col.Y).to_numpy().astype(float)
    for name, place in zip(names, place_labels(anchors, [text_width(name) for name in names], whole), strict=True):
        if place is None:
            continue
        plot.add_annotation(
            x=place[0],
            y=place[1],
            text=tick(name, LABEL_WIDTH),
            showarrow=False,
            # White with a thin dark rim reads on light and dark pages alike, and points shine through; "auto"
            # keeps the rim apart from the letters where a page sets another colour for them.
            font={"size": 12, "color": "#ffffff", "shadow": "auto"},
            bgcolor="rgba(70,76,90,0.4)",
            borderpad=2,
        )


def _grouped(drawn: pl.DataFrame, groups: list[_Group]) -> pl.DataFrame:
    posts = drawn["posts"].to_numpy()
    rows = [(group.name, int(group.members.sum()), int(posts[group.members].sum())) for group in groups]
    return pl.DataFrame(rows, schema=_COLUMNS, orient="row").sort("drawn", descending=True, maintain_order=True)


def _summary(points: pl.DataFrame, drawn: pl.DataFrame, colour: Colour) -> str:
    if drawn.height < points.height:
        sentence = t(
            "A sample of {drawn:,} of {all:,} original posts, every topic in its share; near ones mean alike",
            drawn=drawn.height,
            all=points.height,
        )
    else:
        sentence = t("{points}, each an original post; near ones mean alike", points=count(drawn.height, "point"))
    sentence += {
        "topic": t(", coloured by topic"),
        "lang": t(", coloured by language"),
        "time": t(", coloured by time"),
    }[colour]
    loose = points.filter(pl.col(Col.CLUSTER) == UNSORTED)["posts"]
    if colour == "topic" and len(loose):
        sentence += t("; grey: {originals}", originals=count(len(loose), "unsorted original"))
        sentence += t(" ({count:,} posts with copies)", count=int(loose.sum())) if loose.sum() > len(loose) else ""
    return sentence + "."
