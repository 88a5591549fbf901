"""Standing questions beside the labels of real messages: are the posts cited right, and is silence kept?

    python -m benchmarks.standing PROJECT

PROJECT is an analysis of the shared crisis messages as CSV (``message`` as text; their 36 categories stay as columns of
the source file beside it, named by ``--labels``). ``MEANS`` says which categories answer which question. Precision of
the first 5, the first 20 and all posts that match, for the question as the pack asks it and in other languages, beside
posts that share the most words with the English question; then the same questions of the messages without any that
bears the label: how often, and with how many posts, they are answered all the same. Read that with care: many of the
posts that are left do answer ("at least 155 people were killed" bears no label of death).
"""

from __future__ import annotations

import argparse
import dataclasses
import time
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ctse_core.asking import Question
from ctse_core.crisis.standing import starter_pack
from ctse_core.filters import Filter
from ctse_core.project import Project
from ctse_core.question import Searcher, encoder_of
from ctse_core.standing import MOST, SURE, answers
from ctse_core.stored import load_analysis
from ctse_core.types import Col

MEANS = {
    "dead": ("death",),
    "missing": ("missing_people",),
    "trapped": ("search_and_rescue",),
    "displaced": ("refugees",),
    "water": ("water",),
    "food": ("food",),
    "shelter": ("shelter",),
    "medicine": ("medical_help", "medical_products"),
    "warm": ("clothing", "cold"),
    "hospitals": ("hospitals",),
    "power": ("electricity",),
    "roads": ("transport",),
    "houses": ("buildings",),
    "violence": ("security", "military"),
}


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description="Standing questions beside the labels of real messages")
    parser.add_argument("project", type=Path, metavar="PROJECT")
    parser.add_argument("--labels", type=Path, required=True, help="the CSV that was analysed")
    asked = parser.parse_args()
    whole = load_analysis(Project(asked.project))
    right = _labels(whole.table, asked.labels)
    searcher = Searcher(dataclasses.replace(whole, sets=_without(right)), encoder_of(whole))
    base = np.mean([mask.mean() for mask in right.values()])
    print(f"{whole.table.height:,} messages, {len(right)} questions; a message at random is right {base:.0%}")
    print(
        "| asked | answered | posts that match | of 5 right | of 20 | of all | without such messages: answered, posts |"
    )
    print("|---|---:|---:|---:|---:|---:|---:|")
    pack = {one.key: one for one in starter_pack().questions}
    for lang in starter_pack().languages:
        _row(f"in {lang}", searcher, right, {key: (pack[key].text(lang), "meaning") for key in right})
    _row("by words, en", searcher, right, {key: (pack[key].text("en"), "words") for key in right})
    begun = time.perf_counter()
    found = answers(searcher, starter_pack().questions)
    took = time.perf_counter() - begun
    print(f"\nall {len(found)} questions in {took:.1f} s; {sum(one.posts.height > 0 for one in found)} answered")


def _labels(table: pl.DataFrame, source: Path) -> dict[str, NDArray[np.bool_]]:
    """Return for each question which posts (n,) bear one of its labels."""
    given = pl.read_csv(source, infer_schema_length=0)
    rows = table[Col.ROW].to_numpy() - 1
    return {
        key: np.any([(given[name] == "1").fill_null(False).to_numpy()[rows] for name in names], axis=0)
        for key, names in MEANS.items()
    }


def _without(right: dict[str, NDArray[np.bool_]]) -> dict[str, NDArray[np.int64]]:
    return {key: np.flatnonzero(~mask) for key, mask in right.items()}


def _row(name: str, searcher: Searcher, right: dict[str, NDArray[np.bool_]], asked: dict[str, tuple[str, str]]) -> None:
    told, silent = [], []
    for key, (text, mode) in asked.items():
        found = _matching(searcher, text, mode, Filter())
        told.append((len(found), *(_share(right[key], found[:first]) for first in (5, 20, None))))
        silent.append(len(_matching(searcher, text, mode, Filter(sets=(key,)))))
    figures = np.array(told, dtype=float)
    shares = " | ".join(f"{share:.2f}" for share in np.nanmean(figures[:, 1:], axis=0))
    print(
        f"| {name} | {np.mean(figures[:, 0] > 0):.0%} | {np.median(figures[:, 0]):.0f} | {shares} "
        f"| {np.mean(np.array(silent) > 0):.0%}, {np.median(silent):.0f} |"
    )


def _matching(searcher: Searcher, text: str, mode: str, among: Filter) -> list[int]:
    question = Question(text, "words" if mode == "words" else "meaning", MOST, among)
    found = searcher.ask(question)
    if mode == "words":
        return found.posts["position"].to_list()
    sure = found.posts.filter(pl.col("band").is_in(SURE)) if found.answered else found.posts.head(0)
    return sure["position"].to_list()


def _share(right: NDArray[np.bool_], rows: list[int]) -> float:
    return float(right[rows].mean()) if rows else float("nan")


if __name__ == "__main__":
    main()
