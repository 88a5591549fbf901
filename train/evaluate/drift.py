"""Drift: does an encoder go by the meaning of a post, or by its words?

Each triple has a post, one that means the same in other words, and one that shares nearly all words and means
something else: another number, a negation, two places or two people swapped, a need made an offer. The same 25
situations are told in every language, so the English post can also be held against the other languages.

Source: the triples were written for this project (CC0 1.0); pairs of this sort in English are known from Zhang et
al., "PAWS: Paraphrase Adversaries from Word Scrambling" (2019), arXiv:1904.01130.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ctse_core.errors import TrainError
from ctse_core.types import Vectors, check_vectors
from train.evaluate.table import MEAN, measured, wilson

DRIFT_FILE = Path(__file__).with_name("drift_triples.csv")
TRIPLE = ("id", "lang", "kind", "anchor", "same", "changed")
SHARE, RATIO = "drift", "drift_ratio"
ALL, CROSS = "all", "cross"
_DRAWS = 1000


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
    empty = table.with_row_index("row", offset=2).filter(
        pl.any_horizontal(pl.col(TRIPLE).fill_null("").str.strip_chars() == "")
    )
    if len(empty):
        raise TrainError(f"Line {empty['row'][0]} of {path} has an empty cell; fill it or take the line out.")
    return table.select(TRIPLE)


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


def drift_scores(encode: Callable[[Sequence[str]], Vectors], triples: pl.DataFrame) -> pl.DataFrame:
    """Return how often an encoder puts ``same`` nearer to the post than ``changed``, by cosine.

    Measure "drift": the share of triples in [0, 1]; one that goes by words alone is near 0, one that tosses coins at
    0.5; equal cosines are no success. Measure "drift_ratio": how far ``changed`` lies from the post on average (1 -
    cosine), divided by how far ``same`` lies; 0 where a change of meaning goes unseen, over 1 where it weighs more
    than a change of words. It moves before the share does and can be held against encoders of another spread.
    Variants: "all", each kind, and "cross" (the English post against both texts in the other language; whoever does
    not know that language tosses a coin). Rows with ``lang`` "" pool all languages, and their intervals (95 %) allow
    for the same situations coming back in each.

    Raises:
        TrainError: there is no triple.
        EncoderError: the encoder gave rows of another shape, NaN or infinity.
    """
    if triples.is_empty():
        raise TrainError("There is no triple to judge drift by.")
    english = triples.filter(pl.col("lang") == "en").select("id", english="anchor")
    across = triples.filter(pl.col("lang") != "en").join(english, on="id", maintain_order="left")
    texts = triples.select("anchor", "same", "changed").unpivot()["value"].unique(maintain_order=True).to_list()
    vectors = check_vectors(encode(texts), len(texts))
    unit = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
    row_of = {text: row for row, text in enumerate(texts)}

    def distances(table: pl.DataFrame, post: str) -> pl.DataFrame:
        of = {name: unit[[row_of[text] for text in table[name]]] for name in (post, "same", "changed")}
        far = {name: 1 - (of[post] * of[name]).sum(axis=1, dtype=np.float64) for name in ("same", "changed")}
        return table.select("id", "lang", "kind", **{name: pl.Series(values) for name, values in far.items()})

    within = distances(triples, "anchor")
    parts = {ALL: within}
    parts |= {kind: within.filter(pl.col("kind") == kind) for kind in within["kind"].unique(maintain_order=True)}
    if across.height:
        parts[CROSS] = distances(across, "english")
    return measured([row for variant, found in parts.items() for row in _rows(found, variant)])


def _rows(found: pl.DataFrame, variant: str) -> list[tuple]:
    """Return the rows of one variant: over all languages first, then each language; share and ratio."""
    rows: list[tuple] = []
    for lang in [MEAN, *found["lang"].unique(maintain_order=True)]:
        some = found.filter(pl.col("lang") == lang) if lang else found
        same, changed = some["same"].to_numpy(), some["changed"].to_numpy()
        _, situations = np.unique(some["id"].to_numpy(), return_inverse=True)
        right = (same < changed).astype(np.float64)
        low, high = wilson(float(right.mean()), _independent(right, situations))
        rows.append((SHARE, variant, lang, float(right.mean()), low, high, len(some)))
        low, high = _resampled(changed, same, situations)
        rows.append((RATIO, variant, lang, float(changed.sum() / max(same.sum(), 1e-12)), low, high, len(some)))
    return rows


def _independent(right: NDArray[np.float64], situations: NDArray[np.int64]) -> int:
    """Return how many independent answers the ``right`` (n,) ones are worth: at most n, at least the situations.

    Answers to one situation in 17 languages go together; their share is less sure than as many trials would make it.
    """
    groups, share = int(situations.max()) + 1, right.mean()
    if groups == len(right) or groups < 2:
        return len(right)
    apart = np.bincount(situations, right - share) * groups / len(right)
    spread = float((apart**2).sum()) / (groups * (groups - 1))
    worth = share * (1 - share) / spread if spread > 0 else groups
    return int(np.clip(worth, groups, len(right)))


def _resampled(above: NDArray[np.float64], below: NDArray[np.float64], situations: NDArray) -> tuple[float, float]:
    """Return the 95 % interval of sum(above) / sum(below) when the situations are drawn anew, with a fixed seed."""
    tops, bottoms = np.bincount(situations, above), np.bincount(situations, below)
    drawn = np.random.default_rng(0).integers(len(tops), size=(_DRAWS, len(tops)))
    ratios = tops[drawn].sum(axis=1) / np.maximum(bottoms[drawn].sum(axis=1), 1e-12)
    low, high = np.quantile(ratios, [0.025, 0.975])
    return float(low), float(high)
