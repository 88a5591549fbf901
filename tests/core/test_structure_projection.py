"""The layouts: umap-learn is the yardstick, our kernel only starts faster."""

import numpy as np
import pytest

from ctse_core.structure import StructureSettings, neighbour_graph, project
from ctse_core.structure.projection import (
    CURVES,
    Layout,
    _states,
    fuzzy_graph,
    lay_out,
    project_all,
    start_positions,
)
from tests.core.structure_fakes import groups


@pytest.fixture(scope="module")
def four_groups():
    vectors, which = groups((60, 50, 40, 30), width=24, noise=0.5)
    return vectors, which, neighbour_graph(vectors)


def kept_neighbours(points, neighbours):
    """Return the share of each post's 15 neighbours that are among its 15 nearest points."""
    apart = ((points[:, None, :] - points[None, :, :]) ** 2).sum(axis=2)
    np.fill_diagonal(apart, np.inf)
    nearest = np.argsort(apart, axis=1)[:, :15]
    return (nearest[:, :, None] == neighbours.rows[:, None, :]).any(axis=2).mean()


def test_groups_stay_apart_on_the_map(four_groups):
    vectors, which, neighbours = four_groups
    points = project(neighbours, vectors, 2)
    middles = np.array([points[which == group].mean(axis=0) for group in range(4)])
    apart = np.linalg.norm(points[:, None] - middles[None], axis=2)
    assert points.shape == (180, 2) and points.dtype == np.float32
    assert (apart.argmin(axis=1) == which).all()


@pytest.mark.parametrize("dims", [2, 5])
def test_the_same_seed_gives_exactly_the_same_positions(four_groups, dims):
    vectors, _, neighbours = four_groups
    one, other = project(neighbours, vectors, dims), project(neighbours, vectors, dims)
    assert (one == other).all()
    assert (one != project(neighbours, vectors, dims, StructureSettings(seed=1))).any()


def test_layouts_drawn_side_by_side_equal_layouts_drawn_alone(four_groups):
    vectors, _, neighbours = four_groups
    settings = StructureSettings(threads=4)
    both = project_all(neighbours, vectors, [Layout(5, 0.0, 42), Layout(2, 0.1, 42)], settings)
    assert (both[0] == project(neighbours, vectors, 5)).all()
    assert (both[1] == project(neighbours, vectors, 2)).all()


def test_a_layout_shared_by_threads_is_as_good(four_groups):
    vectors, _, neighbours = four_groups
    alone = project(neighbours, vectors, 2)
    shared = project(neighbours, vectors, 2, StructureSettings(repeatable_up_to=10, threads=4))
    assert kept_neighbours(shared, neighbours) > kept_neighbours(alone, neighbours) - 0.05


def test_weights_of_the_graph_are_symmetric_and_the_nearest_weighs_one(four_groups):
    _, _, neighbours = four_groups
    graph = fuzzy_graph(neighbours)
    dense = graph.toarray()
    assert np.allclose(dense, dense.T)
    assert graph.data.min() > 0 and graph.data.max() <= 1 + 1e-6
    assert np.allclose(dense[np.arange(180), neighbours.rows[:, 0]], 1, atol=1e-6)
    assert (np.diff(graph.row) >= 0).all()


def test_equal_vectors_give_finite_positions():
    vectors = np.tile(np.eye(6, dtype=np.float32)[0], (70, 1))
    points = project(neighbour_graph(vectors), vectors, 2)
    assert np.isfinite(points).all()


def test_the_start_is_the_principal_components():
    vectors, _ = groups((40, 40), width=10)
    start = start_positions(vectors, 2)
    assert start.min() == 0 and start.max() == pytest.approx(10)
    centred = vectors - vectors.mean(axis=0)
    first = np.linalg.svd(centred, full_matrices=False)[0][:, 0]
    assert abs(np.corrcoef(first, start[:, 0])[0, 1]) > 0.999
    assert start_positions(vectors[:1], 2).tolist() == [[0, 0]]


@pytest.mark.slow
def test_the_graph_equals_that_of_umap_learn(four_groups):
    from umap.umap_ import fuzzy_simplicial_set

    vectors, _, neighbours = four_groups
    own = np.arange(180)[:, None]
    rows = np.hstack([own, neighbours.rows]).astype(np.int32)
    distance = np.hstack([np.zeros((180, 1)), np.maximum(1 - neighbours.similarity, 0)]).astype(np.float32)
    theirs, *_ = fuzzy_simplicial_set(
        vectors, 16, np.random.RandomState(0), "cosine", knn_indices=rows, knn_dists=distance
    )
    assert abs(theirs.tocsr() - fuzzy_graph(neighbours).tocsr()).max() < 1e-4


@pytest.mark.slow
@pytest.mark.parametrize(("dims", "gap"), [(2, 0.1), (5, 0.0)])
def test_the_kernel_moves_points_as_umap_learn_does(four_groups, dims, gap):
    from umap.layouts import optimize_layout_euclidean
    from umap.umap_ import find_ab_params

    vectors, _, neighbours = four_groups
    epochs, seed = 3, 3  # rounding grows from epoch to epoch: on one machine they are equal bit for bit
    assert np.allclose(CURVES[gap], find_ab_params(1.0, gap), rtol=1e-3)
    graph = fuzzy_graph(neighbours)
    kept = graph.data >= graph.data.max() / epochs
    start = start_positions(vectors, dims, seed)
    first_axis = start[:1, 0].astype(np.float64).view(np.int64)
    theirs = start.copy()
    optimize_layout_euclidean(
        theirs, theirs, graph.row[kept], graph.col[kept], epochs, 180,
        (graph.data.max() / graph.data[kept]).astype(np.float64), *CURVES[gap],
        _states(start, seed)[0] - first_axis, parallel=False, move_other=True,
    )  # fmt: skip
    ours = lay_out(graph, start, Layout(dims, gap, seed), epochs)
    assert np.abs(ours - theirs).max() < 0.2
    assert np.abs(ours - start).max() > 2


@pytest.mark.slow
def test_maps_keep_as_many_neighbours_as_those_of_umap_learn(four_groups):
    vectors, _, neighbours = four_groups
    ours = project(neighbours, vectors, 2)
    theirs = project(neighbours, vectors, 2, StructureSettings(engine="umap-learn"))
    assert kept_neighbours(ours, neighbours) > kept_neighbours(theirs, neighbours) - 0.02
