"""The scan's inner loop, compiled by numba and cached on disk; imported only where there are many posts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numba
import numpy as np


def _compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile ``function`` without the interpreter's lock, cached where a folder can be written to."""
    try:
        return numba.njit(cache=True, nogil=True, fastmath=True)(function)
    except RuntimeError:  # numba finds no folder for its cache: compile anew in each process
        return numba.njit(nogil=True, fastmath=True)(function)


def _best_rows(
    steps: np.ndarray,
    asked: np.ndarray,
    scales: tuple[np.ndarray, np.ndarray],
    shift: tuple[np.ndarray, np.ndarray],
    mask: np.ndarray,
    listed: np.ndarray,
    limits: tuple[int, int],
    rows: np.ndarray,
    scores: np.ndarray,
) -> int:
    """Fill ``rows`` (m,) and ``scores`` (m,) with the best of the rows that ``mask`` lets, and count them.

    Those looked at are [limits) of the ``listed`` rows, or of all rows where none are listed: to read all of them in a
    row is faster than to pick a fifth of them.

    A row's score is the product of ``steps`` (n, d) int8 and ``asked`` (d,) int16 times the row's first scale, less
    what its group takes off (``shift``: groups (n,) and amounts (g,), both empty where nothing is) times the second.
    """
    gain, scale = scales
    group, away = shift
    most, found, width = rows.shape[0], 0, steps.shape[1]
    for number in range(limits[0], limits[1]):
        row = listed[number] if listed.shape[0] else number
        product = np.int32(0)
        for place in range(width):
            product += np.int32(steps[row, place]) * np.int32(asked[place])
        score = np.float32(product) * gain[row]
        if away.shape[0]:
            score -= away[group[row]] * scale[row]
        if found == most and score <= scores[0]:
            continue
        if not mask[row]:
            continue
        if found < most:  # a heap with the worst on top: let it rise
            at = found
            found += 1
            while at > 0 and scores[(at - 1) >> 1] > score:
                scores[at], rows[at] = scores[(at - 1) >> 1], rows[(at - 1) >> 1]
                at = (at - 1) >> 1
        else:  # the worst goes: let the new one sink
            at = 0
            while 2 * at + 1 < most:
                child = 2 * at + 1
                if child + 1 < most and scores[child + 1] < scores[child]:
                    child += 1
                if scores[child] >= score:
                    break
                scores[at], rows[at] = scores[child], rows[child]
                at = child
        scores[at], rows[at] = score, row
    return found


best_rows = _compiled(_best_rows)
