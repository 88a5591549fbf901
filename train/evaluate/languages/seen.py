"""What an encoder was trained on, language by language, as its folder tells."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from ctse_core.errors import TrainError

COUNTS = ("training/pairs.csv", "pairs.csv", "counts.csv")
"""Where a run tells what it was trained on, and a folder of pairs what it kept."""


def counts_of(folder: Path) -> pl.DataFrame:
    """Return what a training run kept, out of its folder or that of its pairs: language, source, kept.

    Raises:
        TrainError: there is no such table.
    """
    found = next((folder / name for name in COUNTS if (folder / name).is_file()), None)
    if found is None:
        raise TrainError(f"{folder} tells of no pairs; name the folder of an encoder that was trained here.")
    counts = pl.read_csv(found, schema_overrides={"language": pl.Utf8, "source": pl.Utf8})
    if "kept" not in counts.columns and "pairs" in counts.columns:
        counts = counts.rename({"pairs": "kept"})
    missing = [name for name in ("language", "source", "kept") if name not in counts.columns]
    if missing:
        raise TrainError(f"{found} has no column {', '.join(missing)}; name the folder of an encoder trained here.")
    return counts
