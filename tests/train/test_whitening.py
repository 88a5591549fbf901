"""What all texts share is taken back in a bag of token vectors."""

import numpy as np
import torch

from ctse_core.encoders import static_of
from ctse_core.encoders.static import StaticEncoder
from tests.fakes import tiny_encoder
from train.whitening import whiten

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
