"""The nearest neighbours of every unique post, computed once for map, clusters and "more like this"."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ctse_core.structure.settings import StructureSettings
from ctse_core.types import Progress, Vectors, no_progress

_BLOCK = 2048
_SAMPLE = 400
_ENOUGH = 0.92
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

    Up to ``settings.exact_up_to`` posts every pair is compared; beyond, an inverted file probes the nearest cells
    and its recall is measured on a sample; similarities are exact either way. Same vectors: same graph.
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
    import faiss

    unique, width = vectors.shape
    cells = int(4 * unique**0.5)
    # One byte a number halves the time of the search; what is found is compared again in full.
    coarse, kind = faiss.IndexFlatIP(width), faiss.ScalarQuantizer.QT_8bit
    index = faiss.IndexIVFScalarQuantizer(coarse, width, cells, kind, faiss.METRIC_INNER_PRODUCT)
    index.cp.niter, index.cp.seed = 6, settings.seed
    index.cp.min_points_per_centroid, index.cp.max_points_per_centroid = 5, 32
    progress(0.0, "Sorting posts into cells")
    index.train(vectors)
    index.add(vectors)
    index.nprobe = 64
    sample = np.random.default_rng(settings.seed).choice(unique, min(unique, _SAMPLE), replace=False)
    truth, _ = _search(_flat_index(vectors), vectors, k, lambda *_: None, sample)
    recall = _recall(truth, _search(index, vectors, k, lambda *_: None, sample)[0])
    if recall < _ENOUGH:  # evenly spread vectors: look into more cells rather than give a poor graph
        index.nprobe = min(cells, 192)
        recall = _recall(truth, _search(index, vectors, k, lambda *_: None, sample)[0])
    rows, similarity = _search(index, vectors, k, progress)
    return Neighbours(rows, similarity, recall, f"inverted file, {index.nprobe} of {cells} cells")


def _search(
    index: Any, vectors: Vectors, k: int, progress: Progress, which: NDArray[np.int64] | None = None
) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """Return neighbours (m, k) and similarity (m, k) of ``which`` rows (all by default), each without itself."""
    which = np.arange(len(vectors)) if which is None else which
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


def _recall(truth: NDArray[np.int32], rows: NDArray[np.int32]) -> float:
    hits = (truth[:, :, None] == rows[:, None, :]).any(axis=2)
    return float(hits.mean())
