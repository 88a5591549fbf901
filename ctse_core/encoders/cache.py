"""The folder for encoders that were converted, exported or put there by hand; never half written."""

from __future__ import annotations

import contextlib
import os
import shutil
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

from ctse_core.errors import EncoderError
from ctse_core.home import HOME_VARIABLE, cache_home

STALE_SECONDS = 6 * 3600


def encoders_folder() -> Path:
    """Return the folder where an encoder may be put by hand: ``<cache>/encoders/<name>``."""
    return cache_home() / "encoders"


@contextlib.contextmanager
def written_beside(folder: Path, is_good: Callable[[Path], bool]) -> Iterator[Path]:
    """Yield an empty folder beside ``folder`` that takes its place when the block ends well.

    Two processes may do this at once: where ``is_good(folder)`` says that another one finished first,
    this one's work is dropped. What a killed process left beside is removed after some hours.

    Raises:
        EncoderError: the place cannot be written.
    """
    beside = folder.parent / f".{folder.name}.{uuid.uuid4().hex[:12]}"
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        _remove_stale(folder)
        beside.mkdir()
    except OSError as error:
        raise EncoderError(
            f"Cannot write to {folder.parent} ({error.strerror}). Free some space there, or name another "
            f"folder in the environment variable {HOME_VARIABLE}."
        ) from error
    try:
        yield beside
        if not is_good(folder):
            _take_place(beside, folder, is_good)
    except OSError as error:
        raise EncoderError(
            f"Writing {folder} failed ({error.strerror or error}). Free some space there, or name another "
            f"folder in the environment variable {HOME_VARIABLE}."
        ) from error
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def write_atomically(path: Path, content: bytes | memoryview) -> None:
    """Write ``content`` beside ``path`` and rename it, so that readers see all of it or none."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{uuid.uuid4().hex[:12]}")
    try:
        beside.write_bytes(content)
        os.replace(beside, path)
    finally:
        beside.unlink(missing_ok=True)


def _take_place(beside: Path, folder: Path, is_good: Callable[[Path], bool]) -> None:
    try:
        if folder.exists():
            old = folder.parent / f".{folder.name}.{uuid.uuid4().hex[:12]}"
            os.replace(folder, old)
            shutil.rmtree(old, ignore_errors=True)
        os.replace(beside, folder)
    except OSError:
        # Another process may have put its own there in between; both were made from the same input.
        if not is_good(folder):
            raise


def _remove_stale(folder: Path) -> None:
    for left in folder.parent.glob(f".{folder.name}.*"):
        if time.time() - left.stat().st_mtime > STALE_SECONDS:
            shutil.rmtree(left, ignore_errors=True)
