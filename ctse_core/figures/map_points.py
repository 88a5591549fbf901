"""Posts as points of the map: where each stands, which topic and colour it has, how many posts of it pass."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ctse_core.figures.base import PALETTE
from ctse_core.figures.language_names import language_name
from ctse_core.types import UNDETERMINED, UNSORTED, Col, TopicCol
from ctse_core.words import t

Colouring = Literal["topic", "parent", "lang", "time", "label", "place", "tags"]
STEPS = 65_535  # places are whole numbers in [0, STEPS], an 18th of a pixel on a wide screen
CELLS = 128  # points stand in the order of a grid of so many cells a side: what is in view lies together
MOST_GROUPS = 12
NOBODY = 65_535  # the topic index of a post without a topic
LOOSE, OTHER, FIRST_NAMED = 0, 1, 2
"""Colour indices: 0 is grey for what has no group, 1 for the groups beyond the twelve, named groups follow."""
TIME_COLOURS = ("#8b54ff", "#9d5dbe", "#af677d", "#c1703b", "#bd7b27", "#ba8514", "#b69000")
"""Early violet, late gold, one colour less than there are circles: diamonds would say another thing."""


@dataclass(frozen=True)
class MapPoints:
    """The originals (m) of a posts table (n) as points, in the order of the grid's cells, row by row.

    ``positions`` (m,) are their rows in the table, ``places`` (m, 2) uint16 within ``bounds`` (x from, x to,
    y from, y to); ``point_of`` (n,) is the point of each post, -1 where it has no place on the map.
    """

    positions: NDArray[np.int64]
    places: NDArray[np.uint16]
    point_of: NDArray[np.int64]
    bounds: tuple[float, float, float, float]


@dataclass(frozen=True)
class Group:
    """Points of one colour: ``colour`` "#rrggbb", ``index`` as in the bytes that the map is sent."""

    index: int
    name: str
    colour: str
    posts: int


def map_points(table: pl.DataFrame) -> MapPoints:
    """Return the originals of the whole posts table (n) as points; copies share the point of their original."""
    rows = np.arange(table.height, dtype=np.int64)
    if Col.X not in table.columns or not table.height:
        return MapPoints(rows[:0], np.zeros((0, 2), np.uint16), np.full(table.height, -1), (0.0, 1.0, 0.0, 1.0))
    xy = np.column_stack([table[name].cast(pl.Float64).fill_null(np.nan).to_numpy() for name in (Col.X, Col.Y)])
    original = table[Col.REPRESENTATIVE].to_numpy() if Col.REPRESENTATIVE in table.columns else rows
    shown = np.flatnonzero((original == rows) & np.isfinite(xy).all(axis=1))
    places, bounds = quantised(xy[shown])
    order = np.argsort(cells_of(places), kind="stable")
    point = np.full(table.height, -1, dtype=np.int64)
    point[shown[order]] = np.arange(len(shown))
    return MapPoints(shown[order], places[order], point[original], bounds)


def quantised(xy: NDArray[np.float64]) -> tuple[NDArray[np.uint16], tuple[float, float, float, float]]:
    """Return places (m, 2) as whole numbers in [0, STEPS], and the bounds that 0 and STEPS stand for."""
    if not len(xy):
        return np.zeros((0, 2), np.uint16), (0.0, 1.0, 0.0, 1.0)
    low, high = xy.min(axis=0), xy.max(axis=0)
    span = np.where(high > low, high - low, 1.0)
    # A lone value stands in the middle, not in a corner.
    low = np.where(high > low, low, low - 0.5)
    places = np.rint((xy - low) / span * STEPS).astype(np.uint16)
    return places, (float(low[0]), float(low[0] + span[0]), float(low[1]), float(low[1] + span[1]))


def cells_of(places: NDArray[np.uint16]) -> NDArray[np.int64]:
    """Return the grid cell (m,) of each place, rows of CELLS cells from the lowest y upwards."""
    side = (STEPS + 1) // CELLS
    cells = places.astype(np.int64) // side
    return cells[:, 1] * CELLS + cells[:, 0]


def topic_indices(table: pl.DataFrame, topics: pl.DataFrame, points: MapPoints) -> NDArray[np.uint16]:
    """Return for each point (m,) the row of its topic in ``topics``, NOBODY for unsorted posts."""
    row_of = {int(number): row for row, number in enumerate(topics[TopicCol.ID]) if row < NOBODY}
    clusters = table[Col.CLUSTER].fill_null(UNSORTED).to_numpy()[points.positions]
    known, inverse = np.unique(clusters, return_inverse=True)
    return np.array([row_of.get(int(number), NOBODY) for number in known], dtype=np.uint16)[inverse]


def topic_centres(indices: NDArray[np.uint16], points: MapPoints, count: int) -> NDArray[np.float64]:
    """Return the median place (count, 2) of each topic's points in [0, 1]; NaN where a topic has none."""
    frame = pl.DataFrame({"topic": indices, "x": points.places[:, 0], "y": points.places[:, 1]})
    medians = frame.filter(pl.col("topic") < count).group_by("topic").agg(pl.col("x", "y").median())
    centres = np.full((count, 2), np.nan)
    centres[medians["topic"].to_numpy()] = medians.select("x", "y").to_numpy() / STEPS
    return centres


def passing_posts(points: MapPoints, mask: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return for each point (m,) how many of its posts (itself and its copies) pass ``mask`` (n,)."""
    chosen = points.point_of[mask]
    return np.bincount(chosen[chosen >= 0], minlength=len(points.positions))


def packed_counts(counts: NDArray[np.int64]) -> tuple[bytes, int]:
    """Return one bit a point (does any of its posts pass), then a pair (point, posts) where they are several.

    Bits are padded to whole 32-bit words; pairs are uint32. The number is how many bytes the bits take.
    """
    bits = np.packbits(counts > 0, bitorder="little").tobytes()
    bits += bytes(-len(bits) % 4)
    several = np.flatnonzero(counts > 1)
    pairs = np.column_stack([several, counts[several]]).astype("<u4")
    return bits + pairs.tobytes(), len(bits)


def coloured(
    colouring: Colouring, table: pl.DataFrame, topics: pl.DataFrame, first: Sequence[int] = ()
) -> tuple[list[Group], NDArray[np.uint8]]:
    """Return the groups of the whole table and the colour index (n,) of each post.

    At most twelve groups have a colour of their own, the largest; the topics in ``first`` have one in any case.
    """
    if colouring == "time":
        return _by_time(table)
    if colouring == "topic":
        names = dict(zip(topics[TopicCol.ID].to_list(), topics[TopicCol.NAME].to_list(), strict=True))
        values = table[Col.CLUSTER].replace(UNSORTED, None)
        return _by_value(
            values, lambda number: str(names.get(number, number)), t("Unsorted"), t("Smaller topics"), first
        )
    if colouring == "parent":
        group_of = dict(topics.select(TopicCol.ID, TopicCol.PARENT).drop_nulls().rows())
        names = dict(topics.select(TopicCol.PARENT, TopicCol.PARENT_NAME).drop_nulls().rows())
        values = table[Col.CLUSTER].cast(pl.Int64).replace_strict(group_of, default=None, return_dtype=pl.Int64)
        return _by_value(values, lambda number: str(names.get(number, number)), t("Unsorted"), t("Smaller groups"))
    if colouring == "lang":
        values = table[Col.LANG].replace(UNDETERMINED, None)
        unknown = language_name(UNDETERMINED)
        return _by_value(values, lambda code: language_name(code, own=True), unknown, t("Other languages"))
    if colouring == "tags":
        return _by_value(table[Col.TAGS].list.first(), str, t("Untagged"), t("Other tags"))
    values = table[colouring].cast(pl.Utf8).replace("", None)
    return _by_value(values, str, t("None given"), t("Others"))


def _by_value(
    values: pl.Series, told: Callable[..., str], loose: str, other: str, first: Sequence[int] = ()
) -> tuple[list[Group], NDArray[np.uint8]]:
    """Return groups by the values of a column, null for none; the largest are named."""
    sizes = values.drop_nulls().value_counts(name="posts")
    sizes = sizes.sort(["posts", values.name], descending=[True, False])
    named = _named(sizes[values.name].to_list(), first)
    index = {value: FIRST_NAMED + rank for rank, value in enumerate(named)}
    looks = values.replace_strict(
        list(index), list(index.values()), default=OTHER, return_dtype=pl.UInt8
    ) if index else pl.Series([OTHER] * len(values), dtype=pl.UInt8)  # fmt: skip
    look = pl.select(pl.when(values.is_null()).then(LOOSE).otherwise(looks).cast(pl.UInt8)).to_series().to_numpy()
    counts = np.bincount(look, minlength=FIRST_NAMED + MOST_GROUPS)
    groups = [
        Group(place, told(value), PALETTE[(place - FIRST_NAMED) % len(PALETTE)], int(counts[place]))
        for value, place in index.items()
    ]
    rest = [
        Group(OTHER, other, OTHER_COLOUR, int(counts[OTHER])),
        Group(LOOSE, loose, LOOSE_COLOUR, int(counts[LOOSE])),
    ]
    return groups + [group for group in rest if group.posts], look


OTHER_COLOUR = "#75858f"
LOOSE_COLOUR = "#a3a8ad"


def _named(ranked: list, first: Sequence[int]) -> list:
    """Return the twelve values that get a colour: the largest, but those in ``first`` in place of the smallest."""
    named = ranked[:MOST_GROUPS]
    wanted = [value for value in first if value in ranked and value not in named][:MOST_GROUPS]
    for value in wanted:
        free = [place for place, kept in enumerate(named) if kept not in first]
        if free:
            named[free[-1]] = value
    return named


def _by_time(table: pl.DataFrame) -> tuple[list[Group], NDArray[np.uint8]]:
    """Return groups of equally many posts from early to late: one stray year does not paint all others alike."""
    times = table[Col.TIME].cast(pl.Datetime("us", "UTC"))
    moments = times.drop_nulls().dt.epoch("us").to_numpy()
    look = np.full(table.height, LOOSE, dtype=np.uint8)
    groups: list[Group] = []
    if len(moments):
        edges = np.unique(np.quantile(moments, np.linspace(0, 1, len(TIME_COLOURS) + 1)[1:-1], method="lower"))
        bins = np.searchsorted(edges, moments, side="left")
        used, bins = np.unique(bins, return_inverse=True)
        look[times.is_not_null().to_numpy()] = bins + FIRST_NAMED
        for rank in range(len(used)):
            inside = moments[bins == rank]
            shade = TIME_COLOURS[round(rank * (len(TIME_COLOURS) - 1) / max(1, len(used) - 1))]
            groups.append(Group(FIRST_NAMED + rank, _span(inside.min(), inside.max()), shade, len(inside)))
    undated = int((look == LOOSE).sum())
    return groups + ([Group(LOOSE, t("Undated"), LOOSE_COLOUR, undated)] if undated else []), look


def _span(start: int, end: int) -> str:
    """Return "2026-03-01 – 2026-03-04", with hours where both are of one day."""
    first, last = (np.datetime64(int(moment), "us") for moment in (start, end))
    unit: Literal["D", "m"] = "D" if str(first)[:10] != str(last)[:10] else "m"
    written = [np.datetime_as_string(moment, unit=unit).replace("T", " ") for moment in (first, last)]
    if unit == "m":
        written[1] = written[1][11:]
    return written[0] if written[0] == written[1] else " – ".join(written)
