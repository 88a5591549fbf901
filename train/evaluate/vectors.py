"""Vectors of earlier runs of the bench: one folder an encoder, under digests of the texts."""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ctse_core.encoders import Encoder, embed
from ctse_core.types import Progress, Vectors, no_progress

DIGEST_BYTES = 16


class KeptVectors:
    """The vectors of one encoder on disk: ``<id>.digests.npy`` (m, 16) beside ``<id>.vectors.npy`` (m, d).

    Digests are written last: a shard without them was cut off and does not count. Texts are not stored.
    """

    def __init__(self, folder: Path, dim: int) -> None:
        self.folder, self.dim = folder, dim
        self._place: dict[bytes, tuple[Path, int]] = {}
        for path in sorted(folder.glob("*.digests.npy")):
            self._index(path)

    def __len__(self) -> int:
        return len(self._place)

    def lookup(self, digests: Sequence[bytes]) -> tuple[NDArray[np.bool_], Vectors]:
        """Return which digests are known (n,) and the vectors (m, d) of those that are, in their order."""
        found = np.array([digest in self._place for digest in digests], dtype=bool)
        places = [self._place[digest] for digest in digests if digest in self._place]
        vectors = np.empty((len(places), self.dim), dtype=np.float32)
        rows_of: dict[Path, list[int]] = {}
        for row, (path, _) in enumerate(places):
            rows_of.setdefault(path, []).append(row)
        for path, rows in rows_of.items():
            stored = np.load(path, mmap_mode="r", allow_pickle=False)
            vectors[rows] = stored[[places[row][1] for row in rows]]
        return found, vectors

    def remember(self, digests: Sequence[bytes], vectors: Vectors) -> None:
        """Keep the vectors (m, d) of ``m`` digests; a full disk only means that they are made again."""
        name = uuid.uuid4().hex[:16]
        table = np.frombuffer(b"".join(digests), dtype=np.uint8).reshape(-1, DIGEST_BYTES)
        beside = self.folder / f".{name}.npy"
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            for part, array in (("vectors", np.asarray(vectors, dtype=np.float32)), ("digests", table)):
                np.save(beside, array, allow_pickle=False)
                os.replace(beside, self.folder / f"{name}.{part}.npy")
        except OSError:
            beside.unlink(missing_ok=True)
            return
        self._index(self.folder / f"{name}.digests.npy")

    def _index(self, path: Path) -> None:
        vectors = path.with_name(path.name.replace(".digests.", ".vectors."))
        try:
            digests = np.load(path, allow_pickle=False)
            shape = np.load(vectors, mmap_mode="r", allow_pickle=False).shape
        except (OSError, ValueError):
            return
        if digests.shape != (shape[0], DIGEST_BYTES) or shape[1] != self.dim:
            return
        for row, digest in enumerate(digests):
            self._place[digest.tobytes()] = (vectors, row)


def looked_up(
    encoder: Encoder, texts: Sequence[str], cache: Path, progress: Progress = no_progress
) -> Callable[[Sequence[str]], Vectors]:
    """Return a function from any of ``texts`` to their vectors (n, d), all of which are made now or known.

    Raises:
        EncoderError: the encoder failed or gave no finite vectors of its width.
    """
    known = KeptVectors(cache / encoder.fingerprint[:24], encoder.dim)
    vectors = embed(texts, encoder, known, progress)
    row_of = {text: row for row, text in enumerate(texts)}
    return lambda asked: vectors[[row_of[text] for text in asked]]
