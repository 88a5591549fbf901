"""Compared texts ─▶ groups of copies, each with one representative.

Exact copies have the same compared text, upper and lower case aside. Near copies are looked for among
texts that share word sequences (``copy_words``), and taken as such only where their words agree in
detail (``near_copies``). Each near copy is held against the representative itself, never against another
copy, so that a chain of small changes cannot carry a group from one report to a different one.

A group's representative is whole rather than cut short, then the most frequent of its texts, then the
earliest in the file; among texts cut short, the longest.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ctse_core.text.copy_words import BANDS, Texts, band_groups, numbered, read_texts, shared_groups, whole_keys
from ctse_core.text.near_copies import is_near_copy, may_be_near
from ctse_core.types import Progress, Rows, Spread, joined_pieces, no_progress

MOST_CANDIDATES = 24
"""Representatives that one text is held against in each band; a popular phrase would ask for thousands."""


@dataclass(frozen=True)
class DuplicateSettings:
    """What may be chosen about copies."""

    near: bool = field(
        default=True,
        metadata={
            "label": "Collapse near copies",
            "help": "Also collapse posts that were cut short, introduced, remarked on or mistyped once.",
        },
    )


@dataclass(frozen=True)
class Duplicates:
    """Groups of copies among n posts.

    ``representative`` (n,) row of each post's representative, its own on representatives;
    ``unique_rows`` (u,) the representatives, ascending; ``unique_of`` (n,) position in ``unique_rows``;
    ``copies`` (n,) posts in each post's group; ``exact`` and ``near`` posts collapsed for either reason.
    """

    representative: NDArray[np.int64]
    unique_rows: NDArray[np.int64]
    unique_of: NDArray[np.int64]
    copies: NDArray[np.int32]
    exact: int
    near: int


def collapse_duplicates(
    compared: Sequence[str] | pl.Series,
    settings: DuplicateSettings | None = None,
    progress: Progress = no_progress,
    spread: Spread = joined_pieces,
) -> Duplicates:
    """Group the copies among normalised texts; the same texts in the same order give the same groups.

    Texts of nothing but links, handles or emoji are copies of those that are equal to them.
    """
    settings = settings or DuplicateSettings()
    count = len(compared)
    progress(0.0, f"Looking for copies among {count:,} posts.")
    texts = compared if isinstance(compared, pl.Series) else pl.Series(list(compared), dtype=pl.Utf8)
    first, read = read_texts(texts, spread, lambda share: progress(0.4 * share, f"Reading {count:,} posts for copies."))
    distinct, counts = np.unique(first, return_counts=True)
    representative = first
    if settings.near:
        progress(0.4, f"Looking for near copies among {len(distinct):,} different texts.")
        leader = np.arange(count, dtype=np.int64)
        leader[distinct] = distinct[_leaders(numbered(read[distinct]), counts, progress)]
        representative = leader[first]
    unique_rows, unique_of, sizes = np.unique(representative, return_inverse=True, return_counts=True)
    progress(1.0, f"{len(unique_rows):,} of {count:,} posts differ.")
    return Duplicates(
        representative=representative,
        unique_rows=unique_rows,
        unique_of=unique_of.astype(np.int64),
        copies=sizes[unique_of].astype(np.int32),
        exact=count - len(distinct),
        near=len(distinct) - len(unique_rows),
    )


def _leaders(texts: Texts, posts: NDArray[np.int64], progress: Progress) -> NDArray[np.int64]:
    """Return (m,) the representative of each of the different texts, which ``posts`` (m,) posts have."""
    known = Known(texts, band_groups(texts), shared_groups(whole_keys(texts), texts.lengths > 0))
    leader = np.arange(len(texts), dtype=np.int64)
    for text, found in follow(known, precedence(texts, posts), progress).items():
        leader[text] = found
    return leader


@dataclass(frozen=True)
class Known:
    """By what a text finds those before it: the ``groups`` (m, bands) of texts that share a key in each band with it,
    and the group (m,) of the ``same`` words, -1 for none.

    ``bands`` and ``worded`` are the texts that stand for themselves so far, by these groups.
    """

    texts: Texts
    groups: NDArray[np.int32]
    same: NDArray[np.int32]
    bands: list[dict[int, list[int]]] = field(default_factory=lambda: [{} for _ in range(BANDS)])
    worded: dict[int, list[int]] = field(default_factory=dict)

    def stands(self, text: int, own: Sequence[int]) -> None:
        """Take a text that copies none among those that others are held against."""
        for band, group in zip(self.bands, own, strict=True):
            if group >= 0:
                others = band.setdefault(group, [])
                if len(others) < MOST_CANDIDATES:
                    others.append(text)
        if self.same[text] >= 0:
            self.worded.setdefault(int(self.same[text]), []).append(text)

    def found(self, text: int, own: Sequence[int]) -> int | None:
        """Return the text that this one is a copy of, None where it is none."""
        if self.same[text] >= 0:
            numbers = self.texts.numbers(text)
            for other in self.worded.get(int(self.same[text]), ()):
                if np.array_equal(self.texts.numbers(other), numbers):
                    return other
        return next((other for other in _candidates(self.bands, own) if self._copies(other, text)), None)

    def _copies(self, representative: int, text: int) -> bool:
        numbers, others = self.texts.numbers(representative).tolist(), self.texts.numbers(text).tolist()
        cut = bool(self.texts.cut[representative if len(numbers) <= len(others) else text])
        if not may_be_near(numbers, others, cut):
            return False
        return is_near_copy(self.texts.spelled(representative), self.texts.spelled(text), cut)


def follow(known: Known, order: Rows, progress: Progress = no_progress) -> dict[int, int]:
    """Return for each text of ``order`` that copies an earlier one that one.

    A text that copies none is from then on among the ``known``, which is changed.
    """
    leader: dict[int, int] = {}
    order = order[(known.groups[order] >= 0).any(axis=1)]  # the others share nothing with anybody
    for done, text in enumerate(order.tolist()):
        if done % 5_000 == 0:
            progress(0.4 + 0.6 * done / len(order), f"Compared {done:,} of {len(order):,} texts that are alike.")
        own = known.groups[text].tolist()
        found = known.found(text, own)
        if found is None:
            known.stands(text, own)
        else:
            leader[text] = found
    return leader


def precedence(texts: Texts, posts: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the texts in the order in which they become representatives, before their copies."""
    longest_first = np.where(texts.cut, -texts.lengths, 0)
    return np.lexsort((np.arange(len(texts)), longest_first, -posts, texts.cut))


def _candidates(bands: list[dict[int, list[int]]], groups: Sequence[int]) -> Iterator[int]:
    """Yield the representatives that share two keys, each once; near copies share a third of them."""
    met_once: set[int] = set()
    yielded: set[int] = set()
    for band, group in zip(bands, groups, strict=True):
        if group < 0:
            continue
        for candidate in band.get(group, ()):
            if candidate not in met_once:
                met_once.add(candidate)
            elif candidate not in yielded:
                yielded.add(candidate)
                yield candidate
