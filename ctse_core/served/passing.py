"""Which posts of a shared project a search looks at, as SQL; copies are shown by the first of them that passes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ctse_core.search.interface import Where
from ctse_core.served.facts import conditions_sql
from ctse_core.served.tables import COLUMNS
from ctse_core.types import Col


@dataclass(frozen=True)
class Passing:
    """What a post must be like; an empty field lets every post through.

    ``where`` are conditions on facts, ``words`` must stand in the text case aside, ``compared`` in the compared text,
    ``outline`` are corners (x, y) that the post lies within on the map, ``only`` positions of which it must be one
    (none at all for ()), ``without`` positions of posts that are left out with their copies.
    """

    where: Where = field(default_factory=Where)
    words: str = ""
    compared: str = ""
    outline: tuple[tuple[float, float], ...] = ()
    only: tuple[int, ...] | None = None
    without: tuple[int, ...] = ()

    def __bool__(self) -> bool:
        """Return whether anything is asked of a post beside not being one of those left out."""
        return bool(self.where or self.words or self.compared or self.outline or self.only is not None)

    def sql(self, row: str) -> tuple[str, list[Any]]:
        """Return the conditions on one post of the table called ``row``, and their parameters.

        Raises:
            SettingError: a fact is not there.
        """
        told, values = conditions_sql(self.where, COLUMNS, row)
        parts = [told]
        for column, words in ((Col.TEXT, self.words), (Col.COMPARED, self.compared)):
            if words:
                parts.append(f'{row}."{column}" ILIKE %s')
                values.append(f"%{escaped(words)}%")
        if self.outline:
            parts.append(f'point({row}."{Col.X}", {row}."{Col.Y}") <@ %s::polygon')
            values.append("(" + ",".join(f"({x!r},{y!r})" for x, y in self.outline) + ")")
        if self.only is not None:
            parts.append(f"{row}.position = ANY(%s::integer[])")
            values.append(list(self.only))
        return " AND ".join(parts), values

    def first_of_copies(self, schema: str, row: str) -> tuple[str, list[Any]]:
        """Return the conditions on the post that stands for its copies: the first of them that passes."""
        told, values = self.sql(row)
        left, named = self.left_out(f'{row}."{Col.REPRESENTATIVE}"')
        if not self:
            return f'{row}.position = {row}."{Col.REPRESENTATIVE}" AND {left}', named
        other, again = self.sql("copy")
        first = (
            f"NOT EXISTS (SELECT FROM {schema}.posts AS copy WHERE copy.position < {row}.position AND "
            f'copy."{Col.REPRESENTATIVE}" = {row}."{Col.REPRESENTATIVE}" AND {other})'
        )
        return f"{told} AND {left} AND {first}", [*values, *named, *again]

    def left_out(self, representative: str) -> tuple[str, list[Any]]:
        """Return the condition that a representative, given as SQL, is none of those left out."""
        return (f"{representative} <> ALL(%s::integer[])", [list(self.without)]) if self.without else ("TRUE", [])


def escaped(words: str) -> str:
    """Return words as ILIKE takes them to stand for themselves."""
    return words.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def nearest_sql(schema: str, width: int, passing: Passing, exact: bool) -> tuple[str, list[Any]]:
    """Return SQL for the posts nearest to a vector, and its parameters but the vector and the count, which come last.

    It gives position (of the first copy that passes), the position of its vector, and the vector. ``exact`` compares
    every one that passes; else the graph is walked from the nearest outwards.
    """
    left, named = passing.left_out("near.position")
    order = f"(near.vector <#> %s::halfvec({width}))"
    if not passing:
        sql = f"SELECT near.position, near.position, near.vector FROM {schema}.vectors AS near WHERE {left} "
        return f"{sql} ORDER BY {order}{' + 0, near.position' if exact else ''} LIMIT %s", named
    told, values = passing.sql("post")
    if exact:
        sql = (
            "SELECT best.shown, near.position, near.vector FROM (SELECT min(post.position) AS shown, "
            f'post."{Col.REPRESENTATIVE}" AS of FROM {schema}.posts AS post WHERE {told} '
            f'GROUP BY post."{Col.REPRESENTATIVE}") AS best JOIN {schema}.vectors AS near ON near.position = best.of '
            f"WHERE {left} ORDER BY {order} + 0, near.position LIMIT %s"
        )
        return sql, [*values, *named]
    sql = (
        f"SELECT best.shown, near.position, near.vector FROM {schema}.vectors AS near, LATERAL "
        f'(SELECT min(post.position) AS shown FROM {schema}.posts AS post WHERE post."{Col.REPRESENTATIVE}" = '
        f"near.position AND {told}) AS best WHERE best.shown IS NOT NULL AND {left} ORDER BY {order} LIMIT %s"
    )
    return sql, [*values, *named]
