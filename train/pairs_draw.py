"""Pairs by their keys ─▶ which of them are kept: each once, and at most so many of a source, a kind, a language.

Which pairs stay under a cap is drawn at random: those whose key, stirred with the seed, is smallest. So the draw
does not depend on the order of the files, and a lower cap keeps a part of what a higher one keeps.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from train.config import PairSettings
from train.pairs_clean import mixed
from train.shelves import Shelves

PAIR = np.dtype([("key", "<u8"), ("row", "<i8"), ("group", "<i4")])
"""A cleaned pair: its key, its row among all cleaned pairs, and its group (language, source, kind)."""
SHELVES = 128  # by key
BLOCK = 20  # bits of a row within a shelf of rows
KEPT, REPEATED, OVER_CAP, OVER_KIND, OVER_MOST = range(5)
FATES = ("kept", "repeated", "over_cap", "over_cap_of_kind", "over_most_of_language")
_BITS = 12  # of a priority, for the histogram that finds where a limit cuts

Group = tuple[str, str, str]  # language, source, kind


@dataclass(frozen=True)
class Limit:
    """At most so many pairs of each class of groups.

    Attributes:
        fate: what becomes of a pair over the limit.
        class_of: (g,) class of each group.
        most: (c,) pairs of each class.
        below: (c,) priorities from here on are over the limit.
    """

    fate: int
    class_of: NDArray[np.int64]
    most: NDArray[np.int64]
    below: NDArray[np.uint64]


def shelf_of_key(keys: NDArray[np.uint64]) -> NDArray[np.int64]:
    """Return the shelf (m,) in [0, SHELVES) of each of ``keys`` (m,)."""
    return (keys >> np.uint64(57)).astype(np.int64)


def drop_repeats(pairs: Shelves, kept: Shelves, groups: int) -> NDArray[np.int64]:
    """Move the first pair of each key from shelves by key to shelves by row; return repeats (g,) of each group."""
    repeats = np.zeros(groups, dtype=np.int64)
    for shelf in pairs.numbers():
        records = pairs.read(shelf)
        records = records[np.lexsort((records["row"], records["key"]))]
        first = np.ones(len(records), dtype=bool)
        first[1:] = records["key"][1:] != records["key"][:-1]
        repeats += np.bincount(records["group"][~first], minlength=groups)
        left = records[first]
        kept.add(left["row"] >> BLOCK, left)
    return repeats


def draw(kept: Shelves, groups: list[Group], settings: PairSettings) -> list[Limit]:
    """Return the limits of ``settings`` with the priorities at which they cut."""
    caps = dict(settings.caps)
    sources: list[Any] = [(lang, source) for lang, source, _ in groups]
    kinds: list[Any] = [(lang, kind) if kind in caps else None for lang, _, kind in groups]
    languages: list[Any] = [lang if lang in dict(settings.most) else None for lang, _, _ in groups]
    found: list[Limit] = []
    for fate, classes, most_of in (
        (OVER_CAP, sources, lambda each: min(settings.cap, caps.get(each[1], settings.cap))),
        (OVER_KIND, kinds, lambda each: caps[each[1]]),
        (OVER_MOST, languages, lambda each: dict(settings.most)[each]),
    ):
        names = sorted({name for name in classes if name is not None})
        number = {name: place for place, name in enumerate(names)}
        class_of = np.array([number.get(name, len(names)) for name in classes], dtype=np.int64)
        most = np.array([*map(most_of, names), np.iinfo(np.int64).max], dtype=np.int64)
        found.append(Limit(fate, class_of, most, _cuts(kept, found, class_of, most, settings.seed)))
    return found


def fates(records: NDArray, limits: list[Limit], seed: int) -> NDArray[np.int8]:
    """Return what becomes of each of the pairs ``records`` (m,): KEPT or the first limit that it is over."""
    fate = np.zeros(len(records), dtype=np.int8)
    rank = priorities(records, seed)
    for limit in limits:
        over = rank >= limit.below[limit.class_of[records["group"]]]
        fate[over & (fate == KEPT)] = limit.fate
    return fate


def priorities(records: NDArray, seed: int) -> NDArray[np.uint64]:
    """Return a random number (m,) for each pair that follows from its key and the seed."""
    return mixed(records["key"] ^ mixed(np.array([seed], dtype=np.int64).astype(np.uint64)))


def _cuts(
    kept: Shelves, earlier: list[Limit], class_of: NDArray[np.int64], most: NDArray[np.int64], seed: int
) -> NDArray[np.uint64]:
    """Return the priority (c,) at which each class reaches its limit: a histogram first, then its one bar exactly."""
    below = np.full(len(most), np.iinfo(np.uint64).max, dtype=np.uint64)
    shift = np.uint64(64 - _BITS)
    bars = np.zeros((len(most), 1 << _BITS), dtype=np.int64)
    for shelf in kept.numbers():
        classes, rank = _left(kept.read(shelf), earlier, class_of, seed)
        flat = (classes << _BITS) + (rank >> shift).astype(np.int64)
        bars += np.bincount(flat, minlength=bars.size).reshape(bars.shape)
    over = bars.sum(axis=1) > most
    if not over.any():
        return below
    reached = np.cumsum(bars, axis=1)
    bar = np.argmax(reached > most[:, None], axis=1)  # the bar in which the first pair over the limit lies
    inside: list[list[NDArray[np.uint64]]] = [[] for _ in most]
    for shelf in kept.numbers():
        classes, rank = _left(kept.read(shelf), earlier, class_of, seed)
        near = over[classes] & ((rank >> shift).astype(np.int64) == bar[classes])
        for number in np.unique(classes[near]):
            inside[number].append(rank[near & (classes == number)])
    for number in np.flatnonzero(over):
        before = int(reached[number, bar[number]] - bars[number, bar[number]])
        below[number] = np.sort(np.concatenate(inside[number]))[int(most[number]) - before]
    return below


def _left(
    records: NDArray, earlier: list[Limit], class_of: NDArray[np.int64], seed: int
) -> tuple[NDArray[np.int64], NDArray[np.uint64]]:
    alive = records[fates(records, earlier, seed) == KEPT]
    return class_of[alive["group"]], priorities(alive, seed)
