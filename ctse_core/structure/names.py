"""Names of topics: a few words that say different things, over the languages of the posts."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import pairwise, takewhile

JOIN = ", "
_SCREENFUL = 48
_LONGEST = 45
# Names head reports that officials read: coarse words stay in the posts and in search, not in a topic's name.
_COARSE_WORDS = """
arse ass asses bastard bitch bitches bitching bullshit cunt damn dick dicks fag faggot fuck fucked fucker
fuckers fuckin fucking fucks goddamn hoe hoes lmao lmfao motherfucker motherfucking nigga niggas nigger
niggers piss pissed pussy shit shits shitty slut sluts thot whore whores wtf cabron cabrón carajo chinga coño
joder mierda pendejo puta putas puto caralho merda porra cazzo stronzo putain connard merde scheisse scheiße
arschloch блять блядь сука хуй пизда
"""
_COARSE = frozenset(_COARSE_WORDS.split())
# Words of any report; a topic is named by them only where it has little else.
_PALE_WORDS = """
include includes included including report reports reported reporting reportedly according said says saying told
area areas region regions regional part parts several many number today yesterday tomorrow tonight day days week weeks
thing things something guys lot way ways time times year years make made making going come coming
ain gonna wanna ima tryna finna oomf
"""
PALE = frozenset(_PALE_WORDS.split())
"""English words that say little about a topic."""
_FUNCTION_WORDS = """
we our us you your they them he she it its this that these there here not no without never very too can could will would
have had been was were is are do does did what who when how why all some more most also now just only and or but if
because with for from about then so yes please let such same still again ever
"""
FUNCTION_WORDS = tuple(_FUNCTION_WORDS.split())
"""English words that say nothing; those of other languages are near to them where an encoder reads both."""


@dataclass(frozen=True)
class Term:
    """A word of a topic and its other forms."""

    word: str
    """The form that most posts use."""
    score: float
    """How much the word says about the topic, summed over the forms."""
    posts: frozenset[int]
    """Places of the topic's posts that use it."""
    language: str
    """The language most of these posts are in."""


def join_phrases(terms: Sequence[Term], tokens: Sequence[Sequence[str]], among: int = 12) -> list[Term]:
    """Join two of the best words that mostly stand side by side (old + ferry) into one term.

    ``tokens`` are the words of the topic's posts. Only words of scripts with spaces are joined.
    """
    best = {term.word: term for term in terms[:among] if not _spaceless(term.word)}
    pairs: Counter[tuple[str, str]] = Counter()
    for words in tokens:
        pairs.update({pair for pair in pairwise(words) if pair[0] in best and pair[1] in best})
    phrase_of: dict[str, Term] = {}
    for (left, right), together in sorted(pairs.items(), key=lambda item: (-item[1], item[0])):
        one, other = best[left], best[right]
        mostly = together >= 3 and together >= 0.6 * max(len(one.posts), len(other.posts))
        if left != right and mostly and left not in phrase_of and right not in phrase_of:
            longer = replace(one, word=f"{left} {right}", score=max(one.score, other.score))
            phrase_of[left] = phrase_of[right] = replace(longer, posts=one.posts | other.posts)
    result: list[Term] = []
    for term in terms:
        shown = phrase_of.get(term.word, term)
        if shown not in result:
            result.append(shown)
    return result


def readable(word: str) -> bool:
    """Say whether ``word`` tells something alone: it has a letter, and two signs unless it is an ideograph.

    Coarse words do not, nor those made of accented Latin letters only, which is what broken text looks like.
    """
    letters = [sign for sign in word if unicodedata.category(sign)[0] == "L"]
    if word.casefold() in _COARSE or (letters and all("\u00aa" <= sign <= "\u024f" for sign in letters)):
        return False
    return bool(letters) and (len(word) > 1 or unicodedata.category(letters[0]) == "Lo")


@lru_cache(maxsize=200_000)
def near_same(one: str, other: str) -> bool:
    """Say whether two words are forms of one (flood, floods, flooding) or one is made of the other (#qldflood)."""
    one, other = sorted((_bare(one), _bare(other)), key=len)
    longer = len(other) - len(one)
    if other.startswith(one) and (len(one) >= 4 or longer <= 2):
        return True
    if one in other and ((len(one) >= 4 and longer >= 3) or (len(one) >= 2 and _spaceless(one))):
        return True
    shared = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))
    return shared >= 4 and shared >= 0.7 * len(one) and len(other) - shared <= 4


def unique_names(choices: Sequence[Sequence[str]], typical: Sequence[str], words: int) -> list[str]:
    """Return one name for each topic: the first ``words`` of its ``choices``, as many as stand in 45 signs.

    More where two would share a name. A topic without words is named by the beginning of its ``typical`` post. No name
    is empty, none occurs twice.
    """
    names: list[str] = []
    taken: set[str] = set()
    for topic, (choice, post) in enumerate(zip(choices, typical, strict=True)):
        short = [length for length in range(1, words + 1) if len(JOIN.join(choice[:length])) <= _LONGEST]
        lengths = range(min(max(short, default=1), len(choice)), len(choice) + 1) if choice else ()
        tries = [JOIN.join(choice[:length]) for length in lengths] or [_beginning(post) or f"Topic {topic}"]
        name = next((one for one in tries if one.casefold() not in taken), "")
        number = 2
        while not name:
            numbered = f"{tries[0]} ({number})"
            name, number = ("" if numbered.casefold() in taken else numbered), number + 1
        taken.add(name.casefold())
        names.append(name)
    return names


def _beginning(post: str) -> str:
    """Return the first words of ``post``, cut at a word where there is one, "…" where something is left out."""
    text = " ".join(post.split())
    if len(text) <= _SCREENFUL:
        return text
    head = text[:_SCREENFUL]
    return (head.rsplit(" ", 1)[0] if " " in head[12:] else head) + "…"


def _bare(word: str) -> str:
    folded = unicodedata.normalize("NFKC", word).casefold().lstrip("#")
    return folded[2:] if folded.startswith("ال") and len(folded) > 4 else folded  # the Arabic article


def _spaceless(word: str) -> bool:
    """Say whether ``word`` has letters of Thai, Lao, Burmese, Khmer or East Asian scripts."""
    return any(
        "\u0e00" <= sign <= "\u0eff" or "\u1000" <= sign <= "\u109f" or "\u1780" <= sign <= "\u17ff" or sign >= "\u2e80"
        for sign in word
    )
