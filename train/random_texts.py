"""Texts that nobody wrote: words and word pieces of a language in random order, to ask an encoder what it knows.

Of many a language the pairs hold few words, the vocabulary many, and the teacher knows them. What it says of random
texts tells a bag of token vectors where each word lies (refit.py), without another corpus.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ctse_core.encoders.static import StaticEncoder

SHORTEST, LONGEST = 2, 11  # words of a text
MOST_LETTERS = 400
UNSPACED = frozenset({"ja", "km", "lo", "my", "th", "zh"})
OF_PIECES = 0.5  # share of the texts that are made of word pieces rather than of whole words
_RESTS = (0, 0, 0, 1, 1, 2)  # pieces that follow a word's first one, each as likely
_STRETCH = re.compile(r".{2,6}", re.DOTALL)
_MARK = "▁"  # begins a piece that begins a word
_SEEN = 0.01  # share of a language's letters from which on a script is one of its own


@dataclass(frozen=True)
class Makings:
    """What texts of a language are made of: whole words, first pieces of words, further pieces, what joins words."""

    words: Sequence[str]
    starts: Sequence[str]
    rests: Sequence[str]
    space: str


def makings(texts: Mapping[str, Sequence[str]], encoder: StaticEncoder) -> dict[str, Makings]:
    """Return the makings of each language from some of its ``texts`` and from the encoder's vocabulary.

    A language's pieces are those its texts use, and all in scripts that no other of the languages writes.
    """
    pieces = _pieces(encoder)
    script_of = {number: _script(piece) for number, piece in pieces.items()}
    written = {language: _scripts(some) for language, some in texts.items()}
    claims = Counter(script for scripts in written.values() for script in scripts)
    made = {}
    for language, some in texts.items():
        alone = {script for script in written[language] if claims[script] == 1}
        used = {number for ids in encoder.ids(some) for number in ids}
        own = [pieces[number] for number in pieces if number in used or script_of[number] in alone]
        made[language] = Makings(
            words=_words(language, some),
            starts=[piece[1:] for piece in own if piece.startswith(_MARK) and len(piece) > 1],
            rests=[piece for piece in own if not piece.startswith(_MARK)],
            space="" if language in UNSPACED else " ",
        )
    return made


def random_texts(parts: Makings, count: int, seed: int) -> list[str]:
    """Return ``count`` texts of 2 to 11 words; half are made of whole words, half of pieces, each drawn evenly."""
    draw = np.random.default_rng(seed)
    whole = not (parts.starts and parts.rests)
    return [
        parts.space.join(
            _made_word(parts, draw) if pieced else _one_of(parts.words, draw)
            for _ in range(draw.integers(SHORTEST, LONGEST + 1))
        )[:MOST_LETTERS]
        for pieced in (draw.random(count) < OF_PIECES) & (not whole)
    ]


def _made_word(parts: Makings, draw: np.random.Generator) -> str:
    if not parts.space:  # most pieces of such scripts begin no word
        return _one_of(parts.rests if draw.random() < 0.7 else parts.starts, draw)
    more = _RESTS[int(draw.integers(len(_RESTS)))]
    return _one_of(parts.starts, draw) + "".join(_one_of(parts.rests, draw) for _ in range(more))


def _one_of(some: Sequence[str], draw: np.random.Generator) -> str:
    return some[int(draw.integers(len(some)))]


def _words(language: str, texts: Sequence[str]) -> list[str]:
    """Return the different words, or where none are spaced off, stretches of two to six letters as they stand."""
    if language not in UNSPACED:
        return sorted({word for text in texts for word in text.split()})
    return sorted({run for text in texts for run in _STRETCH.findall(text)}) or sorted(set(texts))


def _pieces(encoder: StaticEncoder) -> dict[int, str]:
    """Return the pieces of the vocabulary that hold letters, by number."""
    backend = encoder.tokens.backend
    every = {number: backend.id_to_token(number) for number in range(backend.get_vocab_size())}
    return {number: piece for number, piece in every.items() if piece and any(map(str.isalpha, piece))}


def _script(piece: str) -> str:
    """Return the script of a piece's letters, empty where there are several."""
    scripts = {_script_of(letter) for letter in piece if letter.isalpha()}
    return scripts.pop() if len(scripts) == 1 else ""


def _script_of(letter: str) -> str:
    return unicodedata.name(letter, "").split(" ", 1)[0]


def _scripts(texts: Sequence[str]) -> set[str]:
    """Return the scripts that make up at least a hundredth of the texts' letters."""
    letters: Counter[str] = Counter()
    for text in texts:
        letters.update(text)
    counts: dict[str, int] = defaultdict(int)
    for letter, count in letters.items():
        if letter.isalpha():
            counts[_script_of(letter)] += count
    everything = sum(counts.values())
    return {script for script, count in counts.items() if count >= _SEEN * everything}


def uses_of(encoder: StaticEncoder, batches: Sequence[Sequence[str]]) -> NDArray[np.int64]:
    """Return how often each token (v,) of the encoder occurs in the texts of all batches."""
    counts = np.zeros(encoder.tokens.backend.get_vocab_size(), np.int64)
    for texts in batches:
        flat, _ = encoder.tokens.flat_ids(texts)
        counts += np.bincount(np.asarray(flat), minlength=len(counts))
    return counts
