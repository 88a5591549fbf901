"""The inside of the room in its order: vectors, neighbours, map and space, clusters."""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ctse_core.structure.clusters import Clusters, adopt_unsorted, find_clusters, raise_copied
from ctse_core.structure.communities import find_with_others
from ctse_core.structure.confidence import agreement_of_each
from ctse_core.structure.few import MANY, cluster_few
from ctse_core.structure.languages import centre_languages, unit_rows
from ctse_core.structure.large_map import DRAWN_WHOLE, SAMPLE, ManyPosts, large_map
from ctse_core.structure.neighbours import Neighbours, neighbour_graph
from ctse_core.structure.projection import (
    MAP_GAP,
    SPACE_GAP,
    Layout,
    project_all,
    start_positions,
    threads_per_layout,
)
from ctse_core.structure.settings import StructureSettings
from ctse_core.structure.stability import agreement
from ctse_core.types import Labels, Points, Progress, Vectors, check_vectors, no_progress


@dataclass(frozen=True)
class Structure:
    """What lies where: row i of every array is unique post i."""

    neighbours: Neighbours
    map_points: Points
    """(u, 2) positions on the map."""
    clusters: Clusters
    stability: dict[str, float] | None
    """Mean agreement with clusters from other seeds (see ``stability.agreement``); None where not checked."""
    agreement: NDArray[np.float32]
    """(c,) overlap of each cluster with its nearest from other seeds, in [0, 1]; NaN where not checked."""
    method: dict[str, Any] = field(default_factory=dict)
    """How it was made, for the manifest: ways, parameters, counts, seconds."""


def arrange(
    vectors: Vectors,
    languages: Sequence[str],
    settings: StructureSettings | None = None,
    progress: Progress = no_progress,
    weights: NDArray | None = None,
) -> Structure:
    """Return the structure of unique posts with ``vectors`` (u, d), unit rows, written in ``languages`` (u,).

    ``weights`` (u,) are the posts behind each unique post; clusters are ranked by them. The way follows from u:
    below 4 unique posts none are clustered, below 60 they are linked by likeness and drawn by principal components,
    from 60 on the map and the communities (or, by HDBSCAN, the dense places of a space drawn for it) come from one
    neighbour graph. Below it all, vectors lose their language's offset.

    Raises:
        EncoderError: the vectors are not an (u, d) table of finite numbers with u rows.
    """
    settings = settings or StructureSettings()
    clock = _Clock()
    vectors = check_vectors(vectors, rows=len(languages))
    centred = centre_languages(vectors, languages) if settings.centre_languages else unit_rows(vectors)
    clock.stop("centre")
    neighbours = neighbour_graph(centred, settings, _part(progress, 0.0, 0.35))
    clock.stop("neighbours")
    others: list[Labels] = []
    if len(vectors) < MANY:
        points = start_positions(centred, 2, settings.seed)
        clusters = cluster_few(centred, weights)
    else:
        way = _communities if settings.clusters == "communities" else _dense_places
        posts = ManyPosts(neighbours, centred, languages, weights)
        points, clusters, others = way(posts, settings, _part(progress, 0.35, 0.95), clock)
    found, before = clusters.labels, clusters.unsorted_share
    clusters = adopt_unsorted(clusters, centred, settings, weights) if len(vectors) >= MANY else clusters
    clusters = raise_copied(clusters, weights, settings)
    clock.stop("adopt")
    stability = _mean_agreement(found, others)
    each = agreement_of_each(clusters.raw_labels, others, clusters.count)
    clock.stop("agreement")
    progress(1.0, f"Found {clusters.count:,} topics")
    method = _method(settings, neighbours, clusters, before, len(set(languages)), stability, clock.seconds)
    return Structure(neighbours, points, clusters, stability, each, method)


def _communities(
    posts: ManyPosts, settings: StructureSettings, progress: Progress, clock: _Clock
) -> tuple[Points, Clusters, list[Labels]]:
    """Return the map, the communities, and those of other seeds; no space is drawn to cluster in.

    Both are found side by side.
    """
    progress(0.0, "Finding clusters and how stable they are")
    graph = posts.graph.tocsr()
    with ThreadPoolExecutor(1) as beside:
        found = beside.submit(find_with_others, graph, settings, posts.weights)
        points = _map(posts, settings, progress)
        clusters, others = found.result()
    clock.stop("layouts")
    return points, clusters, others


def _map(posts: ManyPosts, settings: StructureSettings, progress: Progress) -> Points:
    if len(posts.vectors) > DRAWN_WHOLE:
        return large_map(posts, settings, progress)
    return project_all(posts.neighbours, posts.vectors, [Layout(2, MAP_GAP, settings.seed)], settings, progress)[0]


def _dense_places(
    posts: ManyPosts, settings: StructureSettings, progress: Progress, clock: _Clock
) -> tuple[Points, Clusters, list[Labels]]:
    """Return the map, the clusters by HDBSCAN in a space of its own, and those of another seed where asked for."""
    neighbours, vectors, weights = posts.neighbours, posts.vectors, posts.weights
    layouts = [Layout(settings.space_dims, SPACE_GAP, settings.seed), Layout(2, MAP_GAP, settings.seed)]
    if settings.stability == "always" or (
        settings.stability == "automatic" and len(vectors) > settings.repeatable_up_to
    ):
        layouts.append(Layout(settings.space_dims, SPACE_GAP, settings.seed + 1))
    space, points, *again = project_all(neighbours, vectors, layouts, settings, _part(progress, 0.0, 0.85))
    clock.stop("layouts")
    progress(0.87, "Finding clusters")
    clusters = find_clusters(space, settings, weights)
    clock.stop("clusters")
    if again:
        progress(0.95, "Checking how stable the clusters are")
    others = [find_clusters(other, settings, weights).labels for other in again]
    clock.stop("stability")
    return points, clusters, others


def _mean_agreement(labels: Labels, others: Sequence[Labels]) -> dict[str, float] | None:
    """Return the mean of each measure of ``stability.agreement`` over ``others``; None where there are none."""
    told = [agreement(labels, other) for other in others]
    return {name: float(np.mean([one[name] for one in told])) for name in told[0]} if told else None


def _method(
    settings: StructureSettings,
    neighbours: Neighbours,
    clusters: Clusters,
    unsorted_before: float,
    languages: int,
    stability: dict[str, float] | None,
    seconds: dict[str, float],
) -> dict[str, Any]:
    unique = len(clusters.labels)
    many = unique >= MANY
    dense = many and settings.clusters == "hdbscan"
    threads = threads_per_layout(settings, unique, 1 + dense * (2 if stability else 1))
    return {
        "unique": unique,
        "languages": languages,
        "languages_centred": settings.centre_languages and languages > 1,
        "neighbours": neighbours.rows.shape[1],
        "neighbours_way": neighbours.way,
        "neighbours_recall": round(neighbours.recall, 4),
        "map_way": f"umap ({settings.engine})" if many else "principal components",
        "epochs": settings.rounds(unique) if many else 0,
        "map_drawn": SAMPLE if unique > DRAWN_WHOLE and not dense else unique,
        "space_dims": settings.space_dims if dense else 0,
        "clusters_way": clusters.way,
        "resolution": round(settings.finer(unique), 2) if many and not dense else 0,
        "min_cluster_size": settings.smallest_topic(unique) if many else 0,
        "min_samples": settings.caution(unique) if dense else 0,
        "clusters": clusters.count,
        "clusters_split": clusters.split,
        "unsorted_before_adoption": round(unsorted_before, 4),
        "unsorted": round(clusters.unsorted_share, 4),
        "seed": settings.seed,
        "repeatable": threads == 1 or not many,
        "stability": stability,
        "seconds": seconds,
    } | ({"note": _sampled(unique, stability)} if unique > DRAWN_WHOLE and not dense else {})


def _sampled(unique: int, stability: dict[str, float] | None) -> str:
    """Return what was drawn and how stable it is, for people."""
    again = f"; from other starts {stability['kept']:.0%} of a topic's posts lie together again" if stability else ""
    return (
        f"The map was drawn for {SAMPLE:,} of {unique:,} different posts, the others stand amid those most like them. "
        f"Topics were found among all posts{again}."
    )


def _part(progress: Progress, start: float, end: float) -> Progress:
    """Return a progress that runs from ``start`` to ``end`` of the given one."""
    return lambda share, sentence: progress(start + (end - start) * share, sentence)


class _Clock:
    """Seconds of each step, in the order in which the steps were stopped."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._since = time.perf_counter()

    def stop(self, step: str) -> None:
        now = time.perf_counter()
        self.seconds[step] = round(now - self._since, 3)
        self._since = now
