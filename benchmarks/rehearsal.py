"""The paper's recipes at full size with random weights: pairs a second, and hours for 128 million pairs.

    CTSE_SHARED_DATA=folder python -m benchmarks.rehearsal [ct_xlmr_se ct_mbert_se] [--steps 200] [--batch 64]

Writes student and teacher of the true architectures with random weights, trains on real pairs, stops half-way,
goes on with --resume, loads the result with load_encoder and sentence-transformers, and compares their vectors. What
the encoders say of a text is chance; that the path holds, and how fast it is, is what this shows. Prints Markdown.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl

from ctse_core.encoders import load_encoder
from ctse_core.errors import Cancelled
from train.distil import distil
from train.recipes import PAPER_PAIRS, recipe_named
from train.rehearsal import rehearsal_encoder


def rehearse(name: str, asked: argparse.Namespace, pairs: Path, place: Path) -> str:
    """Return a row of the table for one recipe."""
    recipe = recipe_named(name)
    table = pl.read_parquet(pairs)
    texts = [*table["english"], *table["translation"]]
    student = rehearsal_encoder(recipe.student.encoder, place / "student", texts)
    teacher = rehearsal_encoder(recipe.teacher, place / "teacher", table["english"].to_list())
    config = replace(
        recipe,
        student=replace(recipe.student, encoder=str(student)),
        teacher=str(teacher),
        pairs=replace(recipe.pairs, files=(str(pairs),)),
        steps=asked.steps,
        batch=asked.batch,
        tokens=asked.tokens,
        held_out=0,
        save_every=asked.steps // 2,
        evaluate_every=asked.steps,
    )

    def stop_half_way(_: float, told: str) -> None:
        if told.startswith("Step ") and int(told.split()[1].replace(",", "")) >= asked.steps // 2:
            raise Cancelled("half-way")

    began = time.perf_counter()
    stopped = False
    try:
        distil(config, place / "out", stop_half_way, data=place / "data")
    except Cancelled:
        stopped = True
    trained = distil(config, place / "out", resume=True, data=place / "data")
    seconds = time.perf_counter() - began
    hours = PAPER_PAIRS / trained.pairs_per_second / 3600
    sample = texts[:32]
    return (
        f"| {name} | {asked.steps} x {asked.batch} | {trained.pairs_per_second:.1f} | "
        f"{trained.tokens_per_second:,.0f} | {hours:,.0f} | {20 * hours:,.0f} | {'yes' if stopped else 'no'} | "
        f"{_agreement(place / 'out', sample):.6f} | {seconds:.0f} |"
    )


def _agreement(folder: Path, texts: list[str]) -> float:
    """Return the lowest cosine between our vectors and sentence-transformers'."""
    from sentence_transformers import SentenceTransformer

    ours = load_encoder(folder, runtime="torch").encode(texts)
    theirs = SentenceTransformer(str(folder)).encode(texts, normalize_embeddings=True, show_progress_bar=False)
    return float(np.min((ours * theirs).sum(axis=1)))


def main() -> None:
    """Rehearse and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("recipes", nargs="*", default=["ct_xlmr_se", "ct_mbert_se"])
    parser.add_argument("--steps", type=int, default=200)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--tokens", type=int, default=2048)
    parser.add_argument("--pairs", type=int, default=20_000, help="drawn from the licensed file")
    asked = parser.parse_args()
    source = pl.read_parquet(Path(os.environ["CTSE_SHARED_DATA"]) / "train_permissive.parquet")
    drawn = source.filter(pl.col("source").str.starts_with("tatoeba")).sample(asked.pairs, seed=1)
    print("| recipe | steps x pairs | pairs/s | tokens/s | hours an epoch | hours of 20 | resumed | cosine | seconds |")
    print("|---|---|---|---|---|---|---|---|---|")
    for name in asked.recipes:
        with tempfile.TemporaryDirectory() as folder:
            drawn.write_parquet(Path(folder) / "pairs.parquet")
            print(rehearse(name, asked, Path(folder) / "pairs.parquet", Path(folder)), flush=True)


if __name__ == "__main__":
    main()
