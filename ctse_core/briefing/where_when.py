"""The pages of a briefing that show what is needed where and since when: a table, a map, a timeline."""

from __future__ import annotations

import polars as pl

from ctse_core.briefing.context import PLACES, Context
from ctse_core.figures import volume_figure
from ctse_core.figures.need_place import ALL, NONE, NeedPlace, need_place
from ctse_core.figures.place_map import map_sentence, place_map
from ctse_core.figures.place_picture import still_places
from ctse_core.figures.still_time import still_volume
from ctse_core.report.brief import Block, Cell, Grid, Heading, Picture, Words
from ctse_core.types import Col
from ctse_core.when import EVERYTHING
from ctse_core.words import number, t

NEEDS = 7
MAP_HEIGHT, TIME_HEIGHT = 330.0, 210.0


def where_and_when(context: Context) -> list[Block]:
    """Return what is needed where, the map of places, and the timeline."""
    if not context.table.height:
        return []
    blocks: list[Block] = [Heading(t("What is needed where"))]
    blocks += _matrix(context)
    blocks += _map(context)
    return [*blocks, Heading(t("When people wrote")), *_timeline(context)]


def _matrix(context: Context) -> list[Block]:
    if not context.has_needs:
        return [Words(t("What posts need was not worked out."), "quiet")]
    level = context.level if context.level not in ("", "point") else "town"
    cells = need_place(context.table, context.layer.places, level, context.layer.need_names, (NEEDS, PLACES))
    heads = (t("Need"), *(line.name for line in cells.columns))
    rows = []
    for row, line in enumerate(cells.rows):
        rows.append((line.name, tuple(_cell(context, cells, row, column) for column in range(len(cells.columns)))))
    told = [t("Posts; under them how many are high or critical (▲) and how long before the last post the newest came.")]
    if context.ages.moment is not None:
        told.append(context.ages.told())
    if cells.repeated:
        told.append(
            t(
                "{count:,} posts tell several needs or places and stand in each of their cells; the lines for all "
                "count them once.",
                count=cells.repeated,
            )
        )
    return [Grid(heads, tuple(rows), " ".join(told))]


def _cell(context: Context, cells: NeedPlace, row: int, column: int) -> Cell:
    posts, urgent = int(cells.posts[row, column]), int(cells.urgent[row, column])
    if not posts:
        return Cell("–", look="none")
    newest = cells.time(cells.newest, row, column)
    parts = [f"▲{number(urgent)}"] if urgent else []
    if newest is not None:
        parts.append(context.ages.said(newest))
    whole = cells.rows[row].kind in (ALL, NONE) or cells.columns[column].kind in (ALL, NONE)
    look = "stale" if context.ages.stale(newest) else "pressing" if urgent and not whole else ""
    return Cell(number(posts), " · ".join(parts), look)


def _map(context: Context) -> list[Block]:
    if context.marks is None:
        if Col.LOCATED not in context.table.columns:
            return [Words(t("Places were not looked for in these posts, so there is no map."), "quiet")]
        return [Words(t("No post speaks of a known place, so there is no map."), "quiet")]
    drawn = place_map(context.marks, "need", context.ages, context.layer.need_names)
    return [Picture(still_places(drawn, MAP_HEIGHT), map_sentence(drawn))]


def _timeline(context: Context) -> list[Block]:
    if context.table[Col.TIME].null_count() == context.table.height:
        return [Words(t("No post bears a time, so there is no timeline."), "quiet")]
    bursts = context.bursts.filter((pl.col("kind") == EVERYTHING) & ~pl.col("inner"))
    spans = [(row["start"], row["end"]) for row in bursts.iter_rows(named=True)]
    told = volume_figure(context.table).summary
    return [Picture(still_volume(context.table, spans, TIME_HEIGHT), told)]
