"""Millions of texts on disk, any of them at hand: flat UTF-8 and the offsets between the texts.

Texts are read with positioned reads rather than through a memory map, so that drawing them at random for hours
fills the system's cache and not the process.
"""

from __future__ import annotations

import hashlib
import itertools
import os
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ctse_core.errors import TrainError
from train.shelves import LENGTH, TextShelves, utf8

BATCH = 65_536


class FlatFile:
    """A file of which any stretch can be read, by many threads and forked processes at once."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self._file = path.open("rb", buffering=0)
            self.bytes = path.stat().st_size
        except OSError as error:
            raise TrainError(f"{path} cannot be opened ({error.strerror}). Make the run's pairs again.") from error

    def read(self, offset: int, count: int) -> bytes:
        """Return ``count`` bytes from ``offset`` on."""
        if hasattr(os, "pread"):
            return os.pread(self._file.fileno(), count, offset)
        with self.path.open("rb") as file:  # Windows has no positioned reads
            file.seek(offset)
            return file.read(count)

    def __del__(self) -> None:
        if hasattr(self, "_file"):
            self._file.close()


class TextStore:
    """Texts by their number.

    Attributes:
        digest: changes with the texts; what is computed from them is kept under it.
    """

    def __init__(self, folder: Path, name: str, digest: str) -> None:
        self.digest = digest
        self._data = FlatFile(folder / f"{name}.utf8")
        self._ends = FlatFile(folder / f"{name}.offsets")
        self._length = self._ends.bytes // 8 - 1

    def __len__(self) -> int:
        return self._length

    def __getitem__(self, row: int) -> str:
        row = range(self._length)[row]
        start, end = np.frombuffer(self._ends.read(8 * row, 16), dtype=np.int64).tolist()
        return self._data.read(start, end - start).decode("utf-8")

    def texts(self, rows: Sequence[int] | NDArray) -> list[str]:
        """Return the texts of ``rows`` (m,) in their order; a ``range`` without steps is read in one go."""
        if not isinstance(rows, range) or rows.step != 1 or not len(rows):
            return [self[int(row)] for row in rows]
        if rows.start < 0 or rows.stop > self._length:
            raise IndexError(f"texts {rows.start} to {rows.stop} of {self._length}")
        ends = np.frombuffer(self._ends.read(8 * rows.start, 8 * (len(rows) + 1)), dtype=np.int64)
        data = self._data.read(int(ends[0]), int(ends[-1] - ends[0]))
        cuts = (ends - ends[0]).tolist()
        return [data[start:end].decode("utf-8") for start, end in itertools.pairwise(cuts)]

    def batches(self, size: int = BATCH) -> Iterator[tuple[range, list[str]]]:
        """Yield (rows, texts) from the first text to the last, ``size`` at a time."""
        for start in range(0, self._length, size):
            rows = range(start, min(start + size, self._length))
            yield rows, self.texts(rows)

    @classmethod
    def of_texts(cls, texts: Sequence[str], folder: Path, name: str = "texts") -> TextStore:
        """Write ``texts`` (n,) into ``folder`` and open them."""
        folder.mkdir(parents=True, exist_ok=True)
        data, offsets = utf8(pl.Series(list(texts), dtype=pl.String))
        (folder / f"{name}.utf8").write_bytes(data)
        (folder / f"{name}.offsets").write_bytes(offsets.astype(np.int64).tobytes())
        return cls(folder, name, hashlib.sha256(bytes(data) + offsets.tobytes()).hexdigest()[:16])


class TextWriter:
    """Appends texts to a store that is being made; use it in a ``with`` block."""

    def __init__(self, folder: Path, name: str) -> None:
        self._data = (folder / f"{name}.utf8").open("wb")
        self._ends = (folder / f"{name}.offsets").open("wb")
        self._ends.write(np.zeros(1, dtype=np.int64).tobytes())
        self._end = 0
        self.texts = 0

    def __enter__(self) -> TextWriter:
        return self

    def __exit__(self, *_: object) -> None:
        self._data.close()
        self._ends.close()

    def add(self, texts: pl.Series) -> None:
        """Append ``texts`` (m,) at the end."""
        data, offsets = utf8(texts)
        self._data.write(data)
        self._add_lengths(np.diff(offsets))

    def add_shelf(self, shelves: TextShelves, shelf: int) -> None:
        """Append all texts of one shelf without reading them into memory."""
        with shelves.path(shelf).open("rb") as file:
            shutil.copyfileobj(file, self._data, 1 << 20)
        self._add_lengths(shelves.records.read(shelf)[LENGTH])

    def _add_lengths(self, lengths: NDArray) -> None:
        ends = self._end + np.cumsum(lengths, dtype=np.int64)
        self._ends.write(ends.tobytes())
        self._end = int(ends[-1]) if len(ends) else self._end
        self.texts += len(ends)
