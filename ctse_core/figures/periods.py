"""Time cut into periods that people know, so that each post stands in exactly one of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
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

    ``of`` (n,): each post's period as its number (0 … b-1), -1 for earlier, b for later, null for undated. ``edges``
    (b + 1,) are the starts and the last end on the clocks of ``zone``, whose whole hours and days they are.
    """

    starts: list[datetime]
    ends: list[datetime]
    step: str
    of: pl.Series
    edges: list[datetime]
    zone: str = "UTC"

    @property
    def names(self) -> list[str]:
        """Return how each period reads, e.g. "2031-03-02 14:00" or "2031-03-02"."""
        letters = {"month": 7, "quarter": 7, "year": 4, "decade": 4, "century": 4}.get(self.step, 10)
        if self.step.endswith(("minute", "minutes", "hour", "hours")):
            letters = 16
        return [start.isoformat(" ", "minutes")[:letters] for start in self.edges[:-1]]


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


def cut_time(table: pl.DataFrame, most: int = 60, zone: str = "UTC") -> Periods | None:
    """Cut the posts' times (n,) into at most ``most`` periods of one length; None if all are undated.

    Periods begin at whole hours or days of ``zone``, as the IANA names it; where its clocks are put forward, one
    is shorter or longer. A few stray dates far from all others (a year 2001 among posts of one week) do not stretch
    the axis: they are counted as "earlier" or "later".
    """
    times = table[Col.TIME].cast(pl.Datetime("us", "UTC"))
    dated = times.drop_nulls().sort().dt.replace_time_zone(None)
    if not len(dated):
        return None
    first, last = _without_strays(dated)
    every, name = _step((last - first).total_seconds(), most)
    ends = pl.Series([first, last]).dt.replace_time_zone("UTC").dt.convert_time_zone(zone).dt.replace_time_zone(None)
    begin, end = ends.dt.truncate(every)
    local = pl.datetime_range(begin, end, every, eager=True)
    local = pl.concat([local, local.tail(1).dt.offset_by(every)])
    edges = pl.DataFrame({"utc": in_utc(local, zone), "local": local}).unique("utc", keep="first").sort("utc")
    numbers = _numbers(times, edges["utc"])
    starts = edges["utc"].to_list()
    return Periods(starts[:-1], starts[1:], name, numbers, edges["local"].to_list(), zone)


def in_utc(local: pl.Series, zone: str) -> pl.Series:
    """Return what clocks of ``zone`` show (m,) in UTC, both without a zone of their own.

    An hour that clocks show twice is the first one; one that they leave out is the next.
    """
    if zone == "UTC":
        return local
    read = local.dt.replace_time_zone(zone, ambiguous="earliest", non_existent="null")
    after = local.dt.offset_by("1h").dt.replace_time_zone(zone, ambiguous="earliest", non_existent="null")
    return read.fill_null(after).dt.convert_time_zone("UTC").dt.replace_time_zone(None)


def _numbers(times: pl.Series, edges: pl.Series) -> pl.Series:
    """Return (n,) the period of each time (UTC, maybe null) between ascending edges (b + 1,)."""
    limits = edges.cast(pl.Datetime("us")).dt.epoch("us").to_numpy()
    at = np.searchsorted(limits, times.dt.epoch("us").fill_null(0).to_numpy(), side="right") - 1
    return pl.select(pl.when(times.is_not_null()).then(pl.Series(at, dtype=pl.Int32))).to_series().alias("at")


def on_clocks(at: datetime, zone: str) -> datetime:
    """Return what clocks of ``zone`` show at a moment (UTC, with or without saying so), without a zone of its own."""
    from zoneinfo import ZoneInfo

    return at.replace(tzinfo=UTC).astimezone(ZoneInfo(zone)).replace(tzinfo=None)


def zone_words(zone: str, at: datetime) -> str:
    """Return how a time zone is told, with what its clocks show at ``at`` (UTC) against UTC: "Asia/Manila, UTC+8"."""
    from zoneinfo import ZoneInfo

    if zone == "UTC":
        return "UTC"
    offset = at.replace(tzinfo=UTC).astimezone(ZoneInfo(zone)).utcoffset() or timedelta()
    hours, rest = divmod(abs(int(offset.total_seconds())) // 60, 60)
    sign = "\u2212" if offset < timedelta() else "+"
    return f"{zone.replace('_', ' ')}, UTC{sign}{hours}{f':{rest:02}' if rest else ''}"


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
