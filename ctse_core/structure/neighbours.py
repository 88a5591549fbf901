"""The nearest neighbours of every unique post, computed once for map, clusters and "more like this"."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ctse_core.structure.cells import CELL, PROBES, near_by_cells
from ctse_core.structure.settings import StructureSettings
from ctse_core.types import Progress, Vectors, no_progress

_BLOCK = 2048
_SAMPLE = 400
_AT_ONCE = 20
_SPARE = 4


@dataclass(frozen=True)
class Neighbours:
    """Who is near whom: row ``i`` of both arrays belongs to unique post ``i``, itself left out, nearest first."""

    rows: NDArray[np.int32]
    """(u, k) positions among the unique posts."""
    similarity: NDArray[np.float32]
    """(u, k) cosine in [-1, 1] between the vectors that were given."""
    recall: float = 1.0
    """Share of the true nearest that were found, measured on a sample; 1.0 where all pairs were compared."""
    way: str = "every pair compared"


def neighbour_graph(
    vectors: Vectors, settings: StructureSettings | None = None, progress: Progress = no_progress
) -> Neighbours:
    """Return the ``k`` nearest by cosine of each of ``vectors`` (u, d), unit rows; k is at most u - 1.

    Up to ``settings.exact_up_to`` posts every pair is compared; beyond, those of the nearest cells and neighbours'
    neighbours, and the recall is measured on a sample; similarities are exact either way. Same vectors: same graph.
    """
    settings = settings or StructureSettings()
    unique = len(vectors)
    k = min(settings.neighbours, max(0, unique - 1))
    if k == 0:
        return Neighbours(np.empty((unique, 0), np.int32), np.empty((unique, 0), np.float32))
    vectors = np.ascontiguousarray(vectors, dtype=np.float32)
    if unique <= settings.exact_up_to:
        rows, similarity = _search(_flat_index(vectors), vectors, k, progress)
        return Neighbours(rows, similarity)
    return _by_cells(vectors, k, settings, progress)


def _flat_index(vectors: Vectors) -> Any:
    import faiss

    index = faiss.IndexFlatIP(vectors.shape[1])
    index.add(vectors)
    return index


def _by_cells(vectors: Vectors, k: int, settings: StructureSettings, progress: Progress) -> Neighbours:
    rows, similarity = near_by_cells(vectors, k, settings, progress)
    sample = np.random.default_rng(settings.seed).choice(len(vectors), min(len(vectors), _SAMPLE), replace=False)
    recall = _recall(_truly_nearest(vectors, sample, k), rows[sample])
    return Neighbours(rows, similarity, recall, f"{PROBES} cells of about {CELL} posts, then neighbours of neighbours")


def _truly_nearest(vectors: Vectors, sample: NDArray[np.int64], k: int) -> NDArray[np.int64]:
    """Return the ``k`` nearest (m, k), in no order, of the posts in ``sample`` (m,), compared with every other."""
    nearest = []
    for start in range(0, len(sample), _AT_ONCE):
        asked = sample[start : start + _AT_ONCE]
        likeness = vectors[asked] @ vectors.T
        likeness[np.arange(len(asked)), asked] = -np.inf
        nearest.append(np.argpartition(-likeness, k - 1, axis=1)[:, :k].copy())  # a view would hold all columns
    return np.concatenate(nearest)


def _search(index: Any, vectors: Vectors, k: int, progress: Progress) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """Return neighbours (u, k) and similarity (u, k) of all rows, each without itself."""
    which = np.arange(len(vectors))
    rows = np.empty((len(which), k), np.int32)
    similarity = np.empty((len(which), k), np.float32)
    for start in range(0, len(which), _BLOCK):
        asked = which[start : start + _BLOCK]
        near, found = index.search(vectors[asked], min(len(vectors), k + 1 + _SPARE))
        near, found = compared_again(vectors, asked, found, near)
        kept, likeness = without_self(asked, found, near)
        rows[start : start + _BLOCK], similarity[start : start + _BLOCK] = kept[:, :k], likeness[:, :k]
        progress(min(1.0, (start + _BLOCK) / len(which)), "Finding each post's neighbours")
    return rows, np.clip(similarity, -1, 1)


def compared_again(
    vectors: Vectors, asked: NDArray[np.int64], found: NDArray[np.int64], near: NDArray[np.float32]
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Return exact cosines (m, j) of the ``asked`` (m,) to the ``found`` (m, j), and these in their order."""
    exact = np.matmul(vectors[np.maximum(found, 0)], vectors[asked][:, :, None])[:, :, 0]
    exact = np.where(found < 0, near, exact)  # -1 fills up where the cells held too few
    order = np.argsort(-exact, axis=1, kind="stable")
    return np.take_along_axis(exact, order, axis=1), np.take_along_axis(found, order, axis=1)


def without_self(
    asked: NDArray[np.int64], found: NDArray[np.int64], similarity: NDArray[np.float32]
) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """Drop from ``found`` (m, j) each row's own number, or the farthest where equal vectors pushed it out."""
    own = found == asked[:, None]
    own[~own.any(axis=1), -1] = True
    keep = ~own
    shape = (len(asked), found.shape[1] - 1)
    rows, kept = found[keep].reshape(shape), similarity[keep].reshape(shape)
    gaps = rows < 0  # the cells held fewer than k: repeat the nearest rather than point nowhere
    if gaps.any():
        rows = np.where(gaps, np.maximum(rows[:, :1], 0), rows)
        kept = np.where(gaps, np.maximum(kept[:, :1], -1), kept)
    return rows.astype(np.int32), kept.astype(np.float32)


def _recall(truth: NDArray[np.int64], rows: NDArray[np.int32]) -> float:
    hits = (truth[:, :, None] == rows[:, None, :]).any(axis=2)
    return float(hits.mean())
