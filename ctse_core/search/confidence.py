"""When a hit is more than chance: strong, maybe or none, calibrated on this collection and encoder.

Cosines mean nothing by themselves: with some encoders everything lies between 0.7 and 1.0. What a hit is worth
shows only against the hits of questions that cannot be answered here. So a fixed list of questions about other
things, in many languages (unrelated.py), is asked of the collection once. It tells how near such questions come at
best (chance), in each language of a question; which posts are near to everything (a lone emoji, "help!!"); and, for a
new question, whether it lies nearer to these posts as a whole or to the unrelated questions.

Two verdicts come of it: one on each post, and one on the question, from the mean of its best few posts, which is
steadier than any single post. benchmarks/questions.py measures both.

Other yardsticks were tried on crisis posts and lose: the similarity of random post pairs (posts resemble each other
more than questions resemble posts); the distance of a hit from its own question's bulk (where the whole collection
is about floods, a question about floods stands out from nothing), which remains as the fall-back where no unrelated
questions were encoded; a level of its own for the posts of each language, or for each pair of a question's and a
post's language (each post is already compared with how near unrelated questions come to that very post: on top of
that, and of the level of a question's language, neither gained anything that could be told from noise).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ctse_core.types import Rows, Vectors

BANDS = ("none", "maybe", "strong")
MAD_TO_SPREAD = 1.4826  # median absolute deviation to standard deviation, for a normal distribution
LEAST_SPREAD = 0.01  # cosine; keeps a handful of equal similarities from making everything strong
TOWARDS_POSTS = 0.5  # what a question's nearness to the posts as a whole counts
TOWARDS_OTHERS = 0.75  # what its nearness to unrelated questions takes off: more than it gains among all posts
FEW = 5  # best posts that together say whether a question is answered
LANGUAGE_PRIOR = 6.0  # unrelated questions of a language that weigh as much as those of all
LEAST_UNRELATED = 8  # fewer unrelated questions tell nothing about chance
BULK_POSTS = 4_096
BULK_SEED = 20_240_229


@dataclass(frozen=True)
class ConfidenceSettings:
    """How far above chance a hit must lie, in robust standard deviations of unrelated questions' best hits."""

    answered: float = field(
        default=1.3,
        metadata={"label": "Answered from", "help": "Best five above chance", "min": 0.0, "max": 9.0},
    )
    maybe: float = field(
        default=1.9,
        metadata={"label": "Maybe from", "help": "Above chance, generic posts discounted", "min": 0.0, "max": 9.0},
    )
    strong: float = field(
        default=2.5,
        metadata={"label": "Strong from", "help": "Above chance, generic posts discounted", "min": 0.0, "max": 9.0},
    )
    strong_cosine: float = field(
        default=1.0,
        metadata={"label": "Strong from, as it is", "help": "Above chance in plain cosine", "min": 0.0, "max": 9.0},
    )


@dataclass(frozen=True)
class Chance:
    """Level and spread of what unrelated questions score, and what each language adds to the level."""

    level: float
    spread: float
    languages: Mapping[str, float] = field(default_factory=dict)

    def above(self, scores: NDArray[np.floating], languages: Sequence[str] = ()) -> NDArray[np.float64]:
        """Return how many spreads ``scores`` (q, k) lie above chance; ``languages`` (q) are the questions'."""
        level = np.full((len(scores), 1), self.level)
        if languages:
            level += np.array([[self.languages.get(language, 0.0)] for language in languages])
        return (scores - level) / self.spread


class Background(Protocol):
    """What chance looks like in one collection."""

    def bands(
        self,
        questions: Vectors,
        rows: NDArray[np.int64],
        similarity: NDArray[np.float32],
        languages: Sequence[str] = (),
    ) -> NDArray[np.str_]:
        """Return the band (q, k) of hits: unit questions (q, d), post rows (q, k), cosines (q, k)."""
        ...

    def answered(
        self,
        questions: Vectors,
        rows: NDArray[np.int64],
        similarity: NDArray[np.float32],
        languages: Sequence[str] = (),
    ) -> NDArray[np.bool_]:
        """Return (q,) whether the best of these hits are together more than chance; rows of -1 do not count."""
        ...

    def strong_from(self, questions: Vectors) -> NDArray[np.float64]:
        """Return the cosine (q,) below which no hit of a unit question (q, d) is strong."""
        ...


@dataclass(frozen=True)
class QuestionBackground:
    """Chance as unrelated questions meet it.

    ``unrelated`` (m, d) unit rows; ``middle`` (d,) mean of the unit posts; ``hubness`` (n,) mean cosine of each post
    with the unrelated questions; ``plain``, ``adjusted`` and ``few``: what these score at best in cosine, less what is
    near to everything, and that as the mean of the best five.
    """

    unrelated: Vectors
    middle: Vectors
    hubness: NDArray[np.float32]
    plain: Chance
    adjusted: Chance
    few: Chance
    settings: ConfidenceSettings = field(default_factory=ConfidenceSettings)

    def bands(
        self,
        questions: Vectors,
        rows: NDArray[np.int64],
        similarity: NDArray[np.float32],
        languages: Sequence[str] = (),
    ) -> NDArray[np.str_]:
        """Return the band (q, k) of hits; see Background."""
        above = self.adjusted.above(self._scores(questions, rows, similarity), languages)
        strong = (above >= self.settings.strong) & (self.plain.above(similarity) >= self.settings.strong_cosine)
        return _named(above >= self.settings.maybe, strong)

    def answered(
        self,
        questions: Vectors,
        rows: NDArray[np.int64],
        similarity: NDArray[np.float32],
        languages: Sequence[str] = (),
    ) -> NDArray[np.bool_]:
        """Return (q,) whether the best of these hits are together more than chance; see Background."""
        found = rows >= 0
        scores = np.sort(np.where(found, self._scores(questions, rows, similarity), -np.inf), axis=1)[:, ::-1][:, :FEW]
        counted = np.isfinite(scores).sum(axis=1)
        mean = np.where(np.isfinite(scores), scores, 0.0).sum(axis=1) / np.maximum(counted, 1)
        return (self.few.above(mean[:, None], languages)[:, 0] >= self.settings.answered) & (counted > 0)

    def strong_from(self, questions: Vectors) -> NDArray[np.float64]:
        """Return the cosine (q,) below which no hit is strong: the same for every question."""
        return np.full(len(questions), self.plain.level + self.settings.strong_cosine * self.plain.spread)

    def _scores(
        self, questions: Vectors, rows: NDArray[np.int64], similarity: NDArray[np.float32]
    ) -> NDArray[np.float64]:
        """Return (q, k) the cosines less what each post and question score with anything, and with these posts."""
        leaning = leanings(questions @ self.middle, (questions @ self.unrelated.T).mean(axis=1))
        return similarity - self.hubness[rows] + leaning[:, None]


def leanings(to_posts: NDArray[np.floating], to_others: NDArray[np.floating]) -> NDArray[np.floating]:
    """Return (q,) what a question's mean cosine to all posts and to unrelated questions says of its hits."""
    return TOWARDS_POSTS * to_posts - TOWARDS_OTHERS * to_others


@dataclass(frozen=True)
class BulkBackground:
    """Chance as each question meets it in a sample of the posts: ``bulk`` (m, d) unit rows of ``posts`` n."""

    posts: int
    bulk: Vectors
    settings: ConfidenceSettings = field(default_factory=ConfidenceSettings)

    def bands(
        self,
        questions: Vectors,
        rows: NDArray[np.int64],
        similarity: NDArray[np.float32],
        languages: Sequence[str] = (),
    ) -> NDArray[np.str_]:
        """Return the band (q, k) of hits; see Background."""
        level, spread = self._chance(questions)
        above = (similarity - level[:, None]) / spread[:, None]
        return _named(above >= self.settings.maybe, above >= self.settings.strong)

    def answered(
        self,
        questions: Vectors,
        rows: NDArray[np.int64],
        similarity: NDArray[np.float32],
        languages: Sequence[str] = (),
    ) -> NDArray[np.bool_]:
        """Return (q,) whether any of the hits is more than chance; see Background."""
        return ((self.bands(questions, rows, similarity) != "none") & (rows >= 0)).any(axis=1)

    def strong_from(self, questions: Vectors) -> NDArray[np.float64]:
        """Return the cosine (q,) from which a hit is strong."""
        level, spread = self._chance(questions)
        return level + self.settings.strong * spread

    def _chance(self, questions: Vectors) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        if not len(self.bulk):
            return np.full(len(questions), np.inf), np.ones(len(questions))
        level, spread = centre_and_spread(questions @ self.bulk.T)
        return level + spread * expected_maximum(self.posts), spread


@dataclass(frozen=True)
class Unrelated:
    """Questions that nothing answers: unit ``vectors`` (m, d), and the ``languages`` (m) they are in, if known."""

    vectors: Vectors
    languages: Sequence[str] = ()


def question_background(
    unrelated: Unrelated, middle: Vectors, blocks: Iterable[tuple[Rows, NDArray[np.float32]]], posts: int
) -> QuestionBackground:
    """Return the background of ``unrelated`` questions from their cosines with all posts.

    ``middle`` (d,) is the mean of the unit posts. ``blocks``: (rows (b,), cosines (m, b)) over the posts that have
    text, of ``posts`` n in all. Medians are used, so that the few unrelated questions that do find something here (a
    post about cake) move nothing.
    """
    count = len(unrelated.vectors)
    hubness = np.zeros(posts, dtype=np.float32)
    plain = np.full(count, -np.inf)
    best = np.full((count, FEW), -np.inf)
    for rows, cosines in blocks:
        total = cosines.sum(axis=0)
        hubness[rows] = total / count
        # Each question meets the posts as the others left them, as a new question will.
        others = (total - cosines) / (count - 1)
        plain = np.maximum(plain, cosines.max(axis=1, initial=-np.inf))
        best = -np.partition(-np.hstack([best, cosines - others]), FEW - 1, axis=1)[:, :FEW]
    return judged_by(unrelated, middle, hubness, (plain, best))


def judged_by(
    unrelated: Unrelated,
    middle: Vectors,
    hubness: NDArray[np.float32],
    scored: tuple[NDArray[np.floating], NDArray[np.floating]],
    settings: ConfidenceSettings | None = None,
) -> QuestionBackground:
    """Return the background of questions that ``scored`` at best (m,) in cosine and (m, 5) with hubness taken off.

    Scores of -inf, where a question found fewer posts, do not count.
    """
    plain, best = scored
    vectors = unrelated.vectors
    among = vectors @ vectors.T
    own = leanings(vectors @ middle, (among.sum(axis=1) - among.diagonal()) / (len(vectors) - 1))
    found = np.isfinite(best)
    some = found.any(axis=1)
    mean = np.where(found, best, 0.0).sum(axis=1) / np.maximum(found.sum(axis=1), 1)
    languages = [language for language, has in zip(unrelated.languages, some, strict=False) if has]
    return QuestionBackground(
        unrelated=vectors,
        middle=middle,
        hubness=hubness,
        plain=chance(plain[some]),
        adjusted=chance((best.max(axis=1) + own)[some], languages),
        few=chance((mean + own)[some], languages),
        settings=settings or ConfidenceSettings(),
    )


def chance(scores: NDArray[np.floating], languages: Sequence[str] = ()) -> Chance:
    """Return level and spread of the scores (m,), by language where ``languages`` (m) tell it.

    A language's level is the median of its questions, drawn to that of all the more the fewer they are. The spread is
    what is left when each question is judged by the others of its language.
    """
    if not len(scores):
        return Chance(np.inf, 1.0)
    level = float(np.median(scores))
    left = np.array(scores, dtype=np.float64)
    spoken = np.asarray(languages, dtype=str)
    shifts = {}
    for language in np.unique(spoken):
        own = np.flatnonzero(spoken == language)
        shifts[str(language)] = _shift(scores[own], level)
        for place, question in enumerate(own):
            left[question] -= _shift(np.delete(scores[own], place), level)
    centre, spread = centre_and_spread(left[None])
    return Chance(float(centre[0]), float(spread[0]), shifts)


def _shift(scores: NDArray[np.floating], level: float) -> float:
    return (float(np.median(scores)) - level) * len(scores) / (len(scores) + LANGUAGE_PRIOR) if len(scores) else 0.0


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
