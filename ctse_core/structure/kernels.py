"""The layout's inner loop, compiled by numba and cached on disk; imported only where a layout is drawn."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numba
import numpy as np


def compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile ``function`` without the interpreter's lock, cached where a folder can be written to."""
    try:
        return numba.njit(cache=True, nogil=True, fastmath=True)(function)
    except RuntimeError:  # numba finds no folder for its cache: compile anew in each process
        return numba.njit(nogil=True, fastmath=True)(function)


def _tau(state: np.ndarray) -> Any:
    """Draw the next 32-bit integer of L'Ecuyer's three-component Tausworthe generator; ``state`` (3,) moves on."""
    low = 0xFFFFFFFF
    state[0] = (((state[0] & 4294967294) << 12) & low) ^ ((((state[0] << 13) & low) ^ state[0]) >> 19)
    state[1] = (((state[1] & 4294967288) << 4) & low) ^ ((((state[1] << 2) & low) ^ state[1]) >> 25)
    state[2] = (((state[2] & 4294967280) << 17) & low) ^ ((((state[2] << 3) & low) ^ state[2]) >> 11)
    return np.int32(state[0] ^ state[1] ^ state[2])


tau = compiled(_tau)


def _run_epochs(
    points: np.ndarray,
    head: np.ndarray,
    tail: np.ndarray,
    between: np.ndarray,
    between_away: np.ndarray,
    next_pull: np.ndarray,
    next_push: np.ndarray,
    states: np.ndarray,
    a: float,
    b: float,
    first: int,
    last: int,
    total: int,
) -> None:
    """Move ``points`` (u, dims) in place through epochs [first, last) of ``total``.

    Edge ``e`` joins ``head[e]`` and ``tail[e]`` and is visited every ``between[e]`` epochs: its ends attract each
    other, then the head is pushed from posts drawn at random, one for every ``between_away[e]`` epochs gone by.
    ``next_pull`` and ``next_push`` (edges,) and ``states`` (u, 3) carry the schedule and the random numbers from
    one call to the next. Same order and arithmetic as umap-learn's serial layout (McInnes et al. 2018).
    """
    posts, dims = points.shape
    for epoch in range(first, last):
        # umap-learn lowers the rate after an epoch, by that epoch's own number: the first two run at full rate.
        rate = 1.0 - max(0, epoch - 1) / total
        for edge in range(head.shape[0]):
            if next_pull[edge] > epoch:
                continue
            here, there = head[edge], tail[edge]
            apart: Any = np.float32(0.0)
            for dim in range(dims):
                gap = points[here, dim] - points[there, dim]
                apart += gap * gap
            pull = 0.0
            if apart > 0.0:
                power = apart**b
                pull = -2.0 * a * b * power / (apart * (a * power + 1.0))
            for dim in range(dims):
                step = min(4.0, max(-4.0, pull * (points[here, dim] - points[there, dim])))
                points[here, dim] += step * rate
                points[there, dim] -= step * rate
            next_pull[edge] += between[edge]
            draws = int((epoch - next_push[edge]) / between_away[edge])
            for _ in range(draws):
                there = tau(states[here]) % posts
                if there == here:
                    continue
                apart = np.float32(0.0)
                for dim in range(dims):
                    gap = points[here, dim] - points[there, dim]
                    apart += gap * gap
                if apart > 0.0:
                    push = 2.0 * b / ((0.001 + apart) * (a * apart**b + 1.0))
                    for dim in range(dims):
                        step = min(4.0, max(-4.0, push * (points[here, dim] - points[there, dim])))
                        points[here, dim] += step * rate
            next_push[edge] += draws * between_away[edge]


run_epochs = compiled(_run_epochs)


def _run_epochs_by_table(
    points: np.ndarray,
    head: np.ndarray,
    tail: np.ndarray,
    between: np.ndarray,
    between_away: np.ndarray,
    next_pull: np.ndarray,
    next_push: np.ndarray,
    states: np.ndarray,
    tables: np.ndarray,
    first: int,
    last: int,
    total: int,
) -> None:
    """Do what ``run_epochs`` does with the forces read from ``tables`` (2, cells), by the bits of a squared distance.

    Powers are what a layout's time goes to; a table with 256 places between a number and its double is off by less
    than chance is. Points, schedule and random numbers as there.
    """
    posts, dims = points.shape
    gap_bits = np.empty(1, np.float32)
    bits = gap_bits.view(np.int32)
    cells = tables.shape[1] - 1
    for epoch in range(first, last):
        rate = np.float32(1.0 - max(0, epoch - 1) / total)
        for edge in range(head.shape[0]):
            if next_pull[edge] > epoch:
                continue
            here, there = head[edge], tail[edge]
            apart: Any = np.float32(0.0)
            for dim in range(dims):
                gap = points[here, dim] - points[there, dim]
                apart += gap * gap
            gap_bits[0] = apart
            pull = tables[0, min(cells, max(0, (bits[0] >> 15) - 22016))]
            for dim in range(dims):
                step = min(np.float32(4.0), max(np.float32(-4.0), pull * (points[here, dim] - points[there, dim])))
                points[here, dim] += step * rate
                points[there, dim] -= step * rate
            next_pull[edge] += between[edge]
            draws = int((epoch - next_push[edge]) / between_away[edge])
            for _ in range(draws):
                there = tau(states[here]) % posts
                if there == here:
                    continue
                apart = np.float32(0.0)
                for dim in range(dims):
                    gap = points[here, dim] - points[there, dim]
                    apart += gap * gap
                gap_bits[0] = apart
                push = tables[1, min(cells, max(0, (bits[0] >> 15) - 22016))]
                for dim in range(dims):
                    step = min(np.float32(4.0), max(np.float32(-4.0), push * (points[here, dim] - points[there, dim])))
                    points[here, dim] += step * rate
            next_push[edge] += draws * between_away[edge]


run_epochs_by_table = compiled(_run_epochs_by_table)


def force_tables(a: float, b: float) -> np.ndarray:
    """Return the forces (2, 14336) that pull and push two points, by the leading bits of their distance squared.

    Place ``(bits >> 15) - 22016`` of a float32's bits, which runs from about 5e-13 to 3e4.
    """
    first = np.arange(22016, 22016 + 14336, dtype=np.int32) << 15
    apart = (first + (1 << 14)).view(np.float32).astype(np.float64)
    power = apart**b
    pull = -2.0 * a * b * power / (apart * (a * power + 1.0))
    push = 2.0 * b / ((0.001 + apart) * (a * power + 1.0))
    pull[0] = push[0] = 0.0  # equal points
    return np.stack([pull, push]).astype(np.float32)
