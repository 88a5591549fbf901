"""Smaller encoders out of larger ones: kept tokens keep their vectors, in three kinds of vocabulary."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch

from ctse_core.encoders import SentenceEncoder, keep_layers, keep_units, load_encoder, prune_vocabulary
from ctse_core.encoders.layout import EncoderUse
from ctse_core.encoders.pieces import pruned_tokenizer
from ctse_core.errors import EncoderError

SENTENCES = [
    "The river burst its banks and the bridge is gone",
    "We need drinking water and blankets in the school",
    "Roads are blocked by fallen trees after the storm",
    "El puente se cayó y no hay agua potable",
    "La carretera está cortada por los árboles",
] * 20


def _marked(tokenizer, begin, end):
    from tokenizers import processors

    ids = [(mark, tokenizer.token_to_id(mark)) for mark in (begin, end)]
    tokenizer.post_processor = processors.TemplateProcessing(single=f"{begin} $A {end}", special_tokens=ids)
    return tokenizer


def _unigram():
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, trainers

    tokenizer = Tokenizer(models.Unigram())
    tokenizer.normalizer = normalizers.NFKC()
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    marks = ["<s>", "<pad>", "</s>", "<unk>"]
    trainer = trainers.UnigramTrainer(
        vocab_size=150, special_tokens=marks, unk_token="<unk>", show_progress=False, n_sub_iterations=2
    )
    tokenizer.train_from_iterator(SENTENCES, trainer)
    return _marked(tokenizer, "<s>", "</s>"), "xlm-roberta", ["<s>", "</s>", "<pad>", "<unk>"]


def _wordpiece():
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors, trainers

    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=False)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    marks = ["[PAD]", "[unused1]", "[UNK]", "[CLS]", "[SEP]"]
    trainer = trainers.WordPieceTrainer(vocab_size=150, special_tokens=marks, show_progress=False)
    tokenizer.train_from_iterator(SENTENCES, trainer)
    tokenizer.post_processor = processors.BertProcessing(("[SEP]", 4), ("[CLS]", 3))
    return tokenizer, "bert", ["[CLS]", "[SEP]", "[PAD]", "[UNK]"]


def _bpe():
    from tokenizers import Tokenizer, models, pre_tokenizers, processors, trainers

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    marks = ["<s>", "<pad>", "</s>", "<unk>"]
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(vocab_size=400, special_tokens=marks, initial_alphabet=alphabet, show_progress=False)
    tokenizer.train_from_iterator(SENTENCES, trainer)
    tokenizer.post_processor = processors.RobertaProcessing(("</s>", 2), ("<s>", 0), add_prefix_space=False)
    return tokenizer, "roberta", ["<s>", "</s>", "<pad>", "<unk>"]


MAKERS = {"unigram": _unigram, "wordpiece": _wordpiece, "bpe": _bpe}


@pytest.fixture(scope="module", params=MAKERS)
def encoder(request):
    from transformers import AutoConfig, AutoModel, PreTrainedTokenizerFast

    tokenizer, family, (begin, end, pad, unknown) = MAKERS[request.param]()
    config = AutoConfig.for_model(
        family,
        vocab_size=tokenizer.get_vocab_size(),
        hidden_size=32,
        num_hidden_layers=4,
        num_attention_heads=4,
        intermediate_size=64,
        max_position_embeddings=140,
        pad_token_id=tokenizer.token_to_id(pad),
        type_vocab_size=1 if family != "bert" else 2,
    )
    torch.manual_seed(0)
    model = AutoModel.from_config(config, add_pooling_layer=False).eval()
    wrapped = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, cls_token=begin, sep_token=end, pad_token=pad, unk_token=unknown
    )
    return SentenceEncoder(request.param, model, wrapped, EncoderUse())


KEPT = ["The river burst its banks", "We need drinking water", "no hay agua potable"]


def _used(encoder, texts):
    return {number for ids in encoder.tokens.ids(texts) for number in ids}


def test_texts_of_kept_tokens_keep_their_vectors(encoder):
    small = prune_vocabulary(encoder, _used(encoder, KEPT))
    assert small.model.config.vocab_size == small.tokens.backend.get_vocab_size()
    assert len(small.model.get_input_embeddings().weight) < len(encoder.model.get_input_embeddings().weight)
    np.testing.assert_allclose(small.encode(KEPT), encoder.encode(KEPT), atol=1e-6)


def test_kept_texts_are_cut_into_the_same_pieces(encoder):
    small = prune_vocabulary(encoder, _used(encoder, KEPT), characters=False)
    for text in KEPT:
        before, after = encoder.tokens.uncut().encode(text), small.tokens.uncut().encode(text)
        assert before.tokens == after.tokens


def test_other_texts_fall_into_smaller_pieces_and_not_into_unknown_ones(encoder):
    small = prune_vocabulary(encoder, _used(encoder, KEPT))
    tokens = small.tokens.uncut().encode("blocked school trees").tokens
    unknown = small.tokenizer.unk_token
    assert unknown not in tokens
    assert len(tokens) >= len(encoder.tokens.uncut().encode("blocked school trees").tokens)


def test_a_pruned_encoder_is_saved_and_opened_everywhere_with_the_same_vectors(encoder, tmp_path):
    from transformers import AutoModel, AutoTokenizer

    library = pytest.importorskip("sentence_transformers")
    small = prune_vocabulary(encoder, _used(encoder, KEPT))
    folder = small.save(tmp_path / "small")
    again = load_encoder(folder, device="cpu", runtime="torch")
    texts = [*KEPT, "blocked school trees", "🌊"]
    np.testing.assert_allclose(again.encode(texts), small.encode(texts), atol=1e-6)
    theirs = library.SentenceTransformer(str(folder), device="cpu").encode(texts, normalize_embeddings=True)
    assert (theirs * small.encode(texts)).sum(axis=1).min() > 0.99999
    given = AutoTokenizer.from_pretrained(folder)(KEPT[0], return_tensors="pt")
    plain = AutoModel.from_pretrained(folder)(**given).last_hidden_state.mean(dim=1)[0]
    assert torch.cosine_similarity(plain, torch.from_numpy(small.encode(KEPT)[0]), dim=0) > 0.99999


def test_training_a_pruned_encoder_leaves_the_one_it_came_from_alone(encoder):
    before = encoder.encode(KEPT)
    for small in (prune_vocabulary(encoder, _used(encoder, KEPT)), keep_layers(encoder, [0, 2])):
        with torch.no_grad():
            for weight in small.model.parameters():
                weight.add_(1.0)
    np.testing.assert_array_equal(encoder.encode(KEPT), before)


def test_only_the_named_layers_stay_in_their_order(encoder, tmp_path):
    few = keep_layers(encoder, [0, 3])
    assert few.model.config.num_hidden_layers == 2
    kept = few.model.encoder.layer
    for place, layer in enumerate([0, 3]):
        for left, right in zip(kept[place].parameters(), encoder.model.encoder.layer[layer].parameters(), strict=True):
            assert torch.equal(left, right)
    again = load_encoder(few.save(tmp_path / "few"), device="cpu", runtime="torch")
    np.testing.assert_allclose(again.encode(KEPT), few.encode(KEPT), atol=1e-6)
    assert np.abs(few.encode(KEPT) - encoder.encode(KEPT)).max() > 1e-3


def test_all_layers_in_order_are_the_same_encoder(encoder):
    np.testing.assert_array_equal(keep_layers(encoder, range(4)).encode(KEPT), encoder.encode(KEPT))


def test_the_units_that_say_most_stay_and_the_rest_goes_from_the_file(encoder, tmp_path):
    with torch.no_grad():  # three units that never say anything
        for layer in encoder.model.encoder.layer:
            layer.output.dense.weight[:, [0, 5, 9]] = 0
    units = encoder.model.config.intermediate_size
    fewer = keep_units(encoder, units - 3, KEPT)
    np.testing.assert_allclose(fewer.encode(KEPT), encoder.encode(KEPT), atol=1e-5)
    again = load_encoder(fewer.save(tmp_path / "fewer"), device="cpu", runtime="torch")
    assert again.model.config.intermediate_size == units - 3
    np.testing.assert_allclose(again.encode(KEPT), fewer.encode(KEPT), atol=1e-6)
    assert np.abs(keep_units(encoder, units // 2, KEPT).encode(KEPT) - encoder.encode(KEPT)).max() > 1e-4


@pytest.mark.parametrize("units", [0, 100_000])
def test_units_that_are_not_there_are_a_sentence(encoder, units):
    with pytest.raises(EncoderError, match="inner units a layer"):
        keep_units(encoder, units, KEPT)


@pytest.mark.parametrize("layers", [[], [4], [-1]])
def test_layers_that_are_not_there_are_a_sentence(encoder, layers):
    with pytest.raises(EncoderError, match="layers 0 to 3"):
        keep_layers(encoder, layers)


def test_an_unknown_id_is_a_sentence(encoder):
    with pytest.raises(EncoderError, match="no piece 100000"):
        prune_vocabulary(encoder, [100_000])


def test_old_ids_lead_from_new_rows_to_old_ones(encoder):
    tokenizer, old = pruned_tokenizer(encoder.tokens.uncut(), _used(encoder, KEPT))
    for new, before in enumerate(old):
        assert tokenizer.id_to_token(new) == encoder.tokens.backend.id_to_token(int(before))


def test_a_vocabulary_of_another_kind_is_refused():
    from tokenizers import Tokenizer, models

    with pytest.raises(EncoderError, match="WordLevel cannot be pruned"):
        pruned_tokenizer(Tokenizer(models.WordLevel({"a": 0, "b": 1}, unk_token="a")), [0])


def test_the_begin_mark_of_the_tokenizer_is_renumbered():
    tokenizer, _, _ = _wordpiece()
    few, _ = pruned_tokenizer(tokenizer, [], characters=False)
    told = json.loads(few.to_str())
    assert few.encode("a").tokens[0] == "[CLS]"
    assert told["post_processor"]["cls"] == ["[CLS]", few.token_to_id("[CLS]")]
