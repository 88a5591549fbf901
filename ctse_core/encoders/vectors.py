"""What every runtime does with its vectors before it hands them out."""

from __future__ import annotations

import numpy as np

from ctse_core.types import Vectors, check_vectors


def unit_rows(vectors: Vectors) -> Vectors:
    """Return rows (n, d) of length 1; rows of zeros stay zeros.

    Raises:
        EncoderError: NaN or infinity among them.
    """
    lengths = np.linalg.norm(check_vectors(vectors), axis=1, keepdims=True)
    return np.asarray(vectors / np.where(lengths > 0, lengths, 1.0), dtype=np.float32)
