"""JSON lines, JSON arrays and JSON exports as rows of text, numbers kept digit for digit."""

from __future__ import annotations

import json
from typing import Any

import polars as pl

from ctse_core.errors import InputFileError
from ctse_core.posts.decode import TextFile
from ctse_core.posts.header import column_names
from ctse_core.posts.json_values import Digits, json_values
from ctse_core.posts.results import RawTable, counted, set_aside, tidy
from ctse_core.types import Progress

ROWS_A_BLOCK = 20_000
MOST_COLUMNS = 10_000
DEPTH = 4
"""Levels of nested objects that become columns of their own ("user.screen_name"); deeper ones stay JSON."""


def read_json(text: TextFile, name: str, progress: Progress, most: int | None = None) -> RawTable:
    """Return the objects of a JSON file as rows: one a line, those of an array, or an export's list of posts.

    Nested objects become columns with dots in their names, other lists stay JSON text. ``most`` stops
    after that many rows, for a preview.

    Raises:
        InputFileError: the file holds no value at all, or is not JSON.
    """
    rows, unreadable, size, read = _Rows(), list[tuple[int, str, str]](), text.path.stat().st_size, 0
    kind, notes, values = json_values(text, name)
    number = 0
    for number, (value, reason, raw) in enumerate(values, start=1):
        read += len(raw)
        flat = None if reason else _flat(value)
        if flat is None:
            unreadable.append((number, reason or "It is not an object with named values.", raw))
        else:
            rows.add(number, flat)
        if number % ROWS_A_BLOCK == 0:
            progress(min(0.9, 0.1 + 0.8 * read / size), "Reading row by row")
        if number == most:
            break
    if not number:
        raise InputFileError(f"{name} holds no rows: there is no object in it.")
    if text.fallback:
        notes.append(f"Rows that are not UTF-8 were read as {text.fallback}.")
    frame, more = rows.table()
    frame, about_nul = tidy(frame)
    return RawTable(
        frame=frame,
        rows=pl.Series("row", rows.numbers, dtype=pl.Int64),
        unreadable=set_aside(unreadable),
        kind=kind,
        encoding=text.encoding,
        notes=[*text.notes, *notes, *more, *about_nul],
    )


class _Rows:
    """Flat objects gathered into blocks of columns, so that a big file is not held as objects."""

    def __init__(self) -> None:
        self.numbers: list[int] = []
        self._block: list[dict[str, str]] = []
        self._frames: list[pl.DataFrame] = []
        self._columns: dict[str, None] = {}
        self._beyond = self._halves = 0

    def add(self, number: int, flat: dict[str, str]) -> None:
        self.numbers.append(number)
        if flat.keys() - self._columns.keys():
            for key in flat:  # in the order of the file
                if key in self._columns or len(self._columns) < MOST_COLUMNS:
                    self._columns[key] = None
                else:
                    self._beyond += 1
        self._block.append(flat)
        if len(self._block) >= ROWS_A_BLOCK:
            self._close_block()

    def table(self) -> tuple[pl.DataFrame, list[str]]:
        """Return all rows as one table of text and notes on what was changed."""
        self._close_block()
        frame = pl.concat(self._frames, how="diagonal").select(list(self._columns))
        names, notes = column_names(list(self._columns))
        frame.columns = names
        if self._beyond:
            notes.append(
                f"Only the first {MOST_COLUMNS:,} columns were kept; "
                f"{counted(self._beyond, 'value', 'values')} of further columns left out."
            )
        if self._halves:
            notes.append(f"{counted(self._halves, 'cell', 'cells')} held halves of characters; they stand as \ufffd.")
        return frame, notes

    def _close_block(self) -> None:
        if self._columns or not self._frames:
            self._frames.append(pl.DataFrame([self._series(key) for key in self._columns]))
        self._block = []

    def _series(self, key: str) -> pl.Series:
        cells = [flat.get(key) or None for flat in self._block]
        try:
            return pl.Series(key, cells, dtype=pl.String)
        except UnicodeEncodeError:
            mended = [cell if cell is None else _mended(cell) for cell in cells]
            self._halves += sum(old != new for old, new in zip(cells, mended, strict=True))
            return pl.Series(key, mended, dtype=pl.String)


def _mended(text: str) -> str:
    """Return text without lone surrogates, which no encoding can carry."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def _flat(value: Any) -> dict[str, str] | None:
    """Return an object as column -> text, or None where the value is no object and no text."""
    if isinstance(value, str) and not isinstance(value, Digits):
        return {"text": value}
    if not isinstance(value, dict):
        return None
    if len(value) == 1 and isinstance(inner := next(iter(value.values())), dict):
        value = inner  # {"tweet": {…}} of an archive
    flat: dict[str, str] = {}
    try:
        _flatten("", value, 1, flat)
    except RecursionError:
        return None
    return flat


def _flatten(path: str, value: dict[str, Any], depth: int, flat: dict[str, str]) -> None:
    for key, held in value.items():
        name = path + (key if key.isascii() else _mended(key))
        if held is None:
            continue
        if isinstance(held, str):
            flat[name] = held
        elif isinstance(held, dict) and held and depth < DEPTH:
            _flatten(name + ".", held, depth + 1, flat)
        elif isinstance(held, list) and (segments := _text_segments(held)) is not None:
            flat[name] = segments
        else:
            flat[name] = _as_json(held)


def _as_json(held: Any) -> str:
    """Return a value as JSON with its numbers as they were written."""
    if isinstance(held, Digits):
        return str(held)
    if isinstance(held, list):
        return "[" + ", ".join(map(_as_json, held)) + "]"
    if isinstance(held, dict):
        return "{" + ", ".join(f"{json.dumps(key)}: {_as_json(inner)}" for key, inner in held.items()) + "}"
    return json.dumps(held, ensure_ascii=False)


def _text_segments(held: list[Any]) -> str | None:
    """Return Telegram's text of plain and linked segments as one text, None for any other list."""
    if not any(isinstance(piece, dict) and {"type", "text"} <= piece.keys() for piece in held):
        return None
    pieces = [piece.get("text") if isinstance(piece, dict) else piece for piece in held]
    written = [piece for piece in pieces if isinstance(piece, str)]
    return "".join(written) if len(written) == len(pieces) else None
