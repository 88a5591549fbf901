"""A post ─▶ its words, for naming topics and searching by words, in every script.

A word is a run of letters with the marks that belong to them: Python's own ``\\w`` would tear "बाढ़" and
"বন্যা" apart. Chinese, Japanese, Thai, Lao, Khmer and Burmese, which set no spaces, are cut by the
dictionaries of ICU. A hashtag counts as one word and, where capitals show its parts, as those too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cache, lru_cache
from typing import Any

import polars as pl

from ctse_core.text.folding import folded
from ctse_core.text.lists import word_lists
from ctse_core.text.normalise import HANDLE, LINK
from ctse_core.text.plain import HASHTAG, hashtag_words
from ctse_core.text.stopwords import stopwords
from ctse_core.types import Progress, Spread, joined_pieces, no_progress

LONGEST = 40
"""Letters of a word; a longer run is a key, a checksum or a scream."""
# A single Chinese character is mostly a piece of a foreign name; these are words in a crisis.
_HAN_WORDS = frozenset(
    "水火雪雨风風血药藥粮糧米油电電路桥橋山河海村城县縣死伤傷家车車船校钱錢树樹石土雾霾冰雷饭飯肉奶床灯燈"
)
_UNSPACED = r"\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}ー"
# Languages that write an apostrophe inside a word; others set it between two words.
_APOSTROPHE_INSIDE = frozenset(("uk", "be", "uz", "so", "gn", "ha", "sw", "he", "qu"))
# Languages in which what follows an apostrophe is an ending ("İzmir'de", "people's").
_ENDING_BEHIND = frozenset(("tr", "az", "en"))
# Particles that Korean sets behind a noun, the longest first.
_KOREAN_PARTICLES = ("에서는", "으로", "에서", "에게", "까지", "부터", "에는", "은", "는", "을", "를", "에")


def tokens(text: str, lang: str | None = None, numbers: bool = False) -> list[str]:
    """Return the words of a normalised text in their order, folded, without the stop words of ``lang``.

    Numbers are left out unless asked for; words that mix letters and digits ("h1n1") stay.
    """
    patterns = _patterns()
    if LINK in text:
        text = text.replace(LINK, " ")
    if HANDLE in text:
        text = text.replace(HANDLE, " ")
    if "#" in text or "\uff03" in text:
        text = HASHTAG.sub(_tag_and_parts, text)
    words: Iterable[str] = patterns["word"].findall(folded(text, lang))
    if patterns["unspaced"].search(text):
        words = _cut_unspaced(words, lang or "und")
    if "'" in text and lang not in _APOSTROPHE_INSIDE:
        most = 1 if lang in _ENDING_BEHIND else None
        words = [part for word in words for part in word.split("'")[:most]]
    if lang == "ko":
        words = map(_without_particle, words)
    stop = stopwords(lang)
    keep = _keeps_numbers if numbers else _keeps
    return [word for word in words if word not in stop and keep(word)]


def tokens_of_all(texts: Sequence[str], langs: Sequence[str], progress: Progress = no_progress) -> list[list[str]]:
    """Return the words of each text, read in the language that stands beside it."""
    both = pl.DataFrame({"text": texts, "lang": langs}, schema={"text": pl.Utf8, "lang": pl.Utf8})
    return words_of_all(both["text"], both["lang"], progress).to_list()


def words_of_all(
    texts: pl.Series, langs: pl.Series, progress: Progress = no_progress, spread: Spread = joined_pieces
) -> pl.Series:
    """Return a column of lists: the words of each text, read in the language that stands beside it."""
    count = len(texts)

    def tell(share: float) -> None:
        progress(share, f"Cutting posts into words: {int(share * count):,} of {count:,}.")

    cut = spread(words_of_texts, pl.DataFrame([texts.alias("text"), langs.alias("lang")]), {}, tell)
    progress(1.0, f"Cut {count:,} posts into words.")
    return cut["words"]


def words_of_texts(piece: pl.DataFrame) -> pl.DataFrame:
    """Return the "words" of each normalised text ("text"), read in its language ("lang")."""
    read = zip(piece["text"].to_list(), piece["lang"].to_list(), strict=True)
    return pl.DataFrame({"words": word_lists("words", [tokens(text, lang) for text, lang in read])})


def _tag_and_parts(tag: Any) -> str:
    whole = tag.group(1)
    parts = hashtag_words(whole)
    if len(parts) == 1 or "_" in whole:
        return " " + " ".join(parts) + " "
    return f" {whole} {' '.join(parts)} "


def _cut_unspaced(words: Iterable[str], lang: str) -> list[str]:
    """Return the words with those of unspaced scripts cut into theirs."""
    pieces, patterns = _pieces(), _patterns()
    cut: list[str] = []
    for word in words:
        if not patterns["unspaced"].search(word):
            cut.append(word)
            continue
        for run in patterns["run"].findall(word):
            cut += pieces(run, lang) if patterns["unspaced"].match(run) else [run]
    return cut


@lru_cache(maxsize=100_000)
def _keeps(word: str) -> bool:
    """Whether a folded word, written without spaces or not, may name a topic."""
    return _keeps_numbers(word) and not _patterns()["number"].fullmatch(word)


@lru_cache(maxsize=100_000)
def _keeps_numbers(word: str) -> bool:
    if not 1 < len(word) <= LONGEST:
        return word in _HAN_WORDS
    return not _patterns()["particle"].fullmatch(word)


def _without_particle(word: str) -> str:
    """Return a Korean word without the particle behind it, where two syllables remain."""
    for particle in _KOREAN_PARTICLES:
        if word.endswith(particle) and len(word) >= len(particle) + 2:
            return word[: -len(particle)]
    return word


@cache
def _patterns() -> dict[str, Any]:
    import regex

    return {
        "word": regex.compile(
            r"\p{N}+(?:[.,:]\p{N}+)+(?![\p{L}\p{M}])|[\p{L}\p{N}][\p{L}\p{M}\p{N}\u200c\u200dー]*(?:['·][\p{L}\p{M}]+)*"
        ),
        "unspaced": regex.compile(f"[{_UNSPACED}]"),
        "run": regex.compile(rf"[{_UNSPACED}\p{{M}}\u200c\u200d]+|[^{_UNSPACED}]+"),
        "number": regex.compile(r"\p{N}[\p{N}.,:]*(?:st|nd|rd|th|am|pm|km|mi|m|k|s|h|hrs?|mins?|x)?"),
        "particle": regex.compile(r"\p{Hiragana}{1,2}|ー.*"),
    }


@cache
def _pieces() -> Callable[[str, str], list[str]]:
    """Import ICU on first use and return how it cuts a run into words."""
    from icu4py.breakers import WordBreaker

    def pieces(run: str, lang: str) -> list[str]:
        return list(WordBreaker(run, lang))

    return pieces
