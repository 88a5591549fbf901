"""What people said about places: which one a name means, in one post or in all; a log, nothing is ever lost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ctse_core.errors import EditError
from ctse_core.project.database import author, now, reading, tables, writing
from ctse_core.words import t

if TYPE_CHECKING:
    from sqlalchemy import Connection, Table

NAME = "place_marks"
EVERYWHERE = -1
"""The position that stands for every post that says the name."""


@dataclass(frozen=True)
class PlaceMark:
    """A correction: in the post at ``position`` (EVERYWHERE: in every post) ``said`` means the place ``key``.

    ``said`` is the name as it is looked up (folded), "" for a place that no word of the post names. ``key`` "" says
    that it is no place. ``place`` is the place's row as a table of places has it, ``shown`` the name as written.
    """

    said: str
    key: str
    position: int = EVERYWHERE
    shown: str = ""
    place: Mapping[str, Any] | None = None
    id: int = 0
    at: datetime | None = None
    """UTC."""
    author: str = ""
    undone: bool = False


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
        Column("position", Integer, nullable=False),
        Column("said", String, nullable=False),
        Column("shown", String, nullable=False),
        Column("key", String, nullable=False),
        Column("place", JSON, nullable=True),
        Column("undone", Boolean, nullable=False, default=False),
        sqlite_autoincrement=True,
    )


def place_marks(folder: Path) -> list[PlaceMark]:
    """Return every correction of the project in ``folder``, oldest first, undone ones too.

    Raises:
        ProjectError: the file that keeps them cannot be read.
    """
    _table()
    with reading(folder) as connection:
        return [] if connection is None else _marks(connection)


def standing(marks: list[PlaceMark]) -> list[PlaceMark]:
    """Return the corrections that count: of each name the latest; those about one post last, so that they win."""
    latest = {(mark.position, mark.said): mark for mark in marks if not mark.undone}
    return sorted(latest.values(), key=lambda mark: (mark.position != EVERYWHERE, mark.id))


def add_place_mark(folder: Path, mark: PlaceMark, seen: int) -> PlaceMark:
    """Write a correction down and return it; ``seen`` is the newest correction's id that the person was shown.

    Raises:
        EditError: somebody corrected the same name after that; the sentence says who, when and to what. Nothing is
            written: who still wants it passes that correction's id as ``seen``.
        ProjectError: the file that keeps them cannot be written.
    """
    from sqlalchemy import insert

    table = _table()
    with writing(folder) as connection:
        newer = [one for one in _marks(connection) if one.id > seen and not one.undone and _concern(one, mark)]
        if newer:
            raise EditError(t("Meanwhile {deed}; look at it, and save again if yours is right.", deed=told(newer[-1])))
        moment = now()
        row: dict[str, Any] = {
            "at": moment.replace(tzinfo=None),
            "author": author(),
            "position": mark.position,
            "said": mark.said,
            "shown": mark.shown or mark.said,
            "key": mark.key,
            "place": dict(mark.place) if mark.place else None,
            "undone": False,
        }
        key = connection.execute(insert(table).values(**row)).inserted_primary_key
        return PlaceMark(**{**row, "id": int(key[0]) if key else 0, "at": moment})


def _concern(one: PlaceMark, other: PlaceMark) -> bool:
    """Return whether two corrections are about the same name in the same post."""
    same_post = one.position == other.position or EVERYWHERE in (one.position, other.position)
    return one.said == other.said and same_post


def undo_place_mark(folder: Path, number: int) -> PlaceMark | None:
    """Take the correction with that id back and return it; None where it is not there or was taken back already.

    Raises:
        ProjectError: the file that keeps them cannot be written.
    """
    from sqlalchemy import update

    table = _table()
    with writing(folder) as connection:
        chosen = next((one for one in _marks(connection) if one.id == number and not one.undone), None)
        if chosen is not None:
            connection.execute(update(table).where(table.c.id == number).values(undone=True))
        return chosen


def newest_mark(folder: Path) -> tuple[int, int]:
    """Return what changes whenever a correction is made or taken back, to key memories with.

    Raises:
        ProjectError: the file that keeps them cannot be read.
    """
    from sqlalchemy import func, select

    table = _table()
    with reading(folder) as connection:
        if connection is None:
            return 0, 0
        newest, undone = connection.execute(select(func.max(table.c.id), func.sum(table.c.undone))).one()
        return int(newest or 0), int(undone or 0)


def _marks(connection: Connection) -> list[PlaceMark]:
    from sqlalchemy import select

    table = _table()
    rows = connection.execute(select(table).order_by(table.c.id)).mappings()
    return [PlaceMark(**{**row, "at": row["at"].replace(tzinfo=UTC)}) for row in rows]


def told(mark: PlaceMark) -> str:
    """Return in words what a correction did, who made it and when."""
    place = (mark.place or {}).get("name") or mark.key
    when = f"{mark.at:%Y-%m-%d %H:%M} UTC" if mark.at else ""
    if not mark.said:
        deed = t("{author} placed the post in {place}", author=mark.author, place=place)
    elif mark.key and mark.position == EVERYWHERE:
        deed = t("{author} set “{said}” to {place} in every post", author=mark.author, said=mark.shown, place=place)
    elif mark.key:
        deed = t("{author} set “{said}” to {place} in one post", author=mark.author, said=mark.shown, place=place)
    elif mark.position == EVERYWHERE:
        deed = t("{author} said that “{said}” is no place in any post", author=mark.author, said=mark.shown)
    else:
        deed = t("{author} said that “{said}” is no place in one post", author=mark.author, said=mark.shown)
    return t("{deed} ({when})", deed=deed, when=when) if when else deed
