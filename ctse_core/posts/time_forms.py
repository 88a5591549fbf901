"""One family of written times after another: what each form means, over whole columns."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ctse_core.posts.calendar_words import MONTHS
from ctse_core.posts.dates import DAY, SECOND, compact_dates, days_since_1970, month_length, zone_minutes
from ctse_core.posts.results import counted
from ctse_core.posts.settings import ReadSettings

UNREAD, ZONED, NAIVE = 0, 1, 2

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
_QUICK = (
    ("%Y-%m-%dT%H:%M:%S%.fZ", ZONED),
    ("%Y-%m-%dT%H:%M:%S%.f%z", ZONED),
    ("%Y-%m-%d %H:%M:%S%.f", NAIVE),
    ("%Y-%m-%dT%H:%M:%S%.f", NAIVE),
    ("%a %b %d %H:%M:%S %z %Y", ZONED),
    ("%a, %d %b %Y %H:%M:%S %z", ZONED),
)


@dataclass(frozen=True)
class Reading:
    """Microseconds since 1970 (m,), what is known of each (m,): UNREAD, ZONED or NAIVE, and notes."""

    micros: NDArray[np.int64]
    state: NDArray[np.int8]
    notes: list[str] = field(default_factory=list)


def nothing_read(count: int) -> Reading:
    """Return a reading of ``count`` cells of which none is read yet."""
    return Reading(np.zeros(count, dtype=np.int64), np.zeros(count, dtype=np.int8))


def read_quickly(cells: pl.Series) -> Reading:
    """Read cells (m,) of the one common form that fits a sample of them; others stay unread."""
    sample = cells.gather_every(max(1, len(cells) // 50))
    for form, state in _QUICK:
        if sample.str.to_datetime(form, time_unit="us", strict=False).null_count():
            continue
        times = cells.str.to_datetime(form, time_unit="us", strict=False).cast(pl.Int64)
        states = np.where(times.is_null().to_numpy(), UNREAD, state).astype(np.int8)
        return Reading(times.fill_null(0).to_numpy(), states)
    return nothing_read(len(cells))


def read_numbers(cells: pl.Series) -> Reading:
    """Read cells (m,) that are only a number: epochs, 20230206, 20230206123000 and Excel's day numbers."""
    numbers = cells.cast(pl.Int64, strict=False)
    if numbers.null_count():
        numbers = cells.str.extract(r"^(\d+)(?:\.\d+)?$").cast(pl.Int64, strict=False)
    whole = numbers.fill_null(0).to_numpy()
    size = np.searchsorted(10 ** np.arange(1, 19, dtype=np.int64), whole, side="right") + 1
    known = numbers.is_not_null().to_numpy() & (size >= 5) & (whole > 0)
    if not known.any():
        return nothing_read(len(cells))
    part = np.zeros(len(cells))
    if cells.str.contains(".", literal=True).any():
        part = ("0" + cells.str.extract(r"(\.\d+)$").fill_null("")).cast(pl.Float64).to_numpy()
    dates = compact_dates(whole, size)
    days = np.where(size <= 5, whole - 25_569, 0) + part
    found = np.select(
        [dates >= 0, size <= 5, size <= 11, size <= 14, size <= 16],
        [
            dates,
            np.rint(days * 86_400).astype(np.int64) * SECOND,
            whole * SECOND + np.rint(part * SECOND).astype(np.int64),
            whole * 1000,
            whole,
        ],
        whole // 1000,
    )
    serials = int((known & (size <= 5) & (dates < 0)).sum())
    notes = [f"Read as day numbers of a spreadsheet: {counted(serials, 'time', 'times')}."] if serials else []
    state = np.where(known, np.where((dates >= 0) | (size <= 5), NAIVE, ZONED), UNREAD).astype(np.int8)
    return Reading(found, state, notes)


def read_written(cells: pl.Series, settings: ReadSettings) -> Reading:
    """Read dates written out (m,), in plain signs, one family of forms after another."""
    whole = nothing_read(len(cells))
    left = np.arange(len(cells))
    for family, pattern in _FAMILIES.items():
        if family == "day month":  # only now: the common forms need no rewriting
            for found, instead in _REWRITES:
                cells = cells.str.replace(found, instead)
        parts = cells.str.extract_groups(pattern).struct.unnest()
        hit = np.flatnonzero(parts["y"].is_not_null().to_numpy())
        if hit.size:
            read = _from_parts(family, parts[hit], settings)
            whole.micros[left[hit]], whole.state[left[hit]] = read.micros, read.state
            whole.notes.extend(read.notes)
        rest = np.flatnonzero(whole.state[left] == UNREAD)
        if not rest.size:
            break
        left, cells = left[rest], cells.gather(rest)
    return whole


def _from_parts(family: str, parts: pl.DataFrame, settings: ReadSettings) -> Reading:
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
    state = np.where(good, np.where(zone.is_null().to_numpy(), NAIVE, ZONED), UNREAD).astype(np.int8)
    return Reading(np.where(good, found, 0), state, notes)


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
