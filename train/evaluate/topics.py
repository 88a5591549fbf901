"""Topics: whether sentences lie by what they are about, in one language and across all of them.

- ``topics_margin``: a sentence's mean cosine with those of its topic minus that with all others, in its language;
  ``cosine`` as it is, ``scaled`` divided by the standard deviation of the language's cosines;
- ``topics_knn``: share of sentences whose ten nearest in *other* languages mostly have its topic. The neighbours come
  from a pool of eight languages' versions a sentence, drawn once; its own translations are barred, so that this is
  no second matching;
- ``topics_v``: V-measure of k-means with as many centres as topics; ``cosine`` in each language, ``together`` for the
  pool of all languages at once, where clusters by language would score nothing.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import polars as pl

from ctse_core.types import Vectors
from train.evaluate.estimates import items_of, no_items, scores_of
from train.evaluate.labelled import Encode, clusters, encoded, margins, spread, votes

POOL = 8


def topics(encode: Encode, data: pl.DataFrame) -> pl.DataFrame:
    """Return the measures above for each language, English included, and their means.

    ``data`` has item, lang, text, english, translation, topic.
    """
    return scores_of(topic_items(encode, data))


def topic_items(encode: Encode, data: pl.DataFrame) -> pl.DataFrame:
    """Return what every sentence gave, as ``estimates.ITEMS``.

    Raises:
        EncoderError: the vectors are no finite table with a row a sentence.
    """
    data = _with_english(data)
    if data["class"].n_unique() < 2:
        return no_items()
    vectors = encoded(encode, data["translation"].to_list())
    pool = _pool(data)
    parts = [
        table
        for _, rows in data.group_by("lang", "text", maintain_order=True)
        for table in _items_of_text(rows, vectors, data, pool)
    ]
    drawn = data[pool]
    found = clusters(vectors[pool], data["class"].n_unique())
    everything = items_of(
        "topics_v", "together", "all", "pool", drawn["item"].to_numpy(), found, drawn["class"].to_numpy()
    )
    return pl.concat([*parts, everything])


def _with_english(data: pl.DataFrame) -> pl.DataFrame:
    """Return row, item, lang, text, translation, class, with the English sentences as one more text."""
    english = data.unique("item", keep="first", maintain_order=True).with_columns(
        pl.lit("en").alias("lang"), pl.lit("en").alias("text"), pl.col("english").alias("translation")
    )
    both = pl.concat([english, data]).filter(pl.col("topic").is_not_null())
    number = pl.col("topic").rank("dense").cast(pl.Int64).alias("class")
    return both.with_columns(number).with_row_index("row").drop("english", "topic")


def _pool(data: pl.DataFrame) -> np.ndarray:
    """Return rows: POOL texts of each sentence, drawn once and for all."""
    drawn = pl.Series("drawn", np.random.default_rng(0).permutation(data.height))
    place = data.with_columns(drawn).with_columns(pl.col("drawn").rank("ordinal").over("item"))
    return place.filter(pl.col("drawn") <= POOL)["row"].to_numpy()


def _items_of_text(
    rows: pl.DataFrame, vectors: Vectors, data: pl.DataFrame, pool: np.ndarray
) -> Iterator[pl.DataFrame]:
    lang, text, item, labels = (
        str(rows["lang"][0]),
        str(rows["text"][0]),
        rows["item"].to_numpy(),
        rows["class"].to_numpy(),
    )
    here = vectors[rows["row"].to_numpy()]
    margin = margins(here, labels)
    some = np.isfinite(margin)
    yield items_of("topics_margin", "cosine", lang, text, item[some], margin[some])
    yield items_of("topics_margin", "scaled", lang, text, item[some], margin[some] / spread(here))
    yield items_of("topics_v", "cosine", lang, text, item, clusters(here, len(np.unique(labels))), labels)
    others = pool[(data["lang"] != lang).to_numpy()[pool]]
    if len(others):
        barred = item[:, None] == data["item"].to_numpy()[others][None]
        voted = votes(here, vectors[others], data["class"].to_numpy()[others], barred)
        yield items_of("topics_knn", "cosine", lang, text, item, voted == labels)
