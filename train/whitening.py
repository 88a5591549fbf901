"""Directions that all texts share, taken back: nearest neighbours are found more often."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ctse_core.encoders.static import StaticEncoder
from ctse_core.encoders.vectors import unit_rows
from ctse_core.types import Vectors

_LEAST_VARIANCE = 1e-6


def whiten(encoder: StaticEncoder, texts: Sequence[str], power: float) -> StaticEncoder:
    """Return the encoder with its token vectors centred and softly whitened by ``texts``.

    A direction in which the texts' vectors vary much counts less, by its variance to the power ``-power``: 0.5 would
    be whitening (Su et al. 2021), 0 only centres. A text's vector is a mean of token vectors, so one map of the table
    does it, and nothing is computed later. Tokens that are zero stay zero.
    """
    import torch

    shared, turned = _shared_and_turned(encoder.forward(encoder.ids(texts), sparse=False).detach().cpu().numpy(), power)
    table = encoder.table.detach().cpu().numpy()
    return StaticEncoder(encoder.name, encoder.tokenizer, torch.from_numpy(_mapped(table, shared, turned)), encoder.use)


def _shared_and_turned(raw: Vectors, power: float) -> tuple[Vectors, Vectors]:
    """Return what vectors (n, d) have in common (d,), and the map (d, d) that whitens what differs."""
    unit = unit_rows(raw)
    shared = unit.mean(axis=0) * np.linalg.norm(raw, axis=1).mean()
    variances, directions = np.linalg.eigh(np.cov(unit.T.astype(np.float64)))
    turned = (directions * np.maximum(variances, _LEAST_VARIANCE) ** -power) @ directions.T
    return shared.astype(np.float32), turned.astype(np.float32)


def _mapped(table: Vectors, shared: Vectors, turned: np.ndarray) -> Vectors:
    """Return the mapped rows, as long on average as they were."""
    used = table.any(axis=1)
    rows = np.zeros_like(table)
    rows[used] = (table[used] - shared) @ turned.astype(np.float32)
    length = np.linalg.norm(rows[used], axis=1).mean()
    return rows * np.float32(np.linalg.norm(table[used], axis=1).mean() / max(float(length), 1e-12))
