"""A column of any table file becomes an array of vectors: one row in, one row out, order kept."""

from __future__ import annotations

import os
import uuid
from pathlib import Path

import numpy as np

from ctse_core.encoders import DEFAULT_ENCODER, embed, load_encoder
from ctse_core.errors import CtseError
from ctse_core.manifest import consent_to
from ctse_core.posts import read_column
from ctse_core.project import DiskVectors, cache_home
from ctse_core.text import normalise, repair
from ctse_core.types import Progress, Vectors, no_progress


def encode_column(
    source: Path,
    column: str,
    out: Path,
    progress: Progress = no_progress,
    *,
    encoder: str = DEFAULT_ENCODER,
    runtime: str = "auto",
    send_to: str = "",
    raw: bool = False,
) -> Vectors:
    """Embed one column and write the vectors (n, d) float32 to ``out`` as NPY; an empty cell gives zeros.

    Texts are repaired and normalised as posts are, unless ``raw``.

    Raises:
        InputFileError: the file cannot be read. ColumnError: it has no such column.
        EncoderError: the encoder cannot be had. CtseError: the place to write to does not exist.
    """
    if not out.parent.is_dir():
        raise CtseError(f"There is no folder “{out.parent}” to write {out.name} into; make it first.")
    if out.is_dir():
        raise CtseError(f"“{out}” is a folder; name the file to write, such as {out / 'vectors.npy'}.")
    if not os.access(out.parent, os.W_OK):
        raise CtseError(f"“{out.parent}” cannot be written to; name a file elsewhere.")
    cells = read_column(source, column, progress=lambda share, sentence: progress(share * 0.05, sentence))
    texts = [cell or "" for cell in cells]
    if not raw:
        texts = [normalise(repair(text)) for text in texts]
    chosen = load_encoder(encoder, runtime=runtime, consent=consent_to(send_to))
    known = DiskVectors(cache_home() / "vectors" / chosen.fingerprint, chosen.dim)
    vectors = embed(texts, chosen, known, lambda share, sentence: progress(0.05 + share * 0.95, sentence))
    beside = out.with_name(f".{out.name}.{uuid.uuid4().hex[:8]}")
    try:
        with beside.open("wb") as file:
            np.save(file, vectors, allow_pickle=False)
        os.replace(beside, out)
    finally:
        beside.unlink(missing_ok=True)
    return vectors
