"""Which writing system a letter belongs to, as one table of ranges; and the letters of many texts at once.

Only what telling languages apart needs: letters and the marks that belong to them, no digits, no signs.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

# (script, first code point, last code point); Unicode 16 blocks, letters and marks.
_RANGES: tuple[tuple[str, int, int], ...] = (
    ("Latin", 0x0041, 0x005A),
    ("Latin", 0x0061, 0x007A),
    ("Latin", 0x00C0, 0x00D6),
    ("Latin", 0x00D8, 0x00F6),
    ("Latin", 0x00F8, 0x02AF),
    ("Latin", 0x1E00, 0x1EFF),
    ("Latin", 0xFF21, 0xFF3A),
    ("Latin", 0xFF41, 0xFF5A),
    ("Greek", 0x0370, 0x03FF),
    ("Greek", 0x1F00, 0x1FFF),
    ("Cyrillic", 0x0400, 0x052F),
    ("Armenian", 0x0531, 0x058A),
    ("Hebrew", 0x05D0, 0x05F2),
    ("Arabic", 0x0610, 0x061A),
    ("Arabic", 0x0620, 0x065F),
    ("Arabic", 0x066E, 0x06D3),
    ("Arabic", 0x06D5, 0x06EF),
    ("Arabic", 0x06FA, 0x06FF),
    ("Arabic", 0x0750, 0x077F),
    ("Arabic", 0xFB50, 0xFDFB),
    ("Arabic", 0xFE70, 0xFEFC),
    ("Syriac", 0x0710, 0x074F),
    ("Thaana", 0x0780, 0x07B1),
    ("Devanagari", 0x0900, 0x0963),
    ("Devanagari", 0x0971, 0x097F),
    ("Bengali", 0x0980, 0x09E3),
    ("Gurmukhi", 0x0A01, 0x0A5E),
    ("Gurmukhi", 0x0A70, 0x0A75),
    ("Gujarati", 0x0A81, 0x0AE3),
    ("Odia", 0x0B01, 0x0B63),
    ("Tamil", 0x0B82, 0x0BD7),
    ("Telugu", 0x0C00, 0x0C63),
    ("Kannada", 0x0C80, 0x0CE3),
    ("Malayalam", 0x0D00, 0x0D63),
    ("Sinhala", 0x0D81, 0x0DDF),
    ("Thai", 0x0E01, 0x0E3A),
    ("Thai", 0x0E40, 0x0E4E),
    ("Lao", 0x0E81, 0x0ECD),
    ("Tibetan", 0x0F40, 0x0FBC),
    ("Burmese", 0x1000, 0x103F),
    ("Burmese", 0x1050, 0x108F),
    ("Georgian", 0x10A0, 0x10FF),
    ("Georgian", 0x1C90, 0x1CBF),
    ("Hangul", 0x1100, 0x11FF),
    ("Hangul", 0x3131, 0x318E),
    ("Hangul", 0xAC00, 0xD7A3),
    ("Ethiopic", 0x1200, 0x135F),
    ("Ethiopic", 0x1380, 0x139F),
    ("Khmer", 0x1780, 0x17D3),
    ("Mongolian", 0x1820, 0x18AA),
    ("Kana", 0x3041, 0x3096),
    ("Kana", 0x309D, 0x309F),
    ("Kana", 0x30A1, 0x30FA),
    ("Kana", 0x30FC, 0x30FF),
    ("Kana", 0xFF66, 0xFF9D),
    ("Han", 0x3005, 0x3007),
    ("Han", 0x3400, 0x4DBF),
    ("Han", 0x4E00, 0x9FFF),
    ("Han", 0xF900, 0xFAFF),
    ("Han", 0x20000, 0x323AF),
)
SCRIPTS: tuple[str, ...] = ("", *dict.fromkeys(name for name, _, _ in _RANGES))
"""Names of the scripts; the position is the number used in arrays, 0 is "no letter"."""
SCRIPT_NUMBER: dict[str, int] = {name: number for number, name in enumerate(SCRIPTS)}

ONE_LANGUAGE: dict[str, str] = {
    "Greek": "el",
    "Armenian": "hy",
    "Hebrew": "he",
    "Syriac": "syr",
    "Thaana": "dv",
    "Gurmukhi": "pa",
    "Gujarati": "gu",
    "Odia": "or",
    "Tamil": "ta",
    "Telugu": "te",
    "Kannada": "kn",
    "Malayalam": "ml",
    "Sinhala": "si",
    "Thai": "th",
    "Lao": "lo",
    "Tibetan": "bo",
    "Burmese": "my",
    "Georgian": "ka",
    "Hangul": "ko",
    "Khmer": "km",
    "Mongolian": "mn",
    "Kana": "ja",
    "Han": "zh",
}
"""Scripts that tell the language by themselves, for all practical purposes."""
SHARED_SCRIPTS: dict[str, str] = {
    "Arabic": "ar fa ur ps ug ckb sd",
    "Cyrillic": "ru uk bg mk sr be mn kk ky tg tt ba uz",
    "Devanagari": "hi mr ne",
    "Bengali": "bn as",
    "Ethiopic": "am ti",
}
"""Scripts of several languages, and which; every other language is looked for in Latin letters."""


def letters_by_script(texts: list[str]) -> NDArray[np.int64]:
    """Return (n, scripts) how many letters of each script each text holds; column 0 stays 0."""
    joined = "".join(texts).encode("utf-32-le", "surrogatepass")
    points = np.frombuffer(joined, dtype=np.uint32)
    lengths = np.fromiter(map(len, texts), dtype=np.int64, count=len(texts))
    owner = np.repeat(np.arange(len(texts)), lengths)
    cells = owner * len(SCRIPTS) + _script_table()[np.minimum(points, 0x323B0)]
    counts = np.bincount(cells, minlength=len(texts) * len(SCRIPTS)).reshape(len(texts), len(SCRIPTS))
    counts[:, 0] = 0
    return counts


@cache
def _script_table() -> NDArray[np.uint8]:
    """Return the number of the script of every code point up to the last one listed."""
    table = np.zeros(0x323B1, dtype=np.uint8)
    for name, first, last in _RANGES:
        table[first : last + 1] = SCRIPT_NUMBER[name]
    return table
