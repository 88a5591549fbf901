"""A teacher and the English sentences ─▶ its vectors, computed once and memory-mapped.

A teacher's vectors are data: they are looked up in every epoch and cost a pass through the teacher only once, also
when the run is killed in between.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ctse_core.encoders import Encoder
from ctse_core.encoders.tokens import batches, padded
from ctse_core.errors import TrainError
from ctse_core.types import Progress, Vectors, no_progress
from train.beside import one_maker, unwritable
from train.text_store import TextStore

if TYPE_CHECKING:
    from ctse_core.encoders.transformer import SentenceEncoder

SHARD = 4096  # texts; what a kill can cost
_HALF = np.finfo(np.float16).max


def teacher_vectors(
    teacher: Encoder, texts: TextStore, folder: Path, progress: Progress = no_progress, raw: bool = False
) -> NDArray[np.float16]:
    """Return the teacher's vectors (e, d) float16 of all ``texts`` (e,), memory-mapped from ``folder``.

    Unit rows; with ``raw`` mean-pooled vectors as the teacher's network gives them, not normalised. They are kept
    under the teacher's fingerprint and the digest of the texts; a killed run goes on with the next shard. Of two runs
    that ask for the same, one waits for the other. A file of another size than the vectors have is made again.

    Raises:
        TrainError: ``raw`` is asked of a teacher that has no network here; the teacher gave NaN or numbers that
            float16 cannot hold (the first such text is named); or the folder cannot be written.
        EncoderError: the teacher failed.
    """
    key = hashlib.sha256(json.dumps([teacher.fingerprint, texts.digest, len(texts), raw]).encode()).hexdigest()[:16]
    whole = folder / f"{key}.f16"
    shape = (len(texts), teacher.dim)
    if not _is_whole(whole, shape):
        encode = _raw_encode(teacher) if raw else teacher.encode
        with one_maker(whole, "teacher's vectors", progress):
            if not _is_whole(whole, shape):  # another run may have made them meanwhile
                _make(whole, encode, texts, shape, progress)
    if not len(texts):
        return np.empty(shape, dtype=np.float16)
    return np.memmap(whole, dtype=np.float16, mode="r", shape=shape)


def raw_vectors(teacher: SentenceEncoder, texts: Sequence[str], budget: int | None = None) -> Vectors:
    """Return mean-pooled vectors (n, d) float32 as the network gives them, not normalised.

    Source: Lamsal, Read and Karunasekera, "Semantically enriched cross-lingual sentence embeddings for
    crisis-related social media texts", 2024 (students learn these).
    """
    import torch

    from ctse_core.encoders.transformer import CPU_BUDGET, GPU_BUDGET

    on_gpu = teacher.device.type == "cuda"
    vectors = np.zeros((len(texts), teacher.dim), dtype=np.float32)
    was_training = teacher.model.training
    teacher.model.eval()
    ids = teacher.tokens.ids(texts)
    with torch.inference_mode(), torch.autocast("cuda", torch.bfloat16, enabled=on_gpu):
        for rows in batches(ids, budget or (GPU_BUDGET if on_gpu else CPU_BUDGET)):
            tokens, mask = (
                torch.from_numpy(part).to(teacher.device) for part in padded([ids[row] for row in rows], teacher.pad_id)
            )
            vectors[rows] = teacher.forward({"input_ids": tokens, "attention_mask": mask}).float().cpu().numpy()
    teacher.model.train(was_training)
    return vectors


def _raw_encode(teacher: Encoder) -> Callable[[Sequence[str]], Vectors]:
    if not hasattr(teacher, "model") or not hasattr(teacher, "forward"):
        raise TrainError(
            f"The teacher {teacher.name} gives vectors of length one only. Compare in the space 'unit', or load it "
            "with the runtime torch."
        )
    return lambda texts: raw_vectors(teacher, texts)  # type: ignore[arg-type]


def _is_whole(path: Path, shape: tuple[int, int]) -> bool:
    return path.is_file() and path.stat().st_size == 2 * shape[0] * shape[1]


def _make(
    whole: Path,
    encode: Callable[[Sequence[str]], Vectors],
    texts: TextStore,
    shape: tuple[int, int],
    progress: Progress,
) -> None:
    try:
        _fill(whole.with_suffix(".part"), encode, texts, shape, progress)
        os.replace(whole.with_suffix(".part"), whole)
    except OSError as error:
        raise unwritable(whole, error) from error


def _fill(
    part: Path,
    encode: Callable[[Sequence[str]], Vectors],
    texts: TextStore,
    shape: tuple[int, int],
    progress: Progress,
) -> None:
    """Append the vectors of the texts that ``part`` does not hold yet, a shard at a time."""
    count, dim = shape
    size = part.stat().st_size if part.is_file() else 0
    start = min(size // (2 * dim) // SHARD * SHARD, count)  # a shard that was cut off is made again
    with part.open("ab") as file:
        file.truncate(start * 2 * dim)
        for first in range(start, count, SHARD):
            rows = range(first, min(first + SHARD, count))
            file.write(_half(encode, texts.texts(rows), dim, first).tobytes())
            file.flush()
            progress(rows.stop / count, f"The teacher has read {rows.stop:,} of {count:,} sentences")


def _half(encode: Callable[[Sequence[str]], Vectors], texts: list[str], dim: int, first: int) -> NDArray[np.float16]:
    """Return the vectors (m, d) as float16, encoded in the order of their length: like lengths batch well."""
    order = np.argsort([-len(text) for text in texts], kind="stable")
    vectors = np.empty((len(texts), dim), dtype=np.float32)
    vectors[order] = encode([texts[row] for row in order])
    bad = ~(np.abs(vectors).max(axis=1) <= _HALF)  # NaN compares as false
    if bad.any():
        row = int(np.argmax(bad))
        raise TrainError(
            f"The teacher's vector of sentence {first + row:,} ({texts[row][:60]!r}) holds NaN or numbers too large "
            "for float16. Check the teacher's weights, or run it on the CPU."
        )
    return vectors.astype(np.float16)
