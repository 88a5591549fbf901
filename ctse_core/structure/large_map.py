"""The map of more posts than one layout is worth: drawn for a sample, the others beside their neighbours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ctse_core.structure.neighbours import Neighbours, neighbour_graph
from ctse_core.structure.projection import MAP_GAP, Layout, fuzzy_graph, lay_out, project_all
from ctse_core.structure.sample import weighted_sample
from ctse_core.structure.settings import StructureSettings
from ctse_core.types import Points, Progress, Vectors, no_progress

if TYPE_CHECKING:
    from scipy.sparse import coo_matrix

DRAWN_WHOLE = 200_000
"""Unique posts up to which every one takes part in the layout."""
SAMPLE = 100_000
"""Posts that are laid out where there are more."""
_ROUNDS = 6
_SETTLE = (30, 40)  # epochs that all posts take part in, of so many
_BLOCK = 65_536
_SHARPNESS = 4.0


@dataclass(frozen=True)
class ManyPosts:
    """u unique posts, row i of everything the same post."""

    neighbours: Neighbours
    vectors: Vectors
    """(u, d) unit rows, less their language's offset."""
    languages: Sequence[str]
    """u codes."""
    weights: NDArray | None
    """(u,) posts behind each, None where nobody told."""

    @cached_property
    def graph(self) -> coo_matrix:
        """UMAP's fuzzy graph (u, u) of the neighbours, made once for communities and map."""
        return fuzzy_graph(self.neighbours)


def large_map(posts: ManyPosts, settings: StructureSettings, progress: Progress = no_progress) -> Points:
    """Return positions (u, 2) of many posts: those of a sample as ``project`` draws them, the others among them.

    The sample is weighted by copies and holds posts of every language. A further post stands at the mean of its
    neighbours that have a place, weighted by likeness; then all posts settle for ten epochs along the whole graph, in
    small steps, so that they do not lie in heaps.
    """
    rows = weighted_sample(posts.languages, posts.weights, SAMPLE, settings.seed)
    some = posts.vectors[rows]
    near = neighbour_graph(some, settings, lambda share, told: progress(0.2 * share, told))
    layout = Layout(2, MAP_GAP, settings.seed)
    (drawn,) = project_all(near, some, [layout], settings, lambda share, told: progress(0.2 + 0.5 * share, told))
    del some
    progress(0.7, "Placing the other posts on the map")
    points = beside_neighbours(drawn, rows, posts.neighbours, settings.seed)
    first, last = _SETTLE

    def tell(share: float) -> None:
        progress(0.7 + 0.3 * max(0.0, (share * last - first) / (last - first)), "Placing the other posts on the map")

    settled = replace(layout, by_table=True)
    return lay_out(posts.graph, points, settled, last, settings.cores(), None, tell, first)


def beside_neighbours(drawn: Points, rows: NDArray[np.int64], near: Neighbours, seed: int = 0) -> Points:
    """Return places (u, 2): those of ``rows`` (m,) are ``drawn`` (m, 2), the others' lie amid their neighbours'.

    Rounds go on from the placed to those beside them; what no round reaches stands in the middle.
    """
    unique = len(near.rows)
    points = np.full((unique, 2), np.nan, np.float32)
    points[rows] = drawn
    dice = np.random.default_rng(seed)
    breath = 0.3 * float(np.sqrt(np.prod(np.ptp(drawn, axis=0)) / max(1, unique)))
    for _ in range(_ROUNDS):
        waiting = np.flatnonzero(np.isnan(points[:, 0]))
        if not len(waiting):
            break
        found = np.empty((len(waiting), 2), np.float32)
        for start in range(0, len(waiting), _BLOCK):
            some = waiting[start : start + _BLOCK]
            theirs = points[near.rows[some]]
            weight = np.where(np.isnan(theirs[:, :, 0]), 0.0, np.maximum(near.similarity[some], 1e-3) ** _SHARPNESS)
            total = weight.sum(axis=1)
            mean = (np.nan_to_num(theirs) * weight[:, :, None]).sum(axis=1) / np.maximum(total, 1e-12)[:, None]
            found[start : start + _BLOCK] = np.where(total[:, None] > 0, mean, np.nan)
        points[waiting] = found + dice.normal(scale=breath, size=found.shape)
    middle = drawn.mean(axis=0)
    return np.where(np.isnan(points), middle, points).astype(np.float32)
