"""Which pairs a step sees: every one in its turn, languages by their temperature, batches of one size."""

import numpy as np
import pytest

from ctse_core.errors import TrainError
from train.batches import BLOCK, Cell, Plan, chunks, permuted, shares


def test_every_pair_of_a_cell_is_seen_before_any_is_seen_twice():
    plan = Plan([Cell(np.arange(100), 0.5), Cell(range(100, 1000), 0.5)], batch=10, seed=1)
    seen = np.concatenate([plan.rows(step) for step in range(BLOCK)])
    counts = np.bincount(seen, minlength=1000)
    assert set(counts[:100]) == {3, 4} and set(counts[100:]) == {0, 1}
    assert abs(counts[:100].sum() - 320) <= 1


def test_every_batch_has_its_size():
    cells = [Cell(range(start, start + 7), 1 / 250) for start in range(0, 1750, 7)]
    sizes = {len(Plan(cells, batch=4, seed=1).rows(step)) for step in range(2 * BLOCK)}
    assert sizes <= {3, 4, 5}


@pytest.mark.parametrize("size", [1, 2, 3, 17, 1000, 4097])
def test_a_permutation_without_a_table_is_one_to_one(size):
    first, other = (permuted(np.arange(size), size, (key, 0)) for key in (1, 2))
    assert sorted(first.tolist()) == list(range(size))
    assert size < 10 or not np.array_equal(first, other)
    if size == 4097:
        assert abs(np.corrcoef(np.arange(size), first)[0, 1]) < 0.05


def test_a_step_follows_from_its_number_alone():
    def plan(seed):
        cells = [Cell(range(30), 0.3), Cell(range(30, 330), 0.7)]
        return Plan(cells, 16, lambda rows: rows, window=8, seed=seed)

    walked = plan(5)
    forward = [walked.rows(step) for step in range(40)]
    assert np.array_equal(plan(5).rows(29), forward[29])
    assert not np.array_equal(plan(6).rows(29), forward[29])


def test_a_limit_draws_the_same_few_again_and_again():
    plan = Plan([Cell(range(100, 200), 1.0, limit=7)], batch=7, seed=2)
    seen = set(np.concatenate([plan.rows(step) for step in range(5)]).tolist())
    assert seen == set(plan.limited(0).tolist()) and len(seen) == 7
    assert seen <= set(range(100, 200)) and seen != set(range(100, 107))


def test_barred_pairs_are_never_drawn():
    plan = Plan([Cell(range(50), 1.0)], batch=10, barred=lambda rows: rows % 5 == 0, seed=2)
    seen = np.concatenate([plan.rows(step) for step in range(BLOCK)])
    assert set(seen.tolist()) == {row for row in range(50) if row % 5}


def test_a_plan_whose_pairs_are_all_held_out_is_a_sentence():
    with pytest.raises(TrainError, match="held out"):
        Plan([Cell(range(50), 1.0)], batch=10, barred=lambda rows: rows >= 0).rows(0)


def test_temperature_draws_small_languages_more_often():
    sizes = np.array([100.0, 10_000.0])
    assert shares(["ku", "fr"], sizes, 0.0)[0] == pytest.approx(0.5)
    assert shares(["ku", "fr"], sizes, 0.5)[0] == pytest.approx(1 / 11)
    assert shares(["ku", "fr"], sizes, 1.0)[0] == pytest.approx(1 / 101)


def test_groups_of_a_language_share_by_their_weights():
    found = shares(["fr", "fr", "ku", "ku"], np.array([30.0, 10.0, 5.0, 0.0]), 0.0)
    assert found.tolist() == pytest.approx([0.375, 0.125, 0.5, 0.0])


def test_no_pair_with_a_weight_is_a_sentence():
    with pytest.raises(TrainError, match="No pair is left"):
        shares(["fr"], np.zeros(1), 0.5)


def test_a_window_deals_out_pairs_of_like_length():
    lengths = np.random.default_rng(0).integers(3, 60, 1000)
    plan = Plan([Cell(range(1000), 1.0)], 20, lambda rows: lengths[rows], window=25, seed=1)
    spread = np.mean([np.ptp(lengths[plan.rows(step)]) for step in range(25)])
    assert spread < 8


def test_chunks_hold_every_text_once_within_the_budget():
    lengths = np.array([3, 50, 7, 7, 20, 1, 90], dtype=np.int64)
    parts = list(chunks(lengths, 60))
    assert sorted(np.concatenate(parts).tolist()) == list(range(7))
    assert all(len(rows) == 1 or lengths[rows].max() * len(rows) <= 60 for rows in parts)
