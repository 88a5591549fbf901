"""Who looks after which post: its state, owner and note, changed in bulk, each change with who and when.

A deed is checked against what the person had seen: where somebody else changed a post since, to something else, that
post keeps their change, and the person is told and may do it all the same. What was refused is written down as well.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from ctse_core.errors import SettingError
from ctse_core.project.database import author, now, reading, writing
from ctse_core.project.triage_tables import (
    declared,
    every_row,
    framed,
    newest,
    rows_at,
    touched,
    write_changes,
    written_deed,
)
from ctse_core.types import Col, Rows
from ctse_core.words import t

if TYPE_CHECKING:
    from sqlalchemy import Connection

NEW, SEEN, ASSIGNED, DONE = "new", "seen", "assigned", "done"
STATES = (NEW, SEEN, ASSIGNED, DONE)
KINDS = ("seen", "assign", "release", "done", "unread", "note", "add_note")
LONGEST_OWNER, LONGEST_NOTE = 60, 2_000  # letters
CONFLICTS_SCHEMA: dict[str, Any] = {
    "position": pl.Int64,
    Col.STATE: pl.Utf8,
    Col.OWNER: pl.Utf8,
    Col.NOTE: pl.Utf8,
    "author": pl.Utf8,
    "at": pl.Datetime("us", "UTC"),
}


@dataclass(frozen=True)
class Deed:
    """What a person does with posts.

    ``kind`` is "seen" (new posts become seen, others stay), "assign" (to the owner ``value``), "release" (to nobody),
    "done", "unread" (new again, without owner), "note" (``value`` in place of the note) or "add_note" (below it).
    ``known`` is the number of the newest deed that the person's window showed; None takes whatever stands there.
    ``token`` makes sure that a deed told twice is done once.
    """

    kind: str
    value: str = ""
    known: int | None = None
    token: str | None = None


@dataclass(frozen=True)
class Marked:
    """What came of a deed: its ``number`` (0: it changed nothing), how many posts it changed and how many it left.

    ``conflicts`` are the posts that somebody else changed meanwhile, as they stand: position, state, owner, note, who,
    when (UTC). They were left alone.
    """

    number: int
    changed: int
    left: int
    conflicts: pl.DataFrame


def mark(folder: Path, positions: Sequence[int] | Rows, deed: Deed) -> Marked:
    """Do ``deed`` to the posts at ``positions``, all in one transaction, and return what came of it.

    Raises:
        SettingError: the deed is not known, or its name or note is empty or too long.
        ProjectError: the project cannot be written to.
    """
    deed = checked(deed)
    chosen = np.unique(np.asarray(positions, dtype=np.int64)).tolist()
    if not chosen:
        return Marked(0, 0, 0, pl.DataFrame(schema=CONFLICTS_SCHEMA))
    declared()
    with writing(folder) as connection:
        again = _done_before(connection, deed.token)
        if again is not None:
            return again
        before = rows_at(connection, chosen)
        after = outcome(deed, before)
        worked, noted = touched(before, after)
        late = _since(before, worked, noted, deed.known)
        change, refuse = (worked | noted) & ~late, (worked | noted) & late
        if not (change | refuse).any():
            return Marked(0, 0, len(chosen), pl.DataFrame(schema=CONFLICTS_SCHEMA))
        told = {"at": now(), "author": author(), "kind": deed.kind, "value": deed.value, "token": deed.token}
        number = written_deed(connection, {**told, "posts": int(change.sum()), "undoes": None})
        write_changes(connection, number, before.filter(change), after.filter(change), refused=False)
        write_changes(connection, number, before.filter(refuse), after.filter(refuse), refused=True)
        left = len(chosen) - int(change.sum()) - int(refuse.sum())
        return Marked(number, int(change.sum()), left, _conflicts(connection, number))


def checked(deed: Deed) -> Deed:
    """Return the deed with its name on one line, without blanks around.

    Raises:
        SettingError: it is not known, or its name or note is empty or too long.
    """
    if deed.kind not in KINDS:
        raise SettingError(
            f"“{deed.kind[:40]}” is nothing that can be done with posts; choose one of {', '.join(KINDS)}."
        )
    value = unicodedata.normalize("NFC", deed.value).strip()
    if deed.kind == "assign":
        value = " ".join(value.split())
        if not value:
            raise SettingError(t("Say who is to look after these posts: a name, such as “Ana”."))
        if len(value) > LONGEST_OWNER:
            raise SettingError(t("A name has at most {letters} letters; write a shorter one.", letters=LONGEST_OWNER))
    elif deed.kind not in ("note", "add_note"):
        value = ""
    elif deed.kind == "add_note" and not value:
        raise SettingError(t("The note is empty; write something, or leave the notes as they are."))
    elif len(value) > LONGEST_NOTE:
        raise SettingError(
            t("A note has at most {letters} letters; this one has {count}.", letters=LONGEST_NOTE, count=len(value))
        )
    return Deed(deed.kind, value, deed.known, deed.token)


def outcome(deed: Deed, before: pl.DataFrame) -> pl.DataFrame:
    """Return the posts (m rows: position, state, owner, note) as the deed makes them."""
    state, owner, note = pl.col(Col.STATE), pl.col(Col.OWNER), pl.col(Col.NOTE)
    match deed.kind:
        case "seen":
            state = pl.when(state == NEW).then(pl.lit(SEEN)).otherwise(state)
        case "assign":
            state, owner = pl.lit(ASSIGNED), pl.lit(deed.value)
        case "release":
            state, owner = pl.when(state == ASSIGNED).then(pl.lit(SEEN)).otherwise(state), pl.lit(None, dtype=pl.Utf8)
        case "done":
            state = pl.lit(DONE)
        case "unread":
            state, owner = pl.lit(NEW), pl.lit(None, dtype=pl.Utf8)
        case "note":
            note = pl.lit(deed.value or None, dtype=pl.Utf8)
        case "add_note":
            note = pl.when(note.is_null()).then(pl.lit(deed.value)).otherwise(note + pl.lit("\n" + deed.value))
    return before.with_columns(state.alias(Col.STATE), owner.alias(Col.OWNER), note.alias(Col.NOTE))


def _since(before: pl.DataFrame, worked: pl.Series, noted: pl.Series, known: int | None) -> pl.Series:
    """Return (m,) which posts others changed after deed ``known`` in what this deed would change."""
    if known is None:
        return pl.Series(np.zeros(before.height, dtype=bool))
    return (worked & (before["worked"] > known)) | (noted & (before["noted"] > known))


def _done_before(connection: Connection, token: str | None) -> Marked | None:
    if token is None:
        return None
    found = connection.exec_driver_sql("SELECT number, posts FROM triage_deeds WHERE token = ?", (token,)).first()
    return None if found is None else Marked(int(found[0]), int(found[1]), 0, _conflicts(connection, int(found[0])))


def _conflicts(connection: Connection, number: int) -> pl.DataFrame:
    """Return what deed ``number`` was refused: the posts as they stand, who made them so, when."""
    rows = connection.exec_driver_sql(
        "SELECT post.position, post.state, post.owner, post.note, deed.author, deed.at "
        "FROM triage_changes AS wish JOIN triage AS post ON post.position = wish.position "
        "JOIN triage_deeds AS deed ON deed.number = CASE WHEN wish.note IS NOT wish.was_note "
        "THEN post.noted ELSE post.worked END "
        "WHERE wish.deed = ? AND wish.refused ORDER BY post.position",
        (number,),
    ).fetchall()
    found = framed(rows, {**CONFLICTS_SCHEMA, "at": pl.Utf8})
    return found.with_columns(pl.col("at").str.to_datetime(time_unit="us", time_zone="UTC"))


def triage_at(folder: Path, positions: Sequence[int] | Rows) -> tuple[pl.DataFrame, int]:
    """Return the posts at ``positions`` (m rows, ascending: position, state, owner, note) and the newest deed's number.

    Raises:
        ProjectError: what was added cannot be read.
    """
    declared()
    chosen = np.unique(np.asarray(positions, dtype=np.int64)).tolist()
    with reading(folder) as connection:
        if connection is None:
            rows = [(position, NEW, None, None, 0, 0) for position in chosen]
            return framed(rows).drop("worked", "noted"), 0
        return rows_at(connection, chosen).drop("worked", "noted"), newest(connection)


def triage_columns(folder: Path, n: int) -> pl.DataFrame:
    """Return state, owner and note of each of the project's ``n`` posts; "new" where nobody did anything yet.

    Raises:
        ProjectError: what was added cannot be read.
    """
    declared()
    with reading(folder) as connection:
        rows = framed([]) if connection is None else every_row(connection)
    every = pl.DataFrame({"position": pl.int_range(n, dtype=pl.Int64, eager=True)})
    laid = every.join(rows, on="position", how="left", maintain_order="left")
    return laid.select(pl.col(Col.STATE).fill_null(NEW), Col.OWNER, Col.NOTE)


def newest_deed(folder: Path) -> int:
    """Return the number of the newest deed, which a window shows and its deeds are checked against.

    Raises:
        ProjectError: what was added cannot be read.
    """
    declared()
    with reading(folder) as connection:
        return 0 if connection is None else newest(connection)
