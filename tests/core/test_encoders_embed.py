"""Each different text once, known vectors reused, shards kept as they come."""

from __future__ import annotations

import importlib

import numpy as np
import pytest

from ctse_core.encoders import embed, text_digest
from ctse_core.encoders.embed import FIRST_SHARD, LEAST_SHARD, MOST_SHARD, spoken_time
from ctse_core.errors import Cancelled, EncoderError
from tests.fakes import WordEncoder

embed_module = importlib.import_module("ctse_core.encoders.embed")  # the name is the function's too


class Memory:
    """Known vectors in a dictionary."""

    def __init__(self):
        self.kept = {}
        self.shards = []

    def lookup(self, digests):
        found = np.array([digest in self.kept for digest in digests], dtype=bool)
        stored = [self.kept[digest] for digest in digests if digest in self.kept]
        return found, np.array(stored, dtype=np.float32).reshape(len(stored), len(stored[0]) if stored else 256)

    def remember(self, digests, vectors):
        self.shards.append(len(digests))
        self.kept.update(zip(digests, vectors, strict=True))


def test_row_i_is_the_vector_of_text_i(word_encoder):
    texts = ["flood in town", "fire", "no water", "earthquake here", "food"]
    np.testing.assert_array_equal(embed(texts, word_encoder), word_encoder.encode(texts))


def test_order_is_kept_when_texts_are_shuffled(word_encoder):
    texts = [f"post {'very ' * (i % 7)}{i}" for i in range(50)]
    order = np.random.default_rng(1).permutation(50)
    shuffled = embed([texts[i] for i in order], word_encoder)
    np.testing.assert_array_equal(shuffled, embed(texts, word_encoder)[order])


def test_equal_texts_are_embedded_once(word_encoder):
    vectors = embed(["flood", "fire", "flood", "flood"], word_encoder)
    assert sorted(word_encoder.encoded) == ["fire", "flood"]
    np.testing.assert_array_equal(vectors[0], vectors[3])


def test_texts_without_content_get_zeros_and_are_not_embedded(word_encoder):
    vectors = embed(["", "flood", "  \n"], word_encoder)
    assert not vectors[[0, 2]].any()
    assert word_encoder.encoded == ["flood"]


def test_no_text_gives_an_empty_table(word_encoder):
    assert embed([], word_encoder).shape == (0, word_encoder.dim)


def test_known_vectors_are_reused(word_encoder):
    memory = Memory()
    first = embed(["flood", "fire"], word_encoder, memory)
    word_encoder.encoded.clear()
    again = embed(["fire", "water", "flood"], word_encoder, memory)
    assert word_encoder.encoded == ["water"]
    np.testing.assert_array_equal(again[[2, 0]], first)


def test_longest_texts_go_first(word_encoder):
    embed(["aa", "a", "aaaa", "aaa"], word_encoder)
    assert word_encoder.encoded == ["aaaa", "aaa", "aa", "a"]


def test_a_run_that_was_cut_off_goes_on_where_it_was(word_encoder):
    texts = [f"post number {i}" for i in range(2 * FIRST_SHARD + 10)]
    memory = Memory()

    def cancel_after_first(share, sentence):
        raise Cancelled("The person pressed Cancel.")

    with pytest.raises(Cancelled):
        embed(texts, word_encoder, memory, cancel_after_first)
    assert memory.shards == [FIRST_SHARD]
    word_encoder.encoded.clear()
    vectors = embed(texts, word_encoder, memory)
    assert len(word_encoder.encoded) == FIRST_SHARD + 10
    np.testing.assert_array_equal(vectors, WordEncoder().encode(texts))


def test_progress_grows_to_one_and_tells_speed_and_time_left(word_encoder):
    told = []
    embed([f"post {i}" for i in range(2 * FIRST_SHARD)], word_encoder, progress=lambda *said: told.append(said))
    shares = [share for share, _ in told]
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    assert told[0][1].startswith(f"Embedding {FIRST_SHARD:,} of {2 * FIRST_SHARD:,} posts, ")
    assert "posts/s" in told[0][1]
    assert told[0][1].endswith(" left")
    assert "left" not in told[-1][1]


def test_slow_encoders_report_often_and_fast_ones_seldom(word_encoder, monkeypatch):
    now = [0.0]
    monkeypatch.setattr(embed_module.time, "monotonic", lambda: now[0])
    memory, texts, quick = Memory(), [f"post {i}" for i in range(9000)], word_encoder.encode

    def timed(per_text):
        def encode(shard):
            now[0] += per_text * len(shard)
            return quick(shard)

        return encode

    word_encoder.encode = timed(0.1)
    embed(texts[:500], word_encoder, memory)
    assert memory.shards == [FIRST_SHARD, LEAST_SHARD, LEAST_SHARD, LEAST_SHARD, 500 - FIRST_SHARD - 3 * LEAST_SHARD]
    memory.shards.clear()
    word_encoder.encode = timed(1e-5)
    embed(texts, word_encoder, memory)
    assert memory.shards == [FIRST_SHARD, MOST_SHARD, MOST_SHARD, 8500 - FIRST_SHARD - 2 * MOST_SHARD]


def test_an_encoder_that_breaks_its_promise_is_stopped(word_encoder):
    word_encoder.encode = lambda texts: np.full((len(texts), word_encoder.dim), np.nan, dtype=np.float32)
    with pytest.raises(EncoderError, match="NaN"):
        embed(["flood"], word_encoder)


def test_vectors_of_another_width_in_memory_are_not_used(word_encoder):
    memory = Memory()
    memory.remember([text_digest("flood")], np.ones((1, 7), dtype=np.float32))
    with pytest.raises(EncoderError, match="wide"):
        embed(["flood"], word_encoder, memory)


def test_digests_are_16_bytes_and_take_lone_surrogates():
    assert len(text_digest("flood")) == 16
    assert text_digest("\ud83d") != text_digest("\ud83e")


@pytest.mark.parametrize(("seconds", "said"), [(0.4, "0 s"), (40, "40 s"), (100, "1 min 40 s"), (7500, "2 h 5 min")])
def test_time_is_said_as_people_say_it(seconds, said):
    assert spoken_time(seconds) == said
