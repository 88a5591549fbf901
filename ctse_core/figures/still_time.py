"""When posts were written, as a still picture (SVG): bars of originals and copies, flare-ups marked above them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime

import polars as pl

from ctse_core.figures.base import FAINT, GRID, PALETTE, QUIET
from ctse_core.figures.over_time import volume_figure
from ctse_core.figures.svg import LETTER, WIDTH, picture, stroke, words
from ctse_core.figures.volume_bars import COPIES, ORIGINALS
from ctse_core.words import number, t

LEFT, TOP, FOOT = 56.0, 34.0, 44.0
BESIDE = 64.0  # pixels of each bar beside the axis
_LABELS = 7  # of the axis of time, at most


def still_volume(table: pl.DataFrame, spans: Sequence[tuple[datetime, datetime]] = (), height: float = 230) -> str:
    """Return posts over time in UTC as an SVG picture WIDTH pixels wide, with its sentence for those who hear it.

    Earlier, later and undated posts have bars of their own; without any dated post the picture is its sentence.
    ``spans`` are stretches of time (first and last moment) that are marked above the bars.
    """
    figure = volume_figure(table)
    if not figure.table.height:
        return picture(figure.summary, 48, [words(8, 30, figure.summary)])
    inside = figure.table.filter(pl.col("start").is_not_null())
    beside = figure.table.filter(pl.col("start").is_null())
    most = max(1, *(figure.table[ORIGINALS] + figure.table[COPIES]).to_list())
    right = WIDTH - 8 - BESIDE * beside.height
    foot = height - FOOT
    parts = _scale(most, foot, right)
    wide = (right - LEFT) / inside.height
    for place, row in enumerate(inside.iter_rows(named=True)):
        parts += _bar(LEFT + place * wide, max(0.8, wide * 0.88), row, most, foot, PALETTE[0])
    for place, row in enumerate(beside.iter_rows(named=True)):
        x = right + 14 + place * BESIDE
        parts += _bar(x, BESIDE - 24, row, most, foot, FAINT)
        parts.append(words(x + (BESIDE - 24) / 2, foot + 16, row["period"], "middle"))
    names = inside["period"].to_list()
    step = max(1, math.ceil(len(names) / _LABELS))
    for place in range(0, len(names), step):
        x = LEFT + place * wide
        if x + LETTER * len(names[place]) <= right + 8:  # else it would run into what stands beside the axis
            parts.append(words(x, foot + 16, names[place]))
    starts = inside["start"].to_list()
    parts += [part for span in spans for part in _span(span, starts, wide)]
    parts += _legend(bool(figure.table[COPIES].sum()), bool(spans))
    parts.append(words(LEFT, height - 6, "UTC"))
    return picture(figure.summary, height, parts)


def _scale(most: int, foot: float, right: float) -> list[str]:
    """Return lines with their numbers at round values, two to five of them above none."""
    unit = 10 ** math.floor(math.log10(most))
    step = next((int(unit * part) for part in (2, 1, 0.5, 0.2) if unit * part >= 1 and most >= 2 * unit * part), 1)
    parts = []
    for value in range(0, most + 1, step):
        y = foot - (foot - TOP) * value / most
        parts += [stroke(LEFT, y, right, y, GRID), words(LEFT - 8, y + 4, number(value), "end")]
    return parts


def _bar(x: float, wide: float, row: dict[str, int], most: int, foot: float, colour: str) -> list[str]:
    high = (foot - TOP) / most
    originals, copies = row[ORIGINALS] * high, row[COPIES] * high
    told = []
    for base, tall, fill in ((foot, originals, colour), (foot - originals, copies, QUIET)):
        if tall:
            y, drawn = base - max(tall, 0.7), max(tall, 0.7)
            told.append(f'<rect x="{x:.1f}" y="{y:.1f}" width="{wide:.1f}" height="{drawn:.1f}" fill="{fill}"/>')
    return told


def _span(span: tuple[datetime, datetime], starts: Sequence[datetime], wide: float) -> list[str]:
    """Return a line above the periods that a stretch of time touches."""
    first = sum(start <= span[0] for start in starts) - 1
    last = sum(start <= span[1] for start in starts) - 1
    if last < 0 or not starts:
        return []
    x, to_x = LEFT + max(0, first) * wide, LEFT + (last + 1) * wide
    line = f'<path d="M {x:.1f} {TOP - 6:.1f} H {max(to_x, x + 3):.1f}" stroke="{PALETTE[1]}" stroke-width="4"/>'
    return [line]


def _legend(copies: bool, spans: bool) -> list[str]:
    entries = [(PALETTE[0], t("Originals"))] if copies else []
    entries += [(QUIET, t("Copies"))] if copies else []
    entries += [(PALETTE[1], t("Far more than usual"))] if spans else []
    parts, x = [], LEFT
    for colour, name in entries:
        parts += [f'<rect x="{x:.0f}" y="6" width="10" height="10" fill="{colour}"/>', words(x + 15, 15, name)]
        x += 40 + 7 * len(name)
    return parts
