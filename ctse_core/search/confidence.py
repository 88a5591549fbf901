"""When a hit is more than chance: strong, maybe or none, calibrated on this collection and encoder.

Cosines mean nothing by themselves: with some encoders everything lies between 0.7 and 1.0. What a best hit
is worth shows only against the best hits of questions that cannot be answered here. So a fixed list of
questions about other things (unrelated.py) is asked of the collection once, and bands are set by how far a
hit lies above what those reach. Two other yardsticks were tried on crisis posts and lose: the similarity of
random post pairs (posts resemble each other more than questions resemble posts) and the distance of a hit
from its own question's bulk (where the whole collection is about floods, a question about floods stands out
from nothing). The latter remains as the fall-back where no unrelated questions were encoded.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ctse_core.types import Vectors

BANDS = ("none", "maybe", "strong")
MAD_TO_SPREAD = 1.4826  # median absolute deviation to standard deviation, for a normal distribution
LEAST_SPREAD = 0.01  # cosine; keeps a handful of equal similarities from making everything strong
BULK_POSTS = 4_096
BULK_SEED = 20_240_229


@dataclass(frozen=True)
class ConfidenceSettings:
    """How far above chance a hit must lie, in robust standard deviations."""

    maybe: float = field(
        default=1.4,
        metadata={
            "label": "Maybe from",
            "help": "Deviations above an unrelated question",
            "min": 0.0,
            "max": 6.0,
        },
    )
    strong: float = field(
        default=2.6,
        metadata={
            "label": "Strong from",
            "help": "Deviations above an unrelated question",
            "min": 0.0,
            "max": 9.0,
        },
    )


@dataclass(frozen=True)
class Background:
    """What chance looks like in one collection; tells from which cosine a hit is "maybe" or "strong".

    Either ``level`` and ``spread`` (cosines) of unrelated questions' best hits are known, or ``bulk`` (m, d)
    holds a sample of the posts against which each question is judged by itself.
    """

    posts: int
    level: float | None = None
    spread: float = LEAST_SPREAD
    bulk: Vectors | None = None
    settings: ConfidenceSettings = field(default_factory=ConfidenceSettings)

    def limits(self, questions: Vectors) -> NDArray[np.float32]:
        """Return the cosines (q, 2) from which a hit of each unit question (q, d) is maybe and strong."""
        steps = np.array([self.settings.maybe, self.settings.strong])
        if self.level is not None:
            return np.tile(self.level + self.spread * steps, (len(questions), 1)).astype(np.float32)
        if self.bulk is None or not len(self.bulk):
            return np.full((len(questions), 2), np.inf, dtype=np.float32)
        similarity = questions @ self.bulk.T
        level, spread = centre_and_spread(similarity)
        chance = expected_maximum(self.posts)
        return (level[:, None] + spread[:, None] * (chance + steps)).astype(np.float32)


def bands(similarity: NDArray[np.float32], limits: NDArray[np.float32]) -> NDArray[np.str_]:
    """Return "strong", "maybe" or "none" (q, k) for cosines (q, k), given each question's limits (q, 2)."""
    reached = (similarity >= limits[:, :1]).astype(int) + (similarity >= limits[:, 1:])
    return np.array(BANDS)[reached]


def background_of_questions(
    best: NDArray[np.float32], posts: int, settings: ConfidenceSettings | None = None
) -> Background:
    """Return the background set by ``best`` (m,), the cosine of each unrelated question's best hit.

    Median and median deviation are used, so that the few such questions that do find something here (a
    tweet about cake) move nothing.
    """
    level, spread = centre_and_spread(best[None])
    return Background(posts, float(level[0]), float(spread[0]), None, settings or ConfidenceSettings())


def background_of_posts(
    vectors: Vectors, unit: Callable[[Vectors], Vectors], settings: ConfidenceSettings | None = None
) -> Background:
    """Return the background that judges each question against a fixed sample of ``vectors`` (n, d)."""
    filled = len(vectors)
    rows = np.arange(filled)
    if filled > BULK_POSTS:
        rows = np.sort(np.random.default_rng(BULK_SEED).choice(filled, BULK_POSTS, replace=False))
    bulk = unit(np.asarray(vectors[rows], dtype=np.float32))
    bulk = bulk[bulk.any(axis=1)]
    return Background(filled, None, LEAST_SPREAD, bulk, settings or ConfidenceSettings())


def centre_and_spread(values: NDArray) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the median (q,) and the robust standard deviation (q,), at least 0.01, of each row (q, m)."""
    centre = np.median(values, axis=1)
    spread = MAD_TO_SPREAD * np.median(np.abs(values - centre[:, None]), axis=1)
    return centre, np.maximum(spread, LEAST_SPREAD)


def expected_maximum(count: int) -> float:
    """Return the expected largest of ``count`` independent standard normal numbers, 0 for one or none.

    Source: the extreme-value approximation in Cramér, Mathematical Methods of Statistics, 1946, section 28.6.
    """
    if count < 2:
        return 0.0
    root = float(np.sqrt(2 * np.log(count)))
    return root - float(np.log(np.log(count)) + np.log(4 * np.pi)) / (2 * root) + 0.5772 / root
