"""Posts, vectors and words of a project on their way into the database: what is there already is not sent again."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ctse_core.served.facts import BLOCK, csv_blocks, vector_blocks
from ctse_core.served.graph import FEW, Memory, link_vectors, memory_for
from ctse_core.served.tables import DIGEST, KINDS, NOTED, REST
from ctse_core.types import Rows, Vectors

if TYPE_CHECKING:
    from ctse_core.served.connection import Link

PART = 65_536
"""Posts whose words are kept together, and are written again together."""
ANEW = 0.3  # of the vectors changed: the graph is built again, which is quicker than changing it


@dataclass(frozen=True)
class Sent:
    """How many posts were new, changed or taken away, and how many vectors and words' parts were written."""

    new: int = 0
    changed: int = 0
    gone: int = 0
    vectors: int = 0
    parts: int = 0

    def __bool__(self) -> bool:
        return any((self.new, self.changed, self.gone, self.vectors, self.parts))


def posts_as_kept(table: pl.DataFrame) -> pl.DataFrame:
    """Return posts (n rows) with the columns that the database has, ``position`` first, the others as JSON."""
    missing = [name for name in KINDS if name not in table.columns and name not in (REST, DIGEST)]
    rest = [name for name in table.columns if name not in KINDS and name not in NOTED and name != "position"]
    whole = table.with_columns([pl.lit(None, dtype=pl.String).alias(name) for name in missing])
    blocks = []
    for start in range(0, max(1, whole.height), BLOCK):
        part = whole[start : start + BLOCK]
        told = pl.struct(rest).struct.json_encode() if rest else pl.lit("{}")
        part = part.with_columns(told.alias(REST), pl.int_range(start, start + part.height).alias("position"))
        part = part.select("position", *(name for name in KINDS if name != DIGEST))
        digest = pl.struct(pl.exclude("position")).struct.json_encode().hash(0).reinterpret(signed=True)
        blocks.append(part.with_columns(digest.alias(DIGEST)))
    return pl.concat(blocks)


def send_posts(connection: Link, schema: str, kept: pl.DataFrame, hubs: NDArray[np.float32]) -> Sent:
    """Write the posts that are new or differ, and take away those beyond; ``hubs`` (n, 2) go with each.

    ``hubs`` are how near a post lies to questions about other things, as it is and as it is ranked.
    """
    there = known(connection, f"{schema}.posts", DIGEST, kept.height)
    coming = kept[DIGEST].to_numpy()
    told = np.flatnonzero((there.values != coming) | ~there.there)
    new = int((~there.there).sum())
    gone = connection.execute(f"DELETE FROM {schema}.posts WHERE position >= %s", [kept.height]).rowcount
    if len(told):
        rows = kept[told].with_columns(
            pl.Series("hub", hubs[told, 0]).cast(pl.Float32), pl.Series("rank_hub", hubs[told, 1]).cast(pl.Float32)
        )
        columns = ", ".join(f'"{name}"' for name in rows.columns)
        connection.execute(
            f"CREATE TEMP TABLE coming ON COMMIT DROP AS SELECT {columns} FROM {schema}.posts WITH NO DATA"
        )
        _copy(connection, f"COPY coming ({columns}) FROM STDIN (FORMAT csv)", csv_blocks(rows))
        changed = ", ".join(f'"{name}" = excluded."{name}"' for name in rows.columns if name != "position")
        connection.execute(
            f"INSERT INTO {schema}.posts ({columns}) SELECT {columns} FROM coming "
            f"ON CONFLICT (position) DO UPDATE SET {changed}"
        )
        connection.execute("DROP TABLE coming")
    return Sent(new=new, changed=len(told) - new, gone=gone)


def send_vectors(connection: Link, schema: str, rows: Rows, vectors: Vectors, norms: NDArray[np.float32]) -> int:
    """Write the vectors (m, d), unit, of the posts at ``rows`` (m,) that are new or differ; return how many."""
    table = f"{schema}.vectors"
    digests = digests_of(vectors)
    last = int(rows[-1]) + 1 if len(rows) else 0
    there = known(connection, table, "digest", last)
    told = np.flatnonzero((there.values[rows] != digests) | ~there.there[rows])
    held = int(there.there.sum())
    here = np.zeros(last, dtype=bool)
    here[rows] = True
    gone = np.flatnonzero(there.there & ~here).tolist()
    connection.execute(f"DELETE FROM {table} WHERE position >= %s OR position = ANY(%s)", [last, gone])
    if len(told) > ANEW * held:
        connection.execute(f"DROP INDEX IF EXISTS {schema}.graph")
    if len(told):
        wide = vectors.shape[1]
        connection.execute(
            f"CREATE TEMP TABLE coming (position integer, vector halfvec({wide}), digest bigint) ON COMMIT DROP"
        )
        blocks = vector_blocks(rows[told], vectors[told], digests[told])
        _copy(connection, "COPY coming FROM STDIN (FORMAT binary)", blocks)
        connection.execute("CREATE TEMP TABLE lengths (position integer, norm real) ON COMMIT DROP")
        lengths = pl.DataFrame({"position": rows[told], "norm": norms[told].astype(np.float32)})
        _copy(connection, "COPY lengths FROM STDIN (FORMAT csv)", csv_blocks(lengths))
        connection.execute(
            f"INSERT INTO {table} (position, vector, norm, digest) SELECT position, vector, norm, digest "
            "FROM coming JOIN lengths USING (position) ORDER BY position ON CONFLICT (position) "
            "DO UPDATE SET vector = excluded.vector, norm = excluded.norm, digest = excluded.digest"
        )
        connection.execute("DROP TABLE coming, lengths")
    return len(told) + len(gone)


def build_graph(connection: Link, schema: str, width: int, told: int = 0) -> Memory | None:
    """Build the graph where vectors are too many to compare all and there is none; return in what, None if not.

    ``told`` are the megabytes of the server's memory that it may take (0: what the server's settings leave).

    Raises:
        SettingError: PostgreSQL does not take so much.
    """
    found = connection.execute(
        f"SELECT to_regclass('{schema}.graph') IS NOT NULL, (SELECT count(*) FROM {schema}.vectors)"
    ).fetchone()
    if found is None or found[0] or found[1] <= FEW:
        return None
    memory = memory_for(connection, int(found[1]), width, told)
    link_vectors(connection, f"{schema}.vectors", "graph", memory)
    return memory


def send_words(connection: Link, schema: str, words: pl.Series) -> int:
    """Write the words of posts (n lists) in parts, those that differ; return how many parts were written."""
    parts = -(-len(words) // PART)
    there = known(connection, f"{schema}.word_parts", "digest", parts, "part")
    connection.execute(f"DELETE FROM {schema}.words WHERE part >= %s", [parts])
    connection.execute(f"DELETE FROM {schema}.word_parts WHERE part >= %s", [parts])
    sent = 0
    for part in range(parts):
        here = words[part * PART : (part + 1) * PART]
        joined = here.list.join("\0").hash(0).to_numpy()
        places = np.arange(1, 2 * len(joined), 2, dtype=np.uint64)
        digest = int((joined * places).sum(dtype=np.uint64).astype(np.int64))
        if there.there[part] and there.values[part] == digest:
            continue
        connection.execute(f"DELETE FROM {schema}.words WHERE part = %s", [part])
        _copy(connection, f"COPY {schema}.words FROM STDIN (FORMAT csv)", csv_blocks(postings(here, part * PART, part)))
        connection.execute(
            f"INSERT INTO {schema}.word_parts VALUES (%s, %s) "
            "ON CONFLICT (part) DO UPDATE SET digest = excluded.digest",
            [part, digest],
        )
        sent += 1
    return sent


def postings(words: pl.Series, first: int, part: int) -> pl.DataFrame:
    """Return for each word of posts (n lists) its posts, how often it stands in each, and how long each is."""
    posts = pl.DataFrame(
        {
            "position": pl.int_range(first, first + len(words), dtype=pl.Int32, eager=True),
            "word": words,
            "length": words.list.len().clip(0, 32_767).cast(pl.Int16),
        }
    )
    counted = posts.explode("word").drop_nulls("word").group_by("word", "position", "length", maintain_order=True).len()
    counted = counted.with_columns(pl.col("len").clip(0, 32_767).cast(pl.Int16)).sort("word", "position")
    lists = counted.group_by("word", maintain_order=True).agg("position", "len", "length")
    return lists.select("word", pl.lit(part, dtype=pl.Int32).alias("part"), "position", "len", "length")


@dataclass(frozen=True)
class _Known:
    values: NDArray[np.int64]
    there: NDArray[np.bool_]


def known(connection: Link, table: str, column: str, rows: int, key: str = "position") -> _Known:
    """Return what a table holds in ``column`` for the keys 0 to ``rows``, and which of them are there."""
    values, there = np.zeros(rows, dtype=np.int64), np.zeros(rows, dtype=bool)
    with connection.cursor(binary=True) as cursor:
        found = cursor.execute(f'SELECT {key}, "{column}" FROM {table} WHERE {key} < %s', [rows]).fetchall()
    if found:
        keys, held = np.array(found, dtype=np.int64).T
        values[keys], there[keys] = held, True
    return _Known(values, there)


def digests_of(vectors: Vectors) -> NDArray[np.int64]:
    """Return a number (m,) for each row that changes when float16 would."""
    found = np.zeros(len(vectors), dtype=np.uint64)
    weights = np.random.default_rng(7).integers(1, 2**63, vectors.shape[1], dtype=np.uint64) * 2 + 1
    for start in range(0, len(vectors), BLOCK):
        bits = np.ascontiguousarray(vectors[start : start + BLOCK], dtype=np.float16).view(np.uint16).astype(np.uint64)
        found[start : start + BLOCK] = bits @ weights
    return found.astype(np.int64)


def _copy(connection: Link, sql: str, blocks: Iterable[bytes]) -> None:
    with connection.cursor() as cursor, cursor.copy(sql) as copying:
        for block in blocks:
            copying.write(block)
