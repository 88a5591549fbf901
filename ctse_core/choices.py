"""What a click on a bar or a row makes of the filter: chosen once, it is in; chosen again, it is out."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from ctse_core.filters import Filter, parse_time

VALUES = ("languages", "topics", "places", "tags", "needs", "urgencies", "located", "states", "owners")
"""Fields of the filter that hold any of several values."""
TIME = "time"
"""Stands for the fields of the filter that a click on a bar of time sets."""
UNDATED = "undated"
CELLS = "cells"
"""Stands for cells of a table of topics against something: each id tells several fields at once."""


def clicked(now: Filter, field: str, ids: Sequence[str]) -> Filter:
    """Return the filter after a click on the bins ``ids`` of a figure that is about ``field``.

    Values are added to those chosen before, or taken off where all of them are chosen. Times replace the time
    chosen before; several of them are one range from the first to the last. Cells replace what was chosen in their
    fields, or are taken off where just they are chosen. What cannot be read changes nothing.
    """
    read = [_read(written) for written in ids]
    if field == CELLS:
        return _of_cells(now, [each for each in read if isinstance(each, dict)])
    if field == TIME:
        return _timed(now, [each for each in read if each == UNDATED or _is_range(each)])
    wanted = [value for each in read if isinstance(each, list) for value in each]
    if field not in VALUES or not wanted:
        return now
    have: tuple[Any, ...] = getattr(now, field)
    if all(value in have for value in wanted):
        left = tuple(value for value in have if value not in wanted)
    else:
        left = tuple(dict.fromkeys([*have, *wanted]))
    return now.having(field, left)


def _of_cells(now: Filter, cells: list[dict[str, Any]]) -> Filter:
    wanted = plain = now
    for name in VALUES:
        values = [value for cell in cells for value in cell.get(name) or ()]
        if values:
            wanted = wanted.having(name, tuple(dict.fromkeys(values)))
            plain = without(plain, name)
    times = [cell[TIME] for cell in cells if cell.get(TIME) == UNDATED or _is_range(cell.get(TIME))]
    if times:
        wanted, plain = _timed(without(wanted, TIME), times), without(plain, TIME)
    return plain if wanted == now else wanted


def without(now: Filter, field: str) -> Filter:
    """Return the filter without its conditions on ``field``: what a figure about that field counts."""
    if field == TIME:
        return dataclasses.replace(now, since=None, until=None, undated=False)
    return now.having(field, ())


def _read(written: str) -> Any:
    try:
        return json.loads(written)
    except ValueError:
        return None


def _is_range(read: object) -> bool:
    return isinstance(read, list) and len(read) == 2


def _timed(now: Filter, chosen: list[Any]) -> Filter:
    plain = without(now, TIME)
    if not chosen:
        return now
    if UNDATED in chosen:
        return plain if now.undated else dataclasses.replace(plain, undated=True)
    since, until = [_moment(each[0]) for each in chosen], [_moment(each[1]) for each in chosen]
    first = None if None in since else min(moment for moment in since if moment)
    last = None if None in until else max(moment for moment in until if moment)
    wanted = dataclasses.replace(plain, since=first, until=last)
    return plain if wanted == now else wanted


def _moment(written: str | None) -> datetime | None:
    return None if written is None else parse_time(written)
