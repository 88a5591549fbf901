"""The encoder that app and trainer share: a transformer, the one pooling, and unit rows out of texts."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ctse_core.encoders.cache import written_beside
from ctse_core.encoders.fingerprint import files_digest, settings_digest
from ctse_core.encoders.layout import (
    DenseLayer,
    EncoderLayout,
    EncoderUse,
    read_layout,
    write_sentence_modules,
)
from ctse_core.encoders.pooling import mean_pool
from ctse_core.encoders.quiet import quiet_transformers
from ctse_core.encoders.tokens import TextTokenizer, batches, padded
from ctse_core.errors import EncoderError
from ctse_core.types import Vectors, check_vectors

if TYPE_CHECKING:
    import torch
    from torch import Tensor, nn

CPU_BUDGET = 2048  # tokens a batch: larger ones leave the processor's cache
GPU_BUDGET = 65536


class SentenceEncoder:
    """A transformer with its tokenizer, pooling and prefix.

    Attributes:
        name: what people call it.
        dim: width ``d`` of its vectors, read from the model.
        model: the transformer (``nn.Module``), for the trainer.
        head: the layers after the pooling (``nn.Sequential``, mostly empty).
        use: tokens, prefix and pooling.
    """

    def __init__(
        self, name: str, model: nn.Module, tokenizer: Any, use: EncoderUse, head: nn.Sequential | None = None
    ) -> None:
        import torch

        self.name = name
        self.model: Any = model
        self.tokenizer = tokenizer
        self.use = use
        self.head = head if head is not None else torch.nn.Sequential()
        self.tokens = TextTokenizer(_rust_tokenizer(tokenizer), tokenizer.pad_token_id, use)
        self._files: str | None = None
        self._loaded_state: int | None = None

    @classmethod
    def load(
        cls, folder: Path, name: str | None = None, prefix: str | None = None, device: str | None = None
    ) -> SentenceEncoder:
        """Load a local folder of sentence-transformers or plain transformers; nothing is fetched.

        Weights come from safetensors, else from torch files read with ``weights_only=True``.

        Raises:
            EncoderError: files are missing or damaged, or the folder asks for a step not built here.
        """
        layout = read_layout(folder, prefix)
        model, tokenizer = _load_parts(layout.folder)
        head = _load_head(layout.dense)
        encoder = cls(name or folder.name, model, tokenizer, layout.use, head)
        encoder.to(device or default_device())
        encoder._files = folder_digest(layout)
        encoder._loaded_state = encoder._changes()
        return encoder

    @property
    def dim(self) -> int:
        """Width ``d`` of the vectors."""
        widths = [layer.out_features for layer in self.head if hasattr(layer, "out_features")]
        return int(widths[-1] if widths else self.model.config.hidden_size)

    @property
    def device(self) -> torch.device:
        """Where the model computes."""
        return next(self.model.parameters()).device

    @property
    def runtime(self) -> str:
        """How the vectors are computed: "torch" (float32) or "torch-bf16" (on a GPU)."""
        return "torch-bf16" if self.device.type == "cuda" else "torch"

    @property
    def fingerprint(self) -> str:
        """SHA-256 over weights, tokenizer, pooling, prefix, most tokens and runtime.

        It follows the files while the weights are as loaded; trained weights are hashed in memory.
        """
        loaded = self._files is not None and self._loaded_state == self._changes()
        weights = self._files if loaded else self._weights_in_memory()
        return vectors_fingerprint(str(weights), self.use, self.runtime)

    def to(self, device: str) -> SentenceEncoder:
        """Move model and head to a device ("cpu", "cuda") and return self."""
        self.model.to(device)
        self.head.to(device)
        return self

    def tokenise(self, texts: Sequence[str]) -> dict[str, Tensor]:
        """Return ``input_ids`` and ``attention_mask``, both (b, t), on the model's device."""
        import torch

        ids, mask = padded(self.tokens.ids(texts), self.tokens.pad_id)
        return {
            "input_ids": torch.from_numpy(ids).to(self.device),
            "attention_mask": torch.from_numpy(mask).to(self.device),
        }

    def forward(self, features: Mapping[str, Tensor]) -> Tensor:
        """Return (b, d) vectors of tokenised texts: differentiable, not normalised."""
        mask = features["attention_mask"]
        token_vectors = self.model(**features).last_hidden_state
        return self.head(mean_pool(token_vectors, _pooled_tokens(mask, self.use.pooled)))

    __call__ = forward

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Return unit rows (n, d) float32, row i for text i; texts are batched by their length in tokens.

        Raises:
            EncoderError: the model gave NaN or infinity.
        """
        import torch

        vectors = np.zeros((len(texts), self.dim), dtype=np.float32)
        if not len(texts):
            return vectors
        on_gpu = self.device.type == "cuda"
        was_training = self.model.training
        self.model.eval()
        ids = self.tokens.ids(texts)
        with torch.inference_mode(), torch.autocast("cuda", torch.bfloat16, enabled=on_gpu):
            for rows in batches(ids, GPU_BUDGET if on_gpu else CPU_BUDGET):
                tokens, mask = padded([ids[row] for row in rows], self.tokens.pad_id)
                pooled = self.forward(
                    {
                        "input_ids": torch.from_numpy(tokens).to(self.device),
                        "attention_mask": torch.from_numpy(mask).to(self.device),
                    }
                )
                vectors[rows] = pooled.float().cpu().numpy()
        self.model.train(was_training)
        return unit_rows(vectors)

    def save(self, folder: Path) -> Path:
        """Write a sentence-transformers folder (safetensors) that ``load`` and sentence-transformers open.

        Raises:
            EncoderError: the folder cannot be written.
        """
        from safetensors.torch import save_file

        with written_beside(folder, lambda _: False) as beside, quiet_transformers():
            self.model.config.save_pretrained(beside)
            save_file(_plain_state(self.model), beside / "model.safetensors", metadata={"format": "pt"})
            self.tokenizer.save_pretrained(beside)
            dense = _save_head(self.head, beside)
            write_sentence_modules(beside, int(self.model.config.hidden_size), self.use, dense)
        return folder

    def _changes(self) -> int:
        """Return a count that grows with every change in place of a weight."""
        return sum(weight._version for part in (self.model, self.head) for weight in part.parameters())

    def _weights_in_memory(self) -> str:
        import hashlib

        digest = hashlib.sha256(self.tokens.backend.to_str().encode())
        for part in (self.model, self.head):
            for name, weight in sorted(_plain_state(part).items()):
                digest.update(name.encode())
                digest.update(weight.float().cpu().numpy().tobytes())
        return digest.hexdigest()


def vectors_fingerprint(weights: str, use: EncoderUse, runtime: str) -> str:
    """Return one SHA-256 for all that decides an encoder's vectors."""
    return settings_digest(
        {
            "weights": weights,
            "max_tokens": use.max_tokens,
            "prefix": use.prefix,
            "pooled": use.pooled,
            "lowercase": use.lowercase,
            "runtime": runtime,
        }
    )


def folder_digest(layout: EncoderLayout) -> str:
    """Return one SHA-256 over the files of a folder that decide the vectors."""
    parts = [files_digest(layout.folder, layout.files())]
    for layer in layout.dense:
        parts.append(files_digest(layer.folder, ["config.json", "model.safetensors", "pytorch_model.bin"]))
    return settings_digest({"parts": parts})


def unit_rows(vectors: Vectors) -> Vectors:
    """Return rows (n, d) of length 1; rows of zeros stay zeros.

    Raises:
        EncoderError: NaN or infinity among them.
    """
    lengths = np.linalg.norm(check_vectors(vectors), axis=1, keepdims=True)
    return vectors / np.where(lengths > 0, lengths, 1.0).astype(np.float32)


def default_device() -> str:
    """Return "cuda" where torch sees such a GPU, else "cpu"."""
    import torch

    return "cuda" if torch.cuda.is_available() else "cpu"


def _pooled_tokens(mask: Tensor, pooled: str) -> Tensor:
    if pooled == "all":
        return mask
    import torch

    first = torch.arange(mask.shape[1], device=mask.device) == 0
    return mask * first.to(mask.dtype)


def _load_parts(folder: Path) -> tuple[Any, Any]:
    import torch
    from safetensors import SafetensorError
    from transformers import AutoModel, AutoTokenizer

    try:
        with quiet_transformers():
            tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
            model = AutoModel.from_pretrained(
                folder,
                local_files_only=True,
                trust_remote_code=False,
                weights_only=True,
                dtype=torch.float32,
            )
    except (OSError, ValueError, KeyError, RuntimeError, SafetensorError, json.JSONDecodeError) as error:
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise EncoderError(
            f"The encoder in {folder} cannot be loaded: {reason} Fetch the folder again, or choose another."
        ) from error
    if getattr(model, "pooler", None) is not None:
        model.pooler = None  # never used here; in folders without it, it would be random
    return model.eval(), tokenizer


def _rust_tokenizer(tokenizer: Any) -> Any:
    backend = getattr(tokenizer, "backend_tokenizer", None)
    if backend is None:
        raise EncoderError(
            f"The tokenizer {type(tokenizer).__name__} has no fast form; choose another encoder."
        )
    return backend


def _load_head(layers: tuple[DenseLayer, ...]) -> nn.Sequential:
    import torch
    from safetensors.torch import load_file

    steps: list[nn.Module] = []
    for layer in layers:
        safe = layer.folder / "model.safetensors"
        try:
            if safe.is_file():
                state = load_file(safe)
            else:
                state = torch.load(layer.folder / "pytorch_model.bin", map_location="cpu", weights_only=True)
            weight, bias = state["linear.weight"], state.get("linear.bias")
        except (OSError, ValueError, KeyError, RuntimeError) as error:
            raise EncoderError(f"The layer in {layer.folder} cannot be loaded; fetch it again.") from error
        linear = torch.nn.Linear(weight.shape[1], weight.shape[0], bias=bias is not None)
        linear.load_state_dict({"weight": weight} if bias is None else {"weight": weight, "bias": bias})
        steps.append(linear)
        if layer.activation == "tanh":
            steps.append(torch.nn.Tanh())
    return torch.nn.Sequential(*steps).eval()


def _save_head(head: nn.Sequential, folder: Path) -> list[str]:
    from safetensors.torch import save_file

    names = []
    layers = list(head)
    for position, layer in enumerate(layers):
        if not hasattr(layer, "out_features"):
            continue
        name = f"{len(names) + 2}_Dense"
        follower = type(layers[position + 1]).__name__ if position + 1 < len(layers) else "Identity"
        settings = {
            "in_features": layer.in_features,
            "out_features": layer.out_features,
            "bias": layer.bias is not None,
            "activation_function": (
                "torch.nn.modules.activation.Tanh"
                if follower == "Tanh"
                else "torch.nn.modules.linear.Identity"
            ),
        }
        (folder / name).mkdir()
        (folder / name / "config.json").write_text(json.dumps(settings, indent=1), encoding="utf-8")
        save_file(
            {f"linear.{key}": value for key, value in _plain_state(layer).items()},
            folder / name / "model.safetensors",
        )
        names.append(name)
    return names


def _plain_state(module: nn.Module) -> dict[str, Tensor]:
    return {name: value.detach().cpu().contiguous() for name, value in module.state_dict().items()}
