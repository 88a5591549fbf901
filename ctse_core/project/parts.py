"""Parts of a product on disk: tables as Parquet or Arrow, arrays as NPY, everything else as JSON."""

from __future__ import annotations

import json
import os
import shutil
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

if TYPE_CHECKING:
    import polars as pl

Parts: TypeAlias = Mapping[str, Any]
"""Name of each part -> polars table, numpy array, or a value that JSON can write."""


def write_json(path: Path, value: Any) -> None:
    """Write ``value`` as JSON beside ``path``, flush it to the disk and rename it into place."""
    beside = path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}")
    with beside.open("w", encoding="utf-8") as file:
        json.dump(value, file, ensure_ascii=False, indent=1, default=str)
        file.flush()
        os.fsync(file.fileno())
    os.replace(beside, path)


@dataclass(frozen=True)
class Plain:
    """A table that is written as it lies in memory, which takes more room on the disk and is read at once."""

    table: pl.DataFrame


def write_parts(folder: Path, parts: Parts) -> None:
    """Write each part into ``folder``, which must exist."""
    import polars as pl  # here, so that a process that only watches another one is there at once

    for name, part in parts.items():
        if isinstance(part, pl.DataFrame):
            part.write_parquet(folder / f"{name}.parquet", compression="zstd")
        elif isinstance(part, Plain):
            part.table.write_ipc(folder / f"{name}.arrow")
        elif isinstance(part, np.ndarray):
            np.save(folder / f"{name}.npy", part, allow_pickle=False)
        else:
            write_json(folder / f"{name}.json", part)


def read_parts(folder: Path) -> dict[str, Any]:
    """Return all parts of ``folder``; arrays are memory-mapped and read-only.

    Raises:
        OSError: a part cannot be read.
        ValueError: a part is damaged.
    """
    import polars as pl

    parts: dict[str, Any] = {}
    for path in sorted(folder.iterdir()):
        try:
            if path.suffix == ".parquet":
                parts[path.stem] = pl.read_parquet(path)
            elif path.suffix == ".arrow":
                parts[path.stem] = pl.read_ipc(path)
            elif path.suffix == ".npy":
                parts[path.stem] = np.load(path, mmap_mode="r", allow_pickle=False)
            elif path.suffix == ".json":
                parts[path.stem] = json.loads(path.read_text(encoding="utf-8"))
        except pl.exceptions.PolarsError as damage:
            raise ValueError(f"{path} is damaged: {damage}") from damage
    return parts


def replace_folder(beside: Path, place: Path) -> None:
    """Move the finished folder ``beside`` to ``place``, whatever stood there before."""
    if place.exists():
        old = place.with_name(f".{place.name}.{uuid.uuid4().hex[:8]}.old")
        place.rename(old)
        beside.rename(place)
        shutil.rmtree(old, ignore_errors=True)
    else:
        beside.rename(place)
