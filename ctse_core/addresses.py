"""How lists of names and outlines are written into an address, so that it brings back the very same ones."""

from __future__ import annotations

from collections.abc import Sequence

from ctse_core.areas import MOST_CORNERS, Area, area_of

NONE = "~"
"""Stands for an empty name, such as that of posts without a place."""
_BETWEEN, _ESCAPE = "|", "\\"


def written_values(values: Sequence[str]) -> str:
    """Return names in one text; any name may hold any letter, and "" is a name of its own."""
    return _BETWEEN.join(_escaped(value) if value else NONE for value in values)


def _escaped(value: str) -> str:
    return "".join(f"{_ESCAPE}{letter}" if letter in (_BETWEEN, _ESCAPE, NONE) else letter for letter in value)


def read_values(written: str) -> tuple[str, ...]:
    """Return the names that ``written_values`` wrote, each once."""
    if not written:
        return ()
    values, current, letters = [], "", iter(written)
    for letter in letters:
        if letter == _ESCAPE:
            current += next(letters, "")
        elif letter == _BETWEEN:
            values.append(current)
            current = ""
        elif letter != NONE:
            current += letter
    return tuple(dict.fromkeys([*values, current]))


def written_area(area: Area) -> str:
    """Return an outline as "x,y;x,y;…"."""
    return ";".join(f"{x:g},{y:g}" for x, y in area)


def read_area(written: str) -> Area:
    """Return the outline that ``written_area`` wrote; empty where it cannot be read or has too many corners."""
    try:
        corners = [tuple(float(part) for part in corner.split(",")) for corner in written.split(";")]
        return area_of(corners) if len(corners) <= MOST_CORNERS else ()
    except (ValueError, OverflowError):
        return ()
