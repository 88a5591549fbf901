"""Topics as people corrected them: the log of edits over the run, applied; new edits, written down; undo."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ctse_core.analysis import Analysis, settings_from
from ctse_core.errors import EditError
from ctse_core.naming import next_typical
from ctse_core.project import Project
from ctse_core.project.topic_events import TopicEvent, add_event, redo_event, topic_events, undo_event
from ctse_core.structure import TopicInput, TopicSettings, centre_languages, name_topics
from ctse_core.structure.confidence import TopicSpace, with_confidence
from ctse_core.structure.edits import FIRST_NEW, Edit, EditedTopics, apply_edits, why_not
from ctse_core.structure.vocabulary import Vocabulary, vocabulary
from ctse_core.types import UNSORTED, UNSORTED_NAME, Col, Labels, TopicCol, Vectors
from ctse_core.words import t

RUNS = "grown_from"
"""Key of a manifest: fingerprints of earlier runs whose topic numbers and rows this one kept, as appending does."""

KEEPS_NAME = 0.9
"""Share of its posts that a topic must keep through the edits to keep its automatic name."""


class TopicMemory:
    """What edits of one run need again and again, made when first needed; and the topics described so far."""

    def __init__(self, run: Analysis) -> None:
        """Remember the ``run`` as it was made, without edits."""
        self.run = run
        self.runs = frozenset({str(run.manifest["fingerprint"]), *run.manifest.get(RUNS, ())})
        self.rows, self.of = np.unique(run.table[Col.REPRESENTATIVE].to_numpy(), return_inverse=True)
        self._described: dict[bytes, pl.DataFrame] = {}

    @cached_property
    def posts(self) -> TopicInput:
        """The unique posts with the labels of the run."""
        table = self.run.table[self.rows]
        return TopicInput(
            texts=table[Col.COMPARED].to_list(),
            tokens=self.run.words.gather(self.rows).to_list(),
            languages=table[Col.LANG].to_list(),
            times=table[Col.TIME],
            vectors=np.asarray(self.run.vectors[self.rows]),
            labels=table[Col.CLUSTER].to_numpy(),
            strength=table[Col.STRENGTH].to_numpy(),
            copies=table[Col.COPIES].to_numpy(),
            positions=self.rows,
            unique_of=self.of,
            all_times=self.run.table[Col.TIME],
            known=self.run.topics,
        )

    @cached_property
    def centred(self) -> Vectors:
        """The vectors (u, d) of the unique posts less their language."""
        return centre_languages(self.posts.vectors, self.posts.languages)

    @cached_property
    def words(self) -> Vocabulary:
        """The words of the unique posts."""
        return vocabulary(self.posts.tokens, self.posts.languages)

    @cached_property
    def settings(self) -> TopicSettings:
        """How the run names topics; words are always counted here, which needs no slow import."""
        return replace(settings_from(self.run.manifest["settings"]).topics, engine="own")

    def labels_in(self, shown: Analysis) -> NDArray[np.int32]:
        """Return the topic (u,) of each unique post in an analysis of the same posts, such as an edited one."""
        return shown.table[Col.CLUSTER].to_numpy()[self.rows]

    def after(self, events: Iterable[TopicEvent]) -> tuple[EditedTopics, list[str]]:
        """Return the topics after ``events``, and for each of them why it was skipped, "" where it was not."""
        edits = [Edit(event.kind, event.payload) for event in events]
        table = self.run.table
        labels, strength = table[Col.CLUSTER].to_numpy()[self.rows], table[Col.STRENGTH].to_numpy()[self.rows]
        return apply_edits(labels, strength, self.of, edits)

    def described(
        self, groups: Sequence[NDArray[np.int64]], labels: Labels, strength: NDArray[np.float32]
    ) -> list[pl.DataFrame]:
        """Return one row as in the topics table for each of ``groups`` of unique posts; its id means nothing.

        ``labels`` (u,) are the topics beside which the groups are named, ``strength`` (u,). A group that was described
        before costs nothing.
        """
        keys = [hashlib.blake2b(group.tobytes() + strength[group].tobytes()).digest() for group in groups]
        fresh = {key: group for key, group in zip(keys, groups, strict=True) if key not in self._described}
        if fresh:
            numbers = np.where(labels == UNSORTED, UNSORTED, labels.astype(np.int64) + len(fresh))
            for place, group in enumerate(fresh.values()):
                numbers[group] = place
            inside = numbers != UNSORTED
            beside = np.full(len(numbers), UNSORTED, np.int32)
            beside[inside] = np.unique(numbers[inside], return_inverse=True)[1]  # the groups first, then all others
            posts = replace(self.posts, labels=beside, strength=strength, wanted=len(fresh))
            topics = name_topics(replace(posts, centred=self.centred, words=self.words), self.settings)
            self._described |= {key: topics[place] for place, key in enumerate(fresh)}
        return [self._described[key] for key in keys]


def with_topic_edits(run: Analysis, project: Project, memory: TopicMemory | None = None) -> Analysis:
    """Return the run with its topics as people corrected them; the same object where nobody did.

    Raises:
        ProjectError: the log of edits cannot be read.
    """
    events = [event for event in topic_events(project.folder) if not event.undone]
    if not events:
        return run
    memory = memory or TopicMemory(run)
    mine = [event for event in events if event.base in memory.runs]
    state, skipped = memory.after(mine)
    topics = _topics(memory, state)
    clusters = state.labels[memory.of]
    names = dict(zip(topics[TopicCol.ID].to_list(), topics[TopicCol.NAME].to_list(), strict=True))
    table = run.table.with_columns(
        pl.Series(Col.CLUSTER, clusters, dtype=pl.Int32),
        pl.Series(Col.STRENGTH, state.strength[memory.of], dtype=pl.Float32),
    ).with_columns(
        pl.col(Col.CLUSTER).replace_strict(names, default=UNSORTED_NAME, return_dtype=pl.Utf8).alias(Col.TOPIC)
    )
    counts = {"topics": topics.height, "unsorted": int((clusters == UNSORTED).sum())}
    manifest = {
        **run.manifest,
        "counts": {**run.manifest["counts"], **counts},
        "edits": _summary(mine, skipped, len(events) - len(mine)) | {"named": sorted(state.names)},
    }
    after = replace(run, table=table, topics=topics, manifest=manifest)
    for topic, refused in sorted(state.not_typical.items()):
        after = _without_refused(after, topic, memory.rows[sorted(refused)].tolist())
    return after


def _without_refused(analysis: Analysis, topic: int, refused: list[int]) -> Analysis:
    """Return the analysis with the posts at ``refused`` out of the topic's typical ones, others in their places."""
    found = analysis.topics.filter(pl.col(TopicCol.ID) == topic)
    for post in found[TopicCol.TYPICAL][0].to_list() if found.height else ():
        if post not in refused:
            continue
        shown = analysis.topics.filter(pl.col(TopicCol.ID) == topic)[TopicCol.TYPICAL][0].to_list()
        other = next_typical(analysis, topic, refused)
        shown[shown.index(post) : shown.index(post) + 1] = [] if other is None else [other]
        typical = [shown if one == topic else old for one, old in analysis.topics.select(_ID_AND_TYPICAL).rows()]
        column = pl.Series(TopicCol.TYPICAL, typical, dtype=pl.List(pl.Int64))
        analysis = replace(analysis, topics=analysis.topics.with_columns(column))
    return analysis


_ID_AND_TYPICAL = (TopicCol.ID, TopicCol.TYPICAL)


def _topics(memory: TopicMemory, state: EditedTopics) -> pl.DataFrame:
    """Return the topics table: rows of the run where nothing changed, fresh ones where posts came or went."""
    before, now = memory.posts.labels, state.labels
    moved = before != now
    changed = sorted({*np.unique(before[moved]).tolist(), *np.unique(now[moved]).tolist()} - {UNSORTED})
    alive = set(np.unique(now).tolist()) - {UNSORTED}
    groups = [np.flatnonzero(now == topic) for topic in changed if topic in alive]
    fresh = memory.described(groups, now, state.strength)
    base = memory.run.topics
    kept = [row for row in base.partition_by(TopicCol.ID, maintain_order=True) if row[TopicCol.ID][0] in alive]
    rows = {int(row[TopicCol.ID][0]): row for row in kept}
    for topic, row in zip([topic for topic in changed if topic in alive], fresh, strict=True):
        numbered = row.with_columns(pl.lit(topic, dtype=pl.Int32).alias(TopicCol.ID))
        came_from = before[now == topic]
        origin = int(np.bincount(came_from[came_from >= 0]).argmax()) if (came_from >= 0).any() else UNSORTED
        stays = now[before == topic] == topic
        if topic in rows and stays.mean() >= KEEPS_NAME:
            numbered = _called_as(numbered, rows[topic])
        rows[topic] = _with_rest(numbered, rows.get(topic), base.filter(pl.col(TopicCol.ID) == origin))
    if not rows:
        return base.clear().with_columns(*_marks([], state, changed))
    table = pl.concat([base.clear(), *(rows[topic] for topic in sorted(rows))], how="diagonal_relaxed")
    table = table.select(*base.columns, *[name for name in table.columns if name not in base.columns])
    if TopicCol.SEPARATION in base.columns:
        space = TopicSpace(memory.centred, now, memory.posts.languages, memory.posts.copies)
        table = with_confidence(table, space)
    return _named(table, state).with_columns(*_marks(sorted(rows), state, changed))


def _called_as(row: pl.DataFrame, before: pl.DataFrame) -> pl.DataFrame:
    """Return a fresh row under the names that the topic had: what people have in mind does not change by itself."""
    names = [name for name in (TopicCol.NAME, TopicCol.NAMES) if name in before.columns and name in row.columns]
    return row.with_columns(before[name] for name in names)


def _with_rest(row: pl.DataFrame, before: pl.DataFrame | None, origin: pl.DataFrame) -> pl.DataFrame:
    """Return a fresh row with what does not hang on its posts: of the run's row, else of that most posts came from."""
    source = before if before is not None else origin
    lasting = [name for name in _LASTING if name in source.columns and name not in row.columns]
    return row.with_columns(source[name] for name in lasting) if source.height else row


_LASTING = (TopicCol.SINCE, TopicCol.NEW, TopicCol.PARENT, TopicCol.PARENT_NAME)


def _marks(ids: list[int], state: EditedTopics, changed: Iterable[int]) -> list[pl.Series]:
    touched = state.touched | set(changed)
    return [
        pl.Series(TopicCol.PINNED, [topic in state.pinned for topic in ids], dtype=pl.Boolean),
        pl.Series(TopicCol.EDITED, [topic in touched for topic in ids], dtype=pl.Boolean),
    ]


def _named(topics: pl.DataFrame, state: EditedTopics) -> pl.DataFrame:
    """Return the topics with the names that people gave; automatic ones are made different from all others."""
    ids, automatic = topics[TopicCol.ID].to_list(), topics[TopicCol.NAME].to_list()
    names = [state.names.get(topic, "") for topic in ids]
    taken = {name.casefold() for name in names if name}
    for place, name in enumerate(automatic):
        if names[place]:
            continue
        tries = (name, *(f"{name} ({number})" for number in range(2, len(ids) + 3)))
        names[place] = next(one for one in tries if one.casefold() not in taken)
        taken.add(names[place].casefold())
    topics = topics.with_columns(pl.Series(TopicCol.NAME, names, dtype=pl.Utf8))
    if TopicCol.NAMES not in topics.columns:
        return topics
    names_of_others = [
        [] if topic in state.names else several or []
        for topic, several in zip(ids, topics[TopicCol.NAMES].to_list(), strict=True)
    ]
    return topics.with_columns(pl.Series(TopicCol.NAMES, names_of_others, dtype=topics.schema[TopicCol.NAMES]))


def _summary(events: list[TopicEvent], skipped: list[str], foreign: int) -> dict[str, Any]:
    """Return what the manifest tells of the edits: how many, of which kinds, by whom, when, which were skipped."""
    left = {event.id: why for event, why in zip(events, skipped, strict=True) if why}
    done = [event for event in events if event.id not in left]
    summary: dict[str, Any] = {
        "count": len(done),
        "by": dict(Counter(event.author for event in done)),
        "kinds": dict(Counter(event.kind for event in done)),
    }
    if done:
        summary |= {"first": f"{done[0].at:%Y-%m-%dT%H:%M:%SZ}", "last": f"{done[-1].at:%Y-%m-%dT%H:%M:%SZ}"}
    return summary | {"skipped": {str(key): why for key, why in left.items()}, "of_other_runs": foreign}


def record(project: Project, memory: TopicMemory, edit: Edit, names: Mapping[int, str]) -> TopicEvent:
    """Write an edit down and return it; ``names`` are those of the topics as the person saw them.

    New topics get their numbers here, none of which was ever given to another one.

    Raises:
        EditError: the edit would change nothing, for instance because somebody else removed its topic meanwhile.
        ProjectError: the log cannot be written.
    """

    def payload_after(events: list[TopicEvent]) -> dict[str, Any]:
        state, _ = memory.after(event for event in events if not event.undone and event.base in memory.runs)
        payload = _numbered(edit, events)
        why = why_not(state, Edit(edit.kind, payload))
        if why:
            raise EditError(
                t(
                    "This was not done: {why}. Somebody may have changed it meanwhile; the page shows the topics as "
                    "they are now.",
                    why=why,
                )
            )
        concerned = {*edit.payload.get("topics", ()), edit.payload.get("topic"), payload.get("to"), payload.get("into")}
        moves = [move["to"] for move in edit.payload.get("moves", ())]
        return payload | {"names": {str(one): names[one] for one in (*concerned, *moves) if one in names}}

    return add_event(project.folder, edit.kind, str(memory.run.manifest["fingerprint"]), payload_after)


def _numbered(edit: Edit, events: Iterable[TopicEvent]) -> dict[str, Any]:
    """Return the payload with numbers for the topics that the edit makes."""
    used = [FIRST_NEW - 1]
    for event in events:
        used += [int(part["id"]) for part in event.payload.get("parts", ())]
        used += [int(event.payload["to"])] if event.payload.get("new") else []
    payload, free = dict(edit.payload), max(used) + 1
    if edit.kind == "split":
        payload["parts"] = [{**part, "id": free + place} for place, part in enumerate(payload["parts"])]
    if edit.kind == "reassign" and payload.get("new"):
        payload["to"] = free
    return payload


def undo(project: Project, memory: TopicMemory) -> TopicEvent | None:
    """Undo the last edit, whoever made it, and return it; None where there is none.

    Raises:
        ProjectError: the log cannot be written.
    """
    return undo_event(project.folder, memory.runs)


def redo(project: Project, memory: TopicMemory) -> TopicEvent | None:
    """Do the edit again that was undone last, and return it; None where there is none.

    Raises:
        ProjectError: the log cannot be written.
    """
    return redo_event(project.folder, memory.runs)
