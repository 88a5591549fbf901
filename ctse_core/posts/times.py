"""UTC times out of a column of text, whatever way they are written, with every doubt counted."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ctse_core.posts.calendar_words import MONTHS, in_plain_signs
from ctse_core.posts.dates import DAY, SECOND, compact_dates, days_since_1970, month_length, zone_minutes
from ctse_core.posts.results import counted
from ctse_core.posts.settings import ReadSettings

_SNOWFLAKE_EPOCH_MS = 1_288_834_974_657

_CLOCK = (
    r"(?:(?: ?[t,·•-] ?| )(?:at |um |à |às |a las |la )?(?P<h>\d{1,2})[:.h](?P<i>\d{2})"
    r"(?:[:.](?P<s>\d{2})(?:[.,](?P<f>\d{1,9}))?)?"
    r"(?: ?(?P<p>[ap])\.? ?m\.?)?(?: ?(?P<z>z|utc|gmt|[ecmp][sd]t|(?:utc|gmt)? ?[+-]\d{1,2}(?::?\d{2})?))?)?$"
)
_WEEKDAY = r"(?:[\p{L}\p{M}]{2,15}\.?,? )?"
_MONTH = r"(?P<m>[\p{L}\p{M}]+(?: ال[\p{L}]+)?)\.?"
_GAP = r"(?: de | del | |-|/|\. ?|, ?)"
_FAMILIES = {
    "year first": r"^(?P<y>\d{4})[-/.](?P<m>\d{1,2})[-/.](?P<d>\d{1,2})" + _CLOCK,
    "numbers": r"^(?P<d>\d{1,2})[-/.](?P<m>\d{1,2})[-/.](?P<y>\d{4}|\d{2})" + _CLOCK,
    "day month": "^"
    + _WEEKDAY
    + r"(?P<d>\d{1,2})(?:st|nd|rd|th|er|º|\.)?"
    + _GAP
    + _MONTH
    + _GAP
    + r"(?P<y>\d{4}|\d{2})"
    + _CLOCK,
    "month day": "^" + _WEEKDAY + _MONTH + r"[ -](?P<d>\d{1,2})(?:st|nd|rd|th)?,? (?P<y>\d{4})" + _CLOCK,
}
_REWRITES = (
    (r" ?\([^)]*\)$", ""),  # "… GMT+0300 (Arabian Standard Time)"
    (
        r"^(.*\p{L}\.? \d{1,2}) (\d{1,2}:\d{2}:\d{2}) ([+-]\d{4}|[a-z]{1,4}) (\d{4})$",
        "$1 $4 $2 $3",
    ),  # Twitter's own
    (r"^(\d{1,2}:\d{2}(?::\d{2})?(?: ?[ap]\.?m\.?)?) ?[-·•,]? (.*\d.*)$", "$2 $1"),  # "1:08 PM - 27 Aug 2008"
)


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
    plain = in_plain_signs(cells.cast(pl.String))
    micros = np.zeros(len(plain), dtype=np.int64)
    state = np.zeros(len(plain), dtype=np.int8)  # 0 not read, 1 read with a zone, 2 read without one
    notes = _read_numbers(plain, settings, micros, state)
    left = _left(plain, state)
    if left.size:
        notes += _read_written(plain, left, settings, micros, state)
    filled = (plain.is_not_null() & (plain != "")).to_numpy()
    low, high = (
        days_since_1970(np.array([year]), 1, 1)[0] * DAY for year in (settings.earliest_year, settings.latest_year + 1)
    )
    inside = (state > 0) & (micros >= low) & (micros < high)
    outside, unparsed = int(((state > 0) & ~inside).sum()), int((filled & (state == 0)).sum())
    naive = int((inside & (state == 2)).sum())
    if naive:
        notes.append(f"{counted(naive, 'time has', 'times have')} no time zone; taken as UTC.")
    if outside:
        years = f"{settings.earliest_year} to {settings.latest_year}"
        notes.append(f"{counted(outside, 'time lies', 'times lie')} outside the years {years}; left empty.")
    if unparsed:
        example = plain.filter(pl.Series(filled & (state == 0)))[0][:40]
        notes.append(f"{counted(unparsed, 'cell holds', 'cells hold')} no time that can be read, such as {example!r}.")
    values = pl.Series(micros).cast(pl.Datetime("us", "UTC"))
    return Times(pl.select(pl.when(pl.Series(inside)).then(values)).to_series(), unparsed, outside, notes)


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


def _left(plain: pl.Series, state: NDArray[np.int8]) -> NDArray[np.int64]:
    return np.flatnonzero((state == 0) & plain.is_not_null().to_numpy())


def _read_numbers(
    plain: pl.Series, settings: ReadSettings, micros: NDArray[np.int64], state: NDArray[np.int8]
) -> list[str]:
    """Read cells that are nothing but a number: epochs, 20230206, 20230206123000 and Excel's day numbers."""
    at = np.flatnonzero(plain.str.contains(r"^\d{5,19}(\.\d+)?$").fill_null(False).to_numpy())
    if not at.size:
        return []
    cells = plain.gather(at)
    whole = cells.str.extract(r"^(\d+)").cast(pl.Int64, strict=False).fill_null(0).to_numpy()
    part = ("0" + cells.str.extract(r"(\.\d+)$").fill_null("")).cast(pl.Float64).to_numpy()
    size = cells.str.extract(r"^(\d+)").str.len_chars().to_numpy()
    dates = compact_dates(whole, size)
    found = np.select(
        [dates >= 0, size <= 5, size <= 11, size <= 14, size <= 16],
        [
            dates,
            np.rint((np.where(size <= 5, whole, 0) - 25_569 + part) * 86_400).astype(np.int64) * SECOND,
            whole * SECOND + np.rint(part * SECOND).astype(np.int64),
            whole * 1000,
            whole,
        ],
        whole // 1000,
    )
    micros[at], state[at] = found, np.where((dates >= 0) | (size <= 5), 2, 1)
    serials = int(((size <= 5) & (dates < 0)).sum())
    return [f"Read as day numbers of a spreadsheet: {counted(serials, 'time', 'times')}."] if serials else []


def _read_written(
    plain: pl.Series,
    left: NDArray[np.int64],
    settings: ReadSettings,
    micros: NDArray[np.int64],
    state: NDArray[np.int8],
) -> list[str]:
    """Read dates written out, one family of forms after another, over the cells still unread."""
    notes: list[str] = []
    written = plain.gather(left)
    for family, pattern in _FAMILIES.items():
        if family == "day month":  # only now: the common forms need no rewriting
            for found, instead in _REWRITES:
                written = written.str.replace(found, instead)
        groups = written.str.extract_groups(pattern).struct.unnest()
        hit = np.flatnonzero(groups["y"].is_not_null().to_numpy())
        if hit.size:
            notes += _place(family, groups[hit], left[hit], settings, micros, state)
        rest = np.flatnonzero(state[left] == 0)
        if not rest.size:
            break
        left, written = left[rest], written.gather(rest)
    return notes


def _place(
    family: str,
    parts: pl.DataFrame,
    at: NDArray[np.int64],
    settings: ReadSettings,
    micros: NDArray[np.int64],
    state: NDArray[np.int8],
) -> list[str]:
    """Turn the parts of dates of one family into microseconds where they are real dates."""

    def number(name: str) -> NDArray[np.int64]:
        return parts[name].cast(pl.Int64, strict=False).fill_null(0).to_numpy().copy()

    year, day, notes = number("y"), number("d"), list[str]()
    if parts.schema["m"] == pl.String and family in ("day month", "month day"):
        month = parts["m"].replace_strict(MONTHS, default=0, return_dtype=pl.Int64).to_numpy().copy()
    else:
        month = number("m")
    if family == "numbers":
        swap, notes = _month_first(day, month, parts, settings)
        day[swap], month[swap] = month[swap], day[swap].copy()
    short = (parts["y"].str.len_chars() == 2).to_numpy()
    year = np.where(short, year + np.where(year < 70, 2000, 1900), year)
    hour, minute, second = number("h"), number("i"), number("s")
    noon = parts["p"].fill_null("").to_numpy()
    hour = np.where(noon == "p", hour % 12 + 12, np.where(noon == "a", hour % 12, hour))
    good = (month >= 1) & (month <= 12) & (day >= 1) & (hour < 24) & (minute < 60) & (second <= 60)
    month = np.where(good, month, 1)
    good &= day <= month_length(year, month)
    fraction = parts["f"].fill_null("0").str.pad_end(6, "0").str.slice(0, 6).cast(pl.Int64).to_numpy()
    zone = parts["z"].replace_strict(
        {z: zone_minutes(z) for z in parts["z"].unique().drop_nulls()}, default=None, return_dtype=pl.Int64
    )
    offset = zone.fill_null(0).to_numpy()
    good &= np.abs(offset) <= 14 * 60
    found = (
        days_since_1970(year, month, day) * DAY + (hour * 3600 + (minute - offset) * 60 + second) * SECOND + fraction
    )
    micros[at] = np.where(good, found, 0)
    state[at] = np.where(good, np.where(zone.is_null().to_numpy(), 2, 1), 0)
    return notes


def _month_first(
    first: NDArray[np.int64], second: NDArray[np.int64], parts: pl.DataFrame, settings: ReadSettings
) -> tuple[NDArray[np.bool_], list[str]]:
    """Decide over the column which dates such as 03/04/2023 have the month first."""
    day_first, month_first = (first > 12), (second > 12)
    if settings.date_order != "auto":
        preferred = settings.date_order == "month first"
        return (month_first | preferred) & ~(day_first & ~month_first), []
    days, months = int(day_first.sum()), int(month_first.sum())
    undecided = int((~day_first & ~month_first).sum())
    if days or months:
        preferred = months > days
        mixed = [
            f"Dates are written both day first ({days:,}) and month first ({months:,}); "
            f"{undecided:,} that could be either were read {'month' if preferred else 'day'} first."
        ]
        return month_first | (preferred & ~day_first), mixed if days and months else []
    preferred = bool(parts["p"].is_not_null().any()) or _spread(first, second) < _spread(second, first)
    order = "month" if preferred else "day"
    note = "Nothing tells whether dates such as 03/04/2023 begin with the day or the month; they were read "
    return np.full(len(first), preferred), [f"{note}{order} first."]


def _spread(month: NDArray[np.int64], day: NDArray[np.int64]) -> int:
    """Return the span in days of dates read this way: the right order mostly gives the shorter one."""
    of_year = month * 31 + day
    return int(of_year.max() - of_year.min())
