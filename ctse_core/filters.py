"""The one filter that every page, search and export shares: which posts are looked at."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, cast

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ctse_core.addresses import read_area, read_values, written_area, written_values
from ctse_core.areas import Area, inside
from ctse_core.errors import SettingError
from ctse_core.types import Col

PARAMETERS = (
    "lang", "topic", "since", "until", "undated", "place", "tag", "words", "originals", "area", "set", "file",
    "need", "urgency", "at", "state", "owner",
)  # fmt: skip
"""The address parameters that a filter is written into."""
UNPLACED, UNTAGGED, NO_NEED, NOWHERE, NOBODY = "", "", "", "", ""
NOT_JUDGED = -1
"""Stands for posts whose urgency nobody could judge."""


@dataclass(frozen=True)
class Filter:
    """What a post must be like to be shown; an empty field lets every post through.

    Within a field any of its values will do; between fields, and between ``sets``, all must hold. ``languages`` are
    codes as in the ``lang`` column, ``topics`` are cluster ids (-1 for unsorted), ``since`` is inclusive and
    ``until`` exclusive, both UTC: undated posts pass only without them. ``undated`` keeps the undated posts alone.
    ``places`` are values of the place column without blanks around ("" for posts without one), ``tags`` names of
    tags ("" for posts without any). ``words`` must occur in the text as written, case aside. ``originals`` leaves
    copies out. ``area`` is an outline on the map (``areas.area_of`` makes one), ``sets`` are keys of kept sets,
    ``files`` numbers of the project's files, 0 the first. ``needs`` are keys of information types ("" for posts that
    tell none), ``urgencies`` levels 0 to 3 (-1: not judged), ``located`` keys of places ("" for posts without a known
    one; a region or a country also lets through what lies in it), ``states`` as in the ``state`` column, ``owners``
    names ("" for posts that nobody works on).
    """

    languages: tuple[str, ...] = ()
    topics: tuple[int, ...] = ()
    since: datetime | None = None
    until: datetime | None = None
    words: str = ""
    originals: bool = False
    undated: bool = False
    places: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    area: Area = ()
    sets: tuple[str, ...] = ()
    files: tuple[int, ...] = ()
    needs: tuple[str, ...] = ()
    urgencies: tuple[int, ...] = ()
    located: tuple[str, ...] = ()
    states: tuple[str, ...] = ()
    owners: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return self != Filter()

    def having(self, field: str, values: object) -> Filter:
        """Return the filter with another value in one of its fields."""
        changed: dict[str, Any] = {field: values}
        return dataclasses.replace(self, **changed)

    def parts(self) -> list[Filter]:
        """Return the filter as filters of one condition each, all of which must hold."""
        told = ((field.name, getattr(self, field.name), field.default) for field in dataclasses.fields(self))
        parts = [Filter().having(name, value) for name, value, empty in told if value != empty and name != "sets"]
        return parts + [Filter(sets=(key,)) for key in self.sets]

    def expression(self) -> pl.Expr:
        """Return the filter as an expression over the posts table: all that the table tells, which is not ``sets``."""
        passes = pl.lit(True)
        if self.languages:
            passes &= pl.col(Col.LANG).is_in(list(self.languages))
        if self.topics:
            passes &= pl.col(Col.CLUSTER).is_in(list(self.topics))
        if self.since is not None:
            passes &= (pl.col(Col.TIME) >= self.since).fill_null(False)
        if self.until is not None:
            passes &= (pl.col(Col.TIME) < self.until).fill_null(False)
        if self.undated:
            passes &= pl.col(Col.TIME).is_null()
        if self.places:
            passes &= place_named().is_in(list(self.places))
        passes &= self._told()
        if self.words.strip():
            # Twenty times as fast as making lower case of every text.
            passes &= pl.col(Col.TEXT).str.contains(f"(?i){pl.escape_regex(self.words.strip())}")
        if self.originals:
            passes &= pl.col(Col.DUPLICATE_OF).is_null()
        if self.files:
            passes &= pl.col(Col.FILE).is_in(list(self.files))
        if self.area:
            passes &= pl.map_batches([pl.col(Col.X), pl.col(Col.Y)], self._inside, return_dtype=pl.Boolean)
        return passes

    def _told(self) -> pl.Expr:
        """Return the conditions on columns that are added after loading."""
        passes = pl.lit(True)
        for field, column, none in _ADDED:
            values = getattr(self, field)
            if values and column in _LISTS:
                passes &= _holding(column, values)
            elif values:
                passes &= pl.col(column).fill_null(none).is_in(list(values))
        return passes

    def _inside(self, points: Sequence[pl.Series]) -> pl.Series:
        x, y = (axis.cast(pl.Float64).fill_null(float("nan")).to_numpy() for axis in points)
        return pl.Series(inside(x, y, self.area))

    def mask(self, table: pl.DataFrame, sets: Mapping[str, NDArray[np.integer]] | None = None) -> NDArray[np.bool_]:
        """Return (n,) which posts of the whole table pass; ``sets`` gives the positions of each kept set.

        Raises:
            SettingError: the filter names a set that is not there.
        """
        if not self or not table.height:
            return np.ones(table.height, dtype=bool)
        # Tables without a column are tables in which nobody was told anything there.
        absent = {field: getattr(self, field) for field, column, _ in _ADDED if column not in table.columns}
        told = dataclasses.replace(self, sets=(), **cast("dict[str, Any]", dict.fromkeys(absent, ())))
        passes = np.ones(table.height, dtype=bool)
        if told:
            passes &= table.select(told.expression().alias("passes"))["passes"].to_numpy()
        for field, _, none in _ADDED:
            passes &= not absent.get(field) or none in absent[field]
        for key in self.sets:
            passes &= _of_set(key, sets or {}, table.height)
        return passes

    def to_query(self) -> dict[str, str]:
        """Return the filter as address parameters; empty fields are left out."""
        fields = {
            "lang": ",".join(self.languages),
            "topic": ",".join(str(topic) for topic in self.topics),
            "since": _written(self.since),
            "until": _written(self.until),
            "undated": "1" if self.undated else "",
            "place": written_values(self.places),
            "tag": written_values(self.tags),
            "words": self.words,
            "originals": "1" if self.originals else "",
            "area": written_area(self.area),
            "set": ",".join(self.sets),
            "file": ",".join(str(file) for file in self.files),
            "need": written_values(self.needs),
            "urgency": ",".join(str(level) for level in self.urgencies),
            "at": written_values(self.located),
            "state": ",".join(self.states),
            "owner": written_values(self.owners),
        }
        return {key: value for key, value in fields.items() if value}

    @classmethod
    def from_query(cls, query: Mapping[str, str]) -> Filter:
        """Return the filter that the address parameters tell; parts that cannot be read are left out."""
        return cls(
            languages=_parts(query.get("lang", "")),
            topics=_numbers(query.get("topic", "")),
            since=_time_or_none(query.get("since", "")),
            until=_time_or_none(query.get("until", "")),
            words=query.get("words", ""),
            originals=query.get("originals", "") == "1",
            undated=query.get("undated", "") == "1",
            places=read_values(query.get("place", "")),
            tags=read_values(query.get("tag", "")),
            area=read_area(query.get("area", "")),
            sets=_parts(query.get("set", "")),
            files=_numbers(query.get("file", "")),
            needs=read_values(query.get("need", "")),
            urgencies=_numbers(query.get("urgency", "")),
            located=read_values(query.get("at", "")),
            states=_parts(query.get("state", "")),
            owners=read_values(query.get("owner", "")),
        )


def place_named() -> pl.Expr:
    """Return each post's place without blanks around, "" where it has none."""
    return pl.col(Col.PLACE).cast(pl.Utf8).fill_null(UNPLACED).str.strip_chars()


_ADDED: tuple[tuple[str, str, Any], ...] = (
    ("tags", Col.TAGS, UNTAGGED),
    ("needs", Col.NEEDS, NO_NEED),
    ("located", Col.WITHIN, NOWHERE),
    ("urgencies", Col.URGENCY, NOT_JUDGED),
    ("states", Col.STATE, "new"),
    ("owners", Col.OWNER, NOBODY),
)
"""Fields about columns that are added after loading, and the value that stands for posts without any."""
_LISTS = {Col.TAGS, Col.NEEDS, Col.WITHIN}


def _holding(column: str, values: tuple[str, ...]) -> pl.Expr:
    """Return whether a column of lists holds any of ``values``; "" stands for an empty list."""
    named = [value for value in values if value]
    found = pl.lit(False)
    if named:
        found |= pl.col(column).list.eval(pl.element().is_in(named)).list.any().fill_null(False)
    if "" in values:
        found |= pl.col(column).list.len().fill_null(0) == 0
    return found


def _of_set(key: str, sets: Mapping[str, NDArray[np.integer]], posts: int) -> NDArray[np.bool_]:
    positions = sets.get(key)
    if positions is None:
        raise SettingError(f"The kept posts “{key[:20]}” are not part of this project; take that filter off.")
    here = np.zeros(posts, dtype=bool)
    here[positions[(positions >= 0) & (positions < posts)]] = True
    return here


def _parts(written: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(part for part in written.split(",") if part))


def _numbers(written: str) -> tuple[int, ...]:
    numbers: list[int] = []
    for part in _parts(written):
        try:
            number = int(part)
        except ValueError:
            continue
        if -(2**31) <= number < 2**31 and number not in numbers:
            numbers.append(number)
    return tuple(numbers)


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
