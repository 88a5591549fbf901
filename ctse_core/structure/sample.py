"""Some of many posts, drawn so that what is rare is among them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

NAMED_WHOLE = 200_000
"""Unique posts up to which all of them are looked at for topics' names."""
NAMED = 100_000
LEAST = 500
"""So many posts of each group are drawn, all where it has fewer, as long as these take no more than half."""


def weighted_sample(
    groups: Sequence[str] | NDArray, weights: NDArray | None, wanted: int, seed: int = 0
) -> NDArray[np.int64]:
    """Return ``wanted`` rows in [0, u), ascending, each at most once; all where there are no more.

    Rows are likelier the larger their ``weights`` (u,), posts behind each row; None: all alike. Each of the ``groups``
    (u,) has 500 rows at least, or an even share of half the sample where the groups are many. Same input, same rows.

    Source: Efraimidis, Spirakis 2006, "Weighted random sampling with a reservoir".
    """
    unique = len(groups)
    if wanted >= unique:
        return np.arange(unique)
    names, code = np.unique(np.asarray(groups), return_inverse=True)
    heavy = np.ones(unique) if weights is None else np.maximum(np.asarray(weights, dtype=np.float64), 1e-9)
    keys = np.log(np.random.default_rng(seed).random(unique)) / heavy  # the largest keys are a weighted sample
    order = np.lexsort((-keys, code))
    place = np.arange(unique) - np.searchsorted(code[order], np.arange(len(names)))[code[order]]
    least = min(LEAST, wanted // (2 * len(names)))
    sure = order[place < least]
    others = order[place >= least]
    others = others[np.argsort(-keys[others], kind="stable")][: wanted - len(sure)]
    return np.sort(np.concatenate([sure, others]))


def looked_at(labels: NDArray, seed: int = 0) -> NDArray[np.int64] | None:
    """Return 100,000 rows (m,) to name the topics ``labels`` (u,) by, 500 of each; None where all can be looked at."""
    return weighted_sample(labels, None, NAMED, seed) if len(labels) > NAMED_WHOLE else None
