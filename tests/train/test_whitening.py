"""What all texts share is taken back in a bag of token vectors."""

import numpy as np
import torch

from ctse_core.encoders import load_encoder, save_eight_bit, save_plain, static_of
from ctse_core.encoders.static import StaticEncoder
from tests.fakes import tiny_encoder
from train.whitening import whiten, whiten_behind

TEXTS = ["the river rises", "the bridge is gone", "no water", "doctors are needed here", "the road is closed", "boats"]


def shared(encoder, texts):
    return float(np.linalg.norm(encoder.encode(texts).mean(axis=0)))


def test_texts_have_less_in_common_and_none_is_lost(tmp_path):
    start = static_of(tiny_encoder(tmp_path / "tiny"))
    rows = start.table.detach().clone()
    used = rows.abs().sum(1) > 0
    rows[used] += 3 * rows[used].std() * torch.ones(rows.shape[1])
    encoder = StaticEncoder("shifted", start.tokenizer, rows, start.use)
    white = whiten(encoder, TEXTS, 0.25)
    assert shared(white, TEXTS) < shared(encoder, TEXTS) / 2
    assert np.allclose(np.linalg.norm(white.encode(TEXTS), axis=1), 1, atol=1e-5)
    assert not white.table.detach()[~used].any()
    again = StaticEncoder.load(white.save(tmp_path / "white"))
    assert np.allclose(again.encode(TEXTS), white.encode(TEXTS), atol=1e-6)


def test_a_transformer_is_whitened_by_a_layer_that_every_form_and_runtime_keeps(tmp_path, monkeypatch):
    monkeypatch.setenv("CTSE_HOME", str(tmp_path / "home"))
    encoder = tiny_encoder(tmp_path / "tiny")
    many = [f"{one} {other}" for one in TEXTS for other in TEXTS]
    white = whiten_behind(encoder, many, 0.15)
    assert shared(white, many) < shared(encoder, many) / 2
    small = save_eight_bit(white, tmp_path / "small")
    assert len(list(small.rglob("*.safetensors"))) == 1
    for runtime in ("torch", "onnx-int8"):
        again = load_encoder(small, device="cpu", runtime=runtime)
        assert (again.encode(TEXTS) * white.encode(TEXTS)).sum(axis=1).min() > 0.97, runtime
    plain = load_encoder(save_plain(small, tmp_path / "plain"), device="cpu", runtime="torch")
    assert np.allclose(plain.encode(TEXTS), load_encoder(small, device="cpu", runtime="torch").encode(TEXTS), atol=1e-5)
