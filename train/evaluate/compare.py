"""Two encoders on the same sentences and posts: better, worse, or no difference seen."""

from __future__ import annotations

import numpy as np
import polars as pl

from ctse_core.errors import TrainError
from train.evaluate.chance import KEY, Apart
from train.evaluate.estimates import Estimate, estimates_of, summaries_of
from train.evaluate.table import MEAN

DIFFERENCES = {
    "encoder": pl.Utf8,
    "against": pl.Utf8,
    "set": pl.Utf8,
    "measure": pl.Utf8,
    "variant": pl.Utf8,
    "lang": pl.Utf8,
    "difference": pl.Float64,
    "low": pl.Float64,
    "high": pl.Float64,
    "better_in": pl.Int64,
    "worse_in": pl.Int64,
    "groups": pl.Int64,
    "verdict": pl.Utf8,
}
"""A row a measure, variant and language: value of ``encoder`` minus that of ``against`` with its 95 % interval, and in
how many of the groups (texts of languages, events) it was better and worse."""
BETTER, WORSE, UNSEEN = "better", "worse", "no difference seen"
SMALLEST = 1e-9
"""What is nearer to 0 comes from rounding."""


def differences(items: pl.DataFrame, others: pl.DataFrame) -> pl.DataFrame:
    """Return measure, variant, lang to verdict: how the encoder of ``items`` differs from that of ``others``.

    Both are what a measure's ``…_items`` returned on one and the same set. The draws are paired: in each, both
    encoders are held to the same sentences or posts (see ``estimates``). Where so few of these differ that chance alone
    could have put them on one side (see ``chance``), the interval is widened to hold 0.

    Raises:
        TrainError: the items are not of the same set.
    """
    items, others = (table.sort(KEY, maintain_order=True) for table in (items, others))
    if not items.select(KEY).equals(others.select(KEY)):
        raise TrainError("These two were not measured on the same sentences; run the bench on both at once.")
    theirs = {(found.measure, found.variant): found for found in estimates_of(others)}
    apart = Apart(items, others)
    rows = [row for ours in estimates_of(items) for row in _rows(ours, theirs[ours.measure, ours.variant], apart)]
    names = [name for name in DIFFERENCES if name not in ("encoder", "against", "set")]
    return pl.DataFrame(rows, schema={name: DIFFERENCES[name] for name in names}, orient="row")


def verdict(low: float, high: float) -> str:
    """Return what a 95 % interval of a difference says."""
    return BETTER if low > SMALLEST else WORSE if high < -SMALLEST else UNSEEN


def _rows(ours: Estimate, theirs: Estimate, items: Apart) -> list[tuple]:
    apart = {key: value - theirs.groups[key] for key, value in ours.groups.items()}
    rows = []
    for place, lang in enumerate(ours.langs):
        here = [value for (code, _), value in apart.items() if code == lang]
        draws = ours.draws[:, place] - theirs.draws[:, place]
        told = _told(draws, here, items.could_be_chance(ours, [lang]))
        rows.append((ours.measure, ours.variant, lang, *told))
    other, chance = summaries_of(theirs), items.could_be_chance(ours, [ours.langs[place] for place in ours.over()])
    for measure, (draws, _) in summaries_of(ours).items():
        here = list(apart.values()) if measure == ours.measure else []
        rows.append((measure, ours.variant, MEAN, *_told(draws - other[measure][0], here, chance)))
    return rows


def _told(draws: np.ndarray, groups: list[float], chance: bool) -> tuple:
    low, high = (float(value) for value in np.percentile(draws[1:], [2.5, 97.5]))
    if chance:  # so few items that the draws promise more than they can know
        low, high = min(low, 0.0), max(high, 0.0)
    better, worse = sum(value > 0 for value in groups), sum(value < 0 for value in groups)
    return float(draws[0]), low, high, better, worse, len(groups), verdict(low, high)
