"""Texts that come later ─▶ the earlier texts that they are copies of; groups that stand already stay as they are.

The rules are those of ``duplicates``: exact copies have the same compared text, near copies agree in detail with the
representative itself. A later text never becomes the representative of earlier ones, however well it would do.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ctse_core.text.copy_words import (
    BANDS,
    band_groups,
    first_rows,
    numbered,
    shared_groups,
    whole_keys,
    words_of_texts,
)
from ctse_core.text.duplicates import MOST_CANDIDATES, DuplicateSettings, Known, follow, precedence
from ctse_core.types import Progress, Rows, Spread, joined_pieces, no_progress


def join_copies(
    earlier: Sequence[str] | pl.Series,
    representative: NDArray,
    later: Sequence[str] | pl.Series,
    settings: DuplicateSettings | None = None,
    progress: Progress = no_progress,
    spread: Spread = joined_pieces,
) -> Rows:
    """Return (m,) for each of the ``later`` texts the row of its representative among earlier + later texts (n + m).

    ``earlier`` are n normalised texts and ``representative`` (n,) the rows of theirs, which stay what they are.
    """
    settings = settings or DuplicateSettings()
    count, added = len(earlier), len(later)
    progress(0.0, f"Looking for copies among {added:,} new posts.")
    both = pl.concat([pl.Series("text", texts, dtype=pl.Utf8) for texts in (earlier, later)]).to_frame()
    read = spread(words_of_texts, both, {}, lambda share: progress(0.2 * share, f"Reading {len(both):,} posts."))
    first = _first_rows(read["folded"], np.asarray(representative), count)
    if settings.near:
        distinct, posts = np.unique(first[first >= count], return_counts=True)
        progress(0.2, f"Looking for near copies of {len(distinct):,} different texts.")
        settled = np.unique(representative).astype(np.int64)
        leader = np.arange(count + added, dtype=np.int64)
        rows = np.concatenate([settled, distinct])
        leader[distinct] = rows[_leaders_beside(len(settled), read[rows], posts)]
        first = leader[first]
    different = len(np.unique(first[first >= count]))
    progress(1.0, f"{different:,} of {added:,} new posts differ from all others.")
    return first


def _first_rows(folded: pl.Series, representative: NDArray, count: int) -> Rows:
    """Return (m,) for each text behind the first ``count`` the representative of the first equal text, or that text."""
    first = first_rows(folded)[count:].copy()
    earlier = first < count
    first[earlier] = representative[first[earlier]]
    return first


def _leaders_beside(settled: int, read: pl.DataFrame, posts: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return (m,) the representative of each text of ``read`` behind the ``settled`` first ones, which stand."""
    texts = numbered(read)
    known = Known(texts, band_groups(texts), shared_groups(whole_keys(texts), texts.lengths > 0))
    for band in range(BANDS):
        groups = known.groups[:, band]
        asked = np.flatnonzero(np.isin(groups[:settled], groups[settled:]) & (groups[:settled] >= 0))
        for text, group in zip(asked.tolist(), groups[asked].tolist(), strict=True):
            others = known.bands[band].setdefault(group, [])
            if len(others) < MOST_CANDIDATES:
                others.append(text)
    same = known.same[:settled]
    for text in np.flatnonzero(np.isin(same, known.same[settled:]) & (same >= 0)).tolist():
        known.worded.setdefault(int(same[text]), []).append(text)
    order = precedence(texts, np.concatenate([np.ones(settled, dtype=np.int64), posts]))
    leader = np.arange(len(texts), dtype=np.int64)
    for text, found in follow(known, order[order >= settled]).items():
        leader[text] = found
    return leader[settled:]
