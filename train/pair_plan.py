"""Which pairs of a store are trained on, how often, and which are held out; nothing here grows with the pairs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ctse_core.errors import TrainError
from train.batches import Cell, Plan, Rows, shares
from train.config import TrainConfig
from train.evaluate.held_out import HeldOut, held_out
from train.pairs_clean import text_keys
from train.pairs_store import PairStore
from train.tokens_store import TokenStore

READ_AT_ONCE = 1 << 22  # pairs


@dataclass(frozen=True)
class PairPlan:
    """The order of the pairs, those held out for choosing checkpoints, and a table of what is trained on.

    ``table`` has language, source, kind, pairs, and their share of every batch in [0, 1].
    """

    order: Plan
    held_out: HeldOut | None
    table: pl.DataFrame


def make_plan(config: TrainConfig, store: PairStore, tokens: tuple[TokenStore, TokenStore]) -> PairPlan:
    """Return the order of the pairs, and the pairs that are kept out of it.

    Raises:
        TrainError: a source to leave out is unknown, or nothing is left to train on.
    """
    groups = _weighted(config, store)
    groups = groups.with_columns(
        pl.Series("share", shares(groups["lang"].to_list(), groups["weight"].to_numpy(), config.pairs.temperature))
    ).filter(pl.col("share") > 0)
    held = held_out(config.evaluation, config.held_out, config.seed) if config.evaluation else None
    barred = np.empty(0, dtype=np.int64)
    if held is None and config.held_out:
        held, barred = _hold_out(config, store, groups)
    cells = [
        Cell(range(start, start + pairs), share, limit)
        for start, pairs, share, limit in groups.select("start", "pairs", "share", "limit").iter_rows()
    ]

    def lengths(rows: Rows) -> NDArray[np.int64]:
        return tokens[1].lengths[rows].astype(np.int64) + tokens[0].lengths[store.english_of[rows]]

    order = Plan(
        cells,
        config.batch,
        lengths if config.window > 1 else None,
        (lambda rows: np.isin(store.english_of[rows], barred)) if len(barred) else None,
        config.window,
        config.seed,
    )
    return PairPlan(order, held, _table(store, groups, order, barred))


def _weighted(config: TrainConfig, store: PairStore) -> pl.DataFrame:
    """Return the store's groups with the sum of their weights, and how many of their pairs may be drawn (0: all).

    A weight is that of the source, else of the kind, else 1; that of a source which the settings leave out is 0.
    A language with a most of pairs is cut in all its groups alike.
    """
    unknown = sorted({*config.pairs.without} - {*store.sources})
    if unknown:
        raise TrainError(f"There is no source {unknown[0]!r} to leave out; the pairs have {', '.join(store.sources)}.")
    named = dict(config.pairs.weights)
    weights, limits = [], []
    kept = store.groups.filter(~pl.col("source").is_in(list(config.pairs.without)))
    total = dict(kept.group_by("lang").agg(pl.col("pairs").sum()).iter_rows())
    most = dict(config.pairs.most)
    before = dict.fromkeys(store.languages, 0)
    for lang, source, kind, pairs in store.groups.select("lang", "source", "kind", "pairs").iter_rows():
        if source in config.pairs.without:
            weights.append(0.0)
            limits.append(0)
            continue
        share = min(most.get(lang, total[lang]) / total[lang], 1.0)
        drawn = round((before[lang] + pairs) * share) - round(before[lang] * share)  # so that all add up to the most
        before[lang] += pairs
        weights.append(named.get(source, named.get(kind, 1.0)) * drawn)
        limits.append(drawn if drawn < pairs else 0)
    return store.groups.with_columns(
        pl.Series("weight", weights, dtype=pl.Float64), pl.Series("limit", limits, dtype=pl.Int64)
    )


def _hold_out(config: TrainConfig, store: PairStore, groups: pl.DataFrame) -> tuple[HeldOut | None, Rows]:
    """Draw the held-out pairs of each language, and return them with the English sentences (e',) that they bar.

    The readiest kinds come first. Every pair with one of these English sentences goes with them, compared without
    case and punctuation, so that no translation of it is trained on. A language gives a tenth of its pairs at most.
    """
    rng = np.random.default_rng([config.pairs.seed, 5])
    english_of = store.english_of
    readiness = pl.col("weight") / pl.col("pairs")
    held: list[Rows] = []
    for _, mine in groups.sort("lang", readiness, descending=[False, True]).group_by("lang", maintain_order=True):
        wanted = min(config.held_out, int(mine["pairs"].sum()) // 10)
        rows: list[Rows] = []
        for start, pairs in mine.select("start", "pairs").iter_rows():
            missing = wanted - sum(map(len, rows))
            if missing > 0:
                rows.append(start + rng.choice(pairs, min(missing, pairs), replace=False, shuffle=False))
        drawn = np.sort(np.concatenate(rows)) if rows else np.empty(0, dtype=np.int64)
        drawn = drawn[np.unique(english_of[drawn], return_index=True)[1]]
        if len(drawn) >= 2:
            held.append(drawn)
    if not held:
        return None, np.empty(0, dtype=np.int64)
    every = np.concatenate(held)
    english = english_of[every].astype(np.int64)
    languages = np.array(store.languages)[store.lang_of[every]]
    texts = {"english": store.english.texts(english), "translation": store.translations.texts(every)}
    data = pl.DataFrame({"set": ["held out"] * len(every), "lang": languages, "text": languages, **texts})
    return HeldOut(data), _alike(store, english)


def _alike(store: PairStore, english: Rows) -> Rows:
    """Return the English sentences (e',) that are equal to some of these but for case, punctuation and spaces."""
    keys = np.unique(text_keys(pl.Series(store.english.texts(english))).to_numpy())
    found = [
        np.asarray(rows)[np.isin(text_keys(pl.Series(texts)).to_numpy(), keys)]
        for rows, texts in store.english.batches()
    ]
    return np.concatenate(found).astype(np.int64)


def _table(store: PairStore, groups: pl.DataFrame, order: Plan, barred: Rows) -> pl.DataFrame:
    """Return what is trained on, without the pairs of held-out sentences."""
    pairs = [
        cell.drawn - (_count(store, order, index, barred) if len(barred) else 0)
        for index, cell in enumerate(order.cells)
    ]
    return (
        groups.with_columns(pl.Series("pairs", pairs, dtype=pl.Int64))
        .select(pl.col("lang").alias("language"), "source", "kind", "pairs", "share")
        .sort("language", "source", "kind")
    )


def _count(store: PairStore, order: Plan, index: int, barred: Rows) -> int:
    """Return how many pairs of a cell are held out."""
    cell = order.cells[index]
    if cell.limit:
        return int(np.isin(store.english_of[order.limited(index)], barred).sum())
    start, stop = cell.rows[0], cell.rows[-1] + 1
    places = range(int(start), int(stop), READ_AT_ONCE)
    return sum(
        int(np.isin(store.english_of[place : min(place + READ_AT_ONCE, stop)], barred).sum()) for place in places
    )
