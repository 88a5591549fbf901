"""The small rules behind names and typical posts."""

import numpy as np
import pytest

from ctse_core.structure.names import (
    Term,
    join_phrases,
    near_same,
    readable,
    unique_names,
)
from ctse_core.structure.typical import Members, next_place, typical_posts
from tests.core.structure_fakes import unit


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("flood", "floods"),
        ("flood", "flooding"),
        ("flood", "#queenslandflood"),
        ("evacuate", "evacuation"),
        ("الزلزال", "زلزال"),
        ("洪水", "洪水位"),
        ("наводнение", "наводнения"),
    ],
)
def test_forms_of_one_word_are_known(one, other):
    assert near_same(one, other) and near_same(other, one)


@pytest.mark.parametrize(
    ("one", "other"),
    [("flood", "fire"), ("rain", "train"), ("oil", "soil"), ("水", "火"), ("river", "driver")],
)
def test_different_words_are_not_taken_for_one(one, other):
    assert not near_same(one, other) and not near_same(other, one)


@pytest.mark.parametrize(
    ("word", "yes"),
    [("été", True), ("ùõ", False), ("水", True), ("a", False), ("2013", False), ("h1n1", True), ("", False)],
)
def test_a_word_alone_must_tell_something(word, yes):
    assert readable(word) is yes


def term(word, posts, language="en", score=1.0):
    return Term(word, score, frozenset(range(posts)), language)


def test_two_words_that_stand_together_become_one():
    posts = [["old", "ferry", "closed"], ["old", "ferry"], ["road", "old", "ferry"], ["road"], ["closed", "road"]]
    terms = [term("ferry", 3), term("old", 3), term("road", 3), term("closed", 2)]
    assert [one.word for one in join_phrases(terms, posts)] == ["old ferry", "road", "closed"]


def test_words_of_scripts_without_spaces_are_not_joined_by_one():
    terms = [term("闸门", 3, "zh"), term("关闭", 3, "zh")]
    assert [one.word for one in join_phrases(terms, [["闸门", "关闭"]] * 3)] == ["闸门", "关闭"]


def test_names_that_would_be_equal_grow_until_they_differ():
    choices = [["flood", "road", "bridge"], ["flood", "road", "school"], ["flood", "road"]]
    names = unique_names(choices, ["", "", ""], 2)
    assert names == ["flood, road", "flood, road, school", "flood, road (2)"]


def test_a_name_stays_short_though_its_words_are_long():
    names = unique_names([["vliegtuigongeluk", "reddingswerkers", "brandweerkazerne", "ziekenhuis"]], [""], 4)
    assert names == ["vliegtuigongeluk, reddingswerkers"]


def test_a_long_post_names_a_topic_by_its_beginning():
    name = unique_names([[]], ["🚨 " + "so many words that nobody would read them all " * 3], 4)[0]
    assert name.endswith("…") and len(name) <= 49


def test_typical_posts_prefer_the_centre_length_and_firm_posts():
    random = np.random.default_rng(0)
    vectors = unit(np.eye(16)[np.zeros(6, int)] + random.normal(size=(6, 16)) * 0.2)
    vectors[4] = -vectors[4]
    words = [[f"w{row}{place}" for place in range(8)] for row in range(6)]
    words[5] = ["w"]
    chosen = typical_posts(Members(vectors, words, ["en"] * 6, np.ones(6, np.float32)), 3)
    assert len(chosen) == 3 and 4 not in chosen and 5 not in chosen


def test_a_topic_of_equal_posts_has_one_typical_post():
    vectors = np.tile(np.eye(4, dtype=np.float32)[0], (5, 1))
    assert len(typical_posts(Members(vectors, [["a", "b"]] * 5, ["en"] * 5, np.ones(5, np.float32)))) == 1
    assert typical_posts(Members(vectors[:0], [], [], np.ones(0, np.float32))) == []


def several_languages():
    random = np.random.default_rng(1)
    vectors = unit(np.eye(16)[np.zeros(12, int)] + random.normal(size=(12, 16)) * 0.2)
    words = [[f"w{row}{place}" for place in range(8)] for row in range(12)]
    return Members(vectors, words, ["en"] * 6 + ["es"] * 3 + ["ht"] * 2 + ["und"], np.ones(12, np.float32))


def test_the_first_typical_posts_speak_one_language_each():
    members = several_languages()
    chosen = typical_posts(members, 5)
    assert len(set(chosen)) == 5
    assert [members.languages[place] for place in chosen[:2]] == ["en", "es"]


def test_a_refused_typical_post_is_followed_by_another_the_same_each_time():
    members = several_languages()
    shown = typical_posts(members, 3)
    rejected: list[int] = []
    for _ in range(12):
        found = next_place(members, shown, rejected)
        assert found == next_place(members, shown, rejected)
        if found is None:
            break
        assert found not in [*shown, *rejected]
        rejected.append(found)
    assert sorted([*shown, *rejected]) == list(range(12))
    assert next_place(members, shown, rejected) is None


def test_what_follows_a_refused_post_is_no_near_copy_of_it():
    members = several_languages()
    words = list(members.tokens)
    best = typical_posts(members, 1)[0]
    words[3 if best != 3 else 4] = words[best]
    twin = Members(members.vectors, words, members.languages, members.strength)
    refused = next_place(twin, [], [best])
    assert refused is not None and words[refused] != words[best]
