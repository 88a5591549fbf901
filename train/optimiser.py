"""The steps of the weights: AdamW for most, Adam on the touched rows of the token vectors."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from train.config import TrainConfig

if TYPE_CHECKING:
    from torch import Tensor, nn


class Optimiser:
    """AdamW on the dense weights, fused where torch can, and torch's SparseAdam on the token vectors.

    A step that touches 2,000 of 250,000 token vectors then costs as much as 2,000, where a dense Adam would read
    and write the whole table three times. Rows that a step does not touch are not moved by it.
    """

    def __init__(self, table: nn.Parameter, others: Sequence[tuple[str, nn.Parameter]], config: TrainConfig) -> None:
        import torch

        decayed = [weight for _, weight in others if weight.ndim > 1]
        plain = [weight for _, weight in others if weight.ndim <= 1]
        groups = [
            {"params": decayed, "weight_decay": config.weight_decay},
            {"params": plain, "weight_decay": 0.0},
        ]
        groups = [group for group in groups if group["params"]]
        self._parts: list[tuple[Any, float]] = []
        if groups:
            self._parts.append((torch.optim.AdamW(groups, lr=1.0, fused=True), config.learning_rate))
        if config.token_learning_rate > 0:
            self._parts.append((torch.optim.SparseAdam([table], lr=1.0), config.token_learning_rate))
        table.requires_grad_(config.token_learning_rate > 0)  # a frozen table has no gradient that could be clipped
        self._weights: list[nn.Parameter] = [*decayed, *plain, table]
        self._table = table
        self._clip = config.clip

    @property
    def parts(self) -> list[Any]:
        """The optimisers inside, for a gradient scaler."""
        return [part for part, _ in self._parts]

    def clip(self) -> float:
        """Shorten the gradients to the longest allowed, and return the length they had."""
        import torch

        if self._table.grad is not None and self._table.grad.is_sparse:
            self._table.grad = self._table.grad.coalesce()
        grads = [weight.grad for weight in self._weights if weight.grad is not None]
        values = [grad.values() if grad.is_sparse else grad for grad in grads]
        if not values:
            return 0.0
        length = torch.linalg.vector_norm(torch.stack([torch.linalg.vector_norm(value) for value in values]))
        if self._clip > 0:
            share = (self._clip / (length + 1e-12)).clamp(max=1.0)
            for value in values:
                value.mul_(share)
        return float(length)

    def step(self, share: float, length: float, scaler: Any = None) -> None:
        """Move the weights at ``share`` of their highest rates, and forget the gradients.

        Gradients of infinite ``length``, which a scaler of float16 meets now and then, move nothing at all.
        """
        for part, highest in self._parts:
            for group in part.param_groups:
                group["lr"] = highest * share
            if math.isfinite(length):
                part.step()
        if scaler is not None:
            scaler.update()
        for weight in self._weights:
            weight.grad = None

    def state(self) -> dict[str, Tensor]:
        """Return all that a resume needs, as named tensors."""
        import torch

        return {
            f"{place}.{index}.{key}": value if isinstance(value, torch.Tensor) else torch.tensor(value)
            for place, (part, _) in enumerate(self._parts)
            for index, kept in part.state_dict()["state"].items()
            for key, value in kept.items()
        }

    def load(self, state: dict[str, Tensor]) -> None:
        """Take up a state that ``state`` returned."""
        for place, (part, _) in enumerate(self._parts):
            kept: dict[int, dict[str, Any]] = {}
            for name, value in state.items():
                where, index, key = name.split(".", 2)
                if int(where) == place:
                    kept.setdefault(int(index), {})[key] = value
            whole = part.state_dict()
            for each in kept.values():  # SparseAdam counts its steps in an int
                if type(part).__name__ == "SparseAdam":
                    each["step"] = int(each["step"])
            part.load_state_dict({"state": kept, "param_groups": whole["param_groups"]})
