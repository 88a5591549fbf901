"""Which words set a few topics apart, from counts made once: BERTopic's formula without its import."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
from numpy.typing import NDArray

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

MOST = 60


@dataclass(frozen=True)
class WordCounts:
    """How often each unique post uses each word."""

    words: list[str]
    """v words, sorted."""
    counts: csr_matrix
    """(u, v)."""
    everywhere: NDArray[np.float64]
    """(v,) uses in all posts."""


def count_words(tokens: pl.Series) -> WordCounts:
    """Return the counts of ``tokens``, a list of words for each of u unique posts."""
    from scipy.sparse import csr_matrix

    long = pl.DataFrame({"post": np.arange(len(tokens), dtype=np.int64), "word": tokens.cast(pl.List(pl.Utf8))})
    long = long.explode("word").drop_nulls().with_columns(pl.col("word").rank("dense").alias("code"))
    words = long["word"].unique().sort().to_list()
    cells = (long["post"].to_numpy(), long["code"].to_numpy().astype(np.int64) - 1)
    counts = csr_matrix((np.ones(len(cells[0])), cells), shape=(len(tokens), len(words)))
    return WordCounts(words, counts, np.asarray(counts.sum(axis=0)).ravel())


def score_words(
    counted: WordCounts, members: Sequence[NDArray[np.int64]], classes: int
) -> list[list[tuple[str, float]]]:
    """Return for each topic, given as its unique posts ``members``, its words with their c-TF-IDF, at most 60.

    ``classes`` is the number of topics there are in all, the unsorted posts counted as one: a word's weight is the
    root of its share of the topic's words times the logarithm of 1 + words a class / uses anywhere.

    Source: Grootendorst 2022, "BERTopic", with the root of frequent words' shares as in namer.py.
    """
    words_a_class = int(counted.everywhere.sum() / max(1, classes))
    rarity = np.log(words_a_class / np.maximum(counted.everywhere, 1) + 1)
    scored = []
    for inside in members:
        uses = np.asarray(counted.counts[inside].sum(axis=0)).ravel()
        used = np.flatnonzero(uses)
        score = np.sqrt(uses[used] / max(1.0, uses.sum())) * rarity[used]
        best = np.lexsort((used, -score))[:MOST]
        scored.append([(counted.words[used[place]], float(score[place])) for place in best])
    return scored
