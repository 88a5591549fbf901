"""Posts whose groups are known, for the benchmarks of clusters: tweets, messages, parallel text, the example.

All but the example come from the folder ``CTSE_SHARED_DATA``. Copies are collapsed as an analysis does it.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from benchmarks.alignment import HARD, TEN, parallel_posts, three_of_each
from ctse_core.example import POSTS
from ctse_core.text import collapse_duplicates, detect_languages, normalise, tokens_of_all

SEED = 7
# What a message asks for or tells of; the rarest of a message's categories is the most telling one.
NEEDS = (
    "medical_help", "medical_products", "search_and_rescue", "security", "military", "water", "food", "shelter",
    "clothing", "money", "missing_people", "refugees", "death", "transport", "buildings", "electricity", "tools",
    "hospitals", "shops", "aid_centers", "floods", "storm", "fire", "earthquake", "cold",
)  # fmt: skip


@dataclass(frozen=True)
class Labelled:
    """u different posts: ``texts``, ``languages``, ``tokens``, ``copies`` (u,), and the ``group`` of each.

    ``group`` is null where none is known: such posts are clustered with the others but not scored. ``line`` numbers
    sentences that are translations of each other; None where there are none.
    """

    name: str
    texts: list[str]
    languages: list[str]
    tokens: list[list[str]]
    copies: np.ndarray
    group: pl.Series
    line: np.ndarray | None = None


def _made(name: str, table: pl.DataFrame, most: int, collapse: bool = True) -> Labelled:
    """Return ``most`` posts drawn from ``table`` (text, group; lang or None, line if there) as labelled posts."""
    table = table.sample(min(most, len(table)), seed=SEED, shuffle=True)
    texts = [normalise(text) for text in table["text"].to_list()]
    rows, copies = np.flatnonzero([bool(text) for text in texts]), np.ones(len(texts), np.int32)
    if collapse:
        found = collapse_duplicates(texts)
        rows, copies = found.unique_rows, found.copies
    texts, table, copies = [texts[row] for row in rows], table[rows], copies[rows]
    languages = table["lang"].to_list() if "lang" in table.columns else detect_languages(texts)[0]
    line = table["line"].to_numpy() if "line" in table.columns else None
    return Labelled(name, texts, languages, tokens_of_all(texts, languages), copies, table["group"], line)


def tweets(folder: Path, most: int) -> Labelled:
    """Return crisis tweets by event; off-topic posts and the mixed collection are not scored."""
    return _made("tweets by event", _tweets(folder), most)


def foreign_tweets(folder: Path, most: int) -> Labelled:
    """Return the crisis tweets of events in other languages than English, whatever each is written in."""
    abroad = pl.col("lang_guess").ne("en").mean().over("event") > 0.2
    return _made("tweets of events told in es, it, tl, ru, en", _tweets(folder).filter(abroad), most)


def _tweets(folder: Path) -> pl.DataFrame:
    table = pl.read_parquet(folder / "crisis_tweets_shared.parquet")
    known = (pl.col("crisis_related").fill_null(1) == 1) & (pl.col("event") != "mixed")
    return table.with_columns(
        pl.when(known).then(pl.col("event").str.replace("_(en|es)$", "")).alias("group"),
        pl.col("lang_guess").fill_null("und").alias("lang"),
    )


def messages(folder: Path, most: int) -> Labelled:
    """Return crisis messages by the most telling category, half of those that have one in their original words."""
    table = pl.read_parquet(folder / "crisis_messages_shared.parquet")
    rare = sorted(NEEDS, key=lambda name: int(table[name].sum()))
    group = pl.coalesce(*[pl.when(pl.col(name) == 1).then(pl.lit(name)) for name in rare])
    original = pl.col("original").is_not_null() & (pl.col("id") % 2 == 0)
    text = pl.when(original).then("original").otherwise("message").alias("text")
    return _made("messages by category", table.select(text, group.alias("group")), most)


def sentences(folder: Path, most: int) -> Labelled:
    """Return sentences of encyclopaedias in 55 languages by topic (science, travel, politics, …)."""
    table = pl.read_parquet(folder / "dev_sib200.parquet").unique(
        ["lang", "index_id"], keep="first", maintain_order=True
    )
    table = table.select("lang", pl.col("translation").alias("text"), pl.col("topic").alias("group"), line="index_id")
    return _made("sentences by topic, 55 languages", table.sort("lang", "line"), most, collapse=False)


def news(folder: Path, most: int) -> Labelled:
    """Return news sentences by article, each in three of ten languages."""
    return _parallel("news by article, ten languages", folder, TEN, most)


def hard_news(folder: Path, most: int) -> Labelled:
    """Return news sentences by article, each in three of ten hard languages."""
    return _parallel("news by article, ten hard languages", folder, HARD, most)


def _parallel(name: str, folder: Path, languages: tuple[str, ...], most: int) -> Labelled:
    table = parallel_posts(folder, list(languages), 0)
    return _made(name, table.filter(three_of_each(table)).with_columns(group="doc"), most, collapse=False)


def example(_: Path, most: int) -> Labelled:
    """Return the invented posts by event and theme; needs no shared data."""
    posts = pl.read_csv(POSTS, schema_overrides={"id": pl.Utf8})
    known = pl.read_csv(POSTS.with_name("sample_posts_themes.csv"), schema_overrides={"id": pl.Utf8})
    known = known.select("id", lang="language", group=pl.format("{} {}", "event", "theme"))
    return _made("the example by theme, 34 languages", posts.join(known, on="id", maintain_order="left"), most)


SETS: dict[str, Callable[[Path, int], Labelled]] = {
    "example": example,
    "tweets": tweets,
    "foreign": foreign_tweets,
    "messages": messages,
    "sentences": sentences,
    "news": news,
    "hard": hard_news,
}


def labelled(name: str, most: int = 8000) -> Labelled:
    """Return one of ``SETS``, at most ``most`` posts of it.

    Raises:
        SystemExit: it needs shared data and ``CTSE_SHARED_DATA`` names none.
    """
    folder = os.environ.get("CTSE_SHARED_DATA")
    if name != "example" and not folder:
        raise SystemExit(f"Set CTSE_SHARED_DATA to the folder of shared data for “{name}”, or ask for --sets example.")
    return SETS[name](Path(folder or "."), most)
