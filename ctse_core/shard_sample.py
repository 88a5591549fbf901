"""Some texts of a heap of shards, drawn so that copies weigh and rare languages are among them, in one reading."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from ctse_core.batch import COPIES, DIGEST, GLOBAL_ROW, VECTOR
from ctse_core.engines.shards import parquet_files, place_of
from ctse_core.errors import InputFileError
from ctse_core.types import UNDETERMINED, Col, Progress, no_progress

if TYPE_CHECKING:
    from pyarrow.fs import FileSystem

LEAST = 500
"""Texts of each language that are drawn, as long as all these take no more than half of the sample."""
_PREFIX = "shard-"
_KEY, _POSTS = "key", "posts"


@dataclass(frozen=True)
class Heap:
    """The shards of one run of ``encode``: ``names`` in the folder of ``url``, ``rows`` of each."""

    url: str
    names: tuple[str, ...]
    rows: tuple[int, ...]

    @property
    def posts(self) -> int:
        """All rows."""
        return sum(self.rows)

    def opened(self) -> tuple[FileSystem, str]:
        """Return the file system and the folder on it."""
        system, folder = place_of(self.url)
        return system, folder.rstrip("/")


def heap_of(url: str) -> Heap:
    """Return the shards that ``encode`` left in the folder ``url``.

    Raises:
        InputFileError: there are none, those of several runs, or some of them are missing.
    """
    files = [(path.rsplit("/", 1)[-1], rows) for path, rows in parquet_files(url)]
    shards = sorted((name, rows) for name, rows in files if name.startswith(_PREFIX))
    if not shards:
        raise InputFileError(f"“{url}” holds no shards; make them with: python -m ctse_core encode … --engine here")
    marks = {name.rsplit("-", 1)[-1] for name, _ in shards}
    if len(marks) > 1:
        raise InputFileError(
            f"“{url}” holds shards of {len(marks)} different runs; keep those of one run in a folder of their own."
        )
    numbers = [int(name.split("-")[1]) for name, _ in shards]
    if numbers != list(range(len(numbers))) or COPIES not in {name for name, _ in files}:
        raise InputFileError(f"“{url}” is not whole; run the same encode command again, it goes on where it was.")
    return Heap(url, tuple(name for name, _ in shards), tuple(rows for _, rows in shards))


def read_columns(heap: Heap, name: str, columns: list[str]) -> pl.DataFrame:
    """Return some columns of one shard.

    Raises:
        InputFileError: it cannot be read.
    """
    from pyarrow import ArrowException
    from pyarrow import parquet as pq

    system, folder = heap.opened()
    try:
        return pl.DataFrame(pl.from_arrow(pq.read_table(f"{folder}/{name}", columns=columns, filesystem=system)))
    except (OSError, ArrowException) as wrong:
        raise InputFileError(f"“{folder}/{name}” cannot be read ({wrong}).") from wrong


def vectors_in(table: pl.DataFrame) -> np.ndarray:
    """Return the vectors (n, d) float32 of a shard's rows."""
    flat = table[VECTOR].arr.explode().to_numpy().astype(np.float32)
    return flat.reshape(table.height, -1)


def draw(heap: Heap, wanted: int, seed: int, progress: Progress = no_progress) -> tuple[pl.DataFrame, int]:
    """Return ``wanted`` different texts of the heap, and how many different texts there are.

    Columns: GLOBAL_ROW (of a text's first post, ascending), LANG, ``posts`` (that have this text), ``shard`` (its
    place among the heap's names). A text is likelier the more posts have it; each language has 500 at least, or an
    even share of half the sample where languages are many. Chance is a number made of the text's digest and the seed:
    the same heap gives the same sample, whoever reads it in whatever order. Empty texts are left out.

    Source: Efraimidis, Spirakis 2006, "Weighted random sampling with a reservoir".
    """
    copies = read_columns(heap, COPIES, [DIGEST, "first_row", _POSTS])
    kept, different = pl.DataFrame(), 0
    for number, found in enumerate(_texts(heap, copies, seed)):
        different += found.height
        kept = _likeliest(pl.concat([kept, found], how="diagonal_relaxed"), wanted)
        progress((number + 1) / len(heap.names), "Drawing a sample")
    if not different:
        raise InputFileError(f"“{heap.url}” holds no text that is not empty.")
    return kept.drop(_KEY).sort(GLOBAL_ROW), different


def _texts(heap: Heap, copies: pl.DataFrame, seed: int) -> Iterator[pl.DataFrame]:
    """Yield the different texts of each shard that no earlier row has, each with its chance; -inf never wins."""
    for number, name in enumerate(heap.names):
        table = read_columns(heap, name, [GLOBAL_ROW, Col.LANG, DIGEST, Col.COMPARED])
        table = table.filter(pl.col(Col.COMPARED) != "").join(copies, on=DIGEST, how="left", maintain_order="left")
        first = pl.col("first_row").is_null() | (pl.col("first_row") == pl.col(GLOBAL_ROW))
        table = table.filter(first).with_columns(pl.col(_POSTS).fill_null(1).cast(pl.Int64))
        chance = _even(table[DIGEST], seed)
        yield table.select(
            GLOBAL_ROW,
            pl.col(Col.LANG).fill_null(UNDETERMINED),
            _POSTS,
            pl.lit(number, pl.Int32).alias("shard"),
            pl.Series(_KEY, np.log(chance) / np.maximum(table[_POSTS].to_numpy(), 1)),
        )


def _even(digests: pl.Series, seed: int) -> np.ndarray:
    """Return a number in (0, 1) for each digest, another one for another seed."""
    half = digests.bin.head(8).bin.reinterpret(dtype=pl.UInt64).to_numpy()
    mixed = half ^ np.uint64(seed * 0x9E3779B97F4A7C15 & 0xFFFFFFFFFFFFFFFF)
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):  # splitmix64
        mixed = (mixed ^ (mixed >> np.uint64(shift))) * np.uint64(factor)
    mixed ^= mixed >> np.uint64(31)
    return (mixed >> np.uint64(11)).astype(np.float64) / 2**53 + 2**-54


def _likeliest(texts: pl.DataFrame, wanted: int) -> pl.DataFrame:
    """Return at most ``wanted`` of the texts: the likeliest of each language, then of all."""
    if texts.height <= wanted:
        return texts
    least = min(LEAST, wanted // (2 * texts[Col.LANG].n_unique()))
    place = pl.col(_KEY).rank("ordinal", descending=True).over(Col.LANG)
    ranked = texts.sort(_KEY, GLOBAL_ROW, descending=[True, False]).with_columns(sure=place <= least)
    return ranked.sort("sure", descending=True, maintain_order=True).head(wanted).drop("sure")


def fetch(heap: Heap, drawn: pl.DataFrame, progress: Progress = no_progress) -> pl.DataFrame:
    """Return the ``drawn`` texts with COMPARED and VECTOR, in their order; shards without any are not read."""
    parts = []
    for (number,), some in drawn.group_by("shard", maintain_order=True):
        whole = read_columns(heap, heap.names[int(str(number))], [GLOBAL_ROW, Col.COMPARED, VECTOR])
        parts.append(some.join(whole, on=GLOBAL_ROW, how="left", maintain_order="left"))
        progress(len(parts) / drawn["shard"].n_unique(), "Reading the sample")
    return pl.concat(parts)
