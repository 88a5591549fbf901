"""A heap of Parquet files as shards of work: planned alike every time, each written once and whole; disk or S3."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ctse_core.errors import InputFileError, JobError

if TYPE_CHECKING:
    import pyarrow as pa
    from pyarrow.fs import FileSystem

_ASKED_AT_ONCE = 16  # files


@dataclass(frozen=True)
class Shard:
    """Rows ``start`` to ``start + rows`` of one file; ``first`` is the number of its first row among all rows."""

    number: int
    path: str
    start: int
    rows: int
    first: int


def place_of(url: str) -> tuple[FileSystem, str]:
    """Return the file system and the path on it that a folder's name or address means.

    Addresses are as pyarrow reads them: ``s3://bucket/folder?region=…``, ``gs://…``; anything else is a path here.

    Raises:
        InputFileError: the address is of no kind that pyarrow knows.
    """
    from pyarrow import ArrowException
    from pyarrow.fs import FileSystem, LocalFileSystem

    if "://" not in url:
        return LocalFileSystem(), url
    try:
        return FileSystem.from_uri(url)
    except (ArrowException, ValueError) as wrong:
        raise InputFileError(f"“{url}” cannot be opened ({wrong}); name a folder, or s3://bucket/folder.") from wrong


def parquet_files(url: str) -> list[tuple[str, int]]:
    """Return the Parquet files that ``url`` means, by name, each with its rows.

    It names a file, a folder, or ``folder/*.parquet``.

    Raises:
        InputFileError: there is none, or one cannot be read.
    """
    from pyarrow import ArrowException
    from pyarrow import parquet as pq
    from pyarrow.fs import FileSelector, FileType

    query = url[url.index("?") :] if "?" in url else ""
    system, path = place_of(url.removesuffix(query).removesuffix("*.parquet").rstrip("/") + query)
    try:
        info = system.get_file_info(path)
        found = [info] if info.type == FileType.File else system.get_file_info(FileSelector(path))
        names = sorted(one.path for one in found if one.type == FileType.File and one.path.endswith(".parquet"))
        with ThreadPoolExecutor(_ASKED_AT_ONCE) as threads:  # a store answers thousands of questions one by one slowly
            counts = threads.map(lambda name: pq.read_metadata(name, filesystem=system).num_rows, names)
            files = list(zip(names, counts, strict=True))
    except (OSError, ArrowException) as wrong:
        raise InputFileError(f"The Parquet files of “{url}” cannot be read ({wrong}).") from wrong
    if not files:
        raise InputFileError(f"“{url}” holds no Parquet file; name a folder with some, or one file.")
    return files


def folder_made(url: str) -> tuple[FileSystem, str]:
    """Make the folder that ``url`` means, and return the file system and the path on it.

    Raises:
        InputFileError: the address is of no kind that is known. JobError: the folder cannot be made there.
    """
    system, folder = place_of(url)
    try:
        system.create_dir(folder, recursive=True)
    except OSError as fault:
        raise JobError(f"The folder “{url}” cannot be made ({fault}); name another --out.") from fault
    return system, folder


def plan_shards(files: Iterable[tuple[str, int]], rows: int) -> list[Shard]:
    """Return the files cut into shards of at most ``rows`` rows, the same for the same files; empty files have none."""
    shards: list[Shard] = []
    first = 0
    for path, count in files:
        for start in range(0, count, rows):
            size = min(rows, count - start)
            shards.append(Shard(len(shards), path, start, size, first + start))
        first += count
    return shards


def read_shard(system: FileSystem, shard: Shard, columns: Sequence[str]) -> pa.Table:
    """Return the shard's rows with the ``columns`` that are there; only the row groups they lie in are read.

    Raises:
        InputFileError: the file cannot be read.
    """
    import pyarrow as pa
    from pyarrow import parquet as pq

    try:
        with pq.ParquetFile(shard.path, filesystem=system) as file:
            there = [name for name in columns if name in file.schema_arrow.names]
            groups, before, skipped = [], 0, 0
            for group in range(file.num_row_groups):
                count = file.metadata.row_group(group).num_rows
                if before + count <= shard.start:
                    skipped += count
                elif before < shard.start + shard.rows:
                    groups.append(group)
                before += count
            return file.read_row_groups(groups, there).slice(shard.start - skipped, shard.rows)
    except (OSError, pa.ArrowException) as wrong:
        raise InputFileError(f"“{shard.path}” cannot be read ({wrong}).") from wrong


def shard_name(shard: Shard, fingerprint: str) -> str:
    """Return the name of a shard's output: another one for other inputs, so that a file there is a shard done."""
    return f"shard-{shard.number:06d}-{fingerprint[:12]}.parquet"


def write_whole(system: FileSystem, path: str, table: pa.Table) -> None:
    """Write a Parquet file so that it is there whole or not at all; a second writer of the same does no harm.

    Raises:
        JobError: it cannot be written there.
    """
    import pyarrow as pa
    from pyarrow import parquet as pq
    from pyarrow.fs import LocalFileSystem

    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, **_form(table.schema))
    local = isinstance(system, LocalFileSystem)
    # An object appears when its upload is complete; a file of a disk is renamed into place.
    beside = f"{path}.{uuid.uuid4().hex[:8]}.part" if local else path
    try:
        with system.open_output_stream(beside) as file:
            file.write(sink.getvalue())
        if local:
            system.move(beside, path)
    except OSError as fault:
        raise JobError(
            f"“{path}” cannot be written ({fault}); make room or mend the rights, then run the same command again."
        ) from fault


def _form(schema: pa.Schema) -> dict[str, Any]:
    """Return how columns are written: vectors byte by byte, which compresses them; no lists of values seldom equal."""
    import pyarrow as pa

    vectors = [field.name for field in schema if pa.types.is_fixed_size_list(field.type)]
    plain = [field.name for field in schema if pa.types.is_string(field.type) or pa.types.is_large_string(field.type)]
    return {
        "compression": "zstd",
        "use_dictionary": plain,
        "column_encoding": {f"{name}.list.element": "BYTE_STREAM_SPLIT" for name in vectors},
        "write_statistics": [field.name for field in schema if pa.types.is_integer(field.type)],
    }


def shards_done(system: FileSystem, folder: str, shards: Iterable[Shard], fingerprint: str) -> set[int]:
    """Return the numbers of the shards whose output lies in ``folder``."""
    from pyarrow.fs import FileSelector

    there = {one.base_name for one in system.get_file_info(FileSelector(folder, allow_not_found=True))}
    return {shard.number for shard in shards if shard_name(shard, fingerprint) in there}
