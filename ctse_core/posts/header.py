"""Names of the columns: whether the first row holds them, and one distinct name a column."""

from __future__ import annotations

import re
from collections import Counter
from statistics import median

from ctse_core.posts.results import counted
from ctse_core.posts.role_names import is_known_name

_NUMBER = re.compile(r"^[+-]?\d+([.,]\d+)*([eE][+-]?\d+)?%?$")
_DATE = re.compile(r"^\d{1,4}[-/.年]\d{1,2}[-/.月]\d{1,4}|\d{1,2}:\d{2}(:\d{2})?")
_LINK = re.compile(r"^(https?://|www\.)")
_LONG = 200


def column_names(header: list[str]) -> tuple[list[str], list[str]]:
    """Return a distinct, filled name for each column of ``header`` and notes on what had to be changed."""
    names: list[str] = []
    taken: set[str] = set()
    unnamed = repeated = 0
    for position, written in enumerate(header, start=1):
        name = written.replace("\0", "").strip().strip("\ufeff").strip()
        if not name:
            unnamed += 1
            name = f"column_{position}"
        base, turn = name, 1
        if base in taken:
            repeated += 1
        while name in taken:
            turn += 1
            name = f"{base}_{turn}"
        taken.add(name)
        names.append(name)
    notes = []
    if unnamed:
        notes.append(f"Without a name, called by position such as column_3: {counted(unnamed, 'column', 'columns')}.")
    if repeated:
        notes.append(f"With a name that stands before, such as text_2: {counted(repeated, 'column', 'columns')}.")
    return names, notes


def first_row_is_header(rows: list[list[str]]) -> bool:
    """Return whether ``rows[0]`` names the columns rather than being a post itself."""
    first, rest = [cell.strip() for cell in rows[0]], rows[1:]
    if any(is_known_name(cell) for cell in first):
        return True
    filled = [cell for cell in first if cell]
    if not filled or any(_looks_like_data(cell) for cell in filled):
        return False
    if not rest:
        return len(first) > 1 or not _is_sentence(first[0])
    verdicts = [_column_says(cell, [row[at].strip() for row in rest if at < len(row)]) for at, cell in enumerate(first)]
    if len(first) == 1:
        return verdicts[0] > 0
    return sum(verdicts) >= 0 and not _is_sentence(max(filled, key=len))


def preamble_length(rows: list[list[str]], width: int) -> int:
    """Return how many of the first rows stand above the table: titles of a single cell over a wide table."""
    if width < 3:
        return 0
    for count, row in enumerate(rows[:10]):
        if sum(bool(cell.strip()) for cell in row) > 1:
            return count
    return 0


def _looks_like_data(cell: str) -> bool:
    return bool(_NUMBER.match(cell) or _DATE.match(cell) or _LINK.match(cell)) or len(cell) > _LONG


def _is_sentence(cell: str) -> bool:
    return len(cell.split()) > 6 or len(cell) > 60


def _column_says(cell: str, below: list[str]) -> int:
    """Return 1 where ``cell`` differs in kind from the cells below it, -1 where it is one of them, else 0."""
    filled = [other for other in below if other]
    if not filled or not cell:
        return 0
    if len(filled) >= 3 and sum(_looks_like_data(other) for other in filled) >= 0.8 * len(filled):
        return 1
    if Counter(filled)[cell] and len(filled) >= 3:
        return -1
    word = re.fullmatch(r"[\w.\-/:#]+", cell) is not None and len(cell) <= 40
    longer = median(map(len, filled)) > 2 * len(cell) and sum(" " in other for other in filled) >= 0.5 * len(filled)
    return 1 if word and longer else 0
