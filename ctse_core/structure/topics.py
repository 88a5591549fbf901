"""Clusters become topics: one row a cluster with its name, words, typical posts, languages and time span."""

from __future__ import annotations

from collections import Counter

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ctse_core.structure.called import NAMES, ORIGINALS, Called, call_topics
from ctse_core.structure.languages import centre_languages
from ctse_core.structure.topic_input import TopicInput, TopicSettings, only_looked_at
from ctse_core.structure.typical import Members, typical_posts
from ctse_core.types import UNSORTED, Progress, TopicCol, Vectors, no_progress

__all__ = ["TopicInput", "TopicSettings", "name_topics"]


def name_topics(
    posts: TopicInput,
    settings: TopicSettings | None = None,
    progress: Progress = no_progress,
    scored: list[list[tuple[str, float]]] | None = None,
) -> pl.DataFrame:
    """Return the topics table: one row a cluster, ids equal to the labels, columns as in ``TopicCol``.

    Words are scored by c-TF-IDF within their languages, unless ``scored`` has them (a list a cluster, best first), and
    grouped over the languages into concepts. Names take concepts that say different things. Sizes, languages, shares
    and mean strength count copies. Each topic needs a post among ``posts.looked_at``, where these are given.
    """
    settings = settings or TopicSettings()
    count = int(np.max(posts.labels, initial=UNSORTED)) + 1
    count = count if posts.wanted is None else min(count, posts.wanted)
    members = [np.flatnonzero(posts.labels == label) for label in range(count)]
    some = only_looked_at(posts)
    centred = some.centred
    if centred is None:
        centred = centre_languages(some.vectors, some.languages) if count else some.vectors
    typical = []
    for label in range(count):
        typical.append(_typical(some, centred, np.flatnonzero(some.labels == label), settings))
        progress(0.4 * (label + 1) / count, "Choosing typical posts")
    beginnings = [some.texts[places[0]] for places in typical]
    progress(0.4, "Finding the words of each topic")
    called = call_topics(some, centred, settings, beginnings, scored)
    standing = np.asarray(some.positions, dtype=np.int64)
    return _table(posts, members, called, [standing[places].tolist() for places in typical])


def _languages(posts: TopicInput, inside: NDArray) -> Counter[str]:
    counted: Counter[str] = Counter()
    for post in inside.tolist():
        counted[posts.languages[post]] += int(posts.copies[post])
    return counted


def _typical(posts: TopicInput, vectors: Vectors, inside: NDArray, settings: TopicSettings) -> list[int]:
    """Return the typical posts of a topic as places among the unique posts."""
    some = inside.tolist()
    members = Members(
        vectors[inside],
        [posts.tokens[post] for post in some],
        [posts.languages[post] for post in some],
        posts.strength[inside],
    )
    return [some[place] for place in typical_posts(members, settings.typical)]


def _table(posts: TopicInput, members: list[NDArray], called: Called, typical: list[list[int]]) -> pl.DataFrame:
    """Return the table; ``typical`` are positions in the posts table."""
    copies = np.asarray(posts.copies, dtype=np.int64)
    sizes = [int(copies[inside].sum()) for inside in members]
    everyone = max(1, int(copies.sum()))
    spoken = [_languages(posts, inside) for inside in members]
    by_posts = [sorted(langs.items(), key=lambda item: (-item[1], item[0])) for langs in spoken]
    table = pl.DataFrame(
        {
            TopicCol.ID: pl.Series(range(len(members)), dtype=pl.Int32),
            TopicCol.NAME: pl.Series(called.names, dtype=pl.Utf8),
            TopicCol.TERMS: pl.Series(called.terms, dtype=pl.List(pl.Utf8)),
            TopicCol.SIZE: pl.Series(sizes, dtype=pl.Int64),
            TopicCol.UNIQUE: pl.Series([len(inside) for inside in members], dtype=pl.Int64),
            TopicCol.SHARE: pl.Series([size / everyone for size in sizes], dtype=pl.Float64),
            TopicCol.LANGUAGES: pl.Series([[name for name, _ in langs] for langs in by_posts], dtype=pl.List(pl.Utf8)),
            TopicCol.LANGUAGE_POSTS: pl.Series(
                [[size for _, size in langs] for langs in by_posts], dtype=pl.List(pl.Int64)
            ),
            TopicCol.TYPICAL: pl.Series(typical, dtype=pl.List(pl.Int64)),
            TopicCol.STRENGTH: pl.Series(
                [float(np.average(posts.strength[inside], weights=copies[inside])) for inside in members],
                dtype=pl.Float64,
            ),
            TopicCol.NAMES: pl.Series(called.by_language, dtype=NAMES),
            TopicCol.ORIGINALS: pl.Series(called.originals, dtype=ORIGINALS),
        }
    )
    spans = table.join(_spans(posts), on=TopicCol.ID, how="left", maintain_order="left")
    return spans.select(_ORDER)


def _spans(posts: TopicInput) -> pl.DataFrame:
    """Return first and last time of each cluster, over every post where they are known."""
    labels, times = np.asarray(posts.labels), posts.times
    if posts.unique_of is not None and posts.all_times is not None:
        labels, times = labels[posts.unique_of], posts.all_times
    frame = pl.DataFrame({TopicCol.ID: pl.Series(labels, dtype=pl.Int32), "time": times.alias("time")})
    return frame.group_by(TopicCol.ID).agg(
        pl.col("time").min().alias(TopicCol.FIRST), pl.col("time").max().alias(TopicCol.LAST)
    )


_ORDER = [
    TopicCol.ID,
    TopicCol.NAME,
    TopicCol.TERMS,
    TopicCol.SIZE,
    TopicCol.UNIQUE,
    TopicCol.SHARE,
    TopicCol.LANGUAGES,
    TopicCol.LANGUAGE_POSTS,
    TopicCol.FIRST,
    TopicCol.LAST,
    TopicCol.TYPICAL,
    TopicCol.STRENGTH,
    TopicCol.NAMES,
    TopicCol.ORIGINALS,
]
