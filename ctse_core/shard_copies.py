"""Which texts are there more than once in a heap of shards, counted with eight bytes a text in memory at first."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from hashlib import blake2b

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ctse_core.engines.places import write_whole
from ctse_core.shard_heap import COPIES, DIGEST, FIRST_ROW, GLOBAL_ROW, POSTS, Heap, read_part

_AT_ONCE = 16  # shards that are read


def digest_of(text: str) -> bytes:
    """Return 16 bytes, equal for compared texts that are copies of each other."""
    return blake2b(text.casefold().encode("utf-8", "replace"), digest_size=16).digest()


def write_copies(heap: Heap) -> None:
    """Tell which texts are there more than once, and with that which shards count: the file's metadata is the heap.

    The first reading finds the digests whose first half is met again, the second one counts those. About 100 bytes a
    text are held for it where half of all are copies or copied (benchmarks/scale.py), 8 where none is.

    Raises:
        InputFileError: a shard cannot be read. JobError: the file cannot be written.
    """
    halves = np.concatenate([_halves(told)[0] for told in _digests(heap, [DIGEST])] or [np.zeros(0, np.uint64)])
    halves.sort()
    again = np.unique(halves[1:][halves[1:] == halves[:-1]])
    del halves
    parts = [(np.zeros(0, np.uint64), np.zeros(0, np.uint64), np.zeros(0, np.int64))]
    for told in _digests(heap, [DIGEST, GLOBAL_ROW]):
        first, second = _halves(told)
        copied = _among(first, again)
        parts.append((first[copied], second[copied], told[GLOBAL_ROW].to_numpy()[copied]))
    firsts, seconds, rows = (np.concatenate(columns) for columns in zip(*parts, strict=True))
    del parts
    table = counted(firsts, seconds, rows).to_arrow().replace_schema_metadata(heap.metadata())
    system, folder = heap.opened()
    write_whole(system, f"{folder}/{COPIES}", table)


def counted(firsts: NDArray[np.uint64], seconds: NDArray[np.uint64], rows: NDArray[np.int64]) -> pl.DataFrame:
    """Return DIGEST, FIRST_ROW and POSTS of the digests, in halves, that are there more than once; rows (n,) ascend."""
    order = np.lexsort((seconds, firsts))
    first, second = firsts[order], seconds[order]
    begins = np.flatnonzero(np.r_[len(rows) > 0, (first[1:] != first[:-1]) | (second[1:] != second[:-1])][: len(rows)])
    posts = np.diff(np.r_[begins, len(rows)])
    begins, posts = begins[posts > 1], posts[posts > 1]
    digests = np.stack([first[begins], second[begins]], axis=1).tobytes()
    return pl.DataFrame(
        {
            DIGEST: [digests[place : place + 16] for place in range(0, len(digests), 16)],
            FIRST_ROW: rows[order[begins]],
            POSTS: posts,
        },
        schema={DIGEST: pl.Binary, FIRST_ROW: pl.Int64, POSTS: pl.UInt32},
    ).sort(FIRST_ROW)


def _among(numbers: NDArray[np.uint64], these: NDArray[np.uint64]) -> NDArray[np.bool_]:
    """Return (n,) which numbers are among ``these``, which ascend."""
    places = np.searchsorted(these, numbers)
    return these[np.minimum(places, len(these) - 1)] == numbers if len(these) else np.zeros(len(numbers), np.bool_)


def _digests(heap: Heap, columns: list[str]) -> Iterator[pl.DataFrame]:
    everything = range(len(heap.shards))
    with ThreadPoolExecutor(_AT_ONCE) as threads:
        for first in everything[::_AT_ONCE]:
            yield from threads.map(
                lambda number: read_part(heap, number, columns), everything[first : first + _AT_ONCE]
            )


def _halves(told: pl.DataFrame) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    """Return the first and the last 8 bytes of each digest (n,) as numbers."""
    whole = told[DIGEST].bin
    first, last = (part.bin.reinterpret(dtype=pl.UInt64).to_numpy() for part in (whole.head(8), whole.tail(8)))
    return first, last
