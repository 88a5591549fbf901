"""Known vectors on disk: a text that was embedded once, by the same encoder, is not embedded again."""

from __future__ import annotations

import os
import time
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from ctse_core.types import Vectors

DIGEST_BYTES = 16
MOST_BYTES = 4 << 30
_STALE_SECONDS = 3600.0


class DiskVectors:
    """A folder of shards: ``<id>.digests.npy`` (m, 16) beside ``<id>.vectors.npy`` (m, d).

    The digests are written last, so a shard without them was cut off and does not count. The texts
    themselves are not stored. Shards beyond ``most_bytes`` are removed, oldest first.
    """

    def __init__(self, folder: Path, dim: int, most_bytes: int = MOST_BYTES) -> None:
        self.folder = folder
        self.dim = dim
        self.most_bytes = most_bytes
        self._high: NDArray[np.uint64] = np.empty(0, dtype=np.uint64)
        self._low: NDArray[np.uint64] = np.empty(0, dtype=np.uint64)
        self._where: NDArray[np.int64] = np.empty((0, 2), dtype=np.int64)
        self._names: list[str] = []
        self._index_shards()

    def _index_shards(self) -> None:
        """Index the whole shards of the folder."""
        if not self.folder.is_dir():
            return
        high, low, where = [], [], []
        names: list[str] = []
        for path in sorted(self.folder.glob("*.digests.npy"), key=lambda path: path.stat().st_mtime):
            name = path.name.removesuffix(".digests.npy")
            vectors = self.folder / f"{name}.vectors.npy"
            try:
                digests = np.load(path, allow_pickle=False)
                shape = np.load(vectors, mmap_mode="r", allow_pickle=False).shape
            except (OSError, ValueError):
                continue
            if digests.shape != (shape[0], DIGEST_BYTES) or shape[1] != self.dim:
                continue
            words = np.ascontiguousarray(digests).view(np.uint64)
            high.append(words[:, 0])
            low.append(words[:, 1])
            where.append(np.stack([np.full(shape[0], len(names)), np.arange(shape[0])], axis=1))
            names.append(name)
        self._names = names
        if not names:
            return
        all_high, all_low, all_where = np.concatenate(high), np.concatenate(low), np.concatenate(where)
        order = np.lexsort((all_low, all_high))
        self._high, self._low, self._where = all_high[order], all_low[order], all_where[order]

    def __len__(self) -> int:
        return len(self._where)

    def lookup(self, digests: Sequence[bytes]) -> tuple[NDArray[np.bool_], Vectors]:
        """Return which of the digests are known (n,) and the vectors of those (m, d), in order."""
        found = np.zeros(len(digests), dtype=bool)
        if not len(self._where) or not len(digests):
            return found, np.empty((0, self.dim), dtype=np.float32)
        words = np.frombuffer(b"".join(digests), dtype=np.uint64).reshape(-1, 2)
        at = np.searchsorted(self._high, words[:, 0])
        # Digests that share their first half stand next to each other: a few steps find the right one.
        match = np.full(len(digests), -1, dtype=np.int64)
        for step in range(4):
            here = np.minimum(at + step, len(self._high) - 1)
            same = (self._high[here] == words[:, 0]) & (self._low[here] == words[:, 1]) & (match < 0)
            match[same] = here[same]
        found = match >= 0
        places = self._where[match[found]]
        vectors = np.empty((len(places), self.dim), dtype=np.float32)
        gone = np.zeros(len(places), dtype=bool)
        for shard in np.unique(places[:, 0]):
            rows = places[:, 0] == shard
            try:
                stored = np.load(self.folder / f"{self._names[shard]}.vectors.npy", mmap_mode="r", allow_pickle=False)
            except (OSError, ValueError):  # another process made room: its texts are embedded again
                gone |= rows
                continue
            vectors[rows] = stored[places[rows, 1]]
        found[np.flatnonzero(found)[gone]] = False
        return found, vectors[~gone]

    def remember(self, digests: Sequence[bytes], vectors: Vectors) -> None:
        """Write a shard of ``m`` digests and their vectors (m, d); it counts from the next opening on."""
        if not len(digests):
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        name = uuid.uuid4().hex[:16]
        table = np.frombuffer(b"".join(digests), dtype=np.uint8).reshape(-1, DIGEST_BYTES)
        for part, array in (("vectors", np.asarray(vectors, dtype=np.float32)), ("digests", table)):
            beside = self.folder / f".{name}.{part}.npy"
            np.save(beside, array, allow_pickle=False)
            os.replace(beside, self.folder / f"{name}.{part}.npy")
        self._trim()

    def _trim(self) -> None:
        """Remove the oldest shards beyond the limit, and what killed writers left an hour ago or longer."""
        for left in [*self.folder.glob(".*.npy"), *self.folder.glob("*.vectors.npy")]:
            whole = left.with_name(left.name.replace(".vectors.", ".digests."))
            alone = left.name.startswith(".") or not whole.exists()
            if alone and time.time() - left.stat().st_mtime > _STALE_SECONDS:
                left.unlink(missing_ok=True)
        shards = sorted(self.folder.glob("*.vectors.npy"), key=lambda path: path.stat().st_mtime, reverse=True)
        total = 0
        for path in shards:
            total += path.stat().st_size
            if total > self.most_bytes:
                path.with_name(path.name.replace(".vectors.", ".digests.")).unlink(missing_ok=True)
                path.unlink(missing_ok=True)
