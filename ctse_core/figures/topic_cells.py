"""Topics against languages or labels: what share of each topic's posts is where, cell by cell."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from ctse_core.figures.base import SEE_THROUGH, Figure, bin_id, blank, isolated, nothing, percent, shorten, tick
from ctse_core.figures.language_names import language_name
from ctse_core.types import UNDETERMINED, UNSORTED, Col, TopicCol
from ctse_core.words import mark, number, said, t

LANGUAGES_TITLE, LABELS_TITLE = mark("Topics per language"), mark("Topics per label")
MOST_TOPICS = 20
MOST_COLUMNS = 12
CELLS = "cells"
_HEAT = [[0, "rgba(90,106,214,0.05)"], [1, "rgba(90,106,214,1)"]]


@dataclass(frozen=True)
class _Side:
    """The rows or columns: a name and the values it stands for each, and the number (n,) each post has there."""

    names: list[str]
    values: list[list[Any]]
    of: pl.Series


def topics_per_language_figure(table: pl.DataFrame, topics: pl.DataFrame, clickable: bool = False) -> Figure:
    """Draw which languages each topic is written in, as shares of the topic's posts in ``table``.

    The largest topics and languages have a row or column each, the others share one; unsorted posts have their own.
    The figure's table has the counts, which add up to the n rows. Where ``clickable``, a click on a cell chooses its
    topics and languages, a marked row of the table its topics.
    """
    of = pl.col(Col.LANG).fill_null(UNDETERMINED)
    return _cells(table, topics, of, LANGUAGES_TITLE, clickable)


def topics_per_label_figure(table: pl.DataFrame, topics: pl.DataFrame, clickable: bool = False) -> Figure:
    """Draw which of the file's labels each topic bears, as ``topics_per_language_figure``; a click chooses topics."""
    if Col.LABEL not in table.columns or table[Col.LABEL].null_count() == table.height:
        return nothing(t("These posts have no labels."), {"topic": pl.Utf8}, said(LABELS_TITLE))
    of = pl.col(Col.LABEL).cast(pl.Utf8).fill_null("").str.strip_chars()
    return _cells(table, topics, of, LABELS_TITLE, clickable)


def _cells(table: pl.DataFrame, topics: pl.DataFrame, of: pl.Expr, title: str, clickable: bool) -> Figure:
    if table.is_empty():
        return nothing(t("There are no posts."), {"topic": pl.Utf8}, said(title))
    if topics.is_empty():
        return nothing(t("These posts are too few or too different for topics."), {"topic": pl.Utf8}, said(title))
    languages = title == LANGUAGES_TITLE
    rows, columns = _topics_side(table, topics), _values_side(table.select(of.alias("value"))["value"], languages)
    width = len(columns.names)
    cells = (rows.of.cast(pl.Int64) * width + columns.of.cast(pl.Int64)).to_numpy()
    counts = np.bincount(cells, minlength=len(rows.names) * width).reshape(-1, width)
    told = pl.DataFrame(
        {t("topic"): rows.names, t("posts"): counts.sum(axis=1)}
        | {name: counts[:, place] for place, name in enumerate(columns.names)}
    )
    plot, hover = _drawn(rows.names, columns.names, counts)
    bins: tuple[str, ...] = ()
    if clickable:
        edges = [place - 0.5 for place in range(width)]
        plot.add_trace(over_cells(_cell_ids(rows, columns, languages), hover, edges, [1.0] * width))
        bins = tuple(bin_id({"topics": values}) for values in rows.values)
    return Figure(plot, told, _sentence(rows, columns, counts), said(title), CELLS, bins)


def _topics_side(table: pl.DataFrame, topics: pl.DataFrame) -> _Side:
    clusters = table[Col.CLUSTER].cast(pl.Int32).fill_null(UNSORTED).alias("id")
    sizes = clusters.value_counts(name="posts").sort("posts", "id", descending=[True, False])
    known = dict(topics.select(TopicCol.ID, TopicCol.NAME).rows())
    ids = [one for one in sizes["id"].to_list() if one != UNSORTED]
    head = ids[:MOST_TOPICS] if len(ids) > MOST_TOPICS + 1 else ids
    names = [shorten(str(known.get(one, "")), 60) or t("Topic {number}", number=one) for one in head]
    values: list[list[Any]] = [[one] for one in head]
    place = dict(zip(head, range(len(head)), strict=True))
    if len(head) < len(ids):
        place |= dict.fromkeys(ids[len(head) :], len(names))
        names.append(t("{count:,} smaller topics", count=len(ids) - len(head)))
        values.append(ids[len(head) :])
    if len(ids) < sizes.height:
        place[UNSORTED] = len(names)
        names.append(t("Unsorted"))
        values.append([UNSORTED])
    return _Side(_distinct(names), values, clusters.replace_strict(place, return_dtype=pl.Int32))


def _values_side(of: pl.Series, languages: bool) -> _Side:
    """Return the columns: most frequent values first, rarer ones together, posts without one last."""
    nothing_there = UNDETERMINED if languages else ""
    sizes = of.value_counts(name="posts").sort("posts", "value", descending=[True, False])["value"].to_list()
    known = [value for value in sizes if value != nothing_there]
    head = known[:MOST_COLUMNS] if len(known) > MOST_COLUMNS + 1 else known
    names = [language_name(value) if languages else shorten(value, 40) for value in head]
    values: list[list[Any]] = [[value] for value in head]
    place = dict(zip(head, range(len(head)), strict=True))
    if len(head) < len(known):
        place |= dict.fromkeys(known[len(head) :], len(names))
        rest = len(known) - len(head)
        names.append(t("{count:,} more languages", count=rest) if languages else t("{count:,} more labels", count=rest))
        values.append(known[len(head) :])
    if len(known) < len(sizes):
        place[nothing_there] = len(names)
        names.append(language_name(UNDETERMINED) if languages else t("No label"))
        values.append([nothing_there])
    return _Side(_distinct(names), values, of.replace_strict(place, return_dtype=pl.Int32))


def _distinct(names: list[str]) -> list[str]:
    """Return the names, equal ones numbered, none like a column that stands there already."""
    taken = {t("topic"), t("posts")}
    told = []
    for name in names:
        free, again = name, 2
        while free in taken:
            free, again = f"{name} ({again})", again + 1
        taken.add(free)
        told.append(free)
    return told


def _cell_ids(rows: _Side, columns: _Side, languages: bool) -> list[list[str]]:
    return [
        [bin_id({"topics": topics} | ({"languages": values} if languages else {})) for values in columns.values]
        for topics in rows.values
    ]


def _drawn(rows: Sequence[str], columns: Sequence[str], counts: np.ndarray) -> tuple[Any, list[list[str]]]:
    """Return the heat map and what each cell says where the mouse rests."""
    import plotly.graph_objects as go

    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    hover = [
        [f"{isolated(row, 80)}<br>{isolated(column, 60)}<br>{number(int(counts[i, j]))} ({percent(*_of(counts, i, j))})"
         for j, column in enumerate(columns)]
        for i, row in enumerate(rows)
    ]  # fmt: skip
    plot = blank(150 + 27 * len(rows))
    plot.add_trace(
        go.Heatmap(
            x=list(range(len(columns))), y=list(range(len(rows))), z=np.sqrt(shares), zmin=0, zmax=1,
            text=hover, hovertemplate="%{text}<extra></extra>", colorscale=_HEAT, showscale=False, xgap=2, ygap=2,
        )
    )  # fmt: skip
    plot.update_layout(barmode="overlay", showlegend=False)
    plot.update_yaxes(
        tickvals=list(range(len(rows))), ticktext=[tick(name, 34) for name in rows],
        range=[len(rows) - 0.5, -0.5], showgrid=False, fixedrange=True,
    )  # fmt: skip
    plot.update_xaxes(
        tickvals=list(range(len(columns))), ticktext=[tick(name, 16) for name in columns], side="top",
        range=[-0.5, len(columns) - 0.5], showgrid=False, fixedrange=True,
    )  # fmt: skip
    return plot, hover


def over_cells(
    ids: Sequence[Sequence[str]], hover: Sequence[Sequence[str]], starts: Sequence[Any], widths: Sequence[float]
) -> Any:
    """Return bars that nobody sees, one over each cell of a heat map (rows, columns), which can be clicked.

    Columns begin at ``starts`` on the axis and are ``widths`` wide, rows stand at whole numbers.
    """
    import plotly.graph_objects as go

    places = [(row, column) for row in range(len(ids)) for column in range(len(starts))]
    return go.Bar(
        orientation="h",
        y=[row for row, _ in places],
        base=[starts[column] for _, column in places],
        x=[widths[column] for _, column in places],
        width=1,
        ids=[ids[row][column] for row, column in places],
        customdata=[hover[row][column] for row, column in places],
        hovertemplate="%{customdata}<extra></extra>",
        marker={"color": SEE_THROUGH, "line": {"width": 0}},
        showlegend=False,
    )


def _of(counts: np.ndarray, row: int, column: int) -> tuple[int, int]:
    return int(counts[row, column]), int(counts[row].sum())


def _sentence(rows: _Side, columns: _Side, counts: np.ndarray) -> str:
    told, single = [], [place for place, values in enumerate(columns.values) if len(values) == 1]
    for row in range(min(3, len(rows.names)) if single else 0):
        top = single[int(counts[row, single].argmax())]
        share = percent(*_of(counts, row, top))
        told.append(
            t("“{name}” most in {column} ({share})", name=rows.names[row], column=columns.names[top], share=share)
        )
    return t("The darker, the larger the share of the topic's posts: {topics}.", topics="; ".join(told))
