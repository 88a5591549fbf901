"""A segment of an embedded index: entries in files that never change once written, sorted by key."""

from __future__ import annotations

import os
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ctse_core.search.confidence import BulkBackground
from ctse_core.search.index import VectorIndex, reciprocal_lengths
from ctse_core.search.quantised import Codes, quantise
from ctse_core.search.shifted import Shifted
from ctse_core.types import Rows, Vectors

KEY = "key"
EXACT_UP_TO = 200_000  # entries of a segment up to which every search reads their vectors in full
BLOCK = 65_536


@dataclass(frozen=True)
class Segment:
    """Entries as they lie in a folder: ``keys`` (m,) sorted, ``facts`` m rows, their index; ``live`` (m,) bool."""

    name: str
    keys: pl.Series
    facts: pl.DataFrame
    index: VectorIndex
    live: NDArray[np.bool_]

    def rows_of(self, keys: Sequence[str]) -> Rows:
        """Return the row (a,) of each of ``keys`` (a,), -1 where no living entry has it."""
        if not len(self.keys) or not keys:
            return np.full(len(keys), -1, dtype=np.int64)
        asked = pl.Series(list(keys), dtype=pl.Utf8)
        rows = np.minimum(self.keys.search_sorted(asked).to_numpy().astype(np.int64), len(self.keys) - 1)
        there = (self.keys.gather(rows) == asked).to_numpy() & self.live[rows]
        return np.where(there, rows, -1)


@dataclass(frozen=True)
class Entries:
    """Entries on their way into a segment: ``keys`` (m,), ``vectors`` (m, d), ``facts`` m rows."""

    keys: pl.Series
    vectors: Sequence[tuple[Vectors | Shifted, Rows]]
    facts: pl.DataFrame


def write_segment(folder: Path, entries: Entries, order: Rows, width: int) -> str:
    """Write ``entries`` in ``order`` (m,) into a new folder beside the others and return its name.

    ``entries.vectors`` are arrays, each with the rows of it that count, one below the other.
    """
    name = f"segment-{uuid.uuid4().hex[:12]}"
    place = folder / name
    place.mkdir()
    keys = entries.keys.alias(KEY).to_frame()
    table = keys.hstack(entries.facts) if entries.facts.width else keys
    table[order].write_ipc(place / "entries.arrow")
    vectors = np.lib.format.open_memmap(place / "vectors.npy", "w+", np.float32, (len(order), width))
    went = np.empty(len(order), dtype=np.int64)
    went[order] = np.arange(len(order))  # where each row goes
    before = 0
    for array, rows in entries.vectors:
        for start in range(0, len(rows), BLOCK):
            part = rows[start : start + BLOCK]
            vectors[went[before + start : before + start + len(part)]] = array[part]
        before += len(rows)
    vectors.flush()
    np.save(place / "scale.npy", reciprocal_lengths(vectors), allow_pickle=False)
    if len(order) > EXACT_UP_TO:
        codes = quantise(vectors)
        np.save(place / "steps.npy", codes.steps, allow_pickle=False)
        np.save(place / "size.npy", codes.size, allow_pickle=False)
    for file in place.iterdir():
        _to_disk(file)
    return name


def _to_disk(path: Path) -> None:
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def open_segment(folder: Path, name: str, gone: str | None) -> Segment:
    """Return the segment of that name, memory-mapped; ``gone`` names the file with the rows deleted since."""
    place = folder / name
    table = pl.read_ipc(place / "entries.arrow")
    vectors = np.load(place / "vectors.npy", mmap_mode="r", allow_pickle=False)
    codes = None
    if (place / "steps.npy").exists():
        steps = np.load(place / "steps.npy", mmap_mode="r", allow_pickle=False)
        codes = Codes(steps, np.load(place / "size.npy", allow_pickle=False))
    scale = np.load(place / "scale.npy", allow_pickle=False)
    nothing = BulkBackground(0, np.zeros((0, vectors.shape[1]), np.float32))
    index = VectorIndex.known(vectors, scale, nothing, codes)
    return Segment(name, table[KEY], table.drop(KEY), index, living(folder, len(scale), gone))


def living(folder: Path, rows: int, gone: str | None) -> NDArray[np.bool_]:
    """Return (rows,) bool: False for the rows that the file ``gone`` lists."""
    live = np.ones(rows, dtype=bool)
    if gone is not None:
        live[np.load(folder / gone, allow_pickle=False)] = False
    return live
