"""What a newer file changed, in numbers and in plain words, and whether to analyse everything anew."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import polars as pl

from ctse_core.figures import language_name
from ctse_core.types import UNDETERMINED, UNSORTED, Col, TopicCol
from ctse_core.words import t

MUCH = 0.15
"""Share of new posts outside the old topics, beyond what was to be expected, from which on to analyse everything anew.

On 10,000 crisis tweets and 1,000 newer ones, topics of the newer ones agreed with known events nearly as well as those
of an analysis anew (0.98 of its adjusted Rand index) where the newer were like the older: -0.01 beyond expectation. A
quarter of them from events never seen: 0.05 beyond, 0.75 of the index; half of them: 0.19 beyond, 0.57 of it.
"""
_SURPRISE = 4.0  # standard deviations beyond the expected number of posts from which on a topic is told
_MOST_TOLD = 3
_SHIFT = 0.05  # of the median cosine; random halves of one file differ by up to .03


def drift_facts(
    table: pl.DataFrame, before: pl.DataFrame, number: int, nearness: tuple[np.ndarray, np.ndarray], quantile: float
) -> dict[str, Any]:
    """Return the numbers of file ``number``: how its posts fit the old topics, what is new, what grew.

    ``table`` are all posts, ``before`` the topics table before; ``nearness`` are cosines of new and of old posts to the
    old topics' centres; ``quantile`` is the share of a topic's own posts that a new one had to be nearer than.
    """
    new, old = table.filter(pl.col(Col.FILE) == number), table.filter(pl.col(Col.FILE) < number)
    known = set(before[TopicCol.ID].to_list())
    clusters = new[Col.CLUSTER].to_numpy()
    inside = np.isin(clusters, list(known))
    added = sorted(set(np.unique(table[Col.CLUSTER].to_numpy()).tolist()) - known - {UNSORTED})
    loose = float(np.mean(old[Col.CLUSTER].to_numpy() == UNSORTED)) if old.height else 0.0
    outside = 1.0 - float(inside.mean()) if len(inside) else 0.0
    expected = loose + quantile * (1.0 - loose)
    return {
        "posts": new.height,
        "before": old.height,
        "outside": round(outside, 4),
        "expected_outside": round(expected, 4),
        "unsorted": int((clusters == UNSORTED).sum()),
        "new_topics": added,
        "in_new_topics": int(np.isin(clusters, added).sum()),
        "grew": _grown(before, clusters[inside]),
        "nearness": _median(nearness[0]),
        "nearness_before": _median(nearness[1]),
        "new_languages": _new_languages(new, old),
        "advise": bool(new.height and (outside - expected >= MUCH or new.height > old.height)),
    }


def _median(values: np.ndarray) -> float | None:
    return round(float(np.median(values)), 3) if len(values) else None


def _grown(before: pl.DataFrame, clusters: np.ndarray) -> list[dict[str, Any]]:
    """Return the old topics that got most posts beyond their share of them: id, posts, posts expected."""
    sizes = dict(zip(before[TopicCol.ID].to_list(), before[TopicCol.SIZE].to_list(), strict=True))
    every, found = max(1, sum(sizes.values())), []
    for topic, posts in zip(*np.unique(clusters, return_counts=True), strict=True):
        expected = len(clusters) * sizes[int(topic)] / every
        if posts >= 5 and posts - expected > _SURPRISE * max(expected, 1.0) ** 0.5:
            found.append({"topic": int(topic), "posts": int(posts), "expected": round(float(expected), 1)})
    return sorted(found, key=lambda one: one["expected"] - one["posts"])[:_MOST_TOLD]


def _new_languages(new: pl.DataFrame, old: pl.DataFrame) -> dict[str, int]:
    known = {*old[Col.LANG].unique().to_list(), UNDETERMINED}
    counted = new.filter(~pl.col(Col.LANG).is_in(list(known))).group_by(Col.LANG).len()
    return dict(counted.sort("len", Col.LANG, descending=[True, False]).rows())


def drift_sentences(entry: Mapping[str, Any], topics: pl.DataFrame) -> list[str]:
    """Return what a file (an entry of the manifest's files) changed, in sentences; none where it was the first."""
    drift = entry.get("drift")
    if not drift or not drift["posts"]:
        return []
    names = dict(zip(topics[TopicCol.ID].to_list(), topics[TopicCol.NAME].to_list(), strict=True))
    told = [
        t(
            "{share:.0%} of the new posts fit no earlier topic; of posts like the earlier ones {expected:.0%} would.",
            share=drift["outside"],
            expected=drift["expected_outside"],
        )
    ]
    new = [topic for topic in drift["new_topics"] if topic in names]
    if new:
        listed = "; ".join(f"“{names[topic]}”" for topic in new)
        told.append(t("New topics: {topics}, with {posts:,} new posts.", topics=listed, posts=drift["in_new_topics"]))
    for one in drift["grew"]:
        if one["topic"] in names:
            told.append(
                t(
                    "“{topic}” grew most: {posts:,} new posts where {expected:,.0f} were to be expected.",
                    topic=names[one["topic"]],
                    posts=one["posts"],
                    expected=one["expected"],
                )
            )
    return [*told, *_nearness_told(drift), *_languages_told(drift)]


def told_of(manifest: Mapping[str, Any], topics: pl.DataFrame) -> list[str]:
    """Return everything to say of the newest file: where its rows went, what changed, what to do."""
    entry = manifest["files"][-1]
    told = [accounted(entry), *drift_sentences(entry, topics)]
    return [*told, *filter(None, [advice(entry)])]


def accounted(entry: Mapping[str, Any]) -> str:
    """Return in a sentence where the rows of a file went."""
    return t(
        "{name}: {rows:,} rows = {posts:,} new posts + {there:,} that were there already + {empty:,} empty + "
        "{unreadable:,} unreadable.",
        name=entry["name"],
        rows=entry["rows"],
        posts=entry["posts"],
        there=entry["already_there"],
        empty=entry["empty"],
        unreadable=entry["unreadable"],
    )


def _nearness_told(drift: Mapping[str, Any]) -> list[str]:
    now, before = drift["nearness"], drift["nearness_before"]
    if now is None or before is None or abs(now - before) < _SHIFT:
        return []
    if now < before:
        return [
            t("New posts lie farther from the earlier topics' centres than earlier posts do "
              "(median cosine {now:.2f} against {before:.2f}).", now=now, before=before)
        ]  # fmt: skip
    return [
        t("New posts lie nearer to the earlier topics' centres than earlier posts do "
          "(median cosine {now:.2f} against {before:.2f}).", now=now, before=before)
    ]  # fmt: skip


def _languages_told(drift: Mapping[str, Any]) -> list[str]:
    if not drift["new_languages"]:
        return []
    listed = ", ".join(f"{language_name(code)} ({posts:,})" for code, posts in drift["new_languages"].items())
    return [t("Languages that were not there before: {languages}.", languages=listed)]


def advice(entry: Mapping[str, Any]) -> str:
    """Return why everything should be analysed anew after this file, "" where it need not be."""
    drift = entry.get("drift")
    if not drift or not drift["advise"]:
        return ""
    if drift["posts"] > drift["before"]:
        return t(
            "There are more new posts than there were before: analyse all files together, so that topics and map "
            "follow from all of them."
        )
    return t(
        "{share:.0%} of the new posts are outside the earlier topics, which no longer tell what people write about: "
        "analyse all files together.",
        share=drift["outside"],
    )
