"""How long a search takes, side by side with the naive way, in one run.

    python benchmarks/search.py [--posts 100000] [--width 384] [--questions 100]

Vectors are random unit rows on disk, memory-mapped; words follow a Zipf law. Prints a Markdown table:
median and 95th percentile in milliseconds, after the question has been encoded.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from ctse_core.search import LexicalIndex, Unrelated, VectorIndex, hybrid_search

BEST = 10


def make_vectors(path: Path, posts: int, width: int) -> np.ndarray:
    rng = np.random.default_rng(1)
    vectors = rng.standard_normal((posts, width), dtype=np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    np.save(path, vectors)
    return np.load(path, mmap_mode="r")


def make_words(posts: int) -> list[list[str]]:
    rng = np.random.default_rng(2)
    lengths = rng.integers(4, 26, posts)
    words = np.minimum(rng.zipf(1.3, lengths.sum()), 60_000)
    return [[f"w{word}" for word in part] for part in np.split(words, np.cumsum(lengths)[:-1])]


def milliseconds(run: Callable[[int], object], questions: int) -> tuple[float, float]:
    run(0)
    spent = []
    for number in range(questions):
        begin = time.perf_counter()
        run(number)
        spent.append((time.perf_counter() - begin) * 1000)
    return float(np.percentile(spent, 50)), float(np.percentile(spent, 95))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--posts", type=int, default=100_000)
    parser.add_argument("--width", type=int, default=384)
    parser.add_argument("--questions", type=int, default=100)
    chosen = parser.parse_args()
    rng = np.random.default_rng(3)
    asked = rng.standard_normal((chosen.questions, chosen.width), dtype=np.float32)
    asked /= np.linalg.norm(asked, axis=1, keepdims=True)
    with tempfile.TemporaryDirectory() as folder:
        vectors = make_vectors(Path(folder) / "vectors.npy", chosen.posts, chosen.width)
        begin = time.perf_counter()
        index = VectorIndex(vectors, Unrelated(asked[:64]))
        built = time.perf_counter() - begin
        print(f"{chosen.posts:,} posts x {chosen.width}; opening the index, bands calibrated: {built:.2f} s\n")
        print("| search | naive p50 / p95 ms | ours p50 / p95 ms | same rows |\n|---|---:|---:|---|")
        for share in (1.0, 0.5, 0.1, 0.01):
            where = None if share == 1 else rng.random(chosen.posts) < share
            kept = np.arange(chosen.posts) if where is None else np.flatnonzero(where)

            def naive(i: int, where: np.ndarray | None = where, kept: np.ndarray = kept) -> np.ndarray:
                block = vectors if where is None else vectors[where]
                return kept[np.argsort(-(block @ asked[i]), kind="stable")[:BEST]]

            def ours(i: int, where: np.ndarray | None = where) -> np.ndarray:
                return index.search(asked[i], BEST, where).rows[0]

            same = all((naive(i) == ours(i)).all() for i in range(10))
            slow, fast = milliseconds(naive, chosen.questions), milliseconds(ours, chosen.questions)
            name = "all posts" if where is None else f"filter keeps {share:.0%}"
            times = f"{slow[0]:.1f} / {slow[1]:.1f} | {fast[0]:.1f} / {fast[1]:.1f}"
            print(f"| {name} | {times} | {'yes' if same else 'no'} |")
        words = make_words(chosen.posts)
        begin = time.perf_counter()
        lexical = LexicalIndex(words)
        built = time.perf_counter() - begin
        asked_words = [[f"w{w}" for w in rng.integers(1, 400, 4)] for _ in range(chosen.questions)]
        fast = milliseconds(lambda i: lexical.search(asked_words[i], BEST), chosen.questions)
        print(f"| words (BM25; built in {built:.2f} s) | | {fast[0]:.1f} / {fast[1]:.1f} | |")
        fast = milliseconds(lambda i: hybrid_search(index, lexical, (asked[i], asked_words[i])), chosen.questions)
        print(f"| hybrid | | {fast[0]:.1f} / {fast[1]:.1f} | |")


if __name__ == "__main__":
    main()
