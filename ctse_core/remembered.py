"""A small memory for what costs too much to make at every click, kept by what it depends on."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Any, TypeVar

Made = TypeVar("Made")

MOST = 3
"""How many versions of one part are kept; the one not asked for longest goes first."""

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
