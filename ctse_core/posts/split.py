"""The fields of one record: strict where its quoting holds, lenient where only that is broken."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum


@dataclass(frozen=True)
class Quoting:
    """How fields are parted and quoted; no delimiter is one column, no quote means quotes are plain signs.

    ``backslash`` is True where a quote inside a field is written as a backslash and a quote.
    """

    delimiter: str | None
    quote: str | None = '"'
    backslash: bool = False


class Ending(Enum):
    """How a record ended: with all quotes closed, inside an open quote, or with signs after a closed one."""

    WHOLE = 1
    OPEN = 2
    BROKEN = 3


def split_record(text: str, quoting: Quoting) -> tuple[list[str], Ending]:
    """Return the fields of ``text`` by the rules of RFC 4180 and how it ended.

    A quote inside a field that did not begin with one is a plain sign. Blanks around a quoted field
    are dropped, as they are by most writers that put them there.
    """
    delimiter, quote = quoting.delimiter, quoting.quote
    if quote is None or quote not in text:
        return (text.split(delimiter) if delimiter else [text]), Ending.WHOLE
    fields: list[str] = []
    at, end = 0, len(text)
    while True:
        opening = _opening(text, at, quoting)
        if opening < 0:
            stop = text.find(delimiter, at) if delimiter else -1
            fields.append(text[at : stop if stop >= 0 else end])
        else:
            closing = _closing(text, opening + 1, quoting)
            if closing < 0:
                return fields, Ending.OPEN
            stop = closing + 1
            while stop < end and text[stop] == " ":
                stop += 1
            if stop < end and text[stop] != delimiter:
                return fields, Ending.BROKEN
            stop = stop if stop < end else -1
            fields.append(_unescaped(text[opening + 1 : closing], quoting))
        if stop < 0:
            return fields, Ending.WHOLE
        at = stop + 1


def split_leniently(text: str, quoting: Quoting) -> list[str]:
    """Return the fields of ``text`` where quotes inside quoted fields were not doubled.

    A quoted field ends only at a quote before a delimiter or the end; every other quote is a plain sign.
    """
    delimiter, quote = quoting.delimiter, quoting.quote
    if quote is None or delimiter is None:
        return text.split(delimiter) if delimiter else [text]
    fields, at = [], 0
    while True:
        quoted = text.startswith(quote, at)
        stop = text.find(quote + delimiter, at + 1) + 1 if quoted else text.find(delimiter, at)
        last = stop <= 0 if quoted else stop < 0
        whole = text[at:] if last else text[at:stop]
        if quoted and len(whole) > 1 and whole.endswith(quote):
            whole = _unescaped(whole[1:-1], quoting)
        fields.append(whole)
        if last:
            return fields
        at = stop + 1


def closes_quote(line: bytes, quoting: Quoting) -> bool:
    """Return whether a line inside a quoted field may close it: it has a quote that is not escaped."""
    quote = (quoting.quote or '"').encode()
    if quoting.backslash:
        line = line.replace(b"\\\\", b"").replace(b"\\" + quote, b"")
    return quote in line.replace(quote + quote, b"")


def _opening(text: str, at: int, quoting: Quoting) -> int:
    quote = quoting.quote or ""
    if text.startswith(quote, at):
        return at
    if not text.startswith(" ", at):
        return -1
    after = at
    while text.startswith(" ", after):
        after += 1
    if not text.startswith(quote, after):
        return -1
    closing = _closing(text, after + 1, quoting)
    rest = text[closing + 1 :].lstrip(" ") if closing >= 0 else "-"
    return after if not rest or rest[0] == quoting.delimiter else -1


def _closing(text: str, at: int, quoting: Quoting) -> int:
    quote = quoting.quote or ""
    while True:
        found = text.find(quote, at)
        if found < 0:
            return -1
        if quoting.backslash and _escaped(text, found, at):
            at = found + 1
        elif text.startswith(quote, found + 1):
            at = found + 2
        else:
            return found


def _escaped(text: str, found: int, start: int) -> bool:
    before = found
    while before > start and text[before - 1] == "\\":
        before -= 1
    return (found - before) % 2 == 1


def _unescaped(text: str, quoting: Quoting) -> str:
    quote = quoting.quote or '"'
    text = text.replace(quote + quote, quote)
    if quoting.backslash and "\\" in text:
        text = re.sub(rf"\\([\\{quote}])", r"\1", text)
    return text
