"""What an encoder is to the rest of the house, and how one is loaded by its name or folder."""

from __future__ import annotations

import difflib
import importlib.metadata
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from ctse_core.encoders.catalog import ENCODERS
from ctse_core.encoders.layout import is_static
from ctse_core.encoders.onnx_runtime import OnnxEncoder
from ctse_core.encoders.own import own_folder, own_folders
from ctse_core.encoders.remote import Consent, RemoteEncoder, remote_settings
from ctse_core.encoders.sources import encoder_folder
from ctse_core.encoders.static import StaticEncoder
from ctse_core.errors import EncoderError, SettingError
from ctse_core.types import Progress, Vectors, no_progress

RUNTIMES = ("auto", "torch", "onnx-int8")


class Encoder(Protocol):
    """Turns texts into vectors."""

    @property
    def name(self) -> str:
        """What people call it."""

    @property
    def dim(self) -> int:
        """Width ``d`` of its vectors."""

    @property
    def fingerprint(self) -> str:
        """Changes with weights, tokenizer, pooling, prefix and runtime; equal ones give equal vectors."""

    @property
    def space(self) -> str:
        """As the fingerprint, whatever the runtime: vectors of one space compare with each other."""

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Return unit rows (n, d) float32, row i for text i."""


def load_encoder(
    name_or_folder: str | Path,
    device: str | None = None,
    runtime: str = "auto",
    progress: Progress = no_progress,
    consent: Consent | None = None,
) -> Encoder:
    """Load an encoder of the catalogue or of one's own by its name, or any local sentence-transformers folder.

    Where names are equal the catalogue wins, then one's own; write "./NAME" for a folder of that name here.

    An address such as "https://api.example.org/v1#model" is an OpenAI-compatible endpoint; it is opened only
    with a ``consent`` to its host.

    ``device`` is "cpu", "cuda" or None (a GPU where there is one). ``runtime`` is "torch", "onnx-int8"
    (CPU only, about four times as fast) or "auto": onnx-int8 on a CPU, torch on a GPU; a bag of token vectors
    has one runtime only, on the processor, whatever is asked. Only an encoder of the
    hub that is not yet in its cache touches the network.

    Raises:
        EncoderError: unknown, missing, damaged or not to be had; the sentence says what to do.
        SettingError: no such runtime.
    """
    if runtime not in RUNTIMES:
        raise SettingError(f"There is no runtime {runtime!r}; choose one of {', '.join(RUNTIMES)}.")
    if str(name_or_folder).startswith(("http://", "https://")):
        return RemoteEncoder(remote_settings(str(name_or_folder)), consent)
    name, folder, prefix = find_encoder(name_or_folder, progress)
    if is_static(folder):
        return StaticEncoder.load(folder, name, prefix)
    where = device or ("cuda" if has_gpu() else "cpu")
    if runtime == "onnx-int8" and where != "cpu":
        raise SettingError("The runtime onnx-int8 works on the processor only; choose torch or the device cpu.")
    note = ""
    if runtime != "torch" and where == "cpu":
        try:
            return OnnxEncoder.load(folder, name, prefix, progress)
        except EncoderError as error:
            if runtime == "onnx-int8":
                raise
            note = f"The fast form of {name} cannot be used, so encoding is slower: {error}"
            progress(0.0, note)
    from ctse_core.encoders.transformer import SentenceEncoder

    encoder = SentenceEncoder.load(folder, name, prefix, where)
    encoder.note = note
    return encoder


def has_gpu() -> bool:
    """Return whether torch could compute on a CUDA device, without loading torch where that is plain."""
    if "+cpu" in importlib.metadata.version("torch") or not _has_driver():
        return False
    import torch

    return torch.cuda.is_available()


def find_encoder(name_or_folder: str | Path, progress: Progress) -> tuple[str, Path, str | None]:
    """Return name, folder and, for one of the catalogue, prefix of an encoder; fetched where it has to be.

    Raises:
        EncoderError: there is none of that name, or it is not to be had.
    """
    name = str(name_or_folder)
    spec = ENCODERS.get(name)
    if spec is not None:
        return spec.name, encoder_folder(spec, progress), spec.prefix
    folder = own_folder(name) or Path(name).expanduser()
    if folder.is_dir():
        return folder.resolve().name, folder.resolve(), None
    own = [folder.name for folder in own_folders()]
    near = difflib.get_close_matches(name, [*ENCODERS, *own], n=1, cutoff=0.5)
    hint = f" Did you mean {near[0]}?" if near else ""
    raise EncoderError(
        f"There is no encoder {name!r}, neither in the catalogue nor as a folder.{hint} "
        f"The catalogue has {', '.join([*ENCODERS, *own])}."
    )


def _has_driver() -> bool:
    if Path("/dev/nvidiactl").exists() or Path("/dev/dxg").exists():  # Linux, and Linux inside Windows
        return True
    import ctypes.util

    return sys.platform == "win32" and ctypes.util.find_library("nvcuda") is not None
