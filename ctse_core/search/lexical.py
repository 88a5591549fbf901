"""Search by words: BM25 over token lists."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ctse_core.errors import SettingError
from ctse_core.types import Rows

Postings: TypeAlias = NDArray[np.int32]
"""(p,) rows of the posts that hold a word, word after word."""
Weights: TypeAlias = NDArray[np.float32]
"""(p,) what each of them scores by that word."""


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

    def __init__(self, tokens: Sequence[Sequence[str]] | pl.Series, settings: LexicalSettings | None = None) -> None:
        """Count the words of each post in ``tokens`` (n lists; an empty list never matches).

        Source: Robertson and Zaragoza, The Probabilistic Relevance Framework: BM25 and Beyond, 2009, with
        the inverse document frequency of Lucene, which is never negative.
        """
        lists = tokens if isinstance(tokens, pl.Series) else pl.Series("", list(map(list, tokens)), pl.List(pl.Utf8))
        lengths = lists.list.len().fill_null(0).to_numpy().astype(np.int64)
        flat = lists.filter(lengths > 0).explode().rename("word").to_frame()
        words = flat["word"].unique().sort()
        numbered = words.to_frame("word").with_row_index("number")
        ids = flat.join(numbered, on="word", how="left", maintain_order="left")["number"].to_numpy()
        weighed = _weigh(ids.astype(np.int64), lengths, len(words), settings or LexicalSettings())
        self._hold(len(lists), words, weighed)

    def _hold(self, posts: int, words: pl.Series, weighed: tuple[NDArray[np.int64], Postings, Weights]) -> None:
        self.posts = posts
        self.words = words  # sorted
        self._starts, self._rows, self._weights = weighed

    def parts(self) -> dict[str, Any]:
        """Return what the index is made of, to be kept on a disk: arrays and a table by their names."""
        arrays = {"starts": self._starts, "rows": self._rows, "weights": self._weights}
        return {"words": self.words.to_frame("word"), "posts": self.posts, **arrays}

    @classmethod
    def of(cls, parts: Mapping[str, Any]) -> LexicalIndex:
        """Return the index of parts that were kept; its arrays may be memory-mapped."""
        index = cls.__new__(cls)
        starts, rows, weights = (np.asarray(parts[name]) for name in ("starts", "rows", "weights"))
        index._hold(int(parts["posts"]), parts["words"]["word"], (starts, rows, weights))
        return index

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
            part = self._postings(word)
            score[self._rows[part]] += self._weights[part]
        if where is not None:
            score *= where.astype(bool)
        found = np.flatnonzero(score)
        if len(found) > k:
            floor = np.partition(score[found], len(found) - k)[len(found) - k]
            found = found[score[found] >= floor]
        best = found[np.argsort(-score[found], kind="stable")][:k]
        return LexicalHits(best, score[best])

    def attainable(self, question: Iterable[str]) -> float:
        """Return the score of a post of average length that holds every word of ``question`` once."""
        parts = [self._postings(word) for word in sorted(set(question))]
        return float(sum(_rarity(self.posts, np.asarray([part.stop - part.start]))[0] for part in parts))

    def _postings(self, word: str) -> slice:
        """Return where the posts that hold ``word`` stand among all postings; nowhere where nobody says it."""
        number = bisect_left(self.words, word)  # polars' own search would wait for its threads at every word
        if number == len(self.words) or self.words[number] != word:
            return slice(0, 0)
        return slice(int(self._starts[number]), int(self._starts[number + 1]))


def _weigh(
    word_ids: NDArray[np.int64], lengths: NDArray[np.int64], words: int, settings: LexicalSettings
) -> tuple[NDArray[np.int64], Postings, Weights]:
    """Return where each word starts (words + 1,), and the rows and BM25 weights of its posts."""
    posts = len(lengths)
    if not len(word_ids):
        return np.zeros(words + 1, dtype=np.int64), np.zeros(0, np.int32), np.zeros(0, np.float32)
    of_post = np.repeat(np.arange(posts, dtype=np.int64), lengths)
    pairs, counts = np.unique(word_ids * posts + of_post, return_counts=True)
    word, row = np.divmod(pairs, posts)
    in_posts = np.bincount(word, minlength=words)
    rarity = _rarity(posts, in_posts)
    relative = lengths / lengths[lengths > 0].mean()
    dampening = settings.saturation * (1 - settings.length + settings.length * relative)
    weights = rarity[word] * counts * (settings.saturation + 1) / (counts + dampening[row])
    return np.concatenate([[0], np.cumsum(in_posts)]), row.astype(np.int32), weights.astype(np.float32)


def _rarity(posts: int, in_posts: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the inverse document frequency (w,) of words that stand in ``in_posts`` (w,) of ``posts``."""
    return np.log1p((posts - in_posts + 0.5) / (in_posts + 0.5))
