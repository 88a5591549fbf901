"""A project is a folder: each product is kept under a fingerprint of its inputs, written beside, renamed."""

from __future__ import annotations

import json
import os
import re
import shutil
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ctse_core.errors import ProjectError
from ctse_core.project.parts import Parts, read_parts, replace_folder, write_json, write_parts

_MARK = "fingerprint.json"
_CLAIM = ".ctse"
_NEXT = "next"
_LEFT = re.compile(
    r"\.(?:read|text|copies|words|encoder|vectors|structure|topics|posts|empty|unreadable|neighbours|manifest|job"
    r"|next|append_\w+|together|needs|search|search_words|places|place_finds|sources|privacy-\d+|laid-\w+)"
    r"(?:\.\w+)?\.[0-9a-f]{8}(?:\.old)?"
)
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,79}")


@dataclass(frozen=True)
class Project:
    """One folder with everything about one file of posts.

    ``posts.parquet``, ``vectors.npy``, ``topics.parquet``, ``empty.parquet``, ``unreadable.parquet``,
    ``manifest.json`` and ``report/`` are what people take away; ``source/`` holds the file as it came,
    ``products/`` the steps between, ``job.json`` the state of the work.
    """

    folder: Path

    @property
    def name(self) -> str:
        """The folder's name, which is also the project's id in the app's address."""
        return self.folder.name

    @property
    def source(self) -> Path:
        """Folder with the file of posts as it was given."""
        return self.folder / "source"

    @property
    def products(self) -> Path:
        """Folder with the product of each step."""
        return self.folder / "products"

    @property
    def manifest_path(self) -> Path:
        """The file that says how the analysis was made."""
        return self.part("manifest.json")

    def part(self, name: str) -> Path:
        """Return where a part of the finished analysis lies: on its way into place, or in its place."""
        coming = self.folder / _NEXT / name
        return coming if coming.exists() else self.folder / name

    @contextmanager
    def replaced_together(self) -> Iterator[Path]:
        """Give an empty folder; the files written there become parts of the project all at once, or none of them.

        One rename decides: before it the old parts stand untouched, after it ``part`` finds the new ones, whether or
        not a kill left them on their way into place.

        Raises:
            ProjectError: parts of an earlier run cannot be put into place.
        """
        self._settle()
        if (self.folder / _NEXT).exists():
            raise ProjectError(
                f"Files of project “{self.name}” are in use by another program; close it (also the app) and try again."
            )
        beside = self.folder / f".{_NEXT}.{uuid.uuid4().hex[:8]}"
        beside.mkdir()
        try:
            yield beside
            beside.rename(self.folder / _NEXT)
        finally:
            shutil.rmtree(beside, ignore_errors=True)
        self._settle()

    def _settle(self) -> None:
        """Put the parts that were decided on into their places; what another program holds open waits."""
        coming = self.folder / _NEXT
        if not coming.is_dir():
            return
        with suppress(OSError):
            for path in sorted(coming.iterdir()):
                os.replace(path, self.folder / path.name)
            coming.rmdir()

    def manifest(self) -> dict[str, Any] | None:
        """Return the manifest of the finished analysis, or None where there is none yet.

        Raises:
            ProjectError: the manifest is damaged.
        """
        if not self.manifest_path.exists():
            return None
        try:
            return json.loads(self.manifest_path.read_text(encoding="utf-8"))
        except (json.JSONDecodeError, UnicodeDecodeError) as damage:
            raise ProjectError(
                f"The manifest of project “{self.name}” is damaged ({damage}); run the analysis again on the same file."
            ) from damage

    def keep(self, product: str, fingerprint: str, make: Callable[[], Parts]) -> dict[str, Any]:
        """Return the product's parts: read if they were made from the same inputs, else made and written.

        The parts are written into a folder beside and renamed, so that a kill at any moment leaves
        either the old product or the new one.
        """
        place = self.products / product
        kept = self.kept(product, fingerprint)
        if kept is not None:
            return kept
        parts = make()
        self.products.mkdir(parents=True, exist_ok=True)
        beside = self.products / f".{product}.{uuid.uuid4().hex[:8]}"
        beside.mkdir()
        try:
            write_parts(beside, parts)
            write_json(beside / _MARK, {"fingerprint": fingerprint})
            replace_folder(beside, place)
        finally:
            shutil.rmtree(beside, ignore_errors=True)
        return self._read(place)

    def kept(self, product: str, fingerprint: str) -> dict[str, Any] | None:
        """Return the product's parts if they stand on disk under this fingerprint, else None."""
        place = self.products / product
        mark = place / _MARK
        try:
            if json.loads(mark.read_text(encoding="utf-8")).get("fingerprint") != fingerprint:
                return None
            return self._read(place)
        except (OSError, ValueError, AttributeError):
            # A missing or half-readable product is the same as none: it is made again.
            return None

    @staticmethod
    def _read(place: Path) -> dict[str, Any]:
        parts = read_parts(place)
        parts.pop(Path(_MARK).stem, None)
        return parts

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the project for one writer; the lock is the system's own and goes with the process.

        Raises:
            ProjectError: another process is writing to this project, or the folder holds something else.
        """
        from filelock import FileLock, Timeout

        self.claim()
        lock = FileLock(self.folder / ".lock")
        try:
            lock.acquire(timeout=0)
        except Timeout as taken:
            raise ProjectError(
                f"Project “{self.name}” is being written by another process; wait for it or cancel that job."
            ) from taken
        try:
            self._sweep()
            self._settle()
            yield
        finally:
            lock.release()

    def claim(self) -> None:
        """Make the folder a project: it must be new, empty, or one already.

        Raises:
            ProjectError: the folder holds other things, is a file, or cannot be written.
        """
        mark = self.folder / _CLAIM
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            if not mark.exists():
                if any(self.folder.iterdir()):
                    raise ProjectError(
                        f"“{self.folder}” holds other things and is no project of CTSE; name a new folder."
                    )
                mark.touch()
        except OSError as fault:
            raise ProjectError(
                f"“{self.folder}” cannot be a project ({fault.strerror}); name a folder that can be written to."
            ) from fault

    def _sweep(self) -> None:
        """Remove what a killed writer left beside its place: names that only this code makes."""
        for folder in (self.folder, self.products):
            for left in folder.iterdir() if folder.exists() else ():
                if not _LEFT.fullmatch(left.name):
                    continue
                if left.is_dir():
                    shutil.rmtree(left, ignore_errors=True)
                else:
                    left.unlink(missing_ok=True)

    def take_source(self, path: Path, name: str | None = None) -> Path:
        """Copy a file of posts into the project and return its place; a hard link where the disk allows.

        Raises:
            ProjectError: there is no such file.
        """
        if not path.is_file():
            raise ProjectError(f"There is no file “{path}”; check the path.")
        self.claim()
        self.source.mkdir(exist_ok=True)
        place = self.source / safe_file_name(name or path.name)
        beside = place.with_name(f".{place.name}.{uuid.uuid4().hex[:8]}")
        shutil.copyfile(path, beside)
        os.replace(beside, place)
        for other in self.source.iterdir():
            if other != place and not other.name.startswith("."):
                other.unlink()
        return place

    def source_file(self) -> Path | None:
        """Return the file of posts that the project was made from, or None."""
        if not self.source.is_dir():
            return None
        files = sorted(path for path in self.source.iterdir() if path.is_file() and not path.name.startswith("."))
        return files[0] if files else None

    def remove(self) -> None:
        """Delete the project with everything in it."""
        shutil.rmtree(self.folder, ignore_errors=True)


def safe_file_name(name: str) -> str:
    """Return ``name`` without path and without characters some file system refuses, at most 120 long."""
    bare = re.sub(r"[^\w.\- ]+", "_", Path(name.replace("\\", "/")).name, flags=re.UNICODE).strip(" .")
    if len(bare) > 120:
        stem, dot, suffix = bare.rpartition(".")
        bare = f"{(stem or suffix)[:100]}{dot}{suffix[:19]}" if dot else bare[:120]
    return bare or "posts"


def project_named(home: Path, name: str) -> Project:
    """Return the project of that name under ``home``; the name never leads out of it.

    Raises:
        ProjectError: the name is not a project's name, or there is no such project.
    """
    if not _NAME.fullmatch(name):
        raise ProjectError(f"“{name[:80]}” is not the name of a project; choose one from the list.")
    project = Project(home / name)
    if not project.folder.is_dir():
        raise ProjectError(f"There is no project “{name}” any more; choose one from the list or upload the file again.")
    return project


def new_project(home: Path, title: str) -> Project:
    """Make an empty project under ``home``, named after ``title`` and unlike any other."""
    stem = re.sub(r"[^A-Za-z0-9]+", "-", Path(title).stem).strip("-").lower()[:40] or "posts"
    home.mkdir(parents=True, exist_ok=True)
    while True:
        folder = home / f"{stem}-{uuid.uuid4().hex[:6]}"
        try:
            folder.mkdir()
        except FileExistsError:
            continue
        project = Project(folder)
        project.claim()
        return project


def list_projects(home: Path) -> list[Project]:
    """Return the projects under ``home``, last touched first."""
    if not home.is_dir():
        return []
    folders = [path for path in home.iterdir() if path.is_dir() and _NAME.fullmatch(path.name)]
    return [Project(path) for path in sorted(folders, key=lambda path: path.stat().st_mtime, reverse=True)]
