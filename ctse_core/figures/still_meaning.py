"""The map of meaning as a still picture (SVG): dots in the colours of topics, the largest topics named."""

from __future__ import annotations

import html

import numpy as np
import polars as pl

from ctse_core.figures.base import FAINT, PALETTE, QUIET, count, fitted, shorten, text_width
from ctse_core.figures.semantic_map import sample_rows
from ctse_core.figures.svg import LETTER, WIDTH, picture, words
from ctse_core.types import UNSORTED, Col, TopicCol
from ctse_core.words import t

DOTS = 3_000
NAMES = 10
_NAME_WIDTH = 30  # Latin letters of a name on the map
_MARGIN = 16
_LINE = 20  # pixels from a name to the next


def still_meaning(table: pl.DataFrame, topics: pl.DataFrame, height: float = 400) -> str:
    """Return the map of the originals of ``table`` (n rows) as an SVG picture WIDTH pixels wide.

    Above DOTS originals a sample is drawn that keeps each topic's share. Colours repeat after the seventh topic; the
    names stand where the topics are.
    """
    points = _points(table)
    if points.is_empty():
        return picture(t("There are no posts with a place on the map."), 48, [words(8, 30, t("There are no posts."))])
    drawn = points[sample_rows(points[Col.CLUSTER].to_numpy(), DOTS)]
    ordered = topics.sort([TopicCol.SIZE, TopicCol.ID], descending=[True, False])
    rank = {topic: place for place, topic in enumerate(ordered[TopicCol.ID].to_list())}
    xy = drawn.select(Col.X, Col.Y).to_numpy().astype(np.float64)
    low, high = xy.min(axis=0), xy.max(axis=0)
    span = np.where(high > low, high - low, 1.0)
    inner = np.array([WIDTH - 2 * _MARGIN, height - 2 * _MARGIN])
    at = (xy - low) / span * inner * [1, -1] + [_MARGIN, height - _MARGIN]
    radius = 3.2 if len(at) < 300 else 2.2 if len(at) < 1_500 else 1.6
    # One path a colour keeps the picture small: each dot is a line without length and with round ends.
    lines: dict[str, list[str]] = {}
    for (x, y), cluster in zip(at.tolist(), drawn[Col.CLUSTER].to_list(), strict=True):
        lines.setdefault(_colour(cluster, rank), []).append(f"M{x:.1f} {y:.1f}h0")
    parts = [
        f'<path d="{"".join(dots)}" stroke="{colour}" stroke-width="{2 * radius}" stroke-linecap="round" fill="none"/>'
        for colour, dots in sorted(lines.items(), key=lambda one: one[0] != FAINT)
    ]
    parts += _names(drawn.with_columns(pl.Series("px", at[:, 0]), pl.Series("py", at[:, 1])), ordered, height)
    return picture(_sentence(points, drawn), height, parts)


def _points(table: pl.DataFrame) -> pl.DataFrame:
    if Col.X not in table.columns or table.is_empty():
        return pl.DataFrame()
    original = pl.col(Col.DUPLICATE_OF).is_null() if Col.DUPLICATE_OF in table.columns else pl.lit(True)
    there = pl.col(Col.X).is_finite() & pl.col(Col.Y).is_finite()
    return table.filter(original & there).select(Col.X, Col.Y, pl.col(Col.CLUSTER).fill_null(UNSORTED))


def _colour(cluster: int, rank: dict[int, int]) -> str:
    if cluster == UNSORTED:
        return FAINT
    return PALETTE[rank[cluster] % len(PALETTE)] if cluster in rank else QUIET


def _names(drawn: pl.DataFrame, topics: pl.DataFrame, height: float) -> list[str]:
    """Return the largest topics' names on a pale ground, left out where they would cover another."""
    middles = drawn.group_by(Col.CLUSTER).agg(pl.col("px", "py").median())
    named = topics.join(middles, left_on=TopicCol.ID, right_on=Col.CLUSTER, how="inner", maintain_order="left")
    named = named.head(NAMES)
    names = [fitted(shorten(name or "", 200), _NAME_WIDTH) for name in named[TopicCol.NAME].to_list()]
    if not names:
        return []
    taken: list[tuple[float, float, float, float]] = []
    parts = []
    for name, x, y in zip(names, named["px"].to_list(), named["py"].to_list(), strict=True):
        half = (text_width(name) * LETTER + 8) / 2
        x = min(max(x, half + 2), WIDTH - half - 2)
        for shift in (0, -_LINE, _LINE, -2 * _LINE, 2 * _LINE):
            middle = min(max(y + shift, 12.0), height - 12.0)
            box = (x - half, middle - 9, x + half, middle + 9)
            if not any(o[0] < box[2] and box[0] < o[2] and o[1] < box[3] and box[1] < o[3] for o in taken):
                taken.append(box)
                parts.append(_named(html.escape(name), x, middle, half))
                break
    return parts


def _named(name: str, x: float, y: float, half: float) -> str:
    return (
        f'<rect x="{x - half:.1f}" y="{y - 9:.1f}" width="{2 * half:.1f}" height="18" rx="3" fill="#ffffff" '
        f'fill-opacity="0.82"/><text x="{x:.1f}" y="{y + 4:.1f}" text-anchor="middle" fill="#2b2f33">{name}</text>'
    )


def _sentence(points: pl.DataFrame, drawn: pl.DataFrame) -> str:
    if drawn.height < points.height:
        return t(
            "A sample of {drawn:,} of {all:,} original posts, every topic in its share; near ones mean alike.",
            drawn=drawn.height, all=points.height,
        )  # fmt: skip
    return t("{points}, each an original post; near ones mean alike.", points=count(drawn.height, "point"))
