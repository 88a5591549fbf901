"""Vectors of many texts: each different text once, known ones from memory, kept as they come."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ctse_core.encoders.encoder import Encoder
from ctse_core.types import Progress, Vectors, check_vectors, no_progress

FIRST_SHARD = 256
LEAST_SHARD, MOST_SHARD = 64, 4096
SHARD_SECONDS = 3.0
"""Texts are embedded in shards of about this many seconds, reported and handed to ``known`` one by one."""


class KnownVectors(Protocol):
    """Vectors of earlier runs with the same encoder, under digests of their texts."""

    def lookup(self, digests: Sequence[bytes]) -> tuple[NDArray[np.bool_], Vectors]:
        """Return which digests are known (n,), and the vectors (m, d) of those that are, in their order."""

    def remember(self, digests: Sequence[bytes], vectors: Vectors) -> None:
        """Keep the vectors (m, d) of ``m`` digests."""


def text_digest(text: str) -> bytes:
    """Return the 16 bytes under which a text's vector is kept (BLAKE2b)."""
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()


def embed(
    texts: Sequence[str],
    encoder: Encoder,
    known: KnownVectors | None = None,
    progress: Progress = no_progress,
) -> Vectors:
    """Return (n, d) float32 rows, row i for text i: unit rows, and zeros for texts without content.

    Equal texts are embedded once. What ``known`` has is not embedded again, and it is handed every shard as
    soon as that is done, so that a run that was cut off goes on where it was. Texts go longest first.

    Raises:
        EncoderError: the encoder gave rows of another shape than promised, NaN or infinity.
    """
    vectors = np.zeros((len(texts), encoder.dim), dtype=np.float32)
    first_rows: dict[str, int] = {}
    firsts = np.array([first_rows.setdefault(text, row) for row, text in enumerate(texts)], dtype=np.int64)
    todo = [row for text, row in first_rows.items() if text.strip()]
    if known is not None and todo:
        found, stored = known.lookup([text_digest(texts[row]) for row in todo])
        vectors[np.array(todo)[found]] = check_vectors(stored, int(found.sum()), encoder.dim)
        todo = [row for row, has in zip(todo, found, strict=True) if not has]
    todo.sort(key=lambda row: len(texts[row]), reverse=True)
    _embed_shards(texts, todo, vectors, encoder, known, progress)
    again = np.flatnonzero(firsts != np.arange(len(texts)))
    vectors[again] = vectors[firsts[again]]
    return vectors


def _embed_shards(
    texts: Sequence[str],
    todo: list[int],
    vectors: Vectors,
    encoder: Encoder,
    known: KnownVectors | None,
    progress: Progress,
) -> None:
    characters = np.cumsum([0] + [len(texts[row]) for row in todo], dtype=np.float64)
    started = time.monotonic()
    done, size = 0, FIRST_SHARD
    while done < len(todo):
        rows = todo[done : done + size]
        shard = [texts[row] for row in rows]
        begun = time.monotonic()
        vectors[rows] = check_vectors(encoder.encode(shard), len(rows), encoder.dim)
        speed = len(rows) / max(time.monotonic() - begun, 1e-6)
        if known is not None:
            known.remember([text_digest(text) for text in shard], vectors[rows])
        done += len(rows)
        size = int(np.clip(speed * SHARD_SECONDS, LEAST_SHARD, MOST_SHARD))
        share = float(characters[done] / characters[-1])
        progress(share, _sentence(done, len(todo), share, time.monotonic() - started))
    if not todo:
        progress(1.0, "Every text had been embedded before")


def _sentence(done: int, total: int, share: float, seconds: float) -> str:
    speed = done / max(seconds, 1e-9)
    left = seconds * (1 - share) / max(share, 1e-9)
    rest = "" if done == total else f", {spoken_time(left)} left"
    return f"Embedding {done:,} of {total:,} posts, {speed:,.0f} posts/s{rest}"


def spoken_time(seconds: float) -> str:
    """Return a duration as a person says it: "40 s", "1 min 40 s", "2 h 5 min"."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"
