"""The workbook: posts, topics, the rows that are no posts, the method and the data dictionary."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from ctse_core.report.analysis_like import AnalysisLike, title_of
from ctse_core.report.cells import fitted, flattened
from ctse_core.report.dictionary import dictionary_table
from ctse_core.report.method import method_rows
from ctse_core.report.tables import tables_of
from ctse_core.types import Col

if TYPE_CHECKING:
    from xlsxwriter import Workbook
    from xlsxwriter.worksheet import Worksheet

SHEET_ROWS = 1_048_575  # what an Excel sheet holds below its header
FIRST_DAY = datetime(1899, 12, 30, tzinfo=UTC)  # Excel's day 0, for days after February 1900
FIRST_TIME = datetime(1900, 3, 1, tzinfo=UTC)
TIME_FORMAT = "yyyy-mm-dd hh:mm:ss"
WIDTHS = {Col.TEXT: 80, Col.COMPARED: 40, Col.POST_ID: 22, Col.DUPLICATE_OF: 22, Col.TIME: 19, Col.TOPIC: 32}
WIDE = {"raw": 80, "reason": 40, "name": 36, "terms": 50, "meaning": 80, "form": 50, "what": 40, "value": 90}


def write_workbook(analysis: AnalysisLike, path: Path) -> None:
    """Write the workbook of ``analysis`` to ``path``; texts are text cells, never formulas or links."""
    from xlsxwriter import Workbook

    # Rows go to disk as they are written, so that a hundred thousand posts need little memory.
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with Workbook(str(path), options) as book:
        book.set_properties({"title": title_of(analysis)[:200], "comments": "Made by CTSE. Times are UTC."})
        for name, table in tables_of(analysis).items():
            write_table(book, name.replace("_", " ").capitalize(), table)
        method = pl.DataFrame(method_rows(analysis.manifest), schema=["part", "what", "value"], orient="row")
        write_table(book, "Method", method)
        write_table(book, "Data dictionary", dictionary_table())


def write_table(book: Workbook, name: str, table: pl.DataFrame, most: int = SHEET_ROWS) -> None:
    """Write ``table`` to a sheet called ``name``; what a sheet cannot hold goes to "name 2", "name 3" …"""
    head = book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"})
    time = book.add_format({"num_format": TIME_FORMAT})
    flat = flattened(table)
    for number, start in enumerate(range(0, max(1, flat.height), most), 1):
        sheet = book.add_worksheet(name if number == 1 else f"{name} {number}")
        for place, column in enumerate(flat.columns):
            width = WIDTHS.get(column) or WIDE.get(column) or 12
            sheet.set_column(place, place, width, time if flat.schema[column].is_temporal() else None)
            sheet.write_string(0, place, fitted(column), head)
        sheet.freeze_panes(1, 0)
        part = flat.slice(start, most)
        if flat.width:
            sheet.autofilter(0, 0, part.height, flat.width - 1)
            # Ids are texts on purpose; without this Excel marks every one of them with a warning.
            sheet.ignore_errors({"number_stored_as_text": f"A1:XFD{part.height + 1}"})
        _write_rows(sheet, part, time)


def _write_rows(sheet: Worksheet, part: pl.DataFrame, time: Any) -> None:
    columns = [_cells(part[name]) for name in part.columns]
    is_text = [isinstance(part.schema[name], pl.String) for name in part.columns]
    is_time = [part.schema[name].is_temporal() for name in part.columns]
    kinds = list(zip(range(part.width), columns, is_text, is_time, strict=True))
    for row in range(part.height):
        for place, cells, text, moment in kinds:
            value = cells[row]
            if value is None or value == "":
                continue
            if text or isinstance(value, str):
                sheet.write_string(row + 1, place, value)
            elif moment:
                sheet.write_number(row + 1, place, value, time)
            else:
                sheet.write_number(row + 1, place, value)


def _cells(column: pl.Series) -> Sequence[Any]:
    """Return one cell value a row: text, number or None; times as Excel's days, or as text before 1900."""
    if column.dtype == pl.String:
        return [None if text is None else fitted(text) for text in column.to_list()]
    if column.dtype.is_temporal():
        return list(_excel_times(column))
    if column.dtype == pl.Boolean:
        return [None if value is None else int(value) for value in column.to_list()]
    if column.dtype.is_float():
        exact = column.cast(pl.Float64).round(6)
        return [value if finite else None for value, finite in zip(exact, exact.is_finite(), strict=True)]
    if column.dtype.is_numeric():
        return column.to_list()
    return [None if value is None else fitted(str(value)) for value in column.to_list()]


def _excel_times(column: pl.Series) -> Iterable[float | str | None]:
    for moment in column.cast(pl.Datetime("us")).dt.replace_time_zone("UTC").to_list():
        if moment is None:
            yield None
        elif moment < FIRST_TIME:
            yield moment.replace(tzinfo=None).isoformat(" ", "seconds")
        else:
            yield (moment - FIRST_DAY).total_seconds() / 86_400
