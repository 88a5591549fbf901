"""Names of topics: a few words that say different things, over the languages of the posts."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise, takewhile

from ctse_core.types import UNDETERMINED

JOIN = ", "
_SCREENFUL = 48
# Names head reports that officials read: coarse words stay in the posts and in search, not in a topic's name.
_COARSE_WORDS = """
arse ass asses bastard bitch bitches bitching bullshit cunt damn dick dicks fag faggot fuck fucked fucker
fuckers fuckin fucking fucks goddamn hoe hoes lmao lmfao motherfucker motherfucking nigga niggas nigger
niggers piss pissed pussy shit shits shitty slut sluts thot whore whores wtf cabron cabrón carajo chinga coño
joder mierda pendejo puta putas puto caralho merda porra cazzo stronzo putain connard merde scheisse scheiße
arschloch блять блядь сука хуй пизда
"""
_COARSE = frozenset(_COARSE_WORDS.split())


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


def weighed_terms(
    scored: Sequence[tuple[str, float]],
    tokens: Sequence[Sequence[str]],
    languages: Sequence[str],
    nearness: Mapping[str, float],
) -> list[Term]:
    """Return the words of a topic, best first, forms of one word joined.

    ``scored`` are words with their c-TF-IDF, best first; ``tokens`` and ``languages`` belong to the topic's posts;
    ``nearness`` tells how near a word's meaning lies to the topic. A score is the root of c-TF-IDF times nearness:
    a word must be frequent here, rare elsewhere, and stand in posts about this. Words that one post alone uses go
    last: they are its author's, not the topic's.
    """
    uses: dict[str, set[int]] = {word: set() for word, _ in scored if readable(word)}
    for post, words in enumerate(tokens):
        for word in uses.keys() & set(words):
            uses[word].add(post)
    single = [
        Term(
            word,
            (score * len(uses[word])) ** 0.5 * max(0.0, nearness.get(word, 0.0)),
            frozenset(uses[word]),
            _most_frequent(languages[post] for post in uses[word]),
        )
        for word, score in scored
        if uses.get(word)
    ]
    single.sort(key=lambda term: (-term.score, term.word))
    return sorted(join_forms(single), key=lambda term: (len(term.posts) < 2, -term.score, term.word))


def join_forms(terms: Iterable[Term]) -> list[Term]:
    """Join words nearly the same (flood, floods, flooding) into the form that most posts use, scores summed."""
    joined: list[Term] = []
    for term in terms:
        place = next((at for at, head in enumerate(joined) if near_same(term.word, head.word)), None)
        if place is None:
            joined.append(term)
            continue
        head = joined[place]
        shown = term if len(term.posts) > len(head.posts) else head
        joined[place] = replace(shown, score=head.score + term.score, posts=head.posts | term.posts)
    return joined


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
    """Say whether ``word`` tells something alone: it has a letter, and two signs unless it is an ideograph."""
    letters = [sign for sign in word if unicodedata.category(sign)[0] == "L"]
    if word.casefold() in _COARSE:
        return False
    return bool(letters) and (len(word) > 1 or unicodedata.category(letters[0]) == "Lo")


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


def order_by_language(
    terms: Sequence[Term], main: Sequence[str], overall: Mapping[str, int], first: int = 2
) -> list[Term]:
    """Return ``terms`` (best first) as they shall be read: the main language's, then the others' best, then the rest.

    ``main`` are the topic's main languages, most posts first. The first language gives ``first`` words where there
    are several; each other one gives one, if at least two posts use it. Words of single posts come last, those first
    whose language has most posts ``overall``: more readers know it.
    """
    shared = [term for term in terms if len(term.posts) > 1]
    heads: list[Term] = []
    for place, language in enumerate(main):
        of_language = [term for term in shared if term.language == language]
        heads += of_language[: first if place == 0 else 1]
    heads += [term for term in shared if term not in heads]
    alone = [term for term in terms if len(term.posts) < 2]
    return heads + sorted(alone, key=lambda term: -overall.get(term.language, 0))


def main_languages(posts: Counter[str], overall: Mapping[str, int], share: float = 0.15, most: int = 3) -> list[str]:
    """Return the languages that hold at least ``share`` of the posts, at most ``most``, most posts first.

    Equal languages follow in the order of their posts ``overall``. Where none holds the share, the most frequent stand
    for all; posts of undetermined language count for none.
    """
    known = [(count, name) for name, count in posts.items() if name != UNDETERMINED]
    known.sort(key=lambda item: (-item[0], -overall.get(item[1], 0), item[1]))
    total = sum(count for count, _ in known)
    main = [name for count, name in known if count >= share * total][:most]
    return main or [name for _, name in known[:most]]


def unique_names(choices: Sequence[Sequence[str]], typical: Sequence[str], words: int) -> list[str]:
    """Return one name for each topic: the first ``words`` of its ``choices``, more where two would share a name.

    A topic without words is named by the beginning of its ``typical`` post. No name is empty, none occurs twice.
    """
    names: list[str] = []
    taken: set[str] = set()
    for topic, (choice, post) in enumerate(zip(choices, typical, strict=True)):
        lengths = range(min(words, len(choice)), len(choice) + 1) if choice else ()
        tries = [JOIN.join(choice[:length]) for length in lengths] or [_beginning(post) or f"Topic {topic}"]
        name = next((one for one in tries if one.casefold() not in taken), "")
        number = 2
        while not name:
            numbered = f"{tries[0]} ({number})"
            name, number = ("" if numbered.casefold() in taken else numbered), number + 1
        taken.add(name.casefold())
        names.append(name)
    return names


def _most_frequent(languages: Iterable[str]) -> str:
    return min(Counter(languages).items(), key=lambda item: (-item[1], item[0]))[0]


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
