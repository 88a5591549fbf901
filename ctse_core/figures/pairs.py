"""What pairs are worth: the effect of each source of them, and matching of a language by how many it has."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import polars as pl

from ctse_core.figures.base import PALETTE, SYMBOLS, Figure, blank, label, nothing, shorten
from ctse_core.figures.evaluation import ALL_LANGUAGES, between, dots_figure, intervals, with_lines_of_legend
from ctse_core.figures.language_names import language_name
from ctse_core.words import number as written
from ctse_core.words import said, t

if TYPE_CHECKING:
    import plotly.graph_objects as go

EFFECTS = {
    "source": pl.Utf8,
    "set": pl.Utf8,
    "lang": pl.Utf8,
    "effect": pl.Float64,
    "low": pl.Float64,
    "high": pl.Float64,
    "pairs": pl.Int64,
    "verdict": pl.Utf8,
}
"""What ``effects_figure`` draws: matching with all sources minus matching without this one, so above 0 it helps;
``lang`` "" is all. The 95 % interval holds what other sentences would have changed (paired draws) and what another seed
would have (the spread of the runs with all sources). ``pairs`` are those the source gave the language."""
AMOUNTS = {
    "set": pl.Utf8,
    "lang": pl.Utf8,
    "amount": pl.Int64,
    "value": pl.Float64,
    "low": pl.Float64,
    "high": pl.Float64,
    "count": pl.Int64,
}
"""What ``amounts_figure`` draws: matching of a language that has at most ``amount`` pairs; all others keep theirs."""

MOST_SAID = 3


def effects_figure(effects: pl.DataFrame, lang: str = "") -> Figure:
    """Draw what each source of pairs adds to matching in one language ("": all), a row a source, a colour a set.

    ``effects``: columns EFFECTS, effects between -1 and 1 with their 95 % intervals. The most helpful source stands
    first, a dotted line where a source changes nothing. The figure's table has the rows drawn.
    """
    title = t("What each source of pairs adds")
    rows = effects.filter(pl.col("lang") == lang, pl.col("effect").is_finite())
    if rows.is_empty():
        return nothing(t("No source has been left out of training yet."), EFFECTS, title)
    rows = rows.with_columns(pl.col("effect").mean().over("source").alias("mean"))
    rows = rows.sort("mean", "source", descending=[True, False], maintain_order=True).select(*EFFECTS)
    dots = rows.select(
        pl.col("source").alias("row"), pl.col("set").alias("series"), pl.col("effect").alias("value"),
        "low", "high", pl.col("pairs").alias("count"),
    )  # fmt: skip
    where = ", ".join([language_name(lang) if lang else said(ALL_LANGUAGES), shorten(rows["set"][0], 40)])
    told = t(
        "Share of translations found with all sources minus that without this one ({where}): {effects}.",
        where=where,
        effects=_said(rows),
    )
    drawn = dots_figure(dots, title, t("gain in translations found"), told, mark=0.0)
    return dataclasses.replace(drawn, table=rows)


def _said(rows: pl.DataFrame) -> str:
    """Return the most helpful sources of the first set in words, and the least helpful one."""
    first = rows.filter(pl.col("set") == rows["set"][0]).select("source", "effect", "low", "high").rows()
    told = [f"{shorten(source, 40)} {value:+.3f} ({between(low, high, '+.3f')})" for source, value, low, high in first]
    return "; ".join(
        told if len(told) <= MOST_SAID + 1 else [*told[:MOST_SAID], t("…; last {source}", source=told[-1])]
    )


def amounts_figure(curve: pl.DataFrame, name: str | None = None) -> Figure:
    """Draw matching of languages by how many pairs they have, a line a language, with 95 % intervals.

    ``curve``: columns AMOUNTS, values in [0, 1]. ``name`` chooses a set; None takes the first. Amounts stand at equal
    distances, as they grow by factors and begin with 0. The figure's table has the rows drawn.
    """
    title = t("How many pairs a language needs")
    rows = curve.filter(pl.col("value").is_finite())
    if rows.height:
        rows = rows.filter(pl.col("set") == (rows["set"][0] if name is None else name))
    if rows.is_empty():
        return nothing(t("No language has been trained on fewer of its pairs yet."), AMOUNTS, title)
    rows = rows.sort("lang", "amount", maintain_order=True).select(*AMOUNTS)
    lines = []
    for lang in rows["lang"].unique(maintain_order=True):
        of_it = rows.filter(pl.col("lang") == lang)
        steps = [
            t("{value:.3f} with {amount:,}", value=value, amount=amount)
            for amount, value in of_it.select("amount", "value").rows()
        ]
        lines.append(f"{language_name(lang)} {', '.join(steps)}")
    where = shorten(str(rows["set"][0]), 40)
    told = t(
        "Share of translations found by a language's pairs in training ({where}): {lines}.",
        where=where,
        lines="; ".join(lines),
    )
    return Figure(_lines(rows), rows, told, title)


def _lines(rows: pl.DataFrame) -> go.Figure:
    """Return a line a language over the amounts, each a little beside the others so that intervals stay apart."""
    amounts = rows["amount"].unique().sort().to_list()
    langs = rows["lang"].unique(maintain_order=True).to_list()
    plot = blank(320)
    for place, lang in enumerate(langs):
        of_it = rows.filter(pl.col("lang") == lang)
        shift = (place - (len(langs) - 1) / 2) * 0.04
        told = of_it.select("amount", "value", "low", "high", "count").rows()
        plot.add_scatter(
            x=[amounts.index(amount) + shift for amount in of_it["amount"]],
            y=of_it["value"].to_list(),
            mode="lines+markers",
            name=label(language_name(lang), 44),
            line={"color": PALETTE[place % len(PALETTE)], "width": 1.5},
            marker={"symbol": SYMBOLS[place % len(SYMBOLS)], "size": 8},
            error_y=intervals(of_it),
            customdata=[
                f"{label(language_name(lang), 80)}, {t('{amount:,} pairs', amount=amount)}<br>"
                f"{value:.3f} ({between(low, high)}), n = {written(number)}"
                for amount, value, low, high, number in told
            ],
            hovertemplate="%{customdata}<extra></extra>",
        )
    plot.update_xaxes(
        title_text=t("Pairs of the language in training, at most"),
        tickvals=list(range(len(amounts))), ticktext=[f"{amount:,}" for amount in amounts],
        range=[-0.25, len(amounts) - 0.75], showgrid=False,
    )  # fmt: skip
    plot.update_yaxes(title_text=t("translations found"))
    with_lines_of_legend(plot, langs)
    return plot
