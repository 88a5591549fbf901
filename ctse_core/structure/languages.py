"""Vectors without their language's offset, so that neighbours share a meaning and not a language."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from ctse_core.types import UNDETERMINED, Vectors

# Chosen on parallel news, crisis tweets and a file of 35 languages; benchmarks/alignment.py keeps the measure.
_PRIOR = 2.0
_SURE = 0.7
_LOOKED_AT = 6000
_STRONG = 0.5
_BLOCK = 16_384


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
        origin = self.overall if origin is None else origin
        result = np.empty(vectors.shape, np.float32)
        something = False
        for start in range(0, len(vectors), _BLOCK):  # no second and third table of a million posts beside the first
            some = vectors[start : start + _BLOCK]
            moved = some - origin - self.of(languages[start : start + _BLOCK])
            moved[~np.any(some != 0, axis=1)] = 0
            something = something or bool(np.any(np.abs(moved) > 1e-6))
            result[start : start + _BLOCK] = unit_rows(moved)
        return result if something else unit_rows(vectors)  # all texts alike: nothing is left to compare


def centre_languages(vectors: Vectors, languages: Sequence[str]) -> Vectors:
    """Return ``vectors`` (n, d) less their mean and each language's offset, as unit rows (n, d).

    Multilingual encoders put a constant offset on each language, and neighbours then share the language before
    the meaning. Posts of undetermined language lose only the mean of all. Rows of zeros stay zeros; cosine has a new
    zero point.
    """
    return language_offsets(vectors, languages).centred(vectors, languages)


def language_offsets(vectors: Vectors, languages: Sequence[str]) -> LanguageOffsets:
    """Return the offsets of the languages of ``vectors`` (n, d); rows of zeros do not count.

    The mean of a language's posts is a poor estimate of its offset: if all Italian posts tell of one flood, it is
    that flood. So the offset is taken from posts of two languages that are each other's nearest, which mostly say
    the same: the offsets that bring the surest 70 % of these pairs together, in the sense of least squares, each held
    at zero by a prior worth some ten pairs, so that a language of few posts is moved little. Their mean over posts is
    zero.

    Source: mutual nearest neighbours against batch effects, Haghverdi et al. 2018; centring of languages, Libovický
    et al. 2019, "How language-neutral is multilingual BERT?".
    """
    filled = vectors.any(axis=1)
    if filled.sum() < 2:
        nothing = np.zeros(vectors.shape[1], dtype=np.float32)
        return LanguageOffsets(nothing, (), np.zeros((0, vectors.shape[1]), dtype=np.float32))
    names, code = np.unique(np.asarray(languages, dtype=str), return_inverse=True)
    overall = (vectors.sum(axis=0, dtype=np.float64) / filled.sum()).astype(np.float32)
    code[~filled | (names[code] == UNDETERMINED)] = -1
    rows = [even_sample(np.flatnonzero(code == language), len(names)) for language in range(len(names))]
    sample = np.concatenate(rows)
    spoken = np.repeat(np.arange(len(names)), [len(some) for some in rows])
    shift = paired_offsets(vectors[sample] - overall, spoken, len(names))
    shift -= (np.bincount(code[code >= 0], minlength=len(names)) / max(1, (code >= 0).sum())) @ shift
    shift[names == UNDETERMINED] = 0
    return LanguageOffsets(overall, tuple(str(name) for name in names), shift.astype(np.float32))


def even_sample(rows: NDArray[np.int64], languages: int) -> NDArray[np.int64]:
    """Return an even sample of ``rows`` so that all ``languages`` together hold about 6,000, but 50 each at least."""
    wanted = min(len(rows), max(50, _LOOKED_AT // languages))
    return rows[np.unique(np.linspace(0, len(rows) - 1, wanted).astype(int))] if wanted else rows


def paired_offsets(vectors: Vectors, code: NDArray[np.int64], languages: int) -> NDArray[np.float64]:
    """Return the offset (languages, d) that parts the languages ``code`` (m,) of posts that say the same.

    ``vectors`` (m, d) are less the mean of all. Solves one ridge regression: the offsets of two languages shall
    differ as their mutual nearest posts do. The prior is worth as many pairs as the scatter within languages is larger
    than half the scatter between them (empirical Bayes).

    In sentence encoders the scatter between languages is a seventh to a quarter of that within, and likeness finds what
    means the same. Where it is more than half, as in encoders never taught translations, likeness tells the language
    first; there pairs are looked for without the languages' means, though these carry topics too.
    """
    means, within, between = scatter(vectors, code, languages)
    if between <= 0:
        return np.zeros((languages, vectors.shape[1]))
    compared = (vectors - means[code]).astype(np.float32) if between > _STRONG * within else vectors
    here, there = mutual_pairs(unit_rows(compared), code, languages)
    one, other = code[here], code[there]
    pull = np.eye(languages) * max(1e-3, _PRIOR * within / between)
    for row, column, sign in ((one, one, 1), (other, other, 1), (one, other, -1), (other, one, -1)):
        np.add.at(pull, (row, column), sign)
    apart = vectors[here].astype(np.float64) - vectors[there]
    wanted = np.zeros((languages, vectors.shape[1]))
    np.add.at(wanted, one, apart)
    np.add.at(wanted, other, -apart)
    return np.asarray(np.linalg.solve(pull, wanted), dtype=np.float64)


def scatter(vectors: Vectors, code: NDArray[np.int64], languages: int) -> tuple[NDArray[np.float64], float, float]:
    """Return the languages' means (languages, d), and the variance of posts within and of means between them.

    ``vectors`` (m, d) are less the mean of all. What chance alone puts between the means is taken off.
    """
    counts = np.bincount(code, minlength=languages)
    sums = np.zeros((languages, vectors.shape[1]))
    np.add.at(sums, code, vectors)
    means = sums / np.maximum(counts, 1)[:, None]
    within = float(((vectors - means[code]) ** 2).sum()) / max(1, len(vectors) - int((counts > 0).sum()))
    present = counts > 0
    between = (means[present] ** 2).sum(axis=1) - within / counts[present]
    return means, within, float(between.mean()) if len(between) else 0.0


def mutual_pairs(
    vectors: Vectors, code: NDArray[np.int64], languages: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return pairs of rows of two languages that are each other's nearest, the least alike 30 % left out.

    ``vectors`` (m, d) are unit rows, ``code`` (m,) their languages.
    """
    rows = [np.flatnonzero(code == language) for language in range(languages)]
    here, there, likeness = [np.empty(0, np.int64)], [np.empty(0, np.int64)], [np.empty(0, np.float32)]
    for left, right in combinations([some for some in rows if len(some)], 2):
        alike = vectors[left] @ vectors[right].T
        nearest = alike.argmax(axis=1)
        mutual = np.flatnonzero(alike.argmax(axis=0)[nearest] == np.arange(len(left)))
        here.append(left[mutual])
        there.append(right[nearest[mutual]])
        likeness.append(alike[mutual, nearest[mutual]])
    all_alike = np.concatenate(likeness)
    sure = all_alike >= np.quantile(all_alike, 1 - _SURE) if len(all_alike) else np.empty(0, dtype=bool)
    return np.concatenate(here)[sure], np.concatenate(there)[sure]
