"""Posts as points of the map: places, topics, colours, and how many of a point's posts pass."""

from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest

from ctse_core.figures.map_crisis import need_coloured, urgency_coloured
from ctse_core.figures.map_points import (
    CELLS,
    FIRST_NAMED,
    LOOSE,
    MOST_GROUPS,
    NOBODY,
    OTHER,
    STEPS,
    cells_of,
    coloured,
    map_points,
    packed_counts,
    passing_posts,
    quantised,
    topic_centres,
    topic_indices,
)
from ctse_core.types import UNSORTED, Col, TopicCol
from tests.sample_crisis import sample_crisis

TOPICS = pl.DataFrame(
    {
        TopicCol.ID: [0, 1, 7],
        TopicCol.NAME: ["water", "roads", "schools"],
        TopicCol.PARENT: [0, 1, 0],
        TopicCol.PARENT_NAME: ["needs", "damage", "needs"],
    }
)


def posts(n=60, seed=3):
    rng = np.random.default_rng(seed)
    start = datetime(2026, 3, 1, tzinfo=UTC)
    return pl.DataFrame(
        {
            Col.X: rng.normal(size=n).astype(np.float32),
            Col.Y: rng.normal(size=n).astype(np.float32),
            Col.REPRESENTATIVE: np.arange(n),
            Col.CLUSTER: rng.choice([0, 1, 7, UNSORTED], n).astype(np.int32),
            Col.LANG: rng.choice(["en", "sw", "und"], n),
            Col.TIME: [None if row % 10 == 0 else start + timedelta(hours=row) for row in range(n)],
            Col.LABEL: [None if row % 3 else f"label {row % 20}" for row in range(n)],
            Col.TAGS: [["to verify"] if row % 5 == 0 else [] for row in range(n)],
        },
        schema_overrides={Col.TIME: pl.Datetime("us", "UTC")},
    )


def test_places_come_back_within_half_a_step():
    xy = np.random.default_rng(1).uniform(-7, 12, (500, 2))
    places, (x0, x1, y0, y1) = quantised(xy)
    back = places / STEPS * [x1 - x0, y1 - y0] + [x0, y0]
    assert np.abs(back - xy).max() <= 0.51 * max(x1 - x0, y1 - y0) / STEPS
    assert places.min() == 0 and places.max() == STEPS


def test_posts_that_all_stand_in_one_place_stand_in_the_middle():
    places, (x0, x1, _, _) = quantised(np.full((4, 2), 3.0))
    assert (np.abs(places.astype(int) - STEPS // 2) <= 1).all()
    assert x0 < 3 < x1


def test_points_come_in_the_order_of_their_cells_and_know_their_posts():
    table = posts(400)
    points = map_points(table)
    cells = cells_of(points.places)
    assert (np.diff(cells) >= 0).all() and cells.max() < CELLS * CELLS
    assert (points.positions[points.point_of] == np.arange(400)).all()


def test_copies_share_their_originals_point_and_posts_without_a_place_have_none():
    table = posts(6).with_columns(
        pl.Series(Col.REPRESENTATIVE, [0, 1, 0, 3, 0, 5]),
        pl.Series(Col.X, [0.0, 1.0, 0.0, None, 0.0, float("nan")], dtype=pl.Float32),
    )
    points = map_points(table)
    assert sorted(points.positions) == [0, 1]
    assert points.point_of[2] == points.point_of[4] == points.point_of[0] >= 0
    assert points.point_of[3] == points.point_of[5] == -1
    counts = passing_posts(points, np.array([False, True, True, True, True, True]))
    assert counts[points.point_of[0]] == 2, "two copies pass, the original does not"
    assert counts.sum() == 3, "posts without a place are not counted on another point"


def test_what_passes_travels_as_bits_and_pairs():
    counts = np.array([0, 1, 1, 5, 0, 2, 1] * 11)
    packed, size = packed_counts(counts)
    assert size % 4 == 0
    bits = np.unpackbits(np.frombuffer(packed[:size], np.uint8), bitorder="little")[: len(counts)]
    assert (bits.astype(bool) == (counts > 0)).all()
    pairs = dict(np.frombuffer(packed[size:], "<u4").reshape(-1, 2).tolist())
    assert pairs == {place: count for place, count in enumerate(counts.tolist()) if count > 1}


def test_topics_are_named_where_the_middle_of_their_posts_is():
    table = posts(300)
    points = map_points(table)
    indices = topic_indices(table, TOPICS, points)
    clusters = table[Col.CLUSTER].to_numpy()[points.positions]
    assert (indices[clusters == 7] == 2).all() and (indices[clusters == UNSORTED] == NOBODY).all()
    centres = topic_centres(indices, points, TOPICS.height)
    members = points.places[indices == 1] / STEPS
    assert np.allclose(centres[1], np.median(members, axis=0))


def test_a_topic_without_posts_has_no_middle():
    points = map_points(posts(20))
    centres = topic_centres(np.zeros(20, np.uint16), points, 3)
    assert np.isfinite(centres[0]).all() and np.isnan(centres[1:]).all()


@pytest.mark.parametrize("colouring", ["topic", "parent", "lang", "time", "label", "tags"])
def test_groups_of_every_colouring_add_up_to_all_posts(colouring):
    table = posts(200)
    groups, looks = coloured(colouring, table, TOPICS)
    assert sum(group.posts for group in groups) == table.height
    assert all(group.posts == (looks == group.index).sum() for group in groups)
    assert len({group.index for group in groups}) == len(groups)
    assert all(group.name and "-1" not in group.name for group in groups)


def test_what_has_no_group_is_grey_and_named():
    table = posts(200)
    groups, looks = coloured("topic", table, TOPICS)
    assert (looks[table[Col.CLUSTER].to_numpy() == UNSORTED] == LOOSE).all()
    assert next(group.name for group in groups if group.index == LOOSE) == "Unsorted"
    groups, looks = coloured("time", table, TOPICS)
    assert (looks[table[Col.TIME].is_null().to_numpy()] == LOOSE).all()
    assert next(group.name for group in groups if group.index == LOOSE) == "Undated"


def test_at_most_twelve_groups_have_a_colour_and_a_chosen_topic_is_one_of_them():
    table = pl.DataFrame({Col.CLUSTER: np.repeat(np.arange(30), np.arange(40, 10, -1)).astype(np.int32)})
    topics = pl.DataFrame({TopicCol.ID: range(30), TopicCol.NAME: [f"topic {row}" for row in range(30)]})
    groups, _ = coloured("topic", table, topics)
    assert [group.name for group in groups[:MOST_GROUPS]] == [f"topic {row}" for row in range(MOST_GROUPS)]
    assert groups[-1].index == OTHER
    chosen, looks = coloured("topic", table, topics, first=[29])
    named = {group.name: group.index for group in chosen if group.index >= FIRST_NAMED}
    assert len(named) == MOST_GROUPS and (looks[table[Col.CLUSTER].to_numpy() == 29] == named["topic 29"]).all()
    kept = [group.name for group in chosen[: MOST_GROUPS - 1]]
    assert kept == [group.name for group in groups[: MOST_GROUPS - 1]], "the others keep their colours"


def test_topics_of_one_group_share_a_colour():
    table = posts(200)
    groups, looks = coloured("parent", table, TOPICS)
    clusters = table[Col.CLUSTER].to_numpy()
    assert len(set(looks[np.isin(clusters, [0, 7])])) == 1 != len(set(looks[clusters >= 0]))
    assert {group.name for group in groups} == {"needs", "damage", "Unsorted"}


def test_times_are_cut_into_equally_many_posts_from_early_to_late():
    groups, looks = coloured("time", posts(500), TOPICS)
    dated = [group for group in groups if group.index >= FIRST_NAMED]
    assert len(dated) > 4 and max(g.posts for g in dated) - min(g.posts for g in dated) <= 2
    moments = posts(500)[Col.TIME].to_numpy()
    assert moments[looks == FIRST_NAMED].max() < moments[looks == FIRST_NAMED + 1].min()


def test_an_empty_table_has_an_empty_map():
    points = map_points(posts(5).head(0))
    assert len(points.positions) == 0 and points.places.shape == (0, 2)


def test_urgency_and_needs_colour_every_post_once_and_say_what_is_not_told():
    analysis = sample_crisis(200)
    groups, looks = urgency_coloured(analysis.table)
    assert [group.name for group in groups] == ["Critical", "High", "Medium", "Low", "Not judged"]
    counted = {group.index: group.posts for group in groups}
    assert counted == dict(zip(*np.unique(looks, return_counts=True), strict=True))
    groups, looks = need_coloured(analysis.table, analysis.topics, analysis.crisis.need_names)
    assert {"Water", "Shelter", "No need told"} <= {group.name for group in groups}
    assert sum(group.posts for group in groups) == analysis.table.height == len(looks)
    none = next(group for group in groups if group.name == "No need told")
    assert (looks == none.index).sum() == sum(len(needs) == 0 for needs in analysis.table["needs"])
