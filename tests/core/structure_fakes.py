"""Vectors whose clusters are known: a meaning, a language's offset, and noise."""

from __future__ import annotations

import numpy as np


def unit(vectors):
    return (vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)).astype(np.float32)


def meanings_in_languages(meanings=6, languages=("ar", "en", "hi", "th"), each=12, offset=0.8, noise=0.8, seed=0):
    """Return vectors (n, 64), the meaning and the language of each: ``each`` posts a meaning and language."""
    random = np.random.default_rng(seed)
    topics = random.normal(size=(meanings, 64))
    offsets = random.normal(size=(len(languages), 64)) * offset
    meaning = np.repeat(np.arange(meanings), len(languages) * each)
    language = np.tile(np.repeat(np.arange(len(languages)), each), meanings)
    vectors = topics[meaning] + offsets[language] + random.normal(size=(len(meaning), 64)) * noise
    return unit(vectors), meaning, [languages[code] for code in language]


def groups(sizes=(40, 30, 20), width=32, noise=0.25, seed=0):
    """Return vectors (n, width) in groups of the given sizes, and the group of each."""
    random = np.random.default_rng(seed)
    middles = random.normal(size=(len(sizes), width))
    which = np.repeat(np.arange(len(sizes)), sizes)
    return unit(middles[which] + random.normal(size=(len(which), width)) * noise), which


def same_cluster_share(labels, meaning):
    """Return the share of pairs of one meaning that lie in one cluster; unsorted pairs do not count."""
    same = meaning[:, None] == meaning[None, :]
    np.fill_diagonal(same, False)
    together = (labels[:, None] == labels[None, :]) & (labels[:, None] >= 0)
    return (same & together).sum() / same.sum()


def dependence(labels, language):
    """Return the normalised mutual information between clusters and languages, over sorted posts."""
    from sklearn.metrics import normalized_mutual_info_score

    kept = labels >= 0
    return normalized_mutual_info_score(np.asarray(language)[kept], labels[kept])
