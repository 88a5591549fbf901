"""Texts to token ids, many at once, and the grouping of texts of like length into batches."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ctse_core.encoders.layout import EncoderUse
from ctse_core.encoders.reading import Readable

MOST_CHARACTERS = 8192
"""A cell of a megabyte is cut here before it is tokenised; 128 tokens are never that long."""


class TextTokenizer:
    """Token ids of texts, cut at the encoder's most tokens, its prefix in front.

    ``backend`` is the Rust tokenizer, or transformers' own Python one where a model has no other (BERTweet).
    ``marks`` says whether the marks of begin and end are put around a text.
    """

    def __init__(self, backend: Any, use: EncoderUse, marks: bool = True) -> None:
        self.backend = backend
        self.use = use
        self.marks = marks
        self.is_fast = hasattr(backend, "encode_batch_fast")

    @classmethod
    def from_file(cls, path: Path, use: EncoderUse) -> TextTokenizer:
        """Read a ``tokenizer.json`` without loading transformers."""
        from tokenizers import Tokenizer

        with Readable(path.parent):
            return cls(Tokenizer.from_file(str(path)), use)

    @classmethod
    def of_transformers(cls, tokenizer: Any, use: EncoderUse) -> TextTokenizer:
        """Take the Rust tokenizer out of transformers' one, where it has one."""
        return cls(getattr(tokenizer, "backend_tokenizer", None) or tokenizer, use)

    def ids(self, texts: Sequence[str]) -> list[list[int]]:
        """Return the token ids of each text, cut at the most allowed."""
        prepared = [self._prepared(text) for text in texts]
        if not self.is_fast:
            return self.backend(prepared, truncation=True, max_length=self.use.max_tokens)["input_ids"] if texts else []
        # Set on every call: transformers' own tokenizer shares this object and changes both.
        self.backend.no_padding()
        self.backend.enable_truncation(self.use.max_tokens)
        return [each.ids for each in self.backend.encode_batch_fast(prepared, add_special_tokens=self.marks)]

    def uncut(self) -> Any:
        """Return the backend as it was loaded, without the cut that ``ids`` set."""
        if self.is_fast:
            self.backend.no_truncation()
            self.backend.no_padding()
        return self.backend

    def description(self) -> str:
        """Return all that decides the ids, as text."""
        backend = self.uncut()
        return backend.to_str() if self.is_fast else json.dumps(backend.get_vocab(), sort_keys=True)

    def _prepared(self, text: str) -> str:
        text = self.use.prefix + text[:MOST_CHARACTERS]
        if self.use.lowercase:
            text = text.lower()
        try:
            text.encode("utf-8")
        except UnicodeEncodeError:  # a lone surrogate, which no tokenizer takes
            return text.encode("utf-8", "replace").decode("utf-8")
        return text


def batches(ids: Sequence[Sequence[int]], budget: int) -> Iterator[NDArray[np.int64]]:
    """Yield rows (b,) of texts of like length, longest first; a padded batch fits ``budget`` tokens.

    Longest first: what needs most memory is met at once, and time left is never underestimated.
    """
    lengths = np.array([len(row) for row in ids], dtype=np.int64)
    order = np.argsort(-lengths, kind="stable")
    start = 0
    while start < len(order):
        longest = max(int(lengths[order[start]]), 1)
        count = max(budget // longest, 1)
        yield order[start : start + count]
        start += count


def equal_length_batches(ids: Sequence[Sequence[int]], budget: int) -> Iterator[NDArray[np.int64]]:
    """Yield rows (b,) of texts with the same number of tokens, longest first, at most ``budget`` tokens."""
    lengths = np.array([len(row) for row in ids], dtype=np.int64)
    for length in np.unique(lengths)[::-1]:
        rows = np.flatnonzero(lengths == length)
        count = max(budget // max(int(length), 1), 1)
        for start in range(0, len(rows), count):
            yield rows[start : start + count]


def padded(ids: Sequence[Sequence[int]], pad_id: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return token ids (b, t) filled up with ``pad_id`` and the mask (b, t), 1 on tokens and 0 on padding."""
    lengths = np.array([len(row) for row in ids], dtype=np.int64)
    mask = (np.arange(lengths.max(initial=1)) < lengths[:, None]).astype(np.int64)
    tokens = np.full(mask.shape, pad_id, dtype=np.int64)
    tokens[mask.astype(bool)] = np.concatenate([np.asarray(row, dtype=np.int64) for row in ids])
    return tokens, mask
