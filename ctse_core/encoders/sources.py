"""Where an encoder's folder is: put there by hand, in an installed wheel, in the hub's cache, on the hub."""

from __future__ import annotations

import importlib.util
import sys
from dataclasses import dataclass, replace
from pathlib import Path

from ctse_core.encoders.cache import encoders_folder
from ctse_core.encoders.catalog import ENCODERS, EncoderSpec
from ctse_core.encoders.layout import is_static, require_files
from ctse_core.encoders.own import broken_spec, own_folders, own_spec, read_about
from ctse_core.encoders.q4 import convert_q4
from ctse_core.encoders.quiet import quiet_transformers
from ctse_core.errors import EncoderError
from ctse_core.types import Progress, no_progress

HUB_SECONDS = 10.0
SHIPPED = Path(__file__).resolve().parents[2] / "assets" / "encoders"
"""Our own encoders, a folder each, beside the code."""

_HUB_FILES = (
    "config.json, model.safetensors (or pytorch_model.bin), tokenizer.json (or the vocabulary files), and "
    "where the encoder has them modules.json, sentence_bert_config.json, config_sentence_transformers.json, "
    "1_Pooling, 2_Dense"
)


@dataclass(frozen=True)
class EncoderStatus:
    """Whether an encoder of the catalogue can be used without a network, and where it is or what it lacks."""

    spec: EncoderSpec
    at_hand: bool
    where: str  # a sentence


def list_encoders() -> list[EncoderStatus]:
    """Return the catalogue with what is at hand on this machine, one's own encoders behind it.

    Nothing is fetched or converted. A folder of one's own that cannot be used is listed with the reason.
    """
    statuses = []
    for spec in ENCODERS.values():
        found = at_hand(spec)
        if found is not None:
            where = "comes with the installation" if not spec.source.startswith("hub:") else f"in {found}"
        elif spec.source.startswith("shipped:"):
            where = f"{SHIPPED / spec.name} is missing or incomplete"
        elif spec.source.startswith("hub:"):
            where = f"{spec.megabytes:,} MB to fetch from the hub ({spec.source[4:]})"
        else:
            where = f"the package {_package(spec)} is not installed"
        statuses.append(EncoderStatus(_as_told(spec, found), found is not None, where))
    return statuses + [_own_status(folder) for folder in own_folders()]


def _as_told(spec: EncoderSpec, folder: Path | None) -> EncoderSpec:
    """Return the entry of a shipped encoder with the note and the size that its folder has."""
    if folder is None or not spec.source.startswith("shipped:"):
        return spec
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    try:
        note = read_about(folder).note
    except EncoderError:
        note = ""
    return replace(spec, megabytes=round(size / 1e6), note=note or spec.note)


def _own_status(folder: Path) -> EncoderStatus:
    try:
        return EncoderStatus(own_spec(folder), True, f"in {folder}")
    except EncoderError as error:
        return EncoderStatus(broken_spec(folder), False, str(error).rstrip("."))


def at_hand(spec: EncoderSpec) -> Path | None:
    """Return the folder or file of an encoder if it is on this machine, else None."""
    own = encoders_folder() / spec.name
    kind, _, place = spec.source.partition(":")
    if kind == "shipped":
        return SHIPPED / place if _is_encoder(SHIPPED / place) else None
    if kind != "q4" and _is_encoder(own):
        return own
    if kind == "hub":
        return _in_hub_cache(place)
    path = _in_package(place)
    return path if path is not None and path.exists() else None


def encoder_folder(spec: EncoderSpec, progress: Progress = no_progress) -> Path:
    """Return the local folder of an encoder, converting or fetching it where that has to be done first.

    Raises:
        EncoderError: it is neither here nor to be had; the sentence says which folder to put where.
    """
    kind, _, place = spec.source.partition(":")
    found = at_hand(spec)
    if kind == "hub":
        return found or _fetch(spec, place, progress)
    if found is None:
        raise EncoderError(_not_installed(spec))
    return convert_q4(found, encoders_folder() / spec.name, spec.sha256, progress) if kind == "q4" else found


def _not_installed(spec: EncoderSpec) -> str:
    if spec.source.startswith("shipped:"):
        return (
            f"{spec.title} comes with this program, but its folder {SHIPPED / spec.name} is missing or incomplete. "
            "Fetch the program again, or choose another encoder (python -m ctse_core encoders)."
        )
    missing = f"{spec.title} comes with the package {_package(spec)}, which"
    if sys.platform == "win32" and spec.source.startswith("q4:"):
        return (
            f"{missing} has no Windows build. Choose multilingual-e5-small instead: the same encoder, fetched once "
            f"from the hub, or copied by hand into {encoders_folder() / 'multilingual-e5-small'}."
        )
    return (
        f"{missing} is not installed here. It serves training and comparison: pip install -r requirements-train.txt, "
        "or choose another encoder (python -m ctse_core encoders)."
    )


def _package(spec: EncoderSpec) -> str:
    return spec.source.partition(":")[2].split("/")[0].replace("_", "-")


def _in_package(place: str) -> Path | None:
    """Find a file of an installed package without importing it."""
    package, _, inside = place.partition("/")
    found = importlib.util.find_spec(package)
    places = list(found.submodule_search_locations or []) if found is not None else []
    return Path(places[0]) / inside if places else None


def _is_encoder(folder: Path) -> bool:
    try:
        require_files(folder, config=not is_static(folder))
    except EncoderError:
        return False
    return True


def _in_hub_cache(repository: str) -> Path | None:
    from huggingface_hub import try_to_load_from_cache

    config = try_to_load_from_cache(repository, "config.json")
    folder = Path(config).parent if isinstance(config, str) else None
    return folder if folder is not None and _is_encoder(folder) else None


def _fetch(spec: EncoderSpec, repository: str, progress: Progress) -> Path:
    from httpx2 import HTTPError  # the hub client's own
    from huggingface_hub import HfApi, snapshot_download
    from huggingface_hub.errors import HFValidationError

    progress(0.0, f"Fetching {spec.title} from the hub ({spec.megabytes:,} MB, once on this machine)")
    try:
        # One question with a short time limit first: offline, this ends at once, without retries.
        listed = HfApi().model_info(repository, timeout=HUB_SECONDS)
        names = _wanted([file.rfilename for file in listed.siblings or []])
        with quiet_transformers():
            folder = Path(snapshot_download(repository, revision=listed.sha, allow_patterns=names))
    except (OSError, RuntimeError, HTTPError, HFValidationError) as error:
        raise EncoderError(_cannot_fetch(spec, repository, error)) from error
    require_files(folder)
    return folder


def _wanted(names: list[str]) -> list[str]:
    """Leave out what is not used: weights in other formats, and torch files where safetensors exist."""
    safe = any(name.startswith("model") and name.endswith(".safetensors") for name in names)
    skipped = (".onnx", ".h5", ".msgpack", ".ot", ".md", ".png", ".mlmodel", ".gguf")
    wanted = []
    for name in names:
        top = name.split("/")[0]
        other_format = name.endswith(skipped) or top in {"onnx", "openvino", "coreml"} or top.startswith(".")
        unused = safe and "/" not in name and name.endswith((".bin", ".bin.index.json")) and "pytorch" in name
        if not other_format and not unused:
            wanted.append(name)
    return wanted


def _cannot_fetch(spec: EncoderSpec, repository: str, error: BaseException) -> str:
    return (
        f"{spec.title} is not on this machine and cannot be fetched from the hub ({_short(error)}). "
        f"Copy the files of {repository} into {encoders_folder() / spec.name} ({_HUB_FILES}), or choose an "
        "encoder that is at hand (python -m ctse_core encoders)."
    )


def _short(error: BaseException) -> str:
    name = type(error).__name__
    if "NotFound" in name or "Gated" in name:
        return "the hub does not give it out"
    if "Offline" in name:
        return "HF_HUB_OFFLINE is set"
    return "no connection"
