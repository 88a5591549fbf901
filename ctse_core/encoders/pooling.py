"""Token vectors to one vector a text: the one pooling of the repository, used by app, trainer and export."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor


def mean_pool(token_vectors: Tensor, mask: Tensor) -> Tensor:
    """Return the mean of each text's token vectors, padding left out.

    Args:
        token_vectors: (b, t, d), any float type.
        mask: (b, t), 1 on tokens that count and 0 elsewhere. A mask that keeps only the first token
            makes this the "CLS" pooling that LaBSE was trained with.

    Returns:
        (b, d) vectors, not normalised; a text without tokens gets zeros.
    """
    weights = mask.unsqueeze(-1).to(token_vectors.dtype)
    return (token_vectors * weights).sum(dim=1) / weights.sum(dim=1).clamp(min=1e-9)
