"""Two levels: topics in groups, the groups' names, and which topics are alike."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ctse_core.structure.clusters import rank_by_size
from ctse_core.structure.communities import leiden
from ctse_core.structure.languages import unit_rows
from ctse_core.structure.neighbours import Neighbours
from ctse_core.types import UNSORTED, Labels, TopicCol, Vectors

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

LEAST = 6  # fewer topics are read at a glance and need no groups
_COARSE = 0.5  # resolution of groups: about eight for forty topics
_WORDS = 3
_BLOCK = 65_536
JOIN = ", "


def middles_of(vectors: Vectors, labels: Labels, count: int) -> Vectors:
    """Return the mean direction (count, d) of the ``vectors`` (u, d) of each of ``labels`` (u,), as unit rows."""
    from scipy.sparse import csr_matrix

    if not count:
        return np.zeros((0, vectors.shape[1]), np.float32)
    members = np.flatnonzero(labels != UNSORTED)
    member = csr_matrix((np.ones(len(members), np.float32), (labels[members], members)), (count, len(labels)))
    return unit_rows(np.asarray(member @ vectors))


def topic_links(graph: csr_matrix, labels: Labels, count: int) -> csr_matrix:
    """Return the weight (count, count) of the links of ``graph`` (u, u) between and within topics."""
    from scipy.sparse import csr_matrix

    members = np.flatnonzero(labels != UNSORTED)
    member = csr_matrix((np.ones(len(members), np.float32), (members, labels[members])), (len(labels), count))
    return (member.T @ graph @ member).tocsr()


def links_of_many(neighbours: Neighbours, labels: Labels, count: int) -> csr_matrix:
    """Return what ``topic_links`` does, counted in cosines of neighbours: no graph of a million posts is built."""
    from scipy.sparse import csr_matrix

    whole = np.zeros(count * count)
    for start in range(0, len(labels), _BLOCK):
        rows, here = neighbours.rows[start : start + _BLOCK], labels[start : start + _BLOCK]
        there = labels[rows]
        both = (here[:, None] != UNSORTED) & (there != UNSORTED)
        cells = (here[:, None].astype(np.int64) * count + there)[both]
        weights = np.maximum(neighbours.similarity[start : start + _BLOCK], 0.0)[both]
        whole += np.bincount(cells, weights=weights, minlength=count * count)
    square = whole.reshape(count, count)
    return csr_matrix(square + square.T)


def parent_groups(middles: Vectors, links: csr_matrix | None, sizes: NDArray, seed: int = 0) -> NDArray[np.int32]:
    """Return the group (c,) of each topic, 0 the one with most posts; ``sizes`` (c,) are in posts.

    Groups are communities of topics in ``links`` (c, c). Where the links fall into more than twice the root of c
    pieces, topics hardly touch, and the ``middles`` (c, d) are joined by average linkage on cosine distance into about
    the root of c groups. On crisis tweets the groups by links kept the known events apart better (ARI .24 and .43
    against .04 and .27 by linkage). Fewer than six topics are each a group of their own.
    """
    count = len(middles)
    if count < LEAST:
        return rank_by_size(np.arange(count), sizes)
    groups = leiden(links, _COARSE, seed) if links is not None and links.nnz else np.arange(count)
    if groups.max() + 1 > 2 * count**0.5:
        groups = _linked(middles, round(count**0.5))
    return rank_by_size(groups, sizes)


def _linked(middles: Vectors, groups: int) -> NDArray[np.int64]:
    from scipy.cluster.hierarchy import fcluster, linkage
    from scipy.spatial.distance import squareform

    distance = np.clip(1.0 - (middles @ middles.T).astype(np.float64), 0.0, 2.0)
    distance = (distance + distance.T) / 2
    np.fill_diagonal(distance, 0.0)
    tree = linkage(squareform(distance, checks=False), "average")
    return fcluster(tree, groups, "maxclust").astype(np.int64) - 1


def with_parents(topics: pl.DataFrame, parents: NDArray[np.int32]) -> pl.DataFrame:
    """Return the ``topics`` with PARENT and PARENT_NAME, from the group (c,) of each row."""
    names = parent_names(topics, parents)
    return topics.with_columns(
        pl.Series(TopicCol.PARENT, parents, dtype=pl.Int32),
        pl.Series(TopicCol.PARENT_NAME, [names[group] for group in parents.tolist()], dtype=pl.Utf8),
    )


def parent_names(topics: pl.DataFrame, parents: NDArray[np.int32]) -> dict[int, str]:
    """Return a name for each group: three terms that its topics share or lead with, and that other groups lack.

    A term counts by the posts of its topics and by its place among their terms. A group of one topic has its name;
    no two groups have one name.
    """
    rows = topics.select(TopicCol.NAME, TopicCol.TERMS, TopicCol.SIZE).rows()
    children: dict[int, list[str]] = {}
    worth: dict[int, Counter[str]] = {}
    of_topics: dict[int, Counter[str]] = {}
    for group, (name, terms, size) in zip(parents.tolist(), rows, strict=True):
        children.setdefault(group, []).append(name)
        for place, term in enumerate(terms):
            worth.setdefault(group, Counter())[term] += size**0.5 / (2 + place)
        of_topics.setdefault(group, Counter()).update(set(terms))
    overall = sum(worth.values(), Counter())
    names: dict[int, str] = {}
    for group in sorted(children):
        name = children[group][0]
        if len(children[group]) > 1 and group in worth:
            best = {term: of_topics[group][term] * one**2 / overall[term] for term, one in worth[group].items()}
            name = JOIN.join(sorted(best, key=lambda term: (-best[term], term))[:_WORDS])
        names[group] = name if name not in names.values() else f"{name} ({group + 1})"
    return names


def similar_topics(middles: Vectors, most: int = 5) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Return the ``most`` other topics (c, k) whose ``middles`` (c, d) are nearest to each, and the cosines (c, k)."""
    alike = (middles @ middles.T).astype(np.float32)
    np.fill_diagonal(alike, -np.inf)
    rows = np.argsort(-alike, axis=1, kind="stable")[:, : min(most, max(0, len(middles) - 1))]
    return rows, np.take_along_axis(alike, rows, axis=1)
