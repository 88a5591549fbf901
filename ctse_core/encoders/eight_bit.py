"""Weights in eight bits: every matrix as int8 with one scale a row, in one safetensors file that says so.

A matrix ``NAME`` (r, c) is told by ``int8.NAME`` (r, c) and ``scales.NAME`` (r,) in float16: a value is the product
of its whole number and its row's scale. Token vectors, of which there are far more than anything else, may be told in
four bits: ``nibbles.NAME`` (r, c / 2) uint8 holds two neighbours, the left one in the low half, each from 0 to 15 with
8 for zero, and ``scales.NAME`` (r, c / 32) a scale, of either sign, for every 32 of a row. All else stands under its
own name in float32. The names differ from those of plain weights on purpose: a library that does not know of the scales
finds no weights, rather than wrong ones.
"""

from __future__ import annotations

import json
import struct
import threading
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ctse_core.errors import EncoderError

FORM = "ctse-eight-bit-1"
_WHOLE, _HALVES, _SCALES = "int8.", "nibbles.", "scales."
_HIGHEST = 127
_LOWEST_HALF, _HIGHEST_HALF = -8, 7
_STEPS = tuple(share / 20 for share in range(15, 24))  # of that by which the value furthest from zero is lowest
BLOCK = 32  # neighbours in a row that share a scale, in four bits
_MOST_HEADER = 100_000_000  # what safetensors itself allows


def eight_bit_rows(matrix: NDArray[np.float32]) -> tuple[NDArray[np.int8], NDArray[np.float16]]:
    """Return whole numbers (r, c) in [-127, 127] and one scale a row (r,), whose product is nearest to the matrix.

    Raises:
        EncoderError: it holds NaN, infinity or numbers beyond what a scale can say.
    """
    highest = np.abs(matrix).max(axis=1, initial=0.0).astype(np.float64)
    _require_sayable(highest, _HIGHEST)
    scales = (highest / _HIGHEST).astype(np.float16)
    # A scale rounded down would cut the highest value off.
    short = scales.astype(np.float64) * _HIGHEST < highest
    scales[short] = np.nextafter(scales[short], np.float16(np.inf))
    return _whole(matrix, scales, -_HIGHEST, _HIGHEST), scales


def in_eight_bits(matrix: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return a matrix (r, c) as its eight bits give it back; of that the same comes again.

    Raises:
        EncoderError: see ``eight_bit_rows``.
    """
    return _restored(*eight_bit_rows(matrix))


def four_bit_rows(matrix: NDArray[np.float32]) -> tuple[NDArray[np.uint8], NDArray[np.float16]]:
    """Return pairs of halves (r, c / 2) and a scale for every 32 of a row (r, c / 32); 32 divides c.

    Of sixteen numbers the lowest is the value furthest from zero, whose sign the scale bears; of nine scales about that
    one the one is taken by which the squares of what is lost are least: cutting off one value may serve the other 31.

    Raises:
        EncoderError: it holds NaN, infinity or numbers beyond what a scale can say.
    """
    blocks = matrix.reshape(-1, BLOCK)
    furthest = blocks[np.arange(len(blocks)), np.abs(blocks).argmax(axis=1)]
    _require_sayable(np.abs(furthest), -_LOWEST_HALF)
    scales = np.zeros(len(blocks), dtype=np.float16)
    whole = np.zeros(blocks.shape, dtype=np.int8)
    least = np.full(len(blocks), np.inf, dtype=np.float32)
    for share in _STEPS:
        tried = (share * furthest / _LOWEST_HALF).astype(np.float16)
        told = _whole(blocks, tried, _LOWEST_HALF, _HIGHEST_HALF)
        lost = np.square(told * tried.astype(np.float32)[:, None] - blocks).sum(axis=1)
        better = lost < least
        scales[better], whole[better], least[better] = tried[better], told[better], lost[better]
    halves = (whole.reshape(matrix.shape) + 8).astype(np.uint8)
    packed = np.asarray(halves[:, ::2] | (halves[:, 1::2] << 4), dtype=np.uint8)
    return packed, scales.reshape(len(matrix), -1)


def _require_sayable(highest: NDArray[np.floating], most: int) -> None:
    if not (highest < float(np.finfo(np.float16).max) * most / 2).all():
        raise EncoderError("There are NaN, infinity or immense numbers among the weights; train or fetch them again.")


def _whole(matrix: NDArray[np.float32], scales: NDArray[np.float16], lowest: int, highest: int) -> NDArray[np.int8]:
    """Return the whole numbers of rows (r, c), each row's divided by its scale (r,), within the bounds."""
    steps = scales.astype(np.float32)
    steps[steps == 0] = 1.0
    return np.clip(np.rint(matrix / steps[:, None]), lowest, highest).astype(np.int8)


def write_eight_bit(weights: Mapping[str, NDArray[np.float32]], path: Path, in_four: Collection[str] = ()) -> None:
    """Write weights by their names into one file, every matrix in eight bits, those ``in_four`` in four.

    A matrix whose rows 32 does not divide stays in eight.

    Raises:
        EncoderError: there are NaN or infinity among them.
    """
    from safetensors.numpy import save_file

    told: dict[str, NDArray[Any]] = {}
    for name, values in weights.items():
        if values.ndim == 2 and name in in_four and values.shape[1] % BLOCK == 0:
            told[_HALVES + name], told[_SCALES + name] = four_bit_rows(values)
        elif values.ndim == 2:
            told[_WHOLE + name], told[_SCALES + name] = eight_bit_rows(values)
        else:
            told[name] = np.ascontiguousarray(values, dtype=np.float32)
    save_file(told, path, metadata={"format": FORM})  # one key: several come in an order of chance, and so other bytes


def is_eight_bit(folder: Path) -> bool:
    """Return whether the weights of an encoder's folder are in eight bits; False where there is no such file."""
    try:
        with (folder / "model.safetensors").open("rb") as stream:
            (length,) = struct.unpack("<Q", stream.read(8))
            head = json.loads(stream.read(length)) if length <= _MOST_HEADER else {}
    except (OSError, ValueError, struct.error):
        return False  # whoever reads it all the same is told what is wrong with it
    return isinstance(head, dict) and (head.get("__metadata__") or {}).get("format") == FORM


def read_weights(path: Path, of: str = "") -> dict[str, NDArray[Any]]:
    """Return the weights of a safetensors file by their names, those in eight bits or bfloat16 as float32.

    Of a file in eight bits only those are read whose name begins with ``of``.

    Raises:
        SafetensorError, KeyError, ValueError: it is damaged; read it inside ``Readable``.
    """
    from safetensors import safe_open

    with safe_open(path, framework="numpy") as stream:
        names = list(stream.keys())
        if any(stream.get_slice(name).get_dtype() == "BF16" for name in names):  # which numpy does not have
            from safetensors.torch import load_file

            return {name: values.float().numpy() for name, values in load_file(path).items()}
        if (stream.metadata() or {}).get("format") != FORM:
            return {name: stream.get_tensor(name) for name in names}
        arrays = {name: stream.get_tensor(name) for name in names if own_name(name).startswith(of)}
    scales = {name: arrays.pop(name) for name in list(arrays) if name.startswith(_SCALES)}
    return dict(_plain(name, values, scales) for name, values in arrays.items())


class HalvesTable:
    """A matrix (r, c) in four bits whose rows become float32 when they are asked for: most tokens never come up."""

    def __init__(self, halves: NDArray[np.uint8], scales: NDArray[np.float16]) -> None:
        self.shape = len(halves), 2 * halves.shape[1]
        self._halves, self._scales = halves, scales
        self._rows = np.empty((0, self.shape[1]), dtype=np.float32)
        self._places = np.full(len(halves), -1, dtype=np.int32)
        self._count = 0
        self._one_at_a_time = threading.Lock()

    def found(self, rows: NDArray[np.integer]) -> tuple[NDArray[np.float32], NDArray[np.int32]]:
        """Return a table of rows, and for each of ``rows`` (t,) its place in it (t,)."""
        with self._one_at_a_time:
            missing = np.unique(rows[self._places[rows] < 0])
            if len(missing):
                self._add(missing)
            return self._rows, self._places[rows]

    def _add(self, rows: NDArray[np.integer]) -> None:
        end = self._count + len(rows)
        if end > len(self._rows):
            wider = np.empty((min(max(2 * len(self._rows), end), self.shape[0]), self.shape[1]), dtype=np.float32)
            wider[: self._count] = self._rows[: self._count]
            self._rows = wider
        self._rows[self._count : end] = _restored_halves(self._halves[rows], self._scales[rows])
        self._places[rows] = np.arange(self._count, end, dtype=np.int32)
        self._count = end

    def whole(self) -> NDArray[np.float32]:
        """Return the matrix (r, c)."""
        return _restored_halves(self._halves, self._scales)


def read_halves(path: Path, name: str) -> HalvesTable | None:
    """Return the matrix ``name`` of a safetensors file if it is told in four bits, else None.

    Raises:
        SafetensorError, ValueError: it is damaged; read it inside ``Readable``.
    """
    from safetensors import safe_open

    with safe_open(path, framework="numpy") as stream:
        told = set(stream.keys())
        if (stream.metadata() or {}).get("format") != FORM or not {_HALVES + name, _SCALES + name} <= told:
            return None
        halves, scales = stream.get_tensor(_HALVES + name), stream.get_tensor(_SCALES + name)
    if not np.isfinite(scales).all():
        raise ValueError("the scales of its weights are no numbers")
    _restored_halves(halves[:0], scales[:0])
    if len(scales) != len(halves):
        raise ValueError("halves and scales of its weights do not fit each other")
    return HalvesTable(halves, scales)


def weight_shapes(path: Path) -> dict[str, tuple[int, ...]]:
    """Return the shape of each weight of a safetensors file by its name, whatever its form; no weights are read.

    Raises:
        SafetensorError: it is damaged; read it inside ``Readable``.
    """
    from safetensors import safe_open

    with safe_open(path, framework="numpy") as stream:
        shapes = {name: tuple(stream.get_slice(name).get_shape()) for name in stream.keys()}  # noqa: SIM118
    return {
        own_name(name): (shape[0], 2 * shape[1]) if name.startswith(_HALVES) else shape
        for name, shape in shapes.items()
        if not name.startswith(_SCALES)
    }


def own_name(told: str) -> str:
    """Return the name of the weight that an array of the file tells a part of."""
    for front in (_WHOLE, _HALVES, _SCALES):
        if told.startswith(front):
            return told.removeprefix(front)
    return told


def _plain(name: str, values: NDArray[Any], scales: Mapping[str, NDArray[Any]]) -> tuple[str, NDArray[Any]]:
    """Return a weight's own name and its values as float32."""
    if name.startswith(_HALVES):
        own = name.removeprefix(_HALVES)
        return own, _restored_halves(values, scales[_SCALES + own])
    if name.startswith(_WHOLE):
        own = name.removeprefix(_WHOLE)
        return own, _restored(values, scales[_SCALES + own])
    return name, values


def _restored_halves(halves: NDArray[np.uint8], scales: NDArray[np.float16]) -> NDArray[np.float32]:
    if halves.dtype != np.uint8 or scales.shape != (len(halves), 2 * halves.shape[1] // BLOCK):
        raise ValueError("halves and scales of its weights do not fit each other")
    whole = np.empty((len(halves), 2 * halves.shape[1]), dtype=np.int8)
    whole[:, ::2] = halves & 15
    whole[:, 1::2] = halves >> 4
    whole -= 8
    rows = _restored(whole.reshape(-1, BLOCK), scales.reshape(-1))
    return rows.reshape(whole.shape)


def _restored(whole: NDArray[np.int8], scales: NDArray[np.float16]) -> NDArray[np.float32]:
    if whole.dtype != np.int8 or scales.shape != whole.shape[:1] or not np.isfinite(scales).all():
        raise ValueError("whole numbers and scales of its weights do not fit each other")
    return np.multiply(whole, scales.astype(np.float32)[:, None], dtype=np.float32)
