"""Folders and files that are whole or not there, and that one run at a time makes."""

from __future__ import annotations

import contextlib
import errno
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

from ctse_core.errors import TrainError
from ctse_core.types import Progress, no_progress

POLL = 0.5  # seconds between looks at a lock that another run holds; a stopped run ends its waiting so soon
_FULL = {errno.ENOSPC, errno.EFBIG, errno.EDQUOT}
_FORBIDDEN = {errno.EACCES, errno.EPERM, errno.EROFS}


@contextlib.contextmanager
def built_beside(folder: Path, marks: str) -> Iterator[Path]:
    """Yield an empty folder that takes the place of ``folder`` when the block ends well, else vanishes.

    What a killed process left there is removed first; ``one_maker`` keeps two processes from making it at once. The
    file ``marks`` shows that what lies in ``folder`` was made here and may be replaced.

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


@contextlib.contextmanager
def one_maker(entry: Path, what: str, progress: Progress = no_progress) -> Iterator[None]:
    """Hold ``entry``, a file or folder that several runs share, for the one run that makes it.

    Where another run makes it, wait until that has ended and tell so through ``progress``: look again whether
    ``entry`` is there before making it. ``what`` names it in the plural. The lock is the system's own and goes with
    the process; its empty file stays beside ``entry``.

    Raises:
        TrainError: the lock cannot be written.
        Cancelled: ``progress`` raised it while waiting.
    """
    from filelock import FileLock, Timeout

    lock = FileLock(entry.with_name(f".{entry.name}.lock"))
    try:
        entry.parent.mkdir(parents=True, exist_ok=True)
        taken = True
        while taken:
            try:
                lock.acquire(timeout=POLL)
                taken = False
            except Timeout:  # an OSError, too
                progress(0.0, f"Another run is making these {what}; waiting for it")
    except OSError as error:
        raise unwritable(entry, error) from error
    try:
        yield
    finally:
        lock.release()


def unwritable(path: Path, error: OSError, flag: str = "--data") -> TrainError:
    """Return the sentence for a place that cannot be written; ``flag`` is the option that names another place."""
    said = re.search(r"os error (\d+)", str(error))  # polars tells the number in words only
    number = error.errno or (int(said.group(1)) if said else 0)
    if number in _FULL:
        advice = f"Free some space there, or choose another place with {flag}."
    elif number in _FORBIDDEN:
        advice = f"You may not write there; choose another place with {flag}."
    elif number == errno.ENOENT:
        advice = "Something was taken away from there meanwhile; start again."
    else:
        advice = f"Choose another place with {flag}."
    return TrainError(f"Writing {path} failed ({error.strerror or error}). {advice}")
