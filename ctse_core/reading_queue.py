"""Which posts to read next: the most urgent first, what is unlike anything read before, what many say on their own.

Levels of urgency come one after another. Within a level posts are taken one by one, each time the one with the best sum
of urgency, of independent authors, and of being unlike what was read or taken already: maximal marginal relevance
(Carbonell and Goldstein 1998, "The use of MMR, diversity-based reranking for reordering documents"). Copies of one post
are one.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ctse_core.types import Col, Vectors

LENGTH = 20
NEW = "new"
NEEDED = (
    Col.REPRESENTATIVE, Col.TIME, Col.STATE, Col.URGENCY, Col.URGENCY_SCORE, Col.INDEPENDENT
)  # fmt: skip
"""The columns of the posts table that the order follows from; without one of them it follows from the others."""
_POOL = 400  # of a level that are compared with each other
_READ = 2_000  # read posts that new ones are compared with
_NOVELTY, _INDEPENDENT = 0.2, 0.25  # what they weigh beside urgency's 1; see benchmarks/queue.py
_MANY = 16  # independent authors from which on more make no difference
NOT_JUDGED = -1


@dataclass(frozen=True)
class Next:
    """Posts to read next: ``rows`` in reading order (position, level, independent, novelty, members).

    ``level`` is the urgency, -1 where not judged; ``independent`` counts authors, null where not known; ``novelty`` is
    in [0, 1], null where nothing was compared; ``members`` counts the posts that a row stands for, itself and its
    copies. ``waiting`` counts the rows there would be without an end.
    """

    rows: pl.DataFrame
    waiting: int


def groups_of(posts: pl.DataFrame) -> pl.DataFrame:
    """Return the posts (with their ``position``) with one row a group of copies, the earliest of those given first.

    Columns: position, representative, level, score, independent, time, members; sorted by level, score, then newest.
    """
    has = set(posts.columns)
    level = pl.col(Col.URGENCY).fill_null(NOT_JUDGED) if Col.URGENCY in has else pl.lit(NOT_JUDGED)
    score = pl.col(Col.URGENCY_SCORE).fill_null(0.0) if Col.URGENCY_SCORE in has else pl.lit(0.0)
    independent = pl.col(Col.INDEPENDENT) if Col.INDEPENDENT in has else pl.lit(None, dtype=pl.Int32)
    group = pl.col(Col.REPRESENTATIVE) if Col.REPRESENTATIVE in has else pl.col("position")
    told = posts.select(
        pl.col("position"), group.cast(pl.Int64).alias("representative"), level.cast(pl.Int64).alias("level"),
        score.cast(pl.Float64).alias("score"), independent.cast(pl.Int64).alias("independent"),
        pl.col(Col.TIME).alias("time"),
    )  # fmt: skip
    return (
        told.group_by("representative")  # ordered below
        .agg(
            pl.col("position").min(), pl.col("level").max(), pl.col("score").max(), pl.col("independent").max(),
            pl.col("time").max(), pl.len().cast(pl.Int64).alias("members"),
        )
        .sort("level", "score", "time", "position", descending=[True, True, True, False], nulls_last=True)
    )  # fmt: skip


def next_to_read(
    posts: pl.DataFrame, whole: pl.DataFrame, vectors: Vectors, passed: Collection[int] = (), length: int = LENGTH
) -> Next:
    """Return the new posts to read next among ``posts`` (m rows with their ``position`` in ``whole``, n rows).

    ``vectors`` (n, d) are unit rows; ``passed`` are positions that were shown and left, which come no more.
    """
    fresh = groups_of(posts.filter(pl.col(Col.STATE) == NEW) if Col.STATE in posts.columns else posts)
    if passed:
        fresh = fresh.filter(~pl.col("position").is_in(list(passed)))
    read = _read_groups(whole)
    chosen: list[dict[str, Any]] = []
    seen = vectors[_spread(read, _READ)]
    for level in sorted(fresh["level"].unique().to_list(), reverse=True):
        if len(chosen) >= length:
            break
        pool = fresh.filter(pl.col("level") == level).head(_POOL)
        known = np.isin(pool["representative"].to_numpy(), read)
        taken, novelty = _taken(pool, vectors, (seen, known), length - len(chosen))
        seen = np.concatenate([seen, vectors[pool["position"].to_numpy()[taken]]])
        chosen += [pool.row(row, named=True) | {"novelty": new} for row, new in zip(taken, novelty, strict=True)]
    return Next(_table(chosen), fresh.height)


def in_order(posts: pl.DataFrame, start: int = 0, length: int = LENGTH) -> Next:
    """Return ``posts`` (m rows with their ``position``) by urgency, ``length`` from ``start`` on; copies are one."""
    grouped = groups_of(posts)
    shown = grouped.slice(start, length).with_columns(pl.lit(None, dtype=pl.Float64).alias("novelty"))
    return Next(_table(shown.to_dicts()), grouped.height)


def _read_groups(whole: pl.DataFrame) -> NDArray[np.int64]:
    """Return the positions of the representatives of which some copy was read."""
    if Col.STATE not in whole.columns:
        return np.empty(0, dtype=np.int64)
    of = pl.col(Col.REPRESENTATIVE) if Col.REPRESENTATIVE in whole.columns else pl.int_range(pl.len())
    read = whole.select(of.cast(pl.Int64).alias("of"), Col.STATE).filter(pl.col(Col.STATE) != NEW)["of"]
    return read.unique().sort().to_numpy()


def _spread(rows: NDArray[np.int64], most: int) -> NDArray[np.int64]:
    """Return at most so many of the rows, evenly from all of them."""
    if len(rows) <= most:
        return rows
    return rows[np.linspace(0, len(rows) - 1, most).astype(np.int64)]


def _taken(
    pool: pl.DataFrame, vectors: Vectors, read: tuple[Vectors, NDArray[np.bool_]], most: int
) -> tuple[list[int], list[float]]:
    """Return which rows of the pool (p rows) to read, in that order, and how new each is, in [0, 1].

    ``read`` holds the vectors (r, d) of what was read, and (p,) whose copies were.
    """
    own = np.asarray(vectors[pool["position"].to_numpy()], dtype=np.float32)
    authors = pool["independent"].fill_null(1).clip(1, _MANY).to_numpy()
    base = pool["score"].to_numpy() + _INDEPENDENT * np.log2(authors) / np.log2(_MANY)
    seen, known = read
    nearest = (own @ np.asarray(seen, dtype=np.float32).T).max(axis=1) if len(seen) else np.zeros(len(own))
    nearest = np.where(known, 1.0, np.clip(nearest, 0.0, 1.0))
    taken: list[int] = []
    novelty: list[float] = []
    free = np.ones(len(own), dtype=bool)
    for _ in range(min(most, len(own))):
        worth = np.where(free, base + _NOVELTY * (1.0 - nearest), -np.inf)
        best = int(worth.argmax())
        taken.append(best)
        novelty.append(float(1.0 - nearest[best]))
        free[best] = False
        nearest = np.maximum(nearest, np.clip(own @ own[best], 0.0, 1.0))
    return taken, novelty


def _table(rows: list[dict[str, Any]]) -> pl.DataFrame:
    schema = {
        "position": pl.Int64, "level": pl.Int64, "independent": pl.Int64, "novelty": pl.Float64, "members": pl.Int64
    }  # fmt: skip
    return pl.DataFrame([{name: row[name] for name in schema} for row in rows], schema=schema)
