"""Two posts' words ─▶ whether one is a near copy of the other.

Near copies are what sharing makes of a post: cut at the end, an introduction before it, a remark or a
hashtag behind it, an article left out, a letter mistyped. A post in which anything else differs is another
post, however alike it looks: "5 dead in Moore" and "50 dead in Moore", "the bridge is open" and "the bridge
is not open" are one word apart. So the two are aligned word by word, and every difference must be one of
the harmless kinds; a mere ratio of equal letters cannot tell them apart.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

SHORTEST = 5
"""Words; of shorter posts only those with equal words are copies."""
MOST_AT_AN_EDGE = 3
SHARE_AT_EDGES = 0.25
"""Words that may stand before or behind a copy, as a number and as a share of the shorter post."""
SHORTEST_CUT = 8
SHARE_LEFT_BY_A_CUT = 0.5
"""Of a post cut short, at least this many words and this share of the whole must be left."""
LONG_WORD = 6
"""Letters; one of them may be mistyped in a word this long."""

# Words that come and go without changing what is said.
_NEUTRAL = """a an the of in on at to for and is are was were be been has have had that this its it from
by with as rt via amp breaking update updated video photo photos news el la los las de del en y un una
que le les des du et der die das und il lo gli di e ed o os do da"""
NEUTRAL = frozenset(_NEUTRAL.split())
# Words that turn a sentence round, wherever they are added.
_TURNING = """not no never none nor without false fake hoax rumor rumour untrue wrong deny denies denied
debunked cancelled canceled over ended lifted closed open unsafe safe n't dont don't isnt isn't arent
aren't wasnt wasn't cant can't wont won't nunca sin falso falsa mentira niega ni pas jamais sans faux
fausse non mai senza kein keine nicht nie ohne falsch não sem не нет ни без ложь لا لم لن ليس ليست غير
कोई नहीं मत hindi wala huwag tidak bukan jangan tanpa değil yok hiç if whether when where who whom whose
why how what which cuando cuándo donde dónde quien quién cómo porqué si quand où qui comment pourquoi
quando dove chi perché come wann wo wer wie warum ob wenn onde quem como hal متى أين من لماذا كيف هل kab
kahan कब कहाँ कौन क्यों क्या когда где кто почему как если"""
TURNING = frozenset(_TURNING.split())
_NUMBERS_IN_WORDS = frozenset(("million", "billion", "millions", "billions", "millón", "millones", "billones"))


def may_be_near(words: Sequence[int], others: Sequence[int], cut: bool) -> bool:
    """Whether two texts, given as numbers of their words, may be near copies: a quick look before ``is_near_copy``.

    ``cut`` says that the shorter one ends in dots.
    """
    few, many = sorted((len(words), len(others)))
    if few < SHORTEST or few < SHARE_LEFT_BY_A_CUT * many:
        return False
    if cut and few >= SHORTEST_CUT:
        return True
    most = 2 * _allowed(few) + 2
    return many - few <= most and _levenshtein().distance(words, others, score_cutoff=most) <= most


def _allowed(few: int) -> int:
    """Return how many words may stand before or behind a copy of so many words."""
    return min(MOST_AT_AN_EDGE, int(SHARE_AT_EDGES * few))


def is_near_copy(words: Sequence[str], others: Sequence[str], cut: bool) -> bool:
    """Whether ``words`` and ``others`` are near copies; ``cut`` says that the shorter one ends in dots."""
    shorter, longer = (words, others) if len(words) <= len(others) else (others, words)
    if len(shorter) < SHORTEST or len(shorter) < SHARE_LEFT_BY_A_CUT * len(longer):
        return False
    if cut and len(shorter) >= SHORTEST_CUT and _begins(longer, shorter):
        return True
    allowed = _allowed(len(shorter))
    if len(longer) - len(shorter) > 2 * allowed + 2:
        return False
    return _differences_are_harmless(shorter, longer, allowed)


def _begins(longer: Sequence[str], shorter: Sequence[str]) -> bool:
    """Whether ``longer`` begins with ``shorter``, whose last word may be cut too."""
    whole = len(shorter) - 1
    return list(longer[:whole]) == list(shorter[:whole]) and longer[whole].startswith(shorter[whole])


def _differences_are_harmless(shorter: Sequence[str], longer: Sequence[str], allowed: int) -> bool:
    """Whether every insertion, deletion and replacement between the two is of a harmless kind."""
    most = 2 * allowed + 2
    levenshtein = _levenshtein()
    if levenshtein.distance(shorter, longer, score_cutoff=most) > most:
        return False
    edits = levenshtein.editops(shorter, longer)
    at_start = at_end = typos = 0
    for edit in edits:
        if edit.tag == "replace":
            typos += 1
            if typos > 1 or not _is_typo(shorter[edit.src_pos], longer[edit.dest_pos]):
                return False
            continue
        word = longer[edit.dest_pos] if edit.tag == "insert" else shorter[edit.src_pos]
        if word in TURNING:
            return False
        if word in NEUTRAL:
            continue
        if edit.tag != "insert" or not _harmless_at_an_edge(word):
            return False
        if edit.src_pos == 0:
            at_start += 1
        elif edit.src_pos == len(shorter):
            at_end += 1
        else:
            return False
    return at_start <= allowed and at_end <= allowed


def _harmless_at_an_edge(word: str) -> bool:
    return not any(letter.isnumeric() for letter in word) and word not in _NUMBERS_IN_WORDS


def _is_typo(word: str, other: str) -> bool:
    """Whether two words are one mistyped letter apart and too long for that to be another word."""
    if min(len(word), len(other)) < LONG_WORD or {word, other} & (_NUMBERS_IN_WORDS | TURNING):
        return False
    return word.isalpha() and other.isalpha() and _levenshtein().distance(word, other, score_cutoff=1) <= 1


@cache
def _levenshtein() -> Any:
    from rapidfuzz.distance import Levenshtein

    return Levenshtein
