"""When a hit is more than chance: strong, maybe or none, calibrated on this collection and encoder.

Cosines mean nothing by themselves: with some encoders everything lies between 0.7 and 1.0. What a best hit
is worth shows only against the best hits of questions that cannot be answered here. So a fixed list of
questions about other things (unrelated.py) is asked of the collection once. It tells three things: how near
such questions come at best (chance), which posts are near to everything (a lone emoji, "help!!"), and, for
a new question, how near it is to everything itself, as long sentences are.

Two other yardsticks were tried on crisis posts and lose: the similarity of random post pairs (posts resemble
each other more than questions resemble posts) and the distance of a hit from its own question's bulk (where
the whole collection is about floods, a question about floods stands out from nothing). The latter remains as
the fall-back where no unrelated questions were encoded.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ctse_core.types import Rows, Vectors

BANDS = ("none", "maybe", "strong")
MAD_TO_SPREAD = 1.4826  # median absolute deviation to standard deviation, for a normal distribution
LEAST_SPREAD = 0.01  # cosine; keeps a handful of equal similarities from making everything strong
QUESTION_SHARE = 0.5  # how much of a question's own nearness to everything is taken off; 1 takes off too much
LEAST_UNRELATED = 8  # fewer unrelated questions tell nothing about chance
BULK_POSTS = 4_096
BULK_SEED = 20_240_229


@dataclass(frozen=True)
class ConfidenceSettings:
    """How far above chance a hit must lie, in robust standard deviations of unrelated questions' best hits."""

    maybe: float = field(
        default=1.9,
        metadata={
            "label": "Maybe from",
            "help": "Above chance, generic posts discounted",
            "min": 0.0,
            "max": 9.0,
        },
    )
    strong: float = field(
        default=3.0,
        metadata={
            "label": "Strong from",
            "help": "Above chance, generic posts discounted",
            "min": 0.0,
            "max": 9.0,
        },
    )
    strong_cosine: float = field(
        default=2.2,
        metadata={
            "label": "Strong from, as it is",
            "help": "Above chance in plain cosine",
            "min": 0.0,
            "max": 9.0,
        },
    )


class Background(Protocol):
    """What chance looks like in one collection."""

    def bands(self, questions: Vectors, rows: NDArray[np.int64], similarity: NDArray[np.float32]) -> NDArray[np.str_]:
        """Return the band (q, k) of hits: unit questions (q, d), post rows (q, k), cosines (q, k)."""
        ...

    def strong_from(self, questions: Vectors) -> NDArray[np.float64]:
        """Return the cosine (q,) below which no hit of a unit question (q, d) is strong."""
        ...


@dataclass(frozen=True)
class QuestionBackground:
    """Chance as unrelated questions meet it.

    ``unrelated`` (m, d) unit rows; ``hubness`` (n,) mean cosine of each post with them; ``plain`` and
    ``adjusted``: level and spread of their best hits, in cosine and with nearness to everything taken off.
    """

    unrelated: Vectors
    hubness: NDArray[np.float32]
    plain: tuple[float, float]
    adjusted: tuple[float, float]
    settings: ConfidenceSettings = field(default_factory=ConfidenceSettings)

    def bands(self, questions: Vectors, rows: NDArray[np.int64], similarity: NDArray[np.float32]) -> NDArray[np.str_]:
        """Return the band (q, k) of hits; see Background."""
        nearness = QUESTION_SHARE * (questions @ self.unrelated.T).mean(axis=1, keepdims=True)
        adjusted = similarity - self.hubness[rows] - nearness
        above = (adjusted - self.adjusted[0]) / self.adjusted[1]
        plain = (similarity - self.plain[0]) / self.plain[1]
        strong = (above >= self.settings.strong) & (plain >= self.settings.strong_cosine)
        return _named(above >= self.settings.maybe, strong)

    def strong_from(self, questions: Vectors) -> NDArray[np.float64]:
        """Return the cosine (q,) below which no hit is strong: the same for every question."""
        return np.full(len(questions), self.plain[0] + self.settings.strong_cosine * self.plain[1])


@dataclass(frozen=True)
class BulkBackground:
    """Chance as each question meets it in a sample of the posts: ``bulk`` (m, d) unit rows of ``posts`` n."""

    posts: int
    bulk: Vectors
    settings: ConfidenceSettings = field(default_factory=ConfidenceSettings)

    def bands(self, questions: Vectors, rows: NDArray[np.int64], similarity: NDArray[np.float32]) -> NDArray[np.str_]:
        """Return the band (q, k) of hits; see Background."""
        level, spread = self._chance(questions)
        above = (similarity - level[:, None]) / spread[:, None]
        return _named(above >= self.settings.maybe, above >= self.settings.strong)

    def strong_from(self, questions: Vectors) -> NDArray[np.float64]:
        """Return the cosine (q,) from which a hit is strong."""
        level, spread = self._chance(questions)
        return level + self.settings.strong * spread

    def _chance(self, questions: Vectors) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        if not len(self.bulk):
            return np.full(len(questions), np.inf), np.ones(len(questions))
        level, spread = centre_and_spread(questions @ self.bulk.T)
        return level + spread * expected_maximum(self.posts), spread


def question_background(
    unrelated: Vectors, blocks: Iterable[tuple[Rows, NDArray[np.float32]]], posts: int
) -> QuestionBackground:
    """Return the background of unit ``unrelated`` questions (m, d) from their cosines with all posts.

    ``blocks``: (rows (b,), cosines (m, b)) over the posts that have text, of ``posts`` n in all. Medians are
    used, so that the few unrelated questions that do find something here (a post about cake) move nothing.
    """
    count = len(unrelated)
    hubness = np.zeros(posts, dtype=np.float32)
    plain = np.full(count, -np.inf)
    adjusted = np.full(count, -np.inf)
    for rows, cosines in blocks:
        total = cosines.sum(axis=0)
        hubness[rows] = total / count
        # Each question meets the posts as the others left them, as a new question will.
        others = (total - cosines) / (count - 1)
        plain = np.maximum(plain, cosines.max(axis=1))
        adjusted = np.maximum(adjusted, (cosines - others).max(axis=1))
    among = unrelated @ unrelated.T
    adjusted -= QUESTION_SHARE * (among.sum(axis=1) - among.diagonal()) / (count - 1)
    return QuestionBackground(unrelated, hubness, _one(plain), _one(adjusted))


def bulk_background(unit_posts: Vectors, posts: int) -> BulkBackground:
    """Return the background that judges each question against ``unit_posts`` (m, d), a sample of posts."""
    return BulkBackground(posts, unit_posts[unit_posts.any(axis=1)])


def bulk_rows(posts: int) -> Rows:
    """Return the rows (m,) of the fixed sample that stands for a collection of ``posts``, ascending."""
    if posts <= BULK_POSTS:
        return np.arange(posts, dtype=np.int64)
    return np.sort(np.random.default_rng(BULK_SEED).choice(posts, BULK_POSTS, replace=False))


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


def _named(maybe: NDArray[np.bool_], strong: NDArray[np.bool_]) -> NDArray[np.str_]:
    return np.array(BANDS)[maybe.astype(int) + (maybe & strong)]


def _one(values: NDArray) -> tuple[float, float]:
    centre, spread = centre_and_spread(values[None])
    return float(centre[0]), float(spread[0])
