"""A delimited file as rows of text: the fast reader where the file is regular, the careful one where not."""

from __future__ import annotations

import mmap
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import numpy as np
import polars as pl

from ctse_core.errors import InputFileError
from ctse_core.posts.clean import SOLE_COLUMN, check_clean
from ctse_core.posts.decode import TextFile, decode_row
from ctse_core.posts.dialect import Layout, find_layout, shape
from ctse_core.posts.results import RawTable, counted, set_aside, tidy
from ctse_core.posts.settings import ReadSettings
from ctse_core.posts.split import Ending, closes_quote, split_leniently, split_record
from ctse_core.types import Progress

SAMPLE = 1 << 20
ROWS_A_BLOCK = 50_000
LONGEST_RECORD = 64 << 20
"""Bytes after which a quote that is still open is taken as broken."""


class Record(NamedTuple):
    """One record: its fields, or the reason why it has none, and where the next one starts."""

    fields: list[str] | None
    reason: str
    end: int


@dataclass
class Tally:
    """What the careful reader had to do, by kind, for the notes."""

    done: Counter[str] = field(default_factory=Counter)

    def sentences(self, fallback: str | None) -> list[str]:
        """Return one sentence for each kind of mending."""
        told = {
            "blank": ("blank line was passed over", "blank lines were passed over"),
            "trailing": ("row had empty cells beyond the header; dropped",
                         "rows had empty cells beyond the header; dropped"),
            "filled": ("row had fewer cells than the header; the missing ones count as empty",
                       "rows had fewer cells than the header; the missing ones count as empty"),
            "quotes": ("row had quotation marks that were not doubled; read as written",
                       "rows had quotation marks that were not doubled; read as written"),
            "fallback": (f"row is not UTF-8; read as {fallback}", f"rows are not UTF-8; read as {fallback}"),
        }  # fmt: skip
        return [f"{counted(self.done[kind], *words)}." for kind, words in told.items() if self.done[kind]]


def read_delimited(text: TextFile, name: str, settings: ReadSettings, progress: Progress) -> RawTable:
    """Return the rows of a delimited text file; regular files go the fast way, with equal results.

    Raises:
        InputFileError: the file holds nothing but blank lines.
    """
    if not text.path.stat().st_size:
        raise InputFileError(f"{name} is empty: it holds no text at all.")
    with text.path.open("rb") as stream, _mapped(stream) as content:
        if not content[text.start : text.start + SAMPLE].strip() and not content[text.start :].strip():
            raise InputFileError(f"{name} is empty: it holds nothing but blank lines.")
        layout = find_layout(_sample(content), text.start, name, settings)
        progress(0.1, "Checking the rows")
        table = None
        if text.fallback is None:
            table = _read_fast(text.path, content, layout)
        if table is None:
            progress(0.2, "Reading row by row, since some rows are irregular")
            table = _read_carefully(content, layout, text.fallback, progress)
    frame, rows, unreadable, notes = table
    frame, more = tidy(frame)
    return RawTable(
        frame=frame,
        rows=rows,
        unreadable=unreadable,
        kind="TSV" if layout.quoting.delimiter == "\t" else "CSV",
        encoding=text.encoding,
        delimiter=layout.quoting.delimiter,
        notes=[*text.notes, *layout.notes, *notes, *more],
    )


def _mapped(stream: object) -> mmap.mmap:
    return mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ)  # type: ignore[attr-defined]


def _sample(content: mmap.mmap) -> bytes:
    """Return a megabyte after the first line, cut at a line's end so that no record looks broken."""
    sample = content[: max(0, content.find(b"\n")) + SAMPLE]
    if len(sample) < len(content) and (end := sample.rfind(b"\n")) > 0:
        return sample[: end + 1]
    return sample


_Table = tuple[pl.DataFrame, pl.Series, pl.DataFrame, list[str]]


def _numbers(count: int) -> pl.Series:
    return pl.Series("row", np.arange(1, count + 1, dtype=np.int64))


def _read_fast(path: Path, content: mmap.mmap, layout: Layout) -> _Table | None:
    """Return the table as polars reads it, or None where the file is irregular or polars counts otherwise."""
    view = np.frombuffer(content, dtype=np.uint8)
    checked = check_clean(view, layout)
    del view  # a live view would keep the map from closing
    if not checked.clean:
        return None
    schema = dict.fromkeys(layout.names, pl.String)
    if not checked.records:
        return pl.DataFrame(schema=schema), _numbers(0), set_aside([]), []
    try:
        frame = pl.read_csv(
            path,
            separator=layout.quoting.delimiter or SOLE_COLUMN,
            quote_char=layout.quoting.quote,
            has_header=False,
            schema=schema,
            skip_lines=content[: layout.data_start].count(b"\n"),
            n_rows=checked.records,
        )
    except pl.exceptions.ComputeError:
        return None
    if frame.height != checked.records:
        return None
    return frame, _numbers(frame.height), set_aside([]), []


def _read_carefully(content: mmap.mmap, layout: Layout, fallback: str | None, progress: Progress) -> _Table:
    """Return the table read record by record; what cannot be a row is set apart with its reason."""
    tally, frames = Tally(), []
    good: list[list[str]] = []
    numbers: list[int] = []
    aside: list[tuple[int, str, str]] = []
    start = layout.data_start
    for row, record in enumerate(_records(content, layout, fallback, tally), start=1):
        if record.fields is None:
            raw = content[start : record.end].decode("utf-8", "replace").rstrip("\r\n")
            aside.append((row, record.reason, raw))
        else:
            good.append(record.fields)
            numbers.append(row)
            if len(good) >= ROWS_A_BLOCK:
                frames.append(_frame(good, layout.names))
                good = []
                progress(0.2 + 0.7 * record.end / len(content), "Reading row by row")
        start = record.end
    frames.append(_frame(good, layout.names))
    return (
        pl.concat(frames),
        pl.Series("row", numbers, dtype=pl.Int64),
        set_aside(aside),
        tally.sentences(fallback),
    )


def _frame(rows: list[list[str]], names: list[str]) -> pl.DataFrame:
    columns = zip(*rows, strict=True) if rows else ([] for _ in names)
    return pl.DataFrame([pl.Series(n, cells, dtype=pl.String) for n, cells in zip(names, columns, strict=True)])


def _records(content: mmap.mmap, layout: Layout, fallback: str | None, tally: Tally) -> Iterator[Record]:
    """Yield every record from the first data row on; a broken quote costs its own line and no more."""
    at, size, several = layout.data_start, len(content), layout.width > 1
    blanks = b" " if layout.quoting.delimiter == "\t" else b" \t"
    while at < size:
        end = _line_end(content, at, layout.terminator)
        line = content[at:end].removesuffix(layout.terminator)
        if layout.terminator == b"\n":
            line = line.removesuffix(b"\r")
        if several and not line.strip(blanks):
            tally.done["blank"] += content[end : end + 4096].strip() != b""
            at = end
            continue
        record = _record(content, (at, end), line, layout, fallback, tally)
        yield record
        at = record.end


def _line_end(content: mmap.mmap, at: int, terminator: bytes) -> int:
    found = content.find(terminator, at)
    return len(content) if found < 0 else found + 1


def _decoded(raw: bytes, fallback: str | None, tally: Tally) -> str | None:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        tally.done["fallback"] += 1
        return decode_row(raw, fallback)


def _record(
    content: mmap.mmap, span: tuple[int, int], line: bytes, layout: Layout, fallback: str | None, tally: Tally
) -> Record:
    """Return the record that starts with ``line``, over several lines where a quoted field goes on."""
    text = _decoded(line, fallback, tally)
    if text is None:
        tally.done["fallback"] -= 1
        return Record(None, f"Its bytes are text neither in UTF-8 nor in {fallback}.", span[1])
    fields, ending = split_record(text, layout.quoting)
    if ending is Ending.WHOLE:
        return _fitted(fields, layout, tally, span[1])
    if ending is Ending.OPEN:
        longer = _continued(content, span, layout, fallback, tally)
        if longer is not None:
            return longer
        if layout.quoting.delimiter in (None, "\t"):  # no tab stands in a post: the quote is a plain sign
            fields = text.split("\t") if layout.quoting.delimiter else [text]
            if len(fields) == layout.width:
                tally.done["quotes"] += 1
                return Record(fields, "", span[1])
        return Record(None, "A quotation mark opens in it and does not close before other rows begin.", span[1])
    fields = split_leniently(text, layout.quoting)
    if len(fields) == layout.width:
        tally.done["quotes"] += 1
        return Record(fields, "", span[1])
    return Record(None, "Its quotation marks are broken: text goes on after a closing one.", span[1])


def _continued(
    content: mmap.mmap, span: tuple[int, int], layout: Layout, fallback: str | None, tally: Tally
) -> Record | None:
    """Return the record over several lines, or None where its quote never closes or swallows other rows."""
    start, end = span
    while end < len(content) and end - start < LONGEST_RECORD:
        line_start, end = end, _line_end(content, end, layout.terminator)
        if not closes_quote(content[line_start:end], layout.quoting):
            continue
        raw = content[start:end].removesuffix(layout.terminator)
        text = _decoded(raw.removesuffix(b"\r") if layout.terminator == b"\n" else raw, fallback, tally)
        if text is None:
            return None
        fields, ending = split_record(text, layout.quoting)
        if ending is Ending.BROKEN:
            return None
        if ending is Ending.WHOLE:
            if _swallowed_rows(content[span[1] : line_start], layout):
                return None
            return _fitted(fields, layout, tally, end)
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


def _fitted(fields: list[str], layout: Layout, tally: Tally, end: int) -> Record:
    """Return a record of the table's width, or the reason why it cannot have it."""
    width, found = layout.width, len(fields)
    if found == width:
        return Record(fields, "", end)
    if found > width and not any(fields[width:]):
        tally.done["trailing"] += 1
        return Record(fields[:width], "", end)
    if found < width and layout.fill_up:
        tally.done["filled"] += 1
        return Record(fields + [""] * (width - found), "", end)
    cells = counted(found, "cell", "cells")
    return Record(None, f"It has {cells} where the table has {width}.", end)
