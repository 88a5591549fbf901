"""What keeps people in a project unnamed: the salt of its pseudonyms, and who let the screens show what was written."""

from __future__ import annotations

import json
import os
import secrets
import uuid
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from ctse_core.errors import ProjectError
from ctse_core.project.database import author, now, reading, tables, writing

if TYPE_CHECKING:
    from sqlalchemy import Table

SALT_FILE = "privacy.json"
_BYTES = 32


@dataclass(frozen=True)
class Deed:
    """Somebody changed what the screens of a project show: as written (True) or masked again, when and why."""

    as_written: bool
    author: str
    at: datetime
    why: str = ""


def salt_of(folder: Path) -> bytes:
    """Return the project's salt (32 bytes), made when it is first asked for.

    Without it nobody can tell which name stands behind a pseudonym; two projects give one person two pseudonyms.

    Raises:
        ProjectError: the file is damaged, or cannot be written.
    """
    place = folder / SALT_FILE
    if not place.is_file():
        _write_once(place)
    try:
        salt = bytes.fromhex(json.loads(place.read_text(encoding="utf-8"))["salt"])
    except (OSError, ValueError, KeyError, TypeError) as damage:
        raise ProjectError(
            f"“{SALT_FILE}” of project “{folder.name}” cannot be read ({damage}); restore it from a copy, or delete "
            "it: people then get new pseudonyms."
        ) from damage
    if len(salt) != _BYTES:
        raise ProjectError(
            f"“{SALT_FILE}” of project “{folder.name}” is damaged; restore it from a copy, or delete it: people then "
            "get new pseudonyms."
        )
    return salt


def _write_once(place: Path) -> None:
    """Write a new salt, unless another process was first; whoever was first stays."""
    beside = place.with_name(f".{place.name}.{uuid.uuid4().hex[:8]}")
    try:
        beside.write_text(json.dumps({"salt": secrets.token_hex(_BYTES)}), encoding="utf-8")
        try:
            os.link(beside, place)
        except FileExistsError:
            return
        except OSError:  # a disk without hard links
            if not place.exists():
                os.replace(beside, place)
    except OSError as fault:
        raise ProjectError(
            f"“{place.name}” cannot be written into project “{place.parent.name}” ({fault.strerror}); "
            "make room on the disk, or open a project that can be written to."
        ) from fault
    finally:
        beside.unlink(missing_ok=True)


def _deeds() -> Table:
    from sqlalchemy import Boolean, Column, Integer, String, Table

    known = tables().tables.get("privacy")
    if known is not None:
        return known
    return Table(
        "privacy",
        tables(),
        Column("number", Integer, primary_key=True, autoincrement=True),
        Column("as_written", Boolean, nullable=False),
        Column("author", String, nullable=False),
        Column("at", String, nullable=False),
        Column("why", String, nullable=False, default=""),
    )


def show_as_written(folder: Path, as_written: bool, why: str = "") -> None:
    """Let the screens of the project show names and numbers as written, or mask them again; who and when is kept.

    Files that people take away stay masked in either case.

    Raises:
        ProjectError: the project cannot be written to.
    """
    with writing(folder) as connection:
        connection.execute(
            _deeds()
            .insert()
            .values(as_written=as_written, author=author(), at=now().isoformat(), why=why.strip()[:200])
        )


def privacy_deeds(folder: Path) -> list[Deed]:
    """Return who showed or masked what was written, newest first.

    Raises:
        ProjectError: what was added cannot be read.
    """
    from sqlalchemy import select

    table = _deeds()
    with reading(folder) as connection:
        newest = select(table).order_by(table.c.number.desc())
        rows = [] if connection is None else connection.execute(newest).all()
    return [Deed(bool(row.as_written), row.author, datetime.fromisoformat(row.at), row.why) for row in rows]


def shows_as_written(folder: Path) -> bool:
    """Return whether the screens of the project show names and numbers as written.

    Raises:
        ProjectError: what was added cannot be read.
    """
    deeds = privacy_deeds(folder)
    return bool(deeds) and deeds[0].as_written
