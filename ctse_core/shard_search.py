"""Questions to a heap of shards: more posts than a project holds, found by meaning through an index in a folder."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from ctse_core.encoders import Encoder, load_encoder
from ctse_core.engines.places import shown
from ctse_core.errors import EncoderError, InputFileError, SettingError
from ctse_core.search import Condition, EmbeddedIndex, Where
from ctse_core.shard_heap import (
    DIGEST,
    FIRST_ROW,
    GLOBAL_ROW,
    POSTS,
    VECTOR,
    Heap,
    HeapShard,
    read_copies,
    read_part,
    vectors_in,
)
from ctse_core.shard_sample import first_of_all
from ctse_core.text import normalise
from ctse_core.types import Col, Progress, no_progress

SHARD = "shard"
_FILLING, _WHOLE = "filling-", "filled-"
"""The copies by which entries are being put in, and those by which all are in."""
_COLUMNS = [GLOBAL_ROW, Col.COMPARED, Col.LANG, DIGEST, VECTOR]


@dataclass(frozen=True)
class Near:
    """A text found: its ``row`` among all rows, the ``posts`` that have it, and the cosine in [-1, 1]."""

    row: int
    cosine: float
    lang: str
    posts: int
    text: str


def encoder_of(heap: Heap, name: str | None = None) -> Encoder:
    """Return the encoder that made the shards; ``name`` says where it is where it has another name here.

    Raises:
        EncoderError: it cannot be had, or is another one.
    """
    encoder = load_encoder(name or heap.encoder)
    if encoder.space != heap.space:
        raise EncoderError(
            f"“{encoder.name}” is not what made the shards of “{shown(heap.url)}”: those are of “{heap.encoder}”"
            f"{', which is another one here' if encoder.name == heap.encoder else ''}. Name that one with --encoder."
        )
    return encoder


def fill_index(heap: Heap, folder: Path, progress: Progress = no_progress) -> EmbeddedIndex:
    """Put the different texts of all shards of ``heap`` into the index in ``folder`` and return it.

    Shards that are in it are not read again, so that a run that was stopped goes on. A heap that grew or changed adds
    what is new, takes out what is gone, and counts anew the posts of texts that gained or lost copies. Empty texts are
    left out.

    Raises:
        InputFileError: a shard cannot be read, all texts are empty, or the index is of another heap.
        ProjectError: the index is damaged, or of another width.
    """
    index = EmbeddedIndex(folder, heap.width)
    states, name = _states(folder, heap, len(index)), f"{heap.key}-{heap.mark}.parquet"
    state, whole = folder / f"{_FILLING}{name}", folder / f"{_WHOLE}{name}"
    if states == {whole}:
        return _not_empty(index, heap)
    copies, there = read_copies(heap), index.told(SHARD)
    labels = {_label(shard): number for number, shard in enumerate(heap.shards)}
    changed = _changed([pl.read_parquet(one) for one in states - {state}], copies)
    gone = there - labels.keys()
    if state not in states:  # what is put in from here on is by these copies
        _write_state(state, copies)
    for label in sorted(gone):
        index.delete(_keys(_numbers(label)))
    for label, number in labels.items():
        if label not in there:
            _put(index, heap, number, first_of_all(read_part(heap, number, _COLUMNS), copies))
        elif gone or _touches(changed, heap.shards[number]):
            _refresh(index, heap, number, (copies, changed))
        progress((number + 1) / len(labels), f"{len(index):,} different texts can be searched")
    os.replace(state, whole)
    for old in states - {state, whole}:
        old.unlink(missing_ok=True)
    return _not_empty(index, heap)


def _not_empty(index: EmbeddedIndex, heap: Heap) -> EmbeddedIndex:
    if not len(index):
        raise InputFileError(f"“{shown(heap.url)}” holds no text that is not empty.")
    return index


def _states(folder: Path, heap: Heap, entries: int) -> set[Path]:
    """Return the copies by which entries were put in; more than one where a run was stopped."""
    states = {one for kind in (_FILLING, _WHOLE) for one in folder.glob(f"{kind}*.parquet")}
    if any(one.name.split("-")[1] != heap.key for one in states) or (entries and not states):
        raise InputFileError(f"The index in “{folder}” is of other shards; name another folder.")
    return states


def _write_state(path: Path, copies: pl.DataFrame) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    copies.write_parquet(beside)
    os.replace(beside, path)


def _changed(before: Sequence[pl.DataFrame], copies: pl.DataFrame) -> pl.DataFrame:
    """Return DIGEST and FIRST_ROW of what any of the earlier copies has otherwise than these, or these otherwise."""
    every = [DIGEST, FIRST_ROW, POSTS]
    parts = [copies.clear()]
    for old in before:
        parts += [copies.join(old, on=every, how="anti"), old.join(copies, on=every, how="anti")]
    return pl.concat(parts).select(DIGEST, FIRST_ROW).unique().sort(FIRST_ROW)


def _touches(changed: pl.DataFrame, shard: HeapShard) -> bool:
    first = changed[FIRST_ROW].search_sorted(shard.first)
    return first < changed.height and changed[FIRST_ROW][first] in shard.numbers


def _refresh(index: EmbeddedIndex, heap: Heap, number: int, by: tuple[pl.DataFrame, pl.DataFrame]) -> None:
    """Put in anew the texts of a shard whose copies changed."""
    copies, changed = by
    found = first_of_all(read_part(heap, number, [GLOBAL_ROW, DIGEST]).join(changed, on=DIGEST, how="semi"), copies)
    if found.height:
        whole = read_part(heap, number, _COLUMNS).join(found.select(GLOBAL_ROW, POSTS), on=GLOBAL_ROW, how="inner")
        _put(index, heap, number, whole)


def _put(index: EmbeddedIndex, heap: Heap, number: int, table: pl.DataFrame) -> None:
    facts = table.select(
        pl.col(Col.LANG),
        pl.col(POSTS),
        pl.col(Col.COMPARED).alias(Col.TEXT),
        pl.lit(_label(heap.shards[number])).alias(SHARD),
    )
    index.add(_keys(table[GLOBAL_ROW].to_list()), vectors_in(table), facts)


def _keys(numbers: Sequence[int]) -> list[str]:
    return [f"{number:012d}" for number in numbers]  # sorted as text: as many digits each


def _label(shard: HeapShard) -> str:
    return f"{shard.first}+{shard.rows} {shard.name}"


def _numbers(label: str) -> range:
    first, rows = label.partition(" ")[0].split("+")
    return range(int(first), int(first) + int(rows))


def ask_index(
    index: EmbeddedIndex, encoder: Encoder, question: str, k: int = 10, languages: Sequence[str] = ()
) -> list[Near]:
    """Return the ``k`` texts nearest to the question by meaning, best first, in some ``languages`` or in all.

    Raises:
        SettingError: nothing is asked, ``k`` is below 1, no text is in such a language, or the encoder is not as wide
            as the one of the shards.
    """
    text = normalise(question)
    if not text:
        raise SettingError("Ask something: a word, a sentence, in any language.")
    if encoder.dim != index.width:
        raise SettingError(
            f"The shards are {index.width} wide, {encoder.name} is {encoder.dim}: name the encoder they were made with."
        )
    strange = sorted(set(languages) - (known := index.told(Col.LANG)))
    if strange:
        raise SettingError(f"No text here is in “{strange[0][:60]}”; there are {', '.join(sorted(map(str, known)))}.")
    where = Where((Condition(Col.LANG, any_of=tuple(languages)),)) if languages else None
    found = index.search(np.asarray(encoder.encode([text])), k, where, (Col.LANG, POSTS, Col.TEXT))[0]
    facts = found.facts.iter_rows()
    return [
        Near(int(key), round(float(cosine), 4), *fact)
        for key, cosine, fact in zip(found.keys, found.similarity, facts, strict=True)
    ]
