"""What a search of an analysis reads: its two indexes by meaning and the one by words, kept where posts are many."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ctse_core.encoders import Encoder
from ctse_core.errors import EncoderError
from ctse_core.project import Project, fingerprint
from ctse_core.search import (
    Codes,
    LexicalIndex,
    Shifted,
    Unrelated,
    VectorIndex,
    index_of,
    index_parts,
    quantise,
)
from ctse_core.second_look import unrelated_vectors
from ctse_core.stored import Analysis
from ctse_core.structure import LanguageOffsets, language_offsets
from ctse_core.types import Col, Progress, Vectors
from ctse_core.words import mark

EXACT_UP_TO = 50_000
"""Posts up to which every search reads all vectors in full; beyond, they are kept in one byte a number."""
READY = mark("Making the search ready")
_VERSION = 1  # goes up when the same posts give other indexes


@dataclass(frozen=True)
class Indexes:
    """The indexes by meaning of one analysis.

    Posts are ranked by ``index`` in the space without languages, where translations meet, and judged by ``judge`` in
    the encoder's own, where answerable and unanswerable questions part best (benchmarks/questions.py measures both).
    ``origin`` (d,): questions are a register of their own, and their common direction says "a question", not what it
    asks for. ``unrelated`` (m, d) are the unrelated questions in the space of ``index``.
    """

    offsets: LanguageOffsets
    origin: Vectors
    unrelated: Vectors
    judge: VectorIndex
    index: VectorIndex


def indexes_of(analysis: Analysis, encoder: Encoder, project: Project | None = None) -> Indexes:
    """Return the analysis's indexes by meaning; of many posts they are kept in the ``project``, where one is given."""
    if len(analysis.vectors) <= EXACT_UP_TO:
        languages = analysis.table[Col.LANG].to_list()
        offsets = language_offsets(analysis.vectors, languages)
        return _learnt(analysis, encoder, offsets, offsets.centred(analysis.vectors, languages), None)
    parts = _kept(analysis, project, "search", lambda: _parts(analysis, encoder), encoder.fingerprint)
    offsets = LanguageOffsets(np.asarray(parts["overall"]), tuple(parts["languages"]), np.asarray(parts["shift"]))
    codes = Codes(parts["steps"], np.asarray(parts["size"]))
    asked, spoken = unrelated_vectors(encoder)
    origin = _origin(offsets, asked, spoken)
    return Indexes(
        offsets,
        origin,
        offsets.centred(asked, spoken, origin),
        index_of(_of("judge", parts), analysis.vectors, codes),
        index_of(_of("index", parts), _shifted(analysis, offsets), codes),
    )


def lexical_of(analysis: Analysis, project: Project | None = None) -> LexicalIndex:
    """Return the analysis's index of words; of many posts it is kept in the ``project``, where one is given."""
    if analysis.table.height <= EXACT_UP_TO:
        return LexicalIndex(analysis.words)
    return LexicalIndex.of(_kept(analysis, project, "search_words", lambda: LexicalIndex(analysis.words).parts()))


def keep_indexes(analysis: Analysis, project: Project, load: Callable[[], Encoder], tell: Progress) -> None:
    """Make and keep what the first question would wait for, where posts are many; nothing where they are few.

    ``load`` gives the encoder that made the vectors; without it the index by words is kept all the same.
    """
    if analysis.table.height > EXACT_UP_TO:
        tell(0.0, READY)
        lexical_of(analysis, project)
        tell(0.3, READY)
        with suppress(EncoderError):
            made = indexes_of(analysis, load(), project)
            made.index.nearest(made.unrelated[:1], 1)  # compiles the scan, once a machine
    tell(1.0, READY)


def _kept(
    analysis: Analysis, project: Project | None, product: str, make: Callable[[], Mapping[str, Any]], *more: str
) -> Mapping[str, Any]:
    """Return parts as the project keeps them; made for this once where it cannot be written to."""
    if project is None:
        return make()
    run = analysis.manifest
    try:
        return project.keep(product, fingerprint(_VERSION, run["fingerprint"], run["made"], *more), make)
    except OSError:
        return make()


def _parts(analysis: Analysis, encoder: Encoder) -> dict[str, Any]:
    offsets = language_offsets(analysis.vectors, analysis.table[Col.LANG].to_list())
    codes = quantise(analysis.vectors)
    made = _learnt(analysis, encoder, offsets, _shifted(analysis, offsets), codes)
    both = {"judge": index_parts(made.judge), "index": index_parts(made.index)}
    named = {f"{side}_{name}": part for side, parts in both.items() for name, part in parts.items()}
    moved = {"overall": offsets.overall, "languages": list(offsets.names), "shift": offsets.shift}
    return {"steps": codes.steps, "size": codes.size, **moved, **named}


def _of(side: str, parts: Mapping[str, Any]) -> dict[str, Any]:
    return {name.removeprefix(f"{side}_"): part for name, part in parts.items() if name.startswith(f"{side}_")}


def _learnt(
    analysis: Analysis,
    encoder: Encoder,
    offsets: LanguageOffsets,
    centred: Vectors | Shifted,
    codes: Codes | None,
) -> Indexes:
    asked, spoken = unrelated_vectors(encoder)
    origin = _origin(offsets, asked, spoken)
    moved = offsets.centred(asked, spoken, origin)
    originals: NDArray[np.bool_] = analysis.table[Col.DUPLICATE_OF].is_null().to_numpy()
    judge = VectorIndex(analysis.vectors, Unrelated(asked, spoken), originals, codes)
    return Indexes(offsets, origin, moved, judge, VectorIndex(centred, Unrelated(moved), originals, codes))


def _origin(offsets: LanguageOffsets, asked: Vectors, spoken: list[str]) -> Vectors:
    origin: Vectors = (asked - offsets.of(spoken)).mean(axis=0)
    return origin


def _shifted(analysis: Analysis, offsets: LanguageOffsets) -> Shifted:
    """Return the posts' vectors less their language's offset, worked out when they are read."""
    place = {name: number for number, name in enumerate(offsets.names)}
    group = analysis.table[Col.LANG].replace_strict(place, default=len(place), return_dtype=pl.UInt16)
    away = np.vstack([offsets.overall + offsets.shift, offsets.overall[None]])
    return Shifted(analysis.vectors, group.to_numpy(), away)
