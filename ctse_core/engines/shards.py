"""Parquet files as shards of work: planned file by file, so that what a file gives depends on that file alone."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

from ctse_core.engines.places import names_in, place_of, reason_of, shown
from ctse_core.errors import InputFileError

if TYPE_CHECKING:
    import pyarrow as pa
    from pyarrow.fs import FileInfo, FileSystem

_ASKED_AT_ONCE = 16  # files: a store answers thousands of questions one by one slowly


@dataclass(frozen=True)
class InputFile:
    """A Parquet file: its ``path``, its ``rows``, and a ``stamp`` that is another one when the file is written anew."""

    path: str
    rows: int
    stamp: str
    schema: pa.Schema = field(repr=False, compare=False)


@dataclass(frozen=True)
class Shard:
    """Rows ``start`` to ``start + rows`` of the file ``path`` as its ``stamp`` was, which become the file ``name``."""

    name: str
    path: str
    stamp: str
    start: int
    rows: int


def parquet_files(url: str) -> list[InputFile]:
    """Return the Parquet files that ``url`` means, by name.

    It names a file, a folder, or a folder and a pattern of names with * for anything: ``folder/2024-*.parquet``.

    Raises:
        InputFileError: there is none, or one cannot be read.
    """
    from pyarrow import ArrowException
    from pyarrow.fs import FileSelector, FileType

    address, pattern = _pattern_in(url)
    system, path = place_of(address)
    try:
        info = system.get_file_info(path)
        found = [info] if info.type == FileType.File else system.get_file_info(FileSelector(path))
        files = [one for one in found if one.type == FileType.File and pattern.fullmatch(one.base_name)]
        with ThreadPoolExecutor(_ASKED_AT_ONCE) as threads:
            read = list(threads.map(lambda one: _read_footer(system, one), sorted(files, key=lambda one: one.path)))
    except (OSError, ArrowException) as wrong:
        told = f"The Parquet files of “{shown(url)}” cannot be read ({reason_of(wrong, url)})."
        raise InputFileError(told) from None
    if not read:
        raise InputFileError(f"“{shown(url)}” holds no Parquet file; name a folder with some, or one file.")
    return read


def _pattern_in(url: str) -> tuple[str, re.Pattern[str]]:
    """Return the address without its pattern, and what names must match."""
    query = url[url.index("?") :] if "://" in url and "?" in url else ""
    bare = url.removesuffix(query)
    folder, slash, name = bare.rpartition("/")
    if "*" in folder:
        raise InputFileError(f"“{shown(url)}” has a * in a folder's name; only the name of the files may have one.")
    if "*" not in name:
        return bare.rstrip("/") + query if bare.strip("/") else url, re.compile(r".*\.parquet", re.S)
    return (folder or slash or ".") + query, re.compile(".*".join(map(re.escape, name.split("*"))), re.S)


def _read_footer(system: FileSystem, info: FileInfo) -> InputFile:
    from pyarrow import parquet as pq

    metadata = pq.read_metadata(info.path, filesystem=system)
    footer = io.BytesIO()
    metadata.write_metadata_file(footer)  # sizes, places and least and greatest values of all columns
    stamp = f"{_written(system, info)}-{blake2b(footer.getvalue(), digest_size=8).hexdigest()}"
    return InputFile(info.path, metadata.num_rows, stamp, metadata.schema.to_arrow_schema())


def _written(system: FileSystem, info: FileInfo) -> str:
    """Return size and time of the last change; stores tell whole seconds."""
    from pyarrow.fs import LocalFileSystem

    ticks = info.mtime_ns or 0
    return f"{info.size}-{ticks if isinstance(system, LocalFileSystem) else ticks // 10**9}"


def shard_names(mark: str, rows: int, shard_rows: int) -> list[tuple[str, int]]:
    """Return name and rows of each shard of a file of ``rows`` rows: another ``mark``, other names."""
    return [
        (f"shard-{mark[:12]}-{part:06d}.parquet", min(shard_rows, rows - start))
        for part, start in enumerate(range(0, rows, shard_rows))
    ]


def plan_shards(files: Iterable[InputFile], marks: Iterable[str], rows: int) -> list[Shard]:
    """Return the files, each with its mark, cut into shards of at most ``rows`` rows; empty files have none."""
    return [
        Shard(name, file.path, file.stamp, part * rows, size)
        for file, mark in zip(files, marks, strict=True)
        for part, (name, size) in enumerate(shard_names(mark, file.rows, rows))
    ]


def read_shard(system: FileSystem, shard: Shard, columns: Sequence[str]) -> pa.Table:
    """Return the shard's rows of the ``columns``; only the row groups they lie in are read.

    Raises:
        InputFileError: the file cannot be read, or was changed since the work was planned.
    """
    import pyarrow as pa
    from pyarrow import parquet as pq

    try:
        with pq.ParquetFile(shard.path, filesystem=system) as file:
            groups, before, skipped = [], 0, 0
            for group in range(file.num_row_groups):
                count = file.metadata.row_group(group).num_rows
                if before + count <= shard.start:
                    skipped += count
                elif before < shard.start + shard.rows:
                    groups.append(group)
                before += count
            table = file.read_row_groups(groups, list(dict.fromkeys(columns)))
        same = shard.stamp.startswith(f"{_written(system, system.get_file_info(shard.path))}-")
    except (OSError, pa.ArrowException) as wrong:
        raise InputFileError(f"“{shard.path}” cannot be read ({wrong}).") from wrong
    if not same:
        raise InputFileError(f"“{shard.path}” was changed while it was read; run the same command again.")
    return table.slice(shard.start - skipped, shard.rows)


def whole_shards(system: FileSystem, folder: str, shards: Iterable[Shard]) -> set[str]:
    """Return the names of the shards whose output lies in ``folder`` and is whole."""
    from pyarrow import ArrowException
    from pyarrow import parquet as pq

    def whole(shard: Shard) -> bool:
        try:
            return bool(pq.read_metadata(f"{folder}/{shard.name}", filesystem=system).num_rows == shard.rows)
        except (OSError, ArrowException):
            return False

    there = names_in(system, folder)
    candidates = [shard for shard in shards if shard.name in there]
    with ThreadPoolExecutor(_ASKED_AT_ONCE) as threads:
        return {shard.name for shard, good in zip(candidates, threads.map(whole, candidates), strict=True) if good}


def shard_of_row(row: dict[str, Any]) -> Shard:
    """Return the shard of a row of plain values, as an engine hands it on."""
    return Shard(str(row["name"]), str(row["path"]), str(row["stamp"]), int(row["start"]), int(row["rows"]))
