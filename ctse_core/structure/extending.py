"""New posts beside old ones: neighbours among all, and a place on the map that stands."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ctse_core.structure.neighbours import Neighbours
from ctse_core.types import Points, Progress, Vectors, no_progress

_BLOCK = 256
_ANCHORS = 8  # nearest posts that have a say in where a new post stands
_SHARPNESS = 4.0  # power of the cosine that weighs them
_BREATH = 0.3  # jitter, in typical distances between neighbours on the map


@dataclass(frozen=True)
class Anchors:
    """What new posts are placed by: ``rows`` (m, k) their nearest among all posts, ``similarity`` (m, k) cosine."""

    rows: NDArray[np.int32]
    similarity: NDArray[np.float32]


def extended_neighbours(
    vectors: Vectors, old: NDArray[np.int32], k: int, progress: Progress = no_progress
) -> tuple[NDArray[np.int32], Neighbours]:
    """Return the graph (u, k) over all posts, and the neighbours of the new ones alone.

    ``vectors`` (u, d) are unit rows, the old posts first; ``old`` (o, j) is the graph that stands, -1 where a post has
    fewer neighbours. Every pair of a new post with any other is compared; a new post takes the place of the farthest
    neighbour of each old one that it is nearer to. Old pairs are not compared again.
    """
    count, unique = len(old), len(vectors)
    k = min(k, unique - 1)
    padded = np.full((count, k), -1, np.int32)
    padded[:, : old.shape[1]] = old[:, :k]
    farthest = _farthest(vectors, padded)
    found = [np.empty((0, k), np.int32)], [np.empty((0, k), np.float32)]
    nearer: list[tuple[NDArray, NDArray, NDArray]] = []
    for start in range(count, unique, _BLOCK):
        rows = np.arange(start, min(start + _BLOCK, unique))
        likeness = vectors[rows] @ vectors.T
        new, here = np.nonzero(likeness[:, :count] > farthest[None, :])
        nearer.append((here, rows[new], likeness[new, here]))
        likeness[np.arange(len(rows)), rows] = -np.inf
        nearest, cosine = _largest(likeness, k)
        found[0].append(nearest)
        found[1].append(cosine)
        progress((rows[-1] + 1 - count) / (unique - count), "Finding the new posts' neighbours")
    of_new = Neighbours(np.concatenate(found[0]), np.clip(np.concatenate(found[1]), -1, 1))
    return np.concatenate([_with_nearer(vectors, padded, nearer), of_new.rows]), of_new


def _largest(likeness: NDArray[np.float32], k: int) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """Return the columns (m, k) of the largest values in each row, largest first, and the values."""
    some = np.argpartition(-likeness, k - 1, axis=1)[:, :k] if k < likeness.shape[1] else _all_columns(likeness)
    values = np.take_along_axis(likeness, some, axis=1)
    order = np.lexsort((some, -values), axis=1)[:, :k]
    return np.take_along_axis(some, order, axis=1).astype(np.int32), np.take_along_axis(values, order, axis=1)


def _all_columns(likeness: NDArray) -> NDArray[np.int64]:
    return np.tile(np.arange(likeness.shape[1]), (len(likeness), 1))


def _farthest(vectors: Vectors, graph: NDArray[np.int32]) -> NDArray[np.float32]:
    """Return the cosine (o,) of each old post to the last of its neighbours; minus infinity where one is missing."""
    result = np.full(len(graph), -np.inf, np.float32)
    if graph.shape[1]:
        last = graph[:, -1]
        for start in range(0, len(graph), _BLOCK * 16):
            rows = np.arange(start, min(start + _BLOCK * 16, len(graph)))
            cosine = np.einsum("md,md->m", vectors[rows], vectors[np.maximum(last[rows], 0)])
            result[rows] = np.where(last[rows] >= 0, cosine, -np.inf)
    return result


def _with_nearer(
    vectors: Vectors, graph: NDArray[np.int32], nearer: list[tuple[NDArray, NDArray, NDArray]]
) -> NDArray[np.int32]:
    """Return the old posts' graph (o, k) with the new posts that are ``nearer``: old post, new post, cosine."""
    if not nearer or not graph.shape[1]:
        return graph
    here, new, cosine = (np.concatenate(parts) for parts in zip(*nearer, strict=True))
    touched, k = np.unique(here), graph.shape[1]
    graph = graph.copy()
    for start in range(0, len(touched), _BLOCK * 4):
        rows = touched[start : start + _BLOCK * 4]
        kept = np.einsum("md,mkd->mk", vectors[rows], vectors[np.maximum(graph[rows], 0)])
        kept = np.where(graph[rows] >= 0, kept, -np.inf)
        of_these = np.isin(here, rows)
        head = np.concatenate([np.repeat(rows, k), here[of_these]])
        tail = np.concatenate([graph[rows].ravel(), new[of_these]])
        alike = np.concatenate([kept.ravel(), cosine[of_these]])
        order = np.lexsort((-alike, head))
        head, tail = head[order], tail[order]
        first = np.flatnonzero(np.r_[True, head[1:] != head[:-1]])
        graph[rows] = tail[first[:, None] + np.arange(k)]
    return graph


def placed_near(points: Points, near: Anchors, groups: NDArray, group_of_new: NDArray, seed: int = 0) -> Points:
    """Return places (m, 2) for new posts on the map where the old posts' ``points`` (o, 2) stand.

    A post stands at the weighted mean of its nearest old posts, those of its own topic where it has any among them
    (``groups`` (o,) and ``group_of_new`` (m,) are the topics, -1 unsorted): a mean over several topics would put it
    into the void between them. Posts of topics that hold new posts only are gathered around the middle of their
    places. A breath of jitter parts what would lie on one spot. Same posts, same seed: same places.
    """
    count, m = len(points), len(near.rows)
    if not count:
        return np.random.default_rng(seed).normal(scale=1.0, size=(m, 2)).astype(np.float32)
    old = near.rows < count
    own = old & (groups[np.minimum(near.rows, count - 1)] == group_of_new[:, None])
    chosen = np.where(own.any(axis=1)[:, None], own, old)
    chosen &= np.cumsum(chosen, axis=1) <= _ANCHORS
    weight = np.where(chosen, np.maximum(near.similarity, 1e-3) ** _SHARPNESS, 0.0)
    total = weight.sum(axis=1, keepdims=True)
    mean = (weight[:, :, None] * points[np.minimum(near.rows, count - 1)]).sum(axis=1) / np.maximum(total, 1e-12)
    placed = np.where(total > 0, mean, np.nan)
    placed = _beside_new(placed, near, count)
    placed = _gathered(placed, group_of_new, set(np.unique(groups).tolist()))
    gap = _typical_gap(points)
    return (placed + np.random.default_rng(seed).normal(scale=_BREATH * gap, size=(m, 2))).astype(np.float32)


def _beside_new(placed: NDArray, near: Anchors, count: int) -> NDArray:
    """Give new posts that have only new neighbours the mean of those that have a place, the middle at last."""
    for _ in range(8):
        without = np.flatnonzero(np.isnan(placed[:, 0]))
        if not len(without):
            return placed
        tails = near.rows[without] - count
        theirs = np.where((tails >= 0)[:, :, None], placed[np.maximum(tails, 0)], np.nan)
        has = ~np.isnan(theirs[:, :, 0])
        some = has.any(axis=1)
        sums = np.where(has[:, :, None], theirs, 0.0).sum(axis=1)
        placed[without[some]] = sums[some] / has[some].sum(axis=1, keepdims=True)
    middle = np.nanmean(placed, axis=0) if not np.isnan(placed[:, 0]).all() else np.zeros(2)
    return np.where(np.isnan(placed), middle, placed)


def _gathered(placed: NDArray, group_of_new: NDArray, old_groups: set[int]) -> NDArray:
    """Draw the posts of topics without old posts together around their median place."""
    gathered = placed.copy()
    for group in np.unique(group_of_new[group_of_new >= 0]).tolist():
        if group not in old_groups:
            inside = group_of_new == group
            middle = np.median(placed[inside], axis=0)
            gathered[inside] = middle + 0.1 * (placed[inside] - middle)
    return gathered


def _typical_gap(points: Points) -> float:
    """Return about how far neighbours lie apart on the map: the square root of the area that a post has."""
    low, high = np.quantile(points, [0.05, 0.95], axis=0)
    return float(np.sqrt(max(float(np.prod(high - low)), 1e-9) / max(1, len(points))))
