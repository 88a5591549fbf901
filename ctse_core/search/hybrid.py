"""One ranking out of two: by meaning and by words, with each side's share in the result."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ctse_core.search.index import MISSING, VectorIndex, unit_rows
from ctse_core.search.lexical import LexicalHits, LexicalIndex
from ctse_core.types import Rows, Vectors

CHANCE_COUNTS = 0.5  # nearness that is no more than chance counts half


@dataclass(frozen=True)
class FusionSettings:
    """How the two sides are weighed against each other."""

    meaning: float = field(
        default=0.6,
        metadata={
            "label": "Weight of meaning",
            "help": "0 is words only, 1 is meaning only",
            "min": 0.0,
            "max": 1.0,
        },
    )
    depth: int = field(
        default=200,
        metadata={
            "label": "Depth",
            "help": "Results taken from each side before fusing",
            "min": 10,
            "max": 5000,
        },
    )


@dataclass(frozen=True)
class FusedHits:
    """The fused ranking of one question, best first, m <= k posts.

    ``rows`` (m,); ``score`` (m,) in (0, 1]; ``meaning`` and ``words`` (m,) are the two sides' shares of the
    score and add up to 1; ``similarity`` (m,) cosine in [-1, 1]; ``band`` (m,) as in Hits; ``attained`` (m,) in [0, 1]
    is the part of what the question's words could score at most.
    """

    rows: Rows
    score: NDArray[np.float32]
    meaning: NDArray[np.float32]
    words: NDArray[np.float32]
    similarity: NDArray[np.float32]
    band: NDArray[np.str_]
    attained: NDArray[np.float64]

    @property
    def answered(self) -> bool:
        """True where a hit is more than chance by meaning, or any hit shares a word with the question."""
        return bool((self.band != "none").any() or (self.words > 0).any())


def fuse(
    meaning: NDArray[np.float64], words: NDArray[np.float64], weight: float
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
    """Mix two scores of the same posts, (m,) and (m,) in [0, 1], as weight * meaning + (1 - weight) * words.

    Returns the order (r,), best first and without posts that score 0 (equal ones keep their order), with the
    mixed score (r,) and the share (r,) in [0, 1] of it that comes from meaning. Source: Bruch, Gai and
    Ingber, An Analysis of Fusion Functions for Hybrid Retrieval, 2023: a convex combination of normalised
    scores finds more than reciprocal ranks do, because it knows how good a first place is.
    """
    by_meaning, by_words = weight * meaning, (1 - weight) * words
    score = by_meaning + by_words
    order = np.argsort(-score, kind="stable")
    order = order[score[order] > 0]
    return order, score[order], by_meaning[order] / score[order]


def hybrid_search(
    index: VectorIndex,
    lexical: LexicalIndex,
    question: tuple[Vectors, Sequence[str]],
    k: int = 10,
    where: NDArray[np.bool_] | None = None,
    settings: FusionSettings | None = None,
) -> FusedHits:
    """Ask both sides one question, given as its vector (d,) and its tokens, and fuse their scores.

    ``where`` (n,) bool keeps a post when True. Posts found by words alone get their similarity and band too,
    so that one list reads alike throughout.

    Raises:
        SettingError, EncoderError: as VectorIndex.search does.
    """
    chosen = settings or FusionSettings()
    vector, tokens = question
    depth = max(k, chosen.depth)
    by_meaning = index.search(np.atleast_2d(vector), depth, where)
    by_words = lexical.search(tokens, depth, where)
    rows = np.union1d(by_meaning.rows[0][by_meaning.rows[0] != MISSING], by_words.rows)
    similarity = index.similarity(vector, rows)
    band = index.bands(vector, rows, similarity)
    found = by_meaning.similarity[0][by_meaning.rows[0] != MISSING]
    strong = float(index.background.strong_from(unit_rows(np.atleast_2d(vector)))[0])
    attained = _word_scores(rows, by_words, lexical.attainable(tokens))
    low = float(found[-1]) if len(found) > 1 else 0.0
    return _fused(Judged(rows, similarity, band, attained), (low, strong), chosen.meaning, k)


@dataclass(frozen=True)
class Judged:
    """Posts before they are ranked: ``rows`` (m,), ``similarity`` (m,), ``band`` (m,), ``attained`` (m,) by words."""

    rows: Rows
    similarity: NDArray[np.float32]
    band: NDArray[np.str_]
    attained: NDArray[np.float64]


def rank_again(judged: Judged, strong: float, k: int, settings: FusionSettings | None = None) -> FusedHits:
    """Rank posts that one encoder found, as another one judges them, and return the best ``k``.

    ``strong`` is the similarity from which a hit is strong for the encoder that judges.
    """
    low = float(judged.similarity.min()) if len(judged.rows) > 1 else 0.0
    return _fused(judged, (low, strong), (settings or FusionSettings()).meaning, k)


def _fused(judged: Judged, scale: tuple[float, float], weight: float, k: int) -> FusedHits:
    by_chance = np.where(judged.band == "none", CHANCE_COUNTS, 1.0)
    meaning = by_chance * _meaning_scores(judged.similarity, *scale)
    order, score, share = fuse(meaning, judged.attained, weight)
    best, by_meaning = order[:k], share[:k].astype(np.float32)
    return FusedHits(
        rows=judged.rows[best],
        score=score[:k].astype(np.float32),
        meaning=by_meaning,
        words=1 - by_meaning,
        similarity=judged.similarity[best],
        band=judged.band[best],
        attained=judged.attained[best],
    )


def _meaning_scores(similarity: NDArray[np.float32], low: float, strong: float) -> NDArray[np.float64]:
    """Return (m,) in [0, 1]: 0 at ``low``, the last similarity found, 1 at the best, or where strong begins."""
    if not len(similarity):
        return np.zeros(0)
    high = max(float(similarity.max()), strong if np.isfinite(strong) else 1.0)
    return np.clip((similarity.astype(np.float64) - low) / max(high - low, 1e-9), 0.0, 1.0)


def _word_scores(rows: Rows, hits: LexicalHits, attainable: float) -> NDArray[np.float64]:
    """Return (m,) in [0, 1]: the part of what the question's words could score at most."""
    scores = np.zeros(len(rows))
    if attainable > 0:
        scores[np.searchsorted(rows, hits.rows)] = np.minimum(hits.score / attainable, 1.0)
    return scores
