"""An analysis becomes files that people take away."""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import polars as pl

from ctse_core.errors import ProjectError, SettingError
from ctse_core.report.analysis_like import AnalysisLike
from ctse_core.report.cells import disarmed
from ctse_core.report.dictionary import dictionary_table

FORMATS = ("html", "xlsx", "csv", "parquet")
_TABLES = ("posts", "topics", "empty_rows", "unreadable_rows", "data_dictionary")
REPORT_FILES = ("report.html", "posts.xlsx", *(f"{name}.{kind}" for name in _TABLES for kind in ("csv", "parquet")))
"""Every file that a report may leave."""
CSV_TIME = "%Y-%m-%dT%H:%M:%SZ"


def write_report(analysis: AnalysisLike, folder: Path, formats: Sequence[str] = FORMATS) -> list[Path]:
    """Write the report into ``folder`` and return the files in the order of ``formats``, main file first.

    html: report.html; xlsx: posts.xlsx; csv and parquet: posts, topics and the rows that are no posts. Every
    file is written beside its place and renamed, so that no half file is ever seen.

    Raises:
        SettingError: a format is not one of FORMATS.
        ProjectError: the folder cannot be written to, or a file there is open in another program.
    """
    unknown = [name for name in formats if name not in FORMATS]
    if unknown:
        raise SettingError(f"There is no report format “{unknown[0]}”; choose from {', '.join(FORMATS)}.")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return [path for name in formats for path in _WRITERS[name](analysis, folder)]
    except OSError as error:
        raise ProjectError(
            f"The report cannot be written to “{folder}” ({error.strerror or error}). Close the report if "
            "another program has it open, make room on the disk, or choose another folder."
        ) from error


@contextmanager
def beside(path: Path) -> Iterator[Path]:
    """Give a path beside ``path`` to write to; it takes its place when the block ends without error."""
    part = path.with_name(f".{path.stem}.{uuid.uuid4().hex[:8]}{path.suffix}")
    try:
        yield part
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)


def _html(analysis: AnalysisLike, folder: Path) -> list[Path]:
    from ctse_core.report.html import rendered

    path = folder / "report.html"
    with beside(path) as part:
        part.write_text(rendered(analysis), encoding="utf-8", errors="replace", newline="\n")
    return [path]


def _xlsx(analysis: AnalysisLike, folder: Path) -> list[Path]:
    from ctse_core.report.sheets import write_workbook

    path = folder / "posts.xlsx"
    with beside(path) as part:
        write_workbook(analysis, part)
    return [path]


def _tables(analysis: AnalysisLike) -> dict[str, pl.DataFrame]:
    return {
        "posts": analysis.table,
        "topics": analysis.topics,
        "empty_rows": analysis.empty,
        "unreadable_rows": analysis.unreadable,
    }


def _csv(analysis: AnalysisLike, folder: Path) -> list[Path]:
    paths = []
    for name, table in {**_tables(analysis), "data_dictionary": dictionary_table()}.items():
        paths.append(folder / f"{name}.csv")
        with beside(paths[-1]) as part:
            disarmed(table).write_csv(part, include_bom=True, datetime_format=CSV_TIME)
    return paths


def _parquet(analysis: AnalysisLike, folder: Path) -> list[Path]:
    paths = []
    for name, table in _tables(analysis).items():
        paths.append(folder / f"{name}.parquet")
        with beside(paths[-1]) as part:
            table.write_parquet(part, compression="zstd")
    return paths


_WRITERS: dict[str, Callable[[AnalysisLike, Path], list[Path]]] = {
    "html": _html,
    "xlsx": _xlsx,
    "csv": _csv,
    "parquet": _parquet,
}
