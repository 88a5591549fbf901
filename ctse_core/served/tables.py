"""The tables of a shared project: one schema each, so that a project comes, grows and goes as one."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import polars as pl

from ctse_core.errors import ServerError
from ctse_core.served.facts import sql_of
from ctse_core.types import Col

if TYPE_CHECKING:
    from ctse_core.served.connection import Link

FORMAT = 1
"""Grows when the tables change so that an older program could not read them."""
REST, DIGEST = "rest", "digest"
KEY = "key"
KINDS: dict[str, str] = {
    Col.REPRESENTATIVE: "Int32",
    Col.POST_ID: "String",
    Col.TEXT: "String",
    Col.COMPARED: "String",
    Col.LANG: "String",
    Col.TIME: str(pl.Datetime("us", "UTC")),
    Col.AUTHOR: "String",
    Col.PLACE: "String",
    Col.CLUSTER: "Int32",
    Col.FILE: "Int16",
    Col.DUPLICATE_OF: "String",
    Col.X: "Float32",
    Col.Y: "Float32",
    Col.NEEDS: "String[]",
    Col.URGENCY: "Int8",
    Col.WITHIN: "String[]",
    REST: "String",
    DIGEST: "Int64",
}
"""Columns of the posts beside ``position``, as they come from a project; all others lie in REST as JSON."""
NOTED: dict[str, str] = {Col.TAGS: "String[]", Col.STATE: "String", Col.OWNER: "String", Col.NOTE: "String"}
"""Columns that people's notes decide (annotations.py)."""
COLUMNS = {name: (f'"{name}"', kind) for name, kind in (KINDS | NOTED).items()}
_SOUGHT = (Col.LANG, Col.TIME, Col.CLUSTER, Col.POST_ID, Col.URGENCY, Col.PLACE, Col.OWNER)
_LISTED = (Col.NEEDS, Col.WITHIN, Col.TAGS)
REGISTRY = """
CREATE SCHEMA IF NOT EXISTS ctse;
CREATE TABLE IF NOT EXISTS ctse.projects (
    name text PRIMARY KEY, number serial UNIQUE, format integer NOT NULL, posts integer NOT NULL DEFAULT 0,
    told text NOT NULL DEFAULT '{}', parts text[] NOT NULL DEFAULT '{}', kept bytea[] NOT NULL DEFAULT '{}',
    author text NOT NULL DEFAULT '', at timestamptz NOT NULL DEFAULT now(), revision bigint NOT NULL DEFAULT 0
)
"""


@dataclass(frozen=True)
class SharedProject:
    """A project in the database: the ``schema`` of its tables, how many posts, what is told of it, who shared it when.

    ``told`` holds the manifest and numbers; ``kept`` tables and arrays as bytes, by their names. ``revision`` grows
    with every change of posts or vectors.
    """

    name: str
    number: int
    posts: int
    told: dict[str, Any]
    kept: dict[str, bytes]
    author: str
    at: datetime
    revision: int

    @property
    def schema(self) -> str:
        """The schema of its tables."""
        return f"ctse_p{self.number}"


def shared_project(connection: Link, name: str, shown: str) -> SharedProject:
    """Return the shared project of that name; ``shown`` is the address as it may be told.

    Raises:
        ServerError: there is none; the sentence names those that are there.
    """
    found = find_project(connection, name) if name else None
    if found is not None:
        return found
    there = project_names(connection)
    if not name:
        told = f": {', '.join(there[:12])}" if there else "; nobody has shared one there yet"
        raise ServerError(f"Name the shared project, as {shown}#name{told}.")
    told = f"there are {', '.join(there[:12])}" if there else "nobody has shared one there yet"
    raise ServerError(f"There is no shared project “{name}” at {shown.partition('#')[0]}; {told}.")


def project_names(connection: Link) -> list[str]:
    """Return the names of the shared projects."""
    if connection.execute("SELECT to_regclass('ctse.projects')").fetchone() == (None,):
        return []
    return [name for (name,) in connection.execute("SELECT name FROM ctse.projects ORDER BY name")]


def find_project(connection: Link, name: str) -> SharedProject | None:
    """Return the shared project of that name, None where there is none.

    Raises:
        ServerError: it was shared by a newer version of this program.
    """
    if connection.execute("SELECT to_regclass('ctse.projects')").fetchone() == (None,):
        return None
    found = connection.execute(
        "SELECT name, number, posts, told, parts, kept, author, at, revision, format FROM ctse.projects "
        "WHERE name = %s", [name],
    ).fetchone()  # fmt: skip
    if found is None:
        return None
    if found[9] > FORMAT:
        raise ServerError(f"“{name}” was shared by a newer version of CTSE; update this one to read it.")
    kept = dict(zip(found[4], map(bytes, found[5]), strict=True))
    return SharedProject(found[0], found[1], found[2], json.loads(found[3]), kept, found[6], found[7], found[8])


def written_down(connection: Link, project: SharedProject) -> None:
    """Write what is told of the project; its revision grows."""
    connection.execute(
        "UPDATE ctse.projects SET posts = %s, told = %s, parts = %s, kept = %s, author = %s, at = %s, format = %s, "
        "revision = revision + 1 WHERE number = %s",
        [
            project.posts, json.dumps(project.told, ensure_ascii=False, default=str), list(project.kept),
            list(project.kept.values()), project.author, project.at, FORMAT, project.number,
        ],
    )  # fmt: skip


def made_project(connection: Link, name: str, width: int) -> SharedProject:
    """Make an empty shared project for vectors of ``width``, with its tables, and return it."""
    told = json.dumps({KEY: uuid.uuid4().hex})
    connection.execute("INSERT INTO ctse.projects (name, format, told) VALUES (%s, %s, %s)", [name, FORMAT, told])
    made = find_project(connection, name)
    if made is None:
        raise ServerError(f"“{name}” could not be written down; try again.")
    connection.execute(f"CREATE SCHEMA {made.schema}")
    columns = ", ".join(f'"{column}" {sql_of(kind)}' for column, kind in (KINDS | NOTED).items())
    for table in (
        f"posts (position integer PRIMARY KEY, {columns}, hub real, rank_hub real)",
        "words (word text, part integer, positions integer[] NOT NULL, counts smallint[] NOT NULL, "
        "lengths smallint[] NOT NULL, PRIMARY KEY (word, part))",
        "word_parts (part integer PRIMARY KEY, digest bigint NOT NULL)",
        "deeds (number bigserial PRIMARY KEY, token text NOT NULL UNIQUE, at text NOT NULL, author text NOT NULL, "
        "kind text NOT NULL, value text NOT NULL, undoes text)",
        "changes (deed bigint NOT NULL, position integer NOT NULL, refused boolean NOT NULL, was_state text, "
        "was_owner text, was_note text, state text, owner text, note text, PRIMARY KEY (deed, position))",
        "tags (position integer, tag text, author text NOT NULL, at text NOT NULL, PRIMARY KEY (position, tag))",
    ):
        connection.execute(f"CREATE TABLE {made.schema}.{table}")
    made_vectors(connection, made, width)
    for name in (Col.REPRESENTATIVE, *_SOUGHT):
        connection.execute(f'CREATE INDEX ON {made.schema}.posts ("{name}")')
    for name in _LISTED:
        connection.execute(f'CREATE INDEX ON {made.schema}.posts USING gin ("{name}")')
    return made


def key_of(connection: Link, project: SharedProject) -> str:
    """Return the key of a shared project, by which it is known however its address is spelt; it is made once."""
    key = project.told.get(KEY)
    if key is None:  # shared before there were keys
        key = uuid.uuid4().hex
        told = json.dumps(project.told | {KEY: key}, ensure_ascii=False)
        connection.execute("UPDATE ctse.projects SET told = %s WHERE number = %s", [told, project.number])
    return str(key)


def made_vectors(connection: Link, project: SharedProject, width: int) -> None:
    """Make the table of vectors anew, empty: one row for each post that is no copy and has a meaning."""
    table = f"{project.schema}.vectors"
    connection.execute(f"DROP TABLE IF EXISTS {table}")
    connection.execute(
        f"CREATE TABLE {table} (position integer PRIMARY KEY, vector halfvec({int(width)}) NOT NULL, "
        "norm real NOT NULL, digest bigint NOT NULL)"
    )
    connection.execute(f"ALTER TABLE {table} ALTER vector SET STORAGE PLAIN")  # beside its row: read at every step


def removed(connection: Link, project: SharedProject) -> None:
    """Take a shared project away with everything in it."""
    connection.execute(f"DROP SCHEMA IF EXISTS {project.schema} CASCADE")
    connection.execute("DELETE FROM ctse.projects WHERE number = %s", [project.number])


def first_ids(connection: Link, project: SharedProject, most: int) -> list[str]:
    """Return the ids of the project's first ``most`` posts, in order."""
    sql = f'SELECT "{Col.POST_ID}" FROM {project.schema}.posts WHERE position < %s ORDER BY position'
    return [one for (one,) in connection.execute(sql, [most])]
