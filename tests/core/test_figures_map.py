"""The map's figure: each original once, samples in share, few names that cover neither each other nor much else."""

import numpy as np
import polars as pl
import pytest

from ctse_core import figures
from ctse_core.figures.placement import LETTER, LINE, PADDING, place_labels
from ctse_core.figures.semantic_map import sample_rows
from ctse_core.types import Col, TopicCol
from tests.sample_analysis import sample_analysis


@pytest.fixture(scope="module")
def sample():
    return sample_analysis(600)


def test_the_map_draws_each_original_once_and_points_carry_their_position(sample):
    figure = figures.semantic_map(sample.table, sample.topics)
    positions = np.concatenate([trace.customdata for trace in figure.plot.data])
    originals = np.flatnonzero(sample.table[Col.DUPLICATE_OF].is_null().to_numpy())
    assert sorted(positions) == originals.tolist()
    assert figure.table["posts"].sum() == sample.table.height
    trace = figure.plot.data[2]
    row = sample.table.row(int(trace.customdata[0]), named=True)
    assert (trace.x[0], trace.y[0]) == pytest.approx((row[Col.X], row[Col.Y]))


def test_the_map_opens_for_drawing_a_box_unless_told_otherwise(sample):
    assert figures.semantic_map(sample.table, sample.topics).plot.layout.dragmode == "select"
    assert figures.semantic_map(sample.table, sample.topics, drag="pan").plot.layout.dragmode == "pan"


def test_the_map_tells_unsorted_originals_and_their_posts_apart(sample):
    loose = sample.table.filter(pl.col(Col.CLUSTER) == -1)
    originals = loose[Col.DUPLICATE_OF].null_count()
    assert originals < loose.height
    said = f"grey: {originals} unsorted originals ({loose.height} posts with copies)."
    assert figures.semantic_map(sample.table, sample.topics).summary.endswith(said)
    alone = sample.table.filter(pl.col(Col.DUPLICATE_OF).is_null())
    assert figures.semantic_map(alone, sample.topics).summary.endswith(f"grey: {originals} unsorted originals.")


def test_names_on_the_map_are_few_short_and_let_points_shine_through():
    rows = np.arange(800)
    table = sample_analysis(800).table.with_columns(
        pl.Series(Col.CLUSTER, rows % 40, dtype=pl.Int32),
        pl.Series(Col.X, rows % 40 % 5 * 10.0),
        pl.Series(Col.Y, rows % 40 // 5 * 10.0),
    )
    names = ["a name that is far too long for any map at all"] * 40
    topics = pl.DataFrame({TopicCol.ID: range(40), TopicCol.NAME: names, TopicCol.SIZE: [20] * 40})
    topics = topics.with_columns(pl.col(TopicCol.ID).cast(pl.Int32))
    written = figures.semantic_map(table, topics).plot.layout.annotations
    assert 5 < len(written) <= 12
    for note in written:
        assert len(note.text.strip("\u2068\u2069")) <= 28
        assert float(note.bgcolor.rstrip(")").split(",")[3]) <= 0.55


def test_the_map_of_a_filtered_table_keeps_positions_and_shows_copies_whose_original_is_away(sample):
    filtered = sample.table.with_row_index("position").filter(pl.col(Col.DUPLICATE_OF).is_not_null())
    figure = figures.semantic_map(filtered, sample.topics)
    positions = {int(p) for trace in figure.plot.data for p in trace.customdata}
    assert positions <= set(filtered["position"].to_list())
    assert len(positions) == filtered[Col.REPRESENTATIVE].n_unique()


def test_a_large_map_is_sampled_in_share_with_a_few_of_every_topic_and_says_so(sample):
    figure = figures.semantic_map(sample.table, sample.topics, limit=150)
    originals = sample.table[Col.DUPLICATE_OF].null_count()
    drawn = figure.table["drawn"].sum()
    assert 100 <= drawn <= 190
    assert f"{drawn:,} of {originals:,}" in figure.summary
    clusters = np.repeat(np.arange(-1, 5), [5000, 3000, 1500, 480, 15, 5])
    rows = sample_rows(clusters, 1000)
    assert np.bincount(clusters[rows] + 1).tolist() == [500, 300, 150, 48, 12, 5]
    assert (rows == sample_rows(clusters, 1000)).all() and (np.diff(rows) > 0).all()


def test_posts_without_a_place_are_left_off_the_map(sample):
    table = sample.table.with_columns(
        pl.when(pl.int_range(pl.len()) == 0).then(None).otherwise(pl.col(Col.X)).alias(Col.X)
    )
    assert figures.semantic_map(table, sample.topics).table["posts"].sum() < sample.table.height
    nowhere = figures.semantic_map(sample.table.drop(Col.X), sample.topics)
    assert "no posts with a place" in nowhere.summary


def test_more_topics_than_looks_go_together_as_smaller_ones():
    count = 40
    table = sample_analysis(400).table.with_columns(pl.Series(Col.CLUSTER, np.arange(400) % count, dtype=pl.Int32))
    topics = pl.DataFrame(
        {
            TopicCol.ID: np.arange(count, dtype=np.int32),
            TopicCol.NAME: ["same name"] * count,
            TopicCol.SIZE: [10] * count,
            TopicCol.UNIQUE: [9] * count,
            TopicCol.SHARE: [1 / count] * count,
        }
    )
    figure = figures.semantic_map(table, topics)
    looks = [(trace.marker.color, trace.marker.symbol) for trace in figure.plot.data[1:]]
    assert len(set(looks)) == len(looks) == 21 and "Smaller topics" in figure.table["group"].to_list()
    over_time = figures.topics_over_time_figure(table, topics).table
    assert len(set(over_time.columns)) == 14 and over_time.drop("period").sum_horizontal().sum() == 400


def test_names_on_the_map_do_not_cover_each_other():
    rng = np.random.default_rng(0)
    points, anchors = rng.random((500, 2)), rng.random((30, 2)) * 0.3
    places = place_labels(anchors, [20] * 30, points)
    boxes = [(x, y) for x, y in (place for place in places if place)]
    assert places[0] is not None and 5 < len(boxes) < 30
    low, span = points.min(axis=0), points.max(axis=0) - points.min(axis=0)
    for i, (x, y) in enumerate(boxes):
        for other_x, other_y in boxes[:i]:
            apart_x = abs(x - other_x) / span[0] >= 20 * LETTER + PADDING - 1e-9
            assert apart_x or abs(y - other_y) / span[1] >= LINE - 1e-9
        assert low[0] <= x <= low[0] + span[0]
