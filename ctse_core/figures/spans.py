"""Stretches of time marked on a timeline: where something ran higher than usual."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from ctse_core.figures.base import PALETTE
from ctse_core.figures.periods import Periods, on_clocks

if TYPE_CHECKING:
    import plotly.graph_objects as go


class Span(NamedTuple):
    """From ``start`` to ``end`` (UTC), and how the beginning is told."""

    start: datetime
    end: datetime
    told: str = ""


def mark_spans(plot: go.Figure, periods: Periods, spans: Sequence[Span]) -> None:
    """Shade the spans that lie on the axis of ``periods`` behind what is drawn, each with a line where it begins."""
    low, high = periods.edges[0], periods.edges[-1]
    for span in spans:
        start, end = (on_clocks(at, periods.zone) for at in (span.start, span.end))
        if end < low or start > high:
            continue
        begin = max(start, low)
        place = {"xref": "x", "yref": "paper", "y0": 0, "y1": 1, "layer": "below"}
        plot.add_shape(
            type="rect", x0=begin, x1=min(end, high), fillcolor=PALETTE[1], opacity=0.13, line_width=0, **place
        )
        edge = {"color": PALETTE[1], "width": 1.5, "dash": "dot"}
        plot.add_shape(type="line", x0=begin, x1=begin, line=edge, **place)
