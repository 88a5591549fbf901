"""Bands: what is more than chance in this collection, with this encoder."""

import os
from pathlib import Path

import numpy as np
import pytest

from ctse_core.search import UNRELATED_QUESTIONS, ConfidenceSettings, Unrelated, VectorIndex
from ctse_core.search.confidence import (
    Chance,
    QuestionBackground,
    centre_and_spread,
    chance,
    expected_maximum,
)


def narrow(directions, seed, narrowness=3.0):
    """Vectors as some encoders make them: all within a narrow cone, cosines from 0.8 up."""
    rng = np.random.default_rng(seed)
    common = np.zeros(64)
    common[0] = narrowness
    made = (
        common
        + np.hstack([np.zeros((len(directions), 1)), directions])
        + 0.1 * rng.standard_normal((len(directions), 64))
    )
    return (made / np.linalg.norm(made, axis=1, keepdims=True)).astype(np.float32)


@pytest.fixture(scope="module")
def collection():
    """Posts in twelve groups within the first 30 directions; unrelated questions point to the others."""
    rng = np.random.default_rng(0)
    groups = rng.standard_normal((12, 63)) * (np.arange(63) < 30) / np.sqrt(30)
    posts = narrow(groups[np.arange(1200) % 12] + 0.05 * rng.standard_normal((1200, 63)), seed=1)
    away = rng.standard_normal((100, 63)) * (np.arange(63) >= 30) / np.sqrt(33)
    return posts, groups, narrow(away[:60], seed=2), narrow(away[60:], seed=3)


def test_questions_that_can_be_answered_are_told_from_others_in_a_narrow_cone(collection):
    posts, groups, unrelated, held_out = collection
    index = VectorIndex(posts, Unrelated(unrelated))
    hits = index.search(narrow(groups, seed=4), 5)
    assert hits.similarity.min() > 0.8  # the cosine alone says nothing …
    assert index.search(held_out, 1).similarity.min() > 0.7
    assert (hits.band[:, 0] != "none").all() and (hits.band == "strong").mean() > 0.5  # … the band does
    assert (index.search(held_out, 5).band == "none").mean() > 0.85
    assert hits.answered.all()


def test_without_unrelated_questions_rare_matches_still_stand_out_from_the_questions_own_bulk(collection):
    rare = np.random.default_rng(5).standard_normal((300, 63)) / np.sqrt(25)
    index = VectorIndex(narrow(np.repeat(rare, 4, axis=0), seed=6))
    assert (index.search(narrow(rare[:40], seed=7), 1).band != "none").mean() > 0.8
    assert (index.search(collection[3], 1).band == "none").mean() > 0.8


def test_a_few_unrelated_questions_that_do_find_something_move_nothing(collection):
    posts, groups, unrelated, _ = collection
    spoilt = np.vstack([unrelated, narrow(groups[:6], seed=9)])
    clean, dirty = VectorIndex(posts, Unrelated(unrelated)).background, VectorIndex(posts, Unrelated(spoilt)).background
    assert dirty.plain.level == pytest.approx(clean.plain.level, abs=clean.plain.spread / 2)
    assert dirty.adjusted.level == pytest.approx(clean.adjusted.level, abs=clean.adjusted.spread)
    assert (VectorIndex(posts, Unrelated(spoilt)).search(narrow(groups, seed=4), 1).band != "none").all()


def test_a_post_that_is_near_to_everything_is_no_match_for_anything(collection):
    posts, groups, unrelated, held_out = collection
    generic = np.zeros((1, 64), dtype=np.float32)
    generic[0, 0] = 1.0  # the middle of the cone: nearest of all to most questions
    index = VectorIndex(np.vstack([posts, generic]), Unrelated(unrelated))
    hits = index.search(held_out, 1)
    assert (hits.rows == len(posts)).mean() > 0.9 and (hits.band == "none").mean() > 0.9
    asked = index.search(narrow(groups, seed=4), 200)
    assert (asked.band[asked.rows == len(posts)] == "none").all()


def test_bands_are_worked_out_as_told():
    unrelated = np.array([[0.0, 1.0], [0.0, 1.0]], dtype=np.float32)
    background = QuestionBackground(
        unrelated,
        middle=np.array([0.2, 0.0], dtype=np.float32),
        hubness=np.array([0.0, 0.3], dtype=np.float32),
        plain=Chance(0.5, 0.1),
        adjusted=Chance(0.5, 0.1, {"am": 0.25}),
        few=Chance(0.5, 0.1),
        settings=ConfidenceSettings(answered=1.5, maybe=1.0, strong=2.0, strong_cosine=3.0),
    )
    question = np.array([[1.0, 0.0]], dtype=np.float32)  # far from the others, and 0.1 for leaning to the posts
    rows = np.array([[0, 0, 0, 0, 1]])
    similarity = np.array([[0.49, 0.51, 0.61, 0.81, 0.75]], dtype=np.float32)
    assert background.bands(question, rows, similarity).tolist() == [["none", "maybe", "maybe", "strong", "none"]]
    # Unrelated questions in Amharic come nearer here: a quarter more is asked of others.
    assert background.bands(question, rows, similarity, ["am"])[0].tolist() == ["none", "none", "none", "maybe", "none"]
    sentence = np.array([[0.8, 0.6]], dtype=np.float32)  # 0.6 to the others: 0.45 is taken off, 0.08 put on
    assert background.bands(sentence, rows, similarity)[0].tolist() == ["none"] * 5
    assert background.strong_from(question).tolist() == pytest.approx([0.8])
    # The mean of all five, less 0.3 for the last, plus 0.1 each: 0.674.
    assert background.answered(question, rows, similarity).tolist() == [True]
    assert background.answered(question, np.where(rows == 0, 0, -1), similarity - 0.1).tolist() == [False]
    assert background.answered(question, np.full((1, 5), -1), similarity).tolist() == [False]


def test_a_language_whose_questions_come_nearer_has_a_level_of_its_own_the_surer_the_more_there_are():
    scores = np.array([0.0] * 20 + [1.0] * 6 + [1.0])
    found = chance(scores, ["en"] * 20 + ["th"] * 6 + ["ka"])
    assert found.level == 0 and found.languages["en"] == 0
    assert found.languages["th"] == pytest.approx(0.5) and found.languages["ka"] == pytest.approx(1 / 7)
    assert found.above(np.array([[1.0], [1.0]]), ["th", "xx"])[1, 0] > found.above(np.array([[1.0]]), ["th"])[0, 0]


def test_one_question_out_of_many_posts_and_five_out_of_many_are_both_seen(collection):
    posts, groups, unrelated, held_out = collection
    index = VectorIndex(posts, Unrelated(unrelated), np.arange(len(posts)) % 2 == 0)
    asked, other = index.search(narrow(groups, seed=4), 50), index.search(held_out, 50)
    assert asked.answered.all() and other.answered.mean() < 0.2
    assert (index.background.hubness != 0).all()


def test_a_single_post_and_identical_posts_still_get_bands():
    one = np.array([[1.0, 0.0, 0.0]], dtype=np.float32)
    unrelated = np.array([[0.02 * i, 1.0, -0.1 * i] for i in range(10)], dtype=np.float32)
    for posts in (one, np.tile(one, (50, 1))):
        index = VectorIndex(posts, Unrelated(unrelated))
        assert index.search(one, 1).band.tolist() == [["strong"]]
        assert index.search(np.array([[0.0, 1.0, 0.0]], np.float32), 1).band.tolist() == [["none"]]


def test_too_few_unrelated_questions_are_not_relied_on(collection):
    posts, _, unrelated, _ = collection
    assert isinstance(VectorIndex(posts, Unrelated(unrelated)).background, QuestionBackground)
    assert not isinstance(VectorIndex(posts, Unrelated(unrelated[:4])).background, QuestionBackground)
    assert not isinstance(VectorIndex(posts, Unrelated(np.zeros_like(unrelated))).background, QuestionBackground)


def test_the_expected_maximum_of_normal_numbers_is_right():
    drawn = np.random.default_rng(0).standard_normal((400, 2000)).max(axis=1).mean()
    assert expected_maximum(2000) == pytest.approx(drawn, abs=0.08)
    assert expected_maximum(1) == 0


def test_spread_ignores_outliers():
    values = np.concatenate([np.random.default_rng(0).normal(0.5, 0.1, 2000), np.full(200, 9.0)])[None]
    centre, spread = centre_and_spread(values)
    assert centre[0] == pytest.approx(0.5, abs=0.03) and spread[0] == pytest.approx(0.1, abs=0.02)


def test_the_unrelated_questions_are_many_distinct_and_in_many_scripts():
    assert len(set(UNRELATED_QUESTIONS)) == len(UNRELATED_QUESTIONS) >= 60
    scripts = {chr(ord(q.strip("¿")[0]) // 256 * 256) for q in UNRELATED_QUESTIONS}
    assert len(scripts) >= 8


@pytest.mark.shared
@pytest.mark.slow
def test_real_questions_are_told_from_unrelated_ones_on_real_messages():
    import polars as pl

    from ctse_core.encoders import DEFAULT_ENCODER, ENCODERS, load_encoder
    from ctse_core.encoders.sources import at_hand

    if at_hand(ENCODERS[DEFAULT_ENCODER]) is None:
        pytest.skip("the weights are not in the repository yet")

    table = pl.read_parquet(Path(os.environ["CTSE_SHARED_DATA"]) / "crisis_messages_shared.parquet")
    encoder = load_encoder(DEFAULT_ENCODER)
    posts = encoder.encode(table["message"].head(1500).to_list())
    index = VectorIndex(posts, Unrelated(encoder.encode(list(UNRELATED_QUESTIONS))))
    asked = [
        "we need drinking water",
        "necesitamos comida",
        "j'ai perdu ma maison",
        "نحتاج إلى خيام",
        "地震で家が壊れた",
    ]
    other = ["satranç açılışları", "chocolate cake recipe", "Wie stimmt man eine Gitarre", "巧克力蛋糕的做法"]
    assert index.search(encoder.encode(asked), 5).answered.mean() >= 0.8
    assert index.search(encoder.encode(other), 5).answered.mean() <= 0.25


def test_the_surest_posts_stand_first_whatever_the_words_say(tmp_path):
    from ctse_core.analysis import load_analysis
    from ctse_core.example import open_example
    from ctse_core.question import Question, Searcher, encoder_of

    analysis = load_analysis(open_example(tmp_path))
    posts = Searcher(analysis, encoder_of(analysis)).ask(Question("Where is drinking water missing?", k=200)).posts
    bands = posts["band"].to_list()
    strong = bands.count("strong")
    assert 0 < strong < len(bands) and bands[:strong] == ["strong"] * strong
