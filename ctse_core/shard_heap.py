"""The shards that count in a folder: which files they are of, by what encoder, and the number of every post."""

from __future__ import annotations

import json
import uuid
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from ctse_core.engines.places import absolute, names_in, place_of, reason_of, shown
from ctse_core.engines.shards import InputFile, shard_names
from ctse_core.errors import InputFileError
from ctse_core.project import fingerprint
from ctse_core.types import Vectors

if TYPE_CHECKING:
    import pyarrow as pa
    from pyarrow.fs import FileSystem

GLOBAL_ROW, ROW, DIGEST, VECTOR = "global_row", "row", "digest", "vector"
FIRST_ROW, POSTS = "first_row", "posts"
COPIES = "copies.parquet"
TOLD = b"ctse"
"""The key of what is told in a Parquet file's own metadata, as JSON."""


@dataclass(frozen=True)
class HeapFile:
    """A file whose shards count: ``mark`` names them, its rows are posts ``first`` to ``first + rows``."""

    path: str
    stamp: str
    mark: str
    rows: int
    first: int


@dataclass(frozen=True)
class HeapShard:
    """A shard: its posts are ``first`` to ``first + rows``, rows ``start`` and on of the file ``path``."""

    name: str
    path: str
    start: int
    rows: int
    first: int

    @property
    def numbers(self) -> range:
        """The numbers of its posts."""
        return range(self.first, self.first + self.rows)


@dataclass(frozen=True)
class Heap:
    """What ``encode`` left in the folder ``url``: ``files`` by the numbers of their posts, all of one encoder.

    ``key`` stays the same as files come, change and go; the next file that comes has posts from ``next_row`` on.
    """

    url: str = field(repr=False)
    key: str
    encoder: str
    space: str
    width: int
    shard_rows: int
    next_row: int
    files: tuple[HeapFile, ...]

    @cached_property
    def shards(self) -> tuple[HeapShard, ...]:
        """All shards by the numbers of their posts."""
        return tuple(
            HeapShard(name, file.path, part * self.shard_rows, rows, file.first + part * self.shard_rows)
            for file in self.files
            for part, (name, rows) in enumerate(shard_names(file.mark, file.rows, self.shard_rows))
        )

    @property
    def posts(self) -> int:
        """All rows."""
        return sum(file.rows for file in self.files)

    @property
    def mark(self) -> str:
        """Another one when any shard or any number is."""
        return fingerprint(self.key, [(shard.name, shard.first) for shard in self.shards])[:12]

    def came_from(self, number: int) -> tuple[str, int]:
        """Return the file of post ``number`` and its row there."""
        file = self.files[bisect_right([one.first for one in self.files], number) - 1]
        return file.path, number - file.first

    def opened(self) -> tuple[FileSystem, str]:
        """Return the file system and the folder on it."""
        return place_of(self.url)

    def metadata(self) -> dict[bytes, bytes]:
        """Return all that ``heap_of`` needs, for the metadata of a Parquet file; no secret of the address is in it."""
        told = asdict(self)
        told.pop("url")
        return {TOLD: json.dumps(told, ensure_ascii=False).encode()}


@dataclass(frozen=True)
class Made:
    """How the shards of a heap were made: by an encoder of ``name`` and ``space``, ``width`` wide, ``rows`` a shard."""

    encoder: str
    space: str
    width: int
    rows: int


def joined(url: str, files: Sequence[InputFile], marks: Sequence[str], made: Made, old: Heap | None) -> Heap:
    """Return the heap of ``files``: those of the ``old`` one keep their numbers, others are numbered after all of it.

    Numbers are given by file name in the first run and never given twice; another encoder begins a new heap.
    """
    if old is not None and old.space != made.space:
        old = None
    known = {(one.path, one.stamp): one.first for one in old.files} if old else {}
    free, found = old.next_row if old else 0, []
    for file, mark in zip(files, marks, strict=True):
        if not file.rows:
            continue
        first = known.get((file.path, file.stamp))
        if first is None:
            first, free = free, free + file.rows
        found.append(HeapFile(file.path, file.stamp, mark, file.rows, first))
    key = old.key if old else uuid.uuid4().hex[:12]
    ordered = tuple(sorted(found, key=lambda one: one.first))
    return Heap(url, key, made.encoder, made.space, made.width, made.rows, free, ordered)


def listed(url: str) -> Heap | None:
    """Return the heap that the last finished ``encode`` left in the folder ``url``, None where none finished."""
    from pyarrow import ArrowException
    from pyarrow import parquet as pq

    system, folder = place_of(url)
    try:
        told = (pq.read_schema(f"{folder}/{COPIES}", filesystem=system).metadata or {}).get(TOLD)
        plain = json.loads(told) if told else None
        if plain is None:
            return None
        files = tuple(HeapFile(**one) for one in plain.pop("files"))
        return Heap(url=absolute(url), files=files, **plain)
    except (OSError, ArrowException, ValueError, TypeError, KeyError):
        return None


def heap_of(url: str) -> Heap:
    """Return the shards that ``encode`` left in the folder ``url``; older ones beside them do not count.

    Raises:
        InputFileError: there are none, or some of them are missing.
    """
    system, folder = place_of(url)
    try:
        names = names_in(system, folder)
    except OSError as wrong:
        raise InputFileError(f"“{shown(url)}” cannot be read ({reason_of(wrong, url)}).") from None
    if not any(name.startswith("shard-") for name in names):
        raise InputFileError(
            f"“{shown(url)}” holds no shards; make them with: python -m ctse_core encode … --engine here"
        )
    heap = listed(url)
    if heap is None or any(shard.name not in names for shard in heap.shards):
        raise InputFileError(
            f"“{shown(url)}” is not whole; run the same encode command again, it goes on where it was."
        )
    return heap


def read_part(heap: Heap, number: int, columns: Sequence[str]) -> pl.DataFrame:
    """Return some columns of the shard in place ``number``; GLOBAL_ROW is the number of each post.

    Raises:
        InputFileError: it cannot be read.
    """
    shard, kept = heap.shards[number], [name for name in columns if name != GLOBAL_ROW]
    table = read_table(heap.url, shard.name, kept)
    if GLOBAL_ROW in columns:
        table = table.with_columns(pl.Series(GLOBAL_ROW, np.arange(shard.first, shard.first + shard.rows)))
    return table.select(columns)


def read_copies(heap: Heap) -> pl.DataFrame:
    """Return DIGEST, FIRST_ROW and POSTS of the texts that more than one post has.

    Raises:
        InputFileError: they cannot be read.
    """
    return read_table(heap.url, COPIES, [DIGEST, FIRST_ROW, POSTS])


def read_table(url: str, name: str, columns: Sequence[str] | None = None) -> pl.DataFrame:
    """Return a Parquet file of a folder, or some of its columns.

    Raises:
        InputFileError: it cannot be read.
    """
    from pyarrow import ArrowException
    from pyarrow import parquet as pq

    system, folder = place_of(url)
    try:
        table: pa.Table = pq.read_table(f"{folder}/{name}", columns=columns, filesystem=system)
    except (OSError, ArrowException) as wrong:
        mend = "; run the same encode command again" if name == COPIES or name.startswith("shard-") else ""
        raise InputFileError(f"“{folder}/{name}” cannot be read ({reason_of(wrong, url)}){mend}.") from None
    return pl.DataFrame(pl.from_arrow(table))


def vectors_in(table: pl.DataFrame) -> Vectors:
    """Return the vectors (n, d) float32 of a shard's rows."""
    width = int(getattr(table.schema[VECTOR], "size", 0))
    flat: Any = table[VECTOR].arr.explode().to_numpy() if table.height else np.zeros(0)
    return np.asarray(flat, dtype=np.float32).reshape(table.height, width)
