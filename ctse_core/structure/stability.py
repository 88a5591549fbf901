"""How much two clusterings of the same posts agree."""

from __future__ import annotations

import numpy as np

from ctse_core.types import UNSORTED, Labels


def agreement(one: Labels, other: Labels) -> dict[str, float]:
    """Return how far two clusterings (u,) of the same posts agree.

    ``rand``: adjusted Rand index over posts sorted in both, 1 is equal and 0 is chance. ``both_sorted``: share of
    posts sorted in both, in [0, 1]. ``kept``: mean over the first clustering's clusters, weighted by size, of the
    overlap (intersection over union) with the nearest cluster of the other, in [0, 1].

    Source: Hubert and Arabie 1985; Hennig 2007 (cluster-wise overlap).
    """
    both = (one != UNSORTED) & (other != UNSORTED)
    if not len(one) or not both.any():
        return {"rand": 0.0, "both_sorted": 0.0, "kept": 0.0}
    table = crossing(one, other)
    union = np.bincount(one[one >= 0])[:, None] + np.bincount(other[other >= 0])[None, :] - table
    overlap = (table / np.maximum(union, 1)).max(axis=1)
    kept = float(np.average(overlap, weights=np.bincount(one[one >= 0])))
    return {"rand": adjusted_rand(table), "both_sorted": float(both.mean()), "kept": kept}


def crossing(one: Labels, other: Labels) -> np.ndarray:
    """Return how many posts lie in cluster i of ``one`` and j of ``other`` (c, c'), unsorted left out."""
    both = (one != UNSORTED) & (other != UNSORTED)
    rows, columns = int(one.max()) + 1, int(other.max()) + 1
    cells = one[both].astype(np.int64) * columns + other[both]
    return np.bincount(cells, minlength=rows * columns).reshape(rows, columns)


def adjusted_rand(table: np.ndarray) -> float:
    """Return the adjusted Rand index of a crossing table (c, c'): 1 is equal, 0 is what chance gives."""

    def pairs(counts: np.ndarray) -> float:
        counts = counts.astype(np.float64)
        return float((counts * (counts - 1)).sum() / 2)

    together, rows, columns = pairs(table), pairs(table.sum(axis=1)), pairs(table.sum(axis=0))
    all_pairs = pairs(np.array([table.sum()]))
    expected = rows * columns / all_pairs if all_pairs else 0.0
    most = (rows + columns) / 2
    return 1.0 if most == expected else (together - expected) / (most - expected)
