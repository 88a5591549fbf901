"""Who looked at a project when, and up to which of its files: what is new is what came in since."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from ctse_core.project.database import author, now, reading, tables, writing
from ctse_core.types import Col

if TYPE_CHECKING:
    from sqlalchemy import Table


@dataclass(frozen=True)
class Visit:
    """That somebody looked: who, when (UTC), and up to which of the project's files, 0 the first."""

    author: str
    at: datetime
    file: int


@dataclass(frozen=True)
class Newer:
    """What came in since a person last looked: how many posts, with which files; ``since`` is None who never did."""

    posts: int
    files: tuple[int, ...]
    since: datetime | None


def _table() -> Table:
    from sqlalchemy import Column, Integer, String, Table

    known = tables().tables.get("visits")
    if known is not None:
        return known
    return Table(
        "visits",
        tables(),
        Column("key", Integer, primary_key=True, autoincrement=True),
        Column("author", String, nullable=False),
        Column("at", String, nullable=False),
        Column("file", Integer, nullable=False),
    )


def note_visit(folder: Path, table: pl.DataFrame, who: str = "") -> None:
    """Note that somebody (who is at work, unless named) has looked at all posts of ``table``.

    Raises:
        ProjectError: the project cannot be written to.
    """
    from sqlalchemy import insert

    seen = {"author": who or author(), "at": now().isoformat(), "file": _newest_file(table)}
    with writing(folder) as connection:
        connection.execute(insert(_table()).values(**seen))


def visits(folder: Path) -> list[Visit]:
    """Return who looked when, the latest first.

    Raises:
        ProjectError: they cannot be read.
    """
    from sqlalchemy import select

    table = _table()
    with reading(folder) as connection:
        if connection is None:
            return []
        rows = connection.execute(select(table).order_by(table.c.key.desc())).mappings().all()
    return [Visit(row["author"], datetime.fromisoformat(row["at"]), int(row["file"])) for row in rows]


def newer(folder: Path, table: pl.DataFrame, who: str = "") -> Newer:
    """Return what came in since a person last looked; who never did is told of the newest of several files.

    Raises:
        ProjectError: what was noted cannot be read.
    """
    person = who or author()
    last = next((one for one in visits(folder) if one.author == person), None)
    newest = _newest_file(table)
    seen = last.file if last is not None else max(0, newest - 1)
    if seen >= newest:
        return Newer(0, (), last.at if last else None)
    fresh = table.filter(pl.col(Col.FILE) > seen)
    files = tuple(int(file) for file in fresh[Col.FILE].unique().sort())
    return Newer(fresh.height, files, last.at if last else None)


def _newest_file(table: pl.DataFrame) -> int:
    if Col.FILE not in table.columns or not table.height:
        return 0
    return int(table[Col.FILE].fill_null(0).to_numpy().max())
