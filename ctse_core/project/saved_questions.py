"""Questions that people keep in a project, to be asked again when posts come in."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ctse_core.errors import ProjectError, SettingError
from ctse_core.project.database import author, now, reading, tables, writing

if TYPE_CHECKING:
    from sqlalchemy import Table

LONGEST_NAME = 80


@dataclass(frozen=True)
class SavedQuestion:
    """A question as it was kept.

    ``among`` is its filter as address parameters; ``like`` and ``unlike`` are positions of posts. ``posts`` is how
    many posts the project had when somebody last looked at the answer, ``seen`` the positions of those that matched.
    """

    key: int
    name: str
    text: str
    mode: str
    among: Mapping[str, str]
    like: tuple[int, ...]
    unlike: tuple[int, ...]
    author: str
    at: datetime
    posts: int
    seen: tuple[int, ...]


def _table() -> Table:
    from sqlalchemy import Column, Integer, String, Table

    known = tables().tables.get("saved_questions")
    if known is not None:
        return known
    return Table(
        "saved_questions",
        tables(),
        Column("key", Integer, primary_key=True, autoincrement=True),
        Column("name", String, nullable=False),
        Column("text", String, nullable=False),
        Column("mode", String, nullable=False),
        Column("among", String, nullable=False),
        Column("like", String, nullable=False),
        Column("unlike", String, nullable=False),
        Column("author", String, nullable=False),
        Column("at", String, nullable=False),
        Column("posts", Integer, nullable=False),
        Column("seen", String, nullable=False),
    )


def keep_question(folder: Path, question: Mapping[str, Any], posts: int, seen: Sequence[int]) -> int:
    """Keep a question and return its key; one that is kept already is only marked as seen.

    ``question`` has ``text``, ``mode``, ``among``, ``like`` and ``unlike``; ``name`` where it has one of its own.

    Raises:
        SettingError: there is nothing to keep.
        ProjectError: the project cannot be written to.
    """
    from sqlalchemy import insert, select

    if not str(question["text"]).strip() and not question["like"]:
        raise SettingError("Ask something first; then the question can be saved.")
    asked = {
        "text": str(question["text"]).strip(),
        "mode": str(question["mode"]),
        "among": json.dumps(dict(question["among"]), sort_keys=True, ensure_ascii=False),
        "like": json.dumps(list(question["like"])),
        "unlike": json.dumps(list(question["unlike"])),
    }
    table = _table()
    named = checked_name(str(question.get("name") or asked["text"] or "Posts like those chosen"), cut=True)
    with writing(folder) as connection:
        same = [table.c[name] == value for name, value in asked.items()]
        found = connection.execute(select(table.c.key).where(*same)).scalar()
        if found is None:
            kept = {**asked, "name": named, "author": author(), "at": now().isoformat(), "posts": 0, "seen": "[]"}
            found = connection.execute(insert(table).values(**kept)).lastrowid
        _see(connection, int(found), posts, seen)
    return int(found)


def saved_questions(folder: Path) -> list[SavedQuestion]:
    """Return the questions kept in the project, the oldest first.

    Raises:
        ProjectError: they cannot be read.
    """
    from sqlalchemy import select

    table = _table()
    with reading(folder) as connection:
        rows = [] if connection is None else connection.execute(select(table).order_by(table.c.key)).mappings().all()
    return [_read(row) for row in rows]


def rename_question(folder: Path, key: int, name: str) -> None:
    """Give a saved question another name.

    Raises:
        SettingError: the name is empty or too long.
        ProjectError: there is no such question, or the project cannot be written to.
    """
    _change(folder, key, {"name": checked_name(name)})


def mark_seen(folder: Path, key: int, posts: int, seen: Sequence[int]) -> None:
    """Note that somebody looked at the answer when there were ``posts`` posts, of which ``seen`` matched.

    Raises:
        ProjectError: the project cannot be written to.
    """
    with writing(folder) as connection:
        _see(connection, key, posts, seen)


def delete_question(folder: Path, key: int) -> None:
    """Forget a saved question; one that is gone already is no error.

    Raises:
        ProjectError: the project cannot be written to.
    """
    from sqlalchemy import delete

    table = _table()
    with writing(folder) as connection:
        connection.execute(delete(table).where(table.c.key == key))


def checked_name(written: str, cut: bool = False) -> str:
    """Return a name as it is kept: on one line; ``cut`` shortens one that is too long.

    Raises:
        SettingError: it is empty or, where it is not cut, longer than 80 letters.
    """
    name = " ".join(written.split())
    if not name:
        raise SettingError("A saved question needs a name; write one, such as “drinking water”.")
    if len(name) > LONGEST_NAME:
        if not cut:
            raise SettingError(f"“{name[:40]}…” is too long for a name; write at most {LONGEST_NAME} letters.")
        name = name[: LONGEST_NAME - 1].rstrip() + "…"
    return name


def _see(connection: Any, key: int, posts: int, seen: Sequence[int]) -> None:
    from sqlalchemy import update

    table = _table()
    told = {"posts": posts, "seen": json.dumps([int(row) for row in seen])}
    connection.execute(update(table).where(table.c.key == key).values(**told))


def _change(folder: Path, key: int, values: Mapping[str, Any]) -> None:
    from sqlalchemy import update

    table = _table()
    with writing(folder) as connection:
        if not connection.execute(update(table).where(table.c.key == key).values(**values)).rowcount:
            raise ProjectError("That saved question is gone; somebody has deleted it. Reload the page.")


def _read(row: Any) -> SavedQuestion:
    return SavedQuestion(
        key=int(row["key"]),
        name=row["name"],
        text=row["text"],
        mode=row["mode"],
        among=json.loads(row["among"]),
        like=tuple(json.loads(row["like"])),
        unlike=tuple(json.loads(row["unlike"])),
        author=row["author"],
        at=datetime.fromisoformat(row["at"]),
        posts=int(row["posts"]),
        seen=tuple(json.loads(row["seen"])),
    )
