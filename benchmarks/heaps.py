"""What follows the embedding of a heap of shards: copies, topics, an index to ask, and what Ray takes to hand out.

    python -m benchmarks.heaps --copies 10000000              telling copies among so many invented digests
    CTSE_SHARED_DATA=folder python -m benchmarks.heaps --near 77000 --shard-rows 20000
    python -m benchmarks.heaps --assign 40000                 giving so many invented posts to topics of a sample
    python -m benchmarks.heaps --find 200000                  filling an index with so many, and asking it
    python -m benchmarks.heaps --hand-out 200                 so many shards of nothing on a Ray cluster

Vectors of --assign and --find are invented (384 wide, in groups), texts are numbered sentences. Seconds are of the
processor, of this process; --hand-out counts all processes of the cluster. Linux only.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import psutil
from pyarrow import FixedSizeListArray, float16
from pyarrow import array as arrow_array
from pyarrow.fs import LocalFileSystem

from benchmarks.many_posts import many_posts
from ctse_core.engines.on_ray import RaySettings, run_on_ray
from ctse_core.engines.places import write_whole
from ctse_core.engines.shards import shard_names
from ctse_core.shard_copies import digest_of, write_copies
from ctse_core.shard_heap import COPIES, DIGEST, POSTS, VECTOR, Heap, HeapFile, heap_of
from ctse_core.shard_labels import TopicModel, TopicWorker, sample_name
from ctse_core.shard_search import ask_index, fill_index
from ctse_core.text import collapse_duplicates, prepare_text
from ctse_core.types import Col, TopicCol

WIDTH, ROWS, GROUPS = 384, 20_000, 60


@contextmanager
def told(what: str, posts: int) -> Iterator[None]:
    """Print the processor seconds of what is done, and those for a thousand posts."""
    cpu = time.process_time()
    yield
    seconds, peak = time.process_time() - cpu, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
    print(f"{what}: {seconds:.2f} processor s, {1000 * seconds / posts:.4f} a thousand; {peak:,.0f} MB at most so far")


def heap_in(place: str, posts: int, rows: int) -> Heap:
    """Return an empty heap of so many posts in one file."""
    return Heap(place, "invented", "none", "none", WIDTH, rows, posts, (HeapFile("posts", "-", "invented", posts, 0),))


def copies_of(texts: int, copied: float = 0.3) -> None:
    """Print what telling the copies among this many invented digests takes; a share of them is of other ones."""
    dice, rows = np.random.default_rng(7), 100_000
    with tempfile.TemporaryDirectory() as place:
        heap = heap_in(place, texts, rows)
        for shard in heap.shards:
            number = np.arange(shard.first, shard.first + shard.rows, dtype=np.uint64)
            old = dice.random(shard.rows) < copied
            number[old] = dice.integers(0, texts, size=int(old.sum()))
            halves = [(number * np.uint64(odd)).tobytes() for odd in (0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9)]
            digests = [halves[0][i : i + 8] + halves[1][i : i + 8] for i in range(0, 8 * shard.rows, 8)]
            write_whole(LocalFileSystem(), f"{place}/{shard.name}", pl.DataFrame({DIGEST: digests}).to_arrow())
        with told(f"{texts:,} digests", texts):
            write_copies(heap)
        found = pl.read_parquet(f"{place}/{COPIES}")
        size = Path(place, COPIES).stat().st_size
    print(f"{found.height:,} texts more than once, {size / max(1, found.height):.0f} bytes each")


def near_copies_in(posts: int, rows: int) -> None:
    """Print how many near copies among real posts are found where shards are looked at one by one, and all at once."""
    texts = prepare_text(many_posts(posts).select("text")).table[Col.COMPARED].to_list()
    whole = collapse_duplicates(texts)
    parts = [collapse_duplicates(texts[first : first + rows]) for first in range(0, len(texts), rows)]
    exact = len({text.casefold() for text in texts})
    left = sum(len(part.unique_rows) for part in parts)
    print(
        f"{len(texts):,} posts, {exact:,} different texts, {len(whole.unique_rows):,} without near copies."
        f" Shards of {rows:,} one by one: {sum(part.near for part in parts):,} near copies found, all at once"
        f" {whole.near:,}; {left:,} posts left of all shards"
    )


def unit(vectors: np.ndarray) -> np.ndarray:
    """Return rows (n, d) of length one."""
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def invented(place: str, posts: int) -> tuple[Heap, np.ndarray]:
    """Write a heap of invented posts in groups, none a copy, and return it with the groups' centres."""
    dice = np.random.default_rng(7)
    centres, heap = unit(dice.normal(size=(GROUPS, WIDTH))), heap_in(place, posts, ROWS)
    for shard in heap.shards:
        noise = unit(dice.normal(size=(shard.rows, WIDTH)))
        vectors = unit(centres[np.arange(shard.rows) % GROUPS] + noise).astype(np.float16)
        texts = [f"Post {number} tells that the water of river {number % GROUPS} rises" for number in shard.numbers]
        table = pl.DataFrame(
            {
                Col.COMPARED: texts,
                Col.LANG: ["en", "es", "fr", "ar"] * (shard.rows // 4) + ["en"] * (shard.rows % 4),
                DIGEST: [digest_of(text) for text in texts],
            }
        ).to_arrow()
        flat = FixedSizeListArray.from_arrays(arrow_array(vectors.ravel(), type=float16()), WIDTH)
        write_whole(LocalFileSystem(), f"{place}/{shard.name}", table.append_column(VECTOR, flat))
    write_copies(heap)
    return heap_of(place), centres


def assign(posts: int) -> None:
    """Print what giving posts to the topics of a sample takes."""
    with tempfile.TemporaryDirectory() as place:
        heap, _ = invented(place, posts)
        first = pl.read_parquet(f"{place}/{shard_names('invented', posts, ROWS)[0][0]}").head(6_000)
        sample = first.with_row_index("global_row").with_columns(
            pl.col("global_row").cast(pl.Int64),
            pl.lit(1).alias(POSTS),
            pl.Series(TopicCol.ID, np.arange(first.height) % GROUPS, dtype=pl.Int32),
            pl.lit(1.0, pl.Float32).alias(Col.STRENGTH),
        )
        write_whole(LocalFileSystem(), f"{place}/{sample_name('mark')}", sample.to_arrow())
        TopicModel.of(sample)  # what is loaded at first is loaded
        worker = TopicWorker(heap, place, "mark")
        with told(f"{posts:,} posts given to {GROUPS} topics, reading and writing included", posts):
            for number in range(len(heap.shards)):
                worker.made(number)


class Fixed:
    """An encoder that gives every question the same vector."""

    name, dim, fingerprint, space = "fixed", WIDTH, "fixed", "fixed"

    def __init__(self, vector: np.ndarray) -> None:
        self.vector = vector

    def encode(self, texts: Any) -> np.ndarray:
        """Return the vector (1, d)."""
        return self.vector[None, :]


def find(posts: int) -> None:
    """Print what filling an index takes, what it holds on the disk, and how long a question takes."""
    with tempfile.TemporaryDirectory() as place:
        heap, centres = invented(f"{place}", posts)
        with told(f"{posts:,} texts put into an index", posts):
            index = fill_index(heap, Path(place, "index"))
        size = {kind: sum(one.stat().st_size for one in Path(place, "index").glob(f"*/{kind}*")) for kind in ("", "v")}
        print(f"{size['']:,} bytes, {size[''] / posts:.0f} a text, of which {size['v'] / posts:.0f} are vectors")
        took = []
        for centre in centres[:20]:
            began = time.perf_counter()
            ask_index(index, Fixed(centre), "question", 10)
            took.append(1000 * (time.perf_counter() - began))
        print(f"a question: {np.median(took):.1f} ms of wall time at the middle, {max(took):.1f} at most")


class Nothing:
    """A worker that does nothing."""

    def __call__(self, batch: dict[str, Any]) -> dict[str, Any]:
        """Return the number."""
        return {"number": batch["number"]}


def hand_out(shards: int) -> None:
    """Print what a Ray cluster of this process takes for so many shards of nothing, beside two of them."""

    def spent() -> float:
        everybody = [psutil.Process(), *psutil.Process().children(recursive=True)]
        return sum(sum(one.cpu_times()[:2]) for one in everybody if one.is_running())

    import ray

    ray.init(address="local", include_dashboard=False, log_to_driver=False, logging_level=40)
    before = []
    for count in (2, 2, shards):  # the first also starts what stays
        start, began = spent(), time.time()
        items = [{"number": number} for number in range(count)]
        assert len(list(run_on_ray(Nothing, {}, items, RaySettings("auto", 1, 0.5)))) == count
        before.append(spent() - start)
        print(f"{count:,} shards of nothing: {before[-1]:.1f} processor s, {time.time() - began:.0f} s")
    print(f"{1000 * (before[-1] - before[-2]) / (shards - 2):.0f} ms of processor a shard")
    ray.shutdown()


def main() -> None:
    """Measure what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("copies", "near", "assign", "find", "hand-out"):
        parser.add_argument(f"--{name}", type=int, metavar="N")
    parser.add_argument("--shard-rows", type=int, default=ROWS, help="of --near")
    asked = parser.parse_args()
    if asked.copies:
        copies_of(asked.copies)
    if asked.near:
        near_copies_in(asked.near, asked.shard_rows)
    if asked.assign:
        assign(asked.assign)
    if asked.find:
        find(asked.find)
    if asked.hand_out:
        hand_out(asked.hand_out)


if __name__ == "__main__":
    main()
