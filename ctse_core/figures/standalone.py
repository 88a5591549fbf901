"""Figures on their own: a page that opens offline, and still pictures of dots that need no browser."""

from __future__ import annotations

import html
import math
from collections.abc import Sequence
from typing import Any

import polars as pl

from ctse_core.figures.base import GRID, INK, Figure, text_width
from ctse_core.figures.svg import LETTER, SHAPES, WIDTH, picture, stroke, words

_STYLE = """
:root { color-scheme: light dark } body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto;
padding: 0 1rem } table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: 14px }
td, th { padding: .15rem .6rem; text-align: left } tr + tr { border-top: 1px solid #8885 }
.scroll { overflow: auto; max-height: 24rem }
"""


def standalone_html(title: str, paragraphs: Sequence[str], figures: Sequence[Figure], foot: Sequence[str] = ()) -> str:
    """Return a page with its figures, their sentences and tables, that fetches nothing; every text is escaped."""
    from plotly.offline import get_plotlyjs

    parts = [f"<h1>{html.escape(title)}</h1>", *(f"<p>{html.escape(text)}</p>" for text in paragraphs)]
    for figure in figures:
        drawing = figure.plot.to_html(include_plotlyjs=False, full_html=False, config={"displaylogo": False})
        parts += [
            f"<h2>{html.escape(figure.title)}</h2>",
            f"<p>{html.escape(figure.summary)}</p>",
            drawing,
            f"<details><summary>Table</summary><div class='scroll'>{_table(figure.table)}</div></details>",
        ]
    parts += [f"<p>{html.escape(text)}</p>" for text in foot]
    policy = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data: blob:"
    return (
        "<!doctype html>\n<html lang='en'><head><meta charset='utf-8'>"
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        "<meta name='viewport' content='width=device-width, initial-scale=1'>"
        f"<title>{html.escape(title)}</title><style>{_STYLE}</style><script>{get_plotlyjs()}</script></head>"
        f"<body>{''.join(parts)}</body></html>\n"
    )


def _table(table: pl.DataFrame) -> str:
    head = "".join(f"<th scope='col'>{html.escape(name)}</th>" for name in table.columns)
    rows = (
        "".join(f"<td>{html.escape(f'{cell:.4f}' if isinstance(cell, float) else str(cell))}</td>" for cell in row)
        for row in table.rows()
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody><tr>{'</tr><tr>'.join(rows)}</tr></tbody></table>"


def still_svg(figure: Figure) -> str:
    """Return a figure of dots (``scores_figure``, ``dots_figure``) as SVG text, with the same dots and intervals.

    Grey words on no ground, so that it reads on white and on black. A figure without dots gives its sentence.
    """
    traces = [trace for trace in figure.plot.data if trace.type == "scatter" and trace.x is not None]
    names = [_bare(name) for name in figure.plot.layout.yaxis.ticktext or ()]
    if not traces or not names:
        return picture(figure.summary, 60, [words(8, 36, figure.summary)])
    ends = [end for trace in traces for end in _ends(trace)]
    ticks = _ticks(min(ends), max(ends))
    left = 16 + max(map(text_width, names)) * LETTER
    row = max(24.0, (figure.plot.layout.height - 96) / len(names))
    legend = _legend(traces) if figure.plot.layout.showlegend else []
    top = 12.0 + (22 if legend else 0) * (1 + max((int(y) for _, y in legend), default=0))
    foot = top + row * len(names)

    def across(value: float) -> float:
        return left + (value - ticks[0]) / (ticks[-1] - ticks[0]) * (WIDTH - 24 - left)

    parts = []
    for value in ticks:
        parts.append(stroke(across(value), top, across(value), foot, GRID))
        parts.append(words(across(value), foot + 16, f"{value:.6g}", "middle"))
    for place, name in enumerate(names):
        parts.append(words(left - 10, top + (place + 0.5) * row + 4, name, "end"))
    for shape in figure.plot.layout.shapes:
        if shape.x0 is not None and shape.x0 == shape.x1 and ticks[0] <= shape.x0 <= ticks[-1]:
            parts.append(stroke(across(shape.x0), top, across(shape.x0), foot, INK, "2 3"))
    for trace in traces:
        for x, y, low, high in _dots(trace):
            at = top + (y + 0.5) * row
            parts.append(stroke(across(max(low, ticks[0])), at, across(min(high, ticks[-1])), at, trace.marker.color))
            parts.append(_dot(across(x), at, trace))
    for trace, (column, line) in zip(traces, legend, strict=False):
        parts += [_dot(14 + column, 16 + 22 * line, trace), words(24 + column, 20 + 22 * line, _bare(trace.name))]
    parts.append(words((left + WIDTH - 24) / 2, foot + 38, _bare(figure.plot.layout.xaxis.title.text or ""), "middle"))
    return picture(figure.summary, foot + 50, parts)


def _bare(text: str) -> str:
    """Return a label of plotly's without its escapes and direction marks."""
    return html.unescape(text).strip("\u2068\u2069")


def _dots(trace: Any) -> list[tuple[float, float, float, float]]:
    """Return x, y, and the ends of the interval, of each dot of a trace."""
    above, below = trace.error_x.array, trace.error_x.arrayminus
    return [
        (x, y, x - (0 if below is None else below[place]), x + (0 if above is None else above[place]))
        for place, (x, y) in enumerate(zip(trace.x, trace.y, strict=True))
    ]


def _ends(trace: Any) -> list[float]:
    return [end for _, _, low, high in _dots(trace) for end in (low, high)]


def _ticks(low: float, high: float) -> list[float]:
    """Return round numbers at even distances that begin at or under ``low`` and end at or over ``high``."""
    apart = (high - low) / 5 or 0.1
    unit = 10 ** math.floor(math.log10(apart))
    step = next(unit * each for each in (1, 2, 5, 10) if unit * each >= apart)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [round(step * place, 10) for place in range(first, max(last, first + 1) + 1)]


def _legend(traces: Sequence[Any]) -> list[tuple[float, int]]:
    """Return where each entry stands: pixels from the left, and line."""
    places, x, line = [], 0.0, 0
    for trace in traces:
        wide = 34 + text_width(_bare(trace.name)) * LETTER
        if x and x + wide > WIDTH - 24:
            x, line = 0.0, line + 1
        places.append((x, line))
        x += wide
    return places


def _dot(x: float, y: float, trace: Any) -> str:
    shape = SHAPES[trace.marker.symbol or "circle"]
    return f'<path d="{shape}" transform="translate({x:.1f} {y:.1f})" fill="{trace.marker.color}"/>'
