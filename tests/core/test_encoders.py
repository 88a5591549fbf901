"""The shared encoder with torch: pooling, texts to unit rows, folders, fingerprints."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch

from ctse_core.encoders import SentenceEncoder, load_encoder, mean_pool
from ctse_core.errors import EncoderError, SettingError
from tests.fakes import tiny_encoder, write_tiny_folder

TEXTS = [
    "The river burst its banks",
    "a",
    "El río se desbordó y se llevó el puente",
    "洪水で道路が通れません",
    "فاض النهر",
    "x " * 300,
    "🌊🏠",
]


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    return tiny_encoder(tmp_path_factory.mktemp("tiny") / "tiny")


def test_mean_pool_is_the_mean_of_the_tokens_that_count():
    vectors = torch.tensor([[[1.0, 2.0], [3.0, 6.0], [100.0, 100.0]]])
    assert mean_pool(vectors, torch.tensor([[1, 1, 0]])).tolist() == [[2.0, 4.0]]


def test_mean_pool_gives_zeros_where_no_token_counts():
    assert mean_pool(torch.ones(1, 2, 3), torch.zeros(1, 2)).tolist() == [[0.0, 0.0, 0.0]]


def test_mean_pool_is_the_same_in_torch_and_numpy():
    rng = np.random.default_rng(0)
    vectors = rng.normal(size=(3, 5, 4)).astype(np.float32)
    mask = np.array([[1, 1, 1, 1, 1], [1, 1, 0, 0, 0], [1, 0, 0, 0, 0]], dtype=np.float32)
    by_torch = mean_pool(torch.from_numpy(vectors), torch.from_numpy(mask)).numpy()
    np.testing.assert_allclose(mean_pool(vectors, mask), by_torch, rtol=1e-6)


def test_encode_gives_float32_unit_rows_in_the_order_of_the_texts(tiny):
    vectors = tiny.encode(TEXTS)
    assert vectors.shape == (len(TEXTS), 32)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1.0, rtol=1e-5)
    for row, text in enumerate(TEXTS):
        np.testing.assert_allclose(tiny.encode([text])[0], vectors[row], atol=1e-5)


def test_encode_of_nothing_is_an_empty_table(tiny):
    assert tiny.encode([]).shape == (0, 32)


def test_encode_takes_lone_surrogates_nul_bytes_and_a_megabyte(tiny):
    vectors = tiny.encode(["\ud83d broken", "a\x00b", "long " * 200_000, ""])
    assert np.isfinite(vectors).all()


def test_padding_changes_no_vector(tiny):
    alone = tiny.forward(tiny.tokenise(["short"]))[0]
    beside = tiny.forward(tiny.tokenise(["short", "a much longer text beside it " * 3]))[0]
    torch.testing.assert_close(alone, beside, atol=1e-5, rtol=1e-4)


def test_forward_is_differentiable_and_not_normalised(tiny):
    vectors = tiny.forward(tiny.tokenise(["The river burst its banks", "a"]))
    lengths = vectors.norm(dim=1)
    assert not torch.allclose(lengths, torch.ones(2), atol=0.05)
    vectors.sum().backward()
    gradients = [weight.grad for weight in tiny.model.parameters() if weight.grad is not None]
    assert any(gradient.abs().sum() > 0 for gradient in gradients)
    tiny.model.zero_grad()


def test_encode_leaves_the_model_in_the_mode_it_was_in(tiny):
    tiny.model.train()
    tiny.encode(["a"])
    assert tiny.model.training
    tiny.model.eval()


def test_texts_are_cut_at_the_most_tokens_of_the_folder(tmp_path):
    encoder = tiny_encoder(tmp_path / "short", max_tokens=8)
    assert [len(ids) for ids in encoder.tokens.ids(["abc", "abcdefghijklmnop"])] == [5, 8]


def test_no_text_has_more_than_128_tokens_even_where_the_folder_allows_more(tmp_path):
    encoder = tiny_encoder(tmp_path / "long", max_tokens=512)
    assert len(encoder.tokens.ids(["y" * 400])[0]) == 128


def test_the_prefix_is_put_before_every_text(tmp_path):
    plain = tiny_encoder(tmp_path / "plain")
    asking = tiny_encoder(tmp_path / "asking", prefix="query: ")
    np.testing.assert_allclose(asking.encode(["flood"]), plain.encode(["query: flood"]), atol=1e-5)


def test_save_and_load_give_the_same_vectors_and_fingerprint(tmp_path):
    encoder = tiny_encoder(tmp_path / "first", prefix="query: ", max_tokens=40)
    encoder.save(tmp_path / "second")
    again = SentenceEncoder.load(tmp_path / "second", device="cpu")
    assert again.use == encoder.use
    np.testing.assert_allclose(again.encode(TEXTS), encoder.encode(TEXTS), atol=1e-6)
    third = again.save(tmp_path / "third")
    assert SentenceEncoder.load(third, device="cpu").fingerprint == again.fingerprint


def test_sentence_transformers_opens_a_saved_folder_with_the_same_vectors(tmp_path):
    library = pytest.importorskip("sentence_transformers")
    encoder = tiny_encoder(tmp_path / "first", max_tokens=40)
    folder = encoder.save(tmp_path / "second")
    theirs = library.SentenceTransformer(str(folder), device="cpu").encode(TEXTS, normalize_embeddings=True)
    np.testing.assert_allclose(encoder.encode(TEXTS), theirs, atol=1e-5)


def test_the_fingerprint_follows_weights_prefix_and_most_tokens(tmp_path):
    told = {
        tiny_encoder(tmp_path / "a").fingerprint,
        tiny_encoder(tmp_path / "b", seed=1).fingerprint,
        tiny_encoder(tmp_path / "c", prefix="query: ").fingerprint,
        tiny_encoder(tmp_path / "d", max_tokens=64).fingerprint,
    }
    assert len(told) == 4


def test_the_fingerprint_does_not_depend_on_where_the_folder_lies(tmp_path):
    assert tiny_encoder(tmp_path / "a").fingerprint == tiny_encoder(tmp_path / "b").fingerprint


def test_the_fingerprint_follows_a_training_step(tmp_path):
    encoder = tiny_encoder(tmp_path / "a")
    before = encoder.fingerprint
    optimiser = torch.optim.SGD(encoder.model.parameters(), lr=0.1)
    encoder.forward(encoder.tokenise(["flood"])).sum().backward()
    optimiser.step()
    assert encoder.fingerprint != before


def test_torch_files_are_read_when_there_are_no_safetensors(tmp_path):
    from safetensors.torch import load_file

    folder = write_tiny_folder(tmp_path / "safe")
    expected = SentenceEncoder.load(folder, device="cpu").encode(TEXTS)
    torch.save(load_file(folder / "model.safetensors"), folder / "pytorch_model.bin")
    (folder / "model.safetensors").unlink()
    np.testing.assert_allclose(SentenceEncoder.load(folder, device="cpu").encode(TEXTS), expected, atol=1e-6)


def test_a_torch_file_that_would_run_code_is_refused(tmp_path):
    import pickle

    folder = write_tiny_folder(tmp_path / "evil")
    marker = tmp_path / "was_run"

    class Evil:
        def __reduce__(self):
            return (marker.touch, ())

    (folder / "model.safetensors").unlink()
    (folder / "pytorch_model.bin").write_bytes(pickle.dumps(Evil(), protocol=2))
    with pytest.raises(EncoderError, match="cannot be loaded"):
        SentenceEncoder.load(folder, device="cpu")
    assert not marker.exists()


def _rewrite(path, **changes):
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


def test_another_pooling_than_mean_or_first_token_is_refused(tmp_path):
    folder = write_tiny_folder(tmp_path / "max")
    _rewrite(folder / "1_Pooling" / "config.json", pooling_mode_mean_tokens=False, pooling_mode_max_tokens=True)
    with pytest.raises(EncoderError, match="pools its tokens by"):
        SentenceEncoder.load(folder, device="cpu")


def test_first_token_pooling_is_the_mean_over_that_token(tmp_path):
    folder = write_tiny_folder(tmp_path / "cls")
    _rewrite(folder / "1_Pooling" / "config.json", pooling_mode_mean_tokens=False, pooling_mode_cls_token=True)
    encoder = SentenceEncoder.load(folder, device="cpu")
    features = encoder.tokenise(["flood", "a longer text"])
    token_vectors = encoder.model(**features).last_hidden_state
    torch.testing.assert_close(encoder.forward(features), token_vectors[:, 0])


def test_the_new_spelling_of_the_pooling_is_read(tmp_path):
    folder = write_tiny_folder(tmp_path / "new")
    expected = SentenceEncoder.load(folder, device="cpu").encode(["flood"])
    (folder / "1_Pooling" / "config.json").write_text(
        json.dumps({"embedding_dimension": 32, "pooling_mode": "mean", "include_prompt": True})
    )
    np.testing.assert_allclose(SentenceEncoder.load(folder, device="cpu").encode(["flood"]), expected)


def test_a_layer_after_the_pooling_is_honoured_and_saved(tmp_path):
    library = pytest.importorskip("sentence_transformers")
    from safetensors.torch import save_file

    folder = write_tiny_folder(tmp_path / "dense")
    modules = json.loads((folder / "modules.json").read_text())
    kind = "sentence_transformers.models."
    modules += [
        {"idx": 2, "name": "2", "path": "2_Dense", "type": f"{kind}Dense"},
        {"idx": 3, "name": "3", "path": "3_Normalize", "type": f"{kind}Normalize"},
    ]
    (folder / "modules.json").write_text(json.dumps(modules))
    (folder / "2_Dense").mkdir()
    settings = {"in_features": 32, "out_features": 16, "bias": True}
    settings["activation_function"] = "torch.nn.modules.activation.Tanh"
    (folder / "2_Dense" / "config.json").write_text(json.dumps(settings))
    generator = torch.Generator().manual_seed(3)
    weight, bias = torch.randn(16, 32, generator=generator), torch.randn(16, generator=generator)
    save_file({"linear.weight": weight, "linear.bias": bias}, folder / "2_Dense" / "model.safetensors")
    encoder = SentenceEncoder.load(folder, device="cpu")
    assert encoder.dim == 16
    theirs = library.SentenceTransformer(str(folder), device="cpu").encode(TEXTS)
    np.testing.assert_allclose(encoder.encode(TEXTS), theirs, atol=1e-5)
    again = SentenceEncoder.load(encoder.save(tmp_path / "again"), device="cpu")
    np.testing.assert_allclose(again.encode(TEXTS), encoder.encode(TEXTS), atol=1e-6)
    fast = load_encoder(folder, runtime="onnx-int8")
    assert fast.dim == 16
    assert (fast.encode(TEXTS) * theirs).sum(axis=1).min() > 0.98


@pytest.mark.parametrize(
    ("gone", "said"),
    [("config.json", "config.json"), ("model.safetensors", "model.safetensors"), ("tokenizer.json", "tokenizer.json")],
)
def test_a_folder_that_lacks_a_file_says_which(tmp_path, gone, said):
    folder = write_tiny_folder(tmp_path / "lacking")
    (folder / gone).unlink()
    with pytest.raises(EncoderError, match=said):
        load_encoder(folder)


@pytest.mark.parametrize("damaged", ["config.json", "model.safetensors", "tokenizer.json", "modules.json"])
@pytest.mark.parametrize("runtime", ["torch", "auto"])
def test_a_damaged_file_is_a_sentence(tmp_path, damaged, runtime):
    folder = write_tiny_folder(tmp_path / "damaged")
    path = folder / damaged
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(EncoderError, match="damaged"):
        load_encoder(folder, device="cpu", runtime=runtime)


def test_an_unknown_step_is_refused_with_its_name(tmp_path):
    folder = write_tiny_folder(tmp_path / "strange")
    modules = json.loads((folder / "modules.json").read_text())
    (folder / "modules.json").write_text(json.dumps([*modules, {"type": "x.WordWeights", "path": "2"}]))
    with pytest.raises(EncoderError, match="WordWeights"):
        load_encoder(folder, device="cpu")


def test_an_unknown_runtime_is_a_sentence(tmp_path):
    with pytest.raises(SettingError, match="onnx-int8"):
        load_encoder(tmp_path, runtime="tpu")


def test_a_tokenizer_without_a_fast_form_works_with_torch_only(tmp_path):
    folder = write_tiny_folder(tmp_path / "bertweet")
    (folder / "tokenizer.json").unlink()
    (folder / "vocab.txt").write_text("the 9\nriver 8\nflo@@ 7\nod 6\n")
    (folder / "bpe.codes").write_text("f l 9\nfl o 8\no d</w> 7\nt h 6\nth e</w> 5\n")
    settings = json.loads((folder / "tokenizer_config.json").read_text())
    settings = {key: settings[key] for key in settings if key.endswith("_token")}
    settings |= {"tokenizer_class": "BertweetTokenizer", "mask_token": "<mask>"}
    (folder / "tokenizer_config.json").write_text(json.dumps(settings))
    encoder = load_encoder(folder, device="cpu")
    assert "no fast form" in encoder.note
    assert encoder.tokens.ids(["flood flood", "the"])[1][0] == 0
    vectors = encoder.encode(["the flood", "the", ""])
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, rtol=1e-5)


def test_loading_prints_nothing(tmp_path, capfd):
    tiny_encoder(tmp_path / "quiet").encode(["a"])
    said = capfd.readouterr()
    assert said.out == ""
    assert said.err == ""


def test_saving_replaces_an_encoder_and_nothing_else(tmp_path):
    encoder = tiny_encoder(tmp_path / "first")
    other = tmp_path / "thesis"
    other.mkdir()
    (other / "chapter.txt").write_text("years of work")
    with pytest.raises(EncoderError, match="something else"):
        encoder.save(other)
    assert (other / "chapter.txt").read_text() == "years of work"
    assert encoder.save(encoder.save(tmp_path / "second")) == tmp_path / "second"


def test_pooling_is_in_float32_where_the_model_computes_in_less(tiny):
    with torch.autocast("cpu", torch.bfloat16):
        pooled = tiny.forward(tiny.tokenise(TEXTS))
    assert pooled.dtype == torch.float32
    exact = torch.from_numpy(tiny.encode(TEXTS))
    assert torch.nn.functional.cosine_similarity(pooled.detach(), exact).min() > 0.999


@pytest.mark.gpu
def test_a_gpu_gives_nearly_the_same_vectors_under_its_own_fingerprint(tmp_path):
    on_cpu = tiny_encoder(tmp_path / "tiny")
    on_gpu = load_encoder(tmp_path / "tiny", device="cuda")
    assert on_gpu.fingerprint != on_cpu.fingerprint
    assert (on_gpu.encode(TEXTS) * on_cpu.encode(TEXTS)).sum(axis=1).min() > 0.999
