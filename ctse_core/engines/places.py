"""Folders of this machine and of object stores by their address: opened, made, written to; secrets are not shown."""

from __future__ import annotations

import os
import uuid
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from ctse_core.errors import InputFileError, JobError

if TYPE_CHECKING:
    import pyarrow as pa
    from pyarrow.fs import FileSystem


def absolute(url: str) -> str:
    """Return the address as it also holds in another working folder."""
    return url if "://" in url else os.path.abspath(url)


def shown(url: str) -> str:
    """Return the address without what stands before its @ (key and secret) and without its query."""
    scheme, mark, rest = url.partition("://")
    if not mark:
        return url
    before, _, after = rest.rpartition("@")
    if ":" in before or "/" not in before:  # else the @ is part of a folder's name
        rest = after
    return f"{scheme}://{rest.partition('?')[0]}"


def reason_of(fault: Exception, url: str) -> str:
    """Return what an error said, without the secrets of the address that it may repeat."""
    said, hidden = str(fault), ""
    if "://" in url:
        rest = url.partition("://")[2]
        hidden = rest.rpartition("@")[0] if shown(url) != url else ""
        said = said.replace(f"?{rest.partition('?')[2]}", "") if "?" in rest else said
    for part in sorted({hidden, unquote(hidden), *hidden.split(":"), *map(unquote, hidden.split(":"))}, key=len)[::-1]:
        said = said.replace(part, "…") if len(part) > 3 or (part and part == hidden) else said
    return said


def place_of(url: str) -> tuple[FileSystem, str]:
    """Return the file system and the path on it that a folder's name or address means.

    Addresses are as pyarrow reads them: ``s3://bucket/folder?region=…``, ``gs://…``; anything else is a path here.

    Raises:
        InputFileError: the address is of no kind that pyarrow knows.
    """
    from pyarrow import ArrowException
    from pyarrow.fs import FileSystem, LocalFileSystem

    if "://" not in url:
        return LocalFileSystem(), absolute(url)
    try:
        system, path = FileSystem.from_uri(url)
    except (ArrowException, ValueError, OSError) as wrong:
        told = f"“{shown(url)}” cannot be opened ({reason_of(wrong, url)}); name a folder, or s3://bucket/folder."
        raise InputFileError(told) from None
    return system, path.rstrip("/")


def folder_made(url: str) -> tuple[FileSystem, str]:
    """Make the folder that ``url`` means, and return the file system and the path on it.

    Raises:
        InputFileError: the address is of no kind that is known. JobError: the folder cannot be made there.
    """
    system, folder = place_of(url)
    try:
        system.create_dir(folder, recursive=True)
    except OSError as fault:
        told = f"The folder “{shown(url)}” cannot be made ({reason_of(fault, url)}); name another --out."
        raise JobError(told) from None
    return system, folder


def names_in(system: FileSystem, folder: str) -> set[str]:
    """Return the names of what lies in a folder; none where there is no folder."""
    from pyarrow.fs import FileSelector

    return {one.base_name for one in system.get_file_info(FileSelector(folder, allow_not_found=True))}


def write_whole(system: FileSystem, path: str, table: pa.Table) -> None:
    """Write a Parquet file so that it is there whole or not at all; a second writer of the same does no harm.

    Raises:
        JobError: it cannot be written there.
    """
    import pyarrow as pa
    from pyarrow import parquet as pq

    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, **_form(table.schema))
    put_whole(system, path, sink.getvalue())


def put_whole(system: FileSystem, path: str, contents: Any) -> None:
    """Write bytes so that the file is there whole or not at all.

    Raises:
        JobError: it cannot be written there.
    """
    from pyarrow.fs import LocalFileSystem

    local = isinstance(system, LocalFileSystem)
    # An object appears when its upload is complete; a file of a disk is renamed into place.
    beside = f"{path}.{uuid.uuid4().hex[:8]}.part" if local else path
    try:
        with system.open_output_stream(beside) as file:
            file.write(contents)
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
