"""An endpoint on this machine stands in for a stranger's: what leaves, when, and how failures read."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest

from ctse_core.encoders import Consent, RemoteEncoder, RemoteSettings, consent_question, load_encoder
from ctse_core.encoders.masking import mask
from ctse_core.errors import EncoderError


class Endpoint:
    """Answers /v1/embeddings with [length of text, 1]; fails as told, and keeps what it was sent."""

    def __init__(self):
        self.requests = []
        self.keys = []
        self.failures = []  # (status, headers) of the next answers
        endpoint = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                endpoint.requests.append(body)
                endpoint.keys.append(self.headers.get("Authorization"))
                status, headers = endpoint.failures.pop(0) if endpoint.failures else (200, {})
                data = [{"index": i, "embedding": [len(text), 1.0]} for i, text in enumerate(body["input"])]
                answer = json.dumps({"data": data[::-1]} if status == 200 else {"error": "no"}).encode()
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()

    @property
    def host(self):
        return f"127.0.0.1:{self.server.server_port}"

    @property
    def sent(self):
        return [text for body in self.requests for text in body["input"]]

    def encoder(self, pauses=None, **settings):
        chosen = RemoteSettings(url=f"http://{self.host}/v1", model="m", **{"dim": 2, **settings})
        return RemoteEncoder(chosen, Consent(self.host), pauses.append if pauses is not None else lambda _: None)


@pytest.fixture
def endpoint():
    running = Endpoint()
    yield running
    running.server.shutdown()
    running.server.server_close()


def test_vectors_come_back_as_unit_rows_in_order_over_several_requests(endpoint):
    texts = ["a" * length for length in (5, 1, 9, 3, 7)]
    vectors = endpoint.encoder(batch=2).encode(texts)
    assert [len(body["input"]) for body in endpoint.requests] == [2, 2, 1]
    np.testing.assert_allclose(vectors[:, 0] / vectors[:, 1], [5, 1, 9, 3, 7], rtol=1e-5)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, rtol=1e-6)


def test_nothing_is_sent_without_consent(endpoint):
    settings = RemoteSettings(url=f"http://{endpoint.host}/v1", model="m")
    for consent in (None, Consent("api.example.org")):
        with pytest.raises(EncoderError, match=endpoint.host):
            RemoteEncoder(settings, consent)
    assert endpoint.requests == []


def test_it_can_be_loaded_by_its_address_with_consent(endpoint):
    encoder = load_encoder(f"http://{endpoint.host}/v1#m", consent=Consent(endpoint.host))
    assert encoder.encode(["flood"]).shape == (1, 2)
    assert {body["model"] for body in endpoint.requests} == {"m"}


def test_the_question_names_the_host():
    question = consent_question(RemoteSettings(url="https://api.example.org/v1", model="m"))
    assert "api.example.org" in question


def test_what_is_sent_is_masked(endpoint):
    endpoint.encoder().encode(["@ana_b call +49 (170) 123 45 67 or ana@mail.example, see https://x.example/a?b=1"])
    assert endpoint.sent == ["@USER call NUMBER or EMAIL, see HTTPURL"]


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("Magnitude 6.1 at 12:45, 27 injured", "Magnitude 6.1 at 12:45, 27 injured"),
        ("call 0800-55 12 34", "call NUMBER"),
        ("اتصل ٠١٢٣٤٥٦٧٨٩ الآن", "اتصل NUMBER الآن"),
        ("thanks @user_1 and @other.", "thanks @USER and @USER."),
        ("write to a.b+c@d-e.example!", "write to EMAIL!"),
        ("www.example.org/page is down", "HTTPURL is down"),
        ("पानी चाहिए @राहत", "पानी चाहिए @USER"),
    ],
)
def test_masking_takes_what_points_to_a_person_and_leaves_the_rest(text, masked):
    assert mask(text) == masked


def test_empty_texts_are_not_sent_and_get_zeros(endpoint):
    vectors = endpoint.encoder().encode(["", "flood", "  "])
    assert endpoint.sent == ["flood"]
    assert not vectors[[0, 2]].any()


def test_the_key_comes_from_the_environment_and_is_in_no_error(endpoint, monkeypatch):
    monkeypatch.setenv("CTSE_EMBEDDINGS_KEY", "sk-secret")
    endpoint.encoder().encode(["flood"])
    assert endpoint.keys == ["Bearer sk-secret"]
    endpoint.failures = [(401, {})]
    with pytest.raises(EncoderError, match="CTSE_EMBEDDINGS_KEY") as failure:
        endpoint.encoder().encode(["flood"])
    assert "sk-secret" not in str(failure.value)


def test_a_busy_endpoint_is_asked_again_with_growing_pauses(endpoint):
    endpoint.failures = [(503, {}), (429, {"Retry-After": "7"}), (500, {})]
    pauses = []
    assert endpoint.encoder(pauses).encode(["flood"]).shape == (1, 2)
    assert pauses == [1.0, 7.0, 4.0]


def test_an_endpoint_that_stays_away_is_a_sentence(endpoint):
    endpoint.server.shutdown()
    endpoint.server.server_close()
    pauses = []
    with pytest.raises(EncoderError, match="cannot be reached after 3 tries"):
        endpoint.encoder(pauses, tries=3).encode(["flood"])
    assert pauses == [1.0, 2.0]


def test_a_refusal_is_not_repeated(endpoint):
    endpoint.failures = [(404, {}), (404, {})]
    with pytest.raises(EncoderError, match="no such address or model"):
        endpoint.encoder().encode(["flood"])
    assert len(endpoint.requests) == 1


def test_no_redirect_is_followed(endpoint):
    other = Endpoint()
    endpoint.failures = [(302, {"Location": f"http://{other.host}/v1/embeddings"})]
    with pytest.raises(EncoderError, match="another address"):
        endpoint.encoder().encode(["flood"])
    assert other.requests == []
    other.server.shutdown()
    other.server.server_close()


def test_an_answer_of_another_width_is_a_sentence(endpoint):
    with pytest.raises(EncoderError, match="width"):
        endpoint.encoder(dim=5).encode(["flood"])


def test_the_width_is_asked_once_with_an_invented_text(endpoint):
    encoder = endpoint.encoder(dim=0)
    assert (encoder.dim, encoder.dim) == (2, 2)
    assert endpoint.sent == ["The river is rising."]


def test_fingerprints_differ_by_model(endpoint):
    settings = {"url": f"http://{endpoint.host}/v1", "dim": 2}
    told = {
        RemoteEncoder(RemoteSettings(model=model, **settings), Consent(endpoint.host)).fingerprint
        for model in ("one", "two")
    }
    assert len(told) == 2


@pytest.mark.parametrize("url", ["http://api.example.org/v1", "ftp://x.example", "not an address", "file:///etc"])
def test_only_https_or_this_machine_is_asked(url):
    with pytest.raises(EncoderError, match="https"):
        consent_question(RemoteSettings(url=url, model="m"))
