"""Fingerprints: short names for everything that a product depends on."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from pathlib import Path
from typing import Any

_BLOCK = 1 << 20


def _plain(value: Any) -> Any:
    """Return ``value`` in forms that JSON writes the same way every time."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {
            "_": type(value).__name__,
            **{f.name: _plain(getattr(value, f.name)) for f in dataclasses.fields(value)},
        }
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in sorted(value.items(), key=lambda pair: str(pair[0]))}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, (set, frozenset)):
        return sorted(_plain(item) for item in value)
    if isinstance(value, Path):
        return str(value)
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    raise TypeError(f"A {type(value).__name__} cannot be part of a fingerprint.")


def fingerprint(*inputs: Any) -> str:
    """Return 24 hexadecimal digits that change when any of the inputs does.

    Inputs are dataclasses, dictionaries, sequences, sets, paths, numbers, texts or None, nested at will.

    Raises:
        TypeError: an input has no stable written form.
    """
    written = json.dumps(_plain(list(inputs)), ensure_ascii=True, separators=(",", ":"))
    return hashlib.blake2b(written.encode(), digest_size=12).hexdigest()


def file_digest(path: Path) -> str:
    """Return the BLAKE2b digest of a file's bytes, 32 hexadecimal digits; reads in blocks."""
    digest = hashlib.blake2b(digest_size=16)
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()
