"""The words of a collection, each in its language, and which post uses which."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ctse_core.types import UNDETERMINED

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix


@dataclass(frozen=True)
class Vocabulary:
    """The v words of u posts; a word that two languages write alike is two words."""

    languages: list[str]
    """v language codes."""
    words: list[str]
    """v words."""
    used: csr_matrix
    """(u, v) how often each post uses each word."""
    posts: NDArray[np.int64]
    """(v,) posts that use each word."""
    owner: NDArray[np.int64]
    """(v,) the word itself, or the same word in the language that it is borrowed from."""

    @property
    def codes(self) -> NDArray[np.int64]:
        """(v,) a number for the language of each word."""
        return np.unique(np.asarray(self.languages, dtype=str), return_inverse=True)[1].astype(np.int64)


def vocabulary(tokens: Sequence[Sequence[str]], languages: Sequence[str]) -> Vocabulary:
    """Return the words of u posts, ``tokens`` (u lists), each in the language (u,) of the posts that use it.

    Words of posts whose language is undetermined belong to the language that uses the same word most, if any does.
    """
    from scipy.sparse import csr_matrix

    posts = np.repeat(np.arange(len(tokens)), [len(words) for words in tokens])
    long = pl.DataFrame(
        {
            "post": pl.Series(posts, dtype=pl.Int64),
            "lang": pl.Series([languages[post] for post in posts.tolist()], dtype=pl.Utf8),
            "word": pl.Series([word for words in tokens for word in words], dtype=pl.Utf8),
        }
    )
    told = long.filter(pl.col("lang") != UNDETERMINED).group_by("word", "lang").len()
    told = told.sort(["len", "lang"], descending=[True, False]).unique("word", keep="first", maintain_order=True)
    long = long.join(told.select("word", best="lang"), on="word", how="left", maintain_order="left").with_columns(
        lang=pl.when(pl.col("lang") == UNDETERMINED).then(pl.col("best").fill_null(UNDETERMINED)).otherwise("lang")
    )
    items = long.select("lang", "word").unique().sort("lang", "word").with_row_index("item")
    cells = long.join(items, on=["lang", "word"], how="left").group_by("post", "item").len().sort("post", "item")
    places = (cells["post"].to_numpy(), cells["item"].to_numpy().astype(np.int64))
    used = csr_matrix((cells["len"].to_numpy().astype(np.float64), places), shape=(len(tokens), items.height))
    counts = np.bincount(places[1], minlength=items.height).astype(np.int64)
    return Vocabulary(items["lang"].to_list(), items["word"].to_list(), used, counts, _owners(items, counts))


def _owners(items: pl.DataFrame, posts: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return for each word the one written alike that it is borrowed from, else itself.

    A word that another language uses five times as often, and in twice as many posts, is borrowed from it: "gracias"
    in English posts stays Spanish.
    """
    told = items.with_columns(posts=pl.Series(posts)).with_columns(
        rate=pl.col("posts") / pl.col("posts").sum().over("lang"),
        most=pl.col("item").sort_by("posts", descending=True).first().over("word"),
    )
    owners = told.select(most="item", owner_posts="posts", owner_rate="rate")
    told = told.join(owners, on="most", how="left", maintain_order="left")
    borrowed = (5 * pl.col("rate") < pl.col("owner_rate")) & (2 * pl.col("posts") <= pl.col("owner_posts"))
    return told.select(pl.when(borrowed).then("most").otherwise("item")).to_series().to_numpy().astype(np.int64)
