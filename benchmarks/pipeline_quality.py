"""What clusters of posts are worth: against groups that are known, by the words of each, against other clusters."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from benchmarks.clusters import coherences

MOST_WORDS = 100_000
"""Different posts that coherence is measured over; a draw where there are more."""


@dataclass(frozen=True)
class Said:
    """Different posts of an analysis: their ``rows`` (u,) in the file, ``languages`` and ``tokens``."""

    rows: np.ndarray
    languages: list[str]
    tokens: list[list[str]]


def known_groups(table: pl.DataFrame, column: str, id_column: str = "id") -> np.ndarray:
    """Return the known group (n,) of each post of a file, "" where none is.

    Of the file that ``many_posts`` makes: the event of tweets as they were written, in one spelling; not scored are
    messages without an event, the mixed collection, tweets that tell nothing of their event, and made-up variants.
    """
    if column not in table.columns:
        return np.full(table.height, "", dtype=object)
    group = pl.col(column).str.to_lowercase().str.replace("_(en|es)$", "")
    shared = os.environ.get("CTSE_SHARED_DATA")
    scored = pl.col(column).is_not_null() & (pl.col(column) != "mixed")
    if shared and id_column in table.columns:
        tweets = pl.read_parquet(Path(shared) / "crisis_tweets_shared.parquet", columns=["src_id", "crisis_related"])
        of_event = tweets.filter(pl.col("crisis_related").fill_null(1) == 1)["src_id"].cast(pl.Utf8).unique()
        scored = scored & pl.col(id_column).is_in(of_event.implode())
    told = table.select(pl.when(scored).then(group).otherwise(pl.lit("")).alias("group"))
    return told["group"].to_numpy().astype(object)


def read_project(project: Path, posts_in_file: int) -> tuple[np.ndarray, Said]:
    """Return our cluster (n,) of each post of the file (-1 also where a row is no post), and what posts say."""
    posts = pl.read_parquet(
        project / "posts.parquet", columns=["row", "cluster", "lang", "representative"], memory_map=True
    )
    labels = np.full(posts_in_file, -1, dtype=np.int32)
    labels[posts["row"].to_numpy() - 1] = posts["cluster"].to_numpy()
    own = np.flatnonzero(posts["representative"].to_numpy() == np.arange(posts.height))
    if len(own) > MOST_WORDS:
        own = np.sort(np.random.default_rng(7).choice(own, MOST_WORDS, replace=False))
    words = pl.read_parquet(project / "words.parquet", columns=["words"])["words"].gather(own).to_list()
    return labels, Said(posts["row"].to_numpy()[own] - 1, posts["lang"].gather(own).to_list(), words)


def worth(labels: np.ndarray, group: np.ndarray, said: Said) -> dict[str, float]:
    """Return the measures of one clustering (n,).

    Adjusted Rand index over all scored posts (unsorted ones count as one cluster) and over the sorted ones,
    normalised mutual information, topics, share unsorted; coherence (NPMI of a topic's ten best words) as the mean of
    topics, and of posts, where an unsorted post counts nothing.
    """
    from sklearn.metrics import adjusted_rand_score, normalized_mutual_info_score

    scored = group != ""
    known, found = group[scored], labels[scored]
    kept = found >= 0
    _, small = np.unique(labels[said.rows], return_inverse=True)
    small = small - int((labels[said.rows] < 0).any())
    values, sizes = coherences(small, said.languages, said.tokens)
    return {
        "topics": float(len(np.unique(labels[labels >= 0]))),
        "unsorted": float((labels < 0).mean()),
        "ARI": float(adjusted_rand_score(known, found)) if scored.any() else float("nan"),
        "ARI of the sorted": float(adjusted_rand_score(known[kept], found[kept])) if kept.any() else float("nan"),
        "NMI": float(normalized_mutual_info_score(known, found)) if scored.any() else float("nan"),
        "NPMI, mean of topics": float(np.mean(values)) if len(values) else float("nan"),
        "NPMI, mean of posts": float((values * sizes).sum() / len(said.rows)),
        "scored posts": float(scored.sum()),
    }
