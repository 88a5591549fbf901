"""What is trained, in one shape: a transformer or a bag of token vectors, seen by the engine as ids in, vectors out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from ctse_core.encoders.tokens import padded
from ctse_core.errors import EncoderError, TrainError
from ctse_core.types import Progress, Vectors, no_progress
from train.config import StudentSettings

if TYPE_CHECKING:
    from torch import Tensor, nn

    from ctse_core.encoders import OnnxEncoder, SentenceEncoder


class Student(Protocol):
    """An encoder under training. Its token vectors stand in one ``table``, whose gradients are sparse."""

    encoder: Any

    def ids(self, texts: Sequence[str]) -> list[list[int]]:
        """Return the token ids of each text, as the encoder will see them."""

    def vectors(self, ids: Sequence[Any]) -> Tensor:
        """Return (b, d) vectors, differentiable and not normalised."""

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Return unit rows (n, d), without gradients."""

    @property
    def table(self) -> nn.Parameter:
        """The token vectors (v, d)."""

    def others(self) -> list[tuple[str, nn.Parameter]]:
        """Return every other weight with its name."""

    def save(self, folder: Path) -> Path:
        """Write a folder that ``load_encoder`` opens."""


class TransformerStudent:
    """A transformer under training, under autocast where the precision is not float32."""

    def __init__(self, encoder: Any, precision: str = "fp32", dropout: float = 0.0, compiled: bool = False) -> None:
        self.encoder = encoder
        self.precision = precision
        self._embedding = encoder.model.get_input_embeddings()
        self._embedding.sparse = True
        plain_attention(encoder)
        _set_dropout(encoder.model, dropout)
        encoder.model.train()
        if compiled:  # the layers alone: a table with sparse gradients breaks a compiled graph
            getattr(encoder.model, "encoder", encoder.model).compile(dynamic=True)

    def ids(self, texts: Sequence[str]) -> list[list[int]]:
        """See ``Student``."""
        return self.encoder.tokens.ids(texts)

    def vectors(self, ids: Sequence[Any]) -> Tensor:
        """See ``Student``."""
        import torch

        tokens, mask = padded(ids, self.encoder.pad_id)
        device = self.encoder.device
        features = {
            "input_ids": torch.from_numpy(tokens).to(device, non_blocking=True),
            "attention_mask": torch.from_numpy(mask).to(device, non_blocking=True),
        }
        with autocast(device.type, self.precision):
            return self.encoder.forward(features).float()

    def encode(self, texts: Sequence[str]) -> Vectors:
        """See ``Student``."""
        with autocast(self.encoder.device.type, self.precision):
            return self.encoder.encode(texts)

    @property
    def table(self) -> nn.Parameter:
        """See ``Student``."""
        return self._embedding.weight

    def others(self) -> list[tuple[str, nn.Parameter]]:
        """See ``Student``."""
        parts = (("", self.encoder.model), ("head.", self.encoder.head))
        every = [(prefix + name, weight) for prefix, part in parts for name, weight in part.named_parameters()]
        return [(name, weight) for name, weight in every if weight is not self.table]

    def save(self, folder: Path) -> Path:
        """See ``Student``."""
        return self.encoder.save(folder)


class StaticStudent:
    """A bag of token vectors under training: the table is all there is."""

    def __init__(self, encoder: Any) -> None:
        self.encoder = encoder

    def ids(self, texts: Sequence[str]) -> list[list[int]]:
        """See ``Student``."""
        return self.encoder.ids(texts)

    def vectors(self, ids: Sequence[Any]) -> Tensor:
        """See ``Student``."""
        return self.encoder.forward(ids)

    def encode(self, texts: Sequence[str]) -> Vectors:
        """See ``Student``."""
        return self.encoder.encode(texts)

    @property
    def table(self) -> nn.Parameter:
        """See ``Student``."""
        return self.encoder.table

    def others(self) -> list[tuple[str, nn.Parameter]]:
        """See ``Student``."""
        return []

    def save(self, folder: Path) -> Path:
        """See ``Student``."""
        return self.encoder.save(folder)


def autocast(device: str, precision: str) -> Any:
    """Return the context in which matrices are multiplied in "bf16" or "fp16"; "fp32" changes nothing."""
    import torch

    kind = {"bf16": torch.bfloat16, "fp16": torch.float16}.get(precision, torch.float32)
    return torch.autocast(device, kind, enabled=kind is not torch.float32)


def choose_precision(asked: str, device: str) -> str:
    """Return the precision "auto" stands for: bf16 where the hardware multiplies in it, else fp32.

    Raises:
        TrainError: no such precision.
    """
    import torch

    if asked not in {"auto", "fp32", "bf16", "fp16"}:
        raise TrainError(f"There is no precision {asked!r}; choose auto, fp32, bf16 or fp16.")
    if asked != "auto":
        return asked
    if device.startswith("cuda"):
        return "bf16" if torch.cuda.is_bf16_supported() else "fp16"
    capable = getattr(torch.cpu, "_is_avx512_bf16_supported", None)
    return "bf16" if capable is not None and capable() else "fp32"


def plain_attention(encoder: Any) -> None:
    """Let attention be plain products of matrices where the encoder is on a CPU.

    torch's fused attention goes back 38 ms through 2,048 tokens of posts there, the products 3 ms: a step of training
    takes half the time.
    """
    if encoder.device.type == "cpu":
        encoder.model.set_attn_implementation("eager")


def add_projection(encoder: Any, dim: int, seed: int) -> None:
    """Put a learned linear layer behind the pooling, from the student's width to ``dim``; it is saved with it."""
    import torch

    generator = torch.Generator().manual_seed(seed)
    layer = torch.nn.Linear(encoder.dim, dim, bias=False)
    with torch.no_grad():
        layer.weight.copy_(torch.randn(layer.weight.shape, generator=generator) / encoder.dim**0.5)
    encoder.head.append(layer.to(encoder.device))


def require_width(settings: StudentSettings, encoder: Any, teacher: str, dim: int, seed: int) -> None:
    """See that student and teacher have the same width ``dim``, by a projection where the settings ask for one.

    Raises:
        TrainError: they differ and no projection is asked for, or the student can have none.
    """
    if encoder.dim == dim:
        return
    if not hasattr(encoder, "head"):
        raise TrainError(
            f"A bag of token vectors of {encoder.dim} numbers cannot learn from the teacher {teacher}, which gives "
            f"{dim}. Choose a teacher of its width, or none (--teacher '')."
        )
    if not settings.project:
        raise TrainError(
            f"The student {encoder.name} gives {encoder.dim} numbers a text and the teacher {teacher} {dim}. "
            "Choose a teacher of the student's width, or --set student.project=true, which learns a layer between them."
        )
    add_projection(encoder, dim, seed)


def load_transformer(name_or_folder: str | Path, device: str) -> Any:
    """Return a ``SentenceEncoder`` that can be trained.

    Raises:
        TrainError: what the name means is no transformer (an endpoint, a bag of token vectors).
        EncoderError: unknown, missing or damaged.
    """
    from ctse_core.encoders import SentenceEncoder, load_encoder

    if str(name_or_folder).startswith(("http://", "https://")):
        raise TrainError("An endpoint cannot be trained; choose an encoder of the catalogue or a folder.")
    encoder = load_encoder(name_or_folder, device=device, runtime="torch")
    if not isinstance(encoder, SentenceEncoder):
        raise TrainError(f"{name_or_folder} is no transformer; choose a transformer as the student.")
    return encoder


def load_reader(
    name_or_folder: str | Path, device: str, runtime: str = "auto", progress: Progress = no_progress
) -> SentenceEncoder | OnnxEncoder:
    """Return a transformer that is only read from; by ``runtime`` "auto" in the fast one where the device has it.

    Raises:
        TrainError: what the name means is no transformer of this machine.
        EncoderError: unknown, missing or damaged.
    """
    from ctse_core.encoders import OnnxEncoder, SentenceEncoder, load_encoder

    if not str(name_or_folder).startswith(("http://", "https://")):
        encoder = load_encoder(name_or_folder, device, runtime, progress)
        if isinstance(encoder, OnnxEncoder | SentenceEncoder):
            return encoder
    raise TrainError(f"{name_or_folder} is no transformer of this machine; choose one as the teacher of states.")


def with_prefix(encoder: Any, prefix: str) -> Any:
    """Return the same encoder with another text put in front of every post."""
    from ctse_core.encoders import SentenceEncoder

    use = replace(encoder.use, prefix=prefix)
    return SentenceEncoder(encoder.name, encoder.model, encoder.tokenizer, use, encoder.head)


def without_head(encoder: Any) -> Any:
    """Return the same encoder with nothing behind its pooling: a layer that was fitted to states as they were."""
    import torch

    from ctse_core.encoders import SentenceEncoder

    return SentenceEncoder(encoder.name, encoder.model, encoder.tokenizer, encoder.use, torch.nn.Sequential())


def _set_dropout(model: nn.Module, share: float) -> None:
    import torch

    if not 0 <= share < 1:
        raise EncoderError(f"The dropout {share} is not in [0, 1).")
    for module in model.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = share
    for module in model.modules():
        if isinstance(getattr(module, "dropout", None), float):  # attention keeps its own as a number
            module.dropout = share  # type: ignore[assignment]
