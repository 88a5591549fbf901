"""Fewer layers brought back to what all of them said, token by token."""

import json
from dataclasses import replace

import numpy as np
import pytest

from ctse_core.encoders import OnnxEncoder, SentenceEncoder, load_encoder
from ctse_core.errors import Cancelled, EncoderError, TrainError
from tests.fakes import write_tiny_folder
from tests.train.test_distil import config_for, pairs, run  # noqa: F401
from train.config import LossSettings, StudentSettings
from train.log import read_log
from train.states_task import StatesTeacher, joined, token_states
from train.students import add_projection, load_reader, with_prefix

STATES = LossSettings(distance="states")


def ids(*texts):
    return [np.array([0, *text, 2], dtype=np.int32) for text in texts]


def test_short_texts_of_one_language_are_joined_and_keep_all_tokens():
    found = joined(ids([5], [6, 7], [8], range(10, 20)), np.array([0, 0, 1, 0]), below=5)
    assert [each.tolist() for each in found] == [[0, 5, 6, 7, 2], [0, 8, 2], [0, *range(10, 20), 2]]


def test_a_joined_text_does_not_grow_once_it_is_long():
    found = joined(ids([5], [6], [7], [8]), np.zeros(4, dtype=int), below=4)
    assert [each.tolist() for each in found] == [[0, 5, 6, 2], [0, 7, 8, 2]]


def test_fewer_layers_come_nearer_to_the_states_of_all(pairs, tmp_path):  # noqa: F811
    teacher = write_tiny_folder(tmp_path / "teacher", seed=3)
    config = config_for(
        pairs, teacher, student=StudentSettings(str(teacher), layers=(1,)), teacher=str(teacher), loss=STATES, steps=40
    )
    run(config, tmp_path / "out", tmp_path)
    notes = [note for note in read_log(tmp_path / "out/training/log.jsonl") if "states" in note]
    assert notes[-1]["states"] < notes[0]["states"] * 0.9
    assert notes[-1]["pooled"] < notes[0]["pooled"]
    assert load_encoder(tmp_path / "out", device="cpu", runtime="torch").model.config.num_hidden_layers == 1


def test_a_layer_behind_the_pooling_does_not_outlive_the_states_it_was_fitted_to(pairs, tmp_path):  # noqa: F811
    encoder = load_encoder(write_tiny_folder(tmp_path / "tiny", seed=3), device="cpu", runtime="torch")
    add_projection(encoder, encoder.dim, seed=1)
    student = encoder.save(tmp_path / "student")
    assert len(load_encoder(student, device="cpu", runtime="torch").head) == 1
    teacher = write_tiny_folder(tmp_path / "teacher", seed=3)
    config = config_for(
        pairs, teacher, student=StudentSettings(str(student)), teacher=str(teacher), loss=STATES, steps=2
    )
    run(config, tmp_path / "out", tmp_path)
    assert len(load_encoder(tmp_path / "out", device="cpu", runtime="torch").head) == 0


def test_a_run_that_was_stopped_ends_with_the_bytes_of_one_that_was_not(pairs, tmp_path):  # noqa: F811
    teacher = write_tiny_folder(tmp_path / "teacher", seed=3)
    config = config_for(
        pairs, teacher, student=StudentSettings(str(teacher), layers=(1,)), teacher=str(teacher), loss=STATES, steps=20
    )
    run(config, tmp_path / "whole", tmp_path)

    def stop(share, told):
        if told.startswith("Step 10"):
            raise Cancelled("stopped")

    with pytest.raises(Cancelled):
        run(config, tmp_path / "out", tmp_path, progress=stop)
    run(config, tmp_path / "out", tmp_path, resume=True)
    weights = [(tmp_path / name / "model.safetensors").read_bytes() for name in ("whole", "out")]
    assert weights[0] == weights[1]
    seconds = [note["seconds"] for note in read_log(tmp_path / "out/training/log.jsonl") if "seconds" in note]
    assert seconds == sorted(seconds), "what was trained before the stop counts"


def test_a_teacher_in_the_fast_runtime_says_what_the_same_one_says_in_torch(tmp_path):
    folder = write_tiny_folder(tmp_path / "teacher", seed=3, prefix="the ")
    slow, fast = load_reader(folder, "cpu", "torch"), load_reader(folder, "cpu")
    assert isinstance(fast, OnnxEncoder) and isinstance(slow, SentenceEncoder)
    student = with_prefix(slow, "")
    texts = ["river rises", "bread", "the river is here", "water", "the school is closed now"] * 4
    own = [np.array(each, dtype=np.int32) for each in student.tokens.ids(texts)]
    assert len({len(each) for each in own}) > 2
    (states, pooled), (wanted, means) = (StatesTeacher(each, student, "fp32").states(own) for each in (fast, slow))
    assert states.shape == wanted.shape and pooled.shape == means.shape
    spread = (wanted - wanted.mean(0)).square().sum(1).mean()
    assert (states - wanted).square().sum(1).mean() < 0.02 * spread
    assert (pooled - means).square().sum(1).mean() < 0.02 * (means - means.mean(0)).square().sum(1).mean()


def test_a_reader_is_a_transformer_in_the_fastest_form_there_is(tmp_path, monkeypatch):
    folder = write_tiny_folder(tmp_path / "teacher", seed=3)

    def fail(*_):
        raise EncoderError("it is of a make that is not known.")

    monkeypatch.setattr(OnnxEncoder, "load", fail)
    told = []
    assert isinstance(load_reader(folder, "cpu", progress=lambda share, said: told.append(said)), SentenceEncoder)
    assert "make that is not known" in told[-1]
    with pytest.raises(TrainError, match="teacher"):
        load_reader("https://api.example.org/v1#model", "cpu")


def test_the_run_tells_who_taught_it_and_a_precision_asked_for_holds_for_the_teacher(pairs, tmp_path):  # noqa: F811
    teacher = write_tiny_folder(tmp_path / "teacher", seed=3)
    student = StudentSettings(str(teacher), layers=(1,))
    config = config_for(pairs, teacher, student=student, teacher=str(teacher), loss=STATES, steps=2)
    taught = {}
    for precision, runtime in (("auto", "auto"), ("fp32", "torch")):
        out = tmp_path / precision
        run(replace(config, precision=precision), out, tmp_path)
        taught[precision] = json.loads((out / "training/manifest.json").read_text())["teacher"]
        assert taught[precision] == load_reader(teacher, "cpu", runtime).fingerprint
    assert taught["auto"] != taught["fp32"]


def test_the_teacher_reads_its_prefix_and_gives_the_states_of_the_texts_own_tokens(tmp_path):
    folder = write_tiny_folder(tmp_path / "teacher", seed=3)
    encoder = load_encoder(folder, device="cpu", runtime="torch")
    prefixed = with_prefix(encoder, "the ")
    teacher = StatesTeacher(prefixed, encoder, "fp32")
    own = [np.array(each, dtype=np.int32) for each in encoder.tokens.ids(["river rises", "bread"])]
    states, pooled = teacher.states(own)
    assert states.shape[0] == sum(map(len, own))
    whole = prefixed.tokens.ids(["river rises"])[0]
    alone = token_states(prefixed, [np.array(whole)])
    assert np.allclose(pooled[0].numpy(), alone.mean(0).detach().numpy(), atol=1e-4)
    assert np.allclose(states[len(own[0]) - 1].numpy(), alone[-1].detach().numpy(), atol=1e-4)


def test_a_teacher_with_other_tokens_is_refused(tmp_path):
    small = load_encoder(write_tiny_folder(tmp_path / "one", seed=1), device="cpu", runtime="torch")

    class Other:
        name = "other"

        class tokens:
            class backend:
                @staticmethod
                def get_vocab():
                    return {"a": 0}

    with pytest.raises(TrainError, match="other tokens"):
        StatesTeacher(Other(), small, "fp32")


def test_states_are_not_asked_of_a_bag_of_token_vectors(pairs, tmp_path):  # noqa: F811
    tiny = write_tiny_folder(tmp_path / "tiny")
    config = config_for(pairs, tiny, student=StudentSettings(str(tiny), kind="static"), loss=STATES)
    with pytest.raises(TrainError, match="states"):
        run(replace(config, teacher=str(tiny)), tmp_path / "out", tmp_path)
