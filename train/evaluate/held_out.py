"""Held-out matching for the trainer: small, the same sentences each time, asked every few hundred steps."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from ctse_core.errors import TrainError
from train.evaluate.codes import APART
from train.evaluate.labelled import Encode, encoded
from train.evaluate.matching import right_answers, same_texts
from train.evaluate.sets import drawn_sentences, read_set

SCHEMA = {"set": pl.Utf8, "lang": pl.Utf8, "text": pl.Utf8, "value": pl.Float64, "count": pl.Int64}


@dataclass(frozen=True)
class HeldOut:
    """Sentences and translations by which the best checkpoint is chosen.

    Attributes:
        data: set, lang, text, english, translation; a few hundred rows a text at most.
    """

    data: pl.DataFrame

    @property
    def texts(self) -> list[str]:
        """Every text, each once, for whoever wants to tokenise them beforehand."""
        return list(dict.fromkeys([*self.data["english"], *self.data["translation"]]))

    def score(self, encode: Encode) -> tuple[float, pl.DataFrame]:
        """Return the mean matching in [0, 1] over sets and languages, and set, lang, text, value, count.

        Both directions by plain cosine among the sentences held out; texts that share a language count as one,
        languages the same, and sets the same. Every text is encoded once, in one call.

        Raises:
            EncoderError: the vectors are no finite table.
        """
        texts = self.texts
        vectors = encoded(encode, texts)
        row_of = {text: row for row, text in enumerate(texts)}
        rows = []
        for (name, lang, text), part in self.data.group_by("set", "lang", "text", maintain_order=True):
            english, translation = part["english"].to_list(), part["translation"].to_list()
            forward, backward = right_answers(
                vectors[[row_of[each] for each in english]],
                vectors[[row_of[each] for each in translation]],
                (same_texts(english), same_texts(translation)),
            )
            rows.append((name, lang, text, float(forward.mean() + backward.mean()) / 2, part.height))
        found = pl.DataFrame(rows, schema=SCHEMA, orient="row")
        mean = found.group_by("set", "lang").agg(pl.col("value").mean())
        return float(mean.group_by("set").agg(pl.col("value").mean())["value"].mean()), found  # type: ignore[arg-type]


def chance(found: pl.DataFrame) -> float:
    """Return the standard error of a held-out score, each text's ``value`` (n,) being a share of ``count`` (n,) pairs.

    Both directions ask about the same sentences, so they count once.
    """
    variances = found["value"] * (1 - found["value"]) / found["count"]
    return math.sqrt(float(variances.sum())) / max(found.height, 1)


def held_out(
    paths: Sequence[str | Path], per_language: int = 200, seed: int = 0, languages: Sequence[str] = ()
) -> HeldOut:
    """Return ``per_language`` sentences of each text in the files of pairs ``paths``, the same for equal seeds.

    Every language of a file is asked about the same English sentences. Only ``languages`` where given; Sorani is
    left out unless it is named.

    Raises:
        TrainError: a file cannot be read, has no pairs, or too few.
    """
    parts = []
    for path in paths:
        found = read_set(path, languages)
        if not found.is_pairs:
            raise TrainError(f"{found.name} holds no pairs; checkpoints are chosen by english and translation.")
        data = found.data if languages else found.data.filter(~pl.col("lang").is_in(list(APART)))
        data = drawn_sentences(data, per_language, "text", seed)
        parts.append(data.select(pl.lit(found.name).alias("set"), "lang", "text", "english", "translation"))
    if not parts:
        raise TrainError("Name a file of pairs by which the best checkpoint is chosen.")
    return HeldOut(pl.concat(parts))
