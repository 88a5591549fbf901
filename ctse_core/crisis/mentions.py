"""Posts ─▶ where names of places stand in them: all names of the gazetteer at once, word by word (Aho-Corasick)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ctse_core.crisis.gazetteer import Gazetteer
from ctse_core.crisis.place_words import cut_forms, script_of, unspaced_pattern, words_of
from ctse_core.types import Progress, no_progress
from ctse_core.words import mark

_ASSETS = Path(__file__).parents[2] / "assets" / "places"
FOUND_SCHEMA: dict[str, Any] = {
    "position": pl.Int64,
    "start": pl.Int64,
    "end": pl.Int64,
    "name": pl.Utf8,
    "first": pl.Int64,
    "words": pl.Int64,
    "cut": pl.Boolean,
}
_UNKNOWN = 0
_NOT_ARABIC = frozenset("یکگپچژٹڈڑںےھہۀەێۆڕڵڤټځڅډړږښڼۍې")  # letters of languages that glue nothing before names


@dataclass(frozen=True)
class Words:
    """The words of all posts below each other: ``ids`` (w,) into ``vocabulary``, where each stands, and in which post.

    ``vocabulary[0]`` stands for no word; there is one of it between two posts.
    """

    vocabulary: list[str]
    ids: NDArray[np.int32]
    starts: NDArray[np.int32]
    ends: NDArray[np.int32]
    posts: NDArray[np.int32]


@cache
def common_words() -> tuple[frozenset[str], frozenset[str]]:
    """Return names of places that are also words of some language, and those that are rather people's or things'."""
    lines = [
        line
        for line in (_ASSETS / "common_words.txt").read_text(encoding="utf-8").splitlines()
        if line and line[0] != "#"
    ]
    words = frozenset(line for line in lines if line[0] != "*")
    return words, frozenset(line[1:] for line in lines if line[0] == "*")


@cache
def words_around(sort: str) -> frozenset[str]:
    """Return the words, folded, of many languages that stand around names.

    ``sort``: "before" places, "kinds" of places, "nature", "storms", "titles" of people, "speaking", "compass",
    "particles" (Korean ones behind a name).
    """
    written = json.loads((_ASSETS / "words_around.json").read_text(encoding="utf-8"))
    return frozenset(written[sort].split())


def read_words(texts: Sequence[str], progress: Progress = no_progress) -> Words:
    """Return the words of ``texts`` (n,) with their places."""
    numbers: dict[str, int] = {"": _UNKNOWN}
    ids: list[int] = []
    starts: list[int] = []
    ends: list[int] = []
    posts: list[int] = []
    for post, text in enumerate(texts):
        if post % 5000 == 0:
            progress(post / len(texts), mark("Looking for places"))
        for word, start, end in words_of(text):
            ids.append(numbers.setdefault(word, len(numbers)))
            starts.append(start)
            ends.append(end)
            posts.append(post)
        ids.append(_UNKNOWN)
        starts.append(0)
        ends.append(0)
        posts.append(post)
    arrays = (np.asarray(column, dtype=np.int32) for column in (ids, starts, ends, posts))
    return Words(list(numbers), *arrays)


def find_names(texts: Sequence[str], words: Words, gazetteer: Gazetteer) -> pl.DataFrame:
    """Return where names of the gazetteer stand in ``texts``: rows of FOUND_SCHEMA, the longest name at each place.

    ``first`` is the number of its first word among ``words``; ``cut`` is whether an ending was cut off.
    """
    shared = _shared_names(words.vocabulary, gazetteer)
    if not shared.names:
        return pl.DataFrame(schema=FOUND_SCHEMA)
    rows: list[tuple[Any, ...]] = []
    cut, (common, _) = shared.cut[words.ids], common_words()
    sequence = tuple(shared.numbered[words.ids].tolist())
    for first, count, name in _longest(_automaton(shared), sequence, shared.lengths):
        last = first + count - 1
        start, end, post = int(words.starts[first]), int(words.ends[last]), int(words.posts[first])
        text = texts[post]
        if count == 1 and text[start].islower() and shared.names[name] in common:
            continue  # a word of some language, written as words are
        if _spelled(text, words, first, count) or (cut[first] and not _NOT_ARABIC.isdisjoint(text[start:end])):
            continue
        if _bounded(text, start, end):
            rows.append((post, start, end, shared.names[name], first, count, bool(cut[first : last + 1].any())))
    return pl.DataFrame(rows, schema=FOUND_SCHEMA, orient="row")


@dataclass(frozen=True)
class _Shared:
    """Names that may stand in the posts: ``keys`` are the numbers of their words, ``lengths`` how many these are.

    ``numbered`` is the number of each word of the vocabulary, 0 where no name has it; ``cut`` whether an ending had to
    be cut off for that.
    """

    names: list[str]
    keys: list[tuple[int, ...]]
    lengths: NDArray[np.int64]
    numbered: NDArray[np.int64]
    cut: NDArray[np.bool_]


def _shared_names(vocabulary: list[str], gazetteer: Gazetteer) -> _Shared:
    """Return the names all of whose words occur in the posts, so that the automaton stays small.

    Names of several words also as one, as hashtags write them.
    """
    forms = _forms(vocabulary)
    unique = gazetteer.names.select(pl.col("name").unique(maintain_order=True))
    split = unique.with_columns(pl.col("name").str.split(" ").alias("word"), pl.int_range(pl.len()).alias("row"))
    glued = unique.filter(pl.col("name").str.contains(" ", literal=True)).with_columns(
        pl.col("name").str.replace_all(" ", "").alias("word")
    )
    glued = glued.filter(pl.col("word").str.len_chars() > 5).join(forms, left_on="word", right_on="form", how="semi")
    exploded = split.explode("word").join(forms.select("form").unique(), left_on="word", right_on="form", how="semi")
    complete = exploded.group_by("row").agg(pl.len().alias("there"))
    kept = split.join(complete, on="row").filter(pl.col("there") == pl.col("word").list.len())["name"].to_list()
    parts = [(name, name.split(" ")) for name in kept] + [(name, [word]) for name, word in glued.iter_rows()]
    numbers: dict[str, int] = {}
    keys = [tuple(numbers.setdefault(word, len(numbers) + 1) for word in words) for _, words in parts]
    numbered = np.zeros(len(vocabulary), np.int64)
    cut = np.zeros(len(vocabulary), bool)
    for word, form, order in forms.select("word", "form", "order").iter_rows():
        if not numbered[word] and form in numbers:
            numbered[word], cut[word] = numbers[form], order > 0
    lengths = np.asarray([len(key) for key in keys], dtype=np.int64)
    return _Shared([name for name, _ in parts], keys, lengths, numbered, cut)


def _forms(vocabulary: list[str]) -> pl.DataFrame:
    """Return what each word may stand for: itself, and itself without what is glued to names; the likeliest first."""
    words: list[int] = []
    forms: list[str] = []
    orders: list[int] = []
    for number, word in enumerate(vocabulary):
        if not word:
            continue
        several = [word, *cut_forms(word)] if len(word) > 3 and not word.isascii() else [word]
        words += [number] * len(several)
        forms += several
        orders += range(len(several))
    return pl.DataFrame({"word": words, "form": forms, "order": orders}, schema_overrides={"form": pl.Utf8})


def _automaton(shared: _Shared) -> Any:
    """Return the automaton over names as sequences of numbers of words (Aho and Corasick 1975)."""
    import ahocorasick

    automaton = ahocorasick.Automaton(ahocorasick.STORE_INTS, ahocorasick.KEY_SEQUENCE)
    for place in range(len(shared.keys) - 1, -1, -1):  # a name that stands for itself wins over a glued one
        automaton.add_word(shared.keys[place], place)
    automaton.make_automaton()
    return automaton


def _longest(automaton: Any, sequence: tuple[int, ...], lengths: NDArray[np.int64]) -> list[tuple[int, int, int]]:
    """Return first word, number of words and name of each find; of finds that overlap the longest, then the first."""
    found = [(last - int(lengths[name]) + 1, int(lengths[name]), name) for last, name in automaton.iter(sequence)]
    kept: list[tuple[int, int, int]] = []
    for one in sorted(found):
        while kept and one[0] < kept[-1][0] + kept[-1][1] and one[1] > kept[-1][1]:
            kept.pop()
        if not kept or one[0] >= kept[-1][0] + kept[-1][1]:
            kept.append(one)
    return kept


def _spelled(text: str, words: Words, first: int, count: int) -> bool:
    """Return whether these are letters with blanks between them: "r u", which is no United Kingdom as "R.U." is."""
    if count == 1 or (words.ends[first : first + count] - words.starts[first : first + count]).max() > 1:
        return False
    said = text[words.starts[first] : words.ends[first + count - 1]]
    return said.lower() != said.upper() and said.replace(" ", "").isalpha()


def _bounded(text: str, start: int, end: int) -> bool:
    """Return whether a name may begin and end here, in scripts that set no blanks between words."""
    unspaced = unspaced_pattern()
    if not unspaced.match(text[start]):
        return True
    script, said = script_of(text[start]), text[start:end]
    before, after = text[start - 1 : start], text[end : end + 1]
    if script == "HANGUL":
        rest = _run(text, end, "HANGUL")
        return not (before and script_of(before) == "HANGUL") and (not rest or rest in words_around("particles"))
    if script == "KATAKANA":
        return not any(letter and script_of(letter) == "KATAKANA" for letter in (before, after))
    if script in ("THAI", "LAO", "KHMER", "MYANMAR"):
        return len(said) >= 4
    return len(said) >= 2 and script != "HIRAGANA"


def _run(text: str, start: int, script: str) -> str:
    end = start
    while end < len(text) and script_of(text[end]) == script:
        end += 1
    return text[start:end]


def names_in(text: str, gazetteer: Gazetteer) -> pl.DataFrame:
    """Return where names of the gazetteer stand in one text, for a person who asks about one post."""
    return find_names([text], read_words([text]), gazetteer)
