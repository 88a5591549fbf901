"""Compared texts ─▶ groups of copies, each with one representative.

Exact copies have the same compared text, upper and lower case aside. Near copies are looked for among
texts that share word sequences (MinHash, Broder 1997), and taken as such only where their words agree in
detail (``near_copies``). Each near copy is held against the representative itself, never against another
copy, so that a chain of small changes cannot carry a group from one report to a different one.

A group's representative is whole rather than cut short, then the most frequent of its texts, then the
earliest in the file; among texts cut short, the longest.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ctse_core.text.near_copies import is_near_copy
from ctse_core.text.normalise import HANDLE, LINK
from ctse_core.types import Progress, no_progress

_SEQUENCE = 3  # words that are hashed together
_BANDS = 16
_MOST_CANDIDATES = 24
"""Representatives that one text is held against in each band; a popular phrase would ask for thousands."""
_READ, _TAIL = 1_000, 200  # characters of a text that are cut into words; characters looked at for a cut
_PLACEHOLDER = re.compile(f"{LINK}|{HANDLE}")
# Where sharing broke a post off: dots, behind them nothing but signs, hashtags and where it was shared from.
_CUT = re.compile(r"\.\.\.[^\w#]*(?:(?:via|by|rt|#\w+)[^\w#]*){0,4}$")
# Scripts without spaces: every character is a word of its own.
_WORD = re.compile(
    "[\u0e01-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"
    r"|[^\W_][^\s\"#()*+,./:;<=>?@\[\]^_`{|}~!$%&\-。、！？「」]*"
)


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


class _Text(NamedTuple):
    """A distinct text: the first row that has it, how many have it, its words, whether dots end it."""

    row: int
    posts: int
    words: tuple[str, ...]
    cut: bool


def collapse_duplicates(
    compared: Sequence[str], settings: DuplicateSettings | None = None, progress: Progress = no_progress
) -> Duplicates:
    """Group the copies among normalised texts; the same texts in the same order give the same groups.

    Texts of nothing but links, handles or emoji are copies of those that are equal to them.
    """
    settings = settings or DuplicateSettings()
    progress(0.0, f"Looking for copies among {len(compared):,} posts.")
    first_row: dict[str, int] = {}
    first = np.fromiter(
        (first_row.setdefault(text.casefold(), row) for row, text in enumerate(compared)),
        dtype=np.int64,
        count=len(compared),
    )
    distinct, counts = np.unique(first, return_counts=True)
    representative = first
    if settings.near:
        texts = [_read(compared[row], int(row), int(count)) for row, count in zip(distinct, counts, strict=True)]
        progress(0.3, f"Looking for near copies among {len(texts):,} different texts.")
        leader = np.arange(len(compared), dtype=np.int64)
        leader[distinct] = _leaders(texts, progress)
        representative = leader[first]
    unique_rows, unique_of, sizes = np.unique(representative, return_inverse=True, return_counts=True)
    progress(1.0, f"{len(unique_rows):,} of {len(compared):,} posts differ.")
    return Duplicates(
        representative=representative,
        unique_rows=unique_rows,
        unique_of=unique_of.astype(np.int64),
        copies=sizes[unique_of].astype(np.int32),
        exact=len(compared) - len(distinct),
        near=len(distinct) - len(unique_rows),
    )


def _read(text: str, row: int, count: int) -> _Text:
    bare = _PLACEHOLDER.sub(" ", text) if LINK in text or HANDLE in text else text
    bare = bare.lower()
    cut = _CUT.search(bare[-_TAIL:])
    if cut:
        bare = bare[: len(bare) - min(_TAIL, len(bare)) + cut.start()]
    words = _WORD.findall(bare[:_READ])
    if len(bare) > _READ:  # what lies beyond must be equal: one word stands for all of it
        words.append(blake2b(bare[_READ:].encode("utf-8", "replace"), digest_size=8).hexdigest() + "0")
    return _Text(row, count, tuple(words), cut is not None)


def _leaders(texts: list[_Text], progress: Progress) -> NDArray[np.int64]:
    """Return for each text the row of its representative."""
    order = sorted(range(len(texts)), key=lambda i: _precedence(texts[i]))
    following = follow(texts, order, Known(_band_keys([text.words for text in texts])), progress)
    return np.array([following.get(text.row, text.row) for text in texts], dtype=np.int64)


@dataclass(frozen=True)
class Known:
    """By what a text finds those before it: its own ``keys`` (m, bands), the places of texts with a key in each band,
    and those with the same words.
    """

    keys: NDArray[np.uint64]
    bands: list[dict[int, list[int]]] = field(default_factory=lambda: [{} for _ in range(_BANDS)])
    same_words: dict[tuple[str, ...], int] = field(default_factory=dict)


def follow(texts: list[_Text], order: Sequence[int], known: Known, progress: Progress = no_progress) -> dict[int, int]:
    """Return for the row of each text that copies an earlier one the row of that one; ``order`` are their places.

    A text that copies none is from then on among the ``known``, which is changed.
    """
    leader: dict[int, int] = {}
    for done, place in enumerate(order):
        if done % 5_000 == 0:
            progress(0.3 + 0.7 * done / len(order), f"Compared {done:,} of {len(order):,} different texts.")
        text = texts[place]
        if not text.words:
            continue
        own_keys = known.keys[place].tolist()
        found = known.same_words.get(text.words)
        if found is None:
            near = _candidates(known.bands, own_keys)
            found = next((other for other in near if _copies(texts[other], text)), None)
        if found is not None:
            leader[text.row] = texts[found].row
            continue
        known.same_words[text.words] = place
        for band, key in zip(known.bands, own_keys, strict=True):
            band.setdefault(key, []).append(place)
    return leader


def _precedence(text: _Text) -> tuple[bool, int, int, int]:
    """Return what sorts representatives before their copies."""
    return text.cut, -text.posts, -len(text.words) if text.cut else 0, text.row


def _copies(representative: _Text, text: _Text) -> bool:
    shorter = representative if len(representative.words) <= len(text.words) else text
    return is_near_copy(representative.words, text.words, shorter.cut)


def _candidates(bands: list[dict[int, list[int]]], keys: list[int]) -> Iterator[int]:
    """Yield the representatives that share two keys, each once; near copies share a third of them."""
    met_once: set[int] = set()
    yielded: set[int] = set()
    for band, key in zip(bands, keys, strict=True):
        for candidate in band.get(key, ())[:_MOST_CANDIDATES]:
            if candidate not in met_once:
                met_once.add(candidate)
            elif candidate not in yielded:
                yielded.add(candidate)
                yield candidate


def _band_keys(words: list[tuple[str, ...]]) -> NDArray[np.uint64]:
    """Return (u, bands) MinHash values over the sequences of _SEQUENCE words of each text.

    Two texts agree in a band about as often as their sequences overlap. A text without words gets zeros.
    """
    numbers: dict[str, int] = {}
    lengths = np.fromiter(map(len, words), dtype=np.int64, count=len(words))
    flat = np.fromiter(
        (numbers.setdefault(word, len(numbers)) for text in words for word in text),
        dtype=np.uint64,
        count=int(lengths.sum()),
    )
    ends = np.cumsum(lengths)
    hashed = _mixed(flat)
    rolled = hashed.copy()
    for step in range(1, _SEQUENCE):  # sequences that would run into the next text stay shorter
        last = np.repeat(ends, lengths) - np.arange(len(flat)) > step
        following = np.zeros_like(hashed)
        following[:-step] = hashed[step:]
        rolled = _mixed(rolled * np.uint64(31) + np.where(last, following, np.uint64(0)))
    keys = np.zeros((len(words), _BANDS), dtype=np.uint64)
    filled = np.flatnonzero(lengths)
    starts = (ends - lengths)[filled]
    for band in range(_BANDS):
        salted = _mixed(rolled ^ np.uint64(0x9E3779B97F4A7C15 * (band + 1) % 2**64))
        if len(filled):
            keys[filled, band] = np.minimum.reduceat(salted, starts)
    return keys


def _mixed(values: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Return well spread 64-bit hashes (the finaliser of splitmix64)."""
    mixed = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return mixed ^ (mixed >> np.uint64(31))
