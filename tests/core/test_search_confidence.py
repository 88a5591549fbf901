"""Bands: what is more than chance in this collection, with this encoder."""

import os
from pathlib import Path

import numpy as np
import pytest

from ctse_core.search import UNRELATED_QUESTIONS, Index, bands
from ctse_core.search.confidence import centre_and_spread, expected_maximum


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


def test_questions_that_can_be_answered_are_strong_and_others_none_in_a_narrow_cone(collection):
    posts, groups, unrelated, held_out = collection
    index = Index(posts, unrelated)
    hits = index.search(narrow(groups, seed=4), 5)
    assert hits.similarity.min() > 0.8  # the cosine alone says nothing …
    assert index.search(held_out, 1).similarity.min() > 0.7
    assert (hits.band == "strong").all()  # … the band does
    assert (index.search(held_out, 5).band == "none").mean() > 0.85
    assert hits.answered.all()


def test_without_unrelated_questions_rare_matches_still_stand_out_from_the_questions_own_bulk(collection):
    rare = np.random.default_rng(5).standard_normal((300, 63)) / np.sqrt(25)
    index = Index(narrow(np.repeat(rare, 4, axis=0), seed=6))
    assert (index.search(narrow(rare[:40], seed=7), 1).band != "none").mean() > 0.95
    assert (index.search(collection[3], 1).band == "none").mean() > 0.8


def test_a_few_unrelated_questions_that_do_find_something_move_nothing(collection):
    posts, groups, unrelated, _ = collection
    spoilt = np.vstack([unrelated, narrow(groups[:6], seed=9)])
    clean, dirty = Index(posts, unrelated).background, Index(posts, spoilt).background
    assert dirty.level == pytest.approx(clean.level, abs=clean.spread / 2)
    assert (Index(posts, spoilt).search(narrow(groups, seed=4), 1).band == "strong").all()


def test_bands_rise_with_similarity_and_each_question_has_its_own_limits():
    similarity = np.array([[0.9, 0.8, 0.7], [0.9, 0.8, 0.7]], dtype=np.float32)
    limits = np.array([[0.75, 0.85], [0.95, 0.99]], dtype=np.float32)
    assert bands(similarity, limits).tolist() == [["strong", "maybe", "none"], ["none"] * 3]


def test_a_single_post_and_identical_posts_still_get_bands():
    one = np.array([[1.0, 0.0]], dtype=np.float32)
    for posts in (one, np.tile(one, (50, 1))):
        index = Index(posts, np.array([[0.0, 1.0], [0.05, 1.0]], dtype=np.float32))
        assert index.search(one, 1).band.tolist() == [["strong"]]
        assert index.search(np.array([[0.0, 1.0]], np.float32), 1).band.tolist() == [["none"]]


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

    from ctse_core.encoders import DEFAULT_ENCODER, load_encoder

    table = pl.read_parquet(Path(os.environ["CTSE_SHARED_DATA"]) / "crisis_messages_shared.parquet")
    encoder = load_encoder(DEFAULT_ENCODER)
    posts = encoder.encode(table["message"].head(1500).to_list())
    index = Index(posts, encoder.encode(list(UNRELATED_QUESTIONS)))
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
