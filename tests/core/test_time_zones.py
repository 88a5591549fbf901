"""Time on any zone's clocks: every post in exactly one period, also where clocks are put forward or back."""

from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest

from ctse_core.figures import Kind, Look, topics_over_time_figure, values_over_time_figure, volume_figure
from ctse_core.figures.ages import ages_of
from ctse_core.figures.periods import cut_time, zone_words
from ctse_core.types import Col
from tests.sample_analysis import sample_analysis

ZONES = ("UTC", "Asia/Kathmandu", "America/New_York", "Europe/Berlin", "Australia/Lord_Howe", "America/Sao_Paulo")


def posts_at(*times):
    return pl.DataFrame({Col.TIME: pl.Series(times, dtype=pl.Datetime("us", "UTC"))})


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("begin", [datetime(2025, 3, 29, tzinfo=UTC), datetime(2025, 10, 25, tzinfo=UTC)])
@pytest.mark.parametrize("hours", [6, 60, 900])
def test_every_post_is_in_the_one_period_whose_times_hold_it(zone, begin, hours):
    rng = np.random.default_rng(hours)
    table = posts_at(*[begin + timedelta(hours=float(part)) for part in np.sort(rng.random(300)) * hours], None)
    periods = cut_time(table, zone=zone)
    assert periods.starts == sorted(set(periods.starts)) and periods.ends[:-1] == periods.starts[1:]
    assert periods.of.null_count() == 1
    for moment, at in zip(table[Col.TIME].drop_nulls(), periods.of.drop_nulls(), strict=True):
        assert periods.starts[at] <= moment.replace(tzinfo=None) < periods.ends[at]


def test_days_begin_at_midnight_of_the_zone_and_one_is_shorter_when_clocks_go_forward():
    table = posts_at(*[datetime(2025, 3, 5, 12, tzinfo=UTC) + timedelta(days=day) for day in range(40)])
    periods = cut_time(table, zone="Europe/Berlin")
    assert {edge.hour for edge in periods.edges} == {0} and periods.names[0] == "2025-03-05"
    lengths = {(end - start).total_seconds() / 3600 for start, end in zip(periods.starts, periods.ends, strict=True)}
    assert lengths == {23.0, 24.0}


def test_a_midnight_that_clocks_leave_out_loses_no_post():
    # In Beirut the 30th of March 2025 began at one o'clock.
    table = posts_at(*[datetime(2025, 3, 29, 21, 30, tzinfo=UTC) + timedelta(hours=12 * part) for part in range(80)])
    periods = cut_time(table, zone="Asia/Beirut")
    assert periods.of.is_between(0, len(periods.starts) - 1).all()


@pytest.mark.parametrize(
    ("zone", "told"),
    [
        ("UTC", "UTC"),
        ("Asia/Kathmandu", "Asia/Kathmandu, UTC+5:45"),
        ("America/New_York", "America/New York, UTC\u22125"),
    ],
)
def test_a_zone_is_told_with_its_distance_from_utc(zone, told):
    assert zone_words(zone, datetime(2031, 1, 5)) == told


@pytest.fixture(scope="module")
def sample():
    return sample_analysis(400)


@pytest.mark.parametrize("zone", ZONES)
def test_figures_add_up_on_the_clocks_of_any_zone(sample, zone):
    volume = volume_figure(sample.table, zone=zone)
    assert volume.table["posts"].sum() == sample.table.height and zone.split("/")[0] in volume.summary
    lines = topics_over_time_figure(sample.table, sample.topics, look=Look(zone))
    assert lines.table.drop("period").sum_horizontal().sum() == sample.table.height


def test_values_over_time_have_every_post_in_exactly_one_line_and_cell(sample):
    of = sample.table[Col.LANG].replace({"und": ""})
    kind = Kind("languages", "Languages over time", "None told", "Others", str)
    figure = values_over_time_figure(sample.table, of, kind, clickable=True)
    totals = figure.table.drop("period").sum().row(0, named=True)
    assert sum(totals.values()) == sample.table.height and "None told" in totals and "Others" in totals
    assert totals["None told"] == (of == "").sum() and figure.table["period"][-1] == "undated"
    assert figure.bins[-1] == '{"time":"undated"}' and len(figure.bins) == figure.table.height


def test_lines_stand_in_an_order_that_is_asked_for(sample):
    of = pl.Series([0, 2, 3, -1] * (sample.table.height // 4) + [3] * (sample.table.height % 4), dtype=pl.Int32)
    kind = Kind(
        "urgencies", "Urgency over time", "Not judged", "", lambda level: f"level {level}", -1, (3, 2, 1, 0, -1)
    )
    figure = values_over_time_figure(sample.table, of, kind)
    assert figure.table.columns == ["period", "level 3", "level 2", "level 0", "Not judged"]


def test_a_line_whose_newest_post_is_old_is_marked_and_the_sentence_says_from_when(sample):
    figure = topics_over_time_figure(sample.table, sample.topics, look=Look("UTC", ages_of(sample.table, 24)))
    ticks = figure.plot.layout.yaxis.ticktext
    stale = [text for text in ticks if text.startswith("<span")]
    assert 0 < len(stale) < len(ticks) and "Ages are counted from the newest post" in figure.summary
    never = topics_over_time_figure(sample.table, sample.topics, look=Look("UTC", ages_of(sample.table, 0)))
    assert not [text for text in never.plot.layout.yaxis.ticktext if text.startswith("<span")]
