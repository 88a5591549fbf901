"""What is done otherwise where posts are many: own communities, forces from a table, a map drawn for a sample."""

import sys

import numpy as np
import polars as pl
import pytest

from ctse_core.structure import StructureSettings, TopicInput, TopicSpace, arrange, measured, name_topics
from ctse_core.structure.communities import leiden
from ctse_core.structure.hierarchy import links_of_many, topic_links
from ctse_core.structure.kernels import force_tables
from ctse_core.structure.large_map import beside_neighbours
from ctse_core.structure.neighbours import Neighbours, neighbour_graph
from ctse_core.structure.projection import CURVES, fuzzy_graph
from ctse_core.structure.quick_leiden import quick_leiden
from ctse_core.structure.sample import weighted_sample
from ctse_core.structure.stability import agreement
from tests.core.structure_fakes import groups


def modularity(graph, labels, resolution):
    degree, cells = np.asarray(graph.sum(axis=1)).ravel(), graph.tocoo()
    inside = cells.data[labels[cells.row] == labels[cells.col]].sum() / degree.sum()
    return inside - resolution * (np.bincount(labels, weights=degree) ** 2).sum() / degree.sum() ** 2


def test_quick_communities_are_as_modular_as_the_librarys_and_the_same_each_time():
    vectors, which = groups((150,) * 8, width=24, noise=0.9)
    graph = fuzzy_graph(neighbour_graph(vectors)).tocsr()
    for resolution in (0.5, 2.0):
        found = quick_leiden(graph, resolution, 1)
        assert (found == quick_leiden(graph, resolution, 1)).all()
        assert modularity(graph, found, resolution) > modularity(graph, leiden(graph, resolution, 1), resolution) - 0.01
    assert agreement(quick_leiden(graph, 0.5, 1).astype(np.int32), which)["rand"] > 0.9


def test_posts_without_links_are_communities_of_their_own():
    from scipy.sparse import csr_matrix

    assert len(set(quick_leiden(csr_matrix((4, 4)), 1.0, 0).tolist())) == 4


def test_the_table_of_forces_holds_what_the_curve_gives():
    a, b = CURVES[0.1]
    for apart in (1e-4, 0.03, 0.7, 5.0, 120.0, 3000.0):
        place = (int(np.array([apart], np.float32).view(np.int32)[0]) >> 15) - 22016
        pull, push = force_tables(a, b)[:, place]
        assert pull == pytest.approx(-2 * a * b * apart ** (b - 1) / (a * apart**b + 1), rel=0.01)
        assert push == pytest.approx(2 * b / ((0.001 + apart) * (a * apart**b + 1)), rel=0.01)


def test_a_sample_holds_every_language_and_what_is_copied_often():
    languages = np.array(["en"] * 20_000 + ["ht"] * 30)
    weights = np.ones(len(languages))
    weights[:50] = 1000
    rows = weighted_sample(languages, weights, 1000)
    assert len(rows) == len(set(rows.tolist())) == 1000 and (np.diff(rows) > 0).all()
    assert set(range(20_000, 20_030)) <= set(rows.tolist())
    assert len(set(range(50)) & set(rows.tolist())) >= 45
    assert weighted_sample(languages, None, 50_000).tolist() == list(range(len(languages)))


def test_posts_outside_the_sample_stand_amid_their_neighbours():
    near = Neighbours(np.array([[1], [0], [0], [2], [4]], np.int32), np.full((5, 1), 0.5, np.float32))
    drawn = np.array([[0, 0], [10, 10]], np.float32)
    placed = beside_neighbours(drawn, np.array([0, 1]), near)
    assert placed[:2].tolist() == drawn.tolist()
    assert np.linalg.norm(placed[2]) < 5 and np.linalg.norm(placed[3]) < 9  # by post 0, and through post 2
    assert placed[4].tolist() == [5, 5]  # nobody near: the middle


def test_a_map_of_many_posts_keeps_groups_together_whoever_was_drawn(monkeypatch):
    monkeypatch.setattr(sys.modules["ctse_core.structure.arrange"], "DRAWN_WHOLE", 500)
    monkeypatch.setattr(sys.modules["ctse_core.structure.large_map"], "SAMPLE", 300)
    vectors, which = groups((300, 250, 200), width=24)
    settings = StructureSettings(repeatable_up_to=500)
    made = arrange(vectors, ["en", "ht", "es"] * 250, settings)
    points, middles = made.map_points, [made.map_points[which == group].mean(axis=0) for group in range(3)]
    nearest = np.linalg.norm(points[:, None] - np.array(middles)[None], axis=2).argmin(axis=1)
    assert (nearest == which).mean() > 0.97
    assert made.method["note"].startswith("The map was drawn for")
    assert made.method["map_drawn"] and np.isfinite(points).all()
    assert not made.method["repeatable"]


def test_topics_of_many_posts_are_named_by_some_and_counted_over_all():
    which = np.repeat([0, 1, -1], [700, 250, 50]).astype(np.int32)
    words = (["flood", "river", "water"], ["fire", "smoke", "forest"], ["bus"])
    tokens = [words[label] for label in which]
    vectors = np.eye(8, dtype=np.float32)[which % 8] + np.random.default_rng(0).normal(scale=0.1, size=(1000, 8))
    vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    some = np.arange(0, 1000, 4)
    posts = TopicInput(
        texts=pl.Series([" ".join(one) for one in tokens]), tokens=pl.Series(tokens), languages=["en"] * 1000,
        times=pl.Series([None] * 1000, dtype=pl.Datetime("us", "UTC")), vectors=vectors, labels=which,
        strength=np.ones(1000, np.float32), copies=np.full(1000, 2), positions=np.arange(1000) * 10, looked_at=some,
    )  # fmt: skip
    topics = name_topics(posts)
    assert topics["size"].to_list() == [1400, 500] and topics["unique"].to_list() == [700, 250]
    assert "flood" in topics["name"][0] and "fire" in topics["name"][1]
    assert set(topics["typical"].explode()) <= set((some * 10).tolist())
    space = TopicSpace(vectors[some], which, ["en"] * 1000, np.full(1000, 2))
    told = measured(topics, space, neighbour_graph(vectors), None, some)
    whole = measured(topics, TopicSpace(vectors, which, ["en"] * 1000, np.full(1000, 2)), neighbour_graph(vectors))
    assert told["separation"].to_list() == pytest.approx(whole["separation"].to_list(), abs=0.05)
    assert told["confidence"].to_list() == whole["confidence"].to_list()


def test_links_of_many_tell_the_same_neighbours_as_the_graph():
    vectors, which = groups((80,) * 6, width=12, noise=1.2)
    near = neighbour_graph(vectors)
    quick = links_of_many(near, which.astype(np.int32), 6).toarray()
    full = topic_links(fuzzy_graph(near).tocsr(), which.astype(np.int32), 6).toarray()
    apart = ~np.eye(6, dtype=bool)
    assert np.corrcoef(quick[apart], full[apart])[0, 1] > 0.9
