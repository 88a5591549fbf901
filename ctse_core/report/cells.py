"""What goes into a cell: formulas disarmed, characters left out that files cannot hold, lists joined."""

from __future__ import annotations

import re

import polars as pl

FORMULA_STARTS = "=+-@\t\r\n＝＋－＠"
CELL_LIMIT = 32_767  # what Excel holds in one cell, counted in UTF-16 units
LIST_SEPARATOR = " | "

_FORMULA = f"^[{re.escape(FORMULA_STARTS)}]"
_ILLEGAL = r"[\x00-\x08\x0B\x0C\x0E-\x1F\uFFFE\uFFFF]"  # what XML 1.0 cannot hold


def disarmed(table: pl.DataFrame) -> pl.DataFrame:
    """Return ``table`` fit for CSV: a text that a spreadsheet could run is preceded by an apostrophe.

    That is every text beginning with = + - @ (also full-width), a tab or a line break. Lists become texts
    joined by " | "; control characters that no file format holds are left out. Numbers and times stay.
    """
    flat = flattened(table)
    texts = [name for name, kind in flat.schema.items() if kind == pl.Utf8]
    safe = flat.with_columns(
        pl.when(pl.col(name).str.contains(_FORMULA))
        .then(pl.concat_str(pl.lit("'"), pl.col(name)))
        .otherwise(pl.col(name))
        .alias(name)
        for name in texts
    )
    return safe.rename({name: f"'{name}" for name in safe.columns if name[:1] and name[0] in FORMULA_STARTS})


def flattened(table: pl.DataFrame) -> pl.DataFrame:
    """Return ``table`` with lists joined to texts, times in UTC, and texts without illegal characters."""
    columns = []
    for name, kind in table.schema.items():
        column = pl.col(name)
        if isinstance(kind, pl.List):
            column = column.list.eval(pl.element().cast(pl.Utf8)).list.join(LIST_SEPARATOR)
        elif isinstance(kind, (pl.Categorical, pl.Enum)) or kind == pl.Object:
            column = column.cast(pl.Utf8)
        elif isinstance(kind, pl.Datetime) and kind.time_zone not in (None, "UTC"):
            column = column.dt.convert_time_zone("UTC")
        if kind in (pl.Utf8, pl.Object) or isinstance(kind, (pl.List, pl.Categorical, pl.Enum)):
            column = column.str.replace_all(_ILLEGAL, "")
        columns.append(column.alias(name))
    return table.select(columns) if columns else table


def whole_times(table: pl.DataFrame) -> pl.DataFrame:
    """Return ``table`` with its times as ISO 8601 texts in UTC ("2031-03-04T05:06:07.250000Z"), for JSON."""
    columns = []
    for name, kind in table.schema.items():
        if isinstance(kind, pl.Datetime):
            zoned = pl.col(name).dt.convert_time_zone("UTC") if kind.time_zone else pl.col(name)
            written = zoned.dt.strftime("%Y-%m-%dT%H:%M:%S%.6fZ").str.replace(".000000Z", "Z", literal=True)
            columns.append(written.alias(name))
        elif kind.is_float():  # JSON has no NaN
            columns.append(pl.when(pl.col(name).is_finite()).then(pl.col(name)).alias(name))
        else:
            columns.append(pl.col(name))
    return table.select(columns) if columns else table


def fitted(text: str) -> str:
    """Return ``text`` cut to what one Excel cell holds, with "…" at the cut."""
    if len(text) * 2 <= CELL_LIMIT:
        return text
    units = text.encode("utf-16-le", "replace")
    if len(units) <= 2 * CELL_LIMIT:
        return text
    return units[: 2 * (CELL_LIMIT - 1)].decode("utf-16-le", "ignore") + "…"
