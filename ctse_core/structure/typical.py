"""Typical posts of a topic: near its centre, one a language first, none a copy of another, each replaceable."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ctse_core.types import UNDETERMINED, Vectors

_CANDIDATES = 40
_SAME_WORDS = 0.6
_SAME_VECTOR = 0.92
_FULL_LENGTH = 6
_LEAST_SHARE = 0.02  # of the topic's posts, for a language to have a typical post of its own


@dataclass(frozen=True)
class Members:
    """The m posts of a topic, place i of everything the same post."""

    vectors: Vectors
    """(m, d) unit rows, languages' offsets removed."""
    tokens: Sequence[Sequence[str]]
    """m lists of words."""
    languages: Sequence[str]
    """m language codes."""
    strength: NDArray[np.float32]
    """(m,) in [0, 1]."""


def typical_posts(members: Members, wanted: int = 5) -> list[int]:
    """Return up to ``wanted`` places in [0, m) of the posts that stand best for a topic's m posts.

    Posts near the centre win, very short and weakly held ones lose. First comes one post of each language of the
    topic, most posts first, as long as it lies nearer the centre than half of the topic does; then the best of all.
    A post that shares most of its words or its direction with a chosen one is left out. At least one place is
    returned where m > 0.
    """
    chosen: list[int] = []
    choice = _Choice(members)
    while len(chosen) < wanted:
        found = choice.next(chosen, frozenset())
        if found is None:
            break
        chosen.append(found)
    return chosen


def next_place(members: Members, shown: Sequence[int], rejected: Iterable[int] = ()) -> int | None:
    """Return the place of the post that stands best for the topic beside those ``shown``, or None.

    It is none of the ``rejected`` places, and no near-copy of a shown or a rejected post. A language of the topic
    that no shown post speaks comes first. Same places, same answer.
    """
    return _Choice(members).next(list(shown), frozenset(rejected))


class _Choice:
    """The posts of one topic in order of what they are worth, ready to be asked for the next."""

    def __init__(self, members: Members) -> None:
        self.members = members
        middle = members.vectors.sum(axis=0)
        nearness = members.vectors @ (middle / max(float(np.linalg.norm(middle)), 1e-9))
        length = np.array([min(1.0, len(words) / _FULL_LENGTH) for words in members.tokens])
        worth = nearness * (0.5 + 0.5 * length) * (0.8 + 0.2 * np.asarray(members.strength))
        self.best = np.argsort(-worth, kind="stable")
        spoken = np.asarray(members.languages, dtype=str)[self.best]
        half = max(1, (len(worth) + 1) // 2)
        self.by_language = {
            language: self.best[:half][spoken[:half] == language] for language in _languages_of(members)
        }

    def next(self, shown: list[int], rejected: frozenset[int]) -> int | None:
        """Return the next post, of a language not yet heard where there is one."""
        apart = [*shown, *sorted(rejected.difference(shown))]
        heard = {self.members.languages[place] for place in shown}
        unheard = [posts for language, posts in self.by_language.items() if language not in heard]
        for candidates in [*unheard, self.best]:
            found = self._first_apart(candidates[: _CANDIDATES + 4 * len(apart)], apart)
            if found is not None:
                return found
        return None

    def _first_apart(self, candidates: NDArray[np.int64], apart: list[int]) -> int | None:
        for post in candidates.tolist():
            if not any(_near_copies(post, other, self.members) for other in apart):
                return int(post)
        return None


def _languages_of(members: Members) -> list[str]:
    """Return the languages that deserve a typical post, most posts first."""
    counted = Counter(language for language in members.languages if language != UNDETERMINED)
    least = max(min(2, max(counted.values(), default=0)), _LEAST_SHARE * len(members.languages))
    by_posts = sorted(counted.items(), key=lambda item: (-item[1], item[0]))
    return [language for language, posts in by_posts if posts >= least]


def _near_copies(one: int, other: int, members: Members) -> bool:
    if one == other or float(members.vectors[one] @ members.vectors[other]) > _SAME_VECTOR:
        return True
    left, right = set(members.tokens[one]), set(members.tokens[other])
    return bool(left | right) and len(left & right) >= _SAME_WORDS * len(left | right)
