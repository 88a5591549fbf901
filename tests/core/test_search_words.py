"""The search room by words: BM25, exact phrases, and both sides fused."""

import math

import numpy as np
import polars as pl
import pytest

from ctse_core.errors import SettingError
from ctse_core.search import (
    LexicalIndex,
    LexicalSettings,
    Unrelated,
    VectorIndex,
    fuse,
    hybrid_search,
)

POSTS = [
    ["water", "needed", "north", "bridge"],
    ["bridge", "closed"],
    [],
    ["water", "water", "water", "everywhere"],
    ["مياه", "الشرب"],
    ["bridge", "closed"],
]


def test_bm25_equals_the_formula_worked_by_hand():
    settings = LexicalSettings(saturation=1.2, length=0.75)
    hits = LexicalIndex(POSTS, settings).search(["needed"], 5)
    rarity = math.log(1 + (6 - 1 + 0.5) / (1 + 0.5))
    mean = 14 / 5
    expected = rarity * 2.2 / (1 + 1.2 * (0.25 + 0.75 * 4 / mean))
    assert hits.rows.tolist() == [0] and hits.score[0] == pytest.approx(expected, rel=1e-6)


def test_rare_words_weigh_more_and_equal_posts_keep_their_order():
    hits = LexicalIndex(POSTS).search(["bridge", "closed"], 10)
    assert hits.rows.tolist() == [1, 5, 0]


def test_any_script_is_found_and_unknown_words_find_nothing():
    index = LexicalIndex(POSTS)
    assert index.search(["مياه"]).rows.tolist() == [4]
    assert len(index.search(["nothing"]).rows) == 0 and len(index.search([]).rows) == 0


def test_the_filter_and_k_hold():
    where = np.array([True, False, True, True, True, True])
    index = LexicalIndex(POSTS)
    assert index.search(["bridge"], 10, where).rows.tolist() == [5, 0]
    assert index.search(["bridge"], 1).rows.tolist() == [1]
    with pytest.raises(SettingError):
        index.search(["bridge"], 0)
    with pytest.raises(SettingError):
        index.search(["bridge"], 1, where[:2])


@pytest.mark.parametrize("posts", [[], [[]], [[], []]])
def test_posts_without_words_make_an_index_that_finds_nothing(posts):
    assert len(LexicalIndex(posts).search(["water"]).rows) == 0


def test_fusing_mixes_scores_by_weight_and_shows_each_share():
    order, score, meaning = fuse(np.array([0.2, 1.0, 0.0, 0.0]), np.array([0.5, 0.0, 1.0, 0.0]), 0.6)
    assert order.tolist() == [1, 2, 0]  # the last scores nothing and is left out
    assert score == pytest.approx([0.6, 0.4, 0.32])
    assert meaning == pytest.approx([1.0, 0.0, 0.375])


def test_hybrid_gives_every_hit_a_similarity_and_a_band_and_keeps_the_filter():
    vectors = np.eye(6, dtype=np.float32)
    index, lexical = VectorIndex(vectors, Unrelated(np.full((9, 6), 0.1, np.float32))), LexicalIndex(POSTS)
    found = hybrid_search(index, lexical, (vectors[3], ["bridge"]), 4)
    assert found.rows.tolist() == [3, 1, 5, 0]
    assert found.similarity == pytest.approx([1, 0, 0, 0]) and found.band.tolist() == ["strong"] + ["none"] * 3
    assert found.meaning.tolist() == [1, 0, 0, 0] and (found.meaning + found.words == 1).all()
    assert found.answered
    where = np.arange(6) != 3
    assert 3 not in hybrid_search(index, lexical, (vectors[3], ["bridge"]), 6, where).rows


def test_hybrid_puts_a_post_that_both_sides_find_above_what_one_side_finds():
    vectors = np.array([[1, 0.1], [1, 0], [0, 1], [0.1, 1], [0, 1], [0.2, 1]], dtype=np.float32)
    index, lexical = (
        VectorIndex(vectors, Unrelated(np.tile(np.array([[-1.0, -1.0]], np.float32), (9, 1)))),
        LexicalIndex(POSTS),
    )
    found = hybrid_search(index, lexical, (np.array([1, 0], np.float32), ["bridge"]), 3)
    assert found.rows[0] == 1 and 0 < found.words[0] < 1


def test_a_question_of_which_only_a_common_word_is_found_gains_little_by_words():
    lexical = LexicalIndex(POSTS)
    whole = lexical.search(["bridge"], 1).score[0] / lexical.attainable(["bridge"])
    part = lexical.search(["bridge", "unheard", "of"], 1).score[0] / lexical.attainable(["bridge", "unheard", "of"])
    assert whole > 0.9 and part < 0.35


def test_hybrid_of_an_empty_question_or_an_empty_collection_finds_nothing():
    nobody = hybrid_search(VectorIndex(np.zeros((0, 4), np.float32)), LexicalIndex([]), (np.ones(4, np.float32), ["a"]))
    assert len(nobody.rows) == 0 and not nobody.answered
    index = VectorIndex(np.eye(6, dtype=np.float32))
    assert len(hybrid_search(index, LexicalIndex(POSTS), (np.zeros(6, np.float32), [])).rows) == 0


def test_twenty_thousand_posts_are_indexed_within_a_second():
    import time

    rng = np.random.default_rng(0)
    posts = [[f"w{w}" for w in line] for line in rng.zipf(1.4, (20_000, 15))]
    begin = time.process_time()
    LexicalIndex(posts)
    assert time.process_time() - begin < 1.0


def test_an_index_of_words_is_the_same_after_it_was_kept(tmp_path):
    index = LexicalIndex(POSTS)
    parts = index.parts()
    for name in ("starts", "rows", "weights"):
        np.save(tmp_path / f"{name}.npy", parts[name])
        parts[name] = np.load(tmp_path / f"{name}.npy", mmap_mode="r")
    kept = LexicalIndex.of(parts)
    for question in (["water", "bridge"], ["مياه"], ["nobody"], []):
        here, there = index.search(question), kept.search(question)
        assert here.rows.tolist() == there.rows.tolist() and here.score.tolist() == there.score.tolist()
        assert index.attainable(question) == kept.attainable(question)


def test_lists_of_words_of_a_table_are_read_as_lists_are():
    lists = pl.Series([*POSTS, None], dtype=pl.List(pl.Utf8))
    assert LexicalIndex(lists).search(["water"]).rows.tolist() == LexicalIndex(POSTS).search(["water"]).rows.tolist()
