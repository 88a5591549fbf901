"""Rates of streams of posts: pieces of constant rate, how much a stream varies, clocks on which it runs evenly.

Pieces: "Bayesian blocks", Scargle, Norris, Jackson and Chiang 2013, "Studies in Astronomical Time Series Analysis VI",
ApJ 764:167. Clocks: a stream is followed on a clock that ticks as posts are expected (the time-rescaling theorem, Brown
et al. 2002, "The Time-Rescaling Theorem and Its Application to Neural Spike Train Data Analysis", Neural Computation
14:325), by the hours of the day or by the posts of the whole.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Times: TypeAlias = NDArray[np.int64]
"""(m,) microseconds since 1970 in UTC."""
Clock: TypeAlias = NDArray[np.float64]
"""(m,) where a clock stands at each post, ascending."""

HOUR = 3_600_000_000  # microseconds
_LEAST_PAIRS = 12  # neighbouring windows below which nothing is said about how much a stream varies
_WINDOWS = (200, 100)  # at most, over the length of a stream
_LEAST_DAYS = 4  # days with posts enough before anything is said about the hours of a day
_LEAST_A_DAY = 24
_QUIETEST = 0.25  # of the mean rate, below which no hour is taken to be


def shares_clock(times: Times, whole: Times) -> Clock:
    """Return (m,) where the clock that ticks once a post of the whole stands at each of ``times``, both ascending.

    Posts of one moment share one reading.
    """
    before = np.searchsorted(whole, times, side="left")
    after = np.searchsorted(whole, times, side="right")
    return (before + after) / 2.0


def daily_clock(times: Times) -> Clock:
    """Return (m,) where the clock stands at each of ``times``, ascending, that runs fast in hours with many posts.

    How many an hour of the day has is the median over the days, so that what one day brought counts for little. Where
    fewer than four days have posts enough it is the clock on the wall.
    """
    first = int(times[0]) // (24 * HOUR)
    days = int(times[-1]) // (24 * HOUR) - first + 1
    if days > 100_000:
        return times.astype(np.float64)
    hours = np.bincount(times // HOUR - first * 24, minlength=days * 24).reshape(days, 24).astype(np.float64)
    busy = hours[hours.sum(axis=1) >= _LEAST_A_DAY]
    if len(busy) < _LEAST_DAYS:
        return times.astype(np.float64)
    share = np.median(busy / busy.sum(axis=1, keepdims=True), axis=0)
    share = (np.roll(share, 1) + 2 * share + np.roll(share, -1)) / 4
    share = np.maximum(share / share.mean(), _QUIETEST)
    share /= share.mean()
    passed = np.concatenate([[0.0], np.cumsum(share)])
    hour, part = (times // HOUR) % 24, (times % HOUR) / HOUR
    return ((times // (24 * HOUR) - first) * 24.0 + passed[hour] + share[hour] * part) * HOUR


def dispersion(clock: Clock) -> float:
    """Return how many times as much as by chance the posts vary from one window of the clock to the next, at least 1.

    From neighbouring windows, whose usual rate is about one; the median keeps true changes of the rate out. Windows
    of several widths are tried, for clumps are seen at their own: the largest counts.
    """
    return max(1.0, *(_varied(clock, min(most, len(clock) // 8)) for most in _WINDOWS))


def _varied(clock: Clock, windows: int) -> float:
    if windows < _LEAST_PAIRS:
        return 1.0
    counts = np.histogram(clock, windows)[0].astype(np.float64)
    both = counts[1:] + counts[:-1]
    busy = both >= 4
    if busy.sum() < _LEAST_PAIRS:
        return 1.0
    varied = (counts[1:] - counts[:-1])[busy] ** 2 / both[busy]
    return float(np.median(varied)) / 0.4549  # the median of chi-squared with one degree of freedom


def blocks(posts: NDArray[np.float64], widths: NDArray[np.float64], false_alarms: float) -> NDArray[np.int64]:
    """Return the first cells (e,) of the pieces of constant rate that cells (b,) of posts and widths fall into.

    Scargle et al. 2013, section 2.3 and equations 19 and 21: the best of all ways to cut, by dynamic programming.
    """
    count = len(posts)
    price = 4 - np.log(73.53 * false_alarms * max(posts.sum(), 1.0) ** -0.478)
    held, lasted = np.concatenate([[0.0], np.cumsum(posts)]), np.concatenate([[0.0], np.cumsum(widths)])
    best, cut = np.zeros(count + 1), np.zeros(count + 1, dtype=np.int64)
    for end in range(1, count + 1):
        inside = np.maximum(held[end] - held[:end], 1e-12)
        won = inside * (np.log(inside) - np.log(lasted[end] - lasted[:end])) - price + best[:end]
        cut[end] = int(won.argmax())
        best[end] = won[cut[end]]
    edges, at = [], count
    while at > 0:
        at = int(cut[at])
        edges.append(at)
    return np.array(edges[::-1], dtype=np.int64)


def usual_rate(posts: NDArray[np.float64], widths: NDArray[np.float64]) -> float:
    """Return the rate of the quieter half of the clock, of pieces (e,) with so many posts and so wide."""
    rates = posts / widths
    half, held, lasted = widths.sum() / 2, 0.0, 0.0
    for piece in np.argsort(rates, kind="stable"):
        part = min(float(widths[piece]), half - lasted)
        held, lasted = held + rates[piece] * part, lasted + part
        if lasted >= half:
            break
    return float(held / lasted)
