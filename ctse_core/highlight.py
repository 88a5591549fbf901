"""Why a post was found: the words it shares with the question, and the part of it that is nearest in meaning."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ctse_core.asking import Question, made_ready, phrases_of
from ctse_core.question import Searcher
from ctse_core.text import normalise, parts, word_places
from ctse_core.types import Col

Nearness = Callable[[Sequence[str], Sequence[str]], NDArray[np.float32]]
NEARNESS_TOLD = frozenset(("strong", "maybe", ""))
"""Bands of the posts whose nearest part is told; of a post that may be chance it would explain nothing."""


@dataclass(frozen=True)
class Piece:
    """A piece of a post's text, with what is to be marked: ``word`` it is shared, ``near`` it is the nearest part."""

    text: str
    word: bool = False
    near: bool = False


@dataclass(frozen=True)
class Reason:
    """Why one post was found: its text in ``pieces``, in order, and the ``words`` it shares, as written."""

    pieces: tuple[Piece, ...]
    words: tuple[str, ...] = ()

    @property
    def has_near(self) -> bool:
        """Whether a part is marked as the nearest."""
        return any(piece.near for piece in self.pieces)


def reasons(searcher: Searcher, question: Question, posts: pl.DataFrame) -> list[Reason]:
    """Return why each of ``posts`` (rows of an answer, those that are shown) was found.

    Parts are encoded, some two a post; what was encoded before is remembered by the searcher.

    Raises:
        SettingError: nothing is asked.
    """
    asked = made_ready(question)
    texts, languages = posts[Col.TEXT].to_list(), posts[Col.LANG].to_list()
    near: list[tuple[int, int] | None] = [None] * len(texts)
    told = [row for row, band in enumerate(posts["band"].to_list()) if band in NEARNESS_TOLD]
    if told and (question.mode != "words" or question.like or question.unlike):
        places = nearest_parts(
            [texts[row] for row in told], [languages[row] for row in told], searcher.nearness(question)
        )
        for row, place in zip(told, places, strict=True):
            near[row] = place
    words = frozenset(asked.words) if question.mode != "meaning" else frozenset()
    phrases = phrases_of(question.text) if question.mode != "meaning" else ()
    return [
        marked(text, shared_places(text, lang, words, phrases), place)
        for text, lang, place in zip(texts, languages, near, strict=True)
    ]


def nearest_parts(texts: Sequence[str], languages: Sequence[str], nearness: Nearness) -> list[tuple[int, int] | None]:
    """Return start and end of the part of each text that is nearest; None where a text has only one part."""
    places = [parts(text, lang) for text, lang in zip(texts, languages, strict=True)]
    several = [row for row, each in enumerate(places) if len(each) > 1]
    pieces = [normalise(texts[row][start:end]) for row in several for start, end in places[row]]
    spoken = [languages[row] for row in several for _ in places[row]]
    found: list[tuple[int, int] | None] = [None] * len(texts)
    if not pieces:
        return found
    similarity, begin = nearness(pieces, spoken), 0
    for row in several:
        end = begin + len(places[row])
        found[row] = places[row][int(np.argmax(similarity[begin:end]))]
        begin = end
    return found


def shared_places(text: str, lang: str, words: Collection[str], phrases: Sequence[str] = ()) -> list[tuple[int, int]]:
    """Return start and end of the words of a text that are among ``words``, and of the phrases, in order."""
    places = [(start, end) for start, end, found in word_places(text, lang) if not found.isdisjoint(words)]
    lowered = text.lower()
    for phrase in phrases if len(lowered) == len(text) else ():
        start = lowered.find(phrase.lower())
        while start >= 0:
            places.append((start, start + len(phrase)))
            start = lowered.find(phrase.lower(), start + len(phrase))
    return sorted(places)


def marked(text: str, shared: Sequence[tuple[int, int]], near: tuple[int, int] | None) -> Reason:
    """Return the text in pieces, cut where a mark begins or ends."""
    edges = sorted({0, len(text), *(edge for place in shared for edge in place), *(near or ())})
    pieces = []
    for start, end in pairwise(edges):
        inside = near is not None and near[0] <= start and end <= near[1]
        word = any(first <= start and end <= last for first, last in shared)
        pieces.append(Piece(text[start:end], word, inside))
    seen: dict[str, str] = {}
    for first, last in shared:
        seen.setdefault(text[first:last].lower(), text[first:last])
    return Reason(tuple(pieces), tuple(seen.values()))
