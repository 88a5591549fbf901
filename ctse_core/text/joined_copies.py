"""Texts that come later ─▶ the earlier texts that they are copies of; groups that stand already stay as they are.

The rules are those of ``duplicates``: exact copies have the same compared text, near copies agree in detail with the
representative itself. A later text never becomes the representative of earlier ones, however well it would do.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ctse_core.text.duplicates import (
    _BANDS,
    DuplicateSettings,
    Known,
    _band_keys,
    _precedence,
    _read,
    _Text,
    follow,
)
from ctse_core.types import Progress, Rows, no_progress


def join_copies(
    earlier: Sequence[str],
    representative: NDArray,
    later: Sequence[str],
    settings: DuplicateSettings | None = None,
    progress: Progress = no_progress,
) -> Rows:
    """Return (m,) for each of the ``later`` texts the row of its representative among earlier + later texts (n + m).

    ``earlier`` are n normalised texts and ``representative`` (n,) the rows of theirs, which stay what they are.
    """
    settings = settings or DuplicateSettings()
    progress(0.0, f"Looking for copies among {len(later):,} new posts.")
    folded = [text.casefold() for text in later]
    first_row = _first_rows(earlier, representative, set(folded))
    first = np.fromiter(
        (first_row.setdefault(text, len(earlier) + row) for row, text in enumerate(folded)),
        dtype=np.int64,
        count=len(later),
    )
    if settings.near:
        distinct, counts = np.unique(first[first >= len(earlier)], return_counts=True)
        texts = [
            _read(later[row - len(earlier)], int(row), int(count)) for row, count in zip(distinct, counts, strict=True)
        ]
        progress(0.2, f"Looking for near copies of {len(texts):,} different texts.")
        leader = _leaders_beside([_read(earlier[row], row, 1) for row in np.unique(representative).tolist()], texts)
        first = np.array([leader.get(row, row) for row in first.tolist()], dtype=np.int64)
    progress(
        1.0, f"{len(np.unique(first[first >= len(earlier)])):,} of {len(later):,} new posts differ from all others."
    )
    return first


def _first_rows(earlier: Sequence[str], representative: NDArray, wanted: set[str]) -> dict[str, int]:
    """Return the representative's row of each ``wanted`` text that stands among the earlier ones."""
    rows: dict[str, int] = {}
    for row, text in enumerate(earlier):
        fold = text.casefold()
        if fold in wanted:
            rows.setdefault(fold, int(representative[row]))
    return rows


def _leaders_beside(settled: list[_Text], texts: list[_Text]) -> dict[int, int]:
    """Return for the row of each text that is a near copy the row of its representative, a settled one first."""
    everything = [*settled, *texts]
    keys = _band_keys([text.words for text in everything])
    bands: list[dict[int, list[int]]] = [{} for _ in range(_BANDS)]
    for place, band in enumerate(bands):  # most settled texts share nothing with the new ones
        asked = np.isin(keys[: len(settled), place], keys[len(settled) :, place])
        for row in np.flatnonzero(asked).tolist():
            band.setdefault(int(keys[row, place]), []).append(row)
    words_of_new = {text.words for text in texts}
    same_words: dict[tuple[str, ...], int] = {}
    for row, text in enumerate(settled):
        if text.words and text.words in words_of_new:
            same_words.setdefault(text.words, row)
    order = sorted(range(len(settled), len(everything)), key=lambda row: _precedence(everything[row]))
    return follow(everything, order, Known(keys, bands, same_words))
