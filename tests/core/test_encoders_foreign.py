"""Folders that sentence-transformers writes today: the same vectors here, or a refusal that names the step."""

from __future__ import annotations

import numpy as np
import pytest

from ctse_core.encoders import load_encoder
from ctse_core.errors import EncoderError
from tests.fakes import write_tiny_folder

library = pytest.importorskip("sentence_transformers")
TEXTS = ["The river burst its banks", "a", "El río se desbordó y se llevó el puente", "洪水で道路が通れません", "🌊🏠"]


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    return write_tiny_folder(tmp_path_factory.mktemp("base") / "base")


def _written(base, folder, pooling, *more):
    from sentence_transformers.sentence_transformer import modules

    steps = [modules.Transformer(str(base)), modules.Pooling(32, pooling_mode=pooling), *more]
    library.SentenceTransformer(modules=steps, device="cpu").save(str(folder))
    return library.SentenceTransformer(str(folder), device="cpu")


def _dense(**settings):
    import torch
    from sentence_transformers.sentence_transformer import modules

    torch.manual_seed(0)
    return modules.Dense(32, 16, **settings)


def _step(name, *given):
    from sentence_transformers.sentence_transformer import modules

    return getattr(modules, name)(*given)


def _identity():
    import torch

    return torch.nn.Identity()


READ = {
    "mean": lambda: ("mean",),
    "first token": lambda: ("cls",),
    "last token": lambda: ("lasttoken",),
    "normalised": lambda: ("mean", _step("Normalize")),
    "dense with tanh": lambda: ("mean", _dense()),
    "dense without bias": lambda: ("cls", _dense(bias=False, activation_function=_identity()), _step("Normalize")),
    "two dense": lambda: ("mean", _dense(), _step("Dense", 16, 8), _step("Normalize")),
    "dropout": lambda: ("mean", _step("Dropout", 0.5)),
}


@pytest.mark.parametrize("kind", READ)
@pytest.mark.parametrize("runtime", ["torch", "onnx-int8"])
def test_what_it_wrote_gives_the_same_vectors_here(base, tmp_path, kind, runtime):
    theirs = _written(base, tmp_path / "theirs", *READ[kind]()).encode(TEXTS, normalize_embeddings=True)
    ours = load_encoder(tmp_path / "theirs", device="cpu", runtime=runtime)
    assert (ours.encode(TEXTS) * theirs).sum(axis=1).min() > (0.99999 if runtime == "torch" else 0.97)


@pytest.mark.parametrize("kind", READ)
def test_what_was_read_is_saved_so_that_it_reads_the_same(base, tmp_path, kind):
    _written(base, tmp_path / "theirs", *READ[kind]())
    ours = load_encoder(tmp_path / "theirs", device="cpu", runtime="torch")
    again = library.SentenceTransformer(str(ours.save(tmp_path / "ours")), device="cpu")
    theirs = again.encode(TEXTS, normalize_embeddings=True)
    np.testing.assert_allclose((ours.encode(TEXTS) * theirs).sum(axis=1), 1, atol=1e-5)


REFUSED = {
    "max": lambda: ("max",),
    "weightedmean": lambda: ("weightedmean",),
    "cls and mean": lambda: (("cls", "mean"),),
    "Pooling → Normalize → Dense": lambda: ("mean", _step("Normalize"), _dense()),
    "LayerNorm": lambda: ("mean", _step("LayerNorm", 32)),
}


@pytest.mark.parametrize("named", REFUSED)
def test_what_cannot_be_computed_is_refused_by_its_name(base, tmp_path, named):
    _written(base, tmp_path / "theirs", *REFUSED[named]())
    with pytest.raises(EncoderError, match=named):
        load_encoder(tmp_path / "theirs", device="cpu")


def test_a_weighting_of_layers_is_refused_by_its_name(base, tmp_path):
    from sentence_transformers.sentence_transformer import modules

    steps = [modules.Transformer(str(base)), modules.WeightedLayerPooling(32, 2), modules.Pooling(32)]
    library.SentenceTransformer(modules=steps, device="cpu").save(str(tmp_path / "theirs"))
    with pytest.raises(EncoderError, match="WeightedLayerPooling"):
        load_encoder(tmp_path / "theirs", device="cpu")


def test_a_model_that_reads_in_one_direction_gives_the_same_vectors_here(base, tmp_path):
    import torch
    from sentence_transformers.sentence_transformer import modules
    from transformers import AutoTokenizer, Qwen3Config, Qwen3Model

    torch.manual_seed(0)
    config = Qwen3Config(
        vocab_size=300, hidden_size=32, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2,
        intermediate_size=64, head_dim=8, pad_token_id=1, max_position_embeddings=512,
    )  # fmt: skip
    Qwen3Model(config).save_pretrained(tmp_path / "plain")
    AutoTokenizer.from_pretrained(base).save_pretrained(tmp_path / "plain")
    steps = [modules.Transformer(str(tmp_path / "plain")), modules.Pooling(32, pooling_mode="lasttoken")]
    library.SentenceTransformer(modules=steps, device="cpu").save(str(tmp_path / "theirs"))
    theirs = library.SentenceTransformer(str(tmp_path / "theirs"), device="cpu")
    ours = load_encoder(tmp_path / "theirs", device="cpu")
    assert "of another make" in ours.note
    cosines = (ours.encode(TEXTS) * theirs.encode(TEXTS, normalize_embeddings=True)).sum(axis=1)
    assert cosines.min() > 0.99999
