"""Digests that say whether two encoders give the same vectors: of files, of folders, of all that matters."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterable, Mapping
from pathlib import Path

from ctse_core.encoders.cache import write_atomically
from ctse_core.encoders.layout import EncoderLayout, EncoderUse
from ctse_core.home import cache_home

SETTLED_SECONDS = 2.0


def file_digest(path: Path) -> str:
    """Return the SHA-256 of a file as hex; remembered in the cache under path, size and time of change."""
    facts = path.stat()
    key = f"{path.resolve()}|{facts.st_size}|{facts.st_mtime_ns}|{facts.st_ino}"
    remembered = _remembered()
    if key in remembered:
        return remembered[key]
    with path.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    # A file changed within the clock's tick could change again unseen: only settled ones are remembered.
    if facts.st_size > 1 << 20 and time.time() - facts.st_mtime > SETTLED_SECONDS:
        _remember({**remembered, key: digest})
    return digest


def files_digest(folder: Path, names: Iterable[str]) -> str:
    """Return one SHA-256 over the names and digests of those files of ``folder`` that exist."""
    parts = {name: file_digest(folder / name) for name in sorted(names) if (folder / name).is_file()}
    return settings_digest(parts)


def settings_digest(settings: Mapping[str, object]) -> str:
    """Return the SHA-256 of a JSON-like mapping, the same whatever the order of its keys."""
    return hashlib.sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest()


def vectors_space(weights: str, use: EncoderUse) -> str:
    """Return one SHA-256 for the space that vectors lie in: as the fingerprint, whatever the runtime.

    Vectors of one space compare with each other although the runtimes round differently.
    """
    return vectors_fingerprint(weights, use, "any")


def vectors_fingerprint(weights: str, use: EncoderUse, runtime: str) -> str:
    """Return one SHA-256 for all that decides an encoder's vectors."""
    return settings_digest(
        {
            "weights": weights,
            "max_tokens": use.max_tokens,
            "prefix": use.prefix,
            "pooled": use.pooled,
            "lowercase": use.lowercase,
            "runtime": runtime,
        }
    )


def folder_digest(layout: EncoderLayout) -> str:
    """Return one SHA-256 over the files of a folder that decide the vectors."""
    parts = [files_digest(layout.folder, layout.files())]
    for layer in layout.dense:
        parts.append(files_digest(layer.folder, ["config.json", "model.safetensors", "pytorch_model.bin"]))
    return settings_digest({"parts": parts})


def _store() -> Path:
    return cache_home() / "file_digests.json"


def _remembered() -> dict[str, str]:
    try:
        known = json.loads(_store().read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return known if isinstance(known, dict) else {}


def _remember(digests: dict[str, str]) -> None:
    latest = dict(list(digests.items())[-200:])
    try:
        write_atomically(_store(), json.dumps(latest, indent=0).encode())
    except OSError:
        return  # a cache that cannot be written costs time, nothing else
