"""New posts find their topic, what is apart becomes a topic of its own, neighbours and places fit what stands."""

import numpy as np
import pytest

from ctse_core.structure.extending import Anchors, extended_neighbours, placed_near
from ctse_core.structure.joining import (
    fit_topics,
    least_tight,
    new_groups,
    others_cosine,
    stand_apart,
    topics_of,
)
from ctse_core.structure.languages import unit_rows
from ctse_core.structure.neighbours import neighbour_graph
from ctse_core.types import UNSORTED
from tests.core.structure_fakes import groups


def exact(vectors, k):
    alike = vectors @ vectors.T
    np.fill_diagonal(alike, -np.inf)
    return np.argsort(-alike, axis=1, kind="stable")[:, :k]


@pytest.mark.parametrize("old", [1, 2, 10, 60, 89])
def test_an_extended_graph_is_the_graph_of_all_posts(old):
    vectors, _ = groups()
    vectors = vectors[np.random.default_rng(1).permutation(len(vectors))]
    before = neighbour_graph(vectors[:old]).rows
    graph, of_new = extended_neighbours(vectors, before, 15)
    assert graph.shape == (90, 15) and of_new.rows.shape == (90 - old, 15)
    wanted = exact(vectors, 15)
    same = [set(one) == set(other) for one, other in zip(graph.tolist(), wanted.tolist(), strict=True)]
    # Old pairs are not compared again: a graph that was full stays exact, one that was not is filled as far as known.
    assert all(same) if old > 15 else all(same[old:])
    assert all(row.index(-1) == len(set(row)) - 1 for row in graph.tolist() if -1 in row)


def test_neighbours_come_nearest_first_and_none_is_a_post_itself():
    vectors, _ = groups()
    graph, of_new = extended_neighbours(vectors, neighbour_graph(vectors[:70]).rows, 15)
    alike = np.einsum("nd,nkd->nk", vectors, vectors[graph])
    assert (np.diff(alike, axis=1) <= 1e-6).all()
    assert (graph != np.arange(90)[:, None]).all()
    assert (np.diff(of_new.similarity, axis=1) <= 1e-6).all()


def test_posts_join_the_group_that_they_are_made_of_and_strangers_none():
    vectors, group = groups((60, 50, 40), noise=0.5)
    new = np.arange(0, 150, 5)
    old = np.setdiff1d(np.arange(150), new)
    topics = topics_of(vectors[old], group[old].astype(np.int32), 3)
    fit = fit_topics(vectors[new], topics, 0.05)
    joined = fit.labels != UNSORTED
    assert joined.mean() > 0.8 and (fit.labels[joined] == group[new][joined]).all()
    strangers = unit_rows(np.random.default_rng(3).normal(size=(20, 32)).astype(np.float32))
    assert (fit_topics(strangers, topics, 0.05).labels == UNSORTED).all()


def test_a_cosine_to_the_others_finds_nothing_common_in_a_few_strangers():
    strangers = np.eye(8, dtype=np.float32)
    labels = np.zeros(8, np.int32)
    assert np.allclose(others_cosine(strangers, labels, topics_of(strangers, labels, 1).sums), 0.0, atol=1e-6)
    alone = others_cosine(strangers, np.arange(8, dtype=np.int32), strangers)
    assert (alone == 0).all()


def test_only_what_stands_apart_becomes_a_group_and_what_was_unsorted_before_is_no_news():
    vectors, group = groups((120, 110, 40, 30), noise=0.5)
    new = group == 2
    old_topics = np.where(group < 2, group, UNSORTED).astype(np.int32)
    topics = topics_of(vectors, old_topics, 2)
    near = neighbour_graph(vectors).rows
    apart = stand_apart(near, old_topics != UNSORTED)
    assert apart[new].mean() > 0.9 and apart[group < 2].mean() < 0.05
    rest = np.flatnonzero(group >= 2)
    found = new_groups(vectors[rest], apart[rest], new[rest], least_tight(topics), 8)
    assert set(found[new[rest]]) <= {0, UNSORTED} and (found[new[rest]] == 0).mean() > 0.8
    assert (found[~new[rest]] == UNSORTED).all()
    assert (new_groups(vectors[rest], np.zeros(70, bool), new[rest], least_tight(topics), 8) == UNSORTED).all()


def test_random_posts_make_no_group():
    vectors = unit_rows(np.random.default_rng(5).normal(size=(200, 32)).astype(np.float32))
    everything = np.ones(200, dtype=bool)
    assert (new_groups(vectors, everything, everything, 0.4, 8) == UNSORTED).all()
    assert (new_groups(vectors[:2], everything[:2], everything[:2], 0.4, 8) == UNSORTED).all()


def test_a_new_post_stands_among_the_neighbours_of_its_own_topic():
    points = np.array([[0, 0], [0, 1], [10, 10], [10, 11]], np.float32)
    near = Anchors(np.array([[0, 1, 2]], np.int32), np.array([[0.9, 0.9, 0.8]], np.float32))
    labels = np.array([0, 0, 1, 1], np.int32)
    placed = placed_near(points, near, labels, np.array([0], np.int32))
    assert np.abs(placed[0] - [0, 0.5]).max() < 6 and placed[0][0] < 5
    other = placed_near(points, near, labels, np.array([1], np.int32))
    assert other[0][0] > 5
    assert (placed == placed_near(points, near, labels, np.array([0], np.int32))).all()


def test_posts_whose_neighbours_are_all_new_have_a_place_too():
    points = np.random.default_rng(0).normal(size=(50, 2)).astype(np.float32)
    near = Anchors(np.array([[51, 52], [50, 3], [50, 51]], np.int32), np.full((3, 2), 0.5, np.float32))
    placed = placed_near(points, near, np.zeros(50, np.int32), np.full(3, UNSORTED, np.int32))
    assert np.isfinite(placed).all()
    nowhere = placed_near(points[:0], near, np.empty(0, np.int32), np.zeros(3, np.int32))
    assert nowhere.shape == (3, 2) and np.isfinite(nowhere).all()
