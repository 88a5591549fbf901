"""How a bag of token vectors begins: from what an encoder says of each token alone."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ctse_core.encoders.cache import write_atomically
from ctse_core.encoders.layout import EncoderUse
from ctse_core.encoders.pieces import pruned_tokenizer
from ctse_core.encoders.static import StaticEncoder
from ctse_core.encoders.transformer import SentenceEncoder
from ctse_core.encoders.vectors import unit_rows
from ctse_core.errors import EncoderError
from ctse_core.home import cache_home
from ctse_core.types import Progress, Vectors, no_progress

TOKENS_AT_ONCE = 512
KEPT_FROM = 5_000
"""The vectors of so many tokens or more are kept in the cache: 100,000 take minutes."""


@dataclass(frozen=True)
class StaticStart:
    """How token vectors are begun.

    Attributes:
        keep: ids of the encoder's tokens that stay in the vocabulary; None keeps the whole of it.
        characters: whether single characters stay, kept or not.
        centred: whether the mean over the vocabulary is taken off. That is what all tokens share; taking off the
            mean over a text's tokens instead, as their counts would have it, matches half as well (measured).
        counts: how often texts use each token (v,), by the encoder's ids; None weights no token.
        smoothing: a token of share p is weighted by smoothing / (smoothing + p); Arora et al. 2017.
        most_tokens: texts are cut there.
    """

    keep: Collection[int] | None = None
    characters: bool = True
    centred: bool = True
    counts: NDArray[np.integer] | None = None
    smoothing: float = 1e-4
    most_tokens: int = 128


def static_of(
    encoder: SentenceEncoder, start: StaticStart | None = None, progress: Progress = no_progress
) -> StaticEncoder:
    """Return a bag of token vectors (v, d) begun from the encoder's own unit vector of each single token.

    The encoder's prefix stands before each token as before each text; texts need none afterwards. Special
    tokens get zeros.

    Raises:
        EncoderError: the encoder's tokenizer has no Rust form, or its vocabulary cannot be pruned.
    """
    from tokenizers import Tokenizer

    start = start or StaticStart()
    if not encoder.tokens.is_fast:
        raise EncoderError(f"The tokenizer of {encoder.name} has no fast form; begin from another encoder.")
    tokenizer, old = Tokenizer.from_str(encoder.tokens.description()), None
    if start.keep is not None:
        tokenizer, old = pruned_tokenizer(tokenizer, start.keep, start.characters)
    ids = np.arange(tokenizer.get_vocab_size()) if old is None else old
    rows = _known_vectors(encoder, ids, progress)
    special = list(tokenizer.get_added_tokens_decoder())
    if start.centred:
        rows -= np.delete(rows, special, axis=0).mean(axis=0)
    if start.counts is not None:
        shares = start.counts[ids] / max(int(start.counts[ids].sum()), 1)
        rows *= (start.smoothing / (start.smoothing + shares))[:, None].astype(np.float32)
    rows[special] = 0
    return StaticEncoder(encoder.name, tokenizer, rows, EncoderUse(max_tokens=start.most_tokens))


def _known_vectors(encoder: SentenceEncoder, ids: NDArray[np.int64], progress: Progress) -> Vectors:
    """Return the vectors of single tokens (m, d), out of the cache where they were made before."""
    if len(ids) < KEPT_FROM:
        return _vectors_alone(encoder, ids, progress)
    decides = encoder.fingerprint + _precision(encoder)
    digest = hashlib.sha256(decides.encode() + ids.tobytes()).hexdigest()
    path = cache_home() / "token_vectors" / f"{digest[:32]}.npy"
    known = _read(path, (len(ids), encoder.dim))
    if known is not None:
        progress(1.0, f"Token vectors: {len(ids):,}, made before")
        return known
    rows = _vectors_alone(encoder, ids, progress)
    written = io.BytesIO()
    np.save(written, rows, allow_pickle=False)
    try:
        write_atomically(path, written.getbuffer())
    except OSError:
        progress(1.0, f"Token vectors: {len(ids):,}; they could not be kept in {path.parent}")
    return rows


def _precision(encoder: SentenceEncoder) -> str:
    """Return what the network computes in here, as the caller's autocast and the device decide; "" for float32."""
    import torch

    device = encoder.device.type
    if device == "cuda":
        return "cuda bfloat16"  # see _vectors_alone
    return f"{device} {torch.get_autocast_dtype(device)}" if torch.is_autocast_enabled(device) else ""


def _read(path: Path, shape: tuple[int, int]) -> Vectors | None:
    try:
        rows = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError):
        return None
    return rows if rows.shape == shape else None


def _vectors_alone(encoder: SentenceEncoder, ids: NDArray[np.int64], progress: Progress) -> Vectors:
    """Return the encoder's unit vectors (m, d) of single tokens."""
    import torch

    begin, end = _around(encoder)
    rows = np.zeros((len(ids), encoder.dim), dtype=np.float32)
    was_training = encoder.model.training
    encoder.model.eval()
    with torch.inference_mode(), torch.autocast("cuda", torch.bfloat16, enabled=encoder.device.type == "cuda"):
        for place in range(0, len(ids), TOKENS_AT_ONCE):
            part = ids[place : place + TOKENS_AT_ONCE]
            tokens = np.concatenate([np.tile(begin, (len(part), 1)), part[:, None], np.tile(end, (len(part), 1))], 1)
            given = torch.from_numpy(tokens).to(encoder.device)
            pooled = encoder.forward({"input_ids": given, "attention_mask": torch.ones_like(given)})
            rows[place : place + len(part)] = pooled.float().cpu().numpy()
            done = place + len(part)
            progress(done / len(ids), f"Token vectors: {done:,} of {len(ids):,}")
    encoder.model.train(was_training)
    return unit_rows(rows)


def _around(encoder: SentenceEncoder) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the ids that stand before and after a text's own: marks of begin and end, and the prefix."""
    backend: Any = encoder.tokens.uncut()
    own = backend.encode("a", add_special_tokens=False).ids
    marked = backend.encode("a", add_special_tokens=True).ids
    place = next(i for i in range(len(marked)) if marked[i : i + len(own)] == own)
    prefix = backend.encode(encoder.use.prefix.strip(), add_special_tokens=False).ids if encoder.use.prefix else []
    return np.array(marked[:place] + prefix, dtype=np.int64), np.array(marked[place + len(own) :], dtype=np.int64)
