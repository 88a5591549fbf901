"""A file of pairs and evaluation sets ─▶ a file of the pairs that may be trained on."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

import polars as pl

from ctse_core.errors import TrainError
from train.beside import unwritable
from train.guard.sentences import Guard
from train.pairs_reading import iter_pairs

COLUMNS = ("source", "lang", "english", "translation", "kind")


def write_cleaned(pairs: str | Path, against: Iterable[str | Path], out: Path) -> tuple[int, int]:
    """Write the pairs of a file that are in no evaluation set ``against`` to ``out`` (Parquet), tidied.

    Returns how many were written and how many were in an evaluation set. Rows that are no pairs are left out.

    Raises:
        TrainError: a file cannot be read, or ``out`` cannot be written.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    if out.suffix.lower() != ".parquet":
        raise TrainError(f"{out} must end in .parquet, since the cleaned pairs are written as Parquet.")
    guard = Guard.of_files(against)
    schema = pa.schema([(name, pa.large_string()) for name in COLUMNS])
    beside = out.with_name(f".{out.name}.part")
    kept = dropped = 0
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        with pq.ParquetWriter(beside, schema, compression="zstd") as writer:
            for batch in iter_pairs(pairs):
                free = batch.filter(pl.Series(guard.guarded(batch) < 0, dtype=pl.Boolean))
                kept, dropped = kept + len(free), dropped + len(batch) - len(free)
                writer.write_table(free.select(COLUMNS).to_arrow(compat_level=pl.CompatLevel.oldest()).cast(schema))
        os.replace(beside, out)
    except OSError as error:
        raise unwritable(out, error, "--out") from error
    finally:
        beside.unlink(missing_ok=True)
    return kept, dropped
