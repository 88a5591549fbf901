"""Where do our encoders stand among those whose figures others published? Matching on NTREX, like with like.

    python -m benchmarks.published [--scores FILE]

published_ntrex.csv holds accuracies of MTEB's NTREXBitextMining (github.com/embeddings-benchmark/results, commit
f4cc6c8b) in both directions. There a sentence is sought among some 2,000, in our table (assets/evaluation/scores.csv,
half 1) among 1,007, which is easier. So only languages that both have are counted, and multilingual-e5-small, which
stands in both, tells how much easier: the odds of its errors there over those here. "as there" is our figure with its
odds of an error multiplied by that, an estimate. Prints Markdown.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import polars as pl

from train.evaluate.table import MEAN, read_scores

HERE = Path(__file__).resolve().parent
SET, BRIDGE = "dev_ntrex_half1", ("multilingual-e5-small-q4", "multilingual-e5-small")
"""The encoder that stands in both tables: its name in ours, and in theirs."""


def main() -> None:
    """Print both tables as one."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scores", type=Path, default=HERE.parent / "assets/evaluation/scores.csv", metavar="FILE")
    ours = measured(read_scores(parser.parse_args().scores))
    theirs = published(pl.read_csv(HERE / "published_ntrex.csv"))
    shared = sorted(set(ours["lang"]) & set(theirs["lang"]))
    here, there = (table.filter(pl.col("lang").is_in(shared)) for table in (ours, theirs))
    harder = _odds(_mean(there, BRIDGE[1])) / _odds(_mean(here, BRIDGE[0]))
    print(f"{len(shared)} languages: {', '.join(shared)}. The odds of an error are {harder:.2f} times as high there.\n")
    print("| encoder | figures | among 1,007 | among 2,000 | weakest language |\n|---|---|---:|---:|---|")
    rows = [(name, "published", there) for name in there["encoder"].unique()]
    rows += [(name, "ours", here) for name in here["encoder"].unique()]
    for name, told, table in sorted(rows, key=lambda row: -_as_there(row, harder)):
        value, lang, least = _mean(table, name), *_weakest(table, name)
        among = (
            ("", f"{value:.3f}") if told == "published" else (f"{value:.3f}", f"as there {_scaled(value, harder):.3f}")
        )
        print(f"| {name} | {told} | {among[0]} | {among[1]} | {lang} {least:.2f} |")


def measured(scores: pl.DataFrame) -> pl.DataFrame:
    """Return encoder, lang and matching of our table."""
    rows = scores.filter(
        pl.col("set") == SET, pl.col("measure") == "matching", pl.col("variant") == "cosine", pl.col("lang") != MEAN
    )
    return rows.select("encoder", "lang", matching="value")


def published(table: pl.DataFrame) -> pl.DataFrame:
    """Return encoder, lang and matching, the mean of both directions, of theirs."""
    mean = (pl.col("into_english") + pl.col("out_of_english")) / 2
    return table.select(encoder="model", lang="lang", matching=mean)


def _odds(value: float) -> float:
    return (1 - value) / value


def _scaled(value: float, harder: float) -> float:
    return 1 / (1 + harder * _odds(value))


def _as_there(row: tuple[str, str, pl.DataFrame], harder: float) -> float:
    name, told, table = row
    value = _mean(table, name)
    return value if told == "published" else _scaled(value, harder)


def _mean(table: pl.DataFrame, encoder: str) -> float:
    return float(table.filter(pl.col("encoder") == encoder)["matching"].to_numpy().mean())


def _weakest(table: pl.DataFrame, encoder: str) -> tuple[str, float]:
    row = table.filter(pl.col("encoder") == encoder).sort("matching").row(0, named=True)
    return row["lang"], row["matching"]


if __name__ == "__main__":
    main()
