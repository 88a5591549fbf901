"""Sentence matching: how often the nearest sentence of the other language is the translation."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ctse_core.errors import EncoderError
from ctse_core.types import Vectors, check_vectors

BLOCK = 1024


@dataclass(frozen=True)
class Match:
    """Shares of sentences in [0, 1] whose nearest neighbour by cosine is their translation.

    ``forward`` goes from source to target, ``backward`` from target to source.
    """

    forward: float
    backward: float
    pairs: int

    @property
    def mean(self) -> float:
        """The mean of both directions, in [0, 1]."""
        return (self.forward + self.backward) / 2


def matching_accuracy(source: Vectors, target: Vectors) -> Match:
    """Return how often row i of ``source`` (n, d) is nearest to row i of ``target`` (n, d), and back.

    Compared by cosine among all n rows of the other side; the first of equally near rows counts, so an
    encoder that gives every text the same vector scores 1/n. Computed in blocks: memory does not grow with n².

    Raises:
        EncoderError: the tables differ in shape, are empty, or hold NaN or infinity.
    """
    source = _unit(check_vectors(source))
    target = _unit(check_vectors(target, len(source), source.shape[1]))
    pairs = len(source)
    if not pairs:
        raise EncoderError("There is no pair of sentences to match.")
    nearest = np.empty(pairs, dtype=np.int64)
    best = np.full(pairs, -np.inf, dtype=np.float32)
    best_source = np.zeros(pairs, dtype=np.int64)
    for start in range(0, pairs, BLOCK):
        cosine = source[start : start + BLOCK] @ target.T
        nearest[start : start + BLOCK] = cosine.argmax(axis=1)
        highest = cosine.max(axis=0)
        better = highest > best
        best_source[better] = start + cosine.argmax(axis=0)[better]
        best[better] = highest[better]
    rows = np.arange(pairs)
    return Match(float((nearest == rows).mean()), float((best_source == rows).mean()), pairs)


def _unit(vectors: Vectors) -> Vectors:
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.where(lengths > 0, lengths, 1), dtype=np.float32)
