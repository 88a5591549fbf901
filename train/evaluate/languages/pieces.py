"""What a tokenizer makes of a language: pieces a word, unknown pieces, texts that are cut short."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ctse_core.text import scripts


@dataclass(frozen=True)
class Pieces:
    """What the tokenizer makes of n texts, without the marks of begin and end and without the prefix.

    Attributes:
        tokens: (n,) tokens of each text.
        unknown: (n,) those of them that stand for something unknown.
        cut: (n,) whether the encoder reads the text's beginning only.
    """

    tokens: NDArray[np.int64]
    unknown: NDArray[np.int64]
    cut: NDArray[np.bool_]


def piece_counter(encoder: Any) -> Callable[[Sequence[str]], Pieces] | None:
    """Return what counts the pieces of n texts, or None where the encoder has no tokenizer to be asked.

    Encoders without a tokenizer of their own are endpoints, and fakes.
    """
    tokenizer = getattr(encoder, "tokens", None)
    if tokenizer is None or not hasattr(tokenizer, "uncut"):
        return None
    backend, most = tokenizer.uncut(), int(tokenizer.use.max_tokens)
    unknown_id = _unknown_id(backend) if tokenizer.is_fast else backend.unk_token_id
    around = len(tokenizer.ids([""])[0])

    def count(texts: Sequence[str]) -> Pieces:
        whole = tokenizer.uncut()
        if tokenizer.is_fast:
            ids = [encoding.ids for encoding in whole.encode_batch_fast(list(texts), add_special_tokens=False)]
        else:
            ids = whole(list(texts), add_special_tokens=False)["input_ids"]
        tokens = np.array([len(row) for row in ids], dtype=np.int64)
        unknown = np.array([row.count(unknown_id) if unknown_id is not None else 0 for row in ids], dtype=np.int64)
        return Pieces(tokens, unknown, tokens + around > most)

    return count


def word_counts(texts: Sequence[str]) -> NDArray[np.int64]:
    """Return (n,) how many words each text has; scripts without blanks are cut by the dictionaries of ICU."""
    from icu4py.breakers import WordBreaker

    return np.array(
        [sum(any(letter.isalnum() for letter in run) for run in WordBreaker(text, "und")) for text in texts],
        dtype=np.int64,
    )


def script_shares(texts: Sequence[str]) -> list[tuple[str, float]]:
    """Return the scripts of the texts' letters with their shares in (0, 1], the most frequent first."""
    letters = scripts.letters_by_script(list(texts)).sum(axis=0)
    total = int(letters.sum())
    order = np.argsort(-letters, kind="stable")
    return [(scripts.SCRIPTS[place], float(letters[place] / total)) for place in order if letters[place]]


def _unknown_id(backend: Any) -> int | None:
    """Return the id of the unknown token of a Rust tokenizer; None where every byte has a token."""
    model = json.loads(backend.to_str())["model"]
    if model.get("unk_id") is not None:
        return int(model["unk_id"])
    token = model.get("unk_token")
    return backend.token_to_id(token) if token else None
