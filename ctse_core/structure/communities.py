"""The neighbour graph falls into communities: groups of posts that have more links inside than chance gives."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ctse_core.structure.clusters import Clusters, no_clusters, rank_by_size
from ctse_core.structure.quick_leiden import quick_leiden
from ctse_core.structure.settings import StructureSettings
from ctse_core.types import UNSORTED, Labels

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

FEW = 10_000  # up to so many posts four more seeds are tried, beyond two
_QUICK = 50_000
_COARSE = 0.5
_ISLAND = 0.9  # at .85 and below, groups of several events or articles pass too
_READ_AT_A_GLANCE = 100


def find_communities(
    graph: csr_matrix, settings: StructureSettings | None = None, weights: NDArray | None = None
) -> Clusters:
    """Return the communities of ``graph`` (u, u), symmetric weights, ranked by posts: ``weights`` (u,) counts copies.

    A post's strength is the share of its links' weight that stays in its community. Posts below ``settings.firmness``
    lie between communities and are unsorted, so are communities smaller than a topic. No space to cluster in is
    drawn: the graph is all it takes.
    """
    return find_with_others(graph, settings, weights, [])[0]


def find_with_others(
    graph: csr_matrix,
    settings: StructureSettings | None = None,
    weights: NDArray | None = None,
    seeds: Sequence[int] | None = None,
) -> tuple[Clusters, list[Labels]]:
    """Return what ``find_communities`` returns, and the labels (u,) of other ``seeds`` (all of ``other_seeds``)."""
    settings = settings or StructureSettings()
    unique = graph.shape[0]
    if unique < max(3, settings.smallest_topic(unique)):
        return no_clusters(unique), []
    whole = islands(graph, settings)
    seeds = other_seeds(settings, unique) if seeds is None else seeds
    found, *others = (_of_seed(graph, whole, settings, weights, seed) for seed in (settings.seed, *seeds))
    return found, [other.labels for other in others]


def _of_seed(
    graph: csr_matrix, whole: Labels, settings: StructureSettings, weights: NDArray | None, seed: int
) -> Clusters:
    unique = graph.shape[0]
    found = leiden(graph, settings.finer(unique), seed)
    found = np.where(whole != UNSORTED, found.max() + 1 + whole, found)
    share = inner_share(graph, found)
    found = np.where(share < settings.firmness, UNSORTED, found)
    sizes = np.bincount(found[found != UNSORTED], minlength=1)
    small = np.append(sizes, 0)[found] < settings.smallest_topic(unique)
    labels = rank_by_size(np.where(small, UNSORTED, found), weights)
    strength = np.where(labels == UNSORTED, 0, share).astype(np.float32)
    return Clusters(labels, strength, labels.copy(), "communities")


def islands(graph: csr_matrix, settings: StructureSettings) -> Labels:
    """Return the number (u,) of the island that each post lies on, -1 for most: groups that nearly nothing leaves.

    A community at resolution 0.5 that keeps nine tenths of its links is one topic however large a part it is, for
    what parts it further is chance: at a finer resolution even a round cloud falls to pieces. None larger than
    ``settings.largest_share`` of the posts, and a hundred, is kept whole.
    """
    if settings.resolution:
        return np.full(graph.shape[0], UNSORTED, np.int32)
    coarse = leiden(graph, _COARSE, settings.seed)
    sizes = np.bincount(coarse)
    kept = np.bincount(coarse, weights=inner_share(graph, coarse)) / np.maximum(sizes, 1)
    whole = (kept >= _ISLAND) & (sizes <= max(_READ_AT_A_GLANCE, settings.largest_share * len(coarse)))
    return np.where(whole[coarse], coarse, UNSORTED).astype(np.int32)


def other_seeds(settings: StructureSettings, unique: int) -> list[int]:
    """Return the seeds whose communities the agreement is measured with: four, beyond 10,000 posts two."""
    if settings.stability == "never":
        return []
    return [settings.seed + more for more in range(1, 5 if unique <= FEW else 3)]


def leiden(graph: csr_matrix, resolution: float, seed: int) -> NDArray[np.int64]:
    """Return the community (u,) of each post, numbers without a meaning; same graph, same seed: same communities.

    Maximises modularity, in which ``resolution`` weighs what chance would give: higher makes more communities. The
    seed decides the order in which posts are looked at. Beyond 50,000 posts a loop of our own does it in a third of
    the time: on 98,000 posts its modularity was .70 against .68, known events lay as well (ARI .110 against .109).

    Source: Traag, Waltman, van Eck 2019, "From Louvain to Leiden"; Reichardt, Bornholdt 2006 (resolution).
    """
    if graph.shape[0] > _QUICK:
        return quick_leiden(graph, resolution, seed)
    order = np.random.default_rng(seed).permutation(graph.shape[0])
    found = _steady_leiden(resolution).fit_predict(graph[order][:, order])
    labels = np.empty(len(order), np.int64)
    labels[order] = found
    return labels


def _steady_leiden(resolution: float) -> Any:
    from sknetwork.clustering import Leiden

    class SteadyLeiden(Leiden):  # type: ignore[misc]
        """Leiden whose refinement takes the best move; the library's draws from C's rand(), which nobody seeds."""

        def _optimize_refine(
            self, labels: Labels, labels_refined: Labels, adjacency: Any, out_weights: NDArray, in_weights: NDArray
        ) -> NDArray:
            inside = adjacency.tocoo()
            kept = labels[inside.row] == labels[inside.col]
            parts = (inside.data[kept], (inside.row[kept], inside.col[kept]))
            refined, _ = self._optimize(
                labels_refined, type(adjacency)(parts, adjacency.shape), out_weights, in_weights
            )
            return np.asarray(refined)

    return SteadyLeiden(resolution, "newman", return_probs=False, return_aggregate=False)


def inner_share(graph: csr_matrix, labels: NDArray) -> NDArray[np.float64]:
    """Return the share (u,) in [0, 1] of each post's weight in ``graph`` that goes to posts of its own label.

    A post without links has 0, an unsorted one (-1) too.
    """
    edges = graph.tocoo()
    same = (labels[edges.row] == labels[edges.col]) & (labels[edges.row] != UNSORTED)
    inside = np.bincount(edges.row, weights=edges.data * same, minlength=len(labels))
    return inside / np.maximum(np.bincount(edges.row, weights=edges.data, minlength=len(labels)), 1e-12)
