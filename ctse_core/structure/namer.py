"""Which words set each cluster apart from the others: c-TF-IDF as BERTopic counts it, or BERTopic itself."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ctse_core.structure.vocabulary import Vocabulary
from ctse_core.types import UNSORTED, Labels, Vectors

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

TERMS = 60
# BERTopic imports these for embedding, clustering and drawing of its own, none of which is asked of it here.
_NOT_NEEDED = ("sentence_transformers", "transformers", "umap", "plotly")


def class_scores(counts: csr_matrix, groups: NDArray[np.int64]) -> csr_matrix:
    """Return the c-TF-IDF (c, v) of words in classes: ``counts`` (c, v) uses, ``groups`` (v,) each word's language.

    A score is the root of the word's share of the class's words times log(1 + words a class / uses in all classes).
    Shares, words a class and uses are those of the word's own language, so that a language of few posts is weighed
    against itself. With one language these are the numbers of BERTopic's
    ``ClassTfidfTransformer(reduce_frequent_words=True)``.

    Source: Grootendorst 2022, "BERTopic".
    """
    from scipy.sparse import csr_matrix

    cells = counts.tocoo()
    several = int(groups.max(initial=-1)) + 1
    totals = np.zeros((counts.shape[0], several))
    np.add.at(totals, (cells.row, groups[cells.col]), cells.data)
    spoken_in = np.maximum(1, (totals > 0).sum(axis=0))
    words_a_class = (totals.sum(axis=0) / spoken_in).astype(np.int64)  # a whole number, as BERTopic has it
    uses = np.maximum(1e-12, np.asarray(counts.sum(axis=0)).ravel())
    rarity = np.log(words_a_class[groups] / uses + 1)
    share = np.sqrt(cells.data / totals[cells.row, groups[cells.col]])
    return csr_matrix((share * rarity[cells.col], (cells.row, cells.col)), shape=counts.shape)


def class_counts(words: Vocabulary, labels: Labels) -> csr_matrix:
    """Return how often each cluster uses each word (c + 1, v); the last row are unsorted posts, if there are any."""
    from scipy.sparse import csr_matrix

    count = int(labels.max(initial=UNSORTED)) + 1
    rows = np.where(labels == UNSORTED, count, labels)
    ones = np.ones(len(labels))
    member = csr_matrix((ones, (rows, np.arange(len(labels)))), shape=(int(rows.max(initial=-1)) + 1, len(labels)))
    return (member @ words.used).tocsr()


def topic_scores(words: Vocabulary, labels: Labels) -> csr_matrix:
    """Return the c-TF-IDF (c, v) of each word in each cluster, weighed within its language."""
    return class_scores(class_counts(words, labels), words.codes)[: int(labels.max(initial=UNSORTED)) + 1]


def language_shares(words: Vocabulary, labels: Labels) -> NDArray[np.float64]:
    """Return the share (c, languages) that each language has in a cluster's words."""
    counts, codes = class_counts(words, labels).tocoo(), words.codes
    spoken = np.zeros((counts.shape[0], int(codes.max(initial=-1)) + 1))
    np.add.at(spoken, (counts.row, codes[counts.col]), counts.data)
    spoken /= np.maximum(1, spoken.sum(axis=1, keepdims=True))
    return spoken[: int(labels.max(initial=UNSORTED)) + 1]


def scores_of_bertopic(
    words: Vocabulary, tokens: Sequence[Sequence[str]], vectors: Vectors, labels: Labels
) -> csr_matrix:
    """Return what BERTopic itself scores (c, v), over all languages at once, the best 60 words of each cluster."""
    return scores_from(words, labels, bertopic_terms(tokens, vectors, labels))


def scores_from(words: Vocabulary, labels: Labels, terms: Sequence[Sequence[tuple[str, float]]]) -> csr_matrix:
    """Return the scores (c, v) of ``terms``, for each cluster (word, score), in every language that uses the word."""
    from scipy.sparse import csr_matrix

    of_word: dict[str, list[int]] = {}
    for item, word in enumerate(words.words):
        of_word.setdefault(word, []).append(item)
    cells = [
        (label, item, score)
        for label, some in enumerate(terms)
        for word, score in some
        for item in of_word.get(word, ())
    ]
    rows, columns, scores = np.array(cells, dtype=np.float64).reshape(-1, 3).T
    filled = csr_matrix((scores, (rows.astype(int), columns.astype(int))), shape=(len(terms), len(words.words)))
    return filled.multiply(class_counts(words, labels)[: len(terms)] > 0).tocsr()


def bertopic_terms(tokens: Sequence[Sequence[str]], vectors: Vectors, labels: Labels) -> list[list[tuple[str, float]]]:
    """Return for each cluster 0 … c-1 its words with BERTopic's c-TF-IDF score, best first, at most 60.

    ``tokens`` (u lists) are the posts' words as they shall be shown, ``vectors`` (u, d), ``labels`` (u,). BERTopic gets
    words already split (its own splitting loses scripts without spaces and combining marks) and clusters
    already found, so it loads no encoder. A cluster whose posts have no words gets an empty list.
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
