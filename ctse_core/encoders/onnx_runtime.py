"""The fast runtime on a processor: int8 in ONNX Runtime, texts of equal length together, every core busy."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ctse_core.encoders.bert_weights import Array
from ctse_core.encoders.fingerprint import folder_digest, vectors_fingerprint, vectors_space
from ctse_core.encoders.layout import EncoderLayout, EncoderUse, read_layout
from ctse_core.encoders.onnx_export import (
    ABOUT,
    GRAPH,
    HEAD,
    RECIPE,
    TOKENIZER,
    WORDS,
    export,
    export_folder,
    open_session,
)
from ctse_core.encoders.pooling import mean_pool
from ctse_core.encoders.tokens import TextTokenizer, equal_length_batches
from ctse_core.encoders.vectors import unit_rows
from ctse_core.types import Progress, Vectors, no_progress

BATCH_TOKENS = 1024  # what stays within a core's own cache, measured


class OnnxEncoder:
    """An encoder without torch: opens in about a second and encodes several times as fast.

    A text's vector does not depend on the texts beside it: the ranges of the 8 bits are fixed, and there is
    no padding.
    """

    runtime = "onnx-int8"
    note = ""  # what a person should know about this runtime

    def __init__(self, name: str, folder: Path, fingerprint: str, space: str) -> None:
        about = json.loads((folder / ABOUT).read_text(encoding="utf-8"))
        self.name = name
        self.fingerprint = fingerprint
        self.space = space
        self.use = EncoderUse(**about["use"])
        self.tokens = TextTokenizer.from_file(folder / TOKENIZER, self.use)
        self._words: NDArray[np.float16] = np.load(folder / WORDS, mmap_mode="r", allow_pickle=False)
        self._session = open_session(str(folder / GRAPH))
        self._head = _read_head(folder / HEAD)
        self.dim = int(self._head[-1][0].shape[1] if self._head else about["dim"])

    @classmethod
    def load(
        cls,
        folder: Path,
        name: str | None = None,
        prefix: str | None = None,
        progress: Progress = no_progress,
    ) -> OnnxEncoder:
        """Open the fast form of an encoder's folder, making it where this machine does not have it yet.

        Raises:
            EncoderError: the folder is incomplete, or of a make that the fast runtime does not know.
        """
        layout = read_layout(folder, prefix)
        fingerprint = onnx_fingerprint(layout)
        made = export(layout, export_folder(fingerprint), progress)
        return cls(name or folder.name, made, fingerprint, vectors_space(folder_digest(layout), layout.use))

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Return unit rows (n, d) float32, row i for text i.

        Raises:
            EncoderError: the model gave NaN or infinity.
        """
        return unit_rows(self.raw(texts))

    def raw(self, texts: Sequence[str]) -> Vectors:
        """Return vectors (n, d) float32 as the model gives them, not normalised."""
        pooled = np.zeros((len(texts), len(self._head[0][0]) if self._head else self.dim), dtype=np.float32)

        def pool(rows: NDArray[np.int64], token_vectors: Array) -> None:
            pooled[rows] = self._pooled(token_vectors)

        self._read(self.tokens.ids(texts), pool)
        return self._behind(pooled)

    def token_vectors(self, ids: Sequence[Sequence[int] | NDArray[np.integer]]) -> list[Array]:
        """Return the last states (t, e) float32 of each text of token ids (t,), before pooling and layers behind it."""
        found: list[Array] = [np.zeros((0, 0), dtype=np.float32)] * len(ids)

        def keep(rows: NDArray[np.int64], token_vectors: Array) -> None:
            for row, each in zip(rows.tolist(), token_vectors, strict=True):
                found[row] = each

        self._read(ids, keep)
        return found

    def _read(self, ids: Sequence[Any], take: Callable[[NDArray[np.int64], Array], None]) -> None:
        """Give ``take`` the rows (b,) and the token vectors (b, t, e) of texts of equal length, until all are read."""

        def encode_rows(rows: NDArray[np.int64]) -> None:
            words = self._words[np.array([ids[row] for row in rows])].astype(np.float32)
            take(rows, self._session.run(None, {"words": words})[0])

        batches = list(equal_length_batches(ids, BATCH_TOKENS))
        if len(batches) < 2 or processors() < 2:
            for rows in batches:
                encode_rows(rows)
        else:
            with ThreadPoolExecutor(processors()) as threads:
                list(threads.map(encode_rows, batches))

    def _pooled(self, token_vectors: Array) -> Array:
        """Return one vector (b, e) a text of token vectors (b, t, e), all texts being of equal length."""
        mask = np.ones(token_vectors.shape[:2], dtype=np.float32)
        if self.use.pooled == "first":
            mask[:, 1:] = 0
        elif self.use.pooled == "last":
            mask[:, :-1] = 0
        return mean_pool(token_vectors, mask)

    def _behind(self, pooled: Array) -> Array:
        """Return un-normalised vectors (n, d): mean token vectors (n, e) through the layers behind the pooling.

        Once for all texts: a product of matrices in every batch wakes numpy's own threads, which then spin beside those
        that run the batches; on two cores that took two fifths of the speed.
        """
        for weight, bias, tanh in self._head:
            pooled = pooled @ weight + bias
            pooled = np.tanh(pooled) if tanh else pooled
        return pooled


def onnx_fingerprint(layout: EncoderLayout) -> str:
    """Return the fingerprint that the fast form of a folder has; its recipe counts, so do its 8 bits."""
    return vectors_fingerprint(folder_digest(layout), layout.use, f"{OnnxEncoder.runtime}-{RECIPE}")


def processors() -> int:
    """Return how many processors may be used: OMP_NUM_THREADS, else those this process may run on."""
    said = os.environ.get("OMP_NUM_THREADS", "")
    if said.isdigit() and int(said) > 0:
        return int(said)
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _read_head(path: Path) -> list[tuple[Any, Any, bool]]:
    if not path.is_file():
        return []
    with np.load(path, allow_pickle=False) as arrays:
        count = len(arrays.files) // 3
        return [(arrays[f"weight{i}"], arrays[f"bias{i}"], bool(arrays[f"tanh{i}"])) for i in range(count)]
