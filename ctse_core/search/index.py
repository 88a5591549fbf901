"""Cosine search over an array of vectors, in memory or memory-mapped.

Identity stays outside, geometry inside: the index knows rows and numbers, never posts. One pass over the
vectors in blocks finds candidates in float32; the few candidates are scored again in float64, row by row,
so that equal vectors get equal numbers whatever the linear-algebra library does with a block's edge. Where the vectors
were also kept in one byte a number (quantised.py), single questions take their candidates from there.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ctse_core.errors import EncoderError, SettingError
from ctse_core.search.confidence import (
    LEAST_UNRELATED,
    Background,
    Unrelated,
    bulk_background,
    bulk_rows,
    question_background,
)
from ctse_core.search.quantised import Codes, Scan
from ctse_core.search.shifted import Shifted
from ctse_core.types import Rows, Vectors, check_vectors
from ctse_core.words import t

BLOCK_NUMBERS = 8_000_000  # similarities held at once: 32 MB
MAX_BLOCK_ROWS = 131_072
RESCORE_ROWS = 8_192
GATHER_BELOW = 0.35  # a filter that leaves a smaller share is served by copying the rows it leaves
NEARLY = 4e-6  # float32 products of the same two unit vectors may differ by this much
MISSING = -1
SCANNED_ALONE = 4  # more questions at once are quicker in blocks, all together
SCANNED_UP_TO = 0.02  # of the posts, that many results at most come from a scan
LIKED = 0.75  # what the liked posts count beside a question
UNLIKED = 0.5  # what the posts to avoid take off


@dataclass(frozen=True)
class Hits:
    """What a search found, best first; equal similarities are ordered by row.

    ``rows`` (q, k) int64, -1 where fewer than k posts could match; ``similarity`` (q, k) float32 cosine
    in [-1, 1], 0 where the row is -1; ``band`` (q, k) one of "strong", "maybe", "none"; ``answered`` (q,) True where
    the best hits are together more than chance, False means "nothing here matches".
    """

    rows: NDArray[np.int64]
    similarity: NDArray[np.float32]
    band: NDArray[np.str_]
    answered: NDArray[np.bool_]


class VectorIndex:
    """Search by meaning over rows; build once, search often, safe to share between threads (it never changes)."""

    def __init__(
        self,
        vectors: Vectors | Shifted,
        unrelated: Unrelated | None = None,
        among: NDArray[np.bool_] | None = None,
        codes: Codes | None = None,
    ) -> None:
        """Keep a reference to ``vectors`` (n, d) and learn what chance looks like among them.

        ``unrelated``: UNRELATED_QUESTIONS as the same encoder encodes them; they calibrate the bands. Without them
        (or with fewer than 8) each question is judged against its own bulk, which is weaker. ``among`` (n,) are the
        posts that chance is learnt from: one of each group of copies. ``codes`` are the vectors in one byte a
        number (of what lies under them, where they are shifted); without them every search reads all vectors.

        Raises:
            EncoderError: the vectors are not a table of finite numbers.
        """
        if vectors.ndim != 2:
            raise EncoderError(f"Vectors must be a table of shape (n, d), not of shape {vectors.shape}.")
        self._hold(vectors, reciprocal_lengths(vectors), codes)
        self.background = self._background(unrelated, among)

    @classmethod
    def known(
        cls, vectors: Vectors | Shifted, scale: NDArray[np.float32], background: Background, codes: Codes | None
    ) -> VectorIndex:
        """Return the index of vectors whose 1 / length (n,) and background were learnt before."""
        index = cls.__new__(cls)
        index._hold(vectors, scale, codes)
        index.background = background
        return index

    def _hold(self, vectors: Vectors | Shifted, scale: NDArray[np.float32], codes: Codes | None) -> None:
        # A plain view: slices of a memmap object cost more.
        self.vectors = vectors.view(np.ndarray) if isinstance(vectors, np.ndarray) else vectors
        self.scale = scale
        self.filled = scale > 0
        self.scan = None if codes is None else Scan(codes, self.vectors, scale)

    def __len__(self) -> int:
        return len(self.vectors)

    def search(
        self,
        queries: Vectors,
        k: int = 10,
        where: NDArray[np.bool_] | None = None,
        languages: Sequence[str] = (),
    ) -> Hits:
        """Return the ``k`` posts most similar to each of ``queries`` (q, d) or (d,).

        ``where`` (n,) bool keeps a post when True; ``languages`` (q) of the queries, where they are known, make the
        verdicts fairer. Empty posts (zero vectors) never match, and an empty query finds nothing.

        Raises:
            SettingError: ``k`` is below 1, or ``where`` has another length than the index.
            EncoderError: the queries have another width than the index, or are not finite.
        """
        if k < 1:
            raise SettingError(f"Ask for at least one result, not for {k}.")
        asked = check_vectors(np.atleast_2d(queries), dim=self.vectors.shape[1])
        unit = unit_rows(asked)
        rows, similarity = self.nearest(unit, k, where)
        band = self.background.bands(unit, rows, similarity, languages)
        band[rows == MISSING] = "none"
        return Hits(rows, similarity, band, self.background.answered(unit, rows, similarity, languages))

    def nearest(
        self, unit: Vectors, k: int, where: NDArray[np.bool_] | None = None
    ) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Return rows and cosines, both (q, k), of the posts nearest to unit queries (q, d), without a verdict."""
        rows = np.full((len(unit), k), MISSING, dtype=np.int64)
        similarity = np.zeros((len(unit), k), dtype=np.float32)
        candidates = self._candidates(unit, k, where)
        for i in np.flatnonzero(unit.any(axis=1)):  # an empty question finds nothing
            best, exact = self._rescore(unit[i], candidates[i], k)
            rows[i, : len(best)], similarity[i, : len(best)] = best, exact
        return rows, similarity

    def similarity(self, query: Vectors, rows: Rows) -> NDArray[np.float32]:
        """Return the cosine (m,) of one query (d,) with the posts in ``rows`` (m,), in [-1, 1]."""
        unit = unit_rows(check_vectors(np.atleast_2d(query), dim=self.vectors.shape[1]))[0]
        return self._exact(unit, np.asarray(rows, dtype=np.int64)).astype(np.float32)

    def bands(
        self, query: Vectors, rows: Rows, similarity: NDArray[np.float32], language: str = ""
    ) -> NDArray[np.str_]:
        """Return the band (m,) of the posts ``rows`` (m,), given their ``similarity`` (m,) to a query (d,)."""
        unit = unit_rows(np.atleast_2d(query).astype(np.float32))
        return self.background.bands(unit, rows[None], similarity[None], [language] if language else ())[0]

    def _candidates(self, unit: Vectors, k: int, where: NDArray[np.bool_] | None) -> list[Rows]:
        """Return for each of unit queries (q, d) the rows among which its best ``k`` are."""
        if self.scan is not None and len(unit) <= SCANNED_ALONE and k <= SCANNED_UP_TO * len(self):
            mask = self._mask(where)
            return [self.scan.candidates(one, k, mask) for one in unit]
        candidates = _Candidates(len(unit), k)
        for block_rows, scores in self._blocks(unit, self._allowed(where)):
            candidates.offer(block_rows, scores)
        return candidates.rows

    def _background(self, unrelated: Unrelated | None, among: NDArray[np.bool_] | None) -> Background:
        if unrelated is not None and self.scale.any():
            asked = unit_rows(check_vectors(unrelated.vectors, dim=self.vectors.shape[1]))
            full = np.asarray(asked.any(axis=1), dtype=bool)
            if full.sum() >= LEAST_UNRELATED:
                spoken = [language for language, has in zip(unrelated.languages, full.tolist(), strict=False) if has]
                allowed = self._allowed(among)
                sample = allowed[bulk_rows(len(allowed))]
                middle = unit_rows(self._read(sample)).mean(axis=0)
                # Hubness is needed of every post, chance only of those that it is learnt from.
                background = question_background(
                    Unrelated(asked[full], spoken), middle, self._blocks(asked[full], allowed), len(self)
                )
                if len(allowed) < len(self):
                    return replace(background, hubness=self._mean_cosine(background.unrelated))
                return background
        rows = bulk_rows(len(self))
        return bulk_background(unit_rows(self._read(rows)), len(self))

    def _read(self, rows: Rows | slice) -> Vectors:
        return np.asarray(self.vectors[rows], dtype=np.float32)

    def _mean_cosine(self, unit: Vectors) -> NDArray[np.float32]:
        """Return the mean cosine (n,) of each post with unit rows (m, d)."""
        return np.concatenate(
            [
                (self._read(slice(start, start + MAX_BLOCK_ROWS)) @ unit.mean(axis=0))
                * self.scale[start : start + MAX_BLOCK_ROWS]
                for start in range(0, len(self), MAX_BLOCK_ROWS)
            ]
        )

    def _mask(self, where: NDArray[np.bool_] | None) -> NDArray[np.bool_]:
        if where is None:
            return self.filled
        if where.shape != (len(self),):
            raise SettingError(f"The filter has {len(where):,} entries for {len(self):,} posts.")
        return where.astype(bool) & self.filled

    def _allowed(self, where: NDArray[np.bool_] | None) -> Rows:
        return np.flatnonzero(self._mask(where))

    def _blocks(self, unit: Vectors, allowed: Rows) -> Iterator[tuple[Rows, NDArray[np.float32]]]:
        """Yield (rows (b,), scores (q, b)) over the allowed posts, in row order."""
        size = min(MAX_BLOCK_ROWS, max(1, BLOCK_NUMBERS // max(1, len(unit))))
        gather = len(allowed) < GATHER_BELOW * len(self)
        for start in range(0, len(allowed), size) if gather else range(0, len(self), size):
            if gather:
                rows = allowed[start : start + size]
                block = self._read(rows)
                yield rows, _products(unit, block) * self.scale[rows]
            else:
                end = min(start + size, len(self))
                rows = allowed[np.searchsorted(allowed, start) : np.searchsorted(allowed, end)]
                scores = _products(unit, self._read(slice(start, end))) * self.scale[start:end]
                yield rows, scores if len(rows) == end - start else scores[:, rows - start]

    def _rescore(self, unit: NDArray[np.float32], rows: Rows, k: int) -> tuple[Rows, NDArray[np.float32]]:
        exact = self._exact(unit, rows)
        order = np.lexsort((rows, -exact))[:k]
        return rows[order], exact[order].astype(np.float32)

    def _exact(self, unit: NDArray[np.float32], rows: Rows) -> NDArray[np.float64]:
        scores = np.zeros(len(rows))
        for start in range(0, len(rows), RESCORE_ROWS):
            part = self.vectors[rows[start : start + RESCORE_ROWS]].astype(np.float64)
            length = np.sqrt((part * part).sum(axis=1))
            scores[start : start + RESCORE_ROWS] = (part * unit.astype(np.float64)).sum(axis=1) / np.where(
                length > 0, length, 1.0
            )
        return np.clip(scores, -1.0, 1.0)


class _Candidates:
    """The rows that may still be among the best k of each query, as blocks arrive in row order."""

    def __init__(self, queries: int, k: int) -> None:
        self.k = k
        self.rows: list[Rows] = [np.zeros(0, dtype=np.int64) for _ in range(queries)]
        self.scores = [np.zeros(0, dtype=np.float32) for _ in range(queries)]
        self.floor = np.full(queries, -np.inf, dtype=np.float32)

    def offer(self, rows: Rows, scores: NDArray[np.float32]) -> None:
        """Take a block: rows (b,) and scores (q, b)."""
        for i in range(len(self.floor)):
            if np.isneginf(self.floor[i]) and len(rows) > self.k:
                self.floor[i] = _kth(scores[i], self.k) - NEARLY
            good = np.flatnonzero(scores[i] >= self.floor[i])
            if not len(good):
                continue
            kept_rows = np.concatenate([self.rows[i], rows[good]])
            kept = np.concatenate([self.scores[i], scores[i][good]])
            if len(kept) > self.k:
                self.floor[i] = _kth(kept, self.k) - NEARLY
                still = kept >= self.floor[i]
                kept_rows, kept = kept_rows[still], kept[still]
            self.rows[i], self.scores[i] = kept_rows, kept


def more_like_this(vectors: Vectors | Shifted, like: Rows, unlike: Rows, question: Vectors | None = None) -> Vectors:
    """Return a query (1, d), unit length: the question, towards the liked posts, away from the others.

    ``like`` (m,) and ``unlike`` (m,) are rows of ``vectors`` (n, d); ``question`` (1, d) may be missing where there
    are liked posts. The weights are Rocchio's usual ones, not tuned;
    benchmarks/questions.py measures what they do. Source: Rocchio, Relevance feedback in
    information retrieval, 1971.

    Raises:
        SettingError: no liked post has a meaning to go by, or likes and dislikes cancel out.
    """
    liked = _mean_direction(vectors, like)
    asked = question is not None and bool(question.any())
    if not asked and not liked.any():
        raise SettingError(t("Choose at least one post with text to find more like it."))
    wanted = liked if question is None or not asked else question[0] + LIKED * liked
    wanted = wanted - UNLIKED * _mean_direction(vectors, unlike)
    if np.linalg.norm(wanted) < 1e-6 or (not asked and set(like.tolist()) == set(unlike.tolist())):
        raise SettingError(t("The posts to seek and the posts to avoid are the same; change one of them."))
    return unit_rows(wanted[None].astype(np.float32))


def _mean_direction(vectors: Vectors | Shifted, rows: Rows) -> NDArray[np.float64]:
    chosen = np.asarray(vectors[np.asarray(rows, dtype=np.int64)], dtype=np.float64)
    lengths = np.linalg.norm(chosen, axis=1)
    chosen = chosen[lengths > 0] / lengths[lengths > 0][:, None]
    return chosen.mean(axis=0) if len(chosen) else np.zeros(vectors.shape[1])


def unit_rows(vectors: Vectors) -> Vectors:
    """Return ``vectors`` (n, d) with every row at length 1; rows of zeros stay zeros."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.divide(vectors, lengths, out=np.zeros_like(vectors), where=lengths > 0)


def _products(unit: Vectors, block: Vectors) -> NDArray[np.float32]:
    if len(unit) == 1:  # matrix times vector: twice as fast as a product with a (1, d) matrix
        return (block @ unit[0])[None]
    return unit @ block.T


def _kth(scores: NDArray[np.float32], k: int) -> float:
    return float(np.partition(scores, len(scores) - k)[len(scores) - k])


def reciprocal_lengths(vectors: Vectors | Shifted) -> NDArray[np.float32]:
    """Return 1 / length of each row (n,), 0 for rows of zeros."""
    lengths = np.empty(len(vectors), dtype=np.float32)
    for start in range(0, len(vectors), MAX_BLOCK_ROWS):
        block = np.asarray(vectors[start : start + MAX_BLOCK_ROWS], dtype=np.float32)
        lengths[start : start + MAX_BLOCK_ROWS] = np.sqrt(np.einsum("nd,nd->n", block, block))
    if not np.isfinite(lengths).all():
        raise EncoderError("Some vectors hold NaN or infinity; embed the texts again with another runtime.")
    return np.divide(1.0, lengths, out=np.zeros_like(lengths), where=lengths > 1e-12)
