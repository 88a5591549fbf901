"""Records and texts that do not fit into memory ─▶ files by a number, each small enough to be read whole.

Deduplicating, drawing and grouping ten million pairs is done one shelf after the other, so that the memory it
takes does not grow with the pairs.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

LENGTH = "bytes"  # of a text in UTF-8: the field that shelves of texts add to their records


class Shelves:
    """Records of one dtype, appended to files by their shelf; a shelf keeps the order of appending."""

    def __init__(self, folder: Path, dtype: np.dtype) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.dtype = dtype

    def add(self, shelf: NDArray, records: NDArray) -> None:
        """Append ``records`` (m,) to the shelves (m,) of the same rows."""
        order = np.argsort(shelf, kind="stable")
        records = np.asarray(records, dtype=self.dtype)[order]
        for number, start, end in _runs(shelf[order]):
            with self._path(number).open("ab") as file:
                file.write(records[start:end].tobytes())

    def numbers(self) -> list[int]:
        """Return the shelves that hold something, in ascending order."""
        return sorted(int(path.stem) for path in self.folder.glob("*.records"))

    def read(self, shelf: int) -> NDArray:
        """Return the records (m,) of one shelf; none where nothing was added."""
        path = self._path(shelf)
        return np.fromfile(path, dtype=self.dtype) if path.is_file() else np.empty(0, dtype=self.dtype)

    def _path(self, shelf: int) -> Path:
        return self.folder / f"{shelf:06d}.records"


class TextShelves:
    """Texts in UTF-8 with a record each, appended to files by their shelf."""

    def __init__(self, folder: Path, fields: list[tuple[str, str]]) -> None:
        self.records = Shelves(folder, np.dtype([*fields, (LENGTH, "<i4")]))

    def add(self, shelf: NDArray, texts: pl.Series, records: NDArray | None = None) -> None:
        """Append ``texts`` (m,) and the fields of ``records`` (m,) to the shelves (m,) of the same rows."""
        order = np.argsort(shelf, kind="stable")
        data, offsets = utf8(texts.gather(order))
        full = np.zeros(len(texts), dtype=self.records.dtype)
        for name in records.dtype.names or () if records is not None else ():
            full[name] = records[name]  # type: ignore[index]
        full[LENGTH][order] = np.diff(offsets)
        self.records.add(shelf, full)
        for number, start, end in _runs(shelf[order]):
            with self.path(number).open("ab") as file:
                file.write(data[offsets[start] : offsets[end]])

    def path(self, shelf: int) -> Path:
        """Return the file with the bytes of one shelf's texts, one behind the other."""
        return self.records.folder / f"{shelf:06d}.utf8"


def utf8(texts: pl.Series) -> tuple[memoryview, NDArray[np.int64]]:
    """Return the bytes of all ``texts`` (m,), one behind the other, and the offsets (m + 1,) between them."""
    array = texts.rechunk().to_arrow(compat_level=pl.CompatLevel.oldest())
    _, offsets, data = array.buffers()
    if not len(array):
        return memoryview(b""), np.zeros(1, dtype=np.int64)
    ends = np.frombuffer(offsets, dtype=np.int64)[array.offset : array.offset + len(array) + 1]
    whole = memoryview(data) if data is not None else memoryview(b"")
    return whole[ends[0] : ends[-1]], ends - ends[0]


def _runs(ordered: NDArray) -> list[tuple[int, int, int]]:
    """Return (value, start, end) of each run of equal numbers in ``ordered`` (m,)."""
    if not len(ordered):
        return []
    starts = np.concatenate([[0], np.flatnonzero(np.diff(ordered)) + 1])
    ends = np.append(starts[1:], len(ordered))
    return [(int(ordered[start]), int(start), int(end)) for start, end in zip(starts, ends, strict=True)]
