"""An evaluation that a person asks the app for: one encoder on a file of theirs, or on the built-in triples.

``evaluate_own`` is what the worker process calls by its name (``JOB``); the core knows that name only as a text.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

import polars as pl

from ctse_core.encoders import load_encoder
from ctse_core.errors import TrainError
from ctse_core.types import Progress, Vectors
from train.evaluate.drift import drift_scores, drift_triples, parallel_pairs
from train.evaluate.encoding import encoding
from train.evaluate.matching import Encode, matching
from train.evaluate.messages import messages
from train.evaluate.sets import EvaluationSet, read_set
from train.evaluate.sts import sts
from train.evaluate.table import SCORES, labelled, read_scores, write_scores
from train.evaluate.topics import topics

JOB = "train.evaluate.own:evaluate_own"
SCORES_FILE = "scores.csv"
ABOUT_FILE = "about.json"
BUILT_IN = "built-in triples"
_AT_ONCE = 256
_ENCODING_SHARE = 0.9


class Place(Protocol):
    """What has a folder of its own, such as a project."""

    @property
    def folder(self) -> Path:
        """The folder that results are written into."""


def evaluate_own(project: Place, progress: Progress, encoder: str, file: str = "", limit: int = 0) -> None:
    """Measure an encoder and leave ``scores.csv`` (the long table) and ``about.json`` in the project's folder.

    ``file``: pairs, posts with labels, or sentence pairs with scores; "" measures the built-in triples.
    ``limit``: so many sentences or posts only; 0 takes all.

    Raises:
        TrainError: the file is no evaluation set, or nothing in it can be measured.
        EncoderError: the encoder cannot be loaded, or gives no usable vectors.
    """
    one = None if not file else read_set(Path(file), (), limit)
    loaded = load_encoder(encoder, progress=lambda share, sentence: progress(0.05 * share, sentence))
    if one is None:
        name, rows = BUILT_IN, _built_in(loaded.encode, progress)
    else:
        name, rows = one.name, measure(one, known_vectors(loaded.encode, one.texts, progress))
    if rows.is_empty():
        raise TrainError(f"{name} has too few rows to say anything; give at least 20 of a language.")
    write_scores(labelled(loaded.name, name, rows), project.folder / SCORES_FILE)
    about = {
        "encoder": loaded.name,
        "fingerprint": loaded.fingerprint,
        "set": name,
        "digest": one.digest if one else "",
        "kind": one.kind if one else "triples",
        "limit": limit,
        "notes": list(one.notes) if one else [],
        "made": f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
    }
    (project.folder / ABOUT_FILE).write_text(json.dumps(about, ensure_ascii=False, indent=1), encoding="utf-8")
    progress(1.0, "Done")


def measure(one: EvaluationSet, encode: Encode) -> pl.DataFrame:
    """Return the measures that fit a set of this kind.

    Raises:
        TrainError: the kind has no measure.
    """
    measures: dict[str, tuple[Callable[[Encode, pl.DataFrame], pl.DataFrame], ...]] = {
        "pairs": (matching,),
        "topics": (matching, topics),
        "sts": (sts,),
        "posts": (encoding,),
        "messages": (messages,),
    }
    if one.kind not in measures:
        raise TrainError(f"There is no measure for a set of {one.kind}; give pairs, posts with labels, or STS.")
    return pl.concat([found(encode, one.data) for found in measures[one.kind]])


def known_vectors(encode: Encode, texts: Sequence[str], progress: Progress) -> Encode:
    """Return an ``encode`` that looks texts up, after encoding them all in parts so that progress shows."""
    import numpy as np

    known, parts = {text: row for row, text in enumerate(dict.fromkeys(texts))}, []
    every = sorted(known, key=len)
    for start in range(0, len(every), _AT_ONCE):
        share = 0.05 + (_ENCODING_SHARE - 0.05) * start / len(every)
        progress(share, f"Encoding {start:,} of {len(every):,} texts")
        parts.append(encode(every[start : start + _AT_ONCE]))
    vectors = np.concatenate(parts)
    rows = {text: row for row, text in enumerate(every)}
    progress(_ENCODING_SHARE, "Comparing")

    def look_up(wanted: Sequence[str]) -> Vectors:
        return vectors[[rows[text] for text in wanted]]

    return look_up


def own_scores(folder: Path) -> pl.DataFrame:
    """Return the scores of one evaluation; an empty table where there are none yet.

    Raises:
        TrainError: the table is damaged.
    """
    path = folder / SCORES_FILE
    return read_scores(path) if path.is_file() else pl.DataFrame(schema=SCORES)


def _built_in(encode: Encode, progress: Progress) -> pl.DataFrame:
    """Return matching and drift on the built-in triples: the texts are few, the languages 17."""
    triples = drift_triples()
    texts = [text for name in ("anchor", "same", "changed") for text in triples[name]]
    known = known_vectors(encode, texts, progress)
    pairs = parallel_pairs(triples)
    numbers = {english: number for number, english in enumerate(pairs["english"].unique(maintain_order=True))}
    data = pairs.select(
        pl.col("english").replace_strict(numbers, return_dtype=pl.Int64).alias("item"),
        "lang",
        pl.col("lang").alias("text"),
        "english",
        "translation",
    )
    return pl.concat([matching(known, data), drift_scores(known, triples)])
