"""How urgent posts are, in four levels: examples of each level and what each type mostly asks, as one regression."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ctse_core.crisis.needs import Evidence, evidence
from ctse_core.types import Vectors

CUTS = (0.42, 0.62, 0.76)
"""Scores in [0, 1] from which a post is medium, high, critical."""
HIGHEST = 3
ALARM_GAIN = 0.1  # what a word that calls for help adds
ALARM_MOST = 2  # such words: more say no more
_OF_TYPES = 0.3  # weight of an example of a type beside one of a level


def of_levels(examples: tuple[Vectors, NDArray[np.int64]], types: tuple[Vectors, NDArray[np.int64]]) -> Evidence:
    """Return the evidence of examples, unit rows (m, d), each with a level 0 to 3, and of examples of types."""
    rows = np.concatenate([examples[0], types[0]])
    wanted = (np.concatenate([examples[1], types[1]]) / HIGHEST)[:, None]
    weight = np.concatenate([np.full(len(examples[1]), 1.0), np.full(len(types[1]), _OF_TYPES)])
    return evidence(rows, wanted, weight, len(rows))


def alarm_scores(words: NDArray[np.integer]) -> NDArray[np.float32]:
    """Return (u,) what so many ``words`` (u,) that call for help add to the score."""
    return (ALARM_GAIN * np.minimum(words, ALARM_MOST)).astype(np.float32)


def levels(scores: NDArray[np.floating]) -> NDArray[np.int8]:
    """Return the level (u,) of scores (u,): 0 low, 1 medium, 2 high, 3 critical."""
    return np.searchsorted(np.array(CUTS), scores, side="right").astype(np.int8)


def middle_of(level: int) -> float:
    """Return the score in the middle of a level 0 to 3, for posts whose level a person said."""
    edges = (0.0, *CUTS, 1.0)
    return (edges[level] + edges[level + 1]) / 2
