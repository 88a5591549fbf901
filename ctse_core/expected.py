"""What an analysis of so many posts needs here, as far as earlier ones tell: seconds a step, memory, posts that fit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from ctse_core.engines.memory import free_memory
from ctse_core.errors import RoomError
from ctse_core.types import Col
from ctse_core.words import t

_GB = 1e9
PEAKS = ((0, 1.1 * _GB), (10_000, 1.3 * _GB), (30_000, 1.6 * _GB), (100_000, 2.3 * _GB), (1_000_000, 8.8 * _GB))
"""Posts, and the most memory (bytes) that their analysis holds at once; between and beyond them on straight lines."""
SECONDS = {
    "words": (0.0, 4e-5),
    "encoder": (1.0, 0.0),
    "structure": (2.0, 4e-4),
    "topics": (5.0, 5e-5),
    "write": (0.2, 2e-5),
    "crisis": (2.0, 2.5e-4),
    "search": (0.0, 3e-5),
}
"""Seconds of each step on one core: at least, and for each post."""
STATIC_PACE, TRANSFORMER_PACE = 20_000.0, 300.0
"""Posts a second that a bag of token vectors, and a transformer, embed on one core."""
SURELY = 1.25
"""How many times the free memory must be needed before an analysis is refused: the estimate is no better than that."""


@dataclass(frozen=True)
class Room:
    """Whether an analysis of ``posts`` fits: the bytes ``needed`` and ``free``, and how many posts would ``fit``.

    ``fit`` is 0 where none would, or a part of them makes no sense.
    """

    posts: int
    needed: int
    free: int
    fit: int

    @property
    def enough(self) -> bool:
        """Whether it fits, as far as one can tell."""
        return self.needed <= self.free

    @property
    def surely_not(self) -> bool:
        """Whether it does not fit even where the estimate is much too high."""
        return self.needed > SURELY * self.free

    def sentence(self) -> str:
        """Return what is needed and what there is, in words."""
        return t(
            "{posts:,} posts need about {needed:.1f} GB of memory, and {free:.1f} GB are free here.",
            posts=self.posts,
            needed=self.needed / _GB,
            free=self.free / _GB,
        )


def needed_bytes(posts: int) -> int:
    """Return about how many bytes of memory the analysis of so many posts holds at most."""
    counts, peaks = zip(*PEAKS, strict=True)
    if posts <= counts[-1]:
        return int(np.interp(posts, counts, peaks))
    slope = (peaks[-1] - peaks[-2]) / (counts[-1] - counts[-2])
    return int(peaks[-1] + slope * (posts - counts[-1]))


def room_for(posts: int, free: int | None = None, cut: bool = True) -> Room:
    """Return whether the analysis of so many posts fits into ``free`` bytes of memory (if not given: here and now).

    Where none would fit surely, as many are told to fit as would not be refused. ``cut``: a part of them makes sense.
    """
    left = free_memory() if free is None else free
    fit = (_most(posts, left) or _most(posts, int(SURELY * left))) if cut else 0
    return Room(posts, needed_bytes(posts), left, fit)


def _most(posts: int, free: int) -> int:
    """Return how many of the posts fit, in thousands or, where there are fewer than ten thousand, hundreds."""
    few, many = 0, max(posts, 1)
    while many - few > 10:
        middle = (few + many) // 2
        few, many = (middle, many) if needed_bytes(middle) <= free else (few, middle)
    step = 1_000 if few >= 10_000 else 100
    return few // step * step


def check_room(posts: int, free: int | None = None, cut: bool = True) -> None:
    """Refuse an analysis that would surely run out of memory, before it has cost anybody's time.

    ``cut``: its first posts alone can be analysed instead.

    Raises:
        RoomError: it would not fit; the sentence says what would.
    """
    room = room_for(posts, free, cut)
    if not room.surely_not:
        return
    offer, flag = "use a machine with more memory", ""
    if room.fit:
        offer, flag = f"analyse only its first {room.fit:,} posts", f" (--first {room.fit})"
    told = f"{room.sentence()} Close other programs, {offer}"
    raise RoomError(f"{told}, or go on all the same.", f"{told}{flag}, or go on all the same (--anyway).", asdict(room))


def expected_steps(posts: int, static: bool) -> dict[str, float]:
    """Return about how many seconds each step takes for so many different posts, by its key."""
    seconds = {key: least + posts * each for key, (least, each) in SECONDS.items()}
    return seconds | {"vectors": 0.5 + posts / (STATIC_PACE if static else TRANSFORMER_PACE)}


def first_posts(parts: Mapping[str, Any], posts: int) -> dict[str, Any]:
    """Return what was read of a file (see products.read_product), cut after so many posts; everything where 0.

    Rows behind the last of them are as if the file had ended there, and a note says so.
    """
    table = parts["table"]
    if not posts or table.height <= posts:
        return dict(parts)
    kept = table.head(posts)
    last = kept[Col.ROW].max()
    cut = {name: parts[name].filter(parts[name][Col.ROW] <= last) for name in ("empty", "unreadable")}
    rows = kept.height + sum(part.height for part in cut.values())
    facts = dict(parts["facts"])
    note = f"Only the first {posts:,} posts were analysed, as asked; the file has {facts['rows_in_file']:,} rows."
    facts |= {"rows_in_file": rows, "notes": [*facts["notes"], note]}
    return {"table": kept, **cut, "facts": facts}
