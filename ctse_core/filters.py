"""The one filter that every page, search and export shares: which posts are looked at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ctse_core.errors import SettingError
from ctse_core.types import Col


@dataclass(frozen=True)
class Filter:
    """What a post must be like to be shown; an empty field lets every post through.

    ``languages`` are codes as in the ``lang`` column, ``topics`` are cluster ids (-1 for unsorted),
    ``since`` is inclusive and ``until`` exclusive, both UTC; undated posts pass only without them.
    ``words`` must occur in the text as written, case aside. ``originals`` leaves copies out.
    """

    languages: tuple[str, ...] = ()
    topics: tuple[int, ...] = ()
    since: datetime | None = None
    until: datetime | None = None
    words: str = ""
    originals: bool = False

    def __bool__(self) -> bool:
        return self != Filter()

    def expression(self) -> pl.Expr:
        """Return the filter as an expression over the posts table."""
        passes = pl.lit(True)
        if self.languages:
            passes &= pl.col(Col.LANG).is_in(list(self.languages))
        if self.topics:
            passes &= pl.col(Col.CLUSTER).is_in(list(self.topics))
        if self.since is not None:
            passes &= (pl.col(Col.TIME) >= self.since).fill_null(False)
        if self.until is not None:
            passes &= (pl.col(Col.TIME) < self.until).fill_null(False)
        if self.words.strip():
            lowered = pl.col(Col.TEXT).str.to_lowercase()
            passes &= lowered.str.contains(self.words.strip().lower(), literal=True)
        if self.originals:
            passes &= pl.col(Col.DUPLICATE_OF).is_null()
        return passes

    def mask(self, table: pl.DataFrame) -> NDArray[np.bool_]:
        """Return (n,) which posts of the table pass."""
        if not self or not table.height:
            return np.ones(table.height, dtype=bool)
        passes = table.select(self.expression().alias("passes"))["passes"].to_numpy()
        return np.asarray(passes, dtype=bool)

    def to_query(self) -> dict[str, str]:
        """Return the filter as address parameters; empty fields are left out."""
        fields = {
            "lang": ",".join(self.languages),
            "topic": ",".join(str(topic) for topic in self.topics),
            "since": _written(self.since),
            "until": _written(self.until),
            "words": self.words,
            "originals": "1" if self.originals else "",
        }
        return {key: value for key, value in fields.items() if value}

    @classmethod
    def from_query(cls, query: Mapping[str, str]) -> Filter:
        """Return the filter that the address parameters tell; parts that cannot be read are left out."""
        topics = []
        for part in query.get("topic", "").split(","):
            try:
                topics.append(int(part))
            except ValueError:
                continue
        return cls(
            languages=tuple(code for code in query.get("lang", "").split(",") if code),
            topics=tuple(topics),
            since=_time_or_none(query.get("since", "")),
            until=_time_or_none(query.get("until", "")),
            words=query.get("words", ""),
            originals=query.get("originals", "") == "1",
        )


def _written(moment: datetime | None) -> str:
    return "" if moment is None else moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _time_or_none(written: str) -> datetime | None:
    try:
        return parse_time(written) if written else None
    except SettingError:
        return None


def parse_time(written: str) -> datetime:
    """Return an ISO date or time as a moment in UTC; without a zone it is taken as UTC.

    Raises:
        SettingError: it is not a date or time of that form.
    """
    try:
        moment = datetime.fromisoformat(written.strip())
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError) as wrong:
        raise SettingError(
            f"“{written[:40]}” is not a date; write it as 2026-03-14 or 2026-03-14T05:00Z (UTC)."
        ) from wrong
