"""Messages with several categories each: whether a search from one message brings up those with the same needs."""

from __future__ import annotations

import numpy as np
import polars as pl

from train.evaluate.estimates import items_of, no_items, scores_of
from train.evaluate.labelled import Encode, encoded, ndcg


def messages(encode: Encode, data: pl.DataFrame) -> pl.DataFrame:
    """Return ``messages_ndcg``, the nDCG at 10 of each language and their mean.

    ``data`` has item, lang, text, and a column of 0 and 1 a category. Every message asks among all others of its
    language; another is worth the share of categories that both have among those that either has (Jaccard).
    """
    return scores_of(message_items(encode, data))


def message_items(encode: Encode, data: pl.DataFrame) -> pl.DataFrame:
    """Return what every message gave, as ``estimates.ITEMS``.

    Raises:
        EncoderError: the vectors are no finite table with a row a message.
    """
    parts = []
    vectors = encoded(encode, data["text"].to_list())
    names = [name for name in data.columns if name not in ("item", "lang", "text")]
    numbered = data.with_row_index("row")
    for (lang,), rows in numbered.group_by("lang", maintain_order=True):
        flags = rows.select(names).to_numpy().astype(np.float32)
        both = flags @ flags.T
        either = flags.sum(axis=1)[:, None] + flags.sum(axis=1)[None] - both
        found = ndcg(vectors[rows["row"].to_numpy()], both / np.maximum(either, 1))
        right = np.isfinite(found)
        parts.append(
            items_of("messages_ndcg", "cosine", str(lang), "messages", rows["item"].to_numpy()[right], found[right])
        )
    return pl.concat(parts) if parts else no_items()
