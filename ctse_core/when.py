"""When something flared up: bursts of all posts, and of each topic, need and place among them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ctse_core.crisis.bursts import Burst, BurstSettings, bursts, microseconds
from ctse_core.types import UNSORTED, Col, TopicCol

if TYPE_CHECKING:
    from ctse_core.crisis_layer import Layer

EVERYTHING, TOPIC, NEED, PLACE = "all", "topic", "need", "place"
MOST_STREAMS = 120  # of one kind, the largest
LEAST_POSTS = 8  # unique and dated, of a stream that is looked at

BURSTS_SCHEMA: dict[str, Any] = {
    "kind": pl.Utf8,  # all, topic, need or place
    "key": pl.Utf8,  # the topic's id or the key of the need or place; "" for all
    "name": pl.Utf8,
    "start": pl.Datetime("us", "UTC"),
    "peak": pl.Datetime("us", "UTC"),
    "end": pl.Datetime("us", "UTC"),
    "posts": pl.Int64,  # unique ones
    "usual": pl.Float64,  # unique posts that such a stretch has as a rule
    "times": pl.Float64,
    "strength": pl.Float64,
    "authors": pl.Int64,  # different ones; null where the file names none
    "from_first": pl.Boolean,
    "to_last": pl.Boolean,
    "inner": pl.Boolean,
}


class _Stream(NamedTuple):
    """Unique posts that are followed together: what they are, and their rows among the unique posts (m,)."""

    kind: str
    key: str
    name: str
    rows: NDArray[np.int64]


def bursts_in(
    table: pl.DataFrame,
    topics: pl.DataFrame,
    layer: Layer | None = None,
    settings: BurstSettings | None = None,
) -> pl.DataFrame:
    """Return the bursts of the posts of ``table`` and of each topic, need and place among them, the strongest first.

    Copies count once, at the time of the earliest of them. A topic, need or place bursts where its share of all posts
    rises. The columns are those of ``BURSTS_SCHEMA``; undated posts have no part in any.
    """
    unique = _unique(table)
    if not unique.height:
        return pl.DataFrame(schema=BURSTS_SCHEMA)
    times = unique[Col.TIME].dt.epoch("us").to_numpy()
    people = unique[Col.AUTHOR] if Col.AUTHOR in unique.columns else None
    every = _Stream(EVERYTHING, "", "", np.arange(unique.height, dtype=np.int64))
    rows = [_row(every, one, times, people) for one in bursts(times, settings=settings)]
    streams = [*_of_topics(unique, topics), *_of_keys(unique, layer)]
    for stream in streams:
        found_here = bursts(times[stream.rows], times, len(streams), settings)
        rows += [_row(stream, one, times, people) for one in found_here]
    found = pl.DataFrame(rows, schema=BURSTS_SCHEMA, orient="row")
    return found.sort(["strength", "kind", "key", "start"], descending=[True, False, False, False])


def _unique(table: pl.DataFrame) -> pl.DataFrame:
    """Return the dated posts of different content, in order of time, each at the time of its earliest copy."""
    dated = table.filter(pl.col(Col.TIME).is_not_null())
    group = pl.col(Col.REPRESENTATIVE) if Col.REPRESENTATIVE in table.columns else pl.int_range(pl.len())
    wanted = [name for name in (Col.TIME, Col.AUTHOR, Col.CLUSTER, Col.NEEDS, Col.LOCATED) if name in table.columns]
    grouped = dated.select(*wanted, group.alias("group")).sort(Col.TIME, maintain_order=True)
    return grouped.unique("group", keep="first", maintain_order=True).drop("group")


def _of_topics(unique: pl.DataFrame, topics: pl.DataFrame) -> Iterator[_Stream]:
    if Col.CLUSTER not in unique.columns:
        return
    names = dict(topics.select(TopicCol.ID, TopicCol.NAME).rows())
    of = unique.select(pl.col(Col.CLUSTER).alias("key"), pl.int_range(pl.len()).alias("row"))
    for key, rows in _largest(of.filter(pl.col("key") != UNSORTED)):
        yield _Stream(TOPIC, str(key), str(names.get(key, "")), rows)


def _of_keys(unique: pl.DataFrame, layer: Layer | None) -> Iterator[_Stream]:
    if layer is None:
        return
    for kind, column, names in ((NEED, Col.NEEDS, layer.need_names), (PLACE, Col.LOCATED, layer.place_names)):
        if column not in unique.columns or unique.schema[column] != pl.List(pl.Utf8):
            continue
        of = unique.select(pl.col(column).alias("key"), pl.int_range(pl.len()).alias("row")).explode("key")
        for key, rows in _largest(of.drop_nulls().unique(maintain_order=True)):
            yield _Stream(kind, key, names.get(key, key), rows)


def _largest(of: pl.DataFrame) -> Iterable[tuple[Any, NDArray[np.int64]]]:
    """Return the keys that most rows have, with their rows in order, of a table of keys and rows."""
    grouped = of.group_by("key", maintain_order=True).agg("row", pl.len().alias("posts"))
    kept = grouped.filter(pl.col("posts") >= LEAST_POSTS).sort(["posts", "key"], descending=[True, False])
    head = kept.head(MOST_STREAMS)
    return [(key, np.array(rows, dtype=np.int64)) for key, rows in head.select("key", "row").iter_rows()]


def _row(stream: _Stream, one: Burst, times: NDArray[np.int64], people: pl.Series | None) -> tuple[Any, ...]:
    authors = None
    if people is not None:
        ends = [microseconds(one.start), microseconds(one.end) + 1]
        low, high = np.searchsorted(times[stream.rows], ends)
        named = people.gather(stream.rows[low:high]).drop_nulls()
        authors = named.n_unique() if len(named) else None
    told = (*stream[:3], one.start, one.peak, one.end, one.posts, one.usual, one.times, one.strength)
    return (*told, authors, one.from_first, one.to_last, one.inner)


def told_by(table: pl.DataFrame, topics: pl.DataFrame) -> int:
    """Return a number that is another one where the bursts of a project's posts, or what they are called, may be.

    They follow topics, needs and places alone: who has seen a post, and what it was tagged, changes nothing.
    """
    kept = [name for name in (Col.CLUSTER, Col.NEEDS, Col.LOCATED) if name in table.columns]
    numbered = table.select(pl.int_range(pl.len()).alias("at"), *kept)
    return hash((int(numbered.hash_rows(seed=0).sum()), tuple(topics[TopicCol.NAME].to_list())))
