"""Weights in eight bits: every matrix as int8 with one scale a row, in one safetensors file that says so.

A matrix ``NAME`` (r, c) is told by ``int8.NAME`` (r, c) and ``scales.NAME`` (r,) in float16: a value is the product
of its whole number and its row's scale. All else stands under its own name in float32. The names differ from those
of plain weights on purpose: a library that does not know of the scales finds no weights, rather than wrong ones.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ctse_core.errors import EncoderError

FORM = "ctse-eight-bit-1"
_WHOLE, _SCALES = "int8.", "scales."
_HIGHEST = 127
_MOST_HEADER = 100_000_000  # what safetensors itself allows


def eight_bit_rows(matrix: NDArray[np.float32]) -> tuple[NDArray[np.int8], NDArray[np.float16]]:
    """Return whole numbers (r, c) in [-127, 127] and one scale a row (r,), whose product is nearest to the matrix.

    Raises:
        EncoderError: it holds NaN, infinity or numbers beyond what a scale can say.
    """
    highest = np.abs(matrix).max(axis=1, initial=0.0).astype(np.float64)
    if not (highest < float(np.finfo(np.float16).max) * _HIGHEST).all():
        raise EncoderError("There are NaN, infinity or immense numbers among the weights; train or fetch them again.")
    scales = (highest / _HIGHEST).astype(np.float16)
    # A scale rounded down would cut the highest value off.
    short = scales.astype(np.float64) * _HIGHEST < highest
    scales[short] = np.nextafter(scales[short], np.float16(np.inf))
    steps = scales.astype(np.float32)
    steps[steps == 0] = 1.0
    whole = np.rint(matrix / steps[:, None])
    return np.clip(whole, -_HIGHEST, _HIGHEST).astype(np.int8), scales


def write_eight_bit(weights: Mapping[str, NDArray[np.float32]], path: Path) -> None:
    """Write weights by their names into one file, every matrix in eight bits.

    Raises:
        EncoderError: there are NaN or infinity among them.
    """
    from safetensors.numpy import save_file

    told: dict[str, NDArray[Any]] = {}
    for name, values in weights.items():
        if values.ndim == 2:
            told[_WHOLE + name], told[_SCALES + name] = eight_bit_rows(values)
        else:
            told[name] = np.ascontiguousarray(values, dtype=np.float32)
    save_file(told, path, metadata={"format": FORM, "value": "int8.NAME times scales.NAME, one scale a row"})


def is_eight_bit(folder: Path) -> bool:
    """Return whether the weights of an encoder's folder are in eight bits; False where there is no such file."""
    try:
        with (folder / "model.safetensors").open("rb") as stream:
            (length,) = struct.unpack("<Q", stream.read(8))
            head = json.loads(stream.read(length)) if length <= _MOST_HEADER else {}
    except (OSError, ValueError, struct.error):
        return False  # whoever reads it all the same is told what is wrong with it
    return isinstance(head, dict) and (head.get("__metadata__") or {}).get("format") == FORM


def read_weights(path: Path) -> dict[str, NDArray[Any]]:
    """Return the weights of a safetensors file by their names, those in eight bits or bfloat16 as float32.

    Raises:
        SafetensorError, KeyError, ValueError: it is damaged; read it inside ``Readable``.
    """
    from safetensors import safe_open

    with safe_open(path, framework="numpy") as stream:
        names = list(stream.keys())
        if any(stream.get_slice(name).get_dtype() == "BF16" for name in names):  # which numpy does not have
            from safetensors.torch import load_file

            return {name: values.float().numpy() for name, values in load_file(path).items()}
        arrays = {name: stream.get_tensor(name) for name in names}
        if (stream.metadata() or {}).get("format") != FORM:
            return arrays
    scales = {name: arrays.pop(name) for name in list(arrays) if name.startswith(_SCALES)}
    return {
        name.removeprefix(_WHOLE): _restored(values, scales[_SCALES + name.removeprefix(_WHOLE)])
        if name.startswith(_WHOLE)
        else values
        for name, values in arrays.items()
    }


def weight_shapes(path: Path) -> dict[str, tuple[int, ...]]:
    """Return the shape of each weight of a safetensors file by its name, whatever its form; no weights are read.

    Raises:
        SafetensorError: it is damaged; read it inside ``Readable``.
    """
    from safetensors import safe_open

    with safe_open(path, framework="numpy") as stream:
        return {
            name.removeprefix(_WHOLE): tuple(stream.get_slice(name).get_shape())
            for name in stream.keys()  # noqa: SIM118
            if not name.startswith(_SCALES)
        }


def _restored(whole: NDArray[np.int8], scales: NDArray[np.float16]) -> NDArray[np.float32]:
    if whole.dtype != np.int8 or scales.shape != whole.shape[:1] or not np.isfinite(scales).all():
        raise ValueError("whole numbers and scales of its weights do not fit each other")
    return np.multiply(whole, scales.astype(np.float32)[:, None], dtype=np.float32)
