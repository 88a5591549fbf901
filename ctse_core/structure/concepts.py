"""Words of all languages grouped by what they mean: water, agua, dlo and पानी are one concept."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ctse_core.structure.languages import centre_languages, unit_rows
from ctse_core.structure.names import FUNCTION_WORDS, near_same, readable
from ctse_core.structure.vocabulary import Vocabulary
from ctse_core.types import UNDETERMINED, Vectors

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

Encode: TypeAlias = Callable[[Sequence[str]], Vectors]
"""Words to vectors (w, d), as an encoder does it."""

# Chosen on parallel news in ten languages and the example; benchmarks/names.py keeps the measure.
MOST = 12_000
_BEST_OF_TOPIC = 24  # words of a topic in each language that are looked at
_CLOSE = 0.2  # how much nearer to each other than to other words
_APART = 4.5  # how far from likeness by chance, in its standard deviations
_SURE = 0.55  # and where chance cannot be told from few words
_SAME = 6.0  # the same, for two concepts of one name
_ALIKE = 0.55  # forms of one word mean much the same: "universal" is none of "university"
_NEIGHBOURS = 5


@dataclass(frozen=True)
class Concepts:
    """The k concepts of a vocabulary of v words."""

    of: NDArray[np.int64]
    """(v,) the concept of each word, -1 for words that were not looked at."""
    vectors: Vectors
    """(k, d) what the words of each concept mean by themselves, unit rows; of width 0 without an encoder."""
    same: float
    """The likeness above which two concepts say much the same."""
    empty: NDArray[np.float32]
    """(k,) how near each concept is to the nearest word that says nothing, such as "we" or "not"; 0 without encoder."""

    def members(self) -> csr_matrix:
        """Return (v, k) which word belongs to which concept."""
        from scipy.sparse import csr_matrix

        inside = np.flatnonzero(self.of >= 0)
        return csr_matrix((np.ones(len(inside)), (inside, self.of[inside])), shape=(len(self.of), len(self.vectors)))


def candidates(words: Vocabulary, scores: csr_matrix, references: Iterable[str]) -> NDArray[np.int64]:
    """Return the words (w,) worth grouping, at most 12,000, in the order of the vocabulary.

    These are the best of each topic in each language, by ``scores`` (c, v), and the most used words of the
    ``references`` languages, in which topics are to be named; of borrowed words the language's that they come from.
    """
    rank = np.full(len(words.words), np.inf)
    codes = words.codes
    for topic in range(scores.shape[0]):
        row = scores[topic]
        uses = words.posts[row.indices]
        order = np.lexsort((row.indices, -row.data * np.sqrt(uses), codes[row.indices]))
        items = row.indices[order]
        starts = np.flatnonzero(np.r_[True, np.diff(codes[items]) != 0]) if len(items) else np.empty(0, int)
        place = np.arange(len(items)) - np.repeat(starts, np.diff(np.r_[starts, len(items)]))
        best = place < _BEST_OF_TOPIC
        rank[items[best]] = np.minimum(rank[items[best]], place[best])
    spoken = np.asarray(words.languages, dtype=str)
    for language in references:
        own = np.flatnonzero(spoken == language)
        own = own[np.lexsort((own, -words.posts[own]))][: MOST // 6]
        rank[own] = np.minimum(rank[own], _BEST_OF_TOPIC + np.arange(len(own)) / 100)
    np.minimum.at(rank, words.owner, rank)
    told = np.array([readable(word) for word in words.words], dtype=bool)
    rank[~told | (words.owner != np.arange(len(rank)))] = np.inf
    found = np.flatnonzero(np.isfinite(rank))
    return np.sort(found[np.lexsort((found, rank[found]))][:MOST])


def find_concepts(
    words: Vocabulary,
    chosen: NDArray[np.int64],
    vectors: Vectors,
    encode: Encode | None = None,
    known: Mapping[tuple[str, str], int] | None = None,
) -> Concepts:
    """Return the concepts of the ``chosen`` words (w,) of a vocabulary.

    ``vectors`` (u, d) are the posts', languages' offsets removed. A word's vector is its own by ``encode``, its
    language's offset removed, beside the mean of the posts that use it. Words of two languages that are each
    other's nearest, and clearly nearer than other words are, become one concept, which has one word of a language;
    forms of one word (flood, floods) count as one. Words written alike are one. ``known`` words keep their concept;
    without ``encode`` only these and words written alike are grouped.

    Source: nearest neighbours corrected for words near to everything, Conneau et al. 2018, "Word translation
    without parallel data".
    """
    languages = [words.languages[item] for item in chosen.tolist()]
    shown = [words.words[item] for item in chosen.tolist()]
    own, saying_nothing = np.zeros((len(shown), 0), np.float32), np.zeros((1, 0), np.float32)
    if encode is not None and shown:
        both = unit_rows(encode([*shown, *FUNCTION_WORDS]))
        centred = centre_languages(both, [*languages, *["en"] * len(FUNCTION_WORDS)])
        own, saying_nothing = centred[: len(shown)], centred[len(shown) :]
    meaning = unit_rows(np.hstack([own, _contexts(words, chosen, vectors)]))
    groups = _Groups(meaning, languages)
    groups.join_all(_forms(shown, languages, words.posts[chosen], own))
    groups.join_all(_alike(shown, words.posts[chosen]))
    groups.join_all(_known(shown, languages, known or {}))
    if encode is not None:
        groups.join_translations(min(_SURE, _APART * _by_chance(meaning)))
    of = np.full(len(words.words), -1, dtype=np.int64)
    _, first, group = np.unique(groups.of, return_index=True, return_inverse=True)
    order = np.argsort(first)  # numbered by their first words, however they were joined
    of[chosen] = np.argsort(order)[group]
    numbers = groups.of[first[order]]
    of = of[words.owner]
    themselves = unit_rows(groups.sums[numbers, : own.shape[1]].astype(np.float32))
    same = min(0.9, _SAME * _by_chance(own)) if own.shape[1] else 1.1  # of words without vectors none say the same
    return Concepts(of, themselves, same, (themselves @ saying_nothing.T).max(axis=1))


def _contexts(words: Vocabulary, chosen: NDArray[np.int64], vectors: Vectors) -> Vectors:
    """Return the direction (w, d) of the posts that use each word, shorter the fewer they are."""
    some = words.used[:, chosen].T.tocsr()
    some.data[:] = 1
    posts = words.posts[chosen][:, None]
    return np.asarray(unit_rows(np.asarray(some @ vectors)) * (posts / (posts + 1)), dtype=np.float32)


def _forms(
    shown: Sequence[str], languages: Sequence[str], posts: NDArray[np.int64], own: Vectors
) -> list[tuple[int, int]]:
    """Return pairs of words of one language that begin alike and are forms of one, the more used first."""
    blocks: dict[tuple[str, str], list[int]] = {}
    for place in np.lexsort((np.arange(len(shown)), -posts)).tolist():
        blocks.setdefault((languages[place], shown[place][:3]), []).append(place)
    pairs = []
    for block in blocks.values():
        heads: list[int] = []
        for place in block:
            for head in heads:
                alike = float(own[head] @ own[place]) if own.shape[1] else 1.0
                if near_same(shown[head], shown[place]) and alike > _ALIKE:
                    pairs.append((head, place))
                    break
            else:
                heads.append(place)
    return pairs


def _alike(shown: Sequence[str], posts: NDArray[np.int64]) -> list[tuple[int, int]]:
    """Return pairs of words of different languages that are written alike, the more used first."""
    first: dict[str, int] = {}
    by_use = np.lexsort((np.arange(len(shown)), -posts)).tolist()
    return [(first[word], place) for place in by_use if first.setdefault(word := shown[place], place) != place]


def _known(
    shown: Sequence[str], languages: Sequence[str], known: Mapping[tuple[str, str], int]
) -> list[tuple[int, int]]:
    first: dict[int, int] = {}
    pairs = []
    for place, word in enumerate(zip(languages, shown, strict=True)):
        if word in known:
            pairs.append((first.setdefault(known[word], place), place))
    return [(one, other) for one, other in pairs if one != other]


def _by_chance(meaning: Vectors) -> float:
    """Return the standard deviation of the likeness of two words drawn at random."""
    if len(meaning) < 2:
        return 0.1
    random = np.random.default_rng(0)
    one, other = random.integers(0, len(meaning), (2, 20_000))
    kept = one != other
    return float((meaning[one[kept]] * meaning[other[kept]]).sum(axis=1).std())


class _Groups:
    """Words joined one pair at a time; each group keeps the sum of its vectors and the languages it has."""

    def __init__(self, meaning: Vectors, languages: Sequence[str]) -> None:
        self.meaning = meaning
        self.sums = meaning.astype(np.float64)
        self.of = np.arange(len(meaning))
        self.inside = {place: [place] for place in range(len(meaning))}
        self.spoken = [{language} - {UNDETERMINED} for language in languages]
        self.languages = np.asarray(languages, dtype=str)

    def join_all(self, pairs: Iterable[tuple[int, int]]) -> None:
        """Join pairs whatever they are like."""
        for one, other in pairs:
            self._join(int(self.of[one]), int(self.of[other]))

    def join_translations(self, least: float) -> None:
        """Join pairs of languages' mutual nearest words, surest first, where all words of both groups are alike."""
        heads = np.array(sorted(self.inside), dtype=np.int64)
        vectors = unit_rows(self.sums[heads].astype(np.float32))
        pairs = translation_pairs(vectors, self.languages[heads])
        for one, other in pairs:
            left, right = int(self.of[heads[one]]), int(self.of[heads[other]])
            if left == right or self.spoken[left] & self.spoken[right]:
                continue
            size = len(self.inside[left]) * len(self.inside[right])
            if float(self.sums[left] @ self.sums[right]) / size >= least:
                self._join(left, right)

    def _join(self, one: int, other: int) -> None:
        if one == other:
            return
        self.of[self.inside[other]] = one
        self.inside[one] += self.inside.pop(other)
        self.sums[one] += self.sums[other]
        self.spoken[one] |= self.spoken[other]


def translation_pairs(meaning: Vectors, languages: NDArray) -> list[tuple[int, int]]:
    """Return pairs of words of two languages that are each other's nearest, clearly nearer than others, surest first.

    ``meaning`` (w, d) unit rows, ``languages`` (w,). Likeness counts twice, less how near each of the two is to its
    five nearest of the other's language.
    """
    rows = [np.flatnonzero(languages == language) for language in np.unique(languages) if language != UNDETERMINED]
    found: list[tuple[float, int, int]] = []
    for left, right in combinations(rows, 2):
        alike = meaning[left] @ meaning[right].T
        near = _mean_of_best(alike), _mean_of_best(alike.T)
        sure = 2 * alike - near[0][:, None] - near[1][None, :]
        nearest = sure.argmax(axis=1)
        mutual = np.flatnonzero(sure.argmax(axis=0)[nearest] == np.arange(len(left)))
        for place in mutual[sure[mutual, nearest[mutual]] >= _CLOSE].tolist():
            other = int(nearest[place])
            found.append((float(sure[place, other]), int(left[place]), int(right[other])))
    found.sort(key=lambda pair: (-pair[0], pair[1], pair[2]))
    return [(one, other) for _, one, other in found]


def _mean_of_best(alike: NDArray) -> NDArray:
    """Return the mean (m,) of the five largest of each row."""
    most = min(_NEIGHBOURS, alike.shape[1])
    return np.partition(alike, alike.shape[1] - most, axis=1)[:, -most:].mean(axis=1)
