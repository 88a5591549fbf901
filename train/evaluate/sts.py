"""Semantic textual similarity: whether cosines rank pairs of sentences as people do."""

from __future__ import annotations

import polars as pl

from train.evaluate.estimates import items_of, no_items, scores_of
from train.evaluate.labelled import Encode, encoded


def sts(encode: Encode, data: pl.DataFrame) -> pl.DataFrame:
    """Return ``sts``, Spearman's correlation of cosine and score in each language, and their mean.

    ``data`` has item, lang, first, second, score.

    Source: Cer et al., "SemEval-2017 task 1", 2017.
    """
    return scores_of(sts_items(encode, data))


def sts_items(encode: Encode, data: pl.DataFrame) -> pl.DataFrame:
    """Return the cosine of every pair beside its score, as ``estimates.ITEMS``.

    Raises:
        EncoderError: the vectors are no finite table with a row a sentence.
    """
    vectors = encoded(encode, [*data["first"], *data["second"]])
    cosine = (vectors[: data.height] * vectors[data.height :]).sum(axis=1)
    numbered = data.with_columns(pl.Series("cosine", cosine))
    parts = [
        items_of(
            "sts",
            "cosine",
            str(lang),
            "sts",
            rows["item"].to_numpy(),
            rows["cosine"].to_numpy(),
            rows["score"].to_numpy(),
        )
        for (lang,), rows in numbered.group_by("lang", maintain_order=True)
    ]
    return pl.concat(parts) if parts else no_items()
