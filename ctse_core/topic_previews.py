"""What an edit of topics would do, before it is done: the parts of a topic, where unsorted posts would go."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from ctse_core.analysis import Analysis
from ctse_core.structure.edit_proposals import Nearest, likeness_to, nearest_topics, topic_parts
from ctse_core.structure.edits import Edit
from ctse_core.topic_editing import TopicMemory
from ctse_core.types import UNSORTED, Rows, TopicCol


@dataclass(frozen=True)
class Parts:
    """A topic in parts, the largest first: ``topics`` describes each, ``posts`` are its originals' positions."""

    topics: pl.DataFrame
    posts: tuple[Rows, ...]

    def edit(self, topic: int) -> Edit:
        """Return the edit that splits the topic so: the first part keeps its number and its given name."""
        return Edit("split", {"topic": topic, "parts": [{"posts": part.tolist()} for part in self.posts[1:]]})


def parts_of(memory: TopicMemory, shown: Analysis, topic: int, parts: int = 0) -> Parts:
    """Return ``topic`` of the ``shown`` analysis in so many parts, 0 for as many as stand apart best; largest first.

    Copies count. One part where its posts are too few or all alike.
    """
    labels = memory.labels_in(shown)
    inside = np.flatnonzero(labels == topic)
    part = topic_parts(memory.centred[inside], parts)
    groups = [inside[part == number] for number in range(int(part.max(initial=0)) + 1)]
    groups.sort(key=lambda group: -int(memory.posts.copies[group].sum()))
    described = memory.described(groups, labels, memory.posts.strength)
    return Parts(pl.concat(described, how="diagonal_relaxed"), tuple(memory.rows[group] for group in groups))


@dataclass(frozen=True)
class Adoption:
    """Unsorted posts and the topic nearest to each: ``moves`` has position, topic, nearer, strength, posts.

    One row an original, the surest first; ``nearer`` is the share of the topic's own posts that lie farther from its
    centre, ``posts`` counts its copies; ``percent`` is the threshold.
    """

    moves: pl.DataFrame
    percent: int
    unsorted: int
    """Unsorted posts in all, copies counted."""

    def edit(self) -> Edit:
        """Return the edit that moves them."""
        moves: list[dict[str, Any]] = []
        for (topic,), part in self.moves.group_by("topic", maintain_order=True):
            posts, strength = part["position"].to_list(), part["strength"].to_list()
            moves.append({"to": int(str(topic)), "posts": posts, "strength": strength})
        return Edit("adopt", {"percent": self.percent, "moves": moves})


def nearest_in(memory: TopicMemory, shown: Analysis) -> Nearest:
    """Return the topic of the ``shown`` analysis that is nearest to each unsorted post."""
    return nearest_topics(memory.centred, memory.labels_in(shown))


def adoption(memory: TopicMemory, nearest: Nearest, percent: int) -> Adoption:
    """Return the unsorted posts that are nearer to a topic than ``percent`` (0 to 100) of its own posts."""
    copies = memory.posts.copies
    passing = nearest.above(percent / 100)
    posts = nearest.posts[passing]
    moves = pl.DataFrame(
        {
            "position": pl.Series(memory.rows[posts], dtype=pl.Int64),
            "topic": pl.Series(nearest.topics[passing], dtype=pl.Int32),
            "nearer": pl.Series(nearest.nearer[passing], dtype=pl.Float32),
            "strength": pl.Series(nearest.strength[passing].round(4), dtype=pl.Float32),
            "posts": pl.Series(copies[posts], dtype=pl.Int64),
        }
    )
    return Adoption(
        moves.sort("nearer", "position", descending=[True, False]), percent, int(copies[nearest.posts].sum())
    )


def topics_like(memory: TopicMemory, shown: Analysis, topic: int) -> list[int]:
    """Return the other topics of the ``shown`` analysis, the most alike first."""
    alike = likeness_to(memory.centred, memory.labels_in(shown), topic)
    there = set(shown.topics[TopicCol.ID].to_list())
    return [other for other in alike if other in there and other != UNSORTED]
