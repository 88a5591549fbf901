"""New posts beside the old: neighbours, topics, places and the topics' facts, nothing of the old run moved."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ctse_core.structure import StructureSettings, TopicInput, TopicSettings, language_offsets, name_topics
from ctse_core.structure.extending import Anchors, extended_neighbours, placed_near
from ctse_core.structure.joining import (
    Fit,
    Topics,
    adopted_strength,
    fit_topics,
    least_tight,
    new_groups,
    quantile_of,
    stand_apart,
    topics_of,
    votes_of,
)
from ctse_core.structure.languages import unit_rows
from ctse_core.structure.neighbours import Neighbours
from ctse_core.types import UNSORTED, Col, Labels, Points, Progress, TopicCol, Vectors, no_progress

_SEEN = 200  # posts of an old topic that a new topic's words are held against


@dataclass(frozen=True)
class Uniques:
    """All unique posts, the ``old`` first ones of the project before: ``vectors`` (u, d), ``languages`` (u,),
    ``copies`` (u,) posts behind each, ``louder`` (u,) whether copies came with the newer file, ``labels`` (o,) codes 0
    … ``topics`` - 1 of the old ones, -1 unsorted, ``strength`` (o,), ``points`` (o, 2), ``near`` (o, k) their graph.
    """

    vectors: Vectors
    languages: Sequence[str]
    copies: NDArray
    louder: NDArray[np.bool_]
    labels: Labels
    strength: NDArray[np.float32]
    points: Points
    near: NDArray[np.int32]
    topics: int

    @property
    def old(self) -> int:
        """How many unique posts there were."""
        return len(self.labels)

    def quantile(self, settings: StructureSettings) -> float:
        """Share of a topic's own posts that a new one must be nearer than."""
        return quantile_of(settings, float((self.labels == UNSORTED).mean()) if self.old else 0.0)


@dataclass(frozen=True)
class Joined:
    """Where the posts went: ``labels`` and ``strength`` (u,), ``points`` (u, 2), ``near`` (u, k).

    ``added`` topics are numbered from ``Uniques.topics`` on; ``apart`` (m,) are new posts that stand apart from old
    topics; ``fit`` and ``old_nearness`` tell how near new and old posts lie to the old topics' centres.
    """

    labels: Labels
    strength: NDArray[np.float32]
    points: Points
    near: NDArray[np.int32]
    added: int
    apart: NDArray[np.bool_]
    fit: Fit
    old_nearness: NDArray[np.float32]


def centred_like_old(posts: Uniques, settings: StructureSettings) -> Vectors:
    """Return unit rows (u, d) without their languages' offsets, measured from the middle of the old posts.

    The middle stays where it was, so that a newer file about one thing does not move the zero point towards it; the
    offsets are learnt from all posts, because a language may be new.
    """
    if not settings.centre_languages:
        return unit_rows(posts.vectors)
    filled = np.any(posts.vectors[: posts.old] != 0, axis=1)
    middle = posts.vectors[: posts.old].sum(axis=0, dtype=np.float64) / max(1, int(filled.sum()))
    offsets = language_offsets(posts.vectors, posts.languages)
    return offsets.centred(posts.vectors, posts.languages, middle.astype(np.float32))


def join_posts(posts: Uniques, settings: StructureSettings, progress: Progress = no_progress) -> Joined:
    """Return where the new posts go; old posts keep topic and place, but for unsorted ones that suit a new topic."""
    old, unique = posts.old, len(posts.vectors)
    progress(0.0, "Comparing the new posts with all others")
    vectors = centred_like_old(posts, settings)
    near, of_new = extended_neighbours(
        vectors, posts.near, settings.neighbours, lambda share, told: progress(0.05 + 0.8 * share, told)
    )
    progress(0.88, "Sorting the new posts into topics")
    before = topics_of(vectors[:old], posts.labels, posts.topics)
    labels = np.concatenate([posts.labels, np.full(unique - old, UNSORTED, np.int32)])
    fit = fit_topics(vectors[old:], before, posts.quantile(settings), votes_of(of_new, labels, posts.topics))
    apart = stand_apart(of_new.rows, labels != UNSORTED)
    labels, strength, added = _sorted(posts, vectors, (before, fit, apart), of_new, settings)
    progress(0.95, "Placing the new posts on the map")
    anchors = Anchors(of_new.rows, of_new.similarity)
    placed = placed_near(posts.points, anchors, labels[:old], labels[old:], settings.seed)
    points = np.concatenate([posts.points, placed])
    return Joined(labels, strength, points, near, added, apart, fit, _old_nearness(vectors[:old], posts.labels, before))


def _sorted(
    posts: Uniques,
    vectors: Vectors,
    found: tuple[Topics, Fit, NDArray[np.bool_]],
    of_new: Neighbours,
    settings: StructureSettings,
) -> tuple[Labels, NDArray[np.float32], int]:
    """Return labels and strength (u,) of all posts and the number of new topics.

    Posts that stand apart from the old topics join none of them: they make a new topic, or stay unsorted.
    """
    (before, fit, apart), old, unique = found, posts.old, len(vectors)
    loose = np.flatnonzero(posts.labels == UNSORTED)
    rest = np.concatenate([loose, old + np.flatnonzero((fit.labels == UNSORTED) | apart)])
    stands_apart = np.concatenate([np.zeros(old, dtype=bool), apart])
    smallest = settings.smallest_topic(unique - old)
    groups = new_groups(vectors[rest], stands_apart[rest], rest >= old, least_tight(before), smallest)
    labels = np.concatenate([posts.labels, np.full(unique - old, UNSORTED, np.int32)])
    strength = np.concatenate([posts.strength, np.zeros(unique - old, np.float32)])
    taken = rest[groups != UNSORTED]
    labels[taken] = posts.topics + groups[groups != UNSORTED]
    count = posts.topics + int(groups.max(initial=UNSORTED)) + 1
    after, quantile = topics_of(vectors, labels, count), posts.quantile(settings)
    # New topics draw posts from the old ones that they suit better, and unsorted ones.
    again = fit_topics(vectors[old:], after, quantile, votes_of(of_new, labels, count))
    for rows, joins in ((loose, fit_topics(vectors[loose], after, quantile)), (np.arange(old, unique), again)):
        new_only = (rows < old) | stands_apart[rows]
        fits = (joins.labels != UNSORTED) & ~(new_only & (joins.labels < posts.topics)) & (labels[rows] == UNSORTED)
        labels[rows[fits]] = joins.labels[fits]
        strength[rows[fits]] = adopted_strength(joins)[fits]
    for topic in range(posts.topics, count):
        inside = taken[labels[taken] == topic]
        strength[inside] = (np.argsort(np.argsort(vectors[inside] @ after.centres[topic])) + 1) / len(inside)
    loud = np.flatnonzero((labels == UNSORTED) & posts.louder & (posts.copies >= max(10, smallest)))
    labels[loud] = count + np.arange(len(loud), dtype=np.int32)  # one message sent on many times is a topic
    strength[loud] = 1.0
    return labels, strength, count + len(loud) - posts.topics


def _old_nearness(vectors: Vectors, labels: Labels, topics: Topics) -> NDArray[np.float32]:
    """Return the cosine of old posts, each to its own topic's others or, unsorted, to the nearest centre."""
    loose = fit_topics(vectors[labels == UNSORTED], topics, 0.0).nearness
    return np.concatenate([*topics.own, loose]).astype(np.float32)


def topic_rows(
    posts: TopicInput, new_from: int, settings: TopicSettings, progress: Progress = no_progress
) -> pl.DataFrame:
    """Return the rows of the topics from code ``new_from`` on, named by the words that set them apart from the others.

    Of each old topic some posts, spread evenly, stand for all of it.
    """
    labels = np.asarray(posts.labels)
    rows = [np.flatnonzero(labels >= new_from)]
    for topic in range(UNSORTED, new_from):
        inside = np.flatnonzero(labels == topic)
        rows.append(inside[np.unique(np.linspace(0, len(inside) - 1, min(_SEEN, len(inside))).astype(int))])
    chosen = np.sort(np.concatenate(rows))
    _, codes = np.unique(labels[chosen], return_inverse=True)  # every code from 0 on, where each topic has a post
    codes = codes - int((labels[chosen] == UNSORTED).any())
    new_codes = np.unique(codes[labels[chosen] >= new_from])
    named = name_topics(
        TopicInput(
            texts=[posts.texts[row] for row in chosen],
            tokens=[posts.tokens[row] for row in chosen],
            languages=[posts.languages[row] for row in chosen],
            times=posts.times.gather(chosen),
            vectors=posts.vectors[chosen],
            labels=codes.astype(np.int32),
            strength=posts.strength[chosen],
            copies=np.asarray(posts.copies)[chosen],
            positions=np.asarray(posts.positions)[chosen],
            encode=posts.encode,
            known=posts.known,
        ),
        settings,
        progress,
    )
    return named.filter(pl.col(TopicCol.ID).is_in(new_codes.tolist())).sort(TopicCol.ID)


def topic_facts(table: pl.DataFrame) -> pl.DataFrame:
    """Return size, unique posts, share, languages, span and mean strength of each topic in the posts table, by id."""
    sorted_posts = table.with_row_index("position").filter(pl.col(Col.CLUSTER) != UNSORTED)
    own = pl.col(Col.REPRESENTATIVE) == pl.col("position").cast(pl.Int64)
    facts = sorted_posts.group_by(pl.col(Col.CLUSTER).alias(TopicCol.ID)).agg(
        pl.len().cast(pl.Int64).alias(TopicCol.SIZE),
        own.sum().cast(pl.Int64).alias(TopicCol.UNIQUE),
        (pl.len() / max(1, table.height)).alias(TopicCol.SHARE),
        pl.col(Col.TIME).min().alias(TopicCol.FIRST),
        pl.col(Col.TIME).max().alias(TopicCol.LAST),
        pl.col(Col.STRENGTH).cast(pl.Float64).mean().alias(TopicCol.STRENGTH),
    )
    spoken = sorted_posts.group_by(pl.col(Col.CLUSTER).alias(TopicCol.ID), Col.LANG).len()
    spoken = spoken.sort("len", Col.LANG, descending=[True, False])
    languages = spoken.group_by(TopicCol.ID, maintain_order=True).agg(
        pl.col(Col.LANG).alias(TopicCol.LANGUAGES), pl.col("len").cast(pl.Int64).alias(TopicCol.LANGUAGE_POSTS)
    )
    return facts.join(languages, on=TopicCol.ID).sort(TopicCol.ID)


def with_facts(topics: pl.DataFrame, facts: pl.DataFrame) -> pl.DataFrame:
    """Return the topics with their facts as they are now; names, words, typical posts and columns' order stay."""
    changed = [name for name in facts.columns if name != TopicCol.ID]
    fresh = facts.with_columns(pl.col(TopicCol.ID).cast(topics.schema[TopicCol.ID]))
    return topics.drop(changed, strict=False).join(fresh, on=TopicCol.ID, how="left").select(topics.columns)


def apart_names(names: Sequence[str], taken: Sequence[str]) -> list[str]:
    """Return ``names`` made different from those ``taken`` and from each other, by a number where need be."""
    known, result = {name.casefold() for name in taken}, []
    for name in names:
        number, one = 2, name
        while one.casefold() in known:
            one, number = f"{name} ({number})", number + 1
        known.add(one.casefold())
        result.append(one)
    return result
