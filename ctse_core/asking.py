"""What is asked of an analysis: words, how they are looked for, posts to seek and to avoid; made ready to search."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ctse_core.errors import SettingError
from ctse_core.filters import Filter
from ctse_core.text import detect_languages, normalise, tokens
from ctse_core.types import UNDETERMINED
from ctse_core.words import t

Mode = Literal["hybrid", "meaning", "words"]
MODES: tuple[Mode, ...] = ("hybrid", "meaning", "words")
MOST_RESULTS = 1000

_QUOTED = re.compile('["“”„«»]([^"“”„«»]+)["“”„«»]')
_PATTERN = re.compile(r"\s*/(.+)/\s*", re.DOTALL)
_NO_LETTER = r"[^\p{L}\p{M}\p{N}]"
# Words of these scripts stand without spaces: a phrase of theirs has no edge to look for.
_UNSPACED = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]")


@dataclass(frozen=True)
class Question:
    """What is asked: the words, how they are looked for, how many posts are wanted, among which posts.

    ``rerank`` lets a closer encoder read the first hundred posts found by meaning, and put them in order. ``like`` and
    ``unlike`` are positions of posts to seek more of and to avoid; with them ``text`` may be empty. By words and by
    both, "words in quotes" must stand in a post as they are; by words, /this/ is a regular expression.
    """

    text: str
    mode: Mode = "hybrid"
    k: int = 20
    among: Filter = field(default_factory=Filter)
    rerank: bool = False
    like: tuple[int, ...] = ()
    unlike: tuple[int, ...] = ()


@dataclass(frozen=True)
class Asked:
    """A question's text made ready: as it is compared, its language and its words.

    ``patterns`` are regular expressions, in the syntax of the regex crate, that a post must hold, all of them.
    """

    text: str
    language: str
    words: Sequence[str]
    patterns: tuple[str, ...] = ()


def made_ready(question: Question) -> Asked:
    """Return the question's text made ready.

    Raises:
        SettingError: nothing is asked, or mode, count or pattern cannot be used.
    """
    if question.mode not in MODES:
        raise SettingError(
            t("“{mode}” is no way to search; choose one of {modes}.", mode=question.mode, modes=", ".join(MODES))
        )
    checked_count(question.k)
    text = normalise(question.text)
    if not text:
        if question.like:
            return Asked("", UNDETERMINED, ())
        raise SettingError(
            t("Posts to avoid are not enough: ask something, or choose a post to find more like it.")
            if question.unlike
            else t("Ask something: a word, a sentence, in any language.")
        )
    written = _PATTERN.fullmatch(question.text)
    if written and question.mode == "words":
        return Asked(text, UNDETERMINED, (), (_checked_pattern(written.group(1)),))
    phrases = () if question.mode == "meaning" else phrases_of(question.text)
    bare = normalise(_QUOTED.sub(r" \1 ", question.text)) or text
    language = detect_languages([bare])[0][0]
    return Asked(bare, language, tokens(bare, language), tuple(map(_bounded, phrases)))


def phrases_of(text: str) -> tuple[str, ...]:
    """Return what stands in quotes in a question, as it is compared."""
    return tuple(phrase for phrase in map(normalise, _QUOTED.findall(text)) if phrase)


def holding(texts: pl.Series, patterns: Sequence[str]) -> NDArray[np.bool_]:
    """Return (n,) which of ``texts`` (n,) hold every one of the patterns, case aside."""
    held = np.ones(len(texts), dtype=bool)
    for pattern in patterns:
        held &= texts.str.contains(f"(?i){pattern}").fill_null(False).to_numpy()
    return held


def checked_count(k: int) -> int:
    """Return ``k`` if so many posts can be asked for.

    Raises:
        SettingError: they cannot.
    """
    if not 1 <= k <= MOST_RESULTS:
        raise SettingError(t("Ask for 1 to {most:,} posts, not for {count:,}.", most=MOST_RESULTS, count=k))
    return k


def _bounded(phrase: str) -> str:
    """Return a pattern that finds the phrase as whole words, where its script sets words apart."""
    start = "" if _UNSPACED.match(phrase[0]) or not phrase[0].isalnum() else f"(?:^|{_NO_LETTER})"
    end = "" if _UNSPACED.match(phrase[-1]) or not phrase[-1].isalnum() else f"(?:$|{_NO_LETTER})"
    return f"{start}{_escaped(phrase)}{end}"


def _escaped(phrase: str) -> str:
    return re.sub(r"([\\.+*?()|\[\]{}^$#&\-~])", r"\\\1", phrase)


def _checked_pattern(pattern: str) -> str:
    try:
        pl.Series([""]).str.contains(pattern)
    except pl.exceptions.PolarsError as wrong:
        raise SettingError(
            t(
                "/{pattern}/ is no regular expression that can be used here; mend it, or leave out the strokes.",
                pattern=pattern[:80],
            )
        ) from wrong
    return pattern
