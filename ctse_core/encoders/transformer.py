"""The encoder that app and trainer share: a transformer, the one pooling, and unit rows out of texts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ctse_core.encoders.cache import written_beside
from ctse_core.encoders.eight_bit import is_eight_bit, read_weights
from ctse_core.encoders.fingerprint import folder_digest, vectors_fingerprint, vectors_space
from ctse_core.encoders.head import load_head, save_head
from ctse_core.encoders.layout import EncoderUse, read_layout, require_writable, write_sentence_modules
from ctse_core.encoders.pooling import mean_pool
from ctse_core.encoders.quiet import quiet_transformers
from ctse_core.encoders.reading import Readable
from ctse_core.encoders.tokens import TextTokenizer, batches, padded
from ctse_core.encoders.vectors import unit_rows
from ctse_core.types import Vectors

if TYPE_CHECKING:
    import torch
    from torch import Tensor, nn

CPU_BUDGET = 2048  # tokens a batch: larger ones leave the processor's cache
GPU_BUDGET = 65536


class SentenceEncoder:
    """A transformer with its tokenizer, pooling and prefix.

    Attributes:
        name: what people call it.
        note: what a person should know, such as why the fast runtime is not used; mostly empty.
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
        self.note = ""
        self.model: Any = model
        self.tokenizer = tokenizer
        self.use = use
        self.head = head if head is not None else torch.nn.Sequential()
        self.tokens = TextTokenizer.of_transformers(tokenizer, use)
        self.pad_id = int(tokenizer.pad_token_id or 0)
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
        model, tokenizer = _load_model(layout.folder), load_tokenizer(layout.folder)
        encoder = cls(name or folder.name, model, tokenizer, layout.use, load_head(layout.dense))
        encoder.to(device or default_device())
        encoder._files = folder_digest(layout)
        encoder._loaded_state = encoder._changes()
        return encoder

    @property
    def dim(self) -> int:
        """Width ``d`` of the vectors."""
        widths: list[Any] = [layer.out_features for layer in self.head if hasattr(layer, "out_features")]
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
        return vectors_fingerprint(self._weights(), self.use, self.runtime)

    @property
    def space(self) -> str:
        """SHA-256 of the space its vectors lie in: as the fingerprint, whatever the runtime."""
        return vectors_space(self._weights(), self.use)

    def _weights(self) -> str:
        loaded = self._files is not None and self._loaded_state == self._changes()
        return str(self._files if loaded else self._weights_in_memory())

    def to(self, device: str) -> SentenceEncoder:
        """Move model and head to a device ("cpu", "cuda") and return self."""
        self.model.to(device)
        self.head.to(device)
        return self

    def tokenise(self, texts: Sequence[str]) -> dict[str, Tensor]:
        """Return ``input_ids`` and ``attention_mask``, both (b, t), on the model's device."""
        import torch

        ids, mask = padded(self.tokens.ids(texts), self.pad_id)
        return {
            "input_ids": torch.from_numpy(ids).to(self.device),
            "attention_mask": torch.from_numpy(mask).to(self.device),
        }

    def forward(self, features: Mapping[str, Tensor]) -> Tensor:
        """Return (b, d) vectors of tokenised texts: differentiable, not normalised."""
        mask = features["attention_mask"]
        token_vectors = self.model(**features).last_hidden_state.float()  # pooled in float32 under autocast too
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
                tokens, mask = padded([ids[row] for row in rows], self.pad_id)
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

        An encoder that lies there already is replaced as a whole.

        Raises:
            EncoderError: the folder cannot be written, or holds something else than an encoder.
        """
        from safetensors.torch import save_file

        require_writable(folder)
        with written_beside(folder, lambda _: False) as beside, quiet_transformers():
            self.model.config.save_pretrained(beside)
            save_file(_plain_state(self.model), beside / "model.safetensors", metadata={"format": "pt"})
            self.tokens.uncut()
            self.tokenizer.save_pretrained(beside)
            dense = save_head(self.head, beside)
            write_sentence_modules(beside, int(self.model.config.hidden_size), self.use, dense)
        return folder

    def _changes(self) -> int:
        """Return a count that grows with every change in place of a weight."""
        return sum(weight._version for part in (self.model, self.head) for weight in part.parameters())

    def _weights_in_memory(self) -> str:
        import hashlib

        digest = hashlib.sha256(self.tokens.description().encode())
        for part in (self.model, self.head):
            for name, weight in sorted(_plain_state(part).items()):
                digest.update(name.encode())
                digest.update(weight.float().cpu().numpy().tobytes())
        return digest.hexdigest()


def default_device() -> str:
    """Return "cuda" where torch sees such a GPU, else "cpu"."""
    import torch

    return "cuda" if torch.cuda.is_available() else "cpu"


def _pooled_tokens(mask: Tensor, pooled: str) -> Tensor:
    if pooled == "all":
        return mask
    import torch

    place = torch.arange(mask.shape[1], device=mask.device)
    wanted = mask.sum(dim=1, keepdim=True) - 1 if pooled == "last" else torch.zeros_like(mask[:, :1])
    return mask * (place == wanted).to(mask.dtype)


def load_tokenizer(folder: Path) -> Any:
    """Return the folder's tokenizer as transformers makes it; nothing is fetched.

    Raises:
        EncoderError: its files are missing or damaged.
    """
    from transformers import AutoTokenizer

    with Readable(folder), quiet_transformers():
        return AutoTokenizer.from_pretrained(folder, local_files_only=True, trust_remote_code=False)


def _load_model(folder: Path) -> Any:
    import torch
    from transformers import AutoModel

    with Readable(folder), quiet_transformers():
        if is_eight_bit(folder):
            model = _from_eight_bit(folder)
        else:
            model = AutoModel.from_pretrained(
                folder, local_files_only=True, trust_remote_code=False, weights_only=True, dtype=torch.float32
            )
    if getattr(model, "pooler", None) is not None:
        model.pooler = None  # never used here; in folders without it, it would be random
    return model.eval()


def _from_eight_bit(folder: Path) -> Any:
    import torch
    from transformers import AutoConfig, AutoModel

    config = AutoConfig.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
    weights = read_weights(folder / "model.safetensors")
    state = {name: torch.from_numpy(values) for name, values in weights.items() if "_Dense." not in name}
    with torch.device("meta"):  # no weights are drawn only to be replaced
        kind = type(AutoModel.from_config(config))
    model, told = kind.from_pretrained(
        None, config=config, state_dict=state, dtype=torch.float32, output_loading_info=True
    )
    missing = sorted(name for name in told["missing_keys"] if not name.startswith("pooler."))
    if missing:
        raise KeyError(f"the weights lack {missing[0]}")
    return model


def _plain_state(module: nn.Module) -> dict[str, Tensor]:
    return {name: value.detach().cpu().contiguous() for name, value in module.state_dict().items()}
