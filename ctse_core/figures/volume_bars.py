"""The bars of posts over time: one a period, and beside the axis those of earlier, later and undated posts."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import polars as pl

from ctse_core.figures.base import (
    FAINT,
    NOT_CHOSEN,
    PALETTE,
    QUIET,
    Bars,
    all_or_some,
    bin_id,
    blank,
    target,
    with_legend,
)
from ctse_core.figures.periods import Periods, TimeChoice, zone_words
from ctse_core.words import said, t

if TYPE_CHECKING:
    import plotly.graph_objects as go

ORIGINALS, COPIES = "originals", "copies"
_SIDE = 0.075  # of the width, for each bar beside the axis
_GAP = 0.02


def time_bars(rows: pl.DataFrame, periods: Periods, chosen: TimeChoice) -> Bars:
    """Return what the rows of a table of periods stand for, and which of them ``chosen`` holds.

    ``rows``: periods in order, then those of earlier, later and undated posts where there are such ("at" is -1,
    the number of periods, and null).
    """
    ids, among = [], []
    for at in rows["at"].to_list():
        if at is None:
            ids.append(bin_id("undated"))
            among.append(chosen.undated)
            continue
        inside = 0 <= at < len(periods.starts)
        start = _utc(periods.starts[at]) if inside else None if at < 0 else _utc(periods.ends[-1])
        end = _utc(periods.ends[at]) if inside else _utc(periods.starts[0]) if at < 0 else None
        ids.append(bin_id([_written(start), _written(end)]))
        among.append(chosen.holds(start, end))
    return Bars(ids, all_or_some(among))


def _utc(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC)


def _written(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat(timespec="seconds").replace("+00:00", "Z")


def volume_plot(rows: pl.DataFrame, periods: Periods, bars: Bars | None) -> go.Figure:
    """Draw the rows of a table of periods (as in ``time_bars``), originals and copies stacked."""
    plot = blank(260)
    inside, beside = rows.filter("shown"), rows.filter(~pl.col("shown"))
    starts, zone = periods.edges[:-1], zone_words(periods.zone, periods.starts[0])
    spans = zip(starts, periods.edges[1:], strict=True)
    widths = [(end - start).total_seconds() * 1000 * 0.92 for start, end in spans]
    names = [f"{name} ({said(periods.step)}, {zone})" for name in periods.names]
    axis = {"x": starts, "width": widths, "offset": 0}
    cut = len(names)
    _stacked(plot, inside, names, axis, None if bars is None else Bars(bars.ids[:cut], bars.chosen[:cut]), rows)
    if beside.height:
        side = {"x": beside["period"].to_list(), "xaxis": "x2"}
        left = None if bars is None else Bars(bars.ids[cut:], bars.chosen[cut:])
        _stacked(plot, beside, beside["period"].to_list(), side, left, rows)
        room = _SIDE * beside.height
        plot.update_layout(
            xaxis={"domain": [0, 1 - room - _GAP]},
            xaxis2={"domain": [1 - room, 1], "type": "category", "anchor": "y", "showgrid": False, "tickangle": 0},
        )
    plot.update_layout(barmode="stack")
    with_legend(plot, bool(rows[COPIES].sum()))
    plot.update_yaxes(
        title_text=t("Posts per {step}", step=said(periods.step)), rangemode="tozero", tickformat=",d", nticks=5
    )
    plot.update_layout(
        xaxis={
            "title": {"text": zone}, "showgrid": False, "type": "date",
            "range": [starts[0], periods.edges[-1]],
        }
    )  # fmt: skip
    if bars is not None:
        plot.update_xaxes(fixedrange=True)
        plot.update_yaxes(fixedrange=True)
        # Drawn over with the mouse, bars are chosen from the first to the last.
        plot.update_layout(dragmode="select", selectdirection="h")
    if len(periods.starts) == 1:
        plot.update_layout(xaxis_nticks=2)
    return plot


def _stacked(
    plot: go.Figure,
    rows: pl.DataFrame,
    names: list[str],
    axis: Mapping[str, Any],
    bars: Bars | None,
    whole: pl.DataFrame,
) -> None:
    """Add originals and copies of the rows, and where they can be clicked the empty room above."""
    side = "xaxis" in axis
    for column, named, colour in ((ORIGINALS, t("Originals"), PALETTE[0]), (COPIES, t("Copies"), QUIET)):
        plot.add_bar(
            y=rows[column].to_list(),
            name=named,
            legendgroup=column,
            showlegend=not side,
            marker={"color": FAINT if side and column == ORIGINALS else colour, "line": {"width": 0}},
            customdata=names,
            hovertemplate=f"%{{customdata}}<br>%{{y:,}} {named.lower()}<extra></extra>",
            **axis,
        )
        if bars is not None:
            opacities = [1.0 if chosen else NOT_CHOSEN for chosen in bars.chosen]
            plot.data[-1].update(ids=list(bars.ids), marker={"opacity": opacities})
    if bars is not None:
        high = max((whole[ORIGINALS] + whole[COPIES]).to_list(), default=0)
        totals = (rows[ORIGINALS] + rows[COPIES]).to_list()
        told = [f"{name}<br>{total:,}" for name, total in zip(names, totals, strict=True)]
        plot.add_trace(target(y=[high - total for total in totals], customdata=told, ids=list(bars.ids), **axis))
