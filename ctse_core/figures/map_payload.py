"""What the browser is sent of a map: arrays as bytes under fingerprints, and a small description that names them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ctse_core.figures.map_points import (
    NOBODY,
    Group,
    MapPoints,
    map_points,
    packed_counts,
    passing_posts,
    topic_centres,
    topic_indices,
)
from ctse_core.types import TopicCol
from ctse_core.words import spoken, t

Area = tuple[tuple[float, float], ...]  # as in ctse_core.areas


@dataclass(frozen=True)
class Part:
    """An array for the browser: ``print`` tells what it holds, ``message`` is what is sent."""

    print: str
    message: bytes


@dataclass(frozen=True)
class Ground:
    """What of a map only changes with the analysis: points (m), the topic of each, topic centres (c, 2) in [0, 1]."""

    points: MapPoints
    topic_of: NDArray[np.uint16]
    centres: NDArray[np.float64]
    places: Part
    topics: Part
    wide: bool  # topic indices take two bytes


@dataclass(frozen=True)
class Scene:
    """What changes with the filter and the colours: masks over the posts (n), the colour index of each post."""

    mask: NDArray[np.bool_]
    free: NDArray[np.bool_]  # what passes when the area is left aside
    groups: Sequence[Group]
    looks: NDArray[np.uint8]
    colouring: str
    area: Area = ()


def part(array: bytes) -> Part:
    """Return an array as one message: the header's length (uint32), the header in JSON, the array."""
    mark = hashlib.blake2b(array, digest_size=10).hexdigest()
    header = json.dumps({"print": mark}).encode()
    return Part(mark, len(header).to_bytes(4, "little") + header + array)


def ground_of(table: pl.DataFrame, topics: pl.DataFrame) -> Ground:
    """Return the points of an analysis and what the browser is sent of them once."""
    points = map_points(table)
    topic_of = topic_indices(table, topics, points)
    wide = topics.height >= 255
    # 255 stands for "no topic" where one byte is enough.
    indices = topic_of.astype("<u2") if wide else np.where(topic_of == NOBODY, 255, topic_of).astype(np.uint8)
    return Ground(
        points,
        topic_of,
        topic_centres(topic_of, points, topics.height),
        part(points.places.astype("<u2").tobytes()),
        part(indices.tobytes()),
        wide,
    )


def scene_parts(ground: Ground, scene: Scene) -> dict[str, Part]:
    """Return the arrays of a scene by name: colour indices, what passes, and what would without the area."""
    parts = {
        "places": ground.places,
        "topics": ground.topics,
        "groups": part(scene.looks[ground.points.positions].astype(np.uint8).tobytes()),
        "passing": part(packed_counts(passing_posts(ground.points, scene.mask))[0]),
    }
    if scene.area:
        parts["free"] = part(packed_counts(passing_posts(ground.points, scene.free))[0])
    return parts


def described(ground: Ground, scene: Scene, topics: pl.DataFrame, parts: dict[str, Part]) -> dict[str, Any]:
    """Return the description of the map that goes to the browser as JSON."""
    counts = passing_posts(ground.points, scene.mask)
    shown = np.bincount(scene.looks[scene.mask], minlength=16)
    rows = topics_on_map(ground, counts, topics)
    colours = _group_of_each(ground, scene, topics.height)
    order = rows.sort(["posts", "row"], descending=[True, False])["row"].to_list()
    return {
        "kind": "map",
        "prints": {name: one.print for name, one in parts.items()},
        "count": len(ground.points.positions),
        "placed": len(ground.points.positions),
        "passing": int((counts > 0).sum()),
        "bits": packed_bits(len(counts)),
        "wide": ground.wide,
        "bounds": list(ground.points.bounds),
        "colouring": scene.colouring,
        "groups": [
            {"index": group.index, "name": group.name, "colour": group.colour, "posts": int(shown[group.index])}
            for group in scene.groups
        ],
        "topics": [
            {**topic, "x": _number(topic["x"]), "y": _number(topic["y"]), "group": group}
            for topic, group in zip(rows.iter_rows(named=True), colours, strict=True)
        ],
        "order": order,
        "area": [list(corner) for corner in scene.area],
        "words": words(),
        "locale": spoken(),
    }


def _group_of_each(ground: Ground, scene: Scene, count: int) -> list[int]:
    """Return the colour index of each topic's first point, which is that of all where colours tell topics."""
    known, first = np.unique(ground.topic_of, return_index=True)
    groups = np.zeros(count, dtype=np.int64)
    inside = known < count
    groups[known[inside]] = scene.looks[ground.points.positions[first[inside]]]
    return groups.tolist()


def packed_bits(points: int) -> int:
    """Return how many bytes one bit a point takes, in whole 32-bit words."""
    return 4 * -(-points // 32)


def _number(value: float) -> float | None:
    return round(value, 5) if np.isfinite(value) else None


def topics_on_map(ground: Ground, counts: NDArray[np.int64], topics: pl.DataFrame) -> pl.DataFrame:
    """Return one row a topic: ``row``, ``id``, ``name``, ``posts`` and ``points`` that pass, its place in [0, 1]."""
    sorted_in = ground.topic_of < topics.height
    index = ground.topic_of[sorted_in].astype(np.int64)
    return pl.DataFrame(
        {
            "row": np.arange(topics.height),
            "id": topics[TopicCol.ID].cast(pl.Int64),
            "name": topics[TopicCol.NAME].cast(pl.Utf8),
            "posts": np.bincount(index, weights=counts[sorted_in], minlength=topics.height).astype(np.int64),
            "points": np.bincount(index, weights=counts[sorted_in] > 0, minlength=topics.height).astype(np.int64),
            "x": ground.centres[:, 0],
            "y": ground.centres[:, 1],
        }
    )


def words() -> dict[str, str]:
    """Return what the map says, in the interface's language."""
    return {
        "map": t("Map of meaning: each point a post, near ones mean alike"),
        "keys": t(
            "Arrows move, plus and minus zoom, 0 shows all, N and P go through the topics, Enter filters to the "
            "topic, V selects what is in view, Escape lets go. The topics are in the table below."
        ),
        "legend": t("Colours: press one to highlight it"),
        "tools": t("Tools of the map"),
        "pan": t("Move the map by dragging"),
        "lasso": t("Draw around posts to select them (L)"),
        "box": t("Draw a box to select posts (B)"),
        "view": t("Select what is in view (V)"),
        "closer": t("Closer (+)"),
        "farther": t("Farther (−)"),
        "whole": t("Show the whole map (0)"),
        "names": t("Topic names"),
        "passing": t("Only what passes the filter"),
        "pan_now": t("Drag moves the map."),
        "lasso_now": t("Draw around the posts you mean."),
        "box_now": t("Draw a box around the posts you mean."),
        "whole_now": t("The whole map."),
        "topic_now": t("Topic {place} of {topics}: {name}, {count} posts. Enter filters to it."),
        "no_topic": t("Choose a topic with N or P first."),
        "inside": t("{count} posts inside."),
        "none_inside": t("No post that passes the filter is inside."),
        "nothing_here": t("No posts in this part of the map. Press 0 or the house to see all of it."),
        "nothing": t("There are no posts with a place on the map."),
        "like": t("More like this"),
        "only_topic": t("Only this topic"),
        "close": t("Close"),
        "unsorted": t("Unsorted"),
    }
