"""The index of interface.py in PostgreSQL: keys, vectors as halfvec under HNSW, facts as columns beside them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from ctse_core.errors import EncoderError, ServerError, SettingError
from ctse_core.search.interface import Found, Where
from ctse_core.served.address import Address
from ctse_core.served.connection import Server
from ctse_core.served.facts import (
    conditions_sql,
    csv_blocks,
    dtype_of,
    framed,
    kind_of,
    read_vectors,
    sql_of,
    vector_blocks,
    written_vector,
)
from ctse_core.served.graph import FEW, link_vectors, memory_for
from ctse_core.types import Vectors, check_vectors

if TYPE_CHECKING:
    from ctse_core.served.connection import Link

SPARE = 16  # more than asked for, so that equal cosines at the end are put in order
_REGISTRY = (
    "CREATE SCHEMA IF NOT EXISTS ctse; CREATE TABLE IF NOT EXISTS ctse.indexes "
    "(name text PRIMARY KEY, number serial, width integer NOT NULL, facts text)"
)


@dataclass(frozen=True)
class _Shape:
    """Which table holds the index, how wide its vectors are, its facts' kinds; None until the first are written."""

    table: str
    width: int
    kinds: dict[str, str] | None

    @property
    def columns(self) -> dict[str, tuple[str, str]]:
        """Column and kind of each fact: names of any length stand behind numbers."""
        return {name: (f"f{place}", kind) for place, (name, kind) in enumerate((self.kinds or {}).items())}


class ServedIndex:
    """An index in a database that several programs read and write at once; see search.interface.Index."""

    def __init__(self, address: Address, width: int = 0) -> None:
        """Open the index that the address names, or make an empty one for vectors (m, ``width``).

        Raises:
            ServerError: the database cannot be reached, has no pgvector, or there is no such index and no width.
            EncoderError: it holds vectors of another width.
        """
        self._server = Server(address)
        self._server.set_up(_REGISTRY)
        with self._server.writing(f"index {address.name}") as connection:
            found = _shape(connection, address.name)
            if found is None:
                found = _made(connection, address, width)
        if width and found.width != width:
            self.close()
            raise EncoderError(f"“{address.name}” holds vectors {found.width} wide, not {width}; choose another name.")
        self._shape = found

    @property
    def width(self) -> int:
        """The width d of the vectors."""
        return self._shape.width

    def __len__(self) -> int:
        """Return how many entries there are."""
        with self._server.reading() as connection:
            return int(_one(connection, f"SELECT count(*) FROM {self._shape.table}"))

    def add(self, keys: Sequence[str], vectors: Vectors, facts: pl.DataFrame | None = None) -> None:
        """Put in entries, in one transaction; see search.interface.Index.

        Raises:
            SettingError: keys, vectors and facts differ in number, a key comes twice, or a fact is of another kind.
            EncoderError: the vectors have another width, or are not finite.
            ServerError: the database cannot be reached, or refuses.
        """
        given = check_vectors(np.atleast_2d(vectors), dim=self.width) if len(keys) else np.zeros((0, self.width))
        told = facts if facts is not None else pl.DataFrame({"": []}).drop("")
        if len(given) != len(keys) or (told.width and told.height != len(keys)):
            raise SettingError(
                f"There are {len(keys):,} keys, {len(given):,} vectors and {told.height:,} rows of facts."
            )
        if len(set(keys)) != len(keys):
            raise SettingError("A key comes twice among the entries to add; every entry needs its own.")
        if not keys:
            return
        with self._server.writing(f"index {self._server.address.name}") as connection:
            self._shape = shape = self._with_facts(connection, told)
            _copied(connection, shape, list(keys), np.asarray(given, dtype=np.float32), told)
            _keep_graph(connection, shape.table, shape.width)

    def delete(self, keys: Sequence[str]) -> int:
        """Take out the entries with these keys and return how many were there.

        Raises:
            ServerError: the database cannot be reached, or refuses.
        """
        with self._server.writing(f"index {self._server.address.name}") as connection:
            gone = connection.execute(f"DELETE FROM {self._shape.table} WHERE key = ANY(%s)", [list(keys)])
            return gone.rowcount

    def search(
        self, queries: Vectors, k: int = 10, where: Where | None = None, give: Sequence[str] = ()
    ) -> list[Found]:
        """Return the ``k`` entries most similar to each query; see search.interface.Index.

        Raises:
            SettingError: ``k`` is below 1, or a fact is asked for that the index does not have.
            EncoderError: the queries have another width than the index, or are not finite.
            ServerError: the database cannot be reached, or refuses.
        """
        if k < 1:
            raise SettingError(f"Ask for at least one result, not for {k}.")
        asked = check_vectors(np.atleast_2d(queries), dim=self.width)
        columns = self._shape.columns
        missing = [name for name in give if name not in columns]
        if missing:
            raise SettingError(f"There is no fact “{missing[0]}” here; there are {', '.join(columns) or 'none'}.")
        passes, values = conditions_sql(where, columns, "one")
        if where and where.without:
            passes, values = f"{passes} AND one.key <> ALL(%s)", [*values, list(where.without)]
        with self._server.reading() as connection:
            few = _few(connection, self._shape.table, passes, values)
            return [self._found(connection, query, k, (passes, values), (tuple(give), few)) for query in asked]

    def vectors(self, keys: Sequence[str]) -> Vectors:
        """Return the vectors (m, d) of the entries, rounded to float16 at length one; zeros where a key is unknown.

        Raises:
            ServerError: the database cannot be reached, or refuses.
        """
        with self._server.reading() as connection, connection.cursor(binary=True) as cursor:
            sql = f"SELECT key, vector, length FROM {self._shape.table} WHERE key = ANY(%s) AND vector IS NOT NULL"
            found = {key: (vector, length) for key, vector, length in cursor.execute(sql, [list(keys)])}
        unit = read_vectors([found.get(key, (None, 0.0))[0] for key in keys], self.width)
        return unit * np.array([[found.get(key, (None, 0.0))[1]] for key in keys], dtype=np.float32).reshape(-1, 1)

    def refresh(self) -> None:
        """See what others wrote since: their entries are seen at once, facts that they brought from here on.

        Raises:
            ServerError: the index is gone, or the database cannot be reached.
        """
        with self._server.reading() as connection:
            found = _shape(connection, self._server.address.name)
        if found is None:
            raise ServerError(f"There is no index at {self._server.address.shown} any more; somebody took it away.")
        self._shape = found

    def close(self) -> None:
        """Let go of the connection; what was written stays. Closing twice does no harm."""
        self._server.close()

    def _with_facts(self, connection: Link, facts: pl.DataFrame) -> _Shape:
        """Return the shape with its facts decided: by what was there, else by the first that come."""
        shape = _shape(connection, self._server.address.name) or self._shape
        kinds = {name: kind_of(dtype) for name, dtype in facts.schema.items()}
        if shape.kinds is None and facts.width:
            shape = _Shape(shape.table, shape.width, kinds)
            for name, kind in shape.columns.values():
                connection.execute(f"ALTER TABLE {shape.table} ADD COLUMN {name} {sql_of(kind)}")
                connection.execute(
                    f"CREATE INDEX ON {shape.table} {'USING gin ' if kind.endswith('[]') else ''}({name})"
                )
            connection.execute(
                "UPDATE ctse.indexes SET facts = %s WHERE name = %s", [json.dumps(kinds), self._server.address.name]
            )
        for name, kind in kinds.items():
            known = (shape.kinds or {}).get(name)
            if known != kind:
                raise SettingError(
                    f"The fact “{name}” is {kind} here, but {known or 'none of the facts'} in the index; "
                    "give it the columns that it began with."
                )
        return shape

    def _found(
        self,
        connection: Link,
        query: Vectors,
        k: int,
        passing: tuple[str, list[Any]],
        how: tuple[tuple[str, ...], bool],
    ) -> Found:
        (passes, values), (give, few) = passing, how
        kinds = {name: (self._shape.kinds or {})[name] for name in give}
        length = float(np.linalg.norm(query))
        if length == 0:
            return Found(
                (), np.zeros(0, dtype=np.float32), pl.DataFrame(schema={n: dtype_of(x) for n, x in kinds.items()})
            )
        unit = query / length
        shown = "".join(f", one.{self._shape.columns[name][0]}" for name in give)
        rows: list[tuple[Any, ...]] = []
        with suppress(StopIteration):
            for exact in (True,) if few else (False, True):
                order = f"(one.vector <#> %s::halfvec({self.width}))"
                sql = (
                    f"SELECT one.key, one.vector{shown} FROM {self._shape.table} AS one WHERE one.vector IS NOT NULL "
                    f"AND {passes} ORDER BY {order}{' + 0, one.key' if exact else ''} LIMIT {k + SPARE}"
                )
                with connection.cursor(binary=True) as cursor:
                    rows = cursor.execute(sql, [*values, written_vector(unit)]).fetchall()
                if len(rows) >= k:  # fewer: the graph was searched to its limit, or there are no more
                    raise StopIteration
        near = _cosines(read_vectors([row[1] for row in rows], self.width), unit)
        best = sorted(range(len(rows)), key=lambda row: (-near[row], rows[row][0]))[:k]
        return Found(
            tuple(rows[row][0] for row in best),
            near[best].astype(np.float32),
            framed([rows[row][2:] for row in best], kinds),
        )


def _cosines(vectors: Vectors, unit: Vectors) -> np.ndarray:
    """Return the cosines (m,) of rows with one unit vector; equal rows get equal numbers."""
    exact = vectors.astype(np.float64)
    lengths = np.sqrt((exact * exact).sum(axis=1))
    return np.clip((exact * unit.astype(np.float64)).sum(axis=1) / np.where(lengths > 0, lengths, 1.0), -1.0, 1.0)


def _one(connection: Link, sql: str, values: Sequence[Any] = ()) -> Any:
    found = connection.execute(sql, list(values)).fetchone()  # type: ignore[call-overload]
    return found[0] if found else None


def _few(connection: Link, table: str, passes: str, values: list[Any]) -> bool:
    """Return whether so few entries pass that looking at each of them is quicker, as the planner counts them."""
    told = _one(connection, f"EXPLAIN (FORMAT JSON) SELECT 1 FROM {table} AS one WHERE {passes}", values)
    return int(told[0]["Plan"]["Plan Rows"]) <= FEW


def _shape(connection: Link, name: str) -> _Shape | None:
    found = connection.execute("SELECT number, width, facts FROM ctse.indexes WHERE name = %s", [name]).fetchone()
    if found is None:
        return None
    return _Shape(f"ctse.index_{found[0]}", int(found[1]), json.loads(found[2]) if found[2] else None)


def _made(connection: Link, address: Address, width: int) -> _Shape:
    if width < 1:
        raise ServerError(f"There is no index at {address.shown}; name one that is there, or say how wide to make it.")
    number = _one(
        connection, "INSERT INTO ctse.indexes (name, width) VALUES (%s, %s) RETURNING number", [address.name, width]
    )
    table = f"ctse.index_{int(number)}"
    connection.execute(
        f'CREATE TABLE {table} (key text COLLATE "C" PRIMARY KEY, vector halfvec({int(width)}), length real NOT NULL)'
    )
    connection.execute(f"ALTER TABLE {table} ALTER vector SET STORAGE PLAIN")  # beside its row: read at every step
    return _Shape(table, width, None)


def _copied(connection: Link, shape: _Shape, keys: list[str], vectors: Vectors, facts: pl.DataFrame) -> None:
    """Write entries; those whose key is there are replaced whole."""
    lengths = np.linalg.norm(vectors, axis=1)
    full = np.flatnonzero(lengths > 0)
    beside = shape.columns
    columns = "".join(f", {beside[name][0]}" for name in facts.columns)
    connection.execute(
        f"CREATE TEMP TABLE coming_facts ON COMMIT DROP AS SELECT 0 AS number, key, length{columns} "
        f"FROM {shape.table} WITH NO DATA"
    )
    connection.execute(
        f"CREATE TEMP TABLE coming_vectors (number integer, vector halfvec({shape.width})) ON COMMIT DROP"
    )
    table = pl.DataFrame({"number": range(len(keys)), "": keys, " ": lengths.astype(np.float32)})
    table = pl.concat([table, facts.rename({name: f"fact {name}" for name in facts.columns})], how="horizontal")
    with connection.cursor() as cursor:
        with cursor.copy("COPY coming_facts FROM STDIN (FORMAT csv)") as copying:
            for block in csv_blocks(table):
                copying.write(block)
        with cursor.copy("COPY coming_vectors FROM STDIN (FORMAT binary)") as copying:
            for part in vector_blocks(full, vectors[full] / lengths[full][:, None]):
                copying.write(part)
    every = ["vector", "length", *(name for name, _ in beside.values())]
    connection.execute(
        f"INSERT INTO {shape.table} (key, vector, length{columns}) "
        f"SELECT key, vector, length{columns} FROM coming_facts LEFT JOIN coming_vectors USING (number) "
        f"ON CONFLICT (key) DO UPDATE SET {', '.join(f'{name} = excluded.{name}' for name in every)}"
    )
    connection.execute("DROP TABLE coming_facts, coming_vectors")


def _keep_graph(connection: Link, table: str, width: int) -> None:
    """Build the graph as soon as there are so many vectors that it pays, and tell the planner what there is."""
    connection.execute(f"ANALYZE {table}")
    there = _one(connection, "SELECT to_regclass(%s) IS NOT NULL", [f"{table}_graph"])
    count = int(_one(connection, "SELECT count(*) FROM " + table))
    if not there and count > FEW:
        link_vectors(connection, table, f"{table.partition('.')[2]}_graph", memory_for(connection, count, width))
