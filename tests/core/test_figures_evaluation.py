"""Figures of scores: every number drawn is in the table, names are never trusted, gaps do not break them."""

from __future__ import annotations

import json

import polars as pl
import pytest

from ctse_core.figures import (
    AMOUNTS,
    EFFECTS,
    amounts_figure,
    dots_figure,
    effects_figure,
    scores_figure,
)

SCHEMA = {"encoder": pl.Utf8, "set": pl.Utf8, "measure": pl.Utf8, "variant": pl.Utf8, "lang": pl.Utf8,
          "value": pl.Float64, "low": pl.Float64, "high": pl.Float64, "count": pl.Int64}  # fmt: skip


def scores(*rows):
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


@pytest.fixture
def two():
    return scores(
        ("a", "news", "matching", "plain", "", 0.90, 0.88, 0.92, 2),
        ("a", "news", "matching", "plain", "es", 0.98, 0.95, 0.99, 500),
        ("a", "news", "matching", "plain", "my", 0.82, 0.78, 0.85, 500),
        ("a", "news", "matching", "margin", "es", 0.99, 0.97, 1.0, 500),
        ("a", "health", "matching", "plain", "es", 0.7, 0.6, 0.8, 100),
        ("b", "news", "matching", "plain", "", 0.80, 0.77, 0.83, 2),
        ("b", "news", "matching", "plain", "my", 0.92, 0.90, 0.94, 500),
        ("b", "news", "matching", "plain", "es", 0.68, 0.64, 0.72, 500),
        ("b", "news", "sts", "", "es", 0.5, 0.4, 0.6, 100),
    )


def test_scores_come_mean_first_then_languages_from_best_to_worst(two):
    figure = scores_figure(two, "matching")
    assert figure.table["language"].unique(maintain_order=True).to_list() == ["All languages", "Burmese", "Spanish"]
    assert figure.table.height == 6, "one set and one variant are drawn, not all of them"
    ticks = list(figure.plot.layout.yaxis.ticktext)
    assert [name.strip("\u2068\u2069") for name in ticks] == ["All languages", "Burmese", "Spanish"]
    assert "a 0.900 (0.880 to 0.920), from Spanish 0.980 to Burmese 0.820" in figure.summary
    assert figure.summary.endswith(".") and figure.title == "Translations found"


def test_dots_and_intervals_stand_where_the_table_says(two):
    figure = scores_figure(two, "matching")
    first = figure.plot.data[0]
    assert (first.name, list(first.x)) == ("a", [0.90, 0.82, 0.98])
    assert list(first.error_x.array) == pytest.approx([0.02, 0.03, 0.01])
    assert list(first.error_x.arrayminus) == pytest.approx([0.02, 0.04, 0.03])
    assert [round(y) for y in first.y] == [0, 1, 2]
    assert len({trace.marker.color for trace in figure.plot.data}) == 2


def test_a_set_and_a_variant_can_be_chosen(two):
    assert scores_figure(two, "matching", "health").table["value"].to_list() == [0.7]
    assert scores_figure(two, "matching", "news", "margin").table["value"].to_list() == [0.99]
    nothing = scores_figure(two, "matching", "poems")
    assert nothing.table.is_empty() and "poems" in nothing.summary


def test_no_scores_and_odd_numbers_give_figures_that_say_so():
    empty = scores_figure(scores(), "drift")
    assert empty.summary.startswith("No encoder has been judged") and empty.title == "Meaning before words"
    odd = scores(
        ("a", "s", "own_measure", "", "es", float("nan"), None, None, 3),
        ("a", "s", "own_measure", "", "fr", 0.5, None, float("nan"), 3),
        ("a", "s", "own_measure", "", "xx", 0.4, 0.45, 0.39, 3),  # a point outside of its interval
    )
    figure = scores_figure(odd, "own_measure")
    assert figure.table["lang"].to_list() == ["fr", "xx"]
    assert all(part >= 0 for part in [*figure.plot.data[0].error_x.array, *figure.plot.data[0].error_x.arrayminus])
    json.loads(figure.plot.to_json())


def test_names_of_encoders_are_shown_and_never_trusted():
    hostile = "<b>x</b><script>alert(1)</script>"
    rows = scores((hostile, "s", "matching", "plain", "es", 0.5, 0.4, 0.6, 10),
                  ("other", "s", "matching", "plain", "es", 0.5, 0.4, 0.6, 10))  # fmt: skip
    figure = scores_figure(rows, "matching")
    assert "<script" not in figure.plot.to_json() and "<b>" not in figure.plot.to_json()
    assert hostile in figure.table["encoder"].to_list()


def test_many_encoders_keep_apart_in_colour_or_symbol_and_the_legend_has_room():
    rows = [(f"an encoder with a long name, number {i}", "s", "matching", "plain", "es", 0.5, 0.4, 0.6, 9)
            for i in range(12)]  # fmt: skip
    figure = scores_figure(scores(*rows), "matching")
    looks = {(trace.marker.color, trace.marker.symbol) for trace in figure.plot.data}
    assert len(looks) == 12
    assert figure.plot.layout.margin.t > 100 and figure.plot.layout.height > figure.plot.layout.margin.t + 60
    assert max(abs(y) for trace in figure.plot.data for y in trace.y) < 0.5


def test_own_dots_are_drawn_in_their_order():
    dots = pl.DataFrame(
        {"row": ["z", "a"], "series": ["s", "s"], "value": [0.1, 0.9], "low": [0.0, 0.8], "high": [0.2, 1.0],
         "count": [5, 5]}
    )  # fmt: skip
    figure = dots_figure(dots, "Title", "axis", "Sentence.", mark=0.5)
    assert list(figure.plot.data[0].x) == [0.1, 0.9] and figure.summary == "Sentence."
    assert len(figure.plot.layout.shapes) == 1
    assert dots_figure(dots.head(0), "Title", "axis", "Sentence.").table.is_empty()


def effects(*rows):
    return pl.DataFrame(rows, schema=EFFECTS, orient="row")


def test_sources_stand_from_the_most_helpful_to_the_least_with_the_line_of_no_effect():
    table = effects(
        ("news", "dev", "", -0.01, -0.02, 0.0, 500, "no difference seen"),
        ("talks", "dev", "", 0.03, 0.02, 0.04, 900, "better"),
        ("talks", "other", "", 0.01, 0.0, 0.02, 900, "no difference seen"),
        ("talks", "dev", "my", 0.2, 0.1, 0.3, 40, "better"),
    )
    figure = effects_figure(table)
    assert figure.table["source"].to_list() == ["talks", "talks", "news"]
    assert figure.table.columns == list(EFFECTS)
    assert [list(trace.x) for trace in figure.plot.data] == [[0.03, -0.01], [0.01]]
    assert figure.plot.layout.shapes[0].x0 == 0
    assert "talks +0.030 (+0.020 to +0.040); news -0.010" in figure.summary
    assert effects_figure(table, "my").table["effect"].to_list() == [0.2]
    assert "Burmese" in effects_figure(table, "my").summary
    assert effects_figure(table, "fr").table.is_empty()


def test_a_language_is_a_line_over_the_amounts_of_its_pairs():
    rows = [(name, lang, amount, value + step / 10, 0.0, 0.9, 300)
            for name, lang, value in (("dev", "my", 0.1), ("dev", "ka", 0.2), ("other", "my", 0.3))
            for step, amount in enumerate((0, 500, 8000))]  # fmt: skip
    curve = pl.DataFrame(rows[::-1], schema=AMOUNTS, orient="row")
    figure = amounts_figure(curve, "dev")
    assert [trace.name for trace in figure.plot.data] == ["Georgian", "Burmese"]
    assert list(figure.plot.data[1].y) == pytest.approx([0.1, 0.2, 0.3])
    assert [round(x) for x in figure.plot.data[1].x] == [0, 1, 2]
    assert list(figure.plot.layout.xaxis.ticktext) == ["0", "500", "8,000"]
    assert list(figure.plot.data[1].error_y.array) == pytest.approx([0.8, 0.7, 0.6])
    assert "Burmese 0.100 with 0, 0.200 with 500" in figure.summary
    assert figure.table["set"].unique().to_list() == ["dev"]
    assert amounts_figure(curve).table["set"].unique().to_list() == ["other"], "the first set of the table"
    assert amounts_figure(curve.clear()).table.is_empty()


def test_names_of_sources_and_codes_of_languages_are_never_trusted():
    hostile = "<b>x</b><script>alert(1)</script>"
    first = effects_figure(effects((hostile, hostile, "", 0.1, 0.0, 0.2, 5, "better"),
                                   (hostile, "dev", "", 0.1, 0.0, 0.2, 5, "better")))  # fmt: skip
    rows = [(hostile, lang, 500, 0.5, 0.4, 0.6, 5) for lang in (hostile, "ka")]
    second = amounts_figure(pl.DataFrame(rows, schema=AMOUNTS, orient="row"))
    for figure in (first, second):
        assert "<script" not in figure.plot.to_json() and "<b>" not in figure.plot.to_json()
