"""Crisis encoding: whether posts that say the same kind of thing lie together, in one event and across events.

The formula of the paper's "sentence encoding" is unpublished; this is ours. Labelled posts are taken event by event
and language by language (a group: at least 50 posts, classes of at least five). In each group

- ``encoding_margin``: for each post the mean cosine with the other posts of its class minus the mean cosine with
  those of all other classes; variant ``cosine`` as it is, variant ``scaled`` divided by the standard deviation of
  all cosines of the group, which makes encoders comparable whose cosines fill a narrow band;
- ``encoding_knn``: each post gets the class that most of its ten nearest have, itself left out; macro-F1;
- ``encoding_across``: the same with neighbours from the other events of the collection only, in any language: what a
  responder has when the next disaster comes; posts whose class the other events lack do not count;
- ``encoding_v``: k-means with as many centres as classes; V-measure of clusters and classes;
- ``encoding_ndcg``: each post asks for its like; nDCG at 10, posts of its class being relevant.

A language's figure is the mean of its groups, whatever their sizes. ``encoding``, the headline, is the mean of the
last four, all in [0, 1] and none changed by stretching cosines.

Source: Rosenberg and Hirschberg, "V-measure", EMNLP 2007; Järvelin and Kekäläinen 2002 (nDCG).
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import polars as pl

from ctse_core.types import Vectors
from train.evaluate.estimates import items_of, no_items, scores_of
from train.evaluate.labelled import Encode, clusters, encoded, margins, ndcg, spread, votes
from train.evaluate.sets import FEWEST_POSTS

SMALLEST_CLASS = 5


def encoding(encode: Encode, data: pl.DataFrame) -> pl.DataFrame:
    """Return the measures above, a row for each language and one for their mean.

    ``data`` has item, lang, collection, event, text, label.
    """
    return scores_of(encoding_items(encode, data))


def encoding_items(encode: Encode, data: pl.DataFrame) -> pl.DataFrame:
    """Return what every post gave to each measure, as ``estimates.ITEMS``.

    Raises:
        EncoderError: the vectors are no finite table with a row a post.
    """
    data = _with_classes(data)
    if not data.height:
        return no_items()
    vectors = encoded(encode, data["text"].to_list())
    parts = [table for rows in _groups(data) for table in _group_items(data, rows, vectors)]
    return pl.concat(parts) if parts else no_items()


def _with_classes(data: pl.DataFrame) -> pl.DataFrame:
    """Return the posts of classes and groups that are large enough, with ``class`` as a number."""
    group = ["lang", "collection", "event"]
    data = data.filter(pl.len().over([*group, "label"]) >= SMALLEST_CLASS)
    data = data.filter((pl.len().over(group) >= FEWEST_POSTS) & (pl.col("label").n_unique().over(group) > 1))
    return data.with_columns(pl.col("label").rank("dense").cast(pl.Int64).alias("class"))


def _groups(data: pl.DataFrame) -> Iterator[np.ndarray]:
    numbered = data.with_row_index("row")
    for _, rows in numbered.group_by("lang", "collection", "event", maintain_order=True):
        yield rows["row"].to_numpy()


def _group_items(data: pl.DataFrame, rows: np.ndarray, vectors: Vectors) -> Iterator[pl.DataFrame]:
    group = data[rows]
    lang, collection, event = (str(group[name][0]) for name in ("lang", "collection", "event"))
    name, item, labels = f"{collection}/{event}", group["item"].to_numpy(), group["class"].to_numpy()
    here = vectors[rows]

    margin = margins(here, labels)
    yield items_of("encoding_margin", "cosine", lang, name, item, margin)
    yield items_of("encoding_margin", "scaled", lang, name, item, margin / spread(here))
    itself = np.eye(len(rows), dtype=bool)
    yield items_of("encoding_knn", "cosine", lang, name, item, votes(here, here, labels, itself), labels)
    found = clusters(here, len(np.unique(labels)))
    yield items_of("encoding_v", "cosine", lang, name, item, found, labels)
    alike = (labels[:, None] == labels[None]).astype(np.float32)
    yield items_of("encoding_ndcg", "cosine", lang, name, item, ndcg(here, alike))

    others = data.with_row_index("row").filter((pl.col("collection") == collection) & (pl.col("event") != event))
    told = np.isin(labels, others["class"].unique().to_numpy())
    if others.height and told.any():
        voted = votes(here[told], vectors[others["row"].to_numpy()], others["class"].to_numpy())
        yield items_of("encoding_across", "cosine", lang, name, item[told], voted, labels[told])
