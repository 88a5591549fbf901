"""Where is the knee? Students of ever fewer layers after equal training: what they find, and how fast they are.

    CTSE_SHARED_DATA=folder python -m benchmarks.layers --work FOLDER --pairs FILE … [--guard FILE …] [--steps 120]

FOLDER, PAIRS and GUARD are those of ``python -m train.shipped small``. Each student keeps the first layers of
multilingual-e5-small and its last two, which turn states into what a sentence's vector is made of, and goes through
``--steps`` steps of the recipe ``states`` on the same texts. Behind each stands a layer fitted as ctse-small's is, and
each is judged on dev_ntrex_half1 in the eight bits in which it would ship, beside multilingual-e5-small; speeds are
those of ``benchmarks.encoders --one-core``. ctse-small itself is narrower inside (recipe ``states_narrow``) and trained
for far longer. What a student has been through stays in FOLDER/layers and is not done again. multilingual-e5-small
itself has no such layer behind it. Prints Markdown.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import polars as pl

from benchmarks.encoders import E5, FAST, judged
from ctse_core.encoders import SentenceEncoder, load_encoder, save_eight_bit
from ctse_core.home import cache_home
from ctse_core.terminal import Bar
from train.blend import load_blend
from train.config import PairSettings, PostSettings, TrainConfig
from train.distil import distil, has_ended, open_pairs
from train.evaluate.sets import read_set
from train.evaluate.vectors import looked_up
from train.log import read_log
from train.recipes import recipe_named
from train.shipped.stages import TOKEN_BITS, files, staged, with_head

COUNTS = (3, 4, 5, 6)
LAST = (10, 11)
"""The layers that every student keeps; the others are the first ones."""
NOTES = 3  # of a run's log, whose losses are averaged


def main() -> None:
    """Train a student of each count of layers, judge all and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, required=True, metavar="FOLDER", help="of train.shipped small")
    parser.add_argument("--pairs", nargs="+", required=True, metavar="FILE")
    parser.add_argument("--guard", nargs="+", default=[], metavar="FILE")
    parser.add_argument("--layers", nargs="+", type=int, choices=range(3, 13), default=COUNTS, metavar="COUNT")
    parser.add_argument("--steps", type=int, default=120)
    parser.add_argument("--cache", type=Path, default=cache_home() / "evaluation", help="for vectors")
    asked = parser.parse_args()
    sources = PairSettings(files=files(asked.pairs), guard=files(asked.guard)), PostSettings()
    each = read_set(Path(os.environ.get("CTSE_SHARED_DATA", "")) / "dev_ntrex_half1.parquet")
    load_blend(asked.work / "crisis_blend")  # what is missing is told before hours of training
    made = {str(count): student(count, asked.steps, sources, asked.work) for count in asked.layers}
    ways = {**{name: str(folder) for name, folder in made.items()}, E5: E5}
    speeds = timed(ways, asked.work / "layers")
    print("| layers | loss | NTREX | ten weakest | at 0.95 | posts/s | x |\n|---|---:|---:|---:|---:|---:|---:|")
    for name, encoder in ways.items():
        loss = f"{last_loss(made[name].parent):.2f}" if name in made else ""
        worth = judged(looked_up(load_encoder(encoder, device="cpu"), each.texts, asked.cache), each)
        found = f"{worth['matching']:.3f} | {worth['weakest10']:.3f} | {worth['at_095']} of {worth['languages']}"
        posts_per_second, ratio = speeds[name]
        print(f"| {name} | {loss} | {found} | {posts_per_second:,.0f} | {ratio:.2f} |", flush=True)


def student(count: int, steps: int, sources: tuple[PairSettings, PostSettings], work: Path) -> Path:
    """Return the folder of a student of ``count`` layers in the form that would ship, trained unless it is there."""
    config = staged(settings(count, steps), sources, work)
    run, data, bar = work / "layers" / f"{count}-{steps}", work / "data", Bar()
    if not has_ended(config, run, data):
        distil(config, run, bar, resume=(run / "training").is_dir(), data=data)
    bar.close()
    if not (run / "shipped").is_dir():
        save_eight_bit(
            with_head(SentenceEncoder.load(run), open_pairs(config, data), work), run / "shipped", tokens=TOKEN_BITS
        )
    return run / "shipped"


def timed(ways: dict[str, str], out: Path) -> dict[str, tuple[float, float]]:
    """Return posts a second of each encoder, and how many times as fast as E5 that is."""
    names = [name if name == encoder else f"{name}={encoder}" for name, encoder in ways.items()]
    command = ["benchmarks.encoders", "--one-core", "--sets", "--encoders", *names, "--out", str(out)]
    subprocess.run([sys.executable, "-m", *command], check=True, stdout=sys.stderr)
    table = pl.read_csv(out / "speeds.csv").filter(pl.col("runtime") == FAST)
    return {str(row["encoder"]): (row["posts_per_second"], row["ratio"]) for row in table.iter_rows(named=True)}


def last_loss(run: Path) -> float:
    """Return the mean loss of a run's last notes."""
    losses = [note["loss"] for note in read_log(run / "training" / "log.jsonl") if "loss" in note][-NOTES:]
    return sum(losses) / len(losses)


def settings(count: int, steps: int) -> TrainConfig:
    """Return the settings of a student of ``count`` layers."""
    config = recipe_named("states")
    layers = (*range(count - len(LAST)), *LAST)
    return replace(config, student=replace(config.student, layers=layers), steps=steps, held_out=0)


if __name__ == "__main__":
    main()
