"""Words scored within their languages, and grouped by meaning over them."""

from itertools import combinations

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from ctse_core.structure.concepts import candidates, find_concepts
from ctse_core.structure.namer import bertopic_terms, class_counts, class_scores, topic_scores
from ctse_core.structure.vocabulary import vocabulary
from ctse_core.structure.wording import languages_for_names
from tests.core.structure_fakes import unit

SAID = {
    "en": ["flood river bridge", "flood water", "school exam", "school teacher exam", "flood river"],
    "es": ["inundación río puente", "inundación agua", "escuela examen", "escuela maestro", "río puente"],
    "ht": ["inondasyon rivyè", "dlo inondasyon", "lekòl egzamen", "lekòl pwofesè"],
}
MEANS = {
    "inundación": "flood", "inondasyon": "flood", "río": "river", "rivyè": "river", "puente": "bridge",
    "agua": "water", "dlo": "water", "escuela": "school", "lekòl": "school", "examen": "exam", "egzamen": "exam",
    "maestro": "teacher", "pwofesè": "teacher",
}  # fmt: skip


def meaning(word):
    return MEANS.get(word, word)


def encode(words):
    rows = [np.random.default_rng(sum(map(ord, meaning(word)))).normal(size=256) for word in words]
    return unit(np.array(rows))


def collection():
    pairs = [(language, text.split()) for language, texts in SAID.items() for text in texts]
    languages, tokens = [language for language, _ in pairs], [words for _, words in pairs]
    school = {"school", "exam", "teacher"}
    labels = np.array([int(bool({meaning(word) for word in words} & school)) for words in tokens], np.int32)
    vectors = unit(np.eye(8)[labels] + np.random.default_rng(0).normal(size=(len(labels), 8)) * 0.1)
    return vocabulary(tokens, languages), tokens, languages, labels, vectors


def test_our_word_scores_are_those_of_bertopic():
    from bertopic.vectorizers import ClassTfidfTransformer

    counts = csr_matrix(np.random.default_rng(3).poisson(0.7, size=(6, 40)).astype(float) + np.eye(6, 40))
    counts.eliminate_zeros()
    theirs = ClassTfidfTransformer(reduce_frequent_words=True).fit(counts).transform(counts.copy())
    ours = class_scores(counts, np.zeros(40, np.int64))
    assert np.allclose(ours.toarray(), theirs.toarray(), rtol=1e-12)


def test_in_one_language_whole_topics_have_bertopics_words_and_scores():
    tokens = [text.split() for text in SAID["en"] * 3]
    labels = np.array([0, 0, 1, 1, 0] * 3, np.int32)
    words = vocabulary(tokens, ["en"] * len(tokens))
    ours = topic_scores(words, labels).toarray()
    theirs = bertopic_terms(tokens, unit(np.random.default_rng(0).normal(size=(len(tokens), 8))), labels)
    for label in (0, 1):
        found = {word: score for word, score in zip(words.words, ours[label], strict=True) if score > 0}
        assert found == pytest.approx({word: score for word, score in theirs[label] if score > 0})


def test_a_language_of_few_posts_is_weighed_against_itself():
    many, few = ["road"] * 40 + ["flood"] * 4, ["dlo", "dlo", "wout"]
    tokens = [[word] for word in many + few]
    labels = np.array([0] * 40 + [1] * 4 + [1, 1, 0], np.int32)
    words = vocabulary(tokens, ["en"] * 44 + ["ht"] * 3)
    scores = topic_scores(words, labels).toarray()[1]
    together = class_scores(class_counts(words, labels), np.zeros(4, np.int64)).toarray()[1]
    place = words.words.index("dlo")
    assert scores[place] != pytest.approx(together[place])
    alone = topic_scores(vocabulary([[word] for word in few], ["ht"] * 3), np.array([1, 1, 0], np.int32)).toarray()[1]
    assert scores[place] == pytest.approx(alone.max())


def test_words_that_mean_the_same_are_one_concept_in_all_languages():
    words, _, _, labels, vectors = collection()
    chosen = candidates(words, topic_scores(words, labels), ["en", "es", "ht"])
    found = find_concepts(words, chosen, vectors, encode)
    for one, other in combinations(range(len(words.words)), 2):
        same = meaning(words.words[one]) == meaning(words.words[other])
        assert bool(found.of[one] == found.of[other]) is same, (words.words[one], words.words[other])


def test_without_an_encoder_no_translation_is_made_up():
    words, _, _, labels, vectors = collection()
    chosen = candidates(words, topic_scores(words, labels), ["en"])
    found = find_concepts(words, chosen, vectors)
    assert len(set(found.of[chosen].tolist())) == len(chosen)


def test_known_words_keep_their_concept():
    words, _, _, labels, vectors = collection()
    chosen = candidates(words, topic_scores(words, labels), ["en", "es"])
    found = find_concepts(words, chosen, vectors, known={("en", "water"): 7, ("es", "agua"): 7})
    concept = {word: int(found.of[item]) for item, word in enumerate(words.words)}
    assert concept["water"] == concept["agua"] != concept["dlo"]


def test_a_borrowed_word_belongs_to_the_language_it_comes_from():
    tokens = [["gracias"]] * 6 + [["gracias", "rescue"]] + [["thanks", "rescue"]] * 40
    words = vocabulary(tokens, ["es"] * 6 + ["en"] * 41)
    borrowed = words.words.index("gracias")
    assert words.languages[borrowed] == "en" and words.languages[words.owner[borrowed]] == "es"
    assert all(words.owner[item] == item for item in range(len(words.words)) if item != borrowed)


def test_words_of_undetermined_posts_belong_to_the_language_that_has_them():
    words = vocabulary([["help"], ["help", "bachao"], ["help"]], ["en", "und", "en"])
    assert sorted(zip(words.languages, words.words, strict=True)) == [("en", "help"), ("und", "bachao")]


def test_only_readable_words_are_looked_at():
    words = vocabulary([["flood", "2013", "fucking", "a"]] * 3, ["en"] * 3)
    chosen = candidates(words, topic_scores(words, np.zeros(3, np.int32)), ["en"])
    assert [words.words[item] for item in chosen.tolist()] == ["flood"]


def test_topics_are_named_in_languages_of_twenty_posts_or_one_in_a_hundred():
    assert languages_for_names({"en": 5_000, "es": 25, "fr": 19, "und": 900}) == ["en", "es"]
    assert languages_for_names({"en": 50, "ht": 1, "und": 9}) == ["en", "ht"]
