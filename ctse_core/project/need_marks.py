"""What people say of posts: their needs, how urgent they are, the scheme in use; a log in which nothing is lost.

The latest mark of a post wins; earlier ones stay in the log. Whoever marks on an older state than the one that stands
is told by whom it was changed to what, and nothing is written until they choose.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ctse_core.errors import SettingError
from ctse_core.project.database import author, now, reading, tables, writing
from ctse_core.words import t

if TYPE_CHECKING:
    from sqlalchemy import Connection, Table

LEVELS = 4
_MARKS, _CHOICES = "need_marks", "scheme_choices"


@dataclass(frozen=True)
class NeedMark:
    """One thing said of a post at ``position``; ``needs`` (keys of ``scheme``) and ``urgency`` are None if unsaid."""

    id: int
    position: int
    scheme: str
    needs: tuple[str, ...] | None
    urgency: int | None
    author: str
    at: datetime
    """UTC."""
    undone: bool = False


@dataclass(frozen=True)
class Said:
    """What is to be said of a post: its needs, none at all for (), or how urgent it is; None leaves it as it is."""

    needs: Sequence[str] | None = None
    urgency: int | None = None


@dataclass(frozen=True)
class SchemeChoice:
    """The scheme that was chosen: a name of those that ship, or the ``content`` of an own one."""

    key: str
    content: Mapping[str, Any] | None
    author: str
    at: datetime


def _marks() -> Table:
    from sqlalchemy import JSON, Boolean, Column, DateTime, Integer, String, Table

    known = tables().tables.get(_MARKS)
    if known is not None:
        return known
    return Table(
        _MARKS,
        tables(),
        Column("id", Integer, primary_key=True, autoincrement=True),
        Column("position", Integer, nullable=False, index=True),
        Column("scheme", String, nullable=False),
        Column("needs", JSON(none_as_null=True), nullable=True),
        Column("urgency", Integer, nullable=True),
        Column("author", String, nullable=False),
        Column("at", DateTime, nullable=False),
        Column("undone", Boolean, nullable=False, default=False),
        sqlite_autoincrement=True,
    )


def _choices() -> Table:
    from sqlalchemy import JSON, Column, DateTime, Integer, String, Table

    known = tables().tables.get(_CHOICES)
    if known is not None:
        return known
    return Table(
        _CHOICES,
        tables(),
        Column("id", Integer, primary_key=True, autoincrement=True),
        Column("key", String, nullable=False),
        Column("content", JSON(none_as_null=True), nullable=True),
        Column("author", String, nullable=False),
        Column("at", DateTime, nullable=False),
        sqlite_autoincrement=True,
    )


def need_marks(folder: Path) -> list[NeedMark]:
    """Return everything that was said, oldest first, what was undone too.

    Raises:
        ProjectError: what was added cannot be read.
    """
    _marks()
    with reading(folder) as connection:
        return [] if connection is None else _read(connection)


def newest_mark(folder: Path) -> tuple[int, str]:
    """Return the number of the newest mark, 0 where there is none, and which are undone: to key memories with.

    Raises:
        ProjectError: what was added cannot be read.
    """
    from sqlalchemy import func, select

    table = _marks()
    with reading(folder) as connection:
        if connection is None:
            return 0, ""
        newest = connection.execute(select(func.max(table.c.id))).scalar_one()
        undone = connection.execute(select(table.c.id).where(table.c.undone).order_by(table.c.id)).scalars()
        return int(newest or 0), ",".join(map(str, undone))


def mark_posts(
    folder: Path, positions: Sequence[int], scheme: str, said: Said, last_seen: int | None = None
) -> list[NeedMark]:
    """Say ``said`` of the posts at ``positions``; return the marks that stand in the way, [] where it is written.

    ``last_seen`` is the number of the newest mark that the person had before them (``newest_mark``): where somebody
    said something else of one of the posts since, nothing is written and that is returned. None writes in any case.

    Raises:
        SettingError: nothing is said, or a level is none of 0 to 3.
        ProjectError: the project cannot be written to.
    """
    from sqlalchemy import insert

    if said.needs is None and said.urgency is None:
        raise SettingError(t("Nothing is said of the posts; choose needs or an urgency."))
    if said.urgency is not None and not 0 <= said.urgency < LEVELS:
        raise SettingError(t("Urgency goes from 0 to 3; {level} is neither.", level=said.urgency))
    needs = None if said.needs is None else list(dict.fromkeys(said.needs))
    row = {"scheme": scheme, "needs": needs, "urgency": said.urgency, "author": author(), "undone": False}
    moment, table = now().replace(tzinfo=None), _marks()
    with writing(folder) as connection:
        if last_seen is not None:
            others = _said_since(connection, positions, scheme, said, last_seen)
            if others:
                return others
        rows = [{**row, "position": int(position), "at": moment} for position in dict.fromkeys(positions)]
        if rows:
            connection.execute(insert(table), rows)
    return []


def _said_since(
    connection: Connection, positions: Sequence[int], scheme: str, said: Said, last_seen: int
) -> list[NeedMark]:
    """Return the newest mark of each post since ``last_seen`` that says something else of what is to be said."""
    here = set(map(int, positions))
    needs: dict[int, NeedMark] = {}
    urgency: dict[int, NeedMark] = {}
    for mark in _read(connection, last_seen):
        if mark.position not in here or mark.undone:
            continue
        if mark.needs is not None and mark.scheme == scheme:
            needs[mark.position] = mark
        if mark.urgency is not None:
            urgency[mark.position] = mark
    wanted = None if said.needs is None else set(said.needs)
    others = [mark for mark in needs.values() if wanted is not None and set(mark.needs or ()) != wanted]
    others += [mark for mark in urgency.values() if said.urgency is not None and mark.urgency != said.urgency]
    return list({mark.id: mark for mark in others}.values())


def undo_marks(folder: Path, marks: Sequence[int], undone: bool = True) -> int:
    """Take the marks of these numbers back, or bring them back, and return how many changed.

    Raises:
        ProjectError: the project cannot be written to.
    """
    from sqlalchemy import update

    table = _marks()
    with writing(folder) as connection:
        changed = update(table).where(table.c.id.in_(list(marks)), table.c.undone != undone).values(undone=undone)
        return int(connection.execute(changed).rowcount)


def choose_scheme(folder: Path, key: str, content: Mapping[str, Any] | None = None) -> None:
    """Choose the scheme of the project; ``content`` is that of an own one. Marks of other schemes stay.

    Raises:
        ProjectError: the project cannot be written to.
    """
    from sqlalchemy import insert

    row = {"key": key, "content": content, "author": author(), "at": now().replace(tzinfo=None)}
    table = _choices()
    with writing(folder) as connection:
        connection.execute(insert(table).values(**row))


def scheme_choices(folder: Path) -> list[SchemeChoice]:
    """Return every choice of a scheme, oldest first.

    Raises:
        ProjectError: what was added cannot be read.
    """
    from sqlalchemy import select

    table = _choices()
    with reading(folder) as connection:
        rows = [] if connection is None else connection.execute(select(table).order_by(table.c.id)).mappings().all()
    return [SchemeChoice(row["key"], row["content"], row["author"], row["at"].replace(tzinfo=UTC)) for row in rows]


def _read(connection: Connection, after: int = 0) -> list[NeedMark]:
    from sqlalchemy import select

    table = _marks()
    rows = connection.execute(select(table).where(table.c.id > after).order_by(table.c.id)).mappings()
    return [
        NeedMark(
            **{
                **row,
                "needs": None if row["needs"] is None else tuple(row["needs"]),
                "at": row["at"].replace(tzinfo=UTC),
            }
        )
        for row in rows
    ]
