"""A shared project as it is searched: nearest posts, posts by words, and the posts themselves."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ctse_core.search import LexicalHits, LexicalSettings
from ctse_core.served.address import Address
from ctse_core.served.connection import Server
from ctse_core.served.facts import read_vectors, written_vector
from ctse_core.served.graph import FEW
from ctse_core.served.passing import Passing, nearest_sql
from ctse_core.served.tables import COLUMNS, DIGEST, KINDS, NOTED, REST, SharedProject, shared_project
from ctse_core.types import Col, Rows, Vectors

if TYPE_CHECKING:
    from ctse_core.served.connection import Link

FORM = "form"
"""Under this name the empty table of posts is kept, which says what columns there are."""


class SharedPosts:
    """Reads one shared project; may be shared by threads."""

    def __init__(self, address: Address) -> None:
        """Look the project up.

        Raises:
            ServerError: the database cannot be reached, or holds no such project.
        """
        self.server = Server(address)
        with self.server.reading() as connection:
            self.project: SharedProject = shared_project(connection, address.name, address.shown)
        self.schema = self.project.schema
        self.form = pl.read_parquet(io.BytesIO(self.project.kept[FORM]))
        self._few: dict[str, bool] = {}

    @property
    def width(self) -> int:
        """The width of the vectors."""
        return int(self.project.told["width"])

    def nearest(self, unit: Vectors, k: int, passing: Passing) -> tuple[Rows, Rows, Vectors]:
        """Return the ``k`` posts nearest to a vector (d,), best first: positions, positions of their vectors, vectors.

        Raises:
            ServerError: the database cannot be reached, or refuses.
        """
        rows: list[Any] = []
        with self.server.reading() as connection, connection.cursor(binary=True) as cursor:
            few = self._passes_few(connection, passing)
            for exact in (True,) if few else (False, True):
                sql, values = nearest_sql(self.schema, self.width, passing, exact)
                rows = cursor.execute(sql, [*values, written_vector(unit), k]).fetchall()
                if len(rows) >= k:  # fewer: the graph was searched to its limit, or there are no more
                    break
        vectors = read_vectors([row[2] for row in rows], self.width)
        best = np.argsort(-(vectors @ unit), kind="stable")
        places = np.array([row[:2] for row in rows], dtype=np.int64).reshape(-1, 2)[best]
        return places[:, 0], places[:, 1], vectors[best]

    def vectors(self, rows: Rows) -> tuple[Vectors, NDArray[np.float32], NDArray[np.float32], list[str]]:
        """Return of the posts at ``rows`` (m,): vectors (m, d), norms (m,), hubs (m, 2) and languages.

        Posts without a meaning have zeros.

        Raises:
            ServerError: the database cannot be reached, or refuses.
        """
        sql = (
            f'SELECT post.position, near.vector, near.norm, post.hub, post.rank_hub, post."{Col.LANG}" '
            f"FROM {self.schema}.posts AS post LEFT JOIN {self.schema}.vectors AS near "
            f'ON near.position = post."{Col.REPRESENTATIVE}" WHERE post.position = ANY(%s::integer[])'
        )
        with self.server.reading() as connection, connection.cursor(binary=True) as cursor:
            found = {row[0]: row[1:] for row in cursor.execute(sql, [np.unique(rows).tolist()])}
        told = [found[row] for row in rows.tolist()]
        vectors = read_vectors([one[0] for one in told], self.width)
        norms = np.array([one[1] or 0.0 for one in told], dtype=np.float32)
        hubs = np.array([one[2:4] for one in told], dtype=np.float32).reshape(-1, 2)
        return vectors, norms, hubs, [one[4] for one in told]

    def table(self, rows: Rows) -> pl.DataFrame:
        """Return the posts at ``rows`` (m,) in that order, with the columns of a project and what people noted.

        Raises:
            ServerError: the database cannot be reached, or refuses.
        """
        names = [name for name in (*KINDS, *NOTED) if name != DIGEST]
        columns = ", ".join(COLUMNS[name][0] for name in names)
        with self.server.reading() as connection, connection.cursor() as cursor:
            sql = f"SELECT position, {columns} FROM {self.schema}.posts WHERE position = ANY(%s::integer[])"
            found = {row[0]: row[1:] for row in cursor.execute(sql, [np.unique(rows).tolist()])}
        plain = {name: kind for name, kind in self.form.schema.items() if name in names}
        rest = {name: kind for name, kind in self.form.schema.items() if name not in plain}
        values = [[found[row][names.index(name)] for name in plain] for row in rows.tolist()]
        table = pl.DataFrame(values, schema=plain, orient="row", strict=False)
        if rest:
            texts = pl.Series([found[row][names.index(REST)] for row in rows.tolist()], dtype=pl.String)
            table = pl.concat([table, texts.str.json_decode(pl.Struct(rest)).struct.unnest()], how="horizontal")
        return _noted(table).select(self.form.columns)

    def column(self, column: str, rows: Rows) -> list[Any]:
        """Return one column of the posts at ``rows`` (m,), in that order."""
        sql = f"SELECT position, {COLUMNS[column][0]} FROM {self.schema}.posts WHERE position = ANY(%s::integer[])"
        with self.server.reading() as connection:
            found = dict(connection.execute(sql, [np.unique(rows).tolist()]).fetchall())
        return [found[row] for row in rows.tolist()]

    def firsts(self, passing: Passing, most: int, without: Sequence[int] = ()) -> Rows:
        """Return the positions of the first ``most`` posts that pass, one of each group of copies, ascending."""
        told, values = passing.first_of_copies(self.schema, "post")
        sql = (
            f"SELECT post.position FROM {self.schema}.posts AS post WHERE {told} "
            "AND post.position <> ALL(%s::integer[]) ORDER BY post.position LIMIT %s"
        )
        with self.server.reading() as connection:
            return _rows(connection.execute(sql, [*values, list(without), most]).fetchall())

    def texts(self, column: str, passing: Passing) -> Iterator[tuple[Rows, pl.Series]]:
        """Yield positions and a column of all posts that pass, in blocks."""
        told, values = passing.sql("post")
        sql = f'SELECT post.position, post."{column}" FROM {self.schema}.posts AS post WHERE {told}'
        with self.server.together() as connection, connection.cursor("texts") as cursor:
            cursor.execute(sql, values)
            while block := cursor.fetchmany(50_000):
                yield _rows(block), pl.Series([row[1] for row in block], dtype=pl.String)

    def values(self, column: str, most: int = 100_000) -> list[Any]:
        """Return the different values of a column, of lists those in them; null left out."""
        name, kind = COLUMNS[column]
        one = f"unnest({name})" if kind.endswith("[]") else name
        with self.server.reading() as connection:
            found = connection.execute(f"SELECT DISTINCT {one} FROM {self.schema}.posts LIMIT %s", [most])
            return [value for (value,) in found if value is not None]

    def positions(self, ids: Sequence[str]) -> dict[str, int]:
        """Return where the posts with these ids stand; of several with one id the first."""
        sql = (
            f'SELECT "{Col.POST_ID}", min(position) FROM {self.schema}.posts WHERE "{Col.POST_ID}" = ANY(%s) GROUP BY 1'
        )
        with self.server.reading() as connection:
            return dict(connection.execute(sql, [list(ids)]).fetchall())  # type: ignore[arg-type]

    def _passes_few(self, connection: Link, passing: Passing) -> bool:
        """Return whether so few posts pass that comparing all of them is quicker, as the planner counts them."""
        if self.project.told["unique"] <= FEW:
            return True
        if not passing:
            return False
        told, values = passing.sql("post")
        known = repr((told, values))
        if known not in self._few:
            plan = connection.execute(
                f"EXPLAIN (FORMAT JSON) SELECT 1 FROM {self.schema}.posts AS post WHERE {told}", values
            ).fetchone()
            self._few[known] = bool(plan) and int(plan[0][0]["Plan"]["Plan Rows"]) <= FEW
        return self._few[known]


class SharedWords:
    """Search by words in a shared project, as search.LexicalIndex does it (BM25)."""

    def __init__(self, posts: SharedPosts) -> None:
        """Search the words of ``posts``."""
        self._posts = posts
        self._settings = LexicalSettings()

    def search(self, question: Sequence[str], k: int = 10, where: Passing | None = None) -> LexicalHits:
        """Return at most ``k`` posts with any of the words, best first; equal scores are ordered by position.

        Raises:
            ServerError: the database cannot be reached, or refuses.
        """
        words = sorted(set(question))
        held = self._held(words)
        rarities = self.rarities([held.get(word, 0) for word in words])
        told, values = (where if where is not None else Passing()).first_of_copies(self._posts.schema, "post")
        strength, share = self._settings.saturation, self._settings.length
        mean = float(self._posts.project.told["words"]["mean"] or 1.0)
        sql = (
            "WITH scored AS (SELECT one.position, sum(asked.rarity * one.count * %s / (one.count + %s * "
            "(%s + %s * one.length / %s))) AS score FROM unnest(%s::text[], %s::float8[]) AS asked (word, rarity) "
            f"JOIN {self._posts.schema}.words AS held USING (word), "
            "unnest(held.positions, held.counts, held.lengths) AS one (position, count, length) GROUP BY 1) "
            f"SELECT post.position, scored.score::real FROM scored JOIN {self._posts.schema}.posts AS post "
            f"USING (position) WHERE {told} ORDER BY scored.score DESC, post.position LIMIT %s"
        )
        given = [strength + 1, strength, 1 - share, share, mean, words, rarities, *values, k]
        with self._posts.server.reading() as connection:
            found = connection.execute(sql, given).fetchall() if held else []
        return LexicalHits(_rows(found), np.array([row[1] for row in found], dtype=np.float32))

    def attainable(self, question: Sequence[str]) -> float:
        """Return the score of a post of average length that holds every word of ``question`` once."""
        words = sorted(set(question))
        held = self._held(words)
        return float(sum(self.rarities([held.get(word, 0) for word in words])))

    def rarities(self, held: Sequence[int]) -> list[float]:
        """Return the inverse document frequency of words that stand in so many posts."""
        counts, posts = np.asarray(held, dtype=np.float64), self._posts.project.told["words"]["posts"]
        return np.log1p((posts - counts + 0.5) / (counts + 0.5)).tolist()

    def _held(self, words: Sequence[str]) -> dict[str, int]:
        sql = (
            f"SELECT word, sum(cardinality(positions))::bigint FROM {self._posts.schema}.words "
            "WHERE word = ANY(%s) GROUP BY word"
        )
        with self._posts.server.reading() as connection:
            return dict(connection.execute(sql, [list(words)]).fetchall())  # type: ignore[arg-type]


def _rows(found: Sequence[Sequence[Any]]) -> Rows:
    return np.array([row[0] for row in found], dtype=np.int64)


def _noted(table: pl.DataFrame) -> pl.DataFrame:
    """Return the posts with "new" and no tags where nobody noted anything."""
    fill = [pl.col(Col.STATE).fill_null("new")] if Col.STATE in table.columns else []
    if Col.TAGS in table.columns:
        fill.append(pl.col(Col.TAGS).fill_null(pl.lit([], dtype=pl.List(pl.String))))
    return table.with_columns(fill)
