"""What people change about topics: base labels and a list of edits become new labels. Pure; nothing is recomputed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ctse_core.types import UNSORTED, Labels
from ctse_core.words import t

FIRST_NEW = 10_000
"""Topics that people make are numbered from here on, so that no run, however it grows, ever takes their numbers."""
BY_HAND = 1.0
"""Strength of a post that a person put into a topic."""
KINDS = ("rename", "merge", "split", "reassign", "adopt", "noise", "pin", "unpin", "typical")


@dataclass(frozen=True)
class Edit:
    """One thing that a person did: its kind (of KINDS) and what it needs, topics by id and posts by position.

    rename: topic, name ("" gives the automatic name back). merge: topics, into. split: topic, parts (each id, posts).
    reassign: to, posts, new (whether ``to`` is made by it). adopt: moves (each to, posts, strength). noise, pin,
    unpin: topics. typical: topic, post (that is not typical).
    """

    kind: str
    payload: Mapping[str, Any]


@dataclass
class EditedTopics:
    """Topics as they stand after some edits; row i of the arrays is unique post i."""

    labels: Labels
    """(u,) topic of each unique post, -1 for unsorted."""
    strength: NDArray[np.float32]
    """(u,) in [0, 1]."""
    of: NDArray[np.int64]
    """(n,) the unique post behind each post."""
    names: dict[int, str] = field(default_factory=dict)
    """Names that people gave."""
    pinned: set[int] = field(default_factory=set)
    not_typical: dict[int, set[int]] = field(default_factory=dict)
    """Unique posts that people took out of a topic's typical ones."""
    touched: set[int] = field(default_factory=set)
    """Topics that some edit named or changed."""

    def alive(self, topic: int) -> bool:
        """Say whether the topic has posts."""
        return topic != UNSORTED and bool((self.labels == topic).any())

    def posts(self, positions: Sequence[int]) -> NDArray[np.int64]:
        """Return the unique posts behind ``positions``, each once; positions outside the table are left out."""
        rows = np.asarray(positions, dtype=np.int64).reshape(-1)
        return np.unique(self.of[rows[(rows >= 0) & (rows < len(self.of))]])


def apply_edits(
    labels: Labels, strength: NDArray[np.float32], of: NDArray[np.int64], edits: Sequence[Edit]
) -> tuple[EditedTopics, list[str]]:
    """Return the topics after ``edits`` in their order, and for each edit why it was skipped ("" where it was not).

    ``labels`` and ``strength`` (u,) are those of the run and stay as they are; ``of`` (n,) is the unique post behind
    each post: copies always move with it. An edit that no longer applies changes nothing.
    """
    state = EditedTopics(labels.astype(np.int32, copy=True), strength.astype(np.float32, copy=True), of)
    return state, [_apply(state, edit) for edit in edits]


def why_not(state: EditedTopics, edit: Edit) -> str:
    """Return why ``edit`` would change nothing in ``state``, "" where it would; the state stays as it is."""
    trial = EditedTopics(
        state.labels.copy(),
        state.strength.copy(),
        state.of,
        dict(state.names),
        set(state.pinned),
        {topic: set(posts) for topic, posts in state.not_typical.items()},
        set(state.touched),
    )
    return _apply(trial, edit)


def _apply(state: EditedTopics, edit: Edit) -> str:
    change = _CHANGES.get(edit.kind)
    if change is None:
        return t("this version does not know such an edit")
    try:
        return change(state, edit.payload)
    except (KeyError, TypeError, ValueError):
        return t("it is not written as such an edit is")


def _gone() -> str:
    return t("the topic is gone")


def _rename(state: EditedTopics, told: Mapping[str, Any]) -> str:
    topic, name = int(told["topic"]), " ".join(str(told["name"]).split())
    if not state.alive(topic):
        return _gone()
    if state.names.get(topic, "") == name:
        return t("the topic has that name already")
    if name:
        state.names[topic] = name
    else:
        del state.names[topic]
    state.touched.add(topic)
    return ""


def _merge(state: EditedTopics, told: Mapping[str, Any]) -> str:
    into = int(told["into"])
    others = [topic for topic in dict.fromkeys(map(int, told["topics"])) if topic != into and state.alive(topic)]
    if not state.alive(into) or not others:
        return _gone()
    by_size = sorted(others, key=lambda topic: -int((state.labels == topic).sum()))
    given = [state.names[topic] for topic in (into, *by_size) if topic in state.names]
    state.labels[np.isin(state.labels, others)] = into
    if given:
        state.names[into] = given[0]
    if state.pinned & {into, *others}:
        state.pinned.add(into)
    refused = [state.not_typical.pop(topic) for topic in (into, *others) if topic in state.not_typical]
    if refused:
        state.not_typical[into] = set().union(*refused)
    state.touched.add(into)
    return ""


def _split(state: EditedTopics, told: Mapping[str, Any]) -> str:
    topic = int(told["topic"])
    if not state.alive(topic):
        return _gone()
    moved = False
    for part in told["parts"]:
        posts = state.posts(part["posts"])
        posts = posts[state.labels[posts] == topic]  # others may have moved on since
        state.labels[posts] = int(part["id"])
        state.touched |= {int(part["id"])} if len(posts) else set()
        moved |= bool(len(posts))
    state.touched.add(topic)
    return "" if moved else t("its posts are in other topics by now")


def _reassign(state: EditedTopics, told: Mapping[str, Any]) -> str:
    to, posts = int(told["to"]), state.posts(told["posts"])
    if to != UNSORTED and not told.get("new") and not state.alive(to):
        return _gone()
    posts = posts[state.labels[posts] != to]
    if not len(posts):
        return t("the posts are there already")
    state.touched |= {int(topic) for topic in np.unique(state.labels[posts])} | {to}
    state.labels[posts] = to
    state.strength[posts] = 0.0 if to == UNSORTED else BY_HAND
    if told.get("new") and told.get("name"):
        state.names[to] = " ".join(str(told["name"]).split())
    return ""


def _adopt(state: EditedTopics, told: Mapping[str, Any]) -> str:
    moved = False
    for move in told["moves"]:
        to, rows = int(move["to"]), np.asarray(move["posts"], dtype=np.int64)
        inside = (rows >= 0) & (rows < len(state.of))
        posts, first = np.unique(state.of[rows[inside]], return_index=True)
        firmness = np.asarray(move["strength"], dtype=np.float32)[inside][first]
        free = state.labels[posts] == UNSORTED
        if not state.alive(to) or not free.any():
            continue
        state.labels[posts[free]] = to
        state.strength[posts[free]] = np.clip(firmness[free], 0, 1)
        state.touched.add(to)
        moved = True
    return "" if moved else t("the posts are in topics by now, or the topics are gone")


def _noise(state: EditedTopics, told: Mapping[str, Any]) -> str:
    topics = [int(topic) for topic in told["topics"] if state.alive(int(topic))]
    if not topics:
        return _gone()
    posts = np.isin(state.labels, topics)
    state.labels[posts] = UNSORTED
    state.strength[posts] = 0.0
    return ""


def _pin(state: EditedTopics, told: Mapping[str, Any]) -> str:
    topics = {int(topic) for topic in told["topics"] if state.alive(int(topic))}
    if not topics:
        return _gone()
    if topics <= state.pinned:
        return t("it is pinned already")
    state.pinned |= topics
    return ""


def _unpin(state: EditedTopics, told: Mapping[str, Any]) -> str:
    topics = {int(topic) for topic in told["topics"]} & state.pinned
    state.pinned -= topics
    return "" if topics else t("it is not pinned")


def _typical(state: EditedTopics, told: Mapping[str, Any]) -> str:
    topic = int(told["topic"])
    if not state.alive(topic):
        return _gone()
    posts = state.posts([int(told["post"])])
    refused = state.not_typical.setdefault(topic, set())
    fresh = {int(post) for post in posts} - refused
    refused |= fresh
    return "" if fresh else t("it is no typical post any more")


_CHANGES: dict[str, Callable[[EditedTopics, Mapping[str, Any]], str]] = {
    "rename": _rename,
    "merge": _merge,
    "split": _split,
    "reassign": _reassign,
    "adopt": _adopt,
    "noise": _noise,
    "pin": _pin,
    "unpin": _unpin,
    "typical": _typical,
}
