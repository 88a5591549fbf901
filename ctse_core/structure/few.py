"""Clusters of a handful of posts, where density means nothing: average linkage, cut where it parts best."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ctse_core.structure.clusters import Clusters, no_clusters, rank_by_size, silhouettes
from ctse_core.types import UNSORTED, Vectors

FEWEST = 4
MANY = 60
_CLEAR = 0.1


def cluster_few(vectors: Vectors, weights: NDArray | None = None) -> Clusters:
    """Return the clusters of a few ``vectors`` (u, d), unit rows, u below about 60; many stay unsorted.

    Average linkage on cosine distance is cut into every number of groups; the cut with the best mean silhouette
    (unsorted posts count 0) wins, and must be clearly better than none. Groups of one post, of two where there are
    15 posts or more, stay unsorted. Strength is the post's silhouette, in [0, 1].
    """
    from scipy.cluster.hierarchy import fcluster, linkage
    from scipy.spatial.distance import squareform

    unique = len(vectors)
    if unique < FEWEST:
        return no_clusters(unique)
    distance = np.clip(1.0 - (vectors @ vectors.T).astype(np.float64), 0.0, 2.0)
    distance = (distance + distance.T) / 2
    np.fill_diagonal(distance, 0.0)
    tree = linkage(squareform(distance, checks=False), "average")
    smallest = 2 if unique < 15 else 3
    best, best_labels, best_each = _CLEAR, None, np.zeros(unique)
    for groups in range(2, unique // smallest + unique // 3 + 1):
        labels = _without_small(fcluster(tree, groups, "maxclust") - 1, smallest)
        if labels.max() < 1:
            continue
        each = silhouettes(distance, labels)
        if each.mean() > best + 1e-9:
            best, best_labels, best_each = float(each.mean()), labels, each
    if best_labels is None:
        return no_clusters(unique)
    ranked = rank_by_size(best_labels, weights)
    strength = np.where(ranked == UNSORTED, 0, np.clip(best_each, 0, 1)).astype(np.float32)
    return Clusters(ranked, strength, ranked.copy(), "agglomerative")


def _without_small(labels: NDArray, smallest: int) -> NDArray[np.int32]:
    """Return labels 0, 1, … with groups below ``smallest`` posts made unsorted."""
    sizes = np.bincount(labels)
    keep = np.flatnonzero(sizes >= smallest)
    names = np.full(len(sizes), UNSORTED, np.int32)
    names[keep] = np.arange(len(keep))
    return names[labels]
