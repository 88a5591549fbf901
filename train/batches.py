"""Which pairs each step sees. A step follows from the seed and its number alone: a resume needs no state."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ctse_core.errors import TrainError

Rows = NDArray[np.int64]
BLOCK = 64  # steps


@dataclass(frozen=True)
class Cell:
    """Pairs that are drawn alike.

    ``rows`` are theirs, a range or an array; ``share`` is theirs of every batch, in (0, 1], where the shares of all
    cells add up to 1; ``limit`` is how many of them may be drawn at all, 0 for all.
    """

    rows: range | Rows
    share: float
    limit: int = 0

    @property
    def drawn(self) -> int:
        """Return how many different pairs are drawn."""
        return min(self.limit, len(self.rows)) if self.limit else len(self.rows)


def shares(languages: Sequence[str], weights: NDArray[np.float64], temperature: float) -> NDArray[np.float64]:
    """Return the share of every batch (g,) of groups of pairs with their language and their sum of weights.

    A language's share grows with the sum of its weights to the power ``temperature``; within it, groups share by
    their weights. All add up to 1.

    Raises:
        TrainError: no group has a weight above 0.
    """
    codes, index = np.unique(np.array(languages, dtype=object).astype(str), return_inverse=True)
    total = np.bincount(index, weights=weights, minlength=len(codes))
    if not (total > 0).any():
        raise TrainError("No pair is left to train on: give more files, or lower what is left out.")
    of_language = np.where(total > 0, np.power(np.maximum(total, 1e-300), temperature), 0)
    of_language /= of_language.sum()
    return np.where(weights > 0, of_language[index] * weights / np.maximum(total[index], 1e-300), 0)


@dataclass
class Plan:
    """The order of pairs.

    Attributes:
        cells: see there.
        batch: pairs a step.
        lengths: from rows (r,) to their tokens (r,), by which a window is dealt out.
        barred: from rows (r,) to which of them are held out (r,); they are drawn and dropped.
        window: steps that are drawn together; above 1 their pairs are sorted by length and dealt out in
            batches of like length, in random order.
        seed: of the order.

    Every cell is walked through in a random order, again and again, each time another one: no pair is seen
    twice before all of its cell were seen. Nothing is kept that grows with the pairs.
    """

    cells: Sequence[Cell]
    batch: int
    lengths: Callable[[Rows], NDArray[np.int64]] | None = None
    barred: Callable[[Rows], NDArray[np.bool_]] | None = None
    window: int = 1
    seed: int = 0
    _dealt: tuple[int, list[Rows]] = field(default=(-1, []), repr=False)

    @property
    def pairs(self) -> int:
        """Return how many different pairs can be drawn, those held out among them."""
        return sum(cell.drawn for cell in self.cells)

    @property
    def block(self) -> int:
        """Return how many steps are drawn at once: whole windows, so many that all batches are of one size."""
        return self.window * -(-BLOCK // self.window)

    def rows(self, step: int) -> Rows:
        """Return the rows of the pairs of a step, about ``batch`` of them, in random order."""
        number, place = divmod(step, self.block)
        if self._dealt[0] != number:
            self._dealt = (number, self._deal(number))
        return self._dealt[1][place]

    def limited(self, index: int) -> Rows:
        """Return the rows of a cell with a limit that are drawn at all, in no order."""
        cell = self.cells[index]
        return self._rows_at(index, permuted(np.arange(cell.drawn), len(cell.rows), (self.seed, 4, index)))

    def _deal(self, number: int) -> list[Rows]:
        rng = np.random.default_rng([self.seed, 1, number])
        drawn = np.concatenate([self._walk(index, number) for index in range(len(self.cells))])
        if self.barred is not None:
            drawn = drawn[~self.barred(drawn)]
        if not len(drawn):
            raise TrainError("All pairs of a batch are held out: lower held_out, or give more pairs.")
        drawn = rng.permutation(np.resize(drawn, max(len(drawn), self.block)))
        dealt: list[Rows] = []
        for window in np.array_split(drawn, self.block // self.window):
            if self.window > 1 and self.lengths is not None:
                window = window[np.argsort(self.lengths(window), kind="stable")]
            parts = np.array_split(window, self.window)
            dealt += [rng.permutation(parts[i]) for i in rng.permutation(self.window)]
        return dealt

    def _walk(self, index: int, number: int) -> Rows:
        """Return the pairs of a cell in a block: those between two marks on its endless walk."""
        cell = self.cells[index]
        size = self.batch * self.block * cell.share
        late = np.random.default_rng([self.seed, 2, index]).random()  # else all small cells come at once
        marks = np.arange(int(number * size + late), int((number + 1) * size + late), dtype=np.int64)
        places = np.empty(len(marks), dtype=np.int64)
        for turn in np.unique(marks // cell.drawn):
            here = marks // cell.drawn == turn
            places[here] = permuted(marks[here] % cell.drawn, cell.drawn, (self.seed, 3, index, int(turn)))
        if cell.limit:  # the same few of all, in every turn
            places = permuted(places, len(cell.rows), (self.seed, 4, index))
        return self._rows_at(index, places)

    def _rows_at(self, index: int, places: NDArray[np.int64]) -> Rows:
        rows = self.cells[index].rows
        return places + rows.start if isinstance(rows, range) else rows[places]


def permuted(places: NDArray[np.int64], size: int, key: tuple[int, ...]) -> NDArray[np.int64]:
    """Return where each of ``places`` (m,) in [0, size) goes in a random order that ``key`` chooses.

    One to one, and without a table of ``size`` numbers: a Feistel network on the next power of four, walked until
    a number falls inside (Black and Rogaway, "Ciphers with arbitrary finite domains", 2002).
    """
    half = max((size - 1).bit_length() + 1, 2) // 2
    mask = np.uint64((1 << half) - 1)
    rounds = np.random.default_rng(list(key)).integers(0, 2**63, 4, dtype=np.uint64)
    found = places.astype(np.uint64)
    outside = np.ones(len(found), dtype=bool)
    while outside.any():
        left, right = found[outside] >> np.uint64(half), found[outside] & mask
        for each in rounds:
            left, right = right, left ^ (_mixed(right ^ each) & mask)
        found[outside] = (left << np.uint64(half)) | right
        outside = found >= size
    return found.astype(np.int64)


def _mixed(numbers: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Return numbers (m,) with every bit stirred into every other (the finish of MurmurHash3)."""
    with np.errstate(over="ignore"):
        numbers = (numbers ^ (numbers >> np.uint64(33))) * np.uint64(0xFF51AFD7ED558CCD)
        numbers = (numbers ^ (numbers >> np.uint64(33))) * np.uint64(0xC4CEB9FE1A85EC53)
        return numbers ^ (numbers >> np.uint64(33))


def chunks(lengths: NDArray[np.int64], tokens: int) -> Iterator[Rows]:
    """Yield rows of texts of like length, longest first; padded, each chunk holds at most ``tokens`` tokens.

    A single text longer than that is a chunk of its own.
    """
    order = np.argsort(-lengths, kind="stable")
    start = 0
    while start < len(order):
        count = max(tokens // max(int(lengths[order[start]]), 1), 1)
        yield order[start : start + count]
        start += count
