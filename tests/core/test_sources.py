"""One source is called one source; only people who say the same in their own words count beside each other."""

import numpy as np
import pytest

from ctse_core.crisis.sources import (
    IN_CONCERT,
    NOT_REPEATED,
    ONE_AUTHOR,
    PASSED_ON,
    UNKNOWN,
    Facts,
    Said,
    families,
    near_pairs,
    repetition,
    same_places,
    voices,
    wordings,
)

NONE = np.zeros((0, 2), dtype=np.int64)
ANA, BEN, EVA, OTTO, MEI, NOOR = range(6)


def said(*posts):
    """Return posts given as (group, author, credited, minutes, words)."""
    group, author, credited, minutes, words = (np.array(column) for column in zip(*posts, strict=True))
    return Said(group, author, credited, minutes * 60.0, words)


def told(posts, alike=NONE):
    independent = voices(posts, np.asarray(alike, dtype=np.int64))
    kind, crowd = repetition(posts, independent)
    return independent.tolist(), kind.tolist(), crowd.tolist()


def test_retweets_of_one_post_are_one_source():
    posts = said((0, ANA, UNKNOWN, 0, 12), *((0, who, ANA, 5 * who, 12) for who in (BEN, EVA, OTTO)))
    assert told(posts) == ([1] * 4, [PASSED_ON] * 4, [0] * 4)


def test_long_texts_word_for_word_are_one_source_though_nobody_is_named():
    posts = said(*((0, who, UNKNOWN, 90 * who, 12) for who in (ANA, BEN, EVA)))
    assert told(posts)[:2] == ([1] * 3, [PASSED_ON] * 3)


def test_a_cry_of_few_words_may_be_anybodys_own():
    posts = said(*((0, who, UNKNOWN, 90 * who, 3) for who in (ANA, BEN, EVA)), (0, OTTO, ANA, 99, 3))
    assert told(posts)[:2] == ([3] * 4, [NOT_REPEATED] * 4)


def test_one_author_many_times_is_one_author():
    posts = said(*((0, ANA, UNKNOWN, 60 * hour, 3) for hour in range(4)))
    assert told(posts)[:2] == ([1] * 4, [ONE_AUTHOR] * 4)


def test_many_with_the_same_words_within_minutes_are_in_concert():
    posts = said(*((0, who, UNKNOWN, 0.5 * who, 12) for who in range(6)))
    assert told(posts) == ([1] * 6, [IN_CONCERT] * 6, [6] * 6)
    slower = said(*((0, who, UNKNOWN, 30 * who, 12) for who in range(6)))
    assert told(slower)[1:] == ([PASSED_ON] * 6, [1] * 6)


def test_retweets_within_minutes_are_no_concert():
    posts = said((0, ANA, UNKNOWN, 0, 12), *((0, who, ANA, 0.1 * who, 12) for who in range(1, 6)))
    assert told(posts)[1] == [PASSED_ON] * 6


def test_undated_posts_are_never_in_concert():
    posts = said(*((0, who, UNKNOWN, np.nan, 12) for who in range(6)))
    assert told(posts)[1] == [PASSED_ON] * 6


def test_people_with_their_own_words_count_beside_each_other():
    posts = said((0, ANA, UNKNOWN, 0, 12), (1, BEN, UNKNOWN, 3, 14), (1, EVA, BEN, 9, 14), (3, ANA, UNKNOWN, 20, 9))
    assert told(posts, [(0, 1), (1, 3)])[0] == [2, 2, 2, 2]


def test_chains_of_likeness_do_not_add_up():
    posts = said(*((who, who, UNKNOWN, who, 12) for who in range(4)))
    assert told(posts, [(0, 1), (1, 2), (2, 3)])[0] == [2, 3, 3, 2]


def test_who_is_only_passed_on_is_counted_as_the_source_that_is_named():
    posts = said((0, BEN, ANA, 0, 12), (1, EVA, ANA, 3, 14))
    assert told(posts, [(0, 1)])[0] == [1, 1]


def test_without_authors_wordings_are_counted():
    posts = said((0, UNKNOWN, UNKNOWN, 0, 12), (0, UNKNOWN, UNKNOWN, 1, 12), (2, UNKNOWN, UNKNOWN, 2, 12))
    assert told(posts, [(0, 2)])[0] == [2, 2, 2]
    assert told(posts)[0] == [1, 1, 1]


@pytest.mark.parametrize("count", [0, 1])
def test_no_posts_and_one_post_are_told_too(count):
    one = Said(*(np.zeros(count, dtype=kind) for kind in ("i8", "i8", "i8", "f8", "i8")))
    independent, kind, crowd = told(one)
    assert (len(independent), len(kind), len(crowd)) == (count, count, count)
    assert set(independent) <= {1}


def facts(lang, words, numbers=(), turning=()):
    return Facts(lang, frozenset(words.split()), frozenset(numbers), frozenset(turning))


SEEN = facts("en", "earthquake guatemala kills powerful", ("48",))


def test_the_same_figures_in_other_words_are_wordings():
    assert wordings(SEEN, facts("en", "guatemala earthquake death toll", ("48",))) == 2
    assert wordings(SEEN, facts("es", "aumenta muertos terremoto", ("48",))) == 2


@pytest.mark.parametrize(
    "other",
    [
        facts("en", "guatemala earthquake death toll", ("52",)),
        facts("en", "guatemala earthquake death toll"),
        facts("en", "guatemala earthquake death toll", ("48",), ("not",)),
        facts("en", "cyclone vanuatu relief aid", ("48",)),
        facts("es", "muertos", ("48",)),
    ],
)
def test_other_figures_a_denial_or_too_few_words_are_another_statement(other):
    assert wordings(SEEN, other) == 0


def test_texts_without_a_figure_are_never_taken_for_the_same():
    assert not wordings(facts("en", "water kesh send bottles"), facts("en", "water kesh need tankers"))


def test_a_text_and_its_edits_are_one_wording_and_one_family():
    assert wordings(SEEN, facts("en", "earthquake guatemala kills strong", ("48",))) == 1
    groups = np.array([0, 0, 2, 3, 4])
    assert families(groups, np.array([[3, 4], [2, 4]])).tolist() == [0, 0, 2, 2, 2]
    assert families(groups, np.zeros((0, 2), dtype=np.int64)) is groups


def test_places_that_differ_are_two_places():
    assert same_places(["g1", "cHT"], ["g1"]) and same_places([], ["g1"])
    assert not same_places(["g1"], ["g2"])


def test_near_pairs_are_judged_by_what_is_usual_in_the_space():
    rng = np.random.default_rng(3)
    spread = rng.normal(size=(40, 32)).astype(np.float32)
    spread[1] = spread[0] + 0.1 * spread[2]
    narrow = spread + 4.0  # a space in which everything is alike
    for vectors in (spread, narrow):
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        near = np.argsort(-(vectors @ vectors.T), axis=1)[:, 1:6]
        assert near_pairs(vectors, np.arange(40), near).tolist() == [[0, 1]]
    assert len(near_pairs(spread, np.zeros(0, dtype=np.int64), np.zeros((0, 5), dtype=np.int64))) == 0
