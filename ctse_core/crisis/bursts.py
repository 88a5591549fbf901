"""Bursts: when a stream of posts ran markedly higher than it usually does, since when, and how sure that is.

The rate is taken as constant by pieces (Bayesian blocks, see ``rates``), at a price for each further piece that follows
from how many false alarms are borne. Streams of posts vary more than chance alone would let them; what is won by a
piece counts the less, the more they do (quasi-Poisson, as Farrington et al. 1996, "A Statistical Algorithm for the
Early Detection of Outbreaks of Infectious Disease", JRSS A 159:547). All posts together are followed on a clock that
knows the hours of the day; a part of them on one that ticks once a post of the whole, too: it bursts where it rises and
its share does, not where everything rises.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ctse_core.crisis.rates import Clock, Times, blocks, daily_clock, dispersion, shares_clock, usual_rate

MOST_CELLS = 400  # that all posts are cut into at most, each of as many posts
MOST_OF_PART = 200  # the same of a part: there are many of them
_LARGEST = 0.5  # of the posts, from which on a burst is looked into; of the time, beyond which it says nothing
_WHOLE = 0.9  # of the posts, beyond which a burst gives way to those inside it
_INSIDE_TIMES = 3.0
_LEAST_CUT = 10  # posts of a burst below which nothing is said about silences in it
_SILENCE = 0.25  # of a burst's time, from which on a silence parts it
_CHANCE = 7.0  # nats: a silence that one run in a thousand has
_BEGIN = datetime(1970, 1, 1, tzinfo=UTC)


class Burst(NamedTuple):
    """A stretch of time with markedly more posts than usual.

    ``start`` and ``end`` are the times of its first and last post, ``peak`` is where they came fastest. ``posts`` are
    unique ones, ``usual`` is how many the stream has as a rule in such a stretch, ``strength`` is the logarithm of how
    much likelier the posts are with the burst than without (nats). ``from_first`` and ``to_last`` tell
    that it reaches the stream's first or last post: it may have begun before, or still go on. ``inner``: it stands out
    inside another one.
    """

    start: datetime
    peak: datetime
    end: datetime
    posts: int
    usual: float
    strength: float
    from_first: bool
    to_last: bool
    inner: bool = False

    @property
    def times(self) -> float:
        """How many times as many posts as usual, at least one post being usual."""
        return self.posts / max(self.usual, 1.0)


@dataclass(frozen=True)
class BurstSettings:
    """How sure a burst must be.

    ``false_alarms``: how often, in [0.0001, 0.5], anything at all is reported of streams without a burst.
    ``times``: how many times the usual rate a burst has at least; ``posts``: how many unique posts.
    """

    false_alarms: float = 0.05
    times: float = 2.0
    posts: int = 5


@dataclass(frozen=True)
class _Pieces:
    """A stream (m,) cut into pieces (e,) of constant rate on a clock.

    ``rows`` (e + 1,) are the posts at which pieces begin, and m; ``edges`` (e + 1,) where the clock stands there.
    ``least`` is the strength that chance reaches in one of its cells as often as false alarms are borne: by Chernoff's
    bound no stretch is so strong with more than exp(-strength), and there are as many places to begin as cells.
    """

    rows: NDArray[np.int64]
    edges: NDArray[np.float64]
    spread: float
    least: float

    @property
    def posts(self) -> NDArray[np.float64]:
        return np.diff(self.rows).astype(np.float64)

    @property
    def widths(self) -> NDArray[np.float64]:
        return np.diff(self.edges)

    @cached_property
    def usual(self) -> float:
        """The rate of the quieter half of the clock."""
        return usual_rate(self.posts, self.widths)

    def high(self, times: float) -> list[range]:
        """Return the runs of posts in pieces whose rate is at least ``times`` the usual one."""
        above = self.posts >= times * self.usual * self.widths
        starts = np.flatnonzero(above & ~np.concatenate([[False], above[:-1]]))
        ends = np.flatnonzero(above & ~np.concatenate([above[1:], [False]])) + 1
        return [range(int(self.rows[a]), int(self.rows[b])) for a, b in zip(starts, ends, strict=True)]

    def expected(self, run: range) -> float:
        """Return how many posts the clock's stretch of a run has as a rule."""
        first, last = np.interp([run.start, run.stop], self.rows, self.edges)
        return float(self.usual * (last - first))

    def fastest(self, run: range) -> int:
        """Return the post in the middle of the fastest piece that a run holds posts of."""
        first, last = np.maximum(self.rows[:-1], run.start), np.minimum(self.rows[1:], run.stop)
        best = int(np.where(last > first, self.posts / self.widths, -1.0).argmax())
        return int(first[best] + last[best] - 1) // 2


def bursts(
    times: Times, whole: Times | None = None, streams: int = 1, settings: BurstSettings | None = None
) -> list[Burst]:
    """Return the bursts of a stream of unique posts (m,), in order of time; none where there are too few posts.

    ``whole`` are the times of all unique posts, these among them: the stream then bursts where its share of them
    rises as well. ``streams`` is how many streams are looked at together; false alarms are borne over all of them. A
    burst with most of the posts is looked into for what stands out inside; one with nearly all gives way to that.
    """
    asked, times = settings or BurstSettings(), _ascending(times)
    if len(times) < max(2, asked.posts) or times[0] == times[-1]:
        return []
    if whole is not None:
        return _of_part(times, _ascending(whole), streams, asked)
    told: list[Burst] = []
    for one in _of_all(times, streams, asked):
        within = _inside(times, one, asked) if one.posts >= _LARGEST * len(times) else []
        if not within or not _nearly_all(one, times):
            told.append(one)
        told += within
    return told


def _ascending(times: Times) -> Times:
    # The same million times are told again with each of some hundred streams: most often they are in order.
    return times if bool((times[1:] >= times[:-1]).all()) else np.sort(times)


def _nearly_all(one: Burst, times: Times) -> bool:
    """Return whether a burst is nearly all of a stream: it holds most posts, or lasts most of the time."""
    lasted = microseconds(one.end) - microseconds(one.start)
    return one.posts >= _WHOLE * len(times) or lasted > _LARGEST * float(times[-1] - times[0])


def _of_all(times: Times, streams: int, asked: BurstSettings) -> list[Burst]:
    pieces = _pieces(daily_clock(times), 0.0, asked.false_alarms / max(1, streams))
    return [one for run in pieces.high(asked.times) if (one := _burst(times, run, pieces, pieces, asked))]


def _of_part(times: Times, whole: Times, streams: int, asked: BurstSettings) -> list[Burst]:
    """Return where both the share of the whole and the posts an hour run high: neither alone makes a burst."""
    alarms = asked.false_alarms / max(1, streams)
    shares = _pieces(shares_clock(times, whole), float(len(whole)), alarms, MOST_OF_PART)
    by_share = shares.high(asked.times)
    if not by_share:
        return []
    hours = _pieces(times.astype(np.float64), 0.0, alarms, MOST_OF_PART)
    by_hour = hours.high(asked.times)
    both = (range(max(a.start, b.start), min(a.stop, b.stop)) for a in by_share for b in by_hour)
    runs = [part for run in both if len(run) for part in _spoken(times, run, hours.spread)]
    return [one for run in runs if (one := _burst(times, run, shares, hours, asked))]


def _spoken(times: Times, run: range, spread: float) -> list[range]:
    """Return the parts of a run between silences that are long, and longer than chance makes one at its rate."""
    lasted = float(times[run[-1]] - times[run[0]])
    if len(run) < _LEAST_CUT or lasted <= 0:
        return [run]
    gaps = np.diff(times[run.start : run.stop])
    longest = int(gaps.argmax())
    share = float(gaps[longest]) / lasted
    if share < _SILENCE or len(run) * share / spread < np.log(len(run)) + _CHANCE:
        return [run]
    middle = run.start + longest + 1
    return [*_spoken(times, range(run.start, middle), spread), *_spoken(times, range(middle, run.stop), spread)]


def _inside(times: Times, outer: Burst, asked: BurstSettings) -> list[Burst]:
    """Return what stands out among the posts of a burst; ``from_first`` and ``to_last`` are those of the stream."""
    low, high = (np.searchsorted(times, microseconds(at), side) for at, side in _sides(outer))
    inside = times[low:high]
    if inside[0] == inside[-1]:
        return []
    found = _of_all(inside, 1, replace(asked, times=max(asked.times, _INSIDE_TIMES)))
    return [
        one._replace(inner=True, from_first=one.from_first and outer.from_first, to_last=one.to_last and outer.to_last)
        for one in found
    ]


def _sides(burst: Burst) -> tuple[tuple[datetime, Literal["left"]], tuple[datetime, Literal["right"]]]:
    return (burst.start, "left"), (burst.end, "right")


def _pieces(clock: Clock, length: float, false_alarms: float, most: int = MOST_CELLS) -> _Pieces:
    """Cut a stream on an ascending clock (m,) into pieces of constant rate, edges half-way between posts.

    ``length``: where the clock ends that began at 0; 0 for one that lasts from the first post to the last.
    """
    at, first = np.unique(clock, return_index=True)
    cells = np.arange(len(at))
    if len(at) > most:
        wanted = np.linspace(0, len(clock), most, endpoint=False).astype(np.int64)
        cells = np.unique(np.searchsorted(first, wanted, side="left").clip(0, len(at) - 1))
    middle = (at[cells[1:]] + at[cells[1:] - 1]) / 2
    # A stream that has a clock of its own has no edge but its posts: half a typical gap stands for it.
    margin = float(np.median(np.diff(at))) / 2 if len(at) > 1 else 0.5
    low, high = (0.0, length) if length else (at[0] - margin, at[-1] + margin)
    edges = np.concatenate([[low], middle, [high]])
    rows = np.concatenate([first[cells], [len(clock)]])
    spread = dispersion(clock)
    cuts = np.concatenate([blocks(np.diff(rows) / spread, np.diff(edges), false_alarms), [len(cells)]])
    return _Pieces(rows[cuts], edges[cuts], spread, float(np.log(len(cells) / false_alarms)))


def _burst(times: Times, run: range, pieces: _Pieces, peaks: _Pieces, asked: BurstSettings) -> Burst | None:
    """Return a run of posts as a burst, its peak where ``peaks`` run fastest; None where it is too small."""
    held, expected = len(run), pieces.expected(run)
    strength = (held * np.log(held / max(expected, 0.5)) - (held - expected)) / pieces.spread
    if held < asked.posts or held < asked.times * expected or strength <= pieces.least:
        return None
    start, peak, end = (moment(times[row]) for row in (run[0], peaks.fastest(run), run[-1]))
    ends = (run[0] == 0, run[-1] == len(times) - 1)
    return Burst(start, peak, end, held, expected, float(strength), *ends)


def moment(microseconds: np.int64 | int) -> datetime:
    """Return a time in microseconds since 1970 as a moment in UTC."""
    return _BEGIN + timedelta(microseconds=int(microseconds))


def microseconds(at: datetime) -> int:
    """Return a moment as microseconds since 1970 in UTC, to the microsecond."""
    return (at - _BEGIN) // timedelta(microseconds=1)
