"""Which pairs each step sees. A step follows from the seed and its number alone: a resume needs no state."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ctse_core.errors import TrainError

Rows = NDArray[np.int64]


@dataclass(frozen=True)
class Cell:
    """Pairs that are drawn alike: those of one language and one weight.

    ``share`` is theirs of every batch, in (0, 1]; the shares of all cells add up to 1.
    """

    name: str
    rows: Rows
    share: float


def cells_of(languages: NDArray[np.int16], weights: NDArray[np.float64], temperature: float) -> list[Cell]:
    """Return the cells of pairs (p,) with their language and weight; pairs of weight 0 are in none.

    A language's share grows with the sum of its weights to the power ``temperature``; within it, a pair is
    drawn in proportion to its weight.

    Raises:
        TrainError: no pair has a weight above 0.
    """
    drawn = weights > 0
    if not drawn.any():
        raise TrainError("No pair is left to train on: give more files, or lower what is left out.")
    total = np.bincount(languages[drawn], weights=weights[drawn])
    language_share = np.where(total > 0, np.power(np.maximum(total, 1e-300), temperature), 0)
    language_share /= language_share.sum()
    cells = []
    for language in np.flatnonzero(total > 0):
        of_language = np.flatnonzero((languages == language) & drawn)
        for weight in np.unique(weights[of_language]):
            rows = of_language[weights[of_language] == weight]
            share = float(language_share[language] * weight * len(rows) / total[language])
            cells.append(Cell(f"{language}/{weight:g}", rows, share))
    return cells


@dataclass
class Plan:
    """The order of pairs.

    Attributes:
        cells: see there.
        batch: pairs a step.
        lengths: (p,) tokens of each pair, by which a window is dealt out.
        window: steps that are drawn together; above 1 their pairs are sorted by length and dealt out in
            batches of like length, in random order.
        seed: of the order.

    Every cell is walked through in a random order, again and again, each time another one: no pair is seen
    twice before all of its cell were seen.
    """

    cells: Sequence[Cell]
    batch: int
    lengths: NDArray[np.int32] | None = None
    window: int = 1
    seed: int = 0
    _orders: dict[int, tuple[int, Rows]] = field(default_factory=dict, repr=False)
    _drawn: tuple[int, list[Rows]] = field(default=(-1, []), repr=False)

    @property
    def pairs(self) -> int:
        """Return how many different pairs can be drawn."""
        return sum(len(cell.rows) for cell in self.cells)

    def rows(self, step: int) -> Rows:
        """Return the rows of the pairs of a step, about ``batch`` of them, in random order."""
        number, place = divmod(step, self.window)
        if self._drawn[0] != number:
            self._drawn = (number, self._deal(number))
        return self._drawn[1][place]

    def _deal(self, number: int) -> list[Rows]:
        rng = np.random.default_rng([self.seed, 1, number])
        drawn = np.concatenate([self._walk(index, number) for index in range(len(self.cells))])
        drawn = rng.permutation(drawn)
        if self.window > 1 and self.lengths is not None:
            drawn = drawn[np.argsort(self.lengths[drawn], kind="stable")]
        parts = np.array_split(drawn, self.window)
        return [rng.permutation(parts[i]) for i in rng.permutation(self.window)]

    def _walk(self, index: int, number: int) -> Rows:
        """Return the pairs of a cell in a window: those between two marks on its endless walk."""
        cell = self.cells[index]
        size = self.batch * self.window * cell.share
        late = np.random.default_rng([self.seed, 2, index]).random()  # else all small cells come at once
        start, stop = int(number * size + late), int((number + 1) * size + late)
        taken = [self._order(index, at // len(cell.rows))[at % len(cell.rows)] for at in range(start, stop)]
        return np.array(taken, dtype=np.int64)

    def _order(self, index: int, turn: int) -> Rows:
        known = self._orders.get(index)
        if known is None or known[0] != turn:
            rng = np.random.default_rng([self.seed, 3, index, turn])
            known = self._orders[index] = (turn, rng.permutation(self.cells[index].rows))
        return known[1]


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
