"""Who looks after which post, as it is kept: every deed with what it changed, and the state that follows from them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

import polars as pl

from ctse_core.project.database import tables
from ctse_core.types import Col

if TYPE_CHECKING:
    from sqlalchemy import Connection

DEEDS, CHANGES, POSTS = "triage_deeds", "triage_changes", "triage"
ROW_SCHEMA: dict[str, Any] = {
    "position": pl.Int64,
    Col.STATE: pl.Utf8,
    Col.OWNER: pl.Utf8,
    Col.NOTE: pl.Utf8,
    "worked": pl.Int64,
    "noted": pl.Int64,
}
"""A post as it stands: ``worked`` and ``noted`` are the numbers of the deeds that last set state or owner, and note."""


def declared() -> None:
    """Tell the database its tables, so that the first write makes them."""
    from sqlalchemy import Boolean, Column, Integer, String, Table

    if POSTS in tables().tables:
        return
    Table(
        DEEDS,
        tables(),
        Column("number", Integer, primary_key=True, autoincrement=True),
        Column("at", String, nullable=False),
        Column("author", String, nullable=False),
        Column("kind", String, nullable=False),
        Column("value", String, nullable=False),
        Column("posts", Integer, nullable=False),
        Column("token", String, unique=True),
        Column("undoes", Integer, unique=True),
        sqlite_autoincrement=True,
    )
    Table(
        CHANGES,
        tables(),
        Column("position", Integer, primary_key=True),
        Column("deed", Integer, primary_key=True, index=True),
        Column("refused", Boolean, nullable=False),
        *(Column(name, String) for name in ("was_state", "was_owner", "was_note", "state", "owner", "note")),
    )
    Table(
        POSTS,
        tables(),
        Column("position", Integer, primary_key=True),
        Column("state", String, nullable=False),
        Column("owner", String),
        Column("note", String),
        Column("worked", Integer, nullable=False),
        Column("noted", Integer, nullable=False),
    )


def rows_at(connection: Connection, positions: Sequence[int]) -> pl.DataFrame:
    """Return the posts at ``positions`` (m rows) as they stand, "new" where nobody did anything yet."""
    found = connection.exec_driver_sql(
        "SELECT here.value, coalesce(state, 'new'), owner, note, coalesce(worked, 0), coalesce(noted, 0) "
        "FROM json_each(?) AS here LEFT JOIN triage ON position = here.value ORDER BY here.value",
        (json.dumps(list(positions)),),
    )
    return framed(found.fetchall())


def every_row(connection: Connection) -> pl.DataFrame:
    """Return all posts that somebody did something with, as they stand, by position."""
    return framed(connection.exec_driver_sql("SELECT * FROM triage ORDER BY position").fetchall())


def framed(rows: Sequence[Any], schema: dict[str, Any] | None = None) -> pl.DataFrame:
    """Return rows of the database as a table."""
    return pl.DataFrame([tuple(row) for row in rows], schema=schema or ROW_SCHEMA, orient="row")


def newest(connection: Connection) -> int:
    """Return the number of the newest deed, 0 where there is none."""
    return int(connection.exec_driver_sql("SELECT coalesce(max(number), 0) FROM triage_deeds").scalar_one())


def written_deed(connection: Connection, told: dict[str, Any]) -> int:
    """Write a deed down (at, author, kind, value, posts, token, undoes) and return its number."""
    statement = (
        "INSERT INTO triage_deeds (at, author, kind, value, posts, token, undoes) "
        "VALUES (:at, :author, :kind, :value, :posts, :token, :undoes)"
    )
    when: datetime = told["at"]
    return int(connection.exec_driver_sql(statement, {**told, "at": when.isoformat()}).lastrowid)


def write_changes(
    connection: Connection, number: int, before: pl.DataFrame, after: pl.DataFrame, refused: bool
) -> None:
    """Write down what deed ``number`` changed (m rows before and after), or would have where it was ``refused``."""
    if not before.height:
        return
    log = pl.concat(
        [
            before.select("position", pl.lit(number).alias("deed"), pl.lit(refused).alias("refused")),
            before.select(pl.col(Col.STATE, Col.OWNER, Col.NOTE).name.prefix("was_")),
            after.select(Col.STATE, Col.OWNER, Col.NOTE),
        ],
        how="horizontal",
    )
    connection.exec_driver_sql("INSERT INTO triage_changes VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", log.rows())
    if refused:
        return
    worked, noted = touched(before, after)
    now = after.with_columns(
        pl.when(worked).then(number).otherwise(before["worked"]).alias("worked"),
        pl.when(noted).then(number).otherwise(before["noted"]).alias("noted"),
    )
    connection.exec_driver_sql(
        "INSERT OR REPLACE INTO triage VALUES (?, ?, ?, ?, ?, ?)", now.select(list(ROW_SCHEMA)).rows()
    )


def touched(before: pl.DataFrame, after: pl.DataFrame) -> tuple[pl.Series, pl.Series]:
    """Return (m,) whose state or owner is another one, and whose note is."""
    work = before[Col.STATE].ne_missing(after[Col.STATE]) | before[Col.OWNER].ne_missing(after[Col.OWNER])
    return work, before[Col.NOTE].ne_missing(after[Col.NOTE])
