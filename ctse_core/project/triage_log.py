"""The log of who did what with posts, when; and undo, which is a deed, too."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from ctse_core.errors import SettingError
from ctse_core.project.database import author, now, reading, writing
from ctse_core.project.triage_tables import declared, framed, rows_at, touched, write_changes, written_deed
from ctse_core.types import Col
from ctse_core.words import t

if TYPE_CHECKING:
    from sqlalchemy import Connection

UNDO = "undo"


@dataclass(frozen=True)
class DeedDone:
    """A deed as it was written down: ``posts`` it changed, ``refused`` posts that others had changed meanwhile."""

    number: int
    at: datetime
    """UTC."""
    author: str
    kind: str
    value: str
    posts: int
    refused: int
    undoes: int | None
    """The number of the deed that this one took back."""
    undone: bool


@dataclass(frozen=True)
class PostChange:
    """One line of a post's history: who wanted it how, when; ``refused`` where somebody else had changed it."""

    at: datetime
    author: str
    kind: str
    state: str
    owner: str | None
    note: str | None
    refused: bool


_DEEDS = (
    "SELECT deed.number, deed.at, deed.author, deed.kind, deed.value, deed.posts, "
    "(SELECT count(*) FROM triage_changes AS wish WHERE wish.deed = deed.number AND wish.refused), "
    "deed.undoes, later.number IS NOT NULL "
    "FROM triage_deeds AS deed LEFT JOIN triage_deeds AS later ON later.undoes = deed.number "
)


def deeds(folder: Path, most: int = 200) -> list[DeedDone]:
    """Return the newest deeds of the project, newest first.

    Raises:
        ProjectError: what was added cannot be read.
    """
    declared()
    with reading(folder) as connection:
        if connection is None:
            return []
        rows = connection.exec_driver_sql(_DEEDS + "ORDER BY deed.number DESC LIMIT ?", (most,)).fetchall()
    return [_deed(row) for row in rows]


def _deed(row: Sequence[Any]) -> DeedDone:
    number, at, who, kind, value, posts, refused, undoes, undone = row
    return DeedDone(number, datetime.fromisoformat(at), who, kind, value, posts, refused, undoes, bool(undone))


def told(kind: str, value: str, posts: int) -> str:
    """Return a deed in words: what was done with how many posts; ``value`` as in the deed, the kind that was undone."""
    match kind:
        case "seen":
            return t("Marked {count:,} posts as seen", count=posts)
        case "assign":
            return t("Assigned {count:,} posts to {name}", count=posts, name=value)
        case "release":
            return t("Took {count:,} posts off their owner", count=posts)
        case "done":
            return t("Marked {count:,} posts as done", count=posts)
        case "unread":
            return t("Marked {count:,} posts as unread", count=posts)
        case "note" if not value:
            return t("Took the note off {count:,} posts", count=posts)
        case "note" | "add_note":
            return t("Wrote a note on {count:,} posts", count=posts)
        case "undo":
            return t("Took a step back: {count:,} posts are as before", count=posts)
    return kind


def history(folder: Path, position: int) -> list[PostChange]:
    """Return what was done with one post, newest first, what was refused as well.

    Raises:
        ProjectError: what was added cannot be read.
    """
    declared()
    with reading(folder) as connection:
        if connection is None:
            return []
        rows = connection.exec_driver_sql(
            "SELECT deed.at, deed.author, deed.kind, one.state, one.owner, one.note, one.refused "
            "FROM triage_changes AS one JOIN triage_deeds AS deed ON deed.number = one.deed "
            "WHERE one.position = ? ORDER BY deed.number DESC",
            (position,),
        ).fetchall()
    return [
        PostChange(datetime.fromisoformat(at), who, kind, state, owner, note, bool(refused))
        for at, who, kind, state, owner, note, refused in rows
    ]


def undo(folder: Path, number: int) -> tuple[int, int]:
    """Take deed ``number`` back; return how many posts are as before and how many were changed since and stay.

    An undo can be taken back in the same way.

    Raises:
        SettingError: there is no such deed, or it was taken back already.
        ProjectError: the project cannot be written to.
    """
    declared()
    with writing(folder) as connection:
        found = connection.exec_driver_sql(_DEEDS + "WHERE deed.number = ?", (number,)).first()
        if found is None or _deed(found).undone:
            raise SettingError(t("This was taken back already; the log shows how the posts stand."))
        changed = _changed_by(connection, number)
        before = rows_at(connection, changed["position"].to_list())
        after = _taken_back(changed, before, {number, *_undos(connection)})
        free = pl.Series(
            [one != other for one, other in zip(before.rows(), after.rows(), strict=True)], dtype=pl.Boolean
        )
        restored = int(free.sum())
        told = {"at": now(), "author": author(), "kind": UNDO, "value": _deed(found).kind, "posts": restored}
        new = written_deed(connection, {**told, "token": None, "undoes": number})
        write_changes(connection, new, before.filter(free), after.filter(free), refused=False)
        return restored, before.height - restored


def _changed_by(connection: Connection, number: int) -> pl.DataFrame:
    """Return the posts that deed ``number`` changed, by position, as they were and as it made them."""
    schema: dict[str, Any] = {"position": pl.Int64}
    schema |= dict.fromkeys(("was_state", "was_owner", "was_note", "state", "owner", "note"), pl.Utf8)
    rows = connection.exec_driver_sql(
        "SELECT position, was_state, was_owner, was_note, state, owner, note "
        "FROM triage_changes WHERE deed = ? AND NOT refused ORDER BY position",
        (number,),
    ).fetchall()
    return framed(rows, schema)


def _undos(connection: Connection) -> list[int]:
    """Return the numbers of the deeds that only took others back: what they left is what stood there before."""
    return list(connection.exec_driver_sql("SELECT number FROM triage_deeds WHERE undoes IS NOT NULL").scalars())


def _taken_back(changed: pl.DataFrame, before: pl.DataFrame, ours: set[int]) -> pl.DataFrame:
    """Return the posts as they were before the deed that ``changed`` them, where only ``ours`` touched them since."""
    same_work, same_note = (~late for late in touched(before, changed))
    work, note = before["worked"].is_in(list(ours)) & same_work, before["noted"].is_in(list(ours)) & same_note
    return before.with_columns(
        *(
            pl.when(free).then(changed[f"was_{name}"]).otherwise(pl.col(name)).alias(name)
            for name, free in ((Col.STATE, work), (Col.OWNER, work), (Col.NOTE, note))
        )
    )
