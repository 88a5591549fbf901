"""The room as a whole: from vectors and languages to a map and clusters, for every number of posts."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from ctse_core.errors import Cancelled, EncoderError, SettingError
from ctse_core.structure import StructureSettings, arrange
from tests.core.structure_fakes import dependence, groups, meanings_in_languages, same_cluster_share

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("posts", [0, 1, 2, 3, 5, 14, 15, 50, 59, 60, 61])
def test_every_small_number_of_posts_is_arranged(posts):
    vectors = np.random.default_rng(posts).normal(size=(posts, 16)).astype(np.float32)
    made = arrange(vectors, ["en"] * posts)
    assert made.map_points.shape == (posts, 2)
    assert np.isfinite(made.map_points).all()
    assert made.neighbours.rows.shape == (posts, min(15, max(0, posts - 1)))
    assert len(made.clusters.labels) == len(made.clusters.strength) == posts
    assert ((made.clusters.strength >= 0) & (made.clusters.strength <= 1)).all()
    assert json.dumps(made.method)


def test_four_posts_have_clusters_only_where_they_fall_apart():
    pair = np.eye(16, dtype=np.float32)[[0, 0, 5, 5]] + 0.01
    assert arrange(pair, ["en"] * 4).clusters.labels.tolist() == [0, 0, 1, 1]


def test_fifty_posts_fall_into_their_groups():
    vectors, which = groups((25, 15, 10))
    labels = arrange(vectors, ["en"] * 50).clusters.labels
    assert [set(labels[which == group]) for group in range(3)] == [{0}, {1}, {2}]


def test_posts_with_one_and_the_same_vector_are_arranged():
    for posts in (5, 30, 200):
        made = arrange(np.tile(np.eye(8, dtype=np.float32)[0], (posts, 1)), ["en"] * posts)
        assert np.isfinite(made.map_points).all()
        assert len(made.clusters.labels) == posts


def test_one_post_copied_often_is_a_topic_and_one_copied_seldom_is_not():
    one = np.eye(8, dtype=np.float32)[:1]
    assert arrange(one, ["en"], weights=np.array([500])).clusters.labels.tolist() == [0]
    assert arrange(one, ["en"], weights=np.array([3])).clusters.labels.tolist() == [-1]


def test_empty_posts_do_not_spoil_the_others():
    vectors, _ = groups((60, 60))
    vectors[5] = 0
    labels = arrange(vectors, ["en"] * 120).clusters.labels
    first, second = set(labels[:60]) - {-1}, set(labels[60:]) - {-1}
    assert first and second and not first & second


def test_clusters_follow_meaning_and_not_language():
    vectors, meaning, language = meanings_in_languages()
    plain = arrange(vectors, language, StructureSettings(centre_languages=False)).clusters.labels
    centred = arrange(vectors, language).clusters.labels
    assert same_cluster_share(plain, meaning) < 0.4  # the offset is strong enough to mislead
    assert dependence(plain, language) > 0.4
    assert same_cluster_share(centred, meaning) > 0.8
    assert dependence(centred, language) < 0.1


def test_the_largest_cluster_in_posts_comes_first():
    vectors, which = groups((80, 60, 40))
    weights = np.where(which == 2, 10, 1)
    labels = arrange(vectors, ["en"] * 180, weights=weights).clusters.labels
    sizes = np.bincount(labels[labels >= 0], weights=weights[labels >= 0])
    assert (np.diff(sizes) <= 0).all()
    assert labels[-1] == 0  # forty posts of ten copies outweigh eighty


def test_two_runs_give_the_same():
    vectors, _, language = meanings_in_languages(seed=3)
    one, other = arrange(vectors, language), arrange(vectors, language)
    assert (one.map_points == other.map_points).all()
    assert (one.clusters.labels == other.clusters.labels).all()
    assert (one.clusters.strength == other.clusters.strength).all()
    assert one.method["repeatable"] is True


def test_two_processes_give_the_same():
    code = (
        "import hashlib; from ctse_core.structure import arrange; "
        "from tests.core.structure_fakes import meanings_in_languages; "
        "vectors, _, language = meanings_in_languages(seed=4); made = arrange(vectors, language); "
        "print(hashlib.sha256(made.map_points.tobytes() + made.clusters.labels.tobytes()).hexdigest())"
    )
    said = {
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT).stdout
        for _ in range(2)
    }
    assert len(said) == 1


def test_another_seed_draws_another_map_of_the_same_clusters():
    vectors, _ = groups((80, 60, 40))
    one = arrange(vectors, ["en"] * 180)
    other = arrange(vectors, ["en"] * 180, StructureSettings(seed=7))
    assert (one.map_points != other.map_points).any()
    assert (one.clusters.labels == other.clusters.labels).mean() > 0.95


def test_the_stability_of_dense_places_is_measured_beyond_the_repeatable_size_or_on_demand():
    vectors, _ = groups((80, 60, 40))
    language = ["en"] * 180
    assert arrange(vectors, language, StructureSettings(clusters="hdbscan")).stability is None
    beyond = arrange(vectors, language, StructureSettings(clusters="hdbscan", repeatable_up_to=100, threads=6))
    assert beyond.stability is not None and beyond.stability["rand"] > 0.9
    assert beyond.method["repeatable"] is False
    asked = arrange(vectors, language, StructureSettings(clusters="hdbscan", stability="always"))
    assert asked.stability is not None and asked.method["repeatable"] is True


def test_the_stability_of_communities_is_measured_unless_told_not_to():
    vectors, _ = groups((80, 60, 40))
    made = arrange(vectors, ["en"] * 180)
    assert made.stability is not None and made.stability["rand"] > 0.9
    never = arrange(vectors, ["en"] * 180, StructureSettings(stability="never"))
    assert never.stability is None and np.isnan(never.agreement).all()


def test_progress_rises_from_zero_to_one():
    shares = []
    vectors, _ = groups((50, 50))
    arrange(vectors, ["en"] * 100, progress=lambda share, sentence: shares.append(share))
    assert shares[-1] == 1.0
    assert shares == sorted(shares)


def test_a_person_who_cancels_gets_out():
    def stop(share, sentence):
        if share > 0.4:
            raise Cancelled("Stopped.")

    vectors, _ = groups((50, 50))
    with pytest.raises(Cancelled):
        arrange(vectors, ["en"] * 100, progress=stop)


def test_vectors_and_languages_of_different_number_are_refused():
    with pytest.raises(EncoderError, match="3 vectors for 2 texts"):
        arrange(np.ones((3, 4), np.float32), ["en", "fr"])


def test_settings_outside_their_range_are_refused_with_their_label():
    with pytest.raises(SettingError, match="Neighbours is 1000"):
        StructureSettings(neighbours=1000)
    with pytest.raises(SettingError, match="Layout engine"):
        StructureSettings(engine="magic")


def test_the_smallest_topic_follows_from_the_number_of_posts():
    sizes = [StructureSettings().smallest_topic(posts) for posts in (60, 600, 10_000, 53_018, 1_000_000)]
    assert sizes == [5, 6, 25, 58, 250]
    assert StructureSettings(min_cluster_size=12).smallest_topic(53_018) == 12


def test_importing_the_room_loads_nothing_slow():
    code = (
        "import sys; import ctse_core.structure; "
        "slow = {'numba', 'umap', 'hdbscan', 'bertopic', 'sklearn', 'scipy', 'faiss', 'torch'}; "
        "print(sorted(slow & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.strip() == "[]"
