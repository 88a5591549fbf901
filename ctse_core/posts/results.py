"""What reading gives back: the posts table with what was set apart, a preview, and the raw table between."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

import polars as pl

from ctse_core.posts.settings import ColumnRoles

RAW_LENGTH = 2000
"""Characters of a row kept beside the reason why it was set apart."""

SET_ASIDE_SCHEMA = {"row": pl.Int64, "reason": pl.String, "raw": pl.String}


@dataclass(frozen=True)
class RawTable:
    """A file as rows of text, before any column has a role.

    ``frame`` holds the readable rows, every column text, ``None`` for an empty cell. ``rows`` (n,) is the
    1-based number of each of them in the file, header not counted; ``unreadable`` has row, reason, raw;
    ``len(frame) + len(unreadable) == rows_in_file``.
    """

    frame: pl.DataFrame
    rows: pl.Series
    unreadable: pl.DataFrame
    kind: str
    encoding: str | None = None
    delimiter: str | None = None
    notes: list[str] = field(default_factory=list)
    damaged_numbers: dict[str, int] = field(default_factory=dict)

    @property
    def rows_in_file(self) -> int:
        """Rows of the file, readable or not."""
        return self.frame.height + self.unreadable.height


@dataclass(frozen=True)
class Posts:
    """The posts of a file, and every row that could not become one.

    ``table`` has the columns of ``Col`` from ROW to GIVEN_LANG and the file's other columns as
    "file:<name>"; ``empty`` and ``unreadable`` have row, reason, raw.
    ``len(table) + len(empty) + len(unreadable) == rows_in_file``. ``notes`` are sentences for people.
    """

    table: pl.DataFrame
    empty: pl.DataFrame
    unreadable: pl.DataFrame
    rows_in_file: int
    roles: ColumnRoles
    notes: list[str]
    kind: str
    encoding: str | None
    delimiter: str | None


@dataclass(frozen=True)
class Preview:
    """The first rows of a file and what was guessed about it.

    ``table`` is text throughout; ``rows_estimate`` counts data rows, exact for small files. ``looks_like`` names the
    export that was recognised, empty for none; ``unaided`` are the roles that names and contents alone would give.
    """

    table: pl.DataFrame
    columns: list[str]
    roles: ColumnRoles
    kind: str
    encoding: str | None
    delimiter: str | None
    rows_estimate: int
    notes: list[str]
    looks_like: str = ""
    unaided: ColumnRoles = field(default_factory=ColumnRoles)


def cut(raw: str, length: int = RAW_LENGTH) -> str:
    """Return ``raw`` with at most ``length`` characters, saying how many were left out."""
    if len(raw) <= length:
        return raw
    return f"{raw[:length]}… ({len(raw) - length:,} more characters)"


def set_aside(pieces: list[tuple[int, str, str]]) -> pl.DataFrame:
    """Return rows set apart, given as (row, reason, raw), as a table with those columns."""
    return pl.DataFrame([(row, reason, cut(raw)) for row, reason, raw in pieces], schema=SET_ASIDE_SCHEMA, orient="row")


def row_as_json(cells: dict[str, str | None]) -> str:
    """Return the filled cells of one row as JSON, cut to the length that is kept."""
    return cut(json.dumps({name: cell for name, cell in cells.items() if cell is not None}, ensure_ascii=False))


def counted(number: int, one: str, many: str) -> str:
    """Return a number with the word that goes with it: "1 row", "2,000 rows"."""
    return f"{number:,} {one if number == 1 else many}"


def tidy(frame: pl.DataFrame) -> tuple[pl.DataFrame, list[str]]:
    """Return a frame of text with empty cells as null and without NUL signs, which no export could carry."""
    if not frame.width:
        return frame, []
    with_nul = frame.select(pl.all().str.contains("\0", literal=True).sum()).row(0)
    notes = []
    if any(with_nul):
        cells = counted(sum(count or 0 for count in with_nul), "cell", "cells")
        notes.append(f"NUL signs, which are invisible, were taken out of {cells}.")
        frame = frame.with_columns(pl.all().str.replace_all("\0", "", literal=True))
    return frame.with_columns(pl.when(pl.all() != "").then(pl.all()).name.keep()), notes
