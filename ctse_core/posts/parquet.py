"""A Parquet file as rows of text: whole numbers exact, times in ISO 8601, nested values as JSON."""

from __future__ import annotations

import polars as pl

from ctse_core.errors import InputFileError
from ctse_core.posts.header import column_names
from ctse_core.posts.results import RawTable, set_aside, tidy
from ctse_core.posts.unpack import Unpacked

MOST_ROWS = 50_000_000
"""A few kilobytes of Parquet can stand for billions of equal rows; more than this is refused."""
_EXACT = 2.0**53


def read_parquet(plain: Unpacked, most: int | None = None) -> RawTable:
    """Return the rows of a Parquet file, every cell as text; ``most`` limits them, for a preview.

    Raises:
        InputFileError: the file is damaged, or stands for more rows than can be read.
    """
    try:
        lazy = pl.scan_parquet(plain.path, glob=False)
        rows = lazy.select(pl.len()).collect().item()
        if rows > MOST_ROWS and most is None:
            raise InputFileError(f"{plain.name} holds {rows:,} rows; give at most {MOST_ROWS:,} at a time.")
        frame = (lazy if most is None else lazy.head(most)).collect()
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError) as error:
        raise InputFileError(f"{plain.name} is a damaged Parquet file; fetch or write it again.") from error
    frame = _unnested(frame)
    names, notes = column_names(frame.columns)
    damaged: dict[str, int] = {}
    columns = []
    for name, cells in zip(names, frame.get_columns(), strict=True):
        if cells.dtype.is_float() and (lost := int((cells.abs() >= _EXACT).sum())):
            damaged[name] = lost
        columns.append(_as_text(cells).rename(name))
    text, about_nul = tidy(pl.DataFrame(columns))
    numbers = pl.Series("row", range(1, frame.height + 1), dtype=pl.Int64)
    return RawTable(text, numbers, set_aside([]), "Parquet", notes=[*notes, *about_nul], damaged_numbers=damaged)


def _unnested(frame: pl.DataFrame, depth: int = 4) -> pl.DataFrame:
    """Return the frame with structs as columns of their own, named with dots."""
    nested = [name for name, kind in frame.schema.items() if isinstance(kind, pl.Struct)]
    if not nested or not depth:
        return frame
    columns: list[pl.Series] = []
    for cells in frame.get_columns():
        if cells.name in nested:
            columns += [part.rename(f"{cells.name}.{part.name}") for part in cells.struct.unnest().get_columns()]
        else:
            columns.append(cells)
    names, _ = column_names([cells.name for cells in columns])
    return _unnested(pl.DataFrame([c.rename(name) for c, name in zip(columns, names, strict=True)]), depth - 1)


def _as_text(cells: pl.Series) -> pl.Series:
    """Return a column of any kind as text."""
    kind = cells.dtype
    if isinstance(kind, pl.Datetime):
        if kind.time_zone:
            return cells.dt.convert_time_zone("UTC").dt.strftime("%Y-%m-%dT%H:%M:%S%.6fZ")
        return cells.dt.strftime("%Y-%m-%dT%H:%M:%S%.6f")
    if kind.is_float():
        whole = (cells == cells.floor()) & (cells.abs() < 1e18)
        digits = cells.cast(pl.Int64, strict=False).cast(pl.String)
        text = pl.select(pl.when(whole).then(digits).otherwise(cells.cast(pl.String))).to_series()
        return pl.select(pl.when(cells.is_not_nan()).then(text)).to_series()
    if kind == pl.Binary:
        return pl.Series([cell if cell is None else cell.decode("utf-8", "replace") for cell in cells], dtype=pl.String)
    if isinstance(kind, pl.List | pl.Array):
        return pl.DataFrame({"held": cells}).select(_list_as_json("held")).to_series()
    if isinstance(kind, pl.Struct):
        return cells.struct.json_encode()
    if kind == pl.Null:
        return cells.cast(pl.String)
    return cells.cast(pl.String, strict=False)


def _list_as_json(name: str) -> pl.Expr:
    """Return a list column as JSON, taken out of the struct that polars can encode."""
    encoded = pl.struct(pl.col(name).alias("held")).struct.json_encode()
    inner = encoded.str.strip_prefix('{"held":').str.strip_suffix("}")
    return pl.when(pl.col(name).is_not_null()).then(inner)
