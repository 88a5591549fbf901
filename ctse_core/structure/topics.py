"""Clusters become topics: one row a cluster with its name, words, typical posts, languages and time span."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ctse_core.structure.clusters import centres
from ctse_core.structure.languages import centre_languages
from ctse_core.structure.namer import topic_terms, word_meanings
from ctse_core.structure.names import (
    join_phrases,
    main_languages,
    order_by_language,
    unique_names,
    weighed_terms,
)
from ctse_core.structure.settings import check_ranges, knob
from ctse_core.structure.typical import Members, typical_posts
from ctse_core.types import UNSORTED, Labels, Progress, TopicCol, Vectors, no_progress

_LEAST = 3  # words of single posts fill up to so many


@dataclass(frozen=True)
class TopicSettings:
    """How topics are named and shown."""

    words: int = knob(4, "Words in a name", "Words of a topic's name.", min=1, max=8)
    terms: int = knob(12, "Words of a topic", "Words kept for each topic.", min=1, max=40)
    typical: int = knob(5, "Typical posts", "Typical posts kept for each topic.", min=1, max=20)

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
    """u texts, to name a topic that has no words."""
    tokens: Sequence[Sequence[str]]
    """u lists of words, stop words left out, written as they shall be shown."""
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


def name_topics(
    posts: TopicInput,
    settings: TopicSettings | None = None,
    progress: Progress = no_progress,
    scored: list[list[tuple[str, float]]] | None = None,
) -> pl.DataFrame:
    """Return the topics table: one row a cluster, ids equal to the labels, columns as in ``TopicCol``.

    BERTopic scores the words, unless ``scored`` has them, a list a cluster, best first; names take words that say
    different things, the main language's first. Sizes, languages, shares and mean strength count copies.
    """
    settings = settings or TopicSettings()
    count = int(np.max(posts.labels, initial=UNSORTED)) + 1
    members = [np.flatnonzero(posts.labels == label) for label in range(count)]
    spoken = [_languages(posts, inside) for inside in members]
    overall = _languages(posts, np.arange(len(posts.labels)))
    progress(0.0, "Finding the words of each topic")
    scored = topic_terms(posts.tokens, posts.vectors, posts.labels) if scored is None else scored
    progress(0.6, "Choosing names and typical posts")
    centred = centre_languages(posts.vectors, posts.languages) if count else posts.vectors
    nearness = _nearness(posts, centred, scored)
    terms = [
        _words(
            posts,
            inside,
            scored[label],
            nearness[label],
            main_languages(spoken[label], overall),
            overall,
        )
        for label, inside in enumerate(members)
    ]
    typical = []
    for label, inside in enumerate(members):
        typical.append(_typical(posts, centred, inside, settings))
        progress(0.6 + 0.4 * (label + 1) / count, "Choosing names and typical posts")
    names = unique_names(terms, [posts.texts[some[0]] for some in typical], settings.words)
    return _table(posts, members, names, [words[: settings.terms] for words in terms], typical, spoken)


def _languages(posts: TopicInput, inside: NDArray) -> Counter[str]:
    counted: Counter[str] = Counter()
    for post in inside.tolist():
        counted[posts.languages[post]] += int(posts.copies[post])
    return counted


def _nearness(posts: TopicInput, vectors: Vectors, scored: list[list[tuple[str, float]]]) -> list[dict[str, float]]:
    """Return for each topic how near each of its words lies to it, about [0, 1]."""
    place, meanings = word_meanings(posts.tokens, (word for some in scored for word, _ in some), vectors)
    middles = centres(vectors, posts.labels)
    return [
        {word: float(meanings[place[word]] @ middles[label]) for word, _ in some if word in place}
        for label, some in enumerate(scored)
    ]


def _words(
    posts: TopicInput,
    inside: NDArray,
    scored: list[tuple[str, float]],
    nearness: dict[str, float],
    main: list[str],
    overall: Counter[str],
) -> list[str]:
    """Return a topic's words as they shall be read; words of a single post only where others are few."""
    some = inside.tolist()
    tokens = [posts.tokens[post] for post in some]
    terms = weighed_terms(scored, tokens, [posts.languages[post] for post in some], nearness)
    ordered = order_by_language(join_phrases(terms, tokens), main, overall)
    shared = [term.word for term in ordered if len(term.posts) > 1]
    return shared + [term.word for term in ordered if len(term.posts) < 2][: max(0, _LEAST - len(shared))]


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


def _table(
    posts: TopicInput,
    members: list[NDArray],
    names: list[str],
    terms: list[list[str]],
    typical: list[list[int]],
    spoken: list[Counter[str]],
) -> pl.DataFrame:
    copies = np.asarray(posts.copies, dtype=np.int64)
    sizes = [int(copies[inside].sum()) for inside in members]
    everyone = max(1, int(copies.sum()))
    by_posts = [sorted(langs.items(), key=lambda item: (-item[1], item[0])) for langs in spoken]
    positions = np.asarray(posts.positions, dtype=np.int64)
    table = pl.DataFrame(
        {
            TopicCol.ID: pl.Series(range(len(members)), dtype=pl.Int32),
            TopicCol.NAME: pl.Series(names, dtype=pl.Utf8),
            TopicCol.TERMS: pl.Series(terms, dtype=pl.List(pl.Utf8)),
            TopicCol.SIZE: pl.Series(sizes, dtype=pl.Int64),
            TopicCol.UNIQUE: pl.Series([len(inside) for inside in members], dtype=pl.Int64),
            TopicCol.SHARE: pl.Series([size / everyone for size in sizes], dtype=pl.Float64),
            TopicCol.LANGUAGES: pl.Series([[name for name, _ in langs] for langs in by_posts], dtype=pl.List(pl.Utf8)),
            TopicCol.LANGUAGE_POSTS: pl.Series(
                [[size for _, size in langs] for langs in by_posts], dtype=pl.List(pl.Int64)
            ),
            TopicCol.TYPICAL: pl.Series([positions[some].tolist() for some in typical], dtype=pl.List(pl.Int64)),
            TopicCol.STRENGTH: pl.Series(
                [float(np.average(posts.strength[inside], weights=copies[inside])) for inside in members],
                dtype=pl.Float64,
            ),
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
]
