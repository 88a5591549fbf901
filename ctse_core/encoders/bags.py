"""Vectors of very many texts by a bag of token vectors: cut into tokens on every core, added up here."""

from __future__ import annotations

import numpy as np
import polars as pl

from ctse_core.encoders.catalog import ENCODERS
from ctse_core.encoders.encoder import load_encoder
from ctse_core.encoders.static import TEXTS_AT_ONCE, StaticEncoder
from ctse_core.encoders.word_tokens import WordTokenizer
from ctse_core.types import Progress, Spread, Vectors

MANY = 25_000
"""Texts from which cutting them on every core is worth it."""
_cutters: dict[str, WordTokenizer] = {}  # of this process


def cut_elsewhere(encoder: object, count: int) -> bool:
    """Return whether so many texts are better cut on every core: another process can have the same encoder by name."""
    return count >= MANY and isinstance(encoder, StaticEncoder) and encoder.name in ENCODERS


def embed_bags(texts: pl.Series, encoder: StaticEncoder, spread: Spread, progress: Progress) -> Vectors:
    """Return (n, d) float32 rows, as ``embed`` does: unit rows, and zeros for texts without content.

    Raises:
        EncoderError: there are NaN or infinity among the token vectors.
    """
    count = len(texts)
    _cutters[encoder.name] = encoder.tokens
    posts = pl.DataFrame({"text": texts, "here": pl.int_range(count, dtype=pl.UInt32, eager=True)})
    posts = posts.filter(pl.col("text").str.contains(r"\S"))

    def tell(share: float) -> None:
        progress(0.9 * share, f"Embedding {int(0.9 * share * count):,} of {count:,} posts")

    cut = spread(tokens_of_texts, posts, {"encoder": encoder.name}, tell)
    here, ids = cut["here"].to_numpy(), cut["id"].to_numpy()
    vectors = np.zeros((count, encoder.dim), dtype=np.float32)
    for start in range(0, count, TEXTS_AT_ONCE):
        end = min(start + TEXTS_AT_ONCE, count)
        first, last = np.searchsorted(here, [start, end])
        lengths = np.bincount(here[first:last] - start, minlength=end - start)
        vectors[start:end] = encoder.encode_ids(ids[first:last], lengths)
        progress(0.9 + 0.1 * end / count, f"Embedding {end:,} of {count:,} posts")
    return vectors


def tokens_of_texts(piece: pl.DataFrame, encoder: str) -> pl.DataFrame:
    """Return a row for each token of the texts ("text", at "here"): where its text is, "here", and its "id"."""
    if encoder not in _cutters:
        found = load_encoder(encoder)
        if not isinstance(found, StaticEncoder):
            raise TypeError(f"{encoder} is no bag of token vectors")
        _cutters[encoder] = found.tokens
    flat, lengths = _cutters[encoder].flat_ids(piece["text"].to_list())
    return pl.DataFrame({"here": np.repeat(piece["here"].to_numpy(), lengths), "id": flat})
