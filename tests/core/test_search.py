"""The search room by meaning: rows, order, filters and bad input."""

import numpy as np
import pytest

from ctse_core.errors import EncoderError, SettingError
from ctse_core.search import Unrelated, VectorIndex, more_like_this
from ctse_core.search import index as index_file


def unit(rows, width, seed=0):
    made = np.random.default_rng(seed).standard_normal((rows, width)).astype(np.float32)
    return made / np.linalg.norm(made, axis=1, keepdims=True)


def naive(vectors, query, k, where=None):
    lengths = np.linalg.norm(vectors.astype(np.float64), axis=1)
    cosine = (vectors.astype(np.float64) @ query) / np.where(lengths > 0, lengths, 1)
    allowed = (lengths > 0) & (True if where is None else where)
    rows = np.flatnonzero(allowed)
    return rows[np.argsort(-cosine[rows], kind="stable")][:k]


@pytest.mark.parametrize("block", [7, 64, 131_072])
@pytest.mark.parametrize("share", [None, 0.9, 0.2, 0.01])
def test_search_equals_the_naive_product_whatever_the_block_and_the_filter(monkeypatch, block, share):
    monkeypatch.setattr(index_file, "MAX_BLOCK_ROWS", block)
    vectors, queries = unit(500, 16), unit(5, 16, seed=1)
    where = None if share is None else np.random.default_rng(2).random(500) < share
    hits = VectorIndex(vectors).search(queries, 12, where)
    for query, rows in zip(queries, hits.rows, strict=True):
        expected = naive(vectors, query, 12, where)
        assert rows[rows >= 0].tolist() == expected.tolist()
        assert (rows[len(expected) :] == -1).all()


def test_search_returns_best_first_with_the_true_cosine_for_vectors_of_any_length():
    vectors = np.array([[3, 0], [1, 1], [0, 5], [-2, 0]], dtype=np.float32)
    hits = VectorIndex(vectors).search(np.array([10, 0], dtype=np.float32), 4)
    assert hits.rows.tolist() == [[0, 1, 2, 3]]
    assert hits.similarity[0] == pytest.approx([1, np.sqrt(0.5), 0, -1], abs=1e-6)


def test_equal_posts_come_in_the_order_of_their_rows_even_across_blocks(monkeypatch):
    monkeypatch.setattr(index_file, "MAX_BLOCK_ROWS", 33)
    vectors = np.tile(unit(1, 384), (300, 1))
    vectors[::2] = unit(150, 384, seed=5)
    hits = VectorIndex(vectors).search(vectors[1], 20)
    assert hits.rows[0].tolist() == list(range(1, 41, 2))
    assert len(set(hits.similarity[0].tolist())) == 1


def test_empty_posts_never_match_and_an_empty_question_finds_nothing():
    vectors = unit(10, 8)
    vectors[[2, 5]] = 0
    index = VectorIndex(vectors)
    hits = index.search(np.vstack([vectors[0], np.zeros(8, np.float32)]), 20)
    assert set(hits.rows[0]) == {-1, 0, 1, 3, 4, 6, 7, 8, 9}
    assert (hits.rows[1] == -1).all() and (hits.similarity[1] == 0).all() and (hits.band[1] == "none").all()


@pytest.mark.parametrize("vectors", [np.zeros((0, 4), np.float32), np.zeros((3, 4), np.float32)])
@pytest.mark.parametrize("unrelated", [None, np.eye(4, dtype=np.float32)])
def test_a_collection_without_text_answers_nothing(vectors, unrelated):
    hits = VectorIndex(vectors, None if unrelated is None else Unrelated(unrelated)).search(np.ones(4, np.float32), 3)
    assert hits.rows.tolist() == [[-1, -1, -1]] and not hits.answered.any()


def test_a_filter_that_keeps_nothing_finds_nothing():
    assert (VectorIndex(unit(9, 4)).search(unit(2, 4), 3, np.zeros(9, dtype=bool)).rows == -1).all()


def test_memory_mapped_vectors_give_the_same_hits(tmp_path):
    vectors = unit(200, 16)
    np.save(tmp_path / "vectors.npy", vectors)
    mapped = np.load(tmp_path / "vectors.npy", mmap_mode="r")
    here, there = VectorIndex(vectors).search(vectors[:3], 7), VectorIndex(mapped).search(vectors[:3], 7)
    assert (here.rows == there.rows).all() and (here.similarity == there.similarity).all()


@pytest.mark.parametrize(
    ("query", "k", "where", "error"),
    [
        (np.ones(4, np.float32), 0, None, SettingError),
        (np.ones(5, np.float32), 1, None, EncoderError),
        (np.full(4, np.nan, np.float32), 1, None, EncoderError),
        (np.ones(4, np.float32), 1, np.ones(3, bool), SettingError),
    ],
)
def test_what_does_not_fit_is_refused_with_a_sentence(query, k, where, error):
    with pytest.raises(error, match=r"\.$"):
        VectorIndex(unit(6, 4)).search(query, k, where)


def test_vectors_that_are_not_numbers_are_refused():
    with pytest.raises(EncoderError, match="NaN"):
        VectorIndex(np.full((2, 3), np.inf, dtype=np.float32))
    with pytest.raises(EncoderError, match="shape"):
        VectorIndex(np.zeros(3, dtype=np.float32))


NOBODY = np.zeros(0, dtype=np.int64)


def test_more_like_this_seeks_the_liked_and_avoids_the_disliked():
    vectors = np.array([[1, 0, 0], [0, 1, 0], [1, 1, 0], [1, 0, 1], [0, 0, 0]], dtype=np.float32)
    index = VectorIndex(vectors)
    query = more_like_this(index.vectors, np.array([0]), np.array([1]))
    assert index.search(query, 4).rows[0].tolist()[1:3] == [3, 2]
    query = more_like_this(vectors, np.array([0, 1]), NOBODY)
    assert query.shape == (1, 3) and np.linalg.norm(query) == pytest.approx(1)


def test_likes_and_dislikes_move_a_question_and_do_not_replace_it():
    vectors = np.eye(3, dtype=np.float32)
    asked = np.array([[1, 0, 0]], dtype=np.float32)
    moved = more_like_this(vectors, np.array([1]), np.array([2]), asked)[0]
    assert moved[0] > moved[1] > 0 > moved[2]
    only_away = more_like_this(vectors, NOBODY, np.array([2]), asked)[0]
    assert only_away[0] > 0 > only_away[2]


def test_more_like_an_empty_post_or_like_and_unlike_the_same_is_refused():
    vectors = np.array([[1, 0], [0, 0]], dtype=np.float32)
    with pytest.raises(SettingError, match="at least one post"):
        more_like_this(vectors, np.array([1]), NOBODY)
    with pytest.raises(SettingError, match="the same"):
        more_like_this(vectors, np.array([0]), np.array([0]))


def test_similarity_of_chosen_rows_agrees_with_the_search():
    vectors = unit(50, 8)
    index = VectorIndex(vectors)
    hits = index.search(vectors[3], 5)
    assert (index.similarity(vectors[3], hits.rows[0]) == hits.similarity[0]).all()
