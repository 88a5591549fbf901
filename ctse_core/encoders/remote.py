"""An encoder behind an OpenAI-compatible address: off by default, asked for by host, personal marks masked."""

from __future__ import annotations

import email.message
import http.client
import json
import os
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import IO, Any
from urllib.parse import urlsplit

import numpy as np

from ctse_core.encoders.fingerprint import settings_digest
from ctse_core.encoders.masking import MASKING, mask
from ctse_core.encoders.vectors import unit_rows
from ctse_core.errors import EncoderError
from ctse_core.types import Vectors

_TRY_AGAIN = {408, 409, 425, 429, 500, 502, 503, 504}
_MOST_BYTES = 256 << 20
_LONGEST_PAUSE = 60.0


@dataclass(frozen=True)
class RemoteSettings:
    """Where the endpoint is and how it is asked."""

    url: str = field(metadata={"label": "Address", "help": "Such as https://api.example.org/v1"})
    model: str = field(metadata={"label": "Model", "help": "The model's name at that address"})
    dim: int = field(
        default=0, metadata={"label": "Width", "help": "Width of its vectors; 0 asks once", "min": 0, "max": 16384}
    )
    batch: int = field(
        default=64, metadata={"label": "Texts a request", "help": "Sent together", "min": 1, "max": 2048}
    )
    seconds: float = field(
        default=60.0, metadata={"label": "Time limit", "help": "Seconds a request", "min": 1, "max": 600}
    )
    tries: int = field(
        default=5, metadata={"label": "Tries", "help": "Of one request, with growing pauses", "min": 1, "max": 20}
    )
    key_variable: str = field(
        default="CTSE_EMBEDDINGS_KEY",
        metadata={"label": "Key", "help": "Environment variable that holds the key; the key itself is not kept"},
    )
    characters: int = field(
        default=2000, metadata={"label": "Longest text", "help": "Characters sent of a text", "min": 1, "max": 8192}
    )


@dataclass(frozen=True)
class Consent:
    """A person's yes to sending masked texts to ``host``, and to no other."""

    host: str


def remote_settings(address: str) -> RemoteSettings:
    """Return the settings that "https://api.example.org/v1#model" means.

    Raises:
        EncoderError: no model is named after a #.
    """
    url, _, model = address.partition("#")
    if not model:
        raise EncoderError(f"Name the model after a #, such as {url}#text-embedding-3-small.")
    return RemoteSettings(url=url, model=model)


def host_of(settings: RemoteSettings) -> str:
    """Return the host, with its port where one is given, that texts would be sent to.

    Raises:
        EncoderError: the address is not https, nor http to this very machine.
    """
    parts = urlsplit(settings.url)
    own = parts.hostname in {"localhost", "127.0.0.1", "::1"}
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise EncoderError(f"{settings.url!r} is not a web address; write one such as https://api.example.org/v1.")
    if parts.scheme == "http" and not own:
        raise EncoderError(f"Texts are sent over https only; write https://{parts.netloc}{parts.path} instead.")
    return parts.netloc.rpartition("@")[2]


def consent_question(settings: RemoteSettings) -> str:
    """Return what a person is asked before the first text leaves this machine."""
    return (
        f"The texts of your posts will be sent to {host_of(settings)} to be turned into vectors. Links, e-mail "
        "addresses, handles and long numbers are masked first; names and places written in the text are not. "
        "Send them?"
    )


class RemoteEncoder:
    """Asks an OpenAI-compatible ``/embeddings`` endpoint for vectors.

    Raises:
        EncoderError: at once, where the consent names another host than the address does.
    """

    def __init__(
        self,
        settings: RemoteSettings,
        consent: Consent | None,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        host = host_of(settings)
        if consent is None or consent.host != host:
            raise EncoderError(
                f"Nothing was sent. This encoder would send the masked texts of your posts to {host}; "
                f"agree to that by naming the host {host} first, or choose an encoder on this machine."
            )
        self.settings = settings
        self.name = f"{settings.model} at {host}"
        self._pause = pause
        self._dim = settings.dim

    @property
    def dim(self) -> int:
        """Width ``d`` of the vectors; asked of the endpoint once, with an invented text, if not given."""
        if not self._dim:
            self._dim = self._ask(["The river is rising."]).shape[1]
        return self._dim

    @property
    def space(self) -> str:
        """The space its vectors lie in: there is one runtime, so the fingerprint."""
        return self.fingerprint

    @property
    def fingerprint(self) -> str:
        """SHA-256 over address, model, width and masking; what the endpoint changes inside it cannot show."""
        said = self.settings
        return settings_digest(
            {"url": said.url, "model": said.model, "dim": self.dim, "masking": MASKING, "cut": said.characters}
        )

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Return unit rows (n, d) float32; a text of which nothing is left gets zeros and is not sent.

        Raises:
            EncoderError: the endpoint cannot be reached, refuses, or answers with something else.
        """
        masked = [_clean(mask(text))[: self.settings.characters].strip() for text in texts]
        rows = [row for row, text in enumerate(masked) if text]
        vectors = np.zeros((len(texts), self.dim), dtype=np.float32)
        for start in range(0, len(rows), self.settings.batch):
            part = rows[start : start + self.settings.batch]
            vectors[part] = self._ask([masked[row] for row in part])
        return unit_rows(vectors)

    def _ask(self, texts: list[str]) -> Vectors:
        body = {"model": self.settings.model, "input": texts, "encoding_format": "float"}
        answer = self._post(json.dumps(body).encode())
        try:
            items = sorted(json.loads(answer)["data"], key=lambda item: item["index"])
            vectors = np.array([item["embedding"] for item in items], dtype=np.float32)
        except (ValueError, KeyError, TypeError) as error:
            raise EncoderError(f"{self._host} did not answer with vectors; is {self.settings.url} right?") from error
        wanted = self._dim or (vectors.shape[1] if vectors.ndim == 2 else 0)
        if vectors.shape != (len(texts), wanted):
            raise EncoderError(
                f"{self._host} answered with an array of shape {vectors.shape} for {len(texts)} texts of width "
                f"{wanted}; check the model's name and width."
            )
        return vectors

    def _post(self, body: bytes) -> bytes:
        opener = urllib.request.build_opener(_NoRedirect())
        for attempt in range(1, self.settings.tries + 1):
            try:
                with opener.open(self._request(body), timeout=self.settings.seconds) as reply:
                    return reply.read(_MOST_BYTES)
            except urllib.error.HTTPError as error:
                if error.code not in _TRY_AGAIN or attempt == self.settings.tries:
                    raise EncoderError(self._refusal(error)) from error
                wait = _asked_pause(error.headers) or 2.0 ** (attempt - 1)
            except (OSError, http.client.HTTPException) as error:
                if attempt == self.settings.tries:
                    raise EncoderError(
                        f"{self._host} cannot be reached after {attempt} tries; what was embedded is kept. "
                        "Check the connection and start again, or choose an encoder on this machine."
                    ) from error
                wait = 2.0 ** (attempt - 1)
            self._pause(min(wait, _LONGEST_PAUSE))
        raise EncoderError(f"{self._host} was not asked: the number of tries is {self.settings.tries}.")

    def _request(self, body: bytes) -> urllib.request.Request:
        url = self.settings.url.rstrip("/")
        url = url if url.endswith("/embeddings") else f"{url}/embeddings"
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        key = os.environ.get(self.settings.key_variable, "").strip()
        if key:
            headers["Authorization"] = f"Bearer {key}"
        return urllib.request.Request(url, data=body, headers=headers, method="POST")  # noqa: S310

    def _refusal(self, error: urllib.error.HTTPError) -> str:
        if error.code in {401, 403}:
            return (
                f"{self._host} does not accept the key (HTTP {error.code}). Put a valid one in the environment "
                f"variable {self.settings.key_variable} and start again."
            )
        if 300 <= error.code < 400:
            return f"{self._host} points to another address; nothing was sent there. Write the final address."
        if error.code == 404:
            return f"{self._host} knows no such address or model ({self.settings.url}, {self.settings.model})."
        return f"{self._host} refused the texts (HTTP {error.code}); try again later or with smaller batches."

    @property
    def _host(self) -> str:
        return host_of(self.settings)


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """Follows no redirect: consent, and the key, are for one host."""

    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: Any, newurl: str
    ) -> None:
        return None


def _clean(text: str) -> str:
    return text.encode("utf-8", "replace").decode("utf-8")


def _asked_pause(headers: email.message.Message) -> float:
    said = headers.get("Retry-After", "")
    return float(said) if said.isdigit() else 0.0
