"""Where in a text as it was written its words and its parts stand, for marking them in any script."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cache, lru_cache
from itertools import pairwise
from typing import Any

from ctse_core.text.normalise import normalise
from ctse_core.text.tokens import tokens

SHORTEST = 12
"""Characters below which a sentence ("Help!!") goes with its neighbour."""
LONGEST_PART = 150
"""Characters from which a sentence is cut into clauses, and a run-on post without any into lines."""
LINE = 90
MOST_PARTS = 24
"""Parts of one post; a longer post has longer parts."""
_WIDE = 2.2  # letters that a Chinese, Japanese or Korean character is worth
_IDEOGRAPH = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_CLAUSE = re.compile("(?<=[,;:،؛、，；：।—–|…])\\s*|\n+")

Place = tuple[int, int]


def word_places(text: str, lang: str | None) -> Iterator[tuple[int, int, frozenset[str]]]:
    """Yield start, end and the words, as ``tokens`` counts them, of each word of a text as it was written."""
    patterns = _patterns()
    for found in patterns["word"].finditer(text):
        place = found.start()
        tag = "#" if place and text[place - 1] in "#＃" else ""
        for piece in _pieces(found.group(), lang or "und"):
            words = _words(tag + piece, lang)
            if words:
                yield place, place + len(piece), words
            place += len(piece)


def parts(text: str, lang: str | None) -> list[Place]:
    """Return start and end of the sentences of a text as it was written; of clauses where a sentence is long.

    Together they hold all that is not white space, in order, without overlap.
    """
    found: list[Place] = []
    for start, end in _sentences(text, lang or "und"):
        if _width(text[start:end]) <= LONGEST_PART:
            found.append((start, end))
            continue
        for clause in _joined(_cut(text, (start, end), _CLAUSE), text, LINE):
            if _width(text[clause[0] : clause[1]]) <= LONGEST_PART:
                found.append(clause)
            else:
                found += _joined(_lines(text, clause, lang or "und"), text, LINE)
    found = _joined(found, text, SHORTEST, short_only=True)
    while len(found) > MOST_PARTS:
        found = [(found[i][0], found[min(i + 1, len(found) - 1)][1]) for i in range(0, len(found), 2)]
    return [place for place in (_stripped(text, place) for place in found) if place[0] < place[1]]


def _width(text: str) -> float:
    return len(text) + (_WIDE - 1) * len(_IDEOGRAPH.findall(text))


def _sentences(text: str, lang: str) -> list[Place]:
    return _placed(_breakers()["sentence"](text, lang), 0)


def _lines(text: str, place: Place, lang: str) -> list[Place]:
    return _placed(_breakers()["line"](text[place[0] : place[1]], lang), place[0])


def _placed(segments: list[str], start: int) -> list[Place]:
    places = []
    for segment in segments:
        places.append((start, start + len(segment)))
        start += len(segment)
    return places


def _cut(text: str, place: Place, pattern: re.Pattern[str]) -> list[Place]:
    edges = [place[0] + found.end() for found in pattern.finditer(text[place[0] : place[1]])]
    edges = [place[0], *(edge for edge in edges if place[0] < edge < place[1]), place[1]]
    return list(pairwise(edges))


def _joined(places: list[Place], text: str, wanted: float, short_only: bool = False) -> list[Place]:
    """Join neighbours until each is about ``wanted`` wide; with ``short_only`` only those that are not."""
    joined: list[Place] = []
    for start, end in places:
        if joined:
            before = joined[-1]
            narrow = _width(text[before[0] : before[1]].strip()) < wanted
            if short_only:
                narrow |= _width(text[start:end].strip()) < wanted
            if narrow and (short_only or _width(text[before[0] : end].strip()) <= 1.3 * wanted):
                joined[-1] = (before[0], end)
                continue
        joined.append((start, end))
    return joined


def _stripped(text: str, place: Place) -> Place:
    inside = text[place[0] : place[1]]
    start = place[0] + len(inside) - len(inside.lstrip())
    return start, start + len(inside.strip())


@lru_cache(maxsize=50_000)
def _words(piece: str, lang: str | None) -> frozenset[str]:
    return frozenset(tokens(normalise(piece), lang))


def _pieces(run: str, lang: str) -> list[str]:
    return _breakers()["word"](run, lang) if _patterns()["unspaced"].search(run) else [run]


@cache
def _patterns() -> dict[str, Any]:
    import regex

    letter = r"\p{L}\p{M}\p{N}_\u200c\u200d\u0640ー"
    return {
        "word": regex.compile(rf"[\p{{L}}\p{{N}}_][{letter}]*(?:['’·.,:](?=[\p{{L}}\p{{N}}])[{letter}]+)*"),
        "unspaced": regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}]"),
    }


@cache
def _breakers() -> dict[str, Callable[[str, str], list[str]]]:
    """Import ICU on first use and return how it cuts texts into sentences, lines and words."""
    from icu4py.breakers import LineBreaker, SentenceBreaker, WordBreaker

    return {
        "sentence": lambda text, lang: list(SentenceBreaker(text, lang)),
        "line": lambda text, lang: list(LineBreaker(text, lang)),
        "word": lambda text, lang: list(WordBreaker(text, lang)),
    }
