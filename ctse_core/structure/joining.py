"""New posts join the topics that stand, where they fit; what fits none may be topics of its own."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ctse_core.structure.clusters import ADOPTED_STRENGTH
from ctse_core.structure.communities import leiden
from ctse_core.structure.neighbours import Neighbours, neighbour_graph
from ctse_core.structure.settings import StructureSettings
from ctse_core.types import UNSORTED, Labels, Vectors

LEAST_QUANTILE, MOST_QUANTILE = 0.01, 0.1
"""Bounds of the share of a topic's own posts that a new one must be nearer than."""
TIGHTNESS = 0.8
"""A new topic's posts lie this near to each other, as a share of the old topics' median tightness."""
APART = 1 / 3
"""Share of a new topic's new posts that must stand apart from the old topics."""
_CHANCE = 0.999
_BLOCK = 2048


@dataclass(frozen=True)
class Fit:
    """How m posts fit c topics."""

    nearest: Labels
    """(m,) the topic that is likeliest."""
    nearness: NDArray[np.float32]
    """(m,) cosine to that centre."""
    rank: NDArray[np.float64]
    """(m,) in [0, 1]: share of that topic's own posts that lie farther from its centre."""
    labels: Labels
    """(m,) the topic where the post is near enough, else -1."""


@dataclass(frozen=True)
class Topics:
    """c topics by their posts: ``sums`` (c, d) of unit rows, and each topic's own cosines, sorted.

    A cosine is that of a post to the sum of the *other* posts of its topic: a handful of posts that have nothing in
    common would else look alike, each being part of its own centre.
    """

    sums: NDArray[np.float32]
    own: tuple[NDArray[np.float32], ...]

    @property
    def centres(self) -> Vectors:
        """Unit rows (c, d)."""
        length = np.linalg.norm(self.sums, axis=1, keepdims=True)
        return (self.sums / np.where(length > 0, length, 1)).astype(np.float32)

    @property
    def tightness(self) -> NDArray[np.float32]:
        """Median cosine (c,) of each topic's own posts."""
        return np.array([np.median(some) if len(some) else 0.0 for some in self.own], dtype=np.float32)


def topics_of(vectors: Vectors, labels: Labels, count: int) -> Topics:
    """Return the topics 0 … ``count`` - 1 of the posts with ``vectors`` (u, d), unit rows, and ``labels`` (u,)."""
    order = np.argsort(labels, kind="stable")
    ends = np.searchsorted(labels[order], np.arange(count + 1))
    sums = np.zeros((count, vectors.shape[1]), np.float32)
    for topic in range(count):
        sums[topic] = vectors[order[ends[topic] : ends[topic + 1]]].sum(axis=0)
    cosine = others_cosine(vectors, labels, sums)
    return Topics(sums, tuple(np.sort(cosine[labels == topic]) for topic in range(count)))


def others_cosine(vectors: Vectors, labels: Labels, sums: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return each post's cosine (u,) to the sum of the other posts of its topic; 0 for unsorted and lonely posts."""
    cosine = np.zeros(len(labels), np.float32)
    squares = np.einsum("cd,cd->c", sums, sums)
    members = np.flatnonzero(labels != UNSORTED)
    for start in range(0, len(members), _BLOCK):
        rows = members[start : start + _BLOCK]
        of = labels[rows]
        whole = np.einsum("md,md->m", vectors[rows], sums[of])
        length = np.einsum("md,md->m", vectors[rows], vectors[rows])
        rest = squares[of] - 2 * whole + length
        cosine[rows] = np.where(rest > 1e-6, (whole - length) / np.sqrt(np.maximum(rest, 1e-6)), 0.0)
    return cosine


def votes_of(near: Neighbours, labels: Labels, count: int) -> NDArray[np.float32]:
    """Return for m posts the share (m, ``count``) of their neighbours in each topic, weighted by the cosine squared.

    ``near.rows`` (m, k) are places in ``labels`` (u,); neighbours in no topic count among all.
    """
    votes = np.zeros((len(near.rows), count), np.float32)
    weight = np.maximum(near.similarity, 0.0) ** 2
    of = np.where(near.rows >= 0, labels[np.maximum(near.rows, 0)], UNSORTED)
    post, place = np.nonzero(of != UNSORTED)
    np.add.at(votes, (post, of[post, place]), weight[post, place])
    return votes / np.maximum(weight.sum(axis=1, keepdims=True), 1e-9)


def fit_topics(vectors: Vectors, topics: Topics, quantile: float, votes: NDArray[np.float32] | None = None) -> Fit:
    """Return how the posts with ``vectors`` (m, d), unit rows, fit ``topics``.

    A post's topic is the one whose cosine to the centre and share of the post's neighbours (``votes`` (m, c)) add up to
    most: neighbours alone know the shape of a topic, the centre alone knows what it is about. Near enough is nearer to
    that centre than the farthest ``quantile`` of the topic's own posts.
    """
    m, count = len(vectors), len(topics.own)
    if not count or not m:
        nothing = np.full(m, UNSORTED, np.int32)
        return Fit(nothing, np.zeros(m, np.float32), np.zeros(m), nothing.copy())
    likeness = vectors @ topics.centres.T
    nearest = (likeness if votes is None else likeness + votes).argmax(axis=1).astype(np.int32)
    nearness = likeness[np.arange(m), nearest]
    rank = np.zeros(m)
    labels = np.full(m, UNSORTED, np.int32)
    for topic in np.unique(nearest).tolist():
        here, own = np.flatnonzero(nearest == topic), topics.own[topic]
        rank[here] = np.searchsorted(own, nearness[here]) / max(1, len(own))
        enough = np.quantile(own, quantile) if len(own) else np.inf
        labels[here[(nearness[here] >= enough) & (rank[here] > 0)]] = topic
    return Fit(nearest, nearness, rank, labels)


def adopted_strength(fit: Fit) -> NDArray[np.float32]:
    """Return the strength (m,) of posts that joined a topic: at most 0.3, as of all adopted ones; 0 for unsorted."""
    return np.where(fit.labels == UNSORTED, 0.0, ADOPTED_STRENGTH * fit.rank).astype(np.float32)


def quantile_of(settings: StructureSettings, unsorted: float) -> float:
    """Return the share of a topic's own posts that a new one must be nearer than, from the first run's habits.

    Where it left the share ``unsorted`` of the posts in no topic, about as many new ones shall stay in none.
    """
    most = settings.adopt_quantile if settings.adopt_quantile < 1 else MOST_QUANTILE
    return min(most, max(LEAST_QUANTILE, unsorted))


def stand_apart(rows: NDArray[np.int32], in_topic: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return (m,) which posts have neighbours outside the old topics rather than in them.

    ``rows`` (m, k) are their neighbours among all u posts, ``in_topic`` (u,) says which posts an old topic holds. Apart
    are posts with more neighbours outside than half, and than chance would give one post in a thousand: a centre alone
    does not tell, because a wide topic has room for much that is new.
    """
    from scipy.stats import binom

    k = rows.shape[1]
    outside = (~in_topic[np.maximum(rows, 0)] & (rows >= 0)).sum(axis=1)
    by_chance = binom.ppf(_CHANCE, k, float((~in_topic).mean())) if k else 0
    return outside > max(k / 2, by_chance)


def new_groups(
    vectors: Vectors, apart: NDArray[np.bool_], is_new: NDArray[np.bool_], least_tight: float, smallest: int
) -> Labels:
    """Return the group (r,) of posts that may be topics of their own, -1 for those in none; 0 has most posts.

    ``vectors`` (r, d) are unit rows, ``is_new`` (r,) says which posts are new, ``apart`` (r,) which stand apart.
    Communities of the posts' nearest neighbours are groups where they are tight, have ``smallest`` posts, hold mostly
    new ones (what stayed unsorted before is no news), and these mostly stand apart.
    """
    labels = np.full(len(vectors), UNSORTED, np.int32)
    if len(vectors) < max(3, smallest) or not is_new.any():
        return labels
    found = _communities(vectors)
    for _ in range(3):  # who lies outside leaves, and the middle moves
        found = _renumbered(found)
        cosine = others_cosine(vectors, found, topics_of(vectors, found, int(found.max(initial=UNSORTED)) + 1).sums)
        found = np.where(cosine >= least_tight, found, UNSORTED).astype(np.int32)
        found = _kept(found, is_new, apart, smallest)
    return _ranked(found)


def least_tight(topics: Topics) -> float:
    """Return how near to its others a post of a new topic must lie, from how near the old topics' posts lie."""
    return TIGHTNESS * float(np.median(topics.tightness)) if len(topics.own) else TIGHTNESS * 0.5


def _communities(vectors: Vectors) -> Labels:
    """Return the community (r,) of each post in the graph of nearest neighbours, weighted by their cosine."""
    from scipy.sparse import csr_matrix

    near = neighbour_graph(vectors)
    r, k = near.rows.shape
    weight = np.maximum(near.similarity, 0.0).astype(np.float64).ravel() ** 2 + 1e-9
    one_way = csr_matrix((weight, (np.repeat(np.arange(r), k), near.rows.ravel())), shape=(r, r))
    return leiden((one_way + one_way.T).tocsr(), 1.0, 0).astype(np.int32)


def _kept(groups: Labels, is_new: NDArray[np.bool_], apart: NDArray[np.bool_], smallest: int) -> Labels:
    """Return the groups without those that have too few posts, or too few that are new and stand apart."""
    count = int(groups.max(initial=UNSORTED)) + 1

    def sizes(which: NDArray[np.bool_]) -> NDArray[np.int64]:
        return np.bincount(groups[which & (groups >= 0)], minlength=count)

    new = sizes(is_new)
    whole = sizes(np.ones(len(groups), dtype=bool))
    keep = (whole >= smallest) & (2 * new > whole) & (sizes(is_new & apart) >= APART * new)
    return np.where(np.append(keep, False)[groups], groups, UNSORTED).astype(np.int32)


def _ranked(groups: Labels) -> Labels:
    """Return the groups numbered by size, the largest 0."""
    order = np.argsort(
        -np.bincount(groups[groups >= 0], minlength=int(groups.max(initial=UNSORTED)) + 1), kind="stable"
    )
    place = np.full(len(order) + 1, UNSORTED, np.int32)
    place[order] = np.arange(len(order))
    return _renumbered(place[groups])


def _renumbered(groups: Labels) -> Labels:
    """Return the groups as 0, 1, … in the order of their numbers; -1 stays."""
    _, code = np.unique(groups[groups >= 0], return_inverse=True)
    renumbered = np.full(len(groups), UNSORTED, np.int32)
    renumbered[groups >= 0] = code.astype(np.int32)
    return renumbered
