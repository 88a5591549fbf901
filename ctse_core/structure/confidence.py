"""How far each topic can be trusted: does it stand apart, does it come back from other seeds, is it one language."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ctse_core.structure.hierarchy import (
    LEAST,
    links_of_many,
    middles_of,
    parent_groups,
    similar_topics,
    topic_links,
    with_parents,
)
from ctse_core.structure.neighbours import Neighbours
from ctse_core.structure.projection import fuzzy_graph
from ctse_core.structure.stability import crossing
from ctse_core.types import UNSORTED, Labels, TopicCol, Vectors

FIRM, FAIR, LOOSE = "firm", "fair", "loose"


@dataclass(frozen=True)
class TopicSpace:
    """u unique posts, row i of everything the same post."""

    vectors: Vectors
    """(u, d) unit rows, less their language's offset (``centre_languages``)."""
    labels: Labels
    """(u,) topic ids, any numbers, -1 unsorted."""
    languages: Sequence[str]
    """u codes."""
    copies: NDArray
    """(u,) posts behind each unique post, itself counted."""


def agreement_of_each(labels: Labels, others: Sequence[Labels], count: int) -> NDArray[np.float32]:
    """Return for each cluster (count,) of ``labels`` its overlap with the nearest of each of ``others``, their mean.

    Overlap is intersection over union, in [0, 1]. NaN where there are no others, and for clusters of one unique post:
    these are made of copies, not found.

    Source: Hennig 2007 (cluster-wise overlap).
    """
    sizes = np.bincount(labels[labels != UNSORTED], minlength=count)
    if not others or not count:
        return np.full(count, np.nan, np.float32)
    overlaps = np.zeros(count)
    for other in others:
        if not (other != UNSORTED).any():
            continue
        table = crossing(labels, other)
        union = sizes[:, None] + np.bincount(other[other != UNSORTED])[None] - table
        overlaps += (table / np.maximum(union, 1)).max(axis=1)
    return np.where(sizes > 1, overlaps / len(others), np.nan).astype(np.float32)


def separations(nearness: NDArray[np.float32], labels: Labels) -> NDArray[np.float64]:
    """Return how far each topic stands apart from the others (c,) in [-1, 1], as its posts see it.

    ``nearness`` (u, c) is the cosine of each post to each topic's centre, ``labels`` (u,) are the columns. A post's
    share is (b - a) / max(a, b) of its cosine distances a to its own and b to the nearest other centre, the simplified
    silhouette; a topic's separation is the mean over its posts. 0 means as near to another topic; an only topic has 1.

    Source: Hruschka, de Castro, Campello 2004 (simplified silhouette).
    """
    count = nearness.shape[1]
    if count < 2:
        return np.ones(count)
    members = np.flatnonzero(labels != UNSORTED)
    own, rows = labels[members], np.arange(len(members))
    others = nearness[members].astype(np.float64)
    a = 1.0 - others[rows, own]
    others[rows, own] = -np.inf
    b = 1.0 - others.max(axis=1)
    each = (b - a) / np.maximum(np.maximum(a, b), 1e-9)
    return np.bincount(own, weights=each, minlength=count) / np.maximum(np.bincount(own, minlength=count), 1)


def language_mixes(labels: Labels, languages: Sequence[str], copies: NDArray, count: int) -> NDArray[np.float64]:
    """Return how mixed the languages of each topic are (count,) in [0, 1], beside what a topic of its size could be.

    The entropy of the posts' languages over that of all posts, or of as many languages as the topic has posts where
    that is less: 1 is as mixed as the file, 0 is one language. NaN where the file itself has one language.
    """
    _, code = np.unique(np.asarray(languages, dtype=str), return_inverse=True)
    width = int(code.max(initial=0)) + 1
    whole = _entropy(np.bincount(code, weights=copies, minlength=width)[None])[0]
    if whole <= 0:
        return np.full(count, np.nan)
    kept = labels != UNSORTED
    cells = labels[kept].astype(np.int64) * width + code[kept]
    table = np.bincount(cells, weights=copies[kept], minlength=count * width).reshape(count, width)
    possible = np.minimum(whole, np.log(np.maximum(np.bincount(labels[kept], minlength=count), 2)))
    return np.minimum(1.0, _entropy(table) / possible)


def _entropy(table: NDArray) -> NDArray[np.float64]:
    """Return the entropy (rows,) in nats of the shares in each row of ``table``."""
    share = table / np.maximum(table.sum(axis=1, keepdims=True), 1e-12)
    return -(share * np.log(np.where(share > 0, share, 1.0))).sum(axis=1)


def verdict(separation: float | None, agreement: float | None) -> str | None:
    """Return one word for a topic: firm, fair or loose; None where its separation was not measured.

    Firm topics stand apart (0.2 and more) and come back from other seeds (0.75 and more, where that was measured);
    loose ones lie as near to others (below 0.12) or do not come back (below 0.5). In labelled sets (posts by event,
    news by article) 50 to 87 % of a firm topic's posts were of one group, of a fair one 33 to 75 %, of a loose one
    28 to 58 %: ``benchmarks/clusters.py``.
    """
    if separation is None:
        return None
    known = agreement is not None and not np.isnan(agreement)
    if separation < _LOOSE_APART or (known and agreement < _LOOSE_AGAIN):  # type: ignore[operator]
        return LOOSE
    return FIRM if separation >= _FIRM_APART and (not known or agreement >= _FIRM_AGAIN) else FAIR  # type: ignore[operator]


_FIRM_APART, _FIRM_AGAIN = 0.2, 0.75
_LOOSE_APART, _LOOSE_AGAIN = 0.12, 0.5


def with_confidence(
    topics: pl.DataFrame, space: TopicSpace, agreement: NDArray | None = None, similar: int = 5
) -> pl.DataFrame:
    """Return the ``topics`` with SEPARATION, LANGUAGE_MIX, COPIES_SHARE, AGREEMENT, CONFIDENCE and SIMILAR.

    ``space.labels`` are the topics' ids. ``agreement`` (c,) belongs to the rows of ``topics``; where it is None they
    keep what they have, null where they have nothing. ``similar``: so many nearest other topics are listed.
    """
    ids = topics[TopicCol.ID].to_list()
    labels = _as_rows(space.labels, ids)
    middles = middles_of(space.vectors, labels, len(ids))
    apart = separations(space.vectors @ middles.T, labels)
    mixes = language_mixes(labels, space.languages, np.asarray(space.copies), len(ids))
    if agreement is not None:
        again = [None if np.isnan(one) else float(one) for one in agreement]
    else:
        again = topics[TopicCol.AGREEMENT].to_list() if TopicCol.AGREEMENT in topics.columns else [None] * len(ids)
    return topics.with_columns(
        pl.Series(TopicCol.SEPARATION, apart, dtype=pl.Float64),
        pl.Series(TopicCol.LANGUAGE_MIX, mixes, dtype=pl.Float64).fill_nan(None),
        (1.0 - pl.col(TopicCol.UNIQUE) / pl.col(TopicCol.SIZE)).alias(TopicCol.COPIES_SHARE),
        pl.Series(TopicCol.AGREEMENT, again, dtype=pl.Float64),
        pl.Series(TopicCol.CONFIDENCE, map(verdict, apart.tolist(), again), dtype=pl.Utf8),
        pl.Series(TopicCol.SIMILAR, _listed(ids, *similar_topics(middles, similar)), dtype=_SIMILAR),
    )


def measured(
    topics: pl.DataFrame,
    space: TopicSpace,
    neighbours: Neighbours,
    agreement: NDArray | None = None,
    looked_at: NDArray[np.int64] | None = None,
) -> pl.DataFrame:
    """Return the ``topics`` with what ``with_confidence`` adds, and with their groups (PARENT, PARENT_NAME).

    ``neighbours`` are those of the u posts, from which the topics' links are counted. Where posts are many, vectors of
    the rows ``looked_at`` (m,) stand for all: ``space.vectors`` has these m rows, everything else u.
    """
    some = space if looked_at is None else _some_of(space, looked_at)
    topics = with_confidence(topics, some, agreement)
    ids, sizes = topics[TopicCol.ID].to_list(), topics[TopicCol.SIZE].to_numpy()
    middles = middles_of(some.vectors, _as_rows(some.labels, ids), len(ids))
    labels, links = _as_rows(space.labels, ids), None
    if len(ids) >= LEAST:
        many = looked_at is not None
        links = (
            links_of_many(neighbours, labels, len(ids))
            if many
            else topic_links(fuzzy_graph(neighbours).tocsr(), labels, len(ids))
        )
    return with_parents(topics, parent_groups(middles, links, sizes))


def _some_of(space: TopicSpace, rows: NDArray[np.int64]) -> TopicSpace:
    languages = [space.languages[row] for row in rows.tolist()]
    return TopicSpace(space.vectors, space.labels[rows], languages, np.asarray(space.copies)[rows])


_SIMILAR = pl.List(pl.Struct({"topic_id": pl.Int32, "cosine": pl.Float32}))


def _as_rows(labels: Labels, ids: Sequence[int]) -> Labels:
    """Return the row (u,) of each post's topic in the list of ``ids``; -1 for unsorted and for unknown topics."""
    known = np.asarray(ids, dtype=np.int64)
    if not len(known):
        return np.full(len(labels), UNSORTED, np.int32)
    order = np.argsort(known)
    place = np.minimum(np.searchsorted(known[order], labels), len(known) - 1)
    return np.where(known[order][place] == labels, order[place], UNSORTED).astype(np.int32)


def _listed(ids: Sequence[int], rows: NDArray[np.int64], cosine: NDArray[np.float32]) -> list[list[dict[str, float]]]:
    return [
        [{"topic_id": ids[row], "cosine": float(near)} for row, near in zip(some, alike, strict=True)]
        for some, alike in zip(rows.tolist(), cosine.tolist(), strict=True)
    ]
