"""An analysis becomes files that people take away."""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from ctse_core.errors import ProjectError, SettingError
from ctse_core.report.analysis_like import AnalysisLike
from ctse_core.report.cells import disarmed, whole_times
from ctse_core.report.dictionary import dictionary_table
from ctse_core.report.tables import TABLES, tables_of
from ctse_core.types import Col

if TYPE_CHECKING:
    from ctse_core.report.brief import Brief

FORMATS = ("html", "pdf", "docx", "xlsx", "csv", "jsonl", "parquet", "geojson", "hxl", "viewer")
_BRIEFINGS = ("briefing.html", "briefing.pdf", "briefing.docx")
_OWN_FILES = (*_BRIEFINGS, "report.html", "posts.xlsx", "viewer.html", "posts.geojson", "places.geojson")
_HXL_FILES = ("needs.hxl.csv", "posts.hxl.csv")
_TABLE_FILES = tuple(f"{name}.{kind}" for name in TABLES for kind in ("csv", "jsonl", "parquet"))
REPORT_FILES = (*_OWN_FILES, *_HXL_FILES, *_TABLE_FILES, "data_dictionary.csv", "data_dictionary.jsonl")
"""Every file that a report may leave."""
CSV_TIME = "%Y-%m-%dT%H:%M:%SZ"


def write_report(analysis: AnalysisLike, folder: Path, formats: Sequence[str] = FORMATS) -> list[Path]:
    """Write the report into ``folder`` and return the files in the order of ``formats``, main file first.

    html: report.html with every topic, then briefing.html; pdf and docx: the briefing; xlsx: posts.xlsx; viewer:
    viewer.html; csv, jsonl and parquet: a file for each of TABLES that there is; geojson: posts, then places; hxl:
    needs by place, then posts. Every file is written beside its place and renamed, so that no half file is ever seen.

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
    from ctse_core.report.brief_html import html_of
    from ctse_core.report.html import rendered

    # Both are made before one is written: a report that fails leaves nothing half done.
    made = {folder / "report.html": rendered(analysis), folder / "briefing.html": html_of(_brief(analysis))}
    for path, text in made.items():
        with beside(path) as part:
            part.write_text(text, encoding="utf-8", errors="replace", newline="\n")
    return list(made)


def _brief(analysis: AnalysisLike) -> Brief:
    # What is said is put together above the rooms; the report only gives it a form.
    from ctse_core.briefing import brief_of

    return brief_of(analysis)


def _pdf(analysis: AnalysisLike, folder: Path) -> list[Path]:
    from ctse_core.report.brief_pdf import pdf_of

    path = folder / "briefing.pdf"
    with beside(path) as part:
        part.write_bytes(pdf_of(_brief(analysis)))
    return [path]


def _docx(analysis: AnalysisLike, folder: Path) -> list[Path]:
    from ctse_core.report.brief_docx import docx_of

    path = folder / "briefing.docx"
    with beside(path) as part:
        part.write_bytes(docx_of(_brief(analysis)))
    return [path]


def _xlsx(analysis: AnalysisLike, folder: Path) -> list[Path]:
    from ctse_core.report.sheets import write_workbook

    path = folder / "posts.xlsx"
    with beside(path) as part:
        write_workbook(analysis, part)
    return [path]


def _csv(analysis: AnalysisLike, folder: Path) -> list[Path]:
    paths = []
    for name, table in {**tables_of(analysis), "data_dictionary": dictionary_table()}.items():
        paths.append(folder / f"{name}.csv")
        with beside(paths[-1]) as part:
            disarmed(table).write_csv(part, include_bom=True, datetime_format=CSV_TIME)
    return paths


def _jsonl(analysis: AnalysisLike, folder: Path) -> list[Path]:
    paths = []
    for name, table in {**tables_of(analysis), "data_dictionary": dictionary_table()}.items():
        paths.append(folder / f"{name}.jsonl")
        with beside(paths[-1]) as part:
            whole_times(table).write_ndjson(part)
    return paths


def _parquet(analysis: AnalysisLike, folder: Path) -> list[Path]:
    paths = []
    for name, table in tables_of(analysis).items():
        paths.append(folder / f"{name}.parquet")
        with beside(paths[-1]) as part:
            table.write_parquet(part, compression="zstd")
    return paths


def _geojson(analysis: AnalysisLike, folder: Path) -> list[Path]:
    from ctse_core.report.geojson import write_places, write_posts

    tables = tables_of(analysis)
    paths = [folder / "posts.geojson"]
    with beside(paths[0]) as part:
        write_posts(tables["posts"], part)
    if "places" in tables:
        paths.append(folder / "places.geojson")
        with beside(paths[1]) as part:
            write_places(tables["places"], part)
    return paths


def _hxl(analysis: AnalysisLike, folder: Path) -> list[Path]:
    from ctse_core.report.hxl import needs_by_place, posts_in_hxl, write_hxl

    made = {"needs.hxl.csv": needs_by_place(analysis)} if Col.NEEDS in analysis.table.columns else {}
    for name, columns in {**made, "posts.hxl.csv": posts_in_hxl(analysis)}.items():
        with beside(folder / name) as part:
            write_hxl(columns, part)
    return [*(folder / name for name in made), folder / "posts.hxl.csv"]


def _viewer(analysis: AnalysisLike, folder: Path) -> list[Path]:
    from ctse_core.report.viewer import rendered

    path = folder / "viewer.html"
    with beside(path) as part:
        part.write_text(rendered(analysis), encoding="utf-8", errors="replace", newline="\n")
    return [path]


_WRITERS: dict[str, Callable[[AnalysisLike, Path], list[Path]]] = {
    "html": _html,
    "pdf": _pdf,
    "docx": _docx,
    "xlsx": _xlsx,
    "csv": _csv,
    "jsonl": _jsonl,
    "parquet": _parquet,
    "geojson": _geojson,
    "hxl": _hxl,
    "viewer": _viewer,
}
