"""Is a blended crisis teacher better than the encoders it is made of?

    CTSE_SHARED_DATA=folder python -m benchmarks.teachers --teacher FOLDER [--cache FOLDER]

FOLDER is what ``python -m train crisis_blend --posts …`` left. Each of its encoders, all of them side by side without
what the posts taught, and the blend are judged in English on labelled tweets of other crises (encoding, see
train/evaluate/encoding.py) and on the STS benchmark, in one run. Prints Markdown.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import polars as pl

from ctse_core.encoders.vectors import unit_rows
from ctse_core.home import cache_home
from ctse_core.types import Vectors
from train.blend import load_blend
from train.evaluate.encoding import encoding
from train.evaluate.sets import read_set
from train.evaluate.sts import sts
from train.evaluate.vectors import looked_up


def main() -> None:
    """Judge the teacher and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--teacher", type=Path, required=True, metavar="FOLDER")
    parser.add_argument("--cache", type=Path, default=cache_home() / "evaluation", help="for vectors")
    asked = parser.parse_args()
    shared = Path(os.environ["CTSE_SHARED_DATA"])
    tweets = read_set(shared / "crisis_tweets_shared.parquet", languages=("en",))
    pairs = read_set(shared / "dev_stsb_multi_mt.parquet", languages=("en",))
    teacher = load_blend(asked.teacher)
    texts = list(dict.fromkeys([*tweets.texts, *pairs.texts]))
    known = [looked_up(part, texts, asked.cache) for part in teacher.parts]

    def beside(some: Sequence[str]) -> Vectors:
        vectors = np.concatenate([encode(some) for encode in known], axis=1) - teacher.blend.means
        return unit_rows(vectors.astype(np.float32))

    judged: dict[str, Callable[[Sequence[str]], Vectors]] = {
        part.name: encode for part, encode in zip(teacher.parts, known, strict=True)
    }
    judged["side by side"] = beside
    judged[teacher.name] = lambda some: teacher.blend([encode(some) for encode in known])
    print("| teacher | crisis encoding, English | STS, English |\n|---|---:|---:|")
    for name, encode in judged.items():
        print(f"| {name} | {_value(encoding(encode, tweets.data)):.4f} | {_value(sts(encode, pairs.data)):.4f} |")


def _value(scores: pl.DataFrame) -> float:
    wanted = scores.filter(pl.col("measure").is_in(["encoding", "sts"]) & (pl.col("lang") == "en"))
    return float(wanted.filter(pl.col("variant") == "cosine")["value"][0])


if __name__ == "__main__":
    main()
