import numpy as np
import pytest

from ctse_core.errors import TrainError
from tests.fakes import WordEncoder, tiny_encoder
from train import teacher as room
from train.teacher import raw_vectors, teacher_vectors
from train.text_store import TextStore

TEXTS = [f"flood at house {number} " * (1 + number % 3) for number in range(25)]


@pytest.fixture
def texts(tmp_path, monkeypatch):
    monkeypatch.setattr(room, "SHARD", 10)
    return TextStore.of_texts(TEXTS, tmp_path / "texts")


def test_vectors_are_those_of_the_teacher_in_the_order_of_the_texts(texts, tmp_path):
    encoder = WordEncoder()
    vectors = teacher_vectors(encoder, texts, tmp_path / "vectors")
    assert vectors.dtype == np.float16
    assert np.abs(vectors - WordEncoder().encode(TEXTS)).max() < 1e-3
    assert len(encoder.encoded) == 25
    teacher_vectors(encoder, texts, tmp_path / "vectors")
    assert len(encoder.encoded) == 25


def test_a_killed_run_goes_on_with_the_shard_that_was_cut_off(texts, tmp_path):
    class Dying(WordEncoder):
        def encode(self, some):
            if len(self.encoded) >= 20:
                raise KeyboardInterrupt
            return super().encode(some)

    with pytest.raises(KeyboardInterrupt):
        teacher_vectors(Dying(), texts, tmp_path / "vectors")
    (part,) = (tmp_path / "vectors").glob("*.part")
    part.write_bytes(part.read_bytes() + b"half a row")
    encoder = WordEncoder()
    vectors = teacher_vectors(encoder, texts, tmp_path / "vectors")
    assert len(encoder.encoded) == 5
    assert np.abs(vectors - WordEncoder().encode(TEXTS)).max() < 1e-3


@pytest.mark.parametrize("change", [lambda held: held[:-2], lambda held: held + held[:512]])
def test_a_file_of_another_size_is_made_again(texts, tmp_path, change):
    first = np.array(teacher_vectors(WordEncoder(), texts, tmp_path / "vectors"))
    (whole,) = (tmp_path / "vectors").glob("*.f16")
    whole.write_bytes(change(whole.read_bytes()))
    encoder = WordEncoder()
    assert np.array_equal(teacher_vectors(encoder, texts, tmp_path / "vectors"), first)
    assert len(encoder.encoded) == 25


def test_another_teacher_or_other_texts_have_vectors_of_their_own(texts, tmp_path):
    teacher_vectors(WordEncoder(), texts, tmp_path / "vectors")
    other = WordEncoder(dim=64)
    assert teacher_vectors(other, texts, tmp_path / "vectors").shape == (25, 64)
    changed = TextStore.of_texts(TEXTS[::-1], tmp_path / "changed")
    teacher_vectors(other, changed, tmp_path / "vectors")
    assert len(other.encoded) == 50


def test_raw_vectors_point_where_unit_vectors_do_and_keep_their_length(texts, tmp_path):
    encoder = tiny_encoder(tmp_path / "tiny")
    raw = teacher_vectors(encoder, texts, tmp_path / "vectors", raw=True).astype(np.float32)
    unit = teacher_vectors(encoder, texts, tmp_path / "vectors").astype(np.float32)
    lengths = np.linalg.norm(raw, axis=1, keepdims=True)
    assert np.abs(raw / lengths - unit).max() < 2e-3
    assert np.abs(lengths - 1).min() > 0.01
    one = encoder.forward(encoder.tokenise(TEXTS[7:8])).detach().numpy()
    assert np.abs(raw_vectors(encoder, TEXTS)[7] - one).max() < 1e-5


def test_a_teacher_without_a_network_gives_no_raw_vectors(texts, tmp_path):
    with pytest.raises(TrainError, match="vectors of length one only"):
        teacher_vectors(WordEncoder(), texts, tmp_path / "vectors", raw=True)


@pytest.mark.parametrize("wrong", [np.nan, np.inf, 1e5])
def test_numbers_that_cannot_be_learned_are_refused_with_the_text(texts, tmp_path, wrong):
    class Broken(WordEncoder):
        def encode(self, some):
            vectors = super().encode(some)
            vectors[[text == TEXTS[13] for text in some], 0] = wrong
            return vectors

    with pytest.raises(TrainError, match=r"sentence 13 .*flood at house 13"):
        teacher_vectors(Broken(), texts, tmp_path / "vectors")
