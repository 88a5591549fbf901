"""The mathematics of needs: examples against posts, terms, cuts, learning from marks, the level of urgency."""

import numpy as np
import polars as pl
import pytest

from ctse_core.crisis.learning import Marks, best_cuts, learnt, left_out, most_useful, worth
from ctse_core.crisis.needs import (
    Space,
    adopted,
    evidence,
    find_terms,
    of_collection,
    of_examples,
    sure_enough,
    term_scores,
    told,
    usual_cut,
)
from ctse_core.crisis.urgency import CUTS, alarm_scores, levels, middle_of


def clouds(count, dim=12, seed=0):
    """Return unit rows (3 * count, dim) around three axes, and their axis."""
    rng = np.random.default_rng(seed)
    of = np.repeat(np.arange(3), count)
    rows = 0.25 * rng.normal(size=(3 * count, dim)) + np.eye(dim)[of]
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32), of


def space_of(rows):
    return Space(rows, np.zeros((1, rows.shape[1]), np.float32), np.zeros(len(rows), np.int64))


def test_a_few_examples_tell_the_posts_near_them():
    examples, types = clouds(4, seed=1)
    posts, of = clouds(50)
    judge = of_examples(examples, types, 3)
    scores = space_of(posts).times(judge.weights()) + judge.mean
    assert (scores.argmax(axis=1) == of).mean() > 0.95
    rows, adopts = adopted(scores.astype(np.float32), np.ones(len(posts), bool))
    assert len(rows) == 3 * 5 and (of[rows] == adopts).all()
    both = of_collection((examples, types), (posts[rows], adopts), 3)
    assert ((posts @ both.weights()).argmax(axis=1) == of).mean() > 0.95


def test_types_with_more_examples_do_not_win_by_their_number():
    rows = np.eye(4, dtype=np.float32)[[0, 0, 0, 0, 0, 0, 1]]
    judge = of_examples(rows, np.array([0, 0, 0, 0, 0, 0, 1]), 2)
    assert judge.mean == pytest.approx([0.5, 0.5])


def test_a_language_shift_is_taken_off_and_empty_posts_stay_empty():
    posts = np.array([[1, 1, 0], [0, 0, 0]], np.float32)
    space = Space(posts, np.array([[0, 1, 0], [0, 0, 0]], np.float32), np.array([0, 0]))
    assert space.rows(np.array([0, 1])).tolist() == [[1, 0, 0], [0, 0, 0]]
    assert space.filled.tolist() == [True, False]


def test_what_is_told_passes_the_cut_and_what_stands_aside_and_is_three_at_most():
    aside = np.array([False] * 4 + [True])
    scores = np.array([[0.9, 0.8, 0.7, 0.6, 0.1], [0.5, 0.1, 0.1, 0.1, 0.6], [0.1, 0.1, 0.1, 0.1, 0.0]], np.float32)
    said, margin = told(scores, np.full(5, 0.3), aside)
    assert said.tolist() == [[True, True, True, False, False], [False] * 5, [False] * 5]
    assert margin[0, 0] == pytest.approx(0.6)


def test_the_usual_cut_lies_above_chance():
    for count in (2, 3, 13, 25, 60):
        assert 1 / count < usual_cut(count) < 1


def test_terms_are_whole_words_in_any_script_case_aside():
    texts = pl.Series(["WATER! now", "watering can", "पानी नहीं", "我们没有饮用水", "no-where, food; water", ""])
    found = find_terms(texts, ["water", "पानी", "饮用水", "food", "evacu*", "no food"])
    assert set(found.rows()) == {(0, "water"), (2, "पानी"), (3, "饮用水"), (4, "food"), (4, "water")}
    assert find_terms(pl.Series(["They were evacuated"]), ["evacu*"]).rows() == [(0, "evacu*")]
    assert find_terms(pl.Series(["There is no food, here"]), ["no food"]).rows() == [(0, "no food")]
    assert not find_terms(texts, []).height


def test_a_term_that_all_posts_hold_says_nothing_and_a_rare_one_most():
    found = pl.DataFrame({"post": [0, 1, 2, 3, 0], "term": ["flood"] * 4 + ["insulin"]})
    scores = term_scores(found, [["flood"], ["insulin", "insulin"]], 4)
    assert scores[:, 0].max() == 0 and scores[0, 1] > 0 and scores[1, 1] == 0
    assert not term_scores(found.head(0), [["a"]], 2).any()


def test_sureness_is_told_in_words():
    assert [sure_enough(margin) for margin in (0.01, 0.1, 0.3)] == ["close", "likely", "clear"]


def marked(rows, of, count=3):
    wanted = (of[:, None] == np.arange(count)).astype(np.float32)
    return Marks(rows, wanted, np.zeros_like(wanted))


def test_marks_overturn_wrong_examples():
    examples, types = clouds(3, seed=1)
    posts, of = clouds(60)
    turned = of_examples(examples, (types + 1) % 3, 3)  # every example says the wrong type
    before = ((posts @ turned.weights()).argmax(axis=1) == of).mean()
    after = learnt(turned, marked(posts[::4], of[::4]))
    assert before < 0.1 and ((posts @ after.weights()).argmax(axis=1) == of).mean() > 0.9


def test_leaving_a_mark_out_is_the_same_as_learning_without_it():
    examples, types = clouds(3, seed=1)
    posts, of = clouds(5, seed=2)
    known, every = of_examples(examples, types, 3), marked(posts, of)
    quick = left_out(learnt(known, every), every)
    for number in (0, 7, 14):
        keep = np.arange(len(posts)) != number
        without = learnt(known, marked(posts[keep], of[keep]))
        slow = posts[number] @ without.weights() + without.mean
        assert quick[number] == pytest.approx(slow, abs=1e-5)


def test_cuts_follow_the_marks_but_stay_near_the_usual_one_while_they_are_few():
    rng = np.random.default_rng(0)
    wanted = np.zeros((200, 2), np.float32)
    wanted[:100, 0] = 1
    scores = np.where(wanted > 0, 0.95, 0.85) + 0.01 * rng.normal(size=wanted.shape)
    usual = usual_cut(2)
    assert 0.8 < best_cuts(scores, wanted)[0] < 0.98
    assert best_cuts(scores, wanted)[1] == usual
    assert best_cuts(scores[:1], wanted[:1])[0] == usual


def test_worth_counts_what_is_told_rightly():
    wanted = np.array([[1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 0]], np.float32)
    aside = np.array([False, False, True])
    marks = Marks(np.zeros((4, 3), np.float32), wanted, np.zeros_like(wanted))
    found = worth(wanted * 0.9, marks, aside, fixed=True)
    assert found.precision == found.recall == 1.0
    assert found.wanted.tolist() == [2, 2, 0]
    nothing = worth(wanted * 0, marks, aside, fixed=True)
    assert nothing.precision is None and nothing.recall == 0.0


def test_posts_to_mark_are_near_a_cut_unlike_each_other_and_never_empty():
    examples, types = clouds(3, seed=1)
    posts, _ = clouds(30)
    posts[5] = 0
    margins = np.full((90, 3), 0.5)
    margins[:30] = 0.0  # only the first cloud is undecided
    chosen = most_useful(of_examples(examples, types, 3), posts, margins, 5)
    assert len(set(chosen.tolist())) == 5 and 5 not in chosen and (chosen < 30).all()
    margins[30:60] = 0.0
    spread = most_useful(of_examples(examples, types, 3), posts, margins, 6)
    assert (spread < 30).any() and (spread >= 30).any(), "one cloud says nothing of the other"


def test_levels_are_cut_from_the_score_and_their_middles_fall_back_into_them():
    assert levels(np.array([0.0, *CUTS, 1.0])).tolist() == [0, 1, 2, 3, 3]
    assert levels(np.array([middle_of(level) for level in range(4)])).tolist() == [0, 1, 2, 3]
    assert alarm_scores(np.array([0, 1, 9])).tolist() == pytest.approx([0, 0.1, 0.2])


def test_evidence_weighs_rows_by_their_weight():
    rows = np.eye(2, dtype=np.float32)
    known = evidence(rows, np.array([[1.0], [0.0]]), np.array([3.0, 1.0]), 2)
    assert known.mean == pytest.approx([0.75])
    assert known.gram.diagonal() == pytest.approx([1.5, 0.5])
