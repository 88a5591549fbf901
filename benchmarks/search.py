"""How long a search takes among many posts, side by side with the naive way, in one run.

    python -m benchmarks.search [--vectors 1000000] [--width 384] [--questions 100] [--from VECTORS.npy]

Vectors lie on disk, memory-mapped: those of a file (what `analyse` or `encode` writes), or unit rows around some
thousand centres; words follow a Zipf law. Prints Markdown tables: milliseconds on the clock and of the processor, both
as median and 95th percentile, after the question has been encoded; how many of the truly nearest ten are found; what
is resident: memory of its own, and pages of files, which the system may take back. Questions lie between two posts.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl

from ctse_core.search import (
    Codes,
    Condition,
    EmbeddedIndex,
    LexicalIndex,
    Unrelated,
    VectorIndex,
    Where,
    hybrid_search,
    index_of,
    index_parts,
    quantise,
)

BEST = 10
SHARES = (1.0, 0.5, 0.05, 0.001)
BLOCK = 50_000


def make_vectors(path: Path, posts: int, width: int) -> np.ndarray:
    rng = np.random.default_rng(1)
    centres = rng.standard_normal((2_000, width), dtype=np.float32)
    made = np.lib.format.open_memmap(path, "w+", np.float32, (posts, width))
    for start in range(0, posts, BLOCK):
        rows = min(BLOCK, posts - start)
        block = centres[rng.integers(0, len(centres), rows)]
        block = block + 0.8 * rng.standard_normal((rows, width), dtype=np.float32)
        made[start : start + rows] = block / np.linalg.norm(block, axis=1, keepdims=True)
    made.flush()
    return np.load(path, mmap_mode="r")


def make_questions(vectors: np.ndarray, count: int) -> np.ndarray:
    """Return unit questions (count, d), each between two posts."""
    rows = np.sort(np.random.default_rng(3).choice(len(vectors), 2 * count, replace=False))
    some = np.asarray(vectors[rows], dtype=np.float32)
    asked = some[:count] + 0.7 * some[count:]
    return asked / np.maximum(np.linalg.norm(asked, axis=1, keepdims=True), 1e-9)


def make_words(posts: int) -> pl.Series:
    rng = np.random.default_rng(2)
    lengths = rng.integers(4, 26, posts)
    words = np.minimum(rng.zipf(1.3, lengths.sum()), 500_000).astype(np.int64)
    ends = np.cumsum(lengths)
    flat = pl.DataFrame({"post": np.repeat(np.arange(posts), lengths), "word": words})
    flat = flat.with_columns(("w" + pl.col("word").cast(pl.Utf8)).alias("word"))
    assert len(flat) == ends[-1]
    return flat.group_by("post", maintain_order=True).agg("word")["word"]


def took(run: Callable[[int], object], questions: int) -> str:
    run(0)
    clock, processor = [], []
    for number in range(questions):
        begin, own = time.perf_counter(), time.process_time()
        run(number)
        clock.append((time.perf_counter() - begin) * 1000)
        processor.append((time.process_time() - own) * 1000)
    told = (np.percentile(some, part) for some in (clock, processor) for part in (50, 95))
    return "{:.1f} / {:.1f} | {:.1f} / {:.1f}".format(*told)


def resident() -> str:
    """Return the megabytes of this process: its own memory, and pages of files."""
    status = Path("/proc/self/status")
    if not status.exists():
        return f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:,.0f} MB at most"
    told = dict(line.split(":", 1) for line in status.read_text().splitlines() if ":" in line)
    own, files = (int(told[name].split()[0]) / 1024 for name in ("RssAnon", "RssFile"))
    return f"{own:,.0f} MB of its own, {files:,.0f} MB of files"


def kept(vectors: np.ndarray, asked: np.ndarray, folder: Path) -> VectorIndex:
    """Return the index as a project keeps it: learnt once, then read memory-mapped."""
    begin, own = time.perf_counter(), time.process_time()
    codes = quantise(vectors)
    parts = index_parts(VectorIndex(vectors, Unrelated(asked[:64]), codes=codes))
    for name, array in (("steps", codes.steps), ("size", codes.size)):
        np.save(folder / f"{name}.npy", array)
    print(f"Made in {time.perf_counter() - begin:.1f} s ({time.process_time() - own:.1f} s of the processor).")
    del codes
    begin = time.perf_counter()
    steps = np.load(folder / "steps.npy", mmap_mode="r")
    index = index_of(parts, vectors, Codes(steps, np.load(folder / "size.npy")))
    print(f"Opened in {time.perf_counter() - begin:.3f} s; steps {steps.nbytes / 1e6:,.0f} MB.")
    return index


def truth(vectors: np.ndarray, asked: np.ndarray, masks: list[np.ndarray]) -> list[np.ndarray]:
    """Return for each mask the ten truly nearest rows (q, 10) of each question, all vectors compared."""
    best = [(np.full((len(asked), BEST), -1), np.full((len(asked), BEST), -2.0, np.float32)) for _ in masks]
    for start in range(0, len(vectors), BLOCK):
        block = np.asarray(vectors[start : start + BLOCK], dtype=np.float32)
        lengths = np.maximum(np.linalg.norm(block, axis=1), 1e-12)
        scores = asked @ (block / lengths[:, None]).T
        for number, mask in enumerate(masks):
            rows, high = best[number]
            here = np.flatnonzero(mask[start : start + BLOCK])
            both = np.hstack([high, scores[:, here]])
            named = np.hstack([rows, np.tile(here + start, (len(asked), 1))])
            order = np.argsort(-both, axis=1, kind="stable")[:, :BEST]
            best[number] = (np.take_along_axis(named, order, 1), np.take_along_axis(both, order, 1))
    return [rows for rows, _ in best]


def measured(vectors: np.ndarray, index: VectorIndex, asked: np.ndarray, naive: bool) -> None:
    rng = np.random.default_rng(4)
    masks = [np.ones(len(vectors), bool) if share == 1 else rng.random(len(vectors)) < share for share in SHARES]
    print("\n| search | clock p50 / p95 ms | processor p50 / p95 ms | recall@10 |\n|---|---:|---:|---:|")
    for share, mask, true in zip(SHARES, masks, truth(vectors, asked, masks), strict=True):
        where = None if share == 1 else mask
        found = [index.search(one, BEST, where).rows[0] for one in asked]
        hits = sum(len(set(one) & set(all_) - {-1}) for one, all_ in zip(found, true, strict=True))
        recall = hits / (true >= 0).sum()
        name = "all posts" if where is None else f"filter keeps {share:.1%}"
        timed = took(lambda i, w=where: index.search(asked[i], BEST, w), len(asked))  # type: ignore[misc]
        print(f"| {name} | {timed} | {recall:.3f} |", flush=True)
        if naive:
            rows = np.flatnonzero(mask)

            def plainly(i: int, where: np.ndarray | None = where, rows: np.ndarray = rows) -> np.ndarray:
                block = vectors if where is None else vectors[where]
                return rows[np.argsort(-(block @ asked[i]), kind="stable")[:BEST]]

            print(f"| the same, numpy on the plain array | {took(plainly, min(10, len(asked)))} | 1.000 |", flush=True)


def by_words(index: VectorIndex, asked: np.ndarray) -> None:
    words = make_words(len(index))
    begin = time.process_time()
    lexical = LexicalIndex(words)
    print(f"\nWords: {len(lexical.words):,} different; indexed in {time.process_time() - begin:.1f} processor s.")
    print("\n| search | clock p50 / p95 ms | processor p50 / p95 ms | |\n|---|---:|---:|---|")
    del words
    said = [[f"w{w}" for w in row] for row in np.random.default_rng(5).integers(1, 400, (len(asked), 4))]
    print(f"| words (BM25) | {took(lambda i: lexical.search(said[i], BEST), len(asked))} | |")
    both = took(lambda i: hybrid_search(index, lexical, (asked[i], said[i])), len(asked))
    print(f"| hybrid, 200 of each side fused | {both} | |")


def embedded(vectors: np.ndarray, asked: np.ndarray, folder: Path) -> None:
    """Measure the index in a folder with keys and facts, as a team's database is (benchmarks/served.py)."""
    rng = np.random.default_rng(6)
    index = EmbeddedIndex(folder / "index", vectors.shape[1])
    keys = [f"{row:09d}" for row in range(len(vectors))]
    facts = pl.DataFrame({"part": rng.integers(0, 1_000, len(vectors)).astype(np.int32)})
    begin, own = time.perf_counter(), time.process_time()
    index.add(keys, vectors, facts)
    print(f"\nEntries put in: {time.perf_counter() - begin:.1f} s ({time.process_time() - own:.1f} of the processor).")
    begin = time.process_time()
    index.add(["new"], asked[:1])
    print(f"One more: {time.process_time() - begin:.2f} processor s.")
    print("\n| index in a folder | clock p50 / p95 ms | processor p50 / p95 ms | |\n|---|---:|---:|---|")
    for share in SHARES:
        where = None if share == 1 else Where((Condition("part", below=round(share * 1_000)),))
        timed = took(lambda i, w=where: index.search(asked[i], BEST, w, ("part",)), len(asked))  # type: ignore[misc]
        print(f"| {'all entries' if where is None else f'filter keeps {share:.1%}'} | {timed} | |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--vectors", "--posts", type=int, default=100_000, help="how many")
    parser.add_argument("--width", type=int, default=384)
    parser.add_argument("--questions", type=int, default=100)
    parser.add_argument("--from", dest="file", type=Path, help="vectors of real posts instead of made ones")
    parser.add_argument("--naive", action="store_true", help="also time numpy on the plain array")
    parser.add_argument("--only", choices=["meaning", "words", "folder"], nargs="*", default=[])
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        if chosen.file:
            vectors = np.load(chosen.file, mmap_mode="r")[: chosen.vectors]
        else:
            vectors = make_vectors(folder / "vectors.npy", chosen.vectors, chosen.width)
        print(f"{len(vectors):,} vectors, {vectors.shape[1]} wide. Before: {resident()}.")
        asked = make_questions(vectors, max(64, chosen.questions))
        index = kept(vectors, asked, folder)
        asked = asked[: chosen.questions]
        index.search(asked[0], BEST)
        print(f"After one search: {resident()}.")
        if not chosen.only or "meaning" in chosen.only:
            measured(vectors, index, asked, chosen.naive)
        if not chosen.only or "words" in chosen.only:
            by_words(index, asked)
        if not chosen.only or "folder" in chosen.only:
            embedded(vectors, asked, folder)
        print(f"\nIn the end: {resident()}.")


if __name__ == "__main__":
    main()
