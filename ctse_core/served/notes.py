"""What people noted of a shared project's posts, as the database keeps it: tags, deeds, and how each post stands."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

import polars as pl

from ctse_core.project.exchange import CHANGES_SCHEMA, DEEDS_SCHEMA, Deeds, laid_over
from ctse_core.served.facts import csv_blocks
from ctse_core.types import Col

if TYPE_CHECKING:
    from ctse_core.served.connection import Link

_FIELDS = (Col.STATE, Col.OWNER, Col.NOTE)
_STANDING = {"position": pl.Int64, **dict.fromkeys(_FIELDS, pl.String)}
TAG_SCHEMA = {"position": pl.Int64, **dict.fromkeys(("tag", "author", "at"), pl.String)}


def known_tokens(connection: Link, schema: str) -> set[str]:
    """Return the tokens of the deeds that the database has."""
    return {token for (token,) in connection.execute(f"SELECT token FROM {schema}.deeds")}


def send_deeds(connection: Link, schema: str, coming: Deeds) -> pl.DataFrame:
    """Do deeds in the database, in their order; return position, author and at of what stands in their way.

    A post that somebody else changed meanwhile keeps their change; what was wished is written down as refused.
    """
    touched = coming.changes["position"].unique().sort().to_list()
    stands = _at(connection, schema, touched)
    last = _last(connection, schema, touched)
    refusals = []
    for deed in coming.deeds.iter_rows(named=True):
        number = _written(connection, schema, deed)
        wished = coming.of(deed["token"])
        after, late = laid_over(stands, wished)
        late = late & ~wished["refused"]
        refusals.append(wished.filter(late).select("position"))
        told = wished.drop("token").with_columns((pl.col("refused") | late).alias("refused"))
        rows = told.select(pl.lit(number, dtype=pl.Int64).alias("deed"), pl.all())
        _copy(connection, f"{schema}.changes", rows)
        done = after.filter(~late & ~wished["refused"])
        stands = stands.update(done, on="position", how="left", include_nulls=True)
    if len(touched):
        _set(connection, schema, stands)
    refused = pl.concat(refusals).unique() if refusals else pl.DataFrame(schema={"position": pl.Int64})
    return refused.join(last, on="position", how="left").sort("position")


def deeds_beyond(connection: Link, schema: str, known: Collection[str], posts: int) -> Deeds:
    """Return the deeds whose tokens are not ``known``, with what they did to the first ``posts`` posts."""
    columns = ", ".join(f"one.{name}" for name in DEEDS_SCHEMA)
    deeds = connection.execute(
        f"SELECT {columns} FROM {schema}.deeds AS one WHERE one.token <> ALL(%s) ORDER BY one.number", [list(known)]
    ).fetchall()
    columns = ", ".join(f"one.{name}" for name in CHANGES_SCHEMA if name != "token")
    changes = connection.execute(
        f"SELECT deed.token, {columns} FROM {schema}.changes AS one JOIN {schema}.deeds AS deed "
        "ON deed.number = one.deed WHERE deed.token <> ALL(%s) AND one.position < %s", [list(known), posts],
    ).fetchall()  # fmt: skip
    return Deeds(
        pl.DataFrame(deeds, schema=DEEDS_SCHEMA, orient="row"),
        pl.DataFrame(changes, schema=CHANGES_SCHEMA, orient="row"),
    )


def standing(connection: Link, schema: str, posts: int) -> pl.DataFrame:
    """Return the posts that somebody did something with, as they stand, each with the last deed that changed it."""
    rows = connection.execute(
        f"SELECT DISTINCT ON (post.position) post.position, post.state, post.owner, post.note, deed.token, deed.at, "
        f"deed.author, deed.kind, deed.value FROM {schema}.posts AS post JOIN {schema}.changes AS one "
        f"ON one.position = post.position AND NOT one.refused JOIN {schema}.deeds AS deed ON deed.number = one.deed "
        "WHERE post.state IS NOT NULL AND post.position < %s ORDER BY post.position, deed.number DESC", [posts],
    ).fetchall()  # fmt: skip
    schema_of = _STANDING | dict.fromkeys(("token", "at", "author", "kind", "value"), pl.String)
    return pl.DataFrame(rows, schema=schema_of, orient="row")


def exchange_tags(
    connection: Link, schema: str, coming: pl.DataFrame, going: Collection[tuple[int, str]]
) -> pl.DataFrame:
    """Put on ``coming`` tags (position, tag, author, at), take off ``going``, and return all that there are then."""
    if coming.height:
        connection.execute(f"CREATE TEMP TABLE coming ON COMMIT DROP AS SELECT * FROM {schema}.tags WITH NO DATA")
        _copy(connection, "coming", coming.select(list(TAG_SCHEMA)))
        connection.execute(f"INSERT INTO {schema}.tags SELECT * FROM coming ON CONFLICT DO NOTHING")
        connection.execute("DROP TABLE coming")
    positions, names = [one[0] for one in going], [one[1] for one in going]
    connection.execute(
        f"DELETE FROM {schema}.tags USING unnest(%s::integer[], %s::text[]) AS gone (position, tag) "
        "WHERE tags.position = gone.position AND tags.tag = gone.tag", [positions, names],
    )  # fmt: skip
    changed = sorted({*coming["position"], *positions})
    if changed:
        connection.execute(
            f"UPDATE {schema}.posts AS post SET tags = (SELECT array_agg(tag ORDER BY tag) FROM {schema}.tags "
            "WHERE tags.position = post.position) WHERE post.position = ANY(%s::integer[])", [changed],
        )  # fmt: skip
    rows = connection.execute(f"SELECT position, tag, author, at FROM {schema}.tags").fetchall()
    return pl.DataFrame(rows, schema=TAG_SCHEMA, orient="row")


def _at(connection: Link, schema: str, positions: list[int]) -> pl.DataFrame:
    rows = connection.execute(
        f"SELECT position, coalesce(state, 'new'), owner, note FROM {schema}.posts "
        "WHERE position = ANY(%s::integer[]) ORDER BY position", [positions],
    ).fetchall()  # fmt: skip
    return pl.DataFrame(rows, schema=_STANDING, orient="row")


def _last(connection: Link, schema: str, positions: list[int]) -> pl.DataFrame:
    """Return who changed each post last, and when."""
    rows = connection.execute(
        f"SELECT DISTINCT ON (one.position) one.position, deed.author, deed.at FROM {schema}.changes AS one "
        f"JOIN {schema}.deeds AS deed ON deed.number = one.deed WHERE NOT one.refused "
        "AND one.position = ANY(%s::integer[]) ORDER BY one.position, deed.number DESC", [positions],
    ).fetchall()  # fmt: skip
    return pl.DataFrame(rows, schema={"position": pl.Int64, "author": pl.String, "at": pl.String}, orient="row")


def _written(connection: Link, schema: str, deed: dict[str, str | None]) -> int:
    names = list(DEEDS_SCHEMA)
    found = connection.execute(
        f"INSERT INTO {schema}.deeds ({', '.join(names)}) VALUES ({', '.join(['%s'] * len(names))}) RETURNING number",
        [deed[name] for name in names],
    ).fetchone()
    return int(found[0]) if found else 0


def _set(connection: Link, schema: str, stands: pl.DataFrame) -> None:
    connection.execute("CREATE TEMP TABLE stands (position integer, state text, owner text, note text) ON COMMIT DROP")
    _copy(connection, "stands", stands)
    connection.execute(
        f"UPDATE {schema}.posts AS post SET state = stands.state, owner = stands.owner, note = stands.note FROM stands "
        "WHERE post.position = stands.position AND (post.state IS DISTINCT FROM stands.state OR "
        "post.owner IS DISTINCT FROM stands.owner OR post.note IS DISTINCT FROM stands.note)"
    )
    connection.execute("DROP TABLE stands")


def _copy(connection: Link, table: str, rows: pl.DataFrame) -> None:
    columns = ", ".join(rows.columns)
    with connection.cursor() as cursor, cursor.copy(f"COPY {table} ({columns}) FROM STDIN (FORMAT csv)") as copying:
        for block in csv_blocks(rows):
            copying.write(block)
