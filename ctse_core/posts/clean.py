"""Whether a delimited file keeps to the rules throughout, so that the fast reader may be trusted with it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ctse_core.posts.dialect import Layout

CHUNK = 8 << 20
LF, CR = 10, 13
_QUOTE, _DELIMITER, _LINE, _FORBIDDEN = 1, 2, 3, 4
SOLE_COLUMN = "\x1f"
"""Stands in as the delimiter of a file of one column, which must not hold it."""

Bytes = NDArray[np.uint8]


@dataclass(frozen=True)
class Cleanness:
    """Whether every record is regular, and how many records there are when they all are."""

    clean: bool
    records: int = 0


@dataclass
class _Carry:
    """What one chunk hands to the next: an open quote, delimiters and lines seen, records counted."""

    inside: int = 0
    delimiters: int = 0
    delimiters_at_end: int = 0
    last_line: int = -1
    records: int = 0
    blanks_at_tail: int = 0


def check_clean(content: Bytes, layout: Layout) -> Cleanness:
    """Return whether the bytes (m,) of a file are regular from the first data row on.

    Regular means: quotes open only after a delimiter or a line's end and close only before one, every record
    has the layout's number of fields, no blank line but at the end, and no quoted field holds lines that
    could be records themselves (an opened quote may have swallowed them). The fast and the careful
    reader agree on such a file; anything else is for the careful one.
    """
    quoting = layout.quoting
    if quoting.backslash or layout.terminator != b"\n" or not (quoting.delimiter or ",").isascii():
        return Cleanness(False)
    kinds = np.zeros(256, dtype=np.uint8)
    kinds[LF] = _LINE
    delimiter = ord(quoting.delimiter or SOLE_COLUMN)
    kinds[delimiter] = _DELIMITER if quoting.delimiter else _FORBIDDEN
    if quoting.quote:
        kinds[ord(quoting.quote)] = _QUOTE
    carry = _Carry(last_line=layout.data_start - 1)
    for start in range(layout.data_start, len(content), CHUNK):
        if not _chunk_is_clean(content, (start, min(start + CHUNK, len(content))), kinds, layout, carry):
            return Cleanness(False)
    if carry.inside:
        return Cleanness(False)
    if carry.last_line < len(content) - 1:  # the last record has no line's end
        if carry.blanks_at_tail or carry.delimiters - carry.delimiters_at_end != layout.width - 1:
            return Cleanness(False)
        carry.records += 1
    return Cleanness(True, carry.records)


def _chunk_is_clean(content: Bytes, span: tuple[int, int], kinds: Bytes, layout: Layout, carry: _Carry) -> bool:
    """Check the structural bytes of one chunk and bring ``carry`` to its end."""
    chunk = content[span[0] : span[1]]
    structural = chunk == LF
    for sign in np.flatnonzero(kinds):  # comparing thrice is much faster than looking every byte up
        structural |= chunk == sign
    at = np.flatnonzero(structural)
    kind, at = kinds[chunk[at]], at + span[0]
    if (kind == _FORBIDDEN).any():
        return False
    quotes = kind == _QUOTE
    inside = (np.cumsum(quotes) - quotes + carry.inside) & 1
    if quotes.any() and not _quotes_are_clean(content, at[quotes], inside[quotes], layout, kinds):
        return False
    if _has_bare_returns(content, span, at[quotes], carry.inside):
        return False
    outer = inside == 0
    delimiters = carry.delimiters + np.cumsum((kind == _DELIMITER) & outer)
    lines = (kind == _LINE) & outer
    if not _records_are_clean(content, at[lines], delimiters[lines], layout.width, carry):
        return False
    carry.inside = int((carry.inside + quotes.sum()) & 1)
    carry.delimiters = int(delimiters[-1]) if len(delimiters) else carry.delimiters
    return not _swallows_records(kind, inside, layout.width)


def _has_bare_returns(content: Bytes, span: tuple[int, int], quotes: NDArray[np.int64], inside: int) -> bool:
    """Return whether a carriage return outside quotes does not end a line; polars would drop it."""
    returns = np.flatnonzero(content[span[0] : span[1]] == CR) + span[0]
    bare = returns[content[np.minimum(returns + 1, len(content) - 1)] != LF]
    return bool(((np.searchsorted(quotes, bare) + inside) % 2 == 0).any())


def _quotes_are_clean(content: Bytes, at: NDArray[np.int64], inside: NDArray, layout: Layout, kinds: Bytes) -> bool:
    """Return whether quotes open after and close before a delimiter, a line's end or another quote."""
    opening, closing = at[inside == 0], at[inside == 1]
    first = opening == layout.data_start
    before = kinds[content[opening - 1]]
    if not (first | (before > 0)).all():
        return False
    last = len(content) - 1
    after = content[np.minimum(closing + 1, last)]
    line_end = (after == CR) & (content[np.minimum(closing + 2, last)] == LF)
    return bool(((closing == last) | (kinds[after] > 0) | line_end).all())


def _records_are_clean(content: Bytes, ends: NDArray[np.int64], delimiters: NDArray, width: int, carry: _Carry) -> bool:
    """Return whether every record has ``width`` fields and no blank line stands between two records."""
    if not ends.size:
        return True
    per_record = np.diff(delimiters, prepend=carry.delimiters_at_end)
    starts = np.concatenate([[carry.last_line + 1], ends[:-1] + 1])
    length = ends - starts
    blank = (length == 0) | ((length == 1) & (content[starts] == CR))
    if width == 1:
        blank[:] = False  # in a file of one column an empty line is an empty cell
    filled = np.flatnonzero(~blank)
    if filled.size and (carry.blanks_at_tail or blank[: filled[-1]].any()):
        return False
    if (per_record[filled] != width - 1).any():
        return False
    carry.delimiters_at_end, carry.last_line = int(delimiters[-1]), int(ends[-1])
    carry.records += int(filled.size)
    carry.blanks_at_tail += int(blank.sum())
    return True


def _swallows_records(kind: Bytes, inside: NDArray, width: int) -> bool:
    """Return whether a quoted field holds a whole line with as many delimiters as a record has."""
    line = kind == _LINE
    within = inside[line] == 1
    if width < 3 or not within.any():
        return False
    quotes, delimiters = np.cumsum(kind == _QUOTE)[line], np.cumsum(kind == _DELIMITER)[line]
    between = within[1:] & within[:-1] & (np.diff(quotes) == 0)
    return bool((between & (np.diff(delimiters) == width - 1)).any())
