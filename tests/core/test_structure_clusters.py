"""Clusters: ranked by posts, unsorted posts adopted with care, giants split only where they fall apart."""

import numpy as np
import pytest

from ctse_core.structure import Clusters, StructureSettings, adopt_unsorted, agreement, find_clusters
from ctse_core.structure.clusters import raise_copied, rank_by_size, silhouettes
from ctse_core.structure.few import cluster_few
from tests.core.structure_fakes import groups, unit


def clouds(places, each=60, spread=0.1, seed=0):
    """Return points around the given places on a plane."""
    random = np.random.default_rng(seed)
    middles = np.repeat(np.asarray(places, dtype=float), each, axis=0)
    return (middles + random.normal(scale=spread, size=middles.shape)).astype(np.float32)


def as_clusters(labels, strength=0.9):
    labels = np.asarray(labels, dtype=np.int32)
    return Clusters(labels, np.where(labels >= 0, strength, 0).astype(np.float32), labels.copy(), "hdbscan")


def test_dense_places_become_clusters_and_lonely_points_stay_unsorted():
    points = np.vstack([clouds([(0, 0), (5, 5)]), [[30, 30], [-20, 9]]]).astype(np.float32)
    found = find_clusters(points)
    assert found.count == 2
    assert found.labels[-2:].tolist() == [-1, -1]
    assert (found.strength[-2:] == 0).all()
    assert found.strength[:120].min() >= 0 and found.strength.max() <= 1


@pytest.mark.parametrize("posts", [0, 1, 4])
def test_fewer_points_than_a_topic_needs_are_unsorted(posts):
    found = find_clusters(np.zeros((posts, 2), np.float32))
    assert found.labels.tolist() == [-1] * posts
    assert found.count == 0


def test_labels_are_ranked_by_size_and_equal_sizes_by_appearance():
    assert rank_by_size(np.array([7, 7, 3, 3, 3, -1, 9, 9])).tolist() == [1, 1, 0, 0, 0, -1, 2, 2]


def test_copies_count_in_the_ranking():
    assert rank_by_size(np.array([0, 0, 0, 1, -1]), np.array([1, 1, 1, 50, 900])).tolist() == [1, 1, 1, 0, -1]


def test_nothing_to_rank_is_nothing_ranked():
    assert rank_by_size(np.array([], dtype=int)).tolist() == []
    assert rank_by_size(np.array([-1, -1])).tolist() == [-1, -1]


def test_unsorted_posts_near_a_topic_are_adopted_and_far_ones_are_not():
    vectors, which = groups((40, 40), noise=0.3)
    stranger = unit(np.random.default_rng(9).normal(size=(1, 32)))
    vectors = np.vstack([vectors, stranger])
    labels = np.append(which, -1)
    near = int(np.argmax(vectors[:40] @ unit(vectors[:40].mean(axis=0, keepdims=True))[0]))
    labels[near] = -1
    adopted = adopt_unsorted(as_clusters(labels), vectors)
    assert adopted.labels[near] == adopted.labels[(near + 1) % 40]
    assert adopted.labels[-1] == -1
    assert 0 < adopted.strength[near] <= 0.3
    assert adopted.raw_labels[near] == -1
    assert (adopted.raw_labels >= 0).sum() == 79


def test_adoption_renumbers_raw_labels_alike():
    vectors, which = groups((30, 29), noise=0.2)
    labels = which.copy()
    labels[:4] = -1  # group 0 has 26 firm posts, so group 1 leads until its four are adopted
    clusters = as_clusters(rank_by_size(labels))
    assert clusters.labels[-1] == 0
    adopted = adopt_unsorted(clusters, vectors, StructureSettings(adopt_quantile=0.0))
    assert adopted.labels[10] == 0 and adopted.labels[-1] == 1
    firm = adopted.raw_labels >= 0
    assert (adopted.raw_labels[firm] == adopted.labels[firm]).all()


def test_adoption_can_be_turned_off():
    vectors, which = groups((30, 30))
    labels = np.where(np.arange(60) % 5 == 0, -1, which)
    clusters = as_clusters(labels)
    assert adopt_unsorted(clusters, vectors, StructureSettings(adopt_quantile=1.0)) is clusters


def test_a_giant_made_of_several_groups_is_split_and_a_round_one_is_not():
    several = clouds([(0, 0), (1.1, 0), (0, 1.1), (1.1, 1.1)], each=100, spread=0.06)
    points = np.vstack([several, clouds([(40, 40)], each=100, spread=0.06)])
    split = find_clusters(points, StructureSettings(joined_within=1.0))
    assert split.split == 1
    assert split.count == 5
    round_one = np.vstack([clouds([(0, 0)], each=400, spread=0.5), clouds([(40, 40)], each=100, spread=0.5)])
    whole = find_clusters(round_one, StructureSettings(joined_within=1.0))
    assert whole.split == 0
    assert whole.count == 2


def test_a_loud_post_becomes_a_topic_of_its_own():
    clusters = as_clusters([0, 0, 0, -1, -1])
    raised = raise_copied(clusters, np.array([1, 1, 1, 200, 2]), StructureSettings())
    assert raised.labels.tolist() == [1, 1, 1, 0, -1]
    assert raised.strength[3] == 1.0


def test_a_few_posts_are_linked_by_likeness():
    vectors, which = groups((6, 5), width=32, noise=0.2)
    found = cluster_few(vectors)
    assert [set(found.labels[which == group]) for group in (0, 1)] == [{0}, {1}]
    assert found.way == "agglomerative"


def test_a_few_posts_without_likeness_stay_unsorted():
    assert cluster_few(np.eye(8, dtype=np.float32)).count == 0


def test_silhouettes_are_those_of_the_definition():
    distance = np.abs(np.subtract.outer([0.0, 1, 10, 11, 50], [0.0, 1, 10, 11, 50]))
    each = silhouettes(distance, np.array([0, 0, 1, 1, -1]))
    assert each == pytest.approx([1 - 1 / 10.5, 1 - 1 / 9.5, 1 - 1 / 9.5, 1 - 1 / 10.5, 0])


def test_agreement_is_one_for_renamed_clusters_and_about_zero_by_chance():
    labels = np.repeat([0, 1, 2, -1], 50).astype(np.int32)
    renamed = np.repeat([2, 0, 1, -1], 50).astype(np.int32)
    assert agreement(labels, renamed) == {"rand": 1.0, "both_sorted": 0.75, "kept": 1.0}
    shuffled = np.random.default_rng(0).permutation(labels)
    assert abs(agreement(labels, shuffled)["rand"]) < 0.05
    nothing = np.full(200, -1, np.int32)
    assert agreement(labels, nothing)["rand"] == 0.0


def test_agreement_equals_the_adjusted_rand_index_of_scikit_learn():
    from sklearn.metrics import adjusted_rand_score

    random = np.random.default_rng(1)
    one, other = random.integers(0, 5, 300).astype(np.int32), random.integers(0, 4, 300).astype(np.int32)
    other[:150] = one[:150] % 4
    assert agreement(one, other)["rand"] == pytest.approx(adjusted_rand_score(one, other))
