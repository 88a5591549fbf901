"""The pages of a briefing that show what is needed where and since when: a table, a map, a timeline."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from ctse_core.briefing.context import PLACES, Context
from ctse_core.figures import volume_figure
from ctse_core.figures.need_place import ONE, NeedPlace, Shown, need_place
from ctse_core.figures.place_map import map_sentence, place_map
from ctse_core.figures.place_picture import still_places
from ctse_core.figures.still_time import still_volume
from ctse_core.report.brief import Block, Cell, Grid, Heading, Picture, Words
from ctse_core.types import Col
from ctse_core.when import EVERYTHING
from ctse_core.words import number, t

NEEDS = 6
MOST_URGENT = 5  # cells that are red
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
    shown = Shown(NEEDS, PLACES, context.layer.asking)
    cells = need_place(context.table, context.layer.places, level, context.layer.need_names, shown)
    heads = (t("Need"), *(line.name for line in cells.columns))
    red = _most_urgent(cells)
    rows = tuple(
        (line.name, tuple(_cell(context, cells, (row, column), red) for column in range(len(cells.columns))))
        for row, line in enumerate(cells.rows)
    )
    return [Grid(heads, rows, " ".join(_how_to_read(context, cells, bool(red))))]


def _how_to_read(context: Context, cells: NeedPlace, red: bool) -> Iterator[str]:
    yield t("Posts; ▲ are those of high or critical urgency.")
    if red:
        yield t("Red: where most of these are.")
    if context.ages.moment is not None:
        yield t("Beside them how old the newest is.")
        yield context.ages_told
    if cells.repeated:
        yield t(
            "{count:,} posts tell several needs or places and stand in each of their cells; the lines for all "
            "count them once.",
            count=cells.repeated,
        )


def _most_urgent(cells: NeedPlace) -> set[tuple[int, int]]:
    """Return the cells of one need and one place that hold most posts of high or critical urgency."""
    single = [
        (int(cells.urgent[row, column]), row, column)
        for row, need in enumerate(cells.rows)
        for column, place in enumerate(cells.columns)
        if need.kind == place.kind == ONE and cells.urgent[row, column]
    ]
    return {(row, column) for _, row, column in sorted(single, reverse=True)[:MOST_URGENT]}


def _cell(context: Context, cells: NeedPlace, at: tuple[int, int], red: set[tuple[int, int]]) -> Cell:
    posts, urgent = int(cells.posts[at]), int(cells.urgent[at])
    if not posts:
        return Cell("–", look="none")
    newest = cells.time(cells.newest, *at)
    parts = [f"▲{number(urgent)}"] if urgent else []
    if newest is not None:
        parts.append(context.ages.said(newest))
    look = "pressing" if at in red else "stale" if context.ages.stale(newest) else ""
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
