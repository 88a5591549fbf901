"""Sentence matching: how often the nearest sentence of the other language is the translation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ctse_core.errors import EncoderError
from ctse_core.types import Vectors, check_vectors
from train.evaluate.estimates import items_of, no_items, scores_of
from train.evaluate.labelled import Encode, encoded, unit
from train.evaluate.set_tables import letters
from train.evaluate.sets import FEWEST

BLOCK = 1024
MARGIN_NEIGHBOURS = 4
VARIANTS = ("cosine", "margin", "centred")
"""Plain cosine is the headline. ``margin`` divides a cosine by what both sentences reach with their nearest four
(Artetxe and Schwenk 2019); ``centred`` takes each language's mean vector off first (Libovický et al. 2020)."""


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


def matching(encode: Encode, data: pl.DataFrame) -> pl.DataFrame:
    """Return how often sentences find their translations among all of a language: measure to interval, a row each.

    ``data`` has item, lang, text, english, translation. ``matching_to`` looks from English among the translations,
    ``matching_from`` from a translation among the English, ``matching`` is the mean of both. See ``matching_items``.

    Source: Heffernan, Çelebi and Schwenk, "Bitext mining using distilled sentence representations", 2022 (the
    protocol); Artetxe and Schwenk, "Margin-based parallel corpus mining", ACL 2019 (margin).
    """
    return scores_of(matching_items(encode, data))


def matching_items(encode: Encode, data: pl.DataFrame) -> pl.DataFrame:
    """Return for every pair, direction and variant whether the nearest candidate was right (1) or not (0).

    Candidates are all translations of the same text, and all their English sentences. Equal sentences are no
    errors: a candidate is right where its words, or those of its other side, are the same as the wanted one's.

    Raises:
        EncoderError: the vectors are no finite table of one width.
    """
    english_rows = {text: row for row, text in enumerate(dict.fromkeys(data["english"].to_list()))}
    english = encoded(encode, list(english_rows))
    parts = []
    for (lang, text), rows in data.group_by("lang", "text", maintain_order=True):
        if rows.height < FEWEST:
            continue
        source = english[[english_rows[sentence] for sentence in rows["english"]]]
        target = check_vectors(encoded(encode, rows["translation"].to_list()), rows.height, source.shape[1])
        same = (same_texts(rows["english"].to_list()), same_texts(rows["translation"].to_list()))
        for variant in VARIANTS:
            forward, backward = right_answers(source, target, same, variant)
            for measure, right in (("matching_to", forward), ("matching_from", backward)):
                parts.append(items_of(measure, variant, str(lang), str(text), rows["item"].to_numpy(), right))
    return pl.concat(parts) if parts else no_items()


def right_answers(
    source: Vectors, target: Vectors, same: tuple[NDArray[np.int64], NDArray[np.int64]], variant: str = "cosine"
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return which rows (n,) find their partner from source to target, and which from target to source.

    ``same`` holds for both sides a number (n,) a row that equal texts share.
    """
    if variant == "centred":
        source, target = unit(source - source.mean(axis=0)), unit(target - target.mean(axis=0))
    reach = (_nearest_mean(source, target), _nearest_mean(target, source)) if variant == "margin" else (None, None)
    forward = _nearest(source, target, reach[0], reach[1])
    backward = _nearest(target, source, reach[1], reach[0])
    rows = np.arange(len(source))

    def right(found: NDArray[np.int64]) -> NDArray[np.bool_]:
        return (found == rows) | (same[0][found] == same[0]) | (same[1][found] == same[1])

    return right(forward), right(backward)


def same_texts(texts: Sequence[str]) -> NDArray[np.int64]:
    """Return a number (n,) a text; texts whose letters and digits are the same share it (NFKC, casefold)."""
    numbers: dict[str, int] = {}
    return np.array([numbers.setdefault(letters(text), len(numbers)) for text in texts], dtype=np.int64)


def matching_accuracy(source: Vectors, target: Vectors) -> Match:
    """Return how often row i of ``source`` (n, d) is nearest to row i of ``target`` (n, d), and back.

    Compared by cosine among all n rows of the other side; the first of equally near rows counts, so an
    encoder that gives every text the same vector scores 1/n. Computed in blocks: memory does not grow with n².

    Raises:
        EncoderError: the tables differ in shape, are empty, or hold NaN or infinity.
    """
    source = unit(check_vectors(source))
    target = unit(check_vectors(target, len(source), source.shape[1]))
    pairs = len(source)
    if not pairs:
        raise EncoderError("There is no pair of sentences to match.")
    rows = np.arange(pairs)
    forward, backward = right_answers(source, target, (rows, rows))
    return Match(float(forward.mean()), float(backward.mean()), pairs)


def _nearest(
    queries: Vectors,
    candidates: Vectors,
    query_reach: NDArray[np.float32] | None,
    candidate_reach: NDArray[np.float32] | None,
) -> NDArray[np.int64]:
    """Return the row of the nearest candidate of each query, by cosine or by its ratio to what both reach."""
    found = np.empty(len(queries), dtype=np.int64)
    for start in range(0, len(queries), BLOCK):
        cosine = queries[start : start + BLOCK] @ candidates.T
        if query_reach is not None and candidate_reach is not None:
            cosine /= np.maximum((query_reach[start : start + BLOCK, None] + candidate_reach[None]) / 2, 1e-6)
        found[start : start + BLOCK] = cosine.argmax(axis=1)
    return found


def _nearest_mean(queries: Vectors, candidates: Vectors) -> NDArray[np.float32]:
    """Return (n,) the mean cosine of each query with its nearest MARGIN_NEIGHBOURS candidates."""
    most = min(MARGIN_NEIGHBOURS, len(candidates))
    found = np.empty(len(queries), dtype=np.float32)
    for start in range(0, len(queries), BLOCK):
        cosine = queries[start : start + BLOCK] @ candidates.T
        found[start : start + BLOCK] = np.partition(cosine, -most, axis=1)[:, -most:].mean(axis=1)
    return found
