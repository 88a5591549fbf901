"""UTF-8 on disk out of text in any encoding: strict UTF-8, then UTF-16 and UTF-32, then a detector."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from ctse_core.errors import InputFileError

BLOCK = 4 << 20
SAMPLE = 256 << 10
"""Bytes of rows beyond ASCII that the detector looks at."""
MIXED = 0.25
"""UTF-8 rows for each row in another encoding from which a file counts as UTF-8 with strays."""
NEXT_TO_EACH_OTHER = 0.25
"""Share of non-ASCII bytes with a non-ASCII neighbour under which a one-byte Latin encoding is certain."""

_BOMS: tuple[tuple[bytes, str], ...] = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_DETECTABLE = [
    "cp1251",
    "cp1253",
    "cp1255",
    "cp1256",
    "cp1252",
    "cp1250",
    "cp1254",
    "gb18030",
    "big5",
    "cp932",
    "euc_jp",
    "cp949",
    "koi8_r",
    "cp874",
]
_LATIN = ("cp1252", "cp1254", "cp1250", "mac_roman", "cp850")
_PUNCTUATION = "’‘“”„‚–—…•·«»¿¡°€£©®™´º\u00a0"
_WESTERN = "áàâäãåæçéèêëíìîïñóòôöõøúùûüßœÿ"
_LETTERS = {
    "cp1252": _WESTERN,
    "cp1254": _WESTERN.replace("ÿ", "") + "ğışİ",
    "cp1250": "ąćęłńóśźżáčďéěíňřšťúůýžöőüűôäßâîăşţțđçë",
    "mac_roman": _WESTERN,
    "cp850": _WESTERN,
}


@dataclass(frozen=True)
class TextFile:
    """A text file as UTF-8 bytes: its path, where the text starts, the encoding it had, and what to tell.

    ``fallback`` is how rows that are not UTF-8 are read; ``None`` where every row is UTF-8.
    """

    path: Path
    start: int
    encoding: str
    fallback: str | None = None
    notes: list[str] = field(default_factory=list)


def as_utf8(path: Path, name: str, asked: str, folder: Path) -> TextFile:
    """Return the text file at ``path`` as UTF-8, rewritten into ``folder`` only where it is not already.

    ``asked`` is an encoding to use, empty to find out.

    Raises:
        InputFileError: the bytes are no text, or ``asked`` is no encoding.
    """
    with path.open("rb") as stream:
        start = stream.read(64 << 10)
    if asked:
        return _asked_for(path, start, asked, folder)
    for bom, encoding in _BOMS:
        if start.startswith(bom):
            if encoding == "utf-8":
                return _mostly_utf8(path, len(bom), folder)
            return _rewritten(path, encoding, len(bom), folder)
    wide = _wide_by_nuls(start)
    if wide:
        return _rewritten(path, wide, 0, folder)
    _refuse_binary(start, name)
    return _mostly_utf8(path, 0, folder)


def decode_row(raw: bytes, fallback: str | None) -> str | None:
    """Return one row as text: strict UTF-8, else with surrogates mended, else by the fallback, else None."""
    try:
        return raw.decode()
    except UnicodeDecodeError:
        pass
    if b"\xed" in raw:  # surrogates written one by one, as some databases do
        try:
            return (
                raw.decode("utf-8", "surrogatepass").encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
            )
        except UnicodeDecodeError:
            pass
    if fallback is None:
        return None
    try:
        return raw.decode(fallback)
    except UnicodeDecodeError:
        return None


def guess_encoding(sample: bytes) -> str:
    """Return the likeliest encoding of text that is not UTF-8, from rows beyond ASCII.

    Latin text is told by its lone accented bytes and by which letters they would be, since detectors are
    weak there; everything else is left to charset-normalizer.
    """
    high = re.findall(rb"[\x80-\xff]+", sample)
    total = sum(map(len, high))
    if total and sum(len(run) for run in high if len(run) > 1) <= NEXT_TO_EACH_OTHER * total:
        return _likeliest_latin(sample)
    from charset_normalizer import from_bytes

    best = from_bytes(sample, cp_isolation=_DETECTABLE).best()
    if best is None or best.encoding in _LATIN:
        return _likeliest_latin(sample)
    return best.encoding


def _likeliest_latin(sample: bytes) -> str:
    def share_of_letters(encoding: str) -> float:
        beyond = [sign for sign in sample.decode(encoding, "replace").lower() if sign > "\x7f"]
        good = _LETTERS[encoding] + _PUNCTUATION
        return round(sum(sign in good for sign in beyond) / max(1, len(beyond)), 2)

    return max(_LATIN, key=share_of_letters)  # on a tie the first, so cp1252 is the default


def _asked_for(path: Path, start: bytes, asked: str, folder: Path) -> TextFile:
    try:
        encoding = codecs.lookup(asked.strip()).name
        b"".decode(encoding)
    except LookupError as error:
        raise InputFileError(
            f"{asked!r} is no text encoding; use one such as utf-8, utf-16 or windows-1252."
        ) from error
    bom = next((len(mark) for mark, named in _BOMS if start.startswith(mark)), 0)
    if encoding in ("utf-8", "utf-8-sig", "ascii"):
        return TextFile(path, bom, "utf-8", fallback="cp1252")
    if encoding in ("utf-16", "utf-32"):
        encoding += "-be" if start.startswith((codecs.BOM_UTF16_BE, codecs.BOM_UTF32_BE)) else "-le"
    return _rewritten(path, encoding, bom, folder)


def _wide_by_nuls(start: bytes) -> str | None:
    """Return utf-16-le or utf-16-be for text without a mark whose NUL bytes all stand on one side."""
    even = start[: len(start) // 2 * 2]
    nuls = [even[0::2].count(0), even[1::2].count(0)]
    if sum(nuls) < 4 or sum(nuls) < 0.02 * len(even) or min(nuls) > 0.05 * sum(nuls):
        return None
    encoding = "utf-16-le" if nuls[1] > nuls[0] else "utf-16-be"
    text = even.decode(encoding, "replace")
    return encoding if any(sign in text for sign in "\n\r,;\t") and text.count("\ufffd") < 3 else None


def _refuse_binary(start: bytes, name: str) -> None:
    control = len(start.translate(None, bytes(range(32, 256)) + b"\0\t\n\r\x0b\x0c\x1a\x1b"))
    if control > 0.02 * len(start) or start.count(0) > 0.2 * len(start):
        raise InputFileError(
            f"{name} is not a text file: it holds binary data, whatever its name says. "
            "Give a CSV, TSV, JSONL, XLSX or Parquet file, plain or packed as gz or zip."
        )


def _rewritten(path: Path, encoding: str, skip: int, folder: Path) -> TextFile:
    """Write the file as UTF-8 into ``folder``, block by block; bytes that do not fit become U+FFFD."""
    target, lost = folder / "as_utf8.txt", 0
    decoder = codecs.getincrementaldecoder(encoding)("replace")
    with path.open("rb") as stream, target.open("wb") as out:
        stream.seek(skip)
        while True:
            block = stream.read(BLOCK)
            text = decoder.decode(block, final=not block)
            lost += text.count("\ufffd")
            out.write(text.encode("utf-8", "replace"))
            if not block:
                break
    notes = [f"{lost:,} characters do not fit {encoding} and stand as \ufffd."] if lost else []
    return TextFile(target, 0, encoding, notes=notes)


def _line_blocks(path: Path, skip: int) -> Iterator[bytes]:
    """Yield the file in blocks that end with a line, so that no character is cut in two."""
    with path.open("rb") as stream:
        stream.seek(skip)
        rest: list[bytes] = []
        while block := stream.read(BLOCK):
            end = block.rfind(b"\n") + 1
            if end:
                yield b"".join([*rest, block[:end]])
                rest = [block[end:]]
            else:
                rest.append(block)
        yield b"".join(rest)


def _mostly_utf8(path: Path, skip: int, folder: Path) -> TextFile:
    """Decide between UTF-8, UTF-8 with some rows in another encoding, and another encoding throughout."""
    good = bad = 0
    sample: list[bytes] = []
    for block in _line_blocks(path, skip):
        try:
            block.decode()
            good += 0 if block.isascii() else block.count(b"\n")
            continue
        except UnicodeDecodeError:
            pass
        for line in block.split(b"\n"):
            if line.isascii():
                continue
            if decode_row(line, None) is not None:
                good += 1
                continue
            bad += 1
            if len(sample) < SAMPLE // 100:
                sample.append(line[:20_000])
    if not bad:
        return TextFile(path, skip, "utf-8")
    guess = guess_encoding(b"\n".join(sample)[:SAMPLE])
    if good >= MIXED * bad or skip:  # a row in another encoding is hardly ever UTF-8 by accident
        return TextFile(path, skip, "utf-8", fallback=guess)
    other = _rewritten(path, guess, 0, folder)
    guessed = f"The file is not UTF-8; it was read as {guess}, which is a guess: check a few rows with accents."
    return replace(other, notes=[guessed, *other.notes])
