"""Bursts: found where posts came faster than usual, with their start; none where nothing did; shares told apart."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from ctse_core.crisis.bursts import bursts, microseconds
from ctse_core.crisis.rates import HOUR, blocks, daily_clock, dispersion, usual_rate

DAY = 24 * HOUR
BEGIN = microseconds(datetime(2031, 3, 3, tzinfo=UTC))


def evenly(posts, days, seed=0, begin=0.0):
    rng = np.random.default_rng(seed)
    return (BEGIN + (begin + np.sort(rng.random(posts)) * days) * DAY).astype(np.int64)


def at(day):
    return datetime(2031, 3, 3, tzinfo=UTC) + timedelta(days=day)


def test_a_burst_is_found_with_its_start_peak_and_end():
    times = np.concatenate([evenly(200, 10), evenly(120, 0.25, 1, begin=4.0)])
    (found,) = bursts(times)
    assert abs(found.start - at(4.0)) < timedelta(minutes=30) and abs(found.end - at(4.25)) < timedelta(minutes=45)
    assert found.start <= found.peak <= found.end
    assert 115 <= found.posts <= 135 and found.usual == pytest.approx(5, abs=2.5) and found.times > 15
    assert not found.from_first and not found.to_last and found.strength > 100


@pytest.mark.parametrize("posts", [6, 30, 300, 3000])
def test_streams_without_a_burst_have_one_no_more_often_than_is_borne(posts):
    alarms = sum(bool(bursts(evenly(posts, 10, seed))) for seed in range(60))
    assert alarms <= 6  # 3 in 60 are borne


def test_a_stream_that_goes_in_clumps_is_no_burst_after_burst(monkeypatch):
    rng = np.random.default_rng(3)
    clumps = [evenly(int(rng.poisson(14)), 0.01, seed, begin=float(rng.random() * 10)) for seed in range(120)]
    times = np.concatenate(clumps)
    assert dispersion(np.sort(times).astype(float)) > 3
    assert not bursts(times)
    monkeypatch.setattr("ctse_core.crisis.bursts.dispersion", lambda clock: 1.0)
    assert len(bursts(times)) > 5  # what would be told if its own variation counted as news


def test_every_day_has_busy_hours_and_they_are_no_burst():
    rng = np.random.default_rng(5)
    waking = np.concatenate([rng.normal(15, 3, 80) + 24 * day for day in range(10)])
    night = rng.random(60) * 240
    times = (BEGIN + np.concatenate([waking, night]) * HOUR).astype(np.int64)
    assert not bursts(times)
    (found,) = bursts(np.concatenate([times, evenly(150, 0.2, 9, begin=6.1)]))
    assert abs(found.start - at(6.1)) < timedelta(hours=1)


def test_the_clock_of_hours_runs_on_and_is_the_wall_clock_for_few_days():
    times = evenly(4000, 12, 2)
    clock = daily_clock(times)
    assert (np.diff(clock) >= 0).all() and clock[-1] - clock[0] == pytest.approx(times[-1] - times[0], rel=0.05)
    short = evenly(4000, 2, 2)
    assert (daily_clock(short) == short).all()


def test_a_part_that_rises_with_everything_is_no_burst_of_its_own():
    whole = np.concatenate([evenly(600, 10), evenly(600, 0.5, 1, begin=4.0)])
    part = np.sort(whole)[::6]
    assert bursts(part) and not bursts(part, whole)


def test_a_part_bursts_where_its_share_rises():
    rest, rise = evenly(2000, 10), evenly(60, 0.3, 4, begin=7.0)
    part = np.concatenate([evenly(60, 10, 2), rise])
    (found,) = bursts(part, np.concatenate([rest, part]), streams=50)
    assert abs(found.start - at(7.0)) < timedelta(hours=2) and found.posts == pytest.approx(61, abs=4)


def test_a_long_silence_parts_two_bursts_of_one_part():
    part = np.concatenate([evenly(40, 0.5, 1, begin=1.0), evenly(40, 0.5, 2, begin=60.0)])
    whole = np.concatenate([part, evenly(30, 100, 3)])
    first, second = bursts(part, whole)
    assert first.end < at(2) < at(59) < second.start


def test_what_stands_out_inside_a_burst_with_most_posts_is_told_too():
    times = np.concatenate([evenly(20, 40), evenly(400, 4, 1, begin=20.0), evenly(300, 0.2, 2, begin=21.0)])
    found = bursts(times)
    assert [one.inner for one in found] == [True] or any(one.inner for one in found)
    inner = next(one for one in found if one.inner)
    assert abs(inner.start - at(21)) < timedelta(hours=1)


def test_bursts_at_the_ends_of_a_stream_say_so():
    opening = np.concatenate([evenly(100, 0.2), evenly(60, 10, 1)])
    assert bursts(opening)[0].from_first and not bursts(opening)[0].to_last
    closing = np.concatenate([evenly(60, 10, 1), evenly(100, 0.2, 2, begin=10.0)])
    assert bursts(closing)[0].to_last


@pytest.mark.parametrize("times", [[], [5], [5, 5, 5, 5, 5, 5, 5, 5], [1, 2, 3]])
def test_too_few_posts_or_one_moment_make_no_burst(times):
    assert bursts(np.array(times, dtype=np.int64)) == []
    assert bursts(np.array(times, dtype=np.int64), np.array([*times, 9], dtype=np.int64)) == []


def test_times_known_to_the_day_alone_are_enough():
    days = np.repeat(np.arange(30), np.where(np.isin(np.arange(30), (11, 12)), 60, 4))
    (found,) = bursts(BEGIN + days * DAY)
    assert (found.start, found.end) == (at(11), at(12)) and found.posts == 120


def test_pieces_are_cut_where_the_rate_changes_and_nowhere_else():
    posts, widths = np.array([1.0] * 20 + [10.0] * 10), np.ones(30)
    assert blocks(posts, widths, 0.05).tolist() == [0, 20]
    assert blocks(np.ones(30), widths, 0.05).tolist() == [0]


def test_the_usual_rate_is_that_of_the_quieter_half():
    assert usual_rate(np.array([10.0, 100.0]), np.array([10.0, 2.0])) == pytest.approx(1.0)
    assert usual_rate(np.array([0.0, 6.0]), np.array([2.0, 6.0])) == pytest.approx(0.5)
