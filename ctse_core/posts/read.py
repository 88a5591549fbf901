"""The posts table out of a file, every row accounted for; a preview; and one column alone."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import polars as pl

from ctse_core.posts.columns import check_roles, find_column, guess_roles
from ctse_core.posts.decode import as_utf8
from ctse_core.posts.delimited import read_delimited
from ctse_core.posts.json_rows import read_json
from ctse_core.posts.json_values import is_lines, looks_like_array, looks_like_json
from ctse_core.posts.parquet import read_parquet
from ctse_core.posts.posts_table import INVISIBLE, empty_rows, posts_table
from ctse_core.posts.presets import recognised
from ctse_core.posts.results import Posts, Preview, RawTable, counted
from ctse_core.posts.settings import ColumnRoles, ReadSettings
from ctse_core.posts.unpack import unpack
from ctse_core.posts.workbook import read_workbook
from ctse_core.types import Progress, no_progress

_DEFAULTS = ReadSettings()


def read_posts(
    source: Path,
    roles: ColumnRoles | None = None,
    settings: ReadSettings = _DEFAULTS,
    progress: Progress = no_progress,
) -> Posts:
    """Return the posts of a file: CSV, TSV, JSON lines, JSON, XLSX or Parquet, plain or packed as gz or zip.

    ``roles`` says which column is what; None guesses, and a ``ColumnRoles`` without a text column has only
    its text guessed. Row numbers count data rows from 1. The table, the empty and the unreadable rows add
    up to ``rows_in_file``.

    Raises:
        InputFileError: the file is missing, empty, no table, damaged beyond reading, or too big unpacked.
        ColumnError: a role names a column that the file does not have, or no column holds text.
    """
    settings = _named_header(Path(source), roles.named().values() if roles else (), settings)
    raw = _read_raw(Path(source), settings, progress)
    roles = _settled(roles, raw.frame)
    progress(0.9, "Reading times and places")
    visible = ~raw.frame[roles.text or ""].str.contains(INVISIBLE).fill_null(True)
    notes = list(raw.notes)
    table = posts_table(raw, roles, visible, settings, notes)
    empty = empty_rows(raw.frame.filter(~visible), raw.rows.filter(~visible), roles.text or "")
    if not raw.rows_in_file:
        notes.append("The file has column names but no rows.")
    progress(1.0, f"Read {counted(table.height, 'post', 'posts')}")
    return Posts(table, empty, raw.unreadable, raw.rows_in_file, roles, notes, raw.kind, raw.encoding, raw.delimiter)


def preview(source: Path, rows: int = 20, settings: ReadSettings = _DEFAULTS) -> Preview:
    """Return the first rows of a file and what is guessed about it, from its first megabyte where it is text.

    Raises:
        InputFileError: the file is missing, empty, no table or damaged beyond reading.
    """
    source = Path(source)
    raw, share = _read_sample(source, settings, max(rows, 500))
    estimate = raw.rows_in_file if share >= 1 else round(raw.rows_in_file / share)
    return Preview(
        table=raw.frame.head(rows),
        columns=raw.frame.columns,
        roles=guess_roles(raw.frame),
        kind=raw.kind,
        encoding=raw.encoding,
        delimiter=raw.delimiter,
        rows_estimate=estimate,
        notes=raw.notes,
        looks_like=preset.title if (preset := recognised(raw.frame.columns)) else "",
        unaided=guess_roles(raw.frame, presets=False),
    )


def sample_posts(source: Path, roles: ColumnRoles, rows: int = 200, settings: ReadSettings = _DEFAULTS) -> Posts:
    """Return the posts of the first ``rows`` rows, read by ``roles`` as the whole file will be.

    Raises:
        InputFileError: the file is missing, empty, no table or damaged beyond reading.
        ColumnError: a role names a column that the file does not have, or no text column is named.
    """
    settings = _named_header(Path(source), roles.named().values(), settings)
    raw, _ = _read_sample(Path(source), settings, rows)
    shown = replace(raw, frame=raw.frame.head(rows), rows=raw.rows.head(rows))
    notes: list[str] = []
    roles = _settled(roles, shown.frame)
    visible = ~shown.frame[roles.text or ""].str.contains(INVISIBLE).fill_null(True)
    table = posts_table(shown, roles, visible, settings, notes)
    empty = empty_rows(shown.frame.filter(~visible), shown.rows.filter(~visible), roles.text or "")
    unreadable = raw.unreadable.filter(pl.col("row") <= (shown.rows.max() if shown.rows.len() else 0))
    rows_read = shown.frame.height + unreadable.height
    return Posts(table, empty, unreadable, rows_read, roles, notes, raw.kind, raw.encoding, raw.delimiter)


def guessed_roles(
    source: Path, chosen: dict[str, str] | None = None, settings: ReadSettings = _DEFAULTS
) -> ColumnRoles:
    """Return the roles guessed from a file's first rows, with those of ``chosen`` (role -> column) as chosen.

    Raises:
        InputFileError: the file cannot be read as a table.
        ColumnError: a chosen column does not exist.
    """
    settings = _named_header(Path(source), (chosen or {}).values(), settings)
    seen = preview(source, settings=settings)
    named = {role: find_column(column, seen.columns, role) for role, column in (chosen or {}).items()}
    guessed = {role: column for role, column in seen.roles.named().items() if column not in named.values()}
    return ColumnRoles(**{**guessed, **named})


def read_column(
    source: Path, column: str, progress: Progress = no_progress, settings: ReadSettings = _DEFAULTS
) -> list[str | None]:
    """Return one column of a file as text, one entry per row of the file in order.

    An empty cell and a row that cannot be read are None.

    Raises:
        InputFileError: the file cannot be read as a table.
        ColumnError: there is no such column.
    """
    raw = _read_raw(Path(source), _named_header(Path(source), [column], settings), progress)
    cells: list[str | None] = [None] * raw.rows_in_file
    found = raw.frame[find_column(column, raw.frame.columns)]
    if found.len() == raw.rows_in_file:
        return found.to_list()
    for row, cell in zip(raw.rows.to_list(), found.to_list(), strict=True):
        cells[row - 1] = cell
    return cells


def _named_header(source: Path, named: Iterable[str], settings: ReadSettings) -> ReadSettings:
    """Return the settings under which the first row is the header, if only then the ``named`` columns exist.

    Whether a small file has a header can be a guess; a person who names a column knows.
    """
    wanted = set(named)
    if settings.header != "auto" or not wanted or wanted <= set(preview(source, settings=settings).columns):
        return settings
    with_header = replace(settings, header="yes")
    return with_header if wanted <= set(preview(source, settings=with_header).columns) else settings


@contextmanager
def _workplace() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="ctse-read-") as folder:
        yield Path(folder)


def _read_raw(source: Path, settings: ReadSettings, progress: Progress) -> RawTable:
    """Return the file as rows of text, by its content whatever it is called."""
    progress(0.0, f"Opening {source.name}")
    with _workplace() as folder:
        plain = unpack(source, settings, folder)
        if plain.kind == "parquet":
            raw = read_parquet(plain)
        elif plain.kind in ("xlsx", "xls"):
            raw = read_workbook(plain, settings)
        else:
            text = as_utf8(plain.path, plain.name, settings.encoding, folder)
            if looks_like_json(_start(text.path)):
                raw = read_json(text, plain.name, progress)
            else:
                raw = read_delimited(text, plain.name, settings, progress)
        return replace(raw, notes=[*plain.notes, *raw.notes])


def _start(path: Path, size: int = 4096) -> bytes:
    with path.open("rb") as stream:
        return stream.read(size)


def _read_sample(source: Path, settings: ReadSettings, rows: int) -> tuple[RawTable, float]:
    """Return the first rows as text, and the share of the file that they are."""
    size = 1 << 20
    with _workplace() as folder:
        plain = unpack(source, settings, folder, sample=size)
        if plain.kind == "parquet":
            raw = read_parquet(plain, rows)
            total = pl.scan_parquet(plain.path, glob=False).select(pl.len()).collect().item()
            return raw, max(raw.rows_in_file, 1) / max(total, 1)
        if plain.kind in ("xlsx", "xls"):
            return read_workbook(plain, settings), 1.0
        whole = plain.path.stat().st_size
        start = _start(plain.path, size)
        share = len(start) / whole
        if plain.cut_short:  # the packed size is all that is known: take three to one
            share = min(0.99, len(start) / (3 * source.stat().st_size))
        path = folder / "sample"
        path.write_bytes(start[: start.rfind(b"\n") + 1] or start if share < 1 else start)
        text = as_utf8(path, plain.name, settings.encoding, folder)
        if not looks_like_json(_start(text.path)):
            return read_delimited(text, plain.name, settings, no_progress), share
        if share < 1 and not looks_like_array(_start(text.path)) and not is_lines(text):
            return _read_raw(source, settings, no_progress), 1.0  # one object must be read as a whole
        return read_json(text, plain.name, no_progress), share


def _settled(roles: ColumnRoles | None, frame: pl.DataFrame) -> ColumnRoles:
    """Return the roles to use: guessed, or as given with names in the file's own spelling."""
    guessed = guess_roles(frame) if roles is None or roles.text is None else None
    if roles is None:
        settled = guessed or ColumnRoles()
    else:
        settled = ColumnRoles(**{r: find_column(c, frame.columns, r) for r, c in roles.named().items()})
        if guessed and guessed.text not in settled.named().values():
            settled = replace(settled, text=guessed.text)
    check_roles(settled, frame.columns)
    return settled
