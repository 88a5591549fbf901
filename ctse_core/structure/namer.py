"""BERTopic as the namer: which words set each cluster apart from the others."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from ctse_core.types import UNSORTED, Labels, Vectors

TERMS = 60
# BERTopic imports these for embedding, clustering and drawing of its own, none of which is asked of it here.
_NOT_NEEDED = ("sentence_transformers", "transformers", "umap", "plotly")


def topic_terms(tokens: Sequence[Sequence[str]], vectors: Vectors, labels: Labels) -> list[list[tuple[str, float]]]:
    """Return for each cluster 0 … c-1 its words with their c-TF-IDF score, best first, at most 60.

    ``tokens`` (u lists) are the posts' words as they shall be shown, ``vectors`` (u, d), ``labels`` (u,). BERTopic gets
    words already split (its own splitting loses scripts without spaces and combining marks) and clusters
    already found, so it loads no encoder. A cluster whose posts have no words gets an empty list.

    Source: Grootendorst 2022, "BERTopic".
    """
    count = int(labels.max(initial=UNSORTED)) + 1
    with_words = np.array([bool(words) for words in tokens], dtype=bool)
    if not count or not with_words[labels != UNSORTED].any():
        return [[] for _ in range(count)]
    kept = np.flatnonzero(with_words).tolist()
    vocabulary = {word for post in kept for word in tokens[post]}
    if len(vocabulary) == 1:  # BERTopic cannot weigh a single word
        used = set(labels[kept].tolist())
        return [[(word, 1.0) for word in vocabulary if label in used] for label in range(count)]
    documents = [" ".join(tokens[post]) for post in kept]
    given = labels[kept].astype(int)
    model = _namer()
    returned = np.asarray(model.fit_transform(documents, np.asarray(vectors[kept]), y=given)[0])
    return [_terms_of(model, renamed) for renamed in _names_given(given, returned, count)]


def _names_given(given: np.ndarray, returned: np.ndarray, count: int) -> list[int | None]:
    """Return BERTopic's own number of each of our clusters; it renumbers by size, ties in no fixed order.

    Raises:
        AssertionError: BERTopic did not keep the clusters, so that its words belong to other posts.
    """
    pairs = np.unique(np.stack([given, returned]), axis=1)
    if not len(np.unique(pairs[0])) == pairs.shape[1] == len(np.unique(pairs[1])):
        raise AssertionError("BERTopic changed the clusters that it was given.")
    renamed = dict(zip(pairs[0].tolist(), pairs[1].tolist(), strict=True))
    return [renamed.get(label) for label in range(count)]


def _terms_of(model: Any, topic: int | None) -> list[tuple[str, float]]:
    if topic is None:
        return []
    return [(word, float(score)) for word, score in model.get_topic(topic) if word]


def _namer() -> Any:
    with _without(_NOT_NEEDED):
        from bertopic import BERTopic
        from bertopic.cluster import BaseCluster
        from bertopic.dimensionality import BaseDimensionalityReduction
        from bertopic.vectorizers import ClassTfidfTransformer
    from sklearn.feature_extraction.text import CountVectorizer

    return BERTopic(
        language="multilingual",  # "english", its default, deletes every letter beyond a to z
        top_n_words=TERMS,
        umap_model=BaseDimensionalityReduction(),
        hdbscan_model=BaseCluster(),
        vectorizer_model=CountVectorizer(analyzer=str.split),
        ctfidf_model=ClassTfidfTransformer(reduce_frequent_words=True),
        calculate_probabilities=False,
        verbose=False,
    )


@contextmanager
def _without(modules: Sequence[str]) -> Iterator[None]:
    """Hide ``modules`` not loaded yet, so that importing BERTopic takes half the time; then show them again."""
    os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")  # else its import asks the network
    hidden = [name for name in modules if name not in sys.modules]
    sys.modules.update(dict.fromkeys(hidden))  # type: ignore[arg-type]
    try:
        yield
    finally:
        for name in hidden:
            sys.modules.pop(name, None)


def word_meanings(
    tokens: Sequence[Sequence[str]], words: Iterable[str], vectors: Vectors
) -> tuple[dict[str, int], Vectors]:
    """Return the place of each of ``words`` and its meaning (w, d): the mean vector of all posts that use it.

    ``tokens`` (u lists) and ``vectors`` (u, d) are all unique posts. A word used once is worth half its post's vector:
    the sum is divided by one more than the posts, so that often used words of one meaning are longest.
    """
    from scipy.sparse import csr_matrix

    place = {word: number for number, word in enumerate(sorted(set(words)))}
    cells = [(place[word], post) for post, some in enumerate(tokens) for word in set(some) if word in place]
    rows, posts = np.array(cells, dtype=np.int64).reshape(-1, 2).T
    used = csr_matrix((np.ones(len(rows), np.float32), (rows, posts)), shape=(len(place), len(tokens)))
    counts = np.asarray(used.sum(axis=1))
    return place, np.asarray(used @ vectors / (counts + 1), dtype=np.float32)
