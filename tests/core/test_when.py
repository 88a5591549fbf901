"""Bursts of a table of posts: copies once, undated posts in none, topics, needs and places by their share."""

from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest

from ctse_core.crisis_layer import Layer
from ctse_core.figures import Span, TimeChoice, bursts_figure, volume_figure
from ctse_core.types import Col
from ctse_core.when import BURSTS_SCHEMA, bursts_in, told_by
from tests.sample_crisis import SCHEME, sample_crisis

BEGIN = datetime(2031, 3, 3, tzinfo=UTC)
TOPICS = pl.DataFrame({"topic_id": [0, 1], "name": ["roads", "water"]}, schema_overrides={"topic_id": pl.Int32})


def table(days, topics, **more):
    count = len(days)
    times = [None if day is None else BEGIN + timedelta(days=float(day)) for day in days]
    columns = {
        Col.TIME: pl.Series(times, dtype=pl.Datetime("us", "UTC")),
        Col.AUTHOR: [f"a{row}" for row in range(count)],
        Col.CLUSTER: pl.Series(topics, dtype=pl.Int32),
        Col.REPRESENTATIVE: list(range(count)),
        Col.DUPLICATE_OF: pl.Series([None] * count, dtype=pl.Utf8),
    }
    return pl.DataFrame(columns | more)


@pytest.fixture
def posts():
    rng = np.random.default_rng(1)
    days = np.concatenate([rng.random(400) * 10, 6 + rng.random(60) * 0.3])
    return table(days, [0] * 380 + [1] * 80)


def test_a_topic_that_rises_is_told_with_its_start_authors_and_name(posts):
    found = bursts_in(posts, TOPICS)
    assert dict(found.schema) == BURSTS_SCHEMA
    row = found.filter(pl.col("kind") == "topic").row(0, named=True)
    assert (row["key"], row["name"]) == ("1", "water") and 55 <= row["authors"] == row["posts"] <= 65
    assert abs(row["start"] - BEGIN - timedelta(days=6)) < timedelta(hours=2)
    assert found["strength"].is_sorted(descending=True)


def test_copies_count_once_and_undated_posts_are_in_no_burst(posts):
    copies = posts.tail(60).with_columns(pl.lit(399).alias(Col.REPRESENTATIVE).cast(pl.Int64))
    assert bursts_in(pl.concat([posts.head(400), copies]), TOPICS).is_empty()
    undated = posts.with_columns(pl.lit(None, posts.schema[Col.TIME]).alias(Col.TIME))
    assert bursts_in(undated, TOPICS).is_empty() and bursts_in(posts.head(0), TOPICS).is_empty()


def test_needs_and_places_burst_by_name(posts):
    needs = [["water"] if topic == 1 else [] for topic in posts[Col.CLUSTER]]
    placed = posts.with_columns(pl.Series(Col.NEEDS, needs, dtype=pl.List(pl.Utf8)))
    placed = placed.with_columns(pl.col(Col.NEEDS).list.eval(pl.lit("g7")).alias(Col.LOCATED))
    found = bursts_in(placed, TOPICS, Layer(scheme=SCHEME))
    told = dict(found.select("kind", "name").rows())
    assert told["need"] == "Water" and told["place"] == "g7"


def test_one_author_behind_a_burst_is_told(posts):
    found = bursts_in(posts.with_columns(pl.lit("one").alias(Col.AUTHOR)), TOPICS)
    assert set(found["authors"]) == {1}
    figure = bursts_figure(found, posts)
    assert "the work of one author" in figure.summary
    anonymous = bursts_in(posts.with_columns(pl.lit(None, pl.Utf8).alias(Col.AUTHOR)), TOPICS)
    assert anonymous["authors"].null_count() == anonymous.height


def test_the_figure_has_a_row_for_every_burst_and_a_click_chooses_what_and_when(posts):
    found = bursts_in(posts, TOPICS)
    figure = bursts_figure(found, posts, "Asia/Kathmandu", TimeChoice())
    assert figure.table.height == found.height == len(figure.bins) and figure.field == "cells"
    assert '"topics":[1]' in "".join(figure.bins) and "UTC+5:45" in figure.summary
    drawn = [bar for bar in figure.plot.data if bar.type == "bar"]
    assert len(drawn) == found.height and {bar.ids[0] for bar in drawn} == set(figure.bins)
    assert figure.table["since"][0] > f"{found['start'][0]:%Y-%m-%d %H:%M}"  # clocks there are ahead


def test_nothing_to_draw_is_said_in_a_sentence(posts):
    none = pl.DataFrame(schema=BURSTS_SCHEMA)
    assert "Nothing flared up" in bursts_figure(none, posts).summary
    undated = posts.with_columns(pl.lit(None, posts.schema[Col.TIME]).alias(Col.TIME))
    assert "None of the 460 posts has a time" in bursts_figure(none, undated).summary
    assert "There are no posts" in bursts_figure(none, posts.head(0)).summary


def test_spans_are_marked_where_they_lie_on_the_axis(posts):
    inside = Span(BEGIN + timedelta(days=6), BEGIN + timedelta(days=7))
    beside = Span(BEGIN - timedelta(days=60), BEGIN - timedelta(days=50))
    assert len(volume_figure(posts, spans=[inside, beside]).plot.layout.shapes) == 2  # its ground and its line


def test_the_sample_of_the_crisis_is_read_whole():
    sample = sample_crisis(300)
    found = bursts_in(sample.table, sample.topics, sample.crisis)
    assert dict(found.schema) == BURSTS_SCHEMA


def test_marks_leave_bursts_as_they_are_and_another_topic_or_name_does_not(posts):
    told = told_by(posts, TOPICS)
    assert told == told_by(posts.with_columns(pl.lit("seen").alias(Col.STATE)), TOPICS)
    swapped = posts.with_columns(pl.col(Col.CLUSTER).reverse())
    assert told != told_by(swapped, TOPICS)
    assert told != told_by(posts, TOPICS.with_columns(pl.lit("roads").alias("name")))
    assert isinstance(told_by(posts.head(0), TOPICS), int)
