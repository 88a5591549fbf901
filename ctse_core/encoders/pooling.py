"""Token vectors to one vector a text: the one pooling of the repository."""

from __future__ import annotations

from typing import Any


def mean_pool(token_vectors: Any, mask: Any) -> Any:
    """Return the mean of each text's token vectors, padding left out.

    Written with what torch tensors and NumPy arrays share, so that training, torch and ONNX Runtime all
    pool by these lines; differentiable in torch.

    Args:
        token_vectors: (b, t, d) floats.
        mask: (b, t), 1 on tokens that count and 0 elsewhere. A mask that keeps only the first token
            makes this the "CLS" pooling that LaBSE was trained with.

    Returns:
        (b, d) vectors, not normalised; a text without tokens gets zeros.
    """
    weights = mask[..., None]
    return (token_vectors * weights).sum(1) / weights.sum(1).clip(min=1e-9)
