"""What people add to a project, in one SQLite file: edits of topics, tags, saved questions, with who and when."""

from __future__ import annotations

import getpass
import os
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ctse_core.errors import ProjectError

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine, MetaData

FILE = "annotations.sqlite"
_WAIT = 10  # seconds that a writer waits for another one


@lru_cache(maxsize=1)
def tables() -> MetaData:
    """Return the registry of the tables; a module that keeps something defines its table on it."""
    from sqlalchemy import MetaData

    return MetaData()


@lru_cache(maxsize=32)
def _engine(path: str) -> Engine:
    from sqlalchemy import create_engine, event
    from sqlalchemy.pool import NullPool

    # No pool: a connection costs a fraction of a millisecond, and a project's folder can be deleted at any time.
    engine = create_engine(f"sqlite:///{path}", poolclass=NullPool, connect_args={"timeout": _WAIT})

    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, _: object) -> None:
        connection.isolation_level = None  # transactions begin below, not where the driver guesses
        connection.execute("PRAGMA synchronous=NORMAL")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        # A writer takes its turn at once: one that began as a reader could be refused half-way.
        connection.exec_driver_sql("BEGIN IMMEDIATE" if connection.get_execution_options().get("writes") else "BEGIN")

    return engine


def _born(folder: Path) -> None:
    """Make the file if there is none, with the journal that lets readers and the one writer work at once."""
    import sqlite3

    from filelock import FileLock

    place = folder / FILE
    if place.is_file():
        return
    with FileLock(folder / f".{FILE}.lock"):
        if place.is_file():
            return
        # Made beside and renamed: nobody ever sees a file whose journal is still being chosen.
        beside = folder / f".{FILE}.{uuid.uuid4().hex[:8]}"
        try:
            connection = sqlite3.connect(beside, timeout=_WAIT)
            connection.execute("PRAGMA journal_mode=WAL")
            connection.close()
            os.replace(beside, place)
        finally:
            beside.unlink(missing_ok=True)


@contextmanager
def writing(folder: Path) -> Iterator[Connection]:
    """Give a connection inside one transaction: all of it is written, or nothing.

    Raises:
        ProjectError: another program keeps the file locked, or it is damaged or read-only.
    """
    from sqlalchemy.exc import DatabaseError

    try:
        _born(folder)
        with _engine(str(folder / FILE)).connect().execution_options(writes=True) as connection, connection.begin():
            tables().create_all(connection)
            yield connection
    except DatabaseError as wrong:
        raise ProjectError(
            f"What was to be kept in “{FILE}” of project “{folder.name}” could not be written ({wrong.orig}); "
            "close other programs that use the file, or restore it from a copy, and try again."
        ) from wrong


@contextmanager
def reading(folder: Path) -> Iterator[Connection | None]:
    """Give a connection to read with, or None where nobody has added anything yet.

    Raises:
        ProjectError: the file is damaged or cannot be read.
    """
    from sqlalchemy import inspect
    from sqlalchemy.exc import DatabaseError

    if not (folder / FILE).is_file():
        yield None
        return
    try:
        engine = _engine(str(folder / FILE))
        if not set(tables().tables) <= set(inspect(engine).get_table_names()):  # a table that nobody wrote to yet
            with writing(folder):
                pass
        with engine.connect() as connection:
            yield connection
    except DatabaseError as wrong:
        raise ProjectError(
            f"“{FILE}” of project “{folder.name}” cannot be read ({wrong.orig}); restore it from a copy, or move it "
            "away to go on without edits, tags and saved questions."
        ) from wrong


def revision(folder: Path) -> int:
    """Return a number that changes with every write, to key caches with; 0 where nothing was added yet."""
    newest = 0
    for name in (FILE, f"{FILE}-wal"):
        path = folder / name
        if path.is_file() and path.stat().st_size:  # an empty journal is a reader's
            newest = max(newest, path.stat().st_mtime_ns)
    return newest


_LONGEST_NAME = 40
_asked: list[Callable[[], str]] = []


def ask_who(asked: Callable[[], str]) -> None:
    """Let ``asked`` tell who is at work, "" where it does not know; several people may share one server's account."""
    _asked[:] = [asked]


def author() -> str:
    """Return who is at work: the name that a person gave, else that of the account."""
    given = "".join(letter for letter in (_asked[0]() if _asked else "") if letter.isprintable())
    return " ".join(given.split())[:_LONGEST_NAME] or account()


def account() -> str:
    """Return the name of the account that this process runs under, "analyst" where the system tells none."""
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return "analyst"


def now() -> datetime:
    """Return the moment in UTC, to the millisecond."""
    moment = datetime.now(UTC)
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)
