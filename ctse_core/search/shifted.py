"""A table of vectors less an offset of each row's group, worked out when rows are read: no second copy in memory."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ctse_core.types import Vectors


class Shifted:
    """Rows ``vectors[i] - offsets[group[i]]``; rows of zeros stay zeros. Reads like an array: slices, lists of rows."""

    def __init__(self, vectors: Vectors, group: NDArray[np.integer], offsets: Vectors) -> None:
        """Keep references to ``vectors`` (n, d), ``group`` (n,) below g <= 65,535 and ``offsets`` (g, d)."""
        self.vectors = vectors.view(np.ndarray)
        self.group = np.asarray(group, dtype=np.uint16)
        self.offsets = np.asarray(offsets, dtype=np.float32)

    @property
    def shape(self) -> tuple[int, ...]:
        """(n, d), as an array has it."""
        return self.vectors.shape

    @property
    def ndim(self) -> int:
        """2, as a table has it."""
        return self.vectors.ndim

    def __len__(self) -> int:
        return len(self.vectors)

    def __getitem__(self, rows: Any) -> Vectors:
        """Return the rows (m, d) float32 of a slice or of a list of rows, or (d,) of one row."""
        read = np.asarray(self.vectors[rows], dtype=np.float32)
        moved = read - self.offsets[self.group[rows]]
        return np.where(read.any(axis=-1, keepdims=True), moved, np.float32(0))
