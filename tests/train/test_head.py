"""A layer behind the pooling puts what differs within pairs aside, and what a crisis teacher tells apart forward."""

from dataclasses import replace

import numpy as np
import pytest

from ctse_core.encoders import load_encoder, save_eight_bit, save_plain
from ctse_core.encoders.vectors import unit_rows
from ctse_core.errors import TrainError
from tests.fakes import tiny_encoder
from train.head import HeadSettings, fit_head, put_head
from train.teacher import raw_vectors

WIDTH, PAIRS, MEANING = 12, 400, 6


def pairs_of_a_student(seed=0):
    """Return unit vectors of both sides and the teacher's of the English.

    Both sides share the first six numbers, the meaning; the next three are how a language differs from English. The
    teacher hears the first number alone.
    """
    draw = np.random.default_rng(seed)
    meaning = draw.normal(size=(PAIRS, MEANING))
    sides = []
    for shift in (0.0, 1.0):
        rows = np.zeros((PAIRS, WIDTH))
        rows[:, :MEANING] = meaning + 0.1 * draw.normal(size=meaning.shape)
        rows[:, MEANING : MEANING + 3] = 3 * draw.normal(size=(PAIRS, 3)) + shift
        rows[:, -1] = 5  # what all texts share
        sides.append(unit_rows(rows.astype(np.float32)))
    wanted = np.zeros((PAIRS, 4), dtype=np.float32)
    wanted[:, 0], wanted[:, 1] = meaning[:, 0], 1
    return sides[0], sides[1], unit_rows(wanted)


def found(english, translations):
    return float(((english @ translations.T).argmax(axis=1) == np.arange(len(english))).mean())


def mapped(vectors, weight, middle):
    return unit_rows((vectors - middle) @ weight)


def test_translations_are_found_more_often_by_pairs_that_the_layer_was_not_fitted_to():
    weight, middle = fit_head(*pairs_of_a_student(), HeadSettings(share=0.0))
    english, translations, _ = pairs_of_a_student(seed=1)
    before = found(english, translations)
    assert found(mapped(english, weight, middle), mapped(translations, weight, middle)) > before + 0.2


def test_more_of_the_teacher_makes_alike_what_it_holds_alike_in_either_language():
    english, translations, wanted = pairs_of_a_student()
    others = pairs_of_a_student(seed=1)
    nearness = []
    for share in (0.0, 0.5, 0.9):
        head = fit_head(english, translations, wanted, HeadSettings(share=share))
        left, right = (mapped(each, *head) for each in others[:2])
        nearness.append(np.corrcoef((left @ right.T).ravel(), (others[2] @ others[2].T).ravel())[0, 1])
    assert nearness[0] + 0.1 < min(nearness[1:])


def test_a_map_is_symmetric_finite_and_holds_for_fewer_pairs_than_numbers():
    few = tuple(each[:5] for each in pairs_of_a_student())
    weight, middle = fit_head(*few, HeadSettings())
    assert weight.shape == (WIDTH, WIDTH) and middle.shape == (WIDTH,)
    assert np.isfinite(weight).all() and np.allclose(weight, weight.T, atol=1e-5)


def test_a_length_that_differs_with_the_language_is_put_aside_too():
    english, translations, wanted = pairs_of_a_student()
    middle = english.mean(axis=0)
    longer = translations + np.random.default_rng(2).uniform(0, 3, size=(PAIRS, 1)).astype(np.float32) * middle
    weight, _ = fit_head(english, longer, wanted, HeadSettings(share=0.0))
    flat, _ = fit_head(english, translations, wanted, HeadSettings(share=0.0))
    along = middle / np.linalg.norm(middle)
    assert np.linalg.norm(along @ weight) / np.trace(weight) < np.linalg.norm(along @ flat) / np.trace(flat)


def test_a_teacher_that_says_the_same_of_everything_is_refused():
    english, translations, wanted = pairs_of_a_student()
    with pytest.raises(TrainError, match="the same of every sentence"):
        fit_head(english, translations, np.ones_like(wanted), HeadSettings())


def test_unequal_sides_and_a_single_pair_are_refused():
    english, translations, wanted = pairs_of_a_student()
    with pytest.raises(TrainError, match="one of each"):
        fit_head(english, translations[1:], wanted, HeadSettings())
    with pytest.raises(TrainError, match="fewer than two"):
        fit_head(english[:1], translations[:1], wanted[:1], HeadSettings())


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"share": 1.5}, "share of the layer is 1.5; it must be from 0 to 1"),
        ({"own_power": 0.6}, "own_power of the layer is 0.6; it must be from 0 to 0.5"),
        ({"teacher_power": -0.1}, "teacher_power of the layer is -0.1"),
        ({"ridge": 0.0}, "ridge of the layer is 0.0; it must be above 0"),
    ],
)
def test_a_setting_out_of_its_range_is_named(wrong, sentence):
    with pytest.raises(TrainError, match=sentence):
        fit_head(*pairs_of_a_student(), HeadSettings(**wrong))


def test_the_layer_is_kept_by_every_form_and_runtime(tmp_path, monkeypatch):
    monkeypatch.setenv("CTSE_HOME", str(tmp_path / "home"))
    encoder = tiny_encoder(tmp_path / "tiny")
    texts = [
        f"{one} {other}" for one in ("water", "the river", "a bridge", "doctors") for other in ("is gone", "rises")
    ]
    wanted = unit_rows(np.random.default_rng(0).normal(size=(len(texts), 8)).astype(np.float32))
    sides = raw_vectors(encoder, texts), raw_vectors(encoder, texts[::-1])
    made = put_head(encoder, sides, wanted, replace(HeadSettings(), own_power=0.2))
    assert len(made.head) == len(encoder.head) + 1
    assert np.linalg.norm(made.encode(texts).mean(axis=0)) < np.linalg.norm(encoder.encode(texts).mean(axis=0))
    small = save_eight_bit(made, tmp_path / "small")
    for runtime in ("torch", "onnx-int8"):
        again = load_encoder(small, device="cpu", runtime=runtime)
        assert (again.encode(texts) * made.encode(texts)).sum(axis=1).min() > 0.97, runtime
    assert len(list(small.rglob("*.safetensors"))) == 1
    plain = load_encoder(save_plain(small, tmp_path / "plain"), device="cpu", runtime="torch")
    torch = load_encoder(small, device="cpu", runtime="torch")
    assert np.allclose(plain.encode(texts), torch.encode(texts), atol=1e-5)
