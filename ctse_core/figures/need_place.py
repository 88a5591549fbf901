"""What is needed where, since when: needs against places, each cell with its posts and how fresh they are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ctse_core.figures.place_marks import CRITICAL, HIGH
from ctse_core.types import Col
from ctse_core.words import t

MOST_NEEDS, MOST_PLACES = 30, 12
ALL, ONE, REST, WIDER, NONE = "all", "one", "rest", "wider", "none"
"""What a line stands for: every post, one value, the rarer values, a place too wide for the level, nothing told."""
_NEVER = np.iinfo(np.int64).min


@dataclass(frozen=True)
class Line:
    """A row or a column: its name, what of ALL, ONE, REST, WIDER, NONE it is, and the keys it stands for."""

    name: str
    kind: str
    keys: tuple[str, ...] = ()


@dataclass(frozen=True)
class NeedPlace:
    """Needs in rows (r), places in columns (c), the first of each for all posts.

    ``posts``, ``critical``, ``urgent`` (high or critical), ``unread`` are (r, c) counts; ``newest`` and ``oldest``
    (r, c) microseconds since 1970, the least int64 where no post of the cell has a time. A post with two needs or two
    places is in each of their cells; lines for all posts count it once. ``repeated`` posts are in more than one cell.
    """

    rows: tuple[Line, ...]
    columns: tuple[Line, ...]
    posts: NDArray[np.int64]
    critical: NDArray[np.int64]
    urgent: NDArray[np.int64]
    unread: NDArray[np.int64]
    newest: NDArray[np.int64]
    oldest: NDArray[np.int64]
    repeated: int
    level: str
    in_row: NDArray[np.bool_]
    """(n, r) and the next (n, c): which posts each line holds."""
    in_column: NDArray[np.bool_]

    def time(self, stamps: NDArray[np.int64], row: int, column: int) -> datetime | None:
        """Return a time out of ``newest`` or ``oldest``, None where no post of the cell has one."""
        return moment(int(stamps[row, column]))

    def cell(self, row: int, column: int) -> NDArray[np.int64]:
        """Return the rows of the table, ascending, of the posts in a cell."""
        return np.flatnonzero(self.in_row[:, row] & self.in_column[:, column])


def moment(stamp: int) -> datetime | None:
    """Return microseconds since 1970 as a time in UTC, the least int64 as None."""
    return None if stamp == _NEVER else datetime.fromtimestamp(stamp / 1e6, UTC)


@dataclass(frozen=True)
class Shown:
    """How many ``needs`` and ``places`` have a line of their own; ``first`` are keys of needs before all others."""

    needs: int = MOST_NEEDS
    places: int = MOST_PLACES
    first: frozenset[str] = frozenset()


def need_place(
    table: pl.DataFrame,
    places: pl.DataFrame,
    level: str,
    names: Mapping[str, str],
    shown: Shown | None = None,
) -> NeedPlace:
    """Return needs against places for the posts in ``table`` (n rows), places of a level: town, region or country.

    ``places`` is as for ``place_marks``, ``names`` the names of needs by key. Lines with the most posts of high or
    critical urgency come first, then those with most posts; needs that ask somebody to act before all others.
    """
    n, shown = table.height, shown or Shown()
    urgency = _numbers(table, Col.URGENCY)
    weights = np.where(urgency >= HIGH, n + 1.0, 1.0)
    wanted = places.filter(pl.col("kind") == level)
    labels = dict(wanted.select("key", "name").iter_rows())
    in_row, rows = _lines(table, Col.NEEDS, dict(names), weights, (shown.needs, "need", shown.first))
    in_column, columns = _lines(table, Col.WITHIN, labels, weights, (shown.places, level, frozenset()))
    new = table[Col.STATE].fill_null("new").eq("new").to_numpy() if Col.STATE in table.columns else np.ones(n, bool)
    stamps = np.full(n, _NEVER)
    if Col.TIME in table.columns and n:
        stamps = table[Col.TIME].dt.timestamp("us").fill_null(_NEVER).to_numpy()
    shape = (len(rows), len(columns))
    sums = {name: np.zeros(shape, dtype=np.int64) for name in ("posts", "critical", "urgent", "unread")}
    newest, oldest = np.full(shape, _NEVER), np.full(shape, _NEVER)
    for column in range(len(columns)):
        here = np.flatnonzero(in_column[:, column])
        inside = in_row[here]
        told = {
            "posts": np.ones(len(here), bool),
            "critical": urgency[here] >= CRITICAL,
            "urgent": urgency[here] >= HIGH,
        }
        for name, which in (told | {"unread": new[here]}).items():
            sums[name][:, column] = inside[which].sum(axis=0)
        if len(here):
            at = stamps[here, None]
            newest[:, column] = np.where(inside, at, _NEVER).max(axis=0)
            first = np.where(inside & (at != _NEVER), at, np.iinfo(np.int64).max).min(axis=0)
            oldest[:, column] = np.where(first == np.iinfo(np.int64).max, _NEVER, first)
    cells = in_row[:, 1:].sum(axis=1) * in_column[:, 1:].sum(axis=1)
    return NeedPlace(
        rows, columns, **sums, newest=newest, oldest=oldest, repeated=int((cells > 1).sum()), level=level,
        in_row=in_row, in_column=in_column,
    )  # fmt: skip


def _numbers(table: pl.DataFrame, column: str) -> NDArray[np.int64]:
    if column not in table.columns:
        return np.full(table.height, -1)
    return table[column].cast(pl.Int64).fill_null(-1).to_numpy()


def _lines(
    table: pl.DataFrame, column: str, names: dict[str, str], weights: NDArray, shape: tuple[int, str, frozenset[str]]
) -> tuple[NDArray[np.bool_], tuple[Line, ...]]:
    """Return which posts each line holds, (n, lines), and the lines.

    ``shape``: how many at most, of what, and the keys that stand before all others.
    """
    most, of, first = shape
    told = pl.DataFrame(schema={"post": pl.UInt32, "key": pl.Utf8})
    if column in table.columns:
        told = table.select(pl.col(column).alias("key")).with_row_index("post")
        told = told.filter(pl.col("key").list.len() > 0).explode("key").unique(maintain_order=True)
    any_told = np.zeros(table.height, dtype=bool)
    any_told[told["post"].to_numpy()] = True
    # What has no name in the scheme as it is now is shown under its key, never lost.
    known = told if of == "need" else told.filter(pl.col("key").is_in(list(names)))
    weighed = known.with_columns(pl.Series("weight", weights[known["post"].to_numpy()]))
    ranked = weighed.group_by("key").agg(pl.col("weight").sum())
    ranked = ranked.sort(pl.col("key").is_in(list(first)), "weight", "key", descending=[True, True, False])
    keys = ranked["key"].to_list()
    head = keys[:most] if len(keys) > most + 1 else keys
    lines = [Line(_all_name(of), ALL), *(Line(names.get(key, key), ONE, (key,)) for key in head)]
    place = {key: number + 1 for number, key in enumerate(head)}
    if len(head) < len(keys):
        place |= dict.fromkeys(keys[len(head) :], len(lines))
        lines.append(Line(_rest_name(of, len(keys) - len(head)), REST, tuple(keys[len(head) :])))
    held = np.zeros((table.height, len(lines) + 2), dtype=bool)
    held[:, 0] = True
    if known.height:
        at = known["key"].replace_strict(place, return_dtype=pl.Int64).to_numpy()
        held[known["post"].to_numpy(), at] = True
    held[:, -2] = any_told & ~held[:, 1:-2].any(axis=1)
    held[:, -1] = ~any_told
    lines += [Line(_wider_name(of), WIDER), Line(_none_name(of), NONE, ("",))]
    shown = [number for number, line in enumerate(lines) if line.kind not in (WIDER, NONE) or held[:, number].any()]
    return held[:, shown], tuple(lines[number] for number in shown)


def _all_name(of: str) -> str:
    return t("All posts") if of == "need" else t("All places")


def _rest_name(of: str, count: int) -> str:
    return t("{count:,} rarer needs", count=count) if of == "need" else t("{count:,} more places", count=count)


def _wider_name(of: str) -> str:
    return t("Only a country") if of == "region" else t("Only a wider area")


def _none_name(of: str) -> str:
    return t("No need told") if of == "need" else t("No known place")


def matrix_table(cells: NeedPlace) -> pl.DataFrame:
    """Return the matrix as a table: a row a need, a column of counts a place."""
    told: dict[str, list[str] | list[int]] = {t("need"): [line.name for line in cells.rows]}
    for number, line in enumerate(cells.columns):
        name, again = line.name, 2
        while name in told:
            name, again = f"{line.name} ({again})", again + 1
        told[name] = cells.posts[:, number].tolist()
    return pl.DataFrame(told)


def matrix_sentence(cells: NeedPlace) -> str:
    """Return what the matrix says in words: how many posts it holds, where they add up and what presses most."""
    told = [t("{count:,} posts.", count=int(cells.posts[0, 0]))]
    top = _most_urgent(cells)
    if top is not None:
        row, column = top
        said = t("{need} in {place}", need=cells.rows[row].name, place=cells.columns[column].name)
        told.append(
            t("Most urgent posts: {cell}, {count:,} high or critical.", cell=said, count=int(cells.urgent[top]))
        )
    if cells.repeated:
        told.append(
            t(
                "{count:,} posts tell several needs or places and stand in each of their cells; the lines for all "
                "count them once.",
                count=cells.repeated,
            )
        )
    return " ".join(told)


def _most_urgent(cells: NeedPlace) -> tuple[int, int] | None:
    single = [number for number, line in enumerate(cells.rows) if line.kind == ONE]
    across = [number for number, line in enumerate(cells.columns) if line.kind == ONE]
    if not single or not across:
        return None
    urgent = cells.urgent[np.ix_(single, across)]
    row, column = np.unravel_index(int(urgent.argmax()), urgent.shape)
    return (single[int(row)], across[int(column)]) if urgent[row, column] else None
