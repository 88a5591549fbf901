"""How old posts are: against which moment, from when on they are stale, and how that is said."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import polars as pl

from ctse_core.types import Col
from ctse_core.words import t

HOURS = (6, 12, 24, 48, 72, 168, 0)
"""Limits that a person can choose, in hours; 0: nothing is ever stale."""


@dataclass(frozen=True)
class Ages:
    """Ages are counted back from ``moment`` (UTC, None: no post has a time); over ``hours`` is stale, 0: never."""

    moment: datetime | None
    hours: int = 24
    now: bool = False  # counted from the clock, not from the newest post

    def stale(self, newest: datetime | None) -> bool:
        """Return whether what was last told at ``newest`` is older than the limit; what has no time is not."""
        if newest is None or self.moment is None or not self.hours:
            return False
        return self.moment - newest > timedelta(hours=self.hours)

    def said(self, newest: datetime | None) -> str:
        """Return how old something is in two or three letters and a number: "35 min", "5 h", "3 d"."""
        if newest is None or self.moment is None:
            return t("no time")
        return age_words(self.moment - newest)

    def told(self) -> str:
        """Return in a sentence from when ages are counted, and what is stale."""
        if self.moment is None:
            return t("No post has a time, so nothing is called old.")
        at = f"{self.moment:%Y-%m-%d %H:%M} UTC"
        since = t("Ages are counted from now, {at}.", at=at) if self.now else _from_newest(at)
        if not self.hours:
            return since
        return f"{since} {t('Grey: nothing newer than {limit}.', limit=age_words(timedelta(hours=self.hours)))}"


def _from_newest(at: str) -> str:
    return t("Ages are counted from the newest post of all files, {at}.", at=at)


def ages_of(table: pl.DataFrame, hours: int = 24, now: bool = False) -> Ages:
    """Return the ages of a project's posts, counted from the newest of ``table`` or, with ``now``, from the clock."""
    if now:
        return Ages(datetime.now(UTC), hours, now=True)
    newest = table[Col.TIME].max() if Col.TIME in table.columns else None
    return Ages(newest if isinstance(newest, datetime) else None, hours)


def age_words(age: timedelta) -> str:
    """Return an age in one unit, rounded down: minutes under two hours, hours under two days, days, then years."""
    minutes = max(0, int(age.total_seconds() // 60))
    if minutes < 120:
        return t("{count:,} min", count=minutes)
    if minutes < 48 * 60:
        return t("{count:,} h", count=minutes // 60)
    days = minutes // (24 * 60)
    return t("{count:,} d", count=days) if days < 730 else t("{count:,} y", count=days // 365)
