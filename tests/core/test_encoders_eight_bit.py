"""Encoders in eight bits: small on disk, nearly equal vectors, and plain again for other programs."""

from __future__ import annotations

import json

import numpy as np
import pytest
from safetensors import safe_open
from safetensors.numpy import load_file, save_file

from ctse_core.__main__ import main
from ctse_core.encoders import (
    About,
    OnnxEncoder,
    SentenceEncoder,
    StaticEncoder,
    export_encoder,
    load_encoder,
    save_eight_bit,
    save_plain,
    static_of,
    write_about,
)
from ctse_core.encoders.eight_bit import (
    eight_bit_rows,
    four_bit_rows,
    is_eight_bit,
    read_weights,
    weight_shapes,
    write_eight_bit,
)
from ctse_core.encoders.layout import read_layout
from ctse_core.encoders.own import own_spec, read_about
from ctse_core.errors import EncoderError
from tests.fakes import tiny_encoder

TEXTS = ["The river burst its banks", "El río se desbordó", "洪水で道路が通れません", "فيضان", "x " * 300, "🌊🏠"]
POSITIONS = "embeddings.position_embeddings.weight"


@pytest.fixture(scope="module", autouse=True)
def home(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("CTSE_HOME", str(tmp_path_factory.mktemp("home")))
        yield


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    return tiny_encoder(tmp_path_factory.mktemp("tiny") / "tiny")


@pytest.fixture(params=["transformer", "static"])
def encoder(request, tiny):
    return tiny if request.param == "transformer" else static_of(tiny)


def cosines(one, other):
    return (one.encode(TEXTS) * other.encode(TEXTS)).sum(axis=1)


def test_a_rows_highest_value_is_kept_and_no_value_is_off_by_more_than_half_a_step():
    matrix = np.random.default_rng(0).normal(size=(50, 40)).astype(np.float32) * np.logspace(-6, 3, 50)[:, None]
    matrix = matrix.astype(np.float32)
    whole, scales = eight_bit_rows(matrix)
    steps = scales.astype(np.float32)[:, None]
    assert (np.abs(whole * steps - matrix) <= steps * 0.5001).all()
    assert np.abs(whole).max(axis=1)[20:].min() >= 126  # small scales are coarser in float16


def test_rows_of_zeros_stay_zeros():
    whole, scales = eight_bit_rows(np.zeros((2, 3), dtype=np.float32))
    assert not whole.any()
    assert not scales.any()


@pytest.mark.parametrize("wrong", [np.nan, np.inf, 1e30])
def test_numbers_that_no_weight_is_are_refused(wrong):
    with pytest.raises(EncoderError, match="NaN, infinity or immense"):
        eight_bit_rows(np.array([[1.0, wrong]], dtype=np.float32))
    with pytest.raises(EncoderError, match="NaN, infinity or immense"):
        four_bit_rows(np.array([[1.0] * 31 + [wrong]], dtype=np.float32))


def test_an_encoder_in_eight_bits_has_nearly_the_same_vectors(encoder, tmp_path):
    folder = save_eight_bit(encoder, tmp_path / "small")
    assert is_eight_bit(folder)
    again = load_encoder(folder, device="cpu", runtime="torch")
    assert type(again) is type(encoder)
    assert again.use == encoder.use
    assert cosines(encoder, again).min() > 0.9995
    assert load_encoder(folder, device="cpu", runtime="torch").fingerprint == again.fingerprint != encoder.fingerprint


def test_every_matrix_is_whole_numbers_and_nothing_is_told_twice(encoder, tmp_path):
    folder = save_eight_bit(encoder, tmp_path / "small")
    with safe_open(folder / "model.safetensors", framework="numpy") as stream:
        kinds = {name: stream.get_slice(name).get_dtype() for name in stream.keys()}  # noqa: SIM118
        wide = {name for name in kinds if len(stream.get_slice(name).get_shape()) == 2}
    assert wide
    assert {kinds[name] for name in wide} == {"I8"}
    assert {name.removeprefix("int8.") for name in wide} == {
        name.removeprefix("scales.") for name in kinds if name.startswith("scales.")
    }


def test_four_bits_lose_less_than_even_steps_to_the_furthest_value(tmp_path):
    matrix = np.random.default_rng(0).normal(size=(9, 96)).astype(np.float32)
    matrix[3] = 0
    halves, scales = four_bit_rows(matrix)
    assert halves.shape == (9, 48) and scales.shape == (9, 3)
    write_eight_bit({"rows": matrix, "odd": matrix[:, :40]}, tmp_path / "model.safetensors", in_four=("rows", "odd"))
    again = read_weights(tmp_path / "model.safetensors")
    steps = np.abs(matrix.reshape(-1, 32)).max(axis=1, keepdims=True) / 7
    even = np.rint(matrix.reshape(-1, 32) / np.maximum(steps, 1e-9)) * steps
    assert np.square(again["rows"] - matrix).sum() < 0.85 * np.square(even - matrix.reshape(-1, 32)).sum()
    assert not again["rows"][3].any()
    assert np.abs(again["odd"] - matrix[:, :40]).max() < 0.02, "rows that 32 does not divide stay in eight bits"
    assert weight_shapes(tmp_path / "model.safetensors") == {"rows": (9, 96), "odd": (9, 40)}


def test_token_vectors_in_four_bits_take_less_and_say_nearly_the_same(encoder, tmp_path):
    eight = save_eight_bit(encoder, tmp_path / "eight") / "model.safetensors"
    four = save_eight_bit(encoder, tmp_path / "four", tokens=4) / "model.safetensors"
    assert four.stat().st_size < eight.stat().st_size
    again = load_encoder(four.parent, device="cpu", runtime="torch")
    assert again.dim == encoder.dim and is_eight_bit(four.parent)
    assert cosines(encoder, again).min() > 0.95


def test_equal_weights_give_equal_files(encoder, tmp_path):
    files = [save_eight_bit(encoder, tmp_path / str(time), tokens=4) / "model.safetensors" for time in range(8)]
    assert len({each.read_bytes() for each in files}) == 1


def test_the_fast_runtime_reads_eight_bits(tiny, tmp_path):
    folder = save_eight_bit(tiny, tmp_path / "small")
    fast = load_encoder(folder, device="cpu", runtime="onnx-int8")
    assert isinstance(fast, OnnxEncoder)
    assert cosines(fast, load_encoder(folder, device="cpu", runtime="torch")).min() > 0.99
    assert fast.space == load_encoder(folder, device="cpu", runtime="torch").space


def test_positions_that_no_text_reaches_are_left_out(tmp_path):
    tiny = tiny_encoder(tmp_path / "tiny", max_tokens=16)
    folder = save_eight_bit(tiny, tmp_path / "small")
    assert read_weights(folder / "model.safetensors")[POSITIONS].shape == (16, 32)
    assert json.loads((folder / "config.json").read_text())["max_position_embeddings"] == 16
    assert cosines(tiny, load_encoder(folder, device="cpu", runtime="torch")).min() > 0.9995


def test_a_folder_is_taken_as_well_and_what_it_tells_of_itself_stays(encoder, tmp_path):
    plain = encoder.save(tmp_path / "plain")
    write_about(plain, About(title="Mine", note="For floods.", licence="MIT", languages=("en", "ht")))
    (plain / "LICENSE").write_text("MIT", encoding="utf-8")
    small = save_eight_bit(plain, tmp_path / "small")
    assert (small / "LICENSE").read_text(encoding="utf-8") == "MIT", "the notice goes with the weights"
    assert read_about(small) == read_about(plain)
    spec = own_spec(small)
    assert (spec.title, spec.dim) == ("Mine", 32)
    assert read_about(save_plain(small, tmp_path / "again")) == read_about(plain)


def test_the_plain_form_has_the_vectors_of_the_eight_bits_and_their_names(encoder, tmp_path):
    small = save_eight_bit(encoder, tmp_path / "small")
    plain = save_plain(small, tmp_path / "plain")
    assert not is_eight_bit(plain)
    loaded = [load_encoder(folder, device="cpu", runtime="torch") for folder in (small, plain)]
    assert cosines(*loaded).min() > 0.999999
    assert set(load_file(plain / "model.safetensors")) == set(read_weights(small / "model.safetensors"))


def test_sentence_transformers_opens_the_plain_form_and_gives_equal_vectors(encoder, tmp_path):
    library = pytest.importorskip("sentence_transformers")
    small = save_eight_bit(encoder, tmp_path / "small")
    theirs = library.SentenceTransformer(str(save_plain(small, tmp_path / "plain")), device="cpu")
    vectors = theirs.encode(TEXTS, normalize_embeddings=True)
    ours = load_encoder(small, device="cpu", runtime="torch").encode(TEXTS)
    assert (vectors * ours).sum(axis=1).min() > 0.9999


def test_sentence_transformers_refuses_eight_bits_rather_than_guess_weights(encoder, tmp_path):
    library = pytest.importorskip("sentence_transformers")
    folder = save_eight_bit(encoder, tmp_path / "small")
    with pytest.raises(ValueError, match="eight_bit"):
        library.SentenceTransformer(str(folder), device="cpu")


@pytest.mark.parametrize("kept", [0, 4, 200, 0.5, 0.99])
def test_a_file_that_is_cut_off_is_a_sentence(encoder, tmp_path, kept):
    path = save_eight_bit(encoder, tmp_path / "small") / "model.safetensors"
    whole = path.read_bytes()
    path.write_bytes(whole[: int(kept * len(whole)) if isinstance(kept, float) else kept])
    for runtime in ("torch", "auto"):
        with pytest.raises(EncoderError, match="damaged or cannot be loaded"):
            load_encoder(path.parent, device="cpu", runtime=runtime)


def test_scales_that_are_missing_or_do_not_fit_are_a_sentence(encoder, tmp_path):
    path = save_eight_bit(encoder, tmp_path / "small") / "model.safetensors"
    with safe_open(path, framework="numpy") as stream:
        told = stream.metadata()
    arrays = load_file(path)
    name = next(name for name in arrays if name.startswith("scales."))
    bad = {"short": arrays[name][:-1], "endless": np.full_like(arrays[name], np.inf), "none": None}
    for wrong in bad.values():
        rest = {key: value for key, value in arrays.items() if key != name}
        save_file(rest if wrong is None else {**rest, name: wrong}, path, metadata=told)
        with pytest.raises(EncoderError, match="damaged or cannot be loaded"):
            load_encoder(path.parent, device="cpu", runtime="torch")


def test_weights_that_lack_a_matrix_are_a_sentence_not_random_numbers(tiny, tmp_path):
    folder = save_eight_bit(tiny, tmp_path / "small")
    weights = read_weights(folder / "model.safetensors")
    del weights["encoder.layer.1.output.dense.weight"]
    write_eight_bit(weights, folder / "model.safetensors")
    with pytest.raises(EncoderError, match=r"encoder\.layer\.1\.output\.dense\.weight"):
        SentenceEncoder.load(folder, device="cpu")


def test_what_is_no_encoder_is_not_written_over(encoder, tmp_path):
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "dear.txt").write_text("diary")
    for save in (save_eight_bit, save_plain):
        with pytest.raises(EncoderError, match="something else than an encoder"):
            save(encoder, tmp_path / "letters")
    assert (tmp_path / "letters" / "dear.txt").read_text() == "diary"


def test_a_save_that_fails_leaves_the_encoder_that_lay_there(encoder, tmp_path, monkeypatch):
    folder = save_eight_bit(encoder, tmp_path / "small")
    before = sorted(path.name for path in tmp_path.iterdir())
    monkeypatch.setattr("safetensors.numpy.save_file", lambda *_, **__: (_ for _ in ()).throw(OSError(28, "No space")))
    with pytest.raises(EncoderError, match="No space"):
        save_eight_bit(encoder, folder)
    assert sorted(path.name for path in tmp_path.iterdir()) == before
    assert is_eight_bit(folder)


def test_the_layout_of_eight_bits_is_read_as_any_other(tiny, tmp_path):
    assert read_layout(save_eight_bit(tiny, tmp_path / "small")).use == tiny.use
    static = save_eight_bit(static_of(tiny), tmp_path / "static")
    assert read_layout(static).kind == "static"
    assert isinstance(load_encoder(static), StaticEncoder)


def test_the_command_line_exports_a_shipped_encoder_for_sentence_transformers(encoder, tmp_path, monkeypatch, capsys):
    library = pytest.importorskip("sentence_transformers")
    name = "ctse-static" if isinstance(encoder, StaticEncoder) else "ctse-small"
    monkeypatch.setattr("ctse_core.encoders.sources.SHIPPED", tmp_path / "shipped")
    save_eight_bit(encoder, tmp_path / "shipped" / name)
    assert main(["export-encoder", name, str(tmp_path / "plain")]) == 0
    assert "SentenceTransformer(" in capsys.readouterr().out
    theirs = library.SentenceTransformer(str(tmp_path / "plain"), device="cpu").encode(TEXTS, normalize_embeddings=True)
    assert (theirs * load_encoder(name, device="cpu", runtime="torch").encode(TEXTS)).sum(axis=1).min() > 0.9999
    assert main(["export-encoder", str(tmp_path / "plain"), str(tmp_path / "small"), "--eight-bit"]) == 0
    assert is_eight_bit(tmp_path / "small")
    assert main(["export-encoder", name, str(tmp_path / "plain")]) == 1
    assert "not empty" in capsys.readouterr().err


def test_the_catalogues_prefix_goes_into_the_exported_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("CTSE_HOME", str(tmp_path / "home"))
    tiny_encoder(tmp_path / "home" / "cache" / "encoders" / "multilingual-e5-small")
    folder = export_encoder("multilingual-e5-small", tmp_path / "plain")
    assert read_layout(folder).use.prefix == "query: "


def test_sixteen_bits_of_other_makers_are_read(tmp_path):
    import torch
    from safetensors.torch import save_file as save_torch

    weights = {"a": torch.linspace(-1, 1, 12).reshape(3, 4)}
    for kind in (torch.bfloat16, torch.float16):
        save_torch({name: values.to(kind) for name, values in weights.items()}, tmp_path / "weights")
        np.testing.assert_allclose(read_weights(tmp_path / "weights")["a"], weights["a"].numpy(), atol=0.01)
