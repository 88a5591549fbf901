"""What is asked of the student's vectors, as pure functions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ctse_core.types import Vectors

if TYPE_CHECKING:
    from torch import Tensor


def distances(student: Tensor, target: Tensor, kind: str, space: str) -> Tensor:
    """Return (b,) distances of each student vector (b, d) to its target (b, d), at least 0.

    ``kind`` "mse" is the mean of the squared differences over the d components (Reimers & Gurevych 2020),
    "cosine" is 1 - cosine. ``space`` "unit" brings both to length one first; "raw" leaves them as they are.
    """
    import torch.nn.functional as F

    if kind == "cosine":
        return 1 - F.cosine_similarity(student, target, dim=-1)
    if space == "unit":
        student, target = F.normalize(student, dim=-1), F.normalize(target, dim=-1)
    return (student - target).square().mean(dim=-1)


def symmetric_contrastive_loss(left: Tensor, right: Tensor, same: Tensor, scale: float) -> Tensor:
    """Return the symmetric InfoNCE loss of pairs (b, d) and (b, d): a scalar, at least 0.

    Row i of ``left`` should be nearer to row i of ``right`` than to any other row, and the other way round
    (LaBSE, Feng et al. 2022; without the margin). ``same`` (b, b), true where row i and row j say the same,
    such as two translations of one English sentence, takes those out of the negatives; its diagonal is not read.
    """
    import torch
    import torch.nn.functional as F

    logits = scale * F.normalize(left, dim=-1) @ F.normalize(right, dim=-1).T
    others = same & ~torch.eye(len(same), dtype=torch.bool, device=same.device)
    logits = logits.masked_fill(others, float("-inf"))
    rows = torch.arange(len(logits), device=logits.device)
    return (F.cross_entropy(logits, rows) + F.cross_entropy(logits.T, rows)) / 2


def supervised_contrastive_loss(vectors: Tensor, alike: Tensor, scale: float) -> Tensor:
    """Return the supervised contrastive loss of (b, d) vectors (Khosla et al. 2020, L_out): a scalar.

    ``alike`` (b, b) holds how much rows i and j belong together, in [0, 1]; its diagonal is not read. Every
    row is drawn towards those alike to it, by their weights, away from all others. Rows without any count nothing.
    """
    import torch
    import torch.nn.functional as F

    unit = F.normalize(vectors, dim=-1)
    diagonal = torch.eye(len(unit), dtype=torch.bool, device=unit.device)
    log_share = F.log_softmax((scale * unit @ unit.T).masked_fill(diagonal, float("-inf")), dim=1)
    weights = alike.to(unit.dtype).masked_fill(diagonal, 0)
    total = weights.sum(1)
    drawn = -(weights * log_share.masked_fill(diagonal, 0)).sum(1) / total.clamp(min=1e-9)
    return drawn[total > 0].mean() if bool((total > 0).any()) else drawn.sum() * 0


def nearest_rotation(source: Vectors, target: Vectors) -> Vectors:
    """Return the matrix (e, d) that turns ``source`` (n, e) as near to ``target`` (n, d) as can be.

    Its rows or columns are orthonormal (orthogonal Procrustes, Schönemann 1966): cosines between rows stay the same
    where e is at most d.
    """
    left, _, right = np.linalg.svd(source.T.astype(np.float64) @ target.astype(np.float64), full_matrices=False)
    return np.asarray(left @ right, dtype=np.float32)


def linear_rate(step: int, steps: int, warmup: float) -> float:
    """Return the share of the highest learning rate at ``step`` (counted from 0) of ``steps``, in [0, 1].

    It rises in a line over the first ``warmup`` share of the steps and falls in a line to 0 after the last.
    """
    rising = max(round(steps * warmup), 1)
    if step < rising:
        return (step + 1) / rising if warmup else 1 - step / steps
    return max(0.0, (steps - step) / max(steps - rising, 1))
