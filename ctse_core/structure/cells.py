"""Neighbours among more posts than can all be compared: cells of like posts first, then neighbours of neighbours."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from ctse_core.structure.settings import StructureSettings
from ctse_core.types import Progress, Vectors, no_progress

CELL = 312  # posts of a cell
PROBES = 8  # cells that a post looks into
_DIMS = 96  # principal components that cells are made in
_BLOCK = 2048
_BACK = 5  # nearest of the posts that have a post as neighbour
_ROUNDS = 3
_SETTLED = 0.04  # share of neighbours that a round found, below which no further one is worth it


def near_by_cells(
    vectors: Vectors, k: int, settings: StructureSettings, progress: Progress = no_progress
) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """Return the ``k`` nearest found of each of ``vectors`` (u, d), unit rows, nearest first, and their cosines (u, k).

    Posts are sorted into cells of about 312 by k-means of their first 96 principal components, and each is compared
    with all posts of its eight nearest cells. Then each is compared with its neighbours' neighbours, and with those
    that have it as a neighbour, until a round finds little. About 3,000 comparisons a post whatever u is, most of
    them as products of matrices. Same vectors: same graph, however many threads.

    Source: Dong, Moses, Li 2011, "Efficient k-nearest neighbor graph construction" (neighbours of neighbours).
    """
    unique = len(vectors)
    progress(0.0, "Sorting posts into cells")
    cell = _nearest_cells(vectors, settings)
    best = np.full((unique, k), -2, np.float32)
    rows = np.full((unique, k), -1, np.int32)
    own = np.argsort(cell[:, 0], kind="stable").astype(np.int32)
    with ThreadPoolExecutor(settings.cores()) as pool:
        _look_into_cells(vectors, cell, own, (best, rows), pool, progress)
        fresh = np.ones((unique, k), dtype=bool)
        for turn in range(_ROUNDS):
            best, rows, fresh = _round(vectors, np.array_split(own, settings.cores()), (best, rows, fresh), pool)
            progress(0.7 + 0.3 * (turn + 1) / _ROUNDS, "Finding each post's neighbours")
            if fresh.mean() < _SETTLED:
                break
    return _filled(rows, best)


def _nearest_cells(vectors: Vectors, settings: StructureSettings) -> NDArray[np.int32]:
    """Return the numbers (u, probes) of each post's nearest cells, the nearest first."""
    import faiss

    unique = len(vectors)
    cells = max(1, unique // CELL)
    some = vectors[np.random.default_rng(settings.seed).permutation(unique)[:50_000]]
    _, axes = np.linalg.eigh((some.T @ some).astype(np.float64))
    axes = np.ascontiguousarray(axes[:, ::-1][:, :_DIMS], dtype=np.float32)
    flat = vectors @ axes
    found = faiss.Clustering(flat.shape[1], cells)
    found.niter, found.seed = 6, settings.seed
    found.min_points_per_centroid, found.max_points_per_centroid = 5, 32
    found.train(flat, faiss.IndexFlatL2(flat.shape[1]))
    middles = faiss.vector_to_array(found.centroids).reshape(cells, flat.shape[1])
    half = (middles**2).sum(axis=1) / 2
    probes = min(PROBES, cells)
    nearest = np.empty((unique, probes), np.int32)
    for start in range(0, unique, _BLOCK):
        near = flat[start : start + _BLOCK] @ middles.T - half
        chosen = np.argpartition(-near, probes - 1, axis=1)[:, :probes]
        order = np.argsort(-np.take_along_axis(near, chosen, axis=1), axis=1, kind="stable")
        nearest[start : start + _BLOCK] = np.take_along_axis(chosen, order, axis=1)
    return nearest


def _look_into_cells(
    vectors: Vectors,
    cell: NDArray[np.int32],
    own: NDArray[np.int32],
    found: tuple[NDArray[np.float32], NDArray[np.int32]],
    pool: ThreadPoolExecutor,
    progress: Progress,
) -> None:
    """Compare each post with all of its cells; what is best goes into ``found``, cosines and rows (u, k)."""
    from ctse_core.structure.near_kernels import keep_best

    probes = cell.shape[1]
    cells = int(cell.max()) + 1
    ends = np.searchsorted(cell[own, 0], np.arange(cells + 1))
    order = np.argsort(cell.ravel(), kind="stable")
    starts = np.searchsorted(cell.ravel()[order], np.arange(cells + 1))
    lookers = (order // probes).astype(np.int32)
    del order

    def compare(number: int, asked: NDArray[np.int32]) -> None:
        members = own[ends[number] : ends[number + 1]]
        keep_best(vectors[asked] @ vectors[members].T, asked, members, *found)

    for number in range(cells):
        asked = lookers[starts[number] : starts[number + 1]]
        if ends[number] < ends[number + 1]:  # no two threads write to one post: each takes posts of its own
            blocks = [asked[first : first + _BLOCK] for first in range(0, len(asked), _BLOCK)]
            for done in [pool.submit(compare, number, block) for block in blocks]:
                done.result()
        if number % 64 == 0:
            progress(0.05 + 0.65 * number / cells, "Finding each post's neighbours")


def _round(
    vectors: Vectors,
    parts: list[NDArray[np.int32]],
    found: tuple[NDArray[np.float32], NDArray[np.int32], NDArray[np.bool_]],
    pool: ThreadPoolExecutor,
) -> tuple[NDArray[np.float32], NDArray[np.int32], NDArray[np.bool_]]:
    """Return cosines, rows and which are new (u, k) after each post looked at its neighbours' neighbours.

    ``parts`` are the posts that each thread takes, in the order of their cells, so that they share what is at hand.
    """
    from ctse_core.structure.near_kernels import look_around

    best, rows, fresh = found
    back = _back(best, rows)
    after = best.copy(), rows.copy(), fresh.copy()
    for done in [pool.submit(look_around, vectors, part, rows, back, fresh, *after) for part in parts]:
        done.result()
    return after


def _back(best: NDArray[np.float32], rows: NDArray[np.int32]) -> NDArray[np.int32]:
    """Return the nearest (u, 5) of the posts that have each post among their neighbours, -1 where there are fewer."""
    unique, k = rows.shape
    there = rows.ravel()
    order = np.lexsort((-best.ravel(), there))
    there = there[order]
    place = np.arange(len(there)) - np.searchsorted(there, np.arange(-1, unique))[there + 1]
    kept = (place < _BACK) & (there >= 0)
    back = np.full((unique, _BACK), -1, np.int32)
    back[there[kept], place[kept]] = (order // k)[kept]
    return back


def _filled(rows: NDArray[np.int32], best: NDArray[np.float32]) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """Return rows and cosines without gaps: where the cells held fewer than k the nearest is told again."""
    gaps = rows < 0
    rows = np.where(gaps, np.maximum(rows[:, :1], 0), rows)
    return rows, np.clip(np.where(gaps, np.maximum(best[:, :1], -1), best), -1, 1)
