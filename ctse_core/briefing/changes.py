"""What is new: the latest stretch of time against the one before it, for all posts and for each topic and need."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import polars as pl

from ctse_core.figures.periods import cut_time
from ctse_core.types import UNSORTED, Col
from ctse_core.words import mark

LENGTHS: tuple[tuple[timedelta, str], ...] = (
    (timedelta(hours=1), mark("hour")),
    (timedelta(hours=3), mark("3 hours")),
    (timedelta(hours=6), mark("6 hours")),
    (timedelta(hours=12), mark("12 hours")),
    (timedelta(hours=24), mark("24 hours")),
    (timedelta(days=3), mark("3 days")),
    (timedelta(days=7), mark("7 days")),
    (timedelta(days=30), mark("30 days")),
    (timedelta(days=91), mark("91 days")),
    (timedelta(days=365), mark("365 days")),
)
USUAL = timedelta(hours=24)  # what is compared where that is enough posts
ENOUGH, ENOUGH_SHARE = 20, 0.05  # different posts, and their share of all, that a stretch has at least
LEAST, GROWN, SURE = 5, 1.5, 2.0  # posts, times as many, and standard errors that a rise has at least


@dataclass(frozen=True)
class Latest:
    """The newest stretch of time, from ``start`` up to ``end`` (UTC), and the one as long before it.

    ``posts`` and ``before`` are the different posts (copies left out) of both; ``name`` is how long it is.
    """

    start: datetime
    end: datetime
    name: str
    posts: int
    before: int

    @property
    def length(self) -> timedelta:
        """How long it is."""
        return self.end - self.start


@dataclass(frozen=True)
class Change:
    """How many different posts there are of one key in the latest stretch, and how many in the one before."""

    key: str
    posts: int
    before: int


def latest_of(table: pl.DataFrame) -> Latest | None:
    """Return the newest stretch of time worth comparing with the one before; None where there is none.

    24 hours where they hold enough different posts, else the next longer one that does, or a shorter one where the
    posts span less than two days. Stray dates far behind all others do not count.
    """
    originals = _originals(table)
    if not originals.height:
        return None
    periods = cut_time(originals)
    if periods is None:
        return None
    inside = originals.filter(periods.of < len(periods.starts))
    first, end = inside[Col.TIME].min(), inside[Col.TIME].max()
    if not isinstance(first, datetime) or not isinstance(end, datetime) or not inside.height:
        return None
    end = end.astimezone(UTC) + timedelta(microseconds=1)
    fits = [(length, name) for length, name in LENGTHS if first + 2 * length <= end]
    if not fits:
        return None
    enough = max(ENOUGH, int(ENOUGH_SHARE * inside.height))
    # From a day on the first that holds enough; where posts span less than two days, the longest that fits.
    for length, name in [one for one in fits if one[0] >= USUAL] or fits[-1:]:
        found = _latest(inside, end, length, name)
        if found.posts >= enough:
            return found
    return _latest(inside, end, *fits[-1])


def _latest(posts: pl.DataFrame, end: datetime, length: timedelta, name: str) -> Latest:
    start = end - length
    now = posts.filter((pl.col(Col.TIME) >= start) & (pl.col(Col.TIME) < end)).height
    before = posts.filter((pl.col(Col.TIME) >= start - length) & (pl.col(Col.TIME) < start)).height
    return Latest(start, end, name, now, before)


def changes_of(table: pl.DataFrame, column: str, latest: Latest) -> list[Change]:
    """Return how the different posts of each key of a column changed, the surest rise first, the surest fall last.

    ``column`` holds a key or a list of keys; unsorted posts and posts without a key have no part.
    """
    if column not in table.columns:
        return []
    start, length = latest.start, latest.length
    near = _originals(table).filter((pl.col(Col.TIME) >= start - length) & (pl.col(Col.TIME) < latest.end))
    of = near.select(pl.col(column).alias("key"), (pl.col(Col.TIME) >= start).alias("now"))
    of = of.explode("key") if isinstance(of.schema["key"], pl.List) else of.filter(pl.col("key") != UNSORTED)
    counted = (
        of.drop_nulls("key")
        .group_by(pl.col("key").cast(pl.Utf8))
        .agg(pl.col("now").sum().cast(pl.Int64).alias("posts"), (~pl.col("now")).sum().cast(pl.Int64).alias("before"))
    )
    ranked = counted.with_columns(
        ((pl.col("posts") - pl.col("before")) / (pl.col("posts") + pl.col("before") + 1).sqrt()).alias("sure")
    ).sort(["sure", "posts", "key"], descending=[True, True, False])
    return [Change(*row) for row in ranked.select("key", "posts", "before").iter_rows()]


def _originals(table: pl.DataFrame) -> pl.DataFrame:
    if Col.TIME not in table.columns:
        return table.clear()
    dated = table.filter(pl.col(Col.TIME).is_not_null())
    return dated.filter(pl.col(Col.DUPLICATE_OF).is_null()) if Col.DUPLICATE_OF in table.columns else dated


def risen(changes: list[Change], latest: Latest) -> list[Change]:
    """Return those that rose markedly, and more than all posts did."""
    whole = latest.posts / max(1, latest.before)
    return [one for one in changes if _marked(one.posts, one.before) and one.posts >= 1.2 * whole * one.before]


def fallen(changes: list[Change]) -> list[Change]:
    """Return those that fell markedly, the surest first."""
    return [one for one in reversed(changes) if _marked(one.before, one.posts)]


def _marked(many: int, few: int) -> bool:
    """Return whether ``many`` are markedly more than ``few``: not by chance, if both were counts of rare events."""
    return many >= LEAST and many >= GROWN * few and (many - few) / (many + few + 1) ** 0.5 >= SURE
