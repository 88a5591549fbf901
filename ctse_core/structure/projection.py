"""Unique posts as points: the 2-D map and the space in which clusters are found, both from one graph (UMAP)."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ctse_core.structure.neighbours import Neighbours
from ctse_core.structure.settings import StructureSettings
from ctse_core.types import Points, Progress, Vectors, no_progress

if TYPE_CHECKING:
    from scipy.sparse import coo_matrix

# a and b of the curve 1 / (1 + a x^2b) that umap-learn fits for min_dist 0.1 (a map with air between posts) and
# for 0.0 (a space whose groups are dense), spread 1.0; a test compares them with umap-learn's own.
CURVES = {0.1: (1.576943460405378, 0.8950608781227859), 0.0: (1.9328083975445715, 0.7904949675540148)}
MAP_GAP, SPACE_GAP = 0.1, 0.0
PUSHES = 5  # negative samples an edge, umap-learn's default; fewer cost quality
BY_TABLE = 5_000
"""Posts from which forces are read from a table: at 10,000 in two fifths of the time, neighbours kept as well."""
_CHUNK = 10


@dataclass(frozen=True)
class Layout:
    """One drawing to make: into how many dimensions, how close points may lie, from which seed."""

    dims: int
    gap: float
    seed: int
    by_table: bool = False
    """Forces are read from a table: several times as quick, and the points of a seed are others."""


def project(
    neighbours: Neighbours,
    vectors: Vectors,
    dims: int,
    settings: StructureSettings | None = None,
    progress: Progress = no_progress,
) -> Points:
    """Return positions (u, dims) in which posts near each other in ``neighbours`` lie near each other.

    UMAP from the given graph, a start by principal components and a seed: the same graph and seed give the same
    positions. Two dimensions make the map, more make the space for clustering, without a smallest distance.

    Source: McInnes, Healy, Melville 2018, "UMAP".
    """
    settings = settings or StructureSettings()
    gap = MAP_GAP if dims == 2 else SPACE_GAP
    return project_all(neighbours, vectors, [Layout(dims, gap, settings.seed)], settings, progress)[0]


def project_all(
    neighbours: Neighbours,
    vectors: Vectors,
    layouts: Sequence[Layout],
    settings: StructureSettings,
    progress: Progress = no_progress,
) -> list[Points]:
    """Return the positions of each of ``layouts``, drawn side by side in threads.

    Each layout runs in one thread and is exactly repeatable, until ``settings.repeatable_up_to`` posts; beyond,
    threads left over share a layout's edges, and the order of their steps, so the result, varies a little.
    """
    unique = len(vectors)
    if unique < 3 or neighbours.rows.shape[1] == 0:
        return [start_positions(vectors, layout.dims, layout.seed) for layout in layouts]
    graph = fuzzy_graph(neighbours)
    stop = threading.Event()
    shares = [0.0] * len(layouts)

    def tell(place: int) -> Callable[[float], None]:
        return lambda share: shares.__setitem__(place, share)

    threads = threads_per_layout(settings, unique, len(layouts))
    with ThreadPoolExecutor(min(len(layouts), settings.cores())) as pool:
        running = [
            pool.submit(_draw, graph, vectors, layout, settings, threads, stop, tell(place))
            for place, layout in enumerate(layouts)
        ]
        try:
            _watch(running, shares, progress)
        finally:
            stop.set()
    return [drawn.result() for drawn in running]


def threads_per_layout(settings: StructureSettings, unique: int, layouts: int) -> int:
    """Return how many threads share one layout: 1 (exactly repeatable) up to ``settings.repeatable_up_to``."""
    if unique <= settings.repeatable_up_to:
        return 1
    return max(1, settings.cores() // max(1, layouts))


def _watch(running: Sequence[Future[Points]], shares: Sequence[float], progress: Progress) -> None:
    while True:
        done, open_ones = wait(running, timeout=0.25)
        for finished in done:
            finished.result()
        progress(sum(shares) / len(shares), "Drawing the map and the space for clustering")
        if not open_ones:
            return


def _draw(
    graph: coo_matrix,
    vectors: Vectors,
    layout: Layout,
    settings: StructureSettings,
    threads: int,
    stop: threading.Event,
    tell: Callable[[float], None],
) -> Points:
    epochs = settings.rounds(len(vectors))
    points = start_positions(vectors, layout.dims, layout.seed)
    if settings.engine == "umap-learn":
        return _reference(graph, vectors, points, layout, epochs)
    if len(points) > min(BY_TABLE, settings.repeatable_up_to):
        layout = replace(layout, by_table=True)
    return lay_out(graph, points, layout, epochs, threads, stop, tell)


def fuzzy_graph(neighbours: Neighbours) -> coo_matrix:
    """Return UMAP's fuzzy graph (u, u), symmetric, weights in (0, 1], edges ordered by head.

    A post's nearest neighbour weighs 1, farther ones less, so that each post's weights add up to log2(k + 1);
    then the two directions of an edge unite as p + q - pq. Same numbers as umap-learn's fuzzy_simplicial_set, but
    as array arithmetic that needs no compiling.
    """
    from scipy.sparse import csr_matrix

    unique, k = neighbours.rows.shape
    distance = np.maximum(1.0 - neighbours.similarity.astype(np.float64), 0.0)
    nearest = np.where(distance > 0, distance, np.inf).min(axis=1)
    beyond = np.maximum(distance - np.where(np.isinf(nearest), 0.0, nearest)[:, None], 0.0)
    weights = np.where(beyond <= 0, 1.0, np.exp(-beyond / _widths(beyond, distance, nearest)[:, None]))
    heads = np.repeat(np.arange(unique), k)
    one_way = csr_matrix((weights.ravel().astype(np.float32), (heads, neighbours.rows.ravel())), (unique, unique))
    back = one_way.T.tocsr()
    both = (one_way + back - one_way.multiply(back)).tocsr()
    both.sort_indices()
    return both.tocoo()


def _widths(beyond: NDArray[np.float64], distance: NDArray[np.float64], nearest: NDArray[np.float64]) -> NDArray:
    """Return each post's kernel width (u,), found by halving, so that its weights add up to log2(k + 1)."""
    unique, k = beyond.shape
    target = np.log2(k + 1)
    low, high, width = np.zeros(unique), np.full(unique, np.inf), np.ones(unique)
    for _ in range(48):
        too_wide = np.exp(-beyond / width[:, None]).sum(axis=1) > target
        high = np.where(too_wide, width, high)
        low = np.where(too_wide, low, width)
        width = np.where(np.isinf(high), width * 2, (low + high) / 2)
    # umap-learn counts the post itself, at distance 0, among its neighbours: hence k / (k + 1).
    own = distance.mean(axis=1) * k / (k + 1)
    whole = distance.mean() * k / (k + 1)
    return np.maximum(np.maximum(width, 1e-3 * np.where(np.isinf(nearest), whole, own)), 1e-12)


def start_positions(vectors: Vectors, dims: int, seed: int = 0) -> Points:
    """Return principal components (u, dims) scaled to [0, 10], with a breath of noise that parts equal posts."""
    unique = len(vectors)
    points = np.zeros((unique, dims), dtype=np.float64)
    centred = vectors - vectors.mean(axis=0) if unique else vectors
    if unique > 1 and np.abs(centred).max() > 1e-7:
        from scipy.linalg import eigh

        wide = centred.shape[1]
        spread = (centred.T @ centred).astype(np.float64)
        axes = eigh(spread, subset_by_index=(max(0, wide - dims), wide - 1))[1][:, ::-1]
        strongest = np.abs(axes).argmax(axis=0)
        axes = axes * np.where(axes[strongest, np.arange(axes.shape[1])] < 0, -1.0, 1.0)  # signs are arbitrary
        points[:, : axes.shape[1]] = centred @ axes
        points *= 10.0 / np.abs(points).max()
        points += np.random.default_rng(seed).normal(scale=1e-4, size=points.shape)
        low, high = points.min(axis=0), points.max(axis=0)
        points = 10.0 * (points - low) / np.maximum(high - low, 1e-9)
    return points.astype(np.float32)


def lay_out(
    graph: coo_matrix,
    start: Points,
    layout: Layout,
    epochs: int,
    threads: int = 1,
    stop: threading.Event | None = None,
    tell: Callable[[float], None] = lambda share: None,
    first: int = 0,
) -> Points:
    """Return ``start`` (u, dims) after ``epochs`` of attraction along the graph's edges and repulsion at random.

    One thread gives the same result each time. With more, each takes the edges of its own heads and all move the
    same points. Once ``stop`` is set, the layout ends early. Begun at epoch ``first``, points only settle: the later
    the epoch, the smaller the steps.
    """
    from ctse_core.structure.kernels import force_tables, run_epochs, run_epochs_by_table

    kept = graph.data >= graph.data.max() / (epochs - first)  # weaker edges would never be visited
    head, tail = graph.row[kept].astype(np.int32), graph.col[kept].astype(np.int32)
    between = (graph.data.max() / graph.data[kept]).astype(np.float64)
    away = between / PUSHES
    points = np.ascontiguousarray(start, dtype=np.float32).copy()
    states = _states(points, layout.seed)
    next_pull, next_push = first + between, first + away
    tables = force_tables(*CURVES[layout.gap])
    cuts = _cuts(head, threads)
    parts = [slice(low, high) for low, high in pairwise(cuts)]

    def run(part: slice, since: int, last: int) -> None:
        arrays = (head[part], tail[part], between[part], away[part], next_pull[part], next_push[part])
        if layout.by_table:
            run_epochs_by_table(points, *arrays, states, tables, since, last, epochs)
        else:
            run_epochs(points, *arrays, states, *CURVES[layout.gap], since, last, epochs)

    chunk = _CHUNK if len(parts) == 1 else 1  # threads meet after each epoch
    with ThreadPoolExecutor(len(parts)) as pool:
        for since in range(first, epochs, chunk):
            if stop is not None and stop.is_set():
                break
            last = min(epochs, since + chunk)
            for done in [pool.submit(run, part, since, last) for part in parts]:
                done.result()
            tell(last / epochs)
    return points


def _cuts(head: NDArray[np.int32], threads: int) -> list[int]:
    """Return where to cut the edges, ordered by head, so that no two threads share a head."""
    even = np.linspace(0, len(head), threads + 1).astype(int)[1:-1]
    inner = np.searchsorted(head, head[even]) if len(even) else even
    return [0, *sorted({int(cut) for cut in inner if 0 < cut < len(head)}), len(head)]


def _states(points: Points, seed: int) -> NDArray[np.int64]:
    """Return each post's random state (u, 3), made as umap-learn makes it: one draw, offset by the first axis."""
    limit = np.iinfo(np.int32)
    drawn = np.random.RandomState(seed).randint(limit.min + 1, limit.max - 1, 3).astype(np.int64)
    return drawn + points[:, 0].astype(np.float64).view(np.int64).reshape(-1, 1)


def _reference(graph: coo_matrix, vectors: Vectors, start: Points, layout: Layout, epochs: int) -> Points:
    """Return what umap-learn itself makes of the same graph and start: the yardstick for ``lay_out``."""
    from umap.umap_ import simplicial_set_embedding

    a, b = CURVES[layout.gap]
    random: Any = np.random.RandomState(layout.seed)
    points, _ = simplicial_set_embedding(
        vectors, graph.tocsr(), layout.dims, 1.0, a, b, 1.0, PUSHES, epochs, start, random,
        "cosine", {}, False, {}, False, parallel=False,
    )  # fmt: skip
    return np.asarray(points, dtype=np.float32)
