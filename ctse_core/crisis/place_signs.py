"""What speaks for and against a name being a place where it stands: capitals, words around it, how others use it.

Weights are logits, set by hand on posts that no figure is measured on.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from functools import lru_cache
from typing import Any

import polars as pl
import regex

from ctse_core.crisis.mentions import FOUND_SCHEMA, Words, common_words, words_around
from ctse_core.crisis.place_words import folded, script_of

_SHORT = {"CJK": 3, "HANGUL": 3, "KATAKANA": 3}  # letters under which a name says little
_ENDS = regex.compile(r"[.!?…:;\n。！？|(\[\"“”—–]|- ")
_CAPITAL_WORD = regex.compile(r"\b\p{Lu}")
_JOINING = frozenset("d de del des di do du".split())  # noqa: SIM905
_GLUED_BEFORE = ("ARABIC", "HEBREW")  # scripts in which a word of four letters may be a name of three
STORM_SHARE, STORM_LEAST = 0.04, 3


@dataclass(frozen=True)
class Sign:
    """How much speaks for a place where a name stands, in logits, and what does, as codes."""

    weight: float
    why: tuple[str, ...] = ()


def finds_in(texts: Sequence[str], words: Words, found: pl.DataFrame) -> pl.DataFrame:
    """Return ``found`` (FOUND_SCHEMA) with what stands around each name in its own post: rows of FINDS_SCHEMA."""
    rows = [tuple(getattr(one, name) for name in _AROUND) for one in _finds(texts, words, found)]
    around = pl.DataFrame(rows, schema={name: FINDS_SCHEMA[name] for name in _AROUND}, orient="row")
    return pl.concat([found, around], how="horizontal").select(*FINDS_SCHEMA)


def signs_of(finds: pl.DataFrame) -> list[Sign | None]:
    """Return the sign of each find of all posts; None where it is surely no place (a code not written as one)."""
    named = finds.select(field.name for field in fields(_Find))
    every = [_Find(*row) for row in named.iter_rows()]
    storms, small = _storms(every), _small(every)
    return [_sign(one, storms, small) for one in every]


@dataclass(frozen=True, slots=True)
class _Find:
    name: str
    said: str
    shape: str  # of the post: "mixed", "lower", "upper", "title"
    before: str  # the word before in the same sentence, folded
    after: str
    big_before: bool  # capitals there, no mark between
    big_after: bool
    opens: bool  # first word of a sentence
    letter_before: str
    letter_after: str
    goes_on: bool  # "Croix" of "Croix de Bouquet": a longer name that is not on the list
    beside: bool  # another name of a place stands right before
    cut: bool
    words: int


_AROUND = [field.name for field in fields(_Find) if field.name not in ("name", "cut", "words")]
FINDS_SCHEMA: dict[str, Any] = FOUND_SCHEMA | {
    name: pl.Utf8 if name in ("said", "shape", "before", "after", "letter_before", "letter_after") else pl.Boolean
    for name in _AROUND
}


def _finds(texts: Sequence[str], words: Words, found: pl.DataFrame) -> Iterator[_Find]:
    taken: set[int] = set()
    for first, count in found.select("first", "words").iter_rows():
        taken.update(range(first, first + count))
    for post, start, end, name, first, count, cut in found.iter_rows():
        text = texts[post]
        before = _neighbour(text, words, first - 1, start)
        if before[0] in ("of", "de", "del", "di", "do", "da", "des", "du"):
            further = _neighbour(text, words, first - 2, int(words.starts[first - 1]))
            before = further if further[0] in words_around("kinds") else before
        after = _neighbour(text, words, first + count, end)
        yield _Find(
            name=name,
            said=text[start:end],
            shape=shape_of(text),
            before=before[0],
            after=after[0],
            big_before=before[1] and first - 1 not in taken,
            big_after=after[1] and first + count not in taken,
            opens=before[2],
            letter_before=text[start - 1 : start],
            letter_after=text[end : end + 1],
            goes_on=_goes_on(text, words, first + count, end, taken),
            beside=first - 1 in taken,
            cut=cut,
            words=count,
        )


def _goes_on(text: str, words: Words, place: int, edge: int, taken: set[int]) -> bool:
    """Return whether "de", "du" or "de la" and a word with a capital, which is no name of a place, follow a name."""
    word, _, closed = _neighbour(text, words, place, edge)
    if closed or word not in _JOINING or text[edge : int(words.starts[place])].strip(" -"):
        return False
    for further in (place + 1, place + 2):
        word, big, closed = _neighbour(text, words, further, int(words.ends[further - 1]))
        if closed or word not in ("la", "las", "los", "l"):
            return big and (further not in taken or word in words_around("compass"))
    return False


def _neighbour(text: str, words: Words, place: int, edge: int) -> tuple[str, bool, bool]:
    """Return the word beside a name in the same sentence, whether it begins with a capital, whether there is none."""
    number = words.ids[place] if 0 <= place < len(words.ids) else 0
    if not number:
        return "", False, True
    start, end = int(words.starts[place]), int(words.ends[place])
    gap = text[end:edge] if end <= edge else text[edge:start]
    if _ENDS.search(gap):
        return "", False, True
    if "," in gap or "،" in gap or "、" in gap:
        return "", False, False
    return words.vocabulary[number], text[start].isupper() and gap.strip() in ("", "-"), False


@lru_cache(maxsize=4096)
def shape_of(text: str) -> str:
    """Return how a text uses capitals: "mixed", all "lower", all "upper", or "title" (most words have one)."""
    if text.isupper():
        return "upper"
    capitals = len(_CAPITAL_WORD.findall(text))
    if not capitals:
        return "lower"
    counted = text.split()
    if sum(letter.isupper() for letter in text) > 0.6 * sum(letter.isalpha() for letter in text):
        return "upper"
    return "title" if len(counted) > 3 and capitals > 0.75 * len(counted) else "mixed"


def _storms(finds: list[_Find]) -> set[str]:
    """Return the names that storms bear in these posts: "Sandy" after "hurricane" more than once in a while."""
    storms = Counter(one.name for one in finds if one.before in words_around("storms"))
    every = Counter(one.name for one in finds)
    return {name for name, count in storms.items() if count >= STORM_LEAST and count >= STORM_SHARE * every[name]}


def _small(finds: list[_Find]) -> set[str]:
    """Return the names that these posts mostly write without a capital, where they use capitals."""
    lower = Counter(one.name for one in finds if one.shape == "mixed" and one.said[0].islower())
    every = Counter(one.name for one in finds if one.shape == "mixed")
    return {name for name, count in lower.items() if count >= 3 and count > 0.5 * every[name]}


def _sign(one: _Find, storms: set[str], small: set[str]) -> Sign | None:
    weight, why = _written(one)
    common, people = common_words()
    if one.letter_after == "$":
        return None
    if words_around("compass").issuperset(one.name.split(" ")):
        weight -= 3.5  # a direction more often than the region that is called so
    elif one.name in common or folded(one.said) in common:
        weight -= 3.2 if one.shape == "upper" else 2.5 if one.opens or one.shape != "mixed" else 1.8
        weight -= 1.2 if one.words > 1 and script_of(one.said[0]) == "LATIN" else 0.0  # as rare as a single word
    elif one.name in people:
        weight -= 1.6 if one.words == 1 else 2.6
    if one.goes_on:
        weight -= 3.0
    if one.name in small:
        weight -= 1.5
    if one.before in words_around("storms") or (one.name in storms and one.after not in words_around("kinds")):
        return Sign(weight - 5.0, ("storm",))
    around, told = _around(one)
    return Sign(weight + around, (*why, *told))


def _written(one: _Find) -> tuple[float, tuple[str, ...]]:
    """Return what the letters themselves say."""
    weight, letter = 0.0, one.said[0]
    if letter.islower():
        weight -= 0.5 if one.shape == "lower" else 2.3
    elif letter.isupper():
        weight += {"mixed": 0.2 if one.opens else 1.0, "title": 0.2}.get(one.shape, 0.0)
    else:
        weight += 0.4
        if len(one.said) < _SHORT.get(script_of(letter), 4):
            weight -= 0.6
    if one.words > 1 and script_of(letter) != "CJK":
        weight += 1.2
    elif len(one.said) <= 3 and (letter.isupper() or letter.islower()):
        weight += 0.3 if one.beside and one.said.isupper() else -1.5
    elif one.shape == "mixed" and one.said.isupper() and len(one.said) <= 5 and not one.opens:
        weight -= 0.8  # an acronym
    if one.cut:
        short = len(one.name) < 4 and script_of(letter) in _GLUED_BEFORE
        weight -= 1.6 if short else 0.4  # other posts must speak of that country
    if one.letter_before in ("#", "＃"):
        return weight + 0.4, ("hashtag",)
    return weight, ()


def _around(one: _Find) -> tuple[float, tuple[str, ...]]:
    """Return what the words before and after say."""
    weight, why = 0.0, []
    if one.before in words_around("before"):
        weight += 1.3
        why.append(f"cue:{one.before}")
    elif one.before in words_around("titles"):
        weight -= 2.5
    elif one.before in words_around("nature"):
        weight -= 1.0
    elif one.big_before and one.shape == "mixed" and one.before not in words_around("kinds"):
        weight -= 1.5
    if one.after in words_around("kinds") or one.before in words_around("kinds"):
        weight += 1.2
        why.append(f"kind:{one.after if one.after in words_around('kinds') else one.before}")
    elif one.after in words_around("speaking") and not one.before:
        weight -= 2.0  # a person
    elif one.big_after and one.shape == "mixed":
        weight -= 0.8
    return weight, tuple(why)


def why_parts(why: str) -> dict[str, Any]:
    """Return what a mention's ``why`` holds, by code: "cue:near;around:HT" becomes {"cue": "near", "around": "HT"}."""
    parts = (part.partition(":") for part in why.split(";") if part)
    return {code: value for code, _, value in parts}
