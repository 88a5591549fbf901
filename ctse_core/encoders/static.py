"""The fast encoder: a bag of token vectors. No layers: tokenise, look up, average, make unit rows."""

from __future__ import annotations

import dataclasses
import hashlib
import itertools
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ctse_core.encoders.cache import written_beside
from ctse_core.encoders.eight_bit import HalvesTable, read_halves, read_weights
from ctse_core.encoders.fingerprint import folder_digest, vectors_fingerprint, vectors_space
from ctse_core.encoders.layout import EncoderUse, read_layout, require_writable, write_static_modules
from ctse_core.encoders.reading import Readable
from ctse_core.encoders.vectors import unit_rows
from ctse_core.encoders.word_tokens import WordTokenizer
from ctse_core.errors import EncoderError
from ctse_core.types import Vectors

if TYPE_CHECKING:
    from torch import Tensor

TEXTS_AT_ONCE = 8192
TOKENS_WITHOUT_LIMIT = 8192
"""Where a folder names no limit: reading more costs next to nothing, and no text has more (it is cut before)."""


class StaticEncoder:
    """Token vectors and a tokenizer; a text's vector is the mean of its tokens' vectors.

    Attributes:
        name: what people call it.
        note: what a person should know; mostly empty.
        use: most tokens and prefix.
        table: the token vectors (v, d), a torch parameter; encoding reads the same memory. Until somebody asks
            for it, torch is not loaded, which takes longer than all else here.
        tokenizer: the Rust tokenizer.
    """

    runtime = "static"

    def __init__(
        self, name: str, tokenizer: Any, table: NDArray[np.float32] | HalvesTable | Tensor, use: EncoderUse
    ) -> None:
        if len(table.shape) != 2 or table.shape[0] < tokenizer.get_vocab_size():
            raise EncoderError(
                f"{name} has a table of shape {tuple(table.shape)} for {tokenizer.get_vocab_size()} tokens; every "
                "token needs a row. Make or fetch it again."
            )
        self.name = name
        self.note = ""
        self.use = use
        if isinstance(table, np.ndarray):
            table = np.ascontiguousarray(table, dtype=np.float32)
        rows = table if isinstance(table, (np.ndarray, HalvesTable)) else None
        self._rows: Any = rows
        self._table: Any = None if isinstance(table, (np.ndarray, HalvesTable)) else _parameter(table)
        self.tokens = WordTokenizer(tokenizer, use)
        self._files: str | None = None
        self._loaded_state: tuple[int, int] | None = None  # None as long as torch has not seen the table

    @classmethod
    def load(cls, folder: Path, name: str | None = None, prefix: str | None = None) -> StaticEncoder:
        """Load a local folder whose ``modules.json`` names a StaticEmbedding; nothing is fetched.

        Raises:
            EncoderError: files are missing or damaged, or it is an encoder of another kind.
        """
        from tokenizers import Tokenizer

        layout = read_layout(folder, prefix)
        if layout.kind != "static":
            raise EncoderError(f"The encoder in {folder} is a transformer, not a bag of token vectors.")
        with Readable(layout.folder):
            tokenizer = Tokenizer.from_file(str(layout.folder / "tokenizer.json"))
            table = _read_table(layout.folder)
        limit = (tokenizer.truncation or {}).get("max_length", TOKENS_WITHOUT_LIMIT)
        use = dataclasses.replace(layout.use, max_tokens=int(limit))
        encoder = cls(name or folder.name, tokenizer, table, use)
        encoder._files = folder_digest(layout)
        return encoder

    @property
    def table(self) -> Any:
        """The token vectors (v, d), a torch parameter."""
        if self._table is None:
            import torch

            rows = self._rows.whole() if isinstance(self._rows, HalvesTable) else self._rows
            self._table = _parameter(torch.from_numpy(rows))
            self._loaded_state = self._changes()
        return self._table

    @table.setter
    def table(self, table: Any) -> None:
        self._rows, self._table = None, table

    @property
    def tokenizer(self) -> Any:
        """The Rust tokenizer."""
        return self.tokens.backend

    @property
    def dim(self) -> int:
        """Width ``d`` of the vectors."""
        return int((self._rows if self._table is None else self._table).shape[1])

    @property
    def fingerprint(self) -> str:
        """SHA-256 over token vectors, tokenizer, prefix and most tokens; trained ones are hashed in memory."""
        return vectors_fingerprint(self._weights(), self.use, self.runtime)

    @property
    def space(self) -> str:
        """SHA-256 of the space its vectors lie in."""
        return vectors_space(self._weights(), self.use)

    def ids(self, texts: Sequence[str]) -> list[list[int]]:
        """Return the token ids of each text, cut at the most allowed, without marks of begin and end."""
        return self.tokens.ids(texts)

    def forward(self, ids: Sequence[Sequence[int] | NDArray[np.integer]], sparse: bool = True) -> Tensor:
        """Return the mean token vector (b, d) of each list of ids: differentiable, not normalised.

        An empty list gives zeros. With ``sparse`` the table's gradient holds only the rows that were read,
        as SparseAdam and SGD want it.
        """
        return self._means(*_flat(ids), sparse)

    __call__ = forward

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Return unit rows (n, d) float32, row i for text i; a text without tokens gets zeros.

        Raises:
            EncoderError: there are NaN or infinity among the token vectors.
        """
        vectors = np.zeros((len(texts), self.dim), dtype=np.float32)
        for start in range(0, len(texts), TEXTS_AT_ONCE):
            part = slice(start, start + TEXTS_AT_ONCE)
            vectors[part] = self.encode_ids(*self.tokens.flat_ids(texts[part]))
        return vectors

    def encode_ids(self, flat: NDArray[np.int32], lengths: NDArray[np.int64]) -> Vectors:
        """Return unit rows (n, d) of texts by their token ids, one text's after the other's, ``lengths`` (n,) of each.

        Raises:
            EncoderError: there are NaN or infinity among the token vectors.
        """
        if self._table is not None:
            return unit_rows(self._means(flat, np.cumsum(lengths) - lengths).detach().cpu().numpy())
        rows, places = self._rows.found(flat) if isinstance(self._rows, HalvesTable) else (self._rows, flat)
        return unit_rows(_sums(rows, places, lengths))

    def _means(self, flat: NDArray[np.integer], starts: NDArray[np.int64], sparse: bool = False) -> Tensor:
        import torch

        where = self.table.device
        return torch.nn.functional.embedding_bag(
            torch.from_numpy(flat).to(where, torch.int64),
            self.table,
            torch.from_numpy(starts).to(where),
            mode="mean",
            sparse=sparse,
        )

    def to(self, device: str) -> StaticEncoder:
        """Move the table to a device ("cpu", "cuda") and return self."""
        self.table.data = self.table.data.to(device)
        return self

    def save(self, folder: Path) -> Path:
        """Write a folder in sentence-transformers' StaticEmbedding layout that ``load`` and it open.

        An encoder that lies there already is replaced as a whole.

        Raises:
            EncoderError: the folder cannot be written, or holds something else than an encoder.
        """
        from safetensors.torch import save_file

        require_writable(folder)
        with written_beside(folder, lambda _: False) as beside:
            table = self.table.detach().cpu().contiguous()
            save_file({"embedding.weight": table}, beside / "model.safetensors", metadata={"format": "pt"})
            (beside / "tokenizer.json").write_text(self._tokenizer_json(), encoding="utf-8")
            write_static_modules(beside, self.use)
        return folder

    def _tokenizer_json(self) -> str:
        """Return the tokenizer with its cut: sentence-transformers has no other place for it."""
        backend = self.tokens.uncut()
        if self.use.max_tokens < TOKENS_WITHOUT_LIMIT:
            backend.enable_truncation(self.use.max_tokens)
        said = str(backend.to_str())
        self.tokens.uncut()
        return said

    def _changes(self) -> tuple[int, int]:
        """Return what changes with every change in place of the table, or when another takes its place."""
        return id(self._table), self._table._version

    def _weights(self) -> str:
        if self._files is not None and (self._table is None or self._loaded_state == self._changes()):
            return self._files
        digest = hashlib.sha256(self.tokens.description().encode())
        digest.update(self.table.detach().cpu().numpy().tobytes())
        return digest.hexdigest()


def _parameter(table: Tensor) -> Any:
    import torch

    return torch.nn.Parameter(table.detach().float())


def _sums(rows: NDArray[np.float32], flat: NDArray[np.integer], lengths: NDArray[np.int64]) -> NDArray[np.float32]:
    """Return the sum (b, d) of each text's rows, its ids in ``flat`` one text after the other; zeros for no ids."""
    from scipy.sparse import csr_array

    ends = np.concatenate([[0], np.cumsum(lengths)])
    return csr_array((np.ones(len(flat), np.float32), flat, ends), shape=(len(lengths), len(rows))) @ rows


def _flat(ids: Sequence[Sequence[int] | NDArray[np.integer]]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return all ids one after the other, and where each text begins (b,)."""
    lengths = np.fromiter(map(len, ids), np.int64, len(ids))
    starts = np.concatenate([[0], np.cumsum(lengths)])
    if ids and isinstance(ids[0], np.ndarray):
        return np.concatenate(ids).astype(np.int64), starts[:-1]
    return np.fromiter(itertools.chain.from_iterable(ids), np.int64, int(starts[-1])), starts[:-1]


def _read_table(folder: Path) -> NDArray[np.float32] | HalvesTable:
    """Return the token vectors (v, d); those of model2vec have a mapping and a weight a token folded in."""
    path = folder / "model.safetensors"
    if not path.is_file():
        import torch

        state = torch.load(folder / "pytorch_model.bin", map_location="cpu", weights_only=True)
        return state["embedding.weight"].float().numpy()
    if (halves := read_halves(path, "embedding.weight")) is not None:
        return halves
    arrays = read_weights(path)
    if "embedding.weight" in arrays:
        return arrays["embedding.weight"].astype(np.float32, copy=False)
    rows = arrays["embeddings"].astype(np.float32, copy=False)
    if "mapping" in arrays:
        rows = rows[arrays["mapping"]]
    return rows * arrays["weights"].astype(np.float32)[:, None] if "weights" in arrays else rows
