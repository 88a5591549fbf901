"""The one long table of the bench: a row for each encoder, set, measure, variant and language."""

from __future__ import annotations

import math
import os
from pathlib import Path

import polars as pl

from ctse_core.errors import TrainError

MEAN = ""
"""The ``lang`` of a row that speaks of all languages of its set together."""

MEASURED = {
    "measure": pl.Utf8,
    "variant": pl.Utf8,
    "lang": pl.Utf8,
    "value": pl.Float64,
    "low": pl.Float64,
    "high": pl.Float64,
    "count": pl.Int64,
}
"""What a measure returns: value with its 95 % interval, and of how many sentences, posts or pairs it speaks."""
SCORES = {"encoder": pl.Utf8, "set": pl.Utf8, **MEASURED}
"""What is kept: the same with the encoder and the set in front."""

_NORMAL_95 = 1.959964


def measured(rows: list[tuple]) -> pl.DataFrame:
    """Return rows of (measure, variant, lang, value, low, high, count) as a table."""
    return pl.DataFrame(rows, schema=MEASURED, orient="row")


def labelled(encoder: str, name: str, rows: pl.DataFrame) -> pl.DataFrame:
    """Return what a measure found with the encoder and the set ``name`` in front of each row."""
    return rows.select(pl.lit(encoder).alias("encoder"), pl.lit(name).alias("set"), *MEASURED).cast(SCORES)  # type: ignore[arg-type]


def wilson(share: float, count: int) -> tuple[float, float]:
    """Return the 95 % interval of a ``share`` in [0, 1] seen in ``count`` trials.

    Source: Wilson, "Probable inference, the law of succession, and statistical inference", JASA 1927.
    """
    if count <= 0:
        return 0.0, 1.0
    z2 = _NORMAL_95**2
    middle = (share + z2 / (2 * count)) / (1 + z2 / count)
    half = _NORMAL_95 * math.sqrt(share * (1 - share) / count + z2 / (4 * count**2)) / (1 + z2 / count)
    return max(0.0, middle - half), min(1.0, middle + half)


def write_scores(scores: pl.DataFrame, path: Path) -> None:
    """Write the table as CSV, whole or not at all, numbers with six places.

    Raises:
        TrainError: the place cannot be written.
    """
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        scores.select(list(SCORES)).write_csv(beside, float_precision=6)
        os.replace(beside, path)
    except OSError as error:
        beside.unlink(missing_ok=True)
        raise TrainError(f"Cannot write {path} ({error.strerror or error}); free some space or name --out.") from error


def read_scores(path: Path) -> pl.DataFrame:
    """Return a table that ``write_scores`` wrote.

    Raises:
        TrainError: there is no such file, or it is no table of scores.
    """
    try:
        found = pl.read_csv(path, schema_overrides=SCORES)
    except (OSError, pl.exceptions.PolarsError) as error:
        raise TrainError(f"{path} cannot be read as a table of scores: {error}. Run the bench again.") from error
    missing = [name for name in SCORES if name not in found.columns]
    if missing:
        raise TrainError(f"{path} is no table of scores: it has no column {', '.join(missing)}.")
    return found.select(list(SCORES)).with_columns(pl.col(pl.Utf8).fill_null(""))
