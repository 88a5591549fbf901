"""A delimited file as rows of text: the fast reader where the file is regular, the careful one where not."""

from __future__ import annotations

import mmap
from pathlib import Path

import numpy as np
import polars as pl

from ctse_core.errors import InputFileError
from ctse_core.posts.careful import Careful, Table, read_carefully
from ctse_core.posts.clean import SOLE_COLUMN, check_clean
from ctse_core.posts.decode import TextFile
from ctse_core.posts.dialect import Layout, find_layout
from ctse_core.posts.results import RawTable, set_aside, tidy
from ctse_core.posts.settings import ReadSettings
from ctse_core.types import Progress

SAMPLE = 1 << 20


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
            table = read_carefully(Careful(content, layout, text.fallback), progress)
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


def _numbers(count: int) -> pl.Series:
    return pl.Series("row", np.arange(1, count + 1, dtype=np.int64))


def _read_fast(path: Path, content: mmap.mmap, layout: Layout) -> Table | None:
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
