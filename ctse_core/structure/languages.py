"""Vectors without their language's offset, so that neighbours share a meaning and not a language."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ctse_core.types import UNDETERMINED, Vectors

_MOST_SHRINK = 1e6


def unit_rows(vectors: Vectors) -> Vectors:
    """Return ``vectors`` (n, d) with rows of length one; rows of zeros stay zeros."""
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    return (vectors / np.where(length > 0, length, 1)).astype(np.float32)


@dataclass(frozen=True)
class LanguageOffsets:
    """What an encoder adds to every vector of a language, estimated from a collection.

    ``overall`` (d,) is the mean of all posts; ``names`` are the languages, ``shift`` (languages, d) what each adds
    to it. A language that is not among them, and "und", adds nothing.
    """

    overall: Vectors
    names: tuple[str, ...]
    shift: Vectors

    def of(self, languages: Sequence[str]) -> Vectors:
        """Return the offset (n, d) of each text's language, ``overall`` not counted."""
        place = {name: row for row, name in enumerate(self.names)}
        known = np.vstack([self.shift, np.zeros_like(self.overall)[None]])
        return known[[place.get(language, len(self.names)) for language in languages]]

    def centred(self, vectors: Vectors, languages: Sequence[str], origin: Vectors | None = None) -> Vectors:
        """Return unit rows (n, d): ``vectors`` less their language's offset and less ``origin`` (d,).

        ``origin`` is ``overall`` where none is given. Rows of zeros stay zeros.
        """
        moved = vectors - (self.overall if origin is None else origin) - self.of(languages)
        moved[~np.any(vectors != 0, axis=1)] = 0
        if not np.any(np.abs(moved) > 1e-6):  # all texts alike: nothing is left to compare
            return unit_rows(vectors)
        return unit_rows(moved)


def language_offsets(vectors: Vectors, languages: Sequence[str]) -> LanguageOffsets:
    """Return the offsets of the languages of ``vectors`` (n, d); rows of zeros do not count.

    A language's offset is estimated by its mean, drawn toward the mean of all posts where the language has few:
    the mean of ``m`` posts carries their topics too. How far follows from the data (empirical Bayes): the prior
    counts as many posts as the scatter inside languages is larger than the scatter between them.

    Source: Efron and Morris 1973 (shrinkage); Libovický et al. 2019, "How language-neutral is multilingual BERT?"
    (centring).
    """
    filled = np.any(vectors != 0, axis=1)
    if filled.sum() < 2:
        nothing = np.zeros(vectors.shape[1], dtype=np.float32)
        return LanguageOffsets(nothing, (), np.zeros((0, vectors.shape[1]), dtype=np.float32))
    names, code = np.unique(np.asarray(languages, dtype=str), return_inverse=True)
    overall, means, counts = _means(vectors, np.where(filled, code, -1), len(names))
    shift = shrunken_offsets(vectors[filled], code[filled], overall, means, counts)
    shift[names == UNDETERMINED] = 0
    return LanguageOffsets(overall, tuple(str(name) for name in names), shift)


def centre_languages(vectors: Vectors, languages: Sequence[str]) -> Vectors:
    """Return ``vectors`` (n, d) less each language's mean, as unit rows (n, d); cosine changes its zero point.

    Multilingual encoders put a constant offset on each language, and neighbours then share the language before
    the meaning. Posts of undetermined language lose only the mean of all. Rows of zeros stay zeros.
    """
    return language_offsets(vectors, languages).centred(vectors, languages)


def shrunken_offsets(
    vectors: Vectors, code: np.ndarray, overall: np.ndarray, means: np.ndarray, counts: np.ndarray
) -> Vectors:
    """Return each language's offset (languages, d) from ``overall`` (d,), drawn toward zero where posts are few."""
    within = float(((vectors - means[code]) ** 2).sum()) / max(1, len(vectors) - int((counts > 0).sum()))
    present = counts > 0
    between = ((means[present] - overall) ** 2).sum(axis=1) - within / counts[present]
    spread = max(0.0, float(between.mean()))
    prior = min(_MOST_SHRINK, within / spread) if spread > 0 else _MOST_SHRINK
    weight = counts / (counts + prior)
    return ((means - overall) * weight[:, None]).astype(np.float32)


def _means(vectors: Vectors, code: np.ndarray, languages: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    counts = np.bincount(code[code >= 0], minlength=languages)
    sums = np.stack([vectors[code == language].sum(axis=0, dtype=np.float64) for language in range(languages)])
    overall = sums.sum(axis=0) / counts.sum()
    means = np.where(counts[:, None] > 0, sums / np.maximum(counts, 1)[:, None], overall)
    return overall.astype(np.float32), means.astype(np.float32), counts
