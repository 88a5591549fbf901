"""The fast runtime: int8 close to float32, the same vector whatever stands beside, safe to make."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time

import numpy as np
import pytest

from ctse_core.encoders import SentenceEncoder, load_encoder
from ctse_core.encoders.onnx_export import ABOUT, GRAPH, WORDS
from ctse_core.encoders.onnx_graph import WEIGHT_LEVELS, quantised_weight
from ctse_core.encoders.onnx_plan import WILD, make_plan, widest
from ctse_core.encoders.tokens import batches, equal_length_batches
from ctse_core.errors import EncoderError, SettingError
from tests.fakes import write_tiny_folder

TEXTS = ["The river burst its banks", "a", "洪水で道路が通れません", "x" * 300, "🌊🏠", "", "no water in town"]


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("CTSE_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def folder(tmp_path, home):
    return write_tiny_folder(tmp_path / "tiny", prefix="query: ", max_tokens=40)


def exports(home):
    return sorted((home / "cache" / "onnx").glob("[!.]*"))


def test_vectors_are_close_to_those_of_torch(folder):
    fast, exact = load_encoder(folder, runtime="onnx-int8"), load_encoder(folder, runtime="torch", device="cpu")
    assert fast.dim == exact.dim == 32
    cosines = (fast.encode(TEXTS) * exact.encode(TEXTS)).sum(axis=1)
    assert cosines.min() > 0.995


def test_roberta_models_count_their_positions_from_the_padding_on(tmp_path, home):
    from transformers import RobertaConfig, RobertaModel

    folder = write_tiny_folder(tmp_path / "roberta")
    config = RobertaConfig(
        **{
            key: json.loads((folder / "config.json").read_text())[key]
            for key in ("vocab_size", "hidden_size", "num_hidden_layers", "num_attention_heads", "intermediate_size")
        },
        max_position_embeddings=514,
        pad_token_id=1,
        type_vocab_size=1,
    )
    RobertaModel(config, add_pooling_layer=False).save_pretrained(folder)
    fast, exact = load_encoder(folder, runtime="onnx-int8"), load_encoder(folder, runtime="torch", device="cpu")
    assert (fast.encode(TEXTS) * exact.encode(TEXTS)).sum(axis=1).min() > 0.995


def test_first_token_pooling_is_that_of_torch(folder):
    pooling = {"pooling_mode_cls_token": True, "pooling_mode_mean_tokens": False}
    (folder / "1_Pooling" / "config.json").write_text(json.dumps(pooling))
    fast, exact = load_encoder(folder, runtime="onnx-int8"), load_encoder(folder, runtime="torch", device="cpu")
    assert (fast.encode(TEXTS) * exact.encode(TEXTS)).sum(axis=1).min() > 0.99


def test_a_vector_does_not_depend_on_the_texts_beside_it(folder):
    encoder = load_encoder(folder, runtime="onnx-int8")
    together = encoder.encode(TEXTS)
    np.testing.assert_array_equal(np.concatenate([encoder.encode([text]) for text in TEXTS]), together)
    np.testing.assert_array_equal(encoder.encode(TEXTS[::-1])[::-1], together)


def test_threads_change_nothing(folder, monkeypatch):
    encoder = load_encoder(folder, runtime="onnx-int8")
    texts = [f"post {'very ' * (i % 9)}{i}" for i in range(60)]
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    alone = encoder.encode(texts)
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    np.testing.assert_array_equal(encoder.encode(texts), alone)


def test_its_fingerprint_is_not_that_of_torch_and_survives_loading_again(folder):
    fast = load_encoder(folder, runtime="onnx-int8").fingerprint
    assert fast == load_encoder(folder, runtime="auto", device="cpu").fingerprint
    assert fast != load_encoder(folder, runtime="torch", device="cpu").fingerprint


def test_the_second_loading_makes_nothing_and_needs_no_torch(folder):
    load_encoder(folder, runtime="onnx-int8")
    code = (
        "import sys\n"
        "from ctse_core.encoders import load_encoder\n"
        "told = []\n"
        f"encoder = load_encoder({str(folder)!r}, runtime='onnx-int8', progress=lambda *said: told.append(said))\n"
        "assert encoder.encode(['flood']).shape == (1, 32)\n"
        "assert told == [], told\n"
        "assert not {'torch', 'transformers', 'onnx'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, env={**os.environ, "PYTHONPATH": os.getcwd()})


def test_making_it_tells_its_progress(folder):
    told = []
    load_encoder(folder, runtime="onnx-int8", progress=lambda *said: told.append(said))
    shares = [share for share, _ in told]
    assert shares == sorted(shares)
    assert (shares[0], shares[-1]) == (0.0, 1.0)


@pytest.mark.parametrize("name", [GRAPH, WORDS, ABOUT])
def test_a_damaged_export_is_made_again(folder, home, name):
    expected = load_encoder(folder, runtime="onnx-int8").encode(TEXTS)
    (made,) = exports(home)
    content = (made / name).read_bytes()
    (made / name).write_bytes(content[: len(content) // 2])
    np.testing.assert_array_equal(load_encoder(folder, runtime="onnx-int8").encode(TEXTS), expected)
    assert (made / name).read_bytes() == content


def test_a_run_killed_in_the_middle_leaves_nothing_that_counts(folder, home, monkeypatch):
    import ctse_core.encoders.onnx_export as export

    class Killed(BaseException):
        pass

    def killed(*_):
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(export, "_write_graph", killed)
        with pytest.raises(Killed):
            load_encoder(folder, runtime="onnx-int8")
    assert exports(home) == []
    assert load_encoder(folder, runtime="onnx-int8").encode(["flood"]).shape == (1, 32)


def test_what_a_killed_process_left_beside_is_removed_after_hours(folder, home):
    load_encoder(folder, runtime="onnx-int8")
    (made,) = exports(home)
    left = made.parent / f".{made.name}.left"
    left.mkdir()
    (left / WORDS).write_bytes(b"half")
    os.utime(left, (time.time() - 86400, time.time() - 86400))
    (made / ABOUT).unlink()
    load_encoder(folder, runtime="onnx-int8")
    assert not left.exists()


def test_two_at_once_make_one_export_and_both_can_use_it(folder, home):
    found = []

    def load():
        found.append(load_encoder(folder, runtime="onnx-int8").encode(TEXTS))

    threads = [threading.Thread(target=load) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 3
    np.testing.assert_array_equal(found[0], found[2])
    assert len(list((home / "cache" / "onnx").iterdir())) == 1


def test_auto_falls_back_to_torch_and_says_so(folder):
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, "hidden_act": "relu"}))
    told = []
    encoder = load_encoder(folder, device="cpu", progress=lambda *said: told.append(said))
    assert isinstance(encoder, SentenceEncoder)
    assert "slower" in encoder.note
    assert encoder.note in [sentence for _, sentence in told]
    with pytest.raises(EncoderError, match="of another make"):
        load_encoder(folder, device="cpu", runtime="onnx-int8")


def test_an_export_that_would_change_the_vectors_is_thrown_away(folder, home, monkeypatch):
    import ctse_core.encoders.onnx_export as export

    monkeypatch.setattr(export, "LEAST_AGREEMENT", 1.01)
    with pytest.raises(EncoderError, match="change too much"):
        load_encoder(folder, runtime="onnx-int8")
    assert exports(home) == []
    assert isinstance(load_encoder(folder, device="cpu"), SentenceEncoder)


def test_a_home_that_cannot_be_written_still_gives_vectors(folder, tmp_path, monkeypatch):
    blocked = tmp_path / "blocked"
    blocked.write_text("a file where the folder should be")
    monkeypatch.setenv("CTSE_HOME", str(blocked))
    encoder = load_encoder(folder, device="cpu")
    assert isinstance(encoder, SentenceEncoder)
    assert "CTSE_HOME" in encoder.note


def test_the_fast_runtime_is_for_processors(folder):
    with pytest.raises(SettingError, match="processor"):
        load_encoder(folder, device="cuda", runtime="onnx-int8")


def test_weights_are_held_in_seven_bits_within_half_a_step():
    weight = np.random.default_rng(0).normal(size=(20, 5)).astype(np.float32)
    whole, step = quantised_weight(weight)
    assert np.abs(whole).max() == WEIGHT_LEVELS
    assert (np.abs(whole * step - weight) <= step / 2 + 1e-7).all()


def test_wild_channels_are_kept_apart_and_do_not_widen_the_range():
    from ctse_core.encoders.bert_weights import BertWeights, Layer, Linear, Norm

    norm = Norm(np.ones(4, np.float32), np.zeros(4, np.float32))
    square = Linear(np.eye(4, dtype=np.float32), np.zeros(4, np.float32))
    layer = Layer(square, square, square, square, norm, square, square, norm)
    table = np.zeros((3, 4), np.float32)
    tame = (np.full(4, -1, np.float32), np.array([1, 1, 1, 10 * WILD], np.float32))
    plan = make_plan(
        BertWeights(table, table, norm, (layer,), 1, 1e-12),
        dict.fromkeys(("0.attention", "0.inner", "0.context", "0.activated"), tame),
    )
    assert plan.ranges["0.activated"].outliers.tolist() == [3]
    assert plan.ranges["0.activated"].high < 2


def test_ranges_are_the_widest_of_all_batches():
    batches_seen = [{"a": np.array([[[1.0, -5.0]]])}, {"a": np.array([[[3.0, 2.0]], [[0.0, 0.0]]])}]
    low, high = widest(batches_seen)["a"]
    assert low.tolist() == [0.0, -5.0]
    assert high.tolist() == [3.0, 2.0]


def test_batches_hold_every_row_once_within_the_budget():
    ids = [[0] * length for length in np.random.default_rng(2).integers(1, 60, size=200)]
    for grouped in (list(batches(ids, 128)), list(equal_length_batches(ids, 128))):
        assert sorted(np.concatenate(grouped).tolist()) == list(range(200))
        assert all(max(len(ids[row]) for row in rows) * len(rows) <= 128 for rows in grouped)
    assert all(len({len(ids[row]) for row in rows}) == 1 for rows in equal_length_batches(ids, 128))
