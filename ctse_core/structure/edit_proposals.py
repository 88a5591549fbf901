"""What a person is shown before an edit: how a topic may fall into parts, where unsorted posts may belong."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ctse_core.structure.clusters import ADOPTED_STRENGTH, centres, rank_by_size, silhouettes
from ctse_core.types import UNSORTED, Labels, Rows, Vectors

MOST_PARTS = 8
_SEEN = 1000  # posts among which parts are compared
_SEED = 42


def topic_parts(vectors: Vectors, parts: int = 0) -> Labels:
    """Return the part (m,) of each of a topic's posts, 0 the largest; all 0 where it cannot be parted.

    ``vectors`` (m, d) are unit rows less their language. k-means into ``parts`` from 2 to 8, or, for 0, into as many
    as stand apart best (mean silhouette of at most 1,000 posts). The same posts always fall into the same parts.
    """
    different = len(np.unique(vectors, axis=0))
    most = min(MOST_PARTS, different)
    if most < 2:
        return np.zeros(len(vectors), np.int32)
    if parts:
        return rank_by_size(_means(vectors, min(max(2, parts), most)))
    some = vectors[np.random.default_rng(_SEED).permutation(len(vectors))[:_SEEN]]
    apart = np.clip(1.0 - (some @ some.T).astype(np.float64), 0.0, 2.0)
    tries = range(2, min(most, len(np.unique(some, axis=0))) + 1)
    worth = [silhouettes(apart, np.unique(_means(some, count), return_inverse=True)[1]).mean() for count in tries]
    return rank_by_size(_means(vectors, tries[int(np.argmax(worth))])) if worth else np.zeros(len(vectors), np.int32)


def _means(vectors: Vectors, parts: int) -> NDArray[np.int32]:
    from sklearn.cluster import KMeans

    found = KMeans(parts, n_init=2, random_state=_SEED).fit(np.ascontiguousarray(vectors, dtype=np.float32))
    return np.asarray(found.labels_, dtype=np.int32)


@dataclass(frozen=True)
class Nearest:
    """The topic nearest to each unsorted post."""

    posts: Rows
    """(w,) unsorted unique posts."""
    topics: Labels
    """(w,) the topic whose centre is nearest to each of them."""
    nearer: NDArray[np.float32]
    """(w,) share in [0, 1] of that topic's own posts that lie farther from its centre than the unsorted post does."""

    def above(self, share: float) -> NDArray[np.bool_]:
        """Return (w,) which of them are nearer to their topic than ``share`` of its own posts."""
        return (self.nearer > 0) & (self.nearer >= share)

    @property
    def strength(self) -> NDArray[np.float32]:
        """(w,) how firmly each would sit in that topic, at most 0.3."""
        return (ADOPTED_STRENGTH * self.nearer).astype(np.float32)


def nearest_topics(vectors: Vectors, labels: Labels) -> Nearest:
    """Return where the unsorted posts may belong: ``vectors`` (u, d) unit rows less their language, ``labels`` (u,)."""
    waiting = np.flatnonzero(labels == UNSORTED)
    ids, place = np.unique(labels[labels != UNSORTED], return_inverse=True)
    if not len(ids) or not len(waiting):
        return Nearest(np.empty(0, np.int64), np.empty(0, np.int32), np.empty(0, np.float32))
    members = np.flatnonzero(labels != UNSORTED)
    middles = centres(vectors[members], place.astype(np.int32))
    own = np.einsum("md,md->m", vectors[members], middles[place])
    likeness = vectors[waiting] @ middles.T
    nearest = likeness.argmax(axis=1)
    likeness = likeness[np.arange(len(waiting)), nearest]
    nearer = np.zeros(len(waiting), np.float32)
    for topic in np.unique(nearest):
        inside, here = np.sort(own[place == topic]), nearest == topic
        nearer[here] = np.searchsorted(inside, likeness[here]) / len(inside)
    return Nearest(waiting, ids[nearest].astype(np.int32), nearer)


def likeness_to(vectors: Vectors, labels: Labels, topic: int) -> dict[int, float]:
    """Return how alike each other topic's centre is to that of ``topic``, cosine in [-1, 1], most alike first."""
    ids, place = np.unique(labels, return_inverse=True)
    if topic not in ids:
        return {}
    middles = centres(vectors, place.astype(np.int32))
    alike = middles @ middles[int(np.flatnonzero(ids == topic)[0])]
    order = [at for at in np.argsort(-alike, kind="stable").tolist() if ids[at] not in (topic, UNSORTED)]
    return {int(ids[at]): float(alike[at]) for at in order}
