"""Confidence: topics that stand apart and come back are firm; language mix and copies are told; two levels."""

import numpy as np
import polars as pl
import pytest

from ctse_core.structure import TopicSpace, measured, neighbour_graph, with_confidence
from ctse_core.structure.confidence import agreement_of_each, language_mixes, separations, verdict
from ctse_core.types import TopicCol
from tests.core.structure_fakes import groups, unit


def topics_of(labels, terms=None, copies=None):
    """Return a topics table for the ids in ``labels`` (u,)."""
    ids = sorted(set(np.asarray(labels).tolist()) - {-1})
    copies = np.ones(len(labels), int) if copies is None else copies
    sizes = [int(copies[np.asarray(labels) == one].sum()) for one in ids]
    return pl.DataFrame(
        {
            TopicCol.ID: pl.Series(ids, dtype=pl.Int32),
            TopicCol.NAME: [f"name {one}" for one in ids],
            TopicCol.TERMS: terms or [[f"word{one}"] for one in ids],
            TopicCol.SIZE: pl.Series(sizes, dtype=pl.Int64),
            TopicCol.UNIQUE: pl.Series([int((np.asarray(labels) == one).sum()) for one in ids], dtype=pl.Int64),
        }
    )


def space_of(vectors, labels, languages=None, copies=None):
    many = len(labels)
    return TopicSpace(
        vectors,
        np.asarray(labels, np.int32),
        languages or ["en"] * many,
        np.ones(many, int) if copies is None else copies,
    )


def test_agreement_is_the_overlap_with_the_nearest_cluster_of_each_other_run():
    labels = np.array([0, 0, 0, 0, 1, 1, -1], np.int32)
    same = np.array([1, 1, 1, 1, 0, 0, -1], np.int32)
    half = np.array([0, 0, 1, 1, 2, 2, 2], np.int32)
    assert agreement_of_each(labels, [same], 2).tolist() == [1.0, 1.0]
    assert agreement_of_each(labels, [same, half], 2).tolist() == pytest.approx([0.75, (1 + 2 / 3) / 2])


def test_agreement_is_unknown_without_other_runs_and_for_one_copied_post():
    assert np.isnan(agreement_of_each(np.array([0, 0], np.int32), [], 1)).all()
    told = agreement_of_each(np.array([0, 0, 1], np.int32), [np.array([0, 0, -1], np.int32)], 2)
    assert told[0] == 1.0 and np.isnan(told[1])
    nothing = agreement_of_each(np.array([0, 0], np.int32), [np.array([-1, -1], np.int32)], 1)
    assert nothing.tolist() == [0.0]


def test_topics_that_stand_apart_have_more_separation_than_those_that_touch():
    nearness = np.array([[0.9, 0.1], [0.9, 0.1], [0.5, 0.5]], np.float32)
    told = separations(nearness, np.array([0, 0, 1], np.int32))
    assert told == pytest.approx([(0.9 - 0.1) / 0.9, 0.0], abs=1e-6)
    assert separations(nearness[:, :1], np.array([0, 0, 0], np.int32)).tolist() == [1.0]


def test_language_mix_is_one_for_the_files_own_mix_and_zero_for_one_language():
    labels = np.array([0] * 8 + [1] * 8, np.int32)
    languages = ["en", "es"] * 4 + ["en"] * 8
    mixed, single = language_mixes(labels, languages, np.ones(16), 2)
    assert mixed == 1.0 and single == 0.0
    assert np.isnan(language_mixes(labels, ["en"] * 16, np.ones(16), 2)).all()


def test_a_small_topic_is_compared_with_as_many_languages_as_it_has_posts():
    languages = ["en", "es"] + [f"l{number}" for number in range(30)]
    labels = np.array([0, 0] + [1] * 30, np.int32)
    assert language_mixes(labels, languages, np.ones(32), 2)[0] == pytest.approx(1.0)


def test_one_word_sums_it_up():
    assert verdict(0.3, 0.9) == "firm" and verdict(0.3, None) == "firm"
    assert verdict(0.3, 0.6) == "fair" and verdict(0.15, 0.9) == "fair"
    assert verdict(0.05, 1.0) == "loose" and verdict(0.3, 0.2) == "loose"
    assert verdict(None, 0.9) is None


def test_separate_groups_are_firm_and_halves_of_one_group_are_loose():
    vectors, which = groups((40, 40), noise=0.3)
    labels = np.where(which == 1, 1, np.arange(80) % 2 * 2)  # group 0 cut at random into 0 and 2
    told = with_confidence(topics_of(labels), space_of(vectors, labels), np.array([1.0, 1.0, 1.0]))
    assert told[TopicCol.CONFIDENCE].to_list() == ["loose", "firm", "loose"]
    assert [one[0]["topic_id"] for one in told[TopicCol.SIMILAR].to_list()[::2]] == [2, 0]


def test_copies_are_told_and_ids_need_not_be_rows():
    vectors, which = groups((10, 10))
    labels = np.where(which == 0, 3, 10_000)
    copies = np.where(which == 0, 4, 1)
    told = with_confidence(topics_of(labels, copies=copies), space_of(vectors, labels, copies=copies))
    assert told[TopicCol.COPIES_SHARE].to_list() == [0.75, 0.0]
    assert told[TopicCol.AGREEMENT].to_list() == [None, None]
    assert told[TopicCol.SIMILAR][0][0]["topic_id"] == 10_000


def test_what_was_agreed_stays_where_nothing_new_is_known():
    vectors, which = groups((10, 10))
    told = with_confidence(topics_of(which), space_of(vectors, which), np.array([0.8, np.nan]))
    again = with_confidence(told, space_of(vectors, which))
    assert again[TopicCol.AGREEMENT].to_list() == [pytest.approx(0.8), None]


def test_no_topics_and_one_topic_are_measured_too():
    vectors = unit(np.random.default_rng(0).normal(size=(5, 8)))
    none = measured(topics_of([-1] * 5), space_of(vectors, [-1] * 5), neighbour_graph(vectors), np.empty(0))
    assert none.height == 0 and TopicCol.PARENT_NAME in none.columns
    one = measured(topics_of([0] * 5), space_of(vectors, [0] * 5), neighbour_graph(vectors), np.array([np.nan]))
    assert one[TopicCol.PARENT].to_list() == [0] and one[TopicCol.SIMILAR][0].to_list() == []
    assert one.schema[TopicCol.SIMILAR] == none.schema[TopicCol.SIMILAR]
