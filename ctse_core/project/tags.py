"""Tags that people put on posts: in bulk, each with who and when."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from ctse_core.errors import SettingError
from ctse_core.project.database import author, now, reading, tables, writing
from ctse_core.types import Col, Rows

if TYPE_CHECKING:
    from sqlalchemy import Connection, Table

LONGEST = 40  # letters of a tag
TAGS_SCHEMA: dict[str, Any] = {
    "position": pl.Int64,
    "tag": pl.Utf8,
    "author": pl.Utf8,
    "at": pl.Datetime("us", "UTC"),
}


def declared_tags() -> Table:
    """Return the table of tags, told to the database so that the first write makes it."""
    from sqlalchemy import Column, Integer, String, Table

    known = tables().tables.get("tags")
    if known is not None:
        return known
    return Table(
        "tags",
        tables(),
        Column("position", Integer, primary_key=True),
        Column("tag", String, primary_key=True),
        Column("author", String, nullable=False),
        Column("at", String, nullable=False),
    )


def checked_tag(written: str) -> str:
    """Return a tag as it is kept: on one line, without blanks around.

    Raises:
        SettingError: it is empty, or longer than 40 letters.
    """
    shown = "".join(" " if unicodedata.category(letter) in ("Cc", "Zl", "Zp") else letter for letter in written)
    tag = " ".join(unicodedata.normalize("NFC", shown).split())
    if not tag:
        raise SettingError("A tag needs a name; write one, such as “to verify”.")
    if len(tag) > LONGEST:
        raise SettingError(f"“{tag[:LONGEST]}…” is too long for a tag; write at most {LONGEST} letters.")
    return tag


def add_tag(folder: Path, positions: Sequence[int] | Rows, tag: str) -> int:
    """Put ``tag`` on the posts at ``positions`` and return how many did not have it yet.

    Raises:
        SettingError: the tag is empty or too long.
        ProjectError: the project cannot be written to.
    """
    from sqlalchemy.dialects.sqlite import insert

    name, chosen = checked_tag(tag), _distinct(positions)
    if not chosen:
        return 0
    table, who, when = declared_tags(), author(), now().isoformat()
    rows = [{"position": position, "tag": name, "author": who, "at": when} for position in chosen]
    with writing(folder) as connection:
        before = _count(connection, name)
        connection.execute(insert(table).on_conflict_do_nothing(), rows)
        return _count(connection, name) - before


def remove_tag(folder: Path, positions: Sequence[int] | Rows, tag: str) -> int:
    """Take ``tag`` off the posts at ``positions`` and return how many had it.

    Raises:
        ProjectError: the project cannot be written to.
    """
    from sqlalchemy import bindparam, delete

    chosen = _distinct(positions)
    table = declared_tags()
    if not chosen:
        return 0
    gone = delete(table).where(table.c.tag == tag, table.c.position == bindparam("here"))
    with writing(folder) as connection:
        before = _count(connection, tag)
        connection.execute(gone, [{"here": position} for position in chosen])
        return before - _count(connection, tag)


def _distinct(positions: Sequence[int] | Rows) -> list[int]:
    return np.unique(np.asarray(positions, dtype=np.int64)).tolist()


def _count(connection: Connection, tag: str) -> int:
    from sqlalchemy import func, select

    table = declared_tags()
    return int(connection.execute(select(func.count()).where(table.c.tag == tag)).scalar_one())


def all_tags(folder: Path) -> pl.DataFrame:
    """Return every tag on every post: position, tag, author, at (UTC); by position, then by name.

    Raises:
        ProjectError: what was added cannot be read.
    """
    from sqlalchemy import select

    table = declared_tags()
    with reading(folder) as connection:
        rows = [] if connection is None else connection.execute(select(table)).all()
    found = pl.DataFrame(
        [tuple(row) for row in rows],
        schema={name: pl.Utf8 if name == "at" else kind for name, kind in TAGS_SCHEMA.items()},
        orient="row",
    )
    return found.with_columns(pl.col("at").str.to_datetime(time_unit="us", time_zone="UTC")).sort("position", "tag")


def tags_at(folder: Path, positions: Sequence[int] | Rows) -> dict[int, list[str]]:
    """Return the tags of the few posts at ``positions``, by name; posts without any are left out.

    Raises:
        ProjectError: what was added cannot be read.
    """
    from sqlalchemy import select

    table = declared_tags()
    found: dict[int, list[str]] = {}
    with reading(folder) as connection:
        if connection is not None:
            here = select(table.c.position, table.c.tag).where(table.c.position.in_(_distinct(positions)))
            for position, tag in connection.execute(here.order_by(table.c.tag)):
                found.setdefault(position, []).append(tag)
    return found


def with_tags(table: pl.DataFrame, folder: Path) -> pl.DataFrame:
    """Return the posts table (n rows) with its column of tags: a list a post, by name, empty where there are none.

    Where nobody put any, it is the very table that was given, if that has the column.

    Raises:
        ProjectError: what was added cannot be read.
    """
    tagged = all_tags(folder).filter(pl.col("position") < table.height)
    if not tagged.height:
        return table if Col.TAGS in table.columns else without_tags(table)
    lists = tagged.group_by("position", maintain_order=True).agg(pl.col("tag").alias(Col.TAGS))
    column = (
        pl.DataFrame({"position": pl.int_range(table.height, dtype=pl.Int64, eager=True)})
        .join(lists, on="position", how="left", maintain_order="left")[Col.TAGS]
        .fill_null(pl.Series([[]], dtype=pl.List(pl.Utf8)))
    )
    return table.with_columns(column.alias(Col.TAGS))


def without_tags(table: pl.DataFrame) -> pl.DataFrame:
    """Return the posts table (n rows) with a column of tags in which nobody put any."""
    nothing = pl.Series([[]], dtype=pl.List(pl.Utf8)).new_from_index(0, table.height)
    return table.with_columns(nothing.alias(Col.TAGS))
