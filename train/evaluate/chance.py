"""How many items two encoders differ on, and whether chance could have put those on one side.

Drawing items again says little where two encoders differ on a handful: of three sentences that only one of them finds,
nearly every draw holds one. So at least six items must differ, fewer than which no exact test at 5 % could tell; and up
to fourteen, a mean is held against all ways in which its items' differences could have fallen to either side. For the
share of one language that is McNemar's exact test. A sentence counts once, however many languages it comes back in.

Source: Fisher, "The design of experiments", 1935; McNemar, "Note on the sampling error of the difference between
correlated proportions", Psychometrika 1947.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from train.evaluate.estimates import FEWER_PARTS, PARTS, RISING, WITHIN, Estimate, is_mean

KEY = ["measure", "variant", "lang", "group", "item"]
FEWEST_APART = 6
MOST_TURNED = 14
LEVEL = 0.05


class Apart:
    """What two encoders gave for the same items, in one and the same order: tables as ``estimates.ITEMS``."""

    def __init__(self, items: pl.DataFrame, others: pl.DataFrame) -> None:
        group = ["measure", "variant", "lang", "group"]
        difference = (pl.col("found") - pl.col("other")).fill_nan(0.0)
        groups = pl.col("group").n_unique().over(group[:3])
        table = items.with_columns(others["found"].alias("other"))
        table = table.with_columns(weighed=difference / pl.len().over(group) / groups)
        self._tables = {
            (str(measure), str(variant)): rows for (measure, variant), rows in table.group_by("measure", "variant")
        }

    def could_be_chance(self, estimate: Estimate, langs: Sequence[str]) -> bool:
        """Return whether what differs in ``langs`` is too little to tell the two apart by this measure."""
        within = estimate.variant == WITHIN and estimate.measure in FEWER_PARTS
        names = FEWER_PARTS[estimate.measure] if within else PARTS.get(estimate.measure, (estimate.measure,))
        variant = "cosine" if within else estimate.variant
        rows = [self._tables[name, variant].filter(pl.col("lang").is_in(list(langs))) for name in names]
        means = pl.concat(
            [part for part, name in zip(rows, names, strict=True) if name not in RISING] or [rows[0].clear()]
        )
        if all(is_mean(name) for name in names):
            sums = means.group_by("item", maintain_order=True).agg(pl.col("weighed").sum())["weighed"].to_numpy()
            return by_chance(sums[np.abs(sums) > 1e-12])
        differing = means.filter(pl.col("weighed") != 0)["item"].n_unique() if means.height else 0
        moved = sum(_moved(part) for part, name in zip(rows, names, strict=True) if name in RISING)
        return differing + moved < FEWEST_APART


def by_chance(differences: NDArray[np.float64]) -> bool:
    """Return whether ``differences`` (k,), none of them 0, could lie so far to one side by chance, at 5 %."""
    count = len(differences)
    if count < FEWEST_APART:
        return True
    if count > MOST_TURNED:
        return False
    signs = 1 - 2 * ((np.arange(2**count)[:, None] >> np.arange(count)) & 1)
    as_far = np.abs(signs @ differences) >= abs(differences.sum()) - 1e-12
    return bool(as_far.mean() >= LEVEL)


def _moved(rows: pl.DataFrame) -> int:
    """Return how many items changed their cluster; the clusters' own numbers say nothing."""
    met = rows.group_by("lang", "group", "found", "other").len()
    stayed = [met.group_by("lang", "group", side).agg(pl.col("len").max())["len"].sum() for side in ("found", "other")]
    return rows.height - int(min(stayed))
