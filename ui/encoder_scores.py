"""What encoders are worth: the bench's tables and figures, and beside them one's own evaluations."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import polars as pl
import streamlit as st

from ctse_core.encoders import ENCODERS
from ctse_core.figures import MEASURES, measure_words, scores_figure, speed_quality_figure
from ctse_core.words import mark, said, t
from train.evaluate.overview import OF_PAIRS, main_differences, overview, set_title
from train.evaluate.table import MEAN, SCORES
from ui import resources
from ui.encoder_findings import experiments, shipped_table, what_pairs_are_worth
from ui.frame import ASSETS
from ui.own_evaluation import own_tables
from ui.widgets import csv_bytes, download, plain, show_figure

SHIPPED = ASSETS / "evaluation" / "scores.csv"
BAR = 0.95
MOST_DRAWN = 7  # what seven colours can tell apart
_EXPLAINED = mark("""\
- **matching**: how often the nearest of all sentences is the translation, the mean of both directions and of all
  languages; **≥ 0.95**: in how many languages that is so often enough; **ten weakest**: the mean of those ten.
- **crisis posts**: how well labelled crisis posts of one class lie together; **STS**: agreement with people's
  judgement of similarity (Spearman); **topics**: how well topics are told apart.
- **drift**: how often a post that means the same in other words is nearer than one that means something else in
  nearly the same words.

Every figure has a 95 % interval: the figure below shows them. How each is computed stands in docs/evaluation.md.""")
_RUNS = {
    "hybrid": mark(
        "the recipe of that name for half an hour: six of twelve layers of multilingual-e5-small, taught by all"
    ),
    "hybrid_start": mark("the same six layers before their first step"),
    "e5_mse": mark("multilingual-e5-small, taught the English of all-MiniLM-L6-v2 by the paper's method"),
    "crisis_teacher": mark("all-MiniLM-L6-v2, adapted to crisis messages without translations"),
}
"""Trainings of ours that stand in the table to show what a step is worth; docs/training.md has their commands."""
NOTHING = "–"


def all_scores() -> pl.DataFrame:
    """Return the shipped scores and those of one's own evaluations, as one long table without a row twice.

    Where an encoder was measured on the same set again, the latest counts.
    """
    shipped = resources.scores(str(SHIPPED), _changed(SHIPPED)) if SHIPPED.is_file() else pl.DataFrame(schema=SCORES)
    whole = pl.concat([shipped, *own_tables()])
    return whole.unique(["encoder", "set", "measure", "variant", "lang"], keep="last", maintain_order=True)


def encoder_scores() -> None:
    """Draw what is known of every encoder: a row each, a figure by language, and the tables to take away."""
    scores = all_scores()
    if scores.is_empty():
        st.info(t("No encoder has been measured on this machine yet. Choose “Evaluate” above."))
        return
    _overview(scores)
    _differences()
    _by_language(scores)
    _speeds()
    what_pairs_are_worth(SHIPPED.parent)
    experiments(SHIPPED.parent)


def _overview(scores: pl.DataFrame) -> None:
    table = overview(scores)
    form = {True: "%.3f", False: "%d"}
    numbers = {name: form[kind.is_float()] for name, kind in table.schema.items() if kind.is_numeric()}
    named = table.with_columns(pl.col("encoder").map_elements(_title, return_dtype=pl.Utf8).alias(t("Encoder")))
    st.dataframe(
        named.select(t("Encoder"), *[name for name in table.columns if name != "encoder"]),
        hide_index=True,
        height="content",
        placeholder=NOTHING,
        column_config={t("Encoder"): st.column_config.TextColumn(pinned=True)}
        | {name: st.column_config.NumberColumn(format=form) for name, form in numbers.items()},
        key="overview_table",
    )
    left, right = st.columns([5, 1], vertical_alignment="top")
    with left.expander(t("What the columns mean")):
        st.markdown(said(_EXPLAINED))
        told = [f"**{plain(name)}**: {said(_RUNS[name])}" for name in table["encoder"] if name in _RUNS]
        if told:
            st.markdown(
                t("Trainings that show what a step is worth, none of them shipped: {runs}.", runs="; ".join(told))
            )
    with right:
        download(t("All scores (CSV)"), csv_bytes(scores), "ctse-encoder-scores.csv", "text/csv", "scores_csv")


def _differences() -> None:
    """Draw what the shipped paired comparison says, where there is one: far sharper than two intervals."""
    table = shipped_table("differences.csv", SHIPPED.parent)
    told = None if table is None else main_differences(table)
    if told is None or told.is_empty():
        return
    against = ", ".join(_title(name) for name in told["against"].unique(maintain_order=True))
    numbers = st.column_config.NumberColumn(format="%+.3f")
    with st.expander(t("On the same sentences and posts, against {others}", others=plain(against))):
        st.dataframe(
            told.with_columns(_TITLES).drop("against"),
            hide_index=True,
            column_config={"difference": numbers, "low": numbers, "high": numbers},
            key="differences_table",
        )
        st.caption(t("The difference of the figures with its 95 % interval: better or worse where 0 lies outside."))


def _by_language(scores: pl.DataFrame) -> None:
    st.subheader(t("By language"), anchor=False)
    drawable = scores.filter(pl.col("lang") != MEAN)
    kinds = drawable.select("measure", "set").unique(maintain_order=True).rows()
    languages = dict(drawable.group_by("set").agg(pl.col("lang").n_unique()).rows())
    order = {measure: place for place, measure in enumerate(MEASURES)}
    kinds.sort(key=lambda kind: (order.get(kind[0], len(order)), -languages[kind[1]]))
    if not kinds:
        st.caption(t("These scores speak of no single language."))
        return
    what, which, how = st.columns([3, 4, 2])
    measure, name = what.selectbox(t("Measure"), kinds, format_func=_kind, key="scores_measure")
    rows = scores.filter(pl.col("measure") == measure, pl.col("set") == name)
    here = set(rows["encoder"])
    names = [encoder for encoder in overview(scores)["encoder"] if encoder in here]  # the best one first
    chosen = which.multiselect(
        t("Encoders"), names, default=names[:3], format_func=_title, max_selections=MOST_DRAWN, key=f"scores_of_{name}"
    )
    variants = rows["variant"].unique(maintain_order=True).to_list()
    variant = how.selectbox(t("Variant"), variants, format_func=_variant, key=f"scores_variant_{measure}_{name}")
    drawn = _titled(pl.concat([rows.clear(), *(rows.filter(pl.col("encoder") == encoder) for encoder in chosen)]))
    mark = BAR if measure in OF_PAIRS else None
    figure = scores_figure(drawn, measure, name=set_title(name), variant=variant, mark=mark)
    show_figure(figure, key=f"scores_{measure}_{name}_{variant}")
    download(
        t("These scores (CSV)"), csv_bytes(figure.table), f"ctse-{measure}-{name}.csv", "text/csv", "scores_of_language"
    )


def _speeds() -> None:
    """Draw quality against speed, where the product ships what was measured side by side."""
    speeds = shipped_table("speeds.csv", SHIPPED.parent)
    if speeds is None or speeds.is_empty():
        return
    st.subheader(t("Quality and speed"), anchor=False)
    figure = speed_quality_figure(speeds.with_columns(_TITLES))
    show_figure(replace(figure, title=""), key="speeds")


def _titled(rows: pl.DataFrame) -> pl.DataFrame:
    """Return rows with encoders and sets by the names that people read."""
    return rows.with_columns(_TITLES, pl.col("set").map_elements(set_title, return_dtype=pl.Utf8))


def _kind(kind: tuple[str, str]) -> str:
    measure, name = kind
    return f"{measure_words(measure)[0]} · {set_title(name)}"


def _variant(variant: str) -> str:
    return variant or t("as it is")


def _title(name: str) -> str:
    return ENCODERS[name].title if name in ENCODERS else name


_TITLES = pl.col("encoder").map_elements(_title, return_dtype=pl.Utf8)


def _changed(path: Path) -> float:
    return path.stat().st_mtime
