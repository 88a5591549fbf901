"""A folder that is whole or not there: made beside its place and renamed when it is finished."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from ctse_core.errors import TrainError


@contextlib.contextmanager
def built_beside(folder: Path, marks: str) -> Iterator[Path]:
    """Yield an empty folder that takes the place of ``folder`` when the block ends well, else vanishes.

    What a killed process left there is removed first; two processes may not make the same folder at once. The file
    ``marks`` shows that what lies in ``folder`` was made here and may be replaced.

    Raises:
        TrainError: the place cannot be written, its disk is full, or something else lies there.
    """
    refuse_other(folder, marks)
    beside = folder.parent / f".{folder.name}.part"
    try:
        shutil.rmtree(beside, ignore_errors=True)
        beside.mkdir(parents=True)
        yield beside
        shutil.rmtree(folder, ignore_errors=True)
        os.replace(beside, folder)
    except OSError as error:
        raise unwritable(folder, error) from error
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def refuse_other(folder: Path, *marks: str) -> None:
    """Do nothing where ``folder`` is missing, empty, or holds one of ``marks``.

    Raises:
        TrainError: it holds something else, which must not be replaced.
    """
    if folder.is_dir() and any(folder.iterdir()) and not any((folder / mark).exists() for mark in marks):
        raise TrainError(f"{folder} holds something else already; choose a new folder.")


def unwritable(path: Path, error: OSError) -> TrainError:
    """Return the sentence for a place that cannot be written."""
    return TrainError(
        f"Writing {path} failed ({error.strerror or error}). Free some space there, or choose another folder "
        "with --out."
    )
