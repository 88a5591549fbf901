"""Sentence matching against answers that can be checked by hand."""

from __future__ import annotations

import numpy as np
import pytest

from ctse_core.errors import EncoderError
from tests.fakes import WordEncoder
from train.evaluate import Match, matching_accuracy
from train.evaluate import matching as matching_module


def test_equal_tables_match_fully():
    vectors = np.random.default_rng(0).normal(size=(50, 8)).astype(np.float32)
    assert matching_accuracy(vectors, vectors) == Match(1.0, 1.0, 50)


def test_directions_are_counted_apart():
    # Sources 0 and 1 both lie nearest to target 0; target 1 lies nearest to source 1.
    source = np.array([[1, 0], [0.9, 0.3]], dtype=np.float32)
    target = np.array([[1, 0.1], [0, 1]], dtype=np.float32)
    found = matching_accuracy(source, target)
    assert (found.forward, found.backward, found.mean) == (0.5, 1.0, 0.75)


def test_lengths_of_vectors_do_not_count():
    rng = np.random.default_rng(1)
    vectors = rng.normal(size=(20, 5)).astype(np.float32)
    scaled = vectors * rng.uniform(0.1, 10, size=(20, 1)).astype(np.float32)
    assert matching_accuracy(vectors, scaled).mean == 1.0


def test_one_vector_for_everything_scores_one_in_n():
    same = np.ones((10, 4), dtype=np.float32)
    assert matching_accuracy(same, same) == Match(0.1, 0.1, 10)


def test_blocks_change_nothing(monkeypatch):
    rng = np.random.default_rng(2)
    source = rng.normal(size=(70, 6)).astype(np.float32)
    target = source + rng.normal(size=(70, 6)).astype(np.float32)
    whole = matching_accuracy(source, target)
    cosine = (source / np.linalg.norm(source, axis=1)[:, None]) @ (target / np.linalg.norm(target, axis=1)[:, None]).T
    assert whole.forward == (cosine.argmax(axis=1) == np.arange(70)).mean()
    assert whole.backward == (cosine.argmax(axis=0) == np.arange(70)).mean()
    monkeypatch.setattr(matching_module, "BLOCK", 16)
    assert matching_accuracy(source, target) == whole


def test_translations_known_to_an_encoder_match():
    encoder = WordEncoder()
    english = encoder.encode(["flood on the road", "fire", "no water"])
    spanish = encoder.encode(["inundación carretera", "incendio", "agua"])
    assert matching_accuracy(english, spanish).mean == 1.0


@pytest.mark.parametrize(
    ("source", "target"),
    [((3, 4), (2, 4)), ((3, 4), (3, 5)), ((0, 4), (0, 4))],
)
def test_tables_that_do_not_fit_are_a_sentence(source, target):
    with pytest.raises(EncoderError):
        matching_accuracy(np.ones(source, dtype=np.float32), np.ones(target, dtype=np.float32))
