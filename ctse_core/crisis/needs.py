"""What posts are about: examples of each type against the posts, in the encoder's space and by terms.

A ridge regression from vectors to types is fitted to the examples; then to the posts that it is surest of, too, which
brings it to the words and the hazards of this collection; then to what people marked (learning.py). Terms add to it
what they are worth here: a word that half of all posts hold says nothing. All of it is closed form, so that a mark
is learnt in a blink. benchmarks/needs.py measures each part, and the constants below were chosen there.

Sources: ridge regression, Hoerl and Kennard 1970; self-training on what is surest, Yarowsky 1995; weight of a term by
its rarity, Spärck Jones 1972.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ctse_core.types import Rows, Vectors

RIDGE = 4.0  # against examples whose weights are 1 on average
TERM_GAIN = 0.07  # what a nat of a term's rarity adds to the score
TERM_MOST = 4.0  # nats: more terms say no more
ADOPTED_SHARE, ADOPTED_LEAST, ADOPTED_MOST = 0.02, 5, 200  # posts a type that examples are joined by
MOST_TOLD = 3  # types of one post
_BLOCK = 20_000


@dataclass(frozen=True)
class Space:
    """The posts as they are compared: ``vectors`` (u, d) less what their language adds, as unit rows.

    ``shift`` (l + 1, d) is the mean of all with what each language adds, the last for other languages; ``code`` (u,)
    is each post's row in it. Rows of zeros are empty posts. Where ``at`` (u,) is given, the posts are those rows of
    ``vectors`` (n, d), which need not be copied.
    """

    vectors: Vectors
    shift: Vectors
    code: NDArray[np.int64]
    at: Rows | None = None

    def _blocks(self) -> Iterator[tuple[slice, Vectors]]:
        """Yield which posts, and their vectors, some at a time: those of a million posts stay on the disk."""
        for start in range(0, len(self.code), _BLOCK):
            some = slice(start, start + _BLOCK)
            yield some, np.asarray(self.vectors[some if self.at is None else self.at[some]])

    @cached_property
    def filled(self) -> NDArray[np.bool_]:
        """(u,) the posts that have text."""
        found = np.zeros(len(self.code), dtype=bool)
        for some, block in self._blocks():
            found[some] = block.any(axis=1)
        return found

    def rows(self, positions: Rows) -> Vectors:
        """Return the unit rows (m, d) of the posts at ``positions``."""
        here = self.vectors[positions if self.at is None else self.at[positions]]
        return centred(np.asarray(here, dtype=np.float32), self.shift[self.code[positions]])

    @cached_property
    def lengths(self) -> NDArray[np.float32]:
        """(u,) the lengths of the posts' vectors less what their language adds."""
        found = np.ones(len(self.code), dtype=np.float32)
        for some, block in self._blocks():
            found[some] = np.linalg.norm(block - self.shift[self.code[some]], axis=1)
        return np.maximum(found, 1e-9)

    def times(self, weights: NDArray[np.float64]) -> NDArray[np.float32]:
        """Return (u, c): the posts' unit rows times ``weights`` (d, c); 0 for empty posts."""
        light = weights.astype(np.float32)
        # The shift is taken off behind the product: moving all vectors at every mark would cost ten times as much.
        moved = self.shift @ light
        found = np.zeros((len(self.code), light.shape[1]), dtype=np.float32)
        for some, block in self._blocks():
            product = np.asarray(block @ light, dtype=np.float32) - moved[self.code[some]]
            found[some] = np.where(self.filled[some, None], product / self.lengths[some, None], np.float32(0))
        return found


def centred(vectors: Vectors, shift: Vectors) -> Vectors:
    """Return unit rows (m, d) of ``vectors`` less ``shift`` (m, d); rows of zeros stay zeros."""
    moved = np.where(vectors.any(axis=1, keepdims=True), vectors - shift, 0)
    return (moved / np.maximum(np.linalg.norm(moved, axis=1, keepdims=True), 1e-9)).astype(np.float32)


@dataclass(frozen=True)
class Evidence:
    """What a judge is fitted to: ``gram`` (d, d), ``cross`` (d, c) with what is wanted less ``mean`` (c,)."""

    gram: NDArray[np.float64]
    cross: NDArray[np.float64]
    mean: NDArray[np.float64]

    def joined(self, rows: Vectors, wanted: NDArray[np.floating], weight: float) -> Evidence:
        """Return the evidence with rows (m, d) beside it, whose answers (m, c) are ``wanted``."""
        heavy = rows.astype(np.float64) * weight
        return Evidence(self.gram + heavy.T @ rows, self.cross + heavy.T @ (wanted - self.mean), self.mean)

    def weights(self) -> NDArray[np.float64]:
        """Return the weights (d, c) of the ridge regression."""
        return np.asarray(np.linalg.solve(self.gram + RIDGE * np.eye(len(self.gram)), self.cross), dtype=np.float64)

    def inverse(self) -> NDArray[np.float64]:
        """Return (d, d) the covariance of the weights, up to the noise."""
        return np.asarray(np.linalg.inv(self.gram + RIDGE * np.eye(len(self.gram))), dtype=np.float64)


def evidence(rows: Vectors, wanted: NDArray[np.floating], weight: NDArray[np.floating], scale: int) -> Evidence:
    """Return the evidence of rows (m, d) with answers (m, c); their ``weight`` (m,) shall add up to ``scale``."""
    weight = weight * (scale / weight.sum())
    mean = weight @ wanted / scale
    heavy = rows * weight[:, None]
    return Evidence(
        (heavy.T @ rows).astype(np.float64), (heavy.T @ (wanted - mean)).astype(np.float64), mean.astype(np.float64)
    )


def of_examples(examples: Vectors, types: NDArray[np.int64], count: int) -> Evidence:
    """Return the evidence of ``examples`` (m, d), unit rows, of ``types`` (m,) below ``count``; types weigh alike."""
    return evidence(examples, _one_hot(types, count), 1 / np.bincount(types, minlength=count)[types], len(types))


def adopted(scores: NDArray[np.float32], original: NDArray[np.bool_]) -> tuple[Rows, NDArray[np.int64]]:
    """Return posts (m,) and their types (m,) that may stand as examples: the surest of each type.

    ``scores`` (u, c); only posts that are ``original`` (u,) and whose best type it is are taken.
    """
    found: list[tuple[Rows, int]] = []
    best = scores.argmax(axis=1)
    many = int(np.clip(ADOPTED_SHARE * original.sum(), ADOPTED_LEAST, ADOPTED_MOST))
    for number in range(scores.shape[1]):
        own = np.flatnonzero((best == number) & original)
        found.append((own[np.argsort(-scores[own, number], kind="stable")[:many]], number))
    rows = np.concatenate([rows for rows, _ in found])
    return rows, np.repeat(np.arange(len(found)), [len(rows) for rows, _ in found])


def of_collection(
    examples: tuple[Vectors, NDArray[np.int64]], posts: tuple[Vectors, NDArray[np.int64]], count: int
) -> Evidence:
    """Return the evidence of examples and adopted posts, each unit rows and types; together they weigh alike."""
    types = np.concatenate([examples[1], posts[1]])
    weight = np.concatenate([1 / np.bincount(one, minlength=count)[one] for one in (examples[1], posts[1])])
    rows = np.concatenate([examples[0], posts[0]])
    return evidence(rows, _one_hot(types, count), weight, len(examples[1]))


def usual_cut(count: int) -> float:
    """Return the score from which a type is told, in a scheme of ``count`` types; chance alone gives 1 / count."""
    return 1 / count + 0.13 + min(0.8 / count, 0.1)


def told(
    scores: NDArray[np.float32], cuts: NDArray[np.floating], aside: NDArray[np.bool_]
) -> tuple[NDArray[np.bool_], NDArray[np.float32]]:
    """Return which types (u, c) each post is told to have, three at most, and by how much (u, c) it passes the cut.

    A type is told from its cut on, where it is surer than the types ``aside`` (c,), which are never told.
    """
    margin = (scores - cuts).astype(np.float32)
    over = margin[:, aside].max(axis=1, initial=-np.inf)
    shown = np.where(aside, -np.inf, margin)
    passes = (shown >= 0) & (shown > over[:, None])
    if passes.shape[1] > MOST_TOLD:
        least = -np.partition(-shown, MOST_TOLD - 1, axis=1)[:, MOST_TOLD - 1]
        passes &= shown >= least[:, None]
    return passes, margin


def find_terms(texts: pl.Series, terms: Sequence[str]) -> pl.DataFrame:
    """Return which of ``terms`` the texts hold, as whole words, case aside: post, term, each pair once.

    A term that ends in "*" is the beginning of a word; in scripts without spaces it may stand anywhere.
    """
    written = {_pattern(term): term for term in terms if term.strip("* ")}
    if not written:
        return pl.DataFrame(schema={"post": pl.Int64, "term": pl.Utf8})
    plain = texts.str.to_lowercase().str.replace_all(r"[^\p{L}\p{M}\p{N}]+", "  ")
    padded = pl.DataFrame({"text": plain}).select(pl.format(" {} ", "text").alias("text"))
    found = padded.with_row_index("post").select(
        pl.col("post").cast(pl.Int64), pl.col("text").str.extract_many(list(written), overlapping=True).alias("term")
    )
    return (
        found.explode("term")
        .drop_nulls()
        .with_columns(pl.col("term").replace_strict(written))
        .unique(maintain_order=True)
    )


def term_scores(found: pl.DataFrame, types: Sequence[Sequence[str]], posts: int) -> NDArray[np.float32]:
    """Return (u, c) what the terms ``found`` add for each of ``types``, given as their terms, in ``posts`` u."""
    scores = np.zeros((posts, len(types)), dtype=np.float32)
    if not found.height:
        return scores
    rarity = {term: float(np.log(posts / count)) for term, count in found.group_by("term").len().iter_rows()}
    held = {term: group["post"].to_numpy() for (term,), group in found.group_by("term")}
    for number, terms in enumerate(types):
        for term in dict.fromkeys(terms):
            if term in held:
                scores[held[term], number] += rarity[term]
    return np.minimum(scores, TERM_MOST) * np.float32(TERM_GAIN)


def sure_enough(margin: float) -> str:
    """Return how sure a type is by its margin over the cut: "clear", "likely" or "close"."""
    return "clear" if margin >= 0.15 else "likely" if margin >= 0.05 else "close"


def _one_hot(types: NDArray[np.int64], count: int) -> NDArray[np.float32]:
    return (types[:, None] == np.arange(count)).astype(np.float32)


_UNSPACED = ((0x0E00, 0x0EFF), (0x1000, 0x109F), (0x1780, 0x17FF), (0x3040, 0x30FF), (0x3400, 0x9FFF))


def _pattern(term: str) -> str:
    bare = term.casefold().rstrip("*").strip()
    if any(low <= ord(letter) <= high for letter in bare for low, high in _UNSPACED):
        return bare
    words = "  ".join(bare.split())
    return f" {words}" if term.endswith("*") else f" {words} "
