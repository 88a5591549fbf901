"""Some texts of a heap of shards, drawn so that copies weigh and rare languages are among them, in one reading."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl

from ctse_core.engines.places import shown
from ctse_core.errors import InputFileError
from ctse_core.shard_copies import digest_of
from ctse_core.shard_heap import DIGEST, FIRST_ROW, GLOBAL_ROW, POSTS, VECTOR, Heap, read_copies, read_part
from ctse_core.types import UNDETERMINED, Col, Progress, no_progress

LEAST = 500
"""Texts of each language that are drawn, as long as all these take no more than half of the sample."""
_KEY, _SHARD = "key", "shard"
_EMPTY = digest_of("")


def draw(
    heap: Heap, wanted: int, seeds: Sequence[int], progress: Progress = no_progress
) -> tuple[list[pl.DataFrame], int]:
    """Return for each of ``seeds`` ``wanted`` different texts of the heap, and how many different texts there are.

    Columns: GLOBAL_ROW (of a text's first post, ascending), LANG, POSTS (that have this text), ``shard`` (its place
    among the heap's). A text is likelier the more posts have it; each language has 500 at least, or an even share of
    half the sample where languages are many. Chance is a number made of the text's digest and the seed: the same heap
    gives the same sample, whoever reads it in whatever order. Empty texts are left out. Digests and languages of each
    shard are read once for all seeds; held are all copies, a shard's digests, and the samples.

    Source: Efraimidis, Spirakis 2006, "Weighted random sampling with a reservoir".

    Raises:
        InputFileError: a shard cannot be read, or all texts are empty.
    """
    copies, different = read_copies(heap), 0
    kept = [pl.DataFrame() for _ in seeds]
    for number in range(len(heap.shards)):
        found = _texts(heap, number, copies)
        different += found.height
        for place, seed in enumerate(seeds):
            chance = pl.Series(_KEY, np.log(_even(found[DIGEST], seed)) / found[POSTS].to_numpy())
            mine = found.drop(DIGEST).with_columns(chance)
            kept[place] = _likeliest(pl.concat([kept[place], mine], how="diagonal_relaxed"), wanted)
        progress((number + 1) / len(heap.shards), "Drawing a sample")
    if not different:
        raise InputFileError(f"“{shown(heap.url)}” holds no text that is not empty.")
    return [one.drop(_KEY).sort(GLOBAL_ROW) for one in kept], different


def first_of_all(table: pl.DataFrame, copies: pl.DataFrame) -> pl.DataFrame:
    """Return the rows of a shard whose text is not empty and no earlier post's, with the POSTS that have it."""
    table = table.filter(pl.col(DIGEST) != _EMPTY).join(copies, on=DIGEST, how="left", maintain_order="left")
    first = pl.col(FIRST_ROW).is_null() | (pl.col(FIRST_ROW) == pl.col(GLOBAL_ROW))
    return table.filter(first).drop(FIRST_ROW).with_columns(pl.col(POSTS).fill_null(1).cast(pl.Int64))


def _texts(heap: Heap, number: int, copies: pl.DataFrame) -> pl.DataFrame:
    table = first_of_all(read_part(heap, number, [GLOBAL_ROW, Col.LANG, DIGEST]), copies)
    language, place = pl.col(Col.LANG).fill_null(UNDETERMINED), pl.lit(number, pl.Int32).alias(_SHARD)
    return table.select(GLOBAL_ROW, language, POSTS, place, DIGEST)


def _even(digests: pl.Series, seed: int) -> np.ndarray:
    """Return a number in (0, 1) for each digest, another one for another seed."""
    half = digests.bin.head(8).bin.reinterpret(dtype=pl.UInt64).to_numpy()
    mixed = half ^ np.uint64(seed * 0x9E3779B97F4A7C15 & 0xFFFFFFFFFFFFFFFF)
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):  # splitmix64
        mixed = (mixed ^ (mixed >> np.uint64(shift))) * np.uint64(factor)
    mixed ^= mixed >> np.uint64(31)
    return (mixed >> np.uint64(11)).astype(np.float64) / 2**53 + 2**-54


def _likeliest(texts: pl.DataFrame, wanted: int) -> pl.DataFrame:
    """Return at most ``wanted`` of the texts: the likeliest of each language, then of all."""
    if texts.height <= wanted:
        return texts
    least = min(LEAST, wanted // (2 * texts[Col.LANG].n_unique()))
    place = pl.col(_KEY).rank("ordinal", descending=True).over(Col.LANG)
    ranked = texts.sort(_KEY, GLOBAL_ROW, descending=[True, False]).with_columns(sure=place <= least)
    return ranked.sort("sure", descending=True, maintain_order=True).head(wanted).drop("sure")


def fetch(heap: Heap, drawn: pl.DataFrame, progress: Progress = no_progress) -> pl.DataFrame:
    """Return the ``drawn`` texts with COMPARED and VECTOR, in their order; shards without any are not read."""
    parts = []
    for (number,), some in drawn.group_by(_SHARD, maintain_order=True):
        whole = read_part(heap, int(str(number)), [GLOBAL_ROW, Col.COMPARED, VECTOR])
        parts.append(some.join(whole, on=GLOBAL_ROW, how="left", maintain_order="left"))
        progress(len(parts) / drawn[_SHARD].n_unique(), "Reading the sample")
    return pl.concat(parts)
