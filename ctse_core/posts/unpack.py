"""A plain file on disk out of what a person gave: gz and zip unpacked under a limit, told by content."""

from __future__ import annotations

import gzip
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from ctse_core.errors import InputFileError
from ctse_core.posts.limits import BLOCK, Meter, check_workbook
from ctse_core.posts.settings import ReadSettings

TABLE_NAMES = (
    ".csv",
    ".tsv",
    ".tab",
    ".txt",
    ".jsonl",
    ".ndjson",
    ".json",
    ".js",
    ".parquet",
    ".xlsx",
    ".xls",
)

_SIGNATURES: tuple[tuple[bytes, str], ...] = (
    (b"%PDF", "a PDF document"),
    (b"\x89PNG", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF8", "a GIF image"),
    (b"SQLite format 3", "an SQLite database"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"),
    (b"Rar!", "a RAR archive"),
    (b"BZh", "a bzip2 file"),
    (b"\xfd7zXZ", "an xz file"),
    (b"\x28\xb5\x2f\xfd", "a Zstandard file"),
    (b"\x7fELF", "a program"),
    (b"MZ", "a Windows program"),
    (b"ARROW1", "an Arrow file"),
    (b"{\\rtf", "an RTF document"),
    (b"<!DOCTYPE", "a web page"),
    (b"<html", "a web page"),
    (b"<?xml", "an XML file"),
)
_WANTED = "Give a CSV, TSV, JSONL, XLSX or Parquet file, plain or packed as gz or zip."


@dataclass(frozen=True)
class Unpacked:
    """A plain file: its path and name, its kind (text, xlsx, xls, parquet) and what to tell."""

    path: Path
    name: str
    kind: str
    cut_short: bool = False
    notes: list[str] = field(default_factory=list)


def unpack(source: Path, settings: ReadSettings, folder: Path, sample: int | None = None) -> Unpacked:
    """Return ``source`` as a plain file, unpacked into ``folder`` where it is a gz or zip file.

    ``sample`` stops after that many unpacked bytes of text, for a preview.

    Raises:
        InputFileError: the file is missing, empty, of another kind, protected, or grows beyond the limits.
    """
    if not source.exists():
        raise InputFileError(f"There is no file {source}.")
    if not source.is_file():
        raise InputFileError(f"{source} is not a file; give one file of posts.")
    try:
        plain = Unpacked(source, source.name, _kind(source))
        unpacking = {"gz": _from_gz, "zip": _from_zip}.get(plain.kind)
        if unpacking:
            plain = unpacking(source, settings, folder, sample)
            if plain.cut_short and plain.kind != "text":  # half a workbook is no workbook
                plain = unpacking(source, settings, folder, None)
        if plain.kind == "xlsx":
            check_workbook(plain.path, plain.name, settings)
    except OSError as error:
        raise InputFileError(f"{source.name} cannot be read: {error.strerror or error}.") from error
    if plain.kind in ("gz", "zip"):
        raise InputFileError(f"{source.name} is packed twice; unpack it once and give what is inside.")
    return plain


def _kind(path: Path) -> str:
    """Return gz, zip, xlsx, xls, parquet or text, by the first bytes."""
    with path.open("rb") as stream:
        start = stream.read(512)
    if not start:
        raise InputFileError(f"{path.name} is empty: it holds no bytes at all.")
    if start[:2] == b"\x1f\x8b":
        return "gz"
    if start[:4] == b"PAR1":
        return "parquet"
    if start[:4] == b"PK\x03\x04" or start[:4] == b"PK\x05\x06":
        return _kind_of_zip(path)
    if start[:8] == b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1":
        return "xls"
    for signature, thing in _SIGNATURES:
        if start.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(signature) and not (
            signature == b"MZ" and b"\0" not in start
        ):
            raise InputFileError(f"{path.name} is {thing}, not a table of posts. {_WANTED}")
    return "text"


def _kind_of_zip(path: Path) -> str:
    try:
        with zipfile.ZipFile(path) as archive:
            names = set(archive.namelist())
    except (zipfile.BadZipFile, NotImplementedError, UnicodeDecodeError, ValueError) as error:
        raise InputFileError(f"{path.name} is a damaged zip file; pack it again or give the file inside.") from error
    if "xl/workbook.xml" in names:
        return "xlsx"
    for member, thing in (
        ("word/document.xml", "a Word document"),
        ("ppt/presentation.xml", "a PowerPoint file"),
        ("xl/workbook.bin", "a binary Excel workbook (xlsb); save it as XLSX or CSV"),
        ("content.xml", "an OpenDocument file; save it as XLSX or CSV"),
    ):
        if member in names:
            raise InputFileError(f"{path.name} is {thing}. {_WANTED}")
    return "zip"


def _copy(blocks: Iterator[bytes], target: Path, meter: Meter, sample: int | None) -> bool:
    """Write blocks to ``target`` under the meter; return whether it stopped at the sample's end."""
    with target.open("wb") as out:
        for block in blocks:
            meter.add(len(block))
            out.write(block)
            if sample is not None and meter.unpacked >= sample:
                return True
    return False


def _blocks(stream: IO[bytes]) -> Iterator[bytes]:
    read = getattr(stream, "read1", stream.read)  # read1 hands over what a cut-off file still gives
    while block := read(BLOCK):
        yield block


def _from_gz(source: Path, settings: ReadSettings, folder: Path, sample: int | None) -> Unpacked:
    name = source.stem if source.suffix.lower() in (".gz", ".gzip") else source.name
    target, notes, cut_short = folder / "unpacked", [], False
    meter = Meter(source.name, source.stat().st_size, settings)
    try:
        with gzip.open(source, "rb") as stream:
            cut_short = _copy(_blocks(stream), target, meter, sample)  # type: ignore[arg-type]
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        if meter.unpacked == 0:
            raise InputFileError(f"{source.name} is a damaged gz file; fetch it again.") from error
        notes.append(
            f"{source.name} is damaged or cut off: what could be unpacked ({meter.unpacked:,} bytes) was "
            "read; the last row may be incomplete and later rows are missing."
        )
    return _unpacked(target, name, cut_short, notes)


def _from_zip(source: Path, settings: ReadSettings, folder: Path, sample: int | None) -> Unpacked:
    try:
        with zipfile.ZipFile(source) as archive:
            member, notes = _choose_member(archive, source.name, settings.part)
            meter = Meter(source.name, source.stat().st_size, settings)
            meter.add(member.file_size)  # what the archive declares, before a byte is unpacked
            meter.unpacked = 0
            target = folder / "unpacked"
            with archive.open(member) as stream:
                cut_short = _copy(_blocks(stream), target, meter, sample)
    except (zipfile.BadZipFile, EOFError, zlib.error, NotImplementedError, ValueError) as error:
        raise InputFileError(
            f"{source.name} is a damaged zip file ({error}); pack it again or give the file inside."
        ) from error
    except RuntimeError as error:  # zipfile's word for "encrypted"
        raise InputFileError(
            f"{source.name} is protected by a password; unpack it and give the file inside."
        ) from error
    return _unpacked(target, Path(member.filename).name, cut_short, notes)


def _unpacked(target: Path, name: str, cut_short: bool, notes: list[str]) -> Unpacked:
    named = target.with_name("unpacked" + Path(name).suffix.lower()[:12])
    target.rename(named)
    if not named.stat().st_size:
        raise InputFileError(f"{name} inside the archive is empty.")
    return Unpacked(named, name, _kind(named), cut_short, notes)


def _choose_member(archive: zipfile.ZipFile, name: str, part: str) -> tuple[zipfile.ZipInfo, list[str]]:
    """Return the table in a zip file: the one asked for, else the largest, with a note on the others."""
    files = [
        info
        for info in archive.infolist()
        if not info.is_dir() and "__MACOSX" not in info.filename and not Path(info.filename).name.startswith(".")
    ]
    if part:
        for info in files:
            if part in (info.filename, Path(info.filename).name):
                return info, []
        raise InputFileError(f"{name} holds no file {part!r}; it holds {_listed([i.filename for i in files])}.")
    tables = [info for info in files if info.filename.lower().endswith(TABLE_NAMES)]
    if not tables and len(files) == 1:
        tables = files
    if not tables:
        held = _listed([info.filename for info in files]) if files else "nothing"
        raise InputFileError(f"{name} holds no table: it holds {held}. {_WANTED}")
    chosen = max(tables, key=lambda info: info.file_size)
    others = [info.filename for info in tables if info is not chosen]
    if not others:
        return chosen, []
    return chosen, [
        f"{name} holds {len(tables)} tables; the largest, {chosen.filename}, was read and {_listed(others)} left aside."
    ]


def _listed(names: list[str], most: int = 5) -> str:
    shown = ", ".join(names[:most])
    return shown if len(names) <= most else f"{shown} and {len(names) - most} more"
