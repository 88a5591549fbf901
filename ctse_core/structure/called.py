"""What topics are called: words scored, grouped over the languages, and put into each reader's words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from ctse_core.structure.concepts import candidates, find_concepts
from ctse_core.structure.namer import language_shares, scores_from, scores_of_bertopic, topic_scores
from ctse_core.structure.names import unique_names
from ctse_core.structure.topic_input import TopicInput, TopicSettings
from ctse_core.structure.vocabulary import Vocabulary, vocabulary
from ctse_core.structure.wording import (
    ENGLISH,
    Places,
    languages_for_names,
    originals,
    topic_concepts,
    weigh,
    worded,
    wording,
)
from ctse_core.types import UNSORTED, TopicCol, Vectors
from ctse_core.words import LANGUAGES

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

NAMES = pl.List(pl.Struct({"lang": pl.Utf8, "name": pl.Utf8}))
ORIGINALS = pl.List(
    pl.Struct(
        {
            "concept": pl.Utf8,
            "words": pl.List(pl.Struct({"lang": pl.Utf8, "word": pl.Utf8, "posts": pl.Int64})),
        }
    )
)


@dataclass(frozen=True)
class Called:
    """The names of c topics."""

    names: list[str]
    """c names in the language of most posts."""
    terms: list[list[str]]
    """c lists of words, best first, in that language where it has them."""
    by_language: list[list[dict[str, Any]]]
    """c lists as in ``TopicCol.NAMES``."""
    originals: list[list[dict[str, Any]]]
    """c lists as in ``TopicCol.ORIGINALS``."""


def call_topics(
    posts: TopicInput,
    centred: Vectors,
    settings: TopicSettings,
    beginnings: Sequence[str],
    scored: list[list[tuple[str, float]]] | None = None,
) -> Called:
    """Return what the clusters of ``posts`` are called.

    ``centred`` (u, d) are the posts' vectors less their languages' offsets; ``beginnings`` (c) name a topic that has
    no words; ``scored`` words take the place of c-TF-IDF.
    """
    count = int(np.max(posts.labels, initial=UNSORTED)) + 1
    count = count if posts.wanted is None else min(count, posts.wanted)
    if not count:
        return Called([], [], [], [])
    spoken: Counter[str] = Counter()
    for language, copies in zip(posts.languages, np.asarray(posts.copies).tolist(), strict=True):
        spoken[language] += copies
    named = languages_for_names(spoken) or [ENGLISH]
    home = named[0]
    words = posts.words if posts.words is not None else vocabulary(posts.tokens, posts.languages)
    scores = _scores(posts, words, settings, scored)[:count]
    looked_at = candidates(words, scores, named)
    concepts = find_concepts(words, looked_at, centred, posts.encode, _known(posts.known))
    apart = scored is None and settings.engine == "own"  # else the languages are weighed together already
    shares = language_shares(words, posts.labels)[:count] if apart else np.ones((count, len(set(words.languages))))
    labels = np.where(posts.labels < count, posts.labels, UNSORTED)
    weighed = weigh(words, concepts, scores, shares, Places(centred, labels))
    own = wording(words, concepts)
    inside = [np.flatnonzero(posts.labels == label) for label in range(count)]
    most = max(settings.terms, 3 * settings.words)
    topics = [topic_concepts(own, weighed, label, some, most) for label, some in enumerate(inside)]
    tokens = [[posts.tokens[post] for post in some.tolist()] for some in inside]
    # Readers of a language that hardly a post speaks get the words of English and of most posts.
    readers = {language: language if language in named else ENGLISH for language in [*named, *LANGUAGES]}
    choices = {
        language: [worded(own, one, said, (language, ENGLISH, home)) for one, said in zip(topics, tokens, strict=True)]
        for language in {*readers.values()}
    }
    names = {language: unique_names(some, beginnings, settings.words) for language, some in choices.items()}
    return Called(
        names[home],
        [some[: settings.terms] for some in choices[home]],
        [
            [{"lang": reader, "name": names[language][label]} for reader, language in readers.items()]
            for label in range(count)
        ],
        [originals(own, topic, named, home) for topic in topics],
    )


def _scores(
    posts: TopicInput, words: Vocabulary, settings: TopicSettings, scored: list[list[tuple[str, float]]] | None
) -> csr_matrix:
    if scored is not None:
        return scores_from(words, posts.labels, scored)
    if settings.engine == "bertopic":
        return scores_of_bertopic(words, posts.tokens, posts.vectors, posts.labels)
    return topic_scores(words, posts.labels)


def _known(topics: pl.DataFrame | None) -> dict[tuple[str, str], int]:
    """Return the concept of each word that ``topics`` tell of; a word of two concepts keeps the first."""
    known: dict[tuple[str, str], int] = {}
    if topics is None or TopicCol.ORIGINALS not in topics.columns:
        return known
    number = 0
    for concepts in topics[TopicCol.ORIGINALS].to_list():
        for concept in concepts or ():
            several = [(one["lang"], one["word"]) for one in concept["words"]]
            number += 1
            same = next((known[word] for word in several if word in known), number)
            for word in several:
                known.setdefault(word, same)
    return known
