"""Columns of a table as PostgreSQL keeps them: their kinds, rows on their way in and out, conditions on them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ctse_core.errors import SettingError
from ctse_core.search.interface import Condition, Where
from ctse_core.types import Vectors

BLOCK = 20_000  # rows that are written out at once
_KINDS: dict[str, tuple[pl.DataType, str]] = {
    str(kind): (kind, sql)
    for kind, sql in (
        (pl.String(), "text"),
        (pl.Int8(), "smallint"),
        (pl.Int16(), "smallint"),
        (pl.Int32(), "integer"),
        (pl.Int64(), "bigint"),
        (pl.UInt8(), "smallint"),
        (pl.UInt16(), "integer"),
        (pl.UInt32(), "bigint"),
        (pl.Float32(), "real"),
        (pl.Float64(), "double precision"),
        (pl.Boolean(), "boolean"),
        (pl.Datetime("us", "UTC"), "timestamptz"),
    )
}
_COPY_HEAD = b"PGCOPY\n\xff\r\n\0" + b"\0" * 8
_COPY_TAIL = b"\xff\xff"


class Copying(Protocol):
    """What rows are written to."""

    def write(self, buffer: bytes | str) -> None:
        """Take the next bytes."""
        ...


def kind_of(dtype: pl.DataType) -> str:
    """Return the name under which a column's kind is kept.

    Raises:
        SettingError: the database keeps no such columns.
    """
    if str(dtype) in _KINDS:
        return str(dtype)
    if isinstance(dtype, pl.List) and str(dtype.inner) in _KINDS:
        return f"{dtype.inner}[]"
    raise SettingError(
        f"A column of kind {dtype} cannot be kept as a fact; use texts, numbers, times or lists of them."
    )


def sql_of(kind: str) -> str:
    """Return how PostgreSQL calls a kind."""
    return _KINDS[kind.removesuffix("[]")][1] + ("[]" if kind.endswith("[]") else "")


def dtype_of(kind: str) -> pl.DataType:
    """Return the kind as a table has it."""
    plain = _KINDS[kind.removesuffix("[]")][0]
    return pl.List(plain) if kind.endswith("[]") else plain


def framed(rows: Sequence[Sequence[Any]], kinds: Mapping[str, str]) -> pl.DataFrame:
    """Return rows of the database as a table with columns of these kinds."""
    return pl.DataFrame(rows, schema={name: dtype_of(kind) for name, kind in kinds.items()}, orient="row")


def csv_blocks(table: pl.DataFrame) -> Iterator[bytes]:
    """Yield the table as COPY … (FORMAT csv, NULL '') takes it: what is null without quotes, every text in quotes."""
    for start in range(0, table.height, BLOCK):
        part = table[start : start + BLOCK].with_columns(
            [_written(name, kind).alias(name) for name, kind in table.schema.items()]
        )
        yield part.write_csv(include_header=False, quote_style="never", null_value="").encode()


def _written(name: str, kind: pl.DataType) -> pl.Expr:
    column = pl.col(name)
    if isinstance(kind, pl.List):
        value = pl.element().cast(pl.String)
        if kind.inner == pl.String:
            value = _plain(value).str.replace_all("\\", "\\\\", literal=True).str.replace_all('"', '\\"', literal=True)
            value = pl.concat_str(pl.lit('"'), value, pl.lit('"'))
        inside = column.list.eval(value).list.join(",")
        return _quoted(pl.when(column.is_not_null()).then(pl.concat_str(pl.lit("{"), inside, pl.lit("}"))))
    if isinstance(kind, pl.Datetime):
        return column.dt.strftime("%Y-%m-%d %H:%M:%S%.6f+00")
    if kind == pl.String:
        return _quoted(_plain(column))
    return column.cast(pl.String)


def _plain(text: pl.Expr) -> pl.Expr:
    return text.str.replace_all("\0", "", literal=True)  # the one letter that PostgreSQL keeps no text with


def _quoted(text: pl.Expr) -> pl.Expr:
    return pl.concat_str(pl.lit('"'), text.str.replace_all('"', '""', literal=True), pl.lit('"'))


def vector_blocks(numbers: NDArray[np.integer], vectors: Vectors, beside: NDArray | None = None) -> Iterator[bytes]:
    """Yield (number, vector as halfvec) as COPY … (FORMAT binary) takes them; ``beside`` (m,) int64 is a third column.

    ``vectors`` (m, d) of lengths that float16 can hold.
    """
    wide = vectors.shape[1]
    fields: list[Any] = [("count", ">i2"), ("size", ">i4"), ("number", ">i4"), ("bytes", ">i4")]
    fields += [("wide", ">i2"), ("unused", ">i2"), ("vector", ">f2", (wide,))]
    fields += [] if beside is None else [("beside_size", ">i4"), ("beside", ">i8")]
    yield _COPY_HEAD
    for start in range(0, len(numbers), BLOCK):
        part = slice(start, start + BLOCK)
        rows = np.zeros(len(numbers[part]), dtype=fields)
        rows["count"], rows["size"], rows["number"] = 2 + (beside is not None), 4, numbers[part]
        rows["bytes"], rows["wide"], rows["vector"] = 4 + 2 * wide, wide, vectors[part]
        if beside is not None:
            rows["beside_size"], rows["beside"] = 8, beside[part]
        yield rows.tobytes()
    yield _COPY_TAIL


def read_vectors(written: Sequence[bytes | None], width: int) -> Vectors:
    """Return halfvec values as the driver gives them in binary form as (m, d) float32; zeros for null."""
    found = np.zeros((len(written), width), dtype=np.float32)
    for row, value in enumerate(written):
        if value is not None:
            found[row] = np.frombuffer(value, dtype=">f2", offset=4)
    return found


def written_vector(vector: NDArray[np.floating]) -> str:
    """Return a vector (d,) as PostgreSQL reads it."""
    return "[" + ",".join(f"{number:.6g}" for number in vector.tolist()) + "]"


def conditions_sql(where: Where | None, columns: Mapping[str, tuple[str, str]], row: str) -> tuple[str, list[Any]]:
    """Return the conditions as SQL on the table called ``row``, and its parameters; "TRUE" where there are none.

    ``columns`` gives each fact's column and kind. ``without`` is left to the caller, who knows the keys.

    Raises:
        SettingError: a fact is not there.
    """
    parts, values = [], []
    for one in where.conditions if where else ():
        if one.fact not in columns:
            raise SettingError(f"There is no fact “{one.fact}” here; there are {', '.join(columns) or 'none'}.")
        name, kind = columns[one.fact]
        sql, given = _condition(one, f"{row}.{name}", kind)
        parts.append(sql)
        values += given
    return " AND ".join(parts) or "TRUE", values


def _condition(one: Condition, column: str, kind: str) -> tuple[str, list[Any]]:
    many = kind.endswith("[]")
    held: list[str] = []
    values: list[Any] = []
    if one.any_of:
        held.append(
            f"{column} {'&&' if many else '= ANY('} %s::{sql_of(kind.removesuffix('[]'))}[]{'' if many else ')'}"
        )
        values.append(list(one.any_of))
    for limit, sign in ((one.at_least, ">="), (one.below, "<")):
        if limit is not None:
            held.append(f"{column} {sign} %s")
            values.append(limit)
    told = f"({' AND '.join(held)})" if held else "FALSE"
    if one.missing:
        empty = f"({column} IS NULL OR cardinality({column}) = 0)" if many else f"({column} IS NULL)"
        told = f"({told} OR {empty})" if held else empty
    return told, values
