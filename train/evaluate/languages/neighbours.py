"""The nearest candidates of every sentence: which are wrong, and which are near to far too many."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ctse_core.types import Rows, Vectors
from train.evaluate.matching import unit

BLOCK = 1024
HUB_NEIGHBOURS = 10


@dataclass(frozen=True)
class Nearest:
    """What n queries find among n candidates, of which candidate i is the translation of query i.

    Attributes:
        found: (n,) the candidate that is nearest, the first of equally near ones.
        cosine: (n,) its cosine, in [-1, 1].
        own: (n,) cosine of the translation, in [-1, 1].
        right: (n,) whether the nearest is a translation.
        first: (n,) how many queries each candidate is the nearest of.
        among: (n,) how many queries each candidate is among the ten nearest of.
    """

    found: Rows
    cosine: NDArray[np.float32]
    own: NDArray[np.float32]
    right: NDArray[np.bool_]
    first: Rows
    among: Rows


def nearest(queries: Vectors, candidates: Vectors, same: Sequence[NDArray[np.int64]] = ()) -> Nearest:
    """Return what the rows of ``queries`` (n, d) find among ``candidates`` (n, d), both of unit length.

    ``same``: arrays (n,) of numbers; a candidate j that shares a number with row i in any of them is right too
    (equal sentences are not errors). Computed in blocks: memory does not grow with n².
    """
    n = len(queries)
    neighbours = min(HUB_NEIGHBOURS, n)
    found, cosine = np.zeros(n, dtype=np.int64), np.zeros(n, dtype=np.float32)
    among = np.zeros(n, dtype=np.int64)
    for start in range(0, n, BLOCK):
        rows = slice(start, min(start + BLOCK, n))
        block = queries[rows] @ candidates.T
        found[rows] = block.argmax(axis=1)
        cosine[rows] = block.max(axis=1)
        near = np.argpartition(-block, neighbours - 1, axis=1)[:, :neighbours]
        among += np.bincount(near.ravel(), minlength=n)
    own = np.einsum("nd,nd->n", queries, candidates)
    right = found == np.arange(n)
    for numbers in same:
        right |= numbers == numbers[found]
    return Nearest(found, cosine, own, right, np.bincount(found, minlength=n), among)


def skewness(counts: NDArray[np.int64]) -> float:
    """Return the third standardised moment of (n,) counts: 0 where all candidates are near to alike many.

    Values above about 3 tell of hubs, candidates that are near to queries of every kind. 0 for equal counts.

    Source: Radovanović, Nanopoulos and Ivanović 2010, Hubs in Space (JMLR 11).
    """
    deviation = counts - counts.mean()
    spread = float(np.sqrt((deviation**2).mean()))
    return float((deviation**3).mean() / spread**3) if spread else 0.0


def centred(vectors: Vectors) -> Vectors:
    """Return unit rows (n, d) of ``vectors`` less their mean: what is left without a language's own place."""
    return unit(vectors - vectors.mean(axis=0))
