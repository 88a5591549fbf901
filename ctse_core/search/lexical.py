"""Search by words: BM25 over token lists."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ctse_core.errors import SettingError
from ctse_core.types import Rows


@dataclass(frozen=True)
class LexicalSettings:
    """How strongly repetition and length count; the defaults suit posts of a few sentences."""

    saturation: float = field(
        default=1.2,
        metadata={
            "label": "Saturation",
            "help": "How soon repeating a word stops helping",
            "min": 0.0,
            "max": 3.0,
        },
    )
    length: float = field(
        default=0.5,
        metadata={"label": "Length", "help": "How much longer posts are held back", "min": 0.0, "max": 1.0},
    )


@dataclass(frozen=True)
class LexicalHits:
    """Posts sharing words with the question, best first: ``rows`` (m,), BM25 ``score`` (m,) > 0; m <= k."""

    rows: Rows
    score: NDArray[np.float32]


class LexicalIndex:
    """BM25 weights of every word in every post, laid out by word; never changes once built."""

    def __init__(self, tokens: Sequence[Sequence[str]], settings: LexicalSettings | None = None) -> None:
        """Count the words of each post in ``tokens`` (n lists; an empty list never matches).

        Source: Robertson and Zaragoza, The Probabilistic Relevance Framework: BM25 and Beyond, 2009, with
        the inverse document frequency of Lucene, which is never negative.
        """
        self.posts = len(tokens)
        self.words: dict[str, int] = {}
        known = self.words
        word_ids = [known.setdefault(word, len(known)) for words in tokens for word in words]
        lengths = np.fromiter((len(words) for words in tokens), dtype=np.int64, count=len(tokens))
        self._starts, self._rows, self._weights = _weigh(
            np.asarray(word_ids, dtype=np.int64), lengths, len(known), settings or LexicalSettings()
        )

    def search(self, question: Iterable[str], k: int = 10, where: NDArray[np.bool_] | None = None) -> LexicalHits:
        """Return at most ``k`` posts with any word of ``question`` (tokens made as the posts' were).

        ``where`` (n,) bool keeps a post when True; equal scores are ordered by row.

        Raises:
            SettingError: ``k`` is below 1, or ``where`` has another length than the index.
        """
        if k < 1:
            raise SettingError(f"Ask for at least one result, not for {k}.")
        if where is not None and where.shape != (self.posts,):
            raise SettingError(f"The filter has {len(where):,} entries for {self.posts:,} posts.")
        score = np.zeros(self.posts, dtype=np.float32)
        for word in sorted(set(question)):
            number = self.words.get(word)
            if number is not None:
                part = slice(self._starts[number], self._starts[number + 1])
                score[self._rows[part]] += self._weights[part]
        if where is not None:
            score[~where.astype(bool)] = 0.0
        found = np.flatnonzero(score)
        if len(found) > k:
            floor = np.partition(score[found], len(found) - k)[len(found) - k]
            found = found[score[found] >= floor]
        best = found[np.argsort(-score[found], kind="stable")][:k]
        return LexicalHits(best, score[best])

    def attainable(self, question: Iterable[str]) -> float:
        """Return the score of a post of average length that holds every word of ``question`` once."""
        known = (self.words.get(word) for word in set(question))
        posts_with = [0 if n is None else int(self._starts[n + 1] - self._starts[n]) for n in known]
        return float(sum(_rarity(self.posts, np.asarray([count]))[0] for count in posts_with))


def _weigh(
    word_ids: NDArray[np.int64], lengths: NDArray[np.int64], words: int, settings: LexicalSettings
) -> tuple[NDArray[np.int64], Rows, NDArray[np.float32]]:
    """Return where each word starts (words + 1,), and the rows and BM25 weights of its posts."""
    posts = len(lengths)
    if not len(word_ids):
        return np.zeros(words + 1, dtype=np.int64), np.zeros(0, np.int64), np.zeros(0, np.float32)
    of_post = np.repeat(np.arange(posts, dtype=np.int64), lengths)
    pairs, counts = np.unique(word_ids * posts + of_post, return_counts=True)
    word, row = np.divmod(pairs, posts)
    in_posts = np.bincount(word, minlength=words)
    rarity = _rarity(posts, in_posts)
    relative = lengths / lengths[lengths > 0].mean()
    dampening = settings.saturation * (1 - settings.length + settings.length * relative)
    weights = rarity[word] * counts * (settings.saturation + 1) / (counts + dampening[row])
    return np.concatenate([[0], np.cumsum(in_posts)]), row, weights.astype(np.float32)


def _rarity(posts: int, in_posts: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the inverse document frequency (w,) of words that stand in ``in_posts`` (w,) of ``posts``."""
    return np.log1p((posts - in_posts + 0.5) / (in_posts + 0.5))
