"""Topics as readers of a language name them, and the posts that follow when typical ones are refused."""

import dataclasses

import numpy as np
import polars as pl

from ctse_core.naming import analysis_for, display_name, languages_of_names, named_for, next_typical, originals
from ctse_core.stored import Analysis
from ctse_core.structure.called import NAMES, ORIGINALS
from ctse_core.types import Col, TopicCol

TEXTS = ["flood at the bridge", "río y puente", "dlo desann", "flood water here", "cats on sofas"]


def analysis(names=None):
    table = pl.DataFrame(
        {
            Col.TEXT: TEXTS,
            Col.LANG: ["en", "es", "ht", "en", "en"],
            Col.CLUSTER: pl.Series([0, 0, 0, 0, -1], dtype=pl.Int32),
            Col.REPRESENTATIVE: [0, 1, 2, 3, 4],
            Col.STRENGTH: pl.Series([0.9] * 5, dtype=pl.Float32),
            Col.TOPIC: ["flood, bridge"] * 4 + ["Unsorted"],
        }
    )
    words = [{"lang": "en", "word": "flood", "posts": 2}, {"lang": "es", "word": "río", "posts": 1}]
    topics = pl.DataFrame(
        {
            TopicCol.ID: pl.Series([0], dtype=pl.Int32),
            TopicCol.NAME: ["flood, bridge"],
            TopicCol.TYPICAL: [[0]],
            TopicCol.NAMES: pl.Series([[{"lang": "es", "name": "río"}] if names is None else names], dtype=NAMES),
            TopicCol.ORIGINALS: pl.Series([[{"concept": "flood", "words": words}]], dtype=ORIGINALS),
        }
    )
    vectors = np.eye(5, 8, dtype=np.float32) + 0.4
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    said = pl.Series([text.split() for text in TEXTS])
    return Analysis(table, vectors, topics, table.clear(), table.clear(), {}, said)


def test_topics_and_posts_bear_the_names_of_the_readers_language():
    spanish = analysis_for(analysis(), "es")
    assert spanish.topics[TopicCol.NAME].to_list() == ["río"]
    assert spanish.table[Col.TOPIC].to_list() == ["río"] * 4 + ["Unsorted"]
    assert display_name(analysis().topics.row(0, named=True), "es") == "río"


def test_a_language_without_a_name_and_a_topic_that_a_person_named_keep_theirs():
    before = analysis()
    assert analysis_for(before, "sw") is before
    renamed = analysis(names=[])
    assert analysis_for(renamed, "es") is renamed


def test_projects_made_before_names_had_languages_stay_as_they_are():
    found = analysis()
    old = dataclasses.replace(found, topics=found.topics.drop(TopicCol.NAMES, TopicCol.ORIGINALS))
    assert analysis_for(old, "es") is old
    assert languages_of_names(old.topics) == []
    assert originals(old.topics.row(0, named=True)) == []


def test_no_two_topics_bear_one_name():
    topics = analysis().topics
    twice = pl.concat([topics, topics.with_columns(pl.lit(1, pl.Int32).alias(TopicCol.ID))])
    assert named_for(twice, "es")[TopicCol.NAME].to_list() == ["río", "río (2)"]


def test_the_words_of_a_concept_stand_beside_each_other():
    topic = analysis().topics.row(0, named=True)
    assert originals(topic) == [[("en", "flood"), ("es", "río")]]
    assert originals(topic, most=1) == [[("en", "flood")]]
    assert languages_of_names(analysis().topics) == ["es"]


def test_a_refused_typical_post_gives_way_to_another_of_its_topic():
    found = analysis()
    refused = [0]
    while (position := next_typical(found, 0, refused)) is not None:
        assert position not in refused and found.table[Col.CLUSTER][position] == 0
        assert position == next_typical(found, 0, refused)
        refused.append(position)
    assert sorted(refused) == [0, 1, 2, 3]
    assert next_typical(found, 7) is None
