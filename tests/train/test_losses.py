"""Losses, rates and rotations against numbers worked out by hand."""

import math

import numpy as np
import pytest

from train.losses import linear_rate, nearest_rotation, supervised_contrastive_loss, symmetric_contrastive_loss

torch = pytest.importorskip("torch")


def test_contrastive_loss_by_hand():
    vectors = torch.eye(2)
    none = torch.eye(2, dtype=torch.bool)
    assert symmetric_contrastive_loss(vectors, vectors, none, 1.0).item() == pytest.approx(
        math.log(1 + math.exp(-1.0)), abs=1e-6
    )
    all_same = torch.ones(2, 2, dtype=torch.bool)
    assert symmetric_contrastive_loss(vectors, vectors.flip(0), all_same, 5.0).item() == pytest.approx(0, abs=1e-6)


def test_supervised_loss_falls_when_alike_posts_are_near():
    alike = torch.tensor([[0, 1, 0], [1, 0, 0], [0, 0, 0]], dtype=torch.float32)
    near = torch.tensor([[1.0, 0.0], [1.0, 0.1], [0.0, 1.0]])
    far = torch.tensor([[1.0, 0.0], [0.0, 1.0], [1.0, 0.1]])
    assert supervised_contrastive_loss(near, alike, 10.0) < supervised_contrastive_loss(far, alike, 10.0)
    assert supervised_contrastive_loss(near, torch.zeros(3, 3), 10.0).item() == 0


def test_a_rotation_brings_a_space_home_and_keeps_cosines():
    rng = np.random.default_rng(3)
    turn = np.linalg.qr(rng.normal(size=(8, 8)))[0].astype(np.float32)
    source = rng.normal(size=(50, 8)).astype(np.float32)
    found = nearest_rotation(source, source @ turn)
    np.testing.assert_allclose(found, turn, atol=1e-4)
    np.testing.assert_allclose(source @ found @ (source @ found).T, source @ source.T, atol=1e-3)


def test_the_rate_rises_and_falls_in_a_line():
    rates = [linear_rate(step, 100, 0.1) for step in range(101)]
    assert rates[0] == pytest.approx(0.1) and rates[9] == pytest.approx(1) and rates[100] == 0
    assert rates[55] == pytest.approx(0.5)
    assert linear_rate(0, 10, 0.0) == 1.0
