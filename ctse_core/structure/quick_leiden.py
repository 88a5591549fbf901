"""Communities of a graph of many posts: the same method as for few, in a loop of our own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

_LEVELS = 20


def quick_leiden(graph: csr_matrix, resolution: float, seed: int) -> NDArray[np.int64]:
    """Return the community (u,) of each post of ``graph`` (u, u), symmetric; same graph, same seed: same communities.

    Posts move to where they add most to modularity; each community is then parted into what holds together of itself,
    these parts are posts of a smaller graph that starts from the communities, and so on until nothing moves.
    ``resolution`` weighs what chance would give; the seed decides the order in which posts are looked at. A post is
    looked at again only when a neighbour moved, the interpreter's lock is not held: a million posts take seconds.

    Source: Traag, Waltman, van Eck 2019, "From Louvain to Leiden".
    """
    from ctse_core.structure.move_kernel import move

    random = np.random.default_rng(seed)
    part_of = np.arange(graph.shape[0])
    labels = np.arange(graph.shape[0], dtype=np.int32)
    for _ in range(_LEVELS):
        unique = graph.shape[0]
        degree = np.asarray(graph.sum(axis=1, dtype=np.float64)).ravel()
        if not degree.any():
            break
        links = (graph.indptr, graph.indices, graph.data.astype(np.float64), degree)
        order = random.permutation(unique).astype(np.int32)
        move(*links, np.zeros(unique, np.int32), labels, order, float(resolution))
        labels = _numbered(labels)
        parts = np.arange(unique, dtype=np.int32)
        move(*links, labels, parts, order, float(resolution))
        parts = _numbered(parts)
        count = int(parts.max()) + 1
        if count == unique:
            break
        of_parts = np.empty(count, np.int32)
        of_parts[parts] = labels
        graph, labels, part_of = _merged(graph, parts, count), _numbered(of_parts), parts[part_of]
    return labels[part_of].astype(np.int64)


def _numbered(labels: NDArray[np.int32]) -> NDArray[np.int32]:
    return np.unique(labels, return_inverse=True)[1].astype(np.int32).reshape(-1)


def _merged(graph: csr_matrix, parts: NDArray[np.int32], count: int) -> csr_matrix:
    """Return the graph (count, count) of the parts, weights between them and, on the diagonal, within them."""
    from scipy.sparse import coo_matrix

    heads = np.repeat(parts, np.diff(graph.indptr))
    return coo_matrix((graph.data.astype(np.float64), (heads, parts[graph.indices])), (count, count)).tocsr()
