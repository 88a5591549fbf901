"""The values of a JSON file, one by one: lines, members of an array, or the list inside an export."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from ctse_core.errors import InputFileError
from ctse_core.posts.decode import TextFile, decode_row

BLOCK = 4 << 20
LONGEST_MEMBER = 64 << 20
EXPORT_LIMIT = 1 << 30
"""Bytes of an export that is one object; it must be held in memory as a whole."""
SCRIPT_START = re.compile(rb"\s*[\w.$]+\s*=\s*(?=[\[{])")
"""An archive's tweets.js begins "window.YTD.tweets.part0 = [" before its JSON."""
_GAP = re.compile(r"[\s,\x1e\ufeff]*")
_LISTS_OF_POSTS = (
    "data",
    "messages",
    "tweets",
    "posts",
    "statuses",
    "comments",
    "items",
    "results",
    "features",
    "feed",
)


class Digits(str):
    """A JSON number as it was written; ids never go through a float."""


class Value(NamedTuple):
    """One value of the file, or the reason why it cannot be read, with what it looked like."""

    value: Any
    reason: str
    raw: str


def looks_like_json(start: bytes) -> bool:
    """Return whether a file's first bytes as UTF-8 begin a JSON value rather than a table."""
    body = start.removeprefix(b"\xef\xbb\xbf").lstrip()
    script = SCRIPT_START.match(body)
    body = body[script.end() :] if script else body
    return re.match(rb'\{\s*("|\}|$)|\[\s*(\{|"|\[|\]|$)', body) is not None


def looks_like_array(start: bytes) -> bool:
    """Return whether a JSON file's first bytes as UTF-8 begin an array."""
    script = SCRIPT_START.match(start)
    return start[script.end() if script else 0 :].lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"[")


def json_values(text: TextFile, name: str) -> tuple[str, list[str], Iterator[Value]]:
    """Return the kind of JSON (JSONL or JSON), notes, and the values that are rows.

    Raises:
        InputFileError: an export that is no valid JSON or too big to hold.
    """
    with text.path.open("rb") as stream:
        stream.seek(text.start)
        script = SCRIPT_START.match(stream.read(4096))
        skip = text.start + (script.end() if script else 0)
        stream.seek(skip)
        body = stream.read(64)
    if looks_like_array(body):
        return "JSON", [], _members(text, skip)
    if is_lines(text):
        return "JSONL", [], _lines(text)
    return _export(text, skip, name)


def _decoder() -> json.JSONDecoder:
    return json.JSONDecoder(parse_int=Digits, parse_float=Digits, parse_constant=_nothing, strict=False)


def _nothing(constant: str) -> None:
    """Take NaN and Infinity, which JSON does not know, as no value."""


def is_lines(text: TextFile) -> bool:
    """Return whether most of the first lines are whole values, or a single one that is no export."""
    whole = seen = 0
    only: Any = None
    for value in _lines(text):
        seen += 1
        whole += not value.reason
        only = value.value
        if seen == 20:
            break
    if seen == 1 and whole:
        return _longest_list(only, "")[1] is None
    return whole > 0.5 * seen


def _lines(text: TextFile) -> Iterator[Value]:
    decoder = _decoder()
    with text.path.open("rb") as stream:
        stream.seek(text.start)
        for raw in stream:
            line = decode_row(raw, text.fallback)
            if line is None:
                yield Value(None, "Its bytes are not UTF-8 text.", raw.decode("utf-8", "replace"))
                continue
            line = line.strip("\x1e\ufeff \t\r\n")
            if line:
                yield _parsed(decoder, line)


def _parsed(decoder: json.JSONDecoder, line: str) -> Value:
    try:
        return Value(decoder.decode(line), "", line)
    except RecursionError:
        return Value(None, "It is nested too deeply.", line)
    except ValueError as error:
        return Value(None, f"It is not valid JSON: {error}.", line)


class _Buffer:
    """A growing window on the file's text, so that an array is never held as a whole."""

    def __init__(self, stream: io.TextIOBase) -> None:
        self.stream, self.text, self.at, self.ended = stream, "", 0, False

    def more(self) -> bool:
        """Read on; return False at the end of the file or where one member has become too long."""
        if self.ended or len(self.text) - self.at > LONGEST_MEMBER:
            return False
        block = self.stream.read(BLOCK)
        self.ended = not block
        self.text, self.at = self.text[self.at :] + block, 0
        return not self.ended

    def to_next(self) -> str:
        """Move over blanks and commas; return the sign there, empty at the file's end."""
        while True:
            gap = _GAP.match(self.text, self.at)
            self.at = gap.end() if gap else self.at
            if self.at < len(self.text):
                return self.text[self.at]
            if not self.more():
                return ""


def _members(text: TextFile, skip: int) -> Iterator[Value]:
    """Yield the members of an array, or of objects one after another; a broken member costs only itself."""
    decoder = _decoder()
    with text.path.open("rb") as raw:
        raw.seek(skip)
        buffer = _Buffer(io.TextIOWrapper(raw, "utf-8", errors="replace", newline=""))
        in_array = buffer.to_next() == "["
        buffer.at += in_array
        lead: str | None = None
        while sign := buffer.to_next():
            if sign == "]" and in_array:
                return
            value, end = _member(decoder, buffer)
            if end < 0:
                yield _skipped(buffer, lead)
                continue
            lead = lead or _lead(buffer.text, buffer.at)
            yield Value(value, "", buffer.text[buffer.at : min(end, buffer.at + 3000)])
            buffer.at = end


def _member(decoder: json.JSONDecoder, buffer: _Buffer) -> tuple[Any, int]:
    """Return the value at the buffer's place and where it ends, -1 where it is broken."""
    while True:
        try:
            value, end = decoder.raw_decode(buffer.text, buffer.at)
        except RecursionError:
            return None, -1
        except json.JSONDecodeError as error:
            cut_off = error.msg.startswith("Unterminated") or error.pos >= len(buffer.text) - 16
            if not cut_off or not buffer.more():
                return None, -1
            continue
        if end < len(buffer.text) or not buffer.more():
            return value, end


def _lead(text: str, at: int) -> str:
    """Return how a member begins: the blanks before it, its brace and its first name."""
    before = at
    while before > 0 and text[before - 1] in " \t\r\n":
        before -= 1
    name = re.compile(r'\{\s*"(?:[^"\\]|\\.)*"\s*:').match(text, at)
    return text[before : name.end()] if name else text[before : at + 1]


def _skipped(buffer: _Buffer, lead: str | None) -> Value:
    """Set a broken member apart up to the next one that begins like those before."""
    start, lead = buffer.at, lead or _lead(buffer.text, buffer.at)
    found = buffer.text.find(lead, start + 1)
    while found < 0 and buffer.more():
        start = 0
        found = buffer.text.find(lead, 1)
    stop = found if found >= 0 else len(buffer.text)
    raw = buffer.text[start:stop]
    buffer.at = max(stop, start + 1)
    return Value(None, "It is not valid JSON; reading went on with the next one.", raw.rstrip(", \n\r\t"))


def _export(text: TextFile, skip: int, name: str) -> tuple[str, list[str], Iterator[Value]]:
    if text.path.stat().st_size > EXPORT_LIMIT:
        raise InputFileError(f"{name} is one JSON object of over 1 GB; save it as JSON lines, one post a line.")
    content = text.path.read_bytes()[skip:].decode("utf-8", "replace")
    try:
        value = _decoder().decode(content.strip())
    except RecursionError as error:
        raise InputFileError(f"{name} is nested too deeply to be a file of posts.") from error
    except json.JSONDecodeError as error:
        if error.msg == "Extra data":
            return "JSON", [], _members(text, skip)
        raise InputFileError(
            f"{name} is not valid JSON: {error.msg} in line {error.lineno:,}. Fetch it again or save it as JSON lines."
        ) from error
    where, found = _longest_list(value, "")
    if found is None:
        return "JSON", [], iter([Value(value, "", content[:3000])])
    notes = [f"Rows are the list {where!r} of the file."]
    lists = [inner for member in found if (inner := _posts_within(member))]
    if lists:  # a whole account's export: a list of chats, each with its messages
        notes = [f"Rows are the posts of {len(lists):,} members of the list {where!r}, one after another."]
        found = [post for inner in lists for post in inner]
    rows = (Value(member, "", json.dumps(member, ensure_ascii=False)[:3000]) for member in found)
    return "JSON", notes, rows


def _posts_within(member: Any) -> list[Any] | None:
    """Return the list of posts that a member of a list holds itself, as a chat holds messages; else None."""
    if not isinstance(member, dict) or {"text", "full_text", "body", "message", "content"} & member.keys():
        return None
    for name in _LISTS_OF_POSTS:
        held = member.get(name)
        if isinstance(held, list) and held and all(isinstance(post, dict) for post in held):
            return held
    return None


def _longest_list(value: Any, path: str, depth: int = 0) -> tuple[str, list[Any] | None]:
    """Return path and content of the list of objects that are the posts: known names, then the longest."""
    if not isinstance(value, dict) or depth > 3:
        return path, None
    found: list[tuple[bool, int, str, list[Any]]] = []
    for key, held in value.items():
        inside = f"{path}.{key}" if path else key
        if isinstance(held, list) and any(isinstance(member, dict) for member in held):
            found.append((key in _LISTS_OF_POSTS, len(held), inside, held))
        elif isinstance(held, dict):
            where, deeper = _longest_list(held, inside, depth + 1)
            if deeper is not None:
                found.append((where.rsplit(".", 1)[-1] in _LISTS_OF_POSTS, len(deeper), where, deeper))
    if not found:
        return path, None
    best = max(found, key=lambda candidate: candidate[:2])
    return best[2], best[3]
