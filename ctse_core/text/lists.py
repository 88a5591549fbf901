"""Lists of words as a column of a table, made and taken apart without a Python object for each word."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import polars as pl

_BETWEEN = "\x1f"  # stands in no word: it counts as white space


def word_lists(name: str, lists: Iterable[Sequence[str]]) -> pl.Series:
    """Return a column of lists of words; no word is empty. Many times as fast as polars' own way over the elements."""
    joined = pl.DataFrame({name: pl.Series([_BETWEEN.join(words) for words in lists], dtype=pl.Utf8)})
    words = pl.col(name).str.split(_BETWEEN)
    return joined.select(pl.when(pl.col(name) == "").then(words.list.head(0)).otherwise(words).alias(name))[name]
