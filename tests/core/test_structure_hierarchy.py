"""Two levels: topics that touch are one group, groups have names of their own, alike topics are found."""

import numpy as np
import polars as pl
from scipy.sparse import csr_matrix

from ctse_core.structure import neighbour_graph
from ctse_core.structure.hierarchy import (
    middles_of,
    parent_groups,
    parent_names,
    similar_topics,
    topic_links,
    with_parents,
)
from ctse_core.structure.projection import fuzzy_graph
from ctse_core.types import TopicCol
from tests.core.structure_fakes import unit


def families(each=3, wide=4, posts=20, seed=0):
    """Return vectors of ``wide`` families of ``each`` topics, the topic of each post, the family of each topic."""
    random = np.random.default_rng(seed)
    family = np.repeat(np.arange(wide), each)
    middles = random.normal(size=(wide, 32))[family] + 0.4 * random.normal(size=(wide * each, 32))
    topic = np.repeat(np.arange(wide * each), posts)
    return unit(middles[topic] + 0.35 * random.normal(size=(len(topic), 32))), topic, family


def test_topics_that_touch_are_one_group():
    vectors, topic, family = families()
    middles = middles_of(vectors, topic, 12)
    links = topic_links(fuzzy_graph(neighbour_graph(vectors)).tocsr(), topic, 12)
    found = parent_groups(middles, links, np.full(12, 20))
    assert all(len(set(found[family == one])) == 1 for one in range(4))
    assert len(set(found.tolist())) > 1


def test_topics_without_links_are_joined_by_likeness():
    vectors, topic, family = families()
    found = parent_groups(middles_of(vectors, topic, 12), csr_matrix(np.eye(12, dtype=np.float32)), np.full(12, 20))
    assert len(set(found.tolist())) == 3  # the root of twelve
    assert all(len(set(found[family == one])) == 1 for one in range(4))


def test_the_group_with_most_posts_comes_first_and_few_topics_stand_alone():
    vectors, topic, _ = families(each=1, wide=3)
    found = parent_groups(middles_of(vectors, topic, 3), None, np.array([5, 50, 20]))
    assert found.tolist() == [2, 0, 1]


def test_links_between_topics_add_up_to_those_between_their_posts():
    graph = csr_matrix(np.array([[0, 1, 2], [1, 0, 4], [2, 4, 0]], dtype=np.float32))
    links = topic_links(graph, np.array([0, 1, 1]), 2).toarray()
    assert links.tolist() == [[0, 3], [3, 8]]
    assert topic_links(graph, np.array([0, -1, 1]), 2).toarray().tolist() == [[0, 2], [2, 0]]


def named(rows):
    names, terms, sizes = zip(*rows, strict=True)
    return pl.DataFrame({TopicCol.NAME: names, TopicCol.TERMS: list(terms), TopicCol.SIZE: sizes})


def test_a_group_is_named_by_what_its_topics_share():
    topics = named(
        [
            ("a", ["tap", "water", "agua"], 10),
            ("b", ["bottle", "water", "agua"], 10),
            ("c", ["road", "bridge"], 9),
            ("d", ["road", "ferry"], 8),
        ]
    )
    names = parent_names(topics, np.array([0, 0, 1, 1]))
    assert names[0].split(", ")[:1] == ["water"] and names[1].split(", ")[0] == "road"


def test_a_group_of_one_topic_has_its_name_and_no_two_groups_share_one():
    topics = named(
        [("alone", ["x"], 5), ("p", ["same"], 4), ("q", ["same"], 3), ("r", ["same"], 2), ("s", ["same"], 1)]
    )
    told = with_parents(topics, np.array([0, 1, 1, 2, 2], np.int32))
    assert told[TopicCol.PARENT_NAME][0] == "alone"
    assert told[TopicCol.PARENT_NAME].n_unique() == 3


def test_groups_without_terms_have_a_name_too():
    assert parent_names(named([("p", [], 4), ("q", [], 3)]), np.array([0, 0])) == {0: "p"}


def test_the_nearest_topics_come_first_and_none_is_its_own():
    rows, cosine = similar_topics(unit(np.array([[1, 0], [1, 0.1], [0, 1]])), 5)
    assert rows[:, 0].tolist() == [1, 0, 1] and rows.shape == (3, 2)
    assert (np.diff(cosine, axis=1) <= 0).all()
    assert similar_topics(np.zeros((0, 4), np.float32))[0].shape == (0, 0)
