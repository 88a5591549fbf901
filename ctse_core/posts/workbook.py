"""A sheet of a workbook as rows of text, long numbers told apart from ids that were kept as text."""

from __future__ import annotations

import datetime as dt
from typing import Any

import polars as pl

from ctse_core.errors import InputFileError
from ctse_core.posts.header import column_names, first_row_is_header, preamble_length
from ctse_core.posts.results import RawTable, set_aside, tidy
from ctse_core.posts.settings import ReadSettings
from ctse_core.posts.unpack import Unpacked

EXACT = 10**15
"""Spreadsheets keep 15 digits of a number; a longer id stored as a number has lost its last ones."""


def read_workbook(plain: Unpacked, settings: ReadSettings, most: int | None = None) -> RawTable:
    """Return the rows of a workbook's largest sheet, or of the one asked for, every cell as text.

    ``most`` limits the data rows, for a preview.

    Raises:
        InputFileError: the workbook is damaged, protected, empty or has no such sheet.
    """
    from python_calamine import CalamineError, PasswordError, load_workbook

    try:
        workbook = load_workbook(str(plain.path))
        rows, notes = _largest_sheet(workbook, plain.name, settings.part)
    except PasswordError as error:
        raise InputFileError(f"{plain.name} is protected by a password; save it without one.") from error
    except (CalamineError, OSError, ValueError) as error:
        raise InputFileError(f"{plain.name} is a damaged workbook; save it again as XLSX or CSV.") from error
    if not rows:
        raise InputFileError(f"{plain.name} is empty: no sheet holds a filled cell.")
    return _table(plain, rows if most is None else rows[: most + 20], settings, notes)


def _largest_sheet(workbook: Any, file_name: str, part: str) -> tuple[list[list[Any]], list[str]]:
    names = list(workbook.sheet_names)
    if part and part not in names:
        raise InputFileError(f"{file_name} has no sheet {part!r}; it has {', '.join(names)}.")
    sheets = {name: workbook.get_sheet_by_name(name) for name in ([part] if part else names)}
    filled = [name for name, sheet in sheets.items() if sheet.height]
    if not filled:
        return [], []
    largest = max(filled, key=lambda name: sheets[name].height * sheets[name].width)
    others = [name for name in filled if name != largest]
    notes = [f"The largest sheet, {largest}, was read; {', '.join(others[:5])} left aside."] if others else []
    return sheets[largest].to_python(), notes


def _table(plain: Unpacked, rows: list[list[Any]], settings: ReadSettings, notes: list[str]) -> RawTable:
    width = max((at + 1 for row in rows[:500] for at, cell in enumerate(row) if cell != ""), default=1)
    first = [[_as_text(cell) or "" for cell in row] for row in rows[:200]]
    blank = next((at for at, row in enumerate(first) if any(row)), 0)
    above = blank + preamble_length(first[blank:], width)
    if above > blank:
        notes.append(f"The first {above} lines stand above the table and were passed over.")
    has_header = settings.header == "yes" or (settings.header == "auto" and first_row_is_header(first[above:]))
    header = first[above] if has_header else [f"column_{at}" for at in range(1, len(rows[0]) + 1)]
    if not has_header and settings.header == "auto":
        notes.append("The first row looks like a post, not like column names; columns are called column_1 and so on.")
    body = rows[above + has_header :]
    columns, damaged = [], {}
    names, about = _names(header, body)
    for at, name in names:
        columns.append(pl.Series(name, [_as_text(row[at]) for row in body], dtype=pl.String))
        if too_long := sum(_is_too_long(row[at]) for row in body):
            damaged[name] = too_long
    frame, about_nul = tidy(pl.DataFrame(columns))
    numbers = pl.Series("row", range(1, len(body) + 1), dtype=pl.Int64)
    kind = "XLS" if plain.kind == "xls" else "XLSX"
    more = [*notes, *about, *about_nul]
    return RawTable(frame, numbers, set_aside([]), kind, notes=more, damaged_numbers=damaged)


def _names(header: list[str], body: list[list[Any]]) -> tuple[list[tuple[int, str]], list[str]]:
    """Return position and name of the columns that have a name or a filled cell."""
    used = [at for at, cell in enumerate(header) if cell.strip() or any(row[at] != "" for row in body)]
    names, notes = column_names([header[at] for at in used])
    return list(zip(used, names, strict=True)), notes


def _is_too_long(cell: Any) -> bool:
    return isinstance(cell, float | int) and EXACT <= abs(cell) < float("inf")


def _as_text(cell: Any) -> str | None:
    """Return a cell as text: whole numbers without a point, dates in ISO 8601."""
    if isinstance(cell, str):
        return cell or None
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float | int):
        return str(int(cell)) if float(cell).is_integer() else repr(cell)
    if isinstance(cell, dt.datetime | dt.date | dt.time):
        return cell.isoformat()
    return str(cell)
