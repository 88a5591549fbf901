"""Drift: does an encoder go by the meaning of a post, or by its words?

Each triple has a post, one that means the same in other words, and one that shares nearly all words and means
something else: another number, a negation, two places or two people swapped, a need made an offer. The same 25
situations are told in every language, so the English post can also be held against the other languages.

Source: the triples were written for this project (CC0 1.0); pairs of this sort in English are known from Zhang et
al., "PAWS: Paraphrase Adversaries from Word Scrambling" (2019), arXiv:1904.01130.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import polars as pl

from ctse_core.errors import TrainError
from ctse_core.types import Vectors
from train.evaluate.estimates import items_of, scores_of
from train.evaluate.labelled import Encode, encoded

DRIFT_FILE = Path(__file__).with_name("drift_triples.csv")
TRIPLE = ("id", "lang", "kind", "anchor", "same", "changed")
SHARE, RATIO = "drift", "drift_ratio"
ALL, CROSS = "all", "cross"


def drift_triples(path: Path = DRIFT_FILE) -> pl.DataFrame:
    """Return the triples: id (of the situation), lang, kind, anchor, same, changed; one row a situation and language.

    Raises:
        TrainError: there is no such file, a column is missing, or a text is empty.
    """
    try:
        table = pl.read_csv(path, schema_overrides=dict.fromkeys(TRIPLE, pl.Utf8))
    except (OSError, pl.exceptions.PolarsError) as error:
        raise TrainError(f"{path} cannot be read as triples: {error}. It is a CSV of {', '.join(TRIPLE)}.") from error
    missing = [name for name in TRIPLE if name not in table.columns]
    if missing:
        raise TrainError(f"{path} has no column {', '.join(missing)}; triples need {', '.join(TRIPLE)}.")
    return whole_triples(table.select(TRIPLE), path.name)


def whole_triples(table: pl.DataFrame, name: str = "the triples") -> pl.DataFrame:
    """Return the triples, in none of which a cell is empty.

    Raises:
        TrainError: one has an empty cell; its line is told, the heading being the first.
    """
    empty = table.with_row_index("row", offset=2).filter(
        pl.any_horizontal(pl.col(TRIPLE).fill_null("").str.strip_chars() == "")
    )
    if len(empty):
        raise TrainError(f"Line {empty['row'][0]} of {name} has an empty cell; fill it or take the line out.")
    return table


def parallel_pairs(triples: pl.DataFrame, texts: Sequence[str] = ("anchor", "changed")) -> pl.DataFrame:
    """Return english, translation, lang, text: the English sentences and what they are in each other language.

    ``anchor`` and ``changed`` are translated closely, so that each language's candidates come in pairs that differ
    in a word: a hard test of matching for so few sentences. ``same`` is told more freely and is left out by default.
    """
    english = triples.filter(pl.col("lang") == "en")
    others = triples.filter(pl.col("lang") != "en")
    found = [
        others.select("id", "lang", translation=text)
        .join(english.select("id", english=text), on="id", maintain_order="left")
        .select("english", "translation", "lang", text=pl.lit(text))
        for text in texts
    ]
    return pl.concat(found).sort("lang", maintain_order=True)


def drift_scores(encode: Encode, triples: pl.DataFrame) -> pl.DataFrame:
    """Return how often an encoder puts ``same`` nearer to the post than ``changed``, and how much meaning weighs.

    Measure "drift": the share of triples in [0, 1]; one that goes by words alone is near 0, one that tosses coins at
    0.5; equal cosines are no success. Measure "drift_ratio": how far ``changed`` lies from the post on average (1 -
    cosine), divided by how far ``same`` lies; 0 where a change of meaning goes unseen, over 1 where it weighs more
    than a change of words. It moves before the share does and can be held against encoders of another spread.
    Variants: "all", each kind, and "cross" (the English post against both texts in the other language; whoever does
    not know that language tosses a coin). A row a language and, with ``lang`` "", one for their mean.

    Raises:
        TrainError: there is no triple.
        EncoderError: the encoder gave rows of another shape, NaN or infinity.
    """
    return scores_of(drift_items(encode, triples))


def drift_items(encode: Encode, triples: pl.DataFrame) -> pl.DataFrame:
    """Return what every triple gave, as ``estimates.ITEMS``; the item is the situation, the same in all languages.

    "drift": found 1 where ``same`` lies nearer, else 0. "drift_ratio": found the distance of ``changed``, truth that
    of ``same``.

    Raises:
        TrainError: there is no triple.
        EncoderError: the encoder gave rows of another shape, NaN or infinity.
    """
    if triples.is_empty():
        raise TrainError("There is no triple to judge drift by.")
    triples = triples.with_columns(item=pl.col("id").rank("dense").cast(pl.Int64) - 1)
    english = triples.filter(pl.col("lang") == "en").select("id", english="anchor")
    across = triples.filter(pl.col("lang") != "en").join(english, on="id", maintain_order="left")
    parts = {ALL: (triples, "anchor")}
    parts |= {
        kind: (triples.filter(pl.col("kind") == kind), "anchor") for kind in triples["kind"].unique(maintain_order=True)
    }
    parts |= {CROSS: (across, "english")} if across.height else {}
    texts = list(dict.fromkeys(triples.select("anchor", "same", "changed").unpivot()["value"]))
    vectors, row_of = encoded(encode, texts), {text: row for row, text in enumerate(texts)}
    found = []
    for variant, (table, post) in parts.items():
        for rows in table.partition_by("lang", maintain_order=True):
            three = (vectors[[row_of[text] for text in rows[name]]] for name in (post, "same", "changed"))
            found.append(_items(variant, rows, *three))
    return pl.concat(found)


def _items(variant: str, rows: pl.DataFrame, post: Vectors, same: Vectors, changed: Vectors) -> pl.DataFrame:
    to_same, to_changed = (1 - (post * other).sum(axis=1, dtype=np.float64) for other in (same, changed))
    lang, item = str(rows["lang"][0]), rows["item"].to_numpy()
    return pl.concat(
        [
            items_of(SHARE, variant, lang, lang, item, to_same < to_changed),
            items_of(RATIO, variant, lang, lang, item, to_changed, to_same),
        ]
    )
