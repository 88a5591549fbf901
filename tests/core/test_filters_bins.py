"""Bins add up: each bar of a figure stands for exactly the posts that a click on it lets through."""

import json
from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from ctse_core.choices import TIME, UNDATED, clicked, without
from ctse_core.figures import TimeChoice, languages_figure, places_figure, tags_figure, topics_figure, volume_figure
from ctse_core.filters import Filter
from ctse_core.types import Col
from tests.sample_analysis import sample_analysis


@pytest.fixture(scope="module")
def sample():
    return sample_analysis(900)


@pytest.fixture(scope="module")
def table(sample):
    """Posts of which some are undated, unplaced, unsorted, untagged, far too early and far too late."""
    number = pl.int_range(sample.table.height, eager=True)
    stray = datetime(2001, 5, 1, tzinfo=UTC), datetime(2044, 5, 1, tzinfo=UTC)
    tagged = sample.table.with_columns(
        pl.when(number == 5)
        .then(stray[0])
        .when(number == 9)
        .then(stray[1])
        .otherwise(pl.col(Col.TIME))
        .alias(Col.TIME),
        pl.when(number % 3 == 0)
        .then(pl.lit(["to verify"]))
        .when(number % 7 == 0)
        .then(pl.lit(["A", "to verify"]))
        .otherwise(pl.lit([], dtype=pl.List(pl.Utf8)))
        .alias(Col.TAGS),
        pl.when(number % 5 == 0)
        .then(pl.col(Col.PLACE))
        .otherwise(pl.format("Village {}", number % 31))
        .alias(Col.PLACE),
    )
    return tagged.with_columns(pl.when(number % 11 == 0).then(None).otherwise(pl.col(Col.PLACE)).alias(Col.PLACE))


def figures_of(table, topics, now=Filter()):  # noqa: B008 - frozen
    """Return each figure as the overview draws it under the filter ``now``, by its field."""

    def beside(field):
        return table.filter(pl.Series(without(now, field).mask(table)))

    time = TimeChoice(now.since, now.until, now.undated)
    drawn = [
        volume_figure(beside(TIME), time),
        languages_figure(beside("languages"), now.languages),
        topics_figure(topics, table=beside("topics"), chosen=now.topics),
        places_figure(beside("places"), now.places),
        tags_figure(beside("tags"), now.tags),
    ]
    return {figure.field: figure for figure in drawn}


def bars_of(figure):
    """Return the posts of each bar by its id, originals and copies together; the room to click beside is no post."""
    posts: dict[str, int] = {}
    for trace in figure.plot.data:
        if trace.marker.color == "rgba(0,0,0,0)":
            continue
        lengths = trace.x if trace.orientation == "h" else trace.y
        for each, length in zip(trace.ids, lengths, strict=True):
            posts[each] = posts.get(each, 0) + length
    return posts


NARROWED = Filter(languages=("en", "es", "ar"), since=datetime(2001, 1, 1, tzinfo=UTC), places=("", "Village 1"))


@pytest.mark.parametrize("now", [Filter(), NARROWED, Filter(undated=True), Filter(tags=("",), topics=(-1, 0, 2))])
@pytest.mark.parametrize("field", [TIME, "languages", "topics", "places", "tags"])
def test_every_bar_and_every_row_stands_for_the_posts_that_a_click_lets_through(sample, table, field, now):
    figure = figures_of(table, sample.topics, now)[field]
    rest = without(now, field)
    bars = bars_of(figure)
    assert bars
    for each, posts in bars.items():
        if json.loads(each) != []:  # the many rarest places, which are chosen in the table
            assert clicked(rest, field, [each]).mask(table).sum() == posts, each
    for each, posts in zip(figure.bins, figure.table["posts"], strict=True):
        assert clicked(rest, field, [each]).mask(table).sum() == posts, each


@pytest.mark.parametrize("field", [TIME, "languages", "topics", "places"])
def test_bars_and_rows_add_up_to_all_posts(sample, table, field):
    figure = figures_of(table, sample.topics)[field]
    assert sum(bars_of(figure).values()) == figure.table["posts"].sum() == table.height


def test_undated_unplaced_unsorted_and_untagged_posts_have_bars_of_their_own(sample, table):
    drawn = figures_of(table, sample.topics)
    assert bars_of(drawn[TIME])['"undated"'] == table[Col.TIME].null_count() > 0
    assert bars_of(drawn["topics"])["[-1]"] == (table[Col.CLUSTER] == -1).sum() > 0
    assert bars_of(drawn["places"])['[""]'] == table[Col.PLACE].null_count() > 0
    assert bars_of(drawn["tags"])['[""]'] == (table[Col.TAGS].list.len() == 0).sum() > 0
    earlier, later = figures_of(table, sample.topics)[TIME].table["period"].to_list()[-3:-1]
    assert (earlier, later) == ("earlier", "later")


def test_tags_count_a_post_once_for_each_and_no_untagged_post_is_lost(sample, table):
    figure = figures_of(table, sample.topics)["tags"]
    counted = dict(figure.table.select("tag", "posts").rows())
    assert set(counted) == {"to verify", "A", ""}
    both = table[Col.TAGS].list.len().filter(table[Col.TAGS].list.len() == 2).len()
    assert sum(counted.values()) == table.height + both


def test_chosen_bars_stand_out_and_without_a_choice_all_do(sample, table):
    trace = figures_of(table, sample.topics, Filter(languages=("en",)))["languages"].plot.data[0]
    shown = dict(zip(trace.ids, trace.marker.opacity, strict=True))
    assert shown['["en"]'] == 1
    assert all(opacity < 0.5 for each, opacity in shown.items() if each != '["en"]')
    bare = figures_of(table, sample.topics)["languages"].plot.data[0]
    assert set(bare.marker.opacity) == {1}


def test_in_a_report_bars_choose_nothing(sample, table):
    for figure in (volume_figure(table), languages_figure(table), topics_figure(sample.topics, table=table)):
        assert figure.bins == ()
        assert all(trace.ids is None for trace in figure.plot.data)


def test_values_are_added_and_taken_off_again():
    now = clicked(Filter(words="x"), "languages", ['["es"]'])
    assert now == Filter(words="x", languages=("es",))
    both = clicked(now, "languages", ['["ht"]'])
    assert both.languages == ("es", "ht")
    assert clicked(both, "languages", ['["es"]']).languages == ("ht",)
    assert clicked(now, "languages", ['["es"]']) == Filter(words="x")
    several = clicked(now, "languages", ['["es","fr","sw"]'])
    assert several.languages == ("es", "fr", "sw")
    assert clicked(several, "languages", ['["es","fr","sw"]']).languages == ()


def test_a_time_replaces_the_one_before_and_a_second_click_takes_it_off():
    day = datetime(2026, 3, 14, tzinfo=UTC)
    first, second = '["2026-03-14T00:00:00Z","2026-03-15T00:00:00Z"]', '["2026-03-16T00:00:00Z",null]'
    now = clicked(Filter(topics=(1,)), TIME, [first])
    assert now == Filter(topics=(1,), since=day, until=day + timedelta(days=1))
    assert clicked(now, TIME, [second]) == Filter(topics=(1,), since=day + timedelta(days=2))
    assert clicked(now, TIME, [first]) == Filter(topics=(1,))
    undated = clicked(now, TIME, [json.dumps(UNDATED)])
    assert undated == Filter(topics=(1,), undated=True)
    assert clicked(undated, TIME, [json.dumps(UNDATED)]) == Filter(topics=(1,))
    assert clicked(undated, TIME, [first]) == now


def test_several_times_are_one_range():
    bins = ['["2026-03-14T00:00:00Z","2026-03-15T00:00:00Z"]', '["2026-03-17T00:00:00Z","2026-03-18T00:00:00Z"]']
    now = clicked(Filter(), TIME, bins)
    assert (now.since, now.until) == (datetime(2026, 3, 14, tzinfo=UTC), datetime(2026, 3, 18, tzinfo=UTC))


@pytest.mark.parametrize("each", ["", "x", "{}", "[]", "3", '["soon",'])
@pytest.mark.parametrize("field", [TIME, "languages", "nonsense"])
def test_a_click_that_cannot_be_read_changes_nothing(field, each):
    assert clicked(Filter(words="x"), field, [each]) == Filter(words="x")
