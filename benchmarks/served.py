"""A team's index in PostgreSQL beside the embedded one: filling, searching with and without filters, what it weighs.

    python -m benchmarks.served --vectors vectors.npy [--queries 200] [--address postgresql://…]

``vectors.npy`` is what `python -m ctse_core encode` writes of a file of posts; without it, vectors are drawn at random
around a thousand centres (--posts N). The last vectors are the questions. Without an address a server is started out of
a wheel (requirements-scale.txt). Recall is against comparing all in float32: how many of the ten found are as near as
the tenth nearest. Prints a Markdown table.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import resource
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from ctse_core.search.embedded import EmbeddedIndex
from ctse_core.search.interface import Condition, Index, Where
from ctse_core.served.address import read_address
from ctse_core.served.index import ServedIndex

BEST = 10
LEVELS = 1000
SHARES = ((1.0, 0), (0.5, 500), (0.05, 50), (0.001, 1))
ROUNDED = 5e-4  # what half precision takes off a cosine


def drawn(posts: int, width: int = 384) -> np.ndarray:
    rng = np.random.default_rng(1)
    centres = rng.standard_normal((1_000, width), dtype=np.float32)
    made = np.empty((posts, width), dtype=np.float32)
    for start in range(0, posts, 50_000):
        part = made[start : start + 50_000]
        part[:] = centres[rng.integers(0, 1_000, len(part))]
        part += 0.8 * rng.standard_normal(part.shape, dtype=np.float32)
    return made


def unit_and_different(vectors: np.ndarray) -> np.ndarray:
    """Return unit rows in a fixed disorder, zeros and equal rows left out, as copies are before an index is made."""
    _, first = np.unique(np.asarray(vectors[:, :8]).round(5), axis=0, return_index=True)
    kept = np.asarray(vectors[np.random.default_rng(5).permutation(first)], dtype=np.float32)
    lengths = np.linalg.norm(kept, axis=1)
    kept = kept[lengths > 0] / lengths[lengths > 0][:, None]
    kept -= kept.mean(axis=0)  # as posts are ranked
    kept /= np.linalg.norm(kept, axis=1, keepdims=True)
    return kept


def milliseconds(run: Callable[[int], object], questions: int, busy: Callable[[], float]) -> list[float]:
    """Return median and 95th percentile on the clock, and the processor's mean, of asking once."""
    run(0)
    spent = []
    before = busy()
    for number in range(questions):
        begin = time.perf_counter()
        run(number)
        spent.append((time.perf_counter() - begin) * 1000)
    mean = (busy() - before) * 1000 / questions
    return [float(np.percentile(spent, 50)), float(np.percentile(spent, 95)), mean]


def processor_of(index: Index) -> Callable[[], float]:
    """Return what tells the processor's seconds: of this process, and of the server's for it where that is here."""
    if not isinstance(index, ServedIndex):
        return time.process_time
    with index._server.reading() as connection:
        place = Path(f"/proc/{connection.execute('SELECT pg_backend_pid()').fetchone()[0]}/stat")

    def busy() -> float:
        told = place.read_text().rpartition(")")[2].split() if place.is_file() else ["0"] * 15
        return time.process_time() + (int(told[11]) + int(told[12])) / os.sysconf("SC_CLK_TCK")

    return busy


@contextlib.contextmanager
def server(address: str) -> Iterator[str]:
    if address:
        yield address
        return
    from tests.scale.postgres import running

    with running() as own:
        yield own


def tenth(vectors: np.ndarray, queries: np.ndarray, levels: np.ndarray, below: int) -> tuple[np.ndarray, np.ndarray]:
    """Return (q,) the cosine of the tenth nearest that passes, and how many pass at most ten."""
    passes = np.flatnonzero(levels < below) if below else np.arange(len(vectors))
    floors = np.empty(len(queries), dtype=np.float32)
    for i, query in enumerate(queries):
        near = vectors[passes] @ query if below else vectors @ query
        floors[i] = np.partition(near, len(near) - min(BEST, len(near)))[-min(BEST, len(near))]
    return floors, np.full(len(queries), min(BEST, len(passes)))


def measured(index: Index, given: tuple[np.ndarray, np.ndarray, np.ndarray]) -> list[str]:
    """Return a cell for each share: recall, median and 95th percentile in milliseconds, and the processor's."""
    vectors, queries, levels = given
    cells = []
    for share, below in SHARES:
        where = Where((Condition("level", below=below),)) if share < 1 else None
        floors, counts = tenth(vectors, queries, levels, below if share < 1 else 0)
        hits = 0
        for query, floor in zip(queries, floors, strict=True):
            found = index.search(query, BEST, where)[0]
            rows = [int(key) for key in found.keys]
            hits += int((vectors[rows] @ query >= floor - ROUNDED).sum())

        def once(i: int, where: Where | None = where) -> Any:
            return index.search(queries[i % len(queries)], BEST, where)

        middle, late, mean = milliseconds(once, len(queries), processor_of(index))
        cells.append(f"{hits / counts.sum():.3f}, {middle:.1f} / {late:.1f}, {mean:.1f}")
    return cells


def filled(index: Index, vectors: np.ndarray, levels: np.ndarray, piece: int) -> tuple[float, float]:
    """Put the vectors in and return seconds on the clock, and of the processor without the server's helpers."""
    begin, busy = time.perf_counter(), processor_of(index)
    before = busy()
    for start in range(0, len(vectors), piece):
        part = slice(start, min(start + piece, len(vectors)))
        keys = [f"{row:08d}" for row in range(part.start, part.stop)]
        index.add(keys, vectors[part], pl.DataFrame({"level": levels[part]}))
    return time.perf_counter() - begin, busy() - before


def table(rows: Sequence[tuple[str, str, Sequence[str]]]) -> None:
    print("| index | filling | " + " | ".join("all" if s == 1 else f"{s:.1%} pass" for s, _ in SHARES) + " |")
    print("|---|---:|" + "---:|" * len(SHARES))
    for name, filling, cells in rows:
        print(f"| {name} | {filling} | {' | '.join(cells)} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--vectors", type=Path)
    parser.add_argument("--posts", type=int, default=100_000)
    parser.add_argument("--queries", type=int, default=200)
    parser.add_argument("--address", default="")
    parser.add_argument("--piece", type=int, default=2_000_000, help="vectors put in at once")
    chosen = parser.parse_args()
    vectors = unit_and_different(np.load(chosen.vectors, mmap_mode="r") if chosen.vectors else drawn(chosen.posts))
    queries, vectors = vectors[-chosen.queries :], vectors[: -chosen.queries]
    levels = np.random.default_rng(2).integers(0, LEVELS, len(vectors)).astype(np.int32)
    given = (vectors, queries, levels)
    rows = []
    with tempfile.TemporaryDirectory() as folder, server(chosen.address) as address:
        embedded = EmbeddedIndex(Path(folder) / "index", vectors.shape[1])
        clock, busy = filled(embedded, vectors, levels, chosen.piece)
        rows.append(("embedded", f"{clock:.1f} s, {busy:.1f}", measured(embedded, given)))
        served = ServedIndex(read_address(f"{address}#benchmark"), vectors.shape[1])
        clock, busy = filled(served, vectors, levels, chosen.piece)
        rows.append(("PostgreSQL, pgvector", f"{clock:.1f} s, {busy:.1f}", measured(served, given)))
        with served._server.reading() as connection:
            name = served._shape.table
            sizes = connection.execute(
                f"SELECT pg_table_size('{name}'), pg_indexes_size('{name}'), pg_relation_size('{name}_graph')"
            ).fetchone()
    print(f"{len(vectors):,} vectors x {vectors.shape[1]}, {len(queries)} questions. Cells: recall@10, p50 / p95 ms,")
    print("processor ms; filling: seconds, of the processor.\n")
    table(rows)
    table_mb, indexes_mb, graph_mb = (size / 1e6 for size in sizes)
    print(
        f"\nIn the database {table_mb:,.0f} MB of rows, {indexes_mb:,.0f} MB of indexes ({graph_mb:,.0f} MB the graph)."
    )
    resident = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(f"{resident:.2f} GB resident here, exact vectors included.")


if __name__ == "__main__":
    main()
