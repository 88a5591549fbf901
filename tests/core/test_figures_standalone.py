"""Figures on their own: pages that fetch nothing, pictures with the dots where the figure has them."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

import polars as pl
import pytest

from ctse_core.figures import dots_figure, standalone_html, still_svg

HOSTILE = "</script><script>alert(1)</script><b>"


def assert_whole(picture):
    ET.fromstring(picture)  # noqa: S314 our own picture


def dots(*rows):
    schema = {"row": pl.Utf8, "series": pl.Utf8, "value": pl.Float64, "low": pl.Float64, "high": pl.Float64,
              "count": pl.Int64}  # fmt: skip
    return pl.DataFrame(rows, schema=schema, orient="row")


@pytest.fixture
def figure():
    table = dots(("up", "a", 0.2, 0.1, 0.3, 5), ("up", "b", 0.6, 0.5, 0.7, 5), ("low", "a", 0.4, 0.4, 0.4, 5))
    return dots_figure(table, "A title", "score", "A sentence.", mark=0.5)


def test_a_page_fetches_nothing_and_holds_figure_sentence_and_table(figure):
    page = standalone_html("Heading", ["A paragraph."], [figure], ["A foot."])
    assert "<h1>Heading</h1><p>A paragraph.</p>" in page and "A sentence." in page and "A foot." in page
    assert "default-src 'none'" in page
    assert not re.search(r"<(?:script|link|img|iframe)[^>]+(?:src|href)=", page)
    assert page.count("<td>0.6000</td>") == 1


def test_hostile_words_stay_words():
    figure = dots_figure(dots((HOSTILE, HOSTILE, 0.1, 0.0, 0.2, 1), (HOSTILE, "b", 0.1, 0.0, 0.2, 1)),
                         HOSTILE, HOSTILE, HOSTILE)  # fmt: skip
    page = standalone_html(HOSTILE, [HOSTILE], [figure])
    assert "<script>alert" not in page
    picture = still_svg(figure)
    assert "<script" not in picture
    assert_whole(picture)


def places(picture):
    return [tuple(map(float, found)) for found in re.findall(r"translate\(([\d.]+) ([\d.]+)\)", picture)]


def test_a_picture_has_every_dot_where_its_number_is(figure):
    picture = still_svg(figure)
    assert_whole(picture)
    a_up, a_low, b_up = places(picture)[:3]
    assert len(places(picture)) == 3 + 2, "three dots and two in the legend"
    assert a_low[0] - a_up[0] == pytest.approx(b_up[0] - a_low[0], abs=0.3), "0.2, 0.4 and 0.6 stand evenly"
    assert a_low[1] > a_up[1] and b_up[1] > a_up[1], "rows go down, series keep apart"
    assert {"up", "low", "score", "0.2", "0.6"} <= set(re.findall(r">([^<>]+)</text>", picture))
    assert 'stroke-dasharray="2 3"' in picture


@pytest.mark.parametrize("value", [0.0, 1.0, -3.5, 1e-7, 12345.0])
def test_a_single_dot_of_any_size_is_drawn_inside_the_picture(value):
    picture = still_svg(dots_figure(dots(("row", "s", value, value, value, 1)), "t", "x", "s."))
    ((x, y),) = places(picture)
    assert 0 < x < 860 and y > 0


def test_nothing_to_draw_is_said_in_the_picture():
    picture = still_svg(dots_figure(dots(), "Title", "x", "s."))
    assert "There is nothing to draw" in picture
    assert_whole(picture)
