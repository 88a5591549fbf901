"""UTC times out of a column of text, whatever way they are written, with every doubt counted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ctse_core.posts.calendar_words import in_plain_signs
from ctse_core.posts.dates import DAY, days_since_1970
from ctse_core.posts.results import counted
from ctse_core.posts.settings import ReadSettings
from ctse_core.posts.time_forms import NAIVE, UNREAD, Reading, nothing_read, read_numbers, read_quickly, read_written

_SNOWFLAKE_EPOCH_MS = 1_288_834_974_657


@dataclass(frozen=True)
class Times:
    """Times (n,) as Datetime[us, UTC] or null, and sentences on what was assumed or left empty.

    ``unparsed`` counts cells that are no time in a known form, ``outside`` times beyond the years allowed.
    """

    values: pl.Series
    unparsed: int = 0
    outside: int = 0
    notes: list[str] = field(default_factory=list)


def parse_times(cells: pl.Series, settings: ReadSettings) -> Times:
    """Return the UTC times of a column of text (n,), null where a cell holds none.

    Serves ISO 8601 and its variants, epoch seconds to nanoseconds, Twitter's and RFC 2822's forms, day or
    month first (decided over the column), month names of many languages, 年月日, digits of other scripts and
    Excel's day numbers. Times without a zone are taken as UTC.
    """
    cells = cells.cast(pl.String)
    filled = (cells.is_not_null() & (cells != "")).fill_null(False).to_numpy()
    read = nothing_read(len(cells))
    ways: tuple[Callable[[pl.Series], Reading], ...] = (
        read_quickly,
        lambda unread: read_numbers(in_plain_signs(unread)),
        lambda unread: read_written(in_plain_signs(unread), settings),
    )
    for way in ways:
        left = np.flatnonzero(filled & (read.state == UNREAD))
        if not left.size:
            break
        found = way(cells.gather(left))
        read.micros[left], read.state[left] = found.micros, found.state
        read.notes.extend(found.notes)
    return _within_years(cells, filled, read, settings)


def _within_years(cells: pl.Series, filled: NDArray[np.bool_], read: Reading, settings: ReadSettings) -> Times:
    """Return the times within the years allowed and notes on all others."""
    low, high = (
        days_since_1970(np.array([year]), 1, 1)[0] * DAY for year in (settings.earliest_year, settings.latest_year + 1)
    )
    inside = (read.state != UNREAD) & (read.micros >= low) & (read.micros < high)
    outside = int(((read.state != UNREAD) & ~inside).sum())
    unread = filled & (read.state == UNREAD)
    naive, notes = int((inside & (read.state == NAIVE)).sum()), list(read.notes)
    if naive:
        notes.append(f"{counted(naive, 'time has', 'times have')} no time zone; taken as UTC.")
    if outside:
        years = f"{settings.earliest_year} to {settings.latest_year}"
        notes.append(f"{counted(outside, 'time lies', 'times lie')} outside the years {years}; left empty.")
    if unparsed := int(unread.sum()):
        example = cells[int(np.flatnonzero(unread)[0])][:40]
        notes.append(f"{counted(unparsed, 'cell holds', 'cells hold')} no time that can be read, such as {example!r}.")
    times = pl.Series(read.micros).cast(pl.Datetime("us", "UTC"))
    return Times(pl.select(pl.when(pl.Series(inside)).then(times)).to_series(), unparsed, outside, notes)


def share_of_times(cells: pl.Series, settings: ReadSettings) -> float:
    """Return the share of filled cells, in [0, 1], that are times within the years allowed."""
    filled = cells.drop_nulls()
    return 0.0 if not len(filled) else 1.0 - parse_times(filled, settings).values.null_count() / len(filled)


def times_from_ids(ids: pl.Series, until: int) -> pl.Series:
    """Return the times (n,) that Twitter/X ids of 18 or 19 digits carry, null elsewhere.

    ``until`` is the latest believable time in microseconds since 1970; ids of other platforms mostly land
    beyond it. UTC milliseconds are (id >> 22) + 1288834974657.
    """
    digits = ids.str.contains(r"^\d{18,19}$").fill_null(False)
    numbers = pl.select(pl.when(digits).then(ids)).to_series().cast(pl.Int64, strict=False)
    carried = numbers.fill_null(0).to_numpy()
    micros = ((carried >> 22) + _SNOWFLAKE_EPOCH_MS) * 1000
    good = pl.Series((carried > 0) & (micros <= until))
    return pl.select(pl.when(good).then(pl.Series(micros).cast(pl.Datetime("us", "UTC")))).to_series()
