"""What people noted of posts, on its way to and from other copies of a project: deeds by their tokens, tags by sets.

A deed has one token everywhere, so that it is done once in each copy however often it is told. Tags have no log here;
what both sides had when they last met tells which of them were put on or taken off since.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from ctse_core.project.database import reading, tables, writing
from ctse_core.project.tags import TAGS_SCHEMA, all_tags, declared_tags
from ctse_core.project.triage_tables import declared, framed, rows_at, touched, write_changes, written_deed
from ctse_core.types import Col

if TYPE_CHECKING:
    from sqlalchemy import Connection, Table

LOCAL = "~"
"""Tokens of deeds that only bring this copy in line begin so; they are not told to others."""
DEEDS_SCHEMA: dict[str, Any] = dict.fromkeys(("token", "at", "author", "kind", "value", "undoes"), pl.String)
CHANGES_SCHEMA: dict[str, Any] = {
    "token": pl.String,
    "position": pl.Int64,
    "refused": pl.Boolean,
    **dict.fromkeys(("was_state", "was_owner", "was_note", "state", "owner", "note"), pl.String),
}
_FIELDS = (Col.STATE, Col.OWNER, Col.NOTE)


@dataclass(frozen=True)
class Deeds:
    """Deeds in the order in which they were done, and what each changed or, ``refused``, wished to change.

    ``deeds``: token, at (ISO, UTC), author, kind, value, undoes (a token); ``changes``: token, position, refused, and
    state, owner, note before and after.
    """

    deeds: pl.DataFrame
    changes: pl.DataFrame

    def of(self, token: str) -> pl.DataFrame:
        """Return what one deed changed."""
        return self.changes.filter(pl.col("token") == token)


def deeds_unknown_to(folder: Path, known: Collection[str]) -> Deeds:
    """Return the deeds of a project whose tokens are not ``known``; each gets a token, if it has none yet.

    Raises:
        ProjectError: what was added cannot be read or written.
    """
    declared()
    with reading(folder) as connection:
        if connection is None:
            return Deeds(pl.DataFrame(schema=DEEDS_SCHEMA), pl.DataFrame(schema=CHANGES_SCHEMA))
    with writing(folder) as connection:
        bare = connection.exec_driver_sql("SELECT number FROM triage_deeds WHERE token IS NULL").scalars().all()
        for number in bare:
            connection.exec_driver_sql("UPDATE triage_deeds SET token = ? WHERE number = ?", (uuid.uuid4().hex, number))
        deeds = connection.exec_driver_sql(
            "SELECT one.token, one.at, one.author, one.kind, one.value, other.token FROM triage_deeds AS one "
            "LEFT JOIN triage_deeds AS other ON other.number = one.undoes ORDER BY one.number"
        ).fetchall()
        changes = connection.exec_driver_sql(
            "SELECT deed.token, one.position, one.refused, one.was_state, one.was_owner, one.was_note, one.state, "
            "one.owner, one.note FROM triage_changes AS one JOIN triage_deeds AS deed ON deed.number = one.deed"
        ).fetchall()
    untold = ~pl.col("token").is_in(list(known)) & ~pl.col("token").str.starts_with(LOCAL)
    told = framed(changes, CHANGES_SCHEMA | {"refused": pl.Int64}).with_columns(pl.col("refused").cast(pl.Boolean))
    return Deeds(framed(deeds, DEEDS_SCHEMA).filter(untold), told.filter(untold))


def laid_over(current: pl.DataFrame, wished: pl.DataFrame, whatever: bool = False) -> tuple[pl.DataFrame, pl.Series]:
    """Return posts as a deed makes them (m rows: position, state, owner, note), and (m,) which of them refuse it.

    ``wished`` (m rows) holds each post before and after the deed where it was done; ``current`` as it stands here. A
    post refuses what somebody else changed to something else meanwhile, unless it is to happen ``whatever`` stands.
    """
    both = wished.select("position", *(f"was_{name}" for name in _FIELDS), *_FIELDS).join(
        current.select("position", *(pl.col(name).alias(f"now_{name}") for name in _FIELDS)),
        on="position", how="left", maintain_order="left",
    )  # fmt: skip
    both = both.with_columns(pl.col("now_state").fill_null("new"))
    work = _differs("was", "", Col.STATE) | _differs("was", "", Col.OWNER)
    note = _differs("was", "", Col.NOTE)
    free_work = ~(_differs("now", "was", Col.STATE) | _differs("now", "was", Col.OWNER))
    same_work = ~(_differs("now", "", Col.STATE) | _differs("now", "", Col.OWNER))
    free_note, same_note = ~_differs("now", "was", Col.NOTE), ~_differs("now", "", Col.NOTE)
    free = pl.lit(True) if whatever else (~work | free_work | same_work) & (~note | free_note | same_note)
    both = both.with_columns(work.alias("work"), note.alias("noted"), free.alias("free"))
    after = both.select(
        "position",
        *(
            pl.when(pl.col("free") & pl.col(part)).then(pl.col(name)).otherwise(pl.col(f"now_{name}")).alias(name)
            for name, part in ((Col.STATE, "work"), (Col.OWNER, "work"), (Col.NOTE, "noted"))
        ),
    )
    return after, ~both["free"]


def _differs(one: str, other: str, name: str) -> pl.Expr:
    first, second = (f"{side}_{name}" if side else name for side in (one, other))
    return pl.col(first).ne_missing(pl.col(second))


def take_over(folder: Path, others: Deeds) -> int:
    """Do here what others did, each deed with its own who and when; return how many posts changed.

    Deeds that are known already are left alone.

    Raises:
        ProjectError: the project cannot be written to.
    """
    declared()
    changed: set[int] = set()
    if not others.deeds.height:
        return 0
    with writing(folder) as connection:
        numbers: dict[str, int] = dict(connection.exec_driver_sql("SELECT token, number FROM triage_deeds").fetchall())
        for deed in others.deeds.iter_rows(named=True):
            if deed["token"] not in numbers:
                wished = others.of(deed["token"])
                number = _done(connection, deed, wished, numbers.get(deed["undoes"]))
                numbers[deed["token"]] = number
                changed |= set(wished.filter(~pl.col("refused"))["position"])
    return len(changed)


def brought_in_line(folder: Path, standing: pl.DataFrame) -> int:
    """Make posts stand as they do elsewhere where they still differ; return how many did.

    ``standing``: position, state, owner, note, and of the deed that made it so: token, at, author, kind, value.

    Raises:
        ProjectError: the project cannot be written to.
    """
    declared()
    if not standing.height:
        return 0
    with writing(folder) as connection:
        before = rows_at(connection, standing["position"].to_list())
        told = before.select("position", *(pl.col(name).alias(f"was_{name}") for name in _FIELDS)).join(
            standing, on="position", maintain_order="left"
        )
        told = told.filter(pl.any_horizontal(_differs("was", "", name) for name in _FIELDS))
        for _, part in told.group_by("token", maintain_order=True):
            deed = part.row(0, named=True) | {"token": f"{LOCAL}{uuid.uuid4().hex}"}
            _done(connection, deed, part.with_columns(pl.lit(False).alias("refused")), None)
        return told.height


def _done(connection: Connection, deed: dict[str, Any], wished: pl.DataFrame, undoes: int | None) -> int:
    """Write one deed of others down with what it changed here; return its number."""
    taken = (
        undoes is not None
        and connection.exec_driver_sql("SELECT 1 FROM triage_deeds WHERE undoes = ?", (undoes,)).first()
    )
    when = datetime.fromisoformat(deed["at"])
    told = {name: deed[name] for name in ("author", "kind", "value", "token")} | {"at": when}
    number = written_deed(connection, {**told, "posts": 0, "undoes": None if taken else undoes})
    changed = 0
    for refused in (False, True):
        part = wished.filter(pl.col("refused") == refused).sort("position")
        before = rows_at(connection, part["position"].to_list())
        after = before.with_columns(laid_over(before, part, whatever=True)[0].select(_FIELDS).get_columns())
        work, note = touched(before, after)
        some = work | note
        write_changes(connection, number, before.filter(some), after.filter(some), refused)
        changed += 0 if refused else int(some.sum())
    connection.exec_driver_sql("UPDATE triage_deeds SET posts = ? WHERE number = ?", (changed, number))
    return number


def _agreed_table() -> Table:
    from sqlalchemy import Column, Integer, String, Table

    known = tables().tables.get("agreed_tags")
    if known is not None:
        return known
    return Table(
        "agreed_tags",
        tables(),
        Column("partner", String, primary_key=True),
        Column("position", Integer, primary_key=True),
        Column("tag", String, primary_key=True),
    )


def tags_agreed(folder: Path, partner: str) -> tuple[pl.DataFrame, set[tuple[int, str]]]:
    """Return the tags of a project, and the (position, tag) that it and ``partner`` both had when they last met.

    Raises:
        ProjectError: what was added cannot be read.
    """
    from sqlalchemy import select

    table = _agreed_table()
    declared_tags()
    with reading(folder) as connection:
        if connection is None:
            return pl.DataFrame(schema=TAGS_SCHEMA), set()
        chosen = select(table.c.position, table.c.tag).where(table.c.partner == partner)
        agreed = {(int(position), str(tag)) for position, tag in connection.execute(chosen)}
    return all_tags(folder), agreed


def settle_tags(
    folder: Path,
    partner: str,
    change: tuple[pl.DataFrame, Collection[tuple[int, str]]],
    agreed: Collection[tuple[int, str]],
) -> None:
    """Put on and take off the tags that ``partner`` did, and remember what both have now.

    ``change``: tags to put on (position, tag, author, at as ISO text) and (position, tag) to take off.

    Raises:
        ProjectError: the project cannot be written to.
    """
    from sqlalchemy import bindparam, delete, insert
    from sqlalchemy.dialects.sqlite import insert as put

    table, tags = _agreed_table(), declared_tags()
    coming, going = change
    with writing(folder) as connection:
        if coming.height:
            connection.execute(put(tags).on_conflict_do_nothing(), coming.to_dicts())
        if going:
            gone = delete(tags).where(tags.c.position == bindparam("here"), tags.c.tag == bindparam("name"))
            connection.execute(gone, [{"here": position, "name": tag} for position, tag in going])
        connection.execute(delete(table).where(table.c.partner == partner))
        if agreed:
            rows = [{"partner": partner, "position": position, "tag": tag} for position, tag in sorted(agreed)]
            connection.execute(insert(table), rows)
