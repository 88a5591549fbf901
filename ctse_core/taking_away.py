"""What people take away of a project: masked, of the posts that pass a filter, in the formats they ask for."""

from __future__ import annotations

import dataclasses
import tempfile
import zipfile
from collections.abc import Sequence
from pathlib import Path

from ctse_core.filters import Filter
from ctse_core.masked import taken_away, text_mask
from ctse_core.narrowed import Narrowed, narrowed
from ctse_core.private_marks import regions_of
from ctse_core.project import Project
from ctse_core.project.privacy import salt_of
from ctse_core.report import write_report
from ctse_core.stored import Analysis


def part_of(shown: Analysis, project: Project, among: Filter) -> Analysis | Narrowed:
    """Return what files are made of: the posts that pass on the screen, people in them masked, and what says so.

    Raises:
        SettingError: no post passes, or the filter names a set that is not there.
        ProjectError: the project cannot be read or written to.
    """
    away = taken_away(shown, project)
    part = narrowed(away, among, among.mask(shown.table, shown.sets) if among else None)
    if isinstance(part, Narrowed):  # words that were sought may be somebody's number
        hide = text_mask(salt_of(project.folder), regions_of(away))
        told = part.manifest["filter"] | {"told": hide(part.manifest["filter"]["told"])}
        notes = [hide(note) for note in part.manifest["notes"]]
        part = dataclasses.replace(part, manifest=part.manifest | {"filter": told, "notes": notes})
    return part


def written(
    shown: Analysis, project: Project, among: Filter, formats: Sequence[str], folder: Path | None
) -> list[Path]:
    """Write the files of a project into ``folder`` (None: its own place) and return them, in the order of ``formats``.

    Raises:
        SettingError: there is no such format, no post passes, or the filter names a set that is not there.
        ProjectError: the project or the folder cannot be read or written to.
    """
    # A part never takes the place of the whole report.
    place = folder or project.folder / ("report-filtered" if among else "report")
    return write_report(part_of(shown, project, among), place, formats)


def file_bytes(shown: Analysis, project: Project, among: Filter, kind: str, number: int = 0) -> bytes:
    """Return one file of a format: the main one, or another by its ``number`` in that format.

    Raises:
        SettingError: there is no such format, or no post passes.
        ProjectError: the project cannot be read or written to.
    """
    with tempfile.TemporaryDirectory() as folder:
        return written(shown, project, among, (kind,), Path(folder))[number].read_bytes()


def zipped(shown: Analysis, project: Project, among: Filter, formats: Sequence[str]) -> bytes:
    """Return the files of all ``formats`` in one ZIP archive.

    Raises:
        SettingError: there is no such format, or no post passes.
        ProjectError: the project cannot be read or written to.
    """
    with tempfile.TemporaryDirectory() as folder, tempfile.SpooledTemporaryFile(max_size=1 << 26) as archive:
        paths = written(shown, project, among, formats, Path(folder))
        with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as whole:
            for path in paths:
                whole.write(path, path.name)
        archive.seek(0)
        return archive.read()
