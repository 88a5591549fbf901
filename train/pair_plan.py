"""Which pairs of a store are trained on, how often, and which are held out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ctse_core.errors import TrainError
from train.batches import Plan, Rows, cells_of
from train.config import TrainConfig
from train.evaluate.held_out import HeldOut, held_out
from train.pairs_store import PairStore
from train.tokens_store import TokenStore

if TYPE_CHECKING:
    import polars as pl


def make_plan(
    config: TrainConfig, store: PairStore, tokens: tuple[TokenStore, TokenStore]
) -> tuple[Plan, HeldOut | None]:
    """Return the order of the pairs, and the pairs that are kept out of it."""
    weights = pair_weights(config, store)
    if config.evaluation:
        held: HeldOut | None = held_out(config.evaluation, config.held_out, config.seed)
    else:
        held = _hold_out(config, store, weights)
    lengths = None
    if config.window > 1:
        lengths = np.asarray(tokens[1].lengths) + np.asarray(tokens[0].lengths)[np.asarray(store.english_of)]
    cells = cells_of(np.asarray(store.lang_of), weights, config.pairs.temperature)
    return Plan(cells, config.batch, lengths, config.window, config.seed), held


def pair_weights(config: TrainConfig, store: PairStore) -> NDArray[np.float64]:
    """Return how readily each pair (p,) is drawn, at least 0: by its source, else by its kind, else 1.

    Sources that the settings leave out, and pairs beyond the most of a language, have 0.

    Raises:
        TrainError: a source to leave out is unknown.
    """
    unknown = sorted({*config.pairs.without} - {*store.sources})
    if unknown:
        raise TrainError(f"There is no source {unknown[0]!r} to leave out; the pairs have {', '.join(store.sources)}.")
    named = dict(config.pairs.weights)
    by_kind = np.array([named.get(kind, 1.0) for kind in store.kinds], dtype=np.float64)
    weights = by_kind[np.asarray(store.kind_of)]
    source_of = np.asarray(store.source_of)
    for index, source in enumerate(store.sources):
        if source in config.pairs.without:
            weights[source_of == index] = 0
        elif source in named:
            weights[source_of == index] = named[source]
    rng = np.random.default_rng([config.pairs.seed, 4])
    for language, most in config.pairs.most:
        if language in store.languages:
            rows = np.flatnonzero((np.asarray(store.lang_of) == store.languages.index(language)) & (weights > 0))
            weights[rng.permutation(rows)[most:]] = 0
    return weights


def _hold_out(config: TrainConfig, store: PairStore, weights: NDArray[np.float64]) -> HeldOut | None:
    """Draw the held-out pairs of each language, the readiest kinds first, and take them out of ``weights``.

    Every pair with one of their English sentences goes with them, so that no translation of it is trained on.
    A language gives a tenth of its pairs at most.
    """
    import polars as pl

    if not config.held_out:
        return None
    rng = np.random.default_rng([config.pairs.seed, 5])
    english_of, lang_of = np.asarray(store.english_of), np.asarray(store.lang_of)
    held: list[Rows] = []
    for index in range(len(store.languages)):
        rows = rng.permutation(np.flatnonzero((lang_of == index) & (weights > 0)))
        rows = rows[np.argsort(-weights[rows], kind="stable")][: min(config.held_out, len(rows) // 10)]
        rows = rows[np.unique(english_of[rows], return_index=True)[1]]
        if len(rows) >= 2:
            held.append(rows)
    if not held:
        return None
    rows = np.concatenate(held)
    weights[np.isin(english_of, english_of[rows])] = 0
    languages = np.array(store.languages)[lang_of[rows]]
    texts = {"english": store.english.texts(english_of[rows]), "translation": store.translations.texts(rows)}
    return HeldOut(pl.DataFrame({"set": ["held out"] * len(rows), "lang": languages, "text": languages, **texts}))


def pairs_table(store: PairStore, plan: Plan) -> pl.DataFrame:
    """Return what is trained on: language, source, kind, pairs, and their share of every batch in [0, 1]."""
    import polars as pl

    rows = np.concatenate([cell.rows for cell in plan.cells])
    share = np.concatenate([np.full(len(cell.rows), cell.share / len(cell.rows)) for cell in plan.cells])
    return (
        pl.DataFrame(
            {
                "language": np.array(store.languages)[np.asarray(store.lang_of[rows])],
                "source": np.array(store.sources)[np.asarray(store.source_of[rows])],
                "kind": np.array(store.kinds)[np.asarray(store.kind_of[rows])],
                "share": share,
            }
        )
        .group_by("language", "source", "kind")
        .agg(pl.len().alias("pairs"), pl.col("share").sum())
        .select("language", "source", "kind", "pairs", "share")
        .sort("language", "source", "kind")
    )
