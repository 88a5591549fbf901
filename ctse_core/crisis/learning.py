"""Learning from marks: what it is worth, told by cross-validation; where to cut; what to mark next.

Sources: leave-one-out residuals of a ridge regression, Allen 1974 (PRESS); marks that make the most of the rest
certain, transductive experimental design, Yu, Bi and Tresp 2006.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ctse_core.crisis.needs import Evidence, told, usual_cut
from ctse_core.types import Rows, Vectors

LEAST = 10
"""Marks from which on they are learnt from."""
WEIGHT = 2.0  # of a mark beside an example
_PRIOR = 5.0  # marks that the usual cut weighs as much as
_GRID = np.arange(-0.1, 0.42, 0.02)  # around the usual cut
_NEAR = 0.05  # score: how far from the cut a post still is undecided
_FOLDS = 5
MOST_LOOKED_AT = 4_000


@dataclass(frozen=True)
class Marks:
    """What people said of m posts: unit ``rows`` (m, d), ``wanted`` (m, c) 0 or 1, what ``terms`` (m, c) add."""

    rows: Vectors
    wanted: NDArray[np.float32]
    terms: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.rows)


def learnt(known: Evidence, marks: Marks) -> Evidence:
    """Return the evidence with the marks beside it."""
    return known.joined(marks.rows, marks.wanted - marks.terms, WEIGHT)


def left_out(joined: Evidence, marks: Marks) -> NDArray[np.float64]:
    """Return the scores (m, c) that each mark would have without itself; ``joined`` holds all of them."""
    scores = marks.rows @ joined.weights() + joined.mean + marks.terms
    own = WEIGHT * np.einsum("ij,ij->i", marks.rows @ joined.inverse(), marks.rows)
    return marks.wanted - (marks.wanted - scores) / np.maximum(1 - own, 1e-6)[:, None]


def best_cuts(scores: NDArray[np.floating], wanted: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return where to cut (c,) so that F1 of ``scores`` (m, c) is best, drawn to the usual cut where marks are few."""
    usual = usual_cut(scores.shape[1])
    cuts, grid = np.full(scores.shape[1], usual), usual + _GRID
    for number in range(scores.shape[1]):
        right = wanted[:, number] > 0
        many = int(right.sum())
        if many < 2:
            continue
        f1 = np.array([_f1(right, scores[:, number] >= cut) for cut in grid])
        cuts[number] = (many * grid[f1 >= f1.max() - 1e-9].mean() + _PRIOR * usual) / (many + _PRIOR)
    return cuts


@dataclass(frozen=True)
class Worth:
    """How right types were on marked posts, each judged by the other marks: counts (c,) of types."""

    told: NDArray[np.int64]
    right: NDArray[np.int64]
    wanted: NDArray[np.int64]

    @property
    def precision(self) -> float | None:
        """Share of what was told that is right, [0, 1]; None where nothing was told."""
        return float(self.right.sum() / self.told.sum()) if self.told.sum() else None

    @property
    def recall(self) -> float | None:
        """Share of what people marked that was told, [0, 1]; None where they marked nothing."""
        return float(self.right.sum() / self.wanted.sum()) if self.wanted.sum() else None


def worth(scores: NDArray[np.floating], marks: Marks, aside: NDArray[np.bool_], fixed: bool = False) -> Worth:
    """Return how right ``scores`` (m, c) are on the marks; ``fixed`` keeps the usual cut.

    Else the cut of each mark is chosen by the marks of the other folds, so that nothing is judged by itself.
    """
    said = np.zeros(marks.wanted.shape, dtype=bool)
    for fold in range(_FOLDS):
        here = np.arange(len(marks)) % _FOLDS == fold
        cuts = np.full(len(aside), usual_cut(len(aside))) if fixed else best_cuts(scores[~here], marks.wanted[~here])
        if here.any():
            said[here] = told(scores[here].astype(np.float32), cuts, aside)[0]
    wanted = (marks.wanted > 0) & ~aside
    return Worth(said.sum(axis=0), (said & wanted).sum(axis=0), wanted.sum(axis=0))


def most_useful(joined: Evidence, posts: Vectors, margins: NDArray[np.floating], count: int) -> Rows:
    """Return the rows (count,) of ``posts`` (m, d), unit, whose marks would teach most, the best first.

    Posts near a cut (``margins`` (m, c)) that stand for many others and unlike what is known; each one is chosen as
    if those before were marked.
    """
    posts = posts.astype(np.float64)
    inverse = joined.inverse()
    near = np.exp(-np.abs(margins).min(axis=1) / _NEAR) * posts.any(axis=1)
    around = posts.T @ posts / max(1, len(posts))
    chosen: list[int] = []
    seen = posts @ inverse
    for _ in range(min(count, int((near > 0).sum()))):
        gain = np.einsum("ij,ij->i", seen @ around, seen) / (1 / WEIGHT + np.einsum("ij,ij->i", seen, posts)) * near
        gain[chosen] = -1.0
        best = int(gain.argmax())
        chosen.append(best)
        spread = seen[best]
        seen = seen - np.outer(posts @ spread, spread) / (1 / WEIGHT + posts[best] @ spread)
    return np.array(chosen, dtype=np.int64)


def _f1(right: NDArray[np.bool_], said: NDArray[np.bool_]) -> float:
    both = int((right & said).sum())
    return 2 * both / max(1, int(right.sum()) + int(said.sum()))
