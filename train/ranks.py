"""Several processes that train one student (torchrun): what they must tell each other, and no more."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, TypeVar

from ctse_core.types import Progress, no_progress

if TYPE_CHECKING:
    from torch import Tensor


T = TypeVar("T")


@dataclass(frozen=True)
class Ranks:
    """This process among all: ``rank`` in [0, ``count``), and the processor ``device`` it computes on."""

    rank: int
    count: int
    device: str

    @property
    def first(self) -> bool:
        """Whether this is the one that writes."""
        return self.rank == 0

    def add_up(self, tensor: Tensor) -> Tensor:
        """Return the sum of all processes' tensors, in place."""
        if self.count > 1:
            import torch.distributed as dist

            dist.all_reduce(tensor)
        return tensor

    def add_up_gradients(self, weights: Iterable[Tensor]) -> None:
        """Sum the dense gradients over the processes, in one message."""
        weights = list(weights)
        if self.count == 1 or not weights:  # a bag of token vectors has none but these
            return
        import torch

        gradients = [torch.zeros_like(w) if w.grad is None else w.grad for w in weights]
        flat = self.add_up(torch.cat([gradient.reshape(-1) for gradient in gradients]))
        for weight, part in zip(weights, flat.split([g.numel() for g in gradients]), strict=True):
            weight.grad = part.view_as(weight).clone()

    def in_turn(self, make: Callable[[Progress], T], progress: Progress) -> T:
        """Return what ``make`` gives: the first process makes and keeps it, then the others open it."""
        if self.first:
            made = make(progress)
        self.wait()
        return made if self.first else make(no_progress)

    def wait(self) -> None:
        """Return when every process has come here."""
        if self.count > 1:
            import torch.distributed as dist

            dist.barrier()


def leave_ranks() -> None:
    """End what ``join_ranks`` began."""
    if int(os.environ.get("WORLD_SIZE", "1")) > 1:
        import torch.distributed as dist

        if dist.is_initialized():
            dist.destroy_process_group()


def join_ranks(device: str) -> Ranks:
    """Return this process's place: alone, or one of those that torchrun has started.

    On GPUs each process takes the one of its number on this machine.
    """
    count = int(os.environ.get("WORLD_SIZE", "1"))
    if count == 1:
        return Ranks(0, 1, device)
    import torch
    import torch.distributed as dist

    if device.startswith("cuda"):
        device = f"cuda:{os.environ.get('LOCAL_RANK', '0')}"
        torch.cuda.set_device(device)
    if not dist.is_initialized():
        backend = "nccl" if device.startswith("cuda") else "gloo"
        dist.init_process_group(backend, timeout=timedelta(days=7))  # the first one reads, teaches, evaluates alone
    return Ranks(dist.get_rank(), dist.get_world_size(), device)
