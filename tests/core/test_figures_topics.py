"""Views of topics: every post is counted once, and a click on a piece or a cell becomes the filter it stands for."""

import json
from datetime import UTC, datetime

import polars as pl
import pytest

from ctse_core.choices import CELLS, clicked
from ctse_core.figures import (
    groups_figure,
    similar_figure,
    topics_over_time_figure,
    topics_per_label_figure,
    topics_per_language_figure,
)
from ctse_core.filters import Filter
from ctse_core.types import Col, TopicCol
from tests.sample_analysis import sample_analysis


@pytest.fixture(scope="module")
def sample():
    made = sample_analysis(300)
    return made.table, in_groups(made.topics)


def in_groups(topics):
    ids = topics[TopicCol.ID].to_list()
    similar = [[{"topic_id": ids[(place + 1) % len(ids)], "cosine": 0.5}] for place in range(len(ids))]
    parents = [None if place == len(ids) - 1 else place % 2 for place in range(len(ids))]
    return topics.with_columns(
        pl.Series(TopicCol.PARENT, parents, dtype=pl.Int32),
        pl.Series(TopicCol.PARENT_NAME, [None if one is None else f"group {one}" for one in parents], dtype=pl.Utf8),
        pl.Series(TopicCol.SIMILAR, similar, dtype=pl.List(pl.Struct({"topic_id": pl.Int32, "cosine": pl.Float32}))),
    )


def counts(figure):
    return figure.table.select(pl.exclude(pl.Utf8))


def test_pieces_of_groups_add_up_to_all_posts(sample):
    table, topics = sample
    figure = groups_figure(table, topics, ())
    assert figure.table["posts"].sum() == table.height
    assert figure.table["share"].sum() == pytest.approx(1)
    assert figure.table["group"].to_list()[-1] == "Unsorted"
    assert topics[TopicCol.NAME].to_list()[-1] in figure.table["group"].to_list()  # it has no group: it stands alone
    assert sum(figure.plot.data[0].x) == table.height
    assert len(figure.bins) == figure.table.height


def test_a_piece_stands_for_its_topic_and_the_room_beside_for_the_group(sample):
    table, topics = sample
    figure = groups_figure(table, topics, ())
    pieces, beside = figure.plot.data
    assert {one for ids in map(json.loads, pieces.ids) for one in ids} == {*topics[TopicCol.ID].to_list(), -1}
    whole = [json.loads(ids) for ids in beside.ids]
    assert sorted(map(len, whole)) == [1, 1, 2, 3]
    assert clicked(Filter(), figure.field, [beside.ids[0]]).topics == tuple(whole[0])


def test_chosen_topics_stand_out_in_their_groups(sample):
    table, topics = sample
    opacity = groups_figure(table, topics, (0,)).plot.data[0].marker.opacity
    assert sorted(set(opacity)) == [0.32, 1.0] and list(opacity).count(1.0) == 1


def test_without_a_choice_nothing_can_be_clicked(sample):
    table, topics = sample
    assert groups_figure(table, topics).bins == () and len(groups_figure(table, topics).plot.data) == 1
    assert topics_per_language_figure(table, topics).bins == ()


def test_cells_of_topics_and_languages_add_up_to_all_posts(sample):
    table, topics = sample
    figure = topics_per_language_figure(table, topics, clickable=True)
    told = counts(figure)
    assert told["posts"].sum() == table.height
    assert told.select(pl.sum_horizontal(pl.exclude("posts"))).to_series().to_list() == told["posts"].to_list()


def test_a_cell_is_a_topic_in_a_language(sample):
    table, topics = sample
    figure = topics_per_language_figure(table, topics, clickable=True)
    for place in (0, 5, len(figure.plot.data[1].ids) - 1):
        wanted = clicked(Filter(), CELLS, [figure.plot.data[1].ids[place]])
        row, column = divmod(place, figure.table.width - 2)
        passing = table.filter(wanted.expression()).height
        assert passing == figure.table.row(row)[2 + column]
    of_row = clicked(Filter(), CELLS, [figure.bins[0]])
    assert table.filter(of_row.expression()).height == figure.table.row(0)[1]


def test_many_topics_and_languages_share_a_row_and_a_column():
    many = 40
    table = pl.DataFrame({Col.CLUSTER: [*range(many), -1], Col.LANG: [f"l{one}" for one in range(many)] + ["und"]})
    topics = pl.DataFrame({TopicCol.ID: range(many), TopicCol.NAME: ["same"] * many})
    figure = topics_per_language_figure(table, topics, clickable=True)
    assert figure.table.height == 22 and figure.table.width == 2 + 14
    assert figure.table[:, 0].n_unique() == 22  # equal names stay apart
    assert counts(figure)["posts"].sum() == many + 1


def test_posts_without_a_label_have_a_column_of_their_own(sample):
    table, topics = sample
    labels = [("need" if row % 3 else None) for row in range(table.height)]
    labelled = table.with_columns(pl.Series(Col.LABEL, labels, dtype=pl.Utf8))
    figure = topics_per_label_figure(labelled, topics, clickable=True)
    assert figure.table["No label"].sum() == labels.count(None)
    wanted = clicked(Filter(languages=("en",)), CELLS, [figure.plot.data[1].ids[0]])
    assert wanted.languages == ("en",) and len(wanted.topics) == 1
    without = topics_per_label_figure(table.with_columns(pl.lit(None, pl.Utf8).alias(Col.LABEL)), topics)
    assert "no labels" in without.summary


def test_each_post_lies_in_one_cell_of_time_and_undated_posts_in_their_own_row(sample):
    table, topics = sample
    long_ago = pl.when(pl.int_range(pl.len()) == pl.arg_where(pl.col(Col.TIME).is_not_null()).first())
    stray = long_ago.then(datetime(2001, 1, 1, tzinfo=UTC)).otherwise(Col.TIME).cast(pl.Datetime("us", "UTC"))
    for strays in (table, table.with_columns(stray.alias(Col.TIME))):
        figure = topics_over_time_figure(strays, topics, most=3, clickable=True)
        assert counts(figure).select(pl.sum_horizontal(pl.all())).sum().item() == table.height
        undated = figure.table.filter(pl.col("period") == "undated")
        assert undated.select(pl.sum_horizontal(pl.exclude("period"))).item() == table[Col.TIME].null_count() > 0


def test_a_cell_of_time_is_a_topic_in_a_period(sample):
    table, topics = sample
    figure = topics_over_time_figure(table, topics, most=3, clickable=True)
    heat, cells = figure.plot.data
    width = len(heat.x)
    for place in (0, width + 1, len(cells.ids) - 1):
        wanted = clicked(Filter(), CELLS, [cells.ids[place]])
        assert table.filter(wanted.expression()).height == heat.customdata[place // width][place % width]
    undated = figure.table["period"].to_list().index("undated")
    assert clicked(Filter(), CELLS, [figure.bins[undated]]).undated


def test_a_cell_chosen_again_is_taken_off_and_another_replaces_it():
    cell, other = json.dumps({"topics": [1], "languages": ["en"]}), json.dumps({"topics": [2], "languages": ["es"]})
    once = clicked(Filter(words="x"), CELLS, [cell])
    assert (once.topics, once.languages, once.words) == ((1,), ("en",), "x")
    assert clicked(once, CELLS, [cell]) == Filter(words="x")
    assert clicked(once, CELLS, [other]).topics == (2,)
    assert clicked(once, CELLS, [cell, other]).languages == ("en", "es")
    assert clicked(once, CELLS, ["nonsense", "[1]"]) == once or clicked(once, CELLS, ["nonsense"]).words == "x"
    timed = json.dumps({"topics": [1], "time": ["2026-03-14T00:00:00Z", "2026-03-15T00:00:00Z"]})
    wanted = clicked(Filter(), CELLS, [timed])
    assert wanted.since == datetime(2026, 3, 14, tzinfo=UTC) and wanted.topics == (1,)
    assert clicked(wanted, CELLS, [timed]) == Filter()


def test_each_pair_of_alike_topics_is_told_once(sample):
    table, topics = sample
    figure = similar_figure(table, topics, ())
    assert figure.table.height == len(figure.bins) == topics.height  # a ring: each with the next
    assert clicked(Filter(), figure.field, [figure.bins[0]]).topics == tuple(json.loads(figure.bins[0]))
    gone = similar_figure(table.filter(pl.col(Col.CLUSTER) == 0), topics, ())
    assert gone.table.is_empty() and gone.bins == ()


def test_projects_made_before_have_no_groups_and_say_so(sample):
    table, topics = sample
    before = topics.drop(TopicCol.PARENT, TopicCol.PARENT_NAME, TopicCol.SIMILAR)
    assert "not in groups" in groups_figure(table, before, ()).summary
    assert similar_figure(table, before, ()).table.is_empty()
    assert "no posts" in groups_figure(table.clear(), topics, ()).summary
