"""What topics are made of: unique posts in their clusters, and how topics shall be shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ctse_core.structure.concepts import Encode
from ctse_core.structure.settings import check_ranges, knob
from ctse_core.structure.vocabulary import Vocabulary
from ctse_core.types import Labels, Vectors


@dataclass(frozen=True)
class TopicSettings:
    """How topics are named and shown."""

    words: int = knob(4, "Words in a name", "Words of a topic's name.", min=1, max=8)
    terms: int = knob(12, "Words of a topic", "Words kept for each topic.", min=1, max=40)
    typical: int = knob(5, "Typical posts", "Typical posts kept for each topic.", min=1, max=20)
    engine: str = knob(
        "own", "Words scored by", "Own count of c-TF-IDF in each language (starts at once) or BERTopic, the reference.",
        choices=("own", "bertopic"),
    )  # fmt: skip

    def __post_init__(self) -> None:
        """Refuse values outside their range.

        Raises:
            SettingError: a field lies outside its metadata's range.
        """
        check_ranges(self)


@dataclass(frozen=True)
class TopicInput:
    """Unique posts, row i of everything the same post, and the posts behind them."""

    texts: Sequence[str]
    """u texts, to name a topic that has no words; a column where ``looked_at`` tells which are taken out of it."""
    tokens: Sequence[Sequence[str]]
    """u lists of words, stop words left out, written as they shall be shown; a column as above."""
    languages: Sequence[str]
    """u language codes."""
    times: pl.Series
    """u times in UTC or nulls."""
    vectors: Vectors
    """(u, d) unit rows."""
    labels: Labels
    """(u,) clusters ranked by size, -1 unsorted."""
    strength: NDArray[np.float32]
    """(u,) in [0, 1]."""
    copies: NDArray
    """(u,) posts behind each unique post, itself counted."""
    positions: NDArray
    """(u,) row of each unique post in the posts table: what ``TopicCol.TYPICAL`` names."""
    unique_of: NDArray | None = None
    """(n,) the unique post of every post; with it the time span runs over copies too."""
    all_times: pl.Series | None = None
    """n times of every post, used with ``unique_of``."""
    encode: Encode | None = None
    """The encoder that made the vectors, for words; without it words are grouped only as ``known`` tells."""
    known: pl.DataFrame | None = None
    """Topics of the same posts, whose ``TopicCol.ORIGINALS`` tell which words mean the same."""
    wanted: int | None = None
    """So many clusters, the first ones, are described; the others only stand beside them. None: all are."""
    centred: Vectors | None = None
    """(u, d) ``vectors`` less their languages' offsets, where somebody has them already; (m, d) of ``looked_at``."""
    words: Vocabulary | None = None
    """The vocabulary of ``tokens`` and ``languages``, where somebody has it already."""
    looked_at: NDArray[np.int64] | None = None
    """(m,) ascending rows of the posts that names and typical posts come from; sizes are of all. None: all posts."""


def only_looked_at(posts: TopicInput) -> TopicInput:
    """Return the posts that names and typical posts come from, as posts of their own."""
    rows = posts.looked_at
    if rows is None:
        return posts
    return replace(
        posts,
        texts=_taken(posts.texts, rows),
        tokens=_taken(posts.tokens, rows),
        languages=[posts.languages[row] for row in rows.tolist()],
        times=posts.times.gather(rows),
        vectors=posts.vectors[rows],
        labels=posts.labels[rows],
        strength=posts.strength[rows],
        copies=np.asarray(posts.copies)[rows],
        positions=np.asarray(posts.positions)[rows],
        unique_of=None,
        all_times=None,
        words=None,
        looked_at=None,
    )


def _taken(column: Any, rows: NDArray[np.int64]) -> list[Any]:
    return column.gather(rows).to_list() if isinstance(column, pl.Series) else [column[row] for row in rows.tolist()]
