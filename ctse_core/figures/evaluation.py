"""What encoders are worth: scores with their intervals by language."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING, Any

import polars as pl

from ctse_core.figures.base import (
    GRID,
    PALETTE,
    QUIET,
    SYMBOLS,
    TOOL_BAR,
    Figure,
    blank,
    count,
    label,
    nothing,
    shorten,
    tick,
    with_legend,
)
from ctse_core.figures.language_names import language_name
from ctse_core.figures.measures import SHARES, measure_words
from ctse_core.words import mark, said, t
from ctse_core.words import number as written

if TYPE_CHECKING:
    import plotly.graph_objects as go

ALL_LANGUAGES = mark("All languages")
DOTS = {
    "row": pl.Utf8,
    "series": pl.Utf8,
    "value": pl.Float64,
    "low": pl.Float64,
    "high": pl.Float64,
    "count": pl.Int64,
}
"""What ``dots_figure`` draws: a dot for each row and series, with its interval and of how many it speaks."""
_SCORES = ("set", "variant", "lang", "language", "encoder", "value", "low", "high", "count")
_DOT_ROOM, _ROW_ROOM, _LEAST_ROW = 6, 10, 19  # pixels between dots of one row, beside them, and of a row's name


def scores_figure(
    scores: pl.DataFrame, measure: str, name: str | None = None, variant: str | None = None, mark: float | None = None
) -> Figure:
    """Draw one measure of each encoder with its 95 % intervals, a row a language, a colour and symbol an encoder.

    ``scores`` is the bench's long table (encoder, set, measure, variant, lang, value, low, high, count; ``lang`` ""
    is the mean over languages and comes first). ``name`` and ``variant`` choose a set and a variant; None takes the
    first of the table. Languages stand from the best to the worst on average. ``mark``: where a dotted line stands.
    The figure's table has every number drawn.
    """
    title, axis = measure_words(measure)
    found = _chosen(scores, measure, name, variant)
    if found.is_empty():
        reason = t("No encoder has been judged yet: {measure}.", measure=", ".join(filter(None, [axis, name])))
        return nothing(reason, dict.fromkeys(_SCORES, pl.Utf8), title)
    rows = _best_first(found)
    dots = rows.select(
        pl.col("language").alias("row"), pl.col("encoder").alias("series"), "value", "low", "high", "count"
    )
    plot = _dot_plot(dots, axis, mark, (0, 1) if measure in SHARES else None)
    where = ", ".join(shorten(str(rows[column][0]), 40) for column in ("set", "variant") if rows[column][0])
    told = f"{axis[0].upper()}{axis[1:]}{f' ({where})' if where else ''}: {_said(rows)}."
    return Figure(plot, rows.select(*_SCORES), told, title)


def dots_figure(dots: pl.DataFrame, title: str, axis: str, summary: str, mark: float | None = None) -> Figure:
    """Draw dots with intervals: columns row, series, value, low, high, count (see ``DOTS``), rows in their order."""
    if dots.is_empty():
        return nothing(t("There is nothing to draw under “{title}” yet.", title=shorten(title, 60)), DOTS, title)
    return Figure(_dot_plot(dots, axis, mark, None), dots.select(*DOTS), summary, title)


def _chosen(scores: pl.DataFrame, measure: str, name: str | None, variant: str | None) -> pl.DataFrame:
    """Return the rows of one measure, set and variant, those with a number; None takes the first one's."""
    found = scores.filter(pl.col("measure") == measure, pl.col("value").is_finite())
    for column, wanted in (("set", name), ("variant", variant)):
        if found.height:
            found = found.filter(pl.col(column) == (found[column][0] if wanted is None else wanted))
    return found.with_columns(pl.col("low", "high").fill_nan(None)).with_columns(
        pl.col("low").fill_null(pl.col("value")), pl.col("high").fill_null(pl.col("value"))
    )


def _best_first(found: pl.DataFrame) -> pl.DataFrame:
    """Return the rows with the column ``language``, all languages first, then the best ones on average."""
    names = [language_name(lang) if lang else said(ALL_LANGUAGES) for lang in found["lang"]]
    rows = found.with_columns(
        pl.Series("language", names, dtype=pl.Utf8), pl.col("value").mean().over("lang").alias("mean")
    )
    first = pl.col("lang") == ""
    return rows.with_row_index("order").sort(first, "mean", "lang", "order", descending=[True, True, False, False])


def _said(rows: pl.DataFrame) -> str:
    """Return each encoder's figure over all languages, or its best and worst one, in words."""
    told, encoders = [], rows["encoder"].unique(maintain_order=True)
    for name in encoders:
        of_it = rows.filter(pl.col("encoder") == name)
        mean = of_it.filter(pl.col("lang") == "")
        single = of_it.filter(pl.col("lang") != "").sort("value", descending=True)
        words = shorten(name, 40)
        if mean.height:
            value, low, high = mean.select("value", "low", "high").row(0)
            words += f" {value:.3f} ({between(low, high)})"
        if single.height > 1 and (len(encoders) < 4 or not mean.height):
            ends = [f"{language} {value:.3f}" for language, value in single.select("language", "value").rows()]
            span = t("from {first} to {last}", first=ends[0], last=ends[-1])
            words += f"{', ' if mean.height else ' '}{span}"
        elif single.height and not mean.height:
            words += f" {single['language'][0]} {single['value'][0]:.3f}"
        told.append(words)
    languages = rows.filter(pl.col("lang") != "")["lang"].n_unique()
    return f"{count(languages, 'language')}; {'; '.join(told)}" if languages else "; ".join(told)


def _dot_plot(dots: pl.DataFrame, axis: str, mark: float | None, span: tuple[float, float] | None) -> go.Figure:
    """Return dots with intervals, the first row on top; ``span``: lowest and highest value that can be."""
    series = dots["series"].unique(maintain_order=True).to_list()
    names = dots["row"].unique(maintain_order=True).to_list()
    height = max(_LEAST_ROW, _ROW_ROOM + _DOT_ROOM * len(series))
    plot = blank(96 + len(names) * height)
    for place, one in enumerate(series):
        rows = dots.filter(pl.col("series") == one)
        shift = (place - (len(series) - 1) / 2) * _DOT_ROOM / height
        plot.add_scatter(
            x=rows["value"].to_list(),
            y=[names.index(row) + shift for row in rows["row"]],
            mode="markers",
            name=label(one, 44),
            marker={"color": PALETTE[place % len(PALETTE)], "symbol": SYMBOLS[place % len(SYMBOLS)], "size": 8},
            error_x=intervals(rows),
            customdata=_hover(rows),
            hovertemplate="%{customdata}<extra></extra>",
        )
    if names[0] == said(ALL_LANGUAGES) and len(names) > 1:
        plot.add_hline(y=0.5, line={"color": GRID, "width": 1})
    if mark is not None:
        plot.add_vline(x=mark, line={"color": QUIET, "width": 1, "dash": "dot"})
    plot.update_yaxes(
        tickvals=list(range(len(names))), ticktext=[tick(name) for name in names],
        range=[len(names) - 0.5, -0.5], showgrid=False,
    )  # fmt: skip
    plot.update_xaxes(title_text=html.escape(axis), nticks=6)
    if span:
        plot.update_xaxes(range=_window(dots, *span))
    with_lines_of_legend(plot, series)
    return plot


def between(low: float, high: float, form: str = ".3f") -> str:
    """Return an interval in words: "0.912 to 0.934"."""
    return t("{low} to {high}", low=written(low, form), high=written(high, form))


def intervals(rows: pl.DataFrame) -> dict[str, Any]:
    """Return plotly's error bars of rows with value, low and high."""
    above = (rows["high"] - rows["value"]).clip(0).to_list()
    below = (rows["value"] - rows["low"]).clip(0).to_list()
    return {"type": "data", "array": above, "arrayminus": below, "thickness": 1.5, "width": 0}


def _hover(rows: pl.DataFrame) -> list[str]:
    shown = rows.select("row", "series", "value", "low", "high", "count").rows()
    return [
        f"{label(row, 80)}<br>{label(series, 80)}<br>{value:.3f} ({between(low, high)}), n = {written(number)}"
        for row, series, value, low, high, number in shown
    ]


def _window(dots: pl.DataFrame, least: float, most: float) -> list[float]:
    """Return the part of the axis that is drawn: to its end where dots come near it, and never under a tenth."""
    low, high = float(dots["low"].min()), float(dots["high"].max())  # type: ignore[arg-type]
    room = max(0.03, 0.05 * (high - low))
    return [max(least - 0.02, low - room), min(most + 0.02, max(high, low + 0.1) + room)]


def with_lines_of_legend(plot: go.Figure, series: list[str]) -> None:
    """Show the legend with as many lines as narrow windows need, the drawing as high as before."""
    with_legend(plot, len(series) > 1)
    letters = sum(min(44, len(one)) + 6 for one in series)
    more = 20 * min(len(series) - 1, letters // 80)
    if len(series) > 1 and more:
        height = plot.layout.height + more
        plot.update_layout(height=height, margin={"t": plot.layout.margin.t + more})
        plot.update_layout(legend={"y": 1 - TOOL_BAR / height})
