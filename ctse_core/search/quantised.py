"""Vectors in one byte a number: a quarter of the memory, read whole for each question, so that nothing is missed.

A post's numbers are kept as whole steps of a length of its own. The products with a question's whole numbers pick
candidates, somewhat more than are wanted, which the index then compares in full. At a million posts a scan takes the
time in which memory can be read once; cells (an inverted file) would read a quarter of it and miss one post in forty.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ctse_core.search.shifted import Shifted
from ctse_core.types import Rows, Vectors

STEPS = 127  # whole steps on either side of zero
BLOCK = 65_536
SPARE = 64  # candidates beyond those wanted, and a quarter of these
LIST_BELOW = 0.14  # of a filter that leaves a smaller share only those rows are read, else all, one after the other
MOST_THREADS = 4  # more find nothing to read faster from
ALONE = 100_000  # rows that one thread reads as fast as two


@dataclass(frozen=True)
class Codes:
    """Quantised rows: ``steps`` (n, d) int8, ``size`` (n,) float32; row i is about ``steps[i] * size[i]``."""

    steps: NDArray[np.int8]
    size: NDArray[np.float32]


def quantise(vectors: Vectors) -> Codes:
    """Return ``vectors`` (n, d), which may be memory-mapped, in one byte a number."""
    rows, width = vectors.shape
    steps, size = np.empty((rows, width), dtype=np.int8), np.empty(rows, dtype=np.float32)
    for start in range(0, rows, BLOCK):
        block = np.asarray(vectors[start : start + BLOCK], dtype=np.float32)
        largest = np.maximum(block.max(axis=1, initial=0.0), -block.min(axis=1, initial=0.0))
        size[start : start + BLOCK] = largest / STEPS
        factor = np.divide(STEPS, largest, out=np.zeros_like(largest), where=largest > 0)
        steps[start : start + BLOCK] = np.rint(block * factor[:, None])
    return Codes(steps, size)


class Scan:
    """Finds candidates among quantised rows for one question at a time; never changes."""

    def __init__(self, codes: Codes, table: Vectors | Shifted, scale: NDArray[np.float32]) -> None:
        """Read ``codes`` of ``table``'s rows (of what lies under it, where it is shifted) beside 1 / length (n,)."""
        self.steps = codes.steps.view(np.ndarray)  # a plain view: slices of a memmap object cost more
        self.gain = codes.size * scale
        self.shifted = table if isinstance(table, Shifted) else None
        self.scale = scale

    def candidates(self, unit: NDArray[np.float32], k: int, mask: NDArray[np.bool_]) -> Rows:
        """Return some more than ``k`` rows, ascending, among them those nearest to ``unit`` (d,) that ``mask`` lets."""
        wanted = min(k + k // 4 + SPARE, len(mask))
        largest = float(np.abs(unit).max())
        if wanted == 0 or largest == 0:
            return np.zeros(0, dtype=np.int64)
        asked = np.rint(unit * (STEPS / largest)).astype(np.int16)
        # What a row's group takes off, in the same whole steps of the question.
        group, away = self._away(unit * (STEPS / largest))
        few = np.count_nonzero(mask) < LIST_BELOW * len(mask)
        listed = np.flatnonzero(mask) if few else np.zeros(0, dtype=np.int64)
        looked_at = len(listed) if few else len(mask)
        if looked_at == 0:
            return listed
        parts = 1 if looked_at < ALONE else min(MOST_THREADS, os.cpu_count() or 1)
        edges = np.linspace(0, looked_at, parts + 1).astype(np.int64)

        def part(number: int) -> tuple[Rows, NDArray[np.float32]]:
            rows, scores = np.empty(wanted, np.int64), np.empty(wanted, np.float32)
            limits = (edges[number], edges[number + 1])
            filled = _kernel()(
                self.steps, asked, (self.gain, self.scale), (group, away), mask, listed, limits, rows, scores
            )
            return rows[:filled], scores[:filled]

        others = [_threads().submit(part, number) for number in range(1, parts)]
        found = [part(0), *(one.result() for one in others)]
        rows, scores = np.concatenate([some[0] for some in found]), np.concatenate([some[1] for some in found])
        if len(rows) > wanted:
            rows = rows[np.argpartition(scores, len(rows) - wanted)[len(rows) - wanted :]]
        return np.sort(rows)

    def _away(self, scaled: NDArray[np.float32]) -> tuple[NDArray[np.uint16], NDArray[np.float32]]:
        if self.shifted is None:
            return np.zeros(0, dtype=np.uint16), np.zeros(0, dtype=np.float32)
        return self.shifted.group, (self.shifted.offsets @ scaled).astype(np.float32)


@cache
def _threads() -> ThreadPoolExecutor:
    """Return the threads that all scans of this process share: to start one takes as long as to scan with it."""
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=_threads.cache_clear)  # a child has none of them
    return ThreadPoolExecutor(MOST_THREADS, thread_name_prefix="scan")


@cache
def _kernel() -> Callable[..., int]:
    from ctse_core.search.kernels import best_rows

    compiled: Any = best_rows
    return compiled
