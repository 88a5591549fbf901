"""The neighbour graph: exact where it can be, measured where it is not."""

import numpy as np
import pytest

from ctse_core.structure import StructureSettings, neighbour_graph
from tests.core.structure_fakes import groups, unit


def true_neighbours(vectors, k):
    likeness = vectors @ vectors.T
    np.fill_diagonal(likeness, -2)
    rows = np.argsort(-likeness, axis=1, kind="stable")[:, :k]
    return rows, np.take_along_axis(likeness, rows, axis=1)


def test_neighbours_are_the_truly_nearest_best_first():
    vectors = unit(np.random.default_rng(0).normal(size=(300, 24)))
    found = neighbour_graph(vectors)
    rows, likeness = true_neighbours(vectors, 15)
    assert (found.rows == rows).all()
    assert np.allclose(found.similarity, likeness, atol=1e-5)
    assert found.rows.dtype == np.int32 and found.similarity.dtype == np.float32
    assert found.recall == 1.0


def test_no_post_is_its_own_neighbour_even_among_equal_posts():
    vectors = unit(np.random.default_rng(0).normal(size=(40, 8)))
    vectors[:30] = vectors[0]
    found = neighbour_graph(vectors)
    assert (found.rows != np.arange(40)[:, None]).all()
    assert all(len(set(row)) == 15 for row in found.rows.tolist())


@pytest.mark.parametrize("posts", [0, 1, 2, 16])
def test_fewer_posts_than_neighbours_asked_for_give_fewer(posts):
    vectors = unit(np.random.default_rng(0).normal(size=(posts, 8)))
    found = neighbour_graph(vectors)
    assert found.rows.shape == found.similarity.shape == (posts, min(15, max(0, posts - 1)))


def test_many_posts_are_searched_by_cells_and_the_recall_told_is_true():
    vectors, _ = groups((400,) * 10, width=48, noise=0.8)
    found = neighbour_graph(vectors, StructureSettings(exact_up_to=100))
    rows, _ = true_neighbours(vectors, 15)
    recall = (found.rows[:, :, None] == rows[:, None, :]).any(axis=2).mean()
    assert "cells" in found.way
    assert recall > 0.9
    assert found.recall == pytest.approx(recall, abs=0.03)
    assert (found.rows != np.arange(len(vectors))[:, None]).all()


def test_the_same_vectors_give_the_same_graph_by_cells():
    vectors, _ = groups((300,) * 5, width=32)
    settings = StructureSettings(exact_up_to=100)
    one, other = neighbour_graph(vectors, settings), neighbour_graph(vectors, settings)
    assert (one.rows == other.rows).all()
