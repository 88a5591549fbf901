"""Items ─▶ figures with intervals: what each sentence, pair or post gave, and what may be said of it.

A measure tells what every item gave (``ITEMS``). The figure of a group (a text of a language, an event) is a statistic
of its items; a language's is the mean of its groups, a set's the mean of its languages. Intervals come from drawing
items again 400 times, each item as often as a Poisson variable of mean 1 says. The draws depend on the item's number
alone: a sentence is drawn in all languages at once, as its difficulty is theirs together, and equally for every
encoder, so that two encoders are compared on the same sentences. Draws of the V-measure, which comes out higher
wherever items are drawn twice, are moved so that their mean is the figure itself. Events and languages are not drawn:
intervals speak of these events and languages, and of other posts and sentences like these. Shares of single languages
have Wilson's interval instead.

Source: Hanley and MacGibbon, "Creating non-parametric bootstrap samples using Poisson frequencies", 2006.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np
import polars as pl
from numpy.typing import NDArray

from train.evaluate.codes import APART, SHARED_CODES
from train.evaluate.table import MEAN, measured, wilson

DRAWS = 400
GOOD = 0.95
WEAKEST = 10
ITEMS = {
    "measure": pl.Utf8,
    "variant": pl.Utf8,
    "lang": pl.Utf8,
    "group": pl.Utf8,
    "item": pl.Int64,
    "truth": pl.Float64,
    "found": pl.Float64,
}
"""What one item gave: ``found``, and for classes, correlations and ratios the ``truth`` it is held against."""

FEW_SHARES = frozenset({"drift"})
"""Shares of right answers to few items, often near 0 or 1."""
UNBOUNDED = ("margin", "sts", "ratio", "at_095")
"""Parts of the names of measures that are no shares: differences, correlations, ratios, counts."""
PARTS = {
    "matching": ("matching_to", "matching_from"),
    "encoding": ("encoding_knn", "encoding_across", "encoding_v", "encoding_ndcg"),
}
"""Measures that are the mean of others, language by language, where a language has them all."""
WITHIN = "within"
FEWER_PARTS = {"encoding": ("encoding_knn", "encoding_v", "encoding_ndcg")}
"""What the same is the mean of, as variant WITHIN, for all languages of a set where one lacks the rest."""
RISING = frozenset({"encoding_v", "topics_v"})
"""Statistics that come out higher wherever items are drawn twice."""

Table = NDArray[np.float64]


@dataclass(frozen=True)
class Estimate:
    """One measure and variant of one encoder on one set.

    Attributes:
        measure, variant: their names.
        langs: codes, sorted.
        draws: (DRAWS + 1, languages); the first row is the figure itself, the others those of the draws.
        counts: items a language.
        groups: the figure of each (language, group).
        sizes: the items of each.
    """

    measure: str
    variant: str
    langs: tuple[str, ...]
    draws: Table
    counts: tuple[int, ...]
    groups: dict[tuple[str, str], float]
    sizes: dict[tuple[str, str], int]

    def over(self, codes: frozenset[str] | None = None) -> list[int]:
        """Return the columns of the languages that enter a mean, of ``codes`` only where given."""
        return [
            place for place, lang in enumerate(self.langs) if lang not in APART and (codes is None or lang in codes)
        ]


def items_of(
    measure: str, variant: str, lang: str, group: str, item: NDArray, found: NDArray, truth: NDArray | None = None
) -> pl.DataFrame:
    """Return a table of items (n rows) of one group."""
    rows = len(item)
    return pl.DataFrame(
        {
            "measure": [measure] * rows,
            "variant": [variant] * rows,
            "lang": [lang] * rows,
            "group": [group] * rows,
            "item": np.asarray(item, dtype=np.int64),
            "truth": np.full(rows, np.nan) if truth is None else np.asarray(truth, dtype=np.float64),
            "found": np.asarray(found, dtype=np.float64),
        },
        schema=ITEMS,
    )


def no_items() -> pl.DataFrame:
    """Return a table of items without rows."""
    return pl.DataFrame(schema=ITEMS)


def scores_of(items: pl.DataFrame) -> pl.DataFrame:
    """Return measure, variant, lang, value, low, high, count of items: what every measure returns."""
    return measured([row for estimate in estimates_of(items) for row in rows_of(estimate)])


def estimates_of(items: pl.DataFrame) -> list[Estimate]:
    """Return the estimate of every measure and variant in ``items``, and of those made of several."""
    found: dict[tuple[str, str], Estimate] = {}
    for (measure, variant), rows in items.group_by("measure", "variant", maintain_order=True):
        found[str(measure), str(variant)] = _estimate(str(measure), str(variant), rows)
    for name, parts in PARTS.items():
        for variant in dict.fromkeys(variant for _, variant in found):
            there = [found[part, variant] for part in parts if (part, variant) in found]
            if len(there) == len(parts):
                found[name, variant] = _mean_of(name, variant, there)
            fewer = [part for part in there if part.measure in FEWER_PARTS.get(name, ())]
            if len(fewer) == len(FEWER_PARTS.get(name, ())) > 0 and _lacking(there, parts):
                found[name, WITHIN] = _mean_of(name, WITHIN, fewer)
    return [estimate for estimate in found.values() if estimate.langs]


def lacking(items: pl.DataFrame) -> list[str]:
    """Return the languages in ``items`` that have but a part of what a measure is the mean of."""
    found = []
    for parts in PARTS.values():
        rows = items.filter(pl.col("measure").is_in(parts), pl.col("variant") == "cosine")
        counts = rows.group_by("lang").agg(pl.col("measure").n_unique())
        found += counts.filter(pl.col("measure") < len(parts))["lang"].to_list()
    return sorted(found)


def _lacking(there: list[Estimate], parts: tuple[str, ...]) -> bool:
    return len(there) < len(parts) or any(part.langs != there[0].langs for part in there)


def rows_of(estimate: Estimate) -> list[tuple]:
    """Return the table's rows of one estimate: each language, their mean, and what matching adds."""
    rows = [
        (estimate.measure, estimate.variant, lang, *_interval(estimate, place), estimate.counts[place])
        for place, lang in enumerate(estimate.langs)
    ]
    several = {lang for lang, _ in estimate.groups if sum(other == lang for other, _ in estimate.groups) > 1}
    if estimate.measure == "matching":
        for (lang, group), value in sorted(estimate.groups.items()):
            if lang in several:
                count = estimate.sizes[lang, group]
                rows.append(("matching_text", estimate.variant, group, value, *wilson(value, count), count))
    rows += [
        (measure, estimate.variant, MEAN, float(draws[0]), *_interval_of_all(estimate, draws), count)
        for measure, (draws, count) in summaries_of(estimate).items()
    ]
    return [_within_bounds(row) for row in rows]


def _within_bounds(row: tuple) -> tuple:
    """Return a row whose interval does not leave [0, 1] where its measure cannot: draws are centred on the value."""
    measure, variant, lang, value, low, high, count = row
    if any(part in measure for part in UNBOUNDED):
        return row
    return measure, variant, lang, value, max(low, 0.0), min(high, 1.0), count


def summaries_of(estimate: Estimate) -> dict[str, tuple[Table, int]]:
    """Return what is said of all languages together: name to draws (DRAWS + 1,) and number of languages.

    The mean of each measure; of matching also that of the WEAKEST languages (the same ones in all draws), how many
    reach GOOD, and both mean and number among the 49 shared codes. Sorani enters none of them.
    """
    columns = estimate.over()
    if not columns:
        return {}
    name, draws = estimate.measure, estimate.draws
    told = {name: (draws[:, columns].mean(axis=1), len(columns))}
    if name != "matching":
        return told
    weakest = sorted(columns, key=lambda place: draws[0, place])[:WEAKEST]
    told["matching_weakest10"] = (draws[:, weakest].mean(axis=1), len(weakest))
    told["matching_at_095"] = ((draws[:, columns] >= GOOD).sum(axis=1).astype(float), len(columns))
    shared = estimate.over(frozenset(SHARED_CODES))
    if shared:
        told["matching_49"] = (draws[:, shared].mean(axis=1), len(shared))
        told["matching_at_095_of_49"] = ((draws[:, shared] >= GOOD).sum(axis=1).astype(float), len(shared))
    return told


def _estimate(measure: str, variant: str, rows: pl.DataFrame) -> Estimate:
    statistic = _STATISTICS.get(measure, _weighted_mean)
    per_lang: dict[str, list[Table]] = {}
    groups: dict[tuple[str, str], float] = {}
    sizes: dict[tuple[str, str], int] = {}
    for (lang, group), part in rows.group_by("lang", "group", maintain_order=True):
        item, truth, found = (part[name].to_numpy() for name in ("item", "truth", "found"))
        draws = statistic(_weights(int(rows["item"].max()) + 1)[:, item], truth, found)  # type: ignore[arg-type]
        groups[str(lang), str(group)], sizes[str(lang), str(group)] = float(draws[0]), part["item"].n_unique()
        draws = np.where(np.isfinite(draws), draws, draws[0])
        if measure in RISING:  # only the spread of the draws is of use, not their height
            draws[1:] += draws[0] - draws[1:].mean()
        per_lang.setdefault(str(lang), []).append(draws)
    langs = tuple(sorted(per_lang))
    counts = dict(rows.group_by("lang").agg(pl.col("item").n_unique()).iter_rows())
    table = np.stack([np.mean(per_lang[lang], axis=0) for lang in langs], axis=1)
    return Estimate(measure, variant, langs, table, tuple(counts[lang] for lang in langs), groups, sizes)


def _mean_of(name: str, variant: str, parts: list[Estimate]) -> Estimate:
    langs = tuple(sorted(set.intersection(*(set(part.langs) for part in parts))))
    if not langs:
        return Estimate(name, variant, (), np.zeros((DRAWS + 1, 0)), (), {}, {})
    draws = np.mean([part.draws[:, [part.langs.index(lang) for lang in langs]] for part in parts], axis=0)
    counts = tuple(max(part.counts[part.langs.index(lang)] for part in parts) for lang in langs)
    shared = [key for key in parts[0].groups if all(key in part.groups for part in parts)]
    groups = {key: float(np.mean([part.groups[key] for part in parts])) for key in shared}
    sizes = {key: max(part.sizes[key] for part in parts) for key in shared}
    return Estimate(name, variant, langs, draws, counts, groups, sizes)


def _interval(estimate: Estimate, place: int) -> tuple[float, float, float]:
    value = float(estimate.draws[0, place])
    if estimate.measure.startswith("matching") or estimate.measure in FEW_SHARES:
        return value, *wilson(value, estimate.counts[place])
    return value, *_percentiles(estimate.draws[:, place])


def _interval_of_all(estimate: Estimate, draws: Table) -> tuple[float, float]:
    """Return the interval of a mean over languages; Wilson's for shares that few items gave and that may be 0 or 1.

    Draws of nothing but wrong answers would leave no interval at all. Wilson's is taken for as many trials as the
    draws say that the answers are worth: at most all of them, at least the items, which come back in every language.
    """
    if estimate.measure not in FEW_SHARES:
        return _percentiles(draws)
    share, spread, items = float(draws[0]), float(draws[1:].var()), max(estimate.counts)
    worth = share * (1 - share) / spread if spread > 0 else items
    return wilson(share, int(np.clip(worth, items, sum(estimate.counts))))


def _percentiles(draws: Table) -> tuple[float, float]:
    low, high = np.percentile(draws[1:], [2.5, 97.5])
    return float(low), float(high)


def _weights(items: int) -> NDArray[np.uint8]:
    """Return (DRAWS + 1, items) how often each item is drawn; the first row takes each once."""
    return _drawn(-(-items // 1024) * 1024)[:, :items]


@cache
def _drawn(items: int) -> NDArray[np.uint8]:
    # Columns come from seeds of their own, by thousands: an item's draws do not change with the number of items.
    blocks = [
        np.random.default_rng(start).poisson(1.0, size=(DRAWS, 1024)).astype(np.uint8) for start in range(items // 1024)
    ]
    return np.concatenate([np.ones((1, items), dtype=np.uint8), np.concatenate(blocks, axis=1)])


def is_mean(measure: str) -> bool:
    """Return whether a measure's figure is nothing but the mean of what its items gave."""
    return measure not in _STATISTICS


def _weighted_mean(weights: NDArray[np.uint8], truth: Table, found: Table) -> Table:
    total = weights.sum(axis=1, dtype=np.float64)
    return np.divide(weights.astype(np.float32) @ found, total, out=np.full(len(total), np.nan), where=total > 0)


def _ratio(weights: NDArray[np.uint8], truth: Table, found: Table) -> Table:
    above, below = (weights.astype(np.float32) @ values for values in (found, truth))
    return np.divide(above, below, out=np.full(len(above), np.nan), where=below > 0)


def _counts(weights: NDArray[np.uint8], truth: Table, found: Table) -> Table:
    """Return (draws, classes, others): how often each class met each prediction or cluster."""
    classes, row = np.unique(truth, return_inverse=True)
    others, column = np.unique(found, return_inverse=True)
    hot = np.zeros((len(truth), len(classes) * len(others)), dtype=np.float32)
    hot[np.arange(len(truth)), row * len(others) + column] = 1.0
    return (weights.astype(np.float32) @ hot).astype(np.float64).reshape(len(weights), len(classes), len(others))


def _macro_f1(weights: NDArray[np.uint8], truth: Table, found: Table) -> Table:
    """Return the mean F1 of the classes that occur, each the same weight."""
    met = _counts(weights, truth, found)
    others = np.unique(found)
    values = []
    for place, label in enumerate(np.unique(truth)):
        column = np.flatnonzero(others == label)
        right = met[:, place, column].sum(axis=1)
        both = met[:, place].sum(axis=1) + met[:, :, column].sum(axis=(1, 2))
        values.append(np.divide(2 * right, both, out=np.zeros(len(met)), where=both > 0))
    return np.mean(values, axis=0)


def _v_measure(weights: NDArray[np.uint8], truth: Table, found: Table) -> Table:
    """Return the harmonic mean of homogeneity and completeness (Rosenberg and Hirschberg 2007)."""
    met = _counts(weights, truth, found)
    share = met / np.maximum(met.sum(axis=(1, 2), keepdims=True), 1)
    classes, clusters = _entropy(share.sum(axis=2)), _entropy(share.sum(axis=1))
    mutual = classes + clusters - _entropy(share.reshape(len(share), -1))
    return np.divide(2 * mutual, classes + clusters, out=np.ones(len(met)), where=classes + clusters > 1e-12)


def _entropy(share: Table) -> Table:
    return -(share * np.log(np.where(share > 0, share, 1.0))).sum(axis=1)


def _spearman(weights: NDArray[np.uint8], truth: Table, found: Table) -> Table:
    values = np.empty(len(weights))
    for draw, weight in enumerate(weights):
        values[draw] = _correlation(_ranks(np.repeat(truth, weight)), _ranks(np.repeat(found, weight)))
    return values


def _correlation(left: Table, right: Table) -> float:
    """Return Pearson's correlation, 0 where one side never changes: it ranks nothing."""
    left, right = left - left.mean(), right - right.mean()
    scale = float(np.sqrt((left @ left) * (right @ right)))
    return float(left @ right) / scale if scale > 0 else 0.0


def _ranks(values: Table) -> Table:
    """Return the rank of each value, equal values sharing their mean rank."""
    _, place, count = np.unique(values, return_inverse=True, return_counts=True)
    return (np.cumsum(count) - (count - 1) / 2)[place]


_STATISTICS: dict[str, Callable[[NDArray[np.uint8], Table, Table], Table]] = {
    "encoding_knn": _macro_f1,
    "encoding_across": _macro_f1,
    "encoding_v": _v_measure,
    "topics_v": _v_measure,
    "sts": _spearman,
    "drift_ratio": _ratio,
}
