"""What every figure shares: the result type, colours that everyone can tell apart, and safe labels."""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import polars as pl

if TYPE_CHECKING:  # plotly is imported where a figure is drawn, never before
    import plotly.graph_objects as go

PALETTE = ("#4c5ab7", "#c1703b", "#2ba575", "#984189", "#b69000", "#8b54ff", "#b92942")
"""Seven colours: contrast at least 3 to 1 on white and on near-black, and at least 20 CIELAB units apart for
people with normal sight, protanopia, deuteranopia and tritanopia (checked by a test)."""
SYMBOLS = ("circle", "diamond", "square")
QUIET = "#8595a0"
FAINT = "rgba(128,128,128,0.35)"
GRID = "rgba(128,128,128,0.25)"
INK = "#7a7a7a"  # readable on white and on near-black alike, for pages that set no colour of their own
FONT = "system-ui, 'Segoe UI', 'Noto Sans', 'Noto Naskh Arabic', sans-serif"

_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\ufff9-\uffff\ud800-\udfff]+")


@dataclass(frozen=True)
class Figure:
    """One figure three ways: ``plot`` to see, ``table`` to read the same numbers, ``summary`` to hear."""

    plot: go.Figure
    table: pl.DataFrame
    summary: str


def blank(height: int = 320) -> go.Figure:
    """Return an empty plot in the house style: transparent, quiet grid, no title (the page says it).

    ``height``: pixels. Colours of text live in the template, so that a page's own theme may replace them.
    """
    import plotly.graph_objects as go

    axis: dict[str, Any] = {
        "gridcolor": GRID, "linecolor": GRID, "zeroline": False, "automargin": True, "ticks": "",
        "title": {"font": {"size": 12}},
    }  # fmt: skip
    template = {
        "layout": {
            "font": {"family": FONT, "size": 13, "color": INK},
            "paper_bgcolor": "rgba(0,0,0,0)",
            "plot_bgcolor": "rgba(0,0,0,0)",
            "colorway": list(PALETTE),
            "xaxis": axis,
            "yaxis": axis,
            "hoverlabel": {"align": "left", "font": {"family": FONT}},
            "legend": {
                "orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0,
                "itemsizing": "constant", "traceorder": "normal",
            },
            "modebar": {"bgcolor": "rgba(0,0,0,0)", "color": QUIET, "activecolor": PALETTE[0]},
        }
    }  # fmt: skip
    plot = go.Figure()
    plot.update_layout(
        template=template,
        height=height,
        margin={"l": 8, "r": 8, "t": 28, "b": 8},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        bargap=0.12,
    )
    return plot


def nothing(sentence: str, columns: dict[str, Any]) -> Figure:
    """Return a figure that says in one sentence why there is nothing to draw."""
    plot = blank(140)
    plot.update_xaxes(visible=False)
    plot.update_yaxes(visible=False)
    plot.add_annotation(text=label(sentence, 200), showarrow=False, x=0.5, y=0.5, xref="paper", yref="paper")
    return Figure(plot, pl.DataFrame(schema=columns), sentence)


def shorten(text: str, length: int) -> str:
    """Return ``text`` on one line, without control and direction characters, at most ``length`` characters.

    Never cuts between a letter and its combining marks, nor inside a joined emoji.
    """
    line = " ".join(_CONTROLS.sub(" ", text).split())
    if len(line) <= length:
        return line
    end = max(1, length - 1)
    while end > 1 and (unicodedata.category(line[end])[0] == "M" or "\u200d" in (line[end], line[end - 1])):
        end -= 1
    return line[:end].rstrip() + "…"


def label(text: str, length: int = 40) -> str:
    """Return ``text`` as a label that plotly shows literally: shortened, and its HTML subset escaped."""
    return html.escape(shorten(text, length), quote=False)


def isolated(text: str, length: int = 40) -> str:
    """Return a label that keeps its own direction inside a line of another one (for mixed lines)."""
    return f"\u2068{label(text, length)}\u2069"


def count(number: int, noun: str, plural: str | None = None) -> str:
    """Return "1 post" or "1,234 posts"."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def percent(part: float, whole: float) -> str:
    """Return a share in words, its blank unbreakable: "34 %", "under 1 %", "0 %"."""
    share = part / whole if whole else 0.0
    if 0 < share < 0.01:
        return "under 1\u00a0%"
    if 0.99 < share < 1:
        return "over 99\u00a0%"
    return f"{100 * share:.0f}\u00a0%"


def horizontal_bars(
    plot: go.Figure, names: Sequence[str], series: Sequence[tuple[str, Sequence[int], Any]], letters: int = 40
) -> None:
    """Draw stacked bars, first name on top; ``series``: (name, values (m,), colour or colours (m,)).

    ``letters``: the most that are shown of a name. Bars stand at whole numbers and names are tick labels, so
    that equal names stay apart and no name is taken for a number or a date.
    """
    import plotly.graph_objects as go

    places = list(range(len(names)))
    for name, values, colour in series:
        plot.add_trace(
            go.Bar(
                y=places,
                x=list(values),
                name=name,
                orientation="h",
                marker={"color": colour, "line": {"width": 0}},
                customdata=[isolated(n, 80) for n in names],
                hovertemplate=f"%{{customdata}}<br>%{{x:,}} {html.escape(name.lower())}<extra></extra>",
            )
        )
    plot.update_layout(barmode="stack", height=70 + 26 * max(3, len(names)), showlegend=len(series) > 1)
    plot.update_yaxes(
        tickvals=places,
        ticktext=[label(name, letters) for name in names],
        range=[len(names) - 0.5, -0.5],
        showgrid=False,
        ticks="outside",
        ticklen=6,
        tickcolor="rgba(0,0,0,0)",
    )
    plot.update_xaxes(rangemode="tozero", tickformat=",d", nticks=6)
