"""A small memory for what costs too much to make at every click, kept by what it depends on."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping
from threading import Lock
from typing import TYPE_CHECKING, Any, TypeVar

from ctse_core.project.fingerprint import fingerprint
from ctse_core.project.parts import Plain

if TYPE_CHECKING:
    import polars as pl

    from ctse_core.project import Project

Made = TypeVar("Made")

MOST = 3
"""How many versions of one part are kept; the one not asked for longest goes first."""

QUICK = 0.1
"""Processor seconds: what is made as quickly as this is not worth a place on the disk."""
LAID = 1
"""Grows when what is laid over the same posts by the same rules is another one."""

_kept: dict[str, OrderedDict[Hashable, Any]] = {}
_lock = Lock()


def remembered(part: str, depends_on: Hashable, make: Callable[[], Made]) -> Made:
    """Return what ``make`` made before for the same ``part`` and ``depends_on``, else make it now."""
    with _lock:
        versions = _kept.setdefault(part, OrderedDict())
        if depends_on in versions:
            versions.move_to_end(depends_on)
            return versions[depends_on]
    made = make()
    with _lock:
        versions[depends_on] = made
        while len(versions) > MOST:
            versions.popitem(last=False)
    return made


def laid(
    part: str, project: Project, depends_on: tuple[Any, ...], make: Callable[[], Mapping[str, pl.DataFrame]]
) -> dict[str, pl.DataFrame]:
    """Return tables that ``make`` made before for the same ``part`` of a project and the same ``depends_on``.

    They come out of memory, else out of the project; else they are made now, and kept in the project where that took
    long, so that a server that starts anew opens a large project at once.

    Raises:
        ProjectError: the project cannot be written to.
    """
    mark = fingerprint("laid", LAID, part, *depends_on)

    def found() -> dict[str, pl.DataFrame]:
        kept = project.kept(f"laid-{part}", mark)
        if kept is not None:
            return kept
        begun = time.process_time()
        tables = dict(make())
        if time.process_time() - begun < QUICK:
            return tables
        return project.keep(f"laid-{part}", mark, lambda: {name: Plain(table) for name, table in tables.items()})

    return remembered(f"laid {part}", (str(project.folder), mark), found)
