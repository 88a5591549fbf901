"""From concepts to names: which concepts say what a topic is about, and their words in a reader's language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ctse_core.structure.clusters import centres
from ctse_core.structure.concepts import Concepts
from ctse_core.structure.names import PALE, Term, join_phrases, near_same
from ctse_core.structure.vocabulary import Vocabulary
from ctse_core.types import UNDETERMINED, Labels, Vectors

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

ENGLISH = "en"
_LOOKED_AT = 60  # concepts of a topic
_NO_MORE = 0.05  # for words that the topic uses no more than others: where all do, they still name it
_UNREAD = 0.6  # what a concept is worth to a reader who knows none of its words
_PALELY = 0.3
_GLOSS = 0.85  # likeness from which a word of another concept is shown to readers whose language has none in this one
_EMPTY = 0.85  # likeness to words such as "we" from which a concept says nothing
_LEAST_POSTS = 20
_LEAST_SHARE = 0.01


@dataclass(frozen=True)
class Places:
    """Where the u posts are: ``vectors`` (u, d) less their languages' offsets, ``labels`` (u,) their topics."""

    vectors: Vectors
    labels: Labels


@dataclass(frozen=True)
class Weighed:
    """What the concepts are worth in each of c topics."""

    scores: NDArray[np.float64]
    """(c, k)"""
    posts: NDArray[np.int64]
    """(c, k) unique posts of the topic that use a word of the concept."""


def weigh(
    words: Vocabulary, concepts: Concepts, scores: csr_matrix, shares: NDArray[np.float64], places: Places
) -> Weighed:
    """Return what each concept says about each topic.

    ``scores`` (c, v) are the words' c-TF-IDF. Those of a concept in one language add up as one word's would, roots of
    shares as they are; those of its languages are summed, each times its share of the topic, ``shares`` (c, languages).
    What a concept is worth is the root of that sum times the posts that use it, times how near the posts that use it
    anywhere lie to the topic, and less where the topic uses it hardly more than all posts do: it must be frequent here,
    rare elsewhere, and stand in posts about this.
    """
    from scipy.sparse import csr_matrix

    labels, count = places.labels, scores.shape[0]
    inside = np.flatnonzero(concepts.of >= 0)
    pairs, pair = np.unique(np.stack([concepts.of[inside], words.codes[inside]]), axis=1, return_inverse=True)
    ones = np.ones(len(inside))
    of_pair = csr_matrix((ones, (inside, pair.ravel())), shape=(len(concepts.of), pairs.shape[1]))
    told = (scores.power(2) @ of_pair).sqrt().tocoo()
    told.data *= shares[told.row, pairs[1][told.col]]
    summed = np.zeros((count, len(concepts.vectors)))
    np.add.at(summed, (told.row, pairs[0][told.col]), told.data)
    uses = ((words.used @ concepts.members()) > 0).astype(np.float32).tocsr()
    sorted_in = np.flatnonzero(labels >= 0)
    belongs = csr_matrix((np.ones(len(sorted_in)), (labels[sorted_in], sorted_in)), shape=(count, len(labels)))
    posts = np.asarray((belongs @ uses).todense())
    everywhere = np.asarray(uses.sum(axis=0)).ravel()
    meaning = np.asarray(uses.T @ places.vectors) / (everywhere + 1)[:, None]
    near = np.maximum(0.0, centres(places.vectors, labels) @ meaning.T)
    expected = np.bincount(labels[sorted_in], minlength=count)[:, None] * everywhere / max(1, len(labels))
    more = np.clip(posts / np.maximum(expected, 1e-9) - 1, _NO_MORE, 1)
    return Weighed(np.sqrt(summed * posts) * near * more * _telling(words, concepts), posts.astype(np.int64))


def _telling(words: Vocabulary, concepts: Concepts) -> NDArray[np.float64]:
    """Return what a concept (k,) tells at all: little, where one of its words is pale or it is near to empty words."""
    telling = np.clip((_EMPTY - concepts.empty) / 0.2, 0.1, 1.0)
    for item in np.flatnonzero(concepts.of >= 0).tolist():
        if words.languages[item] == ENGLISH and words.words[item] in PALE:
            telling[concepts.of[item]] = min(_PALELY, telling[concepts.of[item]])
    return telling


def chosen_concepts(weighed: Weighed, topic: int, concepts: Concepts, most: int) -> list[tuple[float, list[int]]]:
    """Return what a topic says, best first, at most ``most``: a worth and the concepts that say much the same.

    The worth of several is their sum; the best of them heads the list. Where single posts use them it is below zero:
    they are their author's, not the topic's.
    """
    scores, posts = weighed.scores[topic], weighed.posts[topic]
    found = np.flatnonzero(scores > 0)
    order = found[np.lexsort((found, -scores[found], posts[found] < 2))][:_LOOKED_AT].tolist()
    groups: list[list[int]] = []
    for concept in order:
        alike = concepts.vectors[[group[0] for group in groups]] @ concepts.vectors[concept]
        if groups and float(alike.max()) >= concepts.same:
            groups[int(alike.argmax())].append(concept)
        else:
            groups.append([concept])
    highest = float(scores.max(initial=0.0)) * _LOOKED_AT
    worth = [float(scores[group].sum()) - (highest if posts[group[0]] < 2 else 0.0) for group in groups]
    best = sorted(range(len(groups)), key=lambda place: (-worth[place], place))[:most]
    return [(worth[place], groups[place]) for place in best]


@dataclass(frozen=True)
class Wording:
    """The words of a vocabulary by concept and language, most used first."""

    words: Vocabulary
    concepts: Concepts
    best: Mapping[int, Mapping[str, list[int]]]
    """The words of a concept that are each language's own, most used first."""
    inside: Mapping[int, list[int]]
    """The words of a concept, most used first."""

    def glosses(self, concepts: Sequence[int]) -> list[dict[str, int]]:
        """Return, for each of ``concepts``, others' words for much the same by language, the nearest one's."""
        if not self.concepts.vectors.shape[1]:
            return [{} for _ in concepts]
        least = max(_GLOSS, self.concepts.same)
        told = []
        for alike in self.concepts.vectors[list(concepts)] @ self.concepts.vectors.T:
            near = np.flatnonzero(alike >= least)
            found: dict[str, int] = {}
            for other in near[np.argsort(-alike[near], kind="stable")].tolist():
                for language, items in self.best.get(other, {}).items():
                    found.setdefault(language, items[0])
            told.append(found)
        return told


def wording(words: Vocabulary, concepts: Concepts) -> Wording:
    """Return the words of each concept by language."""
    best: dict[int, dict[str, list[int]]] = {}
    inside: dict[int, list[int]] = {}
    for item in np.lexsort((np.arange(len(words.posts)), -words.posts)).tolist():
        concept = int(concepts.of[item])
        if concept >= 0:
            inside.setdefault(concept, []).append(item)
            spoken = best.setdefault(concept, {})
            if words.owner[item] == item:
                spoken.setdefault(words.languages[item], []).append(item)
    return Wording(words, concepts, best, inside)


@dataclass(frozen=True)
class TopicConcept:
    """What one topic says of a concept."""

    worth: float
    """How much it says about the topic; below zero where a single post uses it."""
    of_language: Mapping[str, int]
    """The word of each language, by its place in the vocabulary."""
    users: Mapping[int, frozenset[int]]
    """Places of the topic's posts that use each of its words, the most used word first."""


def topic_concepts(
    own: Wording, weighed: Weighed, topic: int, inside: NDArray[np.int64], most: int
) -> list[TopicConcept]:
    """Return up to ``most`` concepts of a topic of posts ``inside`` (m,), best first."""
    groups = chosen_concepts(weighed, topic, own.concepts, most)
    used = own.words.used[inside].tocsc()
    glosses = own.glosses([group[0] for _, group in groups])
    told = []
    for (worth, group), nearest in zip(groups, glosses, strict=True):
        users = {
            item: frozenset(used.indices[used.indptr[item] : used.indptr[item + 1]].tolist())
            for concept in group
            for item in own.inside[concept]
        }
        of_language: dict[str, int] = {}
        for concept in group:
            best: dict[str, int] = {}
            for language, items in own.best[concept].items():
                here = max(items, key=lambda item: len(users[item]))
                best[language] = here if len(users[here]) >= 2 * len(users[items[0]]) else items[0]
            of_language = best | of_language
        for language, item in nearest.items():
            of_language.setdefault(language, item)
        by_use = sorted(users, key=lambda item: -len(users[item]))
        told.append(TopicConcept(worth, of_language, {item: users[item] for item in by_use}))
    return told


def worded(
    own: Wording, topic: Sequence[TopicConcept], tokens: Sequence[Sequence[str]], languages: Sequence[str]
) -> list[str]:
    """Return one word for each concept of a topic, best first, as a reader knows them.

    ``languages`` are the reader's, English and the collection's own: a concept is told in the first of them that has a
    word for it, else by the word that most of the topic's posts use, and then it has to be worth more. Words that
    mostly stand side by side in ``tokens``, the topic's posts, become one; a word near the same as one before it is
    left out.
    """
    found: list[tuple[float, int, int]] = []
    for place, concept in enumerate(topic):
        known = [concept.of_language[language] for language in languages if language in concept.of_language]
        worth = concept.worth
        if not any(language in concept.of_language for language in languages[:2]):
            worth -= (1 - _UNREAD) * abs(worth)
        found.append((-worth, place, known[0] if known else next(iter(concept.users))))
    terms: list[Term] = []
    for _, place, item in sorted(found):
        word = own.words.words[item]
        if not any(near_same(word, before.word) for before in terms):
            terms.append(Term(word, 1.0, topic[place].users.get(item, frozenset()), own.words.languages[item]))
    return [term.word for term in join_phrases(terms, tokens)]


def originals(own: Wording, topic: Sequence[TopicConcept], named: Sequence[str], home: str) -> list[dict[str, Any]]:
    """Return the concepts of a topic as ``TopicCol.ORIGINALS`` holds them: the words of each, most posts first.

    Words that no post of the topic uses are told only in the languages that topics are ``named`` in.
    """
    told = []
    for concept in topic:
        shown: dict[str, dict[str, Any]] = {}
        for item, users in concept.users.items():
            language = own.words.languages[item]
            if users or language in named:
                shown.setdefault(language, {"lang": language, "word": own.words.words[item], "posts": len(users)})
        for language in named:  # what readers of a language see stands beside the words that posts use
            if language in concept.of_language:
                word = own.words.words[concept.of_language[language]]
                shown.setdefault(language, {"lang": language, "word": word, "posts": 0})
        main = concept.of_language.get(home, next(iter(concept.users)))
        told.append({"concept": own.words.words[main], "words": list(shown.values())})
    return told


def languages_for_names(posts: Mapping[str, int]) -> list[str]:
    """Return the languages of at least 20 posts or 1 % of them, most posts first: topics are named in these."""
    total = sum(posts.values())
    return [
        language
        for language, count in sorted(posts.items(), key=lambda item: (-item[1], item[0]))
        if language != UNDETERMINED and (count >= _LEAST_POSTS or count >= _LEAST_SHARE * total)
    ]
