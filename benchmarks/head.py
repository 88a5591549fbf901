"""What is the crisis teacher worth to ctse-small? The same student without it and with ever more of it.

    CTSE_SHARED_DATA=folder python -m benchmarks.head --work FOLDER --pairs FILE … [--guard FILE …] [--cache FOLDER]

FOLDER, PAIRS and GUARD are those of ``python -m train.shipped small``. The linear layer behind the last stage's pooling
(train/head.py) is fitted for each share of the teacher, 0 being the same student without a crisis teacher; that student
without any layer comes first. Each is judged as the bench judges: translations found (dev_ntrex_half1), similarity
(dev_stsb_multi_mt), labelled crisis posts in each of their languages. On a processor the student runs in eight bits.
A second table has what each share changes against the first, with low and high of the paired 95 % interval, in brackets
where no difference is seen. Prints Markdown.
"""

from __future__ import annotations

import argparse
import hashlib
import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl

from ctse_core.encoders import Encoder, load_encoder
from ctse_core.encoders.eight_bit import in_eight_bits
from ctse_core.encoders.vectors import unit_rows
from ctse_core.home import cache_home
from ctse_core.terminal import Bar
from ctse_core.types import Vectors
from train.blend import load_blend
from train.config import PairSettings, PostSettings
from train.distil import open_pairs
from train.evaluate.compare import UNSEEN, differences
from train.evaluate.encoding import encoding_items
from train.evaluate.estimates import scores_of
from train.evaluate.matching import matching_items
from train.evaluate.sets import read_set
from train.evaluate.sts import sts_items
from train.evaluate.vectors import looked_up
from train.head import fit_head
from train.recipes import recipe_named
from train.shipped.stages import HEAD, STAGES, balanced, files, raw, staged

SHARES = (0.0, 0.25, HEAD.share, 0.45, 0.75, 1.0)
COLUMNS = (
    ("NTREX", "matching", ""),
    ("ten weakest", "matching_weakest10", ""),
    ("of the 49 at 0.95", "matching_at_095_of_49", ""),
    ("STS", "sts", ""),
    ("STS, en", "sts", "en"),
    ("crisis posts", "encoding", ""),
    *((lang, "encoding", lang) for lang in ("en", "es", "it", "ru", "tl")),
)
"""Heading, measure and language ("" for all) of each column."""


def main() -> None:
    """Fit a layer for each share, judge the student with it and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, required=True, metavar="FOLDER", help="of train.shipped small")
    parser.add_argument("--pairs", nargs="+", required=True, metavar="FILE")
    parser.add_argument("--guard", nargs="+", default=[], metavar="FILE")
    parser.add_argument("--student", type=Path, metavar="FOLDER", help="instead of the last stage in the work folder")
    parser.add_argument("--shares", nargs="+", type=float, default=SHARES, metavar="SHARE")
    parser.add_argument("--cache", type=Path, default=cache_home() / "evaluation", help="for vectors")
    asked = parser.parse_args()
    shared, bar = Path(os.environ["CTSE_SHARED_DATA"]), Bar()
    student = load_encoder(asked.student or asked.work / STAGES["small"][-1])
    sources = PairSettings(files=files(asked.pairs), guard=files(asked.guard)), PostSettings()
    store = open_pairs(staged(recipe_named(STAGES["small"][-1]), sources, asked.work), asked.work / "data", bar)
    english, translations = balanced(store)
    judged = (
        (matching_items, read_set(shared / "dev_ntrex_half1.parquet")),
        (sts_items, read_set(shared / "dev_stsb_multi_mt.parquet")),
        (encoding_items, read_set(shared / "crisis_tweets_shared.parquet")),
    )
    texts = [*english, *translations, *(text for _, each in judged for text in each.texts)]
    known = looked_up(Raw(student), list(dict.fromkeys(texts)), asked.cache, bar)
    bar.close()
    vectors = known(english), known(translations), load_blend(asked.work / "crisis_blend").encode(english)
    encoders = {"no layer": lambda texts: unit_rows(known(texts))}
    encoders |= {
        f"{share:.2f}": behind(known, *fit_head(*vectors, replace(HEAD, share=share))) for share in asked.shares
    }
    items = {name: [measure(encode, each.data) for measure, each in judged] for name, encode in encoders.items()}
    _print("share", items, lambda found: pl.concat([scores_of(each) for each in found], how="diagonal"), _value)
    first = f"{asked.shares[0]:.2f}"
    if others := {name: found for name, found in items.items() if name not in ("no layer", first)}:
        print()
        _print(f"against {first}", others, lambda found: _changes(found, items[first]), _change)


class Raw:
    """An encoder whose vectors are not normalised, as the layer meets them."""

    def __init__(self, encoder: Encoder) -> None:
        self.encoder, self.name, self.dim = encoder, encoder.name, encoder.dim
        self.fingerprint = self.space = hashlib.sha256(f"raw {encoder.fingerprint}".encode()).hexdigest()

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Return vectors (n, d)."""
        return raw(self.encoder, texts)


def behind(known: Callable[[Sequence[str]], Vectors], weight: Vectors, middle: Vectors) -> Callable:
    """Return an encoder whose vectors are mapped by a fitted layer, in eight bits as it ships."""
    kept = in_eight_bits(weight.T).T
    return lambda texts: unit_rows(np.asarray((known(texts) - middle) @ kept, dtype=np.float32))


def _print(
    heading: str,
    items: dict[str, list[pl.DataFrame]],
    told: Callable[[list[pl.DataFrame]], pl.DataFrame],
    cell: Callable[[dict], str],
) -> None:
    """Print a row for each encoder and a column for each of ``COLUMNS``."""
    print(f"| {heading} | {' | '.join(title for title, _, _ in COLUMNS)} |\n|---:|{'---:|' * len(COLUMNS)}")
    for name, found in items.items():
        rows = told(found).filter(pl.col("variant") == "cosine")
        cells = [
            cell(rows.row(by_predicate=(pl.col("measure") == measure) & (pl.col("lang") == lang), named=True))
            for _, measure, lang in COLUMNS
        ]
        print(f"| {name} | {' | '.join(cells)} |")


def _changes(found: list[pl.DataFrame], first: list[pl.DataFrame]) -> pl.DataFrame:
    return pl.concat([differences(*each) for each in zip(found, first, strict=True)])


def _value(row: dict) -> str:
    return f"{row['value']:.0f}" if row["measure"].endswith("_of_49") else f"{row['value']:.3f}"


def _change(row: dict) -> str:
    """Return a difference with its interval; in brackets where no difference is seen."""
    digits = 0 if row["measure"].endswith("_of_49") else 3
    told = " ".join(f"{row[key]:+.{digits}f}" for key in ("difference", "low", "high"))
    return f"({told})" if row["verdict"] == UNSEEN else told


if __name__ == "__main__":
    main()
