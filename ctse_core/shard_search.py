"""Questions to a heap of shards: more posts than a project holds, found by meaning through an index in a folder."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from ctse_core.batch import COPIES, DIGEST, GLOBAL_ROW, VECTOR
from ctse_core.encoders import Encoder
from ctse_core.errors import InputFileError, SettingError
from ctse_core.search import Condition, EmbeddedIndex, Where
from ctse_core.shard_sample import Heap, read_columns, vectors_in
from ctse_core.text import normalise
from ctse_core.types import Col, Progress, no_progress

POSTS, SHARD = "posts", "shard"


@dataclass(frozen=True)
class Near:
    """A text found: its ``row`` among all rows, the ``posts`` that have it, and the cosine in [-1, 1]."""

    row: int
    cosine: float
    lang: str
    posts: int
    text: str


def fill_index(heap: Heap, folder: Path, progress: Progress = no_progress) -> EmbeddedIndex:
    """Put the different texts of all shards of ``heap`` into the index in ``folder`` and return it.

    Shards that are in it are not read again, so that a run that was stopped goes on, and a heap that grew adds what is
    new. Empty texts are left out.

    Raises:
        InputFileError: a shard cannot be read, or the vectors are wider or narrower than those in the index.
        ProjectError: the index is damaged, or of another width.
    """
    width = vectors_in(read_columns(heap, heap.names[0], [VECTOR]).head(1)).shape[1]
    index = EmbeddedIndex(folder, width)
    done = index.told(SHARD)
    copies = read_columns(heap, COPIES, [DIGEST, "first_row", POSTS])
    strange = {str(name) for name in done} - set(heap.names)
    if strange:
        raise InputFileError(f"The index in “{folder}” is of other shards ({min(strange)}); name another folder.")
    for number, name in enumerate(heap.names):
        if name not in done:
            table = read_columns(heap, name, [GLOBAL_ROW, Col.COMPARED, Col.LANG, DIGEST, VECTOR])
            table = table.join(copies, on=DIGEST, how="left")
            table = table.filter(pl.col("first_row").is_null() | (pl.col("first_row") == pl.col(GLOBAL_ROW)))
            table = table.filter(pl.col(Col.COMPARED) != "")
            facts = table.select(
                pl.col(Col.LANG),
                pl.col(POSTS).fill_null(1).cast(pl.Int64),
                pl.col(Col.COMPARED).alias(Col.TEXT),
                pl.lit(name).alias(SHARD),
            )
            # Keys are sorted as text: as many digits each.
            index.add([f"{row:012d}" for row in table[GLOBAL_ROW].to_list()], vectors_in(table), facts)
        progress((number + 1) / len(heap.names), f"{len(index):,} different texts can be searched")
    return index


def ask_index(
    index: EmbeddedIndex, encoder: Encoder, question: str, k: int = 10, languages: Sequence[str] = ()
) -> list[Near]:
    """Return the ``k`` texts nearest to the question by meaning, best first, in some ``languages`` or in all.

    Raises:
        SettingError: nothing is asked, ``k`` is below 1, or the encoder is not as wide as the one of the shards.
    """
    text = normalise(question)
    if not text:
        raise SettingError("Ask something: a word, a sentence, in any language.")
    if encoder.dim != index.width:
        raise SettingError(
            f"The shards are {index.width} wide, {encoder.name} is {encoder.dim}: name the encoder they were made with."
        )
    where = Where((Condition(Col.LANG, any_of=tuple(languages)),)) if languages else None
    found = index.search(np.asarray(encoder.encode([text])), k, where, (Col.LANG, POSTS, Col.TEXT))[0]
    facts = found.facts.iter_rows()
    return [
        Near(int(key), round(float(cosine), 4), *fact)
        for key, cosine, fact in zip(found.keys, found.similarity, facts, strict=True)
    ]
