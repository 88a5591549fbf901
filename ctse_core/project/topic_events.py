"""The log of what people changed about topics: who, when, what; the run itself is never changed."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ctse_core.project.database import author, now, reading, tables, writing
from ctse_core.types import UNSORTED
from ctse_core.words import t

if TYPE_CHECKING:
    from sqlalchemy import Connection, Table

NAME = "topic_events"


@dataclass(frozen=True)
class TopicEvent:
    """One edit as it was written down; ``payload`` as structure.edits tells, with the ``names`` of its topics then."""

    id: int
    at: datetime
    """UTC."""
    author: str
    kind: str
    payload: Mapping[str, Any]
    base: str
    """Fingerprint of the run that it was made on."""
    undone: bool


def _table() -> Table:
    from sqlalchemy import JSON, Boolean, Column, DateTime, Integer, String, Table

    known = tables().tables.get(NAME)
    if known is not None:
        return known
    return Table(
        NAME,
        tables(),
        Column("id", Integer, primary_key=True, autoincrement=True),
        Column("at", DateTime, nullable=False),
        Column("author", String, nullable=False),
        Column("kind", String, nullable=False),
        Column("payload", JSON, nullable=False),
        Column("base", String, nullable=False),
        Column("undone", Boolean, nullable=False, default=False),
        sqlite_autoincrement=True,
    )


def topic_events(folder: Path) -> list[TopicEvent]:
    """Return every edit of the project in ``folder``, oldest first, undone ones too.

    Raises:
        ProjectError: the file that keeps them cannot be read.
    """
    _table()
    with reading(folder) as connection:
        return [] if connection is None else _events(connection)


def add_event(folder: Path, kind: str, base: str, payload_after: Callable[[list[TopicEvent]], Any]) -> TopicEvent:
    """Write an edit down and return it; ``payload_after`` makes its payload from all events before it.

    Nobody else can write in between, so that numbers given out there are given once. What ``payload_after`` raises
    leaves everything as it was.

    Raises:
        ProjectError: the file that keeps them cannot be written.
    """
    from sqlalchemy import insert

    table = _table()
    with writing(folder) as connection:
        row = {
            "at": now().replace(tzinfo=None),
            "author": author(),
            "kind": kind,
            "payload": payload_after(_events(connection)),
            "base": base,
            "undone": False,
        }
        key = connection.execute(insert(table).values(**row)).inserted_primary_key
        return TopicEvent(**{**row, "id": int(key[0]) if key else 0, "at": row["at"].replace(tzinfo=UTC)})


def undo_event(folder: Path, bases: Collection[str]) -> TopicEvent | None:
    """Undo the last edit made on one of the runs ``bases`` and return it, None where there is none.

    Raises:
        ProjectError: the file that keeps them cannot be written.
    """
    return _marked(folder, lambda events: last_done(events, bases), True)


def redo_event(folder: Path, bases: Collection[str]) -> TopicEvent | None:
    """Do again the edit that was undone last, unless another was made since; return it or None.

    Raises:
        ProjectError: the file that keeps them cannot be written.
    """
    return _marked(folder, lambda events: next_undone(events, bases), False)


def last_done(events: list[TopicEvent], bases: Collection[str]) -> TopicEvent | None:
    """Return the edit that undo would take back."""
    return next((event for event in reversed(events) if not event.undone and event.base in bases), None)


def next_undone(events: list[TopicEvent], bases: Collection[str]) -> TopicEvent | None:
    """Return the edit that redo would bring back."""
    last = last_done(events, bases)
    return next(
        (event for event in events if event.undone and event.base in bases and (not last or event.id > last.id)), None
    )


def _marked(folder: Path, choose: Callable[[list[TopicEvent]], TopicEvent | None], undone: bool) -> TopicEvent | None:
    from sqlalchemy import update

    table = _table()
    with writing(folder) as connection:
        chosen = choose(_events(connection))
        if chosen is not None:
            connection.execute(update(table).where(table.c.id == chosen.id).values(undone=undone))
        return chosen


def _events(connection: Connection) -> list[TopicEvent]:
    from sqlalchemy import select

    table = _table()
    rows = connection.execute(select(table).order_by(table.c.id)).mappings()
    return [TopicEvent(**{**row, "at": row["at"].replace(tzinfo=UTC)}) for row in rows]


def told(event: TopicEvent) -> str:
    """Return in a sentence what the edit did."""
    told = event.payload
    names = {int(topic): str(name) for topic, name in dict(told.get("names") or {}).items()}
    others = [int(topic) for topic in told.get("topics", ()) if topic != told.get("into")]
    listed = ", ".join(f"“{names.get(topic, topic)}”" for topic in others)
    topic = f"“{names.get(int(told.get('topic', UNSORTED)), told.get('topic'))}”"
    match event.kind:
        case "rename" if told["name"]:
            return t("Renamed {topic} to “{name}”", topic=topic, name=told["name"])
        case "rename":
            return t("Gave {topic} its automatic name back", topic=topic)
        case "merge":
            return t("Merged {topics} into “{into}”", topics=listed, into=names.get(int(told["into"]), told["into"]))
        case "split":
            return t("Split {topic} into {count} topics", topic=topic, count=len(told["parts"]) + 1)
        case "reassign":
            return _moved(told, names)
        case "adopt":
            posts, topics = sum(len(move["posts"]) for move in told["moves"]), len(told["moves"])
            return t("Moved {posts:,} unsorted posts into {topics} topics near them", posts=posts, topics=topics)
        case "noise":
            return t("Marked {topics} as noise", topics=listed)
        case "pin":
            return t("Pinned {topics}", topics=listed)
        case "unpin":
            return t("Unpinned {topics}", topics=listed)
        case "typical":
            return t("Replaced a typical post of {topic}", topic=topic)
    return event.kind


def _moved(told: Mapping[str, Any], names: Mapping[int, str]) -> str:
    posts, to = len(told["posts"]), int(told["to"])
    if to == UNSORTED:
        return t("Moved {posts:,} posts to Unsorted", posts=posts)
    if told.get("new") and told.get("name"):
        return t("Made a topic “{name}” of {posts:,} posts", name=told["name"], posts=posts)
    if told.get("new"):
        return t("Made a topic of {posts:,} posts", posts=posts)
    return t("Moved {posts:,} posts to “{topic}”", posts=posts, topic=names.get(to, to))
