"""The bag of token vectors: encoding, gradients, folders that sentence-transformers opens, and its beginning."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from ctse_core.encoders import StaticEncoder, StaticStart, load_encoder, static_of, static_start
from ctse_core.encoders.layout import EncoderUse
from ctse_core.errors import EncoderError
from tests.fakes import tiny_encoder

TEXTS = ["The river burst its banks", "a", "El río se desbordó", "洪水で道路が通れません", "x " * 300, "🌊🏠"]


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    return tiny_encoder(tmp_path_factory.mktemp("tiny") / "tiny")


@pytest.fixture
def static(tiny):
    return static_of(tiny)


def test_a_text_is_the_mean_of_its_tokens_vectors(static):
    ids = static.ids(["flood"])[0]
    assert len(ids) == 5  # a token a byte, no marks around
    mean = static.table.detach().numpy()[ids].mean(axis=0)
    np.testing.assert_allclose(static.forward([ids]).detach().numpy()[0], mean, atol=1e-6)
    np.testing.assert_allclose(static.encode(["flood"])[0], mean / np.linalg.norm(mean), atol=1e-5)


def test_encode_gives_float32_unit_rows_in_the_order_of_the_texts(static):
    vectors = static.encode(TEXTS)
    assert vectors.shape == (len(TEXTS), 32)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1.0, rtol=1e-5)
    for row, text in enumerate(TEXTS):
        np.testing.assert_allclose(static.encode([text])[0], vectors[row], atol=1e-6)


def test_texts_without_tokens_get_zeros_wherever_they_stand(static):
    vectors = static.encode(["", "flood", "", "", "fire", ""])
    assert np.linalg.norm(vectors, axis=1).round(4).tolist() == [0, 1, 0, 0, 1, 0]
    assert static.encode([]).shape == (0, 32)
    assert static.forward([]).shape == (0, 32)


def test_lone_surrogates_and_a_megabyte_are_taken(static):
    assert np.isfinite(static.encode(["\ud83d broken", "long " * 200_000])).all()


def test_texts_are_cut_at_the_most_tokens(static):
    static.tokens.use = static.use = EncoderUse(max_tokens=8)
    assert [len(ids) for ids in static.ids(["abc", "abcdefghijklmnop"])] == [3, 8]


@pytest.mark.parametrize("given", ["lists", "arrays"])
def test_gradients_reach_the_rows_that_were_read_and_no_others(static, given):
    ids = static.ids(["aab", "c"])
    ids = ids if given == "lists" else [np.array(row, dtype=np.int32) for row in ids]
    static.forward(ids, sparse=True).sum().backward()
    assert static.table.grad.is_sparse
    read = static.table.grad.to_dense().sum(dim=1)
    assert read[ids[0][0]] == pytest.approx(32 * 2 / 3)
    assert set(torch.nonzero(read).flatten().tolist()) == {int(each) for row in ids for each in row}
    static.table.grad = None
    static.forward(ids, sparse=False).sum().backward()
    torch.testing.assert_close(static.table.grad.sum(dim=1), read)


def test_a_training_step_changes_vectors_and_fingerprint(static, tmp_path):
    loaded = load_encoder(static.save(tmp_path / "first"))
    before, vectors = loaded.fingerprint, loaded.encode(["flood"])
    optimiser = torch.optim.SparseAdam([loaded.table], lr=0.1)
    loaded.forward(loaded.ids(["flood"]))[:, 0].sum().backward()
    optimiser.step()
    assert loaded.fingerprint != before
    assert np.abs(loaded.encode(["flood"]) - vectors).max() > 1e-3


def test_save_and_load_give_the_same_vectors_and_fingerprint(static, tmp_path):
    static.save(tmp_path / "one")
    again = load_encoder(tmp_path / "one")
    assert isinstance(again, StaticEncoder)
    assert again.use == static.use
    assert again.name == "one"
    np.testing.assert_allclose(again.encode(TEXTS), static.encode(TEXTS), atol=1e-6)
    elsewhere = load_encoder(again.save(tmp_path / "two"))
    assert elsewhere.fingerprint == again.fingerprint
    assert elsewhere.space == again.space


def test_a_loaded_encoder_encodes_without_torch_and_the_same_with_it(static, tmp_path):
    folder = static.save(tmp_path / "saved")
    code = (
        "import sys\n"
        "from ctse_core.encoders import load_encoder\n"
        f"encoder = load_encoder({str(folder)!r}, device='cpu')\n"
        "before, fingerprint = encoder.encode(['flood', '', 'fire']), encoder.fingerprint\n"
        "assert 'torch' not in sys.modules\n"
        "assert encoder.table.requires_grad\n"
        "assert abs(encoder.encode(['flood', '', 'fire']) - before).max() < 1e-6\n"
        "assert encoder.fingerprint == fingerprint\n"
        "encoder.table.data[:, 0] += 1.0\n"
        "assert abs(encoder.encode(['flood']) - before[0]).max() > 1e-3\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).parents[2])


def test_sentence_transformers_opens_a_saved_folder_with_the_same_vectors(static, tmp_path):
    library = pytest.importorskip("sentence_transformers")
    static.tokens.use = static.use = EncoderUse(max_tokens=20, prefix="say: ")
    folder = static.save(tmp_path / "static")
    theirs = library.SentenceTransformer(str(folder), device="cpu").encode(TEXTS)
    assert (load_encoder(folder).encode(TEXTS) * theirs).sum(axis=1).min() > 0.99999


def test_a_folder_written_by_sentence_transformers_is_opened_with_the_same_vectors(static, tmp_path):
    library = pytest.importorskip("sentence_transformers")
    modules = pytest.importorskip("sentence_transformers.sentence_transformer.modules")
    bag = modules.StaticEmbedding(static.tokens.uncut(), embedding_weights=static.table.detach().numpy().copy())
    theirs = library.SentenceTransformer(modules=[bag], device="cpu")
    theirs.save(str(tmp_path / "theirs"))
    ours = load_encoder(tmp_path / "theirs")
    cosines = (ours.encode(TEXTS) * theirs.encode(TEXTS, normalize_embeddings=True)).sum(axis=1)
    assert cosines.min() > 0.99999


def test_model2vecs_mapping_and_weights_are_folded_in(static, tmp_path):
    from safetensors.torch import save_file

    folder = static.save(tmp_path / "folded")
    rows = static.table.detach()
    mapping = torch.arange(len(rows)).flip(0)
    weights = torch.rand(len(rows)) + 0.5
    save_file({"embeddings": rows.half(), "mapping": mapping, "weights": weights}, folder / "model.safetensors")
    table = load_encoder(folder).table.detach()
    torch.testing.assert_close(table, rows.half().float().flip(0) * weights[:, None])


@pytest.mark.parametrize("gone", ["model.safetensors", "tokenizer.json"])
def test_a_folder_that_lacks_a_file_says_which(static, tmp_path, gone):
    folder = static.save(tmp_path / "lacking")
    (folder / gone).unlink()
    with pytest.raises(EncoderError, match=gone):
        load_encoder(folder)


@pytest.mark.parametrize("damaged", ["model.safetensors", "tokenizer.json", "modules.json"])
def test_a_damaged_file_is_a_sentence(static, tmp_path, damaged):
    folder = static.save(tmp_path / "damaged")
    path = folder / damaged
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(EncoderError, match="damaged"):
        load_encoder(folder)


def test_a_step_after_the_token_vectors_is_refused_with_its_name(static, tmp_path):
    folder = static.save(tmp_path / "strange")
    modules = json.loads((folder / "modules.json").read_text())
    (folder / "modules.json").write_text(json.dumps([modules[0], {"type": "x.Dense", "path": "2_Dense"}]))
    with pytest.raises(EncoderError, match="StaticEmbedding → Dense"):
        load_encoder(folder)


def test_a_table_that_is_too_short_is_a_sentence(static, tmp_path):
    from safetensors.torch import save_file

    folder = static.save(tmp_path / "short")
    save_file({"embedding.weight": static.table.detach()[:100].clone()}, folder / "model.safetensors")
    with pytest.raises(EncoderError, match="every token needs a row"):
        load_encoder(folder)


def test_saving_replaces_an_encoder_and_nothing_else(static, tmp_path):
    other = tmp_path / "thesis"
    other.mkdir()
    (other / "chapter.txt").write_text("years of work")
    with pytest.raises(EncoderError, match="something else"):
        static.save(other)
    assert (other / "chapter.txt").read_text() == "years of work"
    assert static.save(static.save(tmp_path / "second")) == tmp_path / "second"


def test_a_beginning_is_the_encoders_own_vector_of_each_token_alone(tiny, tmp_path):
    asking = tiny_encoder(tmp_path / "asking", prefix="query:")
    for encoder in (tiny, asking):
        static = static_of(encoder, StaticStart(centred=False))
        row = static.table.detach().numpy()[static.ids(["f"])[0][0]]
        np.testing.assert_allclose(row, encoder.encode(["f"])[0], atol=1e-5)
        assert static.use.prefix == ""


def test_special_tokens_begin_as_zeros_and_the_mean_of_the_others_is_taken_off(tiny):
    rows = static_of(tiny).table.detach().numpy()
    assert not rows[:4].any()
    np.testing.assert_allclose(rows.sum(axis=0), 0, atol=1e-4)


def test_frequent_tokens_weigh_less(tiny):
    counts = np.zeros(tiny.tokens.backend.get_vocab_size(), dtype=np.int64)
    frequent, rare = tiny.tokens.ids(["e"])[0][1], tiny.tokens.ids(["q"])[0][1]
    counts[frequent], counts[rare] = 999, 1
    plain = static_of(tiny, StaticStart(centred=False)).table.detach().numpy()
    weighted = static_of(tiny, StaticStart(centred=False, counts=counts, smoothing=0.001)).table.detach().numpy()
    np.testing.assert_allclose(weighted[rare], plain[rare] / 2, rtol=1e-5)
    np.testing.assert_allclose(weighted[frequent], plain[frequent] / 1000, rtol=1e-5)


def test_a_pruned_beginning_cuts_texts_of_kept_tokens_into_the_same_rows(tiny):
    keep = {number for text in ("flood", "river") for number in tiny.tokens.ids([text])[0]}
    whole, few = static_of(tiny, StaticStart(centred=False)), static_of(tiny, StaticStart(keep, centred=False))
    np.testing.assert_allclose(few.encode(["flood", "river"]), whole.encode(["flood", "river"]))


def test_the_beginning_is_reported_as_it_grows(tiny):
    told = []
    static_of(tiny, progress=lambda *said: told.append(said))
    assert told[-1][0] == 1.0
    assert "Token vectors" in told[-1][1]


def test_many_token_vectors_are_made_once(tiny, tmp_path, monkeypatch):
    monkeypatch.setenv("CTSE_HOME", str(tmp_path))
    monkeypatch.setattr(static_start, "KEPT_FROM", 10)
    first = static_of(tiny).table.detach().numpy()
    told = []
    again = static_of(tiny, progress=lambda *said: told.append(said)).table.detach().numpy()
    np.testing.assert_array_equal(again, first)
    assert "made before" in told[-1][1]
    kept = next((tmp_path / "cache" / "token_vectors").iterdir())
    kept.write_bytes(kept.read_bytes()[:1000])
    np.testing.assert_array_equal(static_of(tiny).table.detach().numpy(), first)
    other = static_of(tiny_encoder(tmp_path / "other", seed=1)).table.detach().numpy()
    assert np.abs(other - first).max() > 0.01


def test_token_vectors_made_in_another_precision_are_not_taken_for_these(tiny, tmp_path, monkeypatch):
    import torch

    monkeypatch.setenv("CTSE_HOME", str(tmp_path))
    monkeypatch.setattr(static_start, "KEPT_FROM", 10)
    alone = static_of(tiny).table.detach().numpy()
    with torch.autocast("cpu", torch.bfloat16):
        coarse = static_of(tiny).table.detach().numpy()
    assert 0 < np.abs(coarse - alone).max() < 0.05
    assert len(list((tmp_path / "cache" / "token_vectors").iterdir())) == 2
    np.testing.assert_array_equal(static_of(tiny).table.detach().numpy(), alone)
