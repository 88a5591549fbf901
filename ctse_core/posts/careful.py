"""The careful reader of delimited text: record by record, and what is broken costs its own line and no more."""

from __future__ import annotations

import mmap
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

import polars as pl

from ctse_core.posts.decode import decode_row
from ctse_core.posts.dialect import Layout, shape
from ctse_core.posts.results import counted, set_aside
from ctse_core.posts.split import Ending, closes_quote, split_leniently, split_record
from ctse_core.types import Progress

ROWS_A_BLOCK = 50_000
LONGEST_RECORD = 64 << 20
"""Bytes after which a quote that is still open is taken as broken."""

Table = tuple[pl.DataFrame, pl.Series, pl.DataFrame, list[str]]
"""Readable rows, their numbers in the file, the rows set apart, and notes."""


class Record(NamedTuple):
    """One record: its fields, or the reason why it has none, and where the next one starts."""

    fields: list[str] | None
    reason: str
    end: int


@dataclass(frozen=True)
class Careful:
    """A file to read carefully: its bytes as UTF-8, its layout, how other rows are decoded, what was mended."""

    content: mmap.mmap
    layout: Layout
    fallback: str | None
    mended: Counter[str] = field(default_factory=Counter)

    def sentences(self) -> list[str]:
        """Return one sentence for each kind of mending."""
        told = {
            "blank": ("blank line was passed over", "blank lines were passed over"),
            "trailing": ("row had empty cells beyond the header; dropped",
                         "rows had empty cells beyond the header; dropped"),
            "filled": ("row had fewer cells than the header; the missing ones count as empty",
                       "rows had fewer cells than the header; the missing ones count as empty"),
            "quotes": ("row had quotation marks that were not doubled; read as written",
                       "rows had quotation marks that were not doubled; read as written"),
            "fallback": (f"row is not UTF-8; read as {self.fallback}",
                         f"rows are not UTF-8; read as {self.fallback}"),
        }  # fmt: skip
        return [f"{counted(self.mended[kind], *words)}." for kind, words in told.items() if self.mended[kind]]


def read_carefully(file: Careful, progress: Progress) -> Table:
    """Return the table read record by record; what cannot be a row is set apart with its reason."""
    frames: list[pl.DataFrame] = []
    good: list[list[str]] = []
    numbers: list[int] = []
    aside: list[tuple[int, str, str]] = []
    start, names = file.layout.data_start, file.layout.names
    for row, record in enumerate(_records(file), start=1):
        if record.fields is None:
            raw = file.content[start : record.end].decode("utf-8", "replace").strip("\r\n")
            aside.append((row, record.reason, raw))
        else:
            good.append(record.fields)
            numbers.append(row)
            if len(good) >= ROWS_A_BLOCK:
                frames.append(_frame(good, names))
                good = []
                progress(0.2 + 0.7 * record.end / len(file.content), "Reading row by row")
        start = record.end
    frames.append(_frame(good, names))
    return pl.concat(frames), pl.Series("row", numbers, dtype=pl.Int64), set_aside(aside), file.sentences()


def _frame(rows: list[list[str]], names: list[str]) -> pl.DataFrame:
    columns = zip(*rows, strict=True) if rows else ([] for _ in names)
    return pl.DataFrame([pl.Series(n, cells, dtype=pl.String) for n, cells in zip(names, columns, strict=True)])


def _records(file: Careful) -> Iterator[Record]:
    """Yield every record from the first data row on; a broken quote costs its own line and no more."""
    content, layout = file.content, file.layout
    at, size, several = layout.data_start, len(content), layout.width > 1
    blanks = b" " if layout.quoting.delimiter == "\t" else b" \t"
    while at < size:
        end = _line_end(content, at, layout.terminator)
        line = content[at:end].removesuffix(layout.terminator)
        if layout.terminator == b"\n":
            line = line.removesuffix(b"\r")
        if several and not line.strip(blanks):
            file.mended["blank"] += content[end : end + 4096].strip() != b""
            at = end
            continue
        record = _record(file, (at, end), line)
        if file.fallback and record.fields and not _is_utf8(content[at : record.end]):
            file.mended["fallback"] += 1
        yield record
        at = record.end


def _line_end(content: mmap.mmap, at: int, terminator: bytes) -> int:
    found = content.find(terminator, at)
    return len(content) if found < 0 else found + 1


def _is_utf8(raw: bytes) -> bool:
    try:
        raw.decode()
    except UnicodeDecodeError:
        return False
    return True


def _record(file: Careful, span: tuple[int, int], line: bytes) -> Record:
    """Return the record that starts with ``line``, over several lines where a quoted field goes on."""
    layout, text = file.layout, decode_row(line, file.fallback)
    if text is None:
        return Record(None, f"Its bytes are text neither in UTF-8 nor in {file.fallback}.", span[1])
    fields, ending = split_record(text, layout.quoting)
    if ending is Ending.WHOLE:
        return _fitted(file, fields, span[1])
    if ending is Ending.OPEN:
        longer = _continued(file, span)
        if longer is not None:
            return longer
        if layout.quoting.delimiter in (None, "\t"):  # no tab stands in a post: the quote is a plain sign
            fields = text.split("\t") if layout.quoting.delimiter else [text]
            if len(fields) == layout.width:
                file.mended["quotes"] += 1
                return Record(fields, "", span[1])
        return Record(None, "A quotation mark opens in it and does not close before other rows begin.", span[1])
    fields = split_leniently(text, layout.quoting)
    if len(fields) == layout.width:
        file.mended["quotes"] += 1
        return Record(fields, "", span[1])
    return Record(None, "Its quotation marks are broken: text goes on after a closing one.", span[1])


def _continued(file: Careful, span: tuple[int, int]) -> Record | None:
    """Return the record over several lines, or None where its quote never closes or swallows other rows."""
    content, layout = file.content, file.layout
    start, end = span
    while end < len(content) and end - start < LONGEST_RECORD:
        line_start, end = end, _line_end(content, end, layout.terminator)
        if not closes_quote(content[line_start:end], layout.quoting):
            continue
        raw = content[start:end].removesuffix(layout.terminator)
        text = decode_row(raw.removesuffix(b"\r") if layout.terminator == b"\n" else raw, file.fallback)
        if text is None:
            return None
        fields, ending = split_record(text, layout.quoting)
        if ending is Ending.BROKEN:
            return None
        if ending is Ending.WHOLE:
            if _swallowed_rows(content[span[1] : line_start], layout):
                return None
            return _fitted(file, fields, end)
    return None


def _swallowed_rows(between: bytes, layout: Layout) -> bool:
    """Return whether a line inside a quoted field is a row itself: as wide, its numbers in place."""
    if layout.width < 3 or not layout.rigid:
        return False
    for line in between.decode("utf-8", "replace").split(layout.terminator.decode())[:-1]:
        fields, ending = split_record(line.removesuffix("\r"), layout.quoting)
        fits = ending is Ending.WHOLE and len(fields) == layout.width
        if fits and all(shape(fields[column]) == kind for column, kind in layout.rigid.items()):
            return True
    return False


def _fitted(file: Careful, fields: list[str], end: int) -> Record:
    """Return a record of the table's width, or the reason why it cannot have it."""
    width, found = file.layout.width, len(fields)
    if found == width:
        return Record(fields, "", end)
    if found > width and not any(fields[width:]):
        file.mended["trailing"] += 1
        return Record(fields[:width], "", end)
    if found < width and file.layout.fill_up:
        file.mended["filled"] += 1
        return Record(fields + [""] * (width - found), "", end)
    cells = counted(found, "cell", "cells")
    return Record(None, f"It has {cells} where the table has {width}.", end)
