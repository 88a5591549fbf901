"""How often a sentence finds its translation, per language, with float32 and with the fast int8.

    CTSE_SHARED_DATA=folder python -m benchmarks.matching [--encoder NAME] [--sentences 1007] [--languages es,ar]

News sentences (NTREX-128, first half) in English against each language, both directions, among all
--sentences. Prints Markdown: a row a language, then the means and how many languages reach 95 %.
"""

from __future__ import annotations

import argparse
import os
import time
from pathlib import Path

import numpy as np
import polars as pl

from ctse_core.encoders import DEFAULT_ENCODER, embed, load_encoder
from ctse_core.text import normalise
from train.evaluate import Match, matching_accuracy


def sentences(count: int, languages: list[str]) -> pl.DataFrame:
    """Return rows of lang, line, english, translation: the same lines in every language."""
    table = pl.read_parquet(Path(os.environ["CTSE_SHARED_DATA"]) / "dev_ntrex_half1.parquet")
    table = table.with_columns(pl.col("lang").fill_null(pl.col("ntrex_code")))
    if languages:
        table = table.filter(pl.col("lang").is_in(languages))
    lines = table["line"].unique().sort()
    kept = lines.sample(min(count, len(lines)), seed=1)
    return table.filter(pl.col("line").is_in(kept.implode())).sort("lang", "ntrex_code", "line")


def accuracies(table: pl.DataFrame, encoder_name: str, runtime: str) -> dict[str, Match]:
    """Return the matching accuracy of each NTREX code."""
    encoder = load_encoder(encoder_name, runtime=runtime, device="cpu")
    texts = [normalise(text) for text in [*table["english"], *table["translation"]]]
    start = time.perf_counter()
    vectors = embed(texts, encoder)
    print(f"{runtime}: {len(set(texts)):,} sentences in {time.perf_counter() - start:.0f} s")
    english, translated = vectors[: table.height], vectors[table.height :]
    codes = table["ntrex_code"].to_numpy()
    return {code: matching_accuracy(english[codes == code], translated[codes == code]) for code in dict.fromkeys(codes)}


def main() -> None:
    """Measure both runtimes and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--encoder", default=DEFAULT_ENCODER)
    parser.add_argument("--sentences", type=int, default=1007)
    parser.add_argument("--languages", default="", help="codes with commas between; default: all")
    parser.add_argument("--runtimes", default="onnx-int8,torch")
    asked = parser.parse_args()
    table = sentences(asked.sentences, [code for code in asked.languages.split(",") if code])
    runtimes = asked.runtimes.split(",")
    found = {runtime: accuracies(table, asked.encoder, runtime) for runtime in runtimes}
    names = dict(zip(table["ntrex_code"], table["lang"], strict=True))
    print(f"\n{asked.encoder}, {table['line'].n_unique():,} sentences, accuracy in %\n")
    heads = [f"{runtime} {direction}" for runtime in runtimes for direction in ("en→x", "x→en", "mean")]
    print(f"| language | text | {' | '.join(heads)} |")
    print(f"|---|---|{'---:|' * len(heads)}")
    for code, lang in names.items():
        matches = [found[runtime][code] for runtime in runtimes]
        cells = [f"{100 * value:.1f}" for match in matches for value in (match.forward, match.backward, match.mean)]
        print(f"| {lang} | {code} | {' | '.join(cells)} |")
    for runtime in runtimes:
        means = np.array([match.mean for match in found[runtime].values()])
        worst = min(found[runtime], key=lambda code: found[runtime][code].mean)
        print(
            f"\n{runtime}: mean {100 * means.mean():.2f} over {len(means)} texts, {(means > 0.95).sum()} above 95 %, "
            f"lowest {worst} with {100 * means.min():.1f}."
        )


if __name__ == "__main__":
    main()
