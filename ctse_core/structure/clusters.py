"""Points become clusters: labels ranked by size, -1 for unsorted, a strength for each post."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ctse_core.structure.languages import unit_rows
from ctse_core.structure.settings import StructureSettings
from ctse_core.types import UNSORTED, Labels, Points, Vectors

ADOPTED_STRENGTH = 0.3
_PARTS_HOLD = 0.6
_PART_AT_MOST = 0.8
_STAND_APART = 0.42  # parts of one round cloud reach .4, those of crisis topics that hold several .43 and more
_SAMPLE = 1000
_BLOCK = 65_536


@dataclass(frozen=True)
class Clusters:
    """A cluster for each unique post."""

    labels: Labels
    """(u,) 0 is the largest in posts, -1 is unsorted."""
    strength: NDArray[np.float32]
    """(u,) in [0, 1]: how firmly the post sits in its cluster; 0 for unsorted, at most 0.3 for adopted posts."""
    raw_labels: Labels
    """(u,) the same numbering before unsorted posts were adopted."""
    way: str
    """How the clusters were found: "hdbscan", "agglomerative", "copies" or "none"."""
    split: int = 0
    """Clusters that were too large and were split."""

    @property
    def count(self) -> int:
        """Number of clusters."""
        return int(self.labels.max(initial=UNSORTED)) + 1

    @property
    def unsorted_share(self) -> float:
        """Share of unique posts without a cluster, in [0, 1]."""
        return float((self.labels == UNSORTED).mean()) if len(self.labels) else 0.0


def no_clusters(unique: int) -> Clusters:
    """Return ``unique`` unsorted posts."""
    labels = np.full(unique, UNSORTED, np.int32)
    return Clusters(labels, np.zeros(unique, np.float32), labels.copy(), "none")


def find_clusters(
    points: Points, settings: StructureSettings | None = None, weights: NDArray | None = None
) -> Clusters:
    """Return the dense groups of ``points`` (u, dims), ranked by posts: ``weights`` (u,) counts copies.

    HDBSCAN by excess of mass, whose parameters follow from u; clusters within ``settings.joined_within`` are one
    (crisis tweets: known events kept apart at ARI .74 instead of .54, unsorted 6 % instead of 17 %). A cluster above
    ``settings.largest_share`` of the posts gives way to its own parts where these hold most of it and stand apart.

    Source: Campello, Moulavi, Sander 2013; McInnes, Healy, Astels 2017 (hdbscan).
    """
    settings = settings or StructureSettings()
    unique = len(points)
    smallest = settings.smallest_topic(unique)
    if unique < max(3, smallest):
        return no_clusters(unique)
    labels, strength = _hdbscan(points, smallest, settings.caution(unique), settings.joined_within)
    labels, strength, split = _split_giants(points, labels, strength, settings)
    labels = rank_by_size(labels, weights)
    strength = np.where(labels == UNSORTED, 0, np.clip(strength, 0, 1)).astype(np.float32)
    return Clusters(labels, strength, labels.copy(), "hdbscan", split)


def rank_by_size(labels: NDArray, weights: NDArray | None = None) -> Labels:
    """Return ``labels`` (u,) renumbered so that 0 holds the most posts; equal sizes keep the order of appearance.

    ``weights`` (u,) are the posts behind each unique post (all 1 by default); -1 stays -1.
    """
    ranked = np.full(len(labels), UNSORTED, np.int32)
    names, first, code = np.unique(labels, return_index=True, return_inverse=True)
    sizes = np.bincount(code, weights=weights, minlength=len(names))
    order = [place for place in np.lexsort((first, -sizes)) if names[place] != UNSORTED]
    for rank, place in enumerate(order):
        ranked[code == place] = rank
    return ranked


def adopt_unsorted(
    clusters: Clusters,
    vectors: Vectors,
    settings: StructureSettings | None = None,
    weights: NDArray | None = None,
) -> Clusters:
    """Give unsorted posts to the cluster whose centre in ``vectors`` (u, d) is nearest, where it is near enough.

    Near enough is nearer than the farthest ``settings.adopt_quantile`` of the cluster's own posts. Adopted posts get
    a strength of at most 0.3 (0.3 times the share of members that are farther), and ``raw_labels`` keeps -1 for them.
    """
    settings = settings or StructureSettings()
    labels, count = clusters.labels, clusters.count
    waiting = np.flatnonzero(labels == UNSORTED)
    if not count or not len(waiting) or settings.adopt_quantile >= 1:
        return clusters
    middles = centres(vectors, labels)
    members = np.flatnonzero(labels != UNSORTED)
    own = np.concatenate(
        [
            np.einsum("md,md->m", vectors[some], middles[labels[some]])
            for some in np.array_split(members, 1 + len(members) // _BLOCK)
        ]
    )
    nearness = vectors[waiting] @ middles.T
    nearest = nearness.argmax(axis=1)
    nearness = nearness[np.arange(len(waiting)), nearest]
    adopted, strength = labels.copy(), clusters.strength.copy()
    for label in np.unique(nearest):
        inside = np.sort(own[labels[members] == label])
        of_this = nearest == label
        rank = np.searchsorted(inside, nearness[of_this]) / len(inside)
        taken = (rank > 0) & (nearness[of_this] >= np.quantile(inside, settings.adopt_quantile))
        posts = waiting[of_this][taken]
        adopted[posts] = label
        strength[posts] = ADOPTED_STRENGTH * rank[taken]
    return _ranked_again(clusters, adopted, strength, weights)


def raise_copied(clusters: Clusters, weights: NDArray | None, settings: StructureSettings) -> Clusters:
    """Make a cluster of each unsorted post that was copied as often as the smallest topic has posts.

    One message sent on five hundred times is a topic to whoever reads the file, though it is one unique post.
    """
    if weights is None:
        return clusters
    unique = len(clusters.labels)
    loud = np.flatnonzero((clusters.labels == UNSORTED) & (weights >= max(10, settings.smallest_topic(unique))))
    if not len(loud):
        return clusters
    labels, strength = clusters.labels.copy(), clusters.strength.copy()
    labels[loud] = clusters.count + np.arange(len(loud), dtype=np.int32)
    strength[loud] = 1.0
    raised = replace(clusters, raw_labels=labels, way="copies" if clusters.way == "none" else clusters.way)
    return _ranked_again(raised, labels, strength, weights)


def _ranked_again(
    clusters: Clusters, labels: NDArray, strength: NDArray[np.float32], weights: NDArray | None
) -> Clusters:
    """Renumber ``labels`` by size and the raw labels alike."""
    ranked = rank_by_size(labels, weights)
    new_name = np.full(labels.max(initial=UNSORTED) + 2, UNSORTED, np.int32)
    new_name[labels] = ranked  # -1 lands in the last place, which stays -1
    return replace(clusters, labels=ranked, strength=strength, raw_labels=new_name[clusters.raw_labels])


def centres(vectors: Vectors, labels: Labels) -> Vectors:
    """Return the mean direction (c, d) of each cluster's ``vectors`` (u, d), as unit rows."""
    sums = np.zeros((int(labels.max(initial=UNSORTED)) + 1, vectors.shape[1]), np.float32)
    for label in range(len(sums)):
        sums[label] = vectors[labels == label].sum(axis=0)
    return unit_rows(sums)


def _hdbscan(points: Points, smallest: int, caution: int, joined_within: float = 0.0) -> tuple[NDArray, NDArray]:
    from hdbscan import HDBSCAN

    found = HDBSCAN(
        min_cluster_size=smallest,
        min_samples=min(caution, len(points) - 1),
        cluster_selection_epsilon=joined_within,
        core_dist_n_jobs=1,  # a pool of processes costs seconds of start-up
    ).fit(points.astype(np.float64))
    return found.labels_.astype(np.int32), found.probabilities_.astype(np.float32)


def _split_giants(
    points: Points, labels: NDArray, strength: NDArray, settings: StructureSettings
) -> tuple[NDArray, NDArray, int]:
    """Replace each cluster above the largest share by its own clusters, where these hold most of it and stand apart."""
    labels, strength, split = labels.copy(), strength.copy(), 0
    for label in range(labels.max(initial=UNSORTED) + 1):
        inside = np.flatnonzero(labels == label)
        smallest = max(settings.smallest_topic(len(points)), len(inside) // 50)
        if len(inside) <= settings.largest_share * len(points) or len(inside) < 4 * smallest:
            continue
        parts, firmness = _hdbscan(points[inside], smallest, settings.caution(len(points)))
        if not _parts_well(points[inside], parts, settings.seed):
            continue
        labels[inside] = np.where(parts == UNSORTED, UNSORTED, labels.max() + 1 + parts)
        strength[inside] = firmness
        split += 1
    return labels, strength, split


def _parts_well(points: Points, parts: NDArray, seed: int) -> bool:
    """Say whether ``parts`` (m,) of the ``points`` (m, dims) hold most of them and stand apart from each other."""
    held = np.flatnonzero(parts != UNSORTED)
    sizes = np.bincount(parts[held], minlength=1)
    if len(sizes) < 2 or len(held) < _PARTS_HOLD * len(points) or sizes.max() > _PART_AT_MOST * len(points):
        return False
    some = np.random.default_rng(seed).permutation(held)[:_SAMPLE]
    apart = np.linalg.norm(points[some][:, None, :].astype(np.float64) - points[some][None], axis=2)
    _, named = np.unique(parts[some], return_inverse=True)
    return bool(silhouettes(apart, named).mean() >= _STAND_APART)


def silhouettes(distance: NDArray[np.float64], labels: NDArray) -> NDArray[np.float64]:
    """Return each post's silhouette (u,) in [-1, 1] from ``distance`` (u, u); 0 for unsorted posts.

    Source: Rousseeuw 1987.
    """
    count = labels.max() + 1
    member = labels[:, None] == np.arange(count)
    sizes = member.sum(axis=0)
    sums = distance @ member
    sorted_posts = np.flatnonzero(labels != UNSORTED)
    own = labels[sorted_posts]
    inside = sums[sorted_posts, own] / np.maximum(sizes[own] - 1, 1)
    means = sums[sorted_posts] / sizes
    means[np.arange(len(own)), own] = np.inf
    outside = means.min(axis=1)
    result = np.zeros(len(labels))
    result[sorted_posts] = (outside - inside) / np.maximum(np.maximum(inside, outside), 1e-12)
    return result
