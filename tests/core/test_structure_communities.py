"""Communities: groups of linked posts, the same for the same seed, posts between them left unsorted."""

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from ctse_core.structure import StructureSettings, arrange, find_communities, neighbour_graph
from ctse_core.structure.communities import find_with_others, inner_share, islands, leiden, other_seeds
from ctse_core.structure.projection import fuzzy_graph
from tests.core.structure_fakes import dependence, groups, meanings_in_languages, same_cluster_share


def graph_of(vectors):
    return fuzzy_graph(neighbour_graph(vectors)).tocsr()


def two_cliques(each=8, bridge=0.1):
    """Return a graph of two groups that are linked all to all, and weakly with each other."""
    weights = np.zeros((2 * each, 2 * each), np.float32)
    weights[:each, :each] = weights[each:, each:] = 1.0
    weights[0, each] = weights[each, 0] = bridge
    np.fill_diagonal(weights, 0)
    return csr_matrix(weights)


def test_two_groups_of_linked_posts_are_two_communities():
    labels = find_communities(two_cliques(), StructureSettings(resolution=1.0)).labels
    assert set(labels[:8]) == {0} and set(labels[8:]) == {1}


def test_the_community_with_most_posts_comes_first():
    weights = np.r_[np.ones(8), np.full(8, 5)]
    labels = find_communities(two_cliques(), StructureSettings(resolution=1.0), weights).labels
    assert set(labels[8:]) == {0}


def test_a_post_between_two_groups_is_unsorted():
    graph = two_cliques().tolil()
    graph.resize((17, 17))
    for other in (0, 1, 8, 9, 10):
        graph[16, other] = graph[other, 16] = 1.0
    found = find_communities(graph.tocsr(), StructureSettings(resolution=1.0, firmness=0.7))
    assert found.labels[16] == -1 and found.strength[16] == 0
    assert len(set(found.labels[1:8])) == len(set(found.labels[11:16])) == 1
    sorted_there = find_communities(graph.tocsr(), StructureSettings(resolution=1.0, firmness=0.0))
    assert sorted_there.labels[16] >= 0


def test_strength_is_the_share_of_links_inside():
    graph = two_cliques(bridge=1.0)
    share = inner_share(graph, np.repeat([0, 1], 8))
    assert share[0] == pytest.approx(7 / 8) and share[1] == pytest.approx(1.0)
    assert (inner_share(graph, np.full(16, -1)) == 0).all()
    assert (inner_share(csr_matrix((3, 3), dtype=np.float32), np.zeros(3, int)) == 0).all()


def test_communities_smaller_than_a_topic_are_unsorted():
    graph = two_cliques(each=8, bridge=0.0)
    found = find_communities(graph, StructureSettings(resolution=1.0, min_cluster_size=9))
    assert found.labels.tolist() == [-1] * 16 and found.count == 0


@pytest.mark.parametrize("posts", [0, 1, 4])
def test_fewer_posts_than_a_topic_needs_are_unsorted(posts):
    assert find_communities(csr_matrix((posts, posts), dtype=np.float32)).labels.tolist() == [-1] * posts


def test_the_same_seed_gives_the_same_after_other_work():
    graph = graph_of(groups((60, 50, 40), noise=0.9)[0])
    one = leiden(graph, 2.0, 7)
    leiden(graph, 1.0, 8)  # the library draws from one generator for the whole process: ours must not
    assert (leiden(graph, 2.0, 7) == one).all()


def test_a_finer_resolution_makes_more_communities():
    graph = graph_of(groups((100, 100, 100), noise=0.9)[0])
    counts = [len(set(leiden(graph, resolution, 0).tolist())) for resolution in (0.5, 2.0, 8.0)]
    assert counts[0] < counts[1] < counts[2]


def test_the_resolution_follows_from_the_number_of_posts():
    settings = StructureSettings()
    assert [round(settings.finer(posts), 2) for posts in (100, 3_000, 10_000, 50_000)] == [3.0, 3.0, 2.0, 2.0]
    assert StructureSettings(resolution=5.0).finer(100) == 5.0


def test_groups_that_nothing_leaves_are_not_cut_however_fine_the_resolution():
    vectors, which = groups((90, 60, 40), noise=0.9)
    graph = graph_of(vectors)
    found = find_communities(graph)
    assert [len(set(found.labels[which == group])) for group in range(3)] == [1, 1, 1] and found.count == 3
    assert len(set(leiden(graph, StructureSettings().finer(190), 42).tolist())) > 6
    assert (islands(graph, StructureSettings(resolution=3.0)) == -1).all()  # a person's own choice rules


def test_an_island_of_most_posts_is_looked_into():
    graph = graph_of(groups((300, 100), noise=0.9)[0])
    whole = islands(graph, StructureSettings())
    assert (whole[:300] == -1).all() and (whole[300:] >= 0).all()


def test_other_seeds_are_told_beside_the_first():
    graph = graph_of(groups((60, 50, 40), noise=0.9)[0])
    found, others = find_with_others(graph)
    assert len(others) == 4 and all(len(other) == 150 for other in others)
    assert (find_communities(graph).labels == found.labels).all()
    assert find_with_others(graph, StructureSettings(stability="never"))[1] == []


def test_more_seeds_are_tried_where_they_are_cheap():
    assert [len(other_seeds(StructureSettings(), posts)) for posts in (500, 50_000)] == [4, 2]
    assert other_seeds(StructureSettings(stability="never"), 500) == []


def test_communities_follow_meaning_and_not_language():
    vectors, meaning, language = meanings_in_languages()
    labels = arrange(vectors, language, StructureSettings(clusters="communities")).clusters.labels
    assert same_cluster_share(labels, meaning) > 0.8
    assert dependence(labels, language) < 0.1


def test_no_space_to_cluster_in_is_drawn():
    vectors, _ = groups((80, 60, 40))
    made = arrange(vectors, ["en"] * 180, StructureSettings(clusters="communities"))
    assert made.method["clusters_way"] == "communities"
    assert made.method["space_dims"] == 0 and made.method["resolution"] == 3.0
    assert len(made.agreement) == made.clusters.count and (made.agreement > 0.9).all()


def test_dense_places_are_still_to_be_had():
    vectors, which = groups((80, 60, 40))
    made = arrange(vectors, ["en"] * 180, StructureSettings(clusters="hdbscan"))
    assert made.method["clusters_way"] == "hdbscan" and made.method["space_dims"] == 5
    assert [set(made.clusters.labels[which == group]) for group in range(3)] == [{0}, {1}, {2}]
    assert np.isnan(made.agreement).all()


def test_posts_with_one_and_the_same_vector_are_no_trouble():
    vectors = np.tile(np.eye(8, dtype=np.float32)[0], (200, 1))
    found = find_communities(graph_of(vectors))
    assert len(found.labels) == 200 and np.isfinite(found.strength).all()
