"""How a delimited file is laid out: delimiter, quoting, header and where the rows begin, from a sample."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field

from ctse_core.posts.header import column_names, first_row_is_header, preamble_length
from ctse_core.posts.role_names import is_known_name
from ctse_core.posts.settings import ReadSettings
from ctse_core.posts.split import Ending, Quoting, closes_quote, split_record

DELIMITERS = ("\t", ";", "|", ",")  # on a tie the earlier: commas are also decimal signs
SAMPLE_RECORDS = 400
_SEPARATOR_LINE = re.compile(rb'^"?sep=(.)"?\r?\n', re.IGNORECASE)
_DIGITS = re.compile(r"^[+-]?\d+([.,]\d+)?$")
_DATE = re.compile(r"^\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}([T ]|$)")


@dataclass(frozen=True)
class Layout:
    """Quoting, column names, the byte at which the first data row starts, and what to tell.

    ``terminator`` ends a line; ``rigid`` says which columns hold a number or a date in nearly every row;
    ``fill_up`` is True where most rows leave out empty last cells.
    """

    quoting: Quoting
    names: list[str]
    data_start: int
    terminator: bytes = b"\n"
    rigid: dict[int, str] = field(default_factory=dict)
    fill_up: bool = False
    notes: list[str] = field(default_factory=list)

    @property
    def width(self) -> int:
        """Number of columns."""
        return len(self.names)


@dataclass(frozen=True)
class _Sampled:
    """The first records under one way of quoting: fields, where each ends, and how many do not fit."""

    quoting: Quoting
    records: list[list[str]]
    ends: list[int]
    broken: int

    @property
    def width(self) -> int:
        widths = Counter(len(record) for record in self.records if record != [""])
        return widths.most_common(1)[0][0] if widths else 1

    @property
    def regular(self) -> float:
        """Share of records that have the usual width, broken ones counted against it."""
        width, whole = self.width, [record for record in self.records if record != [""]]
        return sum(len(record) == width for record in whole) / max(1, len(whole) + self.broken)


def find_layout(sample: bytes, start: int, name: str, settings: ReadSettings) -> Layout:
    """Return the layout of a delimited file from its first bytes as UTF-8, of which ``start`` are a mark."""
    terminator = b"\r" if b"\n" not in sample and b"\r" in sample else b"\n"
    asked = settings.delimiter or None
    separator = _SEPARATOR_LINE.match(sample[start : start + 100])
    if separator:
        asked = asked or separator.group(1).decode("utf-8", "replace")
        start += len(separator.group(0))
    sampled = _best_quoting(sample, start, terminator, asked, name)
    return _with_header(sampled, start, terminator, settings)


def _best_quoting(sample: bytes, start: int, terminator: bytes, asked: str | None, name: str) -> _Sampled:
    delimiters = (asked,) if asked else DELIMITERS
    ways = [Quoting(delimiter, quote) for delimiter in delimiters for quote in ('"', None)]
    if b'\\"' in sample:
        ways += [Quoting(delimiter, '"', backslash=True) for delimiter in delimiters]
    tries = [_records(sample, start, terminator, way) for way in ways]
    if asked:
        return max(tries, key=lambda tried: _score(tried, asked))
    by_name = {"tsv": "\t", "tab": "\t"}.get(name.rsplit(".", 1)[-1].lower())
    best = max(tries, key=lambda tried: _score(tried, by_name))
    if best.width > 1 and _score(best, by_name) > 0.6:
        return best
    return _records(sample, start, terminator, Quoting(None))


def _score(tried: _Sampled, by_name: str | None) -> float:
    """Return how well a way of quoting fits: regular widths, the first record among them, known names."""
    if tried.width < 2 or not tried.records:
        return 0.0
    first = next((len(record) for record in tried.records if record != [""]), 0)
    fits = 1.0 if first == tried.width else 0.75 if first > 1 or tried.width > 2 else 0.3
    if tried.quoting.quote is None and _wrapped(tried.records) > 0.5:
        return 0.0  # the quotes do mean something
    quoted = 0.0  # plain quotes are likely only between tabs
    if tried.quoting.quote:
        quoted = (0.02 if tried.quoting.delimiter == "\t" else 0.2) - 0.01 * tried.quoting.backslash
    known = 0.3 if sum(is_known_name(cell) for cell in tried.records[0]) > 1 else 0.0
    named = 0.1 if tried.quoting.delimiter == by_name else 0.0
    return tried.regular * fits + quoted + known + named + 0.0001 * min(tried.width, 50)


def _wrapped(records: list[list[str]]) -> float:
    """Return the share of fields with a quote that begin and end with one."""
    held = [field for record in records for field in record if '"' in field]
    return sum(len(field) > 1 and field[0] == field[-1] == '"' for field in held) / max(1, len(held))


def _records(sample: bytes, start: int, terminator: bytes, quoting: Quoting) -> _Sampled:
    """Split the first records of the sample; one whose quote does not close within it counts as broken."""
    records: list[list[str]] = []
    ends: list[int] = []
    broken, at = 0, start
    while at < len(sample) and len(records) + broken < SAMPLE_RECORDS:
        end = _line_end(sample, at, terminator)
        fields, ending = split_record(_text(sample[at:end]), quoting)
        stop = end
        while ending is Ending.OPEN and stop < len(sample):
            line_start = stop
            stop = _line_end(sample, stop, terminator)
            if closes_quote(sample[line_start:stop], quoting):
                fields, ending = split_record(_text(sample[at:stop]), quoting)
        if ending is Ending.OPEN and stop - at > len(sample) // 2:
            break  # a cell longer than the sample, which says nothing about the rest
        if ending is Ending.WHOLE:
            records.append(fields)
            ends.append(stop)
            at = stop
        else:
            broken += 1
            at = end
    return _Sampled(quoting, records, ends, broken)


def _line_end(sample: bytes, at: int, terminator: bytes) -> int:
    found = sample.find(terminator, at)
    return len(sample) if found < 0 else found + 1


def _text(line: bytes) -> str:
    text = line.decode("utf-8", "replace")
    return text.removesuffix("\n").removesuffix("\r") if text.endswith(("\n", "\r")) else text


def _with_header(sampled: _Sampled, start: int, terminator: bytes, settings: ReadSettings) -> Layout:
    """Find the header among the first records and name the columns."""
    notes: list[str] = []
    width = sampled.width
    blank = next((at for at, record in enumerate(sampled.records) if any(record)), 0)
    above = blank if width > 1 or settings.header != "no" else 0
    above += preamble_length(sampled.records[above:], width)
    if above > blank:
        notes.append(f"The first {above} lines stand above the table and were passed over.")
    records, ends = sampled.records[above:], [start, *sampled.ends][above:]
    if not records:
        return Layout(sampled.quoting, ["column_1"], start, terminator)
    header, more = _fit_header(records[0], width, records[1:])
    has_header = settings.header == "yes" or (settings.header == "auto" and first_row_is_header(records[:200]))
    if has_header:
        names, about = column_names(header)
        notes += more + about
    else:
        names = [f"column_{position}" for position in range(1, width + 1)]
        if settings.header == "auto":
            notes.append("The first row looks like a post, not like column names; columns are called column_1, …")
    rigid = _rigid(records[1:], len(names))
    short = sum(len(record) < len(names) for record in records[1:] if any(record))
    fill_up = len(names) > 2 and short > 0.5 * len(records[1:]) and len(records) > 2
    data_start = ends[1] if has_header else ends[0] if width > 1 else start
    return Layout(sampled.quoting, names, data_start, terminator, rigid, fill_up, notes)


def _fit_header(header: list[str], width: int, rest: list[list[str]]) -> tuple[list[str], list[str]]:
    """Make the header as wide as the rows where nearly all rows agree on another width."""
    same = [row for row in rest if len(row) == width]
    if len(header) == width or len(same) < max(2, 0.9 * len(rest)):
        return header, []
    if len(header) > width:
        return header, []  # rows without their last cells; they are filled up
    if all(not cell.strip() for row in same for cell in row[len(header) :]):
        return header + [""] * (width - len(header)), []
    if width == len(header) + 1 and len({row[0] for row in same}) == len(same):
        return ["", *header], ["Rows have one cell more than the header; the first was taken as a row name."]
    return header + [""] * (width - len(header)), [
        f"Rows have {width} cells and the header {len(header)}; the last columns are named by position."
    ]


def _rigid(rows: list[list[str]], width: int) -> dict[int, str]:
    """Return the columns that hold a number or a date in nine of ten rows."""
    fitting = [row for row in rows if len(row) == width]
    found: dict[int, str] = {}
    for column in range(min(width, 200)) if len(fitting) >= 2 else ():
        for kind in ("digits", "date"):
            if sum(shape(row[column]) == kind for row in fitting) >= 0.9 * len(fitting):
                found[column] = kind
    return found


def shape(cell: str) -> str:
    """Return digits, date or text: the kind of thing a cell holds."""
    if _DIGITS.match(cell):
        return "digits"
    return "date" if _DATE.match(cell) else "text"
