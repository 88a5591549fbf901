"""Arithmetic of dates and zones over whole arrays, which never fails on an impossible one."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

DAY, SECOND = 86_400_000_000, 1_000_000
"""Microseconds of a day and of a second."""
_ZONES = {
    "est": -300,
    "edt": -240,
    "cst": -360,
    "cdt": -300,
    "mst": -420,
    "mdt": -360,
    "pst": -480,
    "pdt": -420,
}


def days_since_1970(
    year: NDArray[np.int64], month: NDArray[np.int64] | int, day: NDArray[np.int64] | int
) -> NDArray[np.int64]:
    """Return days since 1970-01-01 of dates in the Gregorian calendar (Hinnant's days_from_civil)."""
    year = year - (np.asarray(month) <= 2)
    era = year // 400
    of_era = year - era * 400
    of_year = (153 * (np.asarray(month) + np.where(np.asarray(month) > 2, -3, 9)) + 2) // 5 + day - 1
    return era * 146_097 + of_era * 365 + of_era // 4 - of_era // 100 + of_year - 719_468


def month_length(year: NDArray[np.int64], month: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the days, 28 to 31, of months given as year (n,) and month (n,) in 1 to 12."""
    return days_since_1970(year + month // 12, month % 12 + 1, 1) - days_since_1970(year, month, 1)


def compact_dates(whole: NDArray[np.int64], size: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return microseconds of yyyymmdd, yyyymmddHHMM and yyyymmddHHMMSS, -1 where the digits are no date."""
    scale = np.select([size == 8, size == 12, size == 14], [1_000_000, 100, 1], 0)
    full = np.where(scale > 0, whole, 0) * np.maximum(scale, 1)
    year, month, day = full // 10**10, full // 10**8 % 100, full // 10**6 % 100
    hour, minute, second = full // 10**4 % 100, full // 100 % 100, full % 100
    good = (scale > 0) & (year >= 1900) & (year <= 2199) & (month >= 1) & (month <= 12) & (day >= 1)
    good &= (hour < 24) & (minute < 60) & (second < 60)
    month = np.where(good, month, 1)
    good &= day <= month_length(np.where(good, year, 2000), month)
    micros = days_since_1970(year, month, day) * DAY + (hour * 3600 + minute * 60 + second) * SECOND
    return np.where(good, micros, -1)


def zone_minutes(zone: str) -> int:
    """Return minutes east of UTC of a zone as written: z, utc, est, +0300, gmt+3, -05:30."""
    if zone in _ZONES:
        return _ZONES[zone]
    digits = zone.lstrip("utcgmz ").replace(":", "")
    if not digits:
        return 0
    sign = -1 if digits[0] == "-" else 1
    digits = digits[1:]
    hours, minutes = (digits[:-2], digits[-2:]) if len(digits) > 2 else (digits, "0")
    return sign * (int(hours) * 60 + int(minutes))
