"""Time cut into periods that people know, so that each post stands in exactly one of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import polars as pl

from ctse_core.types import Col
from ctse_core.words import mark

STEPS: tuple[tuple[str, str, float], ...] = (
    ("1m", mark("minute"), 60),
    ("5m", mark("5 minutes"), 300),
    ("15m", mark("15 minutes"), 900),
    ("1h", mark("hour"), 3600),
    ("3h", mark("3 hours"), 3 * 3600),
    ("6h", mark("6 hours"), 6 * 3600),
    ("12h", mark("12 hours"), 12 * 3600),
    ("1d", mark("day"), 86400),
    ("1w", mark("week"), 7 * 86400),
    ("1mo", mark("month"), 30.4 * 86400),
    ("3mo", mark("quarter"), 91.3 * 86400),
    ("1y", mark("year"), 365.25 * 86400),
    ("10y", mark("decade"), 3652.5 * 86400),
    ("100y", mark("century"), 36525 * 86400.0),
)
STRAY_SHARE = 0.01  # at most this share of the posts may be told beside the axis instead of stretching it
STRAY_STRETCH = 5.0  # and only where it would make the axis this many times longer

EARLIER, LATER, UNDATED = "earlier", "later", "undated"


@dataclass(frozen=True)
class Periods:
    """How time was cut: ``starts`` and ``ends`` (b,) in UTC, ascending and without gaps; the ``step``'s name.

    ``of`` (n,): each post's period as its number (0 … b-1), -1 for earlier, b for later, null for undated.
    """

    starts: list[datetime]
    ends: list[datetime]
    step: str
    of: pl.Series

    @property
    def names(self) -> list[str]:
        """Return how each period reads, e.g. "2031-03-02 14:00" or "2031-03-02"."""
        letters = {"month": 7, "quarter": 7, "year": 4, "decade": 4, "century": 4}.get(self.step, 10)
        if self.step.endswith(("minute", "minutes", "hour", "hours")):
            letters = 16
        return [start.isoformat(" ", "minutes")[:letters] for start in self.starts]


@dataclass(frozen=True)
class TimeChoice:
    """The time that a filter lets through: from ``since`` up to ``until`` (UTC), or undated posts alone."""

    since: datetime | None = None
    until: datetime | None = None
    undated: bool = False

    def holds(self, start: datetime | None, end: datetime | None) -> bool:
        """Return whether the period from ``start`` up to ``end`` (None: without end) has a part in it."""
        if self.undated or self == TimeChoice():
            return False
        after = self.since is None or end is None or end > self.since
        return after and (self.until is None or start is None or start < self.until)


def cut_time(table: pl.DataFrame, most: int = 60) -> Periods | None:
    """Cut the posts' times (n,) into at most ``most`` periods of one length; None if all are undated.

    A few stray dates far from all others (a year 2001 among posts of one week) do not stretch the axis: they
    are counted as "earlier" or "later".
    """
    times = table[Col.TIME].cast(pl.Datetime("us", "UTC")).dt.replace_time_zone(None)
    dated = times.drop_nulls().sort()
    if not len(dated):
        return None
    first, last = _without_strays(dated)
    every, name = _step((last - first).total_seconds(), most)
    begin, end = (pl.Series([moment]).dt.truncate(every)[0] for moment in (first, last))
    edges = pl.datetime_range(begin, end, every, eager=True)
    starts = edges.to_list()
    after = pl.Series([starts[-1]]).dt.offset_by(every)[0]
    position = pl.DataFrame({"start": edges, "number": range(len(starts))}, schema_overrides={"number": pl.Int32})
    cut = times.dt.truncate(every).alias("start").to_frame()
    known = cut.join(position, on="start", how="left", maintain_order="left")["number"]
    numbers = pl.select(
        pl.when(times.is_null())
        .then(None)
        .when(times < begin)
        .then(-1)
        .when(times >= after)
        .then(len(starts))
        .otherwise(known)
        .cast(pl.Int32)
    ).to_series()
    return Periods(starts, [*starts[1:], after], name, numbers)


def _without_strays(dated: pl.Series) -> tuple[datetime, datetime]:
    """Return the first and last time to show, of times in ascending order."""
    spare = int(len(dated) * STRAY_SHARE / 2)
    first, last = dated[0], dated[-1]
    inner_first, inner_last = dated[spare], dated[len(dated) - 1 - spare]
    core = max(inner_last - inner_first, timedelta(hours=1))
    if inner_first - first > STRAY_STRETCH * core:
        first = dated.filter(dated >= inner_first - core)[0]
    if last - inner_last > STRAY_STRETCH * core:
        last = dated.filter(dated <= inner_last + core)[-1]
    return first, last


def _step(seconds: float, most: int) -> tuple[str, str]:
    for every, name, length in STEPS:
        if seconds / length < most:
            return every, name
    return STEPS[-1][0], STEPS[-1][1]
