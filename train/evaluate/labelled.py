"""What labelled vectors show: closeness of classes, votes of neighbours, clusters, what a search brings up first."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from ctse_core.types import Vectors, check_vectors

Encode: TypeAlias = Callable[[Sequence[str]], Vectors]
"""Turns texts into rows (n, d) float32."""
NEIGHBOURS = 10
DEPTH = 10
BLOCK = 1024

Labels = NDArray[np.int64]


def unit(vectors: Vectors) -> Vectors:
    """Return the rows with length 1; rows of zeros stay."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.where(lengths > 0, lengths, 1), dtype=np.float32)


def encoded(encode: Encode, texts: Sequence[str]) -> Vectors:
    """Return unit rows (n, d), row i for text i, each different text encoded once.

    Raises:
        EncoderError: the vectors are no finite table with a row a text.
    """
    row_of = {text: row for row, text in enumerate(dict.fromkeys(texts))}
    vectors = unit(check_vectors(encode(list(row_of)), len(row_of)))
    return vectors[[row_of[text] for text in texts]]


def margins(vectors: Vectors, labels: Labels) -> NDArray[np.float64]:
    """Return for each row (n,) its mean cosine with the others of its class minus that with all other classes.

    NaN for the only member of a class, and where there is one class alone.
    """
    rows = vectors.astype(np.float64)
    classes, which = np.unique(labels, return_inverse=True)
    sizes = np.bincount(which)
    sums = np.zeros((len(classes), rows.shape[1]))
    np.add.at(sums, which, rows)
    own = (rows * sums[which]).sum(axis=1)
    everything = rows @ sums.sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        same = (own - (rows**2).sum(axis=1)) / (sizes[which] - 1)
        return same - (everything - own) / (len(rows) - sizes[which])


def spread(vectors: Vectors) -> float:
    """Return the standard deviation of the cosines of all pairs of different rows."""
    cosine = vectors @ vectors.T
    return float(cosine[np.triu_indices(len(vectors), 1)].std()) or 1.0


def votes(queries: Vectors, pool: Vectors, labels: Labels, barred: NDArray[np.bool_] | None = None) -> Labels:
    """Return the class (q,) that most of the NEIGHBOURS nearest of ``pool`` (n, d) have; ties go to the nearer ones.

    ``barred`` (q, n) says what is no neighbour of a query: itself, its translations.
    """
    classes, which = np.unique(labels, return_inverse=True)
    most = min(NEIGHBOURS, len(pool))
    found = np.empty(len(queries), dtype=np.int64)
    for start in range(0, len(queries), BLOCK):
        cosine = queries[start : start + BLOCK] @ pool.T
        if barred is not None:
            cosine[barred[start : start + BLOCK]] = -np.inf
        near = np.argpartition(-cosine, most - 1, axis=1)[:, :most]
        reach = np.take_along_axis(cosine, near, axis=1)
        count = np.zeros((len(near), len(classes)))
        # A vote counts 1 and a thousandth of its cosine, which decides between equal counts alone.
        np.add.at(
            count,
            (np.arange(len(near))[:, None], which[near]),
            np.where(np.isfinite(reach), 1 + np.clip(reach, -1, 1) * 1e-3, 0.0),
        )
        found[start : start + BLOCK] = classes[count.argmax(axis=1)]
    return found


def clusters(vectors: Vectors, count: int) -> Labels:
    """Return the cluster (n,) of each row by k-means with ``count`` centres, the best of four beginnings."""
    from sklearn.cluster import KMeans

    made = KMeans(n_clusters=min(count, len(vectors)), n_init=4, random_state=0).fit(vectors)
    return made.labels_.astype(np.int64)


def ndcg(vectors: Vectors, gain: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return for each row (n,) the nDCG of its DEPTH nearest others; ``gain`` (n, n) in [0, 1] says what each is worth.

    NaN where no other row is worth anything.

    Source: Järvelin and Kekäläinen, "Cumulated gain-based evaluation of IR techniques", 2002.
    """
    depth = min(DEPTH, len(vectors) - 1)
    discount = 1 / np.log2(np.arange(2, depth + 2))
    found = np.empty(len(vectors))
    for start in range(0, len(vectors), BLOCK):
        rows = np.arange(start, min(start + BLOCK, len(vectors)))
        cosine, worth = vectors[rows] @ vectors.T, gain[rows].copy()
        cosine[np.arange(len(rows)), rows], worth[np.arange(len(rows)), rows] = -np.inf, 0.0
        first = np.argsort(-cosine, axis=1, kind="stable")[:, :depth]
        best = -np.sort(-worth, axis=1)[:, :depth] @ discount
        with np.errstate(invalid="ignore", divide="ignore"):
            found[rows] = (np.take_along_axis(worth, first, axis=1) @ discount) / best
    return found
