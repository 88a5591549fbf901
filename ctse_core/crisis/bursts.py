"""Bursts: when a stream of posts ran markedly higher than it usually does, since when, and how sure that is.

The rate is taken as constant by pieces (Bayesian blocks, see ``rates``), at a price for each further piece that follows
from how many false alarms are borne. Streams of posts vary more than chance alone would let them; what is won by a
piece counts the less, the more they do (quasi-Poisson, as Farrington et al. 1996, "A Statistical Algorithm for the
Early Detection of Outbreaks of Infectious Disease", JRSS A 159:547). All posts together are followed on a clock that
knows the hours of the day; a part of them on one that ticks once a post of the whole: it bursts where its share rises,
not where everything does.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ctse_core.crisis.rates import Clock, Times, blocks, daily_clock, dispersion, shares_clock, usual_rate

MOST_CELLS = 400  # pieces that a stream is cut into at most, each of as many posts
_LARGEST = 0.5  # of the posts, beyond which a burst is looked into
_WHOLE = 0.9  # of the posts, beyond which a burst gives way to those inside it
_INSIDE_TIMES = 3.0
_BEGIN = datetime(1970, 1, 1, tzinfo=UTC)


class Burst(NamedTuple):
    """A stretch of time with markedly more posts than usual.

    ``start`` and ``end`` are the times of its first and last post, ``peak`` is where they came fastest. ``posts`` are
    unique ones, ``usual`` is how many the stream has as a rule in such a stretch, ``strength`` is the logarithm of how
    much likelier the posts are with the burst than without (nats, at least 0). ``from_first`` and ``to_last`` tell
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
        """How many times as many posts as usual, at least half a post being usual."""
        return self.posts / max(self.usual, 0.5)


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
class _Cells:
    """A stream cut into cells (b,) in order: posts and width of each on its clock, and the rows where each begins."""

    posts: NDArray[np.float64]
    widths: NDArray[np.float64]
    first: NDArray[np.int64]


def bursts(
    times: Times, whole: Times | None = None, streams: int = 1, settings: BurstSettings | None = None
) -> list[Burst]:
    """Return the bursts of a stream of unique posts (m,), in order of time; none where there are too few posts.

    ``whole`` are the times of all unique posts, these among them: the stream then bursts where its share of them
    rises. ``streams`` is how many streams are looked at together; false alarms are borne over all of them. A burst
    with most of the posts is looked into for what stands out inside; one with nearly all gives way to that.
    """
    asked, times = settings or BurstSettings(), np.sort(times)
    if whole is not None:
        return _found(times, shares_clock(times, np.sort(whole)), float(len(whole)), streams, asked)
    found = _found(times, None, 0.0, streams, asked)
    told: list[Burst] = []
    for one in found:
        within = _inside(times, one, asked) if one.posts >= _LARGEST * len(times) else []
        if not within or one.posts < _WHOLE * len(times):
            told.append(one)
        told += within
    return told


def _inside(times: Times, outer: Burst, asked: BurstSettings) -> list[Burst]:
    """Return what stands out among the posts of a burst; ``from_first`` and ``to_last`` are those of the stream."""
    low, high = (np.searchsorted(times, microseconds(at), side) for at, side in _sides(outer))
    sharper = replace(asked, times=max(asked.times, _INSIDE_TIMES))
    found = _found(times[low:high], None, 0.0, 1, sharper)
    return [
        one._replace(inner=True, from_first=one.from_first and outer.from_first, to_last=one.to_last and outer.to_last)
        for one in found
    ]


def _sides(burst: Burst) -> tuple[tuple[datetime, Literal["left"]], tuple[datetime, Literal["right"]]]:
    return (burst.start, "left"), (burst.end, "right")


def _found(times: Times, clock: Clock | None, length: float, streams: int, asked: BurstSettings) -> list[Burst]:
    """Return the bursts of ascending times (m,) on a clock of that length; None: on one that knows the hours."""
    if len(times) < asked.posts or times[0] == times[-1]:
        return []
    clock = daily_clock(times) if clock is None else clock
    cells = _cells(clock, length)
    if len(cells.posts) < 2:
        return []
    spread = dispersion(clock)
    edges = blocks(cells.posts / spread, cells.widths, asked.false_alarms / max(1, streams))
    return _high(times, cells, edges, spread, asked)


def _cells(clock: Clock, length: float) -> _Cells:
    """Cut an ascending clock (m,) into at most 400 cells of about as many posts, with edges half-way between posts.

    ``length``: where the clock ends that began at 0; 0 for one that lasts from the first post to the last.
    """
    at, first = np.unique(clock, return_index=True)
    chosen = np.arange(len(at))
    if len(at) > MOST_CELLS:
        wanted = np.linspace(0, len(clock), MOST_CELLS, endpoint=False).astype(np.int64)
        chosen = np.unique(np.searchsorted(first, wanted, side="left").clip(0, len(at) - 1))
    middle = (at[chosen[1:]] + at[chosen[1:] - 1]) / 2
    # A stream that has a clock of its own has no edge but its posts: half a typical gap stands for it.
    margin = float(np.median(np.diff(at))) / 2 if len(at) > 1 else 0.5
    low, high = (0.0, length) if length else (at[0] - margin, at[-1] + margin)
    edges = np.concatenate([[low], middle, [high]])
    counts = np.diff(np.concatenate([first[chosen], [len(clock)]])).astype(np.float64)
    return _Cells(counts, np.maximum(np.diff(edges), 1e-9), first[chosen])


def _high(times: Times, cells: _Cells, edges: NDArray[np.int64], spread: float, asked: BurstSettings) -> list[Burst]:
    """Return the runs of pieces whose rate is markedly above the usual one."""
    posts, widths = np.add.reduceat(cells.posts, edges), np.add.reduceat(cells.widths, edges)
    usual = usual_rate(posts, widths)
    above = posts >= asked.times * usual * widths
    starts = np.flatnonzero(above & ~np.concatenate([[False], above[:-1]]))
    ends = np.flatnonzero(above & ~np.concatenate([above[1:], [False]])) + 1
    first = np.concatenate([cells.first[edges], [len(times)]])
    told = []
    for begin, end in zip(starts, ends, strict=True):
        held, expected = float(posts[begin:end].sum()), usual * float(widths[begin:end].sum())
        strength = (held * np.log(held / max(expected, 0.5)) - (held - expected)) / spread
        if held < asked.posts or held < asked.times * expected or strength <= 0:
            continue
        fastest = begin + int((posts[begin:end] / widths[begin:end]).argmax())
        rows = (first[begin], (first[fastest] + first[fastest + 1] - 1) // 2, first[end] - 1)
        start, peak, last = (moment(times[row]) for row in rows)
        open_ends = (bool(rows[0] == 0), bool(rows[2] == len(times) - 1))
        told.append(Burst(start, peak, last, int(held), expected, float(strength), *open_ends))
    return told


def moment(microseconds: np.int64 | int) -> datetime:
    """Return a time in microseconds since 1970 as a moment in UTC."""
    return _BEGIN + timedelta(microseconds=int(microseconds))


def microseconds(at: datetime) -> int:
    """Return a moment as microseconds since 1970 in UTC, to the microsecond."""
    return (at - _BEGIN) // timedelta(microseconds=1)
